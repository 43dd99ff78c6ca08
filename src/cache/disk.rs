//! A store in a folder: one file for each entry.
//!
//! Not a database, because nothing here is shared between entries: a damaged file costs one entry,
//! and any number of programs read and write at once without locks, since a file appears whole
//! (by renaming) or not at all. Files are not forced to the disk: what a power cut tears is told by
//! its checksums ([`super::frame`]) and dropped.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Fault, Id, Life, Payload, Record, Store, frame};

const ENTRY: &str = "entry";
const UNFINISHED: &str = ".nijigen-";
/// No write takes as long: an unfinished file of this age was left by a program that was killed.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Holds entries in a folder, in files that only their owner may read. Other files in it are left alone.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// A store in `folder`, which is made by the first [`Store::load`].
    pub fn new(folder: impl Into<PathBuf>) -> Disk {
        Disk { folder: folder.into() }
    }

    fn path(&self, id: &Id) -> PathBuf {
        self.folder.join(id.to_string()).with_extension(ENTRY)
    }
}

impl<F: Serialize + DeserializeOwned> Store<F> for Disk {
    fn load(&mut self) -> Result<Vec<Record<F>>, Fault> {
        fs::create_dir_all(&self.folder)?;
        let mut records = Vec::new();
        for file in fs::read_dir(&self.folder)?.flatten() {
            let path = file.path();
            if is_abandoned(&path) {
                // Another program may have been quicker; also below.
                let _ = fs::remove_file(&path);
            } else if let Some(id) = entry_id(&path) {
                match read_record(&path, &id) {
                    Ok(Some(record)) => records.push(record),
                    Ok(None) => drop(fs::remove_file(&path)),
                    // Gone meanwhile, or not for us to read.
                    Err(_) => {}
                }
            }
        }
        Ok(records)
    }

    fn read(&mut self, id: &Id) -> Result<Option<Payload>, Fault> {
        let path = self.path(id);
        let Some(file) = unless_missing(fs::read(&path))? else { return Ok(None) };
        match frame::decode::<F>(&file) {
            Some((record, pictures)) if record.id() == *id => Ok(Some(pictures)),
            _ => {
                unless_missing(fs::remove_file(&path))?;
                Ok(None)
            }
        }
    }

    fn write(&mut self, record: &Record<F>, pictures: &Payload) -> Result<(), Fault> {
        let bytes = frame::encode(record, pictures).map_err(|error| Fault::Broken(error.to_string()))?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.persist(self.path(&record.id())).map_err(|error| error.error)?;
        Ok(())
    }

    fn touch(&mut self, id: &Id, life: &Life) -> Result<(), Fault> {
        let Some(mut file) = unless_missing(File::options().write(true).open(self.path(id)))? else { return Ok(()) };
        file.seek(SeekFrom::Start(frame::LIFE_AT))?;
        Ok(file.write_all(&frame::life_bytes(life))?)
    }

    fn remove(&mut self, id: &Id) -> Result<(), Fault> {
        unless_missing(fs::remove_file(self.path(id)))?;
        Ok(())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::Full,
            _ => Fault::Broken(error.to_string()),
        }
    }
}

/// The record in an entry's file; `None` when it is damaged.
fn read_record<F: DeserializeOwned>(path: &Path, id: &Id) -> io::Result<Option<Record<F>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok(frame::read_record(file, length).filter(|record: &Record<F>| record.id() == *id))
}

/// The entry that a file of this name holds; `None` when it is none of ours.
fn entry_id(path: &Path) -> Option<Id> {
    path.extension().filter(|extension| *extension == ENTRY)?;
    path.file_stem()?.to_str()?.parse().ok()
}

fn is_abandoned(path: &Path) -> bool {
    if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
        return false;
    }
    let Ok(modified) = path.metadata().and_then(|data| data.modified()) else { return false };
    // From the future: the clock was set back since.
    let age = SystemTime::now().duration_since(modified).unwrap_or_else(|error| error.duration());
    age > ABANDONED
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
