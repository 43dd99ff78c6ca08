//! What earlier runs made, so that the same photo is not drawn twice.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;
use nijigen::{
    cache::{Disk, Fault, Key, Level, Payload, Record, Settings},
    fingerprint::Fingerprint,
};

type Pictures = Level<Fingerprint, Disk>;

/// What all threads look up in. After its first fault it holds nothing, and the photos are all drawn.
pub struct Cache {
    key: Key,
    near: bool,
    level: Mutex<Option<Pictures>>,
}

/// The folder to keep results in: the one that is named, or the computer's usual one for what can be made again.
pub fn folder(named: Option<&PathBuf>) -> Result<PathBuf, String> {
    let usual = || Ok(etcetera::choose_base_strategy()?.cache_dir().join("nijigen").join("pictures"));
    named.cloned().map_or_else(usual, Ok).map_err(|error: etcetera::HomeDirError| error.to_string())
}

impl Cache {
    /// Opens the one in `folder`, for what `key` says. Pictures of another file do only with a threshold for `near`.
    ///
    /// # Errors
    /// When the folder can be neither read nor made.
    pub fn open(folder: PathBuf, key: Key, near: Option<u32>) -> Result<Cache, Fault> {
        let defaults = Settings::default();
        let settings = Settings { threshold: near.unwrap_or(defaults.threshold), ..defaults };
        let level = Level::open(settings, Disk::new(folder), now())?;
        Ok(Cache { key, near: near.is_some(), level: Mutex::new(Some(level)) })
    }

    /// What was made of the very file with this SHA-256.
    pub fn exact(&self, sha256: &[u8; 32]) -> Option<Vec<u8>> {
        let found = self.level().as_mut()?.exact(&self.key, sha256, now())?;
        Some(found.pictures.result)
    }

    /// The distance in bits of another file that looks the same, and what was made of it, where that was asked for.
    pub fn near(&self, fingerprint: &Fingerprint) -> Option<(u32, Vec<u8>)> {
        let mut level = self.level();
        let found = level.as_mut().filter(|_| self.near)?.near(&self.key, fingerprint, now())?;
        Some((found.distance?, found.pictures.result))
    }

    /// Keeps a result.
    ///
    /// # Errors
    /// The first time that it cannot be kept; later ones are not tried.
    pub fn put(&self, sha256: [u8; 32], fingerprint: Fingerprint, result: &[u8]) -> Result<(), Fault> {
        let mut held = self.level();
        let Some(level) = held.as_mut() else { return Ok(()) };
        let pictures = Payload { result: result.to_vec(), ..Payload::default() };
        let record = Record::new(self.key.clone(), sha256, fingerprint, &pictures, now());
        level.put(record, pictures, now()).inspect_err(|_| *held = None)
    }

    /// A thread that panicked has left it whole.
    fn level(&self) -> MutexGuard<'_, Option<Pictures>> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
