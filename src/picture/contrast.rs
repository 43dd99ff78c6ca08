//! Whether a drawing shows anything.

use super::{Picture, normalise::Area};

/// Said of a drawing without any contrast, after what drew it.
pub const ONE_COLOUR: &str = "nothing but one colour; it may work in another range of values: choose among -1…1, 0…1 and \
                              0…255 for what it takes and for what it gives";

/// What a photo must have, in levels of a channel, so that a drawing of it must have something.
const PHOTO: u8 = 32;
/// What counts as one colour.
const FLAT: u8 = 2;

/// The least and the greatest levels of red, green and blue.
#[derive(Debug, Clone, Copy)]
pub struct Contrast {
    least: [u8; 3],
    most: [u8; 3],
}

impl Default for Contrast {
    fn default() -> Self {
        Contrast { least: [255; 3], most: [0; 3] }
    }
}

impl Contrast {
    /// Looks at a part of a picture, as far as it goes.
    pub fn add(&mut self, picture: &Picture, area: Area) {
        let (width, right) = (picture.width as usize, area.right.min(picture.width) as usize);
        for y in area.top as usize..area.bottom.min(picture.height) as usize {
            let row = &picture.rgba[(y * width + (area.left as usize).min(right)) * 4..(y * width + right) * 4];
            for [r, g, b, _] in row.as_chunks::<4>().0 {
                for (c, level) in [r, g, b].into_iter().enumerate() {
                    self.least[c] = self.least[c].min(*level);
                    self.most[c] = self.most[c].max(*level);
                }
            }
        }
    }

    fn levels(&self) -> u8 {
        (0..3).map(|c| self.most[c].saturating_sub(self.least[c])).fold(0, u8::max)
    }

    /// Whether all that was seen has one colour.
    pub fn is_one_colour(&self) -> bool {
        self.levels() <= FLAT
    }

    /// Whether a drawing of this photo has lost all that the photo shows.
    pub fn lost_in(&self, drawing: &Contrast) -> bool {
        self.levels() >= PHOTO && drawing.is_one_colour()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_area_counts() {
        let mut rgba = vec![100; 10 * 10 * 4];
        rgba[4 * 4] = 200;
        let picture = Picture::from_parts(10, 10, rgba);
        let of = |area| {
            let mut contrast = Contrast::default();
            contrast.add(&picture, area);
            contrast
        };
        let all = of(Area { left: 0, right: 90, top: 0, bottom: 90 });
        let rest = of(Area { left: 5, right: 10, top: 0, bottom: 10 });
        assert!(rest.is_one_colour() && !all.is_one_colour());
        assert!(all.lost_in(&rest) && !rest.lost_in(&rest) && !all.lost_in(&all));
    }
}
