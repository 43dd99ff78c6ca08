//! Huffman codes and the bits they are in (ITU-T T.81, annexes C and F.2.2).

/// Codes of up to this many bits are found by one look into a table.
const SHORT: u32 = 12;
/// More coefficients than a block has: its end.
const END: u16 = 64;
/// Steps are taken several at once as long as they begin within this many coefficients.
const TOGETHER: u16 = 32;

/// A code for each value, as a DHT segment gives it.
pub(in crate::picture) struct Huffman {
    /// By the next [`SHORT`] bits: the code's length and its value; length 0 where the code is longer.
    short: Box<[(u8, u8)]>,
    /// Likewise the AC coefficients in these bits, as many as begin within [`TOGETHER`]: bits of codes and
    /// coefficients, and how far on the next coefficient is.
    steps: Box<[(u8, u8)]>,
    /// By length: the first code that is longer, 16 bits wide, and what leads from a code to its value.
    ends: [(u32, usize); 17],
    values: Vec<u8>,
}

impl Huffman {
    /// Takes the number of codes of each length from 1 to 16, and the values in the order of their codes.
    pub(in crate::picture) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Huffman> {
        let none = || vec![(0, 0); 1 << SHORT].into_boxed_slice();
        let mut codes = Huffman { short: none(), steps: none(), ends: [(0, 0); 17], values: values.to_vec() };
        let (mut code, mut at) = (0usize, 0usize);
        for length in 1..=16 {
            let count = usize::from(counts[length - 1]);
            // Wraps where nothing of this length is, and is not used then.
            codes.ends[length].1 = at.wrapping_sub(code);
            for &value in values.get(at..at + count)? {
                if let Some(spare) = SHORT.checked_sub(length as u32) {
                    codes.short.get_mut(code << spare..(code + 1) << spare)?.fill((length as u8, value));
                }
                code += 1;
            }
            at += count;
            if code > 1 << length {
                return None;
            }
            codes.ends[length].0 = (code << (16 - length)) as u32;
            code <<= 1;
        }
        codes.steps = (0..1 << SHORT).map(|bits| codes.together(bits)).collect();
        Some(codes)
    }

    /// What `steps` says of these bits.
    fn together(&self, bits: u32) -> (u8, u8) {
        let (mut taken, mut steps) = (0, 0);
        while taken < SHORT && steps < TOGETHER {
            let (length, value) = self.short[((bits << taken) & ((1 << SHORT) - 1)) as usize];
            if length == 0 || taken + u32::from(length) > SHORT {
                break;
            }
            let (more, step) = step(length, value);
            (taken, steps) = (taken + u32::from(more), steps + step);
        }
        (taken as u8, steps as u8)
    }

    /// The length and the value of the code that these 16 bits begin with.
    #[inline(always)]
    pub(in crate::picture) fn find(&self, bits: u32) -> Option<(u8, u8)> {
        match self.short[(bits >> (16 - SHORT)) as usize] {
            (0, _) => self.find_long(bits),
            found => Some(found),
        }
    }

    #[cold]
    fn find_long(&self, bits: u32) -> Option<(u8, u8)> {
        let length = (1..=16).find(|&length| bits < self.ends[length].0)?;
        let place = ((bits >> (16 - length)) as usize).wrapping_add(self.ends[length].1);
        Some((length as u8, *self.values.get(place)?))
    }
}

/// The bits that an AC coefficient takes, and how far on the next one is.
fn step(length: u8, value: u8) -> (u8, u16) {
    let (run, size) = (u16::from(value >> 4), value & 15);
    if size == 0 && run < 15 { (length, END) } else { (length + size, run + 1) }
}

/// Zeros behind the data.
const SPARE: usize = 16;

/// Entropy-coded data, most significant bit first.
pub(super) struct Bits {
    /// Without stuffing and markers, with zeros behind.
    bytes: Vec<u8>,
    /// Where it goes on after each restart marker, the last first.
    restarts: Vec<usize>,
    at: usize,
    held: u64,
    count: u32,
}

impl Bits {
    /// The data that `file` begins with, and how many bytes of the file it takes: up to the first marker that is
    /// no restart.
    pub(super) fn new(file: &[u8]) -> (Bits, usize) {
        let (mut bytes, mut restarts, mut from) = (Vec::with_capacity(file.len()), Vec::new(), 0);
        let mut end = file.len();
        for at in memchr::memchr_iter(0xFF, file) {
            match file.get(at + 1) {
                Some(0) => {
                    bytes.extend_from_slice(&file[from..=at]);
                    from = at + 2;
                }
                Some(0xD0..=0xD7) => {
                    bytes.extend_from_slice(&file[from..at]);
                    restarts.push(bytes.len());
                    from = at + 2;
                }
                // A fill byte.
                Some(0xFF) => {
                    bytes.extend_from_slice(&file[from..at]);
                    from = at + 1;
                }
                _ => {
                    end = at;
                    break;
                }
            }
        }
        bytes.extend_from_slice(file.get(from..end).unwrap_or_default());
        bytes.extend([0; SPARE]);
        restarts.reverse();
        (Bits { bytes, restarts, at: 0, held: 0, count: 0 }, end)
    }

    /// Goes on after the next restart marker.
    pub(super) fn restart(&mut self) -> Option<()> {
        (self.at, self.held, self.count) = (self.restarts.pop()?, 0, 0);
        Some(())
    }

    /// The difference that a DC coefficient is coded as (F.2.2.1).
    #[inline(always)]
    pub(super) fn difference(&mut self, codes: &Huffman) -> Option<i32> {
        self.fill()?;
        let (length, size) = codes.find(self.peek(16))?;
        self.skip(length.into());
        if size == 0 || size > 16 {
            return (size == 0).then_some(0);
        }
        let value = self.peek(size.into()) as i32;
        self.skip(size.into());
        Some(if value >> (size - 1) == 0 { value - (1 << size) + 1 } else { value })
    }

    /// Passes over a block's AC coefficients.
    #[inline(always)]
    pub(super) fn skip_block(&mut self, codes: &Huffman) -> Option<()> {
        let mut next = 1;
        while next < END {
            self.fill()?;
            let (mut bits, mut steps) = codes.steps[self.peek(SHORT) as usize];
            if bits == 0 || next > END - TOGETHER {
                let (length, value) = codes.find(self.peek(16))?;
                let (more, step) = step(length, value);
                (bits, steps) = (more, step as u8);
            }
            self.skip(bits.into());
            next += u16::from(steps);
        }
        Some(())
    }

    /// The next bit.
    pub(super) fn bit(&mut self) -> Option<i32> {
        self.fill()?;
        let bit = self.peek(1) as i32;
        self.skip(1);
        Some(bit)
    }

    /// Whether more was read than there is.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.at > self.bytes.len() - SPARE + (self.count / 8) as usize
    }

    /// Holds 32 bits at least: more than a code and its coefficient take.
    #[inline(always)]
    fn fill(&mut self) -> Option<()> {
        if self.count < 32 {
            let next = self.bytes.get(self.at..self.at + 8)?.try_into().ok()?;
            self.held |= u64::from_be_bytes(next) >> self.count;
            let bytes = (63 - self.count) / 8;
            self.at += bytes as usize;
            self.count += 8 * bytes;
        }
        Some(())
    }

    #[inline(always)]
    fn peek(&self, bits: u32) -> u32 {
        (self.held >> (64 - bits)) as u32
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.held <<= bits;
        self.count -= bits;
    }
}
