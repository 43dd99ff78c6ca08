//! How an entry gets into a store, step by step, whoever carries the steps out and however long they take.

use super::{Fault, Policy, Record, Upkeep};
use crate::fingerprint::Likeness;

/// What a store does next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Removes and touches entries; what of that fails costs nothing but room, and is made up for at the next start.
    Apply(Upkeep),
    /// Writes the entry; how that went is told to the next [`Policy::put`].
    Write,
    /// It is over: the entry is kept, or why it is not; nothing else is lost by it.
    Done(Result<(), Fault>),
}

/// An entry on its way.
#[derive(Debug, Clone)]
pub struct Put<F> {
    record: Record<F>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    /// There is room by our own limits.
    Fits,
    Written,
    /// The store had none; some was made.
    Relieved,
    WrittenAgain,
}

impl<F> Put<F> {
    /// Of an entry's record, which says how large its pictures are.
    pub fn new(record: Record<F>) -> Put<F> {
        Put { record, stage: Stage::New }
    }

    /// What is to be written.
    pub fn record(&self) -> &Record<F> {
        &self.record
    }
}

impl<F: Likeness + Clone> Policy<F> {
    /// The next step of storing an entry. `outcome` is what the store said to [`Action::Write`], else of no account.
    ///
    /// A store without room is given some, once; not where that did not help the last time, as when it is others that
    /// fill the disk: then it would cost all entries, one photo after the other, and keep none.
    pub fn put(&mut self, put: &mut Put<F>, outcome: Result<(), Fault>, now: u64) -> Action {
        let (stage, action) = match (put.stage, outcome) {
            (Stage::New, _) => match self.room(&put.record.id(), put.record.bytes, now) {
                Some(upkeep) => (Stage::Fits, Action::Apply(upkeep)),
                None => return Action::Done(Err(Fault::Full)),
            },
            (Stage::Fits, _) => (Stage::Written, Action::Write),
            (Stage::Relieved, _) => (Stage::WrittenAgain, Action::Write),
            (Stage::Written | Stage::WrittenAgain, Ok(())) => {
                self.helpless = false;
                self.insert(put.record.clone());
                return Action::Done(Ok(()));
            }
            (Stage::Written, Err(Fault::Full)) if !self.helpless => {
                let remove = self.relieve(put.record.bytes);
                if remove.is_empty() {
                    return Action::Done(Err(Fault::Full));
                }
                self.helpless = true;
                (Stage::Relieved, Action::Apply(Upkeep { remove, ..Upkeep::default() }))
            }
            (Stage::Written | Stage::WrittenAgain, Err(fault)) => return Action::Done(Err(fault)),
        };
        put.stage = stage;
        action
    }
}
