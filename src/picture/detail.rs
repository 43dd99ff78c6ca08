//! Fine structure of the photo that a generator lost: wires, letters, twigs, meshes.
//!
//! Near each pixel the drawing's lightness is taken to be a linear function of the photo's, as in the Guided Filter (He, Sun and
//! Tang 2013). Its slope tells how much of the photo's structure is there: what is missing is given back, and only there, so that
//! flat fills stay flat and drawn lines stay as they were drawn. Faint structure comes back only where it runs in one
//! direction, as wires do and noise does not (the structure tensor's coherence, Bigün and Granlund 1987), and where its colour
//! cannot be that of skin, whose wrinkles a drawing leaves out. Of skin's own colour nothing comes back that is neither strong
//! nor runs in one direction: pores, freckles and stubble do not, lashes and brows do.

use super::{
    Picture,
    plane::{Plane, lightness},
};
use crate::{Error, Result};

/// Half the side of the square in which structure is looked for, in pixels.
const RADIUS: usize = 3;
/// Standard deviation of lightness (0 to 1) that comes back by half: of any structure, and of wires.
const WEAK: [f32; 2] = [0.03, 0.012];
/// Variance under which no slope can be told, as a share of the weak one.
const NONE: f32 = 0.11;
/// Coherence of what is no wire, and of what is one.
const COHERENT: [f32; 2] = [0.4, 0.8];
/// Sum of the squared gradients (of lightness, 0 to 1, over two pixels) under which there is no direction.
const LEVEL: f32 = 1e-4;
/// How much redder than grey (Cr, 0 to 1) what cannot be skin is at most, and what can be is at least.
const WARM: [f32; 2] = [0.015, 0.04];
/// How much less blue than grey (-Cb, 0 to 1) skin is at most, and what cannot be skin is at least: autumn's leaves.
const YELLOW: [f32; 2] = [0.17, 0.22];
/// Standard deviation of lightness up to which structure of skin does not come back without a direction, and from which on it
/// does as elsewhere.
const PORES: [f32; 2] = [0.05, 0.1];

/// Rows that are worked on at once: few numbers are in memory at a time, however large the picture is.
const BAND: usize = 64;

/// What of a photo is needed for its structure to come back: two bytes a pixel.
pub struct Structure {
    width: u32,
    height: u32,
    lightness: Vec<u8>,
    /// How far each pixel's colour may be that of skin.
    skin: Vec<u8>,
}

impl Structure {
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn of(photo: &Picture) -> Result<Structure> {
        let (width, height) = (photo.width, photo.height);
        Ok(Structure { width, height, lightness: tones(photo, lightness)?, skin: tones(photo, skin)? })
    }

    /// Gives `drawn` back what it lost of the photo's fine structure: all of it for a `strength` of 1, nothing for 0. Alpha stays.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Internal`] when the photo had another size.
    pub fn restore(&self, drawn: &mut Picture, strength: f32) -> Result<()> {
        if (drawn.width, drawn.height) != (self.width, self.height) {
            return Err(Error::Internal("photo and drawing differ in size".into()));
        }
        let (width, height) = (drawn.width as usize, drawn.height as usize);
        let made = tones(drawn, lightness)?;
        for top in (0..height).step_by(BAND) {
            let bottom = (top + BAND).min(height);
            // Means of means see twice as far, and gradients one pixel more.
            let reach = 2 * RADIUS + 1;
            let (from, to) = (top.saturating_sub(reach), (bottom + reach).min(height));
            let plane = |tones: &[u8]| {
                let values = tones[from * width..to * width].iter().map(|&tone| f32::from(tone) / 255.).collect();
                Plane { width, values }
            };
            let (seen, made) = (plane(&self.lightness), plane(&made));
            let mean = seen.means(RADIUS);
            let [weak, pores] = weak(&seen, &plane(&self.skin));
            let missing = missing(&seen, &mean, &made, &weak, &pores).means(RADIUS);
            for (i, pixel) in drawn.rgba[top * width * 4..bottom * width * 4].chunks_exact_mut(4).enumerate() {
                let at = i + (top - from) * width;
                let back = 255. * strength * missing.values[at] * (seen.values[at] - mean.values[at]);
                for value in &mut pixel[..3] {
                    *value = (f32::from(*value) + back + 0.5) as u8;
                }
            }
        }
        Ok(())
    }
}

