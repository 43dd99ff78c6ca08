//! A small result becomes as large as the photo it was made from.
//!
//! Guided upsampling after He and Sun, Fast Guided Filter (2015): near each pixel the result is taken to be a linear
//! function of the photo's lightness. The function's slope, found on the small pictures, tells how much of the detail
//! that only the large photo has belongs into the large result: all of it on a crisp border, none in a flat fill.

use super::{
    Picture,
    plane::{Plane, lightness},
};
use crate::{Error, Result};

/// Half the side of the window the slope is found in, in pixels of the small picture.
const RADIUS: usize = 4;
/// Variance of lightness (0 to 1) that counts as detail; less is taken for noise.
const DETAIL: f32 = 2e-4;
/// A slope beyond this would make halos.
const STEEPEST: f32 = 2.;

/// Per pixel of the small picture and channel: how steeply the result follows the photo's lightness.
fn slopes(result: &Picture, guide: &Plane) -> Result<[Plane; 3]> {
    let mean = guide.means(RADIUS);
    let mut variance = guide.times(guide).means(RADIUS);
    for (v, m) in variance.values.iter_mut().zip(&mean.values) {
        *v = (*v - m * m).max(0.) + DETAIL;
    }
    let slope = |c: usize| -> Result<Plane> {
        let channel = Plane::new(result, |pixel| f32::from(pixel[c]) / 255.)?;
        let (mut a, of) = (guide.times(&channel).means(RADIUS), channel.means(RADIUS));
        for (i, a) in a.values.iter_mut().enumerate() {
            *a = ((*a - mean.values[i] * of.values[i]) / variance.values[i]).clamp(-STEEPEST, STEEPEST);
        }
        Ok(a.means(RADIUS))
    };
    Ok([slope(0)?, slope(1)?, slope(2)?])
}

/// Places and weights of linear interpolation, for each of `to` pixels between `from` pixels; centres correspond.
fn places(from: usize, to: usize) -> Vec<(usize, usize, f32)> {
    let scale = from as f32 / to as f32;
    let place = |i: usize| {
        let x = ((i as f32 + 0.5) * scale - 0.5).clamp(0., (from - 1) as f32);
        (x as usize, (x as usize + 1).min(from - 1), x.fract())
    };
    (0..to).map(place).collect()
}

fn mix(four: [(usize, f32); 4], value: impl Fn(usize) -> f32) -> f32 {
    four.iter().map(|&(at, weight)| weight * value(at)).sum()
}

/// Gives `photo` the look that `result` has, which was made from `small`, the same photo reduced. Alpha stays.
///
/// # Errors
/// [`Error::OutOfMemory`]; [`Error::Internal`] when `small` and `result` differ in size.
pub fn transfer(mut photo: Picture, small: &Picture, result: &Picture) -> Result<Picture> {
    if (small.width, small.height) != (result.width, result.height) {
        return Err(Error::Internal("the small pictures differ in size".into()));
    }
    let guide = Plane::new(small, lightness)?;
    let slopes = slopes(result, &guide)?;
    let (width, small_width) = (photo.width as usize, small.width as usize);
    let columns = places(small_width, width);
    let rows = places(small.height as usize, photo.height as usize);
    for (line, &(upper, lower, down)) in photo.rgba.chunks_exact_mut(width * 4).zip(&rows) {
        let (upper, lower) = (upper * small_width, lower * small_width);
        for (pixel, &(left, right, across)) in line.chunks_exact_mut(4).zip(&columns) {
            let four = [
                (upper + left, (1. - down) * (1. - across)),
                (upper + right, (1. - down) * across),
                (lower + left, down * (1. - across)),
                (lower + right, down * across),
            ];
            let detail = lightness(pixel) - mix(four, |i| guide.values[i]);
            for c in 0..3 {
                let base = mix(four, |i| f32::from(result.rgba[i * 4 + c]));
                let slope = mix(four, |i| slopes[c].values[i]);
                pixel[c] = (base + 255. * slope * detail).round() as u8;
            }
        }
    }
    Ok(photo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::resize::resize;

    /// Soft bands with a crisp disc.
    fn photo(side: u32) -> Picture {
        let pixel = |i: u32| {
            let (x, y) = ((i % side) as f32 / side as f32, (i / side) as f32 / side as f32);
            let inside = (x - 0.5).hypot(y - 0.5) < 0.3;
            let v = if inside { 220. } else { 40. + 60. * x };
            [v as u8, (v * 0.8) as u8, (v * 0.6) as u8, 255]
        };
        Picture::new(side, side, (0..side * side).flat_map(pixel).collect()).unwrap()
    }

    /// What a generator might do: darker, other colours.
    fn changed(picture: &Picture) -> Picture {
        let rgba =
            picture.rgba.chunks_exact(4).flat_map(|p| [p[0] / 2 + 20, p[1] / 2 + 90, 255 - p[2], p[3]]).collect();
        Picture::from_parts(picture.width, picture.height, rgba)
    }

    fn mean_error(a: &Picture, b: &Picture) -> f64 {
        let sum: u64 = a.rgba.iter().zip(&b.rgba).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
        sum as f64 / a.rgba.len() as f64
    }

    #[test]
    fn the_large_result_is_near_what_the_large_photo_would_have_given() {
        let large = photo(512);
        let small = resize(large.clone(), 128, 128).unwrap();
        let wanted = changed(&large);
        let got = transfer(large, &small, &changed(&small)).unwrap();
        assert!(mean_error(&got, &wanted) < 1., "{}", mean_error(&got, &wanted));
    }

    #[test]
    fn at_the_same_size_the_result_is_kept() {
        let small = photo(96);
        let result = changed(&small);
        assert_eq!(transfer(small.clone(), &small, &result).unwrap(), result);
    }
}
