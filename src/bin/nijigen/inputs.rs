//! What the command line names: files, folders with all below them, and patterns.

use std::{
    collections::{BTreeMap, HashSet},
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

use nijigen::{Error, options::Limits, picture::limits::check_size};

use crate::{generators::explain, streams::tell};

/// HEIC and AVIF are not read here, but somebody who has them should hear so.
const EXTENSIONS: [&str; 18] = [
    "jpg", "jpeg", "jpe", "jfif", "jfi", "jif", "pjpeg", "pjp", "png", "webp", "gif", "bmp", "dib", "tif", "tiff",
    "heic", "heif", "avif",
];
const MACOS_OWN: &str = "of macOS's own files (._*)";
const NOTHING: &str = "no such file or folder";
/// Standard input as a name.
pub const STANDARD: &str = "-";

/// A photo, and where its result belongs below the output folder.
pub struct Input {
    pub path: PathBuf,
    /// The path below the folder that was named, or the file's name.
    pub relative: PathBuf,
}

/// A name that leads to nothing, and why.
pub struct Missing {
    pub name: String,
    pub why: String,
}

/// What the names lead to.
#[derive(Default)]
pub struct Found {
    pub inputs: Vec<Input>,
    /// Each name that leads to nothing.
    pub missing: Vec<Missing>,
    /// What folders have besides, by what it is, and how many of each.
    skipped: BTreeMap<&'static str, usize>,
    /// The real paths of the folders walked: links may lead in a circle.
    walked: HashSet<PathBuf>,
    /// The real paths of the inputs and of the folders named.
    pub originals: HashSet<PathBuf>,
    /// The paths of the inputs.
    paths: HashSet<PathBuf>,
    /// How many photos were named, those named twice as well.
    named: usize,
    /// Results of an earlier run are no photos.
    output: Option<PathBuf>,
}

/// Follows the names, and the list of paths, which are no patterns; the output folder is left out where it lies inside a
/// folder that is named.
pub fn expand(names: &[OsString], listed: &[PathBuf], output: &Path) -> Found {
    let mut found = Found { output: fs::canonicalize(output).ok(), ..Found::default() };
    for name in names {
        let before = (found.named, found.missing.len());
        match matches(name) {
            // What a pattern finds is as if found in a folder; what is named itself is meant.
            Ok(paths) => paths.iter().for_each(|path| match path.as_os_str() != name && is_macos_own(path) {
                true => found.skip(MACOS_OWN),
                false => found.add(path),
            }),
            Err(why) => found.miss(Path::new(name), why),
        }
        if (found.named, found.missing.len()) == before {
            found.miss(Path::new(name), "no pictures here".into());
        }
    }
    listed.iter().for_each(|path| found.add_listed(path));
    found
}

/// The part of a path that can lie below any folder.
fn below(path: &Path) -> PathBuf {
    path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// A name that exists is taken as it is, even with `*` or `[` in it; else it is a pattern.
fn matches(name: &OsStr) -> Result<Vec<PathBuf>, String> {
    let path = Path::new(name);
    if path.exists() || name == STANDARD {
        return Ok(vec![path.to_owned()]);
    }
    let paths = name.to_str().map(glob::glob).transpose().map_err(|e| e.to_string())?;
    let paths: Vec<PathBuf> = paths.into_iter().flatten().filter_map(Result::ok).collect();
    if paths.is_empty() { Err(NOTHING.into()) } else { Ok(paths) }
}

impl Found {
    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            self.originals.extend(fs::canonicalize(path));
            // What is named again has its pictures found again, and each is drawn once all the same.
            self.walked.clear();
            self.walk(path, path);
        } else {
            let name = if path.as_os_str() == STANDARD { Some(OsStr::new("stdin")) } else { path.file_name() };
            self.photo(path, name.map(PathBuf::from).unwrap_or_default());
        }
    }

    /// Lists name photos of many folders: the result of each keeps its path, whatever else is in the same list. So each path
    /// has its result, also where several lead to the same file.
    fn add_listed(&mut self, path: &Path) {
        if path.is_dir() {
            let before = self.named;
            self.add(path);
            if self.named == before {
                self.miss(path, "no pictures here".into());
            }
        } else if path.exists() {
            self.named += 1;
            self.originals.extend(fs::canonicalize(path));
            self.take(path, below(path));
        } else {
            self.miss(path, NOTHING.into());
        }
    }

    fn miss(&mut self, path: &Path, why: String) {
        self.missing.push(Missing { name: path.to_string_lossy().into_owned(), why });
    }

    /// Says what is missing and what was skipped.
    pub fn tell(&self) {
        self.missing.iter().for_each(|Missing { name, why }| tell(format_args!("{name}: {why}")));
        self.skipped().iter().for_each(tell);
    }

    /// A photo that several names lead to is converted once.
    fn photo(&mut self, path: &Path, relative: PathBuf) {
        self.named += 1;
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if self.originals.insert(real) {
            self.take(path, relative);
        }
    }

    fn take(&mut self, path: &Path, relative: PathBuf) {
        if self.paths.insert(path.to_owned()) {
            self.inputs.push(Input { path: path.to_owned(), relative });
        }
    }

    /// Pictures below `folder` in the order of their names, by extension, also where links lead to them.
    fn walk(&mut self, folder: &Path, root: &Path) {
        if let Ok(real) = fs::canonicalize(folder) {
            let circle = folder != root && fs::canonicalize(root).is_ok_and(|root| root.starts_with(&real));
            if circle || !self.walked.insert(real) {
                return self.skip("links to folders that were there before");
            }
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.miss(folder, error.to_string()),
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let Ok(kind) = fs::metadata(&path) else {
                self.skip("links that lead nowhere");
                continue;
            };
            if kind.is_dir() {
                if !self.is_output(&path) {
                    self.walk(&path, root);
                }
            } else if is_macos_own(&path) {
                self.skip(MACOS_OWN);
            } else if !is_picture(&path) {
                self.skip("files without a picture's name");
            } else if kind.is_file() {
                self.photo(&path, path.strip_prefix(root).unwrap_or(&path).to_owned());
            } else {
                self.skip("pipes and devices");
            }
        }
    }

    fn skip(&mut self, what: &'static str) {
        *self.skipped.entry(what).or_default() += 1;
    }

    /// A sentence about what folders have besides pictures, if they have.
    fn skipped(&self) -> Option<String> {
        let all: Vec<String> = self.skipped.iter().map(|(what, count)| format!("{count} {what}")).collect();
        (!all.is_empty()).then(|| format!("skipped: {}", all.join(", ")))
    }

    fn is_output(&self, folder: &Path) -> bool {
        self.output.is_some() && fs::canonicalize(folder).ok() == self.output
    }
}

/// Whether it is where macOS keeps what another file system does not of the file beside it (AppleDouble).
fn is_macos_own(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"._")) && !path.is_dir()
}

/// Whether the name is a picture's.
pub fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    extension.is_some_and(|e| EXTENSIONS.contains(&e.as_str()))
}

/// Reads a photo: a file, a pipe, or standard input. Of what is over the limit no more is read than it takes to know.
///
/// # Errors
/// A sentence.
pub fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: io::Error| Fault::Unreadable(format!("it cannot be read: {error}"));
    let mut bytes = Vec::new();
    let most = limits.max_bytes.saturating_add(1);
    if path.as_os_str() == STANDARD {
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = File::open(path).map_err(unreadable)?;
        let known = file.metadata().map_err(unreadable)?;
        // A pipe does not tell its length.
        if known.is_file() {
            check_size(known.len(), limits).map_err(Fault::Refused)?;
        }
        file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    check_size(bytes.len() as u64, limits).map_err(Fault::Refused)?;
    Ok(bytes)
}

/// Why a photo could not be read.
pub enum Fault {
    Unreadable(String),
    Refused(Error),
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        match fault {
            Fault::Unreadable(sentence) => sentence,
            Fault::Refused(error) => explain(error),
        }
    }
}
