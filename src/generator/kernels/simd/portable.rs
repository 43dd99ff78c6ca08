//! Loops that compilers turn into vectors: ARM's NEON, and x86-64 before AVX2.

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

/// Lanes as the integers in them.
#[inline(always)]
fn integers(lanes: V, f: impl Fn(usize, i32) -> i32) -> V {
    std::array::from_fn(|i| f32::from_bits(f(i, lanes[i].to_bits().cast_signed()).cast_unsigned()))
}

#[inline(always)]
fn dot(value: V, b: V, c: V) -> V {
    integers(c, |i, sum| {
        let (levels, weights) = (value[i].to_bits().to_le_bytes(), b[i].to_bits().to_le_bytes());
        levels
            .into_iter()
            .zip(weights)
            .fold(sum, |sum, (level, weight)| sum + i32::from(level) * i32::from(weight.cast_signed()))
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
    |a, b| zip(a, b, |a, b| if a > b { a } else { b }),
    |a, b| zip(a, b, |a, b| f32::from_bits(a.to_bits().max(b.abs().to_bits()))),
    |lanes: V| lanes.map(|lane| lane.to_bits().cast_signed() as f32),
    |values: [V; 2], to: *mut [u8; 16]| to
        .write_unaligned(std::array::from_fn(|i| { values[i / LANES][i % LANES].to_bits().to_le_bytes()[0] })),
    pairs! { 6, dot }
);
