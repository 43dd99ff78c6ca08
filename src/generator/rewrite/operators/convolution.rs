//! Convolutions, full, depthwise and 1×1, and what is to be known of their weights.

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
        let spec = &op.pool_spec;
        let order = match spec.data_format {
            DataFormat::NCHW | DataFormat::CHW => Order::Chw,
            DataFormat::NHWC | DataFormat::HWC => Order::Hwc,
        };
        let &[height, width] = spec.kernel_shape.as_slice() else { return Ok(false) };
        let Some(depthwise) = is_depthwise(op) else { return Ok(false) };
        let &[input, weights, bias] = self.source.node(id).inputs.as_slice() else { return Ok(false) };
        let (Some(_), Some(bias)) = (self.known(weights), self.bias(bias, spec.output_channels)) else {
            return Ok(false);
        };
        let Some(image) = self.image(input, order)? else { return Ok(false) };
        if image.view.order != order || image.view.spatial.is_none() {
            return Ok(false);
        }
        let padding = spec.computed_padding(&image.sides);
        let own = [padding[0].pad_before, padding[1].pad_before];
        let sides = [padding[0].convoluted, padding[1].convoluted];
        let mut pixels = self.pixels(input, &image)?;
        if padding.iter().any(|axis| axis.pad_before + axis.pad_after > 0) && pixels.pad.is_some() {
            pixels = Pixels::plain(self.store(&[&pixels], false)?, image.sides);
        }
        let kernel = self.pending_kernel(id, weights, depthwise, op.kernel_fmt);
        let pending = Pending {
            kernel_sides: [height, width],
            stride: [spec.stride(0), spec.stride(1)],
            dilation: [spec.dilation(0), spec.dilation(1)],
            ..self.unfused(id, pixels, own, kernel, bias)
        };
        self.pending(id, order, pending, sides)
    }

    /// One number for each output.
    fn bias(&self, outlet: OutletId, outputs: usize) -> Option<Vec<f32>> {
        let bias = self.constant(outlet)?;
        let bias = if bias.len() == 1 { vec![bias[0]; outputs] } else { bias };
        Some(bias).filter(|bias| bias.len() == outputs)
    }

    fn pending_kernel(&self, id: usize, weights: OutletId, depthwise: bool, format: KernelFormat) -> PendingKernel {
        PendingKernel { name: self.source.node(id).name.clone(), depthwise, weights, format }
    }

    /// One that nothing else is done with so far, of 1×1; `zeros` are added before each axis of pixels without a border.
    fn unfused(
        &self,
        id: usize,
        mut pixels: Pixels,
        zeros: [usize; 2],
        kernel: PendingKernel,
        bias: Vec<f32>,
    ) -> Pending {
        let pad = take_pad(&mut pixels).unwrap_or(Pad { before: zeros, border: Border::Zero });
        Pending {
            input: Box::new(pixels),
            kernel,
            kernel_sides: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            pad,
            bias,
            residual: None,
            slope: None,
            shuffle: false,
            moments: self.normalised(OutletId::new(id, 0)),
        }
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
        let weights = (0..2).find_map(|slot| Some((slot, self.known(node.inputs[slot])?.len())));
        let (Some((slot, count)), Some(output)) = (weights, output.first()) else { return Ok(false) };
        let input = node.inputs[1 - slot];
        let Some(axes) = Pointwise::of(&inputs[slot], &inputs[1 - slot], output) else { return Ok(false) };
        let Some(image) = self.image(input, axes.read)? else { return Ok(false) };
        // Where each pixel is by itself it does not matter how they lie.
        let channels = image.view.spatial.map(|[channels, ..]| channels).or(image.view.channel_axis);
        if image.view.order != axes.read || channels != Some(axes.channels) {
            return Ok(false);
        }
        let (weights, outputs) = (node.inputs[slot], count / image.channels);
        let format = if axes.inputs_first { KernelFormat::HWIO } else { KernelFormat::OIHW };
        let pixels = self.pixels(input, &image)?;
        let kernel = self.pending_kernel(id, weights, false, format);
        let pending = self.unfused(id, pixels, [0, 0], kernel, vec![0.; outputs]);
        self.pending(id, axes.written, pending, image.sides)
    }
}

/// Whether each channel is convolved by itself; nothing where a convolution is of some of them, or of integers.
fn is_depthwise(op: &Conv) -> Option<bool> {
    let spec = &op.pool_spec;
    let by_itself = op.group == spec.input_channels && op.group == spec.output_channels;
    let kind = op.group == 1 || by_itself;
    (kind && op.q_params.is_none()).then_some(op.group > 1)
}

/// What a product of matrices does as a 1×1 convolution.
struct Pointwise {
    read: Order,
    /// Which axis of the picture its channels are.
    channels: usize,
    written: Order,
    /// The weights are `I×O`.
    inputs_first: bool,
}

impl Pointwise {
    /// Of the axes' letters, as in einsum; `None` where it is another product.
    fn of(weights: &str, picture: &str, output: &str) -> Option<Pointwise> {
        let contracted = weights.chars().find(|axis| picture.contains(*axis) && !output.contains(*axis))?;
        let made = weights.chars().find(|axis| !picture.contains(*axis) && output.contains(*axis))?;
        let place = |axes: &str, axis: char| axes.chars().position(|other| other == axis);
        let (channels, rank) = (place(picture, contracted)?, picture.chars().count());
        // Apart from axes of one that are dropped.
        let order = |from_the_end: usize| match from_the_end {
            3 => Some(Order::Chw),
            1 => Some(Order::Hwc),
            _ => None,
        };
        let space = |axes: &str, without: char| -> Vec<char> {
            axes.chars().rev().take(3).filter(|&axis| axis != without).collect()
        };
        let same_space = space(picture, contracted) == space(output, made) && weights.chars().count() == 2;
        Some(Pointwise {
            read: order(rank - channels)?,
            channels,
            written: order(output.chars().count() - place(output, made)?)?,
            inputs_first: weights.starts_with(contracted),
        })
        .filter(|_| same_space)
    }
}

/// A kernel's weights as `O×I×H×W`, of `taps` pixels, `depth` inputs and `outputs`; a depthwise one has a depth of 1, and
/// in HWIO its group among the inputs.
pub fn outputs_first(format: KernelFormat, weights: Vec<f32>, [taps, depth, outputs]: [usize; 3]) -> Vec<f32> {
    let channels_first = |filters: &[f32]| -> Vec<f32> {
        filters.chunks(taps * depth).flat_map(|filter| transposed(filter, taps, depth)).collect()
    };
    match format {
        KernelFormat::OIHW => weights,
        KernelFormat::OHWI => channels_first(&weights),
        KernelFormat::HWIO => channels_first(&transposed(&weights, taps * depth, outputs)),
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
