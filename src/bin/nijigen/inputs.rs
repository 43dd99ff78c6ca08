//! What the command line names: files, folders with all below them, and patterns.

mod pattern;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::{OsStr, OsString},
    fs::{self, DirEntry, File},
    io::{self, ErrorKind, Read as _},
    path::{Component, Path, PathBuf},
};

use nijigen::{Error, options::Limits, picture::limits::check_size};

use crate::streams::tell;

/// HEIC and AVIF are not read here, but somebody who has them should hear so.
const EXTENSIONS: [&str; 18] = [
    "jpg", "jpeg", "jpe", "jfif", "jfi", "jif", "pjpeg", "pjp", "png", "webp", "gif", "bmp", "dib", "tif", "tiff",
    "heic", "heif", "avif",
];
const MACOS_OWN: &str = "of macOS's own files (._*)";
const CIRCLES: &str = "links to folders that were there before";
const AGAIN: &str = "photos that were there before under another name";
const HIDDEN: &str = "hidden folders";
const OUTPUT: &str = "output folders";
const NOTHING: &str = "no such file or folder";
const NO_PICTURES: &str = "no pictures here";
/// What the system says of links that lead to each other (ELOOP); `ErrorKind` has a name for it that is not stable yet.
const LINKS_LOOP: i32 = if cfg!(windows) {
    1921
} else if cfg!(target_os = "linux") {
    40
} else {
    62
};
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
    /// The real paths of the inputs and of the folders named, each under its [`key`].
    originals: HashMap<String, HashSet<PathBuf>>,
    /// The paths of the inputs.
    paths: HashSet<PathBuf>,
    /// How many photos were named, those named twice as well.
    named: usize,
    /// The real path of the folder for results, if it is there: those of an earlier run are no photos.
    output: Option<PathBuf>,
}

/// Follows the names, and the list of paths, which are no patterns; the output folder is left out where it lies inside a
/// folder that is named, or is named beside others.
pub fn expand(names: &[OsString], listed: &[PathBuf], output: &Path) -> Found {
    let folder = fs::canonicalize(output).ok().filter(|real| real.is_dir());
    let mut found = Found { output: folder, ..Found::default() };
    let (results, mut names): (Vec<_>, Vec<_>) = names.iter().partition(|name| found.is_output(Path::new(name)));
    if names.is_empty() && listed.is_empty() {
        names = results;
    } else {
        // The shell's `*` names the output folder, too.
        results.iter().for_each(|_| found.skip(OUTPUT));
    }
    for name in names {
        let before = (found.named, found.missing.len());
        found.add_named(name);
        if (found.named, found.missing.len()) == before {
            found.miss(Path::new(name), NO_PICTURES.into());
        }
    }
    listed.iter().for_each(|path| found.add_listed(path));
    found
}

/// Many file systems take names for one that differ in capitals; and what is no Unicode is as good as another such.
pub fn key(path: &Path) -> String {
    path.to_string_lossy().to_lowercase()
}

/// Whether two real paths lead to the same. Where capitals make no other name, a real path has those that were typed; what
/// then tells two files apart on any file system (not all number them) is how long they are, and of when.
fn is_same(one: &Path, other: &Path) -> bool {
    let known = |path: &Path| fs::metadata(path).and_then(|there| Ok((there.len(), there.modified()?))).ok();
    one == other || key(one) == key(other) && known(one) == known(other)
}

/// The part of a path that can lie below any folder.
fn below(path: &Path) -> PathBuf {
    path.components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// Whether the error says that there is nothing, and not that it could not be looked.
fn leads_nowhere(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(LINKS_LOOP)
}

/// Whether a folder, found on the way from `root`, holds that: a link led up to it.
fn is_circle(folder: &Path, root: &Path, real: &Path) -> bool {
    folder != root && fs::canonicalize(root).is_ok_and(|root| root.starts_with(real))
}

/// A folder that was named.
#[derive(Clone, Copy)]
struct Root<'a> {
    folder: &'a Path,
    /// What is below it belongs below this.
    into: &'a Path,
}

