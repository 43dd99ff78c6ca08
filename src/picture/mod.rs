//! Pixels in, pixels out: everything between a file's bytes and a tensor's values.

pub mod colour;
pub mod comparison;
pub mod contrast;
mod dc_image;
pub mod decode;
pub mod detail;
pub mod drawing;
pub mod encode;
pub mod framing;
mod jpeg;
pub mod label;
pub mod limits;
mod mend;
pub mod normalise;
pub mod pad;
mod plane;
mod png;
pub mod resize;
mod tiff;
pub mod transfer;
pub mod xmp;

use crate::{Error, Result};

/// Pixels: sRGB, 8 bits a channel, RGBA with straight (not premultiplied) alpha, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Picture {
    /// The smallest side accepted, in pixels: below this no generator can draw anything.
    pub const MIN_SIDE: u32 = 8;

    /// Takes `width × height × 4` bytes.
    ///
    /// # Errors
    /// [`Error::TooSmall`] under [`Picture::MIN_SIDE`], [`Error::CorruptImage`] when the number of
    /// bytes is another.
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Result<Picture> {
        if width < Self::MIN_SIDE || height < Self::MIN_SIDE {
            return Err(Error::TooSmall { width, height, min: Self::MIN_SIDE });
        }
        if rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            return Err(Error::CorruptImage(format!("{} bytes are not {width}×{height} pixels", rgba.len())));
        }
        Ok(Picture { width, height, rgba })
    }

    /// A result of this crate's own making, whose sides may be any.
    pub(crate) fn from_parts(width: u32, height: u32, rgba: Vec<u8>) -> Picture {
        debug_assert_eq!(rgba.len(), width as usize * height as usize * 4);
        Picture { width, height, rgba }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, `width × height × 4` bytes.
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Whether no pixel lets anything through.
    pub fn is_opaque(&self) -> bool {
        // In pieces, which the compiler makes vectors of.
        let pieces = self.rgba.as_chunks::<4>().0.chunks(1024);
        pieces.map(|pixels| pixels.iter().fold(255, |all, pixel| all & pixel[3])).all(|alpha| alpha == 255)
    }
}
