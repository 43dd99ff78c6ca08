//! Colours of a picture with an ICC profile (Display P3 from phones, Adobe RGB from cameras) become sRGB.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use crate::{Error, Result};

/// A profile whose conversion changes no channel by more than this is sRGB under another name.
const SAME: u8 = 2;

/// Converts in place. Profiles that cannot be read, that are not RGB, or that are sRGB already, change
/// nothing: then the values are taken as sRGB, as browsers do.
///
/// # Errors
/// [`Error::Internal`] when the conversion itself fails.
pub fn to_srgb(pixels: &mut RgbaImage, profile: &[u8]) -> Result<()> {
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return Ok(()) };
    if source.color_space != DataColorSpace::Rgb {
        return Ok(());
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = source.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, TransformOptions::default())
    else {
        return Ok(());
    };
    if is_identity(transform.as_ref())? {
        return Ok(());
    }
    let row = pixels.width() as usize * 4;
    let mut converted = vec![0; row];
    for line in pixels.chunks_exact_mut(row) {
        transform.transform(line, &mut converted).map_err(failed)?;
        line.copy_from_slice(&converted);
    }
    Ok(())
}

/// Tries the transform on a coarse grid of colours.
fn is_identity(transform: &dyn TransformExecutor<u8>) -> Result<bool> {
    let levels = [0u8, 64, 128, 192, 255];
    let mut grid = Vec::new();
    for r in levels {
        for g in levels {
            grid.extend(levels.iter().flat_map(|&b| [r, g, b, 255]));
        }
    }
    let mut converted = vec![0; grid.len()];
    transform.transform(&grid, &mut converted).map_err(failed)?;
    Ok(grid.iter().zip(&converted).all(|(a, b)| a.abs_diff(*b) <= SAME))
}

fn failed(error: moxcms::CmsError) -> Error {
    Error::Internal(format!("converting the picture's colours failed ({error})"))
}
