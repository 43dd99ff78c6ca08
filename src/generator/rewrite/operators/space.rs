//! Padding, resampling, other axes, channels side by side: what happens to places.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        array::{self, PadMode, TypedConcat},
        change_axes::AxisOp,
        nn::Resize,
    },
};

use super::super::{
    Rewrite,
    image::{Content, Image, Pad, Part, Pixels},
    side_by_side, unshuffled,
    view::Factors,
};
use crate::generator::{
    kernels::{Axis, Border},
    ops::Order,
};

/// Changes of axes that are looked at for one of space to depth; exporters need seven at most.
const LONGEST: usize = 12;

fn dims(lengths: &[usize]) -> TVec<TDim> {
    lengths.iter().map(|length| length.to_dim()).collect()
}

impl Rewrite<'_> {
    pub(super) fn pad(&mut self, id: usize, op: &array::Pad) -> TractResult<bool> {
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
        let Some([_, rows, columns]) = image.view.spatial else { return Ok(false) };
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

    pub(super) fn axes(&mut self, id: usize, op: &AxisOp) -> TractResult<bool> {
        let input = self.source.node(id).inputs[0];
        if self.in_blocks(id, input) {
            return Ok(true);
        }
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        if self.shuffled(id, input, &image) {
            return Ok(true);
        }
        let order = match op {
            AxisOp::Move(from, to) => {
                let Some(places) = image.view.spatial else { return Ok(false) };
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

    /// Space to depth of planes: they are read as they are. Whether it is that, and noted.
    fn in_blocks(&mut self, id: usize, input: OutletId) -> bool {
        let Some(chain) = self.space_to_depth(id) else { return false };
        let (Some(&raw), Some(&last)) = (self.plain.get(&input), chain.last()) else { return false };
        let Some(&[_, channels, height, width]) = self.shape(last) else { return false };
        let part = Part { raw, planes: Some(2), moments: None, channels, affine: None, slope: None };
        let sides = [height, width];
        let noted = self.note(last, Order::Chw, channels, sides, Content::Pixels(Pixels::plain(part, sides)));
        if noted {
            self.done.extend(&chain[1..]);
        }
        noted
    }

    /// Depth to space of what a convolution writes: it does that itself. Whether it is that, and noted.
    fn shuffled(&mut self, id: usize, input: OutletId, image: &Image) -> bool {
        let quarter = image.channels / 4;
        let Some(chain) = self.depth_to_space(id, image).filter(|_| side_by_side(&[quarter, 1])) else { return false };
        let Some((_, mut pending)) = self.waiting(input) else { return false };
        if pending.kernel.depthwise || pending.residual.is_some() {
            return false;
        }
        pending.shuffle = true;
        pending.bias = (0..4 * quarter).map(|c| pending.bias[unshuffled(c, 4 * quarter)]).collect();
        let sides = image.sides.map(|side| 2 * side);
        let noted = self.note(chain[3], Order::Chw, quarter, sides, Content::Pending(Box::new(pending)));
        if noted {
            self.done.extend(&chain[1..]);
        }
        noted
    }

    /// The nodes that turn `1×(C·2·2)×H×W` into `1×C×2H×2W`, of which `first` is the first one.
    pub(super) fn depth_to_space(&self, first: usize, image: &Image) -> Option<Vec<usize>> {
        let [channels, rows, _] = image.view.spatial?;
        let [height, width] = image.sides;
        if image.view.order != Order::Chw || !image.channels.is_multiple_of(4) {
            return None;
        }
        let quarter = image.channels / 4;
        let chain = [
            AxisOp::Reshape(channels, dims(&[4 * quarter]), dims(&[quarter, 2, 2])),
            AxisOp::Move(channels + 2, rows + 3),
            AxisOp::Move(channels + 1, channels + 2),
            AxisOp::Reshape(rows, dims(&[height, 2, width, 2]), dims(&[2 * height, 2 * width])),
        ];
        self.chain(first, &chain)
    }

    /// The nodes that turn `1×C×2H×2W` into `1×(C·2·2)×H×W`, of which `first` is the first one.
    fn space_to_depth(&self, first: usize) -> Option<Vec<usize>> {
        let fact = self.source.outlet_fact(self.source.node(first).inputs[0]).ok()?;
        let known = fact.datum_type == f32::datum_type() && !self.packed.direct;
        let mut factors = Factors::of(fact.shape.as_concrete()?).filter(|_| known)?;
        let mut nodes = vec![first];
        while nodes.len() <= LONGEST {
            let &node = nodes.last()?;
            factors.change(self.source.node(node).op.downcast_ref::<AxisOp>()?)?;
            let outlet = OutletId::new(node, 0);
            if factors.are_blocks() {
                return Some(nodes);
            }
            let next = self.source.outlet_successors(outlet).first().filter(|_| self.read_once(outlet))?;
            nodes.push(next.node);
        }
        None
    }

    /// The nodes from `first` on, if they do this one after the other and nobody else reads what is between.
    fn chain(&self, first: usize, chain: &[AxisOp]) -> Option<Vec<usize>> {
        let mut nodes = vec![];
        let mut node = first;
        for (step, expected) in chain.iter().enumerate() {
            if self.source.node(node).op.downcast_ref::<AxisOp>() != Some(expected) {
                return None;
            }
            nodes.push(node);
            if step + 1 < chain.len() {
                let outlet = OutletId::new(node, 0);
                if !self.read_once(outlet) {
                    return None;
                }
                node = self.source.outlet_successors(outlet)[0].node;
            }
        }
        Some(nodes)
    }

    pub(super) fn resize(&mut self, id: usize, op: &Resize) -> TractResult<bool> {
        let node = self.source.node(id);
        let input = node.inputs[0];
        let Some(image) = self.images.get(&input).cloned() else { return Ok(false) };
        let (Some([channels, rows, columns]), Some(shape)) = (image.view.spatial, self.shape(id)) else {
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

    pub(super) fn concat(&mut self, id: usize, op: &TypedConcat) -> TractResult<bool> {
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
