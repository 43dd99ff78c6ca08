//! Claims of a graph that tract takes on trust: wrong ones make it panic, run for ever, or ask for more memory than
//! there is.

use std::collections::HashMap;

use tract_onnx::{
    pb::{GraphProto, NodeProto, TensorProto, tensor_proto::DataType},
    prelude::*,
    tract_hir::infer::Factoid,
};

use crate::{Result, error::bad};

/// More numbers than a generator makes out of a shape alone; 256 MB as floats.
const MOST: i64 = 1 << 26;
/// Letters of a side that is not worked out: one that is takes twenty at most.
const LONGEST: usize = 256;

/// Refuses a graph with axes that are no order of axes, or with a shape whose numbers are too many.
pub(super) fn check(graph: &GraphProto) -> Result<()> {
    let constants = graph.node.iter().filter_map(|node| Some((node.output.first()?, attribute_tensor(node)?)));
    let known: HashMap<&String, &TensorProto> =
        graph.initializer.iter().map(|tensor| (&tensor.name, tensor)).chain(constants).collect();
    for node in &graph.node {
        let shape = match node.op_type.as_str() {
            "Transpose" if !is_order(node) => {
                return Err(bad(format!("its operator {} has no order of axes", called(node))));
            }
            "ConstantOfShape" => node.input.first(),
            "Expand" | "Tile" => node.input.get(1),
            _ => None,
        };
        let dims = shape.and_then(|name| known.get(name)).and_then(|tensor| whole_numbers(tensor));
        let Some(dims) = dims else { continue };
        let count = dims.iter().try_fold(1i64, |count, &dim| count.checked_mul(dim).filter(|_| dim >= 0));
        if count.is_none_or(|count| count > MOST) {
            return Err(bad(format!("its operator {} makes a tensor of {dims:?}", called(node))));
        }
    }
    Ok(())
}

/// Works the shapes out, operator by operator, and refuses those that sprawl: sums of pictures whose sides disagree make
/// tract (0.23.9) write expressions that double with each. What else is wrong tract's own analysis says.
pub(super) fn check_shapes(graph: &mut InferenceModel) -> TractResult<()> {
    for id in graph.eval_order()? {
        let (inputs, outputs) = graph.node_facts(id)?;
        let [inputs, outputs]: [TVec<InferenceFact>; 2] =
            [inputs, outputs].map(|facts| facts.into_iter().cloned().collect());
        // Weights are known, and many: to compare them takes longer than all else here.
        if outputs.iter().all(|fact| fact.value.is_concrete()) {
            continue;
        }
        let node = graph.node(id);
        let observed: TVec<InferenceFact> = node
            .op
            .observe_outlets(graph, node)?
            .into_iter()
            .map(|outlet| graph.outlet_fact(outlet).cloned())
            .collect::<TractResult<_>>()?;
        let [given, known, seen] = [&inputs, &outputs, &observed].map(|facts| facts.iter().collect());
        let Ok((_, found, _)) = graph.node_mut(id).op.infer(given, known, seen) else { continue };
        for (slot, (fact, known)) in found.iter().zip(&outputs).enumerate() {
            if fact.shape.dims().filter_map(Factoid::concretize).any(|side| side.to_string().len() > LONGEST) {
                return Err(TractError::msg(format!("the sides of what `{}` takes disagree", graph.node(id).name)));
            }
            let Ok(fact) = fact.unify(known) else { break };
            graph.set_outlet_fact(OutletId::new(id, slot), fact)?;
        }
    }
    Ok(())
}

fn called(node: &NodeProto) -> String {
    let name = node.output.first().unwrap_or(&node.name);
    format!("{} (`{name}`)", node.op_type)
}

/// Whether each axis comes once in `perm`, where it is given.
fn is_order(node: &NodeProto) -> bool {
    node.attribute.iter().filter(|attribute| attribute.name == "perm").all(|perm| {
        let mut seen = vec![false; perm.ints.len()];
        let first = |seen: &mut bool| !std::mem::replace(seen, true);
        perm.ints.iter().all(|&axis| usize::try_from(axis).ok().and_then(|axis| seen.get_mut(axis)).is_some_and(first))
    })
}

/// What a Constant holds.
fn attribute_tensor(node: &NodeProto) -> Option<&TensorProto> {
    node.attribute.iter().filter(|_| node.op_type == "Constant").find_map(|attribute| attribute.t.as_ref())
}

fn whole_numbers(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != DataType::Int64 as i32 {
        return None;
    }
    if tensor.raw_data.is_empty() {
        return Some(tensor.int64_data.clone());
    }
    Some(tensor.raw_data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
}
