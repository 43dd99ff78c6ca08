//! Vectors of [`LANES`] floats, and which instructions a machine has for them.

/// Floats in a vector: WebAssembly has 128 bits; elsewhere two such make one.
pub const LANES: usize = if cfg!(target_arch = "wasm32") { 4 } else { 8 };

/// `n` rounded up to whole vectors.
pub const fn whole(n: usize) -> usize {
    n.div_ceil(LANES) * LANES
}

/// One instruction set. All that is built on it must be `#[inline(always)]`: only inside [`dispatch`] are the
/// instructions switched on.
pub trait Simd: Copy {
    /// [`LANES`] floats.
    type V: Copy;
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

/// Runs `task` with the best instructions of this machine.
pub fn dispatch<T: Task>(task: T) -> T::Output {
    #[cfg(target_arch = "x86_64")]
    if !portable() && std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the machine has them.
        return unsafe { x86::run(task) };
    }
    #[cfg(all(target_arch = "wasm32", feature = "relaxed"))]
    return wasm::run_relaxed(task);
    #[cfg(all(target_arch = "wasm32", not(feature = "relaxed")))]
    return task.run::<wasm::Simd128>();
    #[cfg(not(target_arch = "wasm32"))]
    task.run::<portable::Portable>()
}

/// Whether to do as on a machine of which nothing is known: unit tests can ask for it, so that this is tested, too.
#[cfg(target_arch = "x86_64")]
fn portable() -> bool {
    #[cfg(test)]
    return std::env::var_os("NIJIGEN_PORTABLE").is_some();
    #[cfg(not(test))]
    false
}

/// The methods of [`Simd`], each from one expression.
macro_rules! simd {
    ($name:ident, $v:ty, $splat:expr, $load:expr, $store:expr, $add:expr, $sub:expr, $mul:expr, $mul_add:expr, $max:expr) => {
        #[derive(Clone, Copy)]
        pub struct $name;

        // SAFETY: of the calls inside: `dispatch` chooses this type only where the machine has the instructions;
        // loads and stores keep the trait's contract.
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
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,fma")]
    pub fn run<T: super::Task>(task: T) -> T::Output {
        task.run::<Avx2>()
    }

    simd!(
        Avx2,
        __m256,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_add_ps,
        _mm256_sub_ps,
        _mm256_mul_ps,
        _mm256_fmadd_ps,
        _mm256_max_ps
    );
}

#[cfg(target_arch = "wasm32")]
mod wasm {
    use std::arch::wasm32::*;

    #[cfg(feature = "relaxed")]
    #[target_feature(enable = "relaxed-simd")]
    pub fn run_relaxed<T: super::Task>(task: T) -> T::Output {
        task.run::<Relaxed>()
    }

    #[cfg(not(feature = "relaxed"))]
    simd!(
        Simd128,
        v128,
        f32x4_splat,
        v128_load,
        v128_store,
        f32x4_add,
        f32x4_sub,
        f32x4_mul,
        |a, b, c| f32x4_add(f32x4_mul(a, b), c),
        f32x4_pmax
    );

    #[cfg(feature = "relaxed")]
    simd!(
        Relaxed,
        v128,
        f32x4_splat,
        v128_load,
        v128_store,
        f32x4_add,
        f32x4_sub,
        f32x4_mul,
        f32x4_relaxed_madd,
        f32x4_pmax
    );
}

/// Loops that compilers turn into vectors: ARM's NEON, and x86-64 before AVX2.
#[cfg(not(target_arch = "wasm32"))]
mod portable {
    use super::LANES;

    type V = [f32; LANES];

    #[inline(always)]
    fn zip(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
        std::array::from_fn(|i| f(a[i], b[i]))
    }

    #[inline(always)]
    fn mul_add(a: V, b: V, c: V) -> V {
        std::array::from_fn(|i| {
            // Elsewhere than on ARM it would be a call.
            if cfg!(target_arch = "aarch64") { a[i].mul_add(b[i], c[i]) } else { a[i] * b[i] + c[i] }
        })
    }

    simd!(
        Portable,
        V,
        |value| [value; LANES],
        |from: *const V| from.read_unaligned(),
        |to: *mut V, value| to.write_unaligned(value),
        |a, b| zip(a, b, |a, b| a + b),
        |a, b| zip(a, b, |a, b| a - b),
        |a, b| zip(a, b, |a, b| a * b),
        mul_add,
        |a, b| zip(a, b, |a, b| if a > b { a } else { b })
    );
}