/// A number of every pixel, 0 to 1, as a byte.
fn tones(picture: &Picture, value: impl Fn(&[u8]) -> f32) -> Result<Vec<u8>> {
    let mut tones = Vec::new();
    tones.try_reserve_exact(picture.rgba.len() / 4)?;
    tones.extend(picture.rgba.chunks_exact(4).map(|pixel| (value(pixel) * 255. + 0.5) as u8));
    Ok(tones)
}

/// How far a pixel's colour may be that of skin, 0 to 1.
fn skin(pixel: &[u8]) -> f32 {
    let [red, blue] = [pixel[0], pixel[2]].map(|value| f32::from(value) / 255. - lightness(pixel));
    ramp(WARM, 0.713 * red) * (1. - ramp(YELLOW, -0.564 * blue))
}

/// How far `value` is on the way between two others, 0 to 1.
fn ramp([from, to]: [f32; 2], value: f32) -> f32 {
    ((value - from) / (to - from)).clamp(0., 1.)
}

/// The standard deviation that comes back by half, at each pixel, and how far it may be one of skin's pores.
fn weak(seen: &Plane, skin: &Plane) -> [Plane; 2] {
    let [mut xx, mut yy, mut xy] = [(); 3].map(|()| Plane { width: seen.width, values: vec![0.; seen.values.len()] });
    let height = seen.values.len() / seen.width;
    for y in 1..height.saturating_sub(1) {
        for x in 1..seen.width - 1 {
            let at = y * seen.width + x;
            let across = seen.values[at + 1] - seen.values[at - 1];
            let down = seen.values[at + seen.width] - seen.values[at - seen.width];
            (xx.values[at], yy.values[at], xy.values[at]) = (across * across, down * down, across * down);
        }
    }
    let (xx, yy, xy) = (xx.means(RADIUS), yy.means(RADIUS), xy.means(RADIUS));
    let skin = skin.means(RADIUS);
    let [mut weak, mut pores] = [xx, yy];
    for (i, skin) in skin.values.iter().enumerate() {
        let (xx, yy, xy) = (weak.values[i], pores.values[i], xy.values[i]);
        let coherence = ramp(COHERENT, ((xx - yy) * (xx - yy) + 4. * xy * xy).sqrt() / (xx + yy + LEVEL));
        weak.values[i] = WEAK[0] + (WEAK[1] - WEAK[0]) * coherence * (1. - skin);
        pores.values[i] = skin * (1. - coherence);
    }
    [weak, pores]
}

