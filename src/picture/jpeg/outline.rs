//! What a JPEG's markers say, without looking into its data.

use std::ops::RangeInclusive;

use image::metadata::Orientation;

use crate::{Error, Result};

/// Restart markers and start of image: without a segment.
const STANDALONE: RangeInclusive<u8> = 0xD0..=0xD8;

/// A component of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    pub id: u8,
    /// Sampling factors across and down, 1 to 4.
    pub sampling: (usize, usize),
    /// Which quantisation table is its.
    pub table: usize,
}

/// The file's structure (ITU-T T.81, annex B).
#[derive(Default)]
pub struct Outline<'a> {
    pub width: u16,
    pub height: u16,
    pub components: Vec<Component>,
    pub progressive: bool,
    /// How Adobe's marker says that colours are coded: 0 not at all, 1 YCbCr, 2 YCCK.
    adobe: Option<u8>,
    jfif: bool,
    /// Whether the format around it says another thing of its colours than its own markers.
    overruled: bool,
    /// The first block of EXIF counts, as in browsers.
    exif: Option<&'a [u8]>,
    /// Number and part of each piece of the colour profile.
    pieces: Vec<(u8, &'a [u8])>,
    scans: usize,
    /// Components in the first scan.
    together: usize,
    /// Whether Huffman codes come before the first scan.
    codes: bool,
    /// Whether restart markers follow each other as they should, how many there are, and in how many units one is due.
    orderly: bool,
    restarts: usize,
    interval: usize,
    /// Whether the marker of the end was found.
    ended: bool,
}

impl<'a> Outline<'a> {
    /// Walks the markers to the end. Thumbnails lie inside a segment, so their markers do not count.
    ///
    /// # Errors
    /// [`Error::UnsupportedFormat`] for the processes that hardly a decoder knows, [`Error::CorruptImage`] where there is
    /// no frame.
    pub fn read(file: &'a [u8]) -> Result<Outline<'a>> {
        let mut outline = Outline { orderly: true, ..Outline::default() };
        let (mut at, mut restarts) = (0, 0u8);
        while let Some(found) = file.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
            at += found + 1;
            match file.get(at) {
                // A stuffed zero belongs to the entropy-coded data; a second 0xFF is a fill byte.
                Some(0) => at += 1,
                Some(0xFF) => {}
                Some(0xD9) => {
                    outline.ended = true;
                    break;
                }
                Some(&marker) if STANDALONE.contains(&marker) || marker == 1 => {
                    if (0xD0..=0xD7).contains(&marker) {
                        outline.orderly &= marker & 7 == restarts & 7;
                        restarts = restarts.wrapping_add(1);
                        outline.restarts += 1;
                    }
                    at += 1;
                }
                Some(&marker) => {
                    let Some(&[high, low]) = file.get(at + 1..at + 3) else { break };
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    let Some(segment) = file.get(at + 3..at + 1 + length) else { break };
                    outline.segment(marker, segment)?;
                    restarts = if marker == 0xDA { 0 } else { restarts };
                    at += 1 + length;
                }
                None => break,
            }
        }
        if outline.components.is_empty() {
            return Err(Error::CorruptImage(match outline.ended {
                true => "it says nothing of its size".into(),
                false => "the file ends before the picture does".into(),
            }));
        }
        Ok(outline)
    }

