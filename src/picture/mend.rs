//! Files that are whole, but not as the decoders want them: small changes make them so.

use image::{ImageFormat, RgbaImage};

use super::{png, xmp};
use crate::Result;

/// The file as it should have been written; nothing where it is as usual.
///
/// # Errors
/// Those of [`png::Chunks::ended`].
pub fn mended(bytes: &[u8], format: ImageFormat) -> Result<Option<Vec<u8>>> {
    Ok(match format {
        ImageFormat::Png => {
            let ended = png::Chunks::read(bytes).ended(bytes)?;
            png::first_frame(bytes).or(ended)
        }
        ImageFormat::Gif => gif(bytes),
        ImageFormat::Bmp => bmp(bytes),
        ImageFormat::WebP => webp(bytes),
        _ => None,
    })
}

/// Alpha that is 0 everywhere is a byte that the writer of a BMP left empty: browsers show the colours.
pub fn ignore_unused_alpha(pixels: &mut RgbaImage) {
    if pixels.pixels().all(|pixel| pixel[3] == 0) {
        pixels.pixels_mut().for_each(|pixel| pixel[3] = 255);
    }
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A screen that is smaller than its first picture holds all of it, as in browsers; some have no sides at all.
fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    while *bytes.get(at)? == 0x21 {
        at += 2;
        while *bytes.get(at)? > 0 {
            at += 1 + usize::from(bytes[at]);
        }
        at += 1;
    }
    if bytes[at] != 0x2C {
        return None;
    }
    let pair = |first, second| Some([half(bytes, first)?, half(bytes, second)?]);
    let (screen, place, sides) = (pair(6, 8)?, pair(at + 1, at + 3)?, pair(at + 5, at + 7)?);
    if (0..2).all(|i| sides[i] <= screen[i]) {
        return None;
    }
    let needed = [0, 1].map(|i| screen[i].max(place[i].saturating_add(sides[i])));
    let mut mended = bytes.to_vec();
    mended[6..8].copy_from_slice(&needed[0].to_le_bytes());
    mended[8..10].copy_from_slice(&needed[1].to_le_bytes());
    Some(mended)
}

/// The headers of OS/2's second version, of which more or less is there, become Windows'.
fn bmp(bytes: &[u8]) -> Option<Vec<u8>> {
    const WINDOWS: usize = 40;
    let size = word(bytes, 14)? as usize;
    // Those are Windows' own: versions 2, 3, 4 and 5.
    if !(16..=64).contains(&size) || matches!(size, WINDOWS | 52 | 56) {
        return None;
    }
    // Compressions that Windows has under other numbers, or not at all.
    if size >= 20 && word(bytes, 30)? > 2 {
        return None;
    }
    let header = bytes.get(14..14 + size)?;
    let mut mended = bytes[..14].to_vec();
    let mut fields = [0; WINDOWS];
    let same = size.min(WINDOWS);
    fields[..same].copy_from_slice(&header[..same]);
    fields[0] = WINDOWS as u8;
    mended.extend(fields);
    mended.extend(&bytes[14 + size..]);
    let place = word(bytes, 10)?.checked_add(WINDOWS as u32)?.checked_sub(size as u32)?;
    mended[10..14].copy_from_slice(&place.to_le_bytes());
    Some(mended)
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes.get(12..16)? {
        b"VP8X" => extended_webp(bytes),
        b"VP8L" => largest_webp(bytes),
        _ => None,
    }
}

/// A side of 16384, the longest that VP8L has a number for, the library takes for 0. In VP8X it has room.
fn largest_webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const MOST: u32 = 0x3FFF;
    let head = word(bytes, 21)?;
    if head & MOST < MOST && head >> 14 & MOST < MOST {
        return None;
    }
    let mut mended = bytes.to_vec();
    mended.splice(12..12, xmp::vp8x(bytes, 0)?);
    Some(mended)
}

/// Flags whose chunk is not there, as programs leave them that take metadata or alpha out, promise nothing (RFC 9649, 2.7).
/// And around a first picture that does not fill an animation all is clear, whatever its background is said to be, as in
/// browsers.
fn extended_webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const ANIMATED: u8 = 1 << 1;
    const XMP: u8 = 1 << 2;
    const EXIF: u8 = 1 << 3;
    const ALPHA: u8 = 1 << 4;
    let said = *bytes.get(20)?;
    let animated = said & ANIMATED != 0;
    let place = |kind: &[u8]| chunks(bytes).find(|(found, _)| *found == kind).map(|(_, at)| at);
    let lacks = |kind: &[u8]| place(kind).is_none();
    let mut flags = said;
    for (flag, is_empty) in [
        (EXIF, lacks(b"EXIF")),
        (XMP, lacks(b"XMP ")),
        // The frames of an animation have their own, and VP8L has it in itself.
        (ALPHA, !animated && !lacks(b"VP8 ") && lacks(b"ALPH")),
    ] {
        flags &= if is_empty { !flag } else { u8::MAX };
    }
    let is_smaller = |frame: usize| bytes.get(frame + 6..frame + 12) != bytes.get(24..30);
    let background = place(b"ANIM").filter(|_| animated && place(b"ANMF").is_some_and(is_smaller));
    if background.is_some() {
        flags |= ALPHA;
    }
    if flags == said && background.is_none() {
        return None;
    }
    let mut mended = bytes.to_vec();
    mended[20] = flags;
    if let Some(at) = background {
        mended.get_mut(at..at + 4)?.fill(0);
    }
    Some(mended)
}

/// The name of each chunk of a WebP, and where its data begins, of which not all may be there.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, length, data) = (rest.get(..4)?, word(rest, 4)? as usize, rest.get(8..)?);
        // Step by step: in 32 bits a sum of what a file says may begin at 0 again.
        rest = data.get(length..).and_then(|behind| behind.get(length % 2..)).unwrap_or_default();
        Some((kind, bytes.len() - data.len()))
    })
}
