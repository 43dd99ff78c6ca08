//! Every kind of file becomes the pixels that Pillow sees (tests/fixtures/make.py wrote them down).

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use nijigen::{
    options::Limits,
    picture::{Picture, decode::decode},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    file: String,
    #[serde(default)]
    folder: String,
    expected: String,
    width: u32,
    height: u32,
    tolerance: u8,
    mean_tolerance: Option<f64>,
    /// Only browsers decode it; the core must say so.
    #[serde(default)]
    browser_only: bool,
}

fn fixture(folder: &str, name: &str) -> Vec<u8> {
    crate::read(&format!("tests/fixtures/{folder}/{name}"))
}

fn cases(folder: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = crate::json(&format!("tests/fixtures/{folder}/cases.json"));
    cases.iter_mut().for_each(|case| case.folder = folder.into());
    cases
}

/// Largest and mean difference over all channels; fully transparent pixels count with their alpha only.
fn difference(a: &Picture, b: &Picture) -> (u8, f64) {
    let visible = |(p, q): (&[u8], &[u8])| if p[3] == 0 && q[3] == 0 { vec![0] } else { diff(p, q) };
    let all: Vec<u8> = a.rgba().chunks_exact(4).zip(b.rgba().chunks_exact(4)).flat_map(visible).collect();
    let mean = all.iter().map(|&d| f64::from(d)).sum::<f64>() / all.len() as f64;
    (all.into_iter().max().unwrap(), mean)
}

fn diff(p: &[u8], q: &[u8]) -> Vec<u8> {
    p.iter().zip(q).map(|(x, y)| x.abs_diff(*y)).collect()
}

