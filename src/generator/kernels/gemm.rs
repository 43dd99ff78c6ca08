//! The matrix product that every convolution ends in: rows are pixels, columns output channels.

use super::simd::{LANES, Simd, whole};

/// Columns of one panel of weights.
pub const COLUMNS: usize = 2 * LANES;

/// Rows computed together. x86-64 has 16 registers, and V8 keeps one for itself: where the compiler keeps all rows'
/// values in registers beside the sums and a panel's vector, as it does for WebAssembly, more than 4 rows spill
/// (measured in Chromium: 33 GFLOP/s with 4, 14 with 6).
pub const ROWS: usize = if cfg!(target_arch = "wasm32") { 4 } else { 6 };

/// Weights `depth × columns` in panels of [`COLUMNS`], each `depth × COLUMNS`, zeros after the last column.
pub fn pack<Row: Fn(usize) -> f32>(depth: usize, columns: usize, weights: impl Fn(usize) -> Row) -> Vec<f32> {
    let mut packed = vec![0.; depth * columns.next_multiple_of(COLUMNS)];
    for (panel, values) in packed.chunks_exact_mut((depth * COLUMNS).max(1)).enumerate() {
        for (k, row) in values.chunks_exact_mut(COLUMNS).enumerate() {
            let weight = weights(k);
            for (value, column) in row.iter_mut().zip(panel * COLUMNS..columns) {
                *value = weight(column);
            }
        }
    }
    packed
}

/// One [`pack`]ed matrix per point; `weights` gives one entry of all of them.
pub fn pack_points<Values: IntoIterator<Item = f32>>(
    points: usize,
    depth: usize,
    columns: usize,
    weights: impl Fn(usize, usize) -> Values,
) -> Vec<f32> {
    let size = depth * columns.next_multiple_of(COLUMNS);
    let mut packed = vec![0.; points * size];
    // A row of one panel at a time, so that every point's cache line is written at once.
    let mut row = vec![[0.; COLUMNS]; points];
    for (panel, k) in (0..columns).step_by(COLUMNS).flat_map(|panel| (0..depth).map(move |k| (panel, k))) {
        for column in panel..columns.min(panel + COLUMNS) {
            for (values, value) in row.iter_mut().zip(weights(k, column)) {
                values[column - panel] = value;
            }
        }
        for (point, values) in row.iter_mut().enumerate() {
            let at = point * size + panel * depth + k * COLUMNS;
            packed[at..at + COLUMNS].copy_from_slice(values);
            values.fill(0.);
        }
    }
    packed
}

/// How many rows to compute at once where `rows` are left, and at which row to begin: the last tile begins earlier and
/// computes some rows twice.
#[inline(always)]
pub fn tiles(rows: usize) -> impl Iterator<Item = usize> {
    (0..rows.div_ceil(ROWS)).map(move |tile| (tile * ROWS).min(rows.saturating_sub(ROWS)))
}

/// The sums of `M` rows in one panel's columns.
pub type Sums<S, const M: usize> = [[<S as Simd>::V; 2]; M];

/// `sums[m] += a[m * stride ..][..depth] · panel`
///
/// # Safety
/// `a` must be readable for `(M - 1) * stride + depth` floats, `panel` for `depth * COLUMNS`.
#[inline(always)]
pub unsafe fn accumulate<S: Simd, const M: usize>(
    sums: &mut Sums<S, M>,
    a: *const f32,
    stride: usize,
    depth: usize,
    panel: *const f32,
) {
    for k in 0..depth {
        // SAFETY: the caller's contract.
        unsafe {
            let left = S::load(panel.add(k * COLUMNS));
            let right = S::load(panel.add(k * COLUMNS + LANES));
            for (m, sums) in sums.iter_mut().enumerate() {
                let value = S::splat(*a.add(m * stride + k));
                sums[0] = S::mul_add(value, left, sums[0]);
                sums[1] = S::mul_add(value, right, sums[1]);
            }
        }
    }
}

/// `to = a · weights` for `rows` rows (a multiple of [`ROWS`]), all in memory.
///
/// # Safety
/// `a` must be readable for `rows × depth` floats in rows `stride` apart, `weights` must come from [`pack`] with this
/// `depth` and `columns`, and `to` be writable for `rows × whole(columns)`.
#[inline(always)]
pub unsafe fn product<S: Simd>(
    a: *const f32,
    stride: usize,
    rows: usize,
    depth: usize,
    weights: *const f32,
    columns: usize,
    to: *mut f32,
) {
    let width = whole(columns);
    for first in (0..columns).step_by(COLUMNS) {
        for row in (0..rows).step_by(ROWS) {
            let mut sums = [[S::splat(0.); 2]; ROWS];
            // SAFETY: the caller's contract; a panel's second vector is written only where `width` reaches it.
            unsafe {
                accumulate::<S, ROWS>(&mut sums, a.add(row * stride), stride, depth, weights.add(first * depth));
                for (m, [left, right]) in sums.into_iter().enumerate() {
                    let to = to.add((row + m) * width + first);
                    S::store(left, to);
                    if first + LANES < width {
                        S::store(right, to.add(LANES));
                    }
                }
            }
        }
    }
}
