//! A generator as a list of steps over buffers of floats, which whoever has a GPU runs there.
//!
//! Pictures lie as `H×W×C` with `C` rounded up to whole vectors of four; what is in the channels beyond the last one is
//! not said, and weights for them are zero. The list is made of the very graph that the CPU runs, so what a step means is
//! written once; `tests.rs` runs lists in loops and compares.

mod lower;
mod memory;
mod places;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};

use super::{onnx::Model, plan};
use crate::{Result, error::bad};

/// Floats in a vector of the GPU.
const LANES: usize = 4;

/// Vectors that hold so many channels.
const fn vectors(channels: usize) -> usize {
    channels.div_ceil(LANES)
}

/// Pixels that one partial sum of a picture's moments is made of, at least.
const STRIPE: usize = 256;
/// Partial sums of a picture's moments, at most.
const STRIPES: usize = 64;

/// The buffer that holds [`Program::constants`]; it is only read.
const CONSTANTS: usize = 0;
/// The buffer of what is small: moments, and what follows from them.
const SMALL: usize = 1;

/// Where values begin: a buffer, and how many words of 32 bits into it. Always at whole vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Place {
    pub buffer: usize,
    pub offset: usize,
}

/// What a part of a picture is multiplied by, or what is added to it: one value, or one for every channel.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Coefficient {
    pub at: Place,
    pub each: bool,
}

/// Where a convolution's weights lie; as float16, two in a word, where that is what they are or they come from a byte each.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Weights {
    pub at: Place,
    pub halves: bool,
}

/// Channels of a picture, and what happens to them as they are read: scale and shift, then LeakyReLU.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Part {
    pub at: Place,
    pub channels: usize,
    pub affine: Option<[Coefficient; 2]>,
    #[serde(serialize_with = "digits")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub slope: Option<f32>,
}

/// As text: JSON's own way with floats is several kB of tables, which everybody would download.
fn digits<S: Serializer>(value: &Option<f32>, to: S) -> std::result::Result<S::Ok, S::Error> {
    value.map(|value| value.to_string()).serialize(to)
}

/// What lies beyond a picture's border; see `kernels::Border`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "Beyond"))]
pub enum Border {
    Zero,
    Reflect,
    Edge,
}

/// In which order a tensor of a picture's values lies: plane after plane, or pixel after pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "TensorOrder"))]
pub enum Order {
    Planes,
    Pixels,
}

/// What is done to values one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ElementFunction"))]
pub enum Function {
    Copy,
    Tanh,
    Sigmoid,
    Sqrt,
    Rsqrt,
    Recip,
    Square,
    Exp,
    Neg,
    Abs,
    Add,
    Sub,
    Mul,
    Div,
    Max,
    Min,
}

/// A tensor that is read with a stride for each axis of the one that is written; 0 where it is the same all along.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Operand {
    pub at: Place,
    pub strides: Vec<usize>,
}

/// One step. Sides are height and width.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "GpuStep"))]
pub enum Step {
    /// A tensor becomes a picture.
    FromTensor { from: Place, order: Order, sides: [usize; 2], channels: usize, to: Place },
    /// A picture becomes a tensor.
    ToTensor { from: Place, order: Order, sides: [usize; 2], channels: usize, to: Place },
    /// A part of a picture, resampled to `inner` sides, then padded, becomes the channels from vector `first` on of one with `vectors` of
    /// them, or is added to them. `taps` are rows and columns: per place the two that it is made of and their shares, as
    /// `[i, share, j, share]`.
    Copy {
        from: Part,
        raw: [usize; 2],
        taps: Option<[Place; 2]>,
        inner: [usize; 2],
        pad: [usize; 2],
        border: Border,
        to: Place,
        sides: [usize; 2],
        vectors: usize,
        first: usize,
        add: bool,
    },
    /// Weights are `K×4×(outputs / 4)×4` where `K` runs over taps and within them over vectors of inputs; depthwise
    /// `taps×(channels / 4)×4`. Then come bias, residual, LeakyReLU, and depth to space: `2×2×C` channels become `C` of
    /// four pixels.
    #[serde(rename_all = "camelCase")]
    Convolve {
        parts: Vec<Part>,
        raw: [usize; 2],
        border: Border,
        depthwise: bool,
        kernel: [usize; 2],
        stride: [usize; 2],
        dilation: [usize; 2],
        pad: [usize; 2],
        weights: Weights,
        bias: Place,
        residual: Option<Place>,
        #[serde(serialize_with = "digits")]
        #[cfg_attr(test, ts(type = "string | null"))]
        slope: Option<f32>,
        shuffle: bool,
        to: Place,
        /// Before the shuffle.
        sides: [usize; 2],
        /// Before the shuffle.
        outputs: usize,
        /// Multiply-adds.
        work: u64,
    },
    /// Mean and variance of every channel, `2×C`, by way of `stripes` partial ones of `2×vectors×4` floats.
    Moments { from: Place, pixels: usize, channels: usize, stripes: usize, partials: Place, to: Place },
    /// What is asked of `x * scale + shift`, told from the moments of `x`: the sum of its values or the mean of their
    /// squares, over all channels or for each.
    #[serde(rename_all = "camelCase")]
    Statistics {
        moments: Place,
        affine: Option<[Coefficient; 2]>,
        channels: usize,
        pixels: usize,
        sum: bool,
        across_channels: bool,
        to: Place,
    },
    /// A tensor of this shape, value by value.
    Elementwise { function: Function, operands: Vec<Operand>, shape: Vec<usize>, to: Place },
}

/// A generator for one size.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "GpuProgram"))]
pub struct Program {
    /// How many words of 32 bits each buffer holds: floats, but for what [`Weights`] says.
    pub buffers: Vec<usize>,
    /// Where the tensor is put that the generator takes.
    pub input: Place,
    /// Where the tensor is found that it gives.
    pub output: Place,
    pub steps: Vec<Step>,
    #[serde(skip)]
    pub constants: Vec<u32>,
}

impl Program {
    /// The list for this size; nothing where an operator is none that a GPU has here.
    ///
    /// # Errors
    /// [`crate::Error::BadModel`], as [`plan::Plan::new`].
    pub fn new(model: &Model, width: u32, height: u32, side: u32) -> Result<Option<Program>> {
        let graph = plan::graph_for_gpu(model, width, height, side)
            .map_err(|e| bad(format!("it cannot run at {width}×{height} pixels ({})", e.root_cause())))?;
        Ok(lower::program(&graph))
    }
}
