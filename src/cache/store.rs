//! What holds the pictures.

use super::{Id, Life, Payload, Record};

/// Why a store did not do what it was asked. No fault ends a conversion: the cache goes on without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no room: the disk is full, or the browser's or our own limit is reached.
    #[error("the cache has no room")]
    Full,
    /// Anything else.
    #[error("the cache does not work: {0}")]
    Broken(String),
}

/// Holds entries by name. Others (tabs, processes) may use the same store at the same time.
pub trait Store<F> {
    /// The records of all entries. What a writer that was killed left behind and damaged records
    /// are removed; they cost no other entry.
    ///
    /// # Errors
    /// When there is no store to be had.
    fn load(&mut self) -> Result<Vec<Record<F>>, Fault>;

    /// An entry's pictures; `None` when there is no such entry (any more), or it is damaged.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn read(&mut self, id: &Id) -> Result<Option<Payload>, Fault>;

    /// Stores an entry, in place of the one of the same name. All of it or nothing is stored,
    /// whatever happens meanwhile.
    ///
    /// # Errors
    /// [`Fault::Full`] when it would fit were there more room.
    fn write(&mut self, record: &Record<F>, pictures: &Payload) -> Result<(), Fault>;

    /// Replaces an entry's [`Life`], if it is there.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn touch(&mut self, id: &Id, life: &Life) -> Result<(), Fault>;

    /// Removes an entry, if it is there.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&mut self, id: &Id) -> Result<(), Fault>;
}
