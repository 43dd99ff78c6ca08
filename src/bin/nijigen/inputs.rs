//! What the command line names: files, folders with all below them, and patterns.

use std::path::{Path, PathBuf};

const EXTENSIONS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// A photo, and where its result belongs below the output folder.
pub struct Input {
    pub path: PathBuf,
    /// The path below the folder that was named, or the file's name.
    pub relative: PathBuf,
}

/// What was found, and a sentence for each name that leads to nothing.
pub fn expand(names: &[String]) -> (Vec<Input>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        let before = found.len();
        match matches(name) {
            Ok(paths) => paths.iter().for_each(|path| add(path, &mut found, &mut missing)),
            Err(why) => missing.push(format!("{name}: {why}")),
        }
        if found.len() == before && missing.last().is_none_or(|last| !last.starts_with(name.as_str())) {
            missing.push(format!("{name}: no pictures found here"));
        }
    }
    // A photo named twice is converted once.
    let mut seen = std::collections::HashSet::new();
    found.retain(|input| seen.insert(input.path.clone()));
    (found, missing)
}

/// A name that exists is taken as it is, even with `*` or `[` in it; else it is a pattern.
fn matches(name: &str) -> Result<Vec<PathBuf>, String> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let paths: Vec<PathBuf> = glob::glob(name).map_err(|e| e.to_string())?.filter_map(Result::ok).collect();
    if paths.is_empty() { Err("no such file or folder".into()) } else { Ok(paths) }
}

fn add(path: &Path, found: &mut Vec<Input>, missing: &mut Vec<String>) {
    if path.is_dir() {
        walk(path, path, found, missing);
    } else {
        let relative = path.file_name().map(PathBuf::from).unwrap_or_default();
        found.push(Input { path: path.to_owned(), relative });
    }
}

/// Pictures below `folder` in the order of their names, by extension; what a link leads to is left out.
fn walk(folder: &Path, root: &Path, found: &mut Vec<Input>, missing: &mut Vec<String>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return missing.push(format!("{}: {error}", folder.display())),
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, root, found, missing),
            Ok(kind) if kind.is_file() && is_picture(&path) => {
                let relative = path.strip_prefix(root).unwrap_or(&path).to_owned();
                found.push(Input { path, relative });
            }
            _ => {}
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}