    fn segment(&mut self, marker: u8, segment: &'a [u8]) -> Result<()> {
        match marker {
            0xC4 => self.codes |= self.scans == 0,
            // The first frame says what kind the file is. Without an end marker what looks like another may be part of a
            // video behind the picture.
            0xC0..=0xCF | 0xDE if self.components.is_empty() => self.first(marker, segment)?,
            0xDD => self.interval = segment.first_chunk().map_or(0, |units| usize::from(u16::from_be_bytes(*units))),
            0xDA => {
                self.together =
                    if self.scans == 0 { segment.first().map_or(0, |n| usize::from(*n)) } else { self.together };
                self.scans += 1;
            }
            // As in browsers: what is behind the first scan says nothing of the picture, and may be another's.
            0xE0..=0xEE if self.scans > 0 => {}
            // As libjpeg: one that is cut short says nothing.
            0xE0 => self.jfif |= segment.len() >= 14 && segment.starts_with(b"JFIF\0"),
            0xE1 if self.exif.is_none() => self.exif = segment.strip_prefix(b"Exif\0\0"),
            0xE2 => {
                if let Some([number, _, piece @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0") {
                    self.pieces.push((*number, piece));
                }
            }
            0xEE if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied().or(self.adobe),
            _ => {}
        }
        Ok(())
    }

    /// The first frame, or what a hierarchical file has before its frames.
    fn first(&mut self, marker: u8, segment: &[u8]) -> Result<()> {
        match marker {
            0xC0..=0xC2 => self.frame(marker, segment),
            0xC3 | 0xC7 => Err(unsupported("lossless JPEG")),
            0xC5 | 0xC6 | 0xDE => Err(unsupported("hierarchical JPEG")),
            0xC9..=0xCB | 0xCD..=0xCF => Err(unsupported("JPEG with arithmetic coding")),
            _ => Ok(()),
        }
    }

    fn frame(&mut self, marker: u8, segment: &[u8]) -> Result<()> {
        let damaged = || Error::CorruptImage("what it says of its size is not valid".into());
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = segment else { return Err(damaged()) };
        if precision == 12 {
            return Err(unsupported("JPEG with 12 bits a colour"));
        }
        (self.width, self.height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
        let parts = rest.chunks_exact(3).map(|part| {
            let sampling = (usize::from(part[1] >> 4), usize::from(part[1] & 15));
            let valid = (1..=4).contains(&sampling.0) && (1..=4).contains(&sampling.1) && part[2] < 4;
            valid.then_some(Component { id: part[0], sampling, table: part[2].into() })
        });
        let components: Option<Vec<_>> = parts.collect();
        let components = components.filter(|all| all.len() == usize::from(count) && matches!(all.len(), 1 | 3 | 4));
        self.components = components.filter(|_| precision == 8 && self.width > 0).ok_or_else(damaged)?;
        if self.height == 0 {
            return Err(unsupported("JPEG that tells its height at the end"));
        }
        if let [only] = &mut self.components[..] {
            // Alone, its factors mean nothing.
            only.sampling = (1, 1);
        }
        self.progressive = marker == 0xC2;
        Ok(())
    }

    /// Whether the fast decoder is known to do it right, should it find no fault.
    pub fn is_usual(&self) -> bool {
        let sampling: Vec<_> = self.components.iter().map(|c| c.sampling).collect();
        let usual = matches!(
            sampling[..],
            [_] | [(1, 1), (1, 1), (1, 1)] | [(2, 1), (1, 1), (1, 1)] | [(2, 2), (1, 1), (1, 1)]
        );
        let whole = self.progressive || (self.scans == 1 && self.together == self.components.len());
        // Of JFIF's and Adobe's marker it heeds the other one, and names before either.
        let claims_rgb = self.components.len() == 3 && (self.is_named_rgb() || self.adobe == Some(0));
        let misread = self.overruled || claims_rgb && !self.is_rgb();
        let orderly = self.codes && self.orderly && self.ended && (self.progressive || self.has_its_restarts());
        usual && !misread && whole && orderly
    }

    /// Whether there are as many restart markers as a frame with one scan needs.
    fn has_its_restarts(&self) -> bool {
        let most = self.components.iter().fold((1, 1), |m, c| (m.0.max(c.sampling.0), m.1.max(c.sampling.1)));
        let side = |length: u16, most: usize| usize::from(length).div_ceil(8 * most);
        let units = side(self.width, most.0) * side(self.height, most.1);
        self.restarts == (units - 1).checked_div(self.interval).unwrap_or(0)
    }

    /// Whether its three components are red, green and blue: as libjpeg, which believes JFIF before Adobe, and guesses where
    /// nothing says so.
    pub fn is_rgb(&self) -> bool {
        let says = self.adobe.map_or_else(|| self.is_named_rgb(), |transform| transform == 0);
        self.components.len() == 3 && !self.jfif && says
    }

    fn is_named_rgb(&self) -> bool {
        self.components.iter().map(|component| component.id).eq(*b"RGB")
    }

    /// For a format that says itself that the colours are YCbCr.
    pub fn make_ycbcr(&mut self) {
        self.overruled = self.is_rgb();
        self.adobe = Some(1);
    }

    /// Whether the first three of its four components are YCbCr: as libjpeg, whatever Adobe's marker says that is not 0.
    pub fn is_ycck(&self) -> bool {
        self.adobe.is_some_and(|transform| transform != 0)
    }

    /// How the pixels are to be turned.
    pub fn orientation(&self) -> Orientation {
        self.exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
    }

    /// The colour profile.
    pub fn profile(&self) -> Option<Vec<u8>> {
        let mut pieces = [None; 256];
        for &(number, piece) in &self.pieces {
            pieces[usize::from(number)].get_or_insert(piece);
        }
        (!self.pieces.is_empty()).then(|| pieces.into_iter().flatten().flatten().copied().collect())
    }
}

fn unsupported(what: &str) -> Error {
    Error::UnsupportedFormat(format!(
        "This file is {what}, which only few programs read. Save it as a usual JPEG or as PNG."
    ))
}
