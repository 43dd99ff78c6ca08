//! Vectors of [`LANES`] floats, and which instructions a machine has for them.

/// Floats in a vector: WebAssembly has 128 bits; elsewhere two such make one.
pub const LANES: usize = if cfg!(target_arch = "wasm32") { 4 } else { 8 };

/// Integers in a lane: four of a byte, or two of two bytes where no instruction adds products of bytes.
pub const GROUP: usize = if cfg!(all(target_arch = "wasm32", not(feature = "relaxed"))) { 2 } else { 4 };

/// Levels that [`Simd::store_levels`] writes at once: a vector of bytes in every set of instructions.
pub const BYTES: usize = 16;

/// `n` rounded up to whole vectors.
pub const fn whole(n: usize) -> usize {
    n.div_ceil(LANES) * LANES
}

/// One instruction set. All that is built on it must be `#[inline(always)]`: only inside [`dispatch`] are the
/// instructions switched on.
pub trait Simd: Copy {
    /// [`LANES`] floats.
    type V: Copy;
    /// The `2 · LANES` floats of a panel's row: two vectors, or one that is twice as wide.
    type Wide: Copy;
    /// The sums of as many rows of a product as the registers hold.
    type Sums: AsMut<[Self::Wide]> + Copy;
    /// How many rows that is.
    const ROWS: usize = size_of::<Self::Sums>() / size_of::<Self::Wide>();
    /// The same value in every lane.
    fn splat(value: f32) -> Self::V;
    /// # Safety
    /// [`LANES`] floats must be readable at `from`; no alignment is asked for.
    unsafe fn load(from: *const f32) -> Self::V;
    /// # Safety
    /// [`LANES`] floats must be writable at `to`.
    unsafe fn store(value: Self::V, to: *mut f32);
    /// `a + b`
    fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    fn sub(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b`
    fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, rounded once or twice as the machine does it faster.
    fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger of each lane.
    fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The larger of `a`, whose signs are positive, and `b` without its signs. Where one is no number, it.
    fn larger(a: Self::V, b: Self::V) -> Self::V;
    /// Of 32-bit integers, which have a float's place.
    fn from_integers(lanes: Self::V) -> Self::V;
    /// The lowest byte of every lane, 0 to 127, in order, [`GROUP`] to a lane.
    ///
    /// # Safety
    /// `BYTES / GROUP` lanes must be writable at `to`.
    unsafe fn store_levels(values: [Self::V; BYTES / LANES], to: *mut f32);
    /// Sums of nothing.
    fn sums() -> Self::Sums;
    /// # Safety
    /// `2 · LANES` floats must be readable at `from`.
    unsafe fn load_wide(from: *const f32) -> Self::Wide;
    /// `value * b + c`, the same value for every lane.
    fn mul_add_wide(value: f32, b: Self::Wide, c: Self::Wide) -> Self::Wide;
    /// `value · b + c` in integers: lanes of `b` are [`GROUP`] signed ones, `value` is as many of 0 to 127, each lane of the
    /// result is one.
    fn dot_wide(value: f32, b: Self::Wide, c: Self::Wide) -> Self::Wide;
    /// The lower lanes and the upper ones.
    fn halves(wide: Self::Wide) -> [Self::V; 2];
}

/// Work to be done with whichever instructions there are.
pub trait Task {
    /// What the work gives.
    type Output;
    /// Must be `#[inline(always)]`.
    fn run<S: Simd>(self) -> Self::Output;
}

/// Multiply-adds of vectors in registers alone, `rounds` times [`CHAINS`]: what no kernel can be faster than.
pub struct Drill {
    /// How often.
    pub rounds: usize,
}

/// Sums that a [`Drill`] has going at once: enough to hide what one takes, few enough for the registers.
pub const CHAINS: usize = 12;

impl Task for Drill {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let [factor, addend] = std::hint::black_box([0.5, 0.25]).map(S::splat);
        let mut sums = [addend; CHAINS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = S::mul_add(*sum, factor, addend);
            }
        }
        std::hint::black_box(sums);
    }
}

/// Whether this machine adds products of integers sooner than those of floats. Without instructions for it, as for
/// what is [`portable`] here, it does not.
pub fn adds_integers() -> bool {
    #[cfg(target_arch = "x86_64")]
    return known().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    cfg!(target_arch = "wasm32")
}

/// Runs `task` with the best instructions of this machine.
pub fn dispatch<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    match known() {
        // SAFETY: the machine has them.
        Some(Known::Avx512) => return unsafe { x86::run_wide(task) },
        // SAFETY: the machine has them.
        Some(Known::AvxVnni) => return unsafe { x86::run_vnni(task) },
        // SAFETY: the machine has them.
        Some(Known::Avx2) => return unsafe { x86::run(task) },
        None => {}
    }
    #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
    return wasm::run_relaxed(task);
    #[cfg(all(target_arch = "wasm32", not(feature = "relaxed")))]
    return task.run::<wasm::Simd128>();
    #[cfg(not(target_arch = "wasm32"))]
    task.run::<portable::Portable>()
}

