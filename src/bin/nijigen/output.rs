//! Where results go, and how they get there whole.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use nijigen::options::Format;
use tempfile::NamedTempFile;

use crate::inputs::{self, Found, key};

/// The format that a file's name asks for.
pub fn format_of(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "png" => Some(Format::Png),
        "jpg" | "jpeg" => Some(Format::Jpeg),
        "webp" => Some(Format::Webp),
        _ => None,
    }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Png => "png",
        Format::Jpeg => "jpg",
        Format::Webp => "webp",
    }
}

/// One result's path per input, all different. `output` is a file when it looks like one and there is
/// one input; else a folder, in which the inputs' sub-folders are kept.
///
/// # Errors
/// A sentence when the results could not be told from the inputs, or from each other.
pub fn plan(found: &Found, output: &Path, format: Format) -> Result<Vec<PathBuf>, String> {
    let shown = output.display();
    if is_stream(output) {
        return match found.inputs.as_slice() {
            [] => Ok(Vec::new()),
            [_] => Ok(vec![output.to_owned()]),
            all => Err(format!("{shown} takes one picture, not {}; name a folder", all.len())),
        };
    }
    if !output.is_dir() {
        match (format_of(output), found.inputs.as_slice()) {
            (Some(named), _) if named != format => {
                return Err(format!("{shown} is named like {}, --format says {}", extension(named), extension(format)));
            }
            (Some(_), []) => return Ok(Vec::new()),
            (Some(_), [_]) => return Ok(vec![output.to_owned()]),
            (Some(_), all) => return Err(format!("{shown} is one file for {} pictures; name a folder", all.len())),
            (None, _) if inputs::is_picture(output) => {
                return Err(format!("{shown}: results are png, jpg or webp"));
            }
            (None, _) => {}
        }
    } else if found.is_original(output) {
        // The results would be the next run's inputs.
        return Err(format!("{shown} is also an input; choose another folder"));
    }
    let mut names = Names::default();
    Ok(found.inputs.iter().map(|input| names.free(&output.join(&input.relative), extension(format))).collect())
}

/// The names that are given away.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
    /// Of names that several photos have, how many results have them.
    numbers: HashMap<String, u64>,
}

impl Names {
    /// a.jpg and a.png would both become a.png: the second keeps its whole name, and from the third on there is a number.
    fn free(&mut self, photo: &Path, extension: &str) -> PathBuf {
        let short = photo.with_extension(extension);
        if self.take(&short) {
            return short;
        }
        loop {
            let number = self.numbers.entry(key(photo)).or_default();
            *number += 1;
            let path = match number {
                1 => append(photo, extension),
                more => append(photo, &format!("{more}.{extension}")),
            };
            if self.take(&path) {
                return path;
            }
        }
    }

    fn take(&mut self, path: &Path) -> bool {
        self.taken.insert(key(path))
    }
}

fn append(path: &Path, extension: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(extension);
    name.into()
}

