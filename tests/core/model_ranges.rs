//! The values of black and white that users' generators take and give: found, overridden, refused.

use nijigen::{
    Options, Picture,
    generator::{
        Generator,
        ranges::{self, Ranges},
    },
    options::Limits,
    pipeline::Engine,
};
use prost::Message;

/// A generator in one number's arithmetic: what it takes is brought to -1…1, and what it gives from there.
pub(crate) struct Made {
    pub(crate) name: &'static str,
    /// Operators and their constants: before the convolution, and after it.
    pub(crate) first: Vec<(&'static str, f32)>,
    pub(crate) last: Vec<(&'static str, f32)>,
    /// Of the convolution, which does not blend channels.
    pub(crate) weight: f32,
    pub(crate) bias: f32,
    pub(crate) found: Ranges,
}

pub(crate) fn made(made: &Made) -> Vec<u8> {
    made_of_side(made, 0)
}

/// The same for pictures of one side only; 0 is any.
fn made_of_side(made: &Made, side: i64) -> Vec<u8> {
    use tract_onnx::pb::*;
    let tensor = |name: String, dims: Vec<i64>, values: Vec<f32>| TensorProto {
        name,
        dims,
        data_type: tensor_proto::DataType::Float as i32,
        float_data: values,
        ..TensorProto::default()
    };
    let mut graph = GraphProto::default();
    let mut value = "input".to_owned();
    let mut add = |graph: &mut GraphProto, kind: &str, more: Vec<TensorProto>| {
        let output = format!("{kind}{}", graph.node.len());
        let names = more.iter().map(|t| t.name.clone());
        let input = [value.clone()].into_iter().chain(names).collect();
        graph.node.push(NodeProto {
            op_type: kind.into(),
            input,
            output: vec![output.clone()],
            ..NodeProto::default()
        });
        graph.initializer.extend(more);
        value = output;
    };
    let scalar =
        |n: usize, value: f32| if value.is_nan() { vec![] } else { vec![tensor(format!("c{n}"), vec![], vec![value])] };
    for (n, (kind, value)) in made.first.iter().enumerate() {
        add(&mut graph, kind, scalar(n, *value));
    }
    let weights = (0..9).map(|i| if i % 4 == 0 { made.weight } else { 0. }).collect();
    let convolution =
        vec![tensor("w".into(), vec![3, 3, 1, 1], weights), tensor("b".into(), vec![3], vec![made.bias; 3])];
    add(&mut graph, "Conv", convolution);
    for (n, (kind, value)) in made.last.iter().enumerate() {
        add(&mut graph, kind, scalar(100 + n, *value));
    }
    let image = |name: &str| {
        use tensor_shape_proto::{Dimension, dimension::Value};
        let length = |n: i64| Dimension { value: (n > 0).then_some(Value::DimValue(n)), ..Dimension::default() };
        let shape = TensorShapeProto { dim: [1, 3, side, side].map(length).to_vec() };
        let tensor = type_proto::Tensor { elem_type: tensor_proto::DataType::Float as i32, shape: Some(shape) };
        let r#type = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
        ValueInfoProto { name: name.into(), r#type: Some(r#type), ..ValueInfoProto::default() }
    };
    (graph.input, graph.output) = (vec![image("input")], vec![image(&value)]);
    let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
    ModelProto { ir_version: 7, opset_import, graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

pub(crate) const SIGNED: [f32; 2] = [-1., 1.];
const UNIT: [f32; 2] = [0., 1.];
const BYTES: [f32; 2] = [0., 255.];

/// Generators that say in no, one or both places what they work in. All leave a picture about as it is.
fn spellings() -> Vec<Made> {
    let plain = |name, first, last, weight, bias, input, output| {
        let found = Ranges { input, output };
        Made { name, first, last, weight, bias, found }
    };
    let none = f32::NAN;
    vec![
        plain("tanh", vec![], vec![("Tanh", none)], 1., 0., SIGNED, SIGNED),
        plain("signed to bytes", vec![], vec![("Tanh", none), ("Mul", 127.5), ("Add", 127.5)], 1., 0., SIGNED, BYTES),
        plain("unit to signed", vec![("Mul", 2.), ("Sub", 1.)], vec![("Tanh", none)], 1., 0., UNIT, SIGNED),
        plain("bytes to signed", vec![("Div", 127.5), ("Sub", 1.)], vec![("Tanh", none)], 1., 0., BYTES, SIGNED),
        plain("sigmoid", vec![], vec![("Sigmoid", none)], 6., -3., UNIT, UNIT),
        plain("signed to unit", vec![], vec![("Sigmoid", none)], 3., 0., SIGNED, UNIT),
        plain("bytes, no activation", vec![], vec![], 0.9, 10., BYTES, BYTES),
        plain("bytes to bytes after a norm", vec![("Sub", 127.5), ("Mul", 1. / 60.)], vec![], 50., 127.5, BYTES, BYTES),
        plain("signed to bytes, no activation", vec![], vec![], 120., 127.5, SIGNED, BYTES),
        plain("unit to bytes, no activation", vec![], vec![], 250., 0., UNIT, BYTES),
        plain("bytes to unit", vec![], vec![("Sigmoid", none)], 6. / 255., -3., BYTES, UNIT),
        plain("clipped bytes", vec![], vec![("Relu", none)], 1.1, -5., BYTES, BYTES),
    ]
}

#[test]
fn the_ranges_of_both_ends_are_found() {
    // A side that is fixed may be large.
    for (spelling, side) in spellings().iter().flat_map(|spelling| [(spelling, 0), (spelling, 600)]) {
        let mut generator = Generator::load(&made_of_side(spelling, side)).unwrap();
        assert_eq!(ranges::find(&mut generator, 32), Ok(spelling.found), "{} at {side}", spelling.name);
    }
}

pub(crate) fn photo_of_a_dog() -> nijigen::pipeline::Prepared {
    nijigen::pipeline::prepare(&crate::read("tests/fixtures/photos/dog.jpg"), &Limits::default()).unwrap()
}

fn render(mut engine: Engine) -> nijigen::Result<Picture> {
    engine.render(photo_of_a_dog(), &Options::default(), |_| std::ops::ControlFlow::Continue(()))
}

#[test]
fn a_generator_is_fed_and_read_in_its_own_ranges() {
    let photo = photo_of_a_dog();
    for spelling in spellings() {
        let drawn = render(Engine::for_user_model("made", &made(&spelling), None).unwrap()).unwrap();
        let off: u64 = drawn.rgba().iter().zip(photo.picture().rgba()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = off as f64 / drawn.rgba().len() as f64;
        assert!(mean < 20., "{}: {mean} levels", spelling.name);
    }
}

#[test]
fn a_result_of_one_colour_is_refused() {
    let bytes = Made {
        name: "",
        first: vec![],
        last: vec![],
        weight: 0.9,
        bias: 10.,
        found: Ranges { input: BYTES, output: BYTES },
    };
    let wrong = Some(Ranges { input: BYTES, output: UNIT });
    let all_white = Engine::for_user_model("made", &made(&bytes), wrong).unwrap();
    let error = render(all_white).unwrap_err();
    assert_eq!(error.code(), "bad-model");
    assert!(error.to_string().contains("one colour") && error.to_string().contains("0…255"), "{error}");
    let flat = Made { weight: 0., ..bytes };
    assert_eq!(Engine::for_user_model("made", &made(&flat), None).err().unwrap().code(), "bad-model");
}
