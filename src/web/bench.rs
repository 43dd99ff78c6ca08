//! A generator without a photo around it: what benchmarks run.

use std::sync::Arc;

use wasm_bindgen::prelude::*;

use super::{converter::Program, interop::to_js};
use crate::generator::{
    gpu,
    onnx::Model,
    peak_flops,
    plan::{Plan, Run},
};

/// A model planned for one size.
#[wasm_bindgen]
pub struct Bench(Arc<Plan>);

#[wasm_bindgen]
impl Bench {
    /// `ours` is false for tract's operators alone.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: Vec<u8>, width: u32, height: u32, ours: bool) -> Result<Bench, JsValue> {
        let model = Model::load(&bytes).map_err(to_js)?;
        // As in a conversion, where the file is gone before a plan is made.
        drop(bytes);
        let plan = Plan::with(&model, width, height, width.max(height), ours);
        Ok(Bench(Arc::new(plan.map_err(to_js)?)))
    }

    /// The model's steps for a GPU; nothing where it cannot take all of them.
    pub fn program(bytes: &[u8], width: u32, height: u32) -> Result<Option<Program>, JsValue> {
        let model = Model::load(bytes).map_err(to_js)?;
        let program = gpu::Program::new(&model, width, height, width.max(height)).map_err(to_js)?;
        Ok(program.map(Program::from))
    }

    /// One run on values in the model's layout.
    pub fn run(&self, input: Vec<f32>) -> Result<Vec<f32>, JsValue> {
        let mut run = Run::new(self.0.clone(), input).map_err(to_js)?;
        while !run.step().map_err(to_js)? {}
        run.finish().map_err(to_js)
    }

    /// Does `rounds` rounds of multiply-adds in registers; gives how many a round is.
    pub fn peak_flops(rounds: usize) -> usize {
        peak_flops(rounds)
    }

    /// One run with `now()` asked between operators: a line per operator with its milliseconds, its multiply-adds and
    /// what it is.
    pub fn profile(&self, input: Vec<f32>, now: &js_sys::Function) -> Result<Vec<String>, JsValue> {
        let mut run = Run::new(self.0.clone(), input).map_err(to_js)?;
        let clock = || Ok::<f64, JsValue>(now.call0(&JsValue::NULL)?.as_f64().unwrap_or_default());
        let mut lines = vec![];
        for (number, (name, info, work)) in self.0.operators().into_iter().enumerate() {
            let begun = clock()?;
            while run.done() == number {
                run.step().map_err(to_js)?;
            }
            lines.push(format!("{}\t{work}\t{name} {info}", clock()? - begun));
        }
        Ok(lines)
    }
}
