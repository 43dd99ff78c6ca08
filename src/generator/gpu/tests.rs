//! Lists are run in plain loops, and give what the CPU gives.

use proptest::prelude::*;
use tract_onnx::prelude::{IntoTValue, Tensor, TypedSimplePlan, f16, tvec};

use super::*;
use crate::generator::{
    kernels,
    onnx::Sides,
    plan::graph_for_gpu,
    tests::{build, made, noise},
};

/// Of a value's size, and of 1.
const TOLERANCE: f32 = 2e-4;

struct Machine<'a>(Vec<Vec<f32>>, &'a [u32]);

impl Machine<'_> {
    fn new(program: &Program) -> Machine<'_> {
        // What was never written shows.
        let mut buffers: Vec<_> = program.buffers.iter().map(|&floats| vec![f32::NAN; floats]).collect();
        buffers[CONSTANTS] = program.constants.iter().map(|&word| f32::from_bits(word)).collect();
        Machine(buffers, &program.constants)
    }

    fn weight(&self, Weights { at, halves }: Weights, i: usize) -> f32 {
        if !halves {
            return self.get(at, i);
        }
        let word = self.1[at.offset + i / 2];
        f16::from_bits((word >> (16 * (i % 2))) as u16).to_f32()
    }

    fn get(&self, place: Place, i: usize) -> f32 {
        self.0[place.buffer][place.offset + i]
    }

    fn set(&mut self, place: Place, i: usize, value: f32) {
        assert_ne!(place.buffer, CONSTANTS);
        self.0[place.buffer][place.offset + i] = value;
    }

    fn affine(&self, affine: Option<[Coefficient; 2]>, c: usize, value: f32) -> f32 {
        let of = |coefficient: Coefficient| self.get(coefficient.at, if coefficient.each { c } else { 0 });
        affine.map_or(value, |[scale, shift]| value * of(scale) + of(shift))
    }

    /// Channel `c` of pixel `at`; what is beyond the last channel may be anything and is not looked at.
    fn read(&self, part: &Part, at: usize, c: usize) -> f32 {
        let value = self.get(part.at, at * vectors(part.channels) * LANES + c);
        leaky(self.affine(part.affine, c, value), part.slope)
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::FromTensor { from, order, sides, channels, to } => {
                self.rearranged(*order, *sides, *channels, |machine, tensor, picture| {
                    machine.set(*to, picture, machine.get(*from, tensor));
                });
            }
            Step::ToTensor { from, order, sides, channels, to } => {
                self.rearranged(*order, *sides, *channels, |machine, tensor, picture| {
                    machine.set(*to, tensor, machine.get(*from, picture));
                });
            }
            Step::Copy { .. } => self.copy(step),
            Step::Convolve { .. } => self.convolve(step),
            Step::Moments { from, pixels, channels, to, .. } => {
                for c in 0..*channels {
                    let at = |i| f64::from(self.get(*from, i * vectors(*channels) * LANES + c));
                    let mean = (0..*pixels).map(at).sum::<f64>() / *pixels as f64;
                    let variance = (0..*pixels).map(|i| (at(i) - mean).powi(2)).sum::<f64>() / *pixels as f64;
                    self.set(*to, c, mean as f32);
                    self.set(*to, channels + c, variance as f32);
                }
            }
            Step::Statistics { moments, affine, channels, pixels, sum, across_channels, to } => {
                let answer = |c: usize| {
                    let mean = self.affine(*affine, c, self.get(*moments, c));
                    let scale = self.affine(*affine, c, 1.) - self.affine(*affine, c, 0.);
                    if *sum {
                        mean * *pixels as f32
                    } else {
                        self.get(*moments, channels + c) * scale * scale + mean * mean
                    }
                };
                let answers: Vec<f32> = (0..*channels).map(answer).collect();
                let all = answers.iter().sum::<f32>() / if *sum { 1. } else { *channels as f32 };
                match across_channels {
                    true => self.set(*to, 0, all),
                    false => answers.into_iter().enumerate().for_each(|(c, answer)| self.set(*to, c, answer)),
                }
            }
            Step::Elementwise { function, operands, shape, to } => {
                for i in 0..shape.iter().product() {
                    let value = |operand: &Operand| {
                        let mut rest = i;
                        let axes = shape.iter().zip(&operand.strides).rev();
                        let at = axes.map(|(length, stride)| {
                            let here = rest % length;
                            rest /= length;
                            here * stride
                        });
                        self.get(operand.at, at.sum())
                    };
                    let values: Vec<f32> = operands.iter().map(value).collect();
                    self.set(*to, i, computed(*function, &values));
                }
            }
        }
    }

    fn rearranged(
        &mut self,
        order: Order,
        [height, width]: [usize; 2],
        channels: usize,
        mut put: impl FnMut(&mut Machine<'_>, usize, usize),
    ) {
        for (at, c) in (0..height * width).flat_map(|at| (0..channels).map(move |c| (at, c))) {
            let tensor = match order {
                Order::Planes => c * height * width + at,
                Order::Pixels => at * channels + c,
            };
            put(self, tensor, at * vectors(channels) * LANES + c);
        }
    }

    fn copy(&mut self, step: &Step) {
        let Step::Copy { from, raw, taps, inner, pad, border, to, sides, vectors, first, add } = step else {
            unreachable!()
        };
        for (y, x) in (0..sides[0]).flat_map(|y| (0..sides[1]).map(move |x| (y, x))) {
            let place = [beyond(*border, y, pad[0], inner[0]), beyond(*border, x, pad[1], inner[1])];
            for c in 0..from.channels {
                let value = match place {
                    [Some(y), Some(x)] => match taps {
                        None => self.read(from, y * raw[1] + x, c),
                        Some([rows, columns]) => (0..4)
                            .map(|corner| {
                                let (row, column) = (2 * (corner / 2), 2 * (corner % 2));
                                let [i, p] = [0, 1].map(|k| self.get(*rows, 4 * y + row + k));
                                let [j, q] = [0, 1].map(|k| self.get(*columns, 4 * x + column + k));
                                if p * q == 0. {
                                    0.
                                } else {
                                    p * q * self.read(from, i as usize * raw[1] + j as usize, c)
                                }
                            })
                            .sum(),
                    },
                    _ => 0.,
                };
                let at = ((y * sides[1] + x) * vectors + first) * LANES + c;
                let before = if *add { self.get(*to, at) } else { 0. };
                self.set(*to, at, before + value);
            }
        }
    }

    fn convolve(&mut self, step: &Step) {
        let Step::Convolve {
            parts,
            raw,
            border,
            depthwise,
            kernel,
            stride,
            dilation,
            pad,
            weights,
            bias,
            residual,
            slope,
            shuffle,
            to,
            sides,
            outputs,
            ..
        } = step
        else {
            unreachable!()
        };
        let inputs: usize = parts.iter().map(|part| part.channels).sum();
        let input = |machine: &Machine<'_>, at: usize, mut c: usize| {
            for part in parts {
                if c < part.channels {
                    return machine.read(part, at, c);
                }
                c -= part.channels;
            }
            unreachable!()
        };
        let quarter = if *shuffle { outputs / 4 } else { *outputs };
        for (y, x, o) in (0..sides[0])
            .flat_map(|y| (0..sides[1]).map(move |x| (y, x)))
            .flat_map(|(y, x)| (0..*outputs).map(move |o| (y, x, o)))
        {
            let mut sum = self.get(*bias, o);
            for (ky, kx) in (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))) {
                let row = beyond(*border, y * stride[0] + ky * dilation[0], pad[0], raw[0]);
                let column = beyond(*border, x * stride[1] + kx * dilation[1], pad[1], raw[1]);
                let (Some(row), Some(column)) = (row, column) else { continue };
                let tap = ky * kernel[1] + kx;
                if *depthwise {
                    let weight = self.weight(*weights, tap * vectors(*outputs) * LANES + o);
                    sum += weight * input(self, row * raw[1] + column, o);
                    continue;
                }
                for i in 0..inputs {
                    let k = tap * vectors(inputs) * LANES + i;
                    let weight = self.weight(*weights, k * vectors(*outputs) * LANES + o);
                    sum += weight * input(self, row * raw[1] + column, i);
                }
            }
            let (corner, c) = (o / quarter, o % quarter);
            let (pixel, width) = match shuffle {
                true => ([2 * y + corner / 2, 2 * x + corner % 2], 2 * sides[1]),
                false => ([y, x], sides[1]),
            };
            let at = (pixel[0] * width + pixel[1]) * vectors(quarter) * LANES + c;
            let more = residual.map_or(0., |residual| self.get(residual, at));
            self.set(*to, at, leaky(sum + more, *slope));
        }
    }
}

