//! What a convolution is made of, whichever way it is computed.

use super::{
    moments::Partial,
    simd::{LANES, Simd},
    source::Source,
};

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Sums of products, as defined.
    Direct,
    /// 3×3 with strides and dilations of 1.
    Winograd,
    /// Up to 9×9 with strides and dilations of 1.
    Fourier,
    /// 1×1 with weights of 8 bits.
    Integer,
}

/// Weights as a method reads them.
#[derive(Debug, Clone)]
pub struct Weights {
    pub(super) method: Method,
    pub(super) kernel: [usize; 2],
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    #[cfg_attr(not(any(test, target_arch = "wasm32")), expect(dead_code, reason = "only a GPU asks"))]
    pub(super) bytes: bool,
    /// [`Method::Integer`]'s hold integers in the places of floats.
    pub(super) panels: Vec<f32>,
}

impl Weights {
    /// Where they lie.
    pub fn place(&self) -> usize {
        self.panels.as_ptr().addr()
    }

    /// The weight of one tap, input and output, where the method is [`Method::Direct`].
    #[cfg(any(test, target_arch = "wasm32"))]
    pub fn direct(&self, tap: usize, input: usize, output: usize) -> f32 {
        let (taps, stride) = (self.kernel[0] * self.kernel[1], Source::compact(self.inputs));
        let columns = super::gemm::COLUMNS;
        let (panel, column) = (output / columns, output % columns);
        self.panels[((panel * taps + tap) * stride + input) * columns + column]
    }

    /// The same, known or not to come from a byte each.
    pub fn of_bytes(self, bytes: bool) -> Weights {
        Weights { bytes, ..self }
    }

    /// Whether each comes from a byte.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub fn are_bytes(&self) -> bool {
        self.bytes
    }

    /// How they are meant to be used.
    pub fn method(&self) -> Method {
        self.method
    }
}

/// What happens to a sum before it is written.
pub struct Finish<'a> {
    /// Added, one per output channel.
    pub bias: &'a [f32],
    /// Then added.
    pub residual: Option<Residual<'a>>,
    /// Then LeakyReLU, 0 to 1.
    pub slope: Option<f32>,
    /// Whether every four channels `2×2×C` become four pixels (depth to space; channels in the order dy, dx, c).
    pub shuffle: bool,
    /// Whether mean and variance of the written values are wanted.
    pub moments: bool,
}

/// As many values as the output has, in the same order.
#[derive(Debug, Clone, Copy)]
pub enum Residual<'a> {
    /// In memory of their own.
    Apart(&'a [f32]),
    /// What the output's memory holds before it is written.
    Beneath,
}

impl Residual<'_> {
    /// Those of a band of `length` values from value `first` on, which goes to `out`.
    pub(super) fn of_band(self, first: usize, length: usize, out: *mut f32) -> *const f32 {
        match self {
            Residual::Apart(all) => all[first..][..length].as_ptr(),
            Residual::Beneath => out,
        }
    }
}

/// One convolution of one picture.
pub struct Convolution<'a> {
    /// What is read.
    pub source: Source<'a>,
    /// The weights, made for one method.
    pub weights: &'a Weights,
    /// Steps down and right from output to output.
    pub stride: [usize; 2],
    /// Distances between a kernel's taps.
    pub dilation: [usize; 2],
    /// Rows and columns beyond the border that the first output reads.
    pub pad: [usize; 2],
    /// Height and width of the output, before a shuffle.
    pub sides: [usize; 2],
    /// What happens to the sums.
    pub finish: Finish<'a>,
}

/// A convolution of either kind, of one picture.
pub trait Convolve {
    /// Writes rows of `H×W×whole(C)` to `out`, those of the sums from row `first` on, a multiple of
    /// [`band`](Self::band). Each band's moments, where they are wanted.
    fn run(&self, first: usize, out: &mut [f32]) -> Vec<Partial>;

    /// Rows that are made together: the last digits of some depend on where a band begins.
    fn band(&self) -> usize;

    /// Whether each value is written once, so that the residual may lie [beneath](Residual::Beneath).
    fn writes_once(&self) -> bool;
}

/// Reused from band to band.
#[derive(Default)]
pub(super) struct Scratch {
    pub rows: Vec<f32>,
    pub resampled: Vec<f32>,
    pub points: Vec<f32>,
    pub products: Vec<f32>,
    pub levels: Vec<f32>,
}

/// Where an output's vectors go.
pub(super) struct Writer {
    pub out: *mut f32,
    pub bias: Vec<f32>,
    pub residual: Option<*const f32>,
    pub slope: f32,
    pub row: usize,
    pub pixel: usize,
    /// Per vector of channels.
    pub channels: Vec<usize>,
}

/// Where the vectors of one panel go in a row.
pub(super) struct Columns<'a, S: Simd> {
    writer: &'a Writer,
    bias: [S::V; 2],
    /// From the band's beginning to the row's first pixel.
    at: [usize; 2],
    /// One vector, where it is the last of an odd number.
    single: bool,
}

impl<S: Simd> Columns<'_, S> {
    /// # Safety
    /// The pixel must lie in the row.
    #[inline(always)]
    pub unsafe fn put(&self, x: usize, sums: [S::V; 2]) {
        let x = x * self.writer.pixel;
        // SAFETY: as the caller promises.
        unsafe {
            self.writer.store::<S>(x + self.at[0], S::add(sums[0], self.bias[0]));
            if !self.single {
                self.writer.store::<S>(x + self.at[1], S::add(sums[1], self.bias[1]));
            }
        }
    }
}

impl Writer {
    /// For what is computed panel by panel.
    ///
    /// # Safety
    /// The row must lie in the band.
    #[inline(always)]
    pub unsafe fn columns<S: Simd>(&self, y: usize, panel: usize) -> Columns<'_, S> {
        let vectors = [2 * panel, 2 * panel + 1];
        let last = self.channels.len() - 1;
        // SAFETY: the bias has whole panels.
        let bias = vectors.map(|vector| unsafe { S::load(self.bias.as_ptr().add(vector * LANES)) });
        let at = vectors.map(|vector| y * self.row + self.channels[vector.min(last)]);
        Columns { writer: self, bias, at, single: vectors[1] > last }
    }

    /// # Safety
    /// The pixel must lie in the band and `vector` among its channels.
    #[inline(always)]
    pub unsafe fn put<S: Simd>(&self, y: usize, x: usize, vector: usize, sum: S::V) {
        // SAFETY: as the caller promises.
        unsafe {
            let value = S::add(sum, S::load(self.bias.as_ptr().add(vector * LANES)));
            self.store::<S>(y * self.row + x * self.pixel + self.channels[vector], value);
        }
    }

    #[inline(always)]
    unsafe fn store<S: Simd>(&self, at: usize, mut value: S::V) {
        // SAFETY: as the caller promises; the residual is as long as the band.
        unsafe {
            if let Some(residual) = self.residual {
                value = S::add(value, S::load(residual.add(at)));
            }
            S::store(S::max(value, S::mul(value, S::splat(self.slope))), self.out.add(at));
        }
    }
}
