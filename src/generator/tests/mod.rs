//! Small networks that chance makes, drawn by our operators and by tract's.

mod chain;

use proptest::prelude::*;
use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto::Dimension,
    tensor_shape_proto::dimension::Value as Side, type_proto, type_proto::Value as Type,
};

use super::{
    kernels::adds_integers,
    onnx::Model,
    plan::{Plan, Run},
};

/// Of a value's size, and of 1.
const TOLERANCE: f32 = 1e-4;

/// A network in the making.
#[derive(Default)]
struct Network {
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
    seed: u32,
}

/// A picture in it: its name and how many channels it has.
type Picture = (String, usize);

/// Values between -1 and 1 to put into a network, always the same.
pub(super) fn noise(count: usize) -> Vec<f32> {
    Network { seed: 7, ..Network::default() }.noise(count)
}

impl Network {
    fn noise(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.seed >> 8) as f32 / 8_388_608. - 1.
        };
        (0..count).map(|_| next()).collect()
    }

    fn node(&mut self, kind: &str, inputs: &[&str], attributes: &[(&str, &[i64])], texts: &[(&str, &str)]) -> String {
        let name = format!("v{}", self.nodes.len());
        let whole = |&(name, values): &(&str, &[i64])| match (name, values) {
            ("group" | "axis" | "blocksize" | "to", &[i]) => {
                AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
            }
            _ => {
                let ints = values.to_vec();
                AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints, ..Default::default() }
            }
        };
        let text = |&(name, text): &(&str, &str)| {
            let s = text.as_bytes().to_vec();
            AttributeProto { name: name.into(), r#type: AttributeType::String as i32, s, ..Default::default() }
        };
        self.nodes.push(NodeProto {
            name: name.clone(),
            op_type: kind.into(),
            input: inputs.iter().map(|&input| input.into()).collect(),
            output: vec![name.clone()],
            attribute: attributes.iter().map(whole).chain(texts.iter().map(text)).collect(),
            ..NodeProto::default()
        });
        name
    }

    fn weight(&mut self, dims: &[usize], float_data: Vec<f32>) -> String {
        let name = format!("w{}", self.weights.len());
        let dims = dims.iter().map(|&side| side as i64).collect();
        let data_type = DataType::Float as i32;
        self.weights.push(TensorProto { name: name.clone(), dims, data_type, float_data, ..Default::default() });
        name
    }

    fn integers(&mut self, values: &[i64]) -> String {
        let (name, data_type) = (format!("w{}", self.weights.len()), DataType::Int64 as i32);
        let (dims, int64_data) = (vec![values.len() as i64], values.to_vec());
        self.weights.push(TensorProto { name: name.clone(), dims, data_type, int64_data, ..Default::default() });
        name
    }

    /// Blocks of 2×2 pixels become channels, in the order c, dy, dx.
    fn gathered(&mut self, (input, channels): &Picture, [height, width]: [u32; 2]) -> Picture {
        let (c, h, w) = (*channels as i64, i64::from(height) / 2, i64::from(width) / 2);
        let (split, joined) = (self.integers(&[1, c, h, 2, w, 2]), self.integers(&[1, 4 * c, h, w]));
        let parts = self.node("Reshape", &[input, &split], &[], &[]);
        let moved = self.node("Transpose", &[&parts], &[("perm", &[0, 1, 3, 5, 2, 4])], &[]);
        (self.node("Reshape", &[&moved, &joined], &[], &[]), 4 * channels)
    }

    fn convolve(&mut self, picture: &Picture, outputs: usize, with: &Convolve) -> Picture {
        let (input, inputs) = &if with.mirrored { self.mirrored(picture, with.pad() as i64) } else { picture.clone() };
        let (count, depth) = if with.depthwise { (*inputs, 1) } else { (outputs, *inputs) };
        let scale = (3. / (depth * with.kernel * with.kernel) as f32).sqrt();
        let filters = self.noise(count * depth * with.kernel * with.kernel).into_iter().map(|value| value * scale);
        let filters = filters.collect();
        let weights = self.weight(&[count, depth, with.kernel, with.kernel], filters);
        let bias = self.noise(count);
        let bias = self.weight(&[count], bias);
        let pad = if with.mirrored { 0 } else { with.pad() as i64 };
        let (stride, dilation) = (with.stride as i64, with.dilation as i64);
        let attributes = [
            ("strides", &[stride; 2][..]),
            ("dilations", &[dilation; 2]),
            ("pads", &[pad; 4]),
            ("group", &[if with.depthwise { count as i64 } else { 1 }]),
        ];
        (self.node("Conv", &[input, &weights, &bias], &attributes, &[]), count)
    }

    fn mirrored(&mut self, (input, channels): &Picture, by: i64) -> Picture {
        let by = self.integers(&[0, 0, by, by, 0, 0, by, by]);
        (self.node("Pad", &[input, &by], &[], &[("mode", "reflect")]), *channels)
    }

    fn plus(&mut self, (a, channels): &Picture, (b, _): &Picture) -> Picture {
        (self.node("Add", &[a, b], &[], &[]), *channels)
    }

    fn leaky(&mut self, (input, channels): &Picture) -> Picture {
        (self.node("LeakyRelu", &[input], &[], &[]), *channels)
    }

    fn normal(&mut self, (input, channels): &Picture) -> Picture {
        let factors = [0, 1].map(|_| {
            let values = self.noise(*channels);
            self.weight(&[*channels], values)
        });
        (self.node("InstanceNormalization", &[input, &factors[0], &factors[1]], &[], &[]), *channels)
    }

    fn beside(&mut self, (a, channels): &Picture, (b, more): &Picture) -> Picture {
        (self.node("Concat", &[a, b], &[("axis", &[1])], &[]), channels + more)
    }

    /// Four channels become four pixels.
    fn spread(&mut self, (input, channels): &Picture) -> Picture {
        let (block, order) = (("blocksize", &[2][..]), ("mode", "CRD"));
        (self.node("DepthToSpace", &[input], &[block], &[order]), channels / 4)
    }

    fn enlarged(&mut self, (input, channels): &Picture) -> Picture {
        let factors = self.weight(&[4], vec![1., 1., 2., 2.]);
        let texts = [("mode", "linear"), ("coordinate_transformation_mode", "half_pixel")];
        (self.node("Resize", &[input, "", &factors], &[], &texts), *channels)
    }

    fn file(mut self, last: &Picture) -> Vec<u8> {
        let output = self.node("Identity", &[&last.0], &[], &[]);
        let side = |value| Dimension { value: Some(value), ..Dimension::default() };
        let free = ["height", "width"].map(|name| side(Side::DimParam(name.into())));
        let picture = |name: &str| ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                value: Some(Type::TensorType(type_proto::Tensor {
                    elem_type: DataType::Float as i32,
                    shape: Some(TensorShapeProto {
                        dim: [1, 3].map(|n| side(Side::DimValue(n))).into_iter().chain(free.clone()).collect(),
                    }),
                })),
                ..TypeProto::default()
            }),
            ..ValueInfoProto::default()
        };
        let graph = GraphProto {
            name: "graph".into(),
            input: vec![picture("input")],
            output: vec![picture(&output)],
            node: self.nodes,
            initializer: self.weights,
            ..GraphProto::default()
        };
        let opset_import = vec![OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() }];
        ModelProto { ir_version: 8, graph: Some(graph), opset_import, ..ModelProto::default() }.encode_to_vec()
    }
}

