//! Convolution of large kernels in the frequency domain, in tiles of 16×16 (Cooley and Tukey's algorithm, radix 4).
//! A 7×7 kernel leaves 10×10 outputs a tile; a product of channels there is 130 complex ones, where direct
//! convolution takes 4,900 real ones.

use super::{
    gemm::{self, COLUMNS},
    operands::{Convolution, Scratch, Writer},
    simd::{LANES, Simd, whole},
    source::Source,
};

/// Side of a tile.
pub const IN: usize = 16;

/// A tile's distinct frequencies: columns 1 to 7 whole, columns 0 and 8 (of real signals) up to row 8.
pub const POINTS: usize = 7 * IN + 2 * (IN / 2 + 1);

/// cos(2πn/16)
const COS: [f32; IN] = {
    const A: f32 = 0.923_879_5;
    const B: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const C: f32 = 0.382_683_43;
    [1., A, B, C, 0., -C, -B, -A, -1., -A, -B, -C, 0., C, B, A]
};

/// Real and imaginary parts.
pub type Complex<S> = [<S as Simd>::V; 2];

#[inline(always)]
fn add<S: Simd>(a: Complex<S>, b: Complex<S>) -> Complex<S> {
    [S::add(a[0], b[0]), S::add(a[1], b[1])]
}

#[inline(always)]
fn sub<S: Simd>(a: Complex<S>, b: Complex<S>) -> Complex<S> {
    [S::sub(a[0], b[0]), S::sub(a[1], b[1])]
}

/// `a + i b`
#[inline(always)]
fn add_i<S: Simd>(a: Complex<S>, b: Complex<S>) -> Complex<S> {
    [S::sub(a[0], b[1]), S::add(a[1], b[0])]
}

/// `a - i b`
#[inline(always)]
fn sub_i<S: Simd>(a: Complex<S>, b: Complex<S>) -> Complex<S> {
    [S::add(a[0], b[1]), S::sub(a[1], b[0])]
}

/// `a` with the imaginary part's sign changed.
#[inline(always)]
fn conjugate<S: Simd>(a: Complex<S>) -> Complex<S> {
    [a[0], S::sub(S::splat(0.), a[1])]
}

/// `a e^{-2πin/16}`
#[inline(always)]
fn twiddle<S: Simd>(a: Complex<S>, n: usize) -> Complex<S> {
    let (cos, minus_sin) = (S::splat(COS[n % IN]), S::splat(COS[(n + 4) % IN]));
    // e^{-iφ} = cos φ - i sin φ, and -sin φ = cos(φ + π/2)
    let sin = S::splat(-COS[(n + 4) % IN]);
    [S::mul_add(a[1], sin, S::mul(a[0], cos)), S::mul_add(a[0], minus_sin, S::mul(a[1], cos))]
}

#[inline(always)]
fn dft4<S: Simd>(x: [Complex<S>; 4]) -> [Complex<S>; 4] {
    let (a, b) = (add::<S>(x[0], x[2]), sub::<S>(x[0], x[2]));
    let (c, d) = (add::<S>(x[1], x[3]), sub::<S>(x[1], x[3]));
    [add::<S>(a, c), sub_i::<S>(b, d), sub::<S>(a, c), add_i::<S>(b, d)]
}

/// The discrete Fourier transform of 16 values.
#[inline(always)]
fn dft16<S: Simd>(x: [Complex<S>; IN]) -> [Complex<S>; IN] {
    let zero = [S::splat(0.); 2];
    let mut rows = [[zero; 4]; 4];
    for n in 0..4 {
        let inner = dft4::<S>([x[n], x[n + 4], x[n + 8], x[n + 12]]);
        for k in 0..4 {
            rows[k][n] = if n * k == 0 { inner[k] } else { twiddle::<S>(inner[k], n * k) };
        }
    }
    let mut out = [zero; IN];
    for (k, row) in rows.into_iter().enumerate() {
        for (j, value) in dft4::<S>(row).into_iter().enumerate() {
            out[k + 4 * j] = value;
        }
    }
    out
}

/// The inverse, times 16: real and imaginary parts change places before and after.
#[inline(always)]
fn inverse16<S: Simd>(x: [Complex<S>; IN]) -> [Complex<S>; IN] {
    dft16::<S>(x.map(|[re, im]| [im, re])).map(|[re, im]| [im, re])
}

