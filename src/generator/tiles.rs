//! Where a picture is cut, so that the tiles' results join into exactly the whole picture's result.
//!
//! Each tile is run with a margin as wide as an output pixel sees beyond its own place, and only what lies within the
//! margins is kept. Where a tile ends at the picture's own border there is no margin: there the generator pads the
//! tile as it would pad the picture.

use crate::{manifest::ReceptiveField, options::Device};

/// Pixels by which a picture is continued by reflection on every side, for a generator without global statistics: its
/// zero padding would show as a bright rim.
pub const BORDER: u32 = 8;
/// The longest side, in pixels, that is run in one piece although it could be cut, on any device.
const WHOLE: u32 = 1024 + 2 * BORDER;
/// The longest side of a tile, on any device: what is run in one piece may be as large. Of smaller ones more is margin, which
/// is run twice; with the lean generator's margin of 84 pixels these are 1.4 times the work of the whole.
const TILE: u32 = WHOLE;
/// Bytes that a pixel takes at the peak, at most: a test in the browser measures them for all our generators.
const PIXEL_BYTES: f64 = 110.;
/// The part of a device's memory that a piece may take: up to four photos are drawn at once, and all of us together take
/// a quarter.
const SHARE: f64 = 1. / 16.;
/// The most GiB that a piece may take: a module has 4 at its best, and not all of it in one place.
const MOST: f64 = 1.;

/// Pixels that a device can draw in one piece; 0 where it is not known, or where a page that takes much is ended: on
/// phones.
pub fn room(device: Device) -> u64 {
    let memory = device.memory.filter(|_| !device.mobile).unwrap_or(0.);
    ((f64::from(memory) * SHARE).clamp(0., MOST) * f64::from(1 << 30) / PIXEL_BYTES) as u64
}

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

/// Cuts both axes of a picture whose sides are multiples of `multiple`: into pieces of up to `room` pixels, or of the usual
/// size where that is larger. Without a margin it stays whole.
pub fn grid(sides: [u32; 2], margin: Option<u32>, multiple: u32, room: u64) -> [Vec<Stretch>; 2] {
    let margin = margin.filter(|_| pixels(sides) > room);
    let longest = u32::try_from(room.isqrt()).unwrap_or(u32::MAX);
    let large = sides.map(|length| cut(length, margin, multiple, longest));
    // An axis that is not cut may be longer than a square's side.
    if margin.is_none() || tile_pixels(&large) <= room {
        return large;
    }
    sides.map(|length| cut(length, margin, multiple, 0))
}

fn pixels(sides: [u32; 2]) -> u64 {
    sides.map(u64::from).iter().product()
}

/// Pixels of each of a grid's tiles.
fn tile_pixels(axes: &[Vec<Stretch>; 2]) -> u64 {
    pixels(axes.each_ref().map(|axis| axis[0].length))
}

/// Cuts an axis of `length` pixels; a stretch may be `longest`, or as long as usual.
fn cut(length: u32, margin: Option<u32>, multiple: u32, longest: u32) -> Vec<Stretch> {
    let whole = vec![Stretch { start: 0, length, keep_from: 0, keep_to: length }];
    let Some(margin) = margin else { return whole };
    if length <= WHOLE.max(4 * margin).max(longest) {
        return whole;
    }
    // A margin too wide for the usual tile makes larger tiles.
    let most = TILE.max(4 * margin).max(longest / multiple * multiple).next_multiple_of(multiple);
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
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn every_place_is_kept_once_and_seen_with_its_margin(
            quarters in [8u32..4000, 8..4000], margin in 0u32..60, room in 0u64..8_000_000,
        ) {
            let (sides, margin) = (quarters.map(|quarter| quarter * 4), margin * 4);
            let axes = grid(sides, Some(margin), 4, room);
            for (length, tiles) in sides.into_iter().zip(&axes) {
                let mut next = 0;
                for tile in tiles {
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
            prop_assert!(tile_pixels(&axes) <= room.max(tile_pixels(&grid(sides, Some(margin), 4, 0))));
        }
    }

    #[test]
    fn a_long_picture_that_is_cut_one_way_only_takes_no_more_than_its_room() {
        let [across, along] = grid([868, 9476], Some(56), 4, 836 * 836);
        assert_eq!(across.len(), 1);
        assert_eq!([across, along], grid([868, 9476], Some(56), 4, 0));
    }

    #[test]
    fn what_fits_or_must_not_be_cut_stays_whole() {
        let tiles = |sides, margin, room| grid(sides, margin, 4, room).map(|axis| axis.len());
        assert_eq!(tiles([1024, 1024], Some(48), 0), [1, 1]);
        assert_eq!(tiles([9000, 9000], None, 0), [1, 1]);
        assert_eq!(tiles([6000, 600], Some(48), 0), [7, 1]);
    }

    #[test]
    fn tiles_are_as_large_as_the_memory_allows_and_on_phones_as_ever() {
        let device = |memory, mobile| room(Device { memory, mobile });
        let tiles = |room| grid([1096, 1936], Some(84), 4, room).map(|axis| axis.len()).iter().product::<usize>();
        let usual = tiles(0);
        assert!(usual > 1);
        for room in
            [device(None, false), device(Some(8.), true), device(Some(1.), false), device(Some(f32::NAN), false)]
        {
            assert_eq!(tiles(room), usual, "{room}");
        }
        assert_eq!(tiles(device(Some(8.), false)), 1);
        assert_eq!(device(Some(64.), false), device(Some(f32::INFINITY), false));
    }
}
