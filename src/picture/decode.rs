//! A file's bytes become upright sRGB pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, metadata::Orientation};

use super::{Picture, colour, truncated};
use crate::{Error, Result, options::Limits};

/// Decodes JPEG (grey, RGB, CMYK, YCCK), PNG, WebP, GIF (first frame), BMP and TIFF; applies the EXIF
/// orientation and the colour profile.
///
/// Sizes are checked before pixels are allocated.
///
/// # Errors
/// [`Error::UnsupportedFormat`], [`Error::TooLarge`], [`Error::TooSmall`], [`Error::CorruptImage`] or
/// [`Error::OutOfMemory`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture> {
    check_size(bytes.len() as u64, limits)?;
    let format = recognise(bytes)?;
    if format == ImageFormat::Jpeg && truncated::jpeg_ends_early(bytes) {
        return Err(Error::CorruptImage("the file ends before the picture does".into()));
    }
    // Decoders multiply the sides when they are made, which overflows in wasm's 32 bits; so look first.
    if let Ok(size) = imagesize::blob_size(bytes) {
        check_pixels(clamp(size.width), clamp(size.height), limits)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Only headers are read here, and the sentence about a picture that is too large is ours.
    reader.no_limits();
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    // The decoder's own bookkeeping is bounded by what the pixels may take.
    let mut decoder_limits = image::Limits::default();
    decoder_limits.max_alloc = Some(limits.max_pixels.saturating_mul(16));
    decoder.set_limits(decoder_limits).map_err(explain)?;

    let profile = decoder.icc_profile().unwrap_or_default();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut rgba = DynamicImage::ImageRgba8(DynamicImage::from_decoder(decoder).map_err(explain)?.into_rgba8());
    rgba.apply_orientation(orientation);
    let mut rgba = rgba.into_rgba8();
    if let Some(profile) = profile {
        colour::to_srgb(&mut rgba, &profile)?;
    }
    let (width, height) = rgba.dimensions();
    Picture::new(width, height, rgba.into_raw())
}

/// Refuses a file without bytes, or over the limit.
///
/// # Errors
/// [`Error::CorruptImage`] or [`Error::TooLarge`].
pub fn check_size(bytes: u64, limits: &Limits) -> Result<()> {
    if bytes == 0 {
        return Err(Error::CorruptImage("the file is empty".into()));
    }
    if bytes > limits.max_bytes {
        return Err(Error::TooLarge(format!(
            "The file has {:.1} MB; the limit is {:.1} MB. Save it smaller first.",
            bytes as f64 / 1e6,
            limits.max_bytes as f64 / 1e6
        )));
    }
    Ok(())
}

/// Refuses sides that are over the limit or too small; no pixel is allocated yet.
///
/// # Errors
/// [`Error::TooLarge`] or [`Error::TooSmall`].
pub fn check_pixels(width: u32, height: u32, limits: &Limits) -> Result<()> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.max_pixels {
        return Err(Error::TooLarge(format!(
            "The picture has {width}×{height} pixels, {:.0} megapixels; the limit is {:.0}. Scale it down first.",
            pixels as f64 / 1e6,
            limits.max_pixels as f64 / 1e6
        )));
    }
    if width < Picture::MIN_SIDE || height < Picture::MIN_SIDE {
        return Err(Error::TooSmall { width, height, min: Picture::MIN_SIDE });
    }
    Ok(())
}

fn clamp(side: usize) -> u32 {
    side.try_into().unwrap_or(u32::MAX)
}

/// The format by content; names and media types lie.
fn recognise(bytes: &[u8]) -> Result<ImageFormat> {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let readable = "Nijigen reads JPEG, PNG, WebP, GIF, BMP and TIFF";
    match image::guess_format(bytes) {
        Ok(format @ (Jpeg | Png | WebP | Gif | Bmp | Tiff)) => Ok(format),
        Ok(other) => Err(Error::UnsupportedFormat(format!(
            "{readable}; this file is {}.",
            other.extensions_str().first().map_or("another format".into(), |e| e.to_uppercase())
        ))),
        Err(_) => Err(Error::UnsupportedFormat(format!("This file is not a picture that can be read: {readable}."))),
    }
}

/// Says in our words what the image crate found.
fn explain(error: ImageError) -> Error {
    match error {
        ImageError::Unsupported(e) => Error::UnsupportedFormat(format!("This kind of picture cannot be read: {e}.")),
        ImageError::Limits(e) => match e.kind() {
            image::error::LimitErrorKind::InsufficientMemory => {
                Error::TooLarge("The picture needs more memory to decode than its limit allows.".into())
            }
            _ => Error::TooLarge("The picture has more pixels than the limit allows.".into()),
        },
        other => Error::CorruptImage(other.to_string().trim_end_matches('.').to_owned()),
    }
}
