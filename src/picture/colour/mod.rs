//! Colours of a picture with an ICC profile (Display P3 from phones, Adobe RGB from cameras, grey and CMYK from printers)
//! become sRGB.

pub mod space;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use crate::{Error, Result};
use space::{Curve, Space};

/// A profile whose conversion changes no channel by more than this is sRGB under another name.
const SAME: u8 = 2;

/// Converts RGBA in place. A profile that cannot be read, that is sRGB already, or that is for other pixels than these,
/// changes nothing: then the values are taken as sRGB, as browsers do. One for grey applies where all is grey.
///
/// # Errors
/// [`Error::Internal`] when the conversion itself fails.
pub fn to_srgb(rgba: &mut [u8], profile: &[u8]) -> Result<()> {
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return Ok(()) };
    match source.color_space {
        DataColorSpace::Rgb => {
            if let Some(converter) = hdr(&source).and_then(|space| space.converter()) {
                converter.convert_all(rgba);
                return Ok(());
            }
            let Some(transform) = transform(&source, Layout::Rgba) else { return Ok(()) };
            if is_identity(transform.as_ref())? { Ok(()) } else { apply(transform.as_ref(), rgba) }
        }
        DataColorSpace::Gray => grey(&source, rgba),
        _ => Ok(()),
    }
}

/// Converts what is left of the light by cyan, magenta, yellow and black, one byte each, in place into opaque RGBA.
/// Without a profile for them, inks are taken to be ideal.
///
/// # Errors
/// As for [`to_srgb`].
pub fn inks_to_srgb(pixels: &mut [u8], profile: Option<&[u8]>) -> Result<()> {
    let source = profile.and_then(|profile| ColorProfile::new_from_slice(profile).ok());
    let transform = source
        .filter(|source| source.color_space == DataColorSpace::Cmyk)
        .and_then(|source| transform(&source, Layout::Rgba));
    if let Some(transform) = transform {
        pixels.iter_mut().for_each(|level| *level = 255 - *level);
        apply(transform.as_ref(), pixels)?;
        // Paper's darkest becomes black, as LittleCMS has it.
        let mut darkest = [255; 4];
        apply(transform.as_ref(), &mut darkest)?;
        let levels = space::without_black(darkest);
        for [r, g, b, alpha] in pixels.as_chunks_mut::<4>().0 {
            [*r, *g, *b] = [*r, *g, *b].map(|level| levels[usize::from(level)]);
            *alpha = 255;
        }
        return Ok(());
    }
    for pixel in pixels.as_chunks_mut::<4>().0 {
        let [c, m, y, k] = pixel.map(u16::from);
        let level = |light: u16| ((light * k + 127) / 255) as u8;
        *pixel = [level(c), level(m), level(y), 255];
    }
    Ok(())
}

/// The space of a profile for HDR that has no table of its own for white on a page: the library takes 10,000 candelas per
/// square metre for white. Decoded pixels are RGB in full range, whatever the code points say of that.
fn hdr(source: &ColorProfile) -> Option<Space> {
    let points = source.cicp.filter(|_| source.lut_a_to_b_perceptual.is_none())?;
    let space = Space::of_code_points([points.color_primaries as u8, points.transfer_characteristics as u8, 0, 1])?;
    matches!(space.curve, Curve::Pq | Curve::Hlg).then_some(space)
}

type Transform = std::sync::Arc<dyn TransformExecutor<u8> + Send + Sync>;

fn transform(source: &ColorProfile, layout: Layout) -> Option<Transform> {
    let srgb = ColorProfile::new_srgb();
    source.create_transform_8bit(layout, &srgb, Layout::Rgba, TransformOptions::default()).ok()
}

fn apply(transform: &dyn TransformExecutor<u8>, rgba: &mut [u8]) -> Result<()> {
    let mut converted = [0; 4 << 10];
    for some in rgba.chunks_mut(converted.len()) {
        let converted = &mut converted[..some.len()];
        transform.transform(some, converted).map_err(failed)?;
        some.copy_from_slice(converted);
    }
    Ok(())
}

/// A profile for grey has one curve.
fn grey(source: &ColorProfile, rgba: &mut [u8]) -> Result<()> {
    let pixels = rgba.as_chunks_mut::<4>().0;
    let Some(transform) =
        transform(source, Layout::Gray).filter(|_| pixels.iter().all(|[r, g, b, _]| r == g && g == b))
    else {
        return Ok(());
    };
    let levels: Vec<u8> = (0..=255).collect();
    let mut converted = [0; 256 * 4];
    transform.transform(&levels, &mut converted).map_err(failed)?;
    let converted = converted.as_chunks::<4>().0;
    let levels = space::without_black(converted[0]);
    for [r, g, b, _] in pixels {
        let [to_r, to_g, to_b, _] = converted[usize::from(*r)].map(|level| levels[usize::from(level)]);
        (*r, *g, *b) = (to_r, to_g, to_b);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hdr_by_a_profile_is_as_by_code_points() {
        let profiles =
            [(ColorProfile::new_bt2020_pq(), [9, 16, 0, 1]), (ColorProfile::new_bt2020_hlg(), [9, 18, 0, 1])];
        for (profile, points) in profiles {
            let converter = Space::of_code_points(points).unwrap().converter().unwrap();
            for [r, g, b] in [[0, 0, 0], [148, 148, 148], [150, 90, 60], [255, 255, 255]] {
                let mut pixel = [r, g, b, 77];
                to_srgb(&mut pixel, &profile.encode().unwrap()).unwrap();
                let [to_r, to_g, to_b] = converter.convert([r, g, b].map(|level: u8| u16::from(level) * 257));
                assert_eq!(pixel, [to_r, to_g, to_b, 77], "{points:?}");
            }
        }
    }

    #[test]
    fn other_profiles_with_code_points_are_applied() {
        let mut pixel = [200, 100, 50, 255];
        to_srgb(&mut pixel, &ColorProfile::new_display_p3().encode().unwrap()).unwrap();
        let wanted = Space::of_code_points([12, 13, 0, 1]).unwrap().converter().unwrap();
        let wanted = wanted.convert([200, 100, 50].map(|level: u16| level * 257));
        assert!(pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{pixel:?} instead of {wanted:?}");
    }
}
