//! Convolution as it is defined: sums of products, in tiles of the output that fit the registers.

use super::{
    gemm::{self, COLUMNS},
    operands::{Convolution, Scratch, Writer},
    simd::{LANES, Simd, whole},
    source::Source,
};

/// Pixels of a row whose inputs stay in the cache while all panels of weights go by: a multiple of every [`Simd::ROWS`].
pub(super) const CHUNK: usize = 48;

/// Weights `outputs × inputs × kernel` in panels, a tap's inputs after another's.
pub fn pack(
    [height, width]: [usize; 2],
    [inputs, outputs]: [usize; 2],
    weight: impl Fn(usize, usize, usize, usize) -> f32,
) -> Vec<f32> {
    let stride = Source::compact(inputs);
    let weight = &weight;
    gemm::pack(height * width * stride, outputs, |k| {
        let (tap, i) = (k / stride, k % stride);
        let (y, x) = (tap / width, tap % width);
        move |o| if i < inputs { weight(o, i, y, x) } else { 0. }
    })
}

impl Convolution<'_> {
    #[inline(always)]
    pub(super) fn direct<S: Simd>(&self, first: usize, rows: usize, writer: &Writer, scratch: &mut Scratch) {
        let [height, width] = self.weights.kernel;
        let stride = Source::compact(self.weights.inputs);
        let (base, row_length) = self.lines::<S>(first, rows, scratch);
        for y in 0..rows {
            for chunk in (0..self.sides[1]).step_by(CHUNK) {
                let count = CHUNK.min(self.sides[1] - chunk);
                for panel in 0..self.weights.outputs.div_ceil(COLUMNS) {
                    let weights = &self.weights.panels[panel * height * width * stride * COLUMNS..];
                    // SAFETY: the taps of every output of this row lie in the rows just gathered.
                    unsafe {
                        let from = base.add(y * self.stride[0] * row_length);
                        if count < S::ROWS {
                            for x in chunk..chunk + count {
                                let one = [S::sums().as_mut()[0]];
                                self.tile::<S>(one, from, row_length, x, weights.as_ptr(), y, panel, writer);
                            }
                        } else {
                            for x in gemm::tiles::<S>(count) {
                                let x = chunk + x;
                                self.tile::<S>(S::sums(), from, row_length, x, weights.as_ptr(), y, panel, writer);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Where what these rows read begins, and how far it is from row to row.
    #[inline(always)]
    pub(super) fn lines<S: Simd>(&self, first: usize, rows: usize, scratch: &mut Scratch) -> (*const f32, usize) {
        let [height, width] = self.weights.kernel;
        let stride = Source::compact(self.weights.inputs);
        let pixels = (self.sides[1] - 1) * self.stride[1] + (width - 1) * self.dilation[1] + 1;
        let lines = (rows - 1) * self.stride[0] + (height - 1) * self.dilation[0] + 1;
        let [source_height, source_width] = self.source.sides();
        let top = first * self.stride[0];
        // Rows that need nothing done to them are read where they are.
        let inside = self.pad == [0, 0]
            && top + lines <= source_height
            && pixels <= source_width
            && stride == whole(self.weights.inputs);
        if let Some(raw) = self.source.plain().filter(|_| inside) {
            let row = source_width * stride;
            return (raw[(top - self.source.parts[0].top) * row..].as_ptr(), row);
        }
        scratch.rows.resize((lines * pixels * stride + LANES).max(scratch.rows.len()), 0.);
        for line in 0..lines {
            let y = (top + line) as isize - self.pad[0] as isize;
            let to = scratch.rows[line * pixels * stride..].as_mut_ptr();
            // SAFETY: there is room for `lines` rows of `pixels`.
            unsafe { self.source.gather::<S>(y, -(self.pad[1] as isize), pixels, to, stride, &mut scratch.resampled) };
        }
        (scratch.rows.as_ptr(), pixels * stride)
    }

    /// As many outputs of a row as there are sums, from column `x` on, in the channels of one panel.
    #[inline(always)]
    #[expect(clippy::too_many_arguments)]
    unsafe fn tile<S: Simd>(
        &self,
        mut sums: impl AsMut<[S::Wide]> + Copy,
        rows: *const f32,
        row_length: usize,
        x: usize,
        mut weights: *const f32,
        y: usize,
        panel: usize,
        writer: &Writer,
    ) {
        let [height, width] = self.weights.kernel;
        let stride = Source::compact(self.weights.inputs);
        // Taps that lie side by side are one longer product.
        let (runs, depth) = if self.dilation[1] == 1 { (1, width * stride) } else { (width, stride) };
        // SAFETY: as the caller promises.
        unsafe {
            for line in 0..height {
                for run in 0..runs {
                    let column = x * self.stride[1] + run * self.dilation[1];
                    let from = rows.add(line * self.dilation[0] * row_length + column * stride);
                    gemm::accumulate::<S, _, false>(&mut sums, from, self.stride[1] * stride, depth, weights);
                    weights = weights.add(depth * COLUMNS);
                }
            }
            let columns = writer.columns::<S>(y, panel);
            for (m, &mut sum) in sums.as_mut().iter_mut().enumerate() {
                columns.put(x + m, S::halves(sum));
            }
        }
    }
}
