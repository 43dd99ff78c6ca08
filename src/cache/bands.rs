//! Near hashes without looking at all of them: multi-index hashing (Norouzi, Punjani, Fleet, "Fast Exact Search in Hamming
//! Space with Multi-Index Hashing", 2014).
//!
//! A hash of 64 bits is cut into [`BANDS`] bands. Of two hashes that differ in at most `d` bits, one band at least differs in
//! at most `d / BANDS`: else each would differ in more, together in more than `d`. So whoever looks where some band is equal,
//! or for larger distances nearly equal, finds all that is near.

/// With six, one at least is equal where at most 5 bits differ.
const BANDS: u32 = 6;

/// A band's number, and its bits.
pub(crate) type Band = (u32, u32);

/// Where a hash is found.
pub(crate) fn of(hash: u64) -> impl Iterator<Item = Band> {
    (0..BANDS).map(move |band| (band, bits(hash, band)))
}

/// Where every hash within `distance` bits of this one is found: among others that are farther.
pub(crate) fn near(hash: u64, distance: u32) -> impl Iterator<Item = Band> {
    of(hash).flat_map(move |(band, bits)| {
        let (from, to) = range(band);
        let mut all = vec![bits];
        flip(bits, 0, to - from, distance / BANDS, &mut all);
        all.into_iter().map(move |bits| (band, bits))
    })
}

/// All that differ from `bits` in at most `most` of the places from `first` to `width`, but itself.
fn flip(bits: u32, first: u32, width: u32, most: u32, all: &mut Vec<u32>) {
    if most == 0 {
        return;
    }
    for place in first..width {
        let flipped = bits ^ 1 << place;
        all.push(flipped);
        flip(flipped, place + 1, width, most - 1, all);
    }
}

fn bits(hash: u64, band: u32) -> u32 {
    let (from, to) = range(band);
    (hash >> from) as u32 & ((1 << (to - from)) - 1)
}

/// The places of a band: 10 or 11 of them.
fn range(band: u32) -> (u32, u32) {
    (band * u64::BITS / BANDS, (band + 1) * u64::BITS / BANDS)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_bit_is_in_one_band() {
        for bit in 0..u64::BITS {
            let changed: Vec<_> = of(1 << bit).zip(of(0)).filter(|(a, b)| a != b).collect();
            assert_eq!(changed.len(), 1, "bit {bit}");
        }
        assert_eq!((0..BANDS).map(|band| range(band).1 - range(band).0).max(), Some(11));
    }

    #[test]
    fn no_place_is_looked_at_twice() {
        for (distance, places) in [(0, 6), (5, 6), (6, 6 + 64), (16, 380)] {
            let all: Vec<_> = near(0x8e87_913c_9dd1_8e4e, distance).collect();
            assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
            assert_eq!(all.len(), places, "{distance} bits");
        }
    }

    proptest! {
        /// Hashes around a few, so that many are near; those that brute force finds, all of them and with their distances.
        #[test]
        fn finds_what_brute_force_finds(
            centres in prop::collection::vec(any::<u64>(), 1..4),
            stored in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(0u32..64, 0..20)), 0..200),
            sought in (any::<prop::sample::Index>(), prop::collection::vec(0u32..64, 0..10)),
            distance in 0u32..=16,
        ) {
            let around = |(centre, flipped): &(prop::sample::Index, Vec<u32>)| {
                flipped.iter().fold(*centre.get(&centres), |hash, bit| hash ^ 1 << bit)
            };
            let hashes: Vec<u64> = stored.iter().map(around).collect();
            let mut places: HashMap<Band, Vec<u64>> = HashMap::new();
            for hash in &hashes {
                of(*hash).for_each(|band| places.entry(band).or_default().push(*hash));
            }
            let sought = around(&sought);
            let within = |hash: &&u64| (*hash ^ sought).count_ones() <= distance;
            let found: HashSet<u64> =
                near(sought, distance).filter_map(|band| places.get(&band)).flatten().filter(within).copied().collect();
            let expected: HashSet<u64> = hashes.iter().filter(within).copied().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