/// Whether what is written there goes on at once: standard output, a pipe or a device.
pub fn is_stream(path: &Path) -> bool {
    is_standard(path) || fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Whether it is a name of standard output.
pub fn is_standard(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// Why `path` may not be written, if so.
pub fn refusal(path: &Path, force: bool, found: &Found) -> Option<String> {
    if is_stream(path) {
        return None;
    }
    fs::symlink_metadata(path).ok()?;
    if found.is_original(path) {
        return Some(format!("{} is one of the inputs; choose another output", path.display()));
    }
    (!force).then(|| format!("{} is already there; --force replaces it", path.display()))
}

/// Finds out whether `results` can be written at all; nothing where all are there, as after a run that is repeated.
///
/// # Errors
/// A sentence.
pub fn check(results: &[PathBuf]) -> Result<(), String> {
    let is_new = |result: &&PathBuf| !is_stream(result) && fs::symlink_metadata(result).is_err();
    let Some(first) = results.iter().find(is_new) else { return Ok(()) };
    let folder = folder_of(first);
    let checked = unfinished(folder).map(drop);
    checked.map_err(|error| format!("no results can be written in {}: {error}; name another with -o", folder.display()))
}

/// What is said where `path` holds something else than what it is to hold.
pub fn other(path: &Path) -> String {
    format!("{} is already there, and not what this photo becomes; --force replaces it", path.display())
}

/// Writes under another name first, so that an interrupted program never leaves half a picture, and
/// nothing that appeared meanwhile is replaced without `force`.
pub fn write(path: &Path, bytes: &[u8], force: bool) -> io::Result<()> {
    if is_standard(path) {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    if is_stream(path) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let mut file = unfinished(folder_of(path))?;
    file.write_all(bytes)?;
    settle(file.as_file())?;
    if force {
        file.persist(path)?;
        return Ok(());
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if may_lack_noclobber(error.error.kind()) => put_reserved(error.file, path),
        Err(error) => Err(error.error),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file in `folder`, made if need be, that is gone unless it gets a name.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // Readable as any file that the person makes, not private as temporary files are.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".nijigen-").tempfile_in(folder)
}

/// Waits until the file has all that was written: where a disk is in the network, that it has no room may be said only now.
fn settle(file: &File) -> io::Result<()> {
    // What Apple's systems say of disks in a network (ENOTTY, ENOTSUP); Rust has no kind of its own for it.
    let is_apples = |error: &io::Error| cfg!(target_vendor = "apple") && matches!(error.raw_os_error(), Some(25 | 45));
    match file.sync_data() {
        // The file system does not know of such.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        Err(error) if is_apples(&error) => Ok(()),
        settled => settled,
    }
}

/// Whether it may be that the file system has no way to give a file a name that must be free: some have neither a rename
/// that replaces nothing nor hard links, and each says so in its own words.
fn may_lack_noclobber(error: ErrorKind) -> bool {
    use ErrorKind::{
        AlreadyExists, InvalidFilename, IsADirectory, NotADirectory, NotFound, QuotaExceeded, ReadOnlyFilesystem,
        StorageFull,
    };
    !matches!(
        error,
        AlreadyExists
            | InvalidFilename
            | IsADirectory
            | NotADirectory
            | NotFound
            | QuotaExceeded
            | ReadOnlyFilesystem
            | StorageFull
    )
}

/// Takes the name with an empty file, which fails where there is one, and then that file's place. A program that is killed
/// in between leaves it empty.
fn put_reserved(file: NamedTempFile, path: &Path) -> io::Result<()> {
    drop(File::create_new(path)?);
    if let Err(error) = file.persist(path) {
        let _ = fs::remove_file(path);
        return Err(error.error);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Input;

    fn planned(photos: impl IntoIterator<Item = String>) -> Vec<String> {
        let inputs = photos.into_iter().map(|name| Input { path: name.clone().into(), relative: name.into() });
        let mut found = Found::default();
        found.inputs = inputs.collect();
        let paths = plan(&found, Path::new("out"), Format::Png).unwrap();
        paths.iter().map(|path| path.to_str().unwrap().replace('\\', "/")).collect()
    }

    #[test]
    fn results_of_one_name_are_numbered() {
        let paths = planned(["a.jpg", "a.jpg", "a.jpg", "a.png", "a.jpg.2.png", "a.jpg"].map(str::to_owned));
        let names = ["a", "a.jpg", "a.jpg.2", "a.png", "a.jpg.2.png", "a.jpg.3"];
        assert_eq!(paths, names.map(|name| format!("out/{name}.png")));
        let paths = planned((0..10_000).map(|_| "IMG_0001.jpg".to_owned()));
        assert_eq!(paths.iter().collect::<HashSet<_>>().len(), paths.len());
        assert!(paths.iter().all(|path| path.len() < 30));
    }

    #[test]
    fn names_that_differ_in_capitals_are_one() {
        let paths = planned(["IMG_1.jpg", "img_1.JPG", "Ä/É.png", "ä/é.png"].map(str::to_owned));
        assert_eq!(paths, ["out/IMG_1.png", "out/img_1.JPG.png", "out/Ä/É.png", "out/ä/é.png.png"]);
    }

    #[test]
    fn a_name_is_taken_first_where_nothing_else_keeps_it_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let file = |bytes: &[u8]| {
            let mut file = NamedTempFile::new_in(&folder).unwrap();
            file.write_all(bytes).unwrap();
            file
        };
        put_reserved(file(b"a picture"), &path).unwrap();
        let refused = put_reserved(file(b"another"), &path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"a picture");

        let gone = file(b"a third");
        fs::remove_file(gone.path()).unwrap();
        assert!(put_reserved(gone, &folder.path().join("b.png")).is_err());
        let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["a.png"], "no empty file is left");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_systems_say_in_many_ways_that_they_have_none() {
        // EPERM, EACCES, EINVAL, ENOSYS, EOPNOTSUPP, EMLINK, EIO.
        for code in [1, 13, 22, 38, 95, 31, 5] {
            assert!(may_lack_noclobber(io::Error::from_raw_os_error(code).kind()), "{code}");
        }
        // EEXIST, ENOENT, ENOTDIR, ENOSPC, EROFS, ENAMETOOLONG, EDQUOT.
        for code in [17, 2, 20, 28, 30, 36, 122] {
            assert!(!may_lack_noclobber(io::Error::from_raw_os_error(code).kind()), "{code}");
        }
    }
}
