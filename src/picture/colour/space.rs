//! Spaces of three primaries and one curve, as code points (ITU-T H.273) and PNG's chunks name them, brought to sRGB.

/// x and y of red, green, blue and white.
type Primaries = [[f32; 2]; 4];

const D65: [f32; 2] = [0.3127, 0.329];
/// ITU-R BT.709's, which are sRGB's.
pub const SRGB: Primaries = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], D65];
const BT2020: Primaries = [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], D65];
const P3: Primaries = [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], D65];
const DCI: Primaries = [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], [0.314, 0.351]];
const BT470BG: Primaries = [[0.64, 0.33], [0.29, 0.6], [0.15, 0.06], D65];
const BT601: Primaries = [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], D65];

/// Luminance of white on a page beside HDR pictures, in candelas per square metre (ITU-R BT.2408).
const WHITE: f32 = 203.;
/// What the brightest parts of HDR pictures are taken to have, as Chromium does.
const BRIGHTEST: f32 = 1000.;

/// How light becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Curve {
    /// Light is a power of the number.
    Power(f32),
    /// sRGB's.
    Srgb,
    /// BT.709's.
    Bt709,
    /// SMPTE ST 2084: absolute luminance.
    Pq,
    /// Hybrid log-gamma of BT.2100.
    Hlg,
}

/// A space of colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// How light becomes numbers.
    pub curve: Curve,
    /// The colours of the axes and of white.
    pub primaries: Primaries,
}

impl Space {
    /// Primaries, transfer, matrix and range, as in PNG's cICP; `None` for what is not known or has no RGB in full range.
    pub fn of_code_points([primaries, transfer, matrix, full]: [u8; 4]) -> Option<Space> {
        let primaries = match primaries {
            1 => SRGB,
            5 => BT470BG,
            6 | 7 => BT601,
            9 => BT2020,
            11 => DCI,
            12 => P3,
            _ => return None,
        };
        let curve = match transfer {
            1 | 6 | 14 | 15 => Curve::Bt709,
            4 => Curve::Power(2.2),
            5 => Curve::Power(2.8),
            8 => Curve::Power(1.),
            13 => Curve::Srgb,
            16 => Curve::Pq,
            18 => Curve::Hlg,
            _ => return None,
        };
        (matrix == 0 && full == 1).then_some(Space { curve, primaries })
    }

    /// `None` where nothing would change, or the primaries make no space.
    pub fn converter(&self) -> Option<Converter> {
        if self.curve == Curve::Srgb && self.primaries == SRGB {
            return None;
        }
        let to_xyz = xyz(self.primaries)?;
        let adapted = multiply(adaptation(self.primaries[3])?, to_xyz);
        let matrix = multiply(inverse(xyz(SRGB)?)?, adapted);
        let light = (0..=u16::MAX).map(|value| self.curve.light(f32::from(value) / 65535.)).collect();
        let levels = (0..=u16::MAX).map(|light| (srgb(f32::from(light) / 65535.) * 255.).round() as u8).collect();
        Some(Converter { light, levels, matrix, curve: self.curve, luma: to_xyz[1] })
    }
}

impl Curve {
    /// 1 is white; in HDR more is brighter.
    fn light(self, value: f32) -> f32 {
        match self {
            Curve::Power(power) => value.powf(power),
            Curve::Srgb if value <= 0.04045 => value / 12.92,
            Curve::Srgb => ((value + 0.055) / 1.055).powf(2.4),
            Curve::Bt709 if value < 0.081 => value / 4.5,
            Curve::Bt709 => ((value + 0.099) / 1.099).powf(1. / 0.45),
            Curve::Pq => {
                let (m1, m2, c1, c2, c3) = (0.159_301_76, 78.84375, 0.835_937_5, 18.851_563, 18.6875);
                let power = value.powf(1. / m2);
                ((power - c1).max(0.) / (c2 - c3 * power)).powf(1. / m1) * (10_000. / WHITE)
            }
            Curve::Hlg if value <= 0.5 => value * value / 3.,
            Curve::Hlg => (((value - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_9) / 12.,
        }
    }
}

fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1. / 2.4) - 0.055 }
}

