//! The inverse transform, in whole numbers as libjpeg's `jidctint.c` does it (Loeffler, Ligtenberg and Moschytz), so that
//! pixels are the same.

const BITS: i32 = 13;
const PASS: i32 = 2;

const F_0_298: i32 = 2446;
const F_0_390: i32 = 3196;
const F_0_541: i32 = 4433;
const F_0_765: i32 = 6270;
const F_0_899: i32 = 7373;
const F_1_175: i32 = 9633;
const F_1_501: i32 = 12299;
const F_1_847: i32 = 15137;
const F_1_961: i32 = 16069;
const F_2_053: i32 = 16819;
const F_2_562: i32 = 20995;
const F_3_072: i32 = 25172;

/// Of eight values, not yet descaled: those of the first half and their differences from those of the second.
fn line(v: [i32; 8]) -> [i32; 8] {
    let m = |a: i32, b: i32| a.wrapping_mul(b);
    let z1 = m(v[2].wrapping_add(v[6]), F_0_541);
    let (even2, even3) = (z1.wrapping_sub(m(v[6], F_1_847)), z1.wrapping_add(m(v[2], F_0_765)));
    let (even0, even1) = (v[0].wrapping_add(v[4]).wrapping_shl(13), v[0].wrapping_sub(v[4]).wrapping_shl(13));
    let even =
        [even0.wrapping_add(even3), even1.wrapping_add(even2), even1.wrapping_sub(even2), even0.wrapping_sub(even3)];
    let [t0, t1, t2, t3] = [v[7], v[5], v[3], v[1]];
    let (z1, z2, z3, z4) = (t0.wrapping_add(t3), t1.wrapping_add(t2), t0.wrapping_add(t2), t1.wrapping_add(t3));
    let z5 = m(z3.wrapping_add(z4), F_1_175);
    let (z1, z2) = (m(z1, -F_0_899), m(z2, -F_2_562));
    let (z3, z4) = (m(z3, -F_1_961).wrapping_add(z5), m(z4, -F_0_390).wrapping_add(z5));
    let odd = [
        m(t3, F_1_501).wrapping_add(z1).wrapping_add(z4),
        m(t2, F_3_072).wrapping_add(z2).wrapping_add(z3),
        m(t1, F_2_053).wrapping_add(z2).wrapping_add(z4),
        m(t0, F_0_298).wrapping_add(z1).wrapping_add(z3),
    ];
    std::array::from_fn(|i| if i < 4 { even[i].wrapping_add(odd[i]) } else { even[7 - i].wrapping_sub(odd[7 - i]) })
}

/// Coefficients in their natural order, dequantised, become levels.
pub(super) fn idct(block: &[i32; 64]) -> [u8; 64] {
    let mut between = [0; 64];
    let descale = |value: i32, bits: i32| value.wrapping_add(1 << (bits - 1)) >> bits;
    for x in 0..8 {
        let column = line(std::array::from_fn(|y| block[y * 8 + x]));
        for (y, value) in column.into_iter().enumerate() {
            between[y * 8 + x] = descale(value, BITS - PASS);
        }
    }
    let mut levels = [0; 64];
    for y in 0..8 {
        let row = line(std::array::from_fn(|x| between[y * 8 + x]));
        for (x, value) in row.into_iter().enumerate() {
            levels[y * 8 + x] = descale(value, BITS + PASS + 3).wrapping_add(128).clamp(0, 255) as u8;
        }
    }
    levels
}

/// The inverse transform of a block's lowest frequencies alone, which shows it with fewer samples.
pub(super) struct Inverse {
    /// Samples across and down, and as many frequencies.
    size: (usize, usize),
    across: Weights,
    down: Weights,
}

/// What each frequency adds to each sample of a line, by samples.
type Weights = [[f32; 8]; 8];

fn weights(size: usize) -> Weights {
    let weight = |sample: usize, frequency: usize| {
        let turn = (2 * sample + 1) as f32 * frequency as f32 * std::f32::consts::PI / (2 * size) as f32;
        // An eighth of the first coefficient is the mean; the other frequencies of an orthonormal transform are √2 larger.
        turn.cos() * if frequency == 0 { 1. } else { std::f32::consts::SQRT_2 }
    };
    std::array::from_fn(|x| std::array::from_fn(|u| weight(x, u)))
}

impl Inverse {
    /// To so many samples across and down, 8 at most.
    pub fn new(size: (usize, usize)) -> Inverse {
        Inverse { size, across: weights(size.0), down: weights(size.1) }
    }

    /// Of dequantised coefficients by rows; as many levels.
    pub fn levels(&self, block: &[i32; 64]) -> [u8; 64] {
        let (width, height) = self.size;
        let mut columns = [0f32; 64];
        for (at, sum) in columns.iter_mut().enumerate().take(width * height) {
            let (y, u) = (at / width, at % width);
            *sum = (0..height).map(|v| self.down[y][v] * block[v * width + u] as f32).sum();
        }
        let mut levels = [0; 64];
        for (at, level) in levels.iter_mut().enumerate().take(width * height) {
            let (y, x) = (at / width, at % width);
            let sum: f32 = (0..width).map(|u| self.across[x][u] * columns[y * width + u]).sum();
            *level = (sum / 8. + 128.5).clamp(0., 255.) as u8;
        }
        levels
    }
}
