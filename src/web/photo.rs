//! A photo, decoded, as JavaScript sees it.

use wasm_bindgen::prelude::*;

use super::{
    cache::text,
    interop::{options, to_js},
};
use crate::{
    fingerprint::{Fingerprint, drawn},
    options::{Format, Options},
    picture::{encode::encode_plain, resize},
    pipeline::{self, Prepared},
};

/// Sides of the small copy that the list of cached pictures shows.
const THUMBNAIL: u32 = 160;

/// A photo that is decoded, upright, and within the limits.
#[wasm_bindgen]
pub struct Photo(pub(super) Prepared);

#[wasm_bindgen]
impl Photo {
    /// Of a file.
    pub fn decode(file: &[u8], options_json: &str) -> Result<Photo, JsValue> {
        pipeline::prepare(file, &options(options_json)?.limits).map(Photo).map_err(to_js)
    }

    /// Of pixels that the browser decoded: sRGB, RGBA, straight alpha, upright.
    pub fn of_pixels(rgba: Vec<u8>, width: u32, height: u32, options_json: &str) -> Result<Photo, JsValue> {
        let limits = options(options_json)?.limits;
        pipeline::prepare_pixels(rgba, width, height, &limits).map(Photo).map_err(to_js)
    }

    /// What the cache compares photos by, as JSON.
    pub fn fingerprint(&self) -> String {
        text(&Fingerprint::new(self.0.picture()))
    }

    /// Whether it looks drawn rather than photographed.
    pub fn is_drawn(&self) -> Result<bool, JsValue> {
        drawn::is_drawn(self.0.picture()).map_err(to_js)
    }

    /// A small JPEG of it.
    pub fn thumbnail(&self) -> Result<Vec<u8>, JsValue> {
        let picture = self.0.picture();
        let (width, height) = resize::fit(picture.width(), picture.height(), THUMBNAIL, THUMBNAIL);
        let small = resize::resize(picture.clone(), width, height).map_err(to_js)?;
        let options = Options { format: Format::Jpeg, quality: 80, ..Options::default() };
        encode_plain(&small, &options).map_err(to_js)
    }
}
