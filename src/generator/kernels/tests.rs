use proptest::prelude::*;

use super::*;

/// Numbers between -1 and 1 that look random and are the same every time.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608. - 1.
    };
    (0..n).map(|_| next()).collect()
}

/// A picture as kernels hold it: `H×W×whole(C)`, zeros after the last channel.
fn picture(sides: [usize; 2], channels: usize, seed: u32) -> Vec<f32> {
    let values = noise(sides[0] * sides[1] * channels, seed);
    padded(&values, channels)
}

fn padded(values: &[f32], channels: usize) -> Vec<f32> {
    let pixels = values.chunks(channels);
    pixels.flat_map(|pixel| pixel.iter().copied().chain(std::iter::repeat_n(0., whole(channels) - channels))).collect()
}

#[derive(Debug, Clone)]
struct Case {
    sides: [usize; 2],
    parts: Vec<usize>,
    outputs: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    pad: [usize; 2],
    border: Border,
    slope: Option<f32>,
    affine: bool,
    resize: bool,
    residual: bool,
    shuffle: bool,
}

/// What a source gives at a pixel, computed as it is defined.
fn value(source: &Source, y: isize, x: isize, mut c: usize) -> f64 {
    let [height, width] = source.sides();
    let (Some(y), Some(x)) = (source.border.index(y, height), source.border.index(x, width)) else { return 0. };
    let mut part = 0;
    while c >= source.parts[part].channels {
        c -= source.parts[part].channels;
        part += 1;
    }
    let part = &source.parts[part];
    let raw = |y: usize, x: usize| {
        let mut v = f64::from(part.raw[(y * source.raw[1] + x) * whole(part.channels) + c]);
        if let Some([scale, shift]) = &part.affine {
            v = v * f64::from(scale[c]) + f64::from(shift[c]);
        }
        if v < 0. { v * f64::from(part.slope.unwrap_or(1.)) } else { v }
    };
    let Some([rows, columns]) = source.resize else { return raw(y, x) };
    let row = |y| columns.taps[x].iter().map(|&(x, weight)| raw(y, x) * f64::from(weight)).sum::<f64>();
    rows.taps[y].iter().map(|&(y, weight)| row(y) * f64::from(weight)).sum()
}

/// Twice as many, linear, as half_pixel coordinates say.
fn doubled(length: usize) -> Axis {
    let tap = |i: usize| {
        let at = (i as f32 + 0.5) / 2. - 0.5;
        let first = at.floor();
        let index = |v: f32| v.clamp(0., length as f32 - 1.) as usize;
        [(index(first), 1. - (at - first)), (index(first + 1.), at - first)]
    };
    Axis { taps: (0..2 * length).map(tap).collect() }
}

fn case() -> impl Strategy<Value = Case> {
    let sides = [1..20usize, 1..90usize];
    let parts =
        prop_oneof![(1..24usize).prop_map(|c| vec![c]), (1..3usize, 1..20usize).prop_map(|(a, b)| vec![a * LANES, b])];
    let spatial = (sides, prop_oneof![Just(1usize), Just(3), Just(5), Just(7)], 1..3usize, 1..3usize, 0..4usize);
    let rest = (parts, 1..20usize, any::<[bool; 4]>(), prop_oneof![Just(None), Just(Some(0.2f32))], 0..3usize);
    (spatial, rest).prop_map(|((sides, kernel, stride, dilation, pad), (parts, outputs, flags, slope, border))| {
        let [affine, resize, residual, shuffle] = flags;
        let outputs = if shuffle { 4 * LANES * (1 + outputs / 16) } else { outputs };
        let border = [Border::Zero, Border::Reflect, Border::Edge][border];
        let (kernel, stride, dilation) = ([kernel; 2], [stride; 2], [dilation; 2]);
        Case {
            sides,
            parts,
            outputs,
            kernel,
            stride,
            dilation,
            pad: [pad; 2],
            border,
            slope,
            affine,
            resize,
            residual,
            shuffle,
        }
    })
}

struct Built {
    raws: Vec<Vec<f32>>,
    axes: Option<[Axis; 2]>,
}

