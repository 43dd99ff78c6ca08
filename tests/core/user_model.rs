//! Generators that users bring, in the spellings of PyTorch and TensorFlow exporters, equal ONNX Runtime
//! (tests/vectors/make_user_models.py).

use nijigen::{
    Options, Picture,
    generator::{
        Generator,
        onnx::Model,
        plan::Plan,
        ranges::{self, Ranges},
    },
    manifest::Layout,
    options::Limits,
    picture::normalise::{Area, Canvas, Rows, denormalise, normalise},
    pipeline::{Engine, prepare_pixels},
};
use prost::Message;
use serde::Deserialize;
use tract_onnx::pb::ModelProto;

use crate::parity::signed_unit;

#[derive(Deserialize)]
struct Index {
    tolerance: f32,
    good: Vec<Good>,
    bad: Vec<Bad>,
}

#[derive(Deserialize)]
struct Good {
    name: String,
    file: String,
    layout: Layout,
    range: [f32; 2],
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    height: u32,
    width: u32,
    seed: u64,
    expected: String,
    stride: usize,
    mean: f64,
}

#[derive(Deserialize)]
struct Bad {
    name: String,
    file: String,
}

fn index() -> Index {
    crate::json("tests/vectors/user/user.json")
}

fn model(file: &str) -> Vec<u8> {
    crate::read(&format!("tests/vectors/user/{file}"))
}

fn photo(case: &Case) -> Picture {
    let bytes = signed_unit(case.seed, 3 * (case.height * case.width) as usize).map(|u| ((u + 1.) * 128.) as u8);
    let rgb: Vec<u8> = bytes.collect();
    let rgba = rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    Picture::new(case.width, case.height, rgba).unwrap()
}

/// The whole tensor that the model should give, as far as it is stored: `None` between the strides.
fn expected(case: &Case, layout: Layout) -> Vec<Option<f32>> {
    let stored = crate::read(&format!("tests/vectors/user/{}", case.expected));
    let mut stored = stored.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    let (h, w) = (case.height as usize, case.width as usize);
    let there = |y: usize, x: usize| y.is_multiple_of(case.stride) && x.is_multiple_of(case.stride);
    let values = (0..3 * h * w).map(|i| match layout {
        Layout::Nchw => there(i / w % h, i % w),
        Layout::Nhwc => there(i / 3 / w, i / 3 % w),
    });
    let values = values.map(|there| if there { Some(stored.next().unwrap()) } else { None }).collect();
    assert!(stored.next().is_none(), "{}", case.expected);
    values
}

fn tensor(picture: &Picture, model: &Good) -> (Canvas, Vec<f32>) {
    let (width, height) = (picture.width(), picture.height());
    let canvas = Canvas { left: 0, top: 0, width, height, layout: model.layout, range: model.range };
    let mut rows = Rows::default();
    rows.advance(picture, 0, height).unwrap();
    let input = normalise(&rows, picture, &canvas).unwrap();
    (canvas, input)
}

#[test]
fn every_spelling_equals_onnx_runtime() {
    let index = index();
    for good in &index.good {
        let mut generator = Generator::load(&model(&good.file)).unwrap();
        assert_eq!(generator.model().layout, good.layout, "{}", good.name);
        let ranges = ranges::find(&mut generator, 32).unwrap();
        assert_eq!(ranges, Ranges { input: good.range, output: good.range }, "{}", good.name);
        for case in &good.cases {
            let (canvas, input) = tensor(&photo(case), good);
            let mut run = generator.start(input, canvas.width, canvas.height, canvas.width.max(canvas.height)).unwrap();
            while !run.step().unwrap() {}
            let output = run.finish().unwrap();
            let mean = output.iter().map(|&v| f64::from(v)).sum::<f64>() / output.len() as f64;
            assert!((mean - case.mean).abs() < 1e-4, "{}: mean {mean}", case.expected);
            let pairs = output.iter().zip(expected(case, good.layout));
            let error = pairs.filter_map(|(a, b)| b.map(|b| (a - b).abs())).fold(0., f32::max);
            println!("{}: max abs error {error:.1e}", case.expected);
            assert!(error <= index.tolerance, "{}: {error}", case.expected);
        }
    }
}

