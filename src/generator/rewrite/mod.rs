//! A graph in tract's operators becomes one in ours, as far as it can.
//!
//! Pictures are followed through the graph as [`Image`]s. What only changes how they are read (padding, normalisation,
//! activation, resampling, concatenation, reshaping) is noted and wires nothing but arithmetic on a value per channel;
//! what only changes how a convolution writes (bias, residual, activation, depth to space) is taken up by it. So it does
//! not matter in which of the many ways an exporter spells a normalisation. An operator that is not known here gets its
//! inputs as tract's tensors and runs as it is.

mod chain;
mod image;
mod operators;
mod view;

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use tract_onnx::{prelude::*, tract_core::internal::*};

use super::{
    kernels::{Border, LANES, Method, Weights, whole},
    ops::{self, Kernel, Order, Store, ToTensor},
};
pub use chain::chain;
use image::{Content, Image, Part, Pending, PendingKernel, Pixels};
use operators::outputs_first;
use view::View;

/// Weights made ready, by the convolution's name: every size of picture has its own graph, but they share these.
#[derive(Default)]
pub struct PackedKernels {
    packed: Mutex<HashMap<String, Packed>>,
    /// Hashes of those that come from a byte each.
    bytes: HashSet<u64>,
    /// Whether every convolution is to be computed as it is defined.
    direct: bool,
}

struct Packed {
    /// A hash of the weights: they may follow from the size.
    weights: u64,
    shuffle: bool,
    kernel: Kernel,
}

impl PackedKernels {
    /// `bytes`: the [hashes](hash) of all weights of which each comes from a byte and its output channel's step.
    pub fn of(bytes: HashSet<u64>) -> PackedKernels {
        PackedKernels { bytes, ..PackedKernels::default() }
    }

    /// For a graph whose weights are read by others.
    #[cfg(any(test, target_arch = "wasm32"))]
    pub fn direct(&self) -> PackedKernels {
        PackedKernels { direct: true, bytes: self.bytes.clone(), ..PackedKernels::default() }
    }

    /// Moves weights that no graph but this one uses to lower places that are free by now. What making them left free
    /// between them is too small for a run's values, and would never be used.
    pub fn compact(&self, graph: &mut TypedModel) {
        let mut packed = self.packed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut kernels: Vec<_> = packed.values_mut().map(|packed| &mut packed.kernel).collect();
        // What moves leaves a place for others; that ends, for nothing ever moves up.
        let mut moving = true;
        while std::mem::take(&mut moving) {
            kernels.sort_unstable_by_key(|kernel| Reverse(kernel.place()));
            for kernel in &mut kernels {
                let place = kernel.place();
                let mut convolutions: Vec<_> = (graph.nodes.iter_mut())
                    .filter_map(|node| node.op_as_mut::<ops::Chain>())
                    .flat_map(|chain| chain.links.iter_mut().map(|link| &mut link.conv))
                    .filter(|conv| conv.kernel.place() == place)
                    .collect();
                if kernel.owners() > 1 + convolutions.len() {
                    continue;
                }
                let moved = kernel.moved();
                if moved.place() < place {
                    convolutions.iter_mut().for_each(|conv| conv.kernel = moved.clone());
                    **kernel = moved;
                    moving = true;
                }
            }
        }
    }
}

/// `source` (decluttered, of known shapes) with our operators where they fit.
pub fn rewrite(source: &TypedModel, packed: &PackedKernels) -> TractResult<TypedModel> {
    let mut writer = Rewrite {
        source,
        packed,
        target: TypedModel { symbols: source.symbols.clone(), ..TypedModel::default() },
        images: HashMap::new(),
        plain: HashMap::new(),
        done: HashSet::new(),
    };
    for node in source.eval_order()? {
        if !writer.done.contains(&node) && !writer.picture(node)? {
            writer.keep(node)?;
        }
    }
    let outputs = source.outputs.iter().map(|&outlet| writer.plain(outlet)).collect::<TractResult<Vec<_>>>()?;
    writer.target.select_output_outlets(&outputs)?;
    Ok(writer.target)
}

