//! Ranges as a graph's first and last operators tell them.

use std::collections::HashMap;

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, tensor_proto::DataType};

use crate::manifest::Range;

/// A value becomes `scale × value + shift`.
#[derive(Clone, Copy)]
struct Affine {
    scale: f32,
    shift: f32,
}

impl Affine {
    const NONE: Affine = Affine { scale: 1., shift: 0. };
}

/// The range of what the graph gives, where its last activation tells it: through operators that move values or scale
/// them by constants.
pub fn given(graph: &GraphProto, output: &str) -> Option<Range> {
    let makers: HashMap<_, _> = graph.node.iter().flat_map(|n| n.output.iter().map(move |o| (o.as_str(), n))).collect();
    let (mut name, mut after) = (output, Affine::NONE);
    // As often as there are nodes: a file may lead in a circle.
    for _ in &graph.node {
        let node = makers.get(name)?;
        let ends = match node.op_type.as_str() {
            "Tanh" => Some([-1., 1.]),
            "Sigmoid" | "HardSigmoid" => Some([0., 1.]),
            "Clip" => bounds(graph, node),
            kind if moves(kind) => {
                name = node.input.first()?;
                None
            }
            _ => {
                let (input, Affine { scale, shift }) = affine(graph, node)?;
                after = Affine { scale: after.scale * scale, shift: after.scale * shift + after.shift };
                name = input;
                None
            }
        };
        if let Some(ends) = ends {
            return nearest(ends.map(|end| after.scale * end + after.shift));
        }
    }
    None
}

/// The range of what the graph takes, where it begins by scaling it: what is brought to about one from 0…255, or made
/// symmetrical from 0…1.
pub fn taken(graph: &GraphProto, input: &str) -> Option<Range> {
    let (mut name, mut before) = (input, Affine::NONE);
    for _ in &graph.node {
        let mut users = graph.node.iter().filter(|node| node.input.iter().any(|i| i == name));
        let (node, None) = (users.next()?, users.next()) else { break };
        if moves(&node.op_type) {
            name = node.output.first()?;
            continue;
        }
        let Some((_, Affine { scale, shift })) = affine(graph, node) else { break };
        before = Affine { scale: scale * before.scale, shift: scale * before.shift + shift };
        name = node.output.first()?;
    }
    let Affine { scale, shift } = before;
    if scale == 1. && shift == 0. {
        return None;
    }
    // What becomes zero lies within the range, and away from its ends where values are made symmetrical.
    let zero = -shift / scale;
    match (scale.abs(), zero) {
        (scale, zero) if scale < 0.1 || zero > 4. => Some([0., 255.]),
        (_, zero) if (0.2..=0.8).contains(&zero) => Some([0., 1.]),
        _ => None,
    }
}

/// Whether an operator leaves values as they are.
fn moves(kind: &str) -> bool {
    matches!(kind, "Identity" | "Transpose" | "Cast" | "Reshape" | "Squeeze" | "Unsqueeze" | "Slice" | "Pad" | "Gather")
}

/// What an operator of one value and one constant does, and to which value.
fn affine<'a>(graph: &'a GraphProto, node: &'a NodeProto) -> Option<(&'a str, Affine)> {
    let [a, b] = node.input.as_slice() else { return None };
    let (value, constant, first) = match (constant(graph, a), constant(graph, b)) {
        (None, Some(constant)) => (a, constant, true),
        (Some(constant), None) => (b, constant, false),
        _ => return None,
    };
    let affine = match (node.op_type.as_str(), first) {
        ("Mul", _) => Affine { scale: constant, shift: 0. },
        ("Add", _) => Affine { scale: 1., shift: constant },
        ("Sub", true) => Affine { scale: 1., shift: -constant },
        ("Sub", false) => Affine { scale: -1., shift: constant },
        ("Div", true) if constant != 0. => Affine { scale: 1. / constant, shift: 0. },
        _ => return None,
    };
    Some((value, affine))
}

/// The limits of a Clip: attributes before opset 11, then inputs.
fn bounds(graph: &GraphProto, node: &NodeProto) -> Option<Range> {
    let attribute = |name: &str| node.attribute.iter().find(|a| a.name == name).map(|a: &AttributeProto| a.f);
    let input = |at: usize| node.input.get(at).and_then(|name| constant(graph, name));
    Some([attribute("min").or_else(|| input(1))?, attribute("max").or_else(|| input(2))?])
}

/// A constant's value; of a few, one a channel, their mean.
fn constant(graph: &GraphProto, name: &str) -> Option<f32> {
    let made = || {
        let node = graph.node.iter().find(|n| n.op_type == "Constant" && n.output.iter().any(|o| o == name))?;
        node.attribute.iter().find(|a| a.name == "value")?.t.as_ref()
    };
    let tensor = graph.initializer.iter().find(|t| t.name == name).or_else(made)?;
    let values = floats(tensor)?;
    (1..=4).contains(&values.len()).then(|| values.iter().sum::<f32>() / values.len() as f32)
}

