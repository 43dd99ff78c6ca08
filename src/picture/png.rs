//! What a PNG says of its colours, in the order of rank of the third edition of its specification: cICP, iCCP, sRGB, gAMA
//! and cHRM; and what phones and cut downloads make of the format.

use std::collections::HashSet;

use image::{DynamicImage, Rgba, RgbaImage};

use super::{
    colour::space::{Curve, SRGB, Space},
    xmp,
};
use crate::{Error, Result};

const SIGNATURE: usize = 8;
/// Behind a chunk's data.
const CHECKSUM: usize = 4;
/// The last chunk, with its checksum.
const END: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// What the chunks before and after the pixels say.
#[derive(Default)]
pub struct Chunks {
    coded: Option<Space>,
    has_profile: bool,
    is_srgb: bool,
    gamma: Option<f32>,
    primaries: Option<[[f32; 2]; 4]>,
    /// Apple's own compression, which only Apple reads.
    apple: bool,
    /// Whether any data of pixels is there.
    has_data: bool,
    /// How much of the last chunk is there, where the file ends in good order but for it.
    open_end: Option<usize>,
}

impl Chunks {
    /// Looks at the chunks' heads; damage is left to the decoder.
    pub fn read(file: &[u8]) -> Chunks {
        let (mut chunks, mut seen, mut late) = (Chunks::default(), HashSet::new(), false);
        let mut rest = file.get(SIGNATURE..).unwrap_or_default();
        loop {
            if rest.len() < END.len() && END.starts_with(rest) {
                chunks.open_end = chunks.has_data.then_some(rest.len());
                return chunks;
            }
            let Some((head, behind)) = rest.split_first_chunk::<8>() else { return chunks };
            let [l3, l2, l1, l0, kind @ ..] = *head;
            let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
            let data = behind.get(..length).unwrap_or_default();
            let numbers = || data.as_chunks().0.iter().map(|bytes| u32::from_be_bytes(*bytes) as f32 / 100_000.);
            match &kind {
                b"IEND" => return chunks,
                b"PLTE" => late = true,
                b"IDAT" => (late, chunks.has_data) = (true, true),
                // As libpng: behind palette or pixels they say nothing of the colours, and of two of a kind the first counts.
                b"cICP" | b"iCCP" | b"sRGB" | b"gAMA" | b"cHRM" if late || !seen.insert(kind) => {}
                b"CgBI" => chunks.apple = true,
                b"cICP" => chunks.coded = data.try_into().ok().and_then(Space::of_code_points),
                b"iCCP" => chunks.has_profile = true,
                b"sRGB" => chunks.is_srgb = true,
                b"gAMA" => chunks.gamma = numbers().next().filter(|gamma| *gamma > 0.),
                b"cHRM" => {
                    let values: Vec<f32> = numbers().collect();
                    if let [a, b, c, d, e, f, g, h] = values[..] {
                        chunks.primaries = Some([[c, d], [e, f], [g, h], [a, b]]);
                    }
                }
                _ => {}
            }
            // Step by step: in 32 bits a sum of what a file says may begin at 0 again.
            match behind.get(length..).and_then(|behind| behind.get(CHECKSUM..)) {
                Some(next) => rest = next,
                None => return chunks,
            }
        }
    }

    /// The file as decoders want it, where it needs to be another: all data is there, but not the chunk that ends it.
    ///
    /// # Errors
    /// [`Error::UnsupportedFormat`] for Apple's.
    pub fn ended(&self, file: &[u8]) -> Result<Option<Vec<u8>>> {
        if self.apple {
            return Err(Error::UnsupportedFormat(
                "This file is a PNG of Apple's own kind (CgBI), as apps for the iPhone have it. Save it anew with a \
                 program of Apple's."
                    .into(),
            ));
        }
        Ok(self.open_end.map(|there| [file, &END[there..]].concat()))
    }

    /// The space that the pixels are in, where nothing of a higher rank says so.
    pub fn space(&self) -> Option<Space> {
        match (&self.coded, self.gamma, self.primaries) {
            (Some(space), ..) => Some(space.clone()),
            _ if self.has_profile || self.is_srgb => None,
            // Primaries alone browsers do not heed.
            (_, Some(gamma), primaries) => {
                Some(Space { curve: Curve::Power(1. / gamma), primaries: primaries.unwrap_or(SRGB) })
            }
            _ => None,
        }
    }

    /// Whether the profile counts.
    pub fn profile_counts(&self) -> bool {
        self.coded.is_none()
    }
}

/// An animation as a picture of its first frame, where that is another than the picture for programs that show no animations:
/// browsers never show that one. Nothing where the frame is not all there, or does not fill the picture.
pub fn first_frame(file: &[u8]) -> Option<Vec<u8>> {
    let (mut animated, mut head, mut frame) = (false, None, None::<Vec<u8>>);
    let mut begins = SIGNATURE;
    for (kind, data, end) in whole_chunks(file) {
        match (kind, &mut frame) {
            (b"acTL", _) => animated |= head.is_none(),
            (b"IDAT", _) if !animated => return None,
            (b"IDAT", _) => head = head.or(file.get(..begins)),
            // Behind its number its sides, as IHDR has the picture's, and its place.
            (b"fcTL", None) => {
                head.filter(|_| data.get(4..12) == file.get(16..24) && data.get(12..20) == Some(&[0; 8]))?;
                frame = Some(Vec::new());
            }
            (b"fdAT", Some(frame)) => frame.extend(xmp::png_chunk(b"IDAT", data.get(4..)?)),
            (b"fcTL" | b"IEND", Some(frame)) => {
                return if frame.is_empty() { None } else { Some([head?, frame, END].concat()) };
            }
            _ => {}
        }
        begins = end;
    }
    None
}

/// Name and data of each chunk that is all there, and where the next one begins.
fn whole_chunks(file: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8], usize)> {
    let mut rest = file.get(SIGNATURE..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first_chunk()?;
        let (kind, behind) = behind.split_first_chunk()?;
        let (data, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rest = behind.get(CHECKSUM..)?;
        Some((kind, data, file.len() - rest.len()))
    })
}

/// Brings pixels of a space to sRGB, from all the bits they have.
pub fn to_srgb(pixels: DynamicImage, space: &Space) -> RgbaImage {
    let Some(converter) = space.converter() else { return pixels.into_rgba8() };
    let (width, height) = (pixels.width(), pixels.height());
    if pixels.color().bytes_per_pixel() == pixels.color().channel_count() {
        let mut pixels = pixels.into_rgba8();
        converter.convert_all(&mut pixels);
        return pixels;
    }
    let deep = pixels.into_rgba16();
    RgbaImage::from_fn(width, height, |x, y| {
        let Rgba([r, g, b, a]) = *deep.get_pixel(x, y);
        let [r, g, b] = converter.convert([r, g, b]);
        Rgba([r, g, b, ((u32::from(a) + 128) / 257) as u8])
    })
}
