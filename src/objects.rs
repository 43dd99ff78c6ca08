//! What crosses to JavaScript and back, beside pictures and the options themselves: plain objects. TypeScript's types of
//! them are made by `types.rs`.

use serde::{Deserialize, Serialize};

use crate::{
    cache::{self, Fault, Record},
    fingerprint::Fingerprint,
    lookup::Caching,
};

/// `use` looks up and stores, `refresh` only stores: the picture is made anew; `off` does neither.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum CacheMode {
    Use,
    Refresh,
    Off,
}

impl From<CacheMode> for Caching {
    fn from(mode: CacheMode) -> Caching {
        match mode {
            CacheMode::Use => Caching::ON,
            CacheMode::Refresh => Caching::REFRESH,
            CacheMode::Off => Caching::OFF,
        }
    }
}

/// An entry that answers a photo; without a distance it is the very file's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hit {
    pub id: String,
    pub distance: Option<u32>,
    pub created: u64,
}

impl From<&cache::Hit> for Hit {
    fn from(hit: &cache::Hit) -> Hit {
        Hit { id: hit.id.to_string(), distance: hit.distance, created: hit.created.0 }
    }
}

/// The place of the best of several levels' hits.
pub fn best_hit(hits: &[Hit]) -> Option<usize> {
    let hit = |hit: &Hit| {
        let id = hit.id.parse().ok()?;
        Some(cache::Hit { distance: hit.distance, created: std::cmp::Reverse(hit.created), id })
    };
    let read = hits.iter().enumerate().filter_map(|(at, found)| Some((hit(found)?, at)));
    read.min().map(|(_, at)| at)
}

/// An entry without its pictures, as a store keeps it; `record` is JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Stored {
    pub id: String,
    pub record: String,
}

impl From<&Record<Fingerprint>> for Stored {
    fn from(record: &Record<Fingerprint>) -> Stored {
        // What we wrote ourselves can be written.
        Stored { id: record.id().to_string(), record: serde_json::to_string(record).unwrap_or_default() }
    }
}

/// What a store has to be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Upkeep {
    pub remove: Vec<String>,
    pub touch: Vec<Stored>,
}

impl Upkeep {
    /// With the records as `policy` has them.
    pub fn new(upkeep: &cache::Upkeep, policy: &cache::Policy<Fingerprint>) -> Upkeep {
        let touch = upkeep.touch.iter().filter_map(|(id, _)| Some(Stored::from(policy.get(id)?)));
        Upkeep { remove: upkeep.remove.iter().map(cache::Id::to_string).collect(), touch: touch.collect() }
    }
}

/// What a store does next to keep an entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Action {
    Apply { upkeep: Upkeep },
    Write,
    Done { kept: bool },
}

impl Action {
    /// With the records as `policy` has them.
    pub fn new(action: &cache::Action, policy: &cache::Policy<Fingerprint>) -> Action {
        match action {
            cache::Action::Apply(upkeep) => Action::Apply { upkeep: Upkeep::new(upkeep, policy) },
            cache::Action::Write => Action::Write,
            cache::Action::Done(kept) => Action::Done { kept: kept.is_ok() },
        }
    }
}

/// How a store's `write` ended; of other steps it says `done`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum WriteOutcome {
    Done,
    Full,
    Broken,
}

impl From<WriteOutcome> for Result<(), Fault> {
    fn from(outcome: WriteOutcome) -> Result<(), Fault> {
        match outcome {
            WriteOutcome::Done => Ok(()),
            WriteOutcome::Full => Err(Fault::Full),
            WriteOutcome::Broken => Err(Fault::Broken(String::new())),
        }
    }
}

/// An entry as the list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Listed {
    pub id: String,
    /// The model's `id`.
    pub model: String,
    pub created: u64,
    pub used: u64,
    /// How many photos it has answered.
    pub hits: u64,
    pub bytes: u64,
}

impl From<&Record<Fingerprint>> for Listed {
    fn from(record: &Record<Fingerprint>) -> Listed {
        let cache::Life { created, used, hits } = record.life;
        let model = record.key.model().to_owned();
        Listed { id: record.id().to_string(), model, created, used, hits, bytes: record.bytes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        Options, Picture,
        cache::{Key, Payload, Policy, Put, Settings},
        manifest::{Entry, Layout},
    };

    fn record(photo: u8, bytes: usize, now: u64) -> Record<Fingerprint> {
        let key = Key::new(&Entry::for_user_model("a", b"model", Layout::Nchw), &Options::default());
        let print = Fingerprint::new(&Picture::new(8, 8, vec![photo; 256]).unwrap());
        Record::new(key, [photo; 32], print, &Payload { result: vec![0; bytes], ..Payload::default() }, now)
    }

    #[test]
    fn a_stores_steps_cross_as_plain_objects() {
        let mut policy = Policy::new(Settings { max_bytes: 100, ..Settings::default() });
        policy.insert(record(1, 60, 5));
        policy.insert(record(2, 30, 20));
        let mut put = Put::new(record(3, 60, 10));
        let mut next = |outcome: &str, now| {
            let outcome: WriteOutcome = serde_json::from_value(json!(outcome)).unwrap();
            let action = policy.put(&mut put, outcome.into(), now);
            serde_json::to_value(Action::new(&action, &policy)).unwrap()
        };
        let apply = next("done", 10);
        assert_eq!(apply["name"], "apply");
        let id = |photo| record(photo, 0, 0).id().to_string();
        assert_eq!(apply["upkeep"]["remove"], json!([id(1)]));
        let touched = &apply["upkeep"]["touch"][0];
        assert_eq!(touched["id"], json!(id(2)), "it was from the future");
        let record: Record<Fingerprint> = serde_json::from_str(touched["record"].as_str().unwrap()).unwrap();
        assert_eq!((record.life.used, Listed::from(&record).bytes), (10, 30));
        assert_eq!(next("done", 10), json!({ "name": "write" }));
        assert_eq!(next("broken", 10), json!({ "name": "done", "kept": false }));
    }

    proptest! {
        #[test]
        fn the_best_hit_is_exact_then_nearest_then_newest(
            hits in prop::collection::vec((prop::option::of(0u32..4), 0u64..4), 0..6),
        ) {
            let id = |at: usize| format!("{at:064x}");
            let sent: Vec<Hit> = hits.iter().enumerate().map(|(at, &(distance, created))| Hit { id: id(at), distance, created }).collect();
            let best = best_hit(&sent);
            prop_assert_eq!(best.is_none(), sent.is_empty());
            if let Some(best) = best {
                let rank = |hit: &Hit| (hit.distance.map_or(-1, i64::from), std::cmp::Reverse(hit.created));
                prop_assert!(sent.iter().all(|hit| rank(&sent[best]) <= rank(hit)));
            }
        }
    }
}
