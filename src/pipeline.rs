//! The way a photo takes, in one direction: `prepare` → `Rendering` → `encode`.

use std::ops::ControlFlow;

use crate::{
    Error, Result,
    generator::{
        Generator,
        onnx::Sides,
        plan::Run,
        tiles::{self, Stretch},
    },
    manifest::{Entry, Layout},
    options::{Limits, MAX_SIDE_RANGE, Options},
    picture::{
        Picture, decode,
        drawing::Drawing,
        normalise::{Area, Canvas, Rows, denormalise, normalise},
        pad::padded,
        resize,
        transfer::transfer,
    },
};

/// A photo that is decoded, upright, and within the limits.
#[derive(Debug, Clone)]
pub struct Prepared {
    picture: Picture,
}

/// Decodes a file.
///
/// # Errors
/// Those of [`decode::decode`].
pub fn prepare(bytes: &[u8], limits: &Limits) -> Result<Prepared> {
    Ok(Prepared { picture: decode::decode(bytes, limits)? })
}

impl Prepared {
    /// The pixels.
    pub fn picture(&self) -> &Picture {
        &self.picture
    }
}

impl From<Picture> for Prepared {
    fn from(picture: Picture) -> Self {
        Prepared { picture }
    }
}

/// Takes pixels that somebody else decoded: sRGB, RGBA, straight alpha, upright.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSmall`], or [`Error::CorruptImage`] when the
/// number of bytes is not `width × height × 4`.
pub fn prepare_pixels(rgba: Vec<u8>, width: u32, height: u32, limits: &Limits) -> Result<Prepared> {
    decode::check_pixels(width, height, limits)?;
    Ok(Prepared { picture: Picture::new(width, height, rgba)? })
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

    /// Loads a user's own ONNX file and checks that it can run. Without a `range` of values it is
    /// guessed: a generator whose result is never below zero is taken to want none below either.
    ///
    /// # Errors
    /// [`Error::BadModel`].
    pub fn for_user_model(name: &str, model: &[u8], range: Option<[f32; 2]>) -> Result<Engine> {
        let mut generator = Generator::load(model)?;
        if let Sides::Fixed { width, height } = generator.model().sides
            && width.max(height) > LARGEST_WHOLE
        {
            return Err(Error::BadModel(format!(
                "its pictures have {width}×{height} pixels; at most {LARGEST_WHOLE} on each side can be drawn at once"
            )));
        }
        let mut entry = Entry::for_user_model(name, model, generator.model().layout);
        entry.range = match range {
            Some(range) => range,
            None => generator.probe(entry.multiple)?,
        };
        Ok(Engine { entry, generator })
    }

    /// What is known of the generator.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Resizes and cuts into tiles; the generator itself runs in [`Rendering::step`].
    ///
    /// # Errors
    /// [`Error::BadModel`] when the model cannot run at this size, [`Error::OutOfMemory`].
    pub fn begin(&mut self, photo: Prepared, options: &Options) -> Result<Rendering> {
        let (multiple, fixed) = (self.entry.multiple, self.generator.model().sides);
        let margin = tiles::margin(&self.entry.receptive_field, multiple).filter(|_| fixed == Sides::Dynamic);
        let border = if margin.is_some() { tiles::BORDER } else { 0 };
        let most = if margin.is_some() { *MAX_SIDE_RANGE.end() } else { LARGEST_WHOLE };
        let side = options.max_side.clamp(*MAX_SIDE_RANGE.start(), most);
        let (max_width, max_height) = match fixed {
            Sides::Fixed { width, height } => (side.min(width), side.min(height)),
            Sides::Dynamic => (side, side),
        };
        let (width, height) = resize::fit(photo.picture.width(), photo.picture.height(), max_width, max_height);
        let enlarge = options.full_size && (width, height) != (photo.picture.width(), photo.picture.height());
        let full = enlarge.then(|| photo.picture.clone());
        let picture = resize::resize(photo.picture, width, height)?;
        let original = (options.strength < 1. || options.revisable).then(|| full.as_ref().unwrap_or(&picture).clone());
        let small = enlarge.then(|| picture.clone());
        let (width, height) = match fixed {
            Sides::Fixed { width, height } => (width, height),
            Sides::Dynamic => padded(width + 2 * border, height + 2 * border, multiple),
        };
        let grid = Grid {
            border,
            columns: tiles::cut(width, margin, multiple),
            rows: tiles::cut(height, margin, multiple),
            layout: self.generator.model().layout,
            range: self.entry.range,
        };
        let mut rendering = Rendering {
            // The plans are shared, so a copy costs nothing.
            generator: self.generator.clone(),
            side: picture.width().max(picture.height()),
            picture,
            grid,
            rows: Rows::default(),
            done: 0,
            run: None,
            full: full.zip(small),
            original,
            strength: options.strength,
        };
        rendering.start()?;
        // What was planned is kept for the next photo.
        self.generator = rendering.generator.clone();
        Ok(rendering)
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

/// Where the tiles of a picture lie.
struct Grid {
    columns: Vec<Stretch>,
    rows: Vec<Stretch>,
    /// Pixels before and after the picture that belong to the grid.
    border: u32,
    layout: Layout,
    range: [f32; 2],
}

impl Grid {
    fn len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// The tile that is run `i`-th, row by row: its tensor, and what of it is kept.
    fn tile(&self, i: usize) -> (Canvas, Area) {
        let (x, y) = (self.columns[i % self.columns.len()], self.rows[i / self.columns.len()]);
        let Grid { layout, range, border, .. } = *self;
        let before = |place: u32| place as i32 - border as i32;
        let (left, top) = (before(x.start), before(y.start));
        let canvas = Canvas { left, top, width: x.length, height: y.length, layout, range };
        let place = |place: u32| place.saturating_sub(border);
        let area = Area {
            left: place(x.keep_from),
            right: place(x.keep_to),
            top: place(y.keep_from),
            bottom: place(y.keep_to),
        };
        (canvas, area)
    }
}

/// A conversion under way. Dropping it cancels it.
pub struct Rendering {
    generator: Generator,
    /// Resized; every finished tile takes the place of what it was made from.
    picture: Picture,
    /// Longer side of `picture`.
    side: u32,
    grid: Grid,
    /// The photo's rows that the current tiles see.
    rows: Rows,
    /// Tiles finished.
    done: usize,
    /// The tile under way.
    run: Option<Run>,
    /// The photo in its own size, and as the generator saw it, for a result in full size.
    full: Option<(Picture, Picture)>,
    /// The photo in the result's size, where it may show through.
    original: Option<Picture>,
    strength: f32,
}

impl Rendering {
    /// Runs one operator of the generator; true once there is none left.
    ///
    /// # Errors
    /// [`Error::BadModel`] when the operator fails, [`Error::OutOfMemory`].
    pub fn step(&mut self) -> Result<bool> {
        let Some(run) = &mut self.run else { return Ok(true) };
        if !run.step()? {
            return Ok(false);
        }
        if let Some(run) = self.run.take() {
            let (canvas, area) = self.grid.tile(self.done);
            denormalise(&run.finish()?, &canvas, area, &mut self.picture);
        }
        self.done += 1;
        if self.done < self.grid.len() {
            self.start()?;
        }
        Ok(self.run.is_none())
    }

    /// Begins the next tile.
    fn start(&mut self) -> Result<()> {
        let (canvas, _) = self.grid.tile(self.done);
        let bottom = canvas.top + canvas.height as i32;
        self.rows.advance(&self.picture, canvas.top.max(0) as u32, bottom.max(0) as u32)?;
        let input = normalise(&self.rows, &self.picture, &canvas)?;
        self.run = Some(self.generator.start(input, canvas.width, canvas.height, self.side)?);
        Ok(())
    }

    /// Share of the generator's multiply-adds done, 0 to 1.
    pub fn progress(&self) -> f32 {
        let tile = self.run.as_ref().map_or(0., Run::progress);
        (self.done as f32 + tile) / self.grid.len() as f32
    }

    /// The result, as strong as the options say, with the photo's alpha.
    ///
    /// # Errors
    /// [`Error::Internal`] when the run is not finished.
    pub fn finish(self) -> Result<Picture> {
        let strength = self.strength;
        Ok(self.drawing()?.at(strength))
    }

    /// The result before it is blended.
    ///
    /// # Errors
    /// [`Error::Internal`] when the run is not finished.
    pub fn drawing(self) -> Result<Drawing> {
        if self.done < self.grid.len() {
            return Err(Error::Internal("the picture is not finished".into()));
        }
        let drawn = match self.full {
            Some((full, small)) => transfer(full, &small, &self.picture)?,
            None => self.picture,
        };
        Ok(Drawing::new(drawn, self.original))
    }
}
