//! TIFF: scanners' and printers' pictures in all their kinds, and cameras' raw data, which is refused by name.

mod chunk;
mod directory;
mod parts;

use image::metadata::Orientation;

use super::{
    colour,
    jpeg::{Decoded, Outline},
    limits::{camera_raw, check_pixels},
};
use crate::{Error, Result, options::Limits};
use chunk::Shape;
use directory::{Directory, File};
use parts::Parts;

/// A picture of less than one in so many of the largest one's pixels is a thumbnail, whatever it says.
const SMALL: u64 = 4;
/// Samples of a pixel at most.
const MOST_SAMPLES: usize = 16;

/// How a directory's pixels are stored.
#[derive(Clone)]
struct Kind<'a> {
    width: usize,
    height: usize,
    compression: u64,
    photometric: u64,
    predictor: u64,
    bits: usize,
    float: bool,
    samples: usize,
    alpha: Alpha,
    /// Each sample's plane by itself.
    planar: bool,
    /// The lowest bit comes first.
    reversed: bool,
    big_endian: bool,
    /// Of JPEG.
    tables: Option<&'a [u8]>,
}

/// What the first sample besides the colours is.
#[derive(Clone, Copy, PartialEq)]
enum Alpha {
    None,
    Straight,
    /// Colours are multiplied by it.
    Associated,
}

/// Whether this is a TIFF, classic or big.
pub fn is_tiff(bytes: &[u8]) -> bool {
    File::new(bytes).is_some()
}

/// Decodes the file's first page: a first directory may be a thumbnail.
///
/// # Errors
/// Those of [`decode`](super::decode::decode).
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let file = File::new(bytes).ok_or_else(|| corrupt("its header is not valid"))?;
    let directories = file.directories();
    if bytes.get(8..10) == Some(b"CR") || directories.iter().any(is_raw) {
        return Err(camera_raw());
    }
    let (kind, directory) = page(&directories, file.big_endian)?;
    let (width, height) = (kind.width as u32, kind.height as u32);
    check_pixels(width, height, limits)?;
    let turned = directory.value(274).and_then(|value| Orientation::from_exif(value as u8));
    let profile = directory.bytes(34675);
    let (whole, kind) = match kind.compression {
        6 => old_jpeg(bytes, directory, kind).map(|(file, kind)| (Some(file), kind))?,
        _ => (None, kind),
    };
    let rgba = pixels(bytes, directory, &kind, whole)?;
    let (rgba, profile) = match kind.photometric {
        5 => {
            let mut inks = rgba;
            colour::inks_to_srgb(&mut inks, profile)?;
            (inks, None)
        }
        _ => (rgba, profile.map(<[u8]>::to_vec)),
    };
    let orientation = turned.unwrap_or(Orientation::NoTransforms);
    Ok(Decoded { width, height, rgba, profile, orientation })
}

