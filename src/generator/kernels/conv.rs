//! Convolution of all channels with all: directly, by Winograd's filtering, or in the frequency domain.

use super::{
    direct, fourier,
    gemm::COLUMNS,
    in_bands, integer,
    moments::Partial,
    operands::{Convolution, Convolve, Method, Scratch, Weights, Writer},
    simd::{LANES, Simd, Task, adds_integers, dispatch, whole},
    source::Source,
    threads::workers,
    winograd,
};

impl Method {
    /// The one with the fewest multiply-adds left; direct where there are too few channels for its transforms. Winograd's
    /// are worth it for a single output, too: a panel of the direct product is no narrower for it.
    pub fn of(kernel: [usize; 2], stride: [usize; 2], dilation: [usize; 2], channels: [usize; 2]) -> Method {
        let [inputs, outputs] = channels;
        match kernel {
            _ if stride != [1, 1] || dilation != [1, 1] => Method::Direct,
            [3, 3] if inputs >= 8 => Method::Winograd,
            [5..=9, 5..=9] if kernel[0] == kernel[1] && inputs >= 16 && outputs >= 16 => Method::Fourier,
            _ => Method::Direct,
        }
    }

    /// Whether [`Method::Integer`] can be used for a 1×1 convolution with these weights, and this machine is faster by it.
    pub fn fits_integers(channels: [usize; 2], weight: impl Fn(usize, usize, usize, usize) -> f32) -> bool {
        adds_integers() && integer::are_integers(channels, |o, i| weight(o, i, 0, 0))
    }
}

impl Weights {
    /// `weight(o, i, y, x)` of `outputs × inputs × kernel`.
    pub fn new(
        method: Method,
        kernel: [usize; 2],
        [inputs, outputs]: [usize; 2],
        weight: impl Fn(usize, usize, usize, usize) -> f32,
    ) -> Weights {
        let channels = [inputs, outputs];
        let panels = match method {
            Method::Direct => direct::pack(kernel, channels, weight),
            Method::Integer => integer::pack(channels, |o, i| weight(o, i, 0, 0)),
            Method::Winograd => winograd::pack(channels, weight),
            Method::Fourier => fourier::pack(kernel[0], channels, weight),
        };
        Weights { method, kernel, inputs, outputs, bytes: false, panels }
    }
}

impl Convolve for Convolution<'_> {
    fn run(&self, first: usize, out: &mut [f32]) -> Vec<Partial> {
        let (mut band, row) = (self.band(), self.row());
        if matches!(self.weights.method, Method::Direct | Method::Integer) && !self.finish.moments {
            // As much for each thread: where one of these begins is nothing to the others.
            let (rows, threads) = (out.len() / row, workers());
            band = rows.div_ceil(threads * rows.div_ceil(threads * band));
        }
        let partials = in_bands(out, band * row, |scratch: &mut Scratch, index, out| {
            let first = first + index * band;
            dispatch(Rows { conv: self, first, rows: out.len() / row, at: first * row, out, scratch });
            self.finish.moments.then(|| Partial::of(out, self.written_channels()))
        });
        partials.into_iter().flatten().collect()
    }

    fn band(&self) -> usize {
        match self.weights.method {
            Method::Winograd => winograd::OUT,
            Method::Fourier => fourier::IN + 1 - self.weights.kernel[0],
            // As little as is worth a band, so that a small picture keeps several threads busy.
            Method::Direct | Method::Integer if self.weights.kernel == [1, 1] => 1.max(256 / self.sides[1]),
            Method::Direct | Method::Integer => {
                // Enough rows that those shared by neighbouring bands cost little, few enough for the cache.
                let row = (self.sides[1] * self.stride[1] + 8) * Source::compact(self.weights.inputs) * 4;
                ((256 << 10) / (row * self.stride[0])).clamp(2, 8)
            }
        }
    }

    fn writes_once(&self) -> bool {
        // The last tile of a row begins within the one before.
        self.weights.method != Method::Direct
    }
}

impl Convolution<'_> {
    fn written_channels(&self) -> usize {
        self.weights.outputs / if self.finish.shuffle { 4 } else { 1 }
    }

    /// Floats that a row of sums becomes: with a shuffle two rows of `2W×whole(C/4)`.
    fn row(&self) -> usize {
        self.sides[1] * whole(self.written_channels()) * if self.finish.shuffle { 4 } else { 1 }
    }
}

struct Rows<'a> {
    conv: &'a Convolution<'a>,
    first: usize,
    rows: usize,
    /// Values of the output before these.
    at: usize,
    out: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl Task for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let conv = self.conv;
        let outputs = conv.weights.outputs;
        let mut bias = conv.finish.bias.to_vec();
        bias.resize(outputs.next_multiple_of(COLUMNS), 0.);
        let width = conv.sides[1];
        let quarter = outputs / 4;
        let (row, pixel) = match conv.finish.shuffle {
            false => (width * whole(outputs), whole(outputs)),
            true => (4 * width * quarter, 2 * quarter),
        };
        let place = |channel: usize| match conv.finish.shuffle {
            false => channel,
            true => {
                let (corner, c) = (channel / quarter, channel % quarter);
                (corner / 2) * 2 * width * quarter + (corner % 2) * quarter + c
            }
        };
        let (out, length) = (self.out.as_mut_ptr(), self.out.len());
        let writer = Writer {
            out,
            bias,
            residual: conv.finish.residual.map(|residual| residual.of_band(self.at, length, out)),
            slope: conv.finish.slope.unwrap_or(1.),
            row,
            pixel,
            channels: (0..outputs).step_by(LANES).map(place).collect(),
        };
        match conv.weights.method {
            Method::Direct => conv.direct::<S>(self.first, self.rows, &writer, self.scratch),
            Method::Winograd => conv.winograd::<S>(self.first, self.rows, &writer, self.scratch),
            Method::Fourier => conv.fourier::<S>(self.first, self.rows, &writer, self.scratch),
            Method::Integer => conv.integer::<S>(self.first, self.rows, &writer, self.scratch),
        }
    }
}
