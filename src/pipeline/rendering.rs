//! A conversion under way: tile by tile, operator by operator.

use crate::{
    Error, Result,
    generator::{
        Generator,
        plan::{Run, finite},
        tiles::Stretch,
    },
    manifest::Layout,
    options::Finish,
    picture::{
        Picture,
        contrast::{self, Contrast},
        detail::Structure,
        drawing::Drawing,
        normalise::{Area, Canvas, Rows, denormalise, normalise},
        transfer::transfer,
    },
};

/// Where the tiles of a picture lie.
pub(super) struct Grid {
    pub(super) columns: Vec<Stretch>,
    pub(super) rows: Vec<Stretch>,
    /// Pixels before and after the picture that belong to the grid.
    pub(super) border: u32,
    pub(super) layout: Layout,
    pub(super) range: [f32; 2],
    pub(super) output_range: [f32; 2],
}

impl Grid {
    pub(super) fn len(&self) -> usize {
        self.columns.len() * self.rows.len()
    }

    /// The tile that is run `i`-th, row by row: its tensor, and what of it is kept.
    pub(super) fn tile(&self, i: usize) -> (Canvas, Area) {
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

/// What a generator takes: `1×3×H×W` values in the model's range, or `1×H×W×3`, as [`Layout`] says.
pub struct Tile {
    /// As many as the sides say.
    pub values: Vec<f32>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Longer side of the whole picture in pixels, where the generator has to know it.
    pub side: u32,
    /// Its share of the whole work, 0 to 1.
    pub share: f32,
}

/// A conversion under way. Dropping it cancels it.
pub struct Rendering {
    pub(super) generator: Generator,
    /// Resized; every finished tile takes the place of what it was made from.
    pub(super) picture: Picture,
    /// Longer side of `picture`.
    pub(super) side: u32,
    pub(super) grid: Grid,
    /// The photo's rows that the current tiles see.
    pub(super) rows: Rows,
    /// Of the tiles finished: the photo's contrast and the drawing's.
    pub(super) seen: Contrast,
    pub(super) drawn: Contrast,
    /// Tiles finished.
    pub(super) done: usize,
    /// The tile under way.
    pub(super) run: Option<Run>,
    /// The photo in its own size, and as the generator saw it, for a result in full size.
    pub(super) full: Option<(Picture, Picture)>,
    /// The fine structure of the photo as the generator saw it, and how much of it comes back.
    pub(super) structure: Option<(Structure, f32)>,
    /// The photo in the result's size, where it may show through.
    pub(super) original: Option<Picture>,
    pub(super) finish: Finish,
}

impl Rendering {
    /// Runs one operator of the generator, or some rows of it; true once there is none left.
    ///
    /// # Errors
    /// [`Error::BadModel`] when the operator fails, [`Error::OutOfMemory`].
    pub fn step(&mut self) -> Result<bool> {
        if self.is_drawn() {
            return Ok(true);
        }
        // One that somebody else began.
        if self.run.is_none() {
            self.start()?;
        }
        let Some(run) = &mut self.run else { return Ok(false) };
        if !run.step()? {
            return Ok(false);
        }
        let drawn = self.run.take().map(Run::finish).transpose()?;
        self.put(&drawn.unwrap_or_default())?;
        if !self.is_drawn() {
            self.start()?;
        }
        Ok(self.is_drawn())
    }

    /// Begins the next tile.
    pub(super) fn start(&mut self) -> Result<()> {
        let Tile { values, width, height, side, .. } = self.tile()?;
        self.run = Some(self.generator.start(values, width, height, side)?);
        Ok(())
    }

    /// The tile to be drawn next, for whoever draws it in place of [`Rendering::step`].
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Internal`] once there is none left.
    pub fn tile(&mut self) -> Result<Tile> {
        if self.is_drawn() {
            return Err(Error::Internal("all tiles are drawn".into()));
        }
        let (canvas, _) = self.grid.tile(self.done);
        let bottom = canvas.top + canvas.height as i32;
        self.rows.advance(&self.picture, canvas.top.max(0) as u32, bottom.max(0) as u32)?;
        let values = normalise(&self.rows, &self.picture, &canvas)?;
        Ok(Tile {
            values,
            width: canvas.width,
            height: canvas.height,
            side: self.generator.side(self.side),
            share: 1. / self.grid.len() as f32,
        })
    }

    /// Takes what the generator made of [`Rendering::tile`]; true once there is no tile left.
    ///
    /// # Errors
    /// [`Error::BadModel`] when a value is NaN or infinite, [`Error::Internal`] when their number is not the tile's.
    pub fn put(&mut self, values: &[f32]) -> Result<bool> {
        let (canvas, area) = self.grid.tile(self.done);
        if values.len() != canvas.len() {
            return Err(Error::Internal(format!("a tile of {} values was given {}", canvas.len(), values.len())));
        }
        finite(values)?;
        self.run = None;
        self.seen.add(&self.picture, area);
        let canvas = Canvas { range: self.grid.output_range, ..canvas };
        denormalise(values, &canvas, area, &mut self.picture);
        self.drawn.add(&self.picture, area);
        self.done += 1;
        Ok(self.is_drawn())
    }

    /// How far what two drew lies apart, 0 to 255: the mean over all pixels and colours.
    ///
    /// # Errors
    /// [`Error::Internal`] when they are of different sizes.
    pub fn difference(&self, other: &Rendering) -> Result<f64> {
        let (ours, others) = (self.picture.rgba(), other.picture.rgba());
        if ours.len() != others.len() {
            return Err(Error::Internal("two pictures of different sizes have no difference".into()));
        }
        let sum: u64 = ours.iter().zip(others).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        // A quarter of the values is alpha, which stays as it is.
        Ok(sum as f64 / (ours.len() as f64 * 0.75))
    }

    /// Whether no tile is left.
    pub fn is_drawn(&self) -> bool {
        self.done == self.grid.len()
    }

    /// Share of the generator's multiply-adds done, 0 to 1.
    pub fn progress(&self) -> f32 {
        let tile = self.run.as_ref().map_or(0., Run::progress);
        (self.done as f32 + tile) / self.grid.len() as f32
    }

    /// The result, as strong as the options say, with the photo's alpha; beside the photo where they say so.
    ///
    /// # Errors
    /// Those of [`Rendering::drawing`].
    pub fn finish(self) -> Result<Picture> {
        let finish = self.finish.clone();
        Ok(self.drawing()?.finished(&finish))
    }

    /// The result before it is blended.
    ///
    /// # Errors
    /// [`Error::Internal`] when the run is not finished, [`Error::BadModel`] when of a photo with contrast nothing but
    /// one colour is left.
    pub fn drawing(self) -> Result<Drawing> {
        if !self.is_drawn() {
            return Err(Error::Internal("the picture is not finished".into()));
        }
        if self.seen.lost_in(&self.drawn) {
            return Err(Error::BadModel(format!("of this photo it draws {}", contrast::ONE_COLOUR)));
        }
        let mut drawn = self.picture;
        if let Some((structure, strength)) = self.structure {
            structure.restore(&mut drawn, strength)?;
        }
        if let Some((full, small)) = self.full {
            drawn = transfer(full, &small, &drawn)?;
        }
        Ok(Drawing::new(drawn, self.original))
    }
}
