//! Where each outlet's values lie, and how long they are needed.

use tract_onnx::{
    prelude::*,
    tract_core::ops::{change_axes::AxisOp, konst::Const},
};

use super::{LANES, Place, memory::Memory, vectors};

/// Values of a tensor that still counts as small.
const FEW: usize = 1 << 14;
/// Outlets of a node: a picture, and its moments.
const SLOTS: usize = 2;

/// Where an outlet stands in lists of all.
fn index(outlet: OutletId) -> usize {
    outlet.node * SLOTS + outlet.slot
}

pub struct Places<'a> {
    pub graph: &'a TypedModel,
    pub memory: Memory,
    /// By outlet.
    values: Vec<Option<Place>>,
    /// By outlet that has a place of its own, when it is needed last.
    last: Vec<Option<usize>>,
    /// What the node at hand needed on the way.
    spent: Vec<Place>,
}

impl<'a> Places<'a> {
    /// Nothing where a node has more outlets than ours have.
    pub fn new(graph: &'a TypedModel, order: &[usize]) -> Option<Places<'a>> {
        if graph.nodes.iter().any(|node| node.outputs.len() > SLOTS) {
            return None;
        }
        let count = graph.nodes.len() * SLOTS;
        let mut places =
            Places { graph, memory: Memory::new(), values: vec![None; count], last: vec![], spent: vec![] };
        places.last = places.last_uses(order)?;
        Some(places)
    }

    /// After a node: what is needed no more gives its room back.
    pub fn release(&mut self, position: usize) {
        for i in (0..self.last.len()).filter(|&i| self.last[i] == Some(position)) {
            self.spent.extend(self.values[i]);
        }
        while let Some(place) = self.spent.pop() {
            self.memory.release(place);
        }
    }

    /// Says where an outlet's values are.
    pub fn put(&mut self, outlet: OutletId, place: Place) {
        self.values[index(outlet)] = Some(place);
    }

    /// Room that is needed for this node alone.
    pub fn scratch(&mut self, floats: usize) -> Place {
        let place = self.memory.picture(floats);
        self.spent.push(place);
        place
    }

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
    pub fn stays_in_place(&self, id: usize) -> Option<bool> {
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

    pub fn shape(&self, outlet: OutletId) -> Option<Vec<usize>> {
        let fact = self.graph.outlet_fact(outlet).ok()?;
        if fact.datum_type != f32::datum_type() {
            return None;
        }
        fact.shape.as_concrete().map(<[usize]>::to_vec)
    }

    pub fn count(&self, outlet: OutletId) -> Option<usize> {
        Some(self.shape(outlet)?.iter().product())
    }

    /// Where an outlet's values are.
    pub fn place(&mut self, outlet: OutletId) -> Option<Place> {
        if let Some(place) = self.values[index(outlet)] {
            return Some(place);
        }
        let node = self.graph.node(outlet.node).op_as::<Const>()?;
        let values = node.val().try_as_plain_ram().ok()?.as_slice::<f32>().ok()?;
        let place = self.memory.constant(values);
        self.values[index(outlet)] = Some(place);
        Some(place)
    }

    pub fn picture(&mut self, outlet: OutletId, sides: [usize; 2], channels: usize) -> Place {
        let place = self.memory.picture(sides[0] * sides[1] * vectors(channels) * LANES);
        self.values[index(outlet)] = Some(place);
        place
    }

    /// A picture that is needed for this node alone.
    pub fn temporary(&mut self, sides: [usize; 2], channels: usize) -> Place {
        self.scratch(sides[0] * sides[1] * vectors(channels) * LANES)
    }

    pub fn tensor(&mut self, outlet: OutletId) -> Option<Place> {
        let floats = self.count(outlet)?;
        let place = if floats <= FEW { self.memory.small(floats) } else { self.memory.picture(floats) };
        self.values[index(outlet)] = Some(place);
        Some(place)
    }
}
