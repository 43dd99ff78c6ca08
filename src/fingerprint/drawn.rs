//! Is this a photograph, or drawn already? By what textures and edges look like, in a small copy.
//!
//! Photographs have texture nearly everywhere; drawings have flat areas with sharp edges or dark lines between.
//! So pixels are counted by how much goes on around them and by how they stand out from their neighbours, at three
//! scales. Our own results keep much of the photo's structure: what gives them away is how luma goes on from pixel to
//! pixel, what is left of fine structure where there is coarse, and the styles' colours. A logistic regression weighs
//! the counts; `models/train/drawn.py` fits it, and says how often it is right.

mod weights;

use crate::{
    Picture, Result,
    picture::resize::{self, rough},
};
use weights::{BIAS, ROOTS, SCALE, THRESHOLD};

/// Longer side of the copy that is looked at, in pixels.
const SIDE: u32 = 512;
/// Each scale has half the sides of the one before.
const SCALES: usize = 3;
/// Bins of 8-bit values: 0–1, 2–3, 4–7, … 128–255.
const BINS: usize = 8;
/// Bins of a signed difference, up to ±64 and beyond.
const SIGNED: usize = 13;
/// How many colours make up how much: the commonest 1, 2, 4, … of 4096.
const SHARES: usize = 9;
/// How luma goes on: three steps up or down, or none; read backwards it is the same.
const SLOPES: usize = (STEPS * STEPS * STEPS + STEPS) / 2;
/// Steps of luma, from far down to far up.
const STEPS: usize = 7;
/// Pixels of a hue, saturation and luma, and greys of a luma.
const COLOURS: usize = 12 * 4 * 4 + 8;
/// Values that a picture is judged by.
pub const FEATURES: usize = SCALES * (BINS * (SIGNED + BINS) + SLOPES + 2 * BINS * BINS) + SHARES + BINS + COLOURS;

/// Whether it is more likely drawn than photographed: painted, printed, computed, or one of our own results.
///
/// # Errors
/// [`crate::Error::Internal`] when shrinking fails.
pub fn is_drawn(picture: &Picture) -> Result<bool> {
    Ok(likelihood(picture)? >= THRESHOLD)
}

/// How likely it is drawn, 0 to 1.
///
/// # Errors
/// Those of [`is_drawn`].
pub fn likelihood(picture: &Picture) -> Result<f32> {
    let weight = |&root: &i8| f32::from(root) * f32::from(root).abs();
    let sum: f32 = features(picture)?.iter().zip(&ROOTS).map(|(value, root)| value * weight(root)).sum();
    Ok(1. / (1. + (-BIAS - sum * SCALE).exp()))
}

/// What a picture is judged by: square roots of shares, each 0 to 1. Transparent parts count as white.
///
/// # Errors
/// Those of [`is_drawn`].
pub fn features(picture: &Picture) -> Result<Vec<f32>> {
    let (width, height) = resize::fit(picture.width(), picture.height(), SIDE, SIDE);
    let mut plane = Plane::of(&rough(picture, width, height)?);
    let mut features = colours(&plane);
    for scale in 0..SCALES {
        let half = plane.halved();
        features.extend(plane.textures());
        features.extend(plane.slopes());
        features.extend(plane.contours());
        features.extend(plane.remains(&half));
        if scale == 1 {
            features.extend(plane.palette());
        }
        plane = half;
    }
    Ok(features)
}

/// Opaque pixels in rows, and their luma.
struct Plane {
    width: usize,
    height: usize,
    rgb: Vec<[u8; 3]>,
    luma: Vec<u8>,
}

impl Plane {
    fn new(width: usize, height: usize, rgb: Vec<[u8; 3]>) -> Plane {
        let luma = rgb.iter().map(luma).collect();
        Plane { width, height, rgb, luma }
    }

    fn of(picture: &Picture) -> Plane {
        let on_white = |pixel: &[u8]| {
            let alpha = u32::from(pixel[3]);
            if alpha == 255 {
                return [pixel[0], pixel[1], pixel[2]];
            }
            [0, 1, 2].map(|i| ((u32::from(pixel[i]) * alpha + 255 * (255 - alpha)) / 255) as u8)
        };
        let rgb = picture.rgba().chunks_exact(4).map(on_white).collect();
        Plane::new(picture.width() as usize, picture.height() as usize, rgb)
    }

