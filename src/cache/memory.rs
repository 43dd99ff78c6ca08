//! A store in memory, for tests.

use std::collections::HashMap;

use super::{Fault, Id, Life, Payload, Record, Store};

/// Holds entries in memory.
#[derive(Debug)]
pub(super) struct Memory<F> {
    entries: HashMap<Id, (Record<F>, Payload)>,
}

impl<F> Default for Memory<F> {
    fn default() -> Self {
        Memory { entries: HashMap::new() }
    }
}

impl<F: Clone> Store<F> for Memory<F> {
    fn load(&mut self) -> Result<Vec<Record<F>>, Fault> {
        Ok(self.entries.values().map(|(record, _)| record.clone()).collect())
    }

    fn read(&mut self, id: &Id) -> Result<Option<Payload>, Fault> {
        Ok(self.entries.get(id).map(|(_, pictures)| pictures.clone()))
    }

    fn write(&mut self, record: &Record<F>, pictures: &Payload) -> Result<(), Fault> {
        self.entries.insert(record.id(), (record.clone(), pictures.clone()));
        Ok(())
    }

    fn touch(&mut self, id: &Id, life: &Life) -> Result<(), Fault> {
        if let Some((record, _)) = self.entries.get_mut(id) {
            record.life = *life;
        }
        Ok(())
    }

    fn remove(&mut self, id: &Id) -> Result<(), Fault> {
        self.entries.remove(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::samples::keeps_the_contract;

    #[test]
    fn is_a_store() {
        keeps_the_contract(&mut Memory::default());
    }
}
