//! Winograd's minimal filtering F(6×6, 3×3): Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
//! 2015, with the points 0, ±1, ±2, ±1/2, ∞. 64 products make 36 outputs, where direct convolution takes 324.

use super::{
    gemm::{self, COLUMNS, Panel},
    operands::{Convolution, Scratch, Writer},
    simd::{LANES, Simd, whole},
    source::Source,
};

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

/// `G g Gᵀ`: a panel of 3×3 filters at the 64 points, row by row. In loops over the panel, which become vectors.
fn filters(g: &[[Panel; 3]; 3], points: &mut [Panel]) {
    let weigh = |by: [f32; 3], [a, b, c]: [&Panel; 3]| -> Panel {
        std::array::from_fn(|lane| by[0] * a[lane] + by[1] * b[lane] + by[2] * c[lane])
    };
    for (i, row) in points.chunks_exact_mut(IN).enumerate() {
        let half: [Panel; 3] = std::array::from_fn(|j| weigh(G[i], [&g[0][j], &g[1][j], &g[2][j]]));
        for (by, point) in G.into_iter().zip(row) {
            *point = weigh(by, half.each_ref());
        }
    }
}

/// Filters `outputs × inputs × 3 × 3` in panels for each point.
pub fn pack([inputs, outputs]: [usize; 2], weight: impl Fn(usize, usize, usize, usize) -> f32) -> Vec<f32> {
    gemm::pack_points(IN * IN, Source::compact(inputs), outputs, |i, first, row| {
        let at = |y, x, o| if i < inputs && o < outputs { weight(o, i, y, x) } else { 0. };
        let of = |y, x| std::array::from_fn(|column| at(y, x, first + column));
        filters(&std::array::from_fn(|y| std::array::from_fn(|x| of(y, x))), row);
    })
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

/// `Bᵀ d B` of one tile: its pixels lie `across` apart in rows `down` apart, its points go `apart`.
///
/// # Safety
/// There are [`IN`] × [`IN`] vectors at `from`, and room for as many at `to`.
#[inline(always)]
unsafe fn transform<S: Simd>(from: *const f32, [down, across]: [usize; 2], to: *mut f32, apart: usize) {
    let mut columns = [[S::splat(0.); IN]; IN];
    for (x, column) in columns.iter_mut().enumerate() {
        let mut d = [S::splat(0.); IN];
        for (y, d) in d.iter_mut().enumerate() {
            // SAFETY: as the caller promises.
            *d = unsafe { S::load(from.add(y * down + x * across)) };
        }
        *column = forward::<S>(d);
    }
    for y in 0..IN {
        let mut d = [S::splat(0.); IN];
        for (x, d) in d.iter_mut().enumerate() {
            *d = columns[x][y];
        }
        for (x, value) in forward::<S>(d).into_iter().enumerate() {
            // SAFETY: as the caller promises.
            unsafe { S::store(value, to.add((y * IN + x) * apart)) };
        }
    }
}

/// `Aᵀ m` of one tile, by rows; its points lie `apart`.
///
/// # Safety
/// There are [`IN`] × [`IN`] vectors at `from`.
#[inline(always)]
unsafe fn columns<S: Simd>(from: *const f32, apart: usize) -> [[S::V; IN]; OUT] {
    let mut rows = [[S::splat(0.); IN]; OUT];
    for x in 0..IN {
        let mut m = [S::splat(0.); IN];
        for (y, m) in m.iter_mut().enumerate() {
            // SAFETY: as the caller promises.
            *m = unsafe { S::load(from.add((y * IN + x) * apart)) };
        }
        let column = inverse::<S>(m);
        for y in 0..OUT {
            rows[y][x] = column[y];
        }
    }
    rows
}

/// How much lies where in [`Scratch`] while tiles side by side go together through all points.
#[derive(Clone, Copy)]
struct Layout {
    /// Tiles that go together.
    most: usize,
    /// Floats of a pixel's inputs and outputs.
    inputs: usize,
    outputs: usize,
    /// From pixel to pixel of a gathered row, and from row to row.
    stride: usize,
    width: usize,
}

impl Layout {
    fn of<S: Simd>(conv: &Convolution<'_>) -> Layout {
        let most = 8usize.next_multiple_of(S::ROWS);
        let (inputs, outputs) = (whole(conv.weights.inputs), whole(conv.weights.outputs));
        let stride = Source::compact(conv.weights.inputs);
        Layout { most, inputs, outputs, stride, width: (most * OUT + 2) * stride }
    }

    fn reserve(&self, scratch: &mut Scratch) {
        let &Layout { most, inputs, outputs, width, .. } = self;
        scratch.rows.resize((IN * width).max(scratch.rows.len()), 0.);
        scratch.points.resize((IN * IN * most * inputs).max(scratch.points.len()), 0.);
        scratch.products.resize((IN * IN * most * outputs).max(scratch.products.len()), 0.);
    }
}

impl Convolution<'_> {
    #[inline(always)]
    pub(super) fn winograd<S: Simd>(&self, first: usize, rows: usize, writer: &Writer, scratch: &mut Scratch) {
        let layout = Layout::of::<S>(self);
        layout.reserve(scratch);
        for left in (0..self.sides[1]).step_by(layout.most * OUT) {
            let tiles = (self.sides[1] - left).div_ceil(OUT).min(layout.most);
            self.points::<S>(layout, [first, left], rows, tiles, scratch);
            self.products::<S>(layout, tiles, scratch);
            self.outputs::<S>(layout, left, rows, tiles, writer, scratch);
        }
    }

    /// What the tiles from this row and column on read, at all points.
    #[inline(always)]
    fn points<S: Simd>(
        &self,
        layout: Layout,
        [first, left]: [usize; 2],
        rows: usize,
        tiles: usize,
        scratch: &mut Scratch,
    ) {
        let Layout { most, inputs, stride, width, .. } = layout;
        let (lines, points) = (scratch.rows.as_mut_ptr(), scratch.points.as_mut_ptr());
        let x = left as isize - self.pad[1] as isize;
        for line in 0..IN {
            let y = (first + line) as isize - self.pad[0] as isize;
            // SAFETY: a row has room for `most * OUT + 2` pixels.
            unsafe {
                let to = lines.add(line * width);
                if line < rows + 2 {
                    self.source.gather::<S>(y, x, tiles * OUT + 2, to, stride, &mut scratch.resampled);
                } else {
                    // No output reads it, yet what is there would move the others' last digits.
                    to.write_bytes(0, width);
                }
            }
        }
        for (tile, c) in (0..tiles).flat_map(|tile| (0..inputs).step_by(LANES).map(move |c| (tile, c))) {
            // SAFETY: the tile's 8×8 pixels lie in the gathered rows, its points in `points`.
            unsafe {
                let from = lines.add(tile * OUT * stride + c);
                transform::<S>(from, [width, stride], points.add(tile * inputs + c), most * inputs);
            }
        }
    }

    /// A product of matrices for each point.
    #[inline(always)]
    fn products<S: Simd>(&self, layout: Layout, tiles: usize, scratch: &mut Scratch) {
        let Layout { most, inputs, outputs, stride, .. } = layout;
        let panels = stride * self.weights.outputs.next_multiple_of(COLUMNS);
        let (points, products) = (scratch.points.as_ptr(), scratch.products.as_mut_ptr());
        for point in 0..IN * IN {
            // SAFETY: rows up to a multiple of `S::ROWS` have room; those beyond `tiles` hold older finite values.
            unsafe {
                gemm::product::<S>(
                    points.add(point * most * inputs),
                    inputs,
                    tiles.next_multiple_of(S::ROWS),
                    stride,
                    self.weights.panels[point * panels..].as_ptr(),
                    self.weights.outputs,
                    products.add(point * most * outputs),
                );
            }
        }
    }

    /// What the products make of the tiles from column `left` on.
    #[inline(always)]
    fn outputs<S: Simd>(
        &self,
        layout: Layout,
        left: usize,
        rows: usize,
        tiles: usize,
        writer: &Writer,
        scratch: &Scratch,
    ) {
        let Layout { most, outputs, .. } = layout;
        for (tile, vector) in (0..tiles).flat_map(|tile| (0..outputs / LANES).map(move |v| (tile, v))) {
            // SAFETY: the tile's products are there; `put` is called within the band only.
            unsafe {
                let from = scratch.products.as_ptr().add(tile * outputs + vector * LANES);
                let half = columns::<S>(from, most * outputs);
                let x = left + tile * OUT;
                for (y, row) in half.into_iter().enumerate().take(rows) {
                    let values = inverse::<S>(row);
                    for (i, value) in values.into_iter().enumerate().take(self.sides[1] - x) {
                        writer.put::<S>(y, x + i, vector, value);
                    }
                }
            }
        }
    }
}
