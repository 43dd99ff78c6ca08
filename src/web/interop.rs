//! Values that cross between Rust and JavaScript: plain objects, whose types `www/client/core.ts` has.

use std::{future::poll_fn, mem::ManuallyDrop, task::Poll};

use futures_util::FutureExt;
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag};

use crate::{Error, Options, manifest::Entry};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "import type { CacheMode, CacheSettings, Draw, Finish, Framing, GpuProgram, Limits, Listed, Step } from '../client/core.js';\n\
    import type { Answer, DatabaseHost, Photograph, Pictures } from './cache/types.js';\n\
    /** What is not named has its default. */\n\
    export type Choices = Readonly<Partial<Limits & Framing & Draw & Finish>>;";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Reflect)]
    fn apply(work: &mut dyn FnMut(), this: &JsValue, arguments: &Array) -> Result<JsValue, JsValue>;
}

/// Polls `work` under JavaScript's eyes: a trap in it is its error. Else it would be nobody's, and the promise would never
/// settle.
pub async fn caught<T>(work: impl Future<Output = Result<T, JsValue>>) -> Result<T, JsValue> {
    let mut work = ManuallyDrop::new(work.boxed_local());
    let settled = poll_fn(|context| {
        let mut polled = Poll::Pending;
        match apply(&mut || polled = work.poll_unpin(context), &JsValue::UNDEFINED, &Array::new()) {
            Ok(_) => polled.map(Ok),
            Err(trap) => Poll::Ready(Err(trap)),
        }
    });
    let settled = settled.await;
    if settled.is_ok() {
        // Not after a trap, which may have left the allocator locked.
        drop(ManuallyDrop::into_inner(work));
    }
    settled.flatten()
}

/// An `Error` named `NijigenError` with the stable code as `.code`.
pub fn to_js(error: Error) -> JsValue {
    coded(error.code(), &error.to_string())
}

/// The same of what goes wrong in the browser, in its own words.
pub fn internal(message: &str) -> JsValue {
    coded("internal", message)
}

fn coded(code: &str, message: &str) -> JsValue {
    let js = js_sys::Error::new(message);
    js.set_name("NijigenError");
    // Setting a property of a new object cannot fail.
    let _ = Reflect::set(&js, &"code".into(), &code.into());
    js.into()
}

/// Reads the options, each part of them out of the same object; what is not named keeps its default.
pub fn options(value: &JsValue) -> Result<Options, JsValue> {
    let json = json(value);
    fn part<T: DeserializeOwned>(json: &str) -> Result<T, JsValue> {
        serde_json::from_str(json)
            .map_err(|why| to_js(Error::UnsupportedFormat(format!("These options cannot be used: {why}."))))
    }
    Ok(Options { limits: part(&json)?, framing: part(&json)?, draw: part(&json)?, finish: part(&json)? })
}

/// Reads an object of the manifest.
pub fn entry(value: &JsValue) -> Result<Entry, JsValue> {
    Entry::from_json(&json(value)).map_err(to_js)
}

/// Reads what the worker's own code made.
pub fn parsed<T: DeserializeOwned>(value: &JsValue, what: &str) -> Result<T, JsValue> {
    read(value).map_err(|why| unreadable(what, &why))
}

/// The same of JSON that is kept as it is.
pub fn parsed_text<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, JsValue> {
    serde_json::from_str(json).map_err(|why| unreadable(what, &why))
}

fn unreadable(what: &str, why: &serde_json::Error) -> JsValue {
    to_js(Error::Internal(format!("the {what} cannot be read ({why})")))
}

/// By JSON: the manifest and the records need its reader anyway, and another one is another part of the download.
fn read<T: DeserializeOwned>(value: &JsValue) -> serde_json::Result<T> {
    serde_json::from_str(&json(value))
}

fn json(value: &JsValue) -> String {
    // Nothing, as for what JSON has no word for, is not valid either.
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// An object of what we made ourselves.
pub fn object(value: &impl Serialize) -> JsValue {
    js_sys::JSON::parse(&text(value)).unwrap_or_default()
}

/// A property, or undefined.
pub fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

/// An object of these properties.
pub fn object_of(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        // Setting a property of a new object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from(*name), value);
    }
    object
}

/// As JavaScript has numbers.
pub fn number(value: u64) -> JsValue {
    JsValue::from(value as f64)
}

/// What we made ourselves can be written.
pub fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A file of bytes that are JavaScript's: browsers make none of memory that threads share.
pub fn blob(bytes: &Uint8Array, mime: &str) -> Result<Blob, JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type(mime);
    Blob::new_with_u8_array_sequence_and_options(&Array::of1(bytes), &kind)
}
