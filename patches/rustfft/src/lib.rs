//! As much of [rustfft](https://docs.rs/rustfft) 6.4 as tract calls, in its place: tract runs the DFT and STFT operators
//! with it, which no generator of pictures has, and the library is a sixteenth of the module that everybody downloads.
//! Here the transform is the defining sum: right for every length, and slow for long ones.

use std::fmt::Debug;
use std::sync::Arc;

pub use num_complex;
use num_complex::Complex;
pub use num_traits;
use num_traits::{FromPrimitive, Signed};

/// The numbers that can be transformed.
pub trait FftNum: Copy + FromPrimitive + Signed + Sync + Send + Debug + 'static {}

impl<T: Copy + FromPrimitive + Signed + Sync + Send + Debug + 'static> FftNum for T {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FftDirection {
    Forward,
    Inverse,
}

/// A transform of one length.
pub trait Fft<T: FftNum>: Sync + Send {
    /// Transforms each part of this length in place, without scaling.
    fn process(&self, buffer: &mut [Complex<T>]);
}

pub struct FftPlanner;

impl FftPlanner {
    #[allow(clippy::new_without_default)] // as the library has it
    pub fn new() -> Self {
        FftPlanner
    }

    pub fn plan_fft<T: FftNum>(&mut self, len: usize, direction: FftDirection) -> Arc<dyn Fft<T>> {
        let sign = if direction == FftDirection::Forward { -1.0 } else { 1.0 };
        let turn = |k: usize| {
            let (sin, cos) = (std::f64::consts::TAU * k as f64 / len as f64).sin_cos();
            let number = |v| T::from_f64(v).unwrap_or_else(T::zero);
            Complex::new(number(cos), number(sign * sin))
        };
        Arc::new(Sum((0..len).map(turn).collect()))
    }

    pub fn plan_fft_forward<T: FftNum>(&mut self, len: usize) -> Arc<dyn Fft<T>> {
        self.plan_fft(len, FftDirection::Forward)
    }
}

/// The roots of unity, in turn.
struct Sum<T>(Vec<Complex<T>>);

impl<T: FftNum> Fft<T> for Sum<T> {
    fn process(&self, buffer: &mut [Complex<T>]) {
        let len = self.0.len().max(1);
        for part in buffer.chunks_exact_mut(len) {
            let given = part.to_vec();
            for (k, out) in part.iter_mut().enumerate() {
                *out = given.iter().enumerate().fold(Complex::new(T::zero(), T::zero()), |sum, (n, value)| {
                    sum + *value * self.0[k * n % len]
                });
            }
        }
    }
}
