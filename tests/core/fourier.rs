//! What stands in for the rustfft library (patches/rustfft).

use rustfft::{FftDirection, FftPlanner, num_complex::Complex};

const LENGTHS: [usize; 5] = [1, 2, 7, 12, 64];

fn transformed(len: usize, direction: FftDirection, mut values: Vec<Complex<f32>>) -> Vec<Complex<f32>> {
    FftPlanner::new().plan_fft(len, direction).process(&mut values);
    values
}

fn assert_near(found: &[Complex<f32>], wanted: &[Complex<f32>]) {
    assert_eq!(found.len(), wanted.len());
    let far = found.iter().zip(wanted).map(|(a, b)| (a - b).norm()).fold(0.0, f32::max);
    assert!(far < 1e-3, "{far}: {found:?} for {wanted:?}");
}

#[test]
fn an_impulse_becomes_the_roots_of_unity() {
    for len in LENGTHS {
        let mut impulse = vec![Complex::new(0.0, 0.0); len];
        impulse[1 % len] = Complex::new(1.0, 0.0);
        let turns = |k| -std::f32::consts::TAU * k as f32 / len as f32;
        let roots: Vec<_> = (0..len).map(|k| Complex::from_polar(1.0, turns(k * (1 % len)))).collect();
        assert_near(&transformed(len, FftDirection::Forward, impulse), &roots);
    }
}

#[test]
fn the_inverse_leads_back_times_the_length_in_every_part_of_the_buffer() {
    for len in LENGTHS {
        let values: Vec<_> = (0..3 * len).map(|i| Complex::new((i as f32).sin(), (i as f32 * 0.3).cos())).collect();
        let there = transformed(len, FftDirection::Forward, values.clone());
        let back = transformed(len, FftDirection::Inverse, there);
        let scaled: Vec<_> = values.iter().map(|value| value * len as f32).collect();
        assert_near(&back, &scaled);
    }
}
