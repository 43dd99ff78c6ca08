//! Weights that a file stores in fewer bits and makes float32 in its graph, as ours do to be a smaller download: float16 by
//! a cast, int8 by a cast and a step for each output channel.

use std::collections::{HashMap, HashSet};

use tract_onnx::{
    pb::{GraphProto, NodeProto, TensorProto, tensor_proto::DataType},
    prelude::*,
    tract_core::ops::konst::Const,
};

use super::rewrite::hash;

/// Bytes from which on a weight is kept as it was stored.
const LARGE: usize = 1 << 12;

/// The weights of a graph that [`widen`] has made float32.
#[derive(Default)]
pub(super) struct Widened {
    /// Hashes of those that were int8.
    pub bytes: HashSet<u64>,
    /// What the large ones were.
    stored: Vec<Stored>,
}

struct Stored {
    at: usize,
    name: String,
    data_type: i32,
    raw_data: Vec<u8>,
    /// One for each output channel.
    steps: Vec<f32>,
}

impl Widened {
    /// Makes the large ones again what they were, under the names of what becomes of them: a graph that is not run is
    /// a third as large so.
    pub fn narrow(&mut self, graph: &mut GraphProto) {
        for stored in &mut self.stored {
            let tensor = &mut graph.initializer[stored.at];
            stored.name.clone_from(&tensor.name);
            tensor.data_type = stored.data_type;
            tensor.raw_data = std::mem::take(&mut stored.raw_data);
        }
    }

    /// Makes those of a graph that was parsed float32.
    pub fn restore(&self, graph: &mut InferenceModel) -> TractResult<()> {
        for Stored { name, steps, .. } in &self.stored {
            let node = graph.node_id_by_name(name)?;
            let konst =
                graph.node(node).op_as::<Const>().ok_or_else(|| TractError::msg(format!("`{name}` is no constant")))?;
            let mut wide = konst.val().cast_to::<f32>()?.into_owned();
            if !steps.is_empty() {
                multiply(wide.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?, steps);
            }
            let wide = wide.into_arc_tensor();
            graph.set_outlet_fact(OutletId::new(node, 0), InferenceFact::from(&TypedFact::try_from(wide.clone())?))?;
            graph.node_mut(node).op = Box::new(Const::new(wide)?);
        }
        Ok(())
    }
}

/// The same number of values for each step.
fn multiply(values: &mut [f32], steps: &[f32]) {
    let inputs = (values.len() / steps.len()).max(1);
    for (row, step) in values.chunks_mut(inputs).zip(steps) {
        row.iter_mut().for_each(|value| *value *= step);
    }
}

/// Does so here: tract would carry every cast through its planning, a quarter of the way from file to plan.
pub(super) fn widen(graph: &mut GraphProto) -> Widened {
    let mut readers = HashMap::<String, usize>::new();
    // Older exports list weights among the inputs.
    let values = graph.output.iter().chain(&graph.input).map(|value| &value.name);
    for input in graph.node.iter().flat_map(|node| &node.input).chain(values) {
        *readers.entry(input.clone()).or_default() += 1;
    }
    let mut weights = Weights { tensors: std::mem::take(&mut graph.initializer), ..Weights::default() };
    for (at, tensor) in weights.tensors.iter().enumerate().filter(|(_, tensor)| !tensor.raw_data.is_empty()) {
        if readers.get(&tensor.name) == Some(&1) {
            weights.places.insert(tensor.name.clone(), at);
        }
    }
    graph.node.retain(|node| {
        let done = match node.op_type.as_str() {
            "Cast" => weights.cast(node),
            "Mul" => weights.scale(node),
            _ => None,
        };
        // What comes of it is read as often as it says.
        if let Some(at) = done
            && readers.get(&weights.tensors[at].name) == Some(&1)
        {
            weights.places.insert(weights.tensors[at].name.clone(), at);
        }
        done.is_none()
    });
    graph.initializer = weights.tensors;
    let bytes = weights.scaled.into_iter().map(|at| hash(floats(&graph.initializer[at]))).collect();
    Widened { bytes, stored: weights.stored }
}

#[derive(Default)]
struct Weights {
    tensors: Vec<TensorProto>,
    /// Of those that one node alone reads, by name.
    places: HashMap<String, usize>,
    /// Of those that were bytes.
    bytes: Vec<usize>,
    /// Of those that were bytes and got steps.
    scaled: Vec<usize>,
    stored: Vec<Stored>,
}

