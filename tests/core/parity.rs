//! Our output equals ONNX Runtime's (tests/vectors/README.md says how the vectors are made and filled).

use nijigen::generator::{Generator, Threads};
use prost::Message;
use serde::Deserialize;
use tract_onnx::pb::ModelProto;

#[derive(Deserialize)]
struct Vectors {
    tolerance: f32,
    good: Vec<Model>,
    bad: Vec<Bad>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    file: String,
    /// Whether it has weights in integers, so that what they read is rounded.
    quantised: bool,
    fill: Vec<Fill>,
    cases: Vec<Case>,
}

/// An initializer that the file leaves out: `centre + bound × u`, u seeded with the hash of its name.
#[derive(Deserialize)]
struct Fill {
    name: String,
    dims: Vec<usize>,
    centre: f32,
    bound: f32,
}

#[derive(Deserialize)]
struct Case {
    input_shape: [usize; 4],
    input_seed: u64,
    expected: String,
}

#[derive(Deserialize)]
struct Bad {
    name: String,
    file: String,
}

/// SplitMix64's top 24 bits as f32 in [-1, 1).
pub fn signed_unit(seed: u64, count: usize) -> impl Iterator<Item = f32> {
    (1..=count as u64).map(move |i| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 40) as f32 * (2f32).powi(-23) - 1.
    })
}

/// 64-bit FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// The model's file with the weights it leaves out.
fn filled(model: &Model) -> Vec<u8> {
    let bytes = crate::read(&model.file);
    if model.fill.is_empty() {
        return bytes;
    }
    let mut proto = ModelProto::decode(bytes.as_slice()).unwrap();
    let initializers = &mut proto.graph.as_mut().unwrap().initializer;
    for fill in &model.fill {
        let tensor = initializers.iter_mut().find(|t| t.name == fill.name).unwrap_or_else(|| panic!("{}", fill.name));
        let values = signed_unit(hash(&fill.name), fill.dims.iter().product());
        tensor.raw_data = values.flat_map(|u| (fill.centre + fill.bound * u).to_le_bytes()).collect();
    }
    proto.encode_to_vec()
}

#[test]
fn outputs_equal_onnx_runtimes() {
    let _threads = Threads::start(3);
    let vectors: Vectors = crate::json("tests/vectors/vectors.json");
    assert!(vectors.tolerance <= 1e-3);
    for model in &vectors.good {
        let mut generator = Generator::load(&filled(model)).unwrap();
        for case in &model.cases {
            let [_, a, b, c] = case.input_shape;
            let (height, width) = if a == 3 { (b, c) } else { (a, b) };
            let input: Vec<f32> = signed_unit(case.input_seed, a * b * c).collect();
            let mut run = generator.start(input, width as u32, height as u32, width.max(height) as u32).unwrap();
            let mut progress = run.progress();
            while !run.step().unwrap() {
                assert!(run.progress() >= progress, "{}: progress fell", model.name);
                progress = run.progress();
            }
            assert_eq!(run.progress(), 1., "{}", model.name);
            let output = run.finish().unwrap();
            let expected = crate::read(&format!("tests/vectors/{}", case.expected));
            let expected: Vec<f32> = expected.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            assert_eq!(output.len(), expected.len(), "{}", case.expected);
            let error = output.iter().zip(&expected).map(|(x, y)| (x - y).abs()).fold(0., f32::max);
            let mean = output.iter().zip(&expected).map(|(x, y)| (x - y).abs()).sum::<f32>() / output.len() as f32;
            println!("{}: abs error at most {error:.1e}, {mean:.1e} on average", case.expected);
            // Where a float's last digit decides between two levels, one channel of one pixel goes another way.
            let [most, usual] =
                if model.quantised { [30., 2.] } else { [1., 1.] }.map(|times| times * vectors.tolerance);
            assert!(error <= most && mean <= usual, "{}: {error}, {mean}", case.expected);
        }
    }
}

#[test]
fn what_is_no_generator_is_refused() {
    for bad in crate::json::<Vectors>("tests/vectors/vectors.json").bad {
        let refused = nijigen::pipeline::Engine::for_user_model(&bad.name, &crate::read(&bad.file), None);
        let Err(error) = refused else { panic!("{} was taken", bad.name) };
        assert_eq!(error.code(), "bad-model", "{}: {error}", bad.name);
        println!("{}: {error}", bad.name);
    }
}
