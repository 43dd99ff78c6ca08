use std::{
    sync::{Arc, atomic::AtomicUsize},
    thread,
};

use nijigen::{Options, picture::Picture};

use super::*;
use servers::{Cluster, Server, until};

#[path = "../../../../tests/core/servers.rs"]
#[allow(dead_code)]
mod servers;

const NOW: u64 = 1_800_000_000_000;

/// What was said is counted.
fn open(urls: &str) -> (Shared, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let say = move |sentence: &str| lock(&heard).push(sentence.to_owned());
    (Shared::new(Servers::parse(urls).unwrap(), Settings::default(), say), said)
}

fn key() -> Key {
    Key::new(crate::generators::load("meadow", None).unwrap().entry(), &Options::default())
}

fn sha256(photo: u64) -> [u8; 32] {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&photo.to_le_bytes());
    sha256
}

fn put(shared: &Shared, key: &Key, photo: u64) {
    let pictures = Payload { result: photo.to_le_bytes().repeat(1000), ..Payload::default() };
    let noise = (0..64 * 64 * 4u64).map(|i| if i % 4 == 3 { 255 } else { ((i * i + photo * 977) >> 3) as u8 });
    let fingerprint = Fingerprint::new(&Picture::new(64, 64, noise.collect()).unwrap());
    shared.put(&Record::new(key.clone(), sha256(photo), fingerprint, &pictures, NOW), &pictures);
}

fn has(shared: &Shared, key: &Key, photo: u64) -> bool {
    let found = shared.exact(key, &sha256(photo), NOW);
    found.inspect(|found| assert_eq!(found.pictures.result, photo.to_le_bytes().repeat(1000))).is_some()
}

#[test]
fn a_server_that_is_gone_is_said_once_left_alone_and_taken_again() {
    let mut server = Server::start(&[]);
    let (shared, said) = open(&server.url());
    let key = key();
    put(&shared, &key, 1);
    assert!(has(&shared, &key, 1));
    server.kill();
    let begin = Instant::now();
    for _ in 0..50 {
        assert!(!has(&shared, &key, 1));
        put(&shared, &key, 2);
    }
    assert!(begin.elapsed() < PAUSE, "{:?}: it is not asked again and again", begin.elapsed());
    assert_eq!(lock(&said).len(), 1, "{:?}", lock(&said));
    server.restart();
    until("it is taken again", || {
        put(&shared, &key, 3);
        has(&shared, &key, 3)
    });
    assert_eq!(lock(&said).len(), 1, "{:?}", lock(&said));
}

#[test]
fn what_fails_several_threads_at_once_is_one_failure() {
    let server = Server::start(&[]);
    let (shared, _) = open(&server.url());
    let key = key();
    server.pause();
    thread::scope(|scope| {
        for photo in 0..8 {
            let (shared, key) = (&shared, &key);
            scope.spawn(move || assert!(!has(shared, key, photo)));
        }
    });
    assert_eq!(lock(&shared.trouble).unwrap().pause, PAUSE);
}

#[test]
fn a_server_that_is_slow_costs_about_a_second_once() {
    let server = Server::start(&[]);
    let (shared, said) = open(&server.url());
    let key = key();
    put(&shared, &key, 1);
    server.pause();
    let begin = Instant::now();
    for _ in 0..20 {
        assert!(!has(&shared, &key, 1));
    }
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert_eq!(lock(&said).len(), 1);
    server.resume();
    until("it is taken again", || has(&shared, &key, 1));
}

#[test]
fn a_full_server_is_said_once_and_answers_on() {
    let server = Server::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    let (shared, said) = open(&server.url());
    let key = key();
    (0..400).for_each(|photo| put(&shared, &key, photo));
    assert!(has(&shared, &key, 0) && !has(&shared, &key, 399));
    assert_eq!(lock(&said).len(), 1);
    assert!(lock(&said)[0].contains("no room"), "{:?}", lock(&said));
}

#[test]
fn what_is_too_large_to_share_is_no_trouble() {
    let server = Server::start(&[]);
    let (shared, said) = open(&server.url());
    let key = key();
    let pictures = Payload { result: vec![0; LARGEST as usize + 1], ..Payload::default() };
    let fingerprint = Fingerprint::new(&Picture::new(8, 8, vec![0; 256]).unwrap());
    shared.put(&Record::new(key.clone(), sha256(1), fingerprint, &pictures, NOW), &pictures);
    put(&shared, &key, 2);
    assert!(has(&shared, &key, 2) && shared.exact(&key, &sha256(1), NOW).is_none());
    assert_eq!(lock(&said).len(), 0, "{:?}", lock(&said));
}

/// Four threads write and read; a primary is killed meanwhile. Nobody hears of an error, and once a replica has taken over
/// everything is kept again.
#[test]
fn a_primary_that_is_killed_under_load_costs_no_photo() {
    let mut cluster = Cluster::start();
    let (shared, said) = open(&cluster.urls());
    let (key, done, stop) = (key(), AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for worker in 0..4u64 {
            let (shared, key, done, stop) = (&shared, &key, &done, &stop);
            scope.spawn(move || {
                for photo in (0..).map(|round| worker * 1_000_000 + round) {
                    put(shared, key, photo);
                    has(shared, key, photo);
                    done.fetch_add(1, Ordering::Relaxed);
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
        until("there is load", || done.load(Ordering::Relaxed) > 200);
        let killed = cluster.primary();
        cluster.0[killed].kill();
        cluster.recover(killed);
        let before = done.load(Ordering::Relaxed);
        until("they work on", || done.load(Ordering::Relaxed) > before + 200);
        stop.store(true, Ordering::Relaxed);
    });
    let fresh = |photo: u64| 77_000_000 + photo;
    until("every slot takes entries again", || {
        (0..100).all(|photo| {
            put(&shared, &key, fresh(photo));
            has(&shared, &key, fresh(photo))
        })
    });
    assert!(lock(&said).len() <= 1, "{:?}", lock(&said));
}