impl Weights {
    /// Bytes and halves become floats. Gives where they lie.
    fn cast(&mut self, node: &NodeProto) -> Option<usize> {
        let ([input], [output]) = (node.input.as_slice(), node.output.as_slice()) else { return None };
        let to = node.attribute.iter().find(|attribute| attribute.name == "to")?.i;
        let &at = self.places.get(input).filter(|_| to == i64::from(DataType::Float as i32))?;
        let tensor = &mut self.tensors[at];
        let half = |bytes: &[u8; 2]| f16::from_bits(u16::from_le_bytes(*bytes)).to_f32();
        let values: Vec<f32> = match DataType::try_from(tensor.data_type).ok()? {
            DataType::Int8 => tensor.raw_data.iter().map(|&byte| byte.cast_signed().into()).collect(),
            DataType::Float16 => tensor.raw_data.as_chunks().0.iter().map(half).collect(),
            _ => return None,
        };
        if tensor.data_type == DataType::Int8 as i32 {
            self.bytes.push(at);
        }
        let data_type = std::mem::replace(&mut tensor.data_type, DataType::Float as i32);
        let raw_data = put(tensor, output, &values);
        // Damaged ones may have half a value more.
        if raw_data.len() >= LARGE && raw_data.len().is_multiple_of(values.len().max(1)) {
            self.stored.push(Stored { at, name: String::new(), data_type, raw_data, steps: vec![] });
        }
        Some(at)
    }

    /// What was bytes is multiplied by a step for each output channel.
    fn scale(&mut self, node: &NodeProto) -> Option<usize> {
        let ([input, steps], [output]) = (node.input.as_slice(), node.output.as_slice()) else { return None };
        let (&at, &steps) = (self.places.get(input)?, self.places.get(steps)?);
        // A second factor is tract's: what is stored has the first one's steps.
        if !self.bytes.contains(&at) || self.scaled.contains(&at) {
            return None;
        }
        let [tensor, steps] = self.tensors.get_disjoint_mut([at, steps]).ok()?;
        let (&outputs, rest) = steps.dims.split_first()?;
        let alike = tensor.dims.len() == steps.dims.len() && tensor.dims.first() == Some(&outputs);
        let (mut values, factors): (Vec<_>, Vec<_>) = (floats(tensor).collect(), floats(steps).collect());
        if !alike
            || steps.data_type != DataType::Float as i32
            || rest.iter().any(|&side| side != 1)
            || factors.len() as i64 != outputs
            || factors.is_empty()
            || !values.len().is_multiple_of(factors.len())
        {
            return None;
        }
        multiply(&mut values, &factors);
        put(tensor, output, &values);
        self.scaled.push(at);
        if let Some(stored) = self.stored.iter_mut().find(|stored| stored.at == at) {
            stored.steps = factors;
        }
        Some(at)
    }
}

