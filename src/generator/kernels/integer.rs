//! 1×1 convolution in whole numbers: weights of 8 bits, pixels of 7.
//!
//! Every pixel has a range of its own, which its largest channel gives: per-token dynamic quantisation (Dettmers et al.
//! 2022, "LLM.int8()"). The sums are exact, so every instruction set gives the same of the same pixels.

use super::{
    direct::CHUNK,
    gemm::{self, COLUMNS},
    operands::{Convolution, Scratch, Weights, Writer},
    simd::{BYTES, GROUP, LANES, Simd},
};

/// Levels on either side of zero: with these, sums of two products fit 16 bits.
const LEVELS: f32 = 63.;
/// The level of zero.
const ZERO: i32 = 64;
/// Added to a value of at most [`LEVELS`], it leaves the level in the lowest byte: a float of this size has no fraction.
const ROUNDING: f32 = (1 << 23) as f32 + ZERO as f32;
/// What a pixel's largest value is at least taken for.
const LEAST: f32 = 1e-30;
/// Rows of a panel before the weights: what [`ZERO`] adds to the sums, negative, and the steps.
const HEAD: usize = 2;

/// Of `outputs × inputs` weights, whether those of every output are whole numbers of -127 to 127 times a step: they come
/// from as many bits. Channels must fill vectors of bytes.
pub fn are_integers([inputs, outputs]: [usize; 2], weight: impl Fn(usize, usize) -> f32) -> bool {
    let whole = |o: usize| {
        let step = step(inputs, |i| weight(o, i));
        (0..inputs).map(|i| weight(o, i) / step).all(|level| (level - level.round()).abs() < 1e-3)
    };
    inputs % BYTES == 0 && (0..outputs).all(whole)
}

/// What a weight of 1 stands for among these, of which the largest is 127.
fn step(inputs: usize, weight: impl Fn(usize) -> f32) -> f32 {
    (0..inputs).map(|i| weight(i).abs()).fold(LEAST, f32::max) / 127.
}

/// Such weights in panels of [`COLUMNS`]: the [`HEAD`], then [`GROUP`] inputs to a lane.
pub fn pack([inputs, outputs]: [usize; 2], weight: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let rows = HEAD + inputs / GROUP;
    let mut panels = vec![0.; rows * outputs.next_multiple_of(COLUMNS)];
    for o in 0..outputs {
        let step = step(inputs, |i| weight(o, i));
        let integers: Vec<i32> = (0..inputs).map(|i| (weight(o, i) / step).round() as i32).collect();
        let mut put = |row: usize, value| panels[(o / COLUMNS * rows + row) * COLUMNS + o % COLUMNS] = value;
        put(0, f32::from_bits((-ZERO * integers.iter().sum::<i32>()).cast_unsigned()));
        put(1, step);
        for (group, integers) in integers.chunks_exact(GROUP).enumerate() {
            let bits = 32 / GROUP;
            let lane = |lane, &integer: &i32| lane << bits | (integer.cast_unsigned() & (u32::MAX >> (32 - bits)));
            put(HEAD + group, f32::from_bits(integers.iter().rev().fold(0, lane)));
        }
    }
    panels
}

impl Convolution<'_> {
    #[inline(always)]
    pub(super) fn integer<S: Simd>(&self, first: usize, rows: usize, writer: &Writer, scratch: &mut Scratch) {
        let Weights { inputs, outputs, .. } = *self.weights;
        let (base, row_length) = self.lines::<S>(first, rows, scratch);
        let depth = inputs / GROUP;
        scratch.levels.resize(CHUNK * depth, 0.);
        for y in 0..rows {
            for chunk in (0..self.sides[1]).step_by(CHUNK) {
                let count = CHUNK.min(self.sides[1] - chunk);
                let mut units = [0.; CHUNK];
                // SAFETY: the pixels lie in the rows just gathered, and as many levels have room.
                unsafe {
                    for (x, unit) in units[..count].iter_mut().enumerate() {
                        let from = base.add(y * self.stride[0] * row_length + (chunk + x) * self.stride[1] * inputs);
                        *unit = quantise::<S>(from, inputs, scratch.levels.as_mut_ptr().add(x * depth));
                    }
                    for panel in 0..outputs.div_ceil(COLUMNS) {
                        let panel =
                            Panel { weights: self.weights, index: panel, at: [y, chunk], units: &units, writer };
                        for x in (0..count).step_by(S::ROWS) {
                            panel.tile::<S>(scratch.levels.as_ptr(), x, count);
                        }
                    }
                }
            }
        }
    }
}

