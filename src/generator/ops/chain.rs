//! Convolutions, of which each reads the one before, some rows at a time: what lies between two of them is never there as
//! a whole (Alwani, Chen, Ferdman and Milder 2016, "Fused-Layer CNN Accelerators"), and the last one writes over what
//! nobody reads any more.

use tract_onnx::{
    prelude::*,
    tract_core::internal::{Cost, *},
};

use super::{Conv, fill, pixels, taken, values};
use crate::generator::kernels::{Border, Partial, whole, workers};

/// Bytes that the widest convolution writes in a step, for each thread: few enough to be in the cache when they are read.
const STEP: usize = if cfg!(test) { 1 << 10 } else { 1 << 20 };

/// A convolution of a chain.
#[derive(Debug, Clone)]
pub struct Link {
    pub conv: Conv,
    /// Which part of what it reads is the link before; the first one has none.
    pub before: Option<usize>,
}

/// Inputs: what the links name. Outputs: the last one's pixels, and `2×C` mean and variance where they are wanted. Only the
/// last one has a residual or moments.
#[derive(Debug, Clone)]
pub struct Chain {
    pub links: Vec<Link>,
}

/// Some rows of a picture.
#[derive(Default)]
struct Line {
    rows: Vec<f32>,
    /// The first of them.
    top: usize,
}

/// A chain at work.
pub struct Flow {
    inputs: TVec<TValue>,
    /// What each link has written and the next one still reads; the last one writes elsewhere.
    lines: Vec<Line>,
    /// Rows of sums that each link has made.
    made: Vec<usize>,
    /// Rows that each makes together.
    bands: Vec<usize>,
    /// Rows of sums that each makes in a step, about.
    steps: Vec<usize>,
    /// The input that the last one writes over, and what it still reads of it.
    out: usize,
    aside: Line,
    moments: Vec<Partial>,
}

impl Link {
    /// How many rows above and below its own a row depends on.
    fn reach(&self) -> [usize; 2] {
        let Conv { kernel_sides, dilation, pad, .. } = &self.conv;
        let below = ((kernel_sides[0] - 1) * dilation[0]).saturating_sub(pad[0]);
        match self.conv.read.border {
            // Of rows beyond the border, those on the other side.
            Border::Reflect => [pad[0].max(below); 2],
            Border::Zero | Border::Edge => [pad[0], below],
        }
    }

    /// Rows of the picture that a row of sums becomes.
    fn factor(&self) -> usize {
        if self.conv.shuffle { 2 } else { 1 }
    }

    /// Whether a part of what it reads is this input.
    fn reads(&self, slot: usize) -> bool {
        let parts = self.conv.read.parts.iter().enumerate();
        parts.filter(|&(part, _)| Some(part) != self.before).any(|(_, part)| part.raw == slot)
    }

    /// Whether what this input holds is nothing to it once rows below were made: it does not read it, or row after row.
    fn lets_go(&self, slot: usize) -> bool {
        let Conv { read, stride, sides, .. } = &self.conv;
        let down = read.resize.is_none() && *stride == [1, 1] && read.raw == *sides;
        let factor = read.parts.iter().filter_map(|part| part.affine).flatten().any(|factor| factor == slot);
        let planes = read.parts.iter().any(|part| part.planes.is_some());
        !factor && (!self.reads(slot) || down && !planes)
    }

    /// Writes rows of sums from `first` on. What lies in `aside` and in the link before is read there, and nothing where
    /// it is written.
    fn run(
        &self,
        inputs: &[TValue],
        before: Option<&Line>,
        aside: Option<(usize, &Line)>,
        first: usize,
        out: &mut [f32],
    ) -> TractResult<Vec<Partial>> {
        let mut source = self.conv.read.source(inputs)?;
        for (i, (part, read)) in source.parts.iter_mut().zip(&self.conv.read.parts).enumerate() {
            let line = match (before, aside) {
                (Some(line), _) if self.before == Some(i) => line,
                (_, Some((slot, line))) if read.raw == slot => line,
                _ => continue,
            };
            (part.raw, part.top) = (&line.rows, line.top);
        }
        Ok(self.conv.on(source, self.conv.finish(inputs, aside.map(|(slot, _)| slot))?).run(first, out))
    }
}

