//! What each of tract's operators does to a picture.

mod arithmetic;
mod convolution;
mod space;
mod statistics;

pub(super) use convolution::outputs_first;

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        array::{self, TypedConcat},
        binary::TypedBinOp,
        change_axes::AxisOp,
        cnn::Conv,
        einsum::EinSum,
        element_wise::ElementWiseOp,
        math::Add,
        nn::{LeakyRelu, Reduce, Resize, RmsNorm},
    },
};

use super::{
    Rewrite,
    image::{Content, Image, Pending},
    view::View,
};
use crate::generator::ops::Order;

impl Rewrite<'_> {
    /// Follows a picture through a node; false where the node must stay as it is.
    pub(super) fn picture(&mut self, id: usize) -> TractResult<bool> {
        let op = &self.source.node(id).op;
        if let Some(op) = op.downcast_ref::<Conv>() {
            self.convolution(id, op)
        } else if let Some(op) = op.downcast_ref::<EinSum>() {
            self.pointwise(id, op)
        } else if let Some(op) = op.downcast_ref::<array::Pad>() {
            self.pad(id, op)
        } else if let Some(op) = op.downcast_ref::<TypedBinOp>() {
            self.binary(id, op)
        } else if let Some(op) = op.downcast_ref::<ElementWiseOp>() {
            match op.0.downcast_ref::<LeakyRelu>() {
                Some(leaky) => self.leaky(id, self.source.node(id).inputs[0], leaky.alpha),
                None => Ok(false),
            }
        } else if let Some(op) = op.downcast_ref::<Reduce>() {
            self.reduce(id, op)
        } else if let Some(op) = op.downcast_ref::<RmsNorm>() {
            self.rms_norm(id, op)
        } else if let Some(op) = op.downcast_ref::<AxisOp>() {
            self.axes(id, op)
        } else if let Some(op) = op.downcast_ref::<Resize>() {
            self.resize(id, op)
        } else if let Some(op) = op.downcast_ref::<TypedConcat>() {
            self.concat(id, op)
        } else {
            Ok(false)
        }
    }

    /// Notes what a node's only output is. False, and nothing noted, where its shape is not the picture's.
    fn note(&mut self, id: usize, order: Order, channels: usize, sides: [usize; 2], content: Content) -> bool {
        let shape = self.source.outlet_fact(OutletId::new(id, 0)).ok().and_then(|fact| fact.shape.as_concrete());
        let Some(view) = shape.and_then(|shape| View::new(order, shape, channels, sides)) else { return false };
        self.images.insert(OutletId::new(id, 0), Image { view, channels, sides, content });
        true
    }

    /// The shape that a node gives, where it is known.
    fn shape(&self, id: usize) -> Option<&[usize]> {
        self.source.outlet_fact(OutletId::new(id, 0)).ok()?.shape.as_concrete()
    }

    /// Whether one node alone reads an outlet.
    fn read_once(&self, outlet: OutletId) -> bool {
        self.source.outlet_successors(outlet).len() == 1 && !self.source.outputs.contains(&outlet)
    }

    /// Whether a normalisation follows, which asks for the moments.
    fn normalised(&self, outlet: OutletId) -> bool {
        /// Shifts and changes of axes that are looked through.
        const BETWEEN: usize = 16;
        let mut outlets = vec![outlet];
        let mut at = 0;
        while let Some(&outlet) = outlets.get(at) {
            for inlet in self.source.outlet_successors(outlet) {
                let (node, next) = (self.source.node(inlet.node), OutletId::new(inlet.node, 0));
                let shift = node.op.downcast_ref::<TypedBinOp>().is_some_and(|op| op.0.is::<Add>());
                if node.op_is::<Reduce>() || node.op_is::<RmsNorm>() {
                    return true;
                }
                if (node.op_is::<AxisOp>() || shift) && outlets.len() <= BETWEEN && !outlets.contains(&next) {
                    outlets.push(next);
                }
            }
            at += 1;
        }
        false
    }

    /// A waiting convolution at an outlet that only the node at hand reads.
    fn waiting(&self, outlet: OutletId) -> Option<(Image, Pending)> {
        let image = self.images.get(&outlet).filter(|_| self.read_once(outlet))?;
        match &image.content {
            Content::Pending(pending) => Some((image.clone(), (**pending).clone())),
            Content::Pixels(_) => None,
        }
    }

    /// Floats that are known before any run.
    pub(super) fn constant(&self, outlet: OutletId) -> Option<Vec<f32>> {
        Some(self.known(outlet)?.try_as_plain_ram().ok()?.as_slice::<f32>().ok()?.to_vec())
    }

    fn known(&self, outlet: OutletId) -> Option<&Tensor> {
        let tensor = self.source.outlet_fact(outlet).ok()?.konst.as_deref()?;
        (tensor.datum_type() == f32::datum_type()).then_some(tensor)
    }
}
