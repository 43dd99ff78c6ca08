//! tract's graphs made simpler, by tract's own passes but for what they spoil or stumble over.

use tract_onnx::{
    prelude::*,
    tract_core::{
        model::TypedModelPatch,
        ops::{Downsample, change_axes::AxisOp, cnn::Conv, dummy::Dummy},
        optim::{Optimizer, OptimizerSession, TypedPass},
    },
};

/// As much of tract's declutter as the rewrite needs: constants are worked out, operators become simpler ones. The rest,
/// above all the search for a better order of axes, takes three times as long, and pictures get our order anyway;
/// [`optimise`] does it for what is left to tract.
pub(super) fn tidy(graph: &mut TypedModel) -> TractResult<()> {
    let mut optimizer = with_ours(Optimizer::declutter(), true);
    optimizer.passes.retain(|pass| {
        let name = format!("{pass:?}");
        name.starts_with("PropConst") || name.starts_with("Declutter")
    });
    optimizer.optimize(graph)
}

/// All that tract does before it runs a graph.
pub(super) fn optimise(mut graph: TypedModel) -> TractResult<TypedModel> {
    with_ours(Optimizer::declutter(), false).optimize(&mut graph)?;
    graph.optimize_with_session(&mut with_ours(Optimizer::codegen(), false).session())?;
    Ok(graph)
}

fn with_ours(mut optimizer: Optimizer, strides: bool) -> Optimizer {
    for pass in optimizer.passes.iter_mut().filter(|pass| format!("{pass:?}") == "declutter") {
        *pass = Box::new(Declutter { strides, next: 0 });
    }
    optimizer
}

/// tract's pass of this name, operator by operator.
#[derive(Clone, Debug)]
struct Declutter {
    /// Whether convolutions with strides stay what they are: tract makes one that reads every other pixel of a smaller
    /// picture, which our operators would have to leave for it.
    strides: bool,
    next: usize,
}

impl TypedPass for Declutter {
    fn reset(&mut self) -> TractResult<()> {
        self.next = 0;
        Ok(())
    }

    fn next(&mut self, session: &mut OptimizerSession, model: &TypedModel) -> TractResult<Option<TypedModelPatch>> {
        for node in &model.nodes[self.next..] {
            if node.op_is::<Dummy>() || self.strides && has_strides(node) || stumbles(model, node) {
                continue;
            }
            if let Some(patch) = node.op.declutter_with_session(session, model, node)? {
                self.next = node.id + usize::from(patch.dont_apply_twice.is_some());
                return Ok(Some(patch));
            }
        }
        Ok(None)
    }
}

fn has_strides(node: &TypedNode) -> bool {
    let conv = node.op_as::<Conv>();
    conv.is_some_and(|conv| conv.q_params.is_none() && conv.pool_spec.strides().iter().any(|&stride| stride > 1))
}

/// Whether tract (0.23.9) gives up with “Invalid axis”: it would read every other value before a change of shape in which
/// the axis is not found again.
fn stumbles(model: &TypedModel, node: &TypedNode) -> bool {
    let Some(downsample) = node.op_as::<Downsample>() else { return false };
    let before = model.node(node.inputs[0].node).op_as::<AxisOp>();
    before.is_some_and(|op| op.recip().transform_axis(downsample.axis).is_none())
}