impl Built {
    fn new(case: &Case) -> Built {
        let raws = case.parts.iter().zip(1..).map(|(&c, seed)| picture(case.sides, c, seed)).collect();
        Built { raws, axes: case.resize.then(|| case.sides.map(doubled)) }
    }

    fn source(&self, case: &Case) -> Source<'_> {
        let parts = self.raws.iter().zip(&case.parts).map(|(raw, &channels)| Part {
            raw,
            top: 0,
            planes: None,
            channels,
            affine: case.affine.then(|| [7, 8].map(|seed| padded(&noise(channels, seed), channels))),
            slope: case.affine.then_some(case.slope).flatten(),
        });
        Source { parts: parts.collect(), raw: case.sides, resize: self.axes.as_ref(), border: case.border }
    }
}

/// Sides of the output, none where the kernel does not fit or a mirror would be too small.
fn output(case: &Case, source: &Source) -> Option<[usize; 2]> {
    let sides = source.sides();
    let mut out = [0; 2];
    for axis in 0..2 {
        let reach = (case.kernel[axis] - 1) * case.dilation[axis];
        let length = sides[axis] + 2 * case.pad[axis];
        if length <= reach || (case.border == Border::Reflect && case.pad[axis] >= sides[axis]) {
            return None;
        }
        out[axis] = (length - reach - 1) / case.stride[axis] + 1;
    }
    Some(out)
}

/// What a convolution writes over its residual.
fn beneath(conv: &dyn Convolve, residual: &[f32]) -> Vec<f32> {
    let mut out = residual.to_vec();
    conv.run(0, &mut out);
    out
}

fn check(case: &Case, method: Method) -> Result<(), TestCaseError> {
    // Alone, or with others.
    let _threads = Threads::start(1 + 2 * (case.sides[1] % 2));
    let built = Built::new(case);
    let source = built.source(case);
    let Some(sides) = output(case, &source) else { return Ok(()) };
    let (inputs, outputs) = (source.channels(), case.outputs);
    let [kh, kw] = case.kernel;
    let filters = noise(outputs * inputs * kh * kw, 3);
    let filter = |o: usize, i: usize, y: usize, x: usize| filters[((o * inputs + i) * kh + y) * kw + x];
    let weights = Weights::new(method, case.kernel, [inputs, outputs], filter);
    let bias = noise(outputs, 4);
    let written = if case.shuffle { outputs / 4 } else { outputs };
    let factor = if case.shuffle { 2 } else { 1 };
    let written_sides = sides.map(|side| side * factor);
    let residual = case.residual.then(|| picture(written_sides, written, 5));
    let mut out = vec![f32::NAN; written_sides[0] * written_sides[1] * whole(written)];
    let conv = Convolution {
        source,
        weights: &weights,
        stride: case.stride,
        dilation: case.dilation,
        pad: case.pad,
        sides,
        finish: Finish {
            bias: &bias,
            residual: residual.as_deref().map(Residual::Apart),
            slope: case.slope,
            shuffle: case.shuffle,
            moments: true,
        },
    };
    let moments = Partial::merge(&conv.run(0, &mut out));
    if let Some(residual) = residual.as_deref().filter(|_| conv.writes_once()) {
        let finish = Finish { residual: Some(Residual::Beneath), ..conv.finish };
        prop_assert!(
            beneath(&Convolution { finish, source: built.source(case), ..conv }, residual) == out,
            "over the residual it is the same"
        );
    }
    let depth = (inputs * kh * kw) as f64;
    let mut sums = vec![[0f64; 2]; written];
    for (y, x) in (0..sides[0]).flat_map(|y| (0..sides[1]).map(move |x| (y, x))) {
        for o in 0..outputs {
            let mut expected = f64::from(bias[o]);
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                let sy = (y * case.stride[0] + ky * case.dilation[0]) as isize - case.pad[0] as isize;
                let sx = (x * case.stride[1] + kx * case.dilation[1]) as isize - case.pad[1] as isize;
                for i in 0..inputs {
                    expected += value(&conv.source, sy, sx, i) * f64::from(filter(o, i, ky, kx));
                }
            }
            let (corner, c) = if case.shuffle { (o / written, o % written) } else { (0, o) };
            let (oy, ox) = (y * factor + corner / 2, x * factor + corner % 2);
            let at = (oy * written_sides[1] + ox) * whole(written) + c;
            if let Some(residual) = &residual {
                expected += f64::from(residual[at]);
            }
            if expected < 0. {
                expected *= f64::from(case.slope.unwrap_or(1.));
            }
            let error = (f64::from(out[at]) - expected).abs();
            prop_assert!(error < 3e-5 * depth.sqrt().max(4.), "{error} at {y} {x} {o}: {} {expected}", out[at]);
            sums[c][0] += expected;
            sums[c][1] += expected * expected;
        }
    }
    let count = (written_sides[0] * written_sides[1]) as f64;
    for (c, [sum, squares]) in sums.into_iter().enumerate() {
        let mean = sum / count;
        let variance = squares / count - mean * mean;
        prop_assert!((f64::from(moments[c]) - mean).abs() < 1e-3 * depth.sqrt());
        prop_assert!((f64::from(moments[written + c]) - variance).abs() < 1e-2 * (1. + variance));
    }
    for pixel in out.chunks(whole(written)) {
        prop_assert!(pixel[written..].iter().all(|&v| v == 0.), "channels beyond the last are zero");
    }
    Ok(())
}

