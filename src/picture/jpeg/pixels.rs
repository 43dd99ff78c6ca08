//! Coefficients become pixels.

use super::{
    coefficients::Read,
    idct::{Inverse, idct},
    outline::Outline,
    planes::{DROPPED, Plane},
};
use crate::{Result, picture::colour};

/// Levels of one component, in its own size.
struct Levels {
    stride: usize,
    width: usize,
    height: usize,
    levels: Vec<u8>,
}

/// RGBA, and the profile where it is still to be applied. The sides are those of [`reduced`].
pub(super) fn rgba(read: Read, outline: &Outline) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    let count = read.planes.len();
    let mut rgba = levels(read, outline)?;
    let pixels = rgba.as_chunks_mut::<4>().0;
    match count {
        1 => pixels.iter_mut().for_each(|pixel| *pixel = [pixel[0], pixel[0], pixel[0], 255]),
        3 if !outline.is_rgb() => pixels.iter_mut().for_each(|pixel| *pixel = rgb(*pixel)),
        4 => {
            // Adobe's way, which all follow: levels are what is left of the light.
            if outline.is_ycck() {
                for pixel in pixels {
                    let [r, g, b, k] = rgb(*pixel);
                    *pixel = [255 - r, 255 - g, 255 - b, k];
                }
            }
            colour::inks_to_srgb(&mut rgba, outline.profile().as_deref())?;
            return Ok((rgba, None));
        }
        _ => {}
    }
    Ok((rgba, outline.profile()))
}

/// Each component's levels beside each other, in the picture's size; 255 for those that are not there.
pub(super) fn levels(read: Read, outline: &Outline) -> Result<Vec<u8>> {
    let (most, side) = (read.most, read.side);
    let (width, height) = (reduced(outline.width.into(), side), reduced(outline.height.into(), side));
    let mut all = Vec::new();
    all.try_reserve_exact(width * height * 4)?;
    all.resize(width * height * 4, 255u8);
    for (channel, plane) in read.planes.into_iter().enumerate() {
        // Samples of a unit, in the picture's size and in the component's.
        let own = (plane.sampling.0 * plane.size.0, plane.sampling.1 * plane.size.1);
        let whole = (most.0 * side, most.1 * side);
        let levels = component(plane, outline, most)?;
        let mut line = vec![0; width];
        for (y, row) in all.chunks_exact_mut(width * 4).enumerate() {
            upsample(&levels, (whole.0, own.0), (whole.1, own.1), y, &mut line);
            row.iter_mut().skip(channel).step_by(4).zip(&line).for_each(|(to, level)| *to = *level);
        }
    }
    Ok(all)
}

/// A side of which `of` 8 samples are left.
pub(super) const fn reduced(length: usize, of: usize) -> usize {
    (length * of).div_ceil(8)
}

fn component(plane: Plane, outline: &Outline, most: (usize, usize)) -> Result<Levels> {
    let size = plane.size;
    let mut levels = Vec::new();
    let stride = plane.stride * size.0;
    levels.try_reserve_exact(stride * plane.rows * size.1)?;
    levels.resize(stride * plane.rows * size.1, 0);
    let inverse = Inverse::new(size);
    for (at, block) in plane.coefficients.chunks_exact(size.0 * size.1).enumerate() {
        let mut values = [0; 64];
        for (&place, &step) in plane.places.iter().zip(&plane.quantisation).filter(|(place, _)| **place != DROPPED) {
            values[usize::from(place)] = i32::from(block[usize::from(place)]).wrapping_mul(step.into());
        }
        let corner = at / plane.stride * size.1 * stride + at % plane.stride * size.0;
        let samples = if size == (8, 8) { idct(&values) } else { inverse.levels(&values) };
        for (y, row) in samples.chunks_exact(size.0).take(size.1).enumerate() {
            levels[corner + y * stride..][..size.0].copy_from_slice(row);
        }
    }
    let side = |length: u16, part: usize, most: usize, of| reduced((usize::from(length) * part).div_ceil(most), of);
    let width = side(outline.width, plane.sampling.0, most.0, size.0);
    Ok(Levels { stride, width, height: side(outline.height, plane.sampling.1, most.1, size.1), levels })
}

/// A row of the picture. Where a component has half the samples or all they are weighted 3 to 1 as in libjpeg, else the
/// nearest counts.
fn upsample(levels: &Levels, across: (usize, usize), down: (usize, usize), y: usize, line: &mut [u8]) {
    let row = |y: usize| &levels.levels[y.min(levels.height - 1) * levels.stride..][..levels.width];
    let smooth = [across, down].iter().all(|(most, own)| most == own || *most == 2 * own);
    let halved = |(most, own): (usize, usize)| smooth && most == 2 * own;
    let near = row(y * down.1 / down.0);
    // Fourfold where rows are blended.
    let (far, unit) = match halved(down) {
        true if y.is_multiple_of(2) => (row((y / 2).saturating_sub(1)), 4),
        true => (row(y / 2 + 1), 4),
        false => (near, 1),
    };
    let at = |x: usize| match unit {
        4 => 3 * u32::from(near[x]) + u32::from(far[x]),
        _ => u32::from(near[x]),
    };
    if !halved(across) {
        let round = u32::from(unit == 4) * if y.is_multiple_of(2) { 1 } else { 2 };
        for (x, level) in line.iter_mut().enumerate() {
            *level = ((at((x * across.1 / across.0).min(levels.width - 1)) + round) / unit) as u8;
        }
        return;
    }
    for (x, level) in line.iter_mut().enumerate() {
        let own = (x / 2).min(levels.width - 1);
        let other = if x % 2 == 0 { own.saturating_sub(1) } else { (own + 1).min(levels.width - 1) };
        // Rounded to and fro, as libjpeg does.
        let round = match (unit, x % 2) {
            (4, 0) => 8,
            (4, _) => 7,
            (_, odd) => 1 + odd as u32,
        };
        *level = ((3 * at(own) + at(other) + round) / (4 * unit)) as u8;
    }
}

/// JFIF's YCbCr; what is in the fourth place stays.
fn rgb([luma, blue, red, rest]: [u8; 4]) -> [u8; 4] {
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    let level = |value: i32| value.clamp(0, 255) as u8;
    [
        level(luma + ((91881 * red + 32768) >> 16)),
        level(luma + ((-22554 * blue - 46802 * red + 32768) >> 16)),
        level(luma + ((116130 * blue + 32768) >> 16)),
        rest,
    ]
}
