//! Pictures of one number a pixel, and their means over small squares.

use super::Picture;
use crate::Result;

/// One number a pixel.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Plane {
    pub(super) fn new(picture: &Picture, value: impl Fn(&[u8]) -> f32) -> Result<Plane> {
        let mut values = Vec::new();
        values.try_reserve_exact(picture.rgba.len() / 4)?;
        values.extend(picture.rgba.chunks_exact(4).map(value));
        Ok(Plane { width: picture.width as usize, values })
    }

    /// Value by value.
    pub(super) fn times(&self, other: &Plane) -> Plane {
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a * b).collect();
        Plane { width: self.width, values }
    }

    /// Means over squares of `2 radius + 1` pixels a side, smaller at the borders. Few are added at a time, all along a row at
    /// once: for small squares that is several times faster than a running sum, whose steps wait for each other.
    pub(super) fn means(&self, radius: usize) -> Plane {
        let (width, height) = (self.width, self.values.len() / self.width);
        let shares = |length: usize| -> Vec<f32> {
            (0..length).map(|i| 1. / ((i + radius + 1).min(length) - i.saturating_sub(radius)) as f32).collect()
        };
        let mut across = vec![0.; self.values.len()];
        let of_row = shares(width);
        for (means, row) in across.chunks_exact_mut(width).zip(self.values.chunks_exact(width)) {
            for k in 0..=radius.min(width - 1) {
                add(means, &row[k..]);
            }
            for k in 1..=radius.min(width - 1) {
                add(&mut means[k..], row);
            }
            for (mean, share) in means.iter_mut().zip(&of_row) {
                *mean *= share;
            }
        }
        let mut values = vec![0.; self.values.len()];
        for ((y, means), share) in values.chunks_exact_mut(width).enumerate().zip(shares(height)) {
            for near in y.saturating_sub(radius)..(y + radius + 1).min(height) {
                add(means, &across[near * width..(near + 1) * width]);
            }
            for mean in means {
                *mean *= share;
            }
        }
        Plane { width, values }
    }
}

/// Adds number by number, as far as both go.
fn add(to: &mut [f32], numbers: &[f32]) {
    for (sum, number) in to.iter_mut().zip(numbers) {
        *sum += number;
    }
}

/// Rec. 601 lightness, 0 to 1.
pub(super) fn lightness(pixel: &[u8]) -> f32 {
    (0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])) / 255.
}

#[cfg(test)]
mod tests {
    use super::*;

    const RADIUS: usize = 4;

    #[test]
    fn means_are_means() {
        let plane = Plane { width: 30, values: (0..30 * 25).map(|i| (i * 7 % 31) as f32).collect() };
        let means = plane.means(RADIUS);
        for (x, y) in [(0, 0), (29, 24), (13, 11), (2, 23)] {
            let near = |at: usize, length: usize| at.saturating_sub(RADIUS)..(at + RADIUS + 1).min(length);
            let window: Vec<f32> =
                near(y, 25).flat_map(|v| near(x, 30).map(move |u| v * 30 + u)).map(|i| plane.values[i]).collect();
            let mean = window.iter().sum::<f32>() / window.len() as f32;
            assert!((means.values[y * 30 + x] - mean).abs() < 1e-4);
        }
    }
}
