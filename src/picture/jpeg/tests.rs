use std::fs;

use proptest::prelude::*;

use super::*;

fn read(name: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn decoded(file: &[u8]) -> Result<Vec<u8>> {
    decode(file, &Outline::read(file)?).map(|decoded| decoded.rgba)
}

/// By the decoder here, however usual the file is.
fn slowly(file: &[u8]) -> Result<Vec<u8>> {
    every(file, &Outline::read(file)?, 8).map(|(rgba, _)| rgba)
}

fn difference(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let all = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (all().max().unwrap(), all().map(f64::from).sum::<f64>() / a.len() as f64)
}

/// Where restart markers and the end are, in the data of a file's only scan.
fn markers(file: &[u8]) -> Vec<usize> {
    let data = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    (data..file.len() - 1).filter(|&at| file[at] == 0xFF && matches!(file[at + 1], 0xD0..=0xD7 | 0xD9)).collect()
}

#[test]
fn it_decodes_as_the_fast_one_does() {
    for name in
        ["decode/rgb-444", "decode/rgb-420", "decode/restarts-422", "decode/progressive", "decode/grey", "photos/dog"]
    {
        let file = read(&format!("{name}.jpg"));
        let outline = Outline::read(&file).unwrap();
        assert!(outline.is_usual(), "{name}");
        let (most, mean) = difference(&slowly(&file).unwrap(), &usual(&file, &outline).unwrap());
        assert!(most <= 6 && mean <= 0.6, "{name}: {most} {mean}");
    }
}

/// The means of squares of so many pixels, of what lies within whole ones.
fn means(rgba: &[u8], width: usize, side: usize) -> Vec<Vec<f64>> {
    let height = rgba.len() / width / 4;
    let (across, down) = (width / side, height / side);
    let mean = |x: usize, y: usize, channel: usize| {
        let levels = (0..side * side)
            .map(|at| f64::from(rgba[((y * side + at / side) * width + x * side + at % side) * 4 + channel]));
        levels.sum::<f64>() / (side * side) as f64
    };
    (0..down).map(|y| (0..across * 3).map(|at| mean(at / 3, y, at % 3)).collect()).collect()
}

#[test]
fn reduced_it_shows_the_same() {
    // Small pictures of hard edges, which low frequencies ring at; then photos, and kinds that are not usual.
    let files = [
        "decode/rgb-444",
        "decode/rgb-420",
        "decode/restarts-422",
        "decode/progressive",
        "decode/grey",
        "decode/cmyk",
        "decode/ycck",
        "wild/apart-420",
        "wild/apart-partly",
        "photos/dog",
        "photos/lake",
    ];
    for name in files {
        // The lowest frequencies keep a little more of fur and leaves than means do.
        let bound = if name.starts_with("photos") { 2. } else { 4. };
        let file = read(&format!("{name}.jpg"));
        let outline = Outline::read(&file).unwrap();
        let (width, whole) = (usize::from(outline.width), slowly(&file).unwrap());
        for of in [1, 2, 4] {
            let small = decode_reduced(&file, &outline, of).unwrap();
            let (across, down) = (reduced(width, of), reduced(outline.height.into(), of));
            assert_eq!((small.width as usize, small.height as usize), (across, down), "{name} {of}");
            let means = means(&whole, width, 8 / of);
            let differences = means.iter().zip(small.rgba.chunks_exact(across * 4)).flat_map(|(means, row)| {
                let levels = row.iter().enumerate().filter(|(at, _)| at % 4 < 3).map(|(_, level)| f64::from(*level));
                means.iter().zip(levels).map(|(mean, level)| (mean - level).abs()).collect::<Vec<_>>()
            });
            let differences: Vec<_> = differences.collect();
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            assert!(mean <= bound, "{name} {of}/8: {mean}");
        }
    }
}

#[test]
fn reduced_it_refuses_what_it_refuses_whole() {
    for name in ["rgb-420", "restarts-422", "progressive", "grey", "cmyk"] {
        let file = read(&format!("decode/{name}.jpg"));
        let outline = Outline::read(&file).unwrap();
        for of in [1, 2, 4] {
            assert!(decode_reduced(&file, &outline, of).is_ok(), "{name} {of}");
            let error = decode_reduced(&file[..file.len() - 60], &outline, of).err().map(|error| error.code());
            assert_eq!(error, Some("corrupt-image"), "{name} {of}");
        }
    }
}

#[test]
fn without_its_end_marker_a_whole_picture_is_whole() {
    for name in ["rgb-444", "rgb-420", "restarts-422", "progressive", "grey", "cmyk"] {
        let file = read(&format!("decode/{name}.jpg"));
        let whole = slowly(&file).unwrap();
        let cut = &file[..file.len() - 2];
        assert_eq!(decoded(cut), Ok(whole.clone()), "{name}");
        let more = [cut, &b"\0\0\0\x18ftypmp42 a video behind it"[..]].concat();
        assert_eq!(decoded(&more), Ok(whole), "{name}");
        for missing in [12, 60] {
            let error = decoded(&file[..file.len() - missing]).unwrap_err();
            assert_eq!(error.code(), "corrupt-image", "{name} without {missing} bytes");
        }
    }
}

/// Bytes of which any may follow any, as in a video.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(|_| byte()).collect()
}

