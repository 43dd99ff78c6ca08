//! Pictures become smaller, never larger.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::Picture;
use crate::{Error, Result};

/// The largest sides with the same aspect ratio (to within a pixel) that fit into `max_width × max_height`,
/// and are not larger than `width × height`.
pub fn fit(width: u32, height: u32, max_width: u32, max_height: u32) -> (u32, u32) {
    let scale = (f64::from(max_width) / f64::from(width)).min(f64::from(max_height) / f64::from(height));
    if scale >= 1. {
        return (width, height);
    }
    let side = |length: u32, max: u32| ((f64::from(length) * scale).round() as u32).clamp(1, max);
    (side(width, max_width), side(height, max_height))
}

/// Resizes with Lanczos3, alpha weighted, to sides that [`fit`] gave.
///
/// # Errors
/// [`Error::Internal`] when the library refuses.
pub fn resize(picture: Picture, width: u32, height: u32) -> Result<Picture> {
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    shrink(&picture, width, height, ResizeAlg::Convolution(FilterType::Lanczos3), !picture.is_opaque())
}

/// A copy whose longer side has at most `side` pixels, quickly: of large pictures not every pixel is looked at.
///
/// # Errors
/// [`Error::Internal`] when the library refuses.
pub fn thumbnail(picture: &Picture, side: u32) -> Result<Picture> {
    let (width, height) = fit(picture.width(), picture.height(), side, side);
    shrink(picture, width, height, ResizeAlg::SuperSampling(FilterType::Bilinear, 3), !picture.is_opaque())
}

fn shrink(picture: &Picture, width: u32, height: u32, algorithm: ResizeAlg, alpha: bool) -> Result<Picture> {
    let failed = |e: &dyn std::fmt::Display| Error::Internal(format!("resizing failed ({e})"));
    let source =
        ImageRef::new(picture.width, picture.height, &picture.rgba, PixelType::U8x4).map_err(|e| failed(&e))?;
    let mut target = Image::new(width, height, PixelType::U8x4);
    // Weighting by alpha costs time and rounding that an opaque picture need not pay.
    let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(alpha);
    Resizer::new().resize(&source, &mut target, &options).map_err(|e| failed(&e))?;
    Ok(Picture::from_parts(width, height, target.into_vec()))
}

/// A rough copy with sides that [`fit`] gave, alpha on its own: each pixel is the mean of four or so, however many
/// it stands for. Costs a small part of what [`resize`] does, and keeps noise and edges.
///
/// # Errors
/// [`Error::Internal`] when the library refuses.
pub fn rough(picture: &Picture, width: u32, height: u32) -> Result<Picture> {
    shrink(picture, width, height, ResizeAlg::SuperSampling(FilterType::Box, 2), false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn aspect_is_kept_to_within_a_pixel(width in 8u32..9000, height in 8u32..9000, max in 256u32..=2048) {
            let (w, h) = fit(width, height, max, max);
            prop_assert!(w <= max.min(width) && h <= max.min(height) && w > 0 && h > 0);
            if width.max(height) > max {
                prop_assert_eq!(w.max(h), max);
                let exact = f64::from(width.min(height)) * f64::from(max) / f64::from(width.max(height));
                prop_assert!((f64::from(w.min(h)) - exact).abs() <= 1.);
            }
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let rgba = [10, 200, 90, 255].repeat(300 * 200);
        let small = resize(Picture::new(300, 200, rgba).unwrap(), 30, 20).unwrap();
        assert_eq!(small.rgba(), [10, 200, 90, 255].repeat(30 * 20));
    }

    #[test]
    fn colour_of_transparent_pixels_does_not_bleed() {
        let rgba: Vec<u8> =
            (0..64 * 64).flat_map(|i| if i % 64 < 32 { [0, 0, 0, 0] } else { [250, 250, 250, 255] }).collect();
        let small = resize(Picture::new(64, 64, rgba).unwrap(), 16, 16).unwrap();
        for pixel in small.rgba().chunks_exact(4).filter(|p| p[3] > 8) {
            assert!(pixel[..3].iter().all(|&c| c >= 240), "{pixel:?}");
        }
    }
}
