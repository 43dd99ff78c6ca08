//! The cache that many machines share. Whatever becomes of its servers, photos are drawn: what cannot be asked in a second
//! is not waited for, a server that failed is left alone for a while, and all of it is said once.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nijigen::{
    cache::{self, Fault, Found, Key, Payload, Record, Redis, Servers, Settings},
    fingerprint::Fingerprint,
};

use crate::{Convert, cache::settings};

type Level = cache::Shared<Redis<Fingerprint>>;

/// The largest picture that is shared: a server does nothing else while it takes one in.
const LARGEST: u64 = 32 << 20;
/// How long servers are left alone that failed, twice as long each time that they fail again.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Servers, and connections to them that no thread is using.
pub struct Shared {
    servers: Servers,
    settings: Settings,
    idle: Mutex<Vec<Level>>,
    trouble: Mutex<Option<Trouble>>,
    failed: AtomicBool,
    full: AtomicBool,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

/// Since servers failed.
#[derive(Clone, Copy)]
struct Trouble {
    until: Instant,
    pause: Duration,
}

impl Shared {
    /// What the command line names, if it does; connected to when it is first asked.
    ///
    /// # Errors
    /// A sentence when it is no address.
    pub fn open(arguments: &Convert, say: impl Fn(&str) + Send + Sync + 'static) -> Result<Option<Shared>, String> {
        let Some(urls) = &arguments.cache else { return Ok(None) };
        let servers = Servers::parse(urls).map_err(|why| format!("--cache: {why}"))?;
        Ok(Some(Shared::new(servers, settings(arguments.near), say)))
    }

    fn new(servers: Servers, settings: Settings, say: impl Fn(&str) + Send + Sync + 'static) -> Shared {
        Shared {
            servers,
            settings: Settings { max_bytes: LARGEST, ..settings },
            idle: Mutex::default(),
            trouble: Mutex::default(),
            failed: AtomicBool::new(false),
            full: AtomicBool::new(false),
            say: Box::new(say),
        }
    }

    /// What was made of the very file.
    pub fn exact(&self, key: &Key, sha256: &[u8; 32], now: u64) -> Option<Found<Fingerprint>> {
        self.ask(|level| level.exact(key, sha256, now))?
    }

    /// What was made of a picture that looks the same.
    pub fn near(&self, key: &Key, fingerprint: &Fingerprint, now: u64) -> Option<Found<Fingerprint>> {
        self.ask(|level| level.near(key, fingerprint, now))?
    }

    /// Keeps a result, if it can be.
    pub fn put(&self, record: &Record<Fingerprint>, pictures: &Payload) {
        self.ask(|level| level.put(record.clone(), pictures));
    }

    fn ask<T>(&self, question: impl FnOnce(&mut Level) -> Result<T, Fault>) -> Option<T> {
        let pause = self.may_ask()?;
        let idle = lock(&self.idle).pop();
        let asked = idle.map_or_else(|| self.connect(), Ok).and_then(|mut level| {
            let answer = question(&mut level);
            // After anything else nobody knows what comes over the connection next.
            if matches!(answer, Ok(_) | Err(Fault::Full)) {
                lock(&self.idle).push(level);
            }
            answer
        });
        match asked {
            Ok(answer) => {
                *lock(&self.trouble) = None;
                Some(answer)
            }
            Err(Fault::Full) => {
                self.say_once(&self.full, "has no room: some results are not shared");
                None
            }
            Err(fault @ Fault::Broken(_)) => {
                self.fail(pause);
                self.say_once(&self.failed, &format!("is left out while it fails: {fault}"));
                None
            }
        }
    }

    fn connect(&self) -> Result<Level, Fault> {
        Ok(Level::new(self.settings, Redis::new(self.servers.connect()?, self.settings.max_age)))
    }

    /// How long the servers were left alone before they may be asked now; `None` where they may not. Where there was
    /// trouble, one thread at a time finds out whether it is over.
    fn may_ask(&self) -> Option<Duration> {
        let mut trouble = lock(&self.trouble);
        let Some(Trouble { until, pause }) = *trouble else { return Some(Duration::ZERO) };
        let now = Instant::now();
        if now < until {
            return None;
        }
        *trouble = Some(Trouble { until: now + pause, pause });
        Some(pause)
    }

    /// They failed one who asked after this pause.
    fn fail(&self, before: Duration) {
        // Connections made before are of no more use.
        lock(&self.idle).clear();
        let mut trouble = lock(&self.trouble);
        // Of threads that asked at the same time all fail at once, of one thing.
        if trouble.map_or(Duration::ZERO, |trouble| trouble.pause) == before {
            let pause = (before * 2).clamp(PAUSE, LONGEST_PAUSE);
            *trouble = Some(Trouble { until: Instant::now() + pause, pause });
        }
    }

    fn say_once(&self, said: &AtomicBool, what: &str) {
        if !said.swap(true, Ordering::Relaxed) {
            (self.say)(&format!("the shared cache ({}) {what}", self.servers));
        }
    }
}

/// A thread that panicked has left it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, unix))]
mod tests;
