//! What of a photo is drawn, and which way up: turned, mirrored, cut to a part.

use image::{DynamicImage, RgbaImage, imageops, metadata::Orientation};

use super::Picture;
use crate::{
    Error, Result,
    options::{Crop, Framing, Rotation},
};

impl Picture {
    /// Turns, then mirrors, then cuts. What of the part lies outside the photo is left out.
    ///
    /// # Errors
    /// [`Error::TooSmall`] when less than [`Picture::MIN_SIDE`] pixels are left of a side.
    pub fn framed(self, framing: &Framing) -> Result<Picture> {
        if *framing == Framing::default() {
            return Ok(self);
        }
        let (width, height) = (self.width, self.height);
        let pixels = RgbaImage::from_raw(width, height, self.rgba);
        let mut pixels = DynamicImage::ImageRgba8(pixels.ok_or_else(|| Error::Internal("pixels are missing".into()))?);
        pixels.apply_orientation(orientation(framing));
        let mut pixels = pixels.into_rgba8();
        if let Some(crop) = &framing.crop {
            let (left, width) = stretch(crop.left, crop.width, pixels.width());
            let (top, height) = stretch(crop.top, crop.height, pixels.height());
            let min = Self::MIN_SIDE;
            if width < min || height < min {
                return Err(Error::TooSmall { width, height, min });
            }
            pixels = imageops::crop_imm(&pixels, left, top, width, height).to_image();
        }
        let (width, height) = pixels.dimensions();
        Picture::new(width, height, pixels.into_raw())
    }
}

fn orientation(Framing { rotate, mirror, .. }: &Framing) -> Orientation {
    match (rotate, mirror) {
        (Rotation::None, false) => Orientation::NoTransforms,
        (Rotation::Right, false) => Orientation::Rotate90,
        (Rotation::Half, false) => Orientation::Rotate180,
        (Rotation::Left, false) => Orientation::Rotate270,
        (Rotation::None, true) => Orientation::FlipHorizontal,
        (Rotation::Right, true) => Orientation::Rotate90FlipH,
        (Rotation::Half, true) => Orientation::FlipVertical,
        (Rotation::Left, true) => Orientation::Rotate270FlipH,
    }
}

/// Where a part of a side begins, and its length, in pixels.
fn stretch(from: f64, length: f64, side: u32) -> (u32, u32) {
    let place = |share: f64| (share.clamp(0., 1.) * f64::from(side)).round() as u32;
    let start = place(from);
    (start, place(from + length).saturating_sub(start))
}

impl Crop {
    /// The smaller share of a side that is left, without what lies outside.
    pub fn share(&self) -> f64 {
        let left = |from: f64, length: f64| (from + length).clamp(0., 1.) - from.clamp(0., 1.);
        left(self.left, self.width).min(left(self.top, self.height)).max(0.)
    }

    /// Whether all four are numbers, and something is left.
    pub fn is_sound(&self) -> bool {
        let Crop { left, top, width, height } = *self;
        [left, top].iter().all(|at| (0. ..1.).contains(at))
            && [width, height].iter().all(|length| *length > 0. && *length <= 1.)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pixel says in red and green where it was.
    fn photo(width: u32, height: u32) -> Picture {
        let rgba = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 0, 255])).collect();
        Picture::new(width, height, rgba).unwrap()
    }

    fn corner(picture: &Picture) -> (u8, u8) {
        (picture.rgba()[0], picture.rgba()[1])
    }

    #[test]
    fn turned_clockwise_then_mirrored() {
        let cases = [
            (Rotation::None, false, (20, 10), (0, 0)),
            (Rotation::Right, false, (10, 20), (0, 9)),
            (Rotation::Half, false, (20, 10), (19, 9)),
            (Rotation::Left, false, (10, 20), (19, 0)),
            (Rotation::None, true, (20, 10), (19, 0)),
            (Rotation::Right, true, (10, 20), (0, 0)),
            (Rotation::Half, true, (20, 10), (0, 9)),
            (Rotation::Left, true, (10, 20), (19, 9)),
        ];
        for (rotate, mirror, size, first) in cases {
            let framed = photo(20, 10).framed(&Framing { rotate, mirror, crop: None }).unwrap();
            assert_eq!((framed.width(), framed.height()), size, "{rotate:?} {mirror}");
            assert_eq!(corner(&framed), first, "{rotate:?} {mirror}");
        }
    }

    #[test]
    fn cut_from_what_is_turned_already() {
        let crop = Some(Crop { left: 0.25, top: 0.5, width: 0.5, height: 0.5 });
        let framed = photo(40, 20).framed(&Framing { rotate: Rotation::Right, mirror: false, crop }).unwrap();
        assert_eq!((framed.width(), framed.height()), (10, 20));
        // Down by half of 40 is to the right in the photo; right by a quarter of 20 is up from its bottom.
        assert_eq!(corner(&framed), (20, 14));
    }

    #[test]
    fn what_lies_outside_is_no_share() {
        let share = |left, top, width, height| Crop { left, top, width, height }.share();
        assert_eq!(share(0.25, 0.5, 0.5, 0.25), 0.25);
        assert_eq!(share(0.9375, 0., 0.5, 1.), 0.0625);
        assert_eq!(share(0., 0.875, 1., 1.), 0.125);
        assert_eq!(share(0., 0., 1., 1.), 1.);
        assert_eq!(share(1.5, 0., 1., 1.), 0.);
    }

    #[test]
    fn what_lies_outside_is_left_out_and_too_little_is_too_small() {
        let framed = |crop| photo(40, 20).framed(&Framing { crop: Some(crop), ..Framing::default() });
        let over = framed(Crop { left: 0.5, top: 0., width: 1., height: 1. }).unwrap();
        assert_eq!((over.width(), over.height()), (20, 20));
        for crop in [
            Crop { left: 0., top: 0., width: 0.1, height: 1. },
            Crop { left: 1., top: 0., width: 1., height: 1. },
            Crop { left: f64::NAN, top: 0., width: f64::INFINITY, height: f64::NAN },
        ] {
            assert_eq!(framed(crop).unwrap_err().code(), "too-small", "{crop:?}");
        }
    }
}
