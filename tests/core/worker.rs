//! The program `nijigen` as another program runs it: lists, reports, and ending when told to.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

use crate::command_line::{convert, folder, photo, stderr};

/// The lines of a report.
pub(crate) fn report(output: &Output) -> Vec<Value> {
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect()
}

/// The line of one photo.
pub(crate) fn line<'a>(report: &'a [Value], input: &Path) -> &'a Value {
    let mut lines = report.iter().filter(|line| line["input"] == input.to_str().unwrap());
    let line = lines.next().unwrap_or_else(|| panic!("no line for {}: {report:?}", input.display()));
    assert!(lines.next().is_none(), "two lines for {}", input.display());
    line
}

/// The program, drawing small and keeping nothing.
pub(crate) fn start(arguments: &[&str]) -> Child {
    let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    program.args(["convert", "--no-cache", "--max-side", "256"]).args(arguments);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Photos that differ in bytes behind their end.
pub(crate) fn photos(folder: &Path, count: u8) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let dog = fs::read(photo("dog.jpg")).unwrap();
    let names = (0..count).map(|at| folder.join(format!("{at:02}.jpg")));
    names
        .enumerate()
        .map(|(at, path)| fs::write(&path, [&dog[..], &[at as u8]].concat()).map(|()| path).unwrap())
        .collect()
}

#[test]
fn lists_of_files_keep_their_folders() {
    let folder = folder("lists");
    for name in ["a", "b"] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::copy(photo("dog.jpg"), folder.join(name).join("same.jpg")).unwrap();
    }
    let two_lines = folder.join("two\nlines*.jpg");
    fs::copy(photo("dog.jpg"), &two_lines).unwrap();
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    let (a, b) = (name(&folder.join("a/same.jpg")), name(&folder.join("b/same.jpg")));
    let below = |results: &Path, path: &str| results.join(path.trim_start_matches('/')).with_extension("png");

    let list = folder.join("list");
    fs::write(&list, format!("{a}\n{b}\r\n{a}\n{}\n", name(&folder.join("none*.jpg")))).unwrap();
    let results = folder.join("lines");
    let said = convert(&[], &results, &["--strength", "0", "--files-from", list.to_str().unwrap(), "--report", "json"]);
    assert_eq!(said.status.code(), Some(1), "{}", stderr(&said));
    assert!(below(&results, &a).is_file() && below(&results, &b).is_file(), "{}", stderr(&said));
    let lines = report(&said);
    assert_eq!(lines.len(), 3, "what is listed twice is converted once: {lines:?}");
    assert_eq!(line(&lines, &folder.join("none*.jpg"))["code"], "missing");
    assert_eq!(line(&lines, Path::new(&b))["output"], name(&below(&results, &b)));

    let results = folder.join("nul");
    let mut program = start(&["--strength", "0", "--files-from", "-", "-o", results.to_str().unwrap()]);
    program.stdin.take().unwrap().write_all(format!("{b}\0{}\0", name(&two_lines)).as_bytes()).unwrap();
    let said = program.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert!(below(&results, &b).is_file() && below(&results, two_lines.to_str().unwrap()).is_file());

    let unreadable = convert(&[], &results, &["--files-from", folder.join("no-list").to_str().unwrap()]);
    assert_eq!(unreadable.status.code(), Some(2), "{}", stderr(&unreadable));
}

#[test]
fn folders_in_a_list_are_kept_as_photos_are() {
    let folder = folder("list-folders");
    let names = ["a/below/same.jpg", "b/same.jpg"].map(|name| folder.join(name));
    for name in &names {
        fs::create_dir_all(name.parent().unwrap()).unwrap();
        fs::copy(photo("dog.jpg"), name).unwrap();
    }
    let (list, results) = (folder.join("list"), folder.join("out"));
    fs::write(&list, format!("{0}/a\n{0}/b\n", folder.display())).unwrap();
    let said = convert(&[], &results, &["--strength", "0", "--files-from", list.to_str().unwrap()]);
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    for name in names {
        let below = results.join(name.strip_prefix("/").unwrap_or(&name)).with_extension("png");
        assert!(below.is_file(), "{}: {}", below.display(), stderr(&said));
    }
}

