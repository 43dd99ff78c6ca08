//! A generator: an ONNX model that turns one image into another of the same size, run by tract.
//!
//! The only module that knows tract.

pub mod onnx;
pub mod plan;

use std::{collections::VecDeque, sync::Arc};

use crate::Result;
use onnx::{Model, Sides};
use plan::{Plan, Run};

/// Plans kept: a session sees few sizes, and each plan holds a packed copy of the weights.
const KEPT_PLANS: usize = 3;

/// A loaded model with the plans for the sizes it ran last.
#[derive(Clone)]
pub struct Generator {
    model: Arc<Model>,
    /// Most recently used first.
    plans: VecDeque<Arc<Plan>>,
}

impl Generator {
    /// Reads an ONNX file and checks that it maps an image to an image.
    ///
    /// # Errors
    /// [`crate::Error::BadModel`], saying what was found.
    pub fn load(bytes: &[u8]) -> Result<Generator> {
        Ok(Generator { model: Arc::new(Model::load(bytes)?), plans: VecDeque::new() })
    }

    /// What the model takes and gives.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Plans once, at the only or the smallest size, so that a model that cannot run is known before
    /// any picture is read.
    ///
    /// # Errors
    /// [`crate::Error::BadModel`].
    pub fn check(&mut self, multiple: u32) -> Result<()> {
        let (width, height) = match self.model.sides {
            Sides::Fixed { width, height } => (width, height),
            Sides::Dynamic => crate::picture::pad::padded(64, 64, multiple),
        };
        self.plan(width, height).map(drop)
    }

    /// Begins to run the model on one image of `width × height` pixels: `input` holds
    /// `1×3×H×W` values (or `1×H×W×3`, as [`Model::layout`] says).
    ///
    /// # Errors
    /// [`crate::Error::BadModel`] when the model cannot run at this size.
    pub fn start(&mut self, input: Vec<f32>, width: u32, height: u32) -> Result<Run> {
        Run::new(self.plan(width, height)?, input)
    }

    fn plan(&mut self, width: u32, height: u32) -> Result<Arc<Plan>> {
        let found = self.plans.iter().position(|plan| (plan.width, plan.height) == (width, height));
        let plan = match found.and_then(|at| self.plans.remove(at)) {
            Some(plan) => plan,
            None => Arc::new(Plan::new(&self.model, width, height)?),
        };
        self.plans.push_front(plan.clone());
        self.plans.truncate(KEPT_PLANS);
        Ok(plan)
    }
}
