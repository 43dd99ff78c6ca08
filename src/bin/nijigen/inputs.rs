//! What the command line names: files, folders with all below them, and patterns.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

/// HEIC and AVIF are not read here, but somebody who has them should hear so.
const EXTENSIONS: [&str; 11] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif"];

/// A photo, and where its result belongs below the output folder.
pub struct Input {
    pub path: PathBuf,
    /// The path below the folder that was named, or the file's name.
    pub relative: PathBuf,
}

/// What the names lead to.
#[derive(Default)]
pub struct Found {
    pub inputs: Vec<Input>,
    /// A sentence for each name that leads to nothing.
    pub missing: Vec<String>,
    /// The real paths of the inputs and of the folders named.
    pub originals: HashSet<PathBuf>,
    /// How many photos were named, those named twice as well.
    named: usize,
    /// Results of an earlier run are no photos.
    output: Option<PathBuf>,
}

/// Follows the names; the output folder is left out where it lies inside a folder that is named.
pub fn expand(names: &[OsString], output: &Path) -> Found {
    let mut found = Found { output: fs::canonicalize(output).ok(), ..Found::default() };
    for name in names {
        let before = (found.named, found.missing.len());
        match matches(name) {
            Ok(paths) => paths.iter().for_each(|path| found.add(path)),
            Err(why) => found.missing.push(format!("{}: {why}", name.display())),
        }
        if (found.named, found.missing.len()) == before {
            found.missing.push(format!("{}: no pictures here", name.display()));
        }
    }
    found
}

/// A name that exists is taken as it is, even with `*` or `[` in it; else it is a pattern.
fn matches(name: &OsStr) -> Result<Vec<PathBuf>, String> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let paths = name.to_str().map(glob::glob).transpose().map_err(|e| e.to_string())?;
    let paths: Vec<PathBuf> = paths.into_iter().flatten().filter_map(Result::ok).collect();
    if paths.is_empty() { Err("no such file or folder".into()) } else { Ok(paths) }
}

impl Found {
    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            self.originals.extend(fs::canonicalize(path));
            self.walk(path, path);
        } else {
            self.photo(path, path.file_name().map(PathBuf::from).unwrap_or_default());
        }
    }

    /// A photo that several names lead to is converted once.
    fn photo(&mut self, path: &Path, relative: PathBuf) {
        self.named += 1;
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.originals.insert(real) {
            self.inputs.push(Input { path: path.to_owned(), relative });
        }
    }

    /// Pictures below `folder` in the order of their names, by extension; what a link leads to is left out.
    fn walk(&mut self, folder: &Path, root: &Path) {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.missing.push(format!("{}: {error}", folder.display())),
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !self.is_output(&path) => self.walk(&path, root),
                Ok(kind) if kind.is_file() && is_picture(&path) => {
                    self.photo(&path, path.strip_prefix(root).unwrap_or(&path).to_owned());
                }
                _ => {}
            }
        }
    }

    fn is_output(&self, folder: &Path) -> bool {
        self.output.is_some() && fs::canonicalize(folder).ok() == self.output
    }
}

/// Whether the name is a picture's.
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}
