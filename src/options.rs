//! What a caller may choose: what decoding, drawing and finishing need, each apart. Every default and range is in its
//! field's doc line.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// The sides a result may be limited to, in pixels.
pub const MAX_SIDE_RANGE: RangeInclusive<u32> = 256..=16384;
/// How much of a drawing may show; so it is with all shares.
pub const STRENGTH_RANGE: RangeInclusive<f32> = 0. ..=1.;
/// The qualities of a lossy file.
pub const QUALITY_RANGE: RangeInclusive<u8> = 1..=100;

/// All choices for one photo: each part goes where it is needed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// For decoding.
    pub limits: Limits,
    /// For what is decoded.
    pub framing: Framing,
    /// For the generator.
    pub draw: Draw,
    /// For the file.
    pub finish: Finish,
}

// What the fields of these say is also what programmers read in their editors: `types.rs` makes TypeScript of them.

/// What is refused before any pixel is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Limits {
    /// Largest file taken, in bytes; default 128 MiB.
    pub max_bytes: u64,
    /// Largest photo taken, in pixels; default 64 000 000, or 16 000 000 for each GB of memory that the browser says the
    /// device has, where that is more. A JPEG may have eight times as many where `maxSide` makes so little of it that it is
    /// decoded smaller.
    pub max_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 128 << 20, max_pixels: 64_000_000 }
    }
}

/// What of an upright photo is drawn (see [`crate::picture::framing`]).
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Framing {
    /// Turns the photo clockwise, in degrees; default 0.
    pub rotate: Rotation,
    /// Lets left and right change places, once it is turned; default false.
    pub mirror: bool,
    /// Draws only a part of what is turned and mirrored; default all.
    #[cfg_attr(test, ts(optional))]
    pub crop: Option<Crop>,
}

/// Quarters of a turn, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "u16")]
#[cfg_attr(test, derive(ts_rs::TS), ts(type = "0 | 90 | 180 | 270"))]
pub enum Rotation {
    /// As it is.
    #[default]
    None,
    /// 90°: what was on the left is above.
    Right,
    /// 180°: upside down.
    Half,
    /// 270°: what was on the right is above.
    Left,
}

impl Rotation {
    /// All that there are, in degrees.
    pub const DEGREES: [u16; 4] = [0, 90, 180, 270];
}

impl TryFrom<u16> for Rotation {
    type Error = &'static str;

    fn try_from(degrees: u16) -> Result<Rotation, Self::Error> {
        match degrees {
            0 => Ok(Rotation::None),
            90 => Ok(Rotation::Right),
            180 => Ok(Rotation::Half),
            270 => Ok(Rotation::Left),
            _ => Err("rotate must be 0, 90, 180 or 270"),
        }
    }
}

/// A part of a picture, in shares of its sides, 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Crop {
    /// From the left edge.
    pub left: f64,
    /// From the top.
    pub top: f64,
    /// Of the width.
    pub width: f64,
    /// Of the height.
    pub height: f64,
}

/// How a photo is drawn.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Draw {
    /// Longer side in pixels of what the generator draws, 256–16384, rounded; default 1024. Smaller photos are not
    /// enlarged. Only ours, which work in tiles, go beyond 2048.
    pub max_side: u32,
    /// The result gets the photo's own size; detail finer than `maxSide` is taken from the photo. Default false.
    pub full_size: bool,
    /// The photo is kept beside the drawing, so that they can be blended anew. Default false: only where the strength
    /// needs it.
    pub revisable: bool,
    /// What it is drawn on: decides how much is drawn at once, and leaves the result as it is. Default: nothing is known.
    pub device: Device,
}

impl Default for Draw {
    fn default() -> Self {
        Draw { max_side: 1024, full_size: false, revisable: false, device: Device::default() }
    }
}

/// What is known of a device.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Device {
    /// GiB of memory, as far as it says. Default: not known.
    pub memory: Option<f32>,
    /// Whether it is a phone or the like, where a page that takes much memory is ended. Default: false.
    pub mobile: bool,
}

/// What file is made of a drawing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Finish {
    /// How much of the drawing shows over the photo, 0–1; at 0 it is the photo, without any mark. Default 1.
    pub strength: f32,
    /// Default `png`.
    pub format: Format,
    /// 1–100, rounded, of `jpeg`, default 90, and of `webp`, which is lossless without it, at 100, and where the browser
    /// has no encoder of its own.
    pub quality: u8,
    /// Language of the small mark in the corner that says how the picture was made; `null` leaves it out. Default `en`.
    pub label: Option<Language>,
    /// Shows the photo beside the drawing, or each on its side of a line; default the drawing alone.
    #[cfg_attr(test, ts(optional))]
    pub comparison: Option<Comparison>,
    /// Where the line is in a divided picture, as a share of its width, 0–1; default 0.5.
    pub split: f32,
}

impl Finish {
    /// Whether anything of the photo shows, over the drawing or beside it.
    pub fn shows_photo(&self) -> bool {
        self.strength < 1. || self.comparison.is_some()
    }
}

impl Default for Finish {
    fn default() -> Self {
        Finish {
            strength: 1.,
            format: Format::Png,
            quality: 90,
            label: Some(Language::En),
            comparison: None,
            split: 0.5,
        }
    }
}

/// How a result shows both the photo and the drawing (see [`crate::picture::comparison`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Comparison {
    /// The photo left, the drawing right, both whole.
    SideBySide,
    /// One picture: the photo left of a line, the drawing right of it.
    Divided,
}

/// File format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "OutputFormat"))]
pub enum Format {
    /// Lossless, with alpha.
    Png,
    /// Lossy, without alpha: transparent parts become white.
    Jpeg,
    /// Lossless WebP, with alpha.
    Webp,
}

impl Format {
    /// The media type, such as `image/png`.
    pub fn mime(self) -> &'static str {
        match self {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::Webp => "image/webp",
        }
    }
}

/// A language that the mark is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Language {
    /// English: AI generated.
    En,
    /// Chinese: AI生成.
    Zh,
    /// Japanese: AI生成画像.
    Ja,
}