impl Found {
    /// A name that exists is taken as it is, even with `*` or `[` in it; else it is a pattern.
    fn add_named(&mut self, name: &OsStr) {
        let path = Path::new(name);
        if path.exists() || name == STANDARD {
            return self.add(path);
        }
        if !pattern::is_pattern(name) {
            return self.miss_named(path);
        }
        let before = self.missing.len();
        match pattern::find(self, name) {
            Err(error) => self.miss(path, error.to_string()),
            Ok(paths) if paths.is_empty() && self.missing.len() == before => self.miss(path, NOTHING.into()),
            // What a pattern finds is as if found in a folder.
            Ok(paths) => paths.iter().for_each(|path| match is_macos_own(path) {
                true => self.skip(MACOS_OWN),
                false => self.add(path),
            }),
        }
    }

    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            self.add_folder(Root { folder: path, into: Path::new("") });
        } else {
            let name = if path.as_os_str() == STANDARD { Some(OsStr::new("stdin")) } else { path.file_name() };
            self.photo(path, name.map(PathBuf::from).unwrap_or_default());
        }
    }

    /// Lists name photos of many folders: the result of each keeps its path, whatever else is in the same list. So each path
    /// has its result, also where several lead to the same file.
    fn add_listed(&mut self, path: &Path) {
        if path.is_dir() {
            let before = (self.named, self.missing.len());
            self.add_folder(Root { folder: path, into: &below(path) });
            if (self.named, self.missing.len()) == before {
                self.miss(path, NO_PICTURES.into());
            }
        } else if path.exists() {
            self.named += 1;
            self.note(path);
            self.take(path, below(path));
        } else {
            self.miss_named(path);
        }
    }

    fn add_folder(&mut self, root: Root) {
        self.note(root.folder);
        // What is named again has its pictures found again, and each is drawn once all the same.
        self.walked.clear();
        self.walk(root.folder, root);
    }

    /// Of a name that is no file's or folder's, or cannot be followed.
    fn miss_named(&mut self, path: &Path) {
        let why = fs::metadata(path).err().filter(|error| !leads_nowhere(error));
        self.miss(path, why.map_or(NOTHING.into(), |error| error.to_string()));
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
        // Standard input may be a file, too, and no result may take its place.
        if self.note(if path.as_os_str() == STANDARD { Path::new("/dev/stdin") } else { path }) {
            self.take(path, relative);
        } else if !self.paths.contains(path) {
            self.skip(AGAIN);
        }
    }

    /// Notes an input or a folder that was named; gives whether it is new.
    fn note(&mut self, path: &Path) -> bool {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        self.originals.entry(key(&real)).or_default().insert(real)
    }

    /// Whether an input or a folder that was named is there.
    pub fn is_original(&self, path: &Path) -> bool {
        let Ok(real) = fs::canonicalize(path) else { return false };
        let alike = self.originals.get(&key(&real));
        alike.is_some_and(|alike| alike.iter().any(|original| is_same(original, &real)))
    }

    fn take(&mut self, path: &Path, relative: PathBuf) {
        if self.paths.insert(path.to_owned()) {
            self.inputs.push(Input { path: path.to_owned(), relative });
        }
    }

    /// Pictures below `folder` in the order of their names, by extension, also where links lead to them.
    fn walk(&mut self, folder: &Path, root: Root) {
        if let Ok(real) = fs::canonicalize(folder)
            && (is_circle(folder, root.folder, &real) || !self.walked.insert(real))
        {
            return self.skip(CIRCLES);
        }
        let entries = match self.entries(folder) {
            Ok(entries) => entries,
            Err(error) => return self.miss(folder, error.to_string()),
        };
        entries.iter().for_each(|entry| self.visit(&entry.path(), root));
    }

    fn visit(&mut self, path: &Path, root: Root) {
        let kind = match fs::metadata(path) {
            Ok(kind) => kind,
            Err(error) if leads_nowhere(&error) => return self.skip("links that lead nowhere"),
            Err(error) => return self.miss(path, error.to_string()),
        };
        if kind.is_dir() {
            if !self.passes_over(path, false) {
                self.walk(path, root);
            }
        } else if is_macos_own(path) {
            self.skip(MACOS_OWN);
        } else if !is_picture(path) {
            self.skip("files without a picture's name");
        } else if kind.is_file() {
            self.photo(path, root.into.join(path.strip_prefix(root.folder).unwrap_or(path)));
        } else {
            self.skip("pipes and devices");
        }
    }

    /// What a folder holds, in the order of names; what could not be read of it is missing.
    fn entries(&mut self, folder: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => self.miss(folder, error.to_string()),
            }
        }
        entries.sort_by_key(DirEntry::file_name);
        Ok(entries)
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
        let Some(output) = &self.output else { return false };
        fs::canonicalize(folder).is_ok_and(|real| is_same(&real, output))
    }

    /// Whether a folder that was come upon is not looked into; then it is counted. One that is hidden is where programs keep
    /// what is theirs, unless it was `named`.
    fn passes_over(&mut self, folder: &Path, named: bool) -> bool {
        let what = match folder.file_name() {
            Some(name) if !named && name.as_encoded_bytes().starts_with(b".") => HIDDEN,
            _ if self.is_output(folder) => OUTPUT,
            _ => return false,
        };
        self.skip(what);
        true
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
