//! Photos become anime: an AnimeGANv2 generator run by tract, natively and in the browser.
//!
//! The core is synchronous and pure. [`pipeline::prepare`] turns a file's bytes into pixels,
//! [`pipeline::Rendering`] turns the pixels into anime one operator at a time, and
//! [`picture::encode`] gives bytes again. Waiting, storing and printing are left to the shells: the
//! bindings in `web` for a browser's worker, and the command-line program.
#![deny(unsafe_code, clippy::unwrap_used, clippy::expect_used)]
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cache;
pub mod checksum;
pub mod error;
pub mod fingerprint;
pub mod generator;
pub mod lookup;
pub mod manifest;
#[cfg(any(test, target_arch = "wasm32"))]
mod objects;
pub mod options;
#[cfg(any(test, target_arch = "wasm32"))]
mod pages;
pub mod picture;
pub mod pipeline;
#[cfg(test)]
mod types;
#[cfg(target_arch = "wasm32")]
mod web;

pub use error::{Error, Result};
pub use options::Options;
pub use picture::Picture;
