//! Pixels become a generator's values, and its values pixels.

use super::{Picture, pad::reflect};
use crate::{Result, manifest::Layout};

/// How a tensor holds a part of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canvas {
    /// Where in the picture the tensor's first column lies, in pixels; before it when negative.
    pub left: i32,
    /// Where in the picture the tensor's first row lies.
    pub top: i32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
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

/// A part of a picture, in pixels: `left..right` × `top..bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub left: u32,
    /// The column after the last.
    pub right: u32,
    /// First row.
    pub top: u32,
    /// The row after the last.
    pub bottom: u32,
}

/// Some whole rows of a picture that may itself have changed since.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    first: usize,
    rgba: Vec<u8>,
}

impl Rows {
    /// Takes a copy of rows `top..bottom`. Those that the last copy holds come from there, not from the picture.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`].
    pub fn advance(&mut self, picture: &Picture, top: u32, bottom: u32) -> Result<()> {
        let row = picture.width as usize * 4;
        let (top, bottom) = (top as usize, (bottom as usize).min(picture.height as usize));
        let end = self.first + self.rgba.len() / row;
        let kept = (top.max(self.first)..bottom.min(end)).len();
        let from = top.saturating_sub(self.first).min(self.rgba.len() / row);
        self.rgba.drain(..from * row);
        self.rgba.truncate(kept * row);
        self.rgba.try_reserve_exact((bottom - top) * row - self.rgba.len())?;
        self.rgba.extend_from_slice(&picture.rgba[(top + kept) * row..bottom * row]);
        self.first = top;
        Ok(())
    }
}

/// The RGB of a canvas' part of a picture, in the canvas' range; beyond its sides the picture is continued by
/// reflection. `rows` holds the picture's rows of that part.
///
/// # Errors
/// [`crate::Error::OutOfMemory`].
pub fn normalise(rows: &Rows, picture: &Picture, canvas: &Canvas) -> Result<Vec<f32>> {
    let [black, white] = canvas.range;
    let values: [f32; 256] = std::array::from_fn(|v| black + v as f32 * ((white - black) / 255.));
    let mut tensor = Vec::new();
    tensor.try_reserve_exact(canvas.len())?;
    tensor.resize(canvas.len(), 0.);
    let (width, height) = (picture.width as usize, picture.height as usize);
    for y in 0..canvas.height as usize {
        let row = reflect(y as isize + canvas.top as isize, height) - rows.first;
        let row = &rows.rgba[row * width * 4..][..width * 4];
        for x in 0..canvas.width as usize {
            let (at, step) = canvas.position(x, y);
            let pixel = &row[reflect(x as isize + canvas.left as isize, width) * 4..][..3];
            for (c, &value) in pixel.iter().enumerate() {
                tensor[at + c * step] = values[usize::from(value)];
            }
        }
    }
    Ok(tensor)
}

/// Puts the canvas' values, rounded and clamped, in place of the RGB of `area`, as far as the picture goes. Alpha
/// stays. NaN becomes black.
pub fn denormalise(tensor: &[f32], canvas: &Canvas, area: Area, picture: &mut Picture) {
    let [black, white] = canvas.range;
    let scale = 255. / (white - black);
    let (width, right) = (picture.width as usize, area.right.min(picture.width) as usize);
    for y in area.top as usize..area.bottom.min(picture.height) as usize {
        let row = &mut picture.rgba[y * width * 4..][..right * 4];
        for (x, pixel) in row.chunks_exact_mut(4).enumerate().skip(area.left as usize) {
            let (at, step) = canvas.position((x as i32 - canvas.left) as usize, (y as i32 - canvas.top) as usize);
            for (c, channel) in pixel[..3].iter_mut().enumerate() {
                // `as` saturates, so it is the clamp to 0..=255.
                *channel = ((tensor[at + c * step] - black) * scale).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let rgba = (0..width * height * 4).map(|i| (i * 37 % 256) as u8).collect();
        Picture::from_parts(width, height, rgba)
    }

    fn canvas(width: u32, height: u32, layout: Layout, range: [f32; 2]) -> Canvas {
        Canvas { left: 0, top: 0, width, height, layout, range }
    }

    fn all(picture: &Picture) -> Rows {
        let mut rows = Rows::default();
        rows.advance(picture, 0, picture.height).unwrap();
        rows
    }

    #[test]
    fn there_and_back_changes_nothing() {
        for layout in [Layout::Nchw, Layout::Nhwc] {
            for range in [[-1., 1.], [0., 1.]] {
                let canvas = canvas(32, 36, layout, range);
                let photo = picture(29, 33);
                let tensor = normalise(&all(&photo), &photo, &canvas).unwrap();
                assert!(tensor.iter().all(|v| (range[0]..=range[1]).contains(v)));
                let mut back = photo.clone();
                denormalise(&tensor, &canvas, Area { left: 0, right: 32, top: 0, bottom: 36 }, &mut back);
                assert_eq!(back, photo);
            }
        }
    }

    #[test]
    fn layouts_hold_the_same_values() {
        let photo = picture(40, 32);
        let tensor = |layout| normalise(&all(&photo), &photo, &canvas(40, 32, layout, [-1., 1.])).unwrap();
        let (planes, interleaved) = (tensor(Layout::Nchw), tensor(Layout::Nhwc));
        for (i, rgb) in interleaved.chunks_exact(3).enumerate() {
            assert_eq!(rgb, [planes[i], planes[i + 1280], planes[i + 2560]]);
        }
    }

    #[test]
    fn values_out_of_range_are_clamped_and_alpha_stays() {
        let canvas = canvas(2, 1, Layout::Nhwc, [-1., 1.]);
        let mut photo = Picture::from_parts(2, 1, vec![1, 1, 1, 9, 1, 1, 1, 8]);
        let area = Area { left: 0, right: 2, top: 0, bottom: 1 };
        denormalise(&[-7., 0., 7., f32::NAN, 0.999, -0.999], &canvas, area, &mut photo);
        assert_eq!(photo.rgba(), [0, 128, 255, 9, 0, 255, 0, 8]);
    }

    #[test]
    fn rows_come_from_before_the_picture_changed() {
        let before = picture(8, 40);
        let mut rows = all(&before);
        rows.advance(&before, 0, 20).unwrap();
        let mut after = before.clone();
        after.rgba[..15 * 32].fill(0);
        rows.advance(&after, 10, 30).unwrap();
        assert_eq!(rows.rgba, before.rgba[10 * 32..30 * 32]);
        rows.advance(&after, 29, 50).unwrap();
        assert_eq!(rows.rgba, before.rgba[29 * 32..]);
    }
}
