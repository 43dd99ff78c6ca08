//! In place of shared.rs in a program without the feature `redis`: there is no shared cache.

use nijigen::{
    cache::{Found, Key, Payload, Record},
    fingerprint::Fingerprint,
};

use crate::Convert;

/// There is none.
pub enum Shared {}

impl Shared {
    pub fn open(_: &Convert, _: impl Fn(&str)) -> Result<Option<Shared>, String> {
        Ok(None)
    }

    pub fn exact(&self, _: &Key, _: &[u8; 32], _: u64) -> Option<Found<Fingerprint>> {
        match *self {}
    }

    pub fn near(&self, _: &Key, _: &Fingerprint, _: u64) -> Option<Found<Fingerprint>> {
        match *self {}
    }

    pub fn put(&self, _: &Record<Fingerprint>, _: &Payload) {
        match *self {}
    }
}
