//! The way a photo takes, in one direction: `prepare` → `Rendering` → `encode`.

use std::ops::ControlFlow;

use crate::{
    Error, Result,
    generator::{Generator, onnx::Sides, plan::Run},
    manifest::Entry,
    options::{Limits, MAX_SIDE_RANGE, Options},
    picture::{
        Picture, decode,
        normalise::{Canvas, denormalise, normalise},
        pad::padded,
        resize,
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

/// Takes pixels that somebody else decoded: sRGB, RGBA, straight alpha, upright.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSmall`], or [`Error::CorruptImage`] when the
/// number of bytes is not `width × height × 4`.
pub fn prepare_pixels(rgba: Vec<u8>, width: u32, height: u32, limits: &Limits) -> Result<Prepared> {
    decode::check_pixels(width, height, limits)?;
    Ok(Prepared { picture: Picture::new(width, height, rgba)? })
}

/// A generator with what its manifest entry says of it.
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

    /// Loads a user's own ONNX file and checks that it can run.
    ///
    /// # Errors
    /// [`Error::BadModel`].
    pub fn for_user_model(name: &str, model: &[u8]) -> Result<Engine> {
        let mut generator = Generator::load(model)?;
        let entry = Entry::for_user_model(name, model, generator.model().layout);
        generator.check(entry.multiple)?;
        Ok(Engine { entry, generator })
    }

    /// Resizes, pads and normalises; the generator itself runs in [`Rendering::step`].
    ///
    /// # Errors
    /// [`Error::BadModel`] when the model cannot run at this size, [`Error::OutOfMemory`].
    pub fn begin(&mut self, photo: Prepared, options: &Options) -> Result<Rendering> {
        let side = options.max_side.clamp(*MAX_SIDE_RANGE.start(), *MAX_SIDE_RANGE.end());
        let fixed = self.generator.model().sides;
        let (max_width, max_height) = match fixed {
            Sides::Fixed { width, height } => (side.min(width), side.min(height)),
            Sides::Dynamic => (side, side),
        };
        let (width, height) = resize::fit(photo.picture.width(), photo.picture.height(), max_width, max_height);
        let picture = resize::resize(photo.picture, width, height)?;
        let (width, height) = match fixed {
            Sides::Fixed { width, height } => (width, height),
            Sides::Dynamic => padded(width, height, self.entry.multiple),
        };
        let canvas = Canvas { width, height, layout: self.generator.model().layout, range: self.entry.range };
        let input = normalise(&picture, &canvas)?;
        let run = self.generator.start(input, width, height)?;
        Ok(Rendering { picture, canvas, run })
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

/// A conversion under way. Dropping it cancels it.
pub struct Rendering {
    /// Resized; gives the sides and the alpha.
    picture: Picture,
    canvas: Canvas,
    run: Run,
}

impl Rendering {
    /// Runs one operator of the generator; true once there is none left.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn step(&mut self) -> Result<bool> {
        self.run.step()
    }

    /// Share of the generator's multiply-adds done, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.run.progress()
    }

    /// The result, cropped to the photo's sides, with the photo's alpha.
    ///
    /// # Errors
    /// [`Error::Internal`] when the run is not finished.
    pub fn finish(self) -> Result<Picture> {
        Ok(denormalise(&self.run.finish()?, &self.canvas, self.picture))
    }
}
