//! Where a picture is cut, so that the tiles' results join into exactly the whole picture's result.
//!
//! Each tile is run with a margin as wide as an output pixel sees beyond its own place, and only what lies within the
//! margins is kept. Where a tile ends at the picture's own border there is no margin: there the generator pads the
//! tile as it would pad the picture.

use crate::manifest::ReceptiveField;

/// Pixels by which a picture is continued by reflection on every side, for a generator without global statistics: its
/// zero padding would show as a bright rim.
pub const BORDER: u32 = 8;
/// The longest side, in pixels, that is run in one piece although it could be cut.
const WHOLE: u32 = 1024 + 2 * BORDER;
/// The longest side of a tile. Smaller ones need less memory, but more of them is margin that is run twice: with the
/// lean generator's margin of 84 pixels, 1.6 times the work of the whole.
const TILE: u32 = 832;

/// One stretch of an axis: run `start..start + length` of the picture, keep `keep_from..keep_to`. In pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Where the tile begins.
    pub start: u32,
    /// How long it is; the same for all tiles of an axis, so that they share a plan.
    pub length: u32,
    /// The first place whose result is exact.
    pub keep_from: u32,
    /// The place after the last.
    pub keep_to: u32,
}

/// Pixels on either side that a generator must see to give a pixel's exact value; without one every pixel depends
/// on the whole picture.
pub fn margin(field: &ReceptiveField, multiple: u32) -> Option<u32> {
    match field {
        ReceptiveField::Pixels(side) => Some(side.div_ceil(2).next_multiple_of(multiple.max(1))),
        ReceptiveField::Global(_) => None,
    }
}

/// Cuts an axis of `length` pixels, a multiple of `multiple`. Without a margin it stays whole.
pub fn cut(length: u32, margin: Option<u32>, multiple: u32) -> Vec<Stretch> {
    let whole = vec![Stretch { start: 0, length, keep_from: 0, keep_to: length }];
    let Some(margin) = margin else { return whole };
    if length <= WHOLE.max(4 * margin) {
        return whole;
    }
    // A margin too wide for the usual tile makes larger tiles.
    let most = TILE.max(4 * margin).next_multiple_of(multiple);
    let count = (length - most).div_ceil(most - 2 * margin) + 1;
    // As even as the multiple allows.
    let tile = (length + (count - 1) * 2 * margin).div_ceil(count).next_multiple_of(multiple);
    let step = tile - 2 * margin;
    let edge = |i: u32| match i {
        0 => 0,
        i if i == count => length,
        i => margin + i * step,
    };
    let stretch = |i: u32| Stretch {
        start: (i * step).min(length - tile),
        length: tile,
        keep_from: edge(i),
        keep_to: edge(i + 1),
    };
    (0..count).map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_is_kept_once_and_seen_with_its_margin(quarters in 8u32..4000, margin in 0u32..60) {
            let (length, margin) = (quarters * 4, margin * 4);
            let mut next = 0;
            for tile in cut(length, Some(margin), 4) {
                prop_assert_eq!(tile.keep_from, next);
                prop_assert!(tile.keep_to > tile.keep_from);
                next = tile.keep_to;
                prop_assert!(tile.start % 4 == 0 && tile.length % 4 == 0 && tile.start + tile.length <= length);
                prop_assert!(tile.start == 0 || tile.keep_from >= tile.start + margin);
                let end = tile.start + tile.length;
                prop_assert!(end == length || tile.keep_to + margin <= end);
            }
            prop_assert_eq!(next, length);
        }
    }

    #[test]
    fn what_fits_or_must_not_be_cut_stays_whole() {
        assert_eq!(cut(1024, Some(48), 4).len(), 1);
        assert_eq!(cut(9000, None, 32).len(), 1);
        assert_eq!(cut(6000, Some(48), 4).len(), 9);
    }
}
