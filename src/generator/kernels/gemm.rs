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

/// One value for each column of a panel.
pub type Panel = [f32; COLUMNS];

/// Rows of a panel that [`pack_points`] makes together.
const BLOCK: usize = 16;

/// One [`pack`]ed matrix per point. `weights(k, first, row)` fills row `k` of the panel that begins at column `first`,
/// for every point; those beyond the last column with zeros.
pub fn pack_points(
    points: usize,
    depth: usize,
    columns: usize,
    weights: impl Fn(usize, usize, &mut [Panel]),
) -> Vec<f32> {
    let size = depth * columns.next_multiple_of(COLUMNS);
    let mut packed = vec![0.; points * size];
    // Points lie so far apart that they would drive each other out of the cache: a few rows of one panel at a time.
    let mut row = vec![[0.; COLUMNS]; points];
    let mut block = vec![[[0.; COLUMNS]; BLOCK]; points];
    for (first, top) in
        (0..columns).step_by(COLUMNS).flat_map(|first| (0..depth).step_by(BLOCK).map(move |k| (first, k)))
    {
        let rows = BLOCK.min(depth - top);
        for k in 0..rows {
            weights(top + k, first, &mut row);
            for (rows, values) in block.iter_mut().zip(&row) {
                rows[k] = *values;
            }
        }
        for (point, values) in block.iter().enumerate() {
            let at = point * size + first * depth + top * COLUMNS;
            packed[at..][..rows * COLUMNS].copy_from_slice(values[..rows].as_flattened());
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
