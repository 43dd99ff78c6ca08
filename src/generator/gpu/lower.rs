//! From the graph of our operators, and the few of tract's that are left between them, to a list of steps.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{
        binary::TypedBinOp, change_axes::AxisOp, element_wise::ElementWiseOp, konst::Const, source::TypedSource,
    },
};

use super::{
    Border, CONSTANTS, Coefficient, Function, LANES, Operand, Order, Part, Place, Program, SMALL, STRIPE, STRIPES,
    Step, memory::Memory, vectors,
};
use crate::generator::{
    kernels::{self, Axis, Weights},
    ops::{self, Kernel, Question, Read},
};

/// Values of a tensor that still counts as small.
const FEW: usize = 1 << 14;
/// Parts that one convolution reads; others are copied together first. A shader has eight buffers.
const PARTS: usize = 2;

/// Outlets of a node: a picture, and its moments.
const SLOTS: usize = 2;

/// Where an outlet stands in lists of all.
fn index(outlet: OutletId) -> usize {
    outlet.node * SLOTS + outlet.slot
}

/// Nothing where an operator has no step.
pub fn program(graph: &TypedModel) -> Option<Program> {
    let order = graph.eval_order().ok()?;
    if graph.nodes.iter().any(|node| node.outputs.len() > SLOTS) {
        return None;
    }
    let values = vec![None; graph.nodes.len() * SLOTS];
    let mut lowering = Lowering { graph, memory: Memory::new(), values, steps: vec![], spent: vec![] };
    let last = lowering.last_uses(&order)?;
    for (position, &node) in order.iter().enumerate() {
        lowering.node(node)?;
        for i in (0..last.len()).filter(|&i| last[i] == Some(position)) {
            lowering.spent.extend(lowering.values[i]);
        }
        while let Some(place) = lowering.spent.pop() {
            lowering.memory.release(place);
        }
    }
    let input = lowering.values[index(*graph.inputs.first()?)]?;
    let output = lowering.place(*graph.outputs.first()?)?;
    let Memory { buffers, constants, .. } = lowering.memory;
    Some(Program { buffers, input, output, steps: lowering.steps, constants })
}

struct Lowering<'a> {
    graph: &'a TypedModel,
    memory: Memory,
    /// By outlet.
    values: Vec<Option<Place>>,
    steps: Vec<Step>,
    /// What the node at hand needed on the way.
    spent: Vec<Place>,
}

