//! Which entries look nearly like a photo.

use std::collections::HashMap;

use super::{Id, Key};

/// Perceptual hashes by key. A look-up compares all hashes of a key: they lie side by side, and 100,000
/// of them take a fraction of a millisecond, less than a search tree would at a distance of 5.
#[derive(Debug, Default)]
pub(super) struct Index {
    groups: HashMap<Key, Group>,
}

/// `hashes[i]` belongs to `ids[i]`, which `places` finds again.
#[derive(Debug, Default)]
struct Group {
    hashes: Vec<u64>,
    ids: Vec<Id>,
    places: HashMap<Id, usize>,
}

impl Index {
    /// Adds an entry, or gives one that is there another hash.
    pub(super) fn insert(&mut self, key: &Key, id: Id, hash: u64) {
        // Not `entry`: it wants a key of its own each time.
        if !self.groups.contains_key(key) {
            self.groups.insert(key.clone(), Group::default());
        }
        let Some(group) = self.groups.get_mut(key) else { return };
        if let Some(&place) = group.places.get(&id) {
            group.hashes[place] = hash;
            return;
        }
        group.places.insert(id, group.ids.len());
        group.ids.push(id);
        group.hashes.push(hash);
    }

    /// Takes an entry out, if it is there.
    pub(super) fn remove(&mut self, key: &Key, id: &Id) {
        let Some(group) = self.groups.get_mut(key) else { return };
        let Some(place) = group.places.remove(id) else { return };
        group.ids.swap_remove(place);
        group.hashes.swap_remove(place);
        if let Some(moved) = group.ids.get(place) {
            group.places.insert(*moved, place);
        }
        if group.ids.is_empty() {
            self.groups.remove(key);
        }
    }

    /// All entries of `key` within `threshold` bits of `hash`, with their distances, in no order.
    pub(super) fn near(&self, key: &Key, hash: u64, threshold: u32) -> Vec<(u32, Id)> {
        let Some(group) = self.groups.get(key) else { return Vec::new() };
        let distances = group.hashes.iter().map(|other| (other ^ hash).count_ones());
        distances.zip(&group.ids).filter(|(distance, _)| *distance <= threshold).map(|(d, id)| (d, *id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Hashes of few bits, so that many are near; entries come, change and go.
        #[test]
        fn finds_what_brute_force_finds(
            steps in prop::collection::vec((0u8..3, 0u8..2, 0u8..40, 0u64..4096), 0..200),
            hash in 0u64..4096,
            threshold in 0u32..=16,
        ) {
            let keys = [Key::named("a"), Key::named("b")];
            let (mut index, mut all) = (Index::default(), HashMap::new());
            for (step, key, photo, hash) in steps {
                let key = &keys[key as usize];
                let id = Id::new(key, &[photo; 32]);
                if step == 0 {
                    index.remove(key, &id);
                    all.remove(&id);
                } else {
                    index.insert(key, id, hash);
                    all.insert(id, (key.clone(), hash));
                }
            }
            for key in &keys {
                let mut found = index.near(key, hash, threshold);
                let mut expected: Vec<_> = all
                    .iter()
                    .filter(|(_, (k, h))| k == key && (h ^ hash).count_ones() <= threshold)
                    .map(|(id, (_, h))| ((h ^ hash).count_ones(), *id))
                    .collect();
                found.sort();
                expected.sort();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