fn check_depthwise(case: &Case) -> Result<(), TestCaseError> {
    // Alone, or with others.
    let _threads = Threads::start(1 + 2 * (case.sides[1] % 2));
    let built = Built::new(case);
    let source = built.source(case);
    let Some(sides) = output(case, &source) else { return Ok(()) };
    let channels = source.channels();
    let [kh, kw] = case.kernel;
    let weights = picture([kh, kw], channels, 3);
    let bias = padded(&noise(channels, 4), channels);
    let residual = case.residual.then(|| picture(sides, channels, 5));
    let finish = Finish {
        bias: &bias,
        residual: residual.as_deref().map(Residual::Apart),
        slope: case.slope,
        shuffle: false,
        moments: false,
    };
    let (stride, dilation, pad) = (case.stride, case.dilation, case.pad);
    let conv = Depthwise { source, weights: &weights, kernel: case.kernel, stride, dilation, pad, sides, finish };
    let mut out = vec![f32::NAN; sides[0] * sides[1] * whole(channels)];
    prop_assert!(conv.run(0, &mut out).is_empty());
    if let Some(residual) = residual.as_deref() {
        let finish = Finish { residual: Some(Residual::Beneath), ..conv.finish };
        prop_assert!(
            beneath(&Depthwise { finish, source: built.source(case), ..conv }, residual) == out,
            "over the residual it is the same"
        );
    }
    for (at, found) in out.iter().enumerate() {
        let (pixel, c) = (at / whole(channels), at % whole(channels));
        let (y, x) = (pixel / sides[1], pixel % sides[1]);
        if c >= channels {
            prop_assert_eq!(*found, 0.);
            continue;
        }
        let mut expected = f64::from(bias[c]);
        for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
            let sy = (y * stride[0] + ky * dilation[0]) as isize - pad[0] as isize;
            let sx = (x * stride[1] + kx * dilation[1]) as isize - pad[1] as isize;
            expected += value(&conv.source, sy, sx, c) * f64::from(weights[(ky * kw + kx) * whole(channels) + c]);
        }
        expected += residual.as_ref().map_or(0., |r| f64::from(r[at]));
        if expected < 0. {
            expected *= f64::from(case.slope.unwrap_or(1.));
        }
        prop_assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} {expected}");
    }
    Ok(())
}