/// The first picture that can be read and is not said to be another's smaller copy, unless it is so small that it must be
/// one: then the largest. The first refusal where none can be read.
fn page<'a, 'd>(directories: &'d [Directory<'a>], big_endian: bool) -> Result<(Kind<'a>, &'d Directory<'a>)> {
    let (mut first, mut largest) = (None::<(Kind, &Directory)>, None::<(Kind, &Directory)>);
    let mut refused = None;
    for directory in directories {
        match Kind::read(directory, big_endian) {
            Ok(kind) => {
                if first.is_none() && !is_reduced(directory) {
                    first = Some((kind.clone(), directory));
                }
                if largest.as_ref().is_none_or(|(other, _)| kind.pixels() > other.pixels()) {
                    largest = Some((kind, directory));
                }
            }
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    let most = largest.as_ref().map_or(0, |(kind, _)| kind.pixels());
    let first = first.filter(|(kind, _)| kind.pixels() >= most / SMALL);
    first.or(largest).ok_or_else(|| refused.unwrap_or_else(|| corrupt("it has no picture")))
}

/// Whether it says that it is a smaller copy of another picture in the file (NewSubfileType).
fn is_reduced(directory: &Directory) -> bool {
    directory.value(254).is_some_and(|kind| kind & 1 == 1)
}

/// A colour filter's or linear sensor data (DNG), and what Nikon, Sony and Pentax pack theirs by.
fn is_raw(directory: &Directory) -> bool {
    directory.has(50706)
        || matches!(directory.value(262), Some(32803 | 34892))
        || matches!(directory.value(259), Some(34713 | 32767 | 32770 | 65000 | 65535))
}

fn corrupt(what: &str) -> Error {
    Error::CorruptImage(what.into())
}

fn unsupported(what: &str) -> Error {
    Error::UnsupportedFormat(format!("This file is a TIFF with {what}, which cannot be read. Save it as PNG or JPEG."))
}

/// Of the old kind of JPEG libtiff takes for YCbCr what does not say what it is, or says grey and has three samples.
fn photometric(directory: &Directory, compression: u64) -> u64 {
    match (compression, directory.value(262)) {
        (6, None) => 6,
        (6, Some(0 | 1)) if directory.value(277).unwrap_or(1) >= 3 => 6,
        (_, said) => said.unwrap_or(1),
    }
}

/// Samples of a pixel that are colours.
fn colours(photometric: u64, jpeg: bool) -> Result<usize> {
    match photometric {
        0 | 1 | 3 => Ok(1),
        2 => Ok(3),
        5 => Ok(4),
        6 if jpeg => Ok(3),
        6 | 8 => Err(unsupported("colours as YCbCr or CIELAB")),
        _ => Err(unsupported("colours of a rare kind")),
    }
}

/// Bits of a sample, and whether it is a float.
fn numbers(directory: &Directory) -> Result<(usize, bool)> {
    let (bits, format) = (directory.values(258, MOST_SAMPLES), directory.value(339).unwrap_or(1));
    let depth = bits.first().map_or(1, |&bits| bits as usize);
    let valid = match depth {
        1 | 2 | 4 | 8 => format != 3,
        16 | 32 | 64 => true,
        _ => false,
    };
    if !valid || bits.iter().any(|&other| other != depth as u64) || format == 2 {
        return Err(unsupported("numbers of a rare kind"));
    }
    Ok((depth, format == 3))
}

impl<'a> Kind<'a> {
    fn read(directory: &Directory<'a>, big_endian: bool) -> Result<Kind<'a>> {
        let side = |tag| directory.value(tag).and_then(|side| u32::try_from(side).ok()).filter(|side| *side > 0);
        let (Some(width), Some(height)) = (side(256), side(257)) else {
            return Err(corrupt("it says nothing of its size"));
        };
        let value = |tag, usual| directory.value(tag).unwrap_or(usual);
        let compression = value(259, 1);
        let photometric = photometric(directory, compression);
        let usual = if compression == 6 && matches!(photometric, 2 | 6) { 3 } else { 1 };
        let samples = usize::try_from(value(277, usual)).unwrap_or(0);
        let jpeg = matches!(compression, 6 | 7);
        let colours = colours(photometric, jpeg)?;
        if !matches!(compression, 1 | 4..=8 | 32773 | 32946) {
            return Err(unsupported("packing of a rare kind"));
        }
        let (depth, float) = numbers(directory)?;
        if samples < colours || samples > MOST_SAMPLES || (photometric == 3 && depth > 16) {
            return Err(corrupt("what it says of its colours is not valid"));
        }
        Ok(Kind {
            width: width as usize,
            height: height as usize,
            compression,
            photometric,
            // As libtiff: other packings know of none.
            predictor: if matches!(compression, 5 | 8 | 32946) { value(317, 1) } else { 1 },
            bits: if jpeg { 8 } else { depth },
            float: float && !jpeg,
            samples,
            alpha: match (photometric, samples - colours, directory.value(338)) {
                (5, _, _) | (_, 0, _) | (_, _, Some(0)) => Alpha::None,
                (_, _, Some(1)) => Alpha::Associated,
                _ => Alpha::Straight,
            },
            planar: value(284, 1) == 2 && samples > 1 && compression != 6,
            reversed: value(266, 1) == 2 && !jpeg,
            big_endian,
            tables: directory.bytes(347),
        })
    }

    fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Colours besides alpha and what else there is.
    fn colours(&self) -> usize {
        match self.photometric {
            2 | 6 => 3,
            5 => 4,
            _ => 1,
        }
    }

    /// The whole number in these bytes.
    fn whole(&self, bytes: &[u8]) -> u64 {
        let add = |value, byte: &u8| value << 8 | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    }

    fn put(&self, bytes: &mut [u8], value: u64) {
        let last = bytes.len() - 1;
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = (value >> (8 * if self.big_endian { last - n } else { n })) as u8;
        }
    }

    /// Sample `n` of a row: its number, and its level.
    fn sample(&self, row: &[u8], n: usize) -> (u64, u8) {
        if self.bits < 8 {
            let at = n * self.bits;
            let value = row[at / 8] >> (8 - self.bits - at % 8) & (0xFF >> (8 - self.bits));
            return (value.into(), (u16::from(value) * 255 / ((1 << self.bits) - 1)) as u8);
        }
        let size = self.bits / 8;
        let value = self.whole(&row[n * size..][..size]);
        let level = match (self.float, self.bits) {
            (true, 32) => (f32::from_bits(value as u32).clamp(0., 1.) * 255.).round() as u8,
            (true, 64) => (f64::from_bits(value).clamp(0., 1.) * 255.).round() as u8,
            (true, _) => (half(value as u16).clamp(0., 1.) * 255.).round() as u8,
            (false, 8) => value as u8,
            (false, 16) => ((value + 128) / 257) as u8,
            (false, bits) => (value >> (bits - 8)) as u8,
        };
        (value, level)
    }
}

/// A float of 16 bits.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 => f32::INFINITY,
        _ => (1024. + fraction) * 2f32.powi(exponent - 25),
    };
    if bits >> 15 == 0 { size } else { -size }
}

