//! Entropy-coded data becomes coefficients: sequential and progressive, any sampling, any order of scans.

use super::{
    bits::{Bits, next_marker},
    outline::Outline,
    planes::{Block, Plane},
    standard,
};
use crate::picture::dc_image::bits::Huffman;

/// Scans read at most, as many as libjpeg-turbo's fuzzers allow: a few bytes may go over all blocks once more.
pub(super) const MOST_SCANS: usize = 500;

/// What could be read.
pub(super) struct Read {
    pub planes: Vec<Plane>,
    /// The largest sampling factors.
    pub most: (usize, usize),
    /// How many of 8 samples the picture has.
    pub side: usize,
    /// Units of all scans, and those that are missing between two restart markers.
    pub units: usize,
    pub lost: usize,
    /// Something is missing that no restart marker follows.
    pub incomplete: bool,
    /// Data that nothing can be made of, and no restart marker to go on from.
    pub damaged: bool,
    /// A component's quantisation table is not there.
    pub unscaled: bool,
    /// Not all where there are more than [`MOST_SCANS`].
    pub scans: usize,
}

struct Tables {
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    interval: usize,
}

/// A scan's header.
struct Scan {
    /// Which components, with their DC and AC tables.
    parts: Vec<(usize, usize, usize)>,
    /// First and last coefficient.
    band: (usize, usize),
    /// Bit position before and after; before is 0 in a first scan.
    high: u32,
    low: u32,
}

/// Reads all scans, of a picture that is to have `side` of 8 samples of a block's side (1, 2, 4 or 8); `None` where there
/// is no memory or a header makes no sense.
pub(super) fn read(file: &[u8], outline: &Outline, side: usize) -> Option<Read> {
    let (mut read, mut tables) = (Read::new(outline, side)?, Tables::standard()?);
    let (mut at, mut adjoining, mut ended) = (2, true, false);
    while let Some((marker, behind)) = next_marker(file, at) {
        // What lies between two segments is none of the picture's.
        adjoining &= file[at..behind - 1].iter().all(|&byte| byte == 0xFF);
        at = behind;
        if marker == 0xD9 {
            ended = adjoining;
            break;
        }
        if matches!(marker, 1 | 0xD0..=0xD8) {
            continue;
        }
        let Some(&[high, low]) = file.get(at..at + 2) else { break };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(segment) = file.get(at + 2..at + length) else { break };
        at += length;
        match marker {
            0xC4 => tables.huffman(segment)?,
            0xDB => tables.quantise(segment)?,
            0xDD => tables.interval = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            0xDA => {
                let scan = Scan::read(segment, outline)?;
                at = read.scan(&scan, outline, &tables, file, at)?;
                adjoining = true;
                // A video may follow instead of the end marker, and any bytes in it.
                if read.has_all() || read.scans > MOST_SCANS {
                    break;
                }
            }
            _ => {}
        }
    }
    // A file that ends in good order without its last scans only has less detail, as libjpeg sees it.
    read.incomplete |= if ended { !read.has_components() } else { !read.has_all() };
    Some(read)
}

impl Tables {
    /// What counts until the file says otherwise.
    fn standard() -> Option<Tables> {
        let [dc, ac] = standard::codes()?;
        let four = |[luma, chroma]: [Huffman; 2]| [Some(luma), Some(chroma), None, None];
        Some(Tables { quantisation: [None; 4], dc: four(dc), ac: four(ac), interval: 0 })
    }

    fn quantise(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let wide = usize::from(kind >> 4 != 0);
            let steps = rest.get(..64 << wide)?;
            let table = self.quantisation.get_mut(usize::from(kind & 15))?.insert([0; 64]);
            for (step, bytes) in table.iter_mut().zip(steps.chunks_exact(1 << wide)) {
                *step = bytes.iter().fold(0, |value, &byte| value << 8 | u16::from(byte));
            }
            segment = &rest[64 << wide..];
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let (counts, values) = rest.split_first_chunk::<16>()?;
            let sum = counts.iter().map(|&count| usize::from(count)).sum();
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Huffman::new(counts, values.get(..sum)?)?);
            segment = &values[sum..];
        }
        Some(())
    }
}

