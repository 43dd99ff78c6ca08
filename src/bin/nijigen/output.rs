//! Where results go, and how they get there whole.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use nijigen::options::Format;

use crate::inputs::Input;

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
/// A sentence when several inputs would go to one file.
pub fn plan(inputs: &[Input], output: &Path, format: Format) -> Result<Vec<PathBuf>, String> {
    if format_of(output).is_some() && !output.is_dir() {
        return match inputs {
            [_] => Ok(vec![output.to_owned()]),
            _ => {
                Err(format!("{} is one file, but there are {} pictures; name a folder", output.display(), inputs.len()))
            }
        };
    }
    let mut taken = HashSet::new();
    let paths = inputs.iter().map(|input| {
        let short = output.join(input.relative.with_extension(extension(format)));
        // a.jpg and a.png would both become a.png: the second keeps its whole name.
        let whole = || append(&output.join(&input.relative), extension(format));
        let mut path = if taken.contains(&short) { whole() } else { short };
        while !taken.insert(path.clone()) {
            path = append(&path, extension(format));
        }
        path
    });
    Ok(paths.collect())
}

fn append(path: &Path, extension: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(extension);
    name.into()
}

/// Why `path` may not be written, if so.
pub fn refusal(path: &Path, force: bool, inputs: &HashSet<PathBuf>) -> Option<String> {
    let real = fs::canonicalize(path).ok()?;
    if inputs.contains(&real) {
        return Some(format!("{} is one of the inputs; choose another output", path.display()));
    }
    (!force).then(|| format!("{} is already there; --force replaces it", path.display()))
}

/// Writes beside the target first, so that an interrupted program never leaves half a picture.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = append(path, "part");
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).inspect_err(|_| drop(fs::remove_file(&part)))
}
