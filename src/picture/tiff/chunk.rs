//! A strip's or tile's bytes, unpacked.

use std::{borrow::Cow, io::Read};

use super::{Kind, unsupported};
use crate::{
    Error, Result,
    picture::{
        jpeg::{self, Outline},
        limits::reserve,
    },
};

/// What is to be made of a chunk.
pub(super) struct Shape {
    pub width: usize,
    pub height: usize,
    /// The height of those that are not the last.
    pub full: usize,
    /// Bytes in a row.
    pub row: usize,
    /// Samples of a pixel that lie together.
    pub samples: usize,
}

/// Unpacks `packed` to `shape.row × shape.height` bytes.
pub(super) fn unpack(packed: &[u8], kind: &Kind, shape: &Shape) -> Result<Vec<u8>> {
    let length = shape.row * shape.height;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length)?;
    // What is not packed has a length of its own, whatever is said of it; and no packing makes rows many times as long.
    let most = match kind.compression {
        1 => length,
        6 | 7 => packed.len(),
        _ => length.saturating_mul(8).saturating_add(4096),
    };
    let packed = &packed[..most.min(packed.len())];
    let turned;
    let packed = if kind.reversed {
        turned = packed.iter().map(|byte| byte.reverse_bits()).collect::<Vec<_>>();
        &turned
    } else {
        packed
    };
    match kind.compression {
        1 => bytes.extend_from_slice(packed),
        4 => fax(packed, shape, &mut bytes),
        5 => lzw(packed, length, &mut bytes),
        6 | 7 => jpeg(packed, kind, shape, &mut bytes)?,
        8 | 32946 => {
            let _ = flate2::read::ZlibDecoder::new(packed).take(length as u64).read_to_end(&mut bytes);
        }
        _ => pack_bits(packed, length, &mut bytes),
    }
    if bytes.len() < length {
        return Err(Error::CorruptImage("the file ends before the picture does".into()));
    }
    Ok(bytes)
}

/// Some writers leave the code for the end out.
fn lzw(packed: &[u8], length: usize, bytes: &mut Vec<u8>) {
    bytes.resize(length, 0);
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let (mut read, mut written) = (0, 0);
    while written < length {
        let step = decoder.decode_bytes(&packed[read..], &mut bytes[written..]);
        (read, written) = (read + step.consumed_in, written + step.consumed_out);
        if step.consumed_out == 0 && (step.consumed_in == 0 || read == packed.len()) || step.status.is_err() {
            break;
        }
    }
    bytes.truncate(written);
}

fn pack_bits(packed: &[u8], length: usize, bytes: &mut Vec<u8>) {
    let mut rest = packed;
    while let Some((&head, behind)) = rest.split_first() {
        if bytes.len() >= length {
            break;
        }
        rest = behind;
        match head as i8 {
            -128 => {}
            count @ 0.. => {
                let some = &rest[..(count as usize + 1).min(rest.len())];
                bytes.extend_from_slice(some);
                rest = &rest[some.len()..];
            }
            count => {
                let Some((&byte, behind)) = rest.split_first() else { break };
                bytes.extend(std::iter::repeat_n(byte, 1 + usize::from(count.unsigned_abs())));
                rest = behind;
            }
        }
    }
    bytes.truncate(length);
}

/// CCITT group 4: black is a one.
fn fax(packed: &[u8], shape: &Shape, bytes: &mut Vec<u8>) {
    let (Ok(width), Ok(height)) = (u16::try_from(shape.width), u16::try_from(shape.height)) else { return };
    fax34::decoder::decode_g4(packed.iter().copied(), width, Some(height), |transitions| {
        let mut row = vec![0u8; shape.row];
        for (x, colour) in fax34::decoder::pels(transitions, width).enumerate() {
            row[x / 8] |= u8::from(colour == fax34::Color::Black) << (7 - x % 8);
        }
        bytes.extend(row);
    });
}

/// The tables are in the directory, once for all.
fn jpeg(packed: &[u8], kind: &Kind, shape: &Shape, bytes: &mut Vec<u8>) -> Result<()> {
    let whole = match kind.tables.and_then(|tables| tables.strip_suffix(b"\xFF\xD9")) {
        Some(tables) => Cow::Owned([tables, packed.get(2..).unwrap_or_default()].concat()),
        None => Cow::Borrowed(packed),
    };
    let mut outline = Outline::read(&whole)?;
    let (width, height) = (usize::from(outline.width), usize::from(outline.height));
    // A last strip may have the height of the others, and each be filled up to whole units of interleaving.
    let unit = outline.components.iter().map(|component| 8 * component.sampling.1).max().unwrap_or(8);
    let heights = shape.height..=shape.full.min(u16::MAX.into()).next_multiple_of(unit);
    if outline.components.len() != shape.samples || width != shape.width || !heights.contains(&height) {
        return Err(Error::CorruptImage("a part of it has another size than it should".into()));
    }
    // As for a file that is a JPEG itself.
    reserve(width as u64 * height as u64 * 12)?;
    let rgba = match (kind.photometric, shape.samples) {
        (6, 3) => {
            outline.make_ycbcr();
            jpeg::decode(&whole, &outline)?.rgba
        }
        (6, _) => return Err(unsupported("colours as YCbCr or CIELAB")),
        // Directories of the old kind call YCbCr RGB; there the JPEG is believed.
        (2, 3) if kind.compression == 6 => jpeg::decode(&whole, &outline)?.rgba,
        (_, 1) => jpeg::decode(&whole, &outline)?.rgba,
        // What the directory says of colours counts, and the JPEG may say otherwise or nothing.
        _ => jpeg::levels(&whole, &outline)?,
    };
    let pixels = rgba.as_chunks::<4>().0.iter().take(width * shape.height);
    bytes.extend(pixels.flat_map(|pixel| &pixel[..shape.samples]));
    Ok(())
}

/// Undoes what made rows easier to pack (TIFF 6.0, section 14; Adobe's technical note 3 for floats).
pub(super) fn unpredict(bytes: &mut [u8], kind: &Kind, shape: &Shape) {
    let size = kind.bits / 8;
    if size == 0 {
        return;
    }
    for row in bytes.chunks_exact_mut(shape.row) {
        match kind.predictor {
            2 => {
                for at in (shape.samples..row.len() / size).map(|n| n * size) {
                    let before = kind.whole(&row[at - shape.samples * size..][..size]);
                    let sum = kind.whole(&row[at..at + size]).wrapping_add(before);
                    kind.put(&mut row[at..at + size], sum);
                }
            }
            3 => {
                for at in shape.samples..row.len() {
                    row[at] = row[at].wrapping_add(row[at - shape.samples]);
                }
                let count = row.len() / size;
                let planes = row.to_vec();
                for (at, byte) in row.iter_mut().enumerate() {
                    // The highest bytes come first, then all of the next.
                    let place = if kind.big_endian { at % size } else { size - 1 - at % size };
                    *byte = planes[place * count + at / size];
                }
            }
            _ => {}
        }
    }
}