#[test]
fn a_video_in_place_of_the_end_marker_is_passed_over() {
    // What no picture has behind its last scan: frames of all kinds, tables and scans that make no sense.
    let odd = [
        &b"\xFF\xC3\0\x04\0\0\xFF\xC5\0\x04\0\0\xFF\xC9\0\x04\0\0"[..],
        b"\xFF\xC4\0\x04\0\0",
        b"\xFF\xDB\0\x03\x77",
        b"\xFF\xDD\0\x02",
        b"\xFF\xDA\0\x02",
        b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0\0\xFF\xC0\0\x02",
    ];
    let videos = (0..6).map(|seed| noise(seed, 1 << 20 << (seed % 2)));
    let videos: Vec<_> = odd.iter().map(|odd| odd.to_vec()).chain(videos).collect();
    for name in ["rgb-444", "rgb-420", "restarts-422", "progressive", "grey", "cmyk"] {
        let file = read(&format!("decode/{name}.jpg"));
        // Where a video has an end marker by chance, either decoder may have been asked.
        let whole = [decoded(&file), slowly(&file)];
        for (n, video) in videos.iter().enumerate() {
            let found = decoded(&[&file[..file.len() - 2], video].concat());
            assert!(whole.contains(&found), "{name}, video {n}: {:?}", found.err());
        }
    }
    for name in ["photos/dog", "decode/progressive"] {
        let file = read(&format!("{name}.jpg"));
        for (n, video) in videos.iter().enumerate() {
            let error = decoded(&[&file[..file.len() * 4 / 5], video].concat()).unwrap_err();
            assert_eq!(error.code(), "corrupt-image", "a part of {name}, video {n}");
        }
    }
}

#[test]
fn a_restart_interval_that_is_missing_leaves_the_others_in_place() {
    let file = read("decode/restarts-422.jpg");
    let whole = slowly(&file).unwrap();
    let markers = markers(&file);
    assert!(markers.len() > 5);
    let cut = [&file[..markers[1]], &file[markers[2]..]].concat();
    let found = decoded(&cut).unwrap();
    let rows = |rgba: &[u8]| rgba.chunks_exact(41 * 4).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let same = rows(&found).iter().zip(&rows(&whole)).filter(|(a, b)| a == b).count();
    let grey = found.as_chunks::<4>().0.iter().filter(|pixel| **pixel == [128, 128, 128, 255]).count();
    assert!(same >= 15 && grey > 30, "{same} rows, {grey} grey");
    // All but the first and the last: too little is left to be the picture.
    let cut = [&file[..markers[0]], &file[markers[markers.len() - 1]..]].concat();
    assert!(decoded(&cut).is_err());
}

#[test]
fn an_end_marker_before_the_end_is_no_end() {
    let files = [
        "decode/rgb-444",
        "decode/rgb-420",
        "decode/restarts-422",
        "decode/progressive",
        "decode/grey",
        "decode/ycck",
        "photos/dog",
    ];
    for name in files {
        let file = read(&format!("{name}.jpg"));
        for share in [0.7, 0.8, 0.9, 0.97] {
            let cut = [&file[..(file.len() as f64 * share) as usize], b"\xFF\xD9"].concat();
            match decoded(&cut) {
                Err(error) => assert_eq!(error.code(), "corrupt-image", "{name} {share}"),
                // Between two of its scans there is all of it, with less detail.
                Ok(less) => {
                    assert_eq!(name, "decode/progressive", "{share}");
                    let (_, apart) = difference(&less, &decoded(&file).unwrap());
                    assert!(apart < 4., "{share}: {apart}");
                }
            }
        }
    }
}

/// In every way that it may be asked for.
fn in_every_way(file: &[u8]) -> Vec<Result<Vec<u8>>> {
    let outline = Outline::read(file).unwrap();
    let reduced = |of| decode_reduced(file, &outline, of).map(|decoded| decoded.rgba);
    vec![decoded(file), slowly(file), reduced(1), reduced(2), reduced(4)]
}

#[test]
fn a_progressive_picture_without_its_last_scan_has_less_detail() {
    let file = read("decode/progressive.jpg");
    let scan = file.windows(2).rposition(|two| two == [0xFF, 0xDA]).unwrap();
    let cut = [&file[..scan], b"\xFF\xD9"].concat();
    let pairs = in_every_way(&file).into_iter().zip(in_every_way(&cut));
    let apart: Vec<_> = pairs.map(|(whole, less)| difference(&whole.unwrap(), &less.unwrap()).1).collect();
    assert!(apart[0] > 0. && apart[1] > 0. && apart.iter().all(|&apart| apart < 4.), "{apart:?}");
    // Where it does not end in good order, more may be missing.
    let noise = noise(1, 100).into_iter().filter(|&byte| byte < 0xFF).collect::<Vec<_>>();
    for end in [&b""[..], b"\0\0\0\0", &[&noise[..], b"\xFF\xD9"].concat()] {
        for found in in_every_way(&[&file[..scan], end].concat()) {
            assert_eq!(found.unwrap_err().code(), "corrupt-image", "{end:?}");
        }
    }
}

