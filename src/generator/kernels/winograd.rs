//! Winograd's minimal filtering F(6×6, 3×3): Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
//! 2015, with the points 0, ±1, ±2, ±1/2, ∞. 64 products make 36 outputs, where direct convolution takes 324.

use super::simd::Simd;

/// Sides of what a tile reads, and of what it makes.
pub const IN: usize = 8;
/// Outputs per tile and axis.
pub const OUT: usize = 6;

const G: [[f32; 3]; IN] = [
    [1., 0., 0.],
    [-2. / 9., -2. / 9., -2. / 9.],
    [-2. / 9., 2. / 9., -2. / 9.],
    [1. / 90., 1. / 45., 2. / 45.],
    [1. / 90., -1. / 45., 2. / 45.],
    [32. / 45., 16. / 45., 8. / 45.],
    [32. / 45., -16. / 45., 8. / 45.],
    [0., 0., 1.],
];

/// `G g Gᵀ`: one 3×3 filter at the 64 points.
pub fn filter(g: [[f32; 3]; 3]) -> [[f32; IN]; IN] {
    let half: [[f32; 3]; IN] =
        std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| G[i][k] * g[k][j]).sum()));
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| half[i][k] * G[j][k]).sum()))
}

/// `Bᵀ d` of one column.
#[inline(always)]
pub fn forward<S: Simd>(d: [S::V; IN]) -> [S::V; IN] {
    let scale = |a, by| S::mul(a, S::splat(by));
    let fma = |a, by, c| S::mul_add(a, S::splat(by), c);
    let even = fma(d[4], -4.25, S::add(d[2], d[6]));
    let odd = fma(d[3], -4.25, S::add(d[1], d[5]));
    let even2 = fma(d[4], -1.25, fma(d[2], 0.25, d[6]));
    let odd2 = fma(d[5], 2., fma(d[3], -2.5, scale(d[1], 0.5)));
    let even3 = fma(d[4], -5., fma(d[2], 4., d[6]));
    let odd3 = fma(d[5], 0.5, fma(d[3], -2.5, scale(d[1], 2.)));
    [
        fma(S::sub(d[4], d[2]), 5.25, S::sub(d[0], d[6])),
        S::add(even, odd),
        S::sub(even, odd),
        S::add(even2, odd2),
        S::sub(even2, odd2),
        S::add(even3, odd3),
        S::sub(even3, odd3),
        fma(S::sub(d[3], d[5]), 5.25, S::sub(d[7], d[1])),
    ]
}

/// `Aᵀ m` of one column.
#[inline(always)]
pub fn inverse<S: Simd>(m: [S::V; IN]) -> [S::V; OUT] {
    let fma = |a, by, c| S::mul_add(a, S::splat(by), c);
    let (a, b) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
    let (c, d) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
    let (e, f) = (S::add(m[5], m[6]), S::sub(m[5], m[6]));
    [
        S::add(S::add(m[0], a), S::add(c, e)),
        fma(d, 2., fma(f, 0.5, b)),
        fma(c, 4., fma(e, 0.25, a)),
        fma(d, 8., fma(f, 0.125, b)),
        fma(c, 16., fma(e, 0.0625, a)),
        fma(d, 32., fma(f, 0.03125, S::add(m[7], b))),
    ]
}
