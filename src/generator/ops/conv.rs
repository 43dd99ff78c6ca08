//! Convolution with everything that belongs to it: padding and normalisation as it reads, bias, residual and
//! activation as it writes, and the moments that the next normalisation wants.

use std::sync::Arc;

use tract_onnx::{prelude::*, tract_core::internal::*};

use super::{Read, fill, pixels, taken, values};
use crate::generator::kernels::{Convolution, Convolve, Depthwise, Finish, Residual, Weights, whole};

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

    /// What is to be computed, on these inputs.
    fn kind<'a>(&'a self, inputs: &'a [TValue], reused: Reused) -> TractResult<Box<dyn Convolve + 'a>> {
        let Conv { stride, dilation, pad, sides, kernel_sides: kernel, .. } = *self;
        let (source, finish) = (self.read.source(inputs)?, self.finish(inputs, reused)?);
        Ok(match &self.kernel {
            Kernel::Dense(weights) => Box::new(Convolution { source, weights, stride, dilation, pad, sides, finish }),
            Kernel::Depthwise(weights) => {
                Box::new(Depthwise { source, weights, kernel, stride, dilation, pad, sides, finish })
            }
        })
    }

    fn finish<'a>(&'a self, inputs: &'a [TValue], reused: Reused) -> TractResult<Finish<'a>> {
        let residual = match self.residual {
            Some(slot) if reused != Reused::Residual(slot) => Some(Residual::Apart(values(&inputs[slot])?)),
            other => other.map(|_| Residual::Beneath),
        };
        Ok(Finish { bias: &self.bias, residual, slope: self.slope, shuffle: self.shuffle, moments: self.moments })
    }
}

/// Pixels that nobody else has, which are written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reused {
    No,
    /// Those that are read as this part.
    Read(usize),
    /// Those that are added, in this slot.
    Residual(usize),
}

impl Conv {
    fn reused(&self, inputs: &[TValue]) -> TractResult<Reused> {
        let conv = self.kind(inputs, Reused::No)?;
        let ([height, width], channels) = self.written();
        let values = height * width * whole(channels);
        let fits = |slot: usize| inputs[slot].is_exclusive() && inputs[slot].len() == values;
        let parts = &self.read.parts;
        // A slot that several parts read is not one part's.
        let alone = |part: usize| parts.iter().filter(|other| other.raw == parts[part].raw).count() == 1;
        let fitting = (0..parts.len()).filter(|&p| fits(parts[p].raw) && alone(p) && conv.fits_in_place(p));
        // The lowest in memory: what is freed above it lies together.
        let read = fitting.min_by_key(|&part| inputs[parts[part].raw].as_bytes().as_ptr());
        let residual = self.residual.filter(|&slot| conv.writes_once() && fits(slot));
        Ok(read.map(Reused::Read).or(residual.map(Reused::Residual)).unwrap_or(Reused::No))
    }
}

impl PartialEq for Conv {
    fn eq(&self, other: &Conv) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Conv {}

impl Op for Conv {
    fn name(&self) -> StaticName {
        match &self.kernel {
            Kernel::Dense(weights) => format!("{:?}Convolution", weights.method()).into(),
            Kernel::Depthwise(_) => "DepthwiseConvolution".into(),
        }
    }

    fn info(&self) -> TractResult<Vec<String>> {
        let [height, width] = self.kernel_sides;
        Ok(vec![format!(
            "{height}×{width}, {} → {} channels, {}×{} pixels",
            self.read.channels(),
            self.outputs,
            self.sides[1],
            self.sides[0]
        )])
    }

    op_as_typed_op!();
}

impl EvalOp for Conv {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let ([height, width], channels) = self.written();
        let reused = self.reused(&inputs)?;
        let mut out = match reused {
            Reused::No => pixels([height, width], channels)?,
            Reused::Read(part) => taken(&mut inputs[self.read.parts[part].raw]),
            Reused::Residual(slot) => taken(&mut inputs[slot]),
        };
        out.set_shape(&[height, width, whole(channels)])?;
        let conv = self.kind(&inputs, reused)?;
        let moments = fill(&mut out, |out| match reused {
            Reused::Read(part) => conv.run_in_place(part, out),
            Reused::No | Reused::Residual(_) => conv.run(out),
        })?;
        let moments = moments.map(|m| Tensor::from_shape(&[2, channels], &m)).transpose()?;
        Ok([Some(out), moments].into_iter().flatten().map(Tensor::into_tvalue).collect())
    }
}

impl TypedOp for Conv {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let ([height, width], channels) = self.written();
        let picture = f32::fact([height, width, whole(channels)]);
        Ok(if self.moments { tvec!(picture, f32::fact([2, channels])) } else { tvec!(picture) })
    }

    /// Multiply-adds of the defined convolution, however they are saved.
    fn cost(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<(Cost, TDim)>> {
        let depth = if matches!(self.kernel, Kernel::Dense(_)) { self.read.channels() } else { 1 };
        // More than 32 bits of a browser's `usize` count.
        let factors = self.sides.into_iter().chain(self.kernel_sides).chain([self.outputs, depth]);
        let count = factors.map(|factor| factor as i64).product::<i64>();
        Ok(tvec!((Cost::FMA(f32::datum_type()), count.into())))
    }

    as_op!();
}
