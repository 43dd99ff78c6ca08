//! What separates two sketches, once exposure and framing are explained.

use super::{
    sketch::{CELLS, SIDE, Sketch, luma},
    squares,
};

type Colours = [[f32; 3]; CELLS];

/// What is called one step of exposure or motion, so that the fit weighs them alike: 12 % of contrast,
/// 12 levels of brightness, a shift by 0.35 cells (2.2 % of the side), the border moved by 0.25 cells.
const CONTRAST: f32 = 0.12;
const BRIGHTNESS: f32 = 12.;
const SHIFT: f32 = 0.35;
const ZOOM: f32 = 0.25;
/// How reluctantly steps are taken, so that they do not explain away a changed subject.
const RIDGE: f32 = 0.18 * 3. * CELLS as f32;

/// How one sketch differs from another. The same, whichever of the two comes first.
#[derive(Debug)]
pub(super) struct Change {
    /// The larger of brightness and contrast, in steps.
    pub exposure: f32,
    /// The largest of shift and zoom across and down, in steps.
    pub motion: f32,
    /// As much of the motion as shows all over the picture, and not where a subject changed.
    pub moved: f32,
    /// What neither explains: the mean over all cells, in levels of 255.
    pub mean: f32,
    /// Likewise the most over 3×3 cells, in units of what is usual where so much is going on.
    pub local: f32,
    /// Likewise the mean without what is common to red, green and blue, in levels.
    pub cast: f32,
    /// The most by which texture differs over 3×3 cells, as the logarithm of the ratio.
    pub texture: f32,
}

impl Change {
    /// Fits exposure and motion to first order, as Lucas and Kanade (1981) do, about the mean of both.
    pub(super) fn between(a: &Sketch, b: &Sketch) -> Change {
        let (first, second) = (colours(a), colours(b));
        let middle = zip(&first, &second, |a, b| (a + b) / 2.);
        let difference = zip(&first, &second, |a, b| b - a);
        let across = slope(&middle, 1);
        let down = slope(&middle, SIDE);
        let grey = middle.iter().flatten().sum::<f32>() / (3 * CELLS) as f32;
        let steps = |i: usize, c: usize| {
            let (x, y) = position(i);
            let (right, below) = (across[i][c], down[i][c]);
            let contrast = CONTRAST * (middle[i][c] - grey);
            [contrast, BRIGHTNESS, SHIFT * right, SHIFT * below, ZOOM * x * right, ZOOM * y * below]
        };
        let every = (0..CELLS).flat_map(|i| [(i, 0), (i, 1), (i, 2)]);
        let taken = squares::fit(every.map(|(i, c)| (steps(i, c), difference[i][c])), RIDGE);

        let rest: Colours = std::array::from_fn(|i| {
            std::array::from_fn(|c| {
                let whole = difference[i][c];
                let rest = whole - steps(i, c).iter().zip(taken).map(|(step, n)| step * n).sum::<f32>();
                // Where highlights are clipped the fit expects too much: what hardly differs is the same.
                if rest.abs() < whole.abs() { rest } else { whole }
            })
        });
        let smooth = blur(&rest);
        let busy = blur(&std::array::from_fn(|i| [magnitude(&across[i]) + magnitude(&down[i])]));
        let largest = |steps: &[f32]| steps.iter().fold(0f32, |most, step| most.max(step.abs()));
        let motion = largest(&taken[2..]);
        Change {
            exposure: largest(&taken[..2]),
            motion,
            moved: motion.min(moved(&difference, &across, &down)),
            mean: rest.iter().map(magnitude).sum::<f32>() / CELLS as f32,
            local: smooth.iter().zip(&busy).map(|(rest, [busy])| magnitude(rest) / (4. + busy / 4.)).fold(0., f32::max),
            cast: smooth.iter().map(cast).sum::<f32>() / CELLS as f32,
            texture: texture(a, b, &zip(&first, &second, f32::min)),
        }
    }
}

fn colours(sketch: &Sketch) -> Colours {
    let mut colours = [[0.; 3]; CELLS];
    colours.iter_mut().zip(sketch.colours()).for_each(|(slot, colour)| *slot = colour);
    colours
}

fn zip(a: &Colours, b: &Colours, with: impl Fn(f32, f32) -> f32) -> Colours {
    std::array::from_fn(|i| std::array::from_fn(|c| with(a[i][c], b[i][c])))
}

/// A cell's place, from -1 to 1 across and down.
pub(super) fn position(i: usize) -> (f32, f32) {
    let place = |i: usize| (2 * i + 1) as f32 / SIDE as f32 - 1.;
    (place(i % SIDE), place(i / SIDE))
}

/// Differences of neighbours, `stride` 1 across and [`SIDE`] down: central, one-sided at the border.
fn slope(colours: &Colours, stride: usize) -> Colours {
    std::array::from_fn(|i| {
        let place = i / stride % SIDE;
        let before = if place == 0 { i } else { i - stride };
        let after = if place == SIDE - 1 { i } else { i + stride };
        let cells = ((after - before) / stride) as f32;
        std::array::from_fn(|c| (colours[after][c] - colours[before][c]) / cells)
    })
}

/// The mean of 3×3 cells; the border goes on outside.
fn blur<const N: usize>(cells: &[[f32; N]; CELLS]) -> [[f32; N]; CELLS] {
    let near = |place: usize| [place.saturating_sub(1), place, (place + 1).min(SIDE - 1)];
    std::array::from_fn(|i| {
        let mut sum = [0.; N];
        for y in near(i / SIDE) {
            for x in near(i % SIDE) {
                (0..N).for_each(|c| sum[c] += cells[y * SIDE + x][c]);
            }
        }
        sum.map(|sum| sum / 9.)
    })
}

fn magnitude(colour: &[f32; 3]) -> f32 {
    colour.iter().map(|value| value.abs()).sum::<f32>() / 3.
}

fn cast(colour: &[f32; 3]) -> f32 {
    let grey = colour.iter().sum::<f32>() / 3.;
    magnitude(&colour.map(|value| value - grey))
}

/// A bound of the motion in steps, from differences relative to slopes: a changed subject covers less than
/// a fifth of the cells, whereas motion shows wherever there is something to see.
fn moved(difference: &Colours, across: &Colours, down: &Colours) -> f32 {
    const OUTSIDE: usize = CELLS * 8 / 10;
    /// Steps for a difference as large as the slope; the fit finds 3 to 7.
    const STEPS: f32 = 16.;
    let ratio = |i| magnitude(&difference[i]) / (2. + magnitude(&across[i]) + magnitude(&down[i]));
    let mut ratios: [f32; CELLS] = std::array::from_fn(ratio);
    ratios.sort_unstable_by(f32::total_cmp);
    STEPS * ratios[OUTSIDE]
}

/// Highlights that are clipped have lost their texture, so that they do not count; `darker` is the darker
/// of both sketches.
fn texture(a: &Sketch, b: &Sketch, darker: &Colours) -> f32 {
    /// Less than this many levels is noise.
    const NOISE: f32 = 4.;
    const HIGHLIGHT: f32 = 225.;
    let logarithm = |sketch: &Sketch| {
        let mut cells = [[0.]; CELLS];
        cells.iter_mut().zip(sketch.textures()).for_each(|(slot, texture)| *slot = [texture]);
        blur(&cells).map(|[texture]| (texture + NOISE).ln())
    };
    let (a, b) = (logarithm(a), logarithm(b));
    let counts = (0..CELLS).filter(|&i| luma(&darker[i]) <= HIGHLIGHT);
    counts.map(|i| (a[i] - b[i]).abs()).fold(0., f32::max)
}
