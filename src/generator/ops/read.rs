//! How an operator reads its picture, as places among its inputs.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::values;
use crate::generator::kernels::{Axis, Border, Part, Source, whole};

/// Some channels of what is read.
#[derive(Debug, Clone)]
pub struct ReadPart {
    /// The input that holds the pixels.
    pub raw: usize,
    /// Whether it holds them as planes, and in which blocks; see [`Part::planes`].
    pub planes: Option<usize>,
    /// How many channels it has.
    pub channels: usize,
    /// The inputs with what to multiply by and what to add: one value, or one per channel.
    pub affine: Option<[usize; 2]>,
    /// Then LeakyReLU.
    pub slope: Option<f32>,
}

/// A picture among an operator's inputs, and what happens to it on the way.
#[derive(Debug, Clone)]
pub struct Read {
    /// One after the other along the channels.
    pub parts: Vec<ReadPart>,
    /// Height and width of the parts.
    pub raw: [usize; 2],
    /// How it is resampled.
    pub resize: Option<Arc<[Axis; 2]>>,
    /// What lies beyond.
    pub border: Border,
}

impl Read {
    pub fn source<'a>(&'a self, inputs: &'a [TValue]) -> TractResult<Source<'a>> {
        let part = |part: &'a ReadPart| {
            let spread = |slot: usize| -> TractResult<Vec<f32>> {
                let given = values(&inputs[slot])?;
                let mut all = if given.len() == 1 { vec![given[0]; part.channels] } else { given.to_vec() };
                all.resize(whole(part.channels), 0.);
                Ok(all)
            };
            let affine = part.affine.map(|[scale, shift]| TractResult::Ok([spread(scale)?, spread(shift)?]));
            Ok(Part {
                raw: values(&inputs[part.raw])?,
                top: 0,
                planes: part.planes,
                channels: part.channels,
                affine: affine.transpose()?,
                slope: part.slope,
            })
        };
        let parts = self.parts.iter().map(part).collect::<TractResult<_>>()?;
        Ok(Source { parts, raw: self.raw, resize: self.resize.as_deref(), border: self.border })
    }

    pub fn channels(&self) -> usize {
        self.parts.iter().map(|part| part.channels).sum()
    }
}
