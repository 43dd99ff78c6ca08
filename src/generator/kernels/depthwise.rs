//! Convolution of each channel with itself.

use std::ops::Range;

use super::{
    in_bands,
    moments::Partial,
    operands::{Convolve, Finish},
    simd::{LANES, Simd, Task, dispatch, whole},
    source::Source,
};

/// One depthwise convolution of one picture.
pub struct Depthwise<'a> {
    /// What is read: all channels in whole vectors.
    pub source: Source<'a>,
    /// `kernel × whole(C)`
    pub weights: &'a [f32],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Steps down and right from output to output.
    pub stride: [usize; 2],
    /// Distances between the kernel's taps.
    pub dilation: [usize; 2],
    /// Rows and columns beyond the border that the first output reads.
    pub pad: [usize; 2],
    /// Height and width of the output.
    pub sides: [usize; 2],
    /// What happens to the sums; never a shuffle.
    pub finish: Finish<'a>,
}

#[derive(Default)]
struct Scratch {
    rows: Vec<f32>,
    resampled: Vec<f32>,
}

/// Output pixels that share a load of the weights.
const TILE: usize = 4;
/// The same where the weights stay in registers: as many pixels of three rows as fit the nearest cache.
const CHUNK: usize = 16;

impl Convolve for Depthwise<'_> {
    fn run(&self, first: usize, out: &mut [f32]) -> Vec<Partial> {
        let (band, row) = (self.band(), self.sides[1] * whole(self.source.channels()));
        let partials = in_bands(out, band * row, |scratch: &mut Scratch, index, out| {
            let first = first + index * band;
            dispatch(Rows { conv: self, first, at: first * row, out, scratch });
            self.finish.moments.then(|| Partial::of(out, self.source.channels()))
        });
        partials.into_iter().flatten().collect()
    }

    fn band(&self) -> usize {
        // Rows that are only read need no larger bands; those that are gathered are shared within one.
        if self.source.plain().is_some() { 1 } else { 8 * self.dilation[0] }
    }

    fn writes_once(&self) -> bool {
        true
    }
}

struct Rows<'a> {
    conv: &'a Depthwise<'a>,
    first: usize,
    /// Values of the output before these.
    at: usize,
    out: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let conv = self.conv;
        let channels = whole(conv.source.channels());
        let [height, width] = conv.source.sides();
        let rows = self.out.len() / (conv.sides[1] * channels);
        let top = (self.first * conv.stride[0]) as isize - conv.pad[0] as isize;
        let (row, length, out) = (width * channels, self.out.len(), self.out.as_mut_ptr());
        let residual = conv.finish.residual.map(|residual| residual.of_band(self.at, length, out));
        if conv.source.plain().is_none() {
            let lines = (rows - 1) * conv.stride[0] + (conv.kernel[0] - 1) * conv.dilation[0] + 1;
            conv.gather::<S>(top, lines, self.scratch);
        }
        let line = |i: usize| {
            let inside = conv.source.border.index(top + i as isize, height)?;
            Some(match conv.source.plain() {
                Some(raw) => raw[(inside - conv.source.parts[0].top) * row..][..row].as_ptr(),
                None => self.scratch.rows[i * row..][..row].as_ptr(),
            })
        };
        let inner = conv.inner();
        for y in 0..rows {
            let taps: Vec<_> = (0..conv.kernel[0]).map(|k| line(y * conv.stride[0] + k * conv.dilation[0])).collect();
            let nine = if let ([Some(a), Some(b), Some(c)], 3) = (taps.as_slice(), conv.kernel[1]) {
                Some([*a, *b, *c])
            } else {
                None
            };
            let mut x = 0;
            while x < conv.sides[1] {
                // SAFETY: in `inner` every tap is in the row; elsewhere each is looked up.
                unsafe {
                    if let Some(taps) = nine.filter(|_| inner.contains(&x)) {
                        let end = inner.end.min(x + CHUNK);
                        conv.nine::<S>(taps, y, x..end, residual, out);
                        x = end;
                    } else if inner.contains(&x) && x + TILE <= inner.end {
                        conv.pixels::<S, TILE>(&taps, y, x, false, residual, out);
                        x += TILE;
                    } else {
                        conv.pixels::<S, 1>(&taps, y, x, !inner.contains(&x), residual, out);
                        x += 1;
                    }
                }
            }
        }
    }
}

