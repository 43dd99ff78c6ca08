//! A photo and its drawing in one picture.

use super::Picture;
use crate::options::Comparison;

/// The line between them is so many times narrower than what it parts, and no thinner than this.
const SHARE: u32 = 200;
const LEAST: u32 = 2;
/// Paper, as on the page.
const LINE: [u8; 4] = [255, 253, 248, 255];

/// How wide the comparison of two pictures is that are this wide.
pub fn across(width: u32, comparison: Comparison) -> u32 {
    match comparison {
        Comparison::SideBySide => width.saturating_mul(2).saturating_add(line(width)),
        Comparison::Divided => width,
    }
}

fn line(width: u32) -> u32 {
    (width / SHARE).max(LEAST).min(width)
}

/// Puts a photo and a drawing of the same size beside each other, or each on its side of a line, which is at the share
/// `split` of the width.
pub fn compare(photo: &Picture, drawn: &Picture, comparison: Comparison, split: f32) -> Picture {
    debug_assert_eq!((photo.width, photo.height), (drawn.width, drawn.height));
    let (width, height) = (drawn.width, drawn.height);
    let line = line(width);
    let (of_photo, of_drawn) = match comparison {
        Comparison::SideBySide => (0..width, 0..width),
        Comparison::Divided => {
            let split = (split.clamp(0., 1.) * width as f32).round() as u32;
            let from = split.saturating_sub(line / 2).min(width - line);
            (0..from, from + line..width)
        }
    };
    let bytes = |pixels: std::ops::Range<u32>| pixels.start as usize * 4..pixels.end as usize * 4;
    let (left, right) = (bytes(of_photo), bytes(of_drawn));
    let across = across(width, comparison);
    let mut rgba = Vec::with_capacity(across as usize * height as usize * 4);
    let row = width as usize * 4;
    for (photo, drawn) in photo.rgba.chunks_exact(row).zip(drawn.rgba.chunks_exact(row)) {
        rgba.extend_from_slice(&photo[left.clone()]);
        rgba.extend(LINE.iter().cycle().take(line as usize * 4));
        rgba.extend_from_slice(&drawn[right.clone()]);
    }
    Picture::from_parts(across, height, rgba)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHOTO: [u8; 4] = [1, 2, 3, 255];
    const DRAWN: [u8; 4] = [200, 100, 50, 128];

    fn row(comparison: Comparison, split: f32, width: u32) -> String {
        let flat = |pixel: [u8; 4]| Picture::new(width, 8, pixel.repeat(width as usize * 8)).unwrap();
        let both = compare(&flat(PHOTO), &flat(DRAWN), comparison, split);
        assert_eq!([both.width(), both.height()], [across(width, comparison), 8]);
        let rows: Vec<&[u8]> = both.rgba().chunks_exact(both.width() as usize * 4).collect();
        assert!(rows.iter().all(|row| row == &rows[0]));
        let sign = |pixel: &[u8]| match pixel {
            pixel if pixel == PHOTO => 'p',
            pixel if pixel == DRAWN => 'd',
            pixel if pixel == LINE => '|',
            pixel => panic!("{pixel:?}"),
        };
        rows[0].chunks_exact(4).map(sign).collect()
    }

    #[test]
    fn beside_each_other_both_are_whole() {
        assert_eq!(row(Comparison::SideBySide, 0.1, 9), "ppppppppp||ddddddddd");
    }

    #[test]
    fn divided_the_picture_is_as_wide_as_before() {
        for (split, expected) in [
            (0.5, "pppp||dddd"),
            (0.2, "p||ddddddd"),
            (0., "||dddddddd"),
            (1., "pppppppp||"),
            (7., "pppppppp||"),
            (f32::NAN, "||dddddddd"),
        ] {
            assert_eq!(row(Comparison::Divided, split, 10), expected, "{split}");
        }
    }
}
