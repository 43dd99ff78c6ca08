//! The engine as JavaScript sees it.

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Blob};

use super::{
    interop::{blob, caught, entry, object, options, to_js},
    keys::key,
    memory::within,
    photo::Photo,
};
use crate::{
    Error, Picture,
    generator::{Generator, gpu, onnx::Sides, ranges::Ranges},
    options::Finish,
    picture::{drawing, encode::encode},
    pipeline::{self, Tile},
};

/// Bytes of memory that reading a stranger's model may take, and how many times its file's size.
const STRANGERS: (usize, usize) = (1 << 29, 16);
/// Bytes for each pixel that it may take to draw with it, somewhat more than AnimeGANv2 needs.
const DRAWN: usize = 1 << 10;

/// One generator, ready to run.
#[wasm_bindgen]
pub struct Engine(pipeline::Engine);

#[wasm_bindgen]
impl Engine {
    /// Takes one object of `models/manifest.json` and the bytes of its file.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(js_name = entry, unchecked_param_type = "object")] generator: &JsValue,
        model: &[u8],
    ) -> Result<Engine, JsValue> {
        pipeline::Engine::new(entry(generator)?, model).map(Engine).map_err(to_js)
    }

    /// Takes the bytes of a user's own ONNX file; `ranges` holds the values of black and white that it takes and those
    /// that it gives, or nothing when they shall be found out. A file that asks for far more memory than its own size ends in a failed allocation.
    pub fn of_user(name: &str, model: &[u8], ranges: &[f32]) -> Result<Engine, JsValue> {
        let (least, times) = STRANGERS;
        let most = model.len().saturating_mul(times).saturating_add(least);
        let ranges = match *ranges {
            [a, b, c, d] => Some(Ranges { input: [a, b], output: [c, d] }),
            _ => None,
        };
        let generator = within(most, || Generator::load(model)).map_err(to_js)?;
        // A picture of that size may be drawn to find out what the model takes.
        let drawn = match generator.model().sides {
            Sides::Fixed { width, height } => DRAWN.saturating_mul(width as usize).saturating_mul(height as usize),
            Sides::Dynamic => 0,
        };
        let of_user = || pipeline::Engine::of_user(name, model, generator, ranges);
        within(most.saturating_add(drawn), of_user).map(Engine).map_err(to_js)
    }

    /// What this generator makes with these options, as the cache's key.
    pub fn cache_key(
        &self,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<String, JsValue> {
        key(self.0.entry(), chosen)
    }

    /// Begins to convert a photo.
    pub fn begin(
        &mut self,
        photo: Photo,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Conversion, JsValue> {
        let options = options(chosen)?;
        let rendering = self.0.begin(photo.0, &options).map_err(to_js)?;
        Ok(Conversion { rendering, finish: options.finish })
    }

    /// The same for a GPU: what `tile` gives is to be drawn, and `put` takes it. `step` goes on without one.
    pub fn lay_out(
        &self,
        photo: Photo,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Conversion, JsValue> {
        let options = options(chosen)?;
        let rendering = self.0.lay_out(photo.0, &options).map_err(to_js)?;
        Ok(Conversion { rendering, finish: options.finish })
    }

    /// How a photo will be cut: width and height of its first tile, the longer side of the whole picture as far as the
    /// generator has to know it, and how many tiles there are.
    pub fn tiles(
        &self,
        photo: &Photo,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Vec<u32>, JsValue> {
        Ok(self.0.tiles(&photo.0, &options(chosen)?).into())
    }

    /// The generator's steps at this size; nothing where a GPU cannot take all of them.
    pub fn program(&self, width: u32, height: u32, side: u32) -> Result<Option<Program>, JsValue> {
        Ok(self.0.program(width, height, side).map_err(to_js)?.map(Program::from))
    }
}

/// A generator as a list of steps.
#[wasm_bindgen]
pub struct Program(gpu::Program);

impl From<gpu::Program> for Program {
    fn from(program: gpu::Program) -> Program {
        Program(program)
    }
}

#[wasm_bindgen]
impl Program {
    /// The list.
    #[wasm_bindgen(getter, unchecked_return_type = "GpuProgram")]
    pub fn steps(&self) -> JsValue {
        object(&self.0)
    }

    /// What the first buffer holds; handed over, so a second call gives nothing.
    #[wasm_bindgen(unchecked_return_type = "Uint32Array<ArrayBuffer>")]
    pub fn take_constants(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.0.constants)
    }
}

/// The values of a tile that a generator takes.
#[wasm_bindgen]
pub struct ConversionTile {
    values: Vec<f32>,
    /// In pixels.
    #[wasm_bindgen(readonly)]
    pub width: u32,
    /// In pixels.
    #[wasm_bindgen(readonly)]
    pub height: u32,
    /// Longer side of the whole picture in pixels, where the generator has to know it.
    #[wasm_bindgen(readonly)]
    pub side: u32,
    /// Its share of the whole work, 0 to 1.
    #[wasm_bindgen(readonly)]
    pub share: f32,
}

#[wasm_bindgen]
impl ConversionTile {
    /// Handed over, so a second call gives nothing.
    #[wasm_bindgen(unchecked_return_type = "Float32Array<ArrayBuffer>")]
    pub fn take_values(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.values)
    }
}

/// A conversion under way; `free()` cancels it.
#[wasm_bindgen]
pub struct Conversion {
    rendering: pipeline::Rendering,
    finish: Finish,
}

#[wasm_bindgen]
impl Conversion {
    /// Runs operators, or at least some rows of one, until `budget_ms` have passed; true once inference is done.
    pub fn step(&mut self, budget_ms: f64) -> Result<bool, JsValue> {
        let end = js_sys::Date::now() + budget_ms;
        loop {
            let done = self.rendering.step().map_err(to_js)?;
            if done || js_sys::Date::now() >= end {
                return Ok(done);
            }
        }
    }

    /// The same until inference is done, letting the event loop turn in between: `pause` gives a promise of that, `tell` hears
    /// the share that is done. Fails with `cancelled` once `signal` is aborted.
    pub async fn run(
        &mut self,
        budget_ms: f64,
        signal: AbortSignal,
        #[wasm_bindgen(unchecked_param_type = "() => Promise<void>")] pause: Function,
        #[wasm_bindgen(unchecked_param_type = "(share: number) => void")] tell: Function,
    ) -> Result<(), JsValue> {
        let steps = async {
            loop {
                tell.call1(&JsValue::UNDEFINED, &self.progress().into())?;
                JsFuture::from(Promise::resolve(&pause.call0(&JsValue::UNDEFINED)?)).await?;
                if signal.aborted() {
                    return Err(to_js(Error::Cancelled));
                }
                if self.step(budget_ms)? {
                    return Ok(());
                }
            }
        };
        caught(steps).await
    }

    /// The tile to be drawn next; nothing once all are.
    pub fn tile(&mut self) -> Result<Option<ConversionTile>, JsValue> {
        if self.rendering.is_drawn() {
            return Ok(None);
        }
        let Tile { values, width, height, side, share } = self.rendering.tile().map_err(to_js)?;
        Ok(Some(ConversionTile { values, width, height, side, share }))
    }

    /// Takes what was made of that tile; true once inference is done.
    pub fn put(&mut self, values: &[f32]) -> Result<bool, JsValue> {
        self.rendering.put(values).map_err(to_js)
    }

    /// How far what two drew lies apart, 0 to 255.
    pub fn difference(&self, other: &Conversion) -> Result<f64, JsValue> {
        self.rendering.difference(&other.rendering).map_err(to_js)
    }

    /// Share of the generator's multiply-adds done, 0 to 1.
    #[wasm_bindgen(getter)]
    pub fn progress(&self) -> f32 {
        self.rendering.progress()
    }

    /// The finished file.
    pub fn finish(self) -> Result<Converted, JsValue> {
        converted(self.rendering.finish().map_err(to_js)?, &self.finish)
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
    /// A file of this strength, mark, format and quality, beside the photo where they say so.
    pub fn encode(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Partial<Finish>")] finish: &JsValue,
    ) -> Result<Converted, JsValue> {
        let finish = options(finish)?.finish;
        converted(self.0.clone().finished(&finish), &finish)
    }

    /// Bytes of memory held.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

fn converted(picture: Picture, finish: &Finish) -> Result<Converted, JsValue> {
    let (width, height) = (picture.width(), picture.height());
    let bytes = encode(picture, finish).map_err(to_js)?;
    Ok(Converted { bytes, mime: finish.format.mime(), width, height })
}

/// A finished file.
#[wasm_bindgen]
pub struct Converted {
    bytes: Vec<u8>,
    mime: &'static str,
    /// Width in pixels.
    #[wasm_bindgen(readonly)]
    pub width: u32,
    /// Height in pixels.
    #[wasm_bindgen(readonly)]
    pub height: u32,
}

#[wasm_bindgen]
impl Converted {
    /// The file, with its media type.
    pub fn blob(self) -> Result<Blob, JsValue> {
        blob(&Uint8Array::from(&self.bytes[..]), self.mime)
    }
}