impl Depthwise<'_> {
    /// Columns whose taps all lie in the picture.
    fn inner(&self) -> Range<usize> {
        let [_, width] = self.source.sides();
        let reach = (self.kernel[1] - 1) * self.dilation[1];
        let first = self.pad[1].div_ceil(self.stride[1]).min(self.sides[1]);
        let last = (width + self.pad[1]).saturating_sub(reach).div_ceil(self.stride[1]);
        first..last.clamp(first, self.sides[1])
    }

    /// So many rows of what is read from row `top` on, those beyond the border aside.
    #[inline(always)]
    fn gather<S: Simd>(&self, top: isize, lines: usize, scratch: &mut Scratch) {
        let channels = whole(self.source.channels());
        let [height, width] = self.source.sides();
        let row = width * channels;
        scratch.rows.resize((lines * row).max(scratch.rows.len()), 0.);
        for (line, y) in (0..lines).zip(top..) {
            if self.source.border.index(y, height).is_some() {
                let to = scratch.rows[line * row..].as_mut_ptr();
                // SAFETY: there is room for `lines` rows.
                unsafe { self.source.gather::<S>(y, 0, width, to, channels, &mut scratch.resampled) };
            }
        }
    }

    /// Pixels side by side whose taps all lie in these rows, of a 3×3 kernel.
    #[inline(always)]
    unsafe fn nine<S: Simd>(
        &self,
        rows: [*const f32; 3],
        y: usize,
        columns: Range<usize>,
        residual: Option<*const f32>,
        out: *mut f32,
    ) {
        let channels = whole(self.source.channels());
        let slope = S::splat(self.finish.slope.unwrap_or(1.));
        let (apart, next) = (self.dilation[1] * channels, self.stride[1] * channels);
        let first = (columns.start * self.stride[1] - self.pad[1]) * channels;
        for c in (0..channels).step_by(LANES) {
            // SAFETY: as the caller promises.
            unsafe {
                let bias = S::load(self.finish.bias.as_ptr().add(c));
                let mut weights = [bias; 9];
                for (tap, weight) in weights.iter_mut().enumerate() {
                    *weight = S::load(self.weights.as_ptr().add(tap * channels + c));
                }
                let mut from = rows;
                for row in &mut from {
                    *row = row.add(first + c);
                }
                let mut at = (y * self.sides[1] + columns.start) * channels + c;
                for _ in columns.clone() {
                    let mut sum = bias;
                    for (row, weights) in from.iter_mut().zip(weights.as_chunks::<3>().0) {
                        sum = S::mul_add(S::load(*row), weights[0], sum);
                        sum = S::mul_add(S::load(row.add(apart)), weights[1], sum);
                        sum = S::mul_add(S::load(row.add(2 * apart)), weights[2], sum);
                        // After the last pixel it may point beyond the picture.
                        *row = row.wrapping_add(next);
                    }
                    if let Some(residual) = residual {
                        sum = S::add(sum, S::load(residual.add(at)));
                    }
                    S::store(S::max(sum, S::mul(sum, slope)), out.add(at));
                    at += channels;
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn pixels<S: Simd, const N: usize>(
        &self,
        rows: &[Option<*const f32>],
        y: usize,
        x: usize,
        border: bool,
        residual: Option<*const f32>,
        out: *mut f32,
    ) {
        let channels = whole(self.source.channels());
        let [_, width] = self.source.sides();
        let slope = S::splat(self.finish.slope.unwrap_or(1.));
        let at = (y * self.sides[1] + x) * channels;
        for c in (0..channels).step_by(LANES) {
            // SAFETY: as the caller promises.
            unsafe {
                let mut sums = [S::load(self.finish.bias.as_ptr().add(c)); N];
                for (ky, row) in rows.iter().enumerate() {
                    let Some(row) = row else { continue };
                    for kx in 0..self.kernel[1] {
                        let weight = S::load(self.weights.as_ptr().add((ky * self.kernel[1] + kx) * channels + c));
                        let column = (x * self.stride[1] + kx * self.dilation[1]) as isize - self.pad[1] as isize;
                        let column = match border {
                            false => column as usize,
                            true => match self.source.border.index(column, width) {
                                Some(column) => column,
                                None => continue,
                            },
                        };
                        for (n, sum) in sums.iter_mut().enumerate() {
                            let value = S::load(row.add((column + n * self.stride[1]) * channels + c));
                            *sum = S::mul_add(value, weight, *sum);
                        }
                    }
                }
                for (n, mut sum) in sums.into_iter().enumerate() {
                    let at = at + n * channels + c;
                    if let Some(residual) = residual {
                        sum = S::add(sum, S::load(residual.add(at)));
                    }
                    S::store(S::max(sum, S::mul(sum, slope)), out.add(at));
                }
            }
        }
    }
}
