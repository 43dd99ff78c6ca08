//! Values that cross between Rust and JavaScript.

use wasm_bindgen::JsValue;

use crate::{Error, options::Options};

/// An `Error` named `NijigenError` with the stable code as `.code`.
pub fn to_js(error: Error) -> JsValue {
    let js = js_sys::Error::new(&error.to_string());
    js.set_name("NijigenError");
    // Setting a property of a new object cannot fail.
    let _ = js_sys::Reflect::set(&js, &"code".into(), &error.code().into());
    js.into()
}

/// Reads the options; what is not named keeps its default.
pub fn options(json: &str) -> Result<Options, JsValue> {
    serde_json::from_str(json)
        .map_err(|e| to_js(Error::UnsupportedFormat(format!("These options cannot be used: {e}."))))
}