/// What becomes of each level of sRGB when light is stretched so that a dark colour's luminance becomes none (black point
/// compensation). Of colours that are not dark, as much as of a middle grey.
pub fn without_black([r, g, b, _]: [u8; 4]) -> [u8; 256] {
    let light = |level: u8| Curve::Srgb.light(f32::from(level) / 255.);
    let black = (0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b)).min(0.184);
    std::array::from_fn(|level| (srgb(((light(level as u8) - black) / (1. - black)).max(0.)) * 255.).round() as u8)
}

/// Converts pixels.
pub struct Converter {
    light: Vec<f32>,
    levels: Vec<u8>,
    matrix: Matrix,
    curve: Curve,
    /// Luminance of the space's primaries.
    luma: [f32; 3],
}

impl Converter {
    /// Numbers of 16 bits become levels of sRGB; what that does not have is cut off.
    pub fn convert(&self, numbers: [u16; 3]) -> [u8; 3] {
        let light = self.toned(numbers.map(|number| self.light[usize::from(number)]));
        let row = |row: [f32; 3]| row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
        self.matrix.map(|r| self.levels[(row(r).clamp(0., 1.) * 65535. + 0.5) as usize])
    }

    /// Converts RGBA of 8 bits in place.
    pub fn convert_all(&self, rgba: &mut [u8]) {
        for [r, g, b, _] in rgba.as_chunks_mut::<4>().0 {
            [*r, *g, *b] = self.convert([*r, *g, *b].map(|level| u16::from(level) * 257));
        }
    }

    /// HDR fitted between black and white by its brightest channel, as Chromium does (the operator of SMPTE ST 2094-50 for
    /// pictures that say nothing else): all up to the page's white is darkened alike, what is above it comes closer together.
    fn toned(&self, light: [f32; 3]) -> [f32; 3] {
        let light = match self.curve {
            Curve::Pq => light,
            Curve::Hlg => {
                let luma: f32 = light.iter().zip(self.luma).map(|(light, share)| light * share).sum();
                light.map(|channel| channel * luma.max(1e-6).powf(0.2) * (BRIGHTEST / WHITE))
            }
            _ => return light,
        };
        let most = light.into_iter().fold(0., f32::max);
        let scale = if most <= 1. { KNEE.1 } else { shoulder(most) / most };
        light.map(|channel| channel * scale)
    }
}

/// Where the page's white goes, and where the brightest light does.
const KNEE: (f32, f32) = (1., 0.5);
const END: (f32, f32) = (BRIGHTEST / WHITE, 1.);

/// The curve from the knee to the end, quadratic in a parameter: it leaves the knee in the direction that it comes from.
fn shoulder(light: f32) -> f32 {
    const BEND: f32 = 0.65;
    let middle = (KNEE.0 + BEND * (KNEE.0 * END.1 / KNEE.1 - KNEE.0), KNEE.1 + BEND * (END.1 - KNEE.1));
    let terms = |from: f32, middle: f32, to: f32| (from - 2. * middle + to, 2. * (middle - from), from);
    let ((a, b, c), (d, e, f)) = (terms(KNEE.0, middle.0, END.0), terms(KNEE.1, middle.1, END.1));
    let t = ((b * b - 4. * a * (c - light.min(END.0))).sqrt() - b) / (2. * a);
    (d * t + e) * t + f
}

type Matrix = [[f32; 3]; 3];

fn multiply(a: Matrix, b: Matrix) -> Matrix {
    a.map(|row| std::array::from_fn(|c| (0..3).map(|k| row[k] * b[k][c]).sum()))
}