/// Instructions beyond those that every x86-64 has.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
enum Known {
    Avx512,
    AvxVnni,
    Avx2,
}

/// The fastest there are. Unit tests can ask for others, so that each kind is tested wherever there is one:
/// `NIJIGEN_SIMD` is `avx512`, `avxvnni`, `avx2`, or `none` for what is known of no machine.
#[cfg(target_arch = "x86_64")]
fn known() -> Option<Known> {
    use std::{arch::is_x86_feature_detected as has, sync::LazyLock};
    static KNOWN: LazyLock<Option<Known>> = LazyLock::new(|| {
        let asked = if cfg!(test) { std::env::var("NIJIGEN_SIMD").ok() } else { None };
        let wanted = |kind| asked.as_deref().is_none_or(|asked| asked == kind);
        // With `none` asked for, there is none.
        let avx2 = has!("avx2") && has!("fma");
        let avx512 = has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512vnni");
        match () {
            () if avx2 && avx512 && wanted("avx512") => Some(Known::Avx512),
            () if avx2 && has!("avxvnni") && wanted("avxvnni") => Some(Known::AvxVnni),
            () if avx2 && wanted("avx2") => Some(Known::Avx2),
            () => None,
        }
    });
    *KNOWN
}

/// The rest of [`Simd`] where a panel's row is two vectors; the product has this many rows, and `$dot` is
/// [`Simd::dot_wide`] of single vectors.
macro_rules! pairs {
    ($rows:expr, $dot:expr) => {
        type Wide = [Self::V; 2];
        type Sums = [Self::Wide; $rows];
        #[inline(always)]
        fn sums() -> Self::Sums {
            [[Self::splat(0.); 2]; $rows]
        }
        #[inline(always)]
        unsafe fn load_wide(from: *const f32) -> Self::Wide {
            // SAFETY: as the caller promises.
            unsafe { [Self::load(from), Self::load(from.add(super::LANES))] }
        }
        #[inline(always)]
        fn mul_add_wide(value: f32, b: Self::Wide, c: Self::Wide) -> Self::Wide {
            let value = Self::splat(value);
            [Self::mul_add(value, b[0], c[0]), Self::mul_add(value, b[1], c[1])]
        }
        #[inline(always)]
        fn dot_wide(value: f32, b: Self::Wide, c: Self::Wide) -> Self::Wide {
            let value = Self::splat(value);
            // SAFETY: as for all of these.
            unsafe { [$dot(value, b[0], c[0]), $dot(value, b[1], c[1])] }
        }
        #[inline(always)]
        fn halves(wide: Self::Wide) -> [Self::V; 2] {
            wide
        }
    };
}

/// The methods of [`Simd`], each from one expression, and those of wide vectors as they are.
macro_rules! simd {
    ($name:ident, $v:ty, $splat:expr, $load:expr, $store:expr, $add:expr, $sub:expr, $mul:expr, $mul_add:expr, $max:expr, $larger:expr, $from_integers:expr, $store_levels:expr, $($wide:tt)*) => {
        #[derive(Clone, Copy)]
        pub struct $name;

        // SAFETY: of the calls inside, those of `$wide` too: `dispatch` chooses this type only where the machine has the
        // instructions; loads and stores keep the trait's contract.
        #[allow(unused_unsafe)]
        impl super::Simd for $name {
            type V = $v;
            #[inline(always)]
            fn splat(value: f32) -> $v {
                unsafe { $splat(value) }
            }
            #[inline(always)]
            unsafe fn load(from: *const f32) -> $v {
                unsafe { $load(from.cast()) }
            }
            #[inline(always)]
            unsafe fn store(value: $v, to: *mut f32) {
                unsafe { $store(to.cast(), value) }
            }
            #[inline(always)]
            fn add(a: $v, b: $v) -> $v {
                unsafe { $add(a, b) }
            }
            #[inline(always)]
            fn sub(a: $v, b: $v) -> $v {
                unsafe { $sub(a, b) }
            }
            #[inline(always)]
            fn mul(a: $v, b: $v) -> $v {
                unsafe { $mul(a, b) }
            }
            #[inline(always)]
            fn mul_add(a: $v, b: $v, c: $v) -> $v {
                unsafe { $mul_add(a, b, c) }
            }
            #[inline(always)]
            fn max(a: $v, b: $v) -> $v {
                unsafe { $max(a, b) }
            }
            #[inline(always)]
            fn larger(a: $v, b: $v) -> $v {
                unsafe { $larger(a, b) }
            }
            #[inline(always)]
            fn from_integers(lanes: $v) -> $v {
                unsafe { $from_integers(lanes) }
            }
            #[inline(always)]
            unsafe fn store_levels(values: [$v; super::BYTES / super::LANES], to: *mut f32) {
                unsafe { $store_levels(values, to.cast()) }
            }
            $($wide)*
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
mod portable;
