//! Mean and variance of every channel.

use super::{
    in_bands,
    simd::{LANES, Simd, Task, dispatch, whole},
};

/// Of one band: how many pixels, and per channel the mean and the sum of squared differences from it.
pub struct Partial {
    count: f64,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

struct Rows<'a> {
    pixels: &'a [f32],
    channels: usize,
}

impl Task for Rows<'_> {
    type Output = Partial;

    /// Twice over pixels that the cache still holds, so that no digits cancel.
    #[inline(always)]
    fn run<S: Simd>(self) -> Partial {
        let width = whole(self.channels);
        let count = self.pixels.len() / width;
        let (mut mean, mut squares) = (vec![0f32; width], vec![0f32; width]);
        for c in (0..width).step_by(LANES) {
            // SAFETY: every pixel has `width` floats, as have both sums.
            unsafe {
                let at = |i: usize| S::load(self.pixels.as_ptr().add(i * width + c));
                let mut sum = [S::splat(0.); 2];
                for i in 0..count {
                    sum[i % 2] = S::add(sum[i % 2], at(i));
                }
                let average = S::mul(S::add(sum[0], sum[1]), S::splat(1. / count as f32));
                let mut sum = [S::splat(0.); 2];
                for i in 0..count {
                    let difference = S::sub(at(i), average);
                    sum[i % 2] = S::mul_add(difference, difference, sum[i % 2]);
                }
                S::store(average, mean.as_mut_ptr().add(c));
                S::store(S::add(sum[0], sum[1]), squares.as_mut_ptr().add(c));
            }
        }
        let doubles = |values: &[f32]| values[..self.channels].iter().map(|&v| f64::from(v)).collect();
        Partial { count: count as f64, mean: doubles(&mean), squares: doubles(&squares) }
    }
}

impl Partial {
    /// Of pixels of `whole(channels)` floats.
    pub fn of(pixels: &[f32], channels: usize) -> Partial {
        dispatch(Rows { pixels, channels })
    }

    /// Mean and variance per channel, `2×C`, of all bands together: Chan, Golub and LeVeque's pairwise formula.
    pub fn merge(partials: &[Partial]) -> Vec<f32> {
        let channels = partials.first().map_or(0, |p| p.mean.len());
        let count: f64 = partials.iter().map(|p| p.count).sum();
        let mean = |c: usize| partials.iter().map(|p| p.mean[c] * p.count).sum::<f64>() / count;
        let means: Vec<f64> = (0..channels).map(mean).collect();
        let variance = |c: usize| {
            let squares = |p: &Partial| p.squares[c] + p.count * (p.mean[c] - means[c]).powi(2);
            partials.iter().map(squares).sum::<f64>() / count
        };
        means.iter().copied().chain((0..channels).map(variance)).map(|v| v as f32).collect()
    }
}

/// Mean and variance per channel, `2×C`, of a picture that is there already, rows of `row` floats.
pub fn moments(pixels: &mut [f32], channels: usize, row: usize) -> Vec<f32> {
    Partial::merge(&in_bands(pixels, row, |_: &mut (), _, band| Partial::of(band, channels)))
}
