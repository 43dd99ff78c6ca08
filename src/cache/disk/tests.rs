use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;
use crate::cache::samples::*;
use crate::cache::{Level, Settings};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn load(disk: &mut Disk) -> Vec<Record<Look>> {
    disk.load().unwrap()
}

fn write(disk: &mut Disk, photo: u64, pictures: &Payload) {
    disk.write(&record(photo, pictures.bytes(), NOW), pictures).unwrap();
}

fn read(disk: &mut Disk, photo: u64) -> Option<Payload> {
    Store::<Look>::read(disk, &id(photo)).unwrap()
}

#[test]
fn is_a_store() {
    let folder = folder();
    keeps_the_contract(&mut Disk::new(folder.path().join("made/by/load")));
}

#[test]
fn a_damaged_entry_costs_no_other() {
    let folder = folder();
    let mut disk = Disk::new(folder.path());
    (0..4).for_each(|photo| write(&mut disk, photo, &pictures(photo as u8, 100)));
    let path = |photo| folder.path().join(format!("{}.entry", id(photo)));
    fs::write(path(0), b"").unwrap();
    fs::write(path(1), &fs::read(path(1)).unwrap()[..300]).unwrap();
    fs::copy(path(3), path(2)).unwrap();
    assert_eq!(load(&mut disk), [record(3, 100, NOW)]);
    assert!(!path(0).exists() && !path(1).exists() && !path(2).exists());
    assert_eq!(read(&mut disk, 3), Some(pictures(3, 100)));

    // Damage in the pictures shows when they are read.
    let mut bytes = fs::read(path(3)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(path(3), bytes).unwrap();
    assert_eq!(load(&mut disk).len(), 1);
    assert_eq!((read(&mut disk, 3), path(3).exists()), (None, false));
}

#[test]
fn what_a_killed_writer_left_is_removed_and_nothing_else() {
    let folder = folder();
    let others = ["photo.jpg", "notes.entry", ".nijigen", "0.entry"];
    let old = SystemTime::now() - 2 * ABANDONED;
    let make = |name: &str, modified| {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_modified(modified).unwrap();
    };
    others.iter().for_each(|name| make(name, old));
    make(".nijigen-old", old);
    make(".nijigen-future", SystemTime::now() + 2 * ABANDONED);
    make(".nijigen-now", SystemTime::now());
    assert_eq!(load(&mut Disk::new(folder.path())), []);
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".nijigen", ".nijigen-now", "0.entry", "notes.entry", "photo.jpg"]);
}

#[test]
fn two_programs_write_the_same_entry_at_once() {
    let folder = folder();
    let path = folder.path();
    load(&mut Disk::new(path));
    std::thread::scope(|scope| {
        for value in 1..=2 {
            scope.spawn(move || {
                let mut level = Level::open(Settings::default(), Disk::new(path), NOW).unwrap();
                for round in 0..100 {
                    level.put(record(1, 0, NOW), pictures(value, 20_000), NOW).unwrap();
                    // Whoever removes it meanwhile, a found entry is a whole one.
                    if let Some(found) = level.exact(&key(), &file(1), NOW + round) {
                        let value = found.pictures.result[0];
                        assert_eq!(found.pictures, pictures(value, 20_000));
                    }
                    if round % 7 == 0 {
                        Store::<Look>::remove(&mut Disk::new(path), &id(1)).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(load(&mut Disk::new(path)).len(), 1);
}

const KILLED: &str = "NIJIGEN_TEST_WRITES_TO";

/// The program that the next test kills; by itself it does nothing.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(KILLED) else { return };
    let mut disk = Disk::new(folder);
    for round in 0..u64::MAX {
        write(&mut disk, round % 8, &pictures(round as u8, 300_000));
        Store::<Look>::touch(&mut disk, &id(round % 5), &record(0, 0, NOW + round).life).unwrap();
    }
}

#[test]
fn killed_at_any_moment_it_leaves_whole_entries() {
    let folder = folder();
    let mut disk = Disk::new(folder.path());
    write(&mut disk, 100, &pictures(1, 1000));
    let entries = || {
        let files = fs::read_dir(&folder).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == ENTRY)).count()
    };
    for round in 0..12 {
        Store::<Look>::remove(&mut disk, &id(0)).unwrap();
        let before = entries();
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["writes_until_it_is_killed", "--test-threads=1"])
            .env(KILLED, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // It is at work once there is another entry.
        for _ in 0..10_000 {
            std::thread::sleep(Duration::from_millis(1 + round));
            if entries() > before {
                break;
            }
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let written = entries();
        assert!(written > before);
        let records = load(&mut disk);
        assert_eq!(records.len(), written, "none was damaged");
        for record in records {
            let found = Store::<Look>::read(&mut disk, &record.id()).unwrap().unwrap();
            assert_eq!(found, pictures(found.thumbnail[0], found.bytes() as usize));
        }
    }
    assert_eq!(read(&mut disk, 100), Some(pictures(1, 1000)));
}
