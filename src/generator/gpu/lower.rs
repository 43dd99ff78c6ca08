//! From the graph of our operators, and the few of tract's that are left between them, to a list of steps.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        binary::TypedBinOp, change_axes::AxisOp, element_wise::ElementWiseOp, konst::Const, source::TypedSource,
    },
};

use super::{
    Border, CONSTANTS, Coefficient, Function, LANES, Operand, Order, Part, Place, Program, SMALL, STRIPE, STRIPES,
    Step, memory::Memory, places::Places, vectors,
};
use crate::generator::{
    kernels::{self, Axis, Weights},
    ops::{self, Kernel, Question, Read},
};

/// Parts that one convolution reads; others are copied together first. A shader has eight buffers.
const PARTS: usize = 2;

/// Nothing where an operator has no step.
pub fn program(graph: &TypedModel) -> Option<Program> {
    let order = graph.eval_order().ok()?;
    let mut lowering = Lowering { places: Places::new(graph, &order)?, steps: vec![] };
    for (position, &node) in order.iter().enumerate() {
        lowering.node(node)?;
        lowering.places.release(position);
    }
    let Lowering { mut places, steps } = lowering;
    let (input, output) = (places.place(*graph.inputs.first()?)?, places.place(*graph.outputs.first()?)?);
    let Memory { buffers, constants, .. } = places.memory;
    Some(Program { buffers, input, output, steps, constants })
}

struct Lowering<'a> {
    places: Places<'a>,
    steps: Vec<Step>,
}

