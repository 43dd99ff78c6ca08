//! The core and the command line against fixtures, in one binary (linking tract takes a while).

mod any_photo;
mod bad_input;
mod command_line;
mod decode;
mod drawn;
mod fingerprint;
mod fuzz;
mod inputs;
mod kept;
mod listed;
mod metadata;
mod model;
mod model_ranges;
mod older_models;
mod parity;
mod pipeline;
mod results;
mod resume;
#[cfg(all(unix, feature = "redis"))]
#[allow(dead_code)]
mod servers;
#[cfg(all(unix, feature = "redis"))]
mod shared_cache;
mod tiles;
mod user_model;
mod worker;

use std::path::{Path, PathBuf};

use nijigen::{manifest, pipeline::Engine};
use serde::de::DeserializeOwned;

/// A file of this repository.
fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn read(relative: &str) -> Vec<u8> {
    std::fs::read(path(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
}

fn json<T: DeserializeOwned>(relative: &str) -> T {
    serde_json::from_slice(&read(relative)).unwrap_or_else(|e| panic!("{relative}: {e}"))
}

/// The shipped generator that is the default.
fn engine() -> Engine {
    let manifest = String::from_utf8(read("models/manifest.json")).unwrap();
    let entry = manifest::parse(&manifest).unwrap().into_iter().find(|e| e.id == "meadow-fast").unwrap();
    let model = read(&format!("models/{}", entry.file));
    Engine::new(entry, &model).unwrap()
}
