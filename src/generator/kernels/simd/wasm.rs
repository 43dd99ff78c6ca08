//! 128 bits, relaxed or not.

use std::arch::wasm32::*;

#[cfg(feature = "relaxed")]
#[target_feature(enable = "relaxed-simd")]
pub fn run_relaxed<T: super::Task>(task: T) -> T::Output {
    task.run::<Relaxed>()
}

#[cfg(feature = "relaxed")]
#[inline(always)]
unsafe fn dot(value: v128, b: v128, c: v128) -> v128 {
    i32x4_relaxed_dot_i8x16_i7x16_add(b, value, c)
}

#[cfg(not(feature = "relaxed"))]
#[inline(always)]
unsafe fn dot(value: v128, b: v128, c: v128) -> v128 {
    i32x4_add(i32x4_dot_i16x8(b, value), c)
}

#[inline(always)]
unsafe fn store_levels(values: [v128; 4], to: *mut v128) {
    let [a, b, c, d] = values.map(|value| v128_and(value, i32x4_splat(0xFF)));
    let halves = [i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d)];
    unsafe {
        match super::GROUP {
            4 => v128_store(to, u8x16_narrow_i16x8(halves[0], halves[1])),
            _ => to.cast::<[v128; 2]>().write_unaligned(halves),
        }
    }
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
    f32x4_pmax,
    |a, b| i32x4_max(a, f32x4_abs(b)),
    f32x4_convert_i32x4,
    store_levels,
    pairs! { 4, dot }
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
    f32x4_pmax,
    |a, b| i32x4_max(a, f32x4_abs(b)),
    f32x4_convert_i32x4,
    store_levels,
    pairs! { 4, dot }
);