#[derive(Debug, Clone)]
struct Convolve {
    kernel: usize,
    stride: usize,
    dilation: usize,
    depthwise: bool,
    /// Whether the picture is mirrored at its border; zeros lie beyond it else.
    mirrored: bool,
}

const POINTWISE: Convolve = Convolve { kernel: 1, stride: 1, dilation: 1, depthwise: false, mirrored: false };

impl Convolve {
    fn pad(&self) -> usize {
        self.dilation * (self.kernel - 1) / 2
    }
}

/// What lies beside the picture that the convolution reads.
#[derive(Debug, Clone, Copy)]
enum Beside {
    Nothing,
    Another(usize),
    /// The picture itself with an activation: the same values, read in two ways.
    Itself,
}

#[derive(Debug, Clone)]
pub(super) struct Made {
    seed: u32,
    pub(super) sides: [u32; 2],
    inputs: usize,
    beside: Beside,
    normal: bool,
    /// Each channel comes from four, at twice the size.
    spread: bool,
    convolve: Convolve,
    outputs: usize,
    leaky: bool,
}

pub(super) fn made() -> impl Strategy<Value = Made> {
    let channels = || prop_oneof![1..20usize, (1..4usize).prop_map(|vectors| 8 * vectors)];
    let beside = prop_oneof![Just(Beside::Nothing), channels().prop_map(Beside::Another), Just(Beside::Itself)];
    let kernel = prop_oneof![Just(1usize), Just(3), Just(5), Just(7)];
    let convolve = (kernel, 1..3usize, 1..3usize, any::<bool>()).prop_map(|(kernel, stride, dilation, depthwise)| {
        Convolve { kernel, stride, dilation, depthwise, ..POINTWISE }
    });
    let sides = [3..9u32, 3..25u32].prop_map(|sides| sides.map(|side| 2 * side));
    (any::<u32>(), sides, channels(), beside, convolve, channels(), any::<[bool; 3]>()).prop_map(
        |(seed, sides, inputs, beside, convolve, outputs, [normal, spread, leaky])| Made {
            seed,
            sides,
            inputs,
            beside,
            normal,
            spread,
            convolve,
            outputs,
            leaky,
        },
    )
}