/// Writes a pixel's levels, [`ZERO`] added, and gives what one of them stands for.
///
/// # Safety
/// `from` must be readable for `channels`, whole [`BYTES`]s, and `to` writable for `channels / GROUP`.
#[inline(always)]
unsafe fn quantise<S: Simd>(from: *const f32, channels: usize, to: *mut f32) -> f32 {
    // SAFETY: as the caller promises.
    unsafe {
        // Several at once, so that none waits for the one before.
        let mut largest = [S::splat(LEAST); BYTES / LANES];
        for block in (0..channels).step_by(BYTES) {
            for (i, most) in largest.iter_mut().enumerate() {
                *most = S::larger(*most, S::load(from.add(block + i * LANES)));
            }
        }
        let mut lanes = [0.; BYTES];
        for (i, most) in largest.into_iter().enumerate() {
            S::store(most, lanes.as_mut_ptr().add(i * LANES));
        }
        // What is no number is the largest, and so is all that becomes of the pixel.
        let mut bits = 0;
        for lane in lanes {
            bits = bits.max(lane.to_bits());
        }
        let most = f32::from_bits(bits);
        let (rate, rounding) = (S::splat(LEVELS / most), S::splat(ROUNDING));
        for block in (0..channels).step_by(BYTES) {
            let mut values = [rounding; BYTES / LANES];
            for (i, value) in values.iter_mut().enumerate() {
                // Rounded twice by every machine, so that all have the same levels.
                *value = S::add(S::mul(S::load(from.add(block + i * LANES)), rate), rounding);
            }
            S::store_levels(values, to.add(block / GROUP));
        }
        most / LEVELS
    }
}

/// The columns of one panel for the pixels of one chunk.
struct Panel<'a> {
    weights: &'a Weights,
    index: usize,
    /// Row of the band and column of the chunk's first pixel.
    at: [usize; 2],
    units: &'a [f32; CHUNK],
    writer: &'a Writer,
}

impl Panel<'_> {
    /// As many pixels as there are sums, from pixel `x` of the chunk on, of those that the chunk has.
    ///
    /// # Safety
    /// `levels` must be those of at least so many pixels, written or not.
    #[inline(always)]
    unsafe fn tile<S: Simd>(&self, levels: *const f32, x: usize, count: usize) {
        let depth = self.weights.inputs / GROUP;
        let panel = self.weights.panels[self.index * (HEAD + depth) * COLUMNS..].as_ptr();
        // SAFETY: as the caller promises.
        unsafe {
            let mut sums = S::sums();
            for sum in sums.as_mut() {
                *sum = S::load_wide(panel);
            }
            let weights = panel.add(HEAD * COLUMNS);
            gemm::accumulate::<S, _, true>(&mut sums, levels.add(x * depth), depth, depth, weights);
            let steps = [S::load(panel.add(COLUMNS)), S::load(panel.add(COLUMNS + LANES))];
            let columns = self.writer.columns::<S>(self.at[0], self.index);
            for (m, &mut sum) in sums.as_mut().iter_mut().enumerate().take(count - x) {
                let (unit, [left, right]) = (S::splat(self.units[x + m]), S::halves(sum));
                let left = S::mul(S::mul(S::from_integers(left), steps[0]), unit);
                let right = S::mul(S::mul(S::from_integers(right), steps[1]), unit);
                columns.put(self.at[1] + x + m, [left, right]);
            }
        }
    }
}
