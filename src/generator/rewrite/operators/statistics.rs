//! Means and variances over a picture, from the moments that a convolution leaves.

use tract_onnx::{
    prelude::*,
    tract_core::{
        internal::*,
        ops::{
            math::{add, rsqrt},
            nn::{Reduce, Reducer, RmsNorm},
        },
    },
};

use super::super::{
    Rewrite,
    image::{Content, Image, Part, Pixels},
};
use crate::generator::ops::{Question, Statistics};

impl Rewrite<'_> {
    /// Whether reducing `axes` leaves nothing of the picture's space, and whether its channels go too.
    pub(super) fn covers(image: &Image, axes: &[usize]) -> Option<bool> {
        let all = &image.view.axes;
        let inside = |axis: usize| axes.contains(&axis);
        let space_left = all.iter().enumerate().any(|(axis, over)| over.space && !inside(axis));
        let any = all.iter().enumerate().any(|(axis, over)| over.space && inside(axis));
        let channels = all.iter().enumerate().any(|(axis, over)| over.channels && inside(axis));
        (any && !space_left).then_some(channels || image.channels == 1)
    }

    pub(super) fn reduce(&mut self, id: usize, op: &Reduce) -> TractResult<bool> {
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
    pub(super) fn ask(
        &mut self,
        input: OutletId,
        image: &Image,
        statistics: Statistics,
    ) -> TractResult<(Part, OutletId)> {
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
    pub(super) fn rms_norm(&mut self, id: usize, op: &RmsNorm) -> TractResult<bool> {
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
}
