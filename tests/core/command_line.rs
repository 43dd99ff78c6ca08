//! The program `nijigen`, run as a person runs it.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A folder of its own below Cargo's, empty at the start.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn nijigen<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nijigen")).args(arguments).output().unwrap()
}

pub(crate) fn convert(inputs: &[&Path], output: &Path, more: &[&str]) -> Output {
    let mut arguments: Vec<OsString> = vec!["convert".into()];
    arguments.extend(inputs.iter().map(Into::into));
    arguments.extend(["--max-side", "256", "-o"].map(Into::into));
    arguments.push(output.into());
    arguments.extend(more.iter().map(Into::into));
    // Not the cache of whoever runs the tests.
    if !more.contains(&"--cache-dir") {
        arguments.push("--no-cache".into());
    }
    nijigen(arguments)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn photo(name: &str) -> PathBuf {
    crate::path("tests/fixtures/photos").join(name)
}

#[test]
fn one_file_becomes_the_file_that_is_named() {
    let folder = folder("one");
    for (name, format) in
        [("a.png", image::ImageFormat::Png), ("b.jpg", image::ImageFormat::Jpeg), ("c.webp", image::ImageFormat::WebP)]
    {
        let target = folder.join("deep").join(name);
        let output = convert(&[&photo("dog.jpg")], &target, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let bytes = fs::read(&target).unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), format);
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!(picture.width().max(picture.height()), 256);
    }
}

#[test]
fn the_mark_is_the_environments_language_and_can_be_left_out() {
    let folder = folder("label");
    let convert = |name: &str, language: &str, more: &[&str]| {
        let target = folder.join(name);
        let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        program
            .arg("convert")
            .arg(photo("dog.jpg"))
            .args(["--max-side", "320", "--no-cache", "-o"])
            .arg(&target)
            .args(more);
        let output = program.env("LC_ALL", language).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        image::open(target).unwrap().into_rgb8()
    };
    let plain = convert("plain.png", "ja_JP.UTF-8", &["--no-label"]);
    let marks = [("ja.png", "ja_JP.UTF-8"), ("zh.png", "zh_CN.UTF-8"), ("en.png", "C")];
    let marked = marks.map(|(name, language)| convert(name, language, &[]));
    assert!(marked[0] != marked[1] && marked[1] != marked[2]);
    for picture in marked {
        let mut changed = plain.enumerate_pixels().filter(|&(x, y, pixel)| picture.get_pixel(x, y) != pixel).peekable();
        assert!(changed.peek().is_some());
        assert!(changed.all(|(x, y, _)| x > 240 && y > 300), "the mark is not in the corner");
    }
}

