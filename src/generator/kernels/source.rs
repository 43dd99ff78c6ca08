//! What a kernel reads: pixels as an earlier one left them, and all that is to happen to them on the way.

use super::simd::{LANES, Simd, whole};

/// What lies beyond the picture's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Border {
    /// Zeros.
    Zero,
    /// The picture mirrored at the outermost pixels, which are not repeated.
    Reflect,
    /// The outermost pixels.
    Edge,
}

impl Border {
    /// The pixel that stands for pixel `i` of `length`; none where there are zeros.
    #[inline(always)]
    pub fn index(self, i: isize, length: usize) -> Option<usize> {
        let last = length as isize - 1;
        if (0..=last).contains(&i) {
            return Some(i as usize);
        }
        match self {
            Border::Zero => None,
            Border::Reflect if i < 0 => Some((-i).min(last) as usize),
            Border::Reflect => Some((2 * last - i).max(0) as usize),
            Border::Edge => Some(i.clamp(0, last) as usize),
        }
    }
}

/// How one axis is resampled: every output is a weighted sum of two inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Per output, the inputs and their weights.
    pub taps: Vec<[(usize, f32); 2]>,
}

/// Some channels of a source.
pub struct Part<'a> {
    /// `H×W×whole(channels)`, from row `top` on; or planes.
    pub raw: &'a [f32],
    /// The first row that it holds; 0 unless only some are there.
    pub top: usize,
    /// Whether they are all rows of planes, and how many pixels' sides lie in one of the part's (space to depth):
    /// `channels / n² × nH × nW`, channels in the order c, dy, dx.
    pub planes: Option<usize>,
    /// How many channels there are.
    pub channels: usize,
    /// `raw * scale + shift`, each of `whole(channels)`.
    pub affine: Option<[Vec<f32>; 2]>,
    /// Then LeakyReLU: what values below zero are multiplied by, 0 to 1.
    pub slope: Option<f32>,
}

/// A picture of `height × width` (after resampling), read row by row.
pub struct Source<'a> {
    /// One after the other along the channels; all but the last have whole vectors.
    pub parts: Vec<Part<'a>>,
    /// Sides of the parts.
    pub raw: [usize; 2],
    /// How rows and columns are resampled, if they are.
    pub resize: Option<&'a [Axis; 2]>,
    /// What lies beyond.
    pub border: Border,
}

impl Source<'_> {
    /// Height and width after resampling.
    pub fn sides(&self) -> [usize; 2] {
        self.resize.map_or(self.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()))
    }

    /// Channels of all parts.
    pub fn channels(&self) -> usize {
        self.parts.iter().map(|part| part.channels).sum()
    }

    /// Floats from pixel to pixel where few channels are to lie close together.
    pub fn compact(channels: usize) -> usize {
        if channels < LANES { channels } else { whole(channels) }
    }

    /// The pixels themselves, where nothing happens to them on the way.
    pub fn plain(&self) -> Option<&[f32]> {
        match self.parts.as_slice() {
            [Part { raw, planes: None, affine: None, slope: None, .. }] if self.resize.is_none() => Some(raw),
            _ => None,
        }
    }

    /// Writes `n` pixels of row `y` from column `x` on, `stride` floats each; both may lie beyond the border.
    ///
    /// # Safety
    /// `stride` must be [`whole`] or [`compact`](Self::compact) of the channels, and `to` writable for `n` such pixels.
    #[inline(always)]
    pub unsafe fn gather<S: Simd>(
        &self,
        y: isize,
        x: isize,
        n: usize,
        to: *mut f32,
        stride: usize,
        scratch: &mut Vec<f32>,
    ) {
        let [height, width] = self.sides();
        // SAFETY: every write below stays within the `n` pixels.
        unsafe {
            let Some(y) = self.border.index(y, height) else {
                return to.write_bytes(0, n * stride);
            };
            let inner = (-x).clamp(0, n as isize) as usize..(width as isize - x).clamp(0, n as isize) as usize;
            for i in (0..inner.start).chain(inner.end.max(inner.start)..n) {
                match self.border.index(x + i as isize, width) {
                    Some(column) => self.run::<S>(y, column, 1, to.add(i * stride), stride, scratch),
                    None => to.add(i * stride).write_bytes(0, stride),
                }
            }
            if inner.start < inner.end {
                let first = (x + inner.start as isize) as usize;
                self.run::<S>(y, first, inner.len(), to.add(inner.start * stride), stride, scratch);
            }
        }
    }

    /// `n` pixels that lie within the picture.
    #[inline(always)]
    unsafe fn run<S: Simd>(&self, y: usize, x: usize, n: usize, to: *mut f32, stride: usize, scratch: &mut Vec<f32>) {
        let Some([rows, columns]) = self.resize else {
            // SAFETY: as the caller promises.
            return unsafe { self.copy::<S>(y, x, n, to, stride) };
        };
        let columns = &columns.taps[x..x + n];
        let (mut first, mut last) = (usize::MAX, 0);
        for &(column, _) in columns.iter().flatten() {
            (first, last) = (first.min(column), last.max(column));
        }
        let length = (last + 1 - first) * stride;
        scratch.resize((2 * length + LANES).max(scratch.len()), 0.);
        let above = scratch.as_mut_ptr();
        let [(upper, share), (lower, rest)] = rows.taps[y];
        // SAFETY: `scratch` holds both rows; a vector may end beyond a compact row, by less than `LANES`.
        unsafe {
            let below = above.add(length);
            self.copy::<S>(upper, first, last + 1 - first, above, stride);
            if rest != 0. {
                self.copy::<S>(lower, first, last + 1 - first, below, stride);
                let (share, rest) = (S::splat(share), S::splat(rest));
                for i in (0..length).step_by(LANES) {
                    let sum = S::mul_add(S::load(below.add(i)), rest, S::mul(S::load(above.add(i)), share));
                    // Only the compact row's last vector reaches into the row below, whose values were read.
                    S::store(sum, above.add(i));
                }
            }
            for (i, &[(left, a), (right, b)]) in columns.iter().enumerate() {
                let (left, right) = (above.add((left - first) * stride), above.add((right - first) * stride));
                mix::<S>(left, a, right, b, to.add(i * stride), stride);
            }
        }
    }

    /// `n` pixels before resampling.
    #[inline(always)]
    unsafe fn copy<S: Simd>(&self, y: usize, x: usize, n: usize, to: *mut f32, stride: usize) {
        let mut offset = 0;
        for part in &self.parts {
            let width = whole(part.channels);
            // SAFETY: `from` has `n` pixels, and `to` room for them.
            unsafe {
                let to = to.add(offset);
                if let Some(block) = part.planes {
                    part.interleave(block, [y, x], self.raw, n, to, stride);
                } else {
                    let from = &part.raw[((y - part.top) * self.raw[1] + x) * width..][..n * width];
                    part.copy::<S>(from.as_ptr(), n, to, stride);
                }
            }
            offset += width;
        }
    }
}