impl Scan {
    fn read(segment: &[u8], outline: &Outline) -> Option<Scan> {
        let (&count, rest) = segment.split_first()?;
        let (selected, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let &[first, last, approximation, ..] = rest else { return None };
        let parts = selected.chunks_exact(2).map(|part| {
            let place = outline.components.iter().position(|component| component.id == part[0])?;
            Some((place, usize::from(part[1] >> 4 & 3), usize::from(part[1] & 3)))
        });
        let parts = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty())?;
        let (band, high, low) = if outline.progressive {
            ((first.into(), last.into()), (approximation >> 4).into(), (approximation & 15).into())
        } else {
            ((0, 63), 0, 0)
        };
        let valid = band.0 <= band.1 && band.1 < 64 && low < 14 && (band.0 == 0 || parts.len() == 1);
        (valid && (!outline.progressive || band.0 > 0 || band.1 == 0)).then_some(Scan { parts, band, high, low })
    }
}

impl Read {
    /// Of planes that nothing is known of yet.
    fn new(outline: &Outline, side: usize) -> Option<Read> {
        let most = outline.components.iter().fold((1, 1), |m, c| (m.0.max(c.sampling.0), m.1.max(c.sampling.1)));
        let (width, height) = (usize::from(outline.width), usize::from(outline.height));
        let units = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        let planes = outline.components.iter().map(|component| {
            // What has half the samples need not be reduced as far, and then has as many as the others.
            let size = |own, most| if most == 2 * own { (2 * side).min(8) } else { side };
            let size = (size(component.sampling.0, most.0), size(component.sampling.1, most.1));
            Plane::new(component, units, size, outline.progressive)
        });
        let planes = planes.collect::<Option<Vec<_>>>()?;
        let (incomplete, damaged, unscaled) = (false, false, false);
        Some(Read { planes, most, side, units: 0, lost: 0, scans: 0, incomplete, damaged, unscaled })
    }

    /// Whether each bit of each coefficient has had its scan.
    fn has_all(&self) -> bool {
        self.planes.iter().all(|plane| plane.missing.iter().all(|&bits| bits == 0))
    }

    /// Whether something of each component is there.
    fn has_components(&self) -> bool {
        self.planes.iter().all(|plane| plane.missing[0] < 255)
    }

    /// Notes what a scan has, and what its levels are to be multiplied by.
    fn begin(&mut self, scan: &Scan, outline: &Outline, tables: &Tables) {
        for &(place, ..) in &scan.parts {
            let plane = &mut self.planes[place];
            if plane.missing.iter().all(|&bits| bits == 255) {
                let table = tables.quantisation[outline.components[place].table];
                self.unscaled |= table.is_none();
                plane.quantisation = table.unwrap_or(plane.quantisation);
            }
            // More bits of what never came are nothing.
            let missing = plane.missing[scan.band.0..=scan.band.1].iter_mut();
            missing.filter(|bits| scan.high == 0 || **bits < 255).for_each(|bits| *bits = scan.low as u8);
        }
    }

    /// Gives where the file goes on after the scan's data.
    fn scan(&mut self, scan: &Scan, outline: &Outline, tables: &Tables, file: &[u8], at: usize) -> Option<usize> {
        self.begin(scan, outline, tables);
        self.scans += 1;
        let alone = scan.parts.len() == 1;
        let (columns, rows) = self.units_of(scan, outline);
        let mut bits = Bits::new(file, at);
        let mut state = State::default();
        let (mut expected, mut lost) = (0u8, 0);
        for unit in 0..columns * rows {
            if tables.interval > 0 && unit > 0 && unit % tables.interval == 0 {
                bits.restart(expected);
                expected = (expected + 1) & 7;
                state = State::default();
                self.lost += lost;
                lost = 0;
            }
            if !bits.dead {
                let (row, column) = (unit / columns, unit % columns);
                let whole = scan.parts.iter().all(|&(place, dc, ac)| {
                    let plane = &mut self.planes[place];
                    let (across, down) = if alone { (1, 1) } else { plane.sampling };
                    let codes = (tables.dc[dc].as_ref(), tables.ac[ac].as_ref());
                    (0..down).flat_map(|y| (0..across).map(move |x| (y, x))).all(|(y, x)| {
                        let block = (row * down + y) * plane.stride + column * across + x;
                        let mut block = plane.block(block);
                        state.block(scan, outline.progressive, place, codes, &mut bits, &mut block).is_some()
                    })
                });
                bits.dead = !whole;
            }
            lost += usize::from(bits.dead);
        }
        self.units += columns * rows;
        // What is missing at the end no restart marker follows, so it is the end that is missing.
        self.incomplete |= lost > 0 && bits.is_spent();
        self.damaged |= lost > 0 && !bits.is_spent();
        self.lost += lost;
        Some(bits.at.min(bits.end))
    }