impl Line {
    /// Has room for so many floats, and no more, for it is memory.
    fn reserve(&mut self, floats: usize) {
        self.rows.reserve_exact(floats.saturating_sub(self.rows.len()));
    }

    /// Lets go of the rows before this one.
    fn keep(&mut self, top: usize, row: usize) {
        self.rows.drain(..((top - self.top) * row).min(self.rows.len()));
        self.top = top;
    }
}

impl Chain {
    fn last(&self) -> &Link {
        &self.links[self.links.len() - 1]
    }

    /// An input that nobody else needs and that can be written over, the lowest in memory: what is freed above it lies
    /// together.
    fn reused(&self, inputs: &[TValue]) -> TractResult<Option<usize>> {
        let last = &self.last().conv;
        let values = last.row() * last.sides[0];
        let once = last.on(last.read.source(inputs)?, last.finish(inputs, None)?).writes_once();
        let fits = |&slot: &usize| {
            let free = inputs[slot].is_exclusive() && inputs[slot].len() == values;
            // A 1×1 convolution alone is better written to a lower place, if there is one.
            let moves = self.links.len() == 1 && last.kernel_sides == [1, 1] && last.residual != Some(slot);
            free && !moves && self.links.iter().all(|link| link.lets_go(slot)) && (once || last.residual != Some(slot))
        };
        Ok((0..inputs.len()).filter(fits).min_by_key(|&slot| inputs[slot].as_bytes().as_ptr()))
    }

    /// Before the first [step](Self::step).
    pub fn begin(&self, mut inputs: TVec<TValue>) -> TractResult<Flow> {
        let bands = self
            .links
            .iter()
            .map(|Link { conv, .. }| Ok(conv.on(conv.read.source(&inputs)?, conv.finish(&inputs, None)?).band()));
        let bands = bands.collect::<TractResult<Vec<_>>>()?;
        let read = inputs.len();
        let out = match self.reused(&inputs)? {
            Some(slot) => slot,
            None => {
                let (sides, channels) = self.last().conv.written();
                inputs.push(pixels(sides, channels)?.into_tvalue());
                inputs.len() - 1
            }
        };
        let widest = self.links.iter().map(|link| link.conv.row() * size_of::<f32>()).max().unwrap_or(STEP);
        let band = bands.iter().copied().max().unwrap_or(1);
        let height = self.links[0].conv.sides[0];
        let each = match self.links.len() {
            // Nothing is gained by steps where nothing is read soon or written over.
            1 if out == read => height,
            1 => (STEP / widest).max(2 * band) * workers(),
            // On a small picture as many steps as on a larger one, for these rows are memory, too.
            _ => (STEP / widest).min(height / 16).max(band) * workers(),
        };
        let first = each.next_multiple_of(bands[0]);
        let own = |step: &mut usize, link: &Link| Some(std::mem::replace(step, *step * link.factor()));
        let steps = self.links.iter().scan(first, own).collect();
        let lines = self.links.iter().map(|_| Line::default()).collect();
        let made = vec![0; self.links.len()];
        Ok(Flow { inputs, lines, made, bands, steps, out, aside: Line::default(), moments: vec![] })
    }

    /// Makes some more rows; true once all are there.
    pub fn step(&self, flow: &mut Flow) -> TractResult<bool> {
        for (i, link) in self.links.iter().enumerate() {
            let height = link.conv.sides[0];
            let whole_bands = |rows: usize| rows - rows % flow.bands[i];
            let mut end = match i.checked_sub(1).map(|before| (&self.links[before], flow.made[before])) {
                None => height.min(flow.made[i] + flow.steps[0]),
                Some((before, made)) if made == before.conv.sides[0] => height,
                Some((before, made)) => whole_bands((made * before.factor()).saturating_sub(link.reach()[1])),
            };
            let next = self.links.get(i + 1);
            if next.is_none() {
                // What another link has yet to read is not written over.
                for (other, &made) in self.links[..i].iter().zip(&flow.made) {
                    if made < other.conv.sides[0] && other.reads(flow.out) {
                        let read =
                            made.saturating_sub(other.reach()[0]) * (height * link.conv.row() / other.conv.sides[0]);
                        end = end.min(whole_bands(read / link.conv.row()));
                    }
                }
            }
            if flow.made[i] < end {
                match next {
                    Some(next) => flow.make(i, link, next, end)?,
                    None => flow.write(link, end)?,
                }
                flow.made[i] = end;
            }
        }
        Ok(flow.made.last() == Some(&self.last().conv.sides[0]))
    }

