use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::cache::samples::*;
use crate::cache::{Level, Settings, Shared, memory::Memory};
use servers::{Cluster, Server, until};

#[path = "../../../tests/core/servers.rs"]
#[allow(dead_code)]
mod servers;

fn store(url: &str) -> Redis<Look> {
    Redis::new(Servers::parse(url).unwrap().connect().unwrap(), Settings::default().max_age)
}

fn shared(url: &str, settings: Settings) -> Shared<Redis<Look>> {
    let link = Servers::parse(url).unwrap().connect().unwrap();
    Shared::new(settings, Redis::new(link, settings.max_age))
}

/// A photo's record with this hash.
fn like(photo: u64, hash: u64) -> Record<Look> {
    Record { fingerprint: look(hash), ..record(photo, 10, NOW) }
}

#[test]
fn one_server_is_a_store() {
    let server = Server::start(&[]);
    let mut store = store(&server.url());
    assert!(!store.is_cluster());
    keeps_the_contract(&mut store);
}

#[test]
fn a_cluster_is_a_store_and_finds_what_brute_force_finds() {
    let cluster = Cluster::start();
    let mut store = store(&cluster.url());
    assert!(store.is_cluster());
    keeps_the_contract(&mut store);
    // From any of its nodes, also where the first that is named is gone.
    let gone = format!("redis://127.0.0.1:1,{}", cluster.0[5].url());
    assert_eq!(self::store(&gone).load().unwrap().len(), 1);
    finds_what_brute_force_finds(&cluster.url());
    for server in &cluster.0 {
        assert_ne!(server.ask(&["dbsize"]), "0", "every server has its part");
    }
}

/// The same photos in a level over memory, which compares all hashes.
fn finds_what_brute_force_finds(url: &str) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(24) });
    let hashes = prop::collection::vec((0usize..3, prop::collection::vec(0u32..64, 0..12), 0u8..2), 1..40);
    let round = std::cell::Cell::new(0);
    let cases = (any::<[u64; 3]>(), hashes, 0u32..=16);
    let tested = runner.run(&cases, |(centres, photos, threshold)| {
        // Every round has keys of its own.
        round.set(round.get() + 1);
        let key = Key::named(&format!("round {}", round.get()));
        let settings = Settings { threshold, ..Settings::default() };
        let mut shared = shared(url, settings);
        let mut level = Level::open(settings, Memory::default(), NOW).unwrap();
        let looks: Vec<Look> = photos
            .iter()
            .map(|(centre, flips, subject)| {
                let hash = flips.iter().fold(centres[*centre], |hash, bit| hash ^ 1 << bit);
                Look { hash, subject: *subject }
            })
            .collect();
        for (photo, look) in looks.iter().enumerate().skip(1) {
            let pictures = pictures(photo as u8, 10);
            let record = Record::new(key.clone(), file(photo as u64), *look, &pictures, NOW + photo as u64);
            shared.put(record.clone(), &pictures).unwrap();
            level.put(record, pictures, NOW + photo as u64).unwrap();
        }
        for sought in [looks[0], look(centres[0]), look(centres[1])] {
            let found = shared.near(&key, &sought, NOW + DAY).unwrap();
            let expected = level.near(&key, &sought, NOW + DAY);
            let of = |found: Option<crate::cache::Found<Look>>| found.map(|f| (f.record.id(), f.distance, f.pictures));
            prop_assert_eq!(of(found), of(expected));
        }
        Ok(())
    });
    tested.unwrap();
}

#[test]
fn entries_end_by_the_servers_own_clock() {
    let server = Server::start(&[]);
    let mut store: Redis<Look> = Redis::new(Servers::parse(&server.url()).unwrap().connect().unwrap(), 300);
    store.write(&record(1, 10, NOW), &pictures(1, 10)).unwrap();
    assert!(store.read(&id(1)).unwrap().is_some());
    store.touch(&id(1), &record(1, 10, NOW).life).unwrap();
    assert_eq!(server.ask(&["dbsize"]), "7", "an entry and its six bands");
    until("everything ends", || server.ask(&["dbsize"]) == "0");
    assert_eq!(store.read(&id(1)), Ok(None));
    assert_eq!(store.alike(&key(), record(1, 10, NOW).fingerprint.hash, 5), Ok(vec![]));
}

