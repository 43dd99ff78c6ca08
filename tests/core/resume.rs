//! The program with `--resume`: what lies in a result's place, and whose it is.

use std::{fs, path::Path};

use crate::{
    command_line::{convert, folder, photo, stderr},
    worker::{line, photos, report, start},
};

#[test]
fn what_is_in_its_place_is_known_by_its_content() {
    for format in ["png", "jpg", "webp"] {
        let folder = folder(&format!("resume-{format}"));
        let (input, target) = (folder.join("dog.jpg"), folder.join(format!("drawn.{format}")));
        fs::copy(photo("dog.jpg"), &input).unwrap();
        let run = |more: &[&str]| {
            let said = convert(&[&input], &target, &[&["--resume"], more].concat());
            (said.status.code(), stderr(&said))
        };
        assert_eq!(run(&[]).0, Some(0));
        let made = fs::read(&target).unwrap();
        image::load_from_memory(&made).unwrap();
        let (code, said) = run(&[]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("1 converted (1 already there),"), "{said}");
        let (_, said) = run(&["--force"]);
        assert!(said.contains("1 already there"), "{said}");

        // Another choice, another photo, half a file.
        assert_eq!(run(&["--strength", "0.5"]).0, Some(1));
        fs::copy(photo("lake.jpg"), &input).unwrap();
        assert_eq!(run(&[]).0, Some(1));
        fs::copy(photo("dog.jpg"), &input).unwrap();
        fs::write(&target, &made[..made.len() / 2]).unwrap();
        let (code, said) = run(&[]);
        assert_eq!(code, Some(1));
        assert!(said.contains("not what this photo becomes"), "{said}");
        assert_eq!(fs::read(&target).unwrap().len(), made.len() / 2, "nothing is replaced unasked");
        let (_, said) = run(&["--force"]);
        assert!(said.contains("1 converted,"), "{said}");
        assert!(fs::read(&target).unwrap() == made);

        // Its name, and nothing else: as one leaves it that was ended in between, or had no room.
        fs::write(&target, "").unwrap();
        let (code, said) = run(&[]);
        assert!(code == Some(0) && said.contains("1 converted,"), "{said}");
        assert!(fs::read(&target).unwrap() == made);
    }
}

#[test]
fn what_cannot_be_its_result_is_known_before_a_photo_is_drawn() {
    let folder = folder("beforehand");
    let (input, target) = (folder.join("dog.jpg"), folder.join("drawn.png"));
    fs::copy(photo("dog.jpg"), &input).unwrap();
    let run = |more: &[&str]| convert(&[&input], &target, &[&["--strength", "0", "--report", "json"], more].concat());
    run(&[]);
    let unmarked = fs::read(&target).unwrap();
    run(&["--resume", "--force"]);
    let marked = fs::read(&target).unwrap();
    assert!(marked != unmarked);
    // A photo that cannot be drawn tells whether it was tried.
    fs::copy(crate::path("tests/fixtures/bad/truncated.jpg"), &input).unwrap();
    for (held, code) in [
        (&marked[..], "exists"),
        (&marked[..marked.len() / 2], "exists"),
        (b"not a picture", "exists"),
        (&unmarked, "corrupt-image"),
        (b"", "corrupt-image"),
    ] {
        fs::write(&target, held).unwrap();
        let said = run(&["--resume"]);
        assert_eq!(line(&report(&said), &input)["code"], code, "{} bytes: {}", held.len(), stderr(&said));
        assert!(fs::read(&target).unwrap() == held);
    }
}

#[test]
fn another_photos_result_stays_only_where_such_will_do() {
    let folder = folder("resume-near");
    let inputs = photos(&folder.join("in"), 2);
    let (cache, target) = (folder.join("cache"), folder.join("drawn.png"));
    let run = |input: &Path, target: &Path, more: &[&str]| {
        let more = [&["--resume", "--report", "json", "--cache-dir", cache.to_str().unwrap()], more].concat();
        let said = convert(&[input], target, &more);
        assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
        line(&report(&said), input)["cache"].as_str().unwrap().to_owned()
    };
    run(&inputs[0], &folder.join("first.png"), &[]);
    for (more, answer) in [
        (&["--near", "5"][..], "near"),
        (&["--near", "5"], "resumed"),
        (&[], "miss"),
        (&[], "resumed"),
        (&["--near", "5"], "resumed"),
    ] {
        assert_eq!(run(&inputs[1], &target, more), answer, "{more:?}");
    }
}

#[test]
fn two_at_the_same_photos_both_get_through() {
    const PHOTOS: u8 = 8;
    let folder = folder("both");
    photos(&folder.join("in"), PHOTOS);
    let (inputs, results) = (folder.join("in"), folder.join("out"));
    let arguments =
        ["--jobs", "1", "--resume", "--report", "json", inputs.to_str().unwrap(), "-o", results.to_str().unwrap()];
    let programs = [start(&arguments), start(&arguments)];
    for said in programs.map(|program| program.wait_with_output().unwrap()) {
        assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
        assert_eq!(report(&said).len(), usize::from(PHOTOS));
    }
    assert_eq!(fs::read_dir(&results).unwrap().count(), usize::from(PHOTOS));
}

#[test]
fn a_result_without_a_mark_is_compared() {
    let folder = folder("unmarked");
    let target = folder.join("dog.png");
    convert(&[&photo("dog.jpg")], &target, &[]);
    let made = fs::read(&target).unwrap();
    let said = convert(&[&photo("dog.jpg")], &target, &["--resume"]);
    assert!(stderr(&said).contains("1 already there"), "{}", stderr(&said));
    assert!(fs::read(&target).unwrap() == made);
    let said = convert(&[&photo("lake.jpg")], &target, &["--resume"]);
    assert_eq!(said.status.code(), Some(1), "{}", stderr(&said));
    assert!(fs::read(&target).unwrap() == made);
}
