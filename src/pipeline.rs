//! The way a photo takes, in one direction: `prepare` → `Rendering` → `encode`.

mod rendering;

use std::ops::ControlFlow;

#[cfg(target_arch = "wasm32")]
use crate::generator::gpu;
use crate::{
    Error, Result,
    fingerprint::{Fingerprint, drawn},
    generator::{
        Generator,
        onnx::Sides,
        ranges::{self, Ranges},
        tiles,
    },
    manifest::Entry,
    options::{Draw, Framing, Limits, MAX_SIDE_RANGE, Options},
    picture::{
        Picture, comparison, contrast::Contrast, decode, detail::Structure, encode::check_sides, limits::check_pixels,
        normalise::Rows, pad::padded, resize, xmp,
    },
};

use rendering::Grid;
pub use rendering::{Rendering, Tile};

/// A photo that is decoded, upright, and within the limits.
#[derive(Debug, Clone)]
pub struct Prepared {
    picture: Picture,
    /// How many pixels of the photo a pixel of this is, along a side.
    scale: u32,
    /// Its file says that it is a result of ours.
    ours: bool,
}

/// Decodes a file.
///
/// # Errors
/// Those of [`decode::decode`].
pub fn prepare(bytes: &[u8], limits: &Limits) -> Result<Prepared> {
    Ok(Prepared { ours: xmp::is_ours(bytes), ..decode::decode(bytes, limits)?.into() })
}

/// Decodes a file for what these options make of it, no more of it than they need, and frames it.
///
/// # Errors
/// Those of [`decode::decode`] and [`Prepared::framed`].
pub fn prepare_for(bytes: &[u8], options: &Options) -> Result<Prepared> {
    let Options { limits, framing, draw, .. } = options;
    let picture = decode::decode_for(bytes, limits, enough(framing, draw))?;
    Prepared { ours: xmp::is_ours(bytes), ..picture.into() }.framed(framing)
}

/// How many pixels of the photo's longer side are drawn from; nothing where all may be.
fn enough(framing: &Framing, draw: &Draw) -> Option<u32> {
    let side = draw.max_side.clamp(*MAX_SIDE_RANGE.start(), *MAX_SIDE_RANGE.end());
    // A part has fewer pixels than the photo that it is cut from.
    let share = framing.crop.map_or(1., |crop| crop.share());
    (!draw.full_size).then_some((f64::from(side) / share).ceil() as u32)
}

/// A large JPEG at an eighth of its size, framed ([`decode::decode_dc_image`]); `None` where the part that is left of it is
/// too small to tell photos apart by.
///
/// # Errors
/// Those of [`decode::decode_dc_image`].
pub fn glimpse(bytes: &[u8], limits: &Limits, framing: &Framing) -> Result<Option<Prepared>> {
    let small = decode::decode_dc_image(bytes, limits)?.and_then(|small| small.framed(framing).ok());
    let small = small.filter(|small| small.width().min(small.height()) >= decode::LARGE / 8);
    Ok(small.map(|small| Prepared { scale: 8, ..small.into() }))
}

/// What the cache knows a file's photo by, for what these options make of it: of a large JPEG a [`glimpse`] is enough.
///
/// # Errors
/// Those of [`glimpse`] and [`prepare_for`].
pub fn fingerprint(bytes: &[u8], options: &Options) -> Result<Fingerprint> {
    let seen = glimpse(bytes, &options.limits, &options.framing)?;
    Ok(seen.map_or_else(|| prepare_for(bytes, options), Ok)?.fingerprint(&options.draw))
}

impl Prepared {
    /// The pixels.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    /// What the cache compares it by, for what these choices make of it.
    pub fn fingerprint(&self, draw: &Draw) -> Fingerprint {
        let side = self.scale * self.picture.width().max(self.picture.height());
        Fingerprint::new(&self.picture).drawn_at(if draw.full_size { side } else { side.min(draw.max_side) })
    }

    /// Turned, mirrored and cut.
    ///
    /// # Errors
    /// [`Error::TooSmall`].
    pub fn framed(self, framing: &Framing) -> Result<Prepared> {
        Ok(Prepared { picture: self.picture.framed(framing)?, ..self })
    }

    /// Whether it is drawn rather than photographed ([`drawn::is_drawn`]); of a result of ours its file says so.
    ///
    /// # Errors
    /// Those of [`drawn::is_drawn`].
    pub fn is_drawn(&self) -> Result<bool> {
        Ok(self.ours || drawn::is_drawn(&self.picture)?)
    }
}

