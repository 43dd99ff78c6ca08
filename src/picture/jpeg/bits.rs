//! The bits of entropy-coded data, and the markers between.

use crate::picture::dc_image::bits::Huffman;

/// The next marker from `at` on, and where it ends.
pub(super) fn next_marker(file: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr::memchr(0xFF, file.get(at..)?)? + 1;
        match *file.get(at)? {
            0 => at += 1,
            0xFF => {}
            marker => return Some((marker, at + 1)),
        }
    }
}

/// Entropy-coded data up to the next marker.
pub(super) struct Bits<'a> {
    file: &'a [u8],
    pub at: usize,
    /// Where the data ends: at a marker, or with the file.
    pub end: usize,
    held: u64,
    count: u32,
    /// Nothing more can be made of the data before the next restart marker.
    pub dead: bool,
}

impl<'a> Bits<'a> {
    pub fn new(file: &'a [u8], at: usize) -> Bits<'a> {
        let mut bits = Bits { file, at, end: at, held: 0, count: 0, dead: false };
        bits.begin(at);
        bits
    }

    fn begin(&mut self, at: usize) {
        self.end = next_marker(self.file, at).map_or(self.file.len(), |(_, behind)| behind - 2);
        (self.at, self.held, self.count, self.dead) = (at, 0, 0, false);
    }

    pub fn is_spent(&self) -> bool {
        self.at >= self.end
    }

    fn fill(&mut self) {
        while self.count <= 48 && self.at < self.end {
            let byte = self.file[self.at];
            self.at += 1;
            // After 0xFF a zero is stuffed, and fill bytes may stand.
            if byte == 0xFF {
                if self.file.get(self.at) == Some(&0xFF) || self.at >= self.end {
                    continue;
                }
                self.at += 1;
            }
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.count = self.count.checked_sub(bits)?;
        self.held <<= bits;
        Some(())
    }

    pub fn take(&mut self, bits: u32) -> Option<u32> {
        if bits == 0 {
            return Some(0);
        }
        self.fill();
        let value = (self.held >> (64 - bits)) as u32;
        self.skip(bits)?;
        Some(value)
    }

    pub fn code(&mut self, codes: &Huffman) -> Option<u8> {
        self.fill();
        let (length, value) = codes.find((self.held >> 48) as u32)?;
        self.skip(length.into())?;
        Some(value)
    }

    /// A value of so many bits, the lower half of which are negative (T.81, F.2.2.1).
    pub fn extended(&mut self, size: u8) -> Option<i32> {
        if size == 0 {
            return Some(0);
        }
        let value = self.take(u32::from(size).min(16))? as i32;
        Some(if value >> (size - 1).min(15) == 0 { value - (1 << size.min(16)) + 1 } else { value })
    }

    /// Goes on behind the restart marker that is expected, as libjpeg's `jpeg_resync_to_restart` does: one of the next two
    /// means that this interval is missing, one of the two before that it is still to come.
    pub fn restart(&mut self, expected: u8) {
        let mut from = self.end;
        loop {
            let Some((marker, behind)) = next_marker(self.file, from) else {
                (self.at, self.end, self.dead) = (self.file.len(), self.file.len(), true);
                return;
            };
            let ahead = (marker & 7).wrapping_sub(expected) & 7;
            match marker {
                0xD0..=0xD7 if matches!(ahead, 6 | 7) => from = behind,
                0xD0..=0xD7 if !matches!(ahead, 1 | 2) => return self.begin(behind),
                0x02..=0xBF => from = behind,
                _ => {
                    (self.at, self.end, self.held, self.count, self.dead) = (behind - 2, behind - 2, 0, 0, true);
                    return;
                }
            }
        }
    }
}
