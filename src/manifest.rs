//! `models/manifest.json`: which generators there are and how each one wants its pixels.

use serde::Deserialize;

use crate::{
    Error, Result,
    checksum::{hex, sha256},
};

/// The values of black and of white.
pub type Range = [f32; 2];

/// One generator of the manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Entry {
    /// Unique name, such as `meadow-fast`.
    pub id: String,
    /// The look: `meadow`, `skyline`, `carnival`, `portrait`, or the name of a user's own model.
    pub style: String,
    /// How much work it does.
    pub tier: Tier,
    /// File name, beside the manifest.
    pub file: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Order of the tensor's axes.
    pub layout: Layout,
    /// The values that stand for black and white.
    pub range: Range,
    /// Those of the output, where they are others.
    #[serde(default)]
    pub output_range: Option<Range>,
    /// Sides of the tensor must be multiples of this, in pixels.
    pub multiple: u32,
    /// How far an output pixel sees.
    pub receptive_field: ReceptiveField,
    /// How much of the photo's fine structure that the generator lost comes back, 0 to 1
    /// ([`detail`](crate::picture::detail)).
    #[serde(default)]
    pub detail: f32,
    /// SPDX expression of the weights' licence.
    pub licence: String,
    /// Version of the weights.
    pub version: String,
}

/// The two sizes of generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The lean architecture: convolutions without normalisation.
    Fast,
    /// The same with more layers.
    Fine,
}

/// Order of an image tensor's axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Layout {
    /// `N×C×H×W`: planes.
    Nchw,
    /// `N×H×W×C`: interleaved.
    Nhwc,
}

/// The side, in pixels, of the input square that one output pixel depends on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum ReceptiveField {
    /// Bounded: the picture can be converted in overlapping tiles.
    Pixels(u32),
    /// `"global"`: every pixel depends on the whole picture.
    Global(String),
}

/// Reads the list of `models/manifest.json`.
///
/// # Errors
/// [`Error::BadModel`] when it is not valid.
pub fn parse(json: &str) -> Result<Vec<Entry>> {
    serde_json::from_str(json).map_err(|e| Error::BadModel(format!("the manifest is not valid ({e})")))
}

impl Entry {
    /// Reads one object of the list.
    ///
    /// # Errors
    /// [`Error::BadModel`] when it is not valid.
    pub fn from_json(json: &str) -> Result<Entry> {
        serde_json::from_str(json).map_err(|e| Error::BadModel(format!("its manifest entry is not valid ({e})")))
    }

    /// What is assumed of a user's own ONNX file: what the official AnimeGANv2 exports want.
    /// The layout is read from the file.
    pub fn for_user_model(name: &str, model: &[u8], layout: Layout) -> Entry {
        Entry {
            id: name.to_owned(),
            style: name.to_owned(),
            tier: Tier::Fine,
            file: name.to_owned(),
            bytes: model.len() as u64,
            sha256: hex(&sha256(model)),
            layout,
            range: [-1., 1.],
            output_range: None,
            multiple: 32,
            receptive_field: ReceptiveField::Global("global".into()),
            detail: 0.,
            licence: "unknown".into(),
            version: "unknown".into(),
        }
    }

    /// Checks that `model` is the file this entry speaks of.
    ///
    /// # Errors
    /// [`Error::BadModel`] when size or checksum differ: an incomplete download, mostly.
    pub fn verify(&self, model: &[u8]) -> Result<()> {
        if model.len() as u64 != self.bytes {
            return Err(Error::BadModel(format!("{} has {} bytes instead of {}", self.file, model.len(), self.bytes)));
        }
        if hex(&sha256(model)) != self.sha256 {
            return Err(Error::BadModel(format!("{} is not the published file (its SHA-256 differs)", self.file)));
        }
        Ok(())
    }
}