impl Lowering<'_> {
    fn node(&mut self, id: usize) -> Option<()> {
        let node = self.places.graph.node(id);
        let to = OutletId::new(id, 0);
        if node.op_is::<Const>() {
            return Some(());
        }
        if node.op_is::<TypedSource>() {
            let floats = self.places.count(to)?;
            let place = self.places.memory.picture(floats);
            self.places.put(to, place);
            return Some(());
        }
        if self.places.stays_in_place(id)? {
            let place = self.places.place(node.inputs[0])?;
            self.places.put(to, place);
            return Some(());
        }
        if let Some(op) = node.op_as::<ops::FromTensor>() {
            let from = self.places.place(node.inputs[0])?;
            let (sides, channels) = (op.sides, op.channels);
            let to = self.places.picture(to, sides, channels);
            self.steps.push(Step::FromTensor { from, order: op.order.into(), sides, channels, to });
        } else if let Some(op) = node.op_as::<ops::ToTensor>() {
            let channels = op.store.reads.first()?.channels();
            let from = self.stored(&op.store, node, None)?;
            let (order, sides, to) = (op.order.into(), op.store.sides, self.places.tensor(to)?);
            self.steps.push(Step::ToTensor { from, order, sides, channels, to });
        } else if let Some(op) = node.op_as::<ops::Store>() {
            let channels = op.reads.first()?.channels();
            let at = self.places.picture(to, op.sides, channels);
            self.stored(op, node, Some(at))?;
            if op.moments {
                self.moments(id, at, op.sides, channels)?;
            }
        } else if let Some(op) = node.op_as::<ops::Chain>() {
            let [ops::Link { conv, .. }] = op.links.as_slice() else { return None };
            self.convolution(id, conv)?;
        } else if let Some(op) = node.op_as::<ops::Statistics>() {
            self.statistics(id, op)?;
        } else {
            self.elementwise(id)?;
        }
        Some(())
    }

    /// All parts of what is read: nothing where they do not lie side by side in whole vectors.
    fn parts(&mut self, read: &Read, node: &TypedNode) -> Option<Vec<Part>> {
        let (_, before) = read.parts.split_last()?;
        if before.iter().any(|part| !part.channels.is_multiple_of(LANES)) {
            return None;
        }
        read.parts.iter().map(|part| self.part(part, node)).collect()
    }

    fn part(&mut self, part: &ops::ReadPart, node: &TypedNode) -> Option<Part> {
        let affine = match part.affine {
            Some([scale, shift]) => {
                Some([self.coefficient(node.inputs[scale])?, self.coefficient(node.inputs[shift])?])
            }
            None => None,
        };
        let at = self.places.place(node.inputs[part.raw])?;
        Some(Part { at, channels: part.channels, affine, slope: part.slope })
    }

    fn coefficient(&mut self, outlet: OutletId) -> Option<Coefficient> {
        let (at, each) = (self.places.place(outlet)?, self.places.count(outlet)? > 1);
        (at.buffer == CONSTANTS || at.buffer == SMALL).then_some(Coefficient { at, each })
    }

    /// What a [`ops::Store`] writes: at a place of its own, or where it is, if that is the same.
    fn stored(&mut self, store: &ops::Store, node: &TypedNode, to: Option<Place>) -> Option<Place> {
        let channels = store.reads.first()?.channels();
        if let ([read], None) = (store.reads.as_slice(), to)
            && let [part] = read.parts.as_slice()
            && (part.affine, part.slope, &read.resize) == (None, None, &None)
            && read.raw == store.sides
        {
            return self.places.place(node.inputs[part.raw]);
        }
        let to = to.unwrap_or_else(|| self.places.temporary(store.sides, channels));
        for (i, read) in store.reads.iter().enumerate() {
            self.copied(read, node, store.pad, store.sides, to, i > 0)?;
        }
        Some(to)
    }

    fn copied(
        &mut self,
        read: &Read,
        node: &TypedNode,
        pad: [usize; 2],
        sides: [usize; 2],
        to: Place,
        add: bool,
    ) -> Option<()> {
        let taps =
            read.resize.as_ref().map(|axes| axes.each_ref().map(|axis| self.places.memory.constant(&taps(axis))));
        let inner = read.resize.as_ref().map_or(read.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()));
        let all = vectors(read.channels());
        let mut first = 0;
        for from in self.parts(read, node)? {
            let (raw, border) = (read.raw, read.border.into());
            self.steps.push(Step::Copy { from, raw, taps, inner, pad, border, to, sides, vectors: all, first, add });
            first += vectors(from.channels);
        }
        Some(())
    }

    fn convolution(&mut self, id: usize, op: &ops::Conv) -> Option<()> {
        let node = self.places.graph.node(id);
        let (raw, parts) = self.gathered(op, node)?;
        // What becomes another pixel does so in whole vectors.
        if op.shuffle && !op.outputs.is_multiple_of(4 * LANES) {
            return None;
        }
        let residual = match op.residual {
            Some(slot) => Some(self.places.place(node.inputs[slot])?),
            None => None,
        };
        let memory = &mut self.places.memory;
        let (depthwise, weights) = match &op.kernel {
            Kernel::Dense(weights) => (false, memory.weights(&packed(weights, op), weights.are_bytes())),
            Kernel::Depthwise(weights) => (true, memory.weights(&narrowed(weights, op.read.channels()), false)),
        };
        let bias: Vec<f32> = op.bias.iter().copied().take(op.outputs).collect();
        let bias = memory.constant(&bias);
        let (written, channels) = op.written();
        let to = self.places.picture(OutletId::new(id, 0), written, channels);
        let work = op.work();
        let ops::Conv { kernel_sides: kernel, stride, dilation, pad, sides, outputs, slope, shuffle, .. } = *op;
        let border = op.read.border.into();
        #[rustfmt::skip]
        self.steps.push(Step::Convolve {
            parts, raw, border, depthwise, kernel, stride, dilation, pad, weights, bias, residual, slope, shuffle, to,
            sides, outputs, work,
        });
        if op.moments {
            self.moments(id, to, written, channels)?;
        }
        Some(())
    }

    /// What a convolution reads, and its sides; copied together where a shader could not read it as it is.
    fn gathered(&mut self, op: &ops::Conv, node: &TypedNode) -> Option<([usize; 2], Vec<Part>)> {
        let read = &op.read;
        let most = if matches!(op.kernel, Kernel::Dense(_)) { PARTS } else { 1 };
        if read.resize.is_none() && read.parts.len() <= most {
            return Some((read.raw, self.parts(read, node)?));
        }
        let sides = read.resize.as_ref().map_or(read.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()));
        let channels = read.channels();
        let at = self.places.temporary(sides, channels);
        self.copied(read, node, [0, 0], sides, at, false)?;
        Some((sides, vec![Part { at, channels, affine: None, slope: None }]))
    }

    /// Those of a picture that a node just wrote.
    fn moments(&mut self, id: usize, from: Place, sides: [usize; 2], channels: usize) -> Option<()> {
        let pixels = sides[0] * sides[1];
        let stripes = pixels.div_ceil(STRIPE).min(STRIPES);
        let partials = self.places.scratch(stripes * 2 * vectors(channels) * LANES);
        let to = self.places.memory.small(2 * channels);
        self.places.put(OutletId::new(id, 1), to);
        self.steps.push(Step::Moments { from, pixels, channels, stripes, partials, to });
        Some(())
    }

    fn statistics(&mut self, id: usize, op: &ops::Statistics) -> Option<()> {
        let inputs = self.places.graph.node(id).inputs.clone();
        let channels = self.places.count(inputs[0])? / 2;
        let moments = self.places.place(inputs[0])?;
        let affine = match inputs[1..] {
            [scale, shift] => Some([self.coefficient(scale)?, self.coefficient(shift)?]),
            _ => None,
        };
        let (pixels, sum, across_channels) = (op.pixels, op.question == Question::Sum, op.across_channels);
        let to = self.places.tensor(OutletId::new(id, 0))?;
        self.steps.push(Step::Statistics { moments, affine, channels, pixels, sum, across_channels, to });
        Some(())
    }

    fn elementwise(&mut self, id: usize) -> Option<()> {
        let node = self.places.graph.node(id);
        let function = function(node)?;
        let shape = self.places.shape(OutletId::new(id, 0))?;
        let mut operands = vec![];
        for &input in &node.inputs {
            let mut strides = strides(&self.places.shape(input)?);
            if let Some(AxisOp::Move(from, to)) = node.op_as::<AxisOp>() {
                let moved = strides.remove(*from);
                strides.insert(*to, moved);
            }
            if strides.len() != shape.len() {
                return None;
            }
            operands.push(Operand { at: self.places.place(input)?, strides });
        }
        let to = self.places.tensor(OutletId::new(id, 0))?;
        self.steps.push(Step::Elementwise { function, operands, shape, to });
        Some(())
    }
}

