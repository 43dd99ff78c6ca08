//! A file's bytes become upright sRGB pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbaImage, metadata::Orientation};

use super::{
    Picture, colour, dc_image,
    jpeg::{self, Decoded, Outline},
    limits::{camera_raw, check_pixels, check_size, reserve},
    mend, png, tiff,
};
use crate::{Error, Result, options::Limits};

/// What a decoder may allocate besides the pixels, in bytes: large colour profiles have a few MB.
const METADATA: u64 = 64 << 20;
/// The shorter side in pixels from which an eighth is enough for a fingerprint: two pixels for each part of a sketch.
pub const LARGE: u32 = 1024;
/// JPEGs of more pixels are decoded smaller where that is enough: what phones take in their largest modes.
pub const REDUCED: u64 = 32_000_000;
/// How many times as many pixels a side, as a fraction, a smaller one needs: the last step is still Lanczos's.
pub const ABOVE: (u64, u64) = (3, 2);
/// How many times as many pixels as the limit says a JPEG may have that is decoded smaller: reading them takes time.
pub const MORE: u64 = 8;

/// Decodes JPEG (grey, RGB, CMYK, YCCK), PNG, WebP, GIF (first frame), BMP and TIFF; applies the EXIF
/// orientation and the colour profile.
///
/// Sizes are checked before pixels are allocated.
///
/// # Errors
/// [`Error::UnsupportedFormat`], [`Error::TooLarge`], [`Error::TooSmall`], [`Error::CorruptImage`] or
/// [`Error::OutOfMemory`].
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Picture> {
    decode_for(bytes, limits, None)
}

/// As [`decode`], for a use that needs no more than `enough` pixels of the longer side: a JPEG of more than [`REDUCED`]
/// pixels is decoded at 1/2, 1/4 or 1/8 where [`ABOVE`] times as many are left. What is not decoded is not held, so the
/// limit is on the pixels that are; the file may have [`MORE`] times as many.
///
/// # Errors
/// As [`decode`].
pub fn decode_for(bytes: &[u8], limits: &Limits, enough: Option<u32>) -> Result<Picture> {
    check_size(bytes.len() as u64, limits)?;
    let format = recognise(bytes)?;
    match format {
        ImageFormat::Jpeg => {
            let outline = Outline::read(bytes)?;
            sampled(bytes, &outline, enough.map_or(8, |enough| samples(&outline, enough)), limits)
        }
        ImageFormat::Tiff => turned(tiff::read(bytes, limits)?),
        _ => match mend::mended(bytes, format)? {
            Some(mended) => usual(&mended, format, limits),
            None => usual(bytes, format, limits),
        },
    }
}

/// What the `image` crate decodes.
fn usual(bytes: &[u8], format: ImageFormat, limits: &Limits) -> Result<Picture> {
    let mut decoder = open(bytes, format, limits)?;
    let profile = decoder.icc_profile().unwrap_or_default();
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    // Some writers of WebP begin it as JPEG has it.
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif);
    let orientation = Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
    let pixels = DynamicImage::from_decoder(decoder).map_err(explain)?;
    if format != ImageFormat::Png {
        let mut pixels = pixels.into_rgba8();
        if format == ImageFormat::Bmp {
            mend::ignore_unused_alpha(&mut pixels);
        }
        return upright(pixels, profile, orientation);
    }
    let chunks = png::Chunks::read(bytes);
    let pixels = match chunks.space() {
        Some(space) => png::to_srgb(pixels, &space),
        None => pixels.into_rgba8(),
    };
    upright(pixels, profile.filter(|_| chunks.profile_counts()), orientation)
}

fn turned(Decoded { width, height, rgba, profile, orientation }: Decoded) -> Result<Picture> {
    upright(pixels(width, height, rgba)?, profile, orientation)
}

/// Shows a large JPEG at an eighth of its size, each pixel the mean of 8×8, in a fifth of the time that [`decode`]
/// takes; `None` for all other pictures. What a [`crate::fingerprint`] is made of.
///
/// # Errors
/// As [`decode`], save that damage in the picture's data may go unseen.
pub fn decode_dc_image(bytes: &[u8], limits: &Limits) -> Result<Option<Picture>> {
    check_size(bytes.len() as u64, limits)?;
    if recognise(bytes)? != ImageFormat::Jpeg {
        return Ok(None);
    }
    let outline = Outline::read(bytes)?;
    check_outline(&outline, 1, limits)?;
    if u32::from(outline.width.min(outline.height)) < LARGE || !outline.is_usual() {
        return Ok(None);
    }
    let Some((width, height, rgba)) = dc_image::dc_image(bytes) else { return Ok(None) };
    upright(pixels(width, height, rgba)?, outline.profile(), outline.orientation()).map(Some)
}

