//! What the cache reads back: entries in files, records and names as text, and the manifest. Whatever they say, the
//! cache keeps to its limits, and what it took in it gives again.

use std::{cell::OnceCell, fs, path::Path};

use nijigen::{
    Options,
    cache::{Disk, Id, Key, Life, Policy, Settings, Store},
    fingerprint::Fingerprint,
    manifest::{Entry, Layout, parse},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

type Record = nijigen::cache::Record<Fingerprint>;

const NOW: u64 = 1_790_000_000_000;

/// The first byte says what the rest is.
pub fn check(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else { return };
    match kind % 4 {
        0 => entry(rest),
        1 => entry(&framed(rest)),
        2 => records(rest),
        _ => texts(rest),
    }
}

/// A file in the cache's folder.
fn entry(file: &[u8]) {
    thread_local!(static FOLDER: OnceCell<TempDir> = const { OnceCell::new() });
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().unwrap()).path();
        let id = head(file).and_then(|head| serde_json::from_value(head["record"].clone()).ok());
        let id = id.map_or_else(|| "0".repeat(64).parse().unwrap(), |record: Record| record.id());
        stored(folder, &id, file);
    });
}

fn stored(folder: &Path, id: &Id, file: &[u8]) {
    let path = folder.join(format!("{id}.entry"));
    fs::write(&path, file).unwrap();
    let mut disk = Disk::new(folder);
    let listed: Vec<Record> = disk.load().unwrap();
    assert_eq!(listed.len(), usize::from(path.exists()), "a damaged entry is removed");
    let pictures = Store::<Fingerprint>::read(&mut disk, id).unwrap();
    assert_eq!(pictures.is_some(), path.exists(), "one with damaged pictures too");
    if let Some(pictures) = pictures {
        let [record] = &listed[..] else { panic!("{} entries", listed.len()) };
        assert_eq!(record.id(), *id);
        disk.write(record, &pictures).unwrap();
        assert_eq!(disk.load(), Ok(listed.clone()), "written again");
        assert_eq!(Store::<Fingerprint>::read(&mut disk, id), Ok(Some(pictures)));
        let mut touched = record.clone();
        touched.life.hits = touched.life.hits.wrapping_add(1);
        Store::<Fingerprint>::touch(&mut disk, id, &touched.life).unwrap();
        assert_eq!(disk.load(), Ok(vec![touched]), "touched");
        policy(listed);
    }
    Store::<Fingerprint>::remove(&mut disk, id).unwrap();
    assert!(!path.exists());
}

/// The JSON in an entry's file (`src/cache/frame.rs`).
fn head(file: &[u8]) -> Option<Value> {
    let length = u32::from_le_bytes(file.get(72..76)?.try_into().ok()?) as usize;
    serde_json::from_slice(file.get(76..)?.get(..length)?).ok()
}

/// A file with the right checksum for a head that ends with a line's end; pictures follow.
fn framed(input: &[u8]) -> Vec<u8> {
    let (head, pictures) = input.split_at(input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len()));
    let length = (head.len() as u32).to_le_bytes();
    let check = Sha256::new().chain_update(length).chain_update(head).finalize();
    [b"NIJIGEN1", &[0; 32][..], &check, &length, head, pictures.get(1..).unwrap_or_default()].concat()
}

/// Records as the browser's stores keep them, one a line.
fn records(lines: &[u8]) {
    let records: Vec<Record> =
        lines.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    for record in &records {
        let text = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), *record);
    }
    policy(records);
}

fn policy(records: Vec<Record>) {
    let settings = Settings { max_bytes: 1 << 20, max_entries: 3, ..Settings::default() };
    let mut policy = Policy::new(settings);
    let upkeep = policy.load(records.clone(), NOW);
    let held = |policy: &Policy<Fingerprint>| policy.records().map(|record| u128::from(record.bytes)).sum::<u128>();
    assert!(held(&policy) <= 1 << 20 && policy.records().count() <= 3);
    assert!(upkeep.remove.iter().all(|id| policy.get(id).is_none()));
    assert!(upkeep.touch.iter().all(|(id, life)| policy.get(id).is_some_and(|record| record.life == *life)));
    for record in &records {
        let (id, key) = (record.id(), &record.key);
        let exact = policy.exact(key, &record.sha256, NOW);
        assert_eq!(exact.map(|hit| hit.id), policy.get(&id).map(|_| id), "what is kept answers");
        if let Some(hit) = policy.near(key, &record.fingerprint, NOW) {
            assert!(hit.distance <= Some(settings.threshold));
            assert!(policy.get(&hit.id).is_some_and(|hit| hit.key == *key));
        }
        for other in &records {
            let (one, two) = (&record.fingerprint, &other.fingerprint);
            assert_eq!(one.same(two, 64), two.same(one, 64));
        }
        if let Some(life) = policy.used(&id, NOW) {
            assert!(life.created <= NOW && life.used == NOW);
        }
        if let Some(upkeep) = policy.room(&id, record.bytes, NOW) {
            assert!(!upkeep.remove.contains(&id));
            policy.insert(Record { life: Life { created: NOW, used: NOW, hits: 0 }, ..record.clone() });
            assert!(held(&policy) <= 1 << 20 && policy.records().count() <= 3);
        }
    }
    records.iter().for_each(|record| drop(policy.forget(&record.id())));
    assert_eq!((policy.bytes(), policy.records().count()), (0, 0));
}

/// A name, the manifest, one entry of it, choices.
fn texts(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(id) = text.parse::<Id>() {
        assert_eq!(id.to_string(), text);
    }
    if let Err(error) = parse(text) {
        super::assert_explained(&error, &["bad-model"]);
    }
    let entry = Entry::from_json(text).unwrap_or_else(|_| Entry::for_user_model("fuzz", b"", Layout::Nchw));
    assert!(entry.verify(b"not its file").is_err_and(|error| error.code() == "bad-model"));
    let options = Options {
        limits: serde_json::from_str(text).unwrap_or_default(),
        framing: serde_json::from_str(text).unwrap_or_default(),
        draw: serde_json::from_str(text).unwrap_or_default(),
        finish: serde_json::from_str(text).unwrap_or_default(),
    };
    let key = Key::new(&entry, &options);
    assert_eq!(serde_json::from_str::<Key>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
    if let Ok(settings) = serde_json::from_str::<Settings>(text) {
        assert!(settings.in_memory().max_bytes <= settings.max_bytes);
    }
}
