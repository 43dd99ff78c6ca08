//! The visible mark: "AI generated" in a small rounded box in the lower right corner. `label/make.py` draws its text.

use image::ImageFormat;

use super::{Picture, resize::resize};
use crate::{Error, Result, options::Language};

/// The shorter side is so many times the mark's height, so the mark is never higher than 4 % of the
/// picture, and with its at most 5 times larger width never wider than 20 %.
const SHARE: u32 = 25;

/// In fewer pixels nobody can read it.
const MIN_HEIGHT: u32 = 12;

/// A picture with a side under so many pixels gets no visible mark.
pub const LEAST_SIDE: u32 = MIN_HEIGHT * SHARE;

/// Draws the mark, also where the picture is transparent. A picture with a side under [`LEAST_SIDE`] stays as it is.
///
/// # Errors
/// [`Error::Internal`] when the libraries refuse.
pub fn mark(picture: &mut Picture, language: Language) -> Result<()> {
    let side = picture.width.min(picture.height);
    if side < LEAST_SIDE {
        return Ok(());
    }
    let height = side / SHARE;
    let drawn = load(language)?;
    let width = (drawn.width * height + drawn.height / 2) / drawn.height;
    let mark = resize(drawn, width, height)?;
    let from_edge = height / 2;
    let left = (picture.width - width - from_edge) as usize * 4;
    let top = (picture.height - height - from_edge) as usize;
    let (row, mark_row) = (picture.width as usize * 4, width as usize * 4);
    let rows = picture.rgba.chunks_exact_mut(row).skip(top).zip(mark.rgba.chunks_exact(mark_row));
    for (under, over) in rows {
        for (under, over) in under[left..].chunks_exact_mut(4).zip(over.chunks_exact(4)) {
            blend(under, over);
        }
    }
    Ok(())
}

/// The mark as it is drawn for a picture of 2400 pixels.
fn load(language: Language) -> Result<Picture> {
    let file: &[u8] = match language {
        Language::En => include_bytes!("label/en.png"),
        Language::Zh => include_bytes!("label/zh.png"),
        Language::Ja => include_bytes!("label/ja.png"),
    };
    let drawn = image::load_from_memory_with_format(file, ImageFormat::Png)
        .map_err(|e| Error::Internal(format!("the label cannot be read ({e})")))?
        .into_rgba8();
    Ok(Picture::from_parts(drawn.width(), drawn.height(), drawn.into_raw()))
}

/// One pixel over another, both with straight alpha (Porter and Duff's "over", 1984).
fn blend(under: &mut [u8], over: &[u8]) {
    let covered = u32::from(over[3]) * 255;
    let seen = u32::from(under[3]) * (255 - u32::from(over[3]));
    let alpha = covered + seen;
    if alpha == 0 {
        return;
    }
    for (under, &over) in under[..3].iter_mut().zip(over) {
        *under = ((u32::from(over) * covered + u32::from(*under) * seen + alpha / 2) / alpha) as u8;
    }
    under[3] = ((alpha + 127) / 255) as u8;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LANGUAGES: [Language; 3] = [Language::En, Language::Zh, Language::Ja];

    fn flat(width: u32, height: u32, pixel: [u8; 4]) -> Picture {
        Picture::new(width, height, pixel.repeat((width * height) as usize)).unwrap()
    }

    /// Left, top, right and bottom of the pixels that are not `pixel`.
    fn changed(picture: &Picture, pixel: [u8; 4]) -> Option<[u32; 4]> {
        let at = |i: usize| (i as u32 % picture.width, i as u32 / picture.width);
        let other = picture.rgba.as_chunks().0.iter().enumerate().filter(|(_, p)| **p != pixel).map(|(i, _)| at(i));
        other.fold(None, |area, (x, y)| {
            let [left, top, right, bottom] = area.unwrap_or([x, y, x, y]);
            Some([left.min(x), top.min(y), right.max(x), bottom.max(y)])
        })
    }

    /// WCAG 2.2's relative luminance.
    fn luminance(pixel: &[u8]) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(pixel[0]) + 0.7152 * linear(pixel[1]) + 0.0722 * linear(pixel[2])
    }

    #[test]
    fn text_stands_out_on_any_picture() {
        for language in LANGUAGES {
            for grey in [0, 128, 255] {
                for (width, height) in [(300, 300), (640, 360), (768, 1024), (4000, 3000)] {
                    let paper = [grey, grey, grey, 255];
                    let mut picture = flat(width, height, paper);
                    mark(&mut picture, language).unwrap();
                    let size = width.min(height) / SHARE;
                    // The middle of the box, without its rounded corners.
                    let mut seen: Vec<f64> = Vec::new();
                    for y in height - size / 2 - size * 3 / 4..height - size / 2 - size / 4 {
                        let end = (y * width + width - size) as usize * 4;
                        let row = &picture.rgba[end - size as usize * 8..end];
                        seen.extend(row.chunks_exact(4).map(luminance));
                    }
                    seen.sort_by(f64::total_cmp);
                    let (backdrop, text) = (seen[seen.len() / 10], seen[seen.len() * 97 / 100]);
                    let contrast = (text + 0.05) / (backdrop + 0.05);
                    assert!(contrast >= 4.5, "{language:?} in {width}×{height} on {grey}: {contrast:.1}");
                }
            }
        }
    }

    #[test]
    fn a_transparent_picture_shows_the_mark_and_nothing_else() {
        let mut picture = flat(400, 400, [200, 10, 10, 0]);
        mark(&mut picture, Language::En).unwrap();
        let [left, top, right, bottom] = changed(&picture, [200, 10, 10, 0]).unwrap();
        let middle = ((top + bottom) / 2 * 400 + (left + right) / 2) as usize * 4;
        assert!(picture.rgba[middle + 3] > 150);
        // No red of what cannot be seen comes through.
        assert!(picture.rgba[middle..middle + 3].iter().all(|&v| v == picture.rgba[middle]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

        #[test]
        fn it_is_small_and_in_the_corner(width in 8u32..2600, height in 8u32..2600, language in 0usize..3) {
            let paper = [90, 160, 220, 255];
            let mut picture = flat(width, height, paper);
            mark(&mut picture, LANGUAGES[language]).unwrap();
            prop_assert!(picture.is_opaque());
            match changed(&picture, paper) {
                None => prop_assert!(width.min(height) < 300),
                Some([left, top, right, bottom]) => {
                    prop_assert!(width.min(height) >= 300);
                    prop_assert!((bottom - top + 1) * 25 <= height && bottom - top + 1 >= MIN_HEIGHT - 1);
                    prop_assert!((right - left + 1) * 5 <= width);
                    let (from_right, from_bottom) = (width - 1 - right, height - 1 - bottom);
                    prop_assert!(from_right.abs_diff(from_bottom) <= 1 && from_right * 25 <= width);
                }
            }
        }
    }
}