fn floats(tensor: &TensorProto) -> impl Iterator<Item = f32> {
    tensor.raw_data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

/// Gives what was there.
fn put(tensor: &mut TensorProto, name: &String, values: &[f32]) -> Vec<u8> {
    tensor.name.clone_from(name);
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::mem::replace(&mut tensor.raw_data, bytes)
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::{AttributeProto, ValueInfoProto};

    use super::*;

    fn node(kind: &str, input: &str, output: &str, to: DataType) -> NodeProto {
        let attribute = vec![AttributeProto { name: "to".into(), i: to as i64, ..AttributeProto::default() }];
        let (input, output) = (vec![input.into()], vec![output.into()]);
        NodeProto { op_type: kind.into(), input, output, attribute, ..NodeProto::default() }
    }

    fn graph(nodes: Vec<NodeProto>) -> GraphProto {
        let values: [f32; 4] = [0., 1., -0.5, 6.104e-5];
        let raw_data = values.iter().flat_map(|&value| f16::from_f32(value).to_bits().to_le_bytes()).collect();
        let data_type = DataType::Float16 as i32;
        let weights =
            TensorProto { name: "w.f16".into(), dims: vec![4], data_type, raw_data, ..TensorProto::default() };
        GraphProto { node: nodes, initializer: vec![weights], ..GraphProto::default() }
    }

    #[test]
    fn a_cast_weight_becomes_the_values_it_stands_for() {
        let mut graph =
            graph(vec![node("Cast", "w.f16", "w", DataType::Float), node("Tanh", "w", "y", DataType::Float)]);
        widen(&mut graph);
        let [weights] = graph.initializer.as_slice() else { panic!("one initializer") };
        assert_eq!((graph.node.len(), weights.name.as_str(), weights.data_type), (1, "w", DataType::Float as i32));
        let values: Vec<f32> = weights.raw_data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        assert_eq!(values, [0., 1., -0.5, f16::from_f32(6.104e-5).to_f32()]);
    }

    #[test]
    fn bytes_become_their_values_times_their_outputs_step() {
        let cast = node("Cast", "w.i8", "w.whole", DataType::Float);
        let scale =
            NodeProto { input: vec!["w.whole".into(), "w.step".into()], ..node("Mul", "", "w", DataType::Float) };
        let bytes = TensorProto {
            name: "w.i8".into(),
            dims: vec![2, 2, 1, 1],
            data_type: DataType::Int8 as i32,
            raw_data: [0, 1, -127, 127i8].map(i8::cast_unsigned).to_vec(),
            ..TensorProto::default()
        };
        let mut steps = TensorProto { dims: vec![2, 1, 1, 1], data_type: DataType::Float as i32, ..bytes.clone() };
        put(&mut steps, &"w.step".into(), &[2., 0.5]);
        let mut graph = GraphProto {
            node: vec![cast, scale, node("Tanh", "w", "y", DataType::Float)],
            initializer: vec![bytes, steps.clone()],
            ..GraphProto::default()
        };
        let before = graph.clone();
        assert_eq!(widen(&mut graph).bytes, HashSet::from([hash([0., 2., -63.5, 63.5])]));
        assert_eq!((graph.node.len(), graph.initializer[0].name.as_str()), (1, "w"));
        assert_eq!(floats(&graph.initializer[0]).collect::<Vec<_>>(), [0., 2., -63.5, 63.5]);
        // A second factor stays.
        let mut graph = before.clone();
        graph.node[2] = NodeProto { input: vec!["w".into(), "w.gain".into()], ..node("Mul", "", "v", DataType::Float) };
        graph.initializer.push(TensorProto { name: "w.gain".into(), ..steps.clone() });
        widen(&mut graph);
        assert_eq!((graph.node.len(), graph.node[0].op_type.as_str()), (1, "Mul"));
        assert_eq!(floats(&graph.initializer[0]).collect::<Vec<_>>(), [0., 2., -63.5, 63.5]);
        // Steps of inputs, a product that another node reads, too, and what is damaged are tract's.
        for (outputs, dims, input) in [
            (2, vec![1, 2, 1, 1], "w"),
            (2, vec![2, 1, 1, 1], "w.whole"),
            (0, vec![0], "w"),
            (3, vec![3, 1, 1, 1], "w"),
        ] {
            let mut graph = before.clone();
            let values = vec![0.5; outputs];
            put(&mut graph.initializer[1], &"w.step".into(), &values);
            graph.initializer[0].dims[0] = dims[0];
            graph.initializer[1].dims = dims;
            graph.node[2].input = vec![input.into()];
            assert!(widen(&mut graph).bytes.is_empty());
            assert!(graph.node.iter().any(|node| node.op_type == "Mul"), "{input}");
        }
    }

    #[test]
    fn what_else_reads_a_half_keeps_it() {
        let cast = |to| node("Cast", "w.f16", "w", to);
        let value = |name: &str| ValueInfoProto { name: name.into(), ..ValueInfoProto::default() };
        for (nodes, input, output) in [
            (vec![cast(DataType::Float), node("Tanh", "w.f16", "y", DataType::Float)], "photo", "y"),
            (vec![cast(DataType::Float)], "photo", "w.f16"),
            (vec![cast(DataType::Float)], "w.f16", "w"),
            (vec![cast(DataType::Double)], "photo", "w"),
        ] {
            let mut graph = GraphProto { input: vec![value(input)], output: vec![value(output)], ..graph(nodes) };
            let before = graph.clone();
            widen(&mut graph);
            assert_eq!(graph, before);
        }
    }
}