impl From<Picture> for Prepared {
    fn from(picture: Picture) -> Self {
        Prepared { picture, scale: 1, ours: false }
    }
}

/// Takes pixels that somebody else decoded: sRGB, RGBA, straight alpha, upright.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSmall`], or [`Error::CorruptImage`] when the
/// number of bytes is not `width × height × 4`.
pub fn prepare_pixels(rgba: Vec<u8>, width: u32, height: u32, limits: &Limits) -> Result<Prepared> {
    check_pixels(width, height, limits)?;
    Ok(Picture::new(width, height, rgba)?.into())
}

/// The longest side, in pixels, that a generator without tiles is asked for: at 2048 × 2048 the
/// AnimeGANv2 architecture already needs about 3 GB.
pub const LARGEST_WHOLE: u32 = 2048;

/// A generator with what its manifest entry says of it. It draws on the thread that calls it, and on those of
/// [`Threads`](crate::generator::Threads) if that has started some.
#[derive(Clone)]
pub struct Engine {
    entry: Entry,
    generator: Generator,
}

impl Engine {
    /// Verifies the checksum and loads the model.
    ///
    /// # Errors
    /// [`Error::BadModel`].
    pub fn new(entry: Entry, model: &[u8]) -> Result<Engine> {
        entry.verify(model)?;
        Ok(Engine { generator: Generator::load(model)?, entry })
    }

    /// Loads a user's own ONNX file and checks that it can run. Without `ranges` they are found out
    /// ([`ranges::find`]).
    ///
    /// # Errors
    /// [`Error::BadModel`].
    pub fn for_user_model(name: &str, model: &[u8], ranges: Option<Ranges>) -> Result<Engine> {
        Engine::of_user(name, model, Generator::load(model)?, ranges)
    }

    /// The same of a file that is loaded already.
    pub(crate) fn of_user(
        name: &str,
        model: &[u8],
        mut generator: Generator,
        ranges: Option<Ranges>,
    ) -> Result<Engine> {
        if let Sides::Fixed { width, height } = generator.model().sides
            && width.max(height) > LARGEST_WHOLE
        {
            return Err(Error::BadModel(format!(
                "its pictures have {width}×{height} pixels; at most {LARGEST_WHOLE} on each side can be drawn at once"
            )));
        }
        let mut entry = Entry::for_user_model(name, model, generator.model().layout);
        let Ranges { input, output } = match ranges {
            Some(ranges) => ranges,
            None => ranges::find(&mut generator, entry.multiple)?,
        };
        (entry.range, entry.output_range) = (input, (output != input).then_some(output));
        Ok(Engine { entry, generator })
    }

    /// What is known of the generator.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Resizes and cuts into tiles; the generator itself runs in [`Rendering::step`].
    ///
    /// # Errors
    /// [`Error::BadModel`] when the model cannot run at this size, and those of [`Engine::lay_out`].
    pub fn begin(&mut self, photo: Prepared, options: &Options) -> Result<Rendering> {
        let mut rendering = self.lay_out(photo, options)?;
        if !rendering.is_drawn() {
            rendering.start()?;
        }
        // What was planned is kept for the next photo.
        self.generator = rendering.generator.clone();
        Ok(rendering)
    }

    /// The same for somebody else to draw, tile by tile ([`Rendering::tile`]): nothing is planned. It can be gone on with
    /// here at any time.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; those of [`check_sides`], for what the result will be.
    pub fn lay_out(&self, photo: Prepared, options: &Options) -> Result<Rendering> {
        let Options { draw, finish, .. } = options;
        let sides = [photo.picture.width(), photo.picture.height()];
        let ([width, height], grid) = self.layout(sides, draw);
        let enlarge = draw.full_size && [width, height] != sides;
        let [across, down] = if enlarge { sides } else { [width, height] };
        let across = finish.comparison.map_or(across, |comparison| comparison::across(across, comparison));
        check_sides(across, down, finish.format)?;
        let full = enlarge.then(|| photo.picture.clone());
        let picture = resize::resize(photo.picture, width, height)?;
        let original = (finish.shows_photo() || draw.revisable).then(|| full.as_ref().unwrap_or(&picture).clone());
        let small = enlarge.then(|| picture.clone());
        let mut rendering = Rendering {
            // The plans are shared, so a copy costs nothing.
            generator: self.generator.clone(),
            side: picture.width().max(picture.height()),
            picture,
            grid,
            rows: Rows::default(),
            seen: Contrast::default(),
            drawn: Contrast::default(),
            done: 0,
            run: None,
            full: full.zip(small),
            structure: None,
            original,
            finish: finish.clone(),
        };
        // Nothing of a drawing would show.
        if finish.strength <= 0. && !draw.revisable {
            rendering.done = rendering.grid.len();
            return Ok(rendering);
        }
        if self.entry.detail > 0. {
            rendering.structure = Some((Structure::of(&rendering.picture)?, self.entry.detail));
        }
        Ok(rendering)
    }

