//! Sums, scales and shifts, activations: what happens to values where they are.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        binary::TypedBinOp,
        change_axes::AxisOp,
        math::{Add, Div, Max, Mul, Sub, add, div, mul, sub},
    },
};

use super::super::{
    Rewrite,
    image::{Content, Image, Part, Pixels},
    view::View,
};

impl Rewrite<'_> {
    pub(super) fn leaky(&mut self, id: usize, input: OutletId, alpha: f32) -> TractResult<bool> {
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

    pub(super) fn binary(&mut self, id: usize, op: &TypedBinOp) -> TractResult<bool> {
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
    pub(super) fn leak(&self, scaled: OutletId, value: OutletId) -> Option<f32> {
        let node = self.source.node(scaled.node);
        node.op.downcast_ref::<TypedBinOp>().filter(|op| op.0.is::<Mul>())?;
        let &[a, b] = node.inputs.as_slice() else { return None };
        let factor = if a == value { b } else { a };
        match self.constant(factor)?.as_slice() {
            [leak] if a == value || b == value => Some(*leak),
            _ => None,
        }
    }

    pub(super) fn sum(&mut self, id: usize, a: OutletId, b: OutletId) -> TractResult<bool> {
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
                    Some(part) if part.affine.is_none() && part.planes.is_none() => part.clone(),
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
    pub(super) fn affine(
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

    pub(super) fn scaled(&mut self, affine: [OutletId; 2], by: OutletId) -> TractResult<[OutletId; 2]> {
        let [scale, shift] = affine;
        Ok([self.wire("scale", mul(), &[scale, by])?[0], self.wire("shift", mul(), &[shift, by])?[0]])
    }

    pub(super) fn vector(&mut self, values: &[f32]) -> TractResult<OutletId> {
        self.target.add_const(format!("vector.{}", self.target.nodes.len()), tensor1(values))
    }

    pub(super) fn coefficients_of(&mut self, part: &Part) -> TractResult<[OutletId; 2]> {
        match part.affine {
            Some(affine) => Ok(affine),
            None => Ok([self.vector(&[1.])?, self.vector(&[0.])?]),
        }
    }

    /// How many values a tensor has, where they are one or one per channel.
    pub(super) fn coefficients(&self, outlet: OutletId, image: &Image) -> Option<usize> {
        let fact = self.source.outlet_fact(outlet).ok()?;
        let shape = fact.shape.as_concrete().filter(|_| fact.datum_type == f32::datum_type())?;
        if shape.len() != image.view.shape.len() && !shape.is_empty() {
            return None;
        }
        let fits = shape.iter().enumerate().all(|(axis, &length)| length == 1 || Some(axis) == image.view.channel_axis);
        let length: usize = shape.iter().product();
        (fits && (length == 1 || length == image.channels)).then_some(length)
    }
}
