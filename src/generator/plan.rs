//! A model made ready for one size, and a run of it that can stop after every operator, and within some.

use std::sync::Arc;

use tract_onnx::{
    prelude::*,
    tract_core::{internal::Cost, model::order::build_flush_list, ops::konst::Const},
};

use super::{
    onnx::{Model, caught},
    ops::{Chain, Flow},
    rewrite::{chain, rewrite},
    tidy, validate,
};
use crate::{Error, Result, error::bad, manifest::Layout};

/// A model optimised for one size.
pub struct Plan {
    /// Width of input and output in pixels.
    pub width: u32,
    /// Height of input and output in pixels.
    pub height: u32,
    /// Longer side of the whole picture in pixels.
    pub side: u32,
    layout: Layout,
    datum_type: DatumType,
    inner: Arc<TypedSimplePlan>,
    /// Per operator, in order: the values that nothing needs from then on.
    flush: Vec<TVec<usize>>,
    /// Per operator: multiply-adds of all operators up to and with it.
    work: Vec<u64>,
}

impl Plan {
    /// `side` is the longer side of the whole picture, of which `width × height` may be a tile.
    ///
    /// # Errors
    /// [`Error::BadModel`] when tract cannot run the model at this size, or when the output is not an
    /// image of the same size.
    pub fn new(model: &Model, width: u32, height: u32, side: u32) -> Result<Plan> {
        Plan::with(model, width, height, side, true)
    }

    /// [`Plan::new`], or without our operators: what they are measured against.
    ///
    /// # Errors
    /// As for [`Plan::new`].
    pub fn with(model: &Model, width: u32, height: u32, side: u32, ours: bool) -> Result<Plan> {
        let shape = shape(model.layout, width, height);
        let mut typed = optimise(model, &shape, side, ours)
            .map_err(|e| bad(format!("it cannot run at {width}×{height} pixels ({})", e.root_cause())))?;
        let output = typed.output_fact(0).map_err(internal)?.shape.as_concrete().map(<[usize]>::to_vec);
        if output.as_deref() != Some(&shape) {
            let found = output.map_or("not known".into(), |dims| format!("{dims:?}"));
            return Err(bad(format!("its output should have the input's shape {shape:?}, it is {found}")));
        }
        if cfg!(target_arch = "wasm32") {
            model.packed.compact(&mut typed);
        }
        let inner = TypedSimplePlan::new(typed).map_err(internal)?;
        let graph = inner.model();
        let order = inner.order_without_consts();
        let flush = build_flush_list(graph, order, &graph.outputs, |node| !node.op_is::<Const>());
        let work = order
            .iter()
            .scan(0, |sum, &node| {
                *sum += multiply_adds(graph, node);
                Some(*sum)
            })
            .collect();
        Ok(Plan { width, height, side, layout: model.layout, datum_type: model.datum_type, inner, flush, work })
    }
}

impl Plan {
    /// The operator of this number, where it is a chain.
    fn chain(&self, number: usize) -> Option<&Chain> {
        self.inner.model().node(*self.inner.order_without_consts().get(number)?).op_as()
    }

    /// Every operator in the order it runs: its name, what there is to say of it, and its multiply-adds.
    pub fn operators(&self) -> Vec<(String, String, u64)> {
        let order = self.inner.order_without_consts();
        let before = std::iter::once(0).chain(self.work.iter().copied());
        let work = self.work.iter().zip(before).map(|(sum, before)| sum - before);
        let describe = |&node: &usize| {
            let op = &self.inner.model().node(node).op;
            (op.name().into_owned(), op.info().unwrap_or_default().join(", "))
        };
        order.iter().map(describe).zip(work).map(|((name, info), work)| (name, info, work)).collect()
    }
}

fn shape(layout: Layout, width: u32, height: u32) -> [usize; 4] {
    let (w, h) = (width as usize, height as usize);
    match layout {
        Layout::Nchw => [1, 3, h, w],
        Layout::Nhwc => [1, h, w, 3],
    }
}

fn optimise(model: &Model, shape: &[usize], side: u32, ours: bool) -> TractResult<TypedModel> {
    let graph = sized(model, shape, side)?;
    if !ours {
        return tidy::optimise(graph);
    }
    let mut graph = rewrite(&graph, &model.packed)?;
    chain(&mut graph)?;
    tidy::optimise(graph)
}

