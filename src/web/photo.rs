//! A photo, decoded, as JavaScript sees it.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::interop::{blob, options, text, to_js};
use crate::{
    options::{Finish, Format},
    picture::{encode::encode_plain, resize},
    pipeline::{self, Prepared},
};

/// Sides of the small copy that the list of cached pictures shows.
const THUMBNAIL: u32 = 160;

/// A photo that is decoded, upright, framed as the options say, and within the limits.
#[wasm_bindgen]
pub struct Photo(pub(super) Prepared);

#[wasm_bindgen]
impl Photo {
    /// Of a file.
    pub fn decode(
        file: &[u8],
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Photo, JsValue> {
        pipeline::prepare_for(file, &options(chosen)?).map(Photo).map_err(to_js)
    }

    /// Of a large JPEG, at an eighth of its size: enough for `fingerprint` and `thumbnail`, and had in a fraction of the
    /// time. Nothing for other photos.
    pub fn glimpse(
        file: &[u8],
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Option<Photo>, JsValue> {
        let options = options(chosen)?;
        let small = pipeline::glimpse(file, &options.limits, &options.framing).map_err(to_js)?;
        Ok(small.map(Photo))
    }

    /// Of pixels that the browser decoded: sRGB, RGBA, straight alpha, upright.
    pub fn of_pixels(
        rgba: Vec<u8>,
        width: u32,
        height: u32,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<Photo, JsValue> {
        let options = options(chosen)?;
        let photo = pipeline::prepare_pixels(rgba, width, height, &options.limits);
        photo.and_then(|photo| photo.framed(&options.framing)).map(Photo).map_err(to_js)
    }

    /// What the cache compares photos by, for what the options make of them, as JSON.
    pub fn fingerprint(
        &self,
        #[wasm_bindgen(js_name = options, unchecked_param_type = "Choices")] chosen: &JsValue,
    ) -> Result<String, JsValue> {
        Ok(text(&self.0.fingerprint(&options(chosen)?.draw)))
    }

    /// Whether it looks drawn rather than photographed.
    pub fn is_drawn(&self) -> Result<bool, JsValue> {
        self.0.is_drawn().map_err(to_js)
    }

    /// A small JPEG of it.
    pub fn thumbnail(&self) -> Result<Blob, JsValue> {
        let small = resize::thumbnail(self.0.picture(), THUMBNAIL).map_err(to_js)?;
        let finish = Finish { format: Format::Jpeg, quality: 80, ..Finish::default() };
        let file = encode_plain(&small, &finish).map_err(to_js)?;
        blob(&Uint8Array::from(&file[..]), finish.format.mime())
    }
}