pub(super) fn build(made: &Made) -> Vec<u8> {
    let mut network = Network { seed: made.seed, ..Network::default() };
    let input = ("input".to_owned(), 3);
    let inputs = if made.spread { 4 * made.inputs } else { made.inputs };
    let mut picture = network.convolve(&input, inputs, &POINTWISE);
    if made.spread {
        picture = network.spread(&picture);
    }
    if made.normal {
        picture = network.normal(&picture);
    }
    picture = match made.beside {
        Beside::Nothing => picture,
        Beside::Another(channels) => {
            let other = network.convolve(&input, channels, &POINTWISE);
            let other = if made.spread { network.enlarged(&other) } else { other };
            network.beside(&picture, &other)
        }
        Beside::Itself => {
            let other = network.leaky(&picture);
            network.beside(&picture, &other)
        }
    };
    picture = network.convolve(&picture, made.outputs, &made.convolve);
    if made.leaky {
        picture = network.leaky(&picture);
    }
    // Twice as many as there should be, or half.
    let last = match (made.spread, made.convolve.stride) {
        (true, 1) => network.convolve(&picture, 3, &Convolve { kernel: 3, stride: 2, ..POINTWISE }),
        (false, 2) => {
            picture = network.enlarged(&picture);
            network.convolve(&picture, 3, &POINTWISE)
        }
        _ => network.convolve(&picture, 3, &POINTWISE),
    };
    network.file(&last)
}

/// What a network gives for noise, by our operators or by tract's, and the operators' names.
fn drawn(file: &[u8], [height, width]: [u32; 2], ours: bool) -> (Vec<f32>, Vec<String>) {
    let model = Model::load(file).unwrap();
    let plan = std::sync::Arc::new(Plan::with(&model, width, height, width.max(height), ours).unwrap());
    let names = plan.operators().into_iter().map(|(name, ..)| name).collect();
    let input = noise(3 * (height * width) as usize);
    let mut run = Run::new(plan, input).unwrap();
    while !run.step().unwrap() {}
    (run.finish().unwrap(), names)
}

fn check(made: &Made) -> Result<Vec<String>, TestCaseError> {
    let file = build(made);
    let (expected, _) = drawn(&file, made.sides, false);
    let (found, names) = drawn(&file, made.sides, true);
    prop_assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(&expected) {
        prop_assert!((a - b).abs() <= TOLERANCE * (1. + b.abs()), "{a} {b} by {}", names.join(", "));
    }
    Ok(names)
}

const PLAIN: Made = Made {
    seed: 1,
    sides: [14, 22],
    inputs: 16,
    beside: Beside::Nothing,
    normal: false,
    spread: false,
    convolve: Convolve { kernel: 3, ..POINTWISE },
    outputs: 16,
    leaky: false,
};

/// Where this machine adds integers sooner; not a stranger's weights, even where they are whole numbers.
#[test]
fn what_is_stored_in_bytes_is_added_in_integers() {
    let count = |file: &[u8]| drawn(file, [32, 32], true).1.join(" ").matches("IntegerConvolution").count();
    for (file, pointwise) in [("meadow-fast", 17), ("meadow-fine", 44)] {
        let bytes = std::fs::read(format!("models/{file}.onnx")).unwrap();
        assert_eq!(count(&bytes), if adds_integers() { pointwise } else { 0 }, "{file}");
    }
    let mut network = Network::default();
    let whole = network.weight(&[16, 3, 1, 1], vec![1.; 48]);
    let weights = network.weight(&[16, 16, 1, 1], (0..256).map(|i| (i % 3) as f32 - 1.).collect());
    let last = network.weight(&[3, 16, 1, 1], vec![0.25; 48]);
    let picture = network.node("Conv", &["input", &whole], &[], &[]);
    let picture = network.node("Conv", &[&picture, &weights], &[], &[]);
    let picture = network.node("Conv", &[&picture, &last], &[], &[]);
    assert_eq!(count(&network.file(&(picture, 3))), 0);
}

