//! Where coefficients lie: a component's blocks, whole or only their lowest frequencies.

use super::{bits::Bits, outline::Component};

/// Where the coefficients stand that a scan names in zigzag order.
const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// The blocks of one component.
pub(super) struct Plane {
    pub sampling: (usize, usize),
    /// Blocks in a row and rows, up to whole units of interleaving.
    pub stride: usize,
    pub rows: usize,
    /// Samples across and down that a block becomes: 8, or less where the picture is to be smaller.
    pub size: (usize, usize),
    /// Those of a block's lowest frequencies that make so many, by rows.
    pub coefficients: Vec<i16>,
    /// Where each coefficient of the zigzag order stands in a block; [`DROPPED`] where it does not.
    pub places: [u8; 64],
    /// Which coefficients of a block are set, a bit for each in zigzag order; for progressive frames that drop some.
    set: Vec<u64>,
    pub quantisation: [u16; 64],
    /// Bits of each coefficient, in zigzag order, that are still to come; 255 before anything came.
    pub missing: [u8; 64],
}

impl Plane {
    pub fn new(component: &Component, units: (usize, usize), size: (usize, usize), progressive: bool) -> Option<Plane> {
        let (stride, rows) = (units.0 * component.sampling.0, units.1 * component.sampling.1);
        let coefficients = zeros(stride * rows * size.0 * size.1)?;
        let set = zeros(if progressive && size != (8, 8) { stride * rows } else { 0 })?;
        let places = NATURAL.map(|place| match (usize::from(place) % 8, usize::from(place) / 8) {
            (across, down) if across < size.0 && down < size.1 => (down * size.0 + across) as u8,
            _ => DROPPED,
        });
        let (sampling, quantisation) = (component.sampling, [0; 64]);
        Some(Plane { sampling, stride, rows, size, coefficients, places, set, quantisation, missing: [255; 64] })
    }

    pub fn block(&mut self, at: usize) -> Block<'_> {
        let count = self.size.0 * self.size.1;
        let values = &mut self.coefficients[at * count..][..count];
        Block { values, places: &self.places, set: self.set.get_mut(at) }
    }
}

fn zeros<T: Clone + Default>(count: usize) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).ok()?;
    values.resize(count, T::default());
    Some(values)
}

/// Of a coefficient that is not kept.
pub(super) const DROPPED: u8 = 255;

/// The coefficients of one block, named by their place in zigzag order.
pub(super) struct Block<'a> {
    values: &'a mut [i16],
    places: &'a [u8; 64],
    set: Option<&'a mut u64>,
}

impl Block<'_> {
    pub fn value(&mut self, k: usize) -> Option<&mut i16> {
        self.values.get_mut(usize::from(self.places[k]))
    }

    pub fn put(&mut self, k: usize, value: i16) {
        if let Some(place) = self.value(k) {
            *place = value;
        }
        if let Some(set) = &mut self.set {
            **set |= u64::from(value != 0) << k;
        }
    }

    pub fn is_set(&self, k: usize) -> bool {
        match &self.set {
            Some(set) => **set >> k & 1 == 1,
            None => self.values.get(usize::from(self.places[k])).is_some_and(|&value| value != 0),
        }
    }

    /// One more bit of a coefficient that is set.
    pub fn sharpen(&mut self, k: usize, bit: i16, bits: &mut Bits) -> Option<()> {
        if bits.take(1)? == 1
            && let Some(value) = self.value(k)
            && *value & bit == 0
        {
            *value = value.wrapping_add(if *value > 0 { bit } else { -bit });
        }
        Some(())
    }
}
