//! A generator: an ONNX model that turns one image into another of the same size, run by tract.
//!
//! The only module that knows tract.

#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) mod gpu;
mod kernels;
pub mod onnx;
mod ops;
pub mod plan;
pub mod ranges;
mod rewrite;
#[cfg(test)]
mod tests;
mod tidy;
pub mod tiles;
mod upsample;
mod validate;
mod widen;

use std::{collections::VecDeque, sync::Arc};

use crate::Result;
pub use kernels::{Pool, Threads, peak_flops};
use onnx::Model;
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

    /// What the model has to know of the whole picture's longer side: nothing, mostly.
    pub(crate) fn side(&self, side: u32) -> u32 {
        if self.model.side.is_some() { side } else { 0 }
    }

    /// Begins to run the model on one image of `width × height` pixels: `input` holds
    /// `1×3×H×W` values (or `1×H×W×3`, as [`Model::layout`] says). `side` is the longer side of the
    /// whole picture, of which the image may be a tile.
    ///
    /// # Errors
    /// [`crate::Error::BadModel`] when the model cannot run at this size.
    pub fn start(&mut self, input: Vec<f32>, width: u32, height: u32, side: u32) -> Result<Run> {
        Run::new(self.plan(width, height, side)?, input)
    }

    /// The steps of this size for a GPU; nothing where it cannot take all of them.
    ///
    /// # Errors
    /// [`crate::Error::BadModel`] when the model cannot run at this size.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn program(&self, width: u32, height: u32, side: u32) -> Result<Option<gpu::Program>> {
        onnx::caught(|| gpu::Program::new(&self.model, width, height, side))
    }

    fn plan(&mut self, width: u32, height: u32, side: u32) -> Result<Arc<Plan>> {
        // A model that is not told the side has the same plan for all.
        let side = self.side(side);
        let found = self.plans.iter().position(|p| (p.width, p.height, p.side) == (width, height, side));
        let plan = match found.and_then(|at| self.plans.remove(at)) {
            Some(plan) => plan,
            None => Arc::new(onnx::caught(|| Plan::new(&self.model, width, height, side))?),
        };
        self.plans.push_front(plan.clone());
        self.plans.truncate(KEPT_PLANS);
        Ok(plan)
    }
}
