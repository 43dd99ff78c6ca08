//! Convolutions, full, depthwise and 1×1, and what is to be known of their weights.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        cnn::{Conv, KernelFormat},
        einsum::EinSum,
        nn::DataFormat,
    },
};

use super::super::{
    Rewrite,
    image::{Content, Pad, Pending, PendingKernel, Pixels},
};
use crate::generator::{
    kernels::{Border, whole},
    ops::Order,
};

impl Rewrite<'_> {
    pub(super) fn convolution(&mut self, id: usize, op: &Conv) -> TractResult<bool> {
        let node = self.source.node(id);
        let spec = &op.pool_spec;
        let order = match spec.data_format {
            DataFormat::NCHW | DataFormat::CHW => Order::Chw,
            DataFormat::NHWC | DataFormat::HWC => Order::Hwc,
        };
        let &[height, width] = spec.kernel_shape.as_slice() else { return Ok(false) };
        let (inputs, outputs) = (spec.input_channels, spec.output_channels);
        let depthwise = op.group > 1 && op.group == inputs && inputs == outputs;
        if op.q_params.is_some() || (op.group != 1 && !depthwise) {
            return Ok(false);
        }
        let (Some(weights), Some(mut bias)) = (self.constant(node.inputs[1]), self.constant(node.inputs[2])) else {
            return Ok(false);
        };
        if bias.len() == 1 {
            bias = vec![bias[0]; outputs];
        }
        let depth = if depthwise { 1 } else { inputs };
        let taps = height * width;
        // For a depthwise kernel the group is among the inputs of HWIO, and O is 1.
        let weights = match op.kernel_fmt {
            KernelFormat::OIHW => weights,
            KernelFormat::HWIO if depthwise => transposed(&weights, taps, outputs),
            KernelFormat::HWIO => transposed(&weights, taps * depth, outputs)
                .chunks(taps * depth)
                .flat_map(|filter| transposed(filter, taps, depth))
                .collect(),
            KernelFormat::OHWI => {
                weights.chunks(taps * depth).flat_map(|filter| transposed(filter, taps, depth)).collect()
            }
        };
        let Some(image) = self.image(node.inputs[0], order)? else { return Ok(false) };
        if image.view.order != order || image.view.spatial().is_none() || bias.len() != outputs {
            return Ok(false);
        }
        let mut pixels = self.pixels(node.inputs[0], &image)?;
        let padding = spec.computed_padding(&image.sides);
        let own = [padding[0].pad_before, padding[1].pad_before];
        let sides = [padding[0].convoluted, padding[1].convoluted];
        if padding.iter().any(|axis| axis.pad_before + axis.pad_after > 0) && pixels.pad.is_some() {
            pixels = Pixels::plain(self.store(&[&pixels], false)?, image.sides);
        }
        let pad = take_pad(&mut pixels).unwrap_or(Pad { before: own, border: Border::Zero });
        let pending = Pending {
            input: Box::new(pixels),
            kernel: PendingKernel { name: node.name.clone(), depthwise, weights: Arc::new(weights) },
            kernel_sides: [height, width],
            stride: [spec.stride(0), spec.stride(1)],
            dilation: [spec.dilation(0), spec.dilation(1)],
            pad,
            bias,
            residual: None,
            slope: None,
            shuffle: false,
            moments: self.normalised(OutletId::new(id, 0)),
        };
        self.pending(id, order, pending, sides)
    }

    pub(super) fn pending(
        &mut self,
        id: usize,
        order: Order,
        mut pending: Pending,
        sides: [usize; 2],
    ) -> TractResult<bool> {
        let channels = pending.bias.len();
        if pending.kernel.depthwise {
            pending.bias.resize(whole(channels), 0.);
        }
        Ok(self.note(id, order, channels, sides, Content::Pending(Box::new(pending))))
    }

    /// A 1×1 convolution, which tract writes as a product of matrices.
    pub(super) fn pointwise(&mut self, id: usize, op: &EinSum) -> TractResult<bool> {
        let node = self.source.node(id);
        let (inputs, output) = op.axes.to_strs();
        if inputs.len() != 2 || op.q_params.is_some() || op.operating_dt != f32::datum_type() {
            return Ok(false);
        }
        let weights = (0..2).find_map(|slot| Some((slot, self.constant(node.inputs[slot])?)));
        let (Some((slot, weights)), Some(output)) = (weights, output.first()) else { return Ok(false) };
        let (weights_axes, picture_axes) = (&inputs[slot], &inputs[1 - slot]);
        let input = node.inputs[1 - slot];
        let (Some(contracted), Some(made), 2) = (
            weights_axes.chars().find(|axis| picture_axes.contains(*axis) && !output.contains(*axis)),
            weights_axes.chars().find(|axis| !picture_axes.contains(*axis) && output.contains(*axis)),
            weights_axes.chars().count(),
        ) else {
            return Ok(false);
        };
        // Which axis is contracted says where the channels are.
        let (at, rank) = (picture_axes.chars().position(|axis| axis == contracted), picture_axes.chars().count());
        let order = match at {
            Some(at) if at + 3 == rank => Order::Chw,
            Some(at) if at + 1 == rank => Order::Hwc,
            _ => return Ok(false),
        };
        let Some(image) = self.image(input, order)? else { return Ok(false) };
        if image.view.order != order || image.view.spatial().map(|[channels, ..]| channels) != at {
            return Ok(false);
        }
        let outputs = weights.len() / image.channels;
        // Where the new channels are, apart from axes of one that are dropped.
        let place = output.chars().position(|axis| axis == made);
        let written = match place.map(|at| output.chars().count() - at) {
            Some(3) => Order::Chw,
            Some(1) => Order::Hwc,
            _ => return Ok(false),
        };
        let space = |axes: &str, without: char| -> String {
            let tail: Vec<char> = axes.chars().rev().take(3).filter(|&axis| axis != without).collect();
            tail.into_iter().rev().collect()
        };
        if space(picture_axes, contracted) != space(output, made) {
            return Ok(false);
        }
        let inputs_first = weights_axes.starts_with(contracted);
        let weights = if inputs_first { transposed(&weights, image.channels, outputs) } else { weights };
        let mut pixels = self.pixels(input, &image)?;
        let pad = take_pad(&mut pixels).unwrap_or(Pad { before: [0, 0], border: Border::Zero });
        let pending = Pending {
            input: Box::new(pixels),
            kernel: PendingKernel { name: node.name.clone(), depthwise: false, weights: Arc::new(weights) },
            kernel_sides: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            pad,
            bias: vec![0.; outputs],
            residual: None,
            slope: None,
            shuffle: false,
            moments: self.normalised(OutletId::new(id, 0)),
        };
        self.pending(id, written, pending, image.sides)
    }
}

/// Takes a picture's padding away from it.
fn take_pad(pixels: &mut Pixels) -> Option<Pad> {
    let pad = pixels.pad.take()?;
    pixels.sides = pixels.resize.as_ref().map_or(pixels.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()));
    Some(pad)
}

/// A matrix of `rows × columns` as `columns × rows`.
fn transposed(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| matrix[row * columns + column])).collect()
}
