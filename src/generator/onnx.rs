//! An ONNX file: what it takes and gives, or why it is no generator.

use std::{
    any::Any,
    collections::{BTreeSet, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use tract_onnx::{
    pb::{
        GraphProto, ModelProto, ValueInfoProto, tensor_proto::DataType, tensor_shape_proto::dimension::Value as Dim,
        type_proto::Value as Type,
    },
    prelude::*,
};

use super::{
    ranges::graph,
    rewrite::PackedKernels,
    upsample, validate,
    widen::{Widened, widen},
};
use crate::{
    Result,
    error::bad,
    manifest::{Layout, Range},
};

/// The name of an input of one number: the longer side of the whole picture in pixels, of which the image may be a
/// tile. Our generators draw lines and strokes relative to it.
pub const SIDE: &str = "side";

/// A model that takes one image and gives one.
pub struct Model {
    /// Order of the input's axes.
    pub layout: Layout,
    /// Whether the input's sides are free.
    pub sides: Sides,
    /// Type of the input's values.
    pub(super) datum_type: DatumType,
    /// The range of the input's values, where the graph tells it.
    pub(super) taken: Option<Range>,
    /// The range of the output's values, where the graph tells it.
    pub(super) given: Option<Range>,
    /// Which of the graph's inputs is the image.
    pub(super) image: usize,
    /// Which one is [`SIDE`], for a generator that wants to know it.
    pub(super) side: Option<usize>,
    /// With weights as the file has them; see [`Widened::restore`].
    pub(super) graph: InferenceModel,
    pub(super) widened: Widened,
    /// Weights made ready for the kernels, shared by the graphs of all sizes.
    pub(super) packed: PackedKernels,
}

/// The sides of a model's input, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Exported for one size only.
    Fixed {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Any, in the manifest's multiples.
    Dynamic,
}

impl Model {
    /// Reads an ONNX file (the weights inside, one graph).
    ///
    /// # Errors
    /// [`crate::Error::BadModel`], saying what was found instead of image → image.
    pub fn load(bytes: &[u8]) -> Result<Model> {
        let mut onnx = tract_onnx::onnx().with_ignore_value_info(true);
        upsample::register(&mut onnx);
        let mut proto = onnx
            .proto_model_for_read(&mut &*bytes)
            .map_err(|_| bad("the file is not ONNX, or it is damaged".into()))?;
        upsample::modernise(&mut proto);
        let graph = proto.graph.as_mut().ok_or_else(|| bad("the file holds no graph".into()))?;
        let mut widened = widen(graph);
        let packed = PackedKernels::of(std::mem::take(&mut widened.bytes));
        let graph = &*graph;
        let inputs = inputs(graph);
        let side = inputs.iter().position(|input| is_side(input));
        let input = only(inputs.iter().copied().filter(|input| !is_side(input)).collect(), "input")?;
        let image = usize::from(side == Some(0));
        let output = only(graph.output.iter().collect(), "output")?;
        check_complete(graph, output)?;
        check_operators(graph, &onnx)?;
        validate::check(graph)?;
        let (datum_type, dims) = tensor(input)?;
        let layout = layout(input, &dims)?;
        let sides = sides(&dims, layout);
        // An output may come without a shape; planning looks at the real one.
        let output_dims = tensor(output)?.1;
        if !output_dims.is_empty() && output_dims.len() != 4 {
            return Err(bad(format!("its output `{}` is {}, not an image", output.name, shape(&output_dims))));
        }
        let (taken, given) = (graph::taken(graph, &input.name), graph::given(graph, &output.name));
        let graph = parse(&onnx, proto, &mut widened)?;
        Ok(Model { taken, given, layout, sides, datum_type, image, side, graph, widened, packed })
    }
}

fn parse(onnx: &tract_onnx::Onnx, mut proto: ModelProto, widened: &mut Widened) -> Result<InferenceModel> {
    if let Some(graph) = &mut proto.graph {
        widened.narrow(graph);
    }
    let read = || {
        let graph = onnx.model_for_proto_model(&proto);
        graph.map_err(|e| bad(format!("tract cannot read its graph ({})", e.root_cause())))
    };
    caught(read)
}

/// Makes an error of a panic: tract has some for graphs that no exporter writes. In wasm a panic cannot be caught;
/// there the worker ends, and whoever started it says so.
pub(super) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let said = |panic: Box<dyn Any + Send>| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        bad(format!("its graph makes the engine fail ({})", text.unwrap_or("a panic")))
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(said(panic)))
}