impl Lowering<'_> {
    /// For every outlet that has a place of its own, when it is needed last.
    fn last_uses(&self, order: &[usize]) -> Option<Vec<Option<usize>>> {
        let mut last = vec![None; self.values.len()];
        let mut owners: Vec<usize> = (0..last.len()).collect();
        for (position, &id) in order.iter().enumerate() {
            let node = self.graph.node(id);
            for &input in &node.inputs {
                last[owners[index(input)]] = Some(position);
            }
            for slot in 0..node.outputs.len() {
                let at = id * SLOTS + slot;
                match self.stays_in_place(id)? {
                    true => owners[at] = owners[index(node.inputs[0])],
                    false => last[at] = Some(position),
                }
            }
        }
        for &output in &self.graph.outputs {
            last[owners[index(output)]] = None;
        }
        Some(last)
    }

    /// Whether a node changes nothing but the shape.
    fn stays_in_place(&self, id: usize) -> Option<bool> {
        let node = self.graph.node(id);
        Some(match node.op_as::<AxisOp>() {
            Some(AxisOp::Move(from, to)) => {
                let shape = self.shape(node.inputs[0])?;
                let (first, last) = (*from.min(to), *from.max(to));
                shape[*from] == 1 || (first..=last).all(|axis| axis == *from || shape[axis] == 1)
            }
            other => other.is_some(),
        })
    }

    fn shape(&self, outlet: OutletId) -> Option<Vec<usize>> {
        let fact = self.graph.outlet_fact(outlet).ok()?;
        if fact.datum_type != f32::datum_type() {
            return None;
        }
        fact.shape.as_concrete().map(<[usize]>::to_vec)
    }

    fn count(&self, outlet: OutletId) -> Option<usize> {
        Some(self.shape(outlet)?.iter().product())
    }

    /// Where an outlet's values are.
    fn place(&mut self, outlet: OutletId) -> Option<Place> {
        if let Some(place) = self.values[index(outlet)] {
            return Some(place);
        }
        let node = self.graph.node(outlet.node).op_as::<Const>()?;
        let values = node.val().try_as_plain_ram().ok()?.as_slice::<f32>().ok()?;
        let place = self.memory.constant(values);
        self.values[index(outlet)] = Some(place);
        Some(place)
    }

    fn picture(&mut self, outlet: OutletId, sides: [usize; 2], channels: usize) -> Place {
        let place = self.memory.picture(sides[0] * sides[1] * vectors(channels) * LANES);
        self.values[index(outlet)] = Some(place);
        place
    }

    /// A picture that is needed for this node alone.
    fn temporary(&mut self, sides: [usize; 2], channels: usize) -> Place {
        let place = self.memory.picture(sides[0] * sides[1] * vectors(channels) * LANES);
        self.spent.push(place);
        place
    }

    fn tensor(&mut self, outlet: OutletId) -> Option<Place> {
        let floats = self.count(outlet)?;
        let place = if floats <= FEW { self.memory.small(floats) } else { self.memory.picture(floats) };
        self.values[index(outlet)] = Some(place);
        Some(place)
    }

    fn node(&mut self, id: usize) -> Option<()> {
        let graph = self.graph;
        let node = graph.node(id);
        let to = OutletId::new(id, 0);
        if node.op_is::<Const>() {
            return Some(());
        }
        if node.op_is::<TypedSource>() {
            let floats = self.count(to)?;
            let place = self.memory.picture(floats);
            self.values[index(to)] = Some(place);
            return Some(());
        }
        if self.stays_in_place(id)? {
            let place = self.place(node.inputs[0])?;
            self.values[index(to)] = Some(place);
            return Some(());
        }
        if let Some(op) = node.op_as::<ops::FromTensor>() {
            let from = self.place(node.inputs[0])?;
            let (sides, channels) = (op.sides, op.channels);
            let to = self.picture(to, sides, channels);
            self.steps.push(Step::FromTensor { from, order: op.order.into(), sides, channels, to });
        } else if let Some(op) = node.op_as::<ops::ToTensor>() {
            let channels = op.store.reads.first()?.channels();
            let from = self.stored(&op.store, node, None)?;
            let (order, sides, to) = (op.order.into(), op.store.sides, self.tensor(to)?);
            self.steps.push(Step::ToTensor { from, order, sides, channels, to });
        } else if let Some(op) = node.op_as::<ops::Store>() {
            let channels = op.reads.first()?.channels();
            let at = self.picture(to, op.sides, channels);
            self.stored(op, node, Some(at))?;
            if op.moments {
                self.moments(id, at, op.sides, channels)?;
            }
        } else if let Some(op) = node.op_as::<ops::Conv>() {
            self.convolution(id, op)?;
        } else if let Some(op) = node.op_as::<ops::Statistics>() {
            self.statistics(id, op)?;
        } else {
            self.elementwise(id)?;
        }
        Some(())
    }

    fn part(&mut self, part: &ops::ReadPart, node: &TypedNode) -> Option<Part> {
        let affine = match part.affine {
            Some([scale, shift]) => {
                Some([self.coefficient(node.inputs[scale])?, self.coefficient(node.inputs[shift])?])
            }
            None => None,
        };
        let at = self.place(node.inputs[part.raw])?;
        Some(Part { at, channels: part.channels, affine, slope: part.slope })
    }

    fn coefficient(&mut self, outlet: OutletId) -> Option<Coefficient> {
        let (at, each) = (self.place(outlet)?, self.count(outlet)? > 1);
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
            return self.place(node.inputs[part.raw]);
        }
        let to = to.unwrap_or_else(|| self.temporary(store.sides, channels));
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
        let taps = read.resize.as_ref().map(|axes| axes.each_ref().map(|axis| self.memory.constant(&taps(axis))));
        let inner = read.resize.as_ref().map_or(read.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()));
        let all = vectors(read.channels());
        let (_, before) = read.parts.split_last()?;
        if before.iter().any(|part| !part.channels.is_multiple_of(LANES)) {
            return None;
        }
        let mut first = 0;
        for part in &read.parts {
            let from = self.part(part, node)?;
            let (raw, border) = (read.raw, read.border.into());
            self.steps.push(Step::Copy { from, raw, taps, inner, pad, border, to, sides, vectors: all, first, add });
            first += vectors(part.channels);
        }
        Some(())
    }

    fn convolution(&mut self, id: usize, op: &ops::Conv) -> Option<()> {
        let node = self.graph.node(id);
        let read = &op.read;
        let channels = read.channels();
        let most = if matches!(op.kernel, Kernel::Dense(_)) { PARTS } else { 1 };
        let (raw, parts) = if read.resize.is_some() || read.parts.len() > most {
            let sides = read.resize.as_ref().map_or(read.raw, |axes| axes.each_ref().map(|axis| axis.taps.len()));
            let at = self.temporary(sides, channels);
            self.copied(read, node, [0, 0], sides, at, false)?;
            (sides, vec![Part { at, channels, affine: None, slope: None }])
        } else {
            (read.raw, read.parts.iter().map(|part| self.part(part, node)).collect::<Option<Vec<_>>>()?)
        };
        // What lies side by side, and what becomes another pixel, does so in whole vectors.
        let (_, before) = parts.split_last()?;
        let aligned = before.iter().all(|part| part.channels.is_multiple_of(LANES));
        if !aligned || (op.shuffle && !op.outputs.is_multiple_of(4 * LANES)) {
            return None;
        }
        let residual = match op.residual {
            Some(slot) => Some(self.place(node.inputs[slot])?),
            None => None,
        };
        let (depthwise, weights) = match &op.kernel {
            Kernel::Dense(weights) => (false, self.memory.constant(&packed(weights, op))),
            Kernel::Depthwise(weights) => (true, self.memory.constant(&narrowed(weights, channels))),
        };
        let bias: Vec<f32> = op.bias.iter().copied().take(op.outputs).collect();
        let bias = self.memory.constant(&bias);
        let (written, written_channels) = op.written();
        let to = self.picture(OutletId::new(id, 0), written, written_channels);
        let facts = self.graph.node_input_facts(id).ok()?;
        let work = op.cost(&facts).ok()?.iter().filter_map(|(_, count)| count.to_i64().ok()).sum::<i64>() as u64;
        let ops::Conv { kernel_sides: kernel, stride, dilation, pad, sides, outputs, slope, shuffle, .. } = *op;
        let border = read.border.into();
        self.steps.push(Step::Convolve {
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
            work,
        });
        if op.moments {
            self.moments(id, to, written, written_channels)?;
        }
        Some(())
    }

    /// Those of a picture that a node just wrote.
    fn moments(&mut self, id: usize, from: Place, sides: [usize; 2], channels: usize) -> Option<()> {
        let pixels = sides[0] * sides[1];
        let stripes = pixels.div_ceil(STRIPE).min(STRIPES);
        let partials = self.memory.picture(stripes * 2 * vectors(channels) * LANES);
        self.spent.push(partials);
        let to = self.memory.small(2 * channels);
        self.values[index(OutletId::new(id, 1))] = Some(to);
        self.steps.push(Step::Moments { from, pixels, channels, stripes, partials, to });
        Some(())
    }

    fn statistics(&mut self, id: usize, op: &ops::Statistics) -> Option<()> {
        let inputs = self.graph.node(id).inputs.clone();
        let channels = self.count(inputs[0])? / 2;
        let moments = self.place(inputs[0])?;
        let affine = match inputs[1..] {
            [scale, shift] => Some([self.coefficient(scale)?, self.coefficient(shift)?]),
            _ => None,
        };
        let (pixels, sum, across_channels) = (op.pixels, op.question == Question::Sum, op.across_channels);
        let to = self.tensor(OutletId::new(id, 0))?;
        self.steps.push(Step::Statistics { moments, affine, channels, pixels, sum, across_channels, to });
        Some(())
    }

    fn elementwise(&mut self, id: usize) -> Option<()> {
        let node = self.graph.node(id);
        let function = function(node)?;
        let shape = self.shape(OutletId::new(id, 0))?;
        let mut operands = vec![];
        for &input in &node.inputs {
            let mut strides = strides(&self.shape(input)?);
            if let Some(AxisOp::Move(from, to)) = node.op_as::<AxisOp>() {
                let moved = strides.remove(*from);
                strides.insert(*to, moved);
            }
            if strides.len() != shape.len() {
                return None;
            }
            operands.push(Operand { at: self.place(input)?, strides });
        }
        let to = self.tensor(OutletId::new(id, 0))?;
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