fn beyond(border: Border, at: usize, pad: usize, length: usize) -> Option<usize> {
    let border = match border {
        Border::Zero => kernels::Border::Zero,
        Border::Reflect => kernels::Border::Reflect,
        Border::Edge => kernels::Border::Edge,
    };
    border.index(at as isize - pad as isize, length)
}

fn leaky(value: f32, slope: Option<f32>) -> f32 {
    slope.map_or(value, |slope| value.max(value * slope))
}

fn computed(function: Function, values: &[f32]) -> f32 {
    let (a, b) = (values[0], values[values.len() - 1]);
    match function {
        Function::Copy => a,
        Function::Tanh => a.tanh(),
        Function::Sigmoid => 1. / (1. + (-a).exp()),
        Function::Sqrt => a.sqrt(),
        Function::Rsqrt => 1. / a.sqrt(),
        Function::Recip => 1. / a,
        Function::Square => a * a,
        Function::Exp => a.exp(),
        Function::Neg => -a,
        Function::Abs => a.abs(),
        Function::Add => a + b,
        Function::Sub => a - b,
        Function::Mul => a * b,
        Function::Div => a / b,
        Function::Max => a.max(b),
        Function::Min => a.min(b),
    }
}

/// What a list gives for noise, and what its graph gives on the CPU.
fn both(file: &[u8], [height, width]: [u32; 2]) -> Option<(Vec<f32>, Vec<f32>)> {
    let model = Model::load(file).unwrap();
    let side = width.max(height);
    let program = Program::new(&model, width, height, side).unwrap()?;
    let input = noise(3 * (height * width) as usize);
    let mut machine = Machine::new(&program);
    for (i, &value) in input.iter().enumerate() {
        machine.set(program.input, i, value);
    }
    program.steps.iter().for_each(|step| machine.step(step));
    let found = (0..input.len()).map(|i| machine.get(program.output, i)).collect();
    // In floats, as the list is.
    let graph = graph_for_gpu(&model, width, height, side).unwrap();
    let shape = graph.outlet_fact(graph.inputs[0]).unwrap().shape.as_concrete().unwrap().to_vec();
    let input = Tensor::from_shape(&shape, &input).unwrap().into_tvalue();
    let expected = TypedSimplePlan::new(graph).unwrap().run(tvec!(input)).unwrap();
    let expected = expected[0].try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec();
    Some((found, expected))
}

