//! Pixels become a generator's values, and its values pixels.

use super::{Picture, pad::reflect};
use crate::{Result, manifest::Layout};

/// How a tensor holds a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canvas {
    /// Width in pixels, at least the picture's.
    pub width: u32,
    /// Height in pixels, at least the picture's.
    pub height: u32,
    /// Order of the axes.
    pub layout: Layout,
    /// The values of 0 and 255.
    pub range: [f32; 2],
}

impl Canvas {
    /// Number of values: 3 channels.
    pub fn len(&self) -> usize {
        self.width as usize * self.height as usize * 3
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the value of channel `c` at (`x`, `y`) stands, and how far apart a pixel's channels are.
    fn position(&self, x: usize, y: usize) -> (usize, usize) {
        let (w, h) = (self.width as usize, self.height as usize);
        match self.layout {
            Layout::Nchw => (y * w + x, w * h),
            Layout::Nhwc => ((y * w + x) * 3, 1),
        }
    }
}

/// The picture's RGB in the canvas' range, at its top left, continued by reflection.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn normalise(picture: &Picture, canvas: &Canvas) -> Result<Vec<f32>> {
    let [black, white] = canvas.range;
    let values: [f32; 256] = std::array::from_fn(|v| black + v as f32 * ((white - black) / 255.));
    let mut tensor = Vec::new();
    tensor.try_reserve_exact(canvas.len())?;
    tensor.resize(canvas.len(), 0.);
    let (width, height) = (picture.width as usize, picture.height as usize);
    for y in 0..canvas.height as usize {
        let row = &picture.rgba[reflect(y, height) * width * 4..][..width * 4];
        for x in 0..canvas.width as usize {
            let (at, step) = canvas.position(x, y);
            let pixel = &row[reflect(x, width) * 4..][..3];
            for (c, &value) in pixel.iter().enumerate() {
                tensor[at + c * step] = values[usize::from(value)];
            }
        }
    }
    Ok(tensor)
}

/// Crops the canvas to `picture`'s sides and puts its values, rounded and clamped, in place of the
/// picture's RGB. Alpha stays. NaN becomes black.
pub fn denormalise(tensor: &[f32], canvas: &Canvas, mut picture: Picture) -> Picture {
    let [black, white] = canvas.range;
    let scale = 255. / (white - black);
    let width = picture.width as usize;
    for (i, pixel) in picture.rgba.chunks_exact_mut(4).enumerate() {
        let (at, step) = canvas.position(i % width, i / width);
        for (c, channel) in pixel[..3].iter_mut().enumerate() {
            // `as` saturates, so it is the clamp to 0..=255.
            *channel = ((tensor[at + c * step] - black) * scale).round() as u8;
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let rgba = (0..width * height * 4).map(|i| (i * 37 % 256) as u8).collect();
        Picture::from_parts(width, height, rgba)
    }

    #[test]
    fn there_and_back_changes_nothing() {
        for layout in [Layout::Nchw, Layout::Nhwc] {
            for range in [[-1., 1.], [0., 1.]] {
                let canvas = Canvas { width: 32, height: 36, layout, range };
                let photo = picture(29, 33);
                let tensor = normalise(&photo, &canvas).unwrap();
                assert!(tensor.iter().all(|v| (range[0]..=range[1]).contains(v)));
                assert_eq!(denormalise(&tensor, &canvas, photo.clone()), photo);
            }
        }
    }

    #[test]
    fn layouts_hold_the_same_values() {
        let photo = picture(40, 32);
        let canvas = |layout| Canvas { width: 40, height: 32, layout, range: [-1., 1.] };
        let planes = normalise(&photo, &canvas(Layout::Nchw)).unwrap();
        let interleaved = normalise(&photo, &canvas(Layout::Nhwc)).unwrap();
        for (i, rgb) in interleaved.chunks_exact(3).enumerate() {
            assert_eq!(rgb, [planes[i], planes[i + 1280], planes[i + 2560]]);
        }
    }

    #[test]
    fn values_out_of_range_are_clamped_and_alpha_stays() {
        let canvas = Canvas { width: 2, height: 1, layout: Layout::Nhwc, range: [-1., 1.] };
        let photo = Picture::from_parts(2, 1, vec![1, 1, 1, 9, 1, 1, 1, 8]);
        let result = denormalise(&[-7., 0., 7., f32::NAN, 0.999, -0.999], &canvas, photo);
        assert_eq!(result.rgba(), [0, 128, 255, 9, 0, 255, 0, 8]);
    }
}
