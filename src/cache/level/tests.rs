use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::cache::samples::*;
use crate::cache::{Id, Life, memory::Memory};

/// A store with faults.
#[derive(Default)]
struct Flaky {
    memory: Memory<Look>,
    /// The browser's limit in bytes, if any.
    quota: Option<u64>,
    /// Every write fails.
    broken: bool,
    /// Entries whose pictures cannot be read.
    damaged: HashSet<Id>,
    writes: usize,
}

impl Store<Look> for Flaky {
    fn load(&mut self) -> Result<Vec<Record<Look>>, Fault> {
        if self.broken { Err(Fault::Broken("refused".into())) } else { self.memory.load() }
    }

    fn read(&mut self, id: &Id) -> Result<Option<Payload>, Fault> {
        if self.damaged.contains(id) { Ok(None) } else { self.memory.read(id) }
    }

    fn write(&mut self, record: &Record<Look>, pictures: &Payload) -> Result<(), Fault> {
        self.writes += 1;
        let held: u64 = self.memory.load()?.iter().map(|record| record.bytes).sum();
        match self.quota {
            _ if self.broken => Err(Fault::Broken("gone".into())),
            Some(quota) if held + record.bytes > quota => Err(Fault::Full),
            _ => self.memory.write(record, pictures),
        }
    }

    fn touch(&mut self, id: &Id, life: &Life) -> Result<(), Fault> {
        if self.broken { Err(Fault::Broken("gone".into())) } else { self.memory.touch(id, life) }
    }

    fn remove(&mut self, id: &Id) -> Result<(), Fault> {
        if self.broken { Err(Fault::Broken("gone".into())) } else { self.memory.remove(id) }
    }
}

fn level(store: Flaky) -> Level<Look, Flaky> {
    Level::open(Settings::default(), store, NOW).unwrap()
}

fn put(level: &mut Level<Look, Flaky>, photo: u64, bytes: usize, now: u64) -> Result<(), Fault> {
    level.put(record(photo, 0, now), pictures(photo as u8, bytes), now)
}

#[test]
fn what_is_put_is_found_and_counted() {
    let mut level = level(Flaky::default());
    assert_eq!(level.exact(&key(), &file(1), NOW), None);
    put(&mut level, 1, 50, NOW).unwrap();
    let exact = level.exact(&key(), &file(1), NOW + 1).unwrap();
    assert_eq!((exact.distance, &exact.pictures, exact.record.bytes), (None, &pictures(1, 50), 50));
    let Look { hash, subject } = exact.record.fingerprint;
    let near = level.near(&key(), &Look { hash: hash ^ 1, subject }, NOW + 2).unwrap();
    assert_eq!((near.distance, near.pictures), (Some(1), exact.pictures));
    let life = Life { created: NOW, used: NOW + 2, hits: 2 };
    assert_eq!(near.record.life, life);
    assert_eq!(level.store.load().unwrap()[0].life, life, "the store remembers, too");
}

#[test]
fn originals_are_kept_only_when_asked_for() {
    for keep_originals in [false, true] {
        let settings = Settings { keep_originals, ..Settings::default() };
        let mut level = Level::open(settings, Memory::default(), NOW).unwrap();
        level.put(record(1, 0, NOW), Payload { original: Some(vec![1]), ..pictures(1, 9) }, NOW).unwrap();
        let found = level.exact(&key(), &file(1), NOW).unwrap();
        assert_eq!(found.pictures.original.is_some(), keep_originals);
        assert_eq!(found.record.bytes, 9 + u64::from(keep_originals));
    }
}

#[test]
fn a_full_store_is_given_room_once() {
    let mut level = level(Flaky { quota: Some(100), ..Flaky::default() });
    (0..4).for_each(|photo| put(&mut level, photo, 25, NOW + photo).unwrap());
    put(&mut level, 4, 25, NOW + 4).unwrap();
    assert_eq!(level.store.writes, 6, "one refusal, one retry");
    assert!(level.exact(&key(), &file(4), NOW + 5).is_some());
    assert!(level.exact(&key(), &file(3), NOW + 5).is_some());
    assert!(level.exact(&key(), &file(0), NOW + 5).is_none(), "the least recently used went");
}