    /// Means of 2×2 pixels; an odd last row or column is left out.
    fn halved(&self) -> Plane {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = Vec::with_capacity(width * height);
        for rows in self.rgb.chunks_exact(2 * self.width.max(1)).take(height) {
            let (above, below) = rows.split_at(self.width);
            rgb.extend(above.chunks_exact(2).zip(below.chunks_exact(2)).map(|(a, b)| {
                let sum = |c: usize| [a[0], a[1], b[0], b[1]].iter().map(|pixel| u32::from(pixel[c])).sum::<u32>();
                [0, 1, 2].map(|c| ((sum(c) + 2) / 4) as u8)
            }));
        }
        Plane::new(width, height, rgb)
    }

    /// Counts pixels by the range of luma in the 5×5 around them and, once each, by how much darker or lighter
    /// they are than their neighbours and by how much their hue differs from the next.
    fn textures(&self) -> Vec<f32> {
        let mut edges = [[0u32; SIGNED]; BINS];
        let mut hues = [[0u32; BINS]; BINS];
        let luma = &self.luma;
        let ranges = ranges(luma, self.width);
        let inside = self.width.saturating_sub(4);
        for (y, ranges) in ranges.chunks_exact(inside.max(1)).enumerate() {
            let row = (y + 2) * self.width + 2;
            for (x, &range) in ranges.iter().enumerate() {
                let i = row + x;
                let at = |i: usize| i32::from(luma[i]);
                let excess = 4 * at(i) - at(i - 1) - at(i + 1) - at(i - self.width) - at(i + self.width);
                let size = bin(excess.unsigned_abs()).min(SIGNED / 2);
                let range = bin(u32::from(range));
                edges[range][if excess < 0 { SIGNED / 2 - size } else { SIGNED / 2 + size }] += 1;
                hues[range][bin(distance(hue(&self.rgb[i]), hue(&self.rgb[i + 1])))] += 1;
            }
        }
        let (edges, hues) = (edges.as_flattened(), hues.as_flattened());
        let total = edges.iter().sum::<u32>().max(1) as f32;
        edges.iter().chain(hues).map(|&count| (count as f32 / total).sqrt()).collect()
    }

    /// Counts how luma goes on over four pixels in rows and columns: noise goes up and down, paint stays or goes on.
    fn slopes(&self) -> Vec<f32> {
        const BACK: usize = STEPS * STEPS * STEPS - 1;
        let luma = &self.luma;
        let mut counts = vec![0u32; BACK + 1];
        let (rows, columns) = (self.height.saturating_sub(3), self.width.saturating_sub(3));
        for (distance, height, width) in [(1, self.height, columns), (self.width, rows, self.width)] {
            let steps: Vec<usize> =
                luma.iter().zip(luma.iter().skip(distance)).map(|(&a, &b)| step(i32::from(b) - i32::from(a))).collect();
            for first in (0..height).flat_map(|y| y * self.width..y * self.width + width) {
                counts[(steps[first] * STEPS + steps[first + distance]) * STEPS + steps[first + 2 * distance]] += 1;
            }
        }
        let backwards = |i: usize| {
            let [a, b, c] = [i / (STEPS * STEPS), i / STEPS % STEPS, i % STEPS].map(|step| STEPS - 1 - step);
            (c * STEPS + b) * STEPS + a
        };
        let once = (0..=BACK).filter(|&i| i <= backwards(i));
        let folded: Vec<u32> =
            once.map(|i| counts[i] + if i < backwards(i) { counts[backwards(i)] } else { 0 }).collect();
        shares(&folded)
    }

    /// Counts by how much luma and hue change together from each pixel to the next and to the one below.
    fn contours(&self) -> Vec<f32> {
        let (luma, hues) = (&self.luma, self.rgb.iter().map(hue).collect::<Vec<_>>());
        let mut counts = [0u32; BINS * BINS];
        for i in 0..luma.len() {
            let right = (i + 1) % self.width != 0;
            let below = i + self.width < luma.len();
            for next in [right.then_some(i + 1), below.then_some(i + self.width)].into_iter().flatten() {
                counts[bin(u32::from(luma[i].abs_diff(luma[next]))) * BINS + bin(distance(hues[i], hues[next]))] += 1;
            }
        }
        shares(&counts)
    }

    /// Counts pixels by how much they stand out here and at half the size: generators take away the finest first.
    fn remains(&self, half: &Plane) -> Vec<f32> {
        let (fine, coarse) = (self.excesses(), half.excesses());
        let mut counts = [0u32; BINS * BINS];
        for y in 2..(2 * half.height).saturating_sub(2) {
            for x in 2..(2 * half.width).saturating_sub(2) {
                let (fine, coarse) = (fine[y * self.width + x], coarse[y / 2 * half.width + x / 2]);
                counts[bin(fine) * BINS + bin(coarse)] += 1;
            }
        }
        shares(&counts)
    }

