//! Is it really the same picture? What a hash of 64 bits cannot say.
//!
//! Measured on 457 photos of 200 to 640 pixels, on which the limits were chosen too. Found, in per cent, with
//! the default threshold of 5 bits, with 16, and by the hash alone with 5:
//!
//! | copy | 5 | 16 | hash, 5 |
//! | --- | --- | --- | --- |
//! | JPEG of quality 95, 80, 60, 40 | 100 | 100 | 100 |
//! | 50, 75, 150, 200 % of the size | 100 | 100 | 100 |
//! | brightness -10 %, +10 % | 100, 95.2 | 100, 95.4 | 100, 99.8 |
//! | contrast -10 %, +10 % | 100, 99.8 | 100, 99.8 | 100 |
//! | 1 %, 2 % of each side's length cropped | 96.7, 78.1 | 98.9, 97.6 | 97.8, 79.6 |
//! | 1 %, 2 % cropped at all four borders | 92.6, 55.6 | 99.3, 92.8 | 93.2, 58.9 |
//! | shifted by 1 %, 2 % both ways | 72.9, 13.3 | 97.6, 91.5 | 74.8, 14.9 |
//!
//! Taken for the same, of 457, with either threshold (and by the hash alone with 5): none mirrored (0), with
//! red and blue swapped (429), turned in hue by 120 or 180° (405, 328), with a tenth blackened (68) or
//! blurred (434) in the middle, or with 8, 10, 12 or 15 % pasted over from another photo (49, 27, 15, 12); 1
//! turned in hue by 60 or 300° (335, 385) and 2 with red and green swapped (407), photos so grey that the
//! mean difference is 1 level of 255; 3 with a tenth as a mosaic (457). Of all 104,196 pairs of photos the
//! guard takes one for the same even without a hash, and it is: one photo twice.

use serde::{Deserialize, Serialize};

use super::{
    change::{Change, position},
    sketch::{CELLS, Sketch, luma},
    squares,
};
use crate::Picture;

/// Aspect ratios, and what is drawn, differ by no more than this factor: a crop of 2 % along one side, and rounding.
pub(super) const MAX_ASPECT: f32 = 1.04;
/// Beyond brightness and contrast by 10 %, for dark and bright pictures alike.
const MAX_EXPOSURE: f32 = 2.;
/// Beyond a crop of 2 % at every side.
const MAX_MOTION: f32 = 2.2;
/// In levels; shifts by 2 % reach it.
const MAX_MEAN: f32 = 12.;
/// Pasted patches of 8 % begin at 1.6.
const MAX_LOCAL: f32 = 1.35;
/// In levels without motion, and more for each step of it, which fringes edges with colour.
const MAX_CAST: [f32; 2] = [1.2, 0.4];
/// As a logarithm without motion, and more for each step of it, which carries texture to other cells; and
/// for each step of exposure, which changes texture too.
const MAX_TEXTURE: [f32; 3] = [0.18, 1.3, 0.2];
/// A picture has structure when its luma deviates by this many levels from the best quadratic surface ...
const MIN_DEVIATION: f32 = 8.;
/// ... and this share of it differs from its commonest colour by more than [`COMMON`] levels.
const MIN_SHARE: f32 = 0.15;
const COMMON: f32 = 16.;

/// What near hits are judged by besides the hash. The limits are chosen by measurement, see above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Guard {
    width: u32,
    height: u32,
    sketch: Sketch,
}

impl Guard {
    /// `None` where a likeness would prove nothing: flat pictures, gradients, mostly one colour. And with
    /// transparency, since the result depends on the alpha that neither hash nor sketch sees.
    pub(super) fn new(picture: &Picture) -> Option<Guard> {
        if !picture.is_opaque() {
            return None;
        }
        let sketch = Sketch::new(picture);
        let guard = Guard { width: picture.width(), height: picture.height(), sketch };
        (guard.deviation() >= MIN_DEVIATION && guard.variety() >= MIN_SHARE).then_some(guard)
    }

    /// Whether both show the same, but for file format, size, exposure and a slightly different frame.
    pub(super) fn agrees(&self, other: &Guard) -> bool {
        let aspect = |guard: &Guard| guard.width as f32 / guard.height as f32;
        let (a, b) = (aspect(self), aspect(other));
        if a.max(b) > MAX_ASPECT * a.min(b) {
            return false;
        }
        let change = Change::between(&self.sketch, &other.sketch);
        let cast = MAX_CAST[0] + MAX_CAST[1] * change.moved;
        let texture = MAX_TEXTURE[0] + MAX_TEXTURE[1] * change.moved + MAX_TEXTURE[2] * change.exposure;
        change.exposure <= MAX_EXPOSURE
            && change.motion <= MAX_MOTION
            && change.mean <= MAX_MEAN
            && change.local <= MAX_LOCAL
            && change.cast <= cast
            && change.texture <= texture
    }

    /// Standard deviation of luma from the quadratic surface that fits it best, in levels.
    fn deviation(&self) -> f32 {
        let surface = |i: usize| {
            let (x, y) = position(i);
            [1., x, y, x * x, x * y, y * y]
        };
        let lumas = || self.sketch.colours().map(|colour| luma(&colour)).enumerate();
        let best = squares::fit(lumas().map(|(i, luma)| (surface(i), luma)), 0.);
        let error = |(i, luma): (usize, f32)| luma - surface(i).iter().zip(best).map(|(x, k)| x * k).sum::<f32>();
        (lumas().map(|cell| error(cell).powi(2)).sum::<f32>() / CELLS as f32).sqrt()
    }

    /// The share of cells that differ from the median colour.
    fn variety(&self) -> f32 {
        let median: [f32; 3] = std::array::from_fn(|c| {
            let mut values: Vec<f32> = self.sketch.colours().map(|colour| colour[c]).collect();
            values.sort_unstable_by(f32::total_cmp);
            values[CELLS / 2]
        });
        let differs =
            |colour: &[f32; 3]| colour.iter().zip(median).any(|(value, usual)| (value - usual).abs() > COMMON);
        self.sketch.colours().filter(differs).count() as f32 / CELLS as f32
    }
}
