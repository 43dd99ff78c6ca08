//! Between tract's tensors and the kernels' layout.

use tract_onnx::{prelude::*, tract_core::internal::*};

use super::{Order, Read, fill, pixels, taken, unwritten, values};
use crate::generator::kernels::{layout, moments, whole};

/// A picture in tract's layout, read into the kernels'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FromTensor {
    pub order: Order,
    pub sides: [usize; 2],
    pub channels: usize,
}

impl Op for FromTensor {
    fn name(&self) -> StaticName {
        "FromTensor".into()
    }
    op_as_typed_op!();
}

impl EvalOp for FromTensor {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut out = pixels(self.sides, self.channels)?;
        let from = values(&inputs[0])?;
        fill(&mut out, |out| match self.order {
            Order::Chw => layout::from_planes(from, self.channels, out),
            Order::Hwc => layout::from_pixels(from, self.channels, out),
        })?;
        Ok(tvec!(out.into_tvalue()))
    }
}

impl TypedOp for FromTensor {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact([self.sides[0], self.sides[1], whole(self.channels)])))
    }
    as_op!();
}

/// The sum of pictures, written down as they are read. Outputs: the pixels, and `2×C` mean and variance where they are
/// wanted.
#[derive(Debug, Clone)]
pub struct Store {
    pub reads: Vec<Read>,
    pub pad: [usize; 2],
    /// Height and width with the padding.
    pub sides: [usize; 2],
    pub moments: bool,
}

impl PartialEq for Store {
    fn eq(&self, other: &Store) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Store {}

impl Store {
    fn channels(&self) -> usize {
        self.reads.first().map_or(0, Read::channels)
    }

    fn written(&self, mut inputs: TVec<TValue>) -> TractResult<Tensor> {
        if let Some(slot) = self.own(&inputs) {
            // Pixels that nobody else has are written over.
            let mut out = taken(&mut inputs[slot]);
            let source = self.reads[0].source(&inputs)?;
            fill(&mut out, |out| layout::apply(&source.parts[0], self.sides[1], out))?;
            return Ok(out);
        }
        let mut out = pixels(self.sides, self.channels())?;
        let sources = self.reads.iter().map(|read| read.source(&inputs)).collect::<TractResult<Vec<_>>>()?;
        fill(&mut out, |out| layout::store(&sources, self.pad, self.sides, out))?;
        Ok(out)
    }

    /// Where pixels come from that stay where they are and that nobody else has.
    fn own(&self, inputs: &[TValue]) -> Option<usize> {
        let [read] = self.reads.as_slice() else { return None };
        let [part] = read.parts.as_slice() else { return None };
        let there = read.resize.is_none() && self.pad == [0, 0] && self.sides == read.raw;
        (there && part.planes.is_none() && inputs[part.raw].is_exclusive()).then_some(part.raw)
    }
}

impl Op for Store {
    fn name(&self) -> StaticName {
        "Store".into()
    }
    op_as_typed_op!();
}

impl EvalOp for Store {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut out = self.written(inputs)?;
        if !self.moments {
            return Ok(tvec!(out.into_tvalue()));
        }
        let row = self.sides[1] * whole(self.channels());
        let moments = fill(&mut out, |out| moments(out, self.channels(), row))?;
        let moments = Tensor::from_shape(&[2, self.channels()], &moments)?;
        Ok(tvec!(out.into_tvalue(), moments.into_tvalue()))
    }
}

impl TypedOp for Store {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let picture = f32::fact([self.sides[0], self.sides[1], whole(self.channels())]);
        Ok(if self.moments { tvec!(picture, f32::fact([2, self.channels()])) } else { tvec!(picture) })
    }
    as_op!();
}

/// A picture of the kernels, written for tract.
#[derive(Debug, Clone)]
pub struct ToTensor {
    pub store: Store,
    pub order: Order,
    /// The tensor's shape.
    pub shape: TVec<usize>,
}

impl PartialEq for ToTensor {
    fn eq(&self, other: &ToTensor) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for ToTensor {}

impl Op for ToTensor {
    fn name(&self) -> StaticName {
        "ToTensor".into()
    }
    op_as_typed_op!();
}

impl EvalOp for ToTensor {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let written = self.store.written(inputs)?;
        let from = values(&written)?;
        let mut out = unwritten(&self.shape)?;
        fill(&mut out, |out| match self.order {
            Order::Chw => layout::to_planes(from, self.store.channels(), out),
            Order::Hwc => layout::to_pixels(from, self.store.channels(), out),
        })?;
        Ok(tvec!(out.into_tvalue()))
    }
}

impl TypedOp for ToTensor {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&*self.shape)))
    }
    as_op!();
}