/// A whole JPEG in the file (TIFF 6.0, section 22, which no writer follows otherwise), and what is in it: of how many colours
/// there are the JPEG is believed.
fn old_jpeg<'a, 'd>(bytes: &'a [u8], directory: &Directory, kind: Kind<'d>) -> Result<(&'a [u8], Kind<'d>)> {
    let place = |tag| directory.value(tag).and_then(|value| usize::try_from(value).ok());
    let from = place(513).or(place(273)).unwrap_or(usize::MAX);
    let file = bytes
        .get(from..)
        .filter(|file| file.starts_with(b"\xFF\xD8"))
        .ok_or_else(|| unsupported("JPEG of an old kind"))?;
    let outline = Outline::read(file)?;
    if (usize::from(outline.width), usize::from(outline.height)) != (kind.width, kind.height) {
        return Err(unsupported("JPEG of an old kind"));
    }
    let samples = outline.components.len();
    let photometric = match samples {
        _ if samples == kind.samples => kind.photometric,
        1 => 1,
        3 => 6,
        _ => 5,
    };
    let alpha = if samples == kind.samples { kind.alpha } else { Alpha::None };
    Ok((file, Kind { samples, photometric, alpha, ..kind }))
}

/// RGBA; of CMYK what the inks leave of the light. `whole` is a file of its own that has all of them.
fn pixels(bytes: &[u8], directory: &Directory, kind: &Kind, whole: Option<&[u8]>) -> Result<Vec<u8>> {
    let mut parts = Parts::read(directory, bytes, kind, whole.is_some())?;
    let Parts { width, height, tiled, across, down, count, .. } = parts;
    let samples = if kind.planar { 1 } else { kind.samples };
    let palette = palette(directory, kind);
    let length = usize::try_from(kind.pixels().saturating_mul(4)).map_err(|_| Error::OutOfMemory)?;
    let mut rgba = Vec::new();
    rgba.try_reserve_exact(length)?;
    rgba.resize(length, 255);
    for part in 0..count {
        let (plane, at) = (part / (across * down), part % (across * down));
        let (left, top) = (at % across * width, at / across * height);
        let packed = match whole {
            Some(file) => file,
            None => parts.bytes(part, bytes, kind)?,
        };
        let rows = if tiled { height } else { height.min(kind.height - top) };
        let row = (width * samples * kind.bits).div_ceil(8);
        let shape = Shape { width, height: rows, full: height, row, samples };
        let mut chunk = chunk::unpack(packed, kind, &shape)?;
        chunk::unpredict(&mut chunk, kind, &shape);
        for (y, row) in chunk.chunks_exact(shape.row).enumerate().take(kind.height - top) {
            let line = &mut rgba[((top + y) * kind.width + left) * 4..][..width.min(kind.width - left) * 4];
            for (x, pixel) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                fill(pixel, row, x, if kind.planar { plane..plane + 1 } else { 0..kind.samples }, kind, &palette);
            }
        }
    }
    if kind.alpha == Alpha::Associated {
        rgba.as_chunks_mut().0.iter_mut().for_each(straighten);
    }
    Ok(rgba)
}

/// The colours that numbers stand for; none where they are colours themselves.
fn palette(directory: &Directory, kind: &Kind) -> Vec<[u8; 3]> {
    if kind.photometric != 3 {
        return Vec::new();
    }
    let size = 1 << kind.bits;
    let map = directory.values(320, 3 * size);
    // 16 bits each, but for some writers who thought it were 8.
    let shift = if map.iter().all(|&level| level < 256) { 0 } else { 8 };
    let level = |at: usize| map.get(at).map_or(0, |&level| (level >> shift) as u8);
    (0..size).map(|n| [level(n), level(size + n), level(2 * size + n)]).collect()
}

/// Puts these samples of pixel `x` of a row where they belong.
fn fill(pixel: &mut [u8; 4], row: &[u8], x: usize, samples: std::ops::Range<usize>, kind: &Kind, palette: &[[u8; 3]]) {
    let (first, count, colours) = (samples.start, samples.len(), kind.colours());
    for n in samples {
        let (value, level) = kind.sample(row, x * count + n - first);
        match (n, kind.photometric) {
            (0, 3) => pixel[..3].copy_from_slice(&palette[value as usize]),
            (0, 0) => pixel[..3].fill(255 - level),
            (0, 1) => pixel[..3].fill(level),
            (n, 5) if n < 4 => pixel[n] = 255 - level,
            (n, _) if n < colours => pixel[n] = level,
            (n, _) if n == colours && kind.alpha != Alpha::None => pixel[3] = level,
            _ => {}
        }
    }
}

fn straighten(pixel: &mut [u8; 4]) {
    let alpha = u32::from(pixel[3]);
    for channel in &mut pixel[..3] {
        *channel = ((u32::from(*channel) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0)).min(255) as u8;
    }
}

#[cfg(test)]
mod tests;
