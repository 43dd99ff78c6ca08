//! In which ranges of values a stranger's generator takes and gives brightness.
//!
//! What its graph does first and last tells most of them; what is left open, a small photo tells that it draws.

pub(super) mod graph;

use super::{Generator, onnx::Sides};
use crate::{
    Error, Result,
    manifest::Range,
    options::Limits,
    picture::{
        Picture,
        contrast::{self, Contrast},
        decode::decode,
        normalise::{Area, Canvas, Rows, denormalise, normalise},
        pad::padded,
        resize::resize,
    },
};

/// Those that there are, the commonest first.
pub const ALL: [Range; 3] = [[-1., 1.], [0., 1.], [0., 255.]];

/// What a generator takes and what it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranges {
    /// Of the picture that it draws.
    pub input: Range,
    /// Of its result.
    pub output: Range,
}

/// 64×64 pixels of tests/fixtures/photos/dog.jpg.
const PHOTO: &[u8] = include_bytes!("photo.jpg");
/// A picture this much like its photo was meant so: no other reading is tried.
const ALIKE: f32 = 0.6;
/// How much more alike another reading's picture must be, and at least.
const BETTER: f32 = 0.2;
const LEAST: f32 = 0.3;
/// The longest fixed side in pixels of which a picture is drawn though the graph leaves nothing open: large ones take long.
const CHEAP: u32 = 512;

/// Draws a photo in those readings that the graph leaves open. A generator that gives several is taken to want what it
/// gives, unless another reading's picture is clearly more like the photo.
///
/// # Errors
/// [`Error::BadModel`], also where every reading's picture is of one colour.
pub fn find(generator: &mut Generator, multiple: u32) -> Result<Ranges> {
    let (width, height) = match generator.model().sides {
        Sides::Fixed { width, height } => (width, height),
        Sides::Dynamic => padded(64, 64, multiple),
    };
    let (taken, given) = (generator.model().taken, generator.model().given);
    // Says what keeps it from running before any photo is read.
    generator.plan(width, height, width.max(height))?;
    if let (Some(input), Some(output)) = (taken, given)
        && width.max(height) > CHEAP
    {
        return Ok(Ranges { input, output });
    }
    let photo = resize(decode(PHOTO, &Limits::default())?, width, height)?;
    let mut best: Option<(f32, Ranges)> = None;
    for input in readings(taken, given) {
        let (output, alike) = draw(generator, &photo, input, given)?;
        let Some(alike) = alike else { continue };
        if best.is_none_or(|(before, _)| alike > LEAST && alike > before + BETTER) {
            best = Some((alike, Ranges { input, output }));
        }
        if alike > ALIKE && (taken.is_some() || given.is_some()) {
            break;
        }
    }
    best.map(|(_, ranges)| ranges)
        .ok_or_else(|| Error::BadModel(format!("of a photo it draws {}", contrast::ONE_COLOUR)))
}

/// What may be taken, in the order in which it is tried.
fn readings(taken: Option<Range>, given: Option<Range>) -> Vec<Range> {
    if let Some(taken) = taken {
        return vec![taken];
    }
    let others = ALL.into_iter().filter(|&range| Some(range) != given);
    given.into_iter().chain(others).collect()
}

/// The range that the result is in, and how like the photo it is; not if it is of one colour.
fn draw(
    generator: &mut Generator,
    photo: &Picture,
    input: Range,
    given: Option<Range>,
) -> Result<(Range, Option<f32>)> {
    let (width, height) = (photo.width(), photo.height());
    let mut canvas = Canvas { left: 0, top: 0, width, height, layout: generator.model().layout, range: input };
    let mut rows = Rows::default();
    rows.advance(photo, 0, height)?;
    let mut run = generator.start(normalise(&rows, photo, &canvas)?, width, height, width.max(height))?;
    while !run.step()? {}
    let values = run.finish()?;
    canvas.range = given.unwrap_or_else(|| spanned(&values));
    let area = Area { left: 0, right: width, top: 0, bottom: height };
    let mut drawn = photo.clone();
    denormalise(&values, &canvas, area, &mut drawn);
    let mut contrast = Contrast::default();
    contrast.add(&drawn, area);
    Ok((canvas.range, (!contrast.is_one_colour()).then(|| likeness(photo, &drawn))))
}

/// The range that most of these values lie in; a few may be beyond it where no activation ends a graph.
fn spanned(values: &[f32]) -> Range {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let fiftieth = sorted.len() / 50;
    match (sorted[fiftieth], sorted[sorted.len() - 1 - fiftieth]) {
        (_, most) if most > 4. => [0., 255.],
        (least, _) if least < -0.1 => [-1., 1.],
        _ => [0., 1.],
    }
}

/// How much of the photo's light and shade the drawing has, 1 at most, 0 for one that has none (the coefficient of
/// determination of the luma of blocks).
fn likeness(photo: &Picture, drawn: &Picture) -> f32 {
    let (photo, drawn) = (blocks(photo), blocks(drawn));
    let mean = photo.iter().sum::<f32>() / photo.len() as f32;
    let spread: f32 = photo.iter().map(|a| (a - mean).powi(2)).sum();
    let off: f32 = photo.iter().zip(&drawn).map(|(a, b)| (a - b).powi(2)).sum();
    1. - off / spread.max(1.)
}

/// The luma of an eighth of each side.
fn blocks(picture: &Picture) -> Vec<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (across, down) = (width.div_ceil(8), height.div_ceil(8));
    let mut sums = vec![(0., 0.); across.min(8) * down.min(8)];
    let (columns, rows) = (across.min(8), down.min(8));
    for (at, pixel) in picture.rgba().as_chunks::<4>().0.iter().enumerate() {
        let (x, y) = (at % width * columns / width, at / width * rows / height);
        let [r, g, b, _] = pixel.map(f32::from);
        let (sum, count) = &mut sums[y * columns + x];
        (*sum, *count) = (*sum + 0.299 * r + 0.587 * g + 0.114 * b, *count + 1.);
    }
    sums.into_iter().map(|(sum, count): (f32, f32)| sum / count.max(1.)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_tell_their_range_even_where_some_are_beyond_it() {
        let of = |least: f32, most: f32| {
            let ramp = (0..1000).map(|i| least + (most - least) * i as f32 / 999.);
            spanned(&ramp.chain([least - 0.3, most + 0.3]).collect::<Vec<_>>())
        };
        assert_eq!(of(-1., 1.), [-1., 1.]);
        assert_eq!(of(-1.2, 1.3), [-1., 1.]);
        assert_eq!(of(0., 1.), [0., 1.]);
        assert_eq!(of(-0.05, 1.1), [0., 1.]);
        assert_eq!(of(0., 255.), [0., 255.]);
        assert_eq!(of(-60., 320.), [0., 255.]);
    }

    #[test]
    fn a_drawing_is_like_its_photo_and_a_flat_one_is_not() {
        let photo = decode(PHOTO, &Limits::default()).unwrap();
        let flat = Picture::new(64, 64, vec![128; 64 * 64 * 4]).unwrap();
        let paler = photo.rgba().iter().map(|v| v / 2 + 64).collect();
        assert_eq!(likeness(&photo, &photo), 1.);
        assert!(likeness(&photo, &flat) < 0.1);
        assert!(likeness(&photo, &Picture::new(64, 64, paler).unwrap()) > 0.3);
    }
}
