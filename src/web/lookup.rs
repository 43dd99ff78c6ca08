//! The order of looking up as JavaScript sees it.

use wasm_bindgen::prelude::*;

use super::interop::{object, parsed};
use crate::{lookup, objects::CacheMode};

/// One photo's way.
#[wasm_bindgen]
pub struct Lookup(lookup::Lookup);

#[wasm_bindgen]
impl Lookup {
    /// Before the first step.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(unchecked_param_type = "CacheMode")] mode: &JsValue) -> Result<Lookup, JsValue> {
        Ok(Lookup(lookup::Lookup::new(parsed::<CacheMode>(mode, "cache's mode")?.into())))
    }

    /// The next step; `yes` is the answer to the last one.
    #[wasm_bindgen(unchecked_return_type = "Step")]
    pub fn next(&mut self, yes: bool) -> JsValue {
        object(&self.0.next(yes))
    }
}
