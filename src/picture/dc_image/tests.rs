use std::fs;

use image::RgbImage;
use proptest::prelude::*;

use super::*;

fn read(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The largest differences of a channel and of luma from the blocks' means, where blocks are whole.
fn difference(file: &[u8]) -> (f32, f32) {
    let (width, height, rgba) = dc_image(file).unwrap();
    let decoded: RgbImage = image::load_from_memory(file).unwrap().into_rgb8();
    assert_eq!([width, height], [decoded.width(), decoded.height()].map(|side| (side + 4) / 8));
    let (mut colour, mut luma) = (0f32, 0f32);
    for (x, y) in (0..decoded.height() / 8).flat_map(|y| (0..decoded.width() / 8).map(move |x| (x, y))) {
        let differences = [0, 1, 2].map(|c| {
            let pixel = |i: u32| f32::from(decoded.get_pixel(8 * x + i % 8, 8 * y + i / 8)[c]);
            (0..64).map(pixel).sum::<f32>() / 64. - f32::from(rgba[(y * width + x) as usize * 4 + c])
        });
        let [r, g, b] = differences;
        colour = differences.iter().fold(colour, |most, d| most.max(d.abs()));
        luma = luma.max((0.299 * r + 0.587 * g + 0.114 * b).abs());
    }
    (colour, luma)
}

#[test]
fn pixels_are_the_means_of_blocks() {
    for name in ["rgb-444", "progressive", "grey"] {
        let found = difference(&read(&format!("decode/{name}.jpg")));
        assert!(found.0 <= 1. && found.1 <= 1., "{name}: {found:?}");
    }
    // Where chroma has fewer samples, decoders smooth between them.
    for name in ["decode/rgb-420", "decode/restarts-422", "photos/dog", "photos/asters", "photos/lake"] {
        let found = difference(&read(&format!("{name}.jpg")));
        assert!(found.1 <= 2., "{name}: {found:?}");
    }
}

#[test]
fn what_has_other_colours_or_no_picture_is_left_to_the_decoder() {
    for name in ["decode/cmyk.jpg", "decode/ycck.jpg", "decode/untransformed.jpg", "decode/rgb.png", "bad/empty.jpg"] {
        assert_eq!(dc_image(&read(name)), None, "{name}");
    }
}

#[test]
fn a_scan_of_nothing_is_damage() {
    let file = read("decode/progressive.jpg");
    let scan = file.windows(2).position(|two| two == b"\xFF\xDA").unwrap();
    assert!(dc_image(&file).is_some());
    assert_eq!(dc_image(&[&file[..scan], b"\xFF\xDA\0\x06\0\0\0\0", &file[scan..]].concat()), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damage_does_not_panic(
        name in prop::sample::select(vec!["rgb-420", "restarts-422", "progressive", "grey"]),
        cut in 0f32..1.2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut file = read(&format!("decode/{name}.jpg"));
        // A size of gigapixels is refused before.
        let size = file.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0 | 0xC2])).unwrap();
        let header = file[size + 5..size + 9].to_vec();
        changes.iter().for_each(|(place, value)| *place.get_mut(&mut file[..]) = *value);
        file[size + 5..size + 9].copy_from_slice(&header);
        file.truncate((file.len() as f32 * cut) as usize);
        if let Some((width, height, rgba)) = dc_image(&file) {
            prop_assert_eq!(rgba.len(), (width * height * 4) as usize);
        }
    }
}
