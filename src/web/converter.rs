//! The engine as JavaScript sees it.

use wasm_bindgen::prelude::*;

use super::{
    cache::text,
    interop::{options, to_js},
    memory::within,
    photo::Photo,
};
use crate::{
    Picture, cache::Key, manifest::Entry, options::Options, picture::drawing, picture::encode::encode, pipeline,
};

/// Bytes of memory that reading a stranger's model may take, and how many times its file's size.
const STRANGERS: (usize, usize) = (1 << 29, 16);

/// One generator, ready to run.
#[wasm_bindgen]
pub struct Engine(pipeline::Engine);

#[wasm_bindgen]
impl Engine {
    /// Takes one object of `models/manifest.json` and the bytes of its file.
    #[wasm_bindgen(constructor)]
    pub fn new(entry_json: &str, model: &[u8]) -> Result<Engine, JsValue> {
        let entry = Entry::from_json(entry_json).map_err(to_js)?;
        pipeline::Engine::new(entry, model).map(Engine).map_err(to_js)
    }

    /// Takes the bytes of a user's own ONNX file; `range` holds the values of black and white, or nothing
    /// when they shall be guessed. A file that asks for far more memory than its own size ends in a failed allocation.
    pub fn of_user(name: &str, model: &[u8], range: &[f32]) -> Result<Engine, JsValue> {
        let (least, times) = STRANGERS;
        let most = model.len().saturating_mul(times).saturating_add(least);
        let engine = within(most, || pipeline::Engine::for_user_model(name, model, range.try_into().ok()));
        engine.map(Engine).map_err(to_js)
    }

    /// What this generator makes with these options, as the cache's key in JSON.
    pub fn cache_key(&self, options_json: &str) -> Result<String, JsValue> {
        Ok(text(&Key::new(self.0.entry(), &options(options_json)?)))
    }

    /// Begins to convert a photo.
    pub fn begin(&mut self, photo: Photo, options_json: &str) -> Result<Conversion, JsValue> {
        let options = options(options_json)?;
        let rendering = self.0.begin(photo.0, &options).map_err(to_js)?;
        Ok(Conversion { rendering, options })
    }
}

/// A conversion under way; `free()` cancels it.
#[wasm_bindgen]
pub struct Conversion {
    rendering: pipeline::Rendering,
    options: Options,
}

#[wasm_bindgen]
impl Conversion {
    /// Runs operators, at least one, until `budget_ms` have passed; true once inference is done.
    pub fn step(&mut self, budget_ms: f64) -> Result<bool, JsValue> {
        let end = js_sys::Date::now() + budget_ms;
        loop {
            let done = self.rendering.step().map_err(to_js)?;
            if done || js_sys::Date::now() >= end {
                return Ok(done);
            }
        }
    }

    /// Share of the generator's multiply-adds done, 0 to 1.
    #[wasm_bindgen(getter)]
    pub fn progress(&self) -> f32 {
        self.rendering.progress()
    }

    /// The finished file.
    pub fn finish(self) -> Result<Converted, JsValue> {
        converted(self.rendering.finish().map_err(to_js)?, &self.options)
    }

    /// What was drawn, from which files can be made with other choices; begun with `revisable`.
    pub fn drawing(self) -> Result<Drawing, JsValue> {
        self.rendering.drawing().map(Drawing).map_err(to_js)
    }
}

/// What a generator drew, and the photo beside it.
#[wasm_bindgen]
pub struct Drawing(drawing::Drawing);

#[wasm_bindgen]
impl Drawing {
    /// A file with the options' strength, mark, format and quality.
    pub fn encode(&self, options_json: &str) -> Result<Converted, JsValue> {
        let options = options(options_json)?;
        converted(self.0.clone().at(options.strength), &options)
    }

    /// Bytes of memory held.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

fn converted(picture: Picture, options: &Options) -> Result<Converted, JsValue> {
    let (width, height) = (picture.width(), picture.height());
    let bytes = encode(picture, options).map_err(to_js)?;
    Ok(Converted { bytes, mime: options.format.mime(), width, height })
}

/// A finished file.
#[wasm_bindgen]
pub struct Converted {
    bytes: Vec<u8>,
    mime: &'static str,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

#[wasm_bindgen]
impl Converted {
    /// The file's bytes; they are handed over, so a second call gives none.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Media type of the file.
    #[wasm_bindgen(getter)]
    pub fn mime(&self) -> String {
        self.mime.to_owned()
    }
}
