//! The perceptual hash is ImageHash's; near hits are copies of the same photo and nothing else.

use std::io::Cursor;

use image::{DynamicImage, RgbImage, RgbaImage, imageops::FilterType};
use nijigen::{
    cache::Settings,
    fingerprint::{Fingerprint, phash::phash},
    options::Limits,
    picture::{
        Picture,
        decode::{decode, decode_dc_image},
    },
};
use proptest::prelude::*;
use serde::Deserialize;

const PHOTOS: [&str; 5] = ["asters", "colosseum", "dog", "lake", "shore"];

#[derive(Deserialize)]
struct Vectors {
    /// Kind, width, height, number, hash: pictures that [`pixel`] makes.
    formulas: Vec<(String, u32, u32, u64, String)>,
    /// File, left, top, width, height, hash.
    crops: Vec<(String, u32, u32, u32, u32, String)>,
}

/// SplitMix64's `i`th value.
fn noise(seed: u64, i: u64) -> [u8; 8] {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15u64.wrapping_mul(i + 1));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)).to_le_bytes()
}

/// The same formulas as in `tests/vectors/make_phash.py`.
fn pixel(kind: &str, (w, h): (u64, u64), n: u64, (x, y): (u64, u64)) -> [u8; 4] {
    let grey = |value: u64| [value as u8, value as u8, value as u8, 255];
    let opaque = |bytes: [u8; 8]| [bytes[0], bytes[1], bytes[2], 255];
    match kind {
        "flat" => grey(n),
        "across" => grey(x * 255 / (w - 1).max(1)),
        "down" => grey(y * 255 / (h - 1).max(1)),
        "diagonal" => grey((x + y) * 255 / (w + h - 2).max(1)),
        "tent" => grey(x.min(w - 1 - x) * n),
        "checks" => grey((x / n + y / n) % 2 * 255),
        "rings" => [(x * x + y * y) as u8, (x * n) as u8, (y * n) as u8, 255],
        "noise" => opaque(noise(n, y * w + x)),
        "clear" => std::array::from_fn(|c| noise(n, y * w + x)[c]),
        "palette" => opaque(noise(n, (x * y + x) % 16)),
        _ => panic!("{kind} is not known"),
    }
}