    /// How much luma differs from that of the four around, none at the borders.
    fn excesses(&self) -> Vec<u32> {
        let (at, width) = (|i: usize| i32::from(self.luma[i]), self.width);
        let mut excesses = vec![0; self.luma.len()];
        for y in 1..self.height.saturating_sub(1) {
            let inside = y * width + 1..((y + 1) * width).saturating_sub(1);
            for (i, excess) in excesses.iter_mut().enumerate().take(inside.end).skip(inside.start) {
                let around = at(i - 1) + at(i + 1) + at(i - width) + at(i + width);
                *excess = (4 * at(i) - around).unsigned_abs();
            }
        }
        excesses
    }

    fn palette(&self) -> Vec<f32> {
        let mut counts = [0u32; COLOURS];
        self.rgb.iter().for_each(|pixel| counts[colour(pixel)] += 1);
        shares(&counts)
    }
}

/// Square roots of what share of all each is.
fn shares(counts: &[u32]) -> Vec<f32> {
    let total = counts.iter().sum::<u32>().max(1) as f32;
    counts.iter().map(|&count| (count as f32 / total).sqrt()).collect()
}

/// A difference of luma as one of [`STEPS`].
fn step(difference: i32) -> usize {
    let size = [2, 5, 14].iter().filter(|&&least| difference.abs() >= least).count();
    if difference < 0 { STEPS / 2 - size } else { STEPS / 2 + size }
}

/// How few colours make up how much of the picture, and how saturated its pixels are.
fn colours(plane: &Plane) -> Vec<f32> {
    let mut counts = vec![0u32; 4096];
    let mut saturation = [0u32; BINS];
    for &[r, g, b] in &plane.rgb {
        counts[usize::from(r >> 4) << 8 | usize::from(g & 0xf0) | usize::from(b >> 4)] += 1;
        saturation[bin(u32::from(r.max(g).max(b) - r.min(g).min(b)))] += 1;
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let shares = (0..SHARES).map(|i| counts[..1 << i].iter().sum());
    let total = plane.rgb.len().max(1) as f32;
    shares.chain(saturation).map(|count: u32| (count as f32 / total).sqrt()).collect()
}

/// Where a pixel is among [`COLOURS`]: of twelve hues, four saturations and four lumas, or of eight greys.
fn colour(pixel: &[u8; 3]) -> usize {
    let [r, g, b] = pixel.map(i32::from);
    let (most, least, luma) = (r.max(g).max(b), r.min(g).min(b), usize::from(luma(pixel)));
    let range = most - least;
    if range < 8 {
        return COLOURS - 8 + luma / 32;
    }
    let sixth = match most {
        _ if most == r => (g - b) as f32 / range as f32,
        _ if most == g => 2. + (b - r) as f32 / range as f32,
        _ => 4. + (r - g) as f32 / range as f32,
    };
    let hue = ((sixth + 6.25) * 2.) as usize % 12;
    let saturation = [24, 56, 112].iter().filter(|&&least| range >= least).count();
    (hue * 4 + saturation) * 4 + luma / 64
}

fn bin(value: u32) -> usize {
    ((value | 1).ilog2() as usize).min(BINS - 1)
}

/// ITU-R BT.601.
fn luma(&[r, g, b]: &[u8; 3]) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8
}

/// Red and blue beside green.
fn hue(&[r, g, b]: &[u8; 3]) -> [i32; 2] {
    [i32::from(r) - i32::from(g), i32::from(b) - i32::from(g)]
}

fn distance(a: [i32; 2], b: [i32; 2]) -> u32 {
    (a[0].abs_diff(b[0]) + a[1].abs_diff(b[1])) / 2
}

/// Largest less smallest value in 5×5 pixels, for each that has two on all sides.
fn ranges(values: &[u8], width: usize) -> Vec<u8> {
    let height = values.len() / width.max(1);
    if width < 5 || height < 5 {
        return Vec::new();
    }
    let (most, least) = (five_by_five(values, width, u8::max), five_by_five(values, width, u8::min));
    let ranges: Vec<u8> = most.iter().zip(&least).map(|(most, least)| most - least).collect();
    // What wraps around at a row's end is left out.
    (0..height - 4).flat_map(|y| &ranges[y * width..][..width - 4]).copied().collect()
}

/// What is picked of 5×5 values in rows of `width`, right and down from each place.
fn five_by_five(values: &[u8], width: usize, pick: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    five(&five(values, width, &pick), 1, &pick)
}

/// What is picked of each value and the four that follow at this distance, as far as there are four.
fn five(values: &[u8], distance: usize, pick: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let mut picked = values[..values.len() - 4 * distance].to_vec();
    for i in 1..5 {
        picked.iter_mut().zip(&values[i * distance..]).for_each(|(slot, &value)| *slot = pick(*slot, value));
    }
    picked
}
