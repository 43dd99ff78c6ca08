//! What a caller may choose. Every default is in its field's doc line.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// The sides a result may be limited to, in pixels.
pub const MAX_SIDE_RANGE: RangeInclusive<u32> = 256..=16384;

/// How a photo is converted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Longer side in pixels of what the generator draws, brought into [`MAX_SIDE_RANGE`] and, for a
    /// generator that cannot work in tiles, under [`crate::pipeline::LARGEST_WHOLE`]; smaller photos are not enlarged.
    /// Default: 1024.
    pub max_side: u32,
    /// The result gets the photo's own size: detail that the generator did not see is taken from the
    /// photo (see [`crate::picture::transfer`]). Default: false, the result is as large as it was drawn.
    pub full_size: bool,
    /// How much of the drawing shows over the photo, 0 to 1 (see [`crate::picture::drawing`]). At 0 the result is the photo,
    /// resized, and not marked as a model's. Default: 1.
    pub strength: f32,
    /// The photo is kept beside the drawing, so that [`crate::picture::drawing::Drawing::at`] can blend them anew.
    /// Default: false, only where `strength` needs it.
    pub revisable: bool,
    /// File format of the result. Default: PNG.
    pub format: Format,
    /// Quality of a JPEG result, 1 to 100. Default: 90.
    pub quality: u8,
    /// Language of the mark in the corner (see [`crate::picture::label`]); `None`, in JavaScript `null`, leaves it out.
    /// Default: English.
    pub label: Option<Language>,
    /// What is refused before any pixel is allocated.
    #[serde(flatten)]
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_side: 1024,
            full_size: false,
            strength: 1.,
            revisable: false,
            format: Format::Png,
            quality: 90,
            label: Some(Language::En),
            limits: Limits::default(),
        }
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

/// A language that the mark is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English: AI generated.
    En,
    /// Chinese: AI生成.
    Zh,
    /// Japanese: AI生成画像.
    Ja,
}