#[test]
fn folders_and_patterns_keep_their_structure_and_failures_do_not_stop_the_rest() {
    let folder = folder("many");
    let (inputs, results) = (folder.join("in"), folder.join("out"));
    fs::create_dir_all(inputs.join("below")).unwrap();
    fs::copy(photo("dog.jpg"), inputs.join("dog.jpg")).unwrap();
    fs::copy(photo("lake.jpg"), inputs.join("below/lake.JPG")).unwrap();
    fs::copy(crate::path("tests/fixtures/bad/truncated.jpg"), inputs.join("broken.jpg")).unwrap();
    fs::write(inputs.join("notes.txt"), "not a picture, and not named").unwrap();
    fs::copy(crate::path("tests/fixtures/decode/rgb.png"), folder.join("x1.png")).unwrap();

    let output = convert(&[&inputs, &folder.join("x?.png"), &folder.join("none*.png")], &results, &[]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for there in ["dog.png", "below/lake.png", "x1.png"] {
        assert!(results.join(there).is_file(), "{there} is missing: {said}");
    }
    assert!(!results.join("broken.png").exists() && !results.join("notes.png").exists());
    assert!(said.contains("broken.jpg") && said.contains("[corrupt-image]"), "{said}");
    assert!(said.contains("none*.png"), "{said}");
    assert!(!said.contains("notes.txt"), "{said}");
}

#[test]
fn each_bad_file_has_its_code() {
    let results = folder("bad");
    for case in crate::bad_input::cases() {
        let output = convert(&[&crate::path("tests/fixtures/bad").join(&case.file)], &results, &[]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{}: {said}", case.file);
        assert!(said.contains(&format!("[{}]", case.code)), "{}: {said}", case.file);
    }
    assert_eq!(fs::read_dir(&results).unwrap().count(), 0);
}

#[test]
fn a_users_own_model_is_used_or_refused() {
    let folder = folder("own");
    let model = |name: &str| crate::path("tests/vectors").join(name).display().to_string();
    let taken = convert(&[&photo("dog.jpg")], &folder, &["--model", &model("nhwc.onnx")]);
    assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
    let refused = convert(&[&photo("dog.jpg")], &folder.join("x.png"), &["--model", &model("bad-classifier.onnx")]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("[bad-model]"), "{}", stderr(&refused));
}

#[test]
fn the_range_of_a_users_model_is_as_it_is_said() {
    let folder = folder("range");
    let model = crate::path("tests/vectors/nhwc.onnx").display().to_string();
    let drawn = |name: &str, more: &[&str]| {
        let to = folder.join(name);
        let output = convert(&[&photo("dog.jpg")], &to, &[&["--model", &model], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        fs::read(to).unwrap()
    };
    let found_out = drawn("found-out.png", &[]);
    assert_eq!(found_out, drawn("said.png", &["--model-range=-1,1"]), "as it was found out");
    assert_ne!(found_out, drawn("other.png", &["--model-range=-1,1:0,1"]), "what is said counts");
    let refused = convert(&[&photo("dog.jpg")], &folder, &["--model", &model, "--model-range=-1,2"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("it must be -1,1 or 0,1 or 0,255"), "{}", stderr(&refused));
}

#[test]
fn wrong_usage_is_2() {
    let dog = photo("dog.jpg").display().to_string();
    for arguments in [
        vec!["convert"],
        vec!["convert", &dog],
        vec!["convert", &dog, "-o", "x.gif"],
        vec!["convert", &dog, "-o", "x", "--max-side", "20000"],
        vec!["convert", &dog, "-o", "x", "--style", "no-such-style"],
        vec!["nonsense"],
    ] {
        assert_eq!(nijigen(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    let several = convert(&[&photo("dog.jpg"), &photo("lake.jpg")], Path::new("one.png"), &[]);
    assert_eq!(several.status.code(), Some(2), "{}", stderr(&several));
}

#[test]
fn what_is_missing_is_named() {
    let folder = folder("missing");
    fs::create_dir(folder.join("empty")).unwrap();
    for name in ["nothing.jpg", "empty"] {
        let output = convert(&[&folder.join(name)], &folder.join("x.png"), &[]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}

#[test]
fn a_photo_named_twice_is_converted_once() {
    let folder = folder("twice");
    fs::copy(photo("dog.jpg"), folder.join("dog.jpg")).unwrap();
    let results = folder.join("results");
    let output = convert(&[&folder.join("dog.jpg"), &folder.join("./dog.jpg"), &folder], &results, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 converted"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(&results).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_drawn() {
    let folder = folder("meant");
    let png_as_jpeg = convert(&[&photo("dog.jpg")], &folder.join("dog.jpg"), &["--format", "png"]);
    let standard_output = convert(&[&photo("dog.jpg"), &photo("lake.jpg")], Path::new("-"), &[]);
    let unknown = convert(&[&photo("dog.jpg")], &folder.join("dog.png"), &["--style", "nope"]);
    for (output, word) in [(png_as_jpeg, "jpg"), (standard_output, "name a folder"), (unknown, "no style nope")] {
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(word), "{}", stderr(&output));
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    assert!(!Path::new("-").exists());
}

#[test]
fn a_generator_that_draws_smaller_than_asked_for_says_so() {
    let folder = folder("smaller");
    let model = crate::path("tests/vectors/fixed.onnx");
    let output = convert(&[&photo("dog.jpg")], &folder.join("dog.png"), &["--model", model.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("pixels, the most that this generator takes"), "{}", stderr(&output));
}

#[test]
fn styles_are_listed() {
    let output = nijigen(["styles"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    let all = ["meadow", "skyline", "carnival", "portrait"].map(|style| [[style, "fast"], [style, "fine"]]);
    assert_eq!(listed, all.as_flattened());
}

#[test]
fn photos_have_fingerprints() {
    let folder = folder("fingerprint");
    fs::copy(crate::path("tests/vectors/phash/dog.png"), folder.join("dog.png")).unwrap();
    fs::write(folder.join("broken.jpg"), b"\xff\xd8\xff\xe0 and no more").unwrap();
    let arguments = |names: &[PathBuf]| {
        let mut arguments: Vec<OsString> = vec!["fingerprint".into()];
        arguments.extend(names.iter().map(Into::into));
        arguments
    };
    let dog = nijigen(arguments(&[folder.join("dog.png")]));
    assert_eq!(dog.status.code(), Some(0), "{}", stderr(&dog));
    let said = String::from_utf8(dog.stdout).unwrap();
    let hashes = "8e87913c9dd18e4e c7b9f1949f7969c409d6beaabb682b8e2ba511a7e2734011917c67e611c5048f";
    let expected = format!("{hashes} {}\n", folder.join("dog.png").display());
    assert_eq!(said, expected);

    let all = nijigen(arguments(&[folder.clone(), folder.join("none*.png")]));
    assert_eq!(all.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&all.stdout), said, "what can be read is printed");
    assert!(stderr(&all).contains("broken.jpg") && stderr(&all).contains("[corrupt-image]"), "{}", stderr(&all));
    assert!(stderr(&all).contains("none*.png"), "{}", stderr(&all));
    assert_eq!(nijigen(["fingerprint"]).status.code(), Some(2));
}

#[test]
fn a_photos_fingerprint_is_the_one_that_the_cache_has() {
    let folder = folder("seen");
    // Large enough to be seen at an eighth, and so fine that an eighth has another hash than the whole.
    let large = folder.join("large.jpg");
    let mut noise = 1u32;
    image::GrayImage::from_fn(1032, 1032, |_, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Luma([(noise >> 24) as u8])
    })
    .save(&large)
    .unwrap();
    let cache = folder.join("cache");
    let more = ["--strength", "0", "--report", "json", "--cache-dir", cache.to_str().unwrap()];
    let output = convert(&[&large], &folder.join("out"), &more);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let seen = |more: &[&str]| {
        let output = nijigen([&["fingerprint", large.to_str().unwrap()], more].concat());
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, _) = seen(&[]);
    assert_eq!((code, said.split(' ').next()), (Some(0), line["phash"].as_str()));
    let (code, _, said) = seen(&["--max-file", "0"]);
    assert!(code == Some(1) && said.contains("[too-large]") && said.contains("--max-file"), "{said}");
}