/// Frequency `k` of two real signals transformed as the parts of one complex one, both doubled.
#[inline(always)]
fn separate<S: Simd>(z: &[Complex<S>; IN], k: usize) -> [Complex<S>; 2] {
    let (a, b) = (z[k], conjugate::<S>(z[(IN - k) % IN]));
    let [re, im] = sub::<S>(a, b);
    [add::<S>(a, b), [im, S::sub(S::splat(0.), re)]]
}

/// The spectrum whose inverse has the real signals with the half spectra `a` and `b` as its parts.
#[inline(always)]
fn combine<S: Simd>(half: impl Fn(usize) -> [Complex<S>; 2]) -> [Complex<S>; IN] {
    let mut z = [[S::splat(0.); 2]; IN];
    for k in 0..=IN / 2 {
        let [a, b] = half(k);
        z[k] = add_i::<S>(a, b);
        if k % (IN / 2) != 0 {
            z[IN - k] = add_i::<S>(conjugate::<S>(a), conjugate::<S>(b));
        }
    }
    z
}

/// How much [`forward`] multiplies a point by beyond the transform itself.
pub fn gain(point: usize) -> f32 {
    if point < 7 * IN { 2. } else { 4. }
}

/// The spectrum of a real tile at the [`POINTS`]: its pixels lie `across` apart in rows `down` apart, `put(point, value)`
/// takes the values. What is loaded is said by places, for no compiler inlines a closure into all its eight calls.
///
/// # Safety
/// There are [`IN`] × [`IN`] vectors at `from`.
#[inline(always)]
unsafe fn forward<S: Simd>(from: *const f32, [down, across]: [usize; 2], mut put: impl FnMut(usize, Complex<S>)) {
    let mut half = [[[S::splat(0.); 2]; IN]; IN / 2 + 1];
    for y in (0..IN).step_by(2) {
        let mut z = [[S::splat(0.); 2]; IN];
        for (x, z) in z.iter_mut().enumerate() {
            // SAFETY: as the caller promises.
            *z = unsafe { [S::load(from.add(y * down + x * across)), S::load(from.add((y + 1) * down + x * across))] };
        }
        let z = dft16::<S>(z);
        for (k, column) in half.iter_mut().enumerate() {
            [column[y], column[y + 1]] = separate::<S>(&z, k);
        }
    }
    for k in 1..IN / 2 {
        for (l, value) in dft16::<S>(half[k]).into_iter().enumerate() {
            put((k - 1) * IN + l, value);
        }
    }
    let mut z = [[S::splat(0.); 2]; IN];
    for y in 0..IN {
        z[y] = [half[0][y][0], half[IN / 2][y][0]];
    }
    let z = dft16::<S>(z);
    for l in 0..=IN / 2 {
        let [first, last] = separate::<S>(&z, l);
        put(7 * IN + l, first);
        put(7 * IN + IN / 2 + 1 + l, last);
    }
}

/// The real tile, times 256, of a spectrum that `point` gives; `put` takes pairs of rows, the first `rows` of them.
#[inline(always)]
pub fn inverse<S: Simd>(
    point: impl Fn(usize) -> Complex<S>,
    rows: usize,
    mut put: impl FnMut(usize, [Complex<S>; IN]),
) {
    let mut half = [[[S::splat(0.); 2]; IN]; IN / 2 + 1];
    for k in 1..IN / 2 {
        let mut column = [[S::splat(0.); 2]; IN];
        for (l, value) in column.iter_mut().enumerate() {
            *value = point((k - 1) * IN + l);
        }
        half[k] = inverse16::<S>(column);
    }
    let outer = inverse16::<S>(combine::<S>(|l| [point(7 * IN + l), point(7 * IN + IN / 2 + 1 + l)]));
    for (y, [first, last]) in outer.into_iter().enumerate() {
        half[0][y] = [first, S::splat(0.)];
        half[IN / 2][y] = [last, S::splat(0.)];
    }
    for y in (0..rows).step_by(2) {
        put(y, inverse16::<S>(combine::<S>(|k| [half[k][y], half[k][y + 1]])));
    }
}

