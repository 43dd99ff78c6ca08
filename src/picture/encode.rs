//! Pixels become a file without any metadata of the original, labelled as made by a model.

use image::{
    ExtendedColorType, ImageEncoder, ImageError,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};

use super::{Picture, label, xmp};
use crate::{
    Error, Result,
    options::{Finish, Format, QUALITY_RANGE},
};

/// Refuses sides that a format has no numbers for (RFC 9649, 3.4; ITU-T T.81, B.2.2), before anything is drawn.
///
/// # Errors
/// [`Error::UnsupportedFormat`].
pub fn check_sides(width: u32, height: u32, format: Format) -> Result<()> {
    let (name, most) = match format {
        Format::Png => return Ok(()),
        Format::Jpeg => ("JPEG", u32::from(u16::MAX)),
        Format::Webp => ("WebP", 1 << 14),
    };
    if width.max(height) <= most {
        return Ok(());
    }
    Err(Error::UnsupportedFormat(format!(
        "The result has {width}×{height} pixels, and {name} holds {most} on each side at most. Choose PNG, or a smaller \
         size."
    )))
}

/// Draws the mark, unless the choices leave it out, and encodes in the format and quality that they name, always with
/// [`xmp::PACKET`]; but neither where `strength` is 0, for then no model made any of it. An opaque picture is written
/// without alpha.
///
/// # Errors
/// Those of [`check_sides`]; [`Error::Internal`] when the encoder refuses.
pub fn encode(mut picture: Picture, finish: &Finish) -> Result<Vec<u8>> {
    if finish.strength <= 0. {
        return encode_plain(&picture, finish);
    }
    if let Some(language) = finish.label {
        label::mark(&mut picture, language)?;
    }
    let mut file = encode_plain(&picture, finish)?;
    xmp::embed(&mut file, finish.format)?;
    Ok(file)
}

/// Encodes a picture that no model made, without any label: a photo's thumbnail.
///
/// # Errors
/// Those of [`check_sides`]; [`Error::Internal`] when the encoder refuses.
pub fn encode_plain(picture: &Picture, finish: &Finish) -> Result<Vec<u8>> {
    check_sides(picture.width, picture.height, finish.format)?;
    let alpha = !picture.is_opaque() && finish.format != Format::Jpeg;
    let rgb;
    let (pixels, colour) = if alpha {
        (picture.rgba.as_slice(), ExtendedColorType::Rgba8)
    } else {
        rgb = over_white(&picture.rgba);
        (rgb.as_slice(), ExtendedColorType::Rgb8)
    };
    let mut file = Vec::new();
    let (width, height) = (picture.width, picture.height);
    let quality = finish.quality.clamp(*QUALITY_RANGE.start(), *QUALITY_RANGE.end());
    let written = match finish.format {
        Format::Png => PngEncoder::new(&mut file).write_image(pixels, width, height, colour),
        Format::Jpeg => JpegEncoder::new_with_quality(&mut file, quality).write_image(pixels, width, height, colour),
        Format::Webp => WebPEncoder::new_lossless(&mut file).write_image(pixels, width, height, colour),
    };
    written.map_err(|e: ImageError| Error::Internal(format!("encoding failed ({e})")))?;
    Ok(file)
}

/// RGB of the pixels as they look on white paper.
fn over_white(rgba: &[u8]) -> Vec<u8> {
    rgba.chunks_exact(4)
        .flat_map(|pixel| {
            let alpha = u16::from(pixel[3]);
            let blend = move |c: u8| ((u16::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
            [blend(pixel[0]), blend(pixel[1]), blend(pixel[2])]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{options::Limits, picture::decode::decode};

    fn finish(format: Format) -> Finish {
        Finish { format, label: None, ..Finish::default() }
    }

    #[test]
    fn lossless_formats_give_the_same_pixels_back() {
        for alpha in [false, true] {
            let rgba = (0..20 * 10 * 4).map(|i| if i % 4 == 3 && !alpha { 255 } else { (i * 7 % 256) as u8 }).collect();
            let picture = Picture::new(20, 10, rgba).unwrap();
            for format in [Format::Png, Format::Webp] {
                let file = encode(picture.clone(), &finish(format)).unwrap();
                assert_eq!(decode(&file, &Limits::default()).unwrap(), picture, "{format:?}, alpha {alpha}");
            }
        }
    }

    #[test]
    fn sides_that_a_format_has_no_numbers_for_are_refused_by_its_name() {
        let long = |side| Picture::new(side, 8, vec![90; side as usize * 8 * 4]).unwrap();
        for (format, most, name) in [(Format::Webp, 16384, "WebP"), (Format::Jpeg, 65535, "JPEG")] {
            assert_eq!(check_sides(most, most, format), Ok(()));
            assert!(encode(long(most), &finish(format)).is_ok());
            let error = encode(long(most + 1), &finish(format)).unwrap_err();
            assert_eq!(check_sides(8, most + 1, format).unwrap_err().code(), error.code());
            assert_eq!(error.code(), "unsupported-format");
            assert!(error.to_string().contains(name) && error.to_string().contains("PNG"), "{error}");
        }
        assert!(encode(long(70_000), &finish(Format::Png)).is_ok());
    }

    #[test]
    fn the_longest_webp_is_read() {
        for (width, height) in [(16384, 8), (8, 16384)] {
            let rgba = (0..width * height * 4).map(|i| (i * 7 % 251) as u8).collect();
            let picture = Picture::new(width, height, rgba).unwrap();
            for finish in [finish(Format::Webp), Finish { strength: 0., ..finish(Format::Webp) }] {
                let file = encode(picture.clone(), &finish).unwrap();
                assert!(decode(&file, &Limits::default()).unwrap() == picture, "{width}×{height}");
            }
        }
    }

    #[test]
    fn jpeg_is_close_and_shows_white_through() {
        let rgba = [200, 30, 60, 255].repeat(16 * 8).into_iter().chain([0, 0, 0, 0].repeat(16 * 8)).collect();
        let file = encode(Picture::new(16, 16, rgba).unwrap(), &finish(Format::Jpeg)).unwrap();
        let back = decode(&file, &Limits::default()).unwrap();
        for (pixel, want) in [(0, [200, 30, 60]), (16 * 15, [255, 255, 255])] {
            let got = &back.rgba()[pixel * 4..][..3];
            assert!(got.iter().zip(want).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 6), "{got:?} instead of {want:?}");
        }
    }
}