/// `a * left + b * right` over `n` floats, whole vectors or fewer floats than one.
#[inline(always)]
unsafe fn mix<S: Simd>(left: *const f32, a: f32, right: *const f32, b: f32, to: *mut f32, n: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        if n < LANES {
            for c in 0..n {
                *to.add(c) = *left.add(c) * a + *right.add(c) * b;
            }
            return;
        }
        let (a, b) = (S::splat(a), S::splat(b));
        for c in (0..n).step_by(LANES) {
            S::store(S::mul_add(S::load(right.add(c)), b, S::mul(S::load(left.add(c)), a)), to.add(c));
        }
    }
}

impl Part<'_> {
    /// Writes `n` pixels of planes from this row and column on, of a picture of `raw` sides.
    ///
    /// # Safety
    /// `to` must be writable for `n` pixels of `stride` floats.
    #[inline(always)]
    unsafe fn interleave(
        &self,
        block: usize,
        [y, x]: [usize; 2],
        raw: [usize; 2],
        n: usize,
        to: *mut f32,
        stride: usize,
    ) {
        let slope = self.slope.unwrap_or(1.);
        let [height, width] = raw.map(|side| side * block);
        for c in 0..stride.min(whole(self.channels)) {
            let (plane, dy, dx) = (c / (block * block), c / block % block, c % block);
            let first = (plane * height + y * block + dy) * width + x * block + dx;
            let [scale, shift] = self.affine.as_ref().map_or([1., 0.], |affine| affine.each_ref().map(|by| by[c]));
            let values = self.raw.get(first..).filter(|_| c < self.channels).map(|values| values.iter().step_by(block));
            let values = values.into_iter().flatten().copied().map(|value| value * scale + shift);
            // Channels after the last one are zero.
            for (i, value) in values.chain(std::iter::repeat(0.)).take(n).enumerate() {
                // SAFETY: as the caller promises.
                unsafe { *to.add(i * stride + c) = value.max(value * slope) };
            }
        }
    }

    /// Writes `n` pixels of those at `from`, `stride` floats each, which may be where they are.
    ///
    /// # Safety
    /// `from` must be readable for `n` pixels of the part, and `to` writable for as many.
    #[inline(always)]
    pub unsafe fn copy<S: Simd>(&self, from: *const f32, n: usize, to: *mut f32, stride: usize) {
        let width = whole(self.channels);
        let slope = self.slope.unwrap_or(1.);
        // SAFETY: as the caller promises.
        unsafe {
            if stride < LANES {
                for (i, c) in (0..n).flat_map(|i| (0..self.channels).map(move |c| (i, c))) {
                    let mut value = *from.add(i * width + c);
                    if let Some([scale, shift]) = &self.affine {
                        value = value * scale[c] + shift[c];
                    }
                    *to.add(i * stride + c) = value.max(value * slope);
                }
                return;
            }
            match &self.affine {
                None => {
                    let leak = S::splat(slope);
                    for i in 0..n {
                        for c in (0..width).step_by(LANES) {
                            let value = S::load(from.add(i * width + c));
                            S::store(S::max(value, S::mul(value, leak)), to.add(i * stride + c));
                        }
                    }
                }
                Some([scale, shift]) => {
                    let leak = S::splat(slope);
                    for i in 0..n {
                        for c in (0..width).step_by(LANES) {
                            let (scale, shift) = (S::load(scale.as_ptr().add(c)), S::load(shift.as_ptr().add(c)));
                            let value = S::mul_add(S::load(from.add(i * width + c)), scale, shift);
                            S::store(S::max(value, S::mul(value, leak)), to.add(i * stride + c));
                        }
                    }
                }
            }
        }
    }
}