/// The graph in our operators and those of tract's that are left, before tract makes some of them faster on a CPU.
#[cfg(any(test, target_arch = "wasm32"))]
pub(super) fn graph_for_gpu(model: &Model, width: u32, height: u32, side: u32) -> TractResult<TypedModel> {
    let graph = sized(model, &shape(model.layout, width, height), side)?;
    let mut graph = rewrite(&graph, &model.packed.direct())?;
    tidy::tidy(&mut graph)?;
    Ok(graph)
}

/// The graph at one size, made simple.
pub(super) fn sized(model: &Model, shape: &[usize], side: u32) -> TractResult<TypedModel> {
    let mut graph = model.graph.clone();
    model.widened.restore(&mut graph)?;
    graph.set_input_fact(model.image, InferenceFact::dt_shape(model.datum_type, shape))?;
    validate::check_shapes(&mut graph)?;
    let mut graph = graph.into_typed()?;
    // In wasm the product may be more than a number holds.
    let most = MOST.min(MOST_TIMES.saturating_mul(shape.iter().product()));
    check_sizes(&graph, most)?;
    if let Some(input) = model.side {
        set_constant(&mut graph, input, side as f32)?;
    }
    tidy::tidy(&mut graph)?;
    // Some sizes are known only now.
    check_sizes(&graph, most)?;
    Ok(graph)
}

/// Values in the 2 GB that wasm can have in one piece.
const MOST: usize = 1 << 29;
/// How many times as large as the input a tensor may be: hundreds of channels at four times the size are.
const MOST_TIMES: usize = 1 << 14;

/// A few bytes can ask for a tensor that no memory holds; it is better not to begin.
fn check_sizes(graph: &TypedModel, most: usize) -> TractResult<()> {
    for node in graph.nodes.iter().filter(|node| !node.op_is::<Const>()) {
        for shape in node.outputs.iter().filter_map(|output| output.fact.shape.as_concrete()) {
            let values = shape.iter().try_fold(1, |product: usize, &side| product.checked_mul(side));
            if values.is_none_or(|values| values > most) {
                return Err(TractError::msg(format!("`{}` would make {shape:?} values", node.name)));
            }
        }
    }
    Ok(())
}

/// An input of one number becomes a constant, so that all that follows from it alone is worked out here and not in
/// every run.
fn set_constant(graph: &mut TypedModel, input: usize, value: f32) -> TractResult<()> {
    let outlet = graph.inputs.remove(input);
    let fact = graph.outlet_fact(outlet)?;
    let shape = fact.shape.as_concrete().ok_or_else(|| TractError::msg("the input's shape is not known"))?;
    let tensor = tensor0(value).broadcast_to_shape(shape)?.cast_to_dt(fact.datum_type)?.into_owned().into_arc_tensor();
    graph.set_outlet_fact(outlet, TypedFact::try_from(tensor.clone())?)?;
    graph.node_mut(outlet.node).op = Box::new(Const::new(tensor)?);
    Ok(())
}

/// Multiply-adds of one operator; those whose count tract does not know count nothing.
fn multiply_adds(graph: &TypedModel, node: usize) -> u64 {
    let Ok(facts) = graph.node_input_facts(node) else { return 0 };
    let costs = graph.node(node).op.cost(&facts).unwrap_or_default();
    let of = |(cost, count): &(Cost, TDim)| match cost {
        Cost::FMA(_) => count.to_i64().map_or(0, |n| n.max(0) as u64),
        _ => 0,
    };
    costs.iter().map(of).sum()
}

fn internal(error: TractError) -> Error {
    Error::Internal(error.root_cause().to_string())
}

/// One run of a [`Plan`]. Dropping it at any time cancels it.
pub struct Run {
    plan: Arc<Plan>,
    state: TypedSimpleState,
    done: usize,
    /// The next operator, where it is a chain at work.
    flow: Option<Flow>,
}

