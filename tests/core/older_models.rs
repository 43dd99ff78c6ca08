//! Users' generators of older opsets.

use nijigen::{
    Options,
    generator::{Generator, ranges::Ranges},
    pipeline::Engine,
};
use prost::Message;

use crate::model_ranges::{Made, SIGNED, made, photo_of_a_dog};

/// An older graph that makes a picture half as large and enlarges it again.
fn upsampling(opset: i64, mode: &str, factor: usize) -> Vec<u8> {
    use tract_onnx::pb::{attribute_proto::AttributeType, *};
    let tanh = Made {
        name: "",
        first: vec![],
        last: vec![("Tanh", f32::NAN)],
        weight: 1.,
        bias: 0.,
        found: Ranges { input: SIGNED, output: SIGNED },
    };
    let mut proto = ModelProto::decode(made(&tanh).as_slice()).unwrap();
    proto.opset_import[0].version = opset;
    let graph = proto.graph.as_mut().unwrap();
    let of = |name: &str| AttributeProto { name: name.into(), ..AttributeProto::default() };
    let ints =
        |name: &str| AttributeProto { r#type: AttributeType::Ints as i32, ints: vec![factor as i64; 2], ..of(name) };
    let text = |name: &str, s: &str| AttributeProto { r#type: AttributeType::String as i32, s: s.into(), ..of(name) };
    let scales = vec![1., 1., factor as f32, factor as f32];
    let pool = NodeProto {
        op_type: "MaxPool".into(),
        input: vec!["Tanh1".into()],
        output: vec!["small".into()],
        attribute: vec![ints("kernel_shape"), ints("strides")],
        ..NodeProto::default()
    };
    let mut up = NodeProto {
        op_type: if opset < 10 { "Upsample" } else { "Resize" }.into(),
        input: vec!["small".into()],
        output: vec!["large".into()],
        attribute: vec![text("mode", mode)],
        ..NodeProto::default()
    };
    if opset < 9 {
        up.attribute.push(AttributeProto { r#type: AttributeType::Floats as i32, floats: scales, ..of("scales") });
    } else {
        let data_type = tensor_proto::DataType::Float as i32;
        graph.initializer.push(TensorProto {
            name: "up".into(),
            dims: vec![4],
            data_type,
            float_data: scales,
            ..TensorProto::default()
        });
        up.input.push("up".into());
    }
    graph.node.extend([pool, up]);
    graph.output[0].name = "large".into();
    proto.encode_to_vec()
}

#[test]
fn older_ways_to_enlarge_are_those_of_their_specification() {
    for (opset, mode, factor) in [
        (7, "nearest", 2),
        (8, "nearest", 4),
        (9, "nearest", 2),
        (10, "nearest", 4),
        (9, "linear", 2),
        (7, "bilinear", 2),
    ] {
        let name = format!("{opset} {mode} {factor}");
        let mut generator = Generator::load(&upsampling(opset, mode, factor)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (width, height) = (16, 8);
        let input: Vec<f32> = (0..3 * width * height).map(|i| (i * 37 % 100) as f32 / 100. - 0.5).collect();
        let mut run = generator.start(input.clone(), width as u32, height as u32, 16).unwrap();
        while !run.step().unwrap() {}
        let output = run.finish().unwrap();
        let small = |c: usize, y: usize, x: usize| {
            let (x, y) = (x.min(width / factor - 1), y.min(height / factor - 1));
            let of = |dy: usize, dx: usize| input[(c * height + y * factor + dy) * width + x * factor + dx].tanh();
            (0..factor * factor).map(|i| of(i / factor, i % factor)).fold(f32::MIN, f32::max)
        };
        for (i, found) in output.iter().enumerate() {
            let (c, y, x) = (i / (width * height), i / width % height, i % width);
            let at = |dy: usize, dx: usize| small(c, y / factor + dy, x / factor + dx);
            let (v, u) = ((y % factor) as f32 / factor as f32, (x % factor) as f32 / factor as f32);
            let wanted = match mode {
                "nearest" => at(0, 0),
                _ => (1. - v) * ((1. - u) * at(0, 0) + u * at(0, 1)) + v * ((1. - u) * at(1, 0) + u * at(1, 1)),
            };
            assert!((found - wanted).abs() < 1e-5, "{name}: {c} {y} {x}: {found} instead of {wanted}");
        }
    }
}

/// An export of 2018, its sizes worked out in the graph.
#[test]
fn an_export_with_upsample_and_computed_sizes_runs() {
    let model = crate::read("tests/vectors/user/upsample-opset9.onnx");
    let mut engine = Engine::for_user_model("old", &model, None).unwrap();
    let drawn = engine.render(photo_of_a_dog(), &Options::default(), |_| std::ops::ControlFlow::Continue(())).unwrap();
    let shown =
        nijigen::picture::resize::resize(photo_of_a_dog().picture().clone(), drawn.width(), drawn.height()).unwrap();
    let off: u64 = drawn.rgba().iter().zip(shown.rgba()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!((off as f64) < 12. * drawn.rgba().len() as f64);
}