#[test]
fn a_progressive_picture_without_its_first_scan_is_none() {
    let file = read("decode/progressive.jpg");
    let scan = file.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let data = scan + 2 + usize::from(u16::from_be_bytes([file[scan + 2], file[scan + 3]]));
    let (_, next) = bits::next_marker(&file, data).unwrap();
    for found in in_every_way(&[&file[..scan], &file[next - 2..]].concat()) {
        assert_eq!(found.unwrap_err().code(), "corrupt-image");
    }
}

#[test]
fn a_scan_again_and_again_ends_some_time() {
    let file = read("decode/progressive.jpg");
    // The first scan of AC coefficients, whose last bits are still to come.
    let scan = (0..file.len()).find(|&at| file[at..].starts_with(b"\xFF\xDA\0\x08\x01") && file[at + 7] > 0).unwrap();
    let data = scan + 2 + usize::from(file[scan + 3]);
    let end = bits::next_marker(&file, data).unwrap().1 - 2;
    let again = |times| [&file[..scan], &file[scan..end].repeat(times), &file[end..]].concat();
    for (found, whole) in in_every_way(&again(400)).into_iter().zip(in_every_way(&file)) {
        // The other decoder does not read as many.
        assert!(difference(&found.unwrap(), &whole.unwrap()).0 <= 6);
    }
    for found in in_every_way(&again(501)) {
        let error = found.unwrap_err();
        assert!(error.code() == "corrupt-image" && error.to_string().contains("too many scans"), "{error}");
    }
}

#[test]
fn without_a_quantisation_table_it_is_damaged() {
    for name in ["rgb-444", "rgb-420", "restarts-422", "progressive", "grey", "ycck"] {
        let file = read(&format!("decode/{name}.jpg"));
        // Each is in a segment of its own; of luma and chroma, both or the second one are taken away.
        let tables = file.windows(2).filter(|pair| pair == b"\xFF\xDB").count();
        assert!((1..=2).contains(&tables), "{name}: {tables}");
        for kept in 0..tables {
            let mut bare = file.clone();
            for _ in kept..tables {
                let mut found = (0..bare.len()).filter(|&at| bare[at..].starts_with(b"\xFF\xDB"));
                let at = found.nth(kept).unwrap();
                bare.drain(at..at + 2 + usize::from(u16::from_be_bytes([bare[at + 2], bare[at + 3]])));
            }
            for found in in_every_way(&bare) {
                let error = found.unwrap_err();
                assert_eq!(error.code(), "corrupt-image", "{name} with {kept}");
                assert!(error.to_string().contains("table"), "{name} with {kept}: {error}");
            }
            assert_eq!(dc_image::dc_image(&bare), None, "{name} with {kept}");
        }
    }
}

#[test]
fn damage_that_cannot_be_passed_over_is_told() {
    let file = read("photos/dog.jpg");
    let mut told = 0;
    for at in (file.len() / 3..file.len() - 100).step_by(4001) {
        let mut damaged = file.clone();
        // No code is all ones.
        damaged[at..at + 12].copy_from_slice(&[0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0]);
        told += usize::from(decoded(&damaged).is_err());
    }
    assert!(told > 5, "{told}");
}

#[test]
fn a_frame_of_motion_jpeg_has_the_standard_codes() {
    // Written with them, and without saying so.
    let file = read("wild/standard-codes.jpg");
    let whole = slowly(&file).unwrap();
    let mut bare = file.clone();
    while let Some(at) = bare.windows(2).position(|pair| pair == [0xFF, 0xC4]) {
        let length = usize::from(u16::from_be_bytes([bare[at + 2], bare[at + 3]]));
        bare.drain(at..at + 2 + length);
    }
    assert!(bare.len() + 400 < file.len());
    assert_eq!(decoded(&bare), Ok(whole));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damage_does_not_panic(
        name in prop::sample::select(vec!["rgb-420", "restarts-422", "progressive", "grey", "ycck"]),
        cut in 0.3f32..1.2,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut file = read(&format!("decode/{name}.jpg"));
        // A size of gigapixels is refused before.
        let size = file.windows(2).position(|pair| matches!(pair, [0xFF, 0xC0 | 0xC2])).unwrap();
        let header = file[size + 5..size + 9].to_vec();
        changes.iter().for_each(|(place, value)| *place.get_mut(&mut file[..]) = *value);
        file[size + 5..size + 9].copy_from_slice(&header);
        file.truncate((file.len() as f32 * cut) as usize);
        for result in [decoded(&file), slowly(&file)].into_iter().flatten() {
            prop_assert_eq!(result.len(), 41 * 30 * 4);
        }
    }
}