/// Nobody else reads the picture, so it might be written over; but the convolution reads it twice.
#[test]
fn a_picture_beside_itself_is_read_in_both_places() {
    for depthwise in [false, true] {
        let convolve = Convolve { depthwise, ..PLAIN.convolve };
        check(&Made { beside: Beside::Itself, convolve, ..PLAIN }).unwrap();
    }
}

/// Planes whose blocks become channels are read where they are: never written over, and only where they are floats.
#[test]
fn blocks_of_planes_are_read_as_the_channels_that_they_become() {
    let sides = [14, 22];
    for (taken, half, depthwise) in
        [(3, false, false), (3, false, true), (2, false, true), (2, true, true), (3, true, false)]
    {
        let mut network = Network::default();
        let [from, to, axis] = [0, taken, 1].map(|value| network.integers(&[value]));
        let mut picture = (network.node("Slice", &["input", &from, &to, &axis], &[], &[]), taken as usize);
        if half {
            picture.0 = network.node("Cast", &[&picture.0], &[("to", &[DataType::Float16 as i64])], &[]);
        }
        let mut picture = network.gathered(&picture, sides);
        if half {
            picture.0 = network.node("Cast", &[&picture.0], &[("to", &[DataType::Float as i64])], &[]);
        }
        let channels = picture.1;
        let picture = network.convolve(&picture, channels, &Convolve { kernel: 3, depthwise, ..POINTWISE });
        let picture = network.convolve(&picture, 12, &POINTWISE);
        let file = {
            let last = network.spread(&picture);
            network.file(&last)
        };
        let (expected, found) = (drawn(&file, sides, false).0, drawn(&file, sides, true).0);
        let close = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * (1. + b.abs());
        assert!(found.iter().zip(&expected).all(close), "{taken} {half} {depthwise}");
    }
}

/// Of a picture that is one pixel wide only the shape says which way it lies.
#[test]
fn a_column_that_becomes_a_row_is_read_along_it() {
    let sides = [14, 22];
    let (channels, height) = (8, i64::from(sides[0]));
    let mut network = Network::default();
    let (down, across) = (network.noise(3 * channels * 3), network.noise(3 * channels * 3));
    let [down, across] = [([channels, 3, 3, 1], down), ([3, channels, 1, 3], across)]
        .map(|(dims, weights)| network.weight(&dims, weights));
    let row = network.integers(&[1, channels as i64, 1, height]);
    let column = network.integers(&[1, 3, height, 1]);
    let picture = network.node("ReduceMean", &["input"], &[("axes", &[3])], &[]);
    let picture = network.node("Conv", &[&picture, &down], &[("pads", &[1, 0, 1, 0])], &[]);
    let picture = network.node("Reshape", &[&picture, &row], &[], &[]);
    let picture = network.node("Conv", &[&picture, &across], &[("pads", &[0, 1, 0, 1])], &[]);
    let picture = network.node("Reshape", &[&picture, &column], &[], &[]);
    let picture = network.node("Add", &["input", &picture], &[], &[]);
    let file = network.file(&(picture, 3));
    let (expected, (found, names)) = (drawn(&file, sides, false).0, drawn(&file, sides, true));
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * (1. + b.abs());
    assert!(found.iter().zip(&expected).all(close), "{}", names.join(", "));
}

/// tract makes such a convolution one of every other pixel, and gives up where it cannot read these further up, before
/// a change of shape.
#[test]
fn every_other_pixel_is_read_by_our_operators_whatever_comes_before() {
    for (inputs, normal, spread, kernel) in
        [(1, false, false, 1), (1, true, false, 1), (1, false, true, 1), (16, false, true, 1), (16, true, true, 3)]
    {
        // Three taps that skip every other pixel see as few.
        let convolve = Convolve { kernel, stride: 2, dilation: 2, ..POINTWISE };
        let names = check(&Made { inputs, normal, spread, convolve, ..PLAIN }).unwrap();
        assert!(!names.iter().any(|name| name == "Downsample"), "{}", names.join(", "));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn networks_of_chance_are_drawn_as_tract_draws_them(made in made()) {
        check(&made)?;
    }
}
