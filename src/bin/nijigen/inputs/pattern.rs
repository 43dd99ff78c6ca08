//! Patterns such as `holiday/**/*.jpg`, where the shell leaves them to us.
//!
//! What fits is `glob`'s to say, the way is our own: its walk does not end where links lead in circles, passes over names
//! that are not Unicode, and takes a link that cannot be followed for a file, all without a word.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs::{self, DirEntry},
    io::{self, ErrorKind},
    path::{Component, Path, PathBuf, is_separator},
};

use glob::{MatchOptions, Pattern, PatternError};

use super::{CIRCLES, Found, is_circle, leads_nowhere};

/// What stands between two separators.
enum Part {
    /// Itself.
    Name(OsString),
    /// `**`: folders, as many as there are.
    Folders,
    Like(Pattern),
}

/// Whether anything in a name stands for something else.
pub fn is_pattern(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// What a pattern leads to, in the order of names. Where it could not be looked, `found` is missing something.
///
/// # Errors
/// When it is none.
pub fn find(found: &mut Found, pattern: &OsStr) -> Result<Vec<PathBuf>, PatternError> {
    let mut parts = Path::new(pattern).components().map(Part::parse).collect::<Result<Vec<_>, _>>()?;
    parts.dedup_by(|next, part| matches!((next, part), (Part::Folders, Part::Folders)));
    let mut search = Search { found, entered: HashSet::new(), paths: Vec::new() };
    search.find(Path::new(""), &parts);
    if pattern.to_string_lossy().ends_with(is_separator) {
        search.paths.retain(|path| path.is_dir());
    }
    Ok(search.paths)
}

impl Part {
    fn parse(component: Component<'_>) -> Result<Part, PatternError> {
        Ok(match component {
            Component::Normal(name) if name == "**" => Part::Folders,
            Component::Normal(name) if is_pattern(name) => Part::Like(Pattern::new(&name.to_string_lossy())?),
            other => Part::Name(other.as_os_str().to_owned()),
        })
    }

    fn fits(&self, entry: &DirEntry) -> bool {
        // As the system has it: where its shells leave patterns to programs, capitals are no other letters.
        let options = MatchOptions { case_sensitive: !cfg!(windows), ..MatchOptions::new() };
        let name = entry.file_name();
        matches!(self, Part::Like(pattern) if pattern.matches_with(&name.to_string_lossy(), options))
    }

    /// Whether it stands for this entry even if that is hidden.
    fn names(&self, entry: &DirEntry) -> bool {
        match self {
            Part::Name(name) => *name == entry.file_name(),
            Part::Folders => false,
            Part::Like(pattern) => pattern.as_str().starts_with('.') && self.fits(entry),
        }
    }
}

struct Search<'a> {
    found: &'a mut Found,
    /// The real paths of the folders that `**` has led to, each with how many parts were left.
    entered: HashSet<(usize, PathBuf)>,
    paths: Vec<PathBuf>,
}

impl Search<'_> {
    fn find(&mut self, path: &Path, parts: &[Part]) {
        match parts {
            [] => self.paths.push(path.to_owned()),
            // All that is below it: as the folder itself.
            [Part::Folders] if here(path).is_dir() => self.paths.push(here(path).to_owned()),
            [Part::Folders] => {}
            [Part::Folders, next, rest @ ..] => self.below(path, path, (next, rest)),
            [Part::Name(name)] => self.named(path.join(name)),
            [Part::Name(name), rest @ ..] => self.find(&path.join(name), rest),
            [next @ Part::Like(_), rest @ ..] => {
                for entry in self.entries(path).iter().filter(|entry| next.fits(entry)) {
                    let path = path.join(entry.file_name());
                    if !path.is_dir() || !self.found.passes_over(&path, next.names(entry)) {
                        self.find(&path, rest);
                    }
                }
            }
        }
    }

    /// Goes on with `next` and `rest` in a folder and in all below it.
    fn below(&mut self, folder: &Path, root: &Path, (next, rest): (&Part, &[Part])) {
        if let Ok(real) = fs::canonicalize(here(folder)) {
            let circle = is_circle(here(folder), here(root), &real);
            if circle || !self.entered.insert((rest.len(), real)) {
                return self.found.skip(CIRCLES);
            }
        }
        if let Part::Name(name) = next {
            match rest {
                [] => self.named(folder.join(name)),
                rest => self.find(&folder.join(name), rest),
            }
        }
        for entry in self.entries(folder) {
            let path = folder.join(entry.file_name());
            let (fits, is_folder) = (next.fits(&entry), is_folder(&entry));
            if matches!(is_folder, Ok(true)) && self.found.passes_over(&path, next.names(&entry)) {
                continue;
            }
            if fits {
                self.find(&path, rest);
            }
            match is_folder {
                Ok(true) => self.below(&path, root, (next, rest)),
                // One that fits is told of when it is read.
                Err(error) if !fits => self.found.miss(&path, error.to_string()),
                _ => {}
            }
        }
    }

    fn named(&mut self, path: PathBuf) {
        match fs::symlink_metadata(&path) {
            Ok(_) => self.paths.push(path),
            Err(error) if is_absent(&error) => {}
            Err(error) => self.found.miss(&path, error.to_string()),
        }
    }

    fn entries(&mut self, folder: &Path) -> Vec<DirEntry> {
        let entries = self.found.entries(here(folder));
        entries.unwrap_or_else(|error| {
            if !is_absent(&error) {
                self.found.miss(here(folder), error.to_string());
            }
            Vec::new()
        })
    }
}

/// The folder that a path without parts is in.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Whether nothing is there; a part stands for files and links as well as for folders.
fn is_absent(error: &io::Error) -> bool {
    leads_nowhere(error) || error.kind() == ErrorKind::NotADirectory
}

fn is_folder(entry: &DirEntry) -> io::Result<bool> {
    let kind = entry.file_type()?;
    if !kind.is_symlink() {
        return Ok(kind.is_dir());
    }
    match fs::metadata(entry.path()) {
        Err(error) if leads_nowhere(&error) => Ok(false),
        there => Ok(there?.is_dir()),
    }
}
