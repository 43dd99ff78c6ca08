//! Convolutions that follow each other, drawn in chains and one by one.

use proptest::prelude::*;
use tract_onnx::prelude::*;

use super::{Convolve, Network, PLAIN, POINTWISE, drawn, noise};
use crate::generator::{kernels::Threads, onnx::Model, plan::sized, rewrite::rewrite};

/// Convolutions that follow each other.
#[derive(Debug, Clone)]
struct InARow {
    seed: u32,
    sides: [u32; 2],
    inputs: usize,
    links: Vec<Linked>,
    spread: bool,
}

/// One of them: what it is, its outputs, and what it reads beside the one before.
#[derive(Debug, Clone)]
struct Linked {
    convolve: Convolve,
    outputs: usize,
    beside: Option<usize>,
    leaky: bool,
    /// Whether the first picture is added, where it has as many channels.
    plus: bool,
}

fn row() -> impl Strategy<Value = InARow> {
    let kernel = prop_oneof![Just(1usize), Just(3), Just(3), Just(5), Just(7)];
    let convolve =
        (kernel, 1..4usize, any::<bool>(), any::<bool>()).prop_map(|(kernel, dilation, depthwise, mirrored)| {
            Convolve { kernel, dilation, depthwise, mirrored, ..POINTWISE }
        });
    let channels = || prop_oneof![Just(8usize), Just(16), 1..20usize];
    let linked = (convolve, channels(), proptest::option::of(channels()), any::<[bool; 2]>())
        .prop_map(|(convolve, outputs, beside, [leaky, plus])| Linked { convolve, outputs, beside, leaky, plus });
    let sides = [10..30u32, 10..15u32].prop_map(|sides| sides.map(|side| 2 * side));
    (any::<u32>(), sides, channels(), proptest::collection::vec(linked, 2..7), any::<bool>())
        .prop_map(|(seed, sides, inputs, links, spread)| InARow { seed, sides, inputs, links, spread })
}

impl InARow {
    fn file(&self) -> Vec<u8> {
        let mut network = Network::seeded(self.seed);
        let input = ("input".to_owned(), 3);
        let read = Convolve { stride: if self.spread { 2 } else { 1 }, ..POINTWISE };
        let first = network.convolve(&input, self.inputs, &read);
        let mut picture = first.clone();
        for Linked { convolve, outputs, beside, leaky, plus } in &self.links {
            if let Some(channels) = beside {
                let other = network.convolve(&input, *channels, &read);
                picture = network.beside(&picture, &other);
            }
            picture = network.convolve(&picture, *outputs, convolve);
            if *plus && picture.1 == first.1 {
                picture = network.plus(&picture, &first);
            }
            if *leaky {
                picture = network.leaky(&picture);
            }
        }
        if self.spread {
            let four = network.convolve(&picture, 32, &POINTWISE);
            picture = network.spread(&four);
            picture = network.convolve(&picture, 8, &PLAIN.convolve);
        }
        let last = network.convolve(&picture, 3, &POINTWISE);
        network.file(&last)
    }
}

/// Whatever is written over, and however many rows are drawn at a time.
fn check_row(row: &InARow) -> Result<(), TestCaseError> {
    let file = row.file();
    let model = Model::load(&file).unwrap();
    let [height, width] = row.sides;
    let shape = [1, 3, height as usize, width as usize];
    let graph = sized(&model, &shape, height.max(width)).unwrap();
    let plan = TypedSimplePlan::new(rewrite(&graph, &model.packed).unwrap()).unwrap();
    let mut state = plan.spawn().unwrap();
    let input = noise(3 * (height * width) as usize);
    state.set_input(0, Tensor::from_shape(&shape, &input).unwrap().into()).unwrap();
    // All values are kept, so that none is written over.
    for &node in plan.order_without_consts() {
        state.compute_one(node).unwrap();
    }
    let apart = state.outputs().unwrap().remove(0);
    let (drawn, names) = drawn(&file, row.sides, true);
    prop_assume!(names.iter().any(|name| name.contains('+')));
    prop_assert!(apart.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap() == drawn, "{}", names.join(", "));
    Ok(())
}

/// What they would read beyond their last row lies, mirrored, further up than what is still there.
#[test]
fn large_kernels_read_no_rows_that_are_gone() {
    let linked = |kernel, outputs, mirrored| Linked {
        convolve: Convolve { kernel, mirrored, ..POINTWISE },
        outputs,
        beside: None,
        leaky: true,
        plus: false,
    };
    for (kernel, height) in [5, 7, 9].into_iter().flat_map(|kernel| (10..44).map(move |height| (kernel, height))) {
        let links = vec![linked(kernel, 16, true), linked(1, 16, false), linked(kernel, 16, true)];
        check_row(&InARow { seed: 1, sides: [height, 20], inputs: 16, links, spread: false }).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_chain_draws_what_its_convolutions_draw_one_by_one(row in row(), threads in 1..4usize) {
        let _threads = Threads::start(threads);
        check_row(&row)?;
    }
}
