//! Convolution with everything that belongs to it: padding and normalisation as it reads, bias, residual and
//! activation as it writes, and the moments that the next normalisation wants. A [`Chain`](super::Chain) runs it.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::{Read, values};
use crate::generator::kernels::{Convolution, Convolve, Depthwise, Finish, Residual, Source, Weights, whole};

/// The weights, which say what kind of convolution it is.
#[derive(Debug, Clone)]
pub enum Kernel {
    /// All channels with all.
    Dense(Arc<Weights>),
    /// Each channel with itself: `kernel × whole(C)`.
    Depthwise(Arc<Vec<f32>>),
}

impl Kernel {
    /// Where the weights lie.
    pub fn place(&self) -> usize {
        match self {
            Kernel::Dense(weights) => weights.place(),
            Kernel::Depthwise(weights) => weights.as_ptr().addr(),
        }
    }

    /// The same weights in another place.
    pub fn moved(&self) -> Kernel {
        match self {
            Kernel::Dense(weights) => Kernel::Dense(Arc::new(Weights::clone(weights))),
            Kernel::Depthwise(weights) => Kernel::Depthwise(Arc::new(Vec::clone(weights))),
        }
    }

    /// How many hold them.
    pub fn owners(&self) -> usize {
        match self {
            Kernel::Dense(weights) => Arc::strong_count(weights),
            Kernel::Depthwise(weights) => Arc::strong_count(weights),
        }
    }
}

/// Inputs: what [`Read`] names, and the residual. Outputs: the pixels, and `2×C` mean and variance where they are
/// wanted.
#[derive(Debug, Clone)]
pub struct Conv {
    pub read: Read,
    pub kernel: Kernel,
    pub kernel_sides: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pad: [usize; 2],
    /// Height and width of the output before a shuffle.
    pub sides: [usize; 2],
    /// Channels of the output before a shuffle.
    pub outputs: usize,
    /// As many as outputs; depthwise `whole` of them.
    pub bias: Arc<Vec<f32>>,
    pub residual: Option<usize>,
    pub slope: Option<f32>,
    pub shuffle: bool,
    pub moments: bool,
}

impl Conv {
    /// Height, width and channels of what is written.
    pub fn written(&self) -> ([usize; 2], usize) {
        match self.shuffle {
            true => (self.sides.map(|side| 2 * side), self.outputs / 4),
            false => (self.sides, self.outputs),
        }
    }

    /// Floats of a row of sums, which a shuffle makes two rows of.
    pub fn row(&self) -> usize {
        let ([height, width], channels) = self.written();
        height * width * whole(channels) / self.sides[0]
    }

    /// What is to be computed.
    pub(super) fn on<'a>(&'a self, source: Source<'a>, finish: Finish<'a>) -> Box<dyn Convolve + 'a> {
        let Conv { stride, dilation, pad, sides, kernel_sides: kernel, .. } = *self;
        match &self.kernel {
            Kernel::Dense(weights) => Box::new(Convolution { source, weights, stride, dilation, pad, sides, finish }),
            Kernel::Depthwise(weights) => {
                Box::new(Depthwise { source, weights, kernel, stride, dilation, pad, sides, finish })
            }
        }
    }

    /// `beneath`: the input that lies where is written.
    pub(super) fn finish<'a>(&'a self, inputs: &'a [TValue], beneath: Option<usize>) -> TractResult<Finish<'a>> {
        let residual = match self.residual {
            None => None,
            Some(slot) if Some(slot) == beneath => Some(Residual::Beneath),
            Some(slot) => Some(Residual::Apart(values(&inputs[slot])?)),
        };
        Ok(Finish { bias: &self.bias, residual, slope: self.slope, shuffle: self.shuffle, moments: self.moments })
    }

    pub(super) fn name(&self) -> String {
        match &self.kernel {
            Kernel::Dense(weights) => format!("{:?}Convolution", weights.method()),
            Kernel::Depthwise(_) => "DepthwiseConvolution".into(),
        }
    }

    pub(super) fn info(&self) -> String {
        let ([height, width], [rows, columns]) = (self.kernel_sides, self.sides);
        format!("{height}×{width}, {} → {} channels, {columns}×{rows} pixels", self.read.channels(), self.outputs)
    }

    pub(super) fn facts(&self) -> TVec<TypedFact> {
        let ([height, width], channels) = self.written();
        let picture = f32::fact([height, width, whole(channels)]);
        if self.moments { tvec!(picture, f32::fact([2, channels])) } else { tvec!(picture) }
    }

    /// Multiply-adds of the defined convolution, however they are saved.
    pub fn work(&self) -> u64 {
        let depth = if matches!(self.kernel, Kernel::Dense(_)) { self.read.channels() } else { 1 };
        // More than 32 bits of a browser's `usize` count.
        let factors = self.sides.into_iter().chain(self.kernel_sides).chain([self.outputs, depth]);
        factors.map(|factor| factor as u64).product()
    }
}
