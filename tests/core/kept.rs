//! Results that the program keeps: what they answer, and what they do not.

use std::{fs, path::Path, process::Command};

use crate::command_line::{convert, folder, photo, stderr};

/// Converts with results kept in `folder/cache`; gives what was said, and the result.
fn kept(folder: &Path, photo: &Path, more: &[&str]) -> (String, Vec<u8>) {
    let (target, cache) = (folder.join("result.png"), folder.join("cache"));
    let cache = ["--force", "--cache-dir", cache.to_str().unwrap()];
    let output = convert(&[photo], &target, &[&cache, more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    (stderr(&output), fs::read(target).unwrap())
}

const FOUND: &str = "1 converted (1 from the cache),";
const DRAWN: &str = "1 converted,";

#[test]
fn a_photo_is_drawn_once_with_each_choice_that_changes_it() {
    let folder = folder("kept");
    let model = crate::path("tests/vectors/nhwc.onnx").display().to_string();
    let choices: [&[&str]; 8] = [
        &[],
        &["--full-size"],
        &["--strength", "0.5"],
        &["--style", "skyline"],
        &["--no-label"],
        &["--model", &model],
        &["--rotate", "90", "--mirror", "--crop", "0.25,0,0.5,1"],
        &["--compare", "divided"],
    ];
    let renamed = folder.join("renamed.jpg");
    fs::copy(photo("dog.jpg"), &renamed).unwrap();
    for choice in choices {
        let (first, made) = kept(&folder, &photo("dog.jpg"), choice);
        assert!(first.contains(DRAWN), "{choice:?}: {first}");
        let (second, found) = kept(&folder, &renamed, choice);
        assert!(second.contains(FOUND), "{choice:?}: {second}");
        assert!(made == found, "{choice:?}: another picture");
    }
    let (off, drawn) = kept(&folder, &photo("dog.jpg"), &["--no-cache"]);
    assert!(off.contains(DRAWN), "{off}");
    assert!(drawn == kept(&folder, &photo("dog.jpg"), &[]).1);

    let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    program.arg("convert").arg(&renamed).args(["--max-side", "256", "-o"]).arg(folder.join("by-variable.png"));
    let by_variable = program.env("NIJIGEN_CACHE", folder.join("cache")).output().unwrap();
    assert!(stderr(&by_variable).contains(FOUND), "{}", stderr(&by_variable));
}

#[test]
fn an_empty_variable_is_as_none() {
    let folder = folder("empty-variables");
    let run = |name: &str, more: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        program.arg("convert").arg(photo("dog.jpg")).args(["--max-side", "256", "--strength", "0", "-o"]);
        program.arg(folder.join(name)).args(more).env("NIJIGEN_CACHE", "").env("NIJIGEN_SHARED_CACHE", "");
        program.env("HOME", &folder).env("XDG_CACHE_HOME", &folder).output().unwrap()
    };
    let drawn = run("first.png", &[]);
    assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
    let found = run("second.png", &[]);
    assert!(stderr(&found).contains(FOUND), "in the usual folder: {}", stderr(&found));
    assert_eq!(run("third.png", &["--cache-dir", ""]).status.code(), Some(2), "what is typed is meant");
}

#[test]
fn a_photo_is_turned_and_cut_and_shown_beside_its_drawing() {
    let folder = folder("framed");
    let sides = |name: &str, more: &[&str]| {
        let out = folder.join(name);
        let output = convert(&[&photo("dog.jpg")], &out, more);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        image::image_dimensions(out).unwrap()
    };
    let (width, height) = sides("plain.png", &[]);
    assert_eq!(sides("turned.png", &["--rotate", "270"]), (height, width));
    assert_eq!(sides("both.png", &["--compare", "side-by-side"]), (2 * width + 2, height));
    let (across, down) = sides("cut.png", &["--crop", "0,0,0.5,1"]);
    assert!(down == 256 && across.abs_diff(128 * width / height) <= 1, "{across}×{down}");
    for wrong in [["--rotate", "45"], ["--crop", "0,0,1"], ["--crop", "0.5,0,0,1"], ["--crop", "NaN,0,1,1"]] {
        let output = convert(&[&photo("dog.jpg")], &folder.join("no.png"), &wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_picture_that_looks_the_same_does_only_when_asked() {
    let folder = folder("near");
    let copy = |quality: u8| {
        let mut bytes = Vec::new();
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        image::open(photo("dog.jpg")).unwrap().write_with_encoder(encoder).unwrap();
        let path = folder.join(format!("{quality}.jpg"));
        fs::write(&path, bytes).unwrap();
        path
    };
    let (_, dog) = kept(&folder, &photo("dog.jpg"), &[]);
    let (asked, same) = kept(&folder, &copy(80), &["--near", "5"]);
    assert!(asked.contains(FOUND) && asked.contains("80.jpg: looks like an earlier photo"), "{asked}");
    assert!(same == dog);
    let (unasked, own) = kept(&folder, &copy(60), &[]);
    assert!(unasked.contains(DRAWN) && own != dog, "{unasked}");
    let (other, _) = kept(&folder, &photo("lake.jpg"), &["--near", "16"]);
    assert!(other.contains(DRAWN), "{other}");
}

#[test]
fn what_looks_the_same_does_only_at_the_same_size() {
    let folder = folder("near-size");
    let half = folder.join("half.png");
    let original = image::open(photo("dog.jpg")).unwrap();
    let (width, height) = (original.width() / 2, original.height() / 2);
    original.resize_exact(width, height, image::imageops::FilterType::Lanczos3).save(&half).unwrap();
    let drawn = |photo: &Path, more: &[&str]| {
        let (said, result) = kept(&folder, photo, &[&["--near", "5"], more].concat());
        let result = image::load_from_memory(&result).unwrap();
        (said.contains(DRAWN), result.width().max(result.height()))
    };
    assert_eq!(drawn(&half, &["--full-size"]), (true, 288));
    assert_eq!(drawn(&photo("dog.jpg"), &["--full-size"]), (true, 576));
    // Of both a drawing of 256 pixels is made.
    assert_eq!(drawn(&half, &[]), (true, 256));
    assert_eq!(drawn(&photo("dog.jpg"), &[]), (false, 256));
}

#[test]
fn drawings_are_neither_kept_nor_found_by_likeness() {
    let folder = folder("drawn");
    let drawing = crate::path("tests/fixtures/drawings/face.png");
    // Seen at an eighth first, as large JPEGs are.
    let large = folder.join("large.jpg");
    let original = image::open(crate::path("tests/fixtures/drawings/hills.jpg")).unwrap();
    let (width, height) = (original.width() * 4, original.height() * 4);
    original.resize_exact(width, height, image::imageops::FilterType::CatmullRom).into_rgb8().save(&large).unwrap();
    for file in [&drawing, &large] {
        for _ in 0..2 {
            let (said, _) = kept(&folder, file, &["--near", "16"]);
            assert!(said.contains(DRAWN), "{}: {said}", file.display());
        }
    }
    assert_eq!(fs::read_dir(folder.join("cache")).unwrap().count(), 0);
}

#[test]
fn what_is_found_counts_only_where_it_becomes_a_result() {
    let folder = folder("found");
    let (target, cache) = (folder.join("dog.png"), folder.join("cache"));
    let run = |photo: &Path, more: &[&str]| {
        let more = [&["--report", "json", "--cache-dir", cache.to_str().unwrap()], more].concat();
        let output = convert(&[photo], &target, &more);
        (stderr(&output), serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap())
    };
    let copy = folder.join("copy.jpg");
    fs::write(&copy, [&fs::read(photo("dog.jpg")).unwrap()[..], b"more"].concat()).unwrap();
    assert!(run(&photo("dog.jpg"), &[]).0.contains(DRAWN));
    let (said, _) = run(&photo("dog.jpg"), &["--resume"]);
    assert!(said.contains("1 converted (1 already there),"), "{said}");
    let (said, line) = run(&copy, &["--resume", "--near", "5"]);
    assert!(said.contains("1 converted (1 already there),"), "{said}");
    assert!(line["cache"] == "resumed" && line.get("bits").is_none(), "{line}");
    fs::copy(crate::path("tests/fixtures/decode/rgb.png"), &target).unwrap();
    let (said, line) = run(&photo("dog.jpg"), &["--resume"]);
    assert!(said.contains("0 converted, 1 not") && line["code"] == "exists", "{said}");
}

#[test]
fn a_cache_that_fails_costs_no_photo() {
    let folder = folder("fails");
    let cache = folder.join("cache");
    let entry = || fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    kept(&folder, &photo("dog.jpg"), &[]);
    let mut damaged = fs::read(entry()).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(entry(), damaged).unwrap();
    let (said, _) = kept(&folder, &photo("dog.jpg"), &[]);
    assert!(said.contains(DRAWN), "{said}");

    // Nothing can be written where a folder is in the way, and nothing made where a file is.
    let place = entry();
    fs::remove_file(&place).unwrap();
    fs::create_dir_all(place.join("in the way")).unwrap();
    fs::write(folder.join("file"), "").unwrap();
    for (i, unusable) in [&cache, &folder.join("file")].into_iter().enumerate() {
        let options = ["--jobs", "1", "--cache-dir", unusable.to_str().unwrap()];
        let output = convert(&[&photo("dog.jpg"), &photo("lake.jpg")], &folder.join(i.to_string()), &options);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("2 converted,"), "{said}");
        assert_eq!(said.matches("kept").count(), 1, "it is said once: {said}");
        assert_eq!(fs::read_dir(folder.join(i.to_string())).unwrap().count(), 2);
    }
}
