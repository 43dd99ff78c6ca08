//! A file's bytes become upright sRGB pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbaImage, metadata::Orientation};

use super::{Picture, colour, eighth, truncated};
use crate::{Error, Result, options::Limits};

/// What a decoder may allocate besides the pixels, in bytes: large colour profiles have a few MB.
const METADATA: u64 = 64 << 20;
/// The shorter side in pixels from which an eighth is enough for a fingerprint: two pixels for each part of a sketch.
const LARGE: u32 = 1024;

/// Decodes JPEG (grey, RGB, CMYK, YCCK), PNG, WebP, GIF (first frame), BMP and TIFF; applies the EXIF
/// orientation and the colour profile.
///
/// Sizes are checked before pixels are allocated.
///
/// # Errors
/// [`Error::UnsupportedFormat`], [`Error::TooLarge`], [`Error::TooSmall`], [`Error::CorruptImage`] or
/// [`Error::OutOfMemory`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture> {
    let (_, mut decoder) = open(bytes, limits)?;
    let (profile, orientation) = arrangement(&mut decoder);
    let pixels = DynamicImage::from_decoder(decoder).map_err(explain)?.into_rgba8();
    upright(pixels, profile, orientation)
}

/// Shows a large JPEG at an eighth of its size, each pixel the mean of 8×8, in a fifth of the time that [`decode`]
/// takes; `None` for all other pictures. What a [`crate::fingerprint`] is made of.
///
/// # Errors
/// As [`decode`], save that damage in the picture's data may go unseen.
pub fn decode_eighth(bytes: &[u8], limits: &Limits) -> Result<Option<Picture>> {
    let (format, mut decoder) = open(bytes, limits)?;
    let (width, height) = decoder.dimensions();
    if format != ImageFormat::Jpeg || width.min(height) < LARGE {
        return Ok(None);
    }
    let Some((width, height, rgba)) = eighth::eighth(bytes) else { return Ok(None) };
    let Some(pixels) = RgbaImage::from_raw(width, height, rgba) else { return Ok(None) };
    let (profile, orientation) = arrangement(&mut decoder);
    upright(pixels, profile, orientation).map(Some)
}

/// A decoder that has read the headers, after all that can be refused is.
fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(ImageFormat, impl ImageDecoder + use<'a>)> {
    check_size(bytes.len() as u64, limits)?;
    let format = recognise(bytes)?;
    if format == ImageFormat::Jpeg && truncated::jpeg_ends_early(bytes) {
        return Err(Error::CorruptImage("the file ends before the picture does".into()));
    }
    check_header(bytes, limits)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Metadata can be a bomb too: a colour profile inflates while the headers are read.
    reader.limits(allocations(METADATA));
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    // At most four channels of four bytes each.
    decoder.set_limits(allocations(u64::from(width) * u64::from(height) * 16 + METADATA)).map_err(explain)?;
    Ok((format, decoder))
}

/// What has to be done to a picture's colours and sides.
fn arrangement(decoder: &mut impl ImageDecoder) -> (Option<Vec<u8>>, Orientation) {
    let profile = decoder.icc_profile().unwrap_or_default();
    (profile, decoder.orientation().unwrap_or(Orientation::NoTransforms))
}

fn upright(pixels: RgbaImage, profile: Option<Vec<u8>>, orientation: Orientation) -> Result<Picture> {
    let mut rgba = DynamicImage::ImageRgba8(pixels);
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

/// Looks at the sides before a decoder is made: that multiplies them, which overflows in wasm's 32 bits.
fn check_header(bytes: &[u8], limits: &Limits) -> Result<()> {
    let Ok(size) = imagesize::blob_size(bytes) else { return Ok(()) };
    // No format has sides of 32 bits; such a header is damaged, and the decoder says how.
    let (Ok(width), Ok(height)) = (i32::try_from(size.width), i32::try_from(size.height)) else { return Ok(()) };
    check_pixels(width.unsigned_abs(), height.unsigned_abs(), limits)?;
    // Decoded pixels, the same as RGBA, and turned upright: better to refuse than to fail half-way.
    reserve(u64::from(width.unsigned_abs()) * u64::from(height.unsigned_abs()) * 12)
}

/// Whether this many bytes could be had.
fn reserve(bytes: u64) -> Result<()> {
    let bytes = usize::try_from(bytes).map_err(|_| Error::OutOfMemory)?;
    Ok(Vec::<u8>::new().try_reserve_exact(bytes)?)
}

fn allocations(bytes: u64) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
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
        Err(_) if is_heic(bytes) => Err(Error::UnsupportedFormat(format!(
            "{readable}; this file is HEIC, as iPhones save photos. Export it as JPEG, or convert it in Safari."
        ))),
        Err(_) => Err(Error::UnsupportedFormat(format!("This file is not a picture that can be read: {readable}."))),
    }
}

/// An ISO base media file with one of HEIF's brands (ISO/IEC 23008-12, annex B.4).
fn is_heic(bytes: &[u8]) -> bool {
    let brand = bytes.get(4..8).filter(|kind| *kind == b"ftyp").and_then(|_| bytes.get(8..12));
    brand.is_some_and(|brand| {
        [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"].iter().any(|b| *b == brand)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_cannot_be_had_is_an_error() {
        assert_eq!(reserve(u64::MAX), Err(Error::OutOfMemory));
        assert_eq!(reserve(1000), Ok(()));
    }

    #[test]
    fn an_iphones_photo_is_named() {
        let error = decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-format");
        assert!(error.to_string().contains("HEIC"), "{error}");
    }
}
