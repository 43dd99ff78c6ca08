//! A JPEG at an eighth of its size, without decoding it: its DC image (Yeo and Liu 1995, "Rapid Scene Analysis on
//! Compressed Video").
//!
//! The first coefficient of each block of 8×8 pixels is their mean, so nothing is transformed, and all other
//! coefficients are passed over: a photo of 12 megapixels takes a fifth of the time. Exact but for rounding,
//! where values outside the range were clipped, and at the right and lower border.

pub(super) mod bits;

use bits::{Bits, Huffman};

/// Of the pixels of one colour channel.
struct Component {
    id: u8,
    /// Blocks across and down in each unit of interleaving.
    across: usize,
    down: usize,
    /// Which quantisation table is its.
    table: usize,
    /// Blocks in a row, and all that are stored.
    stride: usize,
    dc: Vec<i32>,
}

struct Frame {
    width: usize,
    height: usize,
    progressive: bool,
    components: Vec<Component>,
    /// Blocks across and down of the largest component in each unit.
    most: (usize, usize),
    /// Units across and down.
    units: (usize, usize),
}

/// What has been read of the file's tables.
#[derive(Default)]
struct Tables {
    /// The step of the first coefficient, as far as the file has said any.
    quantisation: [Option<i32>; 4],
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    /// Units between restart markers, 0 for none.
    interval: usize,
}

/// A component's place, and its codes of DC and AC coefficients, as far as the file has any.
type ScanPart<'t> = (usize, Option<&'t Huffman>, Option<&'t Huffman>);

/// The means of blocks as width, height and RGBA, colours and sides as they are in the file. `None` for what is not a JPEG with Huffman
/// codes in grey or YCbCr, or is damaged: decoding it says more.
pub(super) fn dc_image(file: &[u8]) -> Option<(u32, u32, Vec<u8>)> {
    let (mut tables, mut frame) = (Tables::default(), None::<Frame>);
    let mut at = 2;
    loop {
        at += memchr::memchr(0xFF, file.get(at..)?)? + 1;
        let marker = *file.get(at)?;
        match marker {
            0xD9 => return frame?.picture(&tables.quantisation),
            // Fill bytes, stuffing in scans that are passed over, and markers without a segment.
            0 | 1 | 0xD0..=0xD8 | 0xFF => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*file.get(at + 1)?, *file.get(at + 2)?]));
        let segment = file.get(at + 3..at + 1 + length)?;
        at += 1 + length;
        match marker {
            0xC0..=0xC2 if frame.is_none() => frame = Some(Frame::new(segment, marker == 0xC2)?),
            0xC4 => tables.huffman(segment)?,
            // Other processes: arithmetic, lossless, hierarchical.
            0xC0..=0xCF => return None,
            0xDB => tables.quantisation(segment)?,
            0xDD => tables.interval = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            // Adobe's, whose last byte says how colours are coded; 1 is YCbCr.
            0xEE if segment.starts_with(b"Adobe") && segment.get(11) != Some(&1) => return None,
            0xDA => at += frame.as_mut()?.scan(segment, file.get(at..)?, &tables)?,
            _ => {}
        }
    }
}

impl Tables {
    fn quantisation(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let wide = kind >> 4 != 0;
            let step = if wide {
                i32::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]))
            } else {
                i32::from(*rest.first()?)
            };
            *self.quantisation.get_mut(usize::from(kind & 15))? = Some(step);
            segment = rest.get(if wide { 128 } else { 64 }..)?;
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (values, rest) = rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Huffman::new(counts, values)?);
            segment = rest;
        }
        Some(())
    }
}

