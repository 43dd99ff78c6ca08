//! Weights that a file stores as float16 and casts to float32 in its graph, as ours do to be a smaller download.

use std::collections::HashMap;

use tract_onnx::{
    pb::{GraphProto, tensor_proto::DataType},
    prelude::f16,
};

/// Casts such weights here: tract would carry every cast through its planning, a quarter of the way from file to plan.
pub(super) fn widen(graph: &mut GraphProto) {
    let mut readers = HashMap::<String, usize>::new();
    // Older exports list weights among the inputs.
    let values = graph.output.iter().chain(&graph.input).map(|value| &value.name);
    for input in graph.node.iter().flat_map(|node| &node.input).chain(values) {
        *readers.entry(input.clone()).or_default() += 1;
    }
    let halves: HashMap<String, usize> = (graph.initializer.iter().enumerate())
        .filter(|(_, tensor)| tensor.data_type == DataType::Float16 as i32 && !tensor.raw_data.is_empty())
        .filter(|(_, tensor)| readers.get(&tensor.name) == Some(&1))
        .map(|(at, tensor)| (tensor.name.clone(), at))
        .collect();
    let initializers = &mut graph.initializer;
    graph.node.retain(|node| {
        let to = node.attribute.iter().find(|attribute| attribute.name == "to").map(|attribute| attribute.i);
        let (Some(&at), [name], "Cast", Some(to)) =
            (node.input.first().and_then(|name| halves.get(name)), node.output.as_slice(), node.op_type.as_str(), to)
        else {
            return true;
        };
        if to != i64::from(DataType::Float as i32) {
            return true;
        }
        let tensor = &mut initializers[at];
        let value = |bytes: &[u8; 2]| f16::from_bits(u16::from_le_bytes(*bytes)).to_f32();
        tensor.raw_data = tensor.raw_data.as_chunks().0.iter().flat_map(|half| value(half).to_le_bytes()).collect();
        tensor.data_type = DataType::Float as i32;
        tensor.name.clone_from(name);
        false
    });
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::{AttributeProto, NodeProto, TensorProto, ValueInfoProto};

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
