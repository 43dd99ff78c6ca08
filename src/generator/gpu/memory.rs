//! Which buffer holds which values when.

use tract_onnx::prelude::f16;

use super::{CONSTANTS, LANES, Place, SMALL, Weights};

/// Buffers, of which those of pictures are used again once their values are needed no more.
#[derive(Default)]
pub struct Memory {
    /// Words of each.
    pub buffers: Vec<usize>,
    pub constants: Vec<u32>,
    /// Buffers without a picture.
    free: Vec<usize>,
}

impl Memory {
    pub fn new() -> Memory {
        Memory { buffers: vec![0; SMALL + 1], ..Memory::default() }
    }

    /// Values that never change.
    pub fn constant(&mut self, values: &[f32]) -> Place {
        self.words(values.iter().map(|value| value.to_bits()))
    }

    /// The same of weights: as float16, two in a word, where that loses nothing, or, of those that come from a byte, a
    /// fifteenth of its step.
    pub fn weights(&mut self, values: &[f32], bytes: bool) -> Weights {
        let most = values.iter().map(|value| value.abs()).fold(0., f32::max);
        let lost = |value: f32| (f16::from_f32(value).to_f32() - value).abs();
        let halves = values.iter().all(|&value| lost(value) == 0. || bytes && lost(value) <= most / (127. * 15.));
        let pair = |pair: &[f32]| {
            pair.iter().rev().fold(0, |word, &value| word << 16 | u32::from(f16::from_f32(value).to_bits()))
        };
        let at = if halves { self.words(values.chunks(2).map(pair)) } else { self.constant(values) };
        Weights { at, halves }
    }

    fn words(&mut self, words: impl Iterator<Item = u32>) -> Place {
        let offset = self.constants.len();
        self.constants.extend(words);
        self.constants.resize(self.constants.len().next_multiple_of(LANES), 0);
        self.buffers[CONSTANTS] = self.constants.len();
        Place { buffer: CONSTANTS, offset }
    }

    /// Room for a few values, which stay.
    pub fn small(&mut self, floats: usize) -> Place {
        let offset = self.buffers[SMALL];
        self.buffers[SMALL] += floats.next_multiple_of(LANES);
        Place { buffer: SMALL, offset }
    }

    /// Room for many: the free buffer that fits best, else the largest one made larger.
    pub fn picture(&mut self, floats: usize) -> Place {
        let floats = floats.next_multiple_of(LANES);
        let fit = |&(_, &buffer): &(usize, &usize)| {
            let size = self.buffers[buffer];
            (size < floats, size.abs_diff(floats))
        };
        let buffer = match self.free.iter().enumerate().min_by_key(fit).map(|(at, _)| at) {
            Some(at) => self.free.swap_remove(at),
            None => {
                self.buffers.push(0);
                self.buffers.len() - 1
            }
        };
        self.buffers[buffer] = self.buffers[buffer].max(floats);
        Place { buffer, offset: 0 }
    }

    /// Nobody needs a picture any more.
    pub fn release(&mut self, place: Place) {
        if place.buffer > SMALL {
            debug_assert!(!self.free.contains(&place.buffer), "buffer {} is free already", place.buffer);
            self.free.push(place.buffer);
        }
    }
}
