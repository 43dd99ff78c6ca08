//! What earlier runs made, so that the same photo is not drawn twice.

use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use etcetera::BaseStrategy as _;
use nijigen::{
    cache::{Disk, Fault, Key, Level, Payload, Record, Settings},
    fingerprint::Fingerprint,
};

type Pictures = Level<Fingerprint, Disk>;

/// What all threads look up in. Once it is broken it holds nothing, and the photos are all drawn.
pub struct Cache {
    key: Key,
    near: bool,
    level: Mutex<Option<Pictures>>,
    /// Whether it was said that something found no room.
    full: AtomicBool,
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
        Ok(Cache { key, near: near.is_some(), level: Mutex::new(Some(level)), full: AtomicBool::new(false) })
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
    /// The first time that there is no room for one, which says nothing of the next; and when the cache is broken, after
    /// which none is tried.
    pub fn put(&self, sha256: [u8; 32], fingerprint: Fingerprint, result: &[u8]) -> Result<(), Fault> {
        let mut held = self.level();
        let Some(level) = held.as_mut() else { return Ok(()) };
        let pictures = Payload { result: result.to_vec(), ..Payload::default() };
        let record = Record::new(self.key.clone(), sha256, fingerprint, &pictures, now());
        let kept = level.put(record, pictures, now());
        match &kept {
            Err(Fault::Full) if self.full.swap(true, Ordering::Relaxed) => return Ok(()),
            Err(Fault::Broken(_)) => *held = None,
            _ => {}
        }
        kept
    }

    /// A thread that panicked has left it whole.
    fn level(&self) -> MutexGuard<'_, Option<Pictures>> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use nijigen::{Options, picture::Picture};

    use super::*;

    #[test]
    fn a_result_without_room_is_said_once_and_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let entry = crate::generators::load("meadow", None).unwrap().entry().clone();
        let settings = Settings { max_bytes: 100_000, ..Settings::default() };
        let cache = Cache {
            key: Key::new(&entry, &Options::default()),
            near: false,
            level: Mutex::new(Some(Level::open(settings, Disk::new(folder.path()), now()).unwrap())),
            full: AtomicBool::new(false),
        };
        let print = || Fingerprint::new(&Picture::new(8, 8, vec![0; 256]).unwrap());
        assert_eq!(cache.put([1; 32], print(), &[0; 200_000]), Err(Fault::Full));
        assert_eq!(cache.put([2; 32], print(), &[0; 200_000]), Ok(()));
        assert_eq!(cache.put([3; 32], print(), b"small"), Ok(()));
        assert_eq!(cache.exact(&[2; 32]), None);
        assert_eq!(cache.exact(&[3; 32]).as_deref(), Some(&b"small"[..]));
    }
}
