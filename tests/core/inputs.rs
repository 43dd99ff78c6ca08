//! What the program takes for a photo: folders, links and pipes.

use std::{fs, path::Path, process::Command};

use crate::command_line::{convert, folder, photo, stderr};

#[test]
fn folders_have_all_that_is_named_like_a_picture_and_the_rest_is_counted() {
    let folder = folder("picture-names");
    let photos = folder.join("photos");
    fs::create_dir_all(photos.join("deep")).unwrap();
    let dog = fs::read(photo("dog.jpg")).unwrap();
    let names = ["a.jfif", "b.JPE", "c.pjpeg", "d.jfi"];
    for (at, name) in names.iter().enumerate() {
        // Bytes behind the end make each another file.
        fs::write(photos.join(name), [&dog[..], &[at as u8]].concat()).unwrap();
    }
    fs::copy(crate::path("tests/fixtures/decode/rgb24.bmp"), photos.join("e.dib")).unwrap();
    for name in ["._a.jfif", "._b.JPE", "notes.txt"] {
        fs::write(photos.join(name), "not a picture").unwrap();
    }
    let output = convert(&[&photos], &folder.join("out"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("5 converted"), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("skipped").count(), 1);
    assert!(stderr(&output).contains("2 of macOS's own files") && stderr(&output).contains("1 files without"));
    for name in ["a.png", "b.png", "c.png", "d.png", "e.png"] {
        assert!(folder.join("out").join(name).exists(), "{name}");
    }
}

#[test]
fn a_pattern_finds_what_a_folder_does() {
    let folder = folder("patterns");
    let photos = folder.join("photos");
    fs::create_dir_all(photos.join("deep")).unwrap();
    for name in ["dog.jpg", "deep/lake.jpg"] {
        let path = photos.join(name);
        fs::copy(photo(path.file_name().unwrap().to_str().unwrap()), &path).unwrap();
        fs::write(path.with_file_name(format!("._{}", path.file_name().unwrap().display())), "not a picture").unwrap();
    }
    let output = convert(&[&photos.join("**/*.jpg")], &folder.join("out"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 converted"), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("skipped: 2 of macOS's own files").count(), 1, "{}", stderr(&output));
    // Nobody who names one itself is left in the dark.
    let output = convert(&[&photos.join("._dog.jpg")], &folder.join("own.png"), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

#[test]
fn a_folder_that_is_named_again_or_lies_in_another_is_no_fault() {
    let folder = folder("again-named");
    let photos = folder.join("photos");
    let inner = photos.join("2024");
    fs::create_dir_all(&inner).unwrap();
    fs::copy(photo("dog.jpg"), inner.join("dog.jpg")).unwrap();
    fs::copy(photo("lake.jpg"), photos.join("lake.jpg")).unwrap();
    let output = convert(&[&photos, &inner, &photos], &folder.join("out"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 converted"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_end() {
    use std::os::unix::fs::symlink;
    let folder = folder("links");
    let (photos, elsewhere) = (folder.join("photos"), folder.join("elsewhere"));
    fs::create_dir_all(&photos).unwrap();
    fs::create_dir_all(&elsewhere).unwrap();
    fs::copy(photo("dog.jpg"), elsewhere.join("dog.jpg")).unwrap();
    fs::copy(photo("lake.jpg"), folder.join("lake.jpg")).unwrap();
    symlink("../elsewhere", photos.join("album")).unwrap();
    symlink("../lake.jpg", photos.join("lake.jpg")).unwrap();
    symlink("..", photos.join("circle")).unwrap();
    symlink("nowhere.jpg", photos.join("gone.jpg")).unwrap();
    let output = convert(&[&photos], &folder.join("out"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 converted"), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 links that lead nowhere"), "{}", stderr(&output));
    assert!(folder.join("out/album/dog.png").exists() && folder.join("out/lake.png").exists());
}

#[cfg(unix)]
#[test]
fn what_is_hidden_is_left_alone_unless_it_is_named() {
    use std::os::unix::fs::symlink;
    let folder = folder("hidden");
    let photos = folder.join("photos");
    fs::create_dir_all(photos.join(".git/objects")).unwrap();
    fs::copy(photo("dog.jpg"), photos.join(".git/objects/dog.jpg")).unwrap();
    // As git-annex keeps them.
    for name in ["one.jpg", "two.jpg"] {
        symlink(".git/objects/dog.jpg", photos.join(name)).unwrap();
    }
    for (at, name) in ["", "**/*.jpg", "*"].into_iter().enumerate() {
        let results = folder.join(at.to_string());
        let output = convert(&[&photos.join(name)], &results, &["--strength", "0"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        let skipped = "skipped: 1 hidden folders, 1 photos that were there before under another name";
        assert!(stderr(&output).contains(skipped), "{name}: {}", stderr(&output));
        assert_eq!(fs::read_dir(&results).unwrap().count(), 1);
        assert!(results.join("one.png").exists(), "{name}");
    }
    for (at, name) in [".git", ".g*/objects/*", "**/.git/**/*", ".git/*/dog.jpg"].into_iter().enumerate() {
        let output = convert(&[&photos.join(name)], &folder.join(format!("named-{at}")), &["--strength", "0"]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains("nijigen: 1 converted"), "{name}: {}", stderr(&output));
        assert!(!stderr(&output).contains("hidden"), "{name}: {}", stderr(&output));
    }
}

#[test]
fn results_of_an_earlier_run_are_no_photos_by_any_name() {
    let folder = folder("earlier");
    let (photos, results) = (folder.join("photos"), folder.join("anime"));
    for at in [&photos, &results] {
        fs::create_dir(at).unwrap();
        fs::copy(photo("dog.jpg"), at.join("dog.jpg")).unwrap();
    }
    for names in [
        &[folder.join("*/*.jpg")][..],
        &[folder.join("**/*.jpg")],
        &[folder.join("*")],
        &[
            // As a shell writes out `*`.
            results.clone(),
            photos.clone(),
        ],
    ] {
        let names: Vec<&Path> = names.iter().map(|name| name.as_path()).collect();
        let output = convert(&names, &results, &["--strength", "0", "--format", "jpeg", "--force"]);
        assert_eq!(output.status.code(), Some(0), "{names:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("skipped: 1 output folders"), "{names:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("nijigen: 1 converted"), "{names:?}: {}", stderr(&output));
    }
    for names in [&[&*results][..], &[&results, &results]] {
        let output = convert(names, &results, &["--strength", "0"]);
        assert_eq!(output.status.code(), Some(2), "nothing else is named: {}", stderr(&output));
    }
}

/// Links that can be followed by nobody, not even by root, and yet say nothing of what they lead to.
#[cfg(unix)]
fn unreadable(folder: &Path) {
    std::os::unix::fs::symlink("x".repeat(300), folder.join("unknown.jpg")).unwrap();
}

#[cfg(unix)]
#[test]
fn where_it_could_not_look_it_says_so() {
    use std::os::unix::fs::symlink;
    let folder = folder("unknown");
    let photos = folder.join("photos");
    fs::create_dir_all(photos.join("deep")).unwrap();
    fs::copy(photo("dog.jpg"), photos.join("dog.jpg")).unwrap();
    unreadable(&photos.join("deep"));
    let run = |input: &Path, name: &str| convert(&[input], &folder.join(name), &["--strength", "0"]);
    for (at, input) in ["", "**/dog.jpg", "**/dog*", "deep/*.jpg", "deep/unknown.jpg"].into_iter().enumerate() {
        let output = run(&photos.join(input), &at.to_string());
        assert_eq!(output.status.code(), Some(1), "{input}: {}", stderr(&output));
        let said = stderr(&output).lines().filter(|line| line.contains("unknown.jpg: ")).count();
        assert_eq!(said, 1, "{input}: {}", stderr(&output));
        assert!(stderr(&output).contains("too long"), "{input}: {}", stderr(&output));
        assert_eq!(folder.join(at.to_string()).join("dog.png").exists(), at < 3, "the rest goes on");
    }
    // These lead nowhere for certain.
    fs::remove_file(photos.join("deep/unknown.jpg")).unwrap();
    symlink("b.jpg", photos.join("deep/a.jpg")).unwrap();
    symlink("a.jpg", photos.join("deep/b.jpg")).unwrap();
    symlink("nowhere.jpg", photos.join("deep/c.jpg")).unwrap();
    let output = run(&photos, "nowhere");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("3 links that lead nowhere"), "{}", stderr(&output));
    assert_eq!(run(&photos.join("**/dog*"), "pattern").status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn patterns_end_and_take_names_of_any_bytes() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let folder = folder("pattern-walk");
    let photos = folder.join("photos");
    fs::create_dir_all(photos.join("a/b")).unwrap();
    let dog = fs::read(photo("dog.jpg")).unwrap();
    for (at, name) in [&b"odd-\xff.jpg"[..], b"a/b/c.jpg", b"a/b/cover.jpg", b"a/cover.png"].into_iter().enumerate() {
        let path = photos.join(std::ffi::OsStr::from_bytes(name));
        fs::write(path, [&dog[..], &[at as u8]].concat()).unwrap();
    }
    symlink(".", photos.join("one")).unwrap();
    symlink(".", photos.join("two")).unwrap();
    symlink("../..", photos.join("a/b/up")).unwrap();
    let results = photos.join("results");
    for (pattern, count) in [
        ("*.jpg", 1),
        ("**/*.jpg", 3),
        ("**/c*", 3),
        ("**/cover.jpg", 1),
        ("**/b/**/*.jpg", 2),
        ("a/**", 3),
        ("*/cover.*", 1),
        ("[a]/?/", 2),
    ] {
        // Results of an earlier run, below what is looked through.
        let _ = fs::remove_dir_all(&results);
        fs::create_dir(&results).unwrap();
        fs::copy(photo("lake.jpg"), results.join("lake.jpg")).unwrap();
        let output = convert(&[&photos.join(pattern)], &results, &["--strength", "0"]);
        assert_eq!(output.status.code(), Some(0), "{pattern}: {}", stderr(&output));
        assert!(stderr(&output).contains(&format!("nijigen: {count} converted")), "{pattern}: {}", stderr(&output));
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    let output = program.args(["fingerprint", "**/c.jpg", "./?/cover.png"]).current_dir(&photos).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let names: Vec<_> = said.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(names, ["a/b/c.jpg", "./a/cover.png"], "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(unix)]
#[test]
fn pipes_are_read_and_written() {
    use std::{io::Write, process::Stdio};
    let folder = folder("pipes");
    let dog = fs::read(photo("dog.jpg")).unwrap();
    let piped = |input: &str, output: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        command.args(["convert", input, "--max-side", "256", "--no-cache", "--strength", "0", "-o", output]).args(more);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let dog = dog.clone();
        let feeding = std::thread::spawn(move || stdin.write_all(&dog));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        feeding.join().unwrap().unwrap();
        output.stdout
    };
    let target = folder.join("dog.png");
    piped("-", target.to_str().unwrap(), &[]);
    let whole = fs::read(&target).unwrap();
    assert_eq!(image::guess_format(&whole).unwrap(), image::ImageFormat::Png);
    for (input, output) in [("/dev/stdin", "/dev/stdout"), ("-", "-")] {
        assert!(piped(input, output, &[]) == whole, "{input} {output}");
    }
    let webp = piped("-", "-", &["--format", "webp"]);
    assert_eq!(image::guess_format(&webp).unwrap(), image::ImageFormat::WebP);
    let results = folder.join("results");
    fs::create_dir_all(&results).unwrap();
    piped("-", results.to_str().unwrap(), &[]);
    assert!(fs::read(results.join("stdin.png")).unwrap() == whole);

    let fifo = folder.join("photo.fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (writing, dog) = (fifo.clone(), dog.clone());
    let feeding = std::thread::spawn(move || fs::write(writing, dog));
    let output = convert(&[&fifo], &folder.join("fifo.png"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    feeding.join().unwrap().unwrap();
    assert!(fs::read(folder.join("fifo.png")).unwrap() == whole);

    let mut too_much = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    too_much.args(["convert", "/dev/zero", "--max-file", "1", "--no-cache", "-o"]).arg(folder.join("zero.png"));
    let output = too_much.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("[too-large]"), "{}", stderr(&output));
}