impl Frame {
    fn new(segment: &[u8], progressive: bool) -> Option<Frame> {
        let &[8, h1, h0, w1, w0, count, ref rest @ ..] = segment else { return None };
        let (width, height) = (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        if !matches!(count, 1 | 3) || rest.len() != 3 * usize::from(count) || width == 0 || height == 0 {
            return None;
        }
        let components = rest.chunks_exact(3).map(|part| {
            let (across, down) = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
            let valid = (1..=4).contains(&across) && (1..=4).contains(&down) && part[2] < 4;
            valid.then(|| Component { id: part[0], across, down, table: part[2].into(), stride: 0, dc: Vec::new() })
        });
        let mut components = components.collect::<Option<Vec<_>>>()?;
        // Named so, the channels are no YCbCr.
        if components.iter().map(|component| component.id).eq(*b"RGB") {
            return None;
        }
        if let [only] = &mut components[..] {
            (only.across, only.down) = (1, 1);
        }
        let most = components.iter().fold((1, 1), |most, c| (most.0.max(c.across), most.1.max(c.down)));
        let units = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        for component in &mut components {
            component.stride = units.0 * component.across;
            component.dc = vec![0; component.stride * units.1 * component.down];
        }
        Some(Frame { width, height, progressive, components, most, units })
    }

    /// The components that a scan names, and their codes.
    fn parts<'t>(&self, selected: &[u8], tables: &'t Tables) -> Option<Vec<ScanPart<'t>>> {
        let part = |part: &[u8]| {
            let place = self.components.iter().position(|component| component.id == part[0])?;
            let tables = (tables.dc.get(usize::from(part[1] >> 4))?, tables.ac.get(usize::from(part[1] & 15))?);
            Some((place, tables.0.as_ref(), tables.1.as_ref()))
        };
        let parts: Option<Vec<_>> = selected.chunks_exact(2).map(part).collect();
        // A scan of none takes no data, and could go over all units without end.
        parts.filter(|parts| !parts.is_empty())
    }

    /// Reads a scan; gives the bytes of its data.
    fn scan(&mut self, header: &[u8], file: &[u8], tables: &Tables) -> Option<usize> {
        let (&count, rest) = header.split_first()?;
        let (selected, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let &[first, _, approximation] = rest else { return None };
        if first > 0 {
            // Only AC coefficients; whoever looks for the next marker passes over the data.
            return Some(0);
        }
        let (high, low) = (approximation >> 4, u32::from(approximation & 15));
        let (mut bits, length) = Bits::new(file);
        let parts = self.parts(selected, tables)?;
        let alone = parts.len() == 1;
        let (columns, rows) = if alone { self.blocks(&self.components[parts[0].0]) } else { self.units };
        let (mut before, mut until_restart) = ([0i32; 4], tables.interval);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            if tables.interval > 0 {
                if until_restart == 0 {
                    bits.restart()?;
                    (before, until_restart) = ([0; 4], tables.interval);
                }
                until_restart -= 1;
            }
            for &(place, dc, ac) in &parts {
                let component = &mut self.components[place];
                let (across, down) = if alone { (1, 1) } else { (component.across, component.down) };
                let corner = row * down * component.stride + column * across;
                for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                    let slot = component.dc.get_mut(corner + y * component.stride + x)?;
                    if high > 0 {
                        *slot |= bits.bit()? << low;
                        continue;
                    }
                    before[place] = before[place].wrapping_add(bits.difference(dc?)?);
                    *slot = before[place] << low;
                    if !self.progressive {
                        bits.skip_block(ac?)?;
                    }
                }
            }
        }
        if bits.is_overdrawn() { None } else { Some(length) }
    }

    /// Blocks across and down of a component that is not interleaved with others.
    fn blocks(&self, component: &Component) -> (usize, usize) {
        let side = |length: usize, part: usize, most: usize| (length * part).div_ceil(most).div_ceil(8);
        (side(self.width, component.across, self.most.0), side(self.height, component.down, self.most.1))
    }

    fn picture(&self, quantisation: &[Option<i32>; 4]) -> Option<(u32, u32, Vec<u8>)> {
        let steps = self.components.iter().map(|c| quantisation[c.table]).collect::<Option<Vec<_>>>()?;
        // Rounded: a last block of which little is seen would shift the others.
        let (width, height) = ((self.width + 4) / 8, (self.height + 4) / 8);
        let places = self.components.iter().map(|c| (0..width).map(|x| x * c.across / self.most.0).collect());
        let places: Vec<Vec<usize>> = places.collect();
        let mut rgba = vec![255; width * height * 4];
        for (y, row) in rgba.chunks_exact_mut(width * 4).enumerate() {
            let mut rows = self.components.iter().zip(&places).zip(&steps).map(|((c, places), &step)| {
                let row = &c.dc[y * c.down / self.most.1 * c.stride..];
                // Eightfold, as the transform scales means.
                places.iter().map(move |&x| row[x].saturating_mul(step))
            });
            let luma = rows.next()?;
            match (rows.next(), rows.next()) {
                (Some(blue), Some(red)) => {
                    let colours = luma.zip(blue).zip(red).map(|((luma, blue), red)| colour(luma, blue, red));
                    row.as_chunks_mut().0.iter_mut().zip(colours).for_each(|(pixel, colour)| *pixel = colour);
                }
                _ => row.as_chunks_mut().0.iter_mut().zip(luma).for_each(|(pixel, luma)| *pixel = colour(luma, 0, 0)),
            }
        }
        Some((width as u32, height as u32, rgba))
    }
}

/// JFIF's YCbCr, each eightfold and about zero, as RGBA.
fn colour(luma: i32, blue: i32, red: i32) -> [u8; 4] {
    let [luma, blue, red] = [luma, blue, red].map(|value| value as f32 / 8.);
    let level = |value: f32| (value + 128.5) as u8;
    [level(luma + 1.402 * red), level(luma - 0.344_136 * blue - 0.714_136 * red), level(luma + 1.772 * blue), 255]
}

#[cfg(test)]
mod tests;
