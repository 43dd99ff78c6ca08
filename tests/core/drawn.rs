//! Drawings and photographs, told apart.

use std::io::Cursor;

use image::{DynamicImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use nijigen::{
    Options, Picture,
    fingerprint::drawn::{is_drawn, likelihood},
    options::Limits,
    pipeline::prepare,
};

const PHOTOS: [&str; 5] = ["asters.jpg", "colosseum.jpg", "dog.jpg", "lake.jpg", "shore.jpg"];
const DRAWINGS: [&str; 4] = ["chart.png", "face.png", "hills.jpg", "panel.png"];

fn open(file: &str) -> DynamicImage {
    image::load_from_memory(&crate::read(&format!("tests/fixtures/{file}"))).unwrap()
}

fn picture(image: &DynamicImage) -> Picture {
    let rgba = image.to_rgba8();
    Picture::new(rgba.width(), rgba.height(), rgba.into_raw()).unwrap()
}

/// The picture and copies that people make of it.
fn copies(image: &DynamicImage) -> Vec<(&'static str, DynamicImage)> {
    let scaled = |percent: u32| {
        image.resize_exact(image.width() * percent / 100, image.height() * percent / 100, FilterType::CatmullRom)
    };
    let mut jpeg = Vec::new();
    image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 60)).unwrap();
    let jpeg = image::load(Cursor::new(jpeg), image::ImageFormat::Jpeg).unwrap();
    vec![("itself", image.clone()), ("70 %", scaled(70)), ("130 %", scaled(130)), ("JPEG", jpeg)]
}

#[test]
fn photographs_are_photographs() {
    for name in PHOTOS {
        for (what, copy) in copies(&open(&format!("photos/{name}"))) {
            let picture = picture(&copy);
            assert!(!is_drawn(&picture).unwrap(), "{name}, {what}: {:?}", likelihood(&picture));
        }
    }
}

#[test]
fn drawings_are_drawn() {
    for name in DRAWINGS {
        for (what, copy) in copies(&open(&format!("drawings/{name}"))) {
            let picture = picture(&copy);
            assert!(is_drawn(&picture).unwrap(), "{name}, {what}: {:?}", likelihood(&picture));
        }
    }
}

#[test]
fn our_own_results_are_drawn() {
    let mut engine = crate::engine();
    for name in ["dog.jpg", "lake.jpg"] {
        let photo = prepare(&crate::read(&format!("tests/fixtures/photos/{name}")), &Limits::default()).unwrap();
        let mut rendering = engine.begin(photo, &Options::default()).unwrap();
        while !rendering.step().unwrap() {}
        let result = rendering.finish().unwrap();
        assert!(is_drawn(&result).unwrap(), "{name}: {:?}", likelihood(&result));
    }
}

#[test]
fn any_size_and_transparency_will_do() {
    for (width, height) in [(8, 8), (9, 2000), (3000, 8), (600, 21)] {
        for alpha in [0, 255] {
            let rgba = [90, 120, 30, alpha].repeat((width * height) as usize);
            let likelihood = likelihood(&Picture::new(width, height, rgba).unwrap()).unwrap();
            assert!((0. ..=1.).contains(&likelihood), "{width}×{height}: {likelihood}");
        }
    }
}
