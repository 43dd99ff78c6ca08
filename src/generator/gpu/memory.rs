//! Which buffer holds which values when.

use super::{CONSTANTS, LANES, Place, SMALL};

/// Buffers, of which those of pictures are used again once their values are needed no more.
#[derive(Default)]
pub struct Memory {
    /// Floats of each.
    pub buffers: Vec<usize>,
    pub constants: Vec<f32>,
    /// Buffers without a picture.
    free: Vec<usize>,
}

impl Memory {
    pub fn new() -> Memory {
        Memory { buffers: vec![0; SMALL + 1], ..Memory::default() }
    }

    /// Values that never change.
    pub fn constant(&mut self, values: &[f32]) -> Place {
        let offset = self.constants.len();
        self.constants.extend_from_slice(values);
        self.constants.resize(self.constants.len().next_multiple_of(LANES), 0.);
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
