//! 64 bits that change little when the picture changes little.
//!
//! Equal, bit for bit, to Python's ImageHash 4.3.2 `phash(image, hash_size=8, highfreq_factor=4)` with
//! Pillow 13 for the same 8-bit pixels; `tests/vectors/phash.json` says so for hundreds of pictures.

use super::dct;

const SIDE: usize = dct::N;
type Grid = [[u8; SIDE]; SIDE];

/// Bits of the coefficients' fractions (Pillow's `PRECISION_BITS`).
const FRACTION: u32 = 32 - 8 - 2;

/// The hash of straight RGBA pixels in rows of `width`, whose alpha is ignored; any size from 1×1.
/// The most significant bit is the coefficient of the lowest frequencies. Without a pixel it is 0.
pub fn phash(width: u32, rgba: &[u8]) -> u64 {
    let grid = shrink(width as usize, rgba);
    let columns: [_; SIDE] = std::array::from_fn(|x| dct::transform(std::array::from_fn(|y| f64::from(grid[y][x]))));
    let mut low = [0.; 64];
    for (y, row) in low.chunks_exact_mut(8).enumerate() {
        row.copy_from_slice(&dct::transform(std::array::from_fn(|x| columns[x][y]))[..8]);
    }
    let mut sorted = low;
    sorted.sort_unstable_by(f64::total_cmp);
    let median = (sorted[31] + sorted[32]) / 2.;
    low.iter().fold(0, |hash, &value| hash << 1 | u64::from(value > median))
}

/// Pillow's `convert("L").resize((32, 32), LANCZOS)`, as `grid[y][x]`. Since Pillow 13 columns come first
/// in pictures that are much too high; earlier versions differ there, by a bit or two at most.
fn shrink(width: usize, rgba: &[u8]) -> Grid {
    if width == 0 || rgba.len() < width * 4 {
        return [[0; SIDE]; SIDE];
    }
    let grey: Vec<u8> = rgba.as_chunks().0.iter().map(luma).collect();
    let lines: Vec<&[u8]> = grey.chunks_exact(width).collect();
    let height = lines.len();
    let grid = if height > SIDE && height + SIDE > 2 * width { across(&down(&lines)) } else { down(&across(&lines)) };
    std::array::from_fn(|y| std::array::from_fn(|x| grid[y][x]))
}

/// Shrinks every line to 32 values of 8 bits; nothing is done to lines that have 32.
fn across(lines: &[impl AsRef<[u8]>]) -> Vec<Vec<u8>> {
    let windows = windows(lines[0].as_ref().len());
    let shrunk = |line: &[u8]| match line.len() {
        SIDE => line.to_vec(),
        _ => windows.iter().map(|window| window.sum(line)).collect(),
    };
    lines.iter().map(|line| shrunk(line.as_ref())).collect()
}

/// Shrinks the number of lines to 32, likewise.
fn down(lines: &[impl AsRef<[u8]>]) -> Vec<Vec<u8>> {
    if lines.len() == SIDE {
        return lines.iter().map(|line| line.as_ref().to_vec()).collect();
    }
    let mut sums = vec![0i32; lines[0].as_ref().len()];
    let line = |window: &Window| {
        sums.fill(0);
        for (line, weight) in lines[window.first..].iter().zip(&window.weights) {
            sums.iter_mut().zip(line.as_ref()).for_each(|(sum, &value)| *sum += i32::from(value) * weight);
        }
        sums.iter().map(|&sum| rounded(sum)).collect()
    };
    windows(lines.len()).iter().map(line).collect()
}

/// ITU-R BT.601 luma in Pillow's fixed point.
fn luma(pixel: &[u8; 4]) -> u8 {
    let [r, g, b, _] = pixel.map(u32::from);
    ((19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16) as u8
}

/// The pixels that make one pixel of the result, and how much each counts.
struct Window {
    first: usize,
    weights: Vec<i32>,
}

impl Window {
    fn sum(&self, line: &[u8]) -> u8 {
        let products = line[self.first..].iter().zip(&self.weights).map(|(&value, weight)| i32::from(value) * weight);
        rounded(products.sum())
    }
}

fn rounded(sum: i32) -> u8 {
    ((sum + (1 << (FRACTION - 1))) >> FRACTION).clamp(0, 255) as u8
}

/// Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` for Lanczos from `length` to 32.
fn windows(length: usize) -> Vec<Window> {
    let scale = length as f64 / SIDE as f64;
    // Pillow's `filterscale`.
    let stretch = scale.max(1.);
    let support = 3. * stretch;
    let window = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.) as usize;
        let end = ((centre + support + 0.5) as usize).min(length);
        let shrink = 1. / stretch;
        let weights: Vec<f64> = (first..end).map(|x| lanczos((x as f64 - centre + 0.5) * shrink)).collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |w: f64| {
            let w = if sum == 0. { w } else { w / sum };
            (w * f64::from(1 << FRACTION) + if w < 0. { -0.5 } else { 0.5 }) as i32
        };
        Window { first, weights: weights.into_iter().map(fixed).collect() }
    };
    (0..SIDE).map(window).collect()
}

fn lanczos(x: f64) -> f64 {
    if (-3. ..3.).contains(&x) { sinc(x) * sinc(x / 3.) } else { 0. }
}

fn sinc(x: f64) -> f64 {
    if x == 0. {
        return 1.;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}
