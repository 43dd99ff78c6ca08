//! The implicit label: every result says in XMP that a trained model altered a photo.

use crate::{Error, Result, options::Format};

/// The packet (ISO 16684-1). `DigitalSourceType` is IPTC Photo Metadata 2025.1's; its value is the term of
/// <https://cv.iptc.org/newscodes/digitalsourcetype/> for a picture that has parts made by a trained model.
pub const PACKET: &str = concat!(
    "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>",
    r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"#,
    r#"<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" "#,
    r#"xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" "#,
    r#"xmp:CreatorTool="Nijigen "#,
    env!("CARGO_PKG_VERSION"),
    r#"" Iptc4xmpExt:DigitalSourceType="#,
    r#""http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"/>"#,
    r#"</rdf:RDF></x:xmpmeta><?xpacket end="r"?>"#,
);

/// What a JPEG's XMP segment begins with (XMP specification, part 3, 1.1.3).
pub const JPEG_SIGNATURE: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Whether a file says that it is a result of ours, of this version or another.
pub fn is_ours(file: &[u8]) -> bool {
    memchr::memmem::find(file, b"xmp:CreatorTool=\"Nijigen ").is_some()
}

/// Puts [`PACKET`] into a file that `image` wrote; its encoders take no XMP.
///
/// # Errors
/// [`Error::Internal`] when the file is not built as that library builds them.
pub fn embed(file: &mut Vec<u8>, format: Format) -> Result<()> {
    let done = match format {
        Format::Png => png(file),
        Format::Jpeg => jpeg(file),
        Format::Webp => webp(file),
    };
    done.ok_or_else(|| Error::Internal("the file has no place for its label".into()))
}

/// An uncompressed iTXt chunk behind IHDR (PNG 3, 11.3.3.4).
fn png(file: &mut Vec<u8>) -> Option<()> {
    const AFTER_IHDR: usize = 8 + 12 + 13;
    file.get(..AFTER_IHDR)?;
    file.splice(
        AFTER_IHDR..AFTER_IHDR,
        png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", PACKET.as_bytes()].concat()),
    );
    Some(())
}

