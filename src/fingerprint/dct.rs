//! The cosine transform behind [`super::phash`], to the last bit.
//!
//! In pictures that are flat, symmetric or regular most coefficients are zero but for rounding, and
//! whether such a residue lies above or below the median is decided by the order of the operations.
//! So this follows pocketfft (BSD-3-Clause, as in SciPy 1.4 to 1.17 on x86-64, where no multiply-adds
//! are fused): the transform as a real Fourier transform of length 32, in steps of radix 2, 4 and 4.
//! The constants are written out, since `cos` differs in its last bit from platform to platform.

/// Length of the transform.
pub(super) const N: usize = 32;

type Line = [f64; N];

/// `cos(π·i/64)` for `i` from 1 to 31, as pocketfft multiplies them from two tables.
#[allow(clippy::approx_constant)]
const TURNS: [f64; N - 1] = [
    0.9987954562051724,
    0.9951847266721969,
    0.989176509964781,
    0.9807852804032304,
    0.970031253194544,
    0.9569403357322088,
    0.9415440651830208,
    0.9238795325112867,
    0.9039892931234433,
    0.881921264348355,
    0.8577286100002721,
    0.8314696123025452,
    0.8032075314806449,
    0.773010453362737,
    0.7409511253549591,
    0.7071067811865475,
    0.6715589548470183,
    0.6343932841636455,
    0.5956993044924332,
    0.5555702330196022,
    0.5141027441932217,
    0.47139673682599753,
    0.42755509343028203,
    0.38268343236508967,
    0.33688985339221994,
    0.2902846772544623,
    0.24298017990326393,
    0.19509032201612825,
    0.14673047445536164,
    0.09801714032956049,
    0.04906767432741799,
];

/// Cosine and sine of `2π·i/32` for `i` from 0 to 7, likewise.
#[allow(clippy::approx_constant)]
const ROOTS: [(f64, f64); 8] = [
    (1., 0.),
    (0.9807852804032304, 0.19509032201612825),
    (0.9238795325112867, 0.3826834323650898),
    (0.8314696123025452, 0.5555702330196022),
    (0.7071067811865475, 0.7071067811865476),
    (0.5555702330196022, 0.8314696123025452),
    (0.3826834323650898, 0.9238795325112867),
    (0.19509032201612825, 0.9807852804032304),
];

/// Type-II cosine transform without normalisation: `y[k] = 2·Σ x[n]·cos(π·k·(2n + 1)/64)`.
pub(super) fn transform(mut line: Line) -> Line {
    line[0] *= 2.;
    line[N - 1] *= 2.;
    for k in (1..N - 1).step_by(2) {
        (line[k], line[k + 1]) = (line[k + 1] + line[k], line[k + 1] - line[k]);
    }
    let mut line = quarter(&quarter(&halve(&line), 4, 2), 1, 8);
    for k in 1..N / 2 {
        let (a, b) = (line[k], line[N - k]);
        let (cos, sin) = (TURNS[k - 1], TURNS[N - k - 1]);
        let (sum, difference) = (cos * b + sin * a, cos * a - sin * b);
        line[k] = 0.5 * (sum + difference);
        line[N - k] = 0.5 * (sum - difference);
    }
    line[N / 2] *= TURNS[N / 2 - 1];
    line
}

/// `re + i·im` turned forward by a root of unity, as `(re, im)`.
fn turn(root: usize, re: f64, im: f64) -> (f64, f64) {
    let (cos, sin) = ROOTS[root];
    (cos * re - sin * im, cos * im + sin * re)
}

/// Half-complex to real, radix 2: the first step, one group of 16.
fn halve(from: &Line) -> Line {
    const LEN: usize = N / 2;
    let (mut to, low, high) = ([0.; N], &from[..LEN], &from[LEN..]);
    to[0] = low[0] + high[LEN - 1];
    to[LEN] = low[0] - high[LEN - 1];
    to[LEN - 1] = 2. * low[LEN - 1];
    to[2 * LEN - 1] = -2. * high[0];
    for i in (2..LEN).step_by(2) {
        let mirror = LEN - i;
        to[i - 1] = low[i - 1] + high[mirror - 1];
        to[i] = low[i] - high[mirror];
        let (re, im) = (low[i - 1] - high[mirror - 1], low[i] + high[mirror]);
        (to[LEN + i - 1], to[LEN + i]) = turn(i / 2, re, im);
    }
    to
}

/// Half-complex to real, radix 4: `groups` groups of four lines of `len` values.
fn quarter(from: &Line, len: usize, groups: usize) -> Line {
    use std::f64::consts::SQRT_2;
    let mut to = [0.; N];
    for group in 0..groups {
        let line = |i: usize| &from[len * (4 * group + i)..][..len];
        let (a, b, c, d) = (line(0), line(1), line(2), line(3));
        let place = |i: usize| len * (group + groups * i);

        let (sum, difference) = (a[0] + d[len - 1], a[0] - d[len - 1]);
        let (even, odd) = (2. * b[len - 1], 2. * c[0]);
        to[place(0)] = sum + even;
        to[place(1)] = difference - odd;
        to[place(2)] = sum - even;
        to[place(3)] = difference + odd;
        if len == 1 {
            continue;
        }
        let last = len - 1;
        let (im_sum, im_difference) = (d[0] + b[0], d[0] - b[0]);
        let (re_sum, re_difference) = (a[last] + c[last], a[last] - c[last]);
        to[place(0) + last] = re_sum + re_sum;
        to[place(1) + last] = SQRT_2 * (re_difference - im_sum);
        to[place(2) + last] = im_difference + im_difference;
        to[place(3) + last] = -SQRT_2 * (re_difference + im_sum);
        for i in (2..len).step_by(2) {
            let mirror = len - i;
            let (re_ad, re_a_d) = (a[i - 1] + d[mirror - 1], a[i - 1] - d[mirror - 1]);
            let (im_ad, im_a_d) = (a[i] + d[mirror], a[i] - d[mirror]);
            let (re_cb, re_c_b) = (c[i - 1] + b[mirror - 1], c[i - 1] - b[mirror - 1]);
            let (im_cb, im_c_b) = (c[i] + b[mirror], c[i] - b[mirror]);
            to[place(0) + i - 1] = re_ad + re_cb;
            to[place(0) + i] = im_a_d + im_c_b;
            let turned = [
                turn(groups * i / 2, re_a_d - im_cb, im_ad + re_c_b),
                turn(groups * i, re_ad - re_cb, im_a_d - im_c_b),
                turn(groups * i * 3 / 2, re_a_d + im_cb, im_ad - re_c_b),
            ];
            for (j, value) in turned.into_iter().enumerate() {
                (to[place(j + 1) + i - 1], to[place(j + 1) + i]) = value;
            }
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn is_the_cosine_transform() {
        let line: Line = std::array::from_fn(|i| ((i * i * 37 + 11) % 256) as f64);
        for (k, value) in transform(line).into_iter().enumerate() {
            let angle = |n: usize| PI * k as f64 * (2 * n + 1) as f64 / (2 * N) as f64;
            let exact: f64 = 2. * line.iter().enumerate().map(|(n, x)| x * angle(n).cos()).sum::<f64>();
            assert!((value - exact).abs() < 1e-9, "{k}: {value} is not {exact}");
        }
    }
}