/// A 1×1 convolution in integers, in loops: bit for bit what every instruction set must give.
fn check_integer(case: &Case) -> Result<(), TestCaseError> {
    let _threads = Threads::start(3);
    let (inputs, outputs, raw_sides) = (case.parts[0], case.outputs, case.sides);
    let mut raw = picture(raw_sides, inputs, 1);
    // A value that is none is not lost.
    raw[inputs - 1] = f32::NAN;
    let part = Part { raw: &raw, top: 0, planes: None, channels: inputs, affine: None, slope: None };
    let source = Source { parts: vec![part], raw: raw_sides, resize: None, border: Border::Zero };
    let Some(sides) = output(case, &source) else { return Ok(()) };
    let integers: Vec<i32> = noise(outputs * inputs, 3).iter().map(|v| (v * 127.).round() as i32).collect();
    let steps = noise(outputs, 6);
    let weight = |o: usize, i: usize, _: usize, _: usize| match i {
        0 => 127. * steps[o].abs(),
        _ => integers[o * inputs + i] as f32 * steps[o].abs(),
    };
    let weights = Weights::new(Method::Integer, [1, 1], [inputs, outputs], weight);
    let bias = noise(outputs, 4);
    let (written, factor) = if case.shuffle { (outputs / 4, 2) } else { (outputs, 1) };
    let written_sides = sides.map(|side| side * factor);
    let residual = case.residual.then(|| picture(written_sides, written, 5));
    let mut out = vec![f32::NAN; written_sides[0] * written_sides[1] * whole(written)];
    let (residual, slope, shuffle) = (residual.as_deref(), case.slope, case.shuffle);
    let finish = Finish { bias: &bias, residual: residual.map(Residual::Apart), slope, shuffle, moments: false };
    let (stride, dilation, pad) = (case.stride, [1, 1], case.pad);
    let conv = Convolution { source, weights: &weights, stride, dilation, pad, sides, finish };
    conv.run(0, &mut out);
    if let Some(residual) = residual {
        let there = beneath(
            &Convolution { finish: Finish { residual: Some(Residual::Beneath), ..conv.finish }, ..conv },
            residual,
        );
        let same = |(a, b): (&f32, &f32)| a == b || a.is_nan() && b.is_nan();
        prop_assert!(there.iter().zip(&out).all(same), "over the residual it is the same");
    }
    for (y, x) in (0..sides[0]).flat_map(|y| (0..sides[1]).map(move |x| (y, x))) {
        let place =
            |axis: usize, at: usize| (at * stride[axis]).checked_sub(pad[axis]).filter(|&at| at < raw_sides[axis]);
        let values = match (place(0, y), place(1, x)) {
            (Some(y), Some(x)) => &raw[(y * raw_sides[1] + x) * inputs..][..inputs],
            _ => &vec![0.; inputs],
        };
        let most =
            values.iter().fold(1e-30, |most: f32, value| if value.is_nan() { *value } else { most.max(value.abs()) });
        let (rate, unit) = (63. / most, most / 63.);
        for o in 0..outputs {
            let step = (0..inputs).map(|i| weight(o, i, 0, 0).abs()).fold(1e-30, f32::max) / 127.;
            let product =
                |i: usize| (values[i] * rate).round_ties_even() as i32 * (weight(o, i, 0, 0) / step).round() as i32;
            let mut expected = (0..inputs).map(product).sum::<i32>() as f32 * step * unit + bias[o];
            let (corner, c) = if shuffle { (o / written, o % written) } else { (0, o) };
            let at = ((y * factor + corner / 2) * written_sides[1] + x * factor + corner % 2) * whole(written) + c;
            expected += residual.map_or(0., |residual| residual[at]);
            expected = if expected < 0. { expected * slope.unwrap_or(1.) } else { expected };
            prop_assert!(out[at] == expected || out[at].is_nan() && expected.is_nan(), "{} {} {}", y, x, o);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn integers_are_added_as_in_loops(case in case(), blocks in 1..7usize) {
        check_integer(&Case { parts: vec![16 * blocks], kernel: [1, 1], dilation: [1, 1], border: Border::Zero, ..case })?;
    }

    #[test]
    fn direct_convolution_is_the_defined_one(case in case()) {
        check(&case, Method::Direct)?;
    }

    #[test]
    fn winograd_is_the_defined_convolution(case in case()) {
        let inputs = case.parts.iter().sum::<usize>().max(8);
        let parts = if case.parts.len() == 1 { vec![inputs] } else { case.parts.clone() };
        check(&Case { kernel: [3, 3], stride: [1, 1], dilation: [1, 1], parts, ..case }, Method::Winograd)?;
    }

    #[test]
    fn fourier_is_the_defined_convolution(case in case(), kernel in 5..10usize) {
        let inputs = case.parts.iter().sum::<usize>().max(8);
        let parts = if case.parts.len() == 1 { vec![inputs] } else { case.parts.clone() };
        check(&Case { kernel: [kernel; 2], stride: [1, 1], dilation: [1, 1], parts, ..case }, Method::Fourier)?;
    }

    #[test]
    fn depthwise_is_the_defined_convolution(case in case()) {
        check_depthwise(&Case { shuffle: false, ..case })?;
    }

}

#[test]
fn planes_are_read_as_pixels_are() {
    let (sides, channels, outputs) = ([9, 14], 3, 12);
    let pixels = picture(sides, channels, 1);
    let mut planes = vec![0.; sides[0] * sides[1] * channels];
    layout::to_planes(&pixels, channels, &mut planes);
    let filters = noise(outputs * 11 * 9, 2);
    let beside = picture(sides, LANES, 3);
    let weights = Weights::new(Method::Winograd, [3, 3], [LANES + channels, outputs], |o, i, y, x| {
        filters[((o * 11 + i) * 3 + y) * 3 + x]
    });
    let written = |raw: &[f32], planes| {
        let first = Part { raw: &beside, top: 0, planes: None, channels: LANES, affine: None, slope: None };
        let affine = [vec![1.5; LANES], vec![0.25; LANES]];
        let second = Part { raw, top: 0, planes, channels, affine: Some(affine), slope: Some(0.5) };
        let source = Source { parts: vec![first, second], raw: sides, resize: None, border: Border::Reflect };
        let finish = Finish { bias: &[0.; 12], residual: None, slope: None, shuffle: false, moments: false };
        let (stride, dilation, pad) = ([1, 1], [1, 1], [1, 1]);
        let mut out = vec![0.; sides[0] * sides[1] * whole(outputs)];
        Convolution { source, weights: &weights, stride, dilation, pad, sides, finish }.run(0, &mut out);
        out
    };
    let same = |some: &[f32], others: &[f32]| some.iter().zip(others).all(|(a, b)| (a - b).abs() < 1e-4);
    let expected = written(&pixels, None);
    assert!(expected.iter().any(|&value| value != 0.) && same(&expected, &written(&planes, Some(1))));
    // Three of the four channels of blocks of 2×2 pixels of one plane.
    let place = |y: usize, x: usize, c: usize| (2 * y + c / 2) * 2 * sides[1] + 2 * x + c % 2;
    let mut blocks = vec![0.; 4 * sides[0] * sides[1]];
    for (y, x, c) in (0..sides[0]).flat_map(|y| (0..sides[1]).flat_map(move |x| (0..channels).map(move |c| (y, x, c))))
    {
        blocks[place(y, x, c)] = pixels[(y * sides[1] + x) * whole(channels) + c];
    }
    assert!(same(&expected, &written(&blocks, Some(2))));
}

#[test]
fn only_whole_numbers_of_a_step_are_added_as_integers() {
    let fits =
        |weights: &dyn Fn(usize, usize) -> f32, inputs| Method::fits_integers([inputs, 2], |o, i, _, _| weights(o, i));
    let level = |o: usize, i: usize| ((i * 37 + o) % 255) as f32 - 127.;
    let whole = |o: usize, i: usize| if i == 0 { 127. * 0.013 } else { level(o, i) * 0.013 };
    assert_eq!([fits(&whole, 32), fits(&|_, _| 0., 32)], [simd::adds_integers(); 2]);
    assert!(!fits(&whole, 24), "no whole vectors of bytes");
    let (floats, between) = (noise(64, 1), |o, i| whole(o, i) + if (o, i) == (1, 31) { 0.001 } else { 0. });
    assert!(!fits(&|o, i| floats[o * 32 + i], 32) && !fits(&between, 32), "one weight is none");
    assert!(!fits(&|_, _| f32::NAN, 32));
}

#[test]
fn moments_of_a_picture_far_from_zero_keep_their_digits() {
    let _threads = Threads::start(3);
    let mut pixels: Vec<f32> = picture([40, 50], 3, 1).iter().map(|v| 1000. + v).collect();
    let found = moments(&mut pixels, 3, 50 * whole(3));
    for c in 0..3 {
        let values: Vec<f64> = pixels.chunks(whole(3)).map(|p| f64::from(p[c])).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!((f64::from(found[c]) - mean).abs() < 1e-3);
        assert!((f64::from(found[3 + c]) / variance - 1.).abs() < 1e-4, "{} {variance}", found[3 + c]);
    }
}
