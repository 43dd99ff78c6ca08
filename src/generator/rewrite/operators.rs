//! What each of tract's operators does to a picture.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::{
        internal::*,
        ops::{
            array::{self, PadMode, TypedConcat},
            binary::TypedBinOp,
            change_axes::AxisOp,
            cnn::{Conv, KernelFormat},
            einsum::EinSum,
            element_wise::ElementWiseOp,
            math::{Add, Div, Max, Mul, Sub, add, div, mul, rsqrt, sub},
            nn::{DataFormat, LeakyRelu, Reduce, Reducer, Resize, RmsNorm},
        },
    },
};

use super::{
    Rewrite,
    image::{Content, Image, Pad, Part, Pending, PendingKernel, Pixels},
    side_by_side,
    view::View,
};
use crate::generator::{
    kernels::{Axis, Border, whole},
    ops::{Order, Question, Statistics},
};

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
        self.source.outlet_successors(outlet).iter().any(|inlet| {
            let node = self.source.node(inlet.node);
            let shift = node.op.downcast_ref::<TypedBinOp>().is_some_and(|op| op.0.is::<Add>());
            node.op_is::<Reduce>()
                || node.op_is::<RmsNorm>()
                || ((node.op_is::<AxisOp>() || shift) && self.normalised(OutletId::new(inlet.node, 0)))
        })
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
    fn constant(&self, outlet: OutletId) -> Option<Vec<f32>> {
        let tensor = self.source.outlet_fact(outlet).ok()?.konst.as_ref()?;
        if tensor.datum_type() != f32::datum_type() {
            return None;
        }
        Some(tensor.try_as_plain_ram().ok()?.as_slice::<f32>().ok()?.to_vec())
    }

    fn convolution(&mut self, id: usize, op: &Conv) -> TractResult<bool> {
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

    fn pending(&mut self, id: usize, order: Order, mut pending: Pending, sides: [usize; 2]) -> TractResult<bool> {
        let channels = pending.bias.len();
        if pending.kernel.depthwise {
            pending.bias.resize(whole(channels), 0.);
        }
        Ok(self.note(id, order, channels, sides, Content::Pending(Box::new(pending))))
    }

    /// A 1×1 convolution, which tract writes as a product of matrices.
    fn pointwise(&mut self, id: usize, op: &EinSum) -> TractResult<bool> {
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

    fn pad(&mut self, id: usize, op: &array::Pad) -> TractResult<bool> {
        let node = self.source.node(id);
        let border = match &op.mode {
            PadMode::Constant(value) if value.cast_to_scalar::<f32>()? == 0. => Border::Zero,
            PadMode::Constant(_) => return Ok(false),
            PadMode::Reflect => Border::Reflect,
            PadMode::Edge => Border::Edge,
        };
        let Some(last) = op.pads.iter().rposition(|&pads| pads != (0, 0)) else { return Ok(false) };
        let order = if last + 1 == op.pads.len() { Order::Chw } else { Order::Hwc };
        let Some(image) = self.image(node.inputs[0], order)? else { return Ok(false) };
        let Some([_, rows, columns]) = image.view.spatial() else { return Ok(false) };
        let elsewhere = |(axis, &pads): (usize, &(usize, usize))| pads != (0, 0) && axis != rows && axis != columns;
        let (above, left) = (op.pads[rows], op.pads[columns]);
        let narrow = |side: usize, (a, b): (usize, usize)| border == Border::Reflect && a.max(b) >= side;
        if op.pads.iter().enumerate().any(elsewhere) || narrow(image.sides[0], above) || narrow(image.sides[1], left) {
            return Ok(false);
        }
        let mut pixels = self.pixels(node.inputs[0], &image)?;
        if pixels.pad.is_some() {
            pixels = Pixels::plain(self.store(&[&pixels], false)?, image.sides);
        }
        pixels.pad = Some(Pad { before: [above.0, left.0], border });
        pixels.sides = [image.sides[0] + above.0 + above.1, image.sides[1] + left.0 + left.1];
        let sides = pixels.sides;
        Ok(self.note(id, image.view.order, image.channels, sides, Content::Pixels(pixels)))
    }

    fn leaky(&mut self, id: usize, input: OutletId, alpha: f32) -> TractResult<bool> {
        if !(0. ..=1.).contains(&alpha) {
            return Ok(false);
        }
        if let Some((image, mut pending)) = self.waiting(input)
            && pending.slope.is_none()
        {
            pending.slope = Some(alpha);
            pending.moments = self.normalised(OutletId::new(id, 0));
            return Ok(self.note(
                id,
                image.view.order,
                image.channels,
                image.sides,
                Content::Pending(Box::new(pending)),
            ));
        }
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let pixels = self.pixels(input, &image)?;
        let mut part = self.linear(&pixels, false)?;
        part.slope = Some(alpha);
        // What it has now are the moments before the activation.
        part.moments = None;
        let content = Content::Pixels(Pixels::plain(part, image.sides));
        Ok(self.note(id, image.view.order, image.channels, image.sides, content))
    }

    fn binary(&mut self, id: usize, op: &TypedBinOp) -> TractResult<bool> {
        let [a, b] = [self.source.node(id).inputs[0], self.source.node(id).inputs[1]];
        if op.0.is::<Max>() {
            return match self.leak(a, b).map(|leak| (b, leak)).or_else(|| self.leak(b, a).map(|leak| (a, leak))) {
                Some((input, alpha)) => self.leaky(id, input, alpha),
                None => Ok(false),
            };
        }
        match (self.images.contains_key(&a), self.images.contains_key(&b)) {
            (true, true) if op.0.is::<Add>() => self.sum(id, a, b),
            (true, false) => self.affine(id, op, a, b, false),
            (false, true) => self.affine(id, op, b, a, true),
            _ => Ok(false),
        }
    }

    /// What `scaled` multiplies `value` by, where it does: `max(x * leak, x)` is LeakyReLU.
    fn leak(&self, scaled: OutletId, value: OutletId) -> Option<f32> {
        let node = self.source.node(scaled.node);
        node.op.downcast_ref::<TypedBinOp>().filter(|op| op.0.is::<Mul>())?;
        let &[a, b] = node.inputs.as_slice() else { return None };
        let factor = if a == value { b } else { a };
        match self.constant(factor)?.as_slice() {
            [leak] if a == value || b == value => Some(*leak),
            _ => None,
        }
    }

    fn sum(&mut self, id: usize, a: OutletId, b: OutletId) -> TractResult<bool> {
        let (Some(first), Some(second)) = (self.images.get(&a).cloned(), self.images.get(&b).cloned()) else {
            return Ok(false);
        };
        let order = first.view.order;
        let alike = |v: &View| v.shape.iter().copied().filter(|&length| length != 1).collect::<Vec<_>>();
        if order != second.view.order
            || alike(&first.view) != alike(&second.view)
            || (first.channels, first.sides) != (second.channels, second.sides)
        {
            return Ok(false);
        }
        for (convolution, other, image) in [(a, b, &second), (b, a, &first)] {
            if let Some((_, mut pending)) = self.waiting(convolution)
                && pending.slope.is_none()
                && pending.residual.is_none()
            {
                let pixels = self.pixels(other, image)?;
                let part = match pixels.linear() {
                    Some(part) if part.affine.is_none() => part.clone(),
                    _ => self.store(&[&pixels], false)?,
                };
                pending.residual = Some(part.raw);
                pending.moments = self.normalised(OutletId::new(id, 0));
                let content = Content::Pending(Box::new(pending));
                return Ok(self.note(id, order, first.channels, first.sides, content));
            }
        }
        let mut both = [self.pixels(a, &first)?, self.pixels(b, &second)?];
        for pixels in &mut both {
            if pixels.pad.is_some() {
                *pixels = Pixels::plain(self.store(&[pixels], false)?, first.sides);
            }
        }
        let part = self.store(&[&both[0], &both[1]], self.normalised(OutletId::new(id, 0)))?;
        let content = Content::Pixels(Pixels::plain(part, first.sides));
        Ok(self.note(id, order, first.channels, first.sides, content))
    }

    /// A picture with one value, or one per channel; `reversed` where the picture is the second operand.
    fn affine(
        &mut self,
        id: usize,
        op: &TypedBinOp,
        input: OutletId,
        by: OutletId,
        reversed: bool,
    ) -> TractResult<bool> {
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let known = op.0.is::<Add>() || op.0.is::<Sub>() || op.0.is::<Mul>() || (op.0.is::<Div>() && !reversed);
        let Some(length) = self.coefficients(by, &image).filter(|_| known) else { return Ok(false) };
        if let (Some((_, mut pending)), Some(values)) = (self.waiting(input), self.constant(by))
            && pending.slope.is_none()
            && (op.0.is::<Add>() || (op.0.is::<Sub>() && !reversed))
            && !pending.shuffle
        {
            let sign = if op.0.is::<Add>() { 1. } else { -1. };
            for (c, bias) in pending.bias.iter_mut().take(image.channels).enumerate() {
                *bias += sign * values[c.min(length - 1)];
            }
            let content = Content::Pending(Box::new(pending));
            return Ok(self.note(id, image.view.order, image.channels, image.sides, content));
        }
        let pixels = self.pixels(input, &image)?;
        let mut part = self.linear(&pixels, self.normalised(OutletId::new(id, 0)))?;
        let by = self.plain(by)?;
        let shape = self.target.outlet_fact(by)?.shape.to_tvec();
        let flat = AxisOp::Reshape(0, shape, tvec!(length.to_dim()));
        let by = self.wire("coefficients", flat, &[by])?[0];
        let [scale, shift] = self.coefficients_of(&part)?;
        part.affine = Some(if op.0.is::<Add>() {
            [scale, self.wire("shift", add(), &[shift, by])?[0]]
        } else if op.0.is::<Sub>() && !reversed {
            [scale, self.wire("shift", sub(), &[shift, by])?[0]]
        } else if op.0.is::<Sub>() {
            let minus = self.vector(&[-1.])?;
            [self.wire("scale", mul(), &[scale, minus])?[0], self.wire("shift", sub(), &[by, shift])?[0]]
        } else if op.0.is::<Mul>() {
            self.scaled([scale, shift], by)?
        } else {
            [self.wire("scale", div(), &[scale, by])?[0], self.wire("shift", div(), &[shift, by])?[0]]
        });
        let content = Content::Pixels(Pixels::plain(part, image.sides));
        Ok(self.note(id, image.view.order, image.channels, image.sides, content))
    }

    fn scaled(&mut self, affine: [OutletId; 2], by: OutletId) -> TractResult<[OutletId; 2]> {
        let [scale, shift] = affine;
        Ok([self.wire("scale", mul(), &[scale, by])?[0], self.wire("shift", mul(), &[shift, by])?[0]])
    }

    fn vector(&mut self, values: &[f32]) -> TractResult<OutletId> {
        self.target.add_const(format!("vector.{}", self.target.nodes.len()), tensor1(values))
    }

    fn coefficients_of(&mut self, part: &Part) -> TractResult<[OutletId; 2]> {
        match part.affine {
            Some(affine) => Ok(affine),
            None => Ok([self.vector(&[1.])?, self.vector(&[0.])?]),
        }
    }

    /// How many values a tensor has, where they are one or one per channel.
    fn coefficients(&self, outlet: OutletId, image: &Image) -> Option<usize> {
        let fact = self.source.outlet_fact(outlet).ok()?;
        let shape = fact.shape.as_concrete().filter(|_| fact.datum_type == f32::datum_type())?;
        if shape.len() != image.view.shape.len() && !shape.is_empty() {
            return None;
        }
        let fits = shape.iter().enumerate().all(|(axis, &length)| length == 1 || Some(axis) == image.view.channel_axis);
        let length: usize = shape.iter().product();
        (fits && (length == 1 || length == image.channels)).then_some(length)
    }

    /// Whether reducing `axes` leaves nothing of the picture's space, and whether its channels go too.
    fn covers(image: &Image, axes: &[usize]) -> Option<bool> {
        let all = &image.view.axes;
        let inside = |axis: usize| axes.contains(&axis);
        let space_left = all.iter().enumerate().any(|(axis, over)| over.space && !inside(axis));
        let any = all.iter().enumerate().any(|(axis, over)| over.space && inside(axis));
        let channels = all.iter().enumerate().any(|(axis, over)| over.channels && inside(axis));
        (any && !space_left).then_some(channels || image.channels == 1)
    }

    fn reduce(&mut self, id: usize, op: &Reduce) -> TractResult<bool> {
        let question = match op.reducer {
            Reducer::Sum => Question::Sum,
            Reducer::MeanOfSquares => Question::MeanOfSquares,
            _ => return Ok(false),
        };
        let input = self.source.node(id).inputs[0];
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let (Some(across_channels), Some(shape)) = (Self::covers(&image, &op.axes), self.shape(id)) else {
            return Ok(false);
        };
        let shape = shape.into();
        let statistics = Statistics { question, across_channels, pixels: image.sides.iter().product(), shape };
        let (_, answer) = self.ask(input, &image, statistics)?;
        self.plain.insert(OutletId::new(id, 0), answer);
        Ok(true)
    }

    /// The part that holds the picture, and the answer.
    fn ask(&mut self, input: OutletId, image: &Image, statistics: Statistics) -> TractResult<(Part, OutletId)> {
        let pixels = self.pixels(input, image)?;
        let part = self.linear(&pixels, true)?;
        if part.moments.is_some() && pixels.linear().is_none_or(|known| known.moments.is_none()) {
            // It was written down for this: whoever reads the picture later reads it there.
            let content = Content::Pixels(Pixels::plain(part.clone(), image.sides));
            self.images.insert(input, Image { content, ..image.clone() });
        }
        let moments = part.moments.context("a picture was stored without its moments")?;
        let inputs: TVec<_> = std::iter::once(moments).chain(part.affine.into_iter().flatten()).collect();
        let answer = self.wire("statistics", statistics, &inputs)?[0];
        Ok((part, answer))
    }

    /// `x / sqrt(mean(x²) + eps)`
    fn rms_norm(&mut self, id: usize, op: &RmsNorm) -> TractResult<bool> {
        let input = self.source.node(id).inputs[0];
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let Some(across_channels) = Self::covers(&image, &[op.axis]) else { return Ok(false) };
        let length = if across_channels { 1 } else { image.channels };
        let statistics = Statistics {
            question: Question::MeanOfSquares,
            across_channels,
            pixels: image.sides.iter().product(),
            shape: tvec!(length),
        };
        let (mut part, squares) = self.ask(input, &image, statistics)?;
        let eps = self.vector(&[op.eps.cast_to_scalar::<f32>()?])?;
        let sum = self.wire("variance", add(), &[squares, eps])?;
        let scale = self.wire("deviation", rsqrt(), &sum)?[0];
        let affine = self.coefficients_of(&part)?;
        part.affine = Some(self.scaled(affine, scale)?);
        let content = Content::Pixels(Pixels::plain(part, image.sides));
        Ok(self.note(id, image.view.order, image.channels, image.sides, content))
    }

    fn axes(&mut self, id: usize, op: &AxisOp) -> TractResult<bool> {
        let input = self.source.node(id).inputs[0];
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        if let Some(chain) = self.depth_to_space(id, &image)
            && let Some((_, mut pending)) = self.waiting(input)
            && side_by_side(&[image.channels / 4, 1])
            && !pending.kernel.depthwise
            && (pending.residual, pending.moments) == (None, false)
        {
            let quarter = image.channels / 4;
            self.done.extend(&chain[1..]);
            pending.shuffle = true;
            pending.bias = (0..4 * quarter).map(|c| pending.bias[super::unshuffled(c, 4 * quarter)]).collect();
            let sides = image.sides.map(|side| 2 * side);
            return Ok(self.note(chain[3], Order::Chw, quarter, sides, Content::Pending(Box::new(pending))));
        }
        let order = match op {
            AxisOp::Move(from, to) => {
                let Some(places) = image.view.spatial() else { return Ok(false) };
                let [channels, rows, columns] = places.map(|place| match place {
                    place if place == *from => *to,
                    place if place > *from && place <= *to => place - 1,
                    place if place < *from && place >= *to => place + 1,
                    place => place,
                });
                if channels < rows && rows < columns {
                    Order::Chw
                } else if rows < columns && columns < channels {
                    Order::Hwc
                } else {
                    return Ok(false);
                }
            }
            _ => image.view.order,
        };
        // A convolution that waits goes on waiting, if nobody else reads it.
        let content = match self.waiting(input) {
            Some((image, _)) => image.content,
            None => Content::Pixels(self.pixels(input, &image)?),
        };
        Ok(self.note(id, order, image.channels, image.sides, content))
    }

    /// The nodes that turn `1×(C·2·2)×H×W` into `1×C×2H×2W`, of which `first` is the first one.
    fn depth_to_space(&self, first: usize, image: &Image) -> Option<Vec<usize>> {
        let [channels, rows, _] = image.view.spatial()?;
        let [height, width] = image.sides;
        if image.view.order != Order::Chw || !image.channels.is_multiple_of(4) {
            return None;
        }
        let dims = |lengths: &[usize]| lengths.iter().map(|length| length.to_dim()).collect::<TVec<_>>();
        let quarter = image.channels / 4;
        let chain = [
            AxisOp::Reshape(channels, dims(&[4 * quarter]), dims(&[quarter, 2, 2])),
            AxisOp::Move(channels + 2, rows + 3),
            AxisOp::Move(channels + 1, channels + 2),
            AxisOp::Reshape(rows, dims(&[height, 2, width, 2]), dims(&[2 * height, 2 * width])),
        ];
        let mut nodes = vec![];
        let mut node = first;
        for (step, expected) in chain.iter().enumerate() {
            if self.source.node(node).op.downcast_ref::<AxisOp>() != Some(expected) {
                return None;
            }
            nodes.push(node);
            if step < 3 {
                let outlet = OutletId::new(node, 0);
                if !self.read_once(outlet) {
                    return None;
                }
                node = self.source.outlet_successors(outlet)[0].node;
            }
        }
        Some(nodes)
    }

    fn resize(&mut self, id: usize, op: &Resize) -> TractResult<bool> {
        let node = self.source.node(id);
        let input = node.inputs[0];
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let (Some([channels, rows, columns]), Some(shape)) = (image.view.spatial(), self.shape(id)) else {
            return Ok(false);
        };
        let shape: TVec<usize> = shape.into();
        let scales = op.optional_scales_input.and_then(|slot| self.constant(node.inputs[slot]));
        let scales = scales.filter(|scales| scales.len() == shape.len());
        let axis = |axis: usize| {
            let (from, to) = (image.view.shape[axis], shape[axis]);
            let scale = scales.as_ref().map_or(to as f32 / from as f32, |scales| scales[axis]);
            let plan = op.plan_axis(scale, from, to);
            let taps = plan.indices.chunks(plan.window).zip(plan.weights.chunks(plan.window));
            let two = plan.window == 2 && !plan.extrapolated.contains(&true);
            two.then(|| Axis { taps: taps.map(|(i, w)| [(i[0], w[0]), (i[1], w[1])]).collect() })
        };
        let (Some(vertical), Some(horizontal)) = (axis(rows), axis(columns)) else { return Ok(false) };
        if shape[channels] != image.channels {
            return Ok(false);
        }
        let mut pixels = self.pixels(input, &image)?;
        if pixels.parts.len() > 1 || pixels.resize.is_some() || pixels.pad.is_some() {
            pixels = Pixels::plain(self.store(&[&pixels], false)?, image.sides);
        }
        let sides = [shape[rows], shape[columns]];
        pixels.resize = Some(Arc::new([vertical, horizontal]));
        pixels.sides = sides;
        if !self.read_once(OutletId::new(id, 0)) {
            pixels = Pixels::plain(self.store(&[&pixels], false)?, sides);
        }
        Ok(self.note(id, image.view.order, image.channels, sides, Content::Pixels(pixels)))
    }

    fn concat(&mut self, id: usize, op: &TypedConcat) -> TractResult<bool> {
        let inputs = self.source.node(id).inputs.clone();
        let Some(order) = inputs.iter().find_map(|input| self.images.get(input)).map(|image| image.view.order) else {
            return Ok(false);
        };
        let mut images = vec![];
        for &input in &inputs {
            match self.image(input, order)? {
                Some(image) if image.view.order == order && image.view.channel_axis == Some(op.axis) => {
                    images.push(image);
                }
                _ => return Ok(false),
            }
        }
        let channels: Vec<usize> = images.iter().map(|image| image.channels).collect();
        let sides = images[0].sides;
        if !side_by_side(&channels) || images.iter().any(|image| image.sides != sides) {
            return Ok(false);
        }
        let mut parts = tvec!();
        for (&input, image) in inputs.iter().zip(&images) {
            let pixels = self.pixels(input, image)?;
            match pixels.parts.as_slice() {
                [part] if pixels.resize.is_none() && pixels.pad.is_none() => parts.push(part.clone()),
                _ => parts.push(self.store(&[&pixels], false)?),
            }
        }
        let pixels = Pixels { parts, raw: sides, resize: None, pad: None, sides };
        Ok(self.note(id, order, channels.iter().sum(), sides, Content::Pixels(pixels)))
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
