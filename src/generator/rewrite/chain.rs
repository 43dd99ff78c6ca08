//! Convolutions that follow each other become one operator.

use tract_onnx::{prelude::*, tract_core::ops::dummy::Dummy};

use super::image::slot;
use crate::generator::ops::{Chain, Link};

/// The most convolutions of a chain: each holds some rows.
const MOST: usize = 8;

/// Makes chains as long as they can be.
pub fn chain(graph: &mut TypedModel) -> TractResult<()> {
    for id in graph.eval_order()? {
        if let Some((next, part)) = reader(graph, id) {
            join(graph, id, next, part)?;
        }
    }
    Ok(())
}

/// The convolution that alone reads this one, row after row, and as which part.
fn reader(graph: &TypedModel, id: usize) -> Option<(usize, usize)> {
    let node = graph.node(id);
    let links = &node.op_as::<Chain>()?.links;
    let &[to] = node.outputs[0].successors.as_slice() else { return None };
    let [Link { conv: next, .. }] = graph.node(to.node).op_as::<Chain>()?.links.as_slice() else { return None };
    let mut parts = next.read.parts.iter().enumerate().filter(|(_, part)| part.raw == to.slot);
    let (part, _) = parts.next()?;
    let alone = parts.next().is_none() && next.residual != Some(to.slot);
    let rows = next.stride == [1, 1] && next.read.resize.is_none() && next.sides == next.read.raw;
    // A sum takes the place of what is added, which is there as a whole anyway.
    let inner = !links.last()?.conv.moments
        && links.last()?.conv.residual.is_none()
        && graph.outputs.iter().all(|output| output.node != id);
    (alone && rows && inner && links.len() < MOST).then_some((to.node, part))
}

/// Makes a convolution go on with what a chain makes.
fn join(graph: &mut TypedModel, id: usize, next: usize, part: usize) -> TractResult<()> {
    let mut inputs: TVec<_> = graph.node(id).inputs.iter().copied().collect();
    let read = graph.node(next).inputs.clone();
    for node in [id, next] {
        for input in graph.node(node).inputs.clone() {
            graph.node_mut(input.node).outputs[input.slot].successors.retain(|to| to.node != node);
        }
        graph.node_mut(node).inputs.clear();
    }
    let mut links = vec![];
    for node in [id, next] {
        if let Some(chain) = graph.node_mut(node).op_as_mut::<Chain>() {
            links.append(&mut chain.links);
        }
    }
    if let Some(Link { conv, before }) = links.last_mut() {
        let mut moved = |at: &mut usize| *at = slot(&mut inputs, read[*at]);
        for (i, read) in conv.read.parts.iter_mut().enumerate() {
            // The one before is no input; nothing is read where this says.
            if i == part {
                read.raw = 0
            } else {
                moved(&mut read.raw)
            }
            read.affine.iter_mut().flatten().for_each(&mut moved);
        }
        conv.residual.iter_mut().for_each(moved);
        *before = Some(part);
    }
    graph.node_mut(id).op = Box::new(Dummy);
    graph.node_mut(next).op = Box::new(Chain { links });
    for (i, input) in inputs.into_iter().enumerate() {
        graph.add_edge(input, InletId::new(next, i))?;
    }
    Ok(())
}