/// The same points of a real `side × side` signal with zeros around it, in doubles: for weights.
pub fn spectrum(side: usize, signal: impl Fn(usize, usize) -> f32) -> Vec<[f64; 2]> {
    let phase: [[f64; 2]; IN] = std::array::from_fn(|n| {
        let (sin, cos) = (-(n as f64) * std::f64::consts::TAU / IN as f64).sin_cos();
        [cos, sin]
    });
    let rows: Vec<[[f64; 2]; IN / 2 + 1]> = (0..side)
        .map(|y| {
            std::array::from_fn(|k| {
                (0..side).fold([0.; 2], |[re, im], x| {
                    let (value, [cos, sin]) = (f64::from(signal(y, x)), phase[k * x % IN]);
                    [re + value * cos, im + value * sin]
                })
            })
        })
        .collect();
    let column = |k: usize, l: usize| {
        rows.iter().enumerate().fold([0.; 2], |[re, im], (y, row)| {
            let ([a, b], [cos, sin]) = (row[k], phase[l * y % IN]);
            [re + a * cos - b * sin, im + a * sin + b * cos]
        })
    };
    let inner = (1..IN / 2).flat_map(|k| (0..IN).map(move |l| (k, l)));
    let outer = [0, IN / 2].into_iter().flat_map(|k| (0..=IN / 2).map(move |l| (k, l)));
    inner.chain(outer).map(|(k, l)| column(k, l)).collect()
}

/// Where a row of tiles lies on its way through the frequency domain.
struct Tiles {
    /// Tiles computed together: as many as a product has rows.
    most: usize,
    /// Pixels from tile to tile.
    step: usize,
    /// Channels in whole vectors.
    inputs: usize,
    outputs: usize,
    /// Floats of a gathered pixel, and of a gathered line of pixels.
    stride: usize,
    width: usize,
    /// The gathered lines, `IN × width`.
    lines: *mut f32,
    /// `POINTS × most × 2 × inputs` and `POINTS × most × 2 × outputs`: real parts, then imaginary ones.
    points: *mut f32,
    products: *mut f32,
}

impl Tiles {
    fn new<S: Simd>(conv: &Convolution, scratch: &mut Scratch) -> Tiles {
        let most = S::ROWS;
        let step = IN + 1 - conv.weights.kernel[0];
        let (inputs, outputs) = (whole(conv.weights.inputs), whole(conv.weights.outputs));
        let stride = Source::compact(conv.weights.inputs);
        let width = ((most - 1) * step + IN) * stride;
        let room = |values: &mut Vec<f32>, length: usize| {
            values.resize(length.max(values.len()), 0.);
            values.as_mut_ptr()
        };
        let lines = room(&mut scratch.rows, IN * width);
        let points = room(&mut scratch.points, POINTS * most * 2 * inputs);
        let products = room(&mut scratch.products, POINTS * most * 2 * outputs);
        Tiles { most, step, inputs, outputs, stride, width, lines, points, products }
    }

    /// The spectra of the gathered pixels.
    ///
    /// # Safety
    /// `tiles` of them must be gathered.
    #[inline(always)]
    unsafe fn transform<S: Simd>(&self, tiles: usize) {
        let &Tiles { most, step, inputs, stride, width, lines, points, .. } = self;
        for (tile, c) in (0..tiles).flat_map(|tile| (0..inputs).step_by(LANES).map(move |c| (tile, c))) {
            // SAFETY: the tile's 16×16 pixels lie in the gathered lines, its points in `points`.
            unsafe {
                let from = lines.add(tile * step * stride + c);
                let to = points.add(tile * 2 * inputs + c);
                forward::<S>(from, [width, stride], |point, [re, im]| {
                    let to = to.add(point * most * 2 * inputs);
                    S::store(re, to);
                    S::store(im, to.add(inputs));
                });
            }
        }
    }

    /// The products of the spectra with the filters', point by point.
    ///
    /// # Safety
    /// `panels` must be those of this convolution.
    #[inline(always)]
    unsafe fn multiply<S: Simd>(&self, panels: &[f32]) {
        let &Tiles { most, inputs, outputs, stride, points, products, .. } = self;
        let size = 2 * stride * (2 * outputs).next_multiple_of(COLUMNS);
        for point in 0..POINTS {
            // SAFETY: there is room for `most` tiles; those that are not gathered hold older finite values.
            unsafe {
                gemm::product::<S>(
                    points.add(point * most * 2 * inputs),
                    2 * inputs,
                    most,
                    2 * stride,
                    panels[point * size..].as_ptr(),
                    2 * outputs,
                    products.add(point * most * 2 * outputs),
                );
            }
        }
    }