#[test]
fn every_kind_of_file_gives_the_expected_pixels() {
    let cases: Vec<Case> = ["decode", "wild"].into_iter().flat_map(cases).collect();
    assert!(cases.len() >= 80, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| !case.browser_only) {
        let picture = match decode(&fixture(&case.folder, &case.file), &Limits::default()) {
            Ok(picture) => picture,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.file));
                continue;
            }
        };
        if (picture.width(), picture.height()) != (case.width, case.height) {
            wrong.push(format!("{}: {}×{} pixels", case.file, picture.width(), picture.height()));
            continue;
        }
        let expected = image::load_from_memory(&fixture(&case.folder, &case.expected)).unwrap().into_rgba8();
        let expected = Picture::new(case.width, case.height, expected.into_raw()).unwrap();
        let (max, mean) = difference(&picture, &expected);
        if max > case.tolerance || case.mean_tolerance.is_some_and(|limit| mean > limit) {
            wrong.push(format!(
                "{}: max {max}, mean {mean:.2}; allowed {} {:?}",
                case.file, case.tolerance, case.mean_tolerance
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_a_browser_decodes_is_named() {
    for case in cases("decode").iter().filter(|case| case.browser_only) {
        let error = decode(&fixture("decode", &case.file), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-format", "{}", case.file);
        assert!(error.to_string().contains("AVIF"), "{error}");
    }
}

/// What hardly a decoder reads has a name, and not that of damage.
#[test]
fn rare_kinds_are_named() {
    let jpeg = |kind: u8, precision: u8| {
        let mut file = crate::read("tests/fixtures/decode/rgb-444.jpg");
        let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        (file[frame + 1], file[frame + 4]) = (kind, precision);
        file
    };
    let hierarchical = {
        let mut file = crate::read("tests/fixtures/decode/rgb-444.jpg");
        let frame = file.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        // It has the frame's size before the first frame, which may be as usual.
        let mut header = file[frame..frame + 19].to_vec();
        header[1] = 0xDE;
        file.splice(frame..frame, header);
        file
    };
    let apple = {
        let mut file = crate::read("tests/fixtures/decode/rgba.png");
        file.splice(8..8, *b"\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f");
        file
    };
    let files = [
        (fixture("wild", "arithmetic.jpg"), "arithmetic"),
        (fixture("wild", "arithmetic-progressive.jpg"), "arithmetic"),
        (jpeg(0xC1, 12), "12 bits"),
        (jpeg(0xC3, 8), "lossless"),
        (jpeg(0xC5, 8), "hierarchical"),
        (hierarchical, "hierarchical"),
        (apple, "CgBI"),
        (fixture("wild", "camera.dng"), "RAW"),
        (b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0".to_vec(), "RAW"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom".to_vec(), "RAW"),
        (b"IIRO\x08\0\0\0\0\0\0\0\0\0\0\0".to_vec(), "RAW"),
    ];
    for (file, name) in files {
        let error = decode(&file, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-format", "{name}: {error}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

/// All pixels are there, so it is whole; with a byte less before it is not.
#[test]
fn a_png_cut_within_its_last_chunk_is_whole() {
    for name in ["rgb", "rgba", "palette", "grey16", "interlaced"] {
        let file = fixture("decode", &format!("{name}.png"));
        let whole = decode(&file, &Limits::default()).unwrap();
        for missing in 1..=12 {
            let found = decode(&file[..file.len() - missing], &Limits::default());
            assert_eq!(found.as_ref().map(Picture::rgba), Ok(whole.rgba()), "{name} without {missing} bytes");
        }
        for missing in 13..24 {
            let error = decode(&file[..file.len() - missing], &Limits::default()).unwrap_err();
            assert_eq!(error.code(), "corrupt-image", "{name} without {missing} bytes");
        }
    }
}

/// What begins as a last chunk may as well be the next piece of the pixels.
#[test]
fn a_png_cut_between_pieces_of_its_pixels_is_refused() {
    let file = fixture("decode", "rgb16.png");
    let at = file.windows(4).position(|kind| kind == b"IDAT").unwrap();
    let length = u32::from_be_bytes(*file[at - 4..].first_chunk().unwrap()) as usize;
    let half = &file[at + 4..][..length / 2];
    let head = &file[..at - 4];
    let piece = png_chunk(b"IDAT", half);
    for rest in 0..4 {
        let error = decode(&[head, &piece, &[0; 4][..rest]].concat(), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "corrupt-image", "{rest} bytes more");
    }
}

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [kind, data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

/// A PNG of RGBA with these chunks before its pixels and behind them.
fn png(width: u32, pixels: &[u8], before: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let height = pixels.len() as u32 / 4 / width;
    PngEncoder::new(&mut file).write_image(pixels, width, height, ExtendedColorType::Rgba8).unwrap();
    [&file[..33], before, &file[33..file.len() - 12], behind, &file[file.len() - 12..]].concat()
}

/// Browsers show it; the picture outside the animation is for programs without any.
#[test]
fn of_an_animation_the_first_frame_counts() {
    let [still, frame] = [[200, 30, 60, 255], [10, 90, 250, 255]].map(|colour| colour.repeat(16 * 12));
    let number = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let animation = png_chunk(b"acTL", &number(&[2, 0]));
    let control = |sides: [u32; 2], place: [u32; 2]| {
        png_chunk(b"fcTL", &[number(&[0]), number(&sides), number(&place), vec![0, 1, 0, 10, 0, 0]].concat())
    };
    let whole = control([16, 12], [0, 0]);
    let packed = png(16, &frame, b"", b"");
    let at = packed.windows(4).position(|kind| kind == b"IDAT").unwrap();
    let packed = &packed[at + 4..packed.len() - 16];
    let pieces = [&packed[..9], &packed[9..]].map(|piece| png_chunk(b"fdAT", &[&[0; 4], piece].concat())).concat();
    let shown = |before: &[u8], behind: &[u8]| {
        decode(&png(16, &still, before, behind), &Limits::default()).unwrap().rgba().to_vec()
    };
    let text = png_chunk(b"tEXt", b"a\0b");
    assert_eq!(shown(&animation, &[&whole[..], &pieces].concat()), frame);
    assert_eq!(
        shown(&[&animation[..], &text].concat(), &[&text[..], &whole, &pieces, &whole, &pieces].concat()),
        frame
    );
    // The picture is the first frame; there is no animation, or none of it; a frame is smaller, or there in part only.
    assert_eq!(shown(&[&animation[..], &whole].concat(), &[&whole[..], &pieces].concat()), still);
    assert_eq!(shown(b"", &[&whole[..], &pieces].concat()), still);
    assert_eq!(shown(&animation, &whole), still);
    assert_eq!(shown(&animation, &[&control([8, 12], [0, 0])[..], &pieces].concat()), still);
    assert_eq!(shown(&animation, &[&control([16, 12], [0, 1])[..], &pieces].concat()), still);
    let mut cut = png(16, &still, &animation, &[&whole[..], &pieces].concat());
    cut.truncate(cut.len() - 20);
    assert_eq!(decode(&cut, &Limits::default()).unwrap().rgba(), still);
}

/// Programs that write a picture part by part leave holes where they stop; at place 0 is the file's own head.
#[test]
fn a_part_that_was_never_written_is_damage() {
    let mut file = fixture("wild", "no-length.tiff");
    decode(&file, &Limits::default()).unwrap();
    let entry = file.windows(4).position(|field| field == [17, 1, 4, 0]).unwrap();
    file[entry + 8..entry + 12].fill(0);
    assert_eq!(decode(&file, &Limits::default()).unwrap_err().code(), "corrupt-image");
}

/// A BMP of 32 bits, 8 pixels wide, whose header gives the fourth byte to alpha.
fn bmp(header: u32, pixels: &[[u8; 4]]) -> Vec<u8> {
    let length = pixels.len() as u32 * 4;
    let fields = [header, 8, pixels.len() as u32 / 8, 1 | 32 << 16, 3, length, 0, 0, 0, 0];
    let masks = [0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000];
    let mut info: Vec<u8> = fields.into_iter().chain(masks).flat_map(u32::to_le_bytes).collect();
    info.resize(header as usize, 0);
    let start = [14 + header + length, 0, 14 + header].map(u32::to_le_bytes);
    [&b"BM"[..], start.as_flattened(), &info, pixels.as_flattened()].concat()
}

/// Browsers show it; where any of it is used all of it counts.
#[test]
fn alpha_that_a_bmp_does_not_use_hides_nothing() {
    for header in [56, 108, 124] {
        let mut pixels = [[30, 60, 200, 0]; 64];
        let shown = |pixels: &[[u8; 4]]| decode(&bmp(header, pixels), &Limits::default()).unwrap().rgba().to_vec();
        assert_eq!(shown(&pixels), [200, 60, 30, 255].repeat(64), "{header}");
        pixels[0][3] = 1;
        assert_eq!(shown(&pixels).iter().skip(3).step_by(4).map(|&alpha| u32::from(alpha)).sum::<u32>(), 1, "{header}");
    }
}

/// An extended WebP with these flags, of a simple one of 41×30 pixels, and what is to stand behind its picture.
fn extended_webp(simple: &[u8], flags: u8, behind: &[u8]) -> Vec<u8> {
    let head = [b"WEBPVP8X\x0A\0\0\0", &[flags, 0, 0, 0, 40, 0, 0, 29, 0, 0][..]].concat();
    let size = (head.len() + simple.len() - 12 + behind.len()) as u32;
    [b"RIFF", &size.to_le_bytes()[..], &head, &simple[12..], behind].concat()
}

/// Programs that take metadata or alpha out leave the flags behind, and browsers show the picture.
#[test]
fn a_webp_whose_flags_promise_what_is_not_there_is_whole() {
    const XMP: u8 = 4;
    const EXIF: u8 = 8;
    const ALPHA: u8 = 16;
    for (name, flags) in [
        ("lossy", [ALPHA, EXIF, XMP, EXIF | XMP | ALPHA]),
        ("lossless", [0, EXIF, XMP, EXIF | XMP].map(|flags| ALPHA | flags)),
    ] {
        let simple = fixture("decode", &format!("{name}.webp"));
        let whole = decode(&simple, &Limits::default());
        for flags in flags {
            // Another chunk of an odd length, the last one without its padding.
            for behind in [&b""[..], b"what\x03\0\0\0abc\0", b"what\x03\0\0\0abc"] {
                let found = decode(&extended_webp(&simple, flags, behind), &Limits::default());
                assert!(found == whole, "{name} {flags} {behind:?}: {:?}", found.err());
            }
        }
    }
    for name in ["decode/animated", "wild/small-first", "decode/lossy-alpha"] {
        let mut file = crate::read(&format!("tests/fixtures/{name}.webp"));
        let whole = decode(&file, &Limits::default()).unwrap();
        file[20] |= EXIF | XMP;
        assert!(decode(&file, &Limits::default()) == Ok(whole), "{name}");
    }
}

/// EXIF of a picture that is to be turned to the right.
fn turned(prefix: &[u8]) -> Vec<u8> {
    [prefix, b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"].concat()
}

/// As ImageMagick and Pillow wrote it for long.
#[test]
fn exif_may_begin_as_in_a_jpeg() {
    let simple = fixture("decode", "lossless.webp");
    let webp = |exif: &[u8]| {
        let chunk = [b"EXIF", &(exif.len() as u32).to_le_bytes()[..], exif].concat();
        extended_webp(&simple, 8, &chunk)
    };
    let png = |exif: &[u8]| {
        let mut file = fixture("decode", "rgb.png");
        file.splice(33..33, png_chunk(b"eXIf", exif));
        file
    };
    let [plain, begun] = [turned(b""), turned(b"Exif\0\0")];
    for [usual, other] in [[webp(&plain), webp(&begun)], [png(&plain), png(&begun)]] {
        let usual = decode(&usual, &Limits::default()).unwrap();
        assert_eq!((usual.width(), usual.height()), (30, 41));
        assert!(decode(&other, &Limits::default()) == Ok(usual));
    }
}
