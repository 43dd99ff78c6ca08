//! How many copies of photos are found again, and whether any two photos are taken for one:
//! `cargo bench --features cli --bench likeness -- FOLDER [N]`. Rows go to `benches/results/likeness.json`.
//!
//! Each photo is compared with its copies twice: as it is, and enlarged so that JPEGs of it are seen at an eighth of
//! their size; with `N` only every `N`th photo is copied, while all pairs are still compared. Copies are JPEGs of quality 90 unless said otherwise.

use std::{fs, path::PathBuf, sync::Mutex, thread};

use image::{DynamicImage, RgbImage, imageops::FilterType};
use nijigen::{
    fingerprint::Fingerprint,
    options::Limits,
    picture::decode::{decode, decode_dc_image},
};

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/results/likeness.json");
/// The shorter side of the enlarged photos: above what is seen at an eighth, and no multiple of 8.
const ENLARGED: u32 = 1100;
const THRESHOLDS: [u32; 2] = [5, 16];

/// As the cache sees it.
fn see(file: &[u8]) -> Fingerprint {
    let limits = Limits::default();
    let small = decode_dc_image(file, &limits).expect("decodes");
    Fingerprint::new(&small.unwrap_or_else(|| decode(file, &limits).expect("decodes")))
}

fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    image.to_rgb8().write_with_encoder(encoder).expect("encodes");
    file
}

fn mapped(image: &DynamicImage, change: impl Fn([f32; 3]) -> [f32; 3]) -> Vec<u8> {
    let mut image = image.to_rgb8();
    image.pixels_mut().for_each(|pixel| pixel.0 = change(pixel.0.map(f32::from)).map(|value| value.round() as u8));
    jpeg(&image.into(), 90)
}

/// A part of the picture: shares of its sides that are cut off left, top, right and bottom.
fn cropped(image: &DynamicImage, [left, top, right, bottom]: [f32; 4]) -> Vec<u8> {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let size = |side: f32, cut: f32| (side * (1. - cut)).round() as u32;
    let part = image.crop_imm(
        (width * left).round() as u32,
        (height * top).round() as u32,
        size(width, left + right),
        size(height, top + bottom),
    );
    jpeg(&part, 90)
}

/// With another picture pasted over a tenth of the area in the middle.
fn pasted(image: &DynamicImage, other: &DynamicImage) -> Vec<u8> {
    let side = |length: u32| length * 316 / 1000;
    let (width, height) = (side(image.width()), side(image.height()));
    let mut changed: RgbImage = image.to_rgb8();
    let patch = other.resize_exact(width, height, FilterType::Triangle).to_rgb8();
    let (x, y) = ((image.width() - width) / 2, (image.height() - height) / 2);
    image::imageops::replace(&mut changed, &patch, x.into(), y.into());
    jpeg(&changed.into(), 90)
}

/// Copies to be found (true), and changed pictures not to be.
fn copies(image: &DynamicImage, other: &DynamicImage) -> Vec<(bool, &'static str, Vec<u8>)> {
    let scaled = |percent: u32| {
        let side = |length: u32| (length * percent / 100).max(8);
        jpeg(&image.resize_exact(side(image.width()), side(image.height()), FilterType::CatmullRom), 90)
    };
    let contrast = |gain: f32| mapped(image, |pixel| pixel.map(|value| 110. + (value - 110.) * gain));
    let black = DynamicImage::new_rgb8(8, 8);
    vec![
        (true, "quality 95", jpeg(image, 95)),
        (true, "quality 60", jpeg(image, 60)),
        (true, "quality 40", jpeg(image, 40)),
        (true, "50 %", scaled(50)),
        (true, "75 %", scaled(75)),
        (true, "150 %", scaled(150)),
        (true, "brightness -10 %", mapped(image, |pixel| pixel.map(|value| value * 0.9))),
        (true, "brightness +10 %", mapped(image, |pixel| pixel.map(|value| value * 1.1))),
        (true, "contrast -10 %", contrast(0.9)),
        (true, "contrast +10 %", contrast(1.1)),
        (true, "1 % of each side cropped", cropped(image, [0.005; 4])),
        (true, "1 % cropped at each border", cropped(image, [0.01; 4])),
        (true, "shifted by 1 %", cropped(image, [0.01, 0.01, 0., 0.])),
        (false, "mirrored", jpeg(&image.fliph(), 90)),
        (false, "red and blue swapped", mapped(image, |[r, g, b]| [b, g, r])),
        (false, "a tenth black", pasted(image, &black)),
        (false, "a tenth of another photo", pasted(image, other)),
    ]
}

