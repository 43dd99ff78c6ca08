//! A store in Redis or Valkey, one server or a cluster, for many machines.
//!
//! An entry is one value ([`super::wire`]), written by one SET with the age limit: it is there whole or not at all, and the
//! server forgets it in time. Where its hash's bands lie, sorted sets name it, by when it ends; each is one key and so in
//! one slot, and ends with the member that lasts longest. No command needs two keys, so a cluster may be cut as it likes.

use std::marker::PhantomData;

use redis::{Cmd, cmd};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bands;
use super::shared::Finds;
use super::wire::{ENTRY, entry, member, nearest, set};
use super::{Fault, Id, Key, Life, Payload, Record, Store, frame};
use crate::fingerprint::Likeness;

mod link;

pub use link::{Link, Servers};

/// No head of an entry is as long, unless a person's own model has a very long name: then it is found by its file alone.
const HEAD: usize = 4096;
/// Entries read at once for [`Store::load`].
const BATCH: usize = 512;

/// SETRANGE would make an entry that is not there.
const TOUCH: &str = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2]) end";
/// What has ended goes, and the rest lasts as long as the one that lasts longest: writers may keep entries for different times.
const JOIN: &str = "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1]) \
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3]) \
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end";

/// Holds entries on servers.
pub struct Redis<F> {
    link: Link,
    /// How long an entry is kept, in milliseconds.
    max_age: u64,
    of: PhantomData<fn() -> F>,
}

impl<F> Redis<F> {
    /// A store whose entries end `max_age` milliseconds after they were written.
    pub fn new(link: Link, max_age: u64) -> Redis<F> {
        Redis { link, max_age, of: PhantomData }
    }

    /// Whether the servers are a cluster.
    pub fn is_cluster(&self) -> bool {
        self.link.is_cluster()
    }
}

fn head(id: &Id) -> [Cmd; 2] {
    let mut start = cmd("GETRANGE");
    start.arg(entry(id)).arg(0).arg(HEAD - 1);
    let mut length = cmd("STRLEN");
    length.arg(entry(id));
    [start, length]
}

impl<F: Likeness + Serialize + DeserializeOwned> Redis<F> {
    /// The records of entries; `None` for those that are gone.
    fn records(&mut self, ids: &[Id]) -> Result<Vec<Option<Record<F>>>, Fault> {
        let parts: Vec<(Vec<u8>, u64)> = self.link.all(ids.iter().flat_map(head).collect())?;
        let read = |(id, (start, length)): (&Id, (Vec<u8>, u64))| {
            frame::read_record(&start[..], length).filter(|record: &Record<F>| record.id() == *id)
        };
        Ok(ids.iter().zip(parts).map(read).collect())
    }

    /// Strikes members out whose entries are gone, as when the server ran out of memory, or damaged, which are removed.
    fn leave(&mut self, key: &Key, gone: &[(u64, Id)]) -> Result<(), Fault> {
        let out = |(hash, id): &(u64, Id)| {
            let member = member(*hash, id);
            let out = bands::of(*hash).map(move |band| cmd("ZREM").arg(set(key, band)).arg(&member).take());
            out.chain([cmd("DEL").arg(entry(id)).take()]).collect::<Vec<_>>()
        };
        self.link.all::<i64>(gone.iter().flat_map(out).collect()).map(drop)
    }
}

impl<F: Likeness + Serialize + DeserializeOwned> Store<F> for Redis<F> {
    /// Walks through all keys: for upkeep, never for a photo.
    fn load(&mut self) -> Result<Vec<Record<F>>, Fault> {
        let names = self.link.scan(&format!("{ENTRY}*"))?;
        let ids: Vec<Id> = names.iter().filter_map(|name| name.strip_prefix(ENTRY)?.parse().ok()).collect();
        let mut records = Vec::new();
        for ids in ids.chunks(BATCH) {
            records.extend(self.records(ids)?.into_iter().flatten());
        }
        Ok(records)
    }

    fn read(&mut self, id: &Id) -> Result<Option<Payload>, Fault> {
        Ok(self.find(id)?.map(|(_, pictures)| pictures))
    }

    fn write(&mut self, record: &Record<F>, pictures: &Payload) -> Result<(), Fault> {
        let file = frame::encode(record, pictures).map_err(|error| Fault::Broken(error.to_string()))?;
        let (id, created) = (record.id(), record.life.created);
        self.link.one::<()>(cmd("SET").arg(entry(&id)).arg(file).arg("PX").arg(self.max_age.max(1)))?;
        // One whose likeness proves nothing would only be in the way: there are many of one colour.
        if !record.fingerprint.tells() {
            return Ok(());
        }
        let hash = record.fingerprint.phash();
        let ends = created.saturating_add(self.max_age);
        let join = |band| {
            let mut join = cmd("EVAL");
            join.arg(JOIN).arg(1).arg(set(&record.key, band));
            join.arg(created).arg(ends).arg(member(hash, &id)).arg(self.max_age.max(1)).take()
        };
        self.link.all::<()>(bands::of(hash).map(join).collect()).map(drop)
    }

    fn touch(&mut self, id: &Id, life: &Life) -> Result<(), Fault> {
        let bytes = &frame::life_bytes(life)[..];
        self.link.one(cmd("EVAL").arg(TOUCH).arg(1).arg(entry(id)).arg(frame::LIFE_AT).arg(bytes))
    }

    fn remove(&mut self, id: &Id) -> Result<(), Fault> {
        // The sets' members go when they are found to lead nowhere.
        self.link.one(cmd("DEL").arg(entry(id)))
    }
}

impl<F: Likeness + Serialize + DeserializeOwned> Finds<F> for Redis<F> {
    fn find(&mut self, id: &Id) -> Result<Option<(Record<F>, Payload)>, Fault> {
        let file: Option<Vec<u8>> = self.link.one(cmd("GET").arg(entry(id)))?;
        let Some(file) = file else { return Ok(None) };
        match frame::decode::<F>(&file) {
            Some(found) if found.0.id() == *id => Ok(Some(found)),
            _ => Store::<F>::remove(self, id).map(|()| None),
        }
    }

    fn alike(&mut self, key: &Key, hash: u64, threshold: u32) -> Result<Vec<Record<F>>, Fault> {
        let members = |band| cmd("ZRANGE").arg(set(key, band)).arg(0).arg(-1).take();
        let sets: Vec<Vec<Vec<u8>>> = self.link.all(bands::near(hash, threshold).map(members).collect())?;
        let candidates = nearest(sets.iter().flatten().map(Vec::as_slice), hash, threshold);
        let ids: Vec<Id> = candidates.iter().map(|(_, id)| *id).collect();
        let records = self.records(&ids)?;
        let gone: Vec<_> =
            candidates.iter().zip(&records).filter(|(_, record)| record.is_none()).map(|(c, _)| *c).collect();
        if !gone.is_empty() {
            self.leave(key, &gone)?;
        }
        Ok(records.into_iter().flatten().filter(|record| record.key == *key).collect())
    }
}

#[cfg(all(test, unix))]
mod tests;
