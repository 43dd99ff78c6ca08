//! A picture on its way through the graph: where its pixels are, and what is still to happen to them.

use std::sync::Arc;

use tract_onnx::{prelude::*, tract_core::ops::cnn::KernelFormat};

use super::view::View;
use crate::generator::{
    kernels::{Axis, Border},
    ops::{Chain, Conv, Kernel, Link, Read, ReadPart},
};

/// Some channels, as an operator left them, and what is to happen to them when they are read.
#[derive(Debug, Clone)]
pub struct Part {
    pub raw: OutletId,
    /// Whether tract's tensor of planes is read as it is, and in which blocks.
    pub planes: Option<usize>,
    pub moments: Option<OutletId>,
    pub channels: usize,
    pub affine: Option<[OutletId; 2]>,
    pub slope: Option<f32>,
}

/// Rows and columns around a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    pub before: [usize; 2],
    pub border: Border,
}

/// A convolution that may still take up what follows it.
#[derive(Debug, Clone)]
pub struct Pending {
    pub input: Box<Pixels>,
    pub kernel: PendingKernel,
    pub kernel_sides: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    pub pad: Pad,
    pub bias: Vec<f32>,
    pub residual: Option<OutletId>,
    pub slope: Option<f32>,
    pub shuffle: bool,
    pub moments: bool,
}

/// Where weights are. A depthwise convolution has them as if of one input.
#[derive(Debug, Clone)]
pub struct PendingKernel {
    pub name: String,
    pub depthwise: bool,
    pub weights: OutletId,
    pub format: KernelFormat,
}

/// Pixels that are somewhere.
#[derive(Debug, Clone)]
pub struct Pixels {
    pub parts: TVec<Part>,
    pub raw: [usize; 2],
    pub resize: Option<Arc<[Axis; 2]>>,
    pub pad: Option<Pad>,
    /// Height and width after resampling and padding.
    pub sides: [usize; 2],
}

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there are a few hundred, for as long as a graph is rewritten")]
pub enum Content {
    Pending(Box<Pending>),
    Pixels(Pixels),
}

#[derive(Debug, Clone)]
pub struct Image {
    pub view: View,
    pub channels: usize,
    pub sides: [usize; 2],
    pub content: Content,
}

impl Pixels {
    pub fn plain(part: Part, sides: [usize; 2]) -> Pixels {
        Pixels { parts: tvec!(part), raw: sides, resize: None, pad: None, sides }
    }

    pub fn channels(&self) -> usize {
        self.parts.iter().map(|part| part.channels).sum()
    }

    /// The one part there is, where nothing but scale and shift is still to happen to it.
    pub fn linear(&self) -> Option<&Part> {
        match self.parts.as_slice() {
            [part] if part.slope.is_none() && self.resize.is_none() && self.pad.is_none() => Some(part),
            _ => None,
        }
    }

    /// Adds what must be read to `inputs`.
    pub fn read(&self, inputs: &mut TVec<OutletId>, border: Border) -> Read {
        let mut slot = |outlet: OutletId| slot(inputs, outlet);
        let parts = self.parts.iter().map(|part| ReadPart {
            raw: slot(part.raw),
            planes: part.planes,
            channels: part.channels,
            affine: part.affine.map(|outlets| outlets.map(&mut slot)),
            slope: part.slope,
        });
        Read { parts: parts.collect(), raw: self.raw, resize: self.resize.clone(), border }
    }
}

impl Pending {
    /// Height, width and channels of the output before a shuffle.
    pub fn output(&self, image: &Image) -> ([usize; 2], usize) {
        let factor = if self.shuffle { 2 } else { 1 };
        (image.sides.map(|side| side / factor), image.channels * factor * factor)
    }

    pub fn operator(&self, image: &Image, kernel: Kernel, inputs: &mut TVec<OutletId>) -> Chain {
        let (sides, outputs) = self.output(image);
        let read = self.input.read(inputs, self.pad.border);
        let residual = self.residual.map(|outlet| slot(inputs, outlet));
        let conv = Conv {
            read,
            kernel,
            kernel_sides: self.kernel_sides,
            stride: self.stride,
            dilation: self.dilation,
            pad: self.pad.before,
            sides,
            outputs,
            bias: Arc::new(self.bias.clone()),
            residual,
            slope: self.slope,
            shuffle: self.shuffle,
            moments: self.moments,
        };
        Chain { links: vec![Link { conv, before: None }] }
    }
}

/// Where this is among an operator's inputs, once for all that read it.
pub fn slot(inputs: &mut TVec<OutletId>, outlet: OutletId) -> usize {
    inputs.iter().position(|&input| input == outlet).unwrap_or_else(|| {
        inputs.push(outlet);
        inputs.len() - 1
    })
}