    /// Writes `rows × columns` pixels of a tile, from column `x` of the band on.
    ///
    /// # Safety
    /// The pixels must lie in the band, and the products be those of `tile`.
    #[inline(always)]
    unsafe fn write<S: Simd>(&self, tile: usize, [rows, columns]: [usize; 2], x: usize, writer: &Writer) {
        let &Tiles { most, outputs, products, .. } = self;
        for vector in 0..outputs / LANES {
            // SAFETY: as the caller promises.
            unsafe {
                let from = products.add(tile * 2 * outputs + vector * LANES);
                inverse::<S>(
                    |point| {
                        let from = from.add(point * most * 2 * outputs);
                        [S::load(from), S::load(from.add(outputs))]
                    },
                    rows,
                    |y, pair| {
                        for (i, [upper, lower]) in pair.into_iter().enumerate().take(columns) {
                            writer.put::<S>(y, x + i, vector, upper);
                            if y + 1 < rows {
                                writer.put::<S>(y + 1, x + i, vector, lower);
                            }
                        }
                    },
                );
            }
        }
    }
}

/// Spectra of filters `outputs × inputs × side × side` in panels for each point: a complex product as a real one, [re im] ·
/// [[u v] [-v u]], where u + iv is the conjugate of the filter's spectrum, for CNNs correlate.
pub fn pack(
    side: usize,
    [inputs, outputs]: [usize; 2],
    weight: impl Fn(usize, usize, usize, usize) -> f32,
) -> Vec<f32> {
    let (stride, half) = (Source::compact(inputs), whole(outputs));
    let of = |filter| spectrum(side, |y, x| weight(filter / inputs, filter % inputs, y, x));
    let spectra: Vec<[f32; 2]> =
        (0..outputs * inputs).flat_map(of).map(|point| point.map(|part| part as f32)).collect();
    gemm::pack_points(POINTS, 2 * stride, 2 * half, |k, first, row| {
        for column in 0..COLUMNS {
            let n = first + column;
            let (i, o) = (k % stride, n % half);
            let filter = (i < inputs && o < outputs).then_some((o * inputs + i) * POINTS);
            for (point, values) in row.iter_mut().enumerate() {
                let [re, im] = filter.map_or([0.; 2], |filter| spectra[filter + point]);
                let value = match (k < stride, n < half) {
                    (true, true) | (false, false) => re,
                    (true, false) => -im,
                    (false, true) => im,
                };
                values[column] = value / (256. * gain(point));
            }
        }
    })
}

impl Convolution<'_> {
    #[inline(always)]
    pub(super) fn fourier<S: Simd>(&self, first: usize, rows: usize, writer: &Writer, scratch: &mut Scratch) {
        let all = Tiles::new::<S>(self, scratch);
        let Tiles { most, step, stride, width, lines, .. } = all;
        for left in (0..self.sides[1]).step_by(most * step) {
            let tiles = (self.sides[1] - left).div_ceil(step).min(most);
            let x = left as isize - self.pad[1] as isize;
            for line in 0..IN {
                let y = (first + line) as isize - self.pad[0] as isize;
                // SAFETY: a line has room for all tiles' pixels.
                unsafe {
                    let to = lines.add(line * width);
                    if line + 1 < rows + self.weights.kernel[0] {
                        self.source.gather::<S>(y, x, (tiles - 1) * step + IN, to, stride, &mut scratch.resampled);
                    } else {
                        // No output reads it, yet what is there would move the others' last digits.
                        to.write_bytes(0, ((tiles - 1) * step + IN) * stride);
                    }
                }
            }
            // SAFETY: these tiles are gathered, and of each no more is written than the band has.
            unsafe {
                all.transform::<S>(tiles);
                all.multiply::<S>(&self.weights.panels);
                for tile in 0..tiles {
                    let x = left + tile * step;
                    all.write::<S>(tile, [rows, step.min(self.sides[1] - x)], x, writer);
                }
            }
        }
    }
}
