use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

use super::*;

const STRIPS: u16 = 273;
const TILES: u16 = 324;

/// A file of these tags; where its parts begin is counted from `data` on.
fn tiff(tags: &[(u16, Vec<u32>)], data: &[u8]) -> Vec<u8> {
    let lists: usize = tags.iter().filter(|(_, values)| values.len() > 1).map(|(_, values)| 4 * values.len()).sum();
    let first = 8 + 2 + 12 * tags.len() + 4;
    let (mut table, mut behind) = (Vec::new(), Vec::new());
    for (tag, values) in tags {
        let from = if matches!(*tag, STRIPS | TILES) { first + lists } else { 0 } as u32;
        let bytes = values.iter().flat_map(|value| (value + from).to_le_bytes());
        table.extend([tag.to_le_bytes(), 4u16.to_le_bytes()].concat());
        table.extend((values.len() as u32).to_le_bytes());
        if values.len() == 1 {
            table.extend(bytes);
        } else {
            table.extend(((first + behind.len()) as u32).to_le_bytes());
            behind.extend(bytes);
        }
    }
    let count = (tags.len() as u16).to_le_bytes();
    [&b"II*\0\x08\0\0\0"[..], &count, &table, &[0; 4], &behind, data].concat()
}

/// Grey, of 8 bits, in parts as `more` says.
fn grey(width: u32, height: u32, compression: u32, more: &[(u16, Vec<u32>)], data: &[u8]) -> Vec<u8> {
    let tags = [(256, width), (257, height), (258, 8), (259, compression), (262, 1), (277, 1)];
    let tags: Vec<_> = tags.map(|(tag, value)| (tag, vec![value])).into_iter().chain(more.iter().cloned()).collect();
    tiff(&tags, data)
}

/// Of one grey.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels = vec![90; (width * height) as usize];
    JpegEncoder::new(&mut file).encode(&pixels, width, height, ExtendedColorType::L8).unwrap();
    file
}

fn refused(file: &[u8]) -> String {
    let error = read(file, &Limits::default()).err().unwrap();
    assert_eq!(error.code(), "corrupt-image");
    error.to_string()
}

fn is_shown(file: &[u8]) {
    let found = read(file, &Limits::default()).map(|decoded| decoded.rgba).unwrap();
    assert!(found.as_chunks::<4>().0.iter().all(|pixel| pixel[0].abs_diff(90) <= 2 && pixel[3] == 255));
}

#[test]
fn a_jpeg_is_as_large_as_its_part() {
    let strips = |height: u32, rows: u32, jpeg: &[u8]| {
        let count = height.div_ceil(rows) as usize;
        let length = vec![jpeg.len() as u32; count];
        grey(16, height, 7, &[(STRIPS, vec![0; count]), (278, vec![rows]), (279, length)], jpeg)
    };
    is_shown(&strips(30, 30, &jpeg(16, 30)));
    // Filled up to whole blocks, and a last strip to the height of the others.
    is_shown(&strips(25, 25, &jpeg(16, 32)));
    is_shown(&strips(40, 16, &jpeg(16, 16)));
    for file in [strips(24, 24, &jpeg(16, 30)), strips(40, 16, &jpeg(16, 24)), strips(30, 30, &jpeg(24, 30))] {
        assert!(refused(&file).contains("another size"));
    }
    // Of gigabytes, behind a picture of 64 pixels.
    let mut tall = jpeg(4104, 8);
    let frame = tall.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    tall[frame + 5..frame + 7].copy_from_slice(&65500u16.to_be_bytes());
    let length = vec![tall.len() as u32];
    let tile = [(322, vec![4104]), (323, vec![8]), (TILES, vec![0]), (325, length)];
    assert!(refused(&grey(8, 8, 7, &tile, &tall)).contains("another size"));
}

#[test]
fn a_tile_is_not_larger_than_the_picture_without_end() {
    let tile = |width, height| [(322, vec![width]), (323, vec![height]), (TILES, vec![0]), (325, vec![1])];
    assert!(refused(&grey(8, 4200, 1, &tile(4104, 8296), &[0])).contains("its parts"));
    assert!(refused(&grey(8, 8, 1, &tile(4105, 8), &[0])).contains("its parts"));
    assert!(refused(&grey(8, 8, 1, &tile(4104, 8), &[0])).contains("ends before"));
}

#[test]
fn tiles_together_are_not_larger_than_the_picture_without_end() {
    let tiles =
        |side: u32, count: usize| [(322, vec![side]), (323, vec![4104]), (TILES, vec![0; count]), (325, vec![1])];
    // What is packed here makes a tile's thousands of pixels of a few bytes.
    assert!(refused(&grey(65000, 8, 32773, &tiles(1, 65000), &[0x81])).contains("too large"));
    assert!(refused(&grey(4000, 8, 32773, &tiles(1, 4000), &[0x81])).contains("ends before"));
    // Of planes each is as large as the picture.
    let planes = |count| [tiles(1, count).to_vec(), vec![(284, vec![2])]].concat();
    let colours = |width: u32| {
        let tags = [(256, width), (257, 8), (258, 8), (259, 32773), (262, 2), (277, 3)];
        let tags = tags.map(|(tag, value)| (tag, vec![value])).into_iter();
        tiff(&tags.chain(planes(3 * width as usize)).collect::<Vec<_>>(), &[0x81])
    };
    assert!(refused(&colours(4000)).contains("ends before"));
    assert!(refused(&colours(65000)).contains("too large"));
}

#[test]
fn parts_that_share_a_jpeg_are_read_but_not_without_end() {
    let tiles = |jpeg: &[u8]| {
        let length = vec![jpeg.len() as u32; 64];
        grey(128, 128, 7, &[(322, vec![16]), (323, vec![16]), (TILES, vec![0; 64]), (325, length)], jpeg)
    };
    let small = jpeg(16, 16);
    is_shown(&tiles(&small));
    let comment = [&b"\xFF\xFE\xFF\xFF"[..], &[b' '; 65533]].concat();
    let long = [&small[..2], &comment.repeat(4), &small[2..]].concat();
    assert!(refused(&tiles(&long)).contains("its parts"));
}

#[test]
fn a_palette_ends_with_the_last_number() {
    let mut map: Vec<u32> = (0..1 << 20).map(|n| n % 251).collect();
    // It would make all of them levels of 16 bits.
    map[1 << 19] = 0xFFFF;
    let tags = [(256, 64), (257, 64), (258, 8), (259, 1), (262, 3), (277, 1), (STRIPS, 0), (278, 64), (279, 4096)];
    let mut tags: Vec<_> = tags.map(|(tag, value)| (tag, vec![value])).into();
    tags.push((320, map.clone()));
    let numbers: Vec<u8> = (0..4096u32).map(|at| (at % 256) as u8).collect();
    let found = read(&tiff(&tags, &numbers), &Limits::default()).map(|decoded| decoded.rgba).unwrap();
    for (&number, pixel) in numbers.iter().zip(found.as_chunks::<4>().0) {
        let level = |colour: usize| map[256 * colour + usize::from(number)] as u8;
        assert_eq!(*pixel, [level(0), level(1), level(2), 255]);
    }
}
