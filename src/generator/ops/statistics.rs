//! What normalisations ask of a picture, told from its moments alone.

use tract_onnx::{prelude::*, tract_core::internal::*};

use super::values;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The sum of all values.
    Sum,
    /// The mean of the squares.
    MeanOfSquares,
}

/// Of `x * scale + shift`: inputs are the moments of `x` (`2×C`), scale and shift (one value, or one per channel).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    pub question: Question,
    /// Over all channels together, or for each.
    pub across_channels: bool,
    /// Pixels of the picture.
    pub pixels: usize,
    /// Shape of the answer.
    pub shape: TVec<usize>,
}

impl Op for Statistics {
    fn name(&self) -> StaticName {
        "Statistics".into()
    }
    op_as_typed_op!();
}

impl EvalOp for Statistics {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let (mean, variance) = {
            let moments = values(&inputs[0])?;
            moments.split_at(moments.len() / 2)
        };
        let affine = inputs[1..].iter().map(|input| values(input)).collect::<TractResult<Vec<_>>>()?;
        let coefficient = |slot: usize, c: usize, default: f64| {
            affine.get(slot).map_or(default, |given| f64::from(given[c.min(given.len() - 1)]))
        };
        let answers: Vec<f64> = (0..mean.len())
            .map(|c| {
                let (scale, shift) = (coefficient(0, c, 1.), coefficient(1, c, 0.));
                let mean = f64::from(mean[c]) * scale + shift;
                match self.question {
                    Question::Sum => mean * self.pixels as f64,
                    Question::MeanOfSquares => f64::from(variance[c]) * scale * scale + mean * mean,
                }
            })
            .collect();
        let answers = match (self.across_channels, self.question) {
            (false, _) => answers,
            (true, Question::Sum) => vec![answers.iter().sum()],
            (true, Question::MeanOfSquares) => vec![answers.iter().sum::<f64>() / answers.len() as f64],
        };
        let answers: Vec<f32> = answers.into_iter().map(|v| v as f32).collect();
        Ok(tvec!(Tensor::from_shape(&self.shape, &answers)?.into_tvalue()))
    }
}

impl TypedOp for Statistics {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec!(f32::fact(&*self.shape)))
    }
    as_op!();
}