/// A chunk of PNG with its length and checksum.
pub(super) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [kind, data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// CRC-32 of PNG 3, annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// An APP1 segment behind JFIF's APP0, which must be the first.
fn jpeg(file: &mut Vec<u8>) -> Option<()> {
    let [0xFF, 0xD8, 0xFF, 0xE0, high, low] = *file.first_chunk()? else { return None };
    let after_jfif = 4 + usize::from(u16::from_be_bytes([high, low]));
    file.get(..after_jfif)?;
    let mut segment = vec![0xFF, 0xE1];
    segment.extend(u16::try_from(2 + JPEG_SIGNATURE.len() + PACKET.len()).ok()?.to_be_bytes());
    segment.extend_from_slice(JPEG_SIGNATURE);
    segment.extend_from_slice(PACKET.as_bytes());
    file.splice(after_jfif..after_jfif, segment);
    Some(())
}

/// The chunk that makes an extended file, with these flags and alpha's, of a simple one with one VP8L chunk (RFC 9649, 2.7
/// and 3.4).
pub(super) fn vp8x(file: &[u8], flags: u8) -> Option<Vec<u8>> {
    const ALPHA: u8 = 1 << 4;
    let vp8l = file.get(12..25)?;
    if !vp8l.starts_with(b"VP8L") || vp8l[8] != 0x2F {
        return None;
    }
    // Width - 1 and height - 1 in 14 bits each, then whether alpha is used.
    let header = u32::from_le_bytes(*vp8l[9..].first_chunk()?);
    let (width, height, alpha) = (header & 0x3FFF, header >> 14 & 0x3FFF, header >> 28 & 1 == 1);
    let mut vp8x = b"VP8X\x0A\0\0\0".to_vec();
    vp8x.extend([if alpha { ALPHA | flags } else { flags }, 0, 0, 0]);
    vp8x.extend_from_slice(&width.to_le_bytes()[..3]);
    vp8x.extend_from_slice(&height.to_le_bytes()[..3]);
    Some(vp8x)
}

/// The simple file becomes an extended one: VP8X before its picture, XMP behind.
fn webp(file: &mut Vec<u8>) -> Option<()> {
    const XMP: u8 = 1 << 2;
    let vp8x = vp8x(file, XMP)?;
    file.splice(12..12, vp8x);
    file.extend(b"XMP ");
    file.extend(u32::try_from(PACKET.len()).ok()?.to_le_bytes());
    file.extend_from_slice(PACKET.as_bytes());
    // Chunks have an even length.
    file.resize(file.len().next_multiple_of(2), 0);
    let size = u32::try_from(file.len() - 8).ok()?;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Picture, options::Finish, picture::encode::encode};

    fn result(format: Format, alpha: u8) -> Vec<u8> {
        let picture = Picture::new(31, 17, [9, 80, 200, alpha].repeat(31 * 17)).unwrap();
        encode(picture, &Finish { format, ..Finish::default() }).unwrap()
    }

    /// Name and content of every chunk; lengths have 4 bytes.
    fn chunks(file: &[u8], start: usize, png: bool) -> Vec<(&[u8], &[u8])> {
        let (mut at, mut all) = (start, Vec::new());
        while at < file.len() {
            let [first, second]: [[u8; 4]; 2] =
                [file[at..at + 4].try_into().unwrap(), file[at + 4..at + 8].try_into().unwrap()];
            let length = if png { u32::from_be_bytes(first) } else { u32::from_le_bytes(second) } as usize;
            all.push((&file[at + if png { 4 } else { 0 }..][..4], &file[at + 8..at + 8 + length]));
            at += if png { 12 + length } else { 8 + length.next_multiple_of(2) };
        }
        assert_eq!(at, file.len());
        all
    }

    #[test]
    fn the_packet_says_what_and_who() {
        assert!(PACKET.contains(concat!("xmp:CreatorTool=\"Nijigen ", env!("CARGO_PKG_VERSION"), "\"")));
        assert!(PACKET.contains(
            "DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia\""
        ));
    }

    #[test]
    fn results_are_known_as_ours_in_every_format() {
        for format in [Format::Png, Format::Jpeg, Format::Webp] {
            let file = result(format, 255);
            assert!(is_ours(&file), "{format:?}");
            let edited = String::from_utf8_lossy(&file).replace("Nijigen ", "Another ");
            assert!(!is_ours(edited.as_bytes()), "{format:?}");
        }
    }

    #[test]
    fn png_has_it_before_the_pixels() {
        let file = result(Format::Png, 200);
        let chunks = chunks(&file, 8, true);
        let names: Vec<_> = chunks.iter().map(|(name, _)| String::from_utf8_lossy(name)).collect();
        assert_eq!(names[..3], ["IHDR", "iTXt", "IDAT"]);
        assert_eq!(chunks[1].1, [b"XML:com.adobe.xmp\0\0\0\0\0", PACKET.as_bytes()].concat());
        // A check value of the CRC catalogue, and what the library wrote for IEND.
        assert_eq!(crc(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(b"IEND").to_be_bytes(), file[file.len() - 4..]);
    }

    #[test]
    fn jpeg_has_it_behind_jfif() {
        let file = result(Format::Jpeg, 255);
        let (mut at, mut segments) = (2, Vec::new());
        while file[at + 1] != 0xDA {
            assert_eq!(file[at], 0xFF);
            let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
            segments.push((file[at + 1], &file[at + 4..at + 2 + length]));
            at += 2 + length;
        }
        assert!(segments[0].0 == 0xE0 && segments[0].1.starts_with(b"JFIF\0"));
        assert_eq!(segments[1], (0xE1, [JPEG_SIGNATURE, PACKET.as_bytes()].concat().as_slice()));
        assert!(segments[2..].iter().all(|(marker, _)| !(0xE0..=0xEF).contains(marker)));
    }

    #[test]
    fn webp_is_extended_with_the_right_flags() {
        for (alpha, flags) in [(255, 0b0000_0100), (200, 0b0001_0100)] {
            let file = result(Format::Webp, alpha);
            assert_eq!(u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize, file.len() - 8);
            let chunks = chunks(&file, 12, false);
            assert_eq!(chunks[0], (b"VP8X".as_slice(), [flags, 0, 0, 0, 30, 0, 0, 16, 0, 0].as_slice()));
            assert_eq!(chunks[1].0, b"VP8L");
            assert_eq!(chunks[2], (b"XMP ".as_slice(), PACKET.as_bytes()));
            assert_eq!(chunks.len(), 3);
        }
    }

    #[test]
    fn a_file_of_another_build_is_refused() {
        for format in [Format::Png, Format::Jpeg, Format::Webp] {
            for length in 0..12 {
                assert!(embed(&mut vec![0xFF; length], format).is_err());
            }
        }
    }
}