/// Which share of the photo's structure around each pixel is to come back, 0 to 1.
fn missing(seen: &Plane, mean: &Plane, made: &Plane, weak: &Plane, pores: &Plane) -> Plane {
    let mut variance = seen.times(seen).means(RADIUS);
    let common = seen.times(made).means(RADIUS);
    let made = made.means(RADIUS);
    for (i, share) in variance.values.iter_mut().enumerate() {
        let variance = (*share - mean.values[i] * mean.values[i]).max(0.);
        let weak = weak.values[i] * weak.values[i];
        let slope = (common.values[i] - mean.values[i] * made.values[i] + NONE * weak) / (variance + NONE * weak);
        let kept = 1. - pores.values[i] * (1. - ramp(PORES, variance.sqrt()));
        *share = (1. - slope.clamp(0., 1.)) * variance / (variance + weak) * kept;
    }
    variance
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIDE: u32 = 48;

    fn picture(value: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
        let pixel = |i: u32| {
            let [r, g, b] = value(i % SIDE, i / SIDE);
            [r, g, b, (i % 251) as u8]
        };
        Picture::new(SIDE, SIDE, (0..SIDE * SIDE).flat_map(pixel).collect()).unwrap()
    }

    fn at(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
        let at = (y * SIDE + x) as usize * 4;
        picture.rgba[at..at + 3].try_into().unwrap()
    }

    fn restored(mut drawn: Picture, photo: &Picture, strength: f32) -> Picture {
        Structure::of(photo).unwrap().restore(&mut drawn, strength).unwrap();
        drawn
    }

    #[test]
    fn a_wire_that_was_lost_is_back_and_the_sky_around_it_is_as_it_was_drawn() {
        let photo = picture(|x, y| if x == y { [60; 3] } else { [190, 200, 210] });
        let drawn = picture(|_, _| [90, 180, 250]);
        let got = restored(drawn.clone(), &photo, 1.);
        let wire = at(&got, 20, 20);
        assert!(wire[2] < 200, "{wire:?}");
        assert_eq!(wire[2] - wire[1], 70, "only lightness comes back");
        assert_eq!(at(&got, 40, 4), [90, 180, 250]);
        assert_eq!(restored(drawn.clone(), &photo, 0.), drawn);
    }

    #[test]
    fn a_faint_line_comes_back_in_the_sky_and_not_on_skin() {
        let faint = |[r, g, b]: [u8; 3]| {
            let photo = picture(move |x, _| if x == 24 { [r - 9, g - 9, b - 9] } else { [r, g, b] });
            let got = restored(picture(move |_, _| [r, g, b]), &photo, 1.);
            g - at(&got, 24, 24)[1]
        };
        let (sky, skin) = (faint([170, 190, 220]), faint([220, 170, 140]));
        assert!(sky >= 3 && skin <= 1, "{sky} and {skin} of 9");
    }

    #[test]
    fn pores_of_skin_do_not_come_back_and_lashes_do() {
        let specks = |colour: [u8; 3]| {
            let photo = picture(move |x, y| if (x % 6, y % 6) == (3, 3) { colour.map(|v| v - 50) } else { colour });
            let got = restored(picture(move |_, _| colour), &photo, 1.);
            colour[1] - at(&got, 21, 21)[1]
        };
        let [pore, grain, leaf] = [[220, 170, 140], [170, 170, 170], [240, 190, 60]].map(specks);
        assert!(pore <= 2 && grain >= 8 && leaf >= 8, "{pore}, {grain} and {leaf} of 50");
        let lashes = picture(|x, _| if x % 12 == 0 { [90, 60, 50] } else { [220, 170, 140] });
        let got = restored(picture(|_, _| [220, 170, 140]), &lashes, 1.);
        assert!(at(&got, 24, 24)[1] < 110, "{:?}", at(&got, 24, 24));
    }

    #[test]
    fn lines_that_were_drawn_stay_as_they_were_drawn() {
        let line = |dark: u8, light: u8| picture(move |x, _| if x % 12 == 5 { [dark; 3] } else { [light; 3] });
        let (photo, drawn) = (line(90, 150), line(20, 220));
        assert_eq!(restored(drawn.clone(), &photo, 1.), drawn);
    }

    #[test]
    fn bands_leave_no_seams() {
        let tall = |value: &dyn Fn(u32, u32) -> u8| {
            let pixels = (0..40 * 200)
                .flat_map(|i| {
                    let v = value(i % 40, i / 40);
                    [v, v, v, 255]
                })
                .collect();
            Picture::new(40, 200, pixels).unwrap()
        };
        // The same every eleven rows, so what comes back must be, too.
        let photo = tall(&|x, y| if (x + y % 11) % 11 < 2 { 40 } else { 200 });
        let got = restored(tall(&|_, _| 128), &photo, 1.);
        let row = |y: usize| &got.rgba[y * 160..(y + 1) * 160];
        for y in 22..178 {
            assert_eq!(row(y), row(22 + (y - 22) % 11), "row {y}");
        }
    }

    #[test]
    fn noise_does_not_come_back() {
        let photo = picture(|x, y| [(120 + (x * 7 + y * 13) % 5) as u8; 3]);
        let got = restored(picture(|_, _| [120; 3]), &photo, 1.);
        assert!(got.rgba.chunks_exact(4).all(|pixel| pixel[0].abs_diff(120) <= 1));
    }

    #[test]
    fn pictures_of_different_sizes_are_an_error() {
        let mut small = Picture::new(8, 8, vec![0; 256]).unwrap();
        assert!(matches!(
            Structure::of(&picture(|_, _| [0; 3])).unwrap().restore(&mut small, 1.),
            Err(Error::Internal(_))
        ));
    }

    proptest! {
        #[test]
        fn alpha_stays_and_the_photo_itself_gains_nothing(seed: u32) {
            let hash = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ seed).to_be_bytes();
            let photo = picture(|x, y| { let [r, g, b, _] = hash(x, y); [r, g, b] });
            let same = restored(photo.clone(), &photo, 1.);
            prop_assert_eq!(&same, &photo);
            let other = restored(picture(|_, _| [128; 3]), &photo, 1.);
            for (a, b) in other.rgba.chunks_exact(4).zip(photo.rgba.chunks_exact(4)) {
                prop_assert_eq!(a[3], b[3]);
            }
        }
    }
}
