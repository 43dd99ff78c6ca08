//! The matrix product that every convolution ends in: rows are pixels, columns output channels.

use super::simd::{LANES, Simd, whole};

/// Columns of one panel of weights.
pub const COLUMNS: usize = 2 * LANES;

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
pub fn tiles<S: Simd>(rows: usize) -> impl Iterator<Item = usize> {
    (0..rows.div_ceil(S::ROWS)).map(move |tile| (tile * S::ROWS).min(rows.saturating_sub(S::ROWS)))
}

/// `sums[m] += a[m * stride ..][..depth] · panel`, in floats or, with `INTEGERS`, by [`Simd::dot_wide`]; the depth of
/// these is even.
///
/// # Safety
/// `a` must be readable for as many rows of `depth` floats, `stride` apart, as there are sums, `panel` for
/// `depth * COLUMNS`.
#[inline(always)]
pub unsafe fn accumulate<S: Simd, Sums: AsMut<[S::Wide]> + Copy, const INTEGERS: bool>(
    sums: &mut Sums,
    a: *const f32,
    stride: usize,
    depth: usize,
    panel: *const f32,
) {
    // In registers, however the caller goes through its own.
    let mut local = *sums;
    // More would take more registers than there are in wasm.
    let unrolled = if INTEGERS { 2 } else { 1 };
    for first in (0..depth).step_by(unrolled) {
        for k in first..first + unrolled {
            // SAFETY: the caller's contract.
            unsafe {
                let columns = S::load_wide(panel.add(k * COLUMNS));
                for (m, sum) in local.as_mut().iter_mut().enumerate() {
                    let value = *a.add(m * stride + k);
                    *sum = match INTEGERS {
                        true => S::dot_wide(value, columns, *sum),
                        false => S::mul_add_wide(value, columns, *sum),
                    };
                }
            }
        }
    }
    *sums = local;
}

/// `to = a · weights` for `rows` rows (a multiple of [`Simd::ROWS`]), all in memory.
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
        for row in (0..rows).step_by(S::ROWS) {
            let mut sums = S::sums();
            // SAFETY: the caller's contract; a panel's second vector is written only where `width` reaches it.
            unsafe {
                accumulate::<S, _, false>(&mut sums, a.add(row * stride), stride, depth, weights.add(first * depth));
                for (m, &mut sum) in sums.as_mut().iter_mut().enumerate() {
                    let [left, right] = S::halves(sum);
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