    /// How many units of a scan lie beside and above each other: of a component alone, blocks that have pixels.
    fn units_of(&self, scan: &Scan, outline: &Outline) -> (usize, usize) {
        match scan.parts[..] {
            [(place, ..)] => {
                let (across, down) = self.planes[place].sampling;
                let side =
                    |length: u16, part: usize, most: usize| (usize::from(length) * part).div_ceil(most).div_ceil(8);
                (side(outline.width, across, self.most.0), side(outline.height, down, self.most.1))
            }
            _ => {
                let side = |length: u16, most: usize| usize::from(length).div_ceil(8 * most);
                (side(outline.width, self.most.0), side(outline.height, self.most.1))
            }
        }
    }
}

/// What one block leaves for the next.
#[derive(Default)]
struct State {
    dc: [i32; 4],
    /// Blocks without further coefficients to come.
    ended: u32,
}

impl State {
    /// `None` where the data ends or makes no sense.
    fn block(
        &mut self,
        scan: &Scan,
        progressive: bool,
        place: usize,
        codes: (Option<&Huffman>, Option<&Huffman>),
        bits: &mut Bits,
        block: &mut Block,
    ) -> Option<()> {
        let (first, last) = scan.band;
        if first == 0 {
            if scan.high > 0 {
                let bit = (bits.take(1)? << scan.low) as i16;
                *block.value(0)? |= bit;
            } else {
                let size = bits.code(codes.0?)?;
                self.dc[place] = self.dc[place].wrapping_add(bits.extended(size)?);
                *block.value(0)? = (self.dc[place] << scan.low) as i16;
            }
            if progressive {
                return Some(());
            }
        }
        match (progressive, scan.high) {
            (true, 1..) => self.refine(scan, codes.1?, bits, block),
            _ => self.first(first.max(1), last, scan.low, codes.1?, bits, block),
        }
    }

    /// AC coefficients, of a sequential frame or for the first time.
    fn first(
        &mut self,
        first: usize,
        last: usize,
        low: u32,
        codes: &Huffman,
        bits: &mut Bits,
        block: &mut Block,
    ) -> Option<()> {
        if self.ended > 0 {
            self.ended -= 1;
            return Some(());
        }
        let mut k = first;
        while k <= last {
            let (run, size) = split(bits.code(codes)?);
            if size == 0 {
                if run < 15 {
                    // Nothing in a sequential frame, whose run is 0.
                    self.ended = (1 << run) - 1 + bits.take(run)?;
                    break;
                }
                k += 16;
                continue;
            }
            k += run as usize;
            let value = bits.extended(size as u8)?;
            if k > last {
                return None;
            }
            block.put(k, (value << low) as i16);
            k += 1;
        }
        Some(())
    }

    /// One more bit of each AC coefficient (T.81, G.1.2.3).
    fn refine(&mut self, scan: &Scan, codes: &Huffman, bits: &mut Bits, block: &mut Block) -> Option<()> {
        let bit = 1i16 << scan.low;
        let (mut k, last) = scan.band;
        while self.ended == 0 && k <= last {
            let (mut run, size) = split(bits.code(codes)?);
            let mut fresh = 0;
            match size {
                0 if run < 15 => {
                    self.ended = (1 << run) + bits.take(run)?;
                    break;
                }
                0 => {}
                1 => fresh = if bits.take(1)? == 1 { bit } else { -bit },
                _ => return None,
            }
            while k <= last {
                let at = k;
                k += 1;
                if block.is_set(at) {
                    block.sharpen(at, bit, bits)?;
                } else if run == 0 {
                    block.put(at, fresh);
                    break;
                } else {
                    run -= 1;
                }
            }
        }
        if self.ended > 0 {
            for at in k..=last {
                if block.is_set(at) {
                    block.sharpen(at, bit, bits)?;
                }
            }
            self.ended -= 1;
        }
        Some(())
    }
}

fn split(code: u8) -> (u32, u32) {
    (u32::from(code >> 4), u32::from(code & 15))
}