fn inverse(m: Matrix) -> Option<Matrix> {
    let minor = |r: usize, c: usize| {
        let at = |dr: usize, dc: usize| m[(r + dr) % 3][(c + dc) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant: f32 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    let finite = determinant.is_finite() && determinant.abs() > 1e-6;
    finite.then(|| std::array::from_fn(|r| std::array::from_fn(|c| minor(c, r) / determinant)))
}

/// XYZ of a colour whose Y is 1.
fn white([x, y]: [f32; 2]) -> [f32; 3] {
    [x / y, 1., (1. - x - y) / y]
}

/// From RGB to XYZ.
fn xyz(primaries: Primaries) -> Option<Matrix> {
    if primaries.iter().any(|[_, y]| *y <= 0.) {
        return None;
    }
    let [r, g, b, w] = primaries.map(white);
    let columns: Matrix = std::array::from_fn(|i| [r[i], g[i], b[i]]);
    let back = inverse(columns)?;
    let shares = back.map(|row| row[0] * w[0] + row[1] * w[1] + row[2] * w[2]);
    Some(columns.map(|row| std::array::from_fn(|c| row[c] * shares[c])))
}

/// From a white to D65 (Bradford).
fn adaptation(from: [f32; 2]) -> Option<Matrix> {
    const CONES: Matrix = [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]];
    let cones = |white: [f32; 3]| CONES.map(|row| row[0] * white[0] + row[1] * white[1] + row[2] * white[2]);
    let (from, to) = (cones(white(from)), cones(white(D65)));
    let scaled: Matrix = std::array::from_fn(|r| std::array::from_fn(|c| CONES[r][c] * to[r] / from[r]));
    Some(multiply(inverse(CONES)?, scaled))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(points: [u8; 4], numbers: [u16; 3]) -> [u8; 3] {
        Space::of_code_points(points).unwrap().converter().unwrap().convert(numbers)
    }

    #[test]
    fn srgb_needs_no_converter() {
        assert!(Space::of_code_points([1, 13, 0, 1]).unwrap().converter().is_none());
        assert_eq!(Space::of_code_points([1, 13, 1, 1]), None);
        assert_eq!(Space::of_code_points([2, 2, 0, 1]), None);
    }

    #[test]
    fn greys_stay_grey_in_every_space() {
        for primaries in [1, 5, 6, 9, 11, 12] {
            for transfer in [1, 4, 8, 13, 16, 18] {
                for number in [0, 9000, 30000, 65535] {
                    if (primaries, transfer) == (1, 13) {
                        continue;
                    }
                    let [r, g, b] = convert([primaries, transfer, 0, 1], [number; 3]);
                    assert!(r.abs_diff(g) <= 1 && g.abs_diff(b) <= 1, "{primaries} {transfer} {number}: {r} {g} {b}");
                }
            }
        }
    }

    #[test]
    fn values_are_those_of_the_standards() {
        // Linear light of 18 %; Display P3's red and green, of which sRGB has less.
        assert_eq!(convert([1, 8, 0, 1], [11796; 3]), [118; 3]);
        assert_eq!(convert([12, 13, 0, 1], [65535, 0, 0]), [255, 0, 0]);
        assert_eq!(convert([12, 13, 0, 1], [32896, 32896, 0]), [128, 128, 0]);
        // PQ: 0, and 1000 cd/m² and above are black and white; 203 cd/m² is half of white's light.
        assert_eq!(convert([9, 16, 0, 1], [0; 3]), [0; 3]);
        assert_eq!(convert([9, 16, 0, 1], [49271; 3]), [255; 3]);
        assert_eq!(convert([9, 16, 0, 1], [38055; 3]), [188; 3]);
    }

    #[test]
    fn primaries_that_make_no_space_are_left() {
        let flat = [[0.3, 0.3]; 4];
        assert!(Space { curve: Curve::Srgb, primaries: flat }.converter().is_none());
        assert!(Space { curve: Curve::Srgb, primaries: [[0.; 2]; 4] }.converter().is_none());
    }
}
