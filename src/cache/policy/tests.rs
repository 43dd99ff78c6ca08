use proptest::prelude::*;

use super::*;
use crate::cache::samples::*;

fn policy(settings: Settings) -> Policy<Look> {
    Policy::new(settings)
}

fn small(max_bytes: u64) -> Settings {
    Settings { max_bytes, ..Settings::default() }
}

/// Stores as a driver does, without a store.
fn put(policy: &mut Policy<Look>, record: Record<Look>, now: u64) -> Option<Upkeep> {
    let upkeep = policy.room(&record.id(), record.bytes, now)?;
    policy.insert(record);
    Some(upkeep)
}

fn kept(policy: &Policy<Look>, photos: std::ops::Range<u64>) -> Vec<u64> {
    photos.filter(|photo| policy.get(&id(*photo)).is_some()).collect()
}

#[test]
fn keys_are_not_mixed() {
    let mut policy = policy(Settings::default());
    policy.insert(record(1, 10, NOW));
    let other = Key::named("skyline-fast");
    assert_eq!(policy.exact(&key(), &file(1), NOW).map(|hit| hit.id), Some(id(1)));
    assert_eq!(policy.exact(&other, &file(1), NOW), None);
    assert_eq!(policy.near(&other, &record(1, 10, NOW).fingerprint, NOW), None);
}

#[test]
fn the_nearest_answers_then_the_newest_and_the_guard_is_heard() {
    let mut policy = policy(Settings::default());
    let mut insert = |photo, hash, subject, created| {
        policy.insert(Record { fingerprint: Look { hash, subject }, ..record(photo, 10, created) });
    };
    insert(1, 0b111, 0, NOW);
    insert(2, 0b1, 0, NOW - 2);
    insert(3, 0b10, 0, NOW - 1);
    insert(4, 0b0, 1, NOW);
    insert(5, 0b11_1111, 0, NOW);
    let mut order = Vec::new();
    while let Some(hit) = policy.near(&key(), &look(0), NOW) {
        order.push((hit.distance, hit.id));
        policy.forget(&hit.id);
    }
    assert_eq!(order, [(Some(1), id(3)), (Some(1), id(2)), (Some(3), id(1))]);
    let hit = |distance, created| Hit { distance, created: Reverse(created), id: id(1) };
    assert!(hit(None, 0) < hit(Some(0), 9) && hit(Some(1), 0) < hit(Some(2), 9) && hit(Some(1), 9) < hit(Some(1), 8));
}

#[test]
fn the_threshold_is_a_choice_with_a_limit() {
    for (chosen, bits, found) in [(0, 0, true), (0, 1, false), (16, 16, true), (64, 17, false)] {
        let mut policy = policy(Settings { threshold: chosen, ..Settings::default() });
        policy.insert(Record { fingerprint: look((1 << bits) - 1), ..record(1, 10, NOW) });
        assert_eq!(policy.near(&key(), &look(0), NOW).is_some(), found, "{chosen} {bits}");
    }
}

#[test]
fn age_counts_from_creation_or_from_use() {
    for (since, answers) in [(Since::Creation, false), (Since::Use, true)] {
        let mut policy = policy(Settings { since, ..Settings::default() });
        policy.insert(record(1, 10, NOW));
        policy.used(&id(1), NOW + 6 * DAY);
        assert!(policy.exact(&key(), &file(1), NOW + 7 * DAY - 1).is_some());
        assert_eq!(policy.exact(&key(), &file(1), NOW + 7 * DAY).is_some(), answers);
        assert_eq!(policy.near(&key(), &record(1, 10, NOW).fingerprint, NOW + 7 * DAY).is_some(), answers);
        assert_eq!(policy.sweep(NOW + 7 * DAY).remove.is_empty(), answers);
        assert!(policy.exact(&key(), &file(1), NOW + 13 * DAY).is_none());
    }
}

#[test]
fn the_least_recently_used_make_room() {
    let mut policy = policy(small(100));
    for photo in 0..4 {
        assert_eq!(put(&mut policy, record(photo, 25, NOW + photo), NOW + photo), Some(Upkeep::default()));
    }
    policy.used(&id(0), NOW + 10);
    assert_eq!(put(&mut policy, record(4, 30, NOW + 11), NOW + 11).unwrap().remove, [id(1), id(2)]);
    assert_eq!((kept(&policy, 0..9), policy.bytes()), (vec![0, 3, 4], 80));

    assert!(put(&mut policy, record(5, 101, NOW + 12), NOW + 12).is_none());
    assert_eq!(kept(&policy, 0..9), [0, 3, 4], "what can never fit costs no other");

    assert_eq!(policy.set_cap(50, NOW + 13).remove, [id(3), id(0)]);
    assert!(put(&mut policy, record(6, 51, NOW + 14), NOW + 14).is_none());
}

