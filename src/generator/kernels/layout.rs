//! Pixels into the kernels' layout and out of it, and sources written down as they are read.

use super::{
    in_bands,
    simd::{LANES, Simd, Task, dispatch, whole},
    source::{Part, Source},
};

/// Planes `C×H×W` become pixels `H×W×whole(C)`.
pub fn from_planes(planes: &[f32], channels: usize, out: &mut [f32]) {
    let stride = whole(channels);
    let area = out.len() / stride;
    for (at, pixel) in out.chunks_exact_mut(stride).enumerate() {
        for (c, value) in pixel.iter_mut().enumerate() {
            *value = if c < channels { planes[c * area + at] } else { 0. };
        }
    }
}

/// Pixels `H×W×C` become pixels `H×W×whole(C)`.
pub fn from_pixels(pixels: &[f32], channels: usize, out: &mut [f32]) {
    for (pixel, out) in pixels.chunks_exact(channels).zip(out.chunks_exact_mut(whole(channels))) {
        let (values, rest) = out.split_at_mut(channels);
        values.copy_from_slice(pixel);
        rest.fill(0.);
    }
}

/// Pixels `H×W×whole(C)` become planes `C×H×W`.
pub fn to_planes(pixels: &[f32], channels: usize, planes: &mut [f32]) {
    let area = planes.len() / channels;
    for (at, pixel) in pixels.chunks_exact(whole(channels)).enumerate() {
        for (c, value) in pixel[..channels].iter().enumerate() {
            planes[c * area + at] = *value;
        }
    }
}

/// Pixels `H×W×whole(C)` become pixels `H×W×C`.
pub fn to_pixels(pixels: &[f32], channels: usize, out: &mut [f32]) {
    for (pixel, out) in pixels.chunks_exact(whole(channels)).zip(out.chunks_exact_mut(channels)) {
        out.copy_from_slice(&pixel[..channels]);
    }
}

#[derive(Default)]
struct Scratch {
    row: Vec<f32>,
    resampled: Vec<f32>,
}

/// Writes the sum of `sources` with `pad` rows and columns of their border before the first pixel, `sides` in all, as
/// `H×W×whole(C)`.
pub fn store(sources: &[Source], pad: [usize; 2], sides: [usize; 2], out: &mut [f32]) {
    let row = out.len() / sides[0].max(1);
    in_bands(out, row, |scratch: &mut Scratch, y, out| {
        dispatch(Row { sources, y, pad, width: sides[1], out, scratch })
    });
}

/// Does to `pixels`, `H×W×whole(C)` in rows of `width`, what is to happen to those of `part`, which holds none itself.
pub fn apply(part: &Part, width: usize, pixels: &mut [f32]) {
    if part.affine.is_some() || part.slope.is_some() {
        in_bands(pixels, width * whole(part.channels), |_: &mut (), _, pixels| dispatch(Applied { part, pixels }));
    }
}

struct Applied<'a> {
    part: &'a Part<'a>,
    pixels: &'a mut [f32],
}

impl Task for Applied<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let stride = whole(self.part.channels);
        let (pixels, n) = (self.pixels.as_mut_ptr(), self.pixels.len() / stride);
        // SAFETY: each vector is read before it is written.
        unsafe { self.part.copy::<S>(pixels, n, pixels, stride) };
    }
}

struct Row<'a> {
    sources: &'a [Source<'a>],
    y: usize,
    pad: [usize; 2],
    width: usize,
    out: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let stride = self.out.len() / self.width;
        let [y, x] = [self.y as isize - self.pad[0] as isize, -(self.pad[1] as isize)];
        let (out, scratch) = (self.out.as_mut_ptr(), self.scratch);
        for (i, source) in self.sources.iter().enumerate() {
            // SAFETY: `out` and the scratch row have `width` pixels of `stride`, a whole number of vectors.
            unsafe {
                if i == 0 {
                    source.gather::<S>(y, x, self.width, out, stride, &mut scratch.resampled);
                    continue;
                }
                scratch.row.resize(self.width * stride, 0.);
                source.gather::<S>(y, x, self.width, scratch.row.as_mut_ptr(), stride, &mut scratch.resampled);
                for at in (0..self.width * stride).step_by(LANES) {
                    let sum = S::add(S::load(out.add(at)), S::load(scratch.row.as_ptr().add(at)));
                    S::store(sum, out.add(at));
                }
            }
        }
    }
}