#[test]
fn a_store_that_stays_full_or_breaks_stops_nothing() {
    let mut level = level(Flaky { quota: Some(100), ..Flaky::default() });
    put(&mut level, 1, 50, NOW).unwrap();
    assert_eq!(put(&mut level, 2, 101, NOW), Err(Fault::Full));
    assert_eq!(level.store.writes, 3, "tried twice");
    assert_eq!(put(&mut level, 3, 101, NOW), Err(Fault::Full));
    assert_eq!(level.store.writes, 4, "nothing left to evict, so no retry");
    assert_eq!(level.exact(&key(), &file(2), NOW), None);

    put(&mut level, 4, 10, NOW).unwrap();
    level.store.broken = true;
    assert!(put(&mut level, 5, 10, NOW).is_err());
    assert!(level.exact(&key(), &file(4), NOW).is_some(), "what can be read still answers");
    assert!(Level::open(Settings::default(), level.store, NOW).is_err());
}

#[test]
fn entries_are_not_given_up_one_after_the_other_where_that_is_of_no_use() {
    let mut level = level(Flaky { quota: Some(100), ..Flaky::default() });
    (0..4).for_each(|photo| put(&mut level, photo, 25, NOW + photo).unwrap());
    // As when it is others that fill the disk.
    level.store.quota = Some(0);
    (4..9).for_each(|photo| assert_eq!(put(&mut level, photo, 25, NOW + photo), Err(Fault::Full)));
    assert_eq!(level.policy.records().count(), 2, "what one attempt cost");
    level.store.quota = Some(100);
    put(&mut level, 9, 25, NOW + 9).unwrap();
    level.store.quota = Some(75);
    put(&mut level, 10, 25, NOW + 10).unwrap();
    assert!(level.exact(&key(), &file(10), NOW + 11).is_some(), "room is made again once something was stored");
}

proptest! {
    /// Whatever a store answers, storing ends, and what it then says is so.
    #[test]
    fn storing_ends_and_says_what_came_of_it(
        answers in prop::collection::vec(0u8..3, 0..40),
        sizes in prop::collection::vec(1u64..60, 1..20),
    ) {
        let mut policy = Policy::new(Settings { max_bytes: 100, ..Settings::default() });
        let mut answers = answers.into_iter();
        for (photo, bytes) in sizes.into_iter().enumerate() {
            let record = record(photo as u64, bytes, NOW);
            let mut put = Put::new(record.clone());
            let (mut outcome, mut writes, mut steps) = (Ok(()), 0, 0);
            let kept = loop {
                steps += 1;
                prop_assert!(steps <= 6);
                match policy.put(&mut put, outcome, NOW) {
                    Action::Done(kept) => break kept,
                    Action::Apply(_) => outcome = Ok(()),
                    Action::Write => {
                        writes += 1;
                        outcome = match answers.next() {
                            Some(1) => Err(Fault::Full),
                            Some(2) => Err(Fault::Broken("gone".into())),
                            _ => Ok(()),
                        };
                    }
                }
            };
            prop_assert!(writes <= 2);
            prop_assert_eq!(kept.is_ok(), policy.get(&record.id()) == Some(&record));
            prop_assert!(policy.bytes() <= 100);
        }
    }
}

#[test]
fn the_next_best_answers_for_one_that_is_damaged() {
    let mut level = level(Flaky::default());
    for (photo, hash) in [(1, 1), (2, 3)] {
        let record = Record { fingerprint: look(hash), ..record(photo, 0, NOW) };
        level.put(record, pictures(photo as u8, 10), NOW).unwrap();
    }
    level.store.damaged.insert(id(1));
    assert_eq!(level.near(&key(), &look(0), NOW).map(|found| found.distance), Some(Some(2)));
    assert_eq!(level.policy.records().count(), 1);
}

#[test]
fn the_store_follows_the_policy() {
    let mut store = Flaky::default();
    for photo in 0..3 {
        store.write(&record(photo, 10, NOW - 4 * DAY * photo), &pictures(0, 10)).unwrap();
    }
    let mut level = level(store);
    assert_eq!(level.store.load().unwrap().len(), 2, "the one of eight days ago is gone");
    let settings = Settings { max_age: DAY, ..Settings::default() };
    let mut level = Level::open(settings, level.store, NOW).unwrap();
    assert_eq!(level.store.load().unwrap().len(), 1);
}

#[test]
fn a_clock_set_back_is_remembered_by_the_store() {
    let mut store = Flaky::default();
    store.write(&record(1, 10, NOW + 3650 * DAY), &pictures(0, 10)).unwrap();
    let mut store = level(store).store;
    assert_eq!(store.load().unwrap()[0].life.created, NOW);
    let level = Level::open(Settings::default(), store, NOW + 7 * DAY).unwrap();
    assert_eq!(level.policy.records().count(), 0);
}
