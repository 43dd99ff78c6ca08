//! Where the pixels of a picture lie in its file.

use super::{Kind, corrupt, directory::Directory};
use crate::{Error, Result};

/// Of one part of a picture, unpacked: half a gigabyte.
const MOST_BITS: u64 = 1 << 32;

/// The strips or tiles that a picture is stored in.
pub struct Parts {
    pub width: usize,
    pub height: usize,
    pub tiled: bool,
    /// Where each begins, and how long it is said to be.
    offsets: Vec<u64>,
    counts: Vec<u64>,
    /// `offsets` from the first place on.
    begins: Vec<u64>,
}

impl Parts {
    /// `whole`: all lie in one.
    pub fn read(directory: &Directory, kind: &Kind, whole: bool) -> Result<Parts> {
        let side = |tag| directory.value(tag).map(place);
        let tiled = directory.has(322) && !whole;
        let (width, height) = match tiled {
            true => (side(322).unwrap_or(0), side(323).unwrap_or(0)),
            false if whole => (kind.width, kind.height),
            false => (kind.width, side(278).unwrap_or(kind.height).clamp(1, kind.height)),
        };
        let (offsets, counts) = if tiled { (324, 325) } else { (273, 279) };
        let (offsets, counts) = (directory.values(offsets), directory.values(counts));
        // A tile may be larger than the picture, but not without end.
        if width == 0 || height == 0 || width > kind.width + 4096 || height > kind.height + 4096 {
            return Err(corrupt("what it says of its parts is not valid"));
        }
        // In wasm the product may be more than a number holds.
        if width as u64 * height as u64 * (kind.samples * kind.bits) as u64 >= MOST_BITS {
            return Err(Error::OutOfMemory);
        }
        let mut begins = offsets.clone();
        begins.sort_unstable();
        Ok(Parts { width, height, tiled, offsets, counts, begins })
    }

    /// The bytes of one.
    pub fn bytes<'a>(&self, part: usize, file: &'a [u8], kind: &Kind) -> Result<&'a [u8]> {
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
        file.get(place(from)..place(end).min(file.len())).ok_or_else(missing)
    }
}

/// As large as it can be where it is too large.
fn place(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
