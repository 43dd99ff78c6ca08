//! The shipped generators are what the manifest says.

use nijigen::{
    manifest::{self, Entry, ReceptiveField},
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

/// Others read this file too: the page, the package, and whoever embeds it.
#[test]
fn the_manifest_keeps_its_schema() {
    const KEYS: [&str; 13] = [
        "bytes",
        "detail",
        "file",
        "id",
        "layout",
        "licence",
        "multiple",
        "range",
        "receptive_field",
        "sha256",
        "style",
        "tier",
        "version",
    ];
    let list: Vec<serde_json::Map<String, serde_json::Value>> = crate::json("models/manifest.json");
    for (entry, object) in entries().iter().zip(&list) {
        let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, KEYS, "{}", entry.id);
        let tier = object["tier"].as_str().unwrap();
        assert_eq!(entry.id, format!("{}-{tier}", entry.style));
        assert_eq!(entry.file, format!("{}.onnx", entry.id));
        assert!(["meadow", "skyline", "carnival", "portrait"].contains(&entry.style.as_str()), "{}", entry.style);
        assert!(entry.range == [-1., 1.] || entry.range == [0., 1.], "{:?}", entry.range);
        assert!((0. ..=1.).contains(&entry.detail), "{}", entry.detail);
        assert!(entry.multiple.is_power_of_two(), "{}", entry.multiple);
        assert!(entry.sha256.len() == 64 && entry.sha256.bytes().all(|b| b"0123456789abcdef".contains(&b)));
        assert!(
            entry.version.split('.').map(str::parse::<u32>).filter(Result::is_ok).count() == 3,
            "{}",
            entry.version
        );
        assert!(!entry.licence.is_empty());
        match &entry.receptive_field {
            ReceptiveField::Pixels(side) => assert!((1..1024).contains(side), "{side}"),
            ReceptiveField::Global(word) => assert_eq!(word, "global"),
        }
    }
    assert_eq!(list.len(), entries().len());
}