#[test]
fn replacing_does_not_need_room_twice() {
    let mut policy = policy(Settings { max_entries: 2, ..small(100) });
    put(&mut policy, record(1, 60, NOW), NOW);
    put(&mut policy, record(2, 40, NOW + 1), NOW + 1);
    assert_eq!(put(&mut policy, record(1, 60, NOW + 2), NOW + 2), Some(Upkeep::default()));
    assert_eq!((kept(&policy, 0..9), policy.bytes()), (vec![1, 2], 100));
    assert_eq!(put(&mut policy, record(1, 61, NOW + 3), NOW + 3).unwrap().remove, [id(2)]);
}

#[test]
fn entries_are_counted() {
    let mut policy = policy(Settings { max_entries: 3, ..Settings::default() });
    (0..5).for_each(|photo| drop(put(&mut policy, record(photo, 1, NOW + photo), NOW + photo)));
    assert_eq!(kept(&policy, 0..5), [2, 3, 4]);
    let none = Settings { max_entries: 0, ..Settings::default() };
    assert_eq!(policy.set_settings(none, NOW + 9).remove.len(), 3);
    assert!(put(&mut policy, record(1, 1, NOW), NOW).is_none());
}

#[test]
fn relief_is_generous_and_ends() {
    let mut policy = policy(Settings::default());
    (0..10).for_each(|photo| policy.insert(record(photo, 10, NOW + photo)));
    assert_eq!(policy.relieve(5), [id(0), id(1), id(2)]);
    assert_eq!(policy.relieve(u64::MAX).len(), 7);
    assert_eq!(policy.relieve(5), []);
}

#[test]
fn a_clock_set_back_neither_empties_the_cache_nor_keeps_it_for_ever() {
    let mut policy = policy(Settings::default());
    let past = NOW - 3650 * DAY;
    let upkeep = policy.load((0..9).map(|photo| record(photo, 10, NOW)), past);
    assert_eq!((upkeep.remove.len(), upkeep.touch.len()), (0, 9));
    assert!(upkeep.touch.iter().all(|(_, life)| life.created == past && life.used == past));
    assert!(policy.exact(&key(), &file(1), past + 7 * DAY - 1).is_some());
    assert_eq!(policy.sweep(past + 7 * DAY).remove.len(), 9);
}

#[test]
fn a_clock_set_back_while_running_still_answers() {
    let mut policy = policy(Settings::default());
    policy.insert(record(1, 10, NOW));
    assert!(policy.exact(&key(), &file(1), 5).is_some());
    assert_eq!(policy.used(&id(1), 5), Some(Life { created: 5, used: 5, hits: 1 }));
    assert_eq!(policy.sweep(6), Upkeep::default());
}

proptest! {
    /// Whatever happens, with whatever clock: the limits hold after every put, sums are right, and
    /// look-ups agree with the records.
    #[test]
    fn limits_hold(
        steps in prop::collection::vec((0u8..5, 0u64..12, 1u64..60, 0u64..20 * DAY), 1..80),
        max_entries in 1usize..6,
    ) {
        let mut policy = policy(Settings { max_entries, ..small(100) });
        for (step, photo, bytes, now) in steps {
            match step {
                0 => drop(policy.used(&id(photo), now)),
                1 => drop(policy.forget(&id(photo))),
                2 => drop(policy.sweep(now)),
                _ => {
                    let upkeep = put(&mut policy, record(photo, bytes, now), now).unwrap();
                    prop_assert!(upkeep.touch.iter().all(|(id, _)| !upkeep.remove.contains(id)));
                    prop_assert!(policy.records().all(|r| r.life.created <= now && now - r.life.created < 7 * DAY));
                }
            }
            prop_assert_eq!(policy.bytes(), policy.records().map(|r| r.bytes).sum::<u64>());
            prop_assert!(policy.bytes() <= 100 && policy.records().count() <= max_entries);
            for photo in 0..12 {
                let found = policy.near(&key(), &record(photo, 1, now).fingerprint, now).map(|hit| hit.id);
                prop_assert_eq!(found, policy.exact(&key(), &file(photo), now).map(|hit| hit.id));
            }
        }
    }
}

proptest! {
    /// Few hashes, subjects and times, so that there are ties.
    #[test]
    fn near_answers_as_brute_force_does(
        photos in prop::collection::vec((0u64..256, 0u8..3, 0u64..9), 0..60),
        hash in 0u64..256,
        threshold in 0u32..=4,
    ) {
        let mut policy = policy(Settings { threshold, ..Settings::default() });
        let records = photos.into_iter().zip(0..).map(|((hash, subject, days), photo)| {
            Record { fingerprint: Look { hash, subject }, ..record(photo, 1, NOW - days * DAY) }
        });
        let records: Vec<_> = records.collect();
        records.iter().for_each(|record| policy.insert(record.clone()));
        let asked = look(hash);
        let expected = records
            .iter()
            .filter(|record| record.life.created > NOW - 7 * DAY)
            .filter_map(|r| Some((asked.same(&r.fingerprint, threshold)?, Reverse(r.life.created), r.id())))
            .min();
        let found = policy.near(&key(), &asked, NOW);
        prop_assert_eq!(found.and_then(|hit| Some((hit.distance?, hit.created, hit.id))), expected);
    }
}
