//! Where the pixels of a picture lie in its file.

use super::{Kind, corrupt, directory::Directory};
use crate::{Error, Result};

/// Of one part of a picture, unpacked: half a gigabyte.
const MOST_BITS: u64 = 1 << 32;
/// How much longer a tile's sides may be than the picture's.
const MORE: usize = 4096;
/// How many times as many pixels all tiles together may have, where the picture is large.
const MORE_OF_ALL: u64 = 4;

/// The strips or tiles that a picture is stored in.
pub struct Parts {
    pub width: usize,
    pub height: usize,
    pub tiled: bool,
    /// Beside each other, below each other, and all of them, of all planes.
    pub across: usize,
    pub down: usize,
    pub count: usize,
    /// Where each begins, and how long it is said to be.
    offsets: Vec<u64>,
    counts: Vec<u64>,
    /// `offsets` from the first place on.
    begins: Vec<u64>,
    /// Bytes of JPEG that may still be read.
    left: u64,
}

impl Parts {
    /// `whole`: all lie in one.
    pub fn read(directory: &Directory, file: &[u8], kind: &Kind, whole: bool) -> Result<Parts> {
        let side = |tag| directory.value(tag).map(place);
        let tiled = directory.has(322) && !whole;
        let (width, height) = match tiled {
            true => (side(322).unwrap_or(0), side(323).unwrap_or(0)),
            false if whole => (kind.width, kind.height),
            false => (kind.width, side(278).unwrap_or(kind.height).clamp(1, kind.height)),
        };
        // A tile may be larger than the picture, but not without end: not even where only one side is.
        let pixels = (width as u64).saturating_mul(height as u64);
        let longer = width.saturating_sub(kind.width).max(height.saturating_sub(kind.height));
        if pixels == 0 || longer > MORE || pixels > kind.pixels().saturating_add((MORE * MORE) as u64) {
            return Err(corrupt("what it says of its parts is not valid"));
        }
        // In wasm the product may be more than a number holds.
        let bits = (kind.samples * kind.bits) as u64;
        if pixels.saturating_mul(bits) >= MOST_BITS {
            return Err(Error::OutOfMemory);
        }
        let (across, down) = (kind.width.div_ceil(width), kind.height.div_ceil(height));
        // Nor may all tiles together: those that are alike may be stored once, and each takes time.
        let sum = pixels.saturating_mul(across as u64).saturating_mul(down as u64);
        if sum > kind.pixels().saturating_mul(MORE_OF_ALL).saturating_add((MORE * MORE) as u64) {
            return Err(corrupt("its parts are too large"));
        }
        let count = across.saturating_mul(down).saturating_mul(if kind.planar { kind.samples } else { 1 });
        let (offsets, counts) = if tiled { (324, 325) } else { (273, 279) };
        let (offsets, counts) = (directory.values(offsets, count), directory.values(counts, count));
        let mut begins = offsets.clone();
        begins.sort_unstable();
        let left = kind.pixels().saturating_mul(bits).saturating_add(file.len() as u64);
        Ok(Parts { width, height, tiled, across, down, count, offsets, counts, begins, left })
    }

    /// The bytes of one.
    pub fn bytes<'a>(&mut self, part: usize, file: &'a [u8], kind: &Kind) -> Result<&'a [u8]> {
        let missing = || corrupt("the file ends before the picture does");
        // What a writer has left out begins nowhere.
        let &from = self.offsets.get(part).filter(|&&offset| offset > 0).ok_or_else(missing)?;
        // Some leave the length at 0. It ends at the latest where another part begins.
        let said = self.counts.get(part).filter(|&&count| count > 0 && kind.compression != 1);
        let next = || self.begins.get(self.begins.partition_point(|&other| other <= from)).copied();
        let end = match said {
            Some(&count) => from.saturating_add(count),
            None => next().unwrap_or(u64::MAX),
        };
        let bytes = file.get(place(from)..place(end).min(file.len())).ok_or_else(missing)?;
        if kind.compression == 7 {
            // Parts that are alike may be stored once, and a JPEG may be far longer than what it shows: not both without
            // end.
            let read = bytes.len() + kind.tables.map_or(0, <[u8]>::len);
            self.left = self.left.checked_sub(read as u64).ok_or_else(|| corrupt("its parts are too long"))?;
        }
        Ok(bytes)
    }
}

/// As large as it can be where it is too large.
fn place(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