#[test]
fn hashes_are_those_of_imagehash() {
    let vectors: Vectors = crate::json("tests/vectors/phash.json");
    assert!(vectors.formulas.len() + vectors.crops.len() >= 400);
    let mut wrong = Vec::new();
    for (kind, w, h, n, expected) in &vectors.formulas {
        let size = (u64::from(*w), u64::from(*h));
        let rgba: Vec<u8> =
            (0..size.0 * size.1).flat_map(|i| pixel(kind, size, *n, (i % size.0, i / size.0))).collect();
        let hash = format!("{:016x}", phash(*w, &rgba));
        if hash != *expected {
            wrong.push(format!("{kind} {n} {w}×{h}: {hash} instead of {expected}"));
        }
    }
    for (file, x, y, w, h, expected) in &vectors.crops {
        let whole = image::load_from_memory(&crate::read(&format!("tests/vectors/{file}"))).unwrap();
        let hash = format!("{:016x}", phash(*w, whole.crop_imm(*x, *y, *w, *h).into_rgba8().as_raw()));
        if hash != *expected {
            wrong.push(format!("{file} {w}×{h}+{x}+{y}: {hash} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {wrong:#?}", wrong.len());
}

#[test]
fn nothing_has_no_hash_and_does_not_panic() {
    assert_eq!([phash(0, &[]), phash(7, &[]), phash(2, &[1, 2, 3])], [0; 3]);
}

fn photo(name: &str) -> DynamicImage {
    image::load_from_memory(&crate::read(&format!("tests/fixtures/photos/{name}.jpg"))).unwrap()
}

fn fingerprint(image: impl Into<DynamicImage>) -> Fingerprint {
    let rgba = image.into().into_rgba8();
    Fingerprint::new(&Picture::new(rgba.width(), rgba.height(), rgba.into_raw()).unwrap())
}

fn jpeg(image: &DynamicImage, quality: u8) -> DynamicImage {
    let mut bytes = Vec::new();
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    image::load(Cursor::new(bytes), image::ImageFormat::Jpeg).unwrap()
}

fn scaled(image: &DynamicImage, percent: u32) -> DynamicImage {
    let side = |length: u32| length * percent / 100;
    image.resize_exact(side(image.width()), side(image.height()), FilterType::Lanczos3)
}

fn mapped(image: &DynamicImage, change: impl Fn([f32; 3]) -> [f32; 3]) -> DynamicImage {
    let mut image = image.to_rgb8();
    image.pixels_mut().for_each(|pixel| pixel.0 = change(pixel.0.map(f32::from)).map(|value| value.round() as u8));
    image.into()
}

/// Cuts so much off all sides together.
fn cropped(image: &DynamicImage, percent: u32) -> DynamicImage {
    let (dx, dy) = (image.width() * percent / 100, image.height() * percent / 100);
    image.crop_imm(dx / 2, dy / 2, image.width() - dx, image.height() - dy)
}

/// Draws on the box in the middle that has a tenth of the area.
fn at_centre(image: &DynamicImage, draw: impl FnOnce(RgbImage) -> RgbImage) -> DynamicImage {
    let side = |length: u32| length * 316 / 1000;
    let (w, h) = (side(image.width()), side(image.height()));
    let (x, y) = ((image.width() - w) / 2, (image.height() - h) / 2);
    let mut changed = image.to_rgb8();
    image::imageops::replace(&mut changed, &draw(image.crop_imm(x, y, w, h).into_rgb8()), x.into(), y.into());
    changed.into()
}

#[test]
fn copies_are_found() {
    for name in PHOTOS {
        let original = photo(name);
        let mut copies: Vec<(String, DynamicImage)> = Vec::new();
        copies.extend([95, 80, 60, 40].map(|quality| (format!("quality {quality}"), jpeg(&original, quality))));
        copies.extend([50, 75, 150, 200].map(|percent| (format!("{percent} %"), scaled(&original, percent))));
        copies
            .extend([0.9, 1.1].map(|gain| {
                (format!("brightness {gain}"), mapped(&original, |pixel| pixel.map(|value| value * gain)))
            }));
        copies.extend([0.9, 1.1].map(|gain| {
            (format!("contrast {gain}"), mapped(&original, |pixel| pixel.map(|value| 110. + (value - 110.) * gain)))
        }));
        copies.push(("crop".into(), cropped(&original, 1)));
        for (what, copy) in copies {
            let (a, b) = (fingerprint(original.clone()), fingerprint(copy));
            assert!(a.same(&b, 5).is_some(), "{name}, {what}: {} bits", (a.phash() ^ b.phash()).count_ones());
            assert_eq!(a.same(&b, 5), b.same(&a, 5));
        }
    }
}

#[test]
fn what_is_not_a_copy_is_not_found_however_wide_the_threshold() {
    for (i, name) in PHOTOS.iter().enumerate() {
        let original = photo(name);
        let other = photo(PHOTOS[(i + 1) % PHOTOS.len()]);
        let pasted = |box_: RgbImage| other.resize_exact(box_.width(), box_.height(), FilterType::Triangle).into_rgb8();
        for (what, changed) in [
            ("mirrored", original.fliph()),
            ("hue", original.huerotate(90)),
            ("channels", mapped(&original, |[r, g, b]| [b, g, r])),
            ("black", at_centre(&original, |box_| RgbImage::new(box_.width(), box_.height()))),
            ("subject", at_centre(&original, pasted)),
            ("another photo", other.clone()),
            ("another shape", scaled(&original, 100).resize_exact(600, 500, FilterType::Triangle)),
        ] {
            let same = fingerprint(original.clone()).same(&fingerprint(changed), 64);
            assert_eq!(same, None, "{name}, {what}");
        }
    }
    // A face is blurred where there is one.
    let dog = photo("dog");
    let blurred = at_centre(&dog, |face| image::imageops::blur(&face, 25.));
    assert_eq!(fingerprint(dog).same(&fingerprint(blurred), 64), None);
}

/// As the cache sees a large JPEG of it.
fn at_an_eighth(image: &DynamicImage) -> Fingerprint {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 92);
    image.resize(2100, 2100, FilterType::Triangle).write_with_encoder(encoder).unwrap();
    Fingerprint::new(&decode_dc_image(&file, &Limits::default()).unwrap().unwrap())
}

#[test]
fn no_two_photos_are_taken_for_one() {
    let mut seen: Vec<(String, Vec<Fingerprint>)> = Vec::new();
    for name in PHOTOS {
        let whole = photo(name);
        let copies = [whole.clone(), jpeg(&whole, 60), scaled(&whole, 75)].map(fingerprint);
        seen.push((name.into(), copies.into_iter().chain([at_an_eighth(&whole)]).collect()));
        // Quarters of a photo are photos of their own.
        let (w, h) = (whole.width() / 2, whole.height() / 2);
        for (x, y) in [(0, 0), (w, 0), (0, h), (w, h)] {
            let quarter = whole.crop_imm(x, y, w, h);
            let copies = [quarter.clone(), jpeg(&quarter, 60)].map(fingerprint);
            seen.push((format!("{name}+{x}+{y}"), copies.into()));
        }
    }
    assert_eq!(seen.len(), 25);
    for (i, (one, prints)) in seen.iter().enumerate() {
        for (other, others) in &seen[..i] {
            for (a, b) in prints.iter().flat_map(|a| others.iter().map(move |b| (a, b))) {
                assert_eq!(a.same(b, Settings::MAX_THRESHOLD), None, "{one}, {other}");
            }
        }
    }
}

#[test]
fn what_has_too_little_structure_is_like_nothing() {
    // Colour by place and the squared distance from the centre.
    type Formula = fn(u32, u32, u32) -> [u32; 4];
    let pictures: [(&str, Formula); 5] = [
        ("flat", |_, _, _| [90, 120, 30, 255]),
        ("gradient", |x, y, _| [x, y, 255 - x, 255]),
        ("vignette", |_, _, far| [250 - far / 80, 90, 90, 255]),
        ("mostly white", |_, _, far| if far < 400 { [0, 0, 0, 255] } else { [250, 250, 250, 255] }),
        ("transparent", |x, y, _| [x * y, x * 7, y * 5, 200]),
    ];
    for (what, formula) in pictures {
        let picture = RgbaImage::from_fn(200, 160, |x, y| {
            let far = x.abs_diff(100).pow(2) + y.abs_diff(80).pow(2);
            image::Rgba(formula(x, y, far).map(|value| value as u8))
        });
        let print = fingerprint(picture);
        assert_eq!(print.same(&print, 64), None, "{what}");
    }
}

#[test]
fn a_fingerprint_is_small_and_comes_back() {
    for name in PHOTOS {
        let print = fingerprint(photo(name));
        let text = serde_json::to_string(&print).unwrap();
        assert!(text.len() < 1200, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<Fingerprint>(&text).unwrap(), print);
    }
}

#[test]
fn a_turned_photo_has_the_hash_of_the_upright_one() {
    let hash = |file: &str| {
        let picture = decode(&crate::read(&format!("tests/fixtures/decode/orientation/{file}")), &Limits::default());
        Fingerprint::new(&picture.unwrap()).phash()
    };
    for orientation in 2..=8 {
        let distance = hash("1.jpg") ^ hash(&format!("{orientation}.jpg"));
        assert!(distance.count_ones() <= 2, "{orientation}: {distance:b}");
    }
}

/// 8×8 fields of random colours, 10 pixels wide.
fn fields() -> impl Strategy<Value = DynamicImage> {
    prop::collection::vec(prop::array::uniform3(30u8..220), 64).prop_map(|colours| {
        RgbImage::from_fn(80, 80, |x, y| image::Rgb(colours[(y / 10 * 8 + x / 10) as usize])).into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_mirrored_picture_is_another(picture in fields()) {
        let (a, b) = (fingerprint(picture.clone()), fingerprint(picture.fliph()));
        prop_assert_ne!(a.phash(), b.phash());
        prop_assert_eq!(a.same(&b, 64), None);
    }

    #[test]
    fn a_little_brighter_is_still_near(picture in fields(), gain in 0.95f32..1.05) {
        let brighter = mapped(&picture, |pixel| pixel.map(|value| value * gain));
        let (a, b) = (fingerprint(picture), fingerprint(brighter));
        prop_assert!(a.same(&b, 5).is_some(), "{:016x} {:016x}", a.phash(), b.phash());
    }

    #[test]
    fn likeness_is_mutual(a in fields(), b in fields(), share in 0f32..1., threshold in 0u32..=64) {
        let (from, to) = (a.to_rgb8(), b.to_rgb8());
        let between = RgbImage::from_fn(80, 80, |x, y| {
            let (p, q) = (from.get_pixel(x, y), to.get_pixel(x, y));
            image::Rgb(std::array::from_fn(|c| (f32::from(p[c]) * (1. - share) + f32::from(q[c]) * share) as u8))
        });
        let (a, b) = (fingerprint(a), fingerprint(between));
        prop_assert_eq!(a.same(&b, threshold), b.same(&a, threshold));
        prop_assert_eq!(a.same(&a, 0), Some(0));
    }
}