/// Found of how many, by kind and threshold; in the order of [`copies`].
type Counts = Vec<(bool, &'static str, [u32; 2])>;

fn count(counts: &Mutex<Counts>, original: &Fingerprint, copies: &[(bool, &'static str, Vec<u8>)]) {
    let found: Counts = copies
        .iter()
        .map(|(same, kind, file)| {
            let print = see(file);
            (*same, *kind, THRESHOLDS.map(|threshold| u32::from(original.same(&print, threshold).is_some())))
        })
        .collect();
    let mut counts = counts.lock().expect("no thread panics");
    if counts.is_empty() {
        *counts = found;
        return;
    }
    for (sum, more) in counts.iter_mut().zip(found) {
        sum.2.iter_mut().zip(more.2).for_each(|(sum, more)| *sum += more);
    }
}

fn main() {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let Some(folder) = arguments.next() else { return println!("likeness: name a folder of photos") };
    let every: usize = arguments.next().map_or(1, |number| number.parse().expect("a number"));
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path()).collect();
    files.sort();
    let photos: Vec<(PathBuf, DynamicImage)> =
        files.into_iter().filter_map(|file| Some((file.clone(), image::open(&file).ok()?))).collect();
    assert!(photos.len() > 1, "{folder} has no photos");

    let (own, enlarged, next) = (Mutex::default(), Mutex::default(), Mutex::new(0..photos.len()));
    let prints = Mutex::new(Vec::new());
    let work = || loop {
        let Some(i) = next.lock().expect("no thread panics").next() else { return };
        let (photo, other) = (&photos[i].1, &photos[(i + 1) % photos.len()].1);
        let as_it_is = see(&jpeg(photo, 100));
        let scale = f64::from(ENLARGED) / f64::from(photo.width().min(photo.height()));
        let side = |length: u32| (f64::from(length) * scale).round() as u32;
        let large = photo.resize_exact(side(photo.width()), side(photo.height()), FilterType::CatmullRom);
        let at_an_eighth = see(&jpeg(&large, 92));
        if i % every == 0 {
            count(&own, &as_it_is, &copies(photo, other));
            let mut png = std::io::Cursor::new(Vec::new());
            large.write_to(&mut png, image::ImageFormat::Png).expect("encodes");
            let mut all = copies(&large, other);
            all.push((true, "PNG, seen whole", png.into_inner()));
            all.push((true, "the photo before it was enlarged", jpeg(photo, 90)));
            count(&enlarged, &at_an_eighth, &all);
        }
        prints.lock().expect("no thread panics").push((i, as_it_is, at_an_eighth));
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));

    let (mut rows, copied) = (Vec::new(), photos.len().div_ceil(every));
    for (seen, counts) in [("whole", &own), ("at an eighth", &enlarged)] {
        for (same, kind, found) in counts.lock().expect("no thread panics").iter() {
            let percent = found.map(|found| (f64::from(found) / copied as f64 * 1000.).round() / 10.);
            rows.push(serde_json::json!({
                "seen": seen, "kind": kind, "to_be_found": same, "photos": copied,
                "found_percent_5": percent[0], "found_percent_16": percent[1],
            }));
        }
    }
    let prints = prints.into_inner().expect("no thread panics");
    for seen in ["whole", "at an eighth", "one of each"] {
        let mut taken = [0; 2];
        for (i, a) in prints.iter().enumerate() {
            for b in &prints[i + 1..] {
                let (first, second) = match seen {
                    "whole" => (&a.1, &b.1),
                    "at an eighth" => (&a.2, &b.2),
                    _ => (&a.1, &b.2),
                };
                for (taken, threshold) in taken.iter_mut().zip(THRESHOLDS) {
                    if first.same(second, threshold).is_some() {
                        *taken += 1;
                        let name = |i: usize| photos[i].0.display();
                        println!("{seen}, {threshold} bits: {} is taken for {}", name(a.0), name(b.0));
                    }
                }
            }
        }
        rows.push(serde_json::json!({
            "seen": seen, "pairs": photos.len() * (photos.len() - 1) / 2, "same_5": taken[0], "same_16": taken[1],
        }));
    }
    fs::write(RESULTS, serde_json::to_string_pretty(&rows).expect("JSON") + "\n").expect(RESULTS);
    rows.iter().for_each(|row| println!("{row}"));
}
