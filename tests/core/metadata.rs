//! Nothing that a camera wrote about place, time or device survives.

use nijigen::{
    Options,
    options::{Finish, Format, Limits},
    picture::{encode::encode, xmp},
    pipeline::prepare,
};

/// Marks of metadata in any of the formats, and what the fixture's metadata says.
const MARKS: [&[u8]; 10] = [
    b"Exif",
    b"GPS",
    b"http://ns.adobe.com",
    b"x:xmpmeta",
    b"Photoshop",
    b"8BIM",
    b"eXIf",
    b"iCCP",
    b"ICC_PROFILE",
    b"tEXt",
];

fn holds(file: &[u8], mark: &[u8]) -> bool {
    file.windows(mark.len()).any(|window| window == mark)
}

/// The file without what we wrote into it ourselves.
fn without(file: &[u8], ours: &[u8]) -> Vec<u8> {
    match file.windows(ours.len()).position(|window| window == ours) {
        Some(at) => [&file[..at], &file[at + ours.len()..]].concat(),
        None => file.to_vec(),
    }
}

#[test]
fn the_result_carries_none_of_it() {
    let file = crate::read("tests/fixtures/decode/gps.jpg");
    assert!(MARKS.iter().filter(|mark| holds(&file, mark)).count() >= 3, "the fixture has no metadata to lose");
    let mut engine = crate::engine();
    for format in [Format::Png, Format::Jpeg, Format::Webp] {
        let options = Options { finish: Finish { format, ..Finish::default() }, ..Options::default() };
        let mut rendering = engine.begin(prepare(&file, &Limits::default()).unwrap(), &options).unwrap();
        while !rendering.step().unwrap() {}
        let result = encode(rendering.finish().unwrap(), &options.finish).unwrap();
        let result = without(&without(&result, xmp::PACKET.as_bytes()), xmp::JPEG_SIGNATURE);
        for mark in MARKS {
            assert!(!holds(&result, mark), "{format:?} has {}", String::from_utf8_lossy(mark));
        }
    }
}
