//! What a caller may choose. Every default is in its field's doc line.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// The sides a result may be limited to, in pixels.
pub const MAX_SIDE_RANGE: RangeInclusive<u32> = 256..=2048;

/// How a photo is converted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Longer side of the result in pixels, brought into [`MAX_SIDE_RANGE`]; smaller photos are not
    /// enlarged. Default: 1024.
    pub max_side: u32,
    /// File format of the result. Default: PNG.
    pub format: Format,
    /// Quality of a JPEG result, 1 to 100. Default: 90.
    pub quality: u8,
    /// What is refused before any pixel is allocated.
    #[serde(flatten)]
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_side: 1024, format: Format::Png, quality: 90, limits: Limits::default() }
    }
}

/// Limits on what is read, checked before pixels are allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// Bytes of the file. Default: 32 MiB.
    pub max_bytes: u64,
    /// Width × height. Default: 64 megapixels.
    pub max_pixels: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 32 << 20, max_pixels: 64_000_000 }
    }
}

/// File format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
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