/// The graph's inputs that no initializer feeds (older exports list the weights too).
fn inputs(graph: &GraphProto) -> Vec<&ValueInfoProto> {
    let weights: HashSet<_> = graph.initializer.iter().map(|t| &t.name).collect();
    graph.input.iter().filter(|input| !weights.contains(&input.name)).collect()
}

fn is_side(input: &ValueInfoProto) -> bool {
    input.name == SIDE && tensor(input).is_ok_and(|(_, dims)| dims.iter().all(|d| *d == Some(1)))
}

fn only<'a>(values: Vec<&'a ValueInfoProto>, what: &str) -> Result<&'a ValueInfoProto> {
    match values.as_slice() {
        [one] => Ok(one),
        all => {
            let names: Vec<_> = all.iter().map(|v| v.name.as_str()).collect();
            Err(bad(format!("a generator has one {what}, this one has {}: {}", all.len(), names.join(", "))))
        }
    }
}

/// tract panics on an output that nothing makes, and would look for weights kept outside the file.
fn check_complete(graph: &GraphProto, output: &ValueInfoProto) -> Result<()> {
    if let Some(tensor) = graph.initializer.iter().find(|t| !t.external_data.is_empty()) {
        return Err(bad(format!(
            "its weights (`{}`) are in another file; export it with the weights inside",
            tensor.name
        )));
    }
    let made = graph.node.iter().flat_map(|n| &n.output).chain(graph.initializer.iter().map(|t| &t.name));
    if !made.chain(graph.input.iter().map(|i| &i.name)).any(|name| *name == output.name) {
        return Err(bad(format!("nothing in it makes the output `{}`", output.name)));
    }
    Ok(())
}

/// tract notices an operator that it lacks only when its shape is asked for, and does not say which.
fn check_operators(graph: &GraphProto, onnx: &tract_onnx::Onnx) -> Result<()> {
    let kinds = graph.node.iter().map(|node| node.op_type.as_str());
    let unknown: BTreeSet<&str> = kinds.filter(|&kind| !onnx.op_register.0.contains_key(kind)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(bad(format!("it has operators that the engine does not know: {}", Vec::from_iter(unknown).join(", "))))
}

/// Type and sides of a value; an unknown side is `None`, no sides when the shape is not given.
fn tensor(value: &ValueInfoProto) -> Result<(DatumType, Vec<Option<i64>>)> {
    let Some(Type::TensorType(tensor)) = value.r#type.as_ref().and_then(|t| t.value.as_ref()) else {
        return Err(bad(format!("`{}` is not a tensor", value.name)));
    };
    let datum_type = match DataType::try_from(tensor.elem_type) {
        Ok(DataType::Float) => DatumType::F32,
        Ok(DataType::Float16) => DatumType::F16,
        other => {
            let found = other.map_or("of an unknown type".into(), |t| format!("{t:?}"));
            return Err(bad(format!("`{}` should hold floating-point numbers, it is {found}", value.name)));
        }
    };
    let dims = tensor.shape.iter().flat_map(|s| &s.dim).map(|dim| match dim.value {
        Some(Dim::DimValue(n)) if n > 0 => Some(n),
        _ => None,
    });
    Ok((datum_type, dims.collect()))
}

fn layout(input: &ValueInfoProto, dims: &[Option<i64>]) -> Result<Layout> {
    match dims {
        [None | Some(1), Some(3), _, _] => Ok(Layout::Nchw),
        [None | Some(1), _, _, Some(3)] => Ok(Layout::Nhwc),
        _ => Err(bad(format!("its input `{}` is {}; an RGB image is 1×3×H×W or 1×H×W×3", input.name, shape(dims)))),
    }
}

fn sides(dims: &[Option<i64>], layout: Layout) -> Sides {
    let (height, width) = match layout {
        Layout::Nchw => (dims[2], dims[3]),
        Layout::Nhwc => (dims[1], dims[2]),
    };
    let pixels = |side: i64| side.try_into().unwrap_or(u32::MAX);
    match (width.map(pixels), height.map(pixels)) {
        (Some(width), Some(height)) => Sides::Fixed { width, height },
        _ => Sides::Dynamic,
    }
}

fn shape(dims: &[Option<i64>]) -> String {
    if dims.is_empty() {
        return "of unknown shape".into();
    }
    let side = |d: &Option<i64>| d.map_or("?".into(), |n| n.to_string());
    dims.iter().map(side).collect::<Vec<_>>().join("×")
}
