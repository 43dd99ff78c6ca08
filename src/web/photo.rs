//! A photo, decoded, as JavaScript sees it.

use wasm_bindgen::prelude::*;

use super::{
    cache::text,
    interop::{options, to_js},
};
use crate::{
    fingerprint::{Fingerprint, drawn},
    options::{Format, Options},
    picture::{decode::decode_eighth, encode::encode_plain, resize},
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

    /// Of a large JPEG, at an eighth of its size: enough for [`Photo::fingerprint`] and [`Photo::thumbnail`], and had
    /// in a fraction of the time. Nothing for other photos.
    pub fn glimpse(file: &[u8], options_json: &str) -> Result<Option<Photo>, JsValue> {
        let small = decode_eighth(file, &options(options_json)?.limits).map_err(to_js)?;
        Ok(small.map(|picture| Photo(picture.into())))
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
        let small = resize::thumbnail(self.0.picture(), THUMBNAIL).map_err(to_js)?;
        let options = Options { format: Format::Jpeg, quality: 80, ..Options::default() };
        encode_plain(&small, &options).map_err(to_js)
    }
}
