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

/// Draws the mark, unless the choices leave it out, and encodes in the format and quality that they name, always with
/// [`xmp::PACKET`]; but neither where `strength` is 0, for then no model made any of it. An opaque picture is written
/// without alpha.
///
/// # Errors
/// [`Error::Internal`] when the encoder refuses.
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
/// [`Error::Internal`] when the encoder refuses.
pub fn encode_plain(picture: &Picture, finish: &Finish) -> Result<Vec<u8>> {
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