fn floats(tensor: &TensorProto) -> Option<Vec<f32>> {
    let all = |values: &mut dyn Iterator<Item = f32>| values.take(5).collect::<Vec<_>>();
    Some(match DataType::try_from(tensor.data_type).ok()? {
        DataType::Float if tensor.raw_data.is_empty() => all(&mut tensor.float_data.iter().copied()),
        DataType::Float => all(&mut tensor.raw_data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
        DataType::Double if tensor.raw_data.is_empty() => all(&mut tensor.double_data.iter().map(|&v| v as f32)),
        DataType::Double => all(&mut tensor.raw_data.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32)),
        _ => return None,
    })
}

/// One of [`super::ALL`]; networks without more than an activation at the end overshoot theirs.
fn nearest([least, most]: Range) -> Option<Range> {
    match (least.min(most), least.max(most)) {
        (least, most) if most > 200. && most < 400. && least > -150. => Some([0., 255.]),
        (least, most) if (0.5..2.).contains(&most) && (-2. ..-0.5).contains(&least) => Some([-1., 1.]),
        (least, most) if (0.5..2.).contains(&most) && (-0.2..0.2).contains(&least) => Some([0., 1.]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes as `kind input… output`, whose inputs may be numbers.
    fn graph(nodes: &[&str]) -> GraphProto {
        let mut graph = GraphProto::default();
        for text in nodes {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let (kind, output) = (words.remove(0), words.pop().unwrap());
            for number in words.iter().filter_map(|word| word.parse::<f32>().ok().map(|value| (word, value))) {
                graph.initializer.push(TensorProto {
                    name: number.0.clone(),
                    data_type: DataType::Float as i32,
                    float_data: vec![number.1],
                    ..TensorProto::default()
                });
            }
            let node = NodeProto { op_type: kind, input: words, output: vec![output], ..NodeProto::default() };
            graph.node.push(node);
        }
        graph
    }

    fn last(nodes: &[&str]) -> Option<Range> {
        given(&graph(nodes), "output")
    }

    fn first(nodes: &[&str]) -> Option<Range> {
        taken(&graph(nodes), "input")
    }

    #[test]
    fn the_last_activation_tells_what_is_given() {
        assert_eq!(last(&["Tanh a b", "Transpose b c", "Identity c output"]), Some([-1., 1.]));
        assert_eq!(last(&["Tanh a b", "Add b 1 c", "Div c 2 output"]), Some([0., 1.]));
        assert_eq!(last(&["Tanh a b", "Mul b 127.5 c", "Add 127.5 c output"]), Some([0., 255.]));
        assert_eq!(last(&["Tanh a b", "Mul 150 b c", "Add c 127.5 output"]), Some([0., 255.]));
        assert_eq!(last(&["Sigmoid a b", "Mul b 255 output"]), Some([0., 255.]));
        assert_eq!(last(&["Sigmoid a b", "Mul b 2 c", "Sub c 1 output"]), Some([-1., 1.]));
        assert_eq!(last(&["Sigmoid a b", "Sub 1 b output"]), Some([0., 1.]));
        assert_eq!(last(&["Clip a 0 255 b", "Cast b output"]), Some([0., 255.]));
        assert_eq!(last(&["Relu a output"]), None);
        assert_eq!(last(&["Sigmoid a b", "Mul b w output"]), None);
    }

    #[test]
    fn the_first_scaling_tells_what_is_taken() {
        assert_eq!(first(&["Div input 127.5 a", "Sub a 1 b", "Conv b w output"]), Some([0., 255.]));
        assert_eq!(first(&["Mul input 0.003921569 a", "Conv a w output"]), Some([0., 255.]));
        assert_eq!(first(&["Sub input 120 a", "Conv a w output"]), Some([0., 255.]));
        assert_eq!(first(&["Mul input 2 a", "Sub a 1 b", "Conv b w output"]), Some([0., 1.]));
        assert_eq!(first(&["Transpose input a", "Sub a 0.45 b", "Div b 0.225 c", "Conv c w output"]), Some([0., 1.]));
        assert_eq!(first(&["Conv input w a"]), None);
        // Brought from -1…1 to 0…1: no range is told apart from another by that.
        assert_eq!(first(&["Add input 1 a", "Mul a 0.5 b", "Conv b w output"]), None);
    }

    #[test]
    fn a_circle_tells_nothing() {
        assert_eq!(last(&["Identity output output"]), None);
        assert_eq!(last(&["Identity b output", "Cast output b"]), None);
        assert_eq!(first(&["Identity input input"]), None);
    }
}