/// What a node of tract's does to values one by one.
fn function(node: &TypedNode) -> Option<Function> {
    if node.op_as::<AxisOp>().is_some_and(|op| matches!(op, AxisOp::Move(..))) {
        return Some(Function::Copy);
    }
    let binary = node.op_as::<TypedBinOp>().filter(|op| op.1.is_none()).map(|op| op.0.name());
    let name = binary.map(str::to_owned).or_else(|| Some(node.op_as::<ElementWiseOp>()?.0.name()))?;
    Some(match name.as_str() {
        "Tanh" => Function::Tanh,
        "Sigmoid" => Function::Sigmoid,
        "Sqrt" => Function::Sqrt,
        "Rsqrt" => Function::Rsqrt,
        "Recip" => Function::Recip,
        "Square" => Function::Square,
        "Exp" => Function::Exp,
        "Neg" => Function::Neg,
        "Abs" => Function::Abs,
        "Add" => Function::Add,
        "Sub" => Function::Sub,
        "Mul" => Function::Mul,
        "Div" => Function::Div,
        "Max" => Function::Max,
        "Min" => Function::Min,
        _ => return None,
    })
}

/// How far apart the values along each axis lie; 0 for an axis of one.
fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut step = 1;
    for (stride, &length) in strides.iter_mut().zip(shape).rev() {
        *stride = if length == 1 { 0 } else { step };
        step *= length;
    }
    strides
}

fn taps(axis: &Axis) -> Vec<f32> {
    axis.taps.iter().flat_map(|&[(i, share), (j, rest)]| [i as f32, share, j as f32, rest]).collect()
}

/// Weights as [`Step::Convolve`] wants them.
fn packed(weights: &Weights, op: &ops::Conv) -> Vec<f32> {
    let taps = op.kernel_sides[0] * op.kernel_sides[1];
    let (inputs, outputs) = (op.read.channels(), op.outputs);
    let mut packed = Vec::with_capacity(taps * vectors(inputs) * vectors(outputs) * LANES * LANES);
    for (tap, i) in (0..taps).flat_map(|tap| (0..vectors(inputs) * LANES).map(move |i| (tap, i))) {
        let weight = |o: usize| if i < inputs && o < outputs { weights.direct(tap, i, o) } else { 0. };
        packed.extend((0..vectors(outputs) * LANES).map(weight));
    }
    packed
}

/// Depthwise weights without the channels that only wider vectors have.
fn narrowed(weights: &[f32], channels: usize) -> Vec<f32> {
    let taps = weights.chunks_exact(kernels::whole(channels));
    taps.flat_map(|tap| &tap[..vectors(channels) * LANES]).copied().collect()
}

impl From<kernels::Border> for Border {
    fn from(border: kernels::Border) -> Border {
        match border {
            kernels::Border::Zero => Border::Zero,
            kernels::Border::Reflect => Border::Reflect,
            kernels::Border::Edge => Border::Edge,
        }
    }
}

impl From<ops::Order> for Order {
    fn from(order: ops::Order) -> Order {
        match order {
            ops::Order::Chw => Order::Planes,
            ops::Order::Hwc => Order::Pixels,
        }
    }
}