#[test]
fn a_list_in_utf_16_is_refused_and_utf_8_may_have_its_mark() {
    let folder = folder("list-marks");
    let (input, list, results) = (photos(&folder.join("in"), 1).remove(0), folder.join("list"), folder.join("out"));
    let name = format!("{}\r\n", input.display());
    let run = |bytes: Vec<u8>| {
        fs::write(&list, bytes).unwrap();
        convert(&[], &results, &["--strength", "0", "--files-from", list.to_str().unwrap()])
    };
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let said = run(['\u{feff}'].into_iter().chain(name.chars()).flat_map(|letter| order(letter as u16)).collect());
        assert_eq!(said.status.code(), Some(2), "{}", stderr(&said));
        assert!(stderr(&said).contains("save it as UTF-8"), "{}", stderr(&said));
        assert!(!results.exists());
    }
    let said = run(format!("\u{feff}{name}").into_bytes());
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert!(stderr(&said).contains("1 converted"), "{}", stderr(&said));
}

/// What cannot be written: a disk that is full, a reader that has gone.
#[cfg(target_os = "linux")]
fn deaf() -> [Stdio; 2] {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    [File::options().write(true).open("/dev/full").unwrap().into(), writer.into()]
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_need_hear_what_is_said() {
    let folder = folder("unheard");
    let inputs = folder.join("in");
    photos(&inputs, 3);
    for name in ["00-bad.jpg", "01-bad.jpg"] {
        fs::copy(crate::path("tests/fixtures/bad/truncated.jpg"), inputs.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("nowhere.jpg", inputs.join("gone.jpg")).unwrap();
    for (at, stderr) in deaf().into_iter().enumerate() {
        let results = folder.join(format!("out-{at}"));
        let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        program.args(["convert", "--no-cache", "--max-side", "256", "--strength", "0", "--jobs", "1"]);
        program.arg(&inputs).arg(folder.join("no-such.jpg")).arg("-o").arg(&results).stderr(stderr);
        assert_eq!(program.status().unwrap().code(), Some(1));
        assert_eq!(fs::read_dir(&results).unwrap().count(), 3);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_printed_arrives_or_is_missed() {
    let folder = folder("unprinted");
    let inputs = folder.join("in");
    photos(&inputs, 2);
    let run = |stdout: Stdio, arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        program.args(arguments).stdout(stdout).stderr(Stdio::piped());
        program.spawn().unwrap().wait_with_output().unwrap()
    };
    let (inputs, results) = (inputs.to_str().unwrap(), folder.join("out"));
    let convert = ["convert", inputs, "-o", results.to_str().unwrap(), "--max-side", "256", "--strength", "0"];
    let convert = [&convert[..], &["--no-cache", "--resume", "--report", "json"]].concat();
    for arguments in [&convert[..], &["fingerprint", inputs], &["styles"]] {
        let [full, gone] = deaf();
        let said = run(full, arguments);
        assert_eq!(said.status.code(), Some(1), "{arguments:?}: {}", stderr(&said));
        assert_eq!(stderr(&said).matches("standard output cannot be written").count(), 1, "{}", stderr(&said));
        let said = run(gone, arguments);
        assert_eq!(said.status.code(), Some(0), "{arguments:?}: {}", stderr(&said));
        assert!(!stderr(&said).contains("standard output"), "{}", stderr(&said));
    }
    assert_eq!(fs::read_dir(&results).unwrap().count(), 2, "photos are drawn all the same");
}

#[cfg(unix)]
#[test]
fn every_listed_path_has_its_result_whatever_it_leads_to() {
    let folder = folder("list-links");
    let (photo, link, list) = (photos(&folder, 1).remove(0), folder.join("link.jpg"), folder.join("list"));
    std::os::unix::fs::symlink(&photo, &link).unwrap();
    let name = |path: &Path| path.to_str().unwrap().to_owned();
    fs::write(&list, [&photo, &link, &photo, &link].map(|path| name(path)).join("\n")).unwrap();
    let results = folder.join("out");
    let said = convert(&[], &results, &["--strength", "0", "--files-from", &name(&list), "--report", "json"]);
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    let lines = report(&said);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for path in [&photo, &link] {
        assert!(fs::exists(line(&lines, path)["output"].as_str().unwrap()).unwrap(), "{}", path.display());
    }
}

#[test]
fn a_report_tells_of_every_photo() {
    let folder = folder("report");
    let broken = folder.join("broken.jpg");
    fs::copy(crate::path("tests/fixtures/bad/truncated.jpg"), &broken).unwrap();
    let cache = folder.join("cache");
    let run = |out: &str, more: &[&str]| {
        let more = [&["--report", "json", "--cache-dir", cache.to_str().unwrap()], more].concat();
        let said = convert(&[&photo("dog.jpg"), &broken], &folder.join(out), &more);
        assert_eq!(said.status.code(), Some(1), "{}", stderr(&said));
        assert!(!stderr(&said).contains('\x1b'), "no progress where there is no terminal: {}", stderr(&said));
        let lines = report(&said);
        assert_eq!(lines.len(), 2);
        lines
    };
    let first = run("first", &["--resume"]);
    let failed = line(&first, &broken);
    assert_eq!(failed["code"], "corrupt-image");
    assert!(failed["error"].as_str().unwrap().starts_with("The picture is damaged"), "{failed}");
    let dog = line(&first, &photo("dog.jpg"));
    assert_eq!(dog["output"], folder.join("first/dog.png").to_str().unwrap());
    assert_eq!(dog["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(dog["phash"].as_str().unwrap().len(), 16);
    assert!(dog["ms"].as_u64().unwrap() > 0);
    assert_eq!(dog["cache"], "miss");
    for (out, more, answer) in
        [("second", &[][..], "exact"), ("first", &["--resume"], "resumed"), ("third", &["--no-cache"], "off")]
    {
        let lines = run(out, more);
        assert_eq!(line(&lines, &photo("dog.jpg"))["cache"], answer);
        assert_eq!(line(&lines, &photo("dog.jpg"))["sha256"], dog["sha256"]);
    }
    let again = line(&run("second", &[]), &photo("dog.jpg")).clone();
    assert_eq!(again["code"], "exists", "{again}");
    let mixed = convert(&[&photo("dog.jpg")], Path::new("-"), &["--report", "json"]);
    assert_eq!((mixed.status.code(), mixed.stdout.len()), (Some(2), 0), "{}", stderr(&mixed));
}

#[cfg(unix)]
#[test]
fn told_to_end_it_finishes_the_photos_in_hand_and_can_go_on() {
    const PHOTOS: u8 = 40;
    let folder = folder("term");
    photos(&folder.join("in"), PHOTOS);
    let (inputs, results) = (folder.join("in"), folder.join("out"));
    let arguments =
        ["--jobs", "1", "--resume", "--report", "json", inputs.to_str().unwrap(), "-o", results.to_str().unwrap()];
    let mut told = Vec::new();
    for (signal, code) in [("-TERM", 1), ("-INT", 130)] {
        let mut program = start(&arguments);
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        told = vec![lines.next().unwrap().unwrap()];
        assert!(Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap().success());
        told.extend(lines.map(Result::unwrap));
        let ended = program.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{}", stderr(&ended));
        assert!(stderr(&ended).contains("ended early"), "{}", stderr(&ended));
        assert!(told.len() < usize::from(PHOTOS), "{} photos were done", told.len());
        assert_eq!(fs::read_dir(&results).unwrap().count(), told.len(), "whole pictures and nothing else");
    }

    let rest = start(&arguments).wait_with_output().unwrap();
    assert_eq!(rest.status.code(), Some(0), "{}", stderr(&rest));
    let lines = report(&rest);
    assert_eq!(lines.iter().filter(|line| line["cache"] == "resumed").count(), told.len());
    assert_eq!(lines.len(), usize::from(PHOTOS));
}

// Elsewhere nothing tells when the program can hear a signal.
#[cfg(target_os = "linux")]
#[test]
fn told_it_says_what_it_waits_for_and_told_twice_it_ends_at_once() {
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        told_twice(signal, code);
    }
}

#[cfg(target_os = "linux")]
fn told_twice(signal: &str, code: i32) {
    let folder = folder("told-twice");
    let fifo = folder.join("never.jpg");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // It waits for a writer that does not come.
    let mut program = start(&[fifo.to_str().unwrap(), "-o", folder.join("out.png").to_str().unwrap()]);
    let status = format!("/proc/{}/status", program.id());
    // Signals are heard before threads are started for photos.
    while fs::read_to_string(&status).unwrap().contains("\nThreads:\t1\n") {
        assert!(program.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    let id = program.id().to_string();
    let kill = || Command::new("kill").args([signal, &id]).status().unwrap().success();
    assert!(kill());
    let mut said = String::new();
    let mut stderr = BufReader::new(program.stderr.take().unwrap());
    stderr.read_line(&mut said).unwrap();
    assert_eq!(said, "nijigen: ends after the photos in hand; once more ends it at once\n");
    assert!(kill());
    assert_eq!(program.wait().unwrap().code(), Some(code));
}
