//! The shipped generators are what the manifest says.

use nijigen::{
    manifest::{self, Entry},
    pipeline::Engine,
};

fn entries() -> Vec<Entry> {
    manifest::parse(std::str::from_utf8(&crate::read("models/manifest.json")).unwrap()).unwrap()
}

#[test]
fn every_entry_loads_and_ids_differ() {
    let entries = entries();
    assert!(!entries.is_empty());
    for entry in &entries {
        let model = crate::read(&format!("models/{}", entry.file));
        assert!(Engine::new(entry.clone(), &model).is_ok(), "{}", entry.id);
        assert_eq!(entries.iter().filter(|other| other.id == entry.id).count(), 1, "{}", entry.id);
    }
}

#[test]
fn a_wrong_file_is_refused() {
    let entry = entries().remove(0);
    let mut model = crate::read(&format!("models/{}", entry.file));
    let error = |model: &[u8]| Engine::new(entry.clone(), model).err().map(|e| e.code());
    assert_eq!(error(&model[..model.len() / 2]), Some("bad-model"));
    let middle = model.len() / 2;
    model[middle] ^= 1;
    assert_eq!(error(&model), Some("bad-model"));
}