#[test]
fn what_ended_leaves_its_bands_when_another_comes() {
    let server = Server::start(&[]);
    let mut store = store(&server.url());
    let age = Settings::default().max_age;
    store.write(&like(1, 0), &pictures(1, 10)).unwrap();
    let later = Record { life: Life { created: NOW + age + 1, ..like(2, 0).life }, ..like(2, 0) };
    store.write(&later, &pictures(1, 10)).unwrap();
    let bands = server.ask(&["keys", "nijigen:band:*"]);
    let first = bands.lines().next().unwrap();
    assert_eq!(server.ask(&["zcard", first]), "1");
    assert_eq!(bands.lines().count(), 6);
}

#[test]
fn bands_last_as_long_as_what_lasts_longest() {
    let server = Server::start(&[]);
    let connect = || Servers::parse(&server.url()).unwrap().connect().unwrap();
    let [mut long, mut short]: [Redis<Look>; 2] = [90_000, 30_000].map(|age| Redis::new(connect(), age));
    let left = || {
        let lasts = |band| server.ask(&["pttl", &set(&key(), band)]).parse::<i64>().unwrap();
        bands::of(0).map(lasts).collect::<Vec<_>>()
    };
    short.write(&like(1, 0), &pictures(1, 10)).unwrap();
    assert!(left().iter().all(|ms| (1..=30_000).contains(ms)), "{:?}", left());
    for store in [&mut long, &mut short] {
        store.write(&like(2, 0), &pictures(1, 10)).unwrap();
        assert!(left().iter().all(|ms| (60_000..=90_000).contains(ms)), "{:?}", left());
    }
}

#[test]
fn members_that_lead_nowhere_go_and_the_next_best_answers() {
    let server = Server::start(&[]);
    let mut shared = shared(&server.url(), Settings::default());
    let mut store = store(&server.url());
    for (photo, hash) in [(1, 0b1), (2, 0b111)] {
        shared.put(like(photo, hash), &pictures(photo as u8, 10)).unwrap();
    }
    let near =
        |shared: &mut Shared<Redis<Look>>| shared.near(&key(), &look(0), NOW).unwrap().map(|found| found.record.id());
    assert_eq!(near(&mut shared), Some(id(1)));
    store.remove(&id(1)).unwrap();
    assert_eq!(near(&mut shared), Some(id(2)));
    let members: usize =
        bands::of(1).map(|band| server.ask(&["zcard", &set(&key(), band)]).parse::<usize>().unwrap()).sum();
    assert_eq!(members, 5, "the other one's, where both are equal");
    server.ask(&["setrange", &entry(&id(2)), "100", "damaged"]);
    assert_eq!(near(&mut shared), None);
    assert_eq!(server.ask(&["exists", &entry(&id(2))]), "0", "what is damaged is removed");
}

#[test]
fn age_threshold_and_size_are_the_settings() {
    let server = Server::start(&[]);
    let settings = Settings { threshold: 3, max_bytes: 100, ..Settings::default() };
    let mut shared = shared(&server.url(), settings);
    assert_eq!(shared.put(record(1, 0, NOW), &pictures(1, 101)), Ok(()));
    assert_eq!(server.ask(&["dbsize"]), "0", "what is too large is passed over");
    shared.put(like(1, 0), &pictures(1, 100)).unwrap();
    let found = shared.exact::<Look>(&key(), &file(1), NOW).unwrap().unwrap();
    assert_eq!((found.record.bytes, found.pictures), (100, pictures(1, 100)));
    assert_eq!(shared.exact::<Look>(&Key::named("other"), &file(1), NOW), Ok(None));
    // This machine's clock may run ahead of the server's.
    assert_eq!(shared.exact::<Look>(&key(), &file(1), NOW + settings.max_age), Ok(None));
    assert_eq!(shared.near(&key(), &look(0), NOW + settings.max_age), Ok(None));
    assert!(shared.near(&key(), &look(0b111), NOW).unwrap().is_some());
    assert_eq!(shared.near(&key(), &look(0b1111), NOW), Ok(None));
    assert_eq!(shared.near(&key(), &Look { hash: 0, subject: 1 }, NOW), Ok(None), "the guard has its say");
}

