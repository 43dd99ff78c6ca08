//! `--files-from`: names that another program lists.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crate::inputs::STANDARD;

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The paths in `file`, or in standard input where it is `-`: one a line, or, where there is a NUL, each before one.
///
/// # Errors
/// A sentence when it cannot be read.
pub fn read(file: &Path) -> Result<Vec<PathBuf>, String> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == STANDARD {
        io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        fs::read(file).map(|all| bytes = all)
    };
    read.map_err(|error| error.to_string())
        .and_then(|()| paths(&bytes))
        .map_err(|why| format!("{}: {why}", file.display()))
}

fn paths(bytes: &[u8]) -> Result<Vec<PathBuf>, String> {
    // Every letter of it would be a path: `.` and `/` are folders.
    if UTF_16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err("the list is UTF-16, as PowerShell's > makes it; save it as UTF-8".into());
    }
    Ok(split(bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes)))
}

fn split(bytes: &[u8]) -> Vec<PathBuf> {
    // No name can have a NUL in it, so one tells how they are told apart.
    let zero = bytes.contains(&0);
    let names = bytes.split(|&byte| byte == if zero { 0 } else { b'\n' });
    let line = |name: &'_ [u8]| if zero { name.len() } else { name.strip_suffix(b"\r").unwrap_or(name).len() };
    names.map(|name| &name[..line(name)]).filter(|name| !name.is_empty()).map(path).collect()
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    OsStr::from_bytes(name).into()
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_nuls_part_names() {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(split(b""), paths(&[]));
        assert_eq!(split(b"a.jpg\nb c.jpg\r\n\nd.jpg"), paths(&["a.jpg", "b c.jpg", "d.jpg"]));
        assert_eq!(split(b"a.jpg\0two\nlines.jpg\0"), paths(&["a.jpg", "two\nlines.jpg"]));
        assert_eq!(split(b"carriage\r\0"), paths(&["carriage\r"]));
    }

    #[test]
    fn a_mark_in_front_is_no_part_of_a_name() {
        assert_eq!(paths(b"\xef\xbb\xbfa.jpg\r\nb.jpg\r\n"), Ok(vec!["a.jpg".into(), "b.jpg".into()]));
        assert_eq!(paths(b"\xef\xbb\xbfa.jpg\0"), Ok(vec!["a.jpg".into()]));
        for utf_16 in [b"\xff\xfe/\0a\0\n\0", b"\xfe\xff\0/\0a\0\n"] {
            assert!(paths(utf_16).is_err_and(|why| why.contains("save it as UTF-8")));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_may_be_any_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(split(b"odd-\xff.jpg\n")[0].as_os_str().as_bytes(), b"odd-\xff.jpg");
    }
}
