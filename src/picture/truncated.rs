//! Whether a JPEG ends before its picture does.
//!
//! The decoder forgives a missing end and leaves the rest grey; a person would rather know.

const STANDALONE: std::ops::RangeInclusive<u8> = 0xD0..=0xD8; // restart markers and start of image
const END_OF_IMAGE: u8 = 0xD9;

/// Walks the markers (ITU-T T.81, B.1) up to the end-of-image marker; true when it is not there.
///
/// Thumbnails inside a segment have an end of their own, so searching for its two bytes would not do.
pub fn jpeg_ends_early(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        at += found + 1;
        match bytes.get(at) {
            // A stuffed zero belongs to the entropy-coded data; a second 0xFF is a fill byte.
            Some(0) => at += 1,
            Some(0xFF) => {}
            Some(&END_OF_IMAGE) => return false,
            Some(marker) if STANDALONE.contains(marker) || *marker == 1 => at += 1,
            Some(_) => match bytes.get(at + 1..at + 3) {
                Some(&[high, low]) => at += 1 + usize::from(u16::from_be_bytes([high, low])),
                _ => return true,
            },
            None => return true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_inside_a_segment_does_not_count() {
        let whole = [0xFF, 0xD8, 0xFF, 0xE1, 0, 4, 0xFF, 0xD9, 0xFF, 0xDA, 0, 2, 7, 0xFF, 0, 7, 0xFF, 0xD9];
        assert!(!jpeg_ends_early(&whole));
        for length in 0..whole.len() - 1 {
            assert!(jpeg_ends_early(&whole[..length]), "{length} bytes");
        }
    }

    #[test]
    fn bytes_after_the_end_are_ignored() {
        assert!(!jpeg_ends_early(&[0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xE1]));
    }
}