impl Run {
    /// Takes the values of one image in the plan's size and layout.
    ///
    /// # Errors
    /// [`Error::Internal`] when their number is another.
    pub fn new(plan: Arc<Plan>, input: Vec<f32>) -> Result<Run> {
        let shape = shape(plan.layout, plan.width, plan.height);
        let input = tract_ndarray::ArrayD::from_shape_vec(shape.as_slice(), input)
            .map_err(|e| Error::Internal(format!("the tensor has the wrong number of values ({e})")))?;
        let input = Tensor::from(input).cast_to_dt(plan.datum_type).map_err(internal)?.into_owned();
        let mut state = plan.inner.spawn().map_err(internal)?;
        state.set_input(0, input.into()).map_err(internal)?;
        Ok(Run { plan, state, done: 0, flow: None })
    }

    /// Runs the next operator, or some rows of it; true once there is none left.
    ///
    /// # Errors
    /// [`Error::BadModel`] when the operator fails.
    pub fn step(&mut self) -> Result<bool> {
        let plan = self.plan.clone();
        let order = plan.inner.order_without_consts();
        if let Some(&node) = order.get(self.done) {
            let failed = |error: TractError| bad(format!("one of its operators fails ({})", error.root_cause()));
            let over = caught(|| {
                match plan.chain(self.done) {
                    Some(chain) => self.draw(node, chain),
                    None => self
                        .inputs(node)
                        .and_then(|inputs| self.state.compute_one_with_inputs(node, inputs))
                        .map(|()| true),
                }
                .map_err(failed)
            })?;
            self.done += usize::from(over);
        }
        Ok(self.done == order.len())
    }

    /// What an operator reads. As in tract's own loop it is let go before the operator runs, so that it can work in place,
    /// and memory never holds more than what is still needed.
    fn inputs(&mut self, node: usize) -> TractResult<TVec<TValue>> {
        let inputs = self.state.prepare_inputs(node)?;
        for &spent in &self.plan.flush[self.done] {
            self.state.turn_state.values[spent] = None;
        }
        Ok(inputs)
    }

    /// Some rows of a chain; true once it has all.
    fn draw(&mut self, node: usize, chain: &Chain) -> TractResult<bool> {
        let mut flow = match self.flow.take() {
            Some(flow) => flow,
            None => chain.begin(self.inputs(node)?)?,
        };
        let over = chain.step(&mut flow)?;
        if over {
            self.state.turn_state.values[node] = Some(chain.finish(flow)?);
        } else {
            self.flow = Some(flow);
        }
        Ok(over)
    }

    /// How many operators are over.
    pub fn done(&self) -> usize {
        self.done
    }

    /// Multiply-adds done, as a share of all: 0 to 1.
    pub fn progress(&self) -> f32 {
        let work = &self.plan.work;
        let total = work.last().copied().unwrap_or(0).max(1);
        let done = self.done.checked_sub(1).map_or(0, |last| work[last]);
        let begun = self.flow.as_ref().zip(self.plan.chain(self.done));
        let begun = begun.map_or(0., |(flow, chain)| chain.done(flow));
        (done as f32 + begun) / total as f32
    }

    /// The values of the result, in the input's size and layout.
    ///
    /// # Errors
    /// [`Error::Internal`] when the run is not finished, [`Error::BadModel`] when a value is NaN or infinite: that is no
    /// brightness, and would be shown as black or white.
    pub fn finish(mut self) -> Result<Vec<f32>> {
        let outputs = self.state.outputs().map_err(internal)?;
        drop(self.state);
        let output = outputs.into_iter().next().ok_or_else(|| Error::Internal("the model gave nothing".into()))?;
        let output = output.into_tensor().cast_to::<f32>().map_err(internal)?.into_owned();
        let values = output.into_plain_array::<f32>().map_err(internal)?.as_standard_layout().into_owned();
        let values = values.into_raw_vec_and_offset().0;
        finite(&values)?;
        Ok(values)
    }
}

/// # Errors
/// [`Error::BadModel`] when a value is NaN or infinite.
pub fn finite(values: &[f32]) -> Result<()> {
    let wrong = values.iter().filter(|value| !value.is_finite()).count();
    if wrong > 0 {
        return Err(bad(format!("{wrong} of the {} values it gives are not numbers (NaN or infinite)", values.len())));
    }
    Ok(())
}