/// A spelling that the rewrite does not know makes the picture one of tract's tensors on the way, at tract's speed.
/// AnimeGANv2's are all known; the others have operators that are tract's.
#[test]
fn a_picture_leaves_our_operators_only_at_the_end() {
    for good in index().good.iter().filter(|good| good.name.starts_with("torch") || good.name.starts_with("tf")) {
        let model = Model::load(&model(&good.file)).unwrap();
        let case = &good.cases[0];
        let plan = Plan::new(&model, case.width, case.height, case.width.max(case.height)).unwrap();
        let names: Vec<_> = plan.operators().into_iter().map(|(name, ..)| name).collect();
        let times = |name: &str| names.iter().filter(|other| *other == name).count();
        // Planes are read where they are.
        let read = usize::from(good.layout == Layout::Nhwc);
        assert_eq!((times("FromTensor"), times("ToTensor")), (read, 1), "{}", good.name);
    }
}

/// What sizes the pipeline pads to, no model is surprised by.
#[test]
fn the_pipeline_gives_the_pictures_of_onnx_runtime() {
    for good in index().good {
        for case in good
            .cases
            .iter()
            .filter(|case| case.stride == 1 && case.height.is_multiple_of(32) && case.width.is_multiple_of(32))
        {
            let photo = photo(case);
            let (canvas, _) = tensor(&photo, &good);
            let values: Vec<f32> = expected(case, good.layout).into_iter().map(Option::unwrap).collect();
            let mut wanted = photo.clone();
            let area = Area { left: 0, right: case.width, top: 0, bottom: case.height };
            denormalise(&values, &canvas, area, &mut wanted);

            let prepared = prepare_pixels(photo.rgba().to_vec(), case.width, case.height, &Limits::default()).unwrap();
            let mut engine = Engine::for_user_model(&good.name, &model(&good.file), None).unwrap();
            let mut rendering = engine.begin(prepared, &Options::default()).unwrap();
            while !rendering.step().unwrap() {}
            let got = rendering.finish().unwrap();
            let worst = got.rgba().iter().zip(wanted.rgba()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(1), "{}: {worst:?} levels", good.name);
        }
    }
}

#[test]
fn the_range_can_be_overridden() {
    let good = index().good.remove(0);
    let photo = photo(&good.cases[0]);
    let render = |ranges| {
        let prepared =
            prepare_pixels(photo.rgba().to_vec(), photo.width(), photo.height(), &Limits::default()).unwrap();
        let mut engine = Engine::for_user_model(&good.name, &model(&good.file), ranges).unwrap();
        engine.render(prepared, &Options::default(), |_| std::ops::ControlFlow::Continue(())).unwrap()
    };
    let both = |range| Some(Ranges { input: range, output: range });
    assert_eq!(render(None), render(both(good.range)));
    assert_ne!(render(None), render(both([0., 1.])));
}

#[test]
fn an_operator_that_there_is_not_is_named() {
    let mut proto = ModelProto::decode(model("torch-dynamic.onnx").as_slice()).unwrap();
    let graph = proto.graph.as_mut().unwrap();
    for (node, kind) in graph.node.iter_mut().filter(|node| node.op_type == "Conv").zip(["Detonate", "Blur", "Blur"]) {
        node.op_type = kind.into();
    }
    let error = Model::load(&proto.encode_to_vec()).err().unwrap();
    assert_eq!(error.code(), "bad-model");
    assert!(error.to_string().contains(": Blur, Detonate"), "{error}");
}

#[test]
fn what_is_no_generator_says_what_is_missing() {
    for bad in index().bad {
        let refused = Engine::for_user_model(&bad.name, &model(&bad.file), None);
        let Err(error) = refused else { panic!("{} was taken", bad.name) };
        println!("{}: {error}", bad.name);
        assert_eq!(error.code(), "bad-model", "{}: {error}", bad.name);
    }
}
