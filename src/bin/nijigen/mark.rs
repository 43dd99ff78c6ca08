//! `--resume`: a result says of what it was made, so that it need not be made again.
//!
//! The mark names the cache entry (the photo's checksum and every choice, as one SHA-256) and the checksum of the rest of
//! the file. So neither a name nor a date has to be trusted: another photo, another choice, or a file that is not whole
//! has another mark, or none. It is text of one length, in the place that each format has for such:
//! a tEXt chunk before IEND (PNG 3, 11.3.3.2), a COM segment behind JFIF's APP0 (ITU-T T.81, B.2.4.5), a chunk of
//! unknown name at the end (RFC 9649, 2.7).
//!
//! The result of another photo that looks the same is marked as such: it does only for who asks for such.

use std::ops::Range;

use nijigen::{
    cache::{Id, Key},
    checksum::{hex, sha256},
    options::Format,
};

const KEYWORD: &str = "nijigen\0";
/// IEND.
const PNG_END: usize = 12;

/// What a photo's result can be marked as.
#[derive(Clone, Copy)]
pub struct Marks {
    /// It was made of the very photo.
    pub own: Id,
    /// It was made of another that looks the same.
    pub near: Id,
}

impl Marks {
    pub fn of(key: &Key, photo: &[u8; 32]) -> Marks {
        // The checksum's own checksum is no file's.
        Marks { own: Id::new(key, photo), near: Id::new(key, &sha256(photo)) }
    }
}

/// Marks `file`, which this program encoded, as the entry `id`. Left as it is where it has no place for a mark.
pub fn sign(file: &mut Vec<u8>, format: Format, id: &Id) {
    let text = format!("{KEYWORD}{id}.{}", hex(&sha256(file)));
    let Some(at) = place(file, format) else { return };
    file.splice(at..at, block(format, text.as_bytes()));
    resize(file, format);
}

/// Whether `file` is whole, and was made as the entry `id`.
pub fn is_signed(file: &[u8], format: Format, id: &Id) -> bool {
    let Some(mark) = marked(file, format) else { return false };
    let mut rest = file.to_vec();
    rest.drain(mark);
    resize(&mut rest, format);
    sign(&mut rest, format, id);
    rest == file
}

/// Whether `file` may be a result without a mark, as far as its ends tell.
pub fn may_be_unmarked(file: &[u8], format: Format) -> bool {
    let whole = match format {
        Format::Png => file.starts_with(b"\x89PNG\r\n\x1a\n") && file.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"),
        Format::Jpeg => file.starts_with(&[0xFF, 0xD8]) && file.ends_with(&[0xFF, 0xD9]),
        Format::Webp => {
            let size = (file.len() as u32).wrapping_sub(8).to_le_bytes();
            file.starts_with(b"RIFF") && file.get(4..8) == Some(&size)
        }
    };
    whole && marked(file, format).is_none()
}

/// Where `file` has a mark, if it has one, of whatever.
fn marked(file: &[u8], format: Format) -> Option<Range<usize>> {
    let blank = block(format, &[KEYWORD.as_bytes(), &[0; 64 + 1 + 64]].concat());
    let shorter = file.len().checked_sub(blank.len())?;
    let at = match format {
        Format::Png => shorter.checked_sub(PNG_END)?,
        Format::Jpeg => place(file, format).filter(|at| *at <= shorter)?,
        Format::Webp => shorter,
    };
    let head = blank.windows(KEYWORD.len()).position(|text| text == KEYWORD.as_bytes())? + KEYWORD.len();
    (file[at..at + head] == blank[..head]).then_some(at..at + blank.len())
}

/// Where a mark begins in a file without one.
fn place(file: &[u8], format: Format) -> Option<usize> {
    match format {
        Format::Png => file.len().checked_sub(PNG_END),
        Format::Jpeg => {
            let [0xFF, 0xD8, 0xFF, 0xE0, high, low] = *file.first_chunk()? else { return None };
            Some(4 + usize::from(u16::from_be_bytes([high, low]))).filter(|end| *end <= file.len())
        }
        Format::Webp => Some(file.len()),
    }
}

/// The chunk or segment that holds `text`.
fn block(format: Format, text: &[u8]) -> Vec<u8> {
    let length = text.len();
    match format {
        Format::Png => {
            let chunk = [b"tEXt", text].concat();
            let mut crc = flate2::Crc::new();
            crc.update(&chunk);
            [&(length as u32).to_be_bytes()[..], &chunk, &crc.sum().to_be_bytes()].concat()
        }
        Format::Jpeg => [&[0xFF, 0xFE], &(length as u16 + 2).to_be_bytes()[..], text].concat(),
        // Chunks have an even length.
        Format::Webp => [b"NIJI", &(length as u32).to_le_bytes()[..], text, &[0][..length % 2]].concat(),
    }
}

/// RIFF says how long all is.
fn resize(file: &mut [u8], format: Format) {
    if format == Format::Webp && file.len() >= 12 {
        let size = (file.len() - 8) as u32;
        file[4..8].copy_from_slice(&size.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use nijigen::{
        Options,
        options::{Finish, Limits},
        picture::{Picture, decode::decode, encode::encode},
    };

    use super::*;

    const FORMATS: [Format; 3] = [Format::Png, Format::Jpeg, Format::Webp];

    fn result(format: Format) -> Vec<u8> {
        let picture = Picture::new(31, 17, [9, 80, 200, 255].repeat(31 * 17)).unwrap();
        encode(picture, &Finish { format, ..Finish::default() }).unwrap()
    }

    fn ids() -> [Id; 2] {
        let entry = crate::generators::load("meadow", None).unwrap().entry().clone();
        let key = Key::new(&entry, &Options::default());
        [Id::new(&key, &[1; 32]), Id::new(&key, &[2; 32])]
    }

    #[test]
    fn a_marked_file_is_the_same_picture_and_tells_of_what() {
        let [id, other] = ids();
        for format in FORMATS {
            let plain = result(format);
            let mut marked = plain.clone();
            sign(&mut marked, format, &id);
            assert!(is_signed(&marked, format, &id), "{format:?}");
            assert!(!is_signed(&marked, format, &other) && !is_signed(&plain, format, &id), "{format:?}");
            assert!(may_be_unmarked(&plain, format) && !may_be_unmarked(&marked, format), "{format:?}");
            let pixels = |file: &[u8]| decode(file, &Limits::default()).unwrap();
            assert_eq!(pixels(&marked), pixels(&plain), "{format:?}");
            assert!(image::load_from_memory(&marked).is_ok(), "{format:?}");
        }
    }

    #[test]
    fn what_is_not_whole_is_not_believed() {
        let [id, _] = ids();
        for format in FORMATS {
            let mut marked = result(format);
            sign(&mut marked, format, &id);
            for at in 0..marked.len() {
                let mut damaged = marked.clone();
                damaged[at] ^= 4;
                assert!(!is_signed(&damaged, format, &id), "{format:?}, byte {at}");
                assert!(!is_signed(&marked[..at], format, &id), "{format:?}, {at} bytes");
            }
            let plain = result(format);
            assert!((0..plain.len()).all(|at| !may_be_unmarked(&plain[..at], format)), "{format:?}");
            assert!(FORMATS.iter().all(|&other| other == format || !may_be_unmarked(&plain, other)), "{format:?}");
        }
    }
}
