//! JPEG: the usual kinds by `zune-jpeg`, the rest by the decoder here.
//!
//! `zune-jpeg` is fast, but gives wrong pixels without a word for components in scans of their own, for some sampling
//! factors, and after a restart marker that is missing; and it takes a file for damaged whose end marker is missing.
//! What is beside the usual, or what it stumbles over, is decoded here, as slowly and as exactly as libjpeg does: all
//! coefficients first, then pixels.

mod bits;
mod coefficients;
mod idct;
mod outline;
mod pixels;
mod planes;
mod standard;

use image::metadata::Orientation;
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

use coefficients::Read;
pub use outline::Outline;
use pixels::reduced;

use super::dc_image;
use crate::{Error, Result};

/// The largest share of a picture, one in so many, that may be missing between restart markers.
const LOST: usize = 4;

/// A JPEG's pixels, RGBA, as they are stored.
pub struct Decoded {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The pixels.
    pub rgba: Vec<u8>,
    /// The profile that is still to be applied.
    pub profile: Option<Vec<u8>>,
    /// How they are to be turned.
    pub orientation: Orientation,
}

/// Decodes what [`Outline::read`] has seen.
///
/// # Errors
/// [`Error::CorruptImage`], [`Error::OutOfMemory`].
pub fn decode(file: &[u8], outline: &Outline) -> Result<Decoded> {
    let (width, height) = (outline.width.into(), outline.height.into());
    let fast = if outline.is_usual() { usual(file, outline) } else { None };
    let (rgba, profile) = match fast {
        Some(rgba) => (rgba, outline.profile()),
        None => every(file, outline, 8)?,
    };
    Ok(Decoded { width, height, rgba, profile, orientation: outline.orientation() })
}

/// Nothing where it finds any fault. The decoder sees most, but not data that an end marker cuts short: its codes are
/// counted first, which takes a fifth of the time. Of a progressive one all scans are read for it, though little is held;
/// what ends between two scans only has less detail.
fn usual(file: &[u8], outline: &Outline) -> Option<Vec<u8>> {
    if outline.progressive {
        coefficients::read(file, outline, 1).filter(|read| read.lost == 0 && !read.incomplete && !read.unscaled)?;
    } else {
        dc_image::dc_image(file)?;
    }
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().ok()?;
    if decoder.dimensions() != Some((outline.width.into(), outline.height.into())) {
        return None;
    }
    decoder.decode().ok().filter(|rgba| rgba.len() == usize::from(outline.width) * usize::from(outline.height) * 4)
}

/// Decodes what [`Outline::read`] has seen with `of` 8 samples of each side: 1, 2 or 4. Only so much of it is held, and 8
/// bytes of each block of a progressive one.
///
/// # Errors
/// As [`decode`].
pub fn decode_reduced(file: &[u8], outline: &Outline, of: usize) -> Result<Decoded> {
    let (rgba, profile) = every(file, outline, of)?;
    let side = |length: u16| reduced(length.into(), of) as u32;
    let (width, height) = (side(outline.width), side(outline.height));
    Ok(Decoded { width, height, rgba, profile, orientation: outline.orientation() })
}

/// The levels of each component as they are stored, four bytes a pixel, for a format that says itself what they mean.
///
/// # Errors
/// As [`decode`].
pub fn levels(file: &[u8], outline: &Outline) -> Result<Vec<u8>> {
    pixels::levels(whole(file, outline, 8)?, outline)
}

/// All kinds with Huffman codes and 8 bits.
fn every(file: &[u8], outline: &Outline, of: usize) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    pixels::rgba(whole(file, outline, of)?, outline)
}

/// The coefficients, where not too many are missing.
fn whole(file: &[u8], outline: &Outline, of: usize) -> Result<Read> {
    let ends = || Error::CorruptImage("the file ends before the picture does".into());
    let read = coefficients::read(file, outline, of).ok_or_else(ends)?;
    if read.scans > coefficients::MOST_SCANS {
        return Err(Error::CorruptImage("it has too many scans".into()));
    }
    if read.incomplete {
        return Err(ends());
    }
    if read.unscaled {
        return Err(Error::CorruptImage("a table is missing that its levels are to be multiplied by".into()));
    }
    if read.damaged {
        return Err(Error::CorruptImage("its data cannot be read to the end".into()));
    }
    if read.lost > read.units / LOST {
        return Err(Error::CorruptImage(format!("{} % of it are missing", read.lost * 100 / read.units.max(1))));
    }
    Ok(read)
}

#[cfg(test)]
mod tests;
