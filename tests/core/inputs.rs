//! What the program takes for a photo: folders, links and pipes.

use std::{fs, process::Command};

use crate::command_line::{convert, folder, photo, stderr};

#[test]
fn folders_have_all_that_is_named_like_a_picture_and_the_rest_is_counted() {
    let folder = folder("names");
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
    let folder = folder("again");
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
