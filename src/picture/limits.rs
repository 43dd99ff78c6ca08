//! What is refused before any pixel is allocated.

use super::Picture;
use crate::{Error, Result, options::Limits};

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

/// Whether this many bytes could be had.
///
/// # Errors
/// [`Error::OutOfMemory`].
pub(super) fn reserve(bytes: u64) -> Result<()> {
    let bytes = usize::try_from(bytes).map_err(|_| Error::OutOfMemory)?;
    Ok(Vec::<u8>::new().try_reserve_exact(bytes)?)
}

/// What is said of a camera's raw data.
pub(super) fn camera_raw() -> Error {
    Error::UnsupportedFormat(
        "This file is a camera's RAW (such as DNG, NEF, CR2 or ARW), which has to be developed first. Take the JPEG that the \
         camera saved beside it, or export one with the camera's program."
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_cannot_be_had_is_an_error() {
        assert_eq!(reserve(u64::MAX), Err(Error::OutOfMemory));
        assert_eq!(reserve(1000), Ok(()));
    }
}