    /// Multiply-adds done.
    pub fn done(&self, flow: &Flow) -> f32 {
        let done =
            |(Link { conv, .. }, &made): (&Link, &usize)| conv.work() as f32 * made as f32 / conv.sides[0] as f32;
        self.links.iter().zip(&flow.made).map(done).sum()
    }

    /// Once all rows are there.
    pub fn finish(&self, mut flow: Flow) -> TractResult<TVec<TValue>> {
        let conv = &self.last().conv;
        let ([height, width], channels) = conv.written();
        let mut out = taken(&mut flow.inputs[flow.out]);
        out.set_shape(&[height, width, whole(channels)])?;
        let mut outputs = tvec!(out.into_tvalue());
        if conv.moments {
            outputs.push(Tensor::from_shape(&[2, channels], &Partial::merge(&flow.moments))?.into_tvalue());
        }
        Ok(outputs)
    }
}

impl Flow {
    /// A link's rows of sums up to `end`, beside those that the next one still reads.
    fn make(&mut self, i: usize, link: &Link, next: &Link, end: usize) -> TractResult<()> {
        let (before, lines) = self.lines.split_at_mut(i);
        let (line, factor) = (&mut lines[0], link.factor());
        let (row, [above, below]) = (link.conv.row() / factor, next.reach());
        line.keep(self.made[i + 1].saturating_sub(above).max(line.top), row);
        let most = factor * (self.steps[i] + self.bands[i]) + self.bands[i + 1] + above + below;
        line.reserve(most.min(factor * link.conv.sides[0]) * row);
        let there = line.rows.len();
        line.rows.resize((factor * end - line.top) * row, 0.);
        link.run(&self.inputs, before.last(), None, self.made[i], &mut line.rows[there..])?;
        Ok(())
    }

    /// The last link's rows of sums up to `end`.
    fn write(&mut self, link: &Link, end: usize) -> TractResult<()> {
        let (row, slot) = (link.conv.row(), self.out);
        let first = self.made[self.made.len() - 1];
        if link.reads(slot) {
            let [above, below] = link.reach();
            self.aside.keep(first.saturating_sub(above).max(self.aside.top), row);
            self.aside
                .reserve((self.steps[self.steps.len() - 1] + self.bands[self.bands.len() - 1] + above + below) * row);
            let there = self.aside.top * row + self.aside.rows.len();
            let until = link.conv.sides[0].min(end + below) * row;
            self.aside.rows.extend_from_slice(&values(&self.inputs[slot])?[there..until]);
        }
        let mut out = taken(&mut self.inputs[slot]);
        let before = self.lines.len().checked_sub(2).map(|before| &self.lines[before]);
        let (inputs, aside) = (&self.inputs, Some((slot, &self.aside)));
        let moments = fill(&mut out, |out| link.run(inputs, before, aside, first, &mut out[first * row..end * row]))??;
        self.moments.extend(moments);
        self.inputs[slot] = out.into_tvalue();
        Ok(())
    }
}

impl PartialEq for Chain {
    fn eq(&self, other: &Chain) -> bool {
        std::ptr::eq(self, other)
    }
}
impl Eq for Chain {}

impl Op for Chain {
    fn name(&self) -> StaticName {
        self.links.iter().map(|link| link.conv.name()).collect::<Vec<_>>().join("+").into()
    }

    fn info(&self) -> TractResult<Vec<String>> {
        Ok(self.links.iter().map(|link| link.conv.info()).collect())
    }

    op_as_typed_op!();
}

impl EvalOp for Chain {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut flow = self.begin(inputs)?;
        while !self.step(&mut flow)? {}
        self.finish(flow)
    }
}

impl TypedOp for Chain {
    fn output_facts(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(self.last().conv.facts())
    }

    fn cost(&self, _inputs: &[&TypedFact]) -> TractResult<TVec<(Cost, TDim)>> {
        let work: u64 = self.links.iter().map(|link| link.conv.work()).sum();
        Ok(tvec!((Cost::FMA(f32::datum_type()), (work as i64).into())))
    }

    as_op!();
}
