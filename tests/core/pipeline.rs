//! The whole way of a photo, natively.

use nijigen::{
    Options, Picture,
    options::{Comparison, Draw, Finish, Format, Limits},
    picture::{encode::encode, xmp},
    pipeline::{Engine, Prepared, prepare, prepare_pixels},
};
use proptest::prelude::*;

fn convert(engine: &mut Engine, photo: Prepared, options: &Options) -> Picture {
    let mut rendering = engine.begin(photo, options).unwrap();
    while !rendering.step().unwrap() {}
    rendering.finish().unwrap()
}

fn photo(name: &str) -> Prepared {
    prepare(&crate::read(&format!("tests/fixtures/photos/{name}")), &Limits::default()).unwrap()
}

fn small() -> Options {
    Options { draw: Draw { max_side: 256, ..Draw::default() }, ..Options::default() }
}

#[test]
fn a_photo_becomes_another_picture_of_the_same_scene() {
    let result = convert(&mut crate::engine(), photo("lake.jpg"), &small());
    assert_eq!(result.width().max(result.height()), 256);
    assert!(result.is_opaque());
    let original = image::load_from_memory(&crate::read("tests/fixtures/photos/lake.jpg")).unwrap();
    let original =
        original.resize_exact(result.width(), result.height(), image::imageops::FilterType::Lanczos3).into_rgba8();
    let sum: u64 = original.iter().zip(result.rgba()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let mean = sum as f64 / original.len() as f64;
    assert!((4. ..60.).contains(&mean), "mean difference to the photo: {mean}");
}

#[test]
fn alpha_is_carried_around_the_generator() {
    let (width, height) = (60, 44);
    let rgba: Vec<u8> = (0..width * height).flat_map(|i| [200, (i % 251) as u8, 90, (i % 256) as u8]).collect();
    let prepared = prepare_pixels(rgba.clone(), width, height, &Limits::default()).unwrap();
    let result = convert(&mut crate::engine(), prepared, &small());
    let alpha = |pixels: &[u8]| pixels.iter().skip(3).step_by(4).copied().collect::<Vec<_>>();
    assert_eq!(alpha(result.rgba()), alpha(&rgba));
    assert_ne!(result.rgba(), rgba);
}

/// Nobody waits for a drawing that there is no file for.
#[test]
fn what_a_format_cannot_hold_is_refused_before_it_is_drawn() {
    let engine = crate::engine();
    let laid_out = |full_size: bool, format: Format, comparison: Option<Comparison>| {
        let photo = prepare_pixels([90, 120, 60, 255].repeat(9000 * 300), 9000, 300, &Limits::default()).unwrap();
        let draw = Draw { full_size, ..small().draw };
        let finish = Finish { format, comparison, ..Finish::default() };
        engine.lay_out(photo, &Options { draw, finish, ..Options::default() }).map(|_| ())
    };
    let beside = Some(Comparison::SideBySide);
    let error = laid_out(true, Format::Webp, beside).unwrap_err();
    assert_eq!(error.code(), "unsupported-format");
    assert!(error.to_string().contains("18045×300") && error.to_string().contains("PNG"), "{error}");
    for (full_size, format, comparison) in [
        (false, Format::Webp, beside),
        (true, Format::Webp, None),
        (true, Format::Webp, Some(Comparison::Divided)),
        (true, Format::Jpeg, beside),
        (true, Format::Png, beside),
    ] {
        assert_eq!(laid_out(full_size, format, comparison), Ok(()), "{format:?} {comparison:?}");
    }
}

#[test]
fn progress_rises_and_a_dropped_conversion_leaves_the_engine_working() {
    let mut engine = crate::engine();
    let mut rendering = engine.begin(photo("dog.jpg"), &small()).unwrap();
    let mut last = rendering.progress();
    for _ in 0..10 {
        assert!(!rendering.step().unwrap());
        assert!((last..=1.).contains(&rendering.progress()));
        last = rendering.progress();
    }
    assert!(last > 0. && last < 1., "{last}");
    assert!(rendering.finish().is_err(), "an unfinished run has no result");
    let cancelled = engine.begin(photo("dog.jpg"), &small()).unwrap();
    drop(cancelled);
    assert_eq!(
        convert(&mut engine, photo("dog.jpg"), &small()),
        convert(&mut crate::engine(), photo("dog.jpg"), &small())
    );
}

#[test]
fn pixels_that_do_not_fit_their_sides_are_refused() {
    let error = prepare_pixels(vec![0; 100], 20, 20, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "corrupt-image");
}

#[test]
fn a_model_of_one_size_takes_any_photo() {
    let mut engine = Engine::for_user_model("fixed", &crate::read("tests/vectors/fixed.onnx"), None).unwrap();
    let result = convert(&mut engine, photo("lake.jpg"), &Options::default());
    assert_eq!(result.width().max(result.height()), 64);
}

#[test]
fn a_model_with_interleaved_channels_works() {
    let mut engine = Engine::for_user_model("nhwc", &crate::read("tests/vectors/nhwc.onnx"), None).unwrap();
    let result = convert(&mut engine, photo("shore.jpg"), &small());
    assert_eq!(result.width().max(result.height()), 256);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Every size gives a result with the photo's sides (or the limit's), or says that it is too small.
    #[test]
    fn every_size_converts(width in 1u32..90, height in 1u32..90, transparent: bool) {
        let alpha = if transparent { 100 } else { 255 };
        let rgba = [120, 180, 60, alpha].repeat((width * height) as usize);
        match prepare_pixels(rgba, width, height, &Limits::default()) {
            Ok(prepared) => {
                let result = convert(&mut crate::engine(), prepared, &small());
                prop_assert_eq!((result.width(), result.height()), (width, height));
            }
            Err(error) => {
                prop_assert_eq!(error.code(), "too-small");
                prop_assert!(width.min(height) < Picture::MIN_SIDE);
            }
        }
    }
}

#[test]
fn strength_lets_the_photo_through_and_revising_needs_no_generator() {
    let mut engine = crate::engine();
    for full_size in [false, true] {
        let options = |strength| Options {
            draw: Draw { full_size, ..small().draw },
            finish: Finish { strength, label: None, ..Finish::default() },
            ..small()
        };
        let [drawn, half, none] =
            [1., 0.5, 0.].map(|strength| convert(&mut engine, photo("dog.jpg"), &options(strength)));
        let between =
            drawn.rgba().iter().zip(none.rgba()).map(|(&a, &b)| (u32::from(a) + u32::from(b)).div_ceil(2) as u8);
        assert!(half.rgba().iter().copied().eq(between), "full size {full_size}");
        assert_ne!(drawn, none);
        let file = encode(none.clone(), &options(0.).finish).unwrap();
        let mark = xmp::PACKET.as_bytes();
        assert!(!file.windows(mark.len()).any(|bytes| bytes == mark), "a photo is called a model's");

        let mut revisable = options(1.);
        revisable.draw.revisable = true;
        let mut rendering = engine.begin(photo("dog.jpg"), &revisable).unwrap();
        while !rendering.step().unwrap() {}
        let drawing = rendering.drawing().unwrap();
        assert_eq!(drawing.bytes(), drawn.rgba().len() * 2);
        for (strength, want) in [(1., &drawn), (0.5, &half), (0., &none)] {
            assert_eq!(&drawing.clone().at(strength), want);
        }
    }
}
