//! Small networks that chance makes, drawn by our operators and by tract's.

mod chain;
mod network;

use proptest::prelude::*;
use tract_onnx::pb::tensor_proto::DataType;

pub(super) use network::noise;
use network::{Convolve, Network, POINTWISE};

use super::{
    kernels::adds_integers,
    onnx::Model,
    plan::{Plan, Run},
};

/// Of a value's size, and of 1.
const TOLERANCE: f32 = 1e-4;

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
    let mut network = Network::seeded(made.seed);
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