    /// The generator's steps for a tile of this size, for a GPU; nothing where it cannot take all of them.
    ///
    /// # Errors
    /// [`Error::BadModel`] when the model cannot run at this size.
    #[cfg(target_arch = "wasm32")]
    pub(crate) fn program(&self, width: u32, height: u32, side: u32) -> Result<Option<gpu::Program>> {
        self.generator.program(width, height, side)
    }

    /// How a photo will be cut: width and height of its first tile, the longer side of the whole picture as far as the
    /// generator has to know it, and how many tiles there are.
    pub fn tiles(&self, photo: &Prepared, options: &Options) -> [u32; 4] {
        let sides = [photo.picture.width(), photo.picture.height()];
        let ([width, height], grid) = self.layout(sides, &options.draw);
        let (tile, _) = grid.tile(0);
        [tile.width, tile.height, self.generator.side(width.max(height)), grid.len() as u32]
    }

    /// The sides at which a photo is drawn, and its tiles.
    fn layout(&self, [width, height]: [u32; 2], draw: &Draw) -> ([u32; 2], Grid) {
        let (multiple, fixed) = (self.entry.multiple, self.generator.model().sides);
        let margin = tiles::margin(&self.entry.receptive_field, multiple).filter(|_| fixed == Sides::Dynamic);
        let border = if margin.is_some() { tiles::BORDER } else { 0 };
        let most = if margin.is_some() { *MAX_SIDE_RANGE.end() } else { LARGEST_WHOLE };
        let side = draw.max_side.clamp(*MAX_SIDE_RANGE.start(), most);
        let (max_width, max_height) = match fixed {
            Sides::Fixed { width, height } => (side.min(width), side.min(height)),
            Sides::Dynamic => (side, side),
        };
        let (width, height) = resize::fit(width, height, max_width, max_height);
        let tensor = match fixed {
            Sides::Fixed { width, height } => (width, height),
            Sides::Dynamic => padded(width + 2 * border, height + 2 * border, multiple),
        };
        let [columns, rows] = tiles::grid([tensor.0, tensor.1], margin, multiple, tiles::room(draw.device));
        let grid = Grid {
            border,
            columns,
            rows,
            layout: self.generator.model().layout,
            range: self.entry.range,
            output_range: self.entry.output_range.unwrap_or(self.entry.range),
        };
        ([width, height], grid)
    }

    /// Converts in one go. Between operators `progress` is told the share of multiply-adds done, and
    /// may stop the conversion.
    ///
    /// # Errors
    /// Those of [`Engine::begin`], and [`Error::Cancelled`] when `progress` breaks.
    pub fn render(
        &mut self,
        photo: Prepared,
        options: &Options,
        mut progress: impl FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Picture> {
        let mut rendering = self.begin(photo, options)?;
        while !rendering.step()? {
            if progress(rendering.progress()).is_break() {
                return Err(Error::Cancelled);
            }
        }
        rendering.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Crop;

    #[test]
    fn of_a_part_that_goes_over_the_edge_as_much_is_decoded_as_of_another() {
        let of = |left, top, width, height| {
            let framing = Framing { crop: Some(Crop { left, top, width, height }), ..Framing::default() };
            enough(&framing, &Draw { max_side: 1024, ..Draw::default() })
        };
        assert_eq!(of(0., 0., 1., 1.), Some(1024));
        assert_eq!(of(0.25, 0.25, 0.5, 0.25), Some(4096));
        assert_eq!(of(0.75, 0., 0.5, 0.5), Some(4096));
        assert_eq!(of(0., 0.875, 1., 1.), Some(8192));
        let full = Draw { full_size: true, ..Draw::default() };
        assert_eq!(enough(&Framing::default(), &full), None);
    }
}