struct Rewrite<'a> {
    source: &'a TypedModel,
    packed: &'a PackedKernels,
    target: TypedModel,
    /// Pictures, by the source's outlet.
    images: HashMap<OutletId, Image>,
    /// tract's tensors, by the source's outlet.
    plain: HashMap<OutletId, OutletId>,
    /// Nodes that an earlier one took up.
    done: HashSet<usize>,
}

impl Rewrite<'_> {
    /// Wires a node as it is.
    fn keep(&mut self, id: usize) -> TractResult<()> {
        let node = self.source.node(id);
        let inputs = node.inputs.iter().map(|&input| self.plain(input)).collect::<TractResult<TVec<_>>>()?;
        let outputs = if node.op_is::<tract_onnx::tract_core::ops::source::TypedSource>() {
            tvec!(self.target.add_source(&node.name, node.outputs[0].fact.clone())?)
        } else {
            self.wire(&node.name, node.op.clone(), &inputs)?
        };
        for (slot, outlet) in outputs.into_iter().enumerate() {
            self.plain.insert(OutletId::new(id, slot), outlet);
        }
        Ok(())
    }

    fn wire(
        &mut self,
        name: &str,
        op: impl Into<Box<dyn TypedOp>>,
        inputs: &[OutletId],
    ) -> TractResult<TVec<OutletId>> {
        let name = format!("{name}.{}", self.target.nodes.len());
        self.target.wire_node(name, op, inputs)
    }

    /// The tensor that tract's operators read at a source's outlet.
    fn plain(&mut self, outlet: OutletId) -> TractResult<OutletId> {
        if let Some(&plain) = self.plain.get(&outlet) {
            return Ok(plain);
        }
        let image = self.images.get(&outlet).cloned().with_context(|| format!("{outlet:?} is not wired yet"))?;
        let pixels = self.pixels(outlet, &image)?;
        let mut inputs = tvec!();
        let store = store(&[&pixels], false, &mut inputs);
        let op = ToTensor { store, order: image.view.order, shape: image.view.shape.clone() };
        let plain = self.wire("to_tensor", op, &inputs)?[0];
        self.plain.insert(outlet, plain);
        Ok(plain)
    }

    /// The picture at a source's outlet; a tensor of tract's is read into our layout.
    fn image(&mut self, outlet: OutletId, order: Order) -> TractResult<Option<Image>> {
        if let Some(image) = self.images.get(&outlet) {
            return Ok(Some(image.clone()));
        }
        let fact = self.source.outlet_fact(outlet)?;
        let Some(shape) = fact.shape.as_concrete().filter(|_| fact.datum_type == f32::datum_type()) else {
            return Ok(None);
        };
        let (rest, &[a, b, c]) = (&shape[..shape.len().saturating_sub(3)], shape.last_chunk().unwrap_or(&[0; 3]));
        if a * b * c == 0 || rest.iter().any(|&length| length != 1) || fact.konst.is_some() {
            return Ok(None);
        }
        let (channels, sides) = match order {
            Order::Chw => (a, [b, c]),
            Order::Hwc => (c, [a, b]),
        };
        let Some(view) = View::new(order, shape, channels, sides) else { return Ok(None) };
        let plain = self.plain(outlet)?;
        // A few planes take less memory as they are than in whole vectors.
        let planes = (order == Order::Chw && channels < LANES && !self.packed.direct).then_some(1);
        let raw = match planes {
            Some(_) => plain,
            None => self.wire("from_tensor", ops::FromTensor { order, sides, channels }, &[plain])?[0],
        };
        let part = Part { raw, planes, moments: None, channels, affine: None, slope: None };
        let image = Image { view, channels, sides, content: Content::Pixels(Pixels::plain(part, sides)) };
        self.images.insert(outlet, image.clone());
        Ok(Some(image))
    }

    /// Where the pixels of the picture at a source's outlet are; a convolution that waits is wired.
    fn pixels(&mut self, outlet: OutletId, image: &Image) -> TractResult<Pixels> {
        let pending = match &image.content {
            Content::Pixels(pixels) => return Ok(pixels.clone()),
            Content::Pending(pending) => pending,
        };
        let kernel = self.kernel(image, pending)?;
        let mut inputs = tvec!();
        let op = pending.operator(image, kernel, &mut inputs);
        let wired = self.wire(&pending.kernel.name, op, &inputs)?;
        let part = Part {
            raw: wired[0],
            planes: None,
            moments: wired.get(1).copied(),
            channels: image.channels,
            affine: None,
            slope: None,
        };
        let pixels = Pixels::plain(part, image.sides);
        self.images.insert(outlet, Image { content: Content::Pixels(pixels.clone()), ..image.clone() });
        Ok(pixels)
    }

    fn kernel(&self, image: &Image, pending: &Pending) -> TractResult<Kernel> {
        let PendingKernel { name, depthwise, weights, format } = &pending.kernel;
        let [height, width] = pending.kernel_sides;
        let inputs = pending.input.channels();
        let outputs = pending.output(image).1;
        let values = self.constant(*weights).ok_or_else(|| TractError::msg("weights are no constant"))?;
        let depth = if *depthwise { 1 } else { inputs };
        let weights = outputs_first(*format, values, [height * width, depth, outputs]);
        let hash = hash(weights.iter().copied());
        let mut packed = self.packed.packed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(found) = packed.get(name)
            && found.shuffle == pending.shuffle
            && found.weights == hash
        {
            return Ok(found.kernel.clone());
        }
        let kernel = if *depthwise {
            let channels = whole(inputs);
            let at = |i: usize| {
                let (tap, c) = (i / channels, i % channels);
                if c < inputs { weights[c * height * width + tap] } else { 0. }
            };
            Kernel::Depthwise(Arc::new((0..height * width * channels).map(at).collect()))
        } else {
            let at = |o: usize, i: usize, y: usize, x: usize| {
                let o = if pending.shuffle { unshuffled(o, outputs) } else { o };
                weights[((o * inputs + i) * height + y) * width + x]
            };
            // Others' weights may look like it.
            let bytes = self.packed.bytes.contains(&hash) && [height, width] == [1, 1];
            let method = match self.packed.direct {
                true => Method::Direct,
                false if bytes && Method::fits_integers([inputs, outputs], at) => Method::Integer,
                false => Method::of([height, width], pending.stride, pending.dilation, [inputs, outputs]),
            };
            Kernel::Dense(Arc::new(Weights::new(method, [height, width], [inputs, outputs], at).of_bytes(bytes)))
        };
        packed.insert(name.clone(), Packed { weights: hash, shuffle: pending.shuffle, kernel: kernel.clone() });
        Ok(kernel)
    }

    /// Writes the sum of pictures down as one part.
    fn store(&mut self, sum: &[&Pixels], moments: bool) -> TractResult<Part> {
        let mut inputs = tvec!();
        let op = store(sum, moments, &mut inputs);
        let channels = sum[0].channels();
        let wired = self.wire("store", op, &inputs)?;
        Ok(Part { raw: wired[0], planes: None, moments: wired.get(1).copied(), channels, affine: None, slope: None })
    }

    /// The picture as one part that only scale and shift may still happen to.
    fn linear(&mut self, pixels: &Pixels, moments: bool) -> TractResult<Part> {
        match pixels.linear() {
            Some(part) if part.moments.is_some() || !moments => Ok(part.clone()),
            _ => self.store(&[pixels], moments),
        }
    }
}

fn store(sum: &[&Pixels], moments: bool, inputs: &mut TVec<OutletId>) -> Store {
    let pad = sum[0].pad;
    let border = pad.map_or(Border::Zero, |pad| pad.border);
    let reads = sum.iter().map(|pixels| pixels.read(inputs, border)).collect();
    Store { reads, pad: pad.map_or([0, 0], |pad| pad.before), sides: sum[0].sides, moments }
}

/// FNV-1a over whole values: it must be quick, nobody chooses weights to make it collide but for themselves.
pub(super) fn hash(weights: impl IntoIterator<Item = f32>) -> u64 {
    weights.into_iter().fold(0xCBF2_9CE4_8422_2325, |hash, weight| {
        (hash ^ u64::from(weight.to_bits())).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// Depth to space reads channel `c·4 + corner` where our convolutions write `corner·C + c`.
fn unshuffled(channel: usize, channels: usize) -> usize {
    let quarter = channels / 4;
    (channel % quarter) * 4 + channel / quarter
}

/// Whether parts of these channels can lie side by side in vectors.
fn side_by_side(parts: &[usize]) -> bool {
    parts.iter().rev().skip(1).all(|channels| channels % LANES == 0)
}
