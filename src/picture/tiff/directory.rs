//! A TIFF's directories of tags (TIFF 6.0, section 2; BigTIFF).

/// Directories read at most: the chain may lead in a circle.
const MOST: usize = 64;
/// Tags read at most of a directory, as many as a classic one can have.
const MOST_TAGS: usize = u16::MAX as usize;

/// A file whose beginning says that it is a TIFF.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub bytes: &'a [u8],
    pub big_endian: bool,
    /// BigTIFF, whose places have 64 bits.
    big: bool,
}

/// A directory's tags.
pub(super) struct Directory<'a> {
    file: File<'a>,
    /// Tag, type, number of values, and where they lie.
    entries: Vec<(u16, u16, usize, usize)>,
}

impl<'a> File<'a> {
    pub fn new(bytes: &'a [u8]) -> Option<File<'a>> {
        let (big_endian, big) = match bytes.get(..4)? {
            b"II*\0" => (false, false),
            b"MM\0*" => (true, false),
            b"II+\0" => (false, true),
            b"MM\0+" => (true, true),
            _ => return None,
        };
        Some(File { bytes, big_endian, big })
    }

    /// A whole number of so many bytes.
    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(size)?)?;
        let add = |value, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    fn place(&self, at: usize) -> Option<usize> {
        self.number(at, if self.big { 8 } else { 4 })?.try_into().ok()
    }

    /// All directories, those below others behind them.
    pub fn directories(&self) -> Vec<Directory<'a>> {
        let mut found: Vec<(usize, Directory)> = Vec::new();
        let mut next = vec![self.place(if self.big { 8 } else { 4 })];
        while let Some(at) = next.pop() {
            let Some(at) = at.filter(|at| *at > 0 && found.iter().all(|(other, _)| other != at)) else { continue };
            let Some((directory, behind)) = self.directory(at) else { continue };
            if found.len() == MOST {
                break;
            }
            let below = directory.values(330, MOST).into_iter().map(|place| place.try_into().ok());
            next.splice(0..0, below);
            next.push(self.place(behind));
            found.push((at, directory));
        }
        found.into_iter().map(|(_, directory)| directory).collect()
    }

    /// The directory at this place, and where the next one's place stands.
    fn directory(&self, at: usize) -> Option<(Directory<'a>, usize)> {
        let (counted, size, width) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = usize::try_from(self.number(at, counted)?).ok()?.min(MOST_TAGS);
        let first = at + counted;
        let entry = |n: usize| {
            let at = first + n * size;
            let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
            let count = self.place(at + 4)?;
            let inside = at + 4 + width;
            let bytes = count.checked_mul(size_of(kind))?;
            let place = if bytes <= width { inside } else { self.place(inside)? };
            let there = place.checked_add(bytes)? <= self.bytes.len();
            there.then_some((tag, kind, count, place))
        };
        let entries = (0..count).filter_map(entry).collect();
        Some((Directory { file: *self, entries }, first + count * size))
    }
}

fn size_of(kind: u16) -> usize {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

impl<'a> Directory<'a> {
    fn entry(&self, tag: u16) -> Option<&(u16, u16, usize, usize)> {
        self.entries.iter().find(|(found, ..)| *found == tag)
    }

    pub fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The whole numbers of a tag, as many as are needed; none where it is not there.
    pub fn values(&self, tag: u16, most: usize) -> Vec<u64> {
        let Some(&(_, kind, count, place)) = self.entry(tag) else { return Vec::new() };
        let size = size_of(kind);
        (0..count.min(most)).map_while(|n| self.file.number(place + n * size, size)).collect()
    }

    pub fn value(&self, tag: u16) -> Option<u64> {
        let &(_, kind, count, place) = self.entry(tag)?;
        if count == 0 { None } else { self.file.number(place, size_of(kind)) }
    }

    /// A tag's bytes as they are.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let &(_, kind, count, place) = self.entry(tag)?;
        self.file.bytes.get(place..place + count * size_of(kind))
    }
}
