//! What a generator drew, beside the photo that it drew from: other choices of strength, mark and file need it no more.

use super::{Picture, comparison::compare};
use crate::options::Finish;

/// A result before it is blended, marked and encoded.
#[derive(Debug, Clone)]
pub struct Drawing {
    drawn: Picture,
    photo: Option<Picture>,
}

impl Drawing {
    /// `photo`, which is needed only where it shall show through, has the size and alpha of `drawn`.
    pub(crate) fn new(drawn: Picture, photo: Option<Picture>) -> Drawing {
        debug_assert!(photo.as_ref().is_none_or(|photo| (photo.width, photo.height) == (drawn.width, drawn.height)));
        Drawing { drawn, photo }
    }

    /// Bytes of the pixels held.
    pub fn bytes(&self) -> usize {
        self.drawn.rgba.len() + self.photo.as_ref().map_or(0, |photo| photo.rgba.len())
    }

    /// What is saved with these choices: the drawing at its strength, beside the photo where they say so.
    pub fn finished(self, finish: &Finish) -> Picture {
        let Some((comparison, photo)) = finish.comparison.zip(self.photo.clone()) else {
            return self.at(finish.strength);
        };
        compare(&photo, &self.at(finish.strength), comparison, finish.split)
    }

    /// The drawing over the photo: `strength` 1 is the drawing alone, 0 the photo, and what lies between is mixed in sRGB,
    /// as browsers composite, in steps of 1/256. Without a photo it is the drawing.
    pub fn at(self, strength: f32) -> Picture {
        let Drawing { mut drawn, photo } = self;
        let weight = (strength.clamp(0., 1.) * 256.).round() as u32;
        if let Some(photo) = photo
            && weight < 256
        {
            for (drawn, &photo) in drawn.rgba.iter_mut().zip(&photo.rgba) {
                *drawn = ((u32::from(*drawn) * weight + u32::from(photo) * (256 - weight) + 128) >> 8) as u8;
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flat(pixel: [u8; 4]) -> Picture {
        Picture::new(8, 8, pixel.repeat(64)).unwrap()
    }

    #[test]
    fn the_ends_are_the_drawing_and_the_photo_exactly() {
        let (drawn, photo) = (flat([0, 255, 17, 90]), flat([255, 0, 200, 90]));
        let drawing = Drawing::new(drawn.clone(), Some(photo.clone()));
        assert_eq!(drawing.bytes(), 2 * 8 * 8 * 4);
        assert_eq!(drawing.clone().at(1.), drawn);
        assert_eq!(drawing.clone().at(0.), photo);
        assert_eq!(drawing.at(0.5).rgba()[..4], [128, 128, 109, 90]);
        assert_eq!(Drawing::new(drawn.clone(), None).at(0.), drawn);
    }

    proptest! {
        #[test]
        fn between_them_it_is_their_mean_by_weight(a: [u8; 3], b: [u8; 3], alpha: u8, strength in -0.5f32..1.5) {
            let pixel = |[r, g, b]: [u8; 3]| flat([r, g, b, alpha]);
            let mixed = Drawing::new(pixel(a), Some(pixel(b))).at(strength);
            let strength = strength.clamp(0., 1.);
            for (channel, (&a, &b)) in a.iter().zip(&b).enumerate() {
                let want = f32::from(a) * strength + f32::from(b) * (1. - strength);
                prop_assert!((f32::from(mixed.rgba()[channel]) - want).abs() <= 1.01);
            }
            prop_assert_eq!(mixed.rgba()[3], alpha);
        }
    }
}