/// Shows a JPEG with `of` 8 samples of its sides: 1, 2, 4 or 8; `None` for all other pictures.
///
/// # Errors
/// As [`decode`].
pub fn decode_reduced(bytes: &[u8], of: usize, limits: &Limits) -> Result<Option<Picture>> {
    check_size(bytes.len() as u64, limits)?;
    if recognise(bytes)? != ImageFormat::Jpeg {
        return Ok(None);
    }
    sampled(bytes, &Outline::read(bytes)?, of, limits).map(Some)
}

fn sampled(bytes: &[u8], outline: &Outline, of: usize, limits: &Limits) -> Result<Picture> {
    check_outline(outline, of, limits)?;
    turned(if of == 8 { jpeg::decode(bytes, outline)? } else { jpeg::decode_reduced(bytes, outline, of)? })
}

/// How many of 8 samples of a JPEG's sides are decoded.
fn samples(outline: &Outline, enough: u32) -> usize {
    let (width, height) = (u64::from(outline.width), u64::from(outline.height));
    let wanted = u64::from(enough) * ABOVE.0 / ABOVE.1;
    let fits = |of: &usize| width.max(height) * *of as u64 / 8 >= wanted;
    if width * height <= REDUCED { 8 } else { [1, 2, 4].into_iter().find(fits).unwrap_or(8) }
}

/// Checks what a JPEG takes of which `of` 8 samples a side are decoded.
fn check_outline(outline: &Outline, of: usize, limits: &Limits) -> Result<()> {
    let (width, height) = (u32::from(outline.width), u32::from(outline.height));
    let share = 64 / (of * of) as u64;
    let most = limits.max_pixels.saturating_mul(share.min(MORE));
    check_pixels(width, height, &Limits { max_pixels: most, ..*limits })?;
    let pixels = u64::from(width) * u64::from(height);
    // 12 bytes a pixel that is decoded, and 8 for each block of each component.
    reserve(pixels * 12 / share + if of == 8 { 0 } else { pixels / 64 * 8 * outline.components.len() as u64 })
}

fn pixels(width: u32, height: u32, rgba: Vec<u8>) -> Result<RgbaImage> {
    RgbaImage::from_raw(width, height, rgba).ok_or_else(|| Error::Internal("pixels are missing".into()))
}

/// A decoder that has read the headers, after all that can be refused is.
fn open<'a>(bytes: &'a [u8], format: ImageFormat, limits: &Limits) -> Result<impl ImageDecoder + use<'a>> {
    check_header(bytes, limits)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    // Metadata can be a bomb too: a colour profile inflates while the headers are read.
    reader.limits(allocations(METADATA));
    let mut decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    check_pixels(width, height, limits)?;
    // At most four channels of four bytes each.
    decoder.set_limits(allocations(u64::from(width) * u64::from(height) * 16 + METADATA)).map_err(explain)?;
    Ok(decoder)
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

/// Looks at the sides before a decoder is made: that multiplies them, which overflows in wasm's 32 bits.
fn check_header(bytes: &[u8], limits: &Limits) -> Result<()> {
    // Of OS/2's first header, whose sides have 16 bits, it knows nothing.
    if bytes.starts_with(b"BM") && bytes.get(14..18) == Some(&[12, 0, 0, 0]) {
        return Ok(());
    }
    let Ok(size) = imagesize::blob_size(bytes) else { return Ok(()) };
    // No format has sides of 32 bits; such a header is damaged, and the decoder says how.
    let (Ok(width), Ok(height)) = (i32::try_from(size.width), i32::try_from(size.height)) else { return Ok(()) };
    check_pixels(width.unsigned_abs(), height.unsigned_abs(), limits)?;
    // Decoded pixels, the same as RGBA, and turned upright: better to refuse than to fail half-way.
    reserve(u64::from(width.unsigned_abs()) * u64::from(height.unsigned_abs()) * 12)
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
    if tiff::is_tiff(bytes) {
        return Ok(Tiff);
    }
    if RAW.iter().any(|start| bytes.starts_with(start)) || bytes.get(4..12) == Some(b"ftypcrx ") {
        return Err(camera_raw());
    }
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

/// How cameras' raw data begins that is no TIFF by its first bytes: of Olympus, Panasonic, Fujifilm, Sigma and Minolta.
const RAW: [&[u8]; 8] = [b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW", b"FOVb", b"\0MRM", b"HEAPCCDR"];

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
    fn an_iphones_photo_is_named() {
        let error = decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-format");
        assert!(error.to_string().contains("HEIC"), "{error}");
    }
}