fn compare((found, expected): &(Vec<f32>, Vec<f32>), what: &str) -> std::result::Result<(), TestCaseError> {
    for (a, b) in found.iter().zip(expected) {
        prop_assert!((a - b).abs() <= TOLERANCE * (1. + b.abs()), "{what}: {a} instead of {b}");
    }
    Ok(())
}

#[test]
fn every_generator_of_ours_and_every_spelling_of_animegan_has_a_list() {
    let ours = ["models"].map(std::path::PathBuf::from);
    let others = std::path::PathBuf::from("tests/vectors/user");
    let files = |folder: &std::path::Path| {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "onnx"));
        files.sort();
        files
    };
    let named = |file: &std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.starts_with("torch") || name.starts_with("tf")
    };
    let all: Vec<_> =
        ours.iter().flat_map(|folder| files(folder)).chain(files(&others).into_iter().filter(named)).collect();
    assert!(all.len() > 10, "{all:?}");
    for file in all {
        let bytes = std::fs::read(&file).unwrap();
        let sides = match Model::load(&bytes).unwrap().sides {
            Sides::Fixed { width, height } => [height, width],
            Sides::Dynamic => [32, 48],
        };
        let name = file.display().to_string();
        compare(&both(&bytes, sides).unwrap_or_else(|| panic!("{name} has no list")), &name).unwrap();
    }
}

#[test]
fn what_a_gpu_has_no_step_for_has_no_list() {
    let bytes = std::fs::read("tests/vectors/user/v3.onnx").unwrap();
    let model = Model::load(&bytes).unwrap();
    assert!(Program::new(&model, 64, 64, 64).unwrap().is_none());
}

/// Ours are float16 or int8 in their files, and take two bytes each on a GPU.
#[test]
fn weights_stay_small() {
    let halves = |file: &str, [height, width]: [u32; 2]| {
        let model = Model::load(&std::fs::read(file).unwrap()).unwrap();
        let program = Program::new(&model, width, height, width.max(height)).unwrap().unwrap();
        let one = |step: &Step| match step {
            Step::Convolve { weights, .. } => Some(weights.halves),
            _ => None,
        };
        (program.steps.iter().filter_map(one).collect::<Vec<_>>(), program.constants.len())
    };
    let (ours, words) = halves("models/meadow-fine.onnx", [64, 64]);
    assert!(ours.iter().all(|&half| half), "{ours:?}");
    let bytes = std::fs::metadata("models/meadow-fine.onnx").unwrap().len();
    assert!((words * 4) as u64 <= 2 * bytes, "{words} words of a file of {bytes} bytes");
}

/// Otherwise a deep generator would need as many buffers as it has layers.
#[test]
fn buffers_are_used_again() {
    let bytes = std::fs::read("models/meadow-fine.onnx").unwrap();
    let program = Program::new(&Model::load(&bytes).unwrap(), 256, 256, 256).unwrap().unwrap();
    assert!(program.buffers.len() < 12, "{} buffers for {} steps", program.buffers.len(), program.steps.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn networks_of_chance_give_by_their_list_what_the_cpu_gives(made in made()) {
        // Channels that do not lie side by side in vectors are tract's to put together.
        let given = both(&build(&made), made.sides);
        prop_assume!(given.is_some());
        compare(&given.unwrap(), "by chance")?;
    }
}