#[test]
fn a_full_server_says_so_and_is_read_on() {
    let server = Server::start(&["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"]);
    let mut shared = shared(&server.url(), Settings::default());
    let kept: Vec<bool> = (0..40)
        .map(|photo| match shared.put(record(photo, 0, NOW), &pictures(1, 200_000)) {
            Ok(()) => true,
            Err(fault) => {
                assert_eq!(fault, Fault::Full);
                false
            }
        })
        .collect();
    assert!(kept[0] && !kept[39], "{kept:?}");
    for (photo, kept) in kept.iter().enumerate() {
        let found = shared.exact::<Look>(&key(), &file(photo as u64), NOW).unwrap();
        assert_eq!(found.is_some(), *kept);
    }
}

#[test]
fn many_write_the_same_entry_at_once() {
    let server = Server::start(&[]);
    std::thread::scope(|scope| {
        for value in 1..=4 {
            let server = &server;
            scope.spawn(move || {
                let mut shared = shared(&server.url(), Settings::default());
                for _ in 0..50 {
                    shared.put(record(1, 0, NOW), &pictures(value, 20_000)).unwrap();
                    let found = shared.exact::<Look>(&key(), &file(1), NOW).unwrap().unwrap();
                    assert_eq!(found.pictures, pictures(found.pictures.result[0], 20_000), "a whole one of either");
                }
            });
        }
    });
    assert_eq!(store(&server.url()).load().unwrap().len(), 1);
    assert_eq!(server.ask(&["dbsize"]), "7");
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = Server::start(&[]);
    let mut linked = store(&server.url());
    server.pause();
    let begin = Instant::now();
    assert!(matches!(linked.read(&id(1)), Err(Fault::Broken(_))));
    assert!(Servers::parse(&server.url()).unwrap().connect().is_err());
    assert!(begin.elapsed().as_secs() < 8, "{:?}", begin.elapsed());
    server.resume();
    assert_eq!(store(&server.url()).read(&id(1)), Ok(None));
}

/// The widest look-up asks for more than a hundred sets.
fn widest() -> Settings {
    Settings { threshold: Settings::MAX_THRESHOLD, ..Settings::default() }
}

#[test]
fn of_many_answers_only_one_is_waited_for() {
    let server = Server::start(&[]);
    let mut shared = shared(&server.url(), widest());
    assert_eq!(shared.near(&key(), &look(0), NOW), Ok(None));
    server.pause();
    let begin = Instant::now();
    assert!(matches!(shared.near(&key(), &look(0), NOW), Err(Fault::Broken(_))));
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_primary_that_hangs_is_not_waited_for() {
    let cluster = Cluster::start();
    let (mut writer, mut reader) = (store(&cluster.url()), shared(&cluster.url(), widest()));
    writer.write(&like(1, 0), &pictures(1, 10)).unwrap();
    assert!(reader.near(&key(), &look(0), NOW).unwrap().is_some());
    let holds = |server: &&Server| server.ask(&["exists", &entry(&id(1))]) == "1";
    cluster.0.iter().find(holds).unwrap().pause();
    // More than fits between the two, so that writing waits as well.
    let large = pictures(1, 16 << 20);
    let begin = Instant::now();
    assert!(matches!(writer.write(&like(1, 0), &large), Err(Fault::Broken(_))));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let begin = Instant::now();
    assert!(matches!(reader.near(&key(), &look(0), NOW), Err(Fault::Broken(_))));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}
