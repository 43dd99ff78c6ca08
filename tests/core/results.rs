//! Where the program's results go: none over another file, and all of them on the disk.

use std::{fs, path::Path, process::Command};

use crate::command_line::{convert, folder, photo, stderr};

#[test]
fn nothing_is_overwritten_without_force_and_inputs_never() {
    let folder = folder("force");
    let target = folder.join("dog.png");
    fs::write(&target, "precious").unwrap();
    let refused = convert(&[&photo("dog.jpg")], &folder, &[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert_eq!(convert(&[&photo("dog.jpg")], &folder, &["--force"]).status.code(), Some(0));
    assert!(image::open(&target).is_ok());

    let before = fs::read(&target).unwrap();
    let own = convert(&[&target], &folder, &["--force"]);
    assert_eq!(own.status.code(), Some(1), "{}", stderr(&own));
    assert_eq!(fs::read(&target).unwrap(), before, "an input was overwritten");
}

#[test]
fn an_input_is_not_overwritten_by_its_name_in_other_capitals_either() {
    let folder = folder("capitals");
    let (input, target) = (folder.join("IMG_1.JPG"), folder.join("IMG_1.jpg"));
    fs::copy(photo("dog.jpg"), &input).unwrap();
    let original = fs::read(&input).unwrap();
    let run = || convert(&[&input], &folder, &["--strength", "0", "--format", "jpeg", "--force"]);
    // Here the file gets this name; where capitals make no other it has it.
    let _ = fs::hard_link(&input, &target);
    let refused = run();
    assert_eq!(refused.status.code(), Some(1), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("one of the inputs"), "{}", stderr(&refused));
    assert!(fs::read(&target).unwrap() == original);
    fs::remove_file(&target).unwrap();
    if input.exists() {
        fs::write(&target, "another file").unwrap();
        assert_eq!(run().status.code(), Some(0), "capitals alone are no reason to refuse");
        assert!(fs::read(&input).unwrap() == original);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_by_its_name_in_other_capitals_is_the_folder() {
    let folder = folder("capital-folders");
    let folders = ["Photos", "photos"].map(|name| folder.join(name));
    let now = std::time::SystemTime::now();
    for folder in &folders {
        let _ = fs::create_dir(folder);
        fs::copy(photo("dog.jpg"), folder.join("dog.jpg")).unwrap();
        // All that is alike of a folder by two names.
        fs::File::open(folder).unwrap().set_modified(now).unwrap();
    }
    let refused = convert(&[&folders[0]], &folders[1], &["--strength", "0"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("also an input"), "{}", stderr(&refused));
}

#[cfg(unix)]
#[test]
fn standard_input_that_is_a_file_is_not_overwritten_either() {
    let folder = folder("stdin-is-a-file");
    let original = folder.join("dog.png");
    fs::copy(photo("dog.jpg"), &original).unwrap();
    let run = |target: &str| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
        program.args(["convert", "-", "--max-side", "256", "--no-cache", "--force", "-o"]).arg(folder.join(target));
        program.stdin(fs::File::open(&original).unwrap()).output().unwrap()
    };
    let own = run("dog.png");
    assert_eq!(own.status.code(), Some(1), "{}", stderr(&own));
    assert!(stderr(&own).contains("one of the inputs"), "{}", stderr(&own));
    assert!(fs::read(&original).unwrap() == fs::read(photo("dog.jpg")).unwrap());
    assert_eq!(run("other.png").status.code(), Some(0));
}

#[test]
fn two_photos_of_one_name_both_arrive() {
    let folder = folder("names");
    fs::copy(photo("dog.jpg"), folder.join("a.jpg")).unwrap();
    fs::copy(crate::path("tests/fixtures/decode/rgb.png"), folder.join("a.png")).unwrap();
    let results = folder.join("out");
    let output = convert(&[&folder.join("a.jpg"), &folder.join("a.png")], &results, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_dir(&results).unwrap().count(), 2);
}

#[test]
fn photos_of_one_name_are_numbered_whatever_their_capitals() {
    let folder = folder("numbers");
    let names = ["1/a.jpg", "2/A.jpg", "3/a.jpg", "4/a.jpg"].map(|name| folder.join(name));
    for name in &names {
        fs::create_dir(name.parent().unwrap()).unwrap();
        fs::copy(photo("dog.jpg"), name).unwrap();
    }
    let inputs = names.each_ref().map(|name| name.as_path());
    let results = folder.join("out");
    let run = || {
        let output = convert(&inputs, &results, &["--strength", "0", "--resume"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stderr(&output)
    };
    run();
    let mut there: Vec<_> = fs::read_dir(&results).unwrap().map(|file| file.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, ["A.jpg.png", "a.jpg.2.png", "a.jpg.3.png", "a.png"]);
    assert!(run().contains("4 already there"), "each has its name again");
}

#[test]
fn results_are_not_converted_again() {
    let folder = folder("again");
    let results = folder.join("results");
    fs::copy(photo("dog.jpg"), folder.join("dog.jpg")).unwrap();
    assert_eq!(convert(&[&folder], &results, &[]).status.code(), Some(0));
    let second = convert(&[&folder], &results, &["--force"]);
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert_eq!(fs::read_dir(&results).unwrap().count(), 1);
    assert_eq!(convert(&[&folder], &folder, &[]).status.code(), Some(2), "results among the inputs");
}

#[test]
fn a_folder_that_cannot_be_written_is_found_out_before_anything_is_drawn() {
    let folder = folder("unwritable");
    let file = folder.join("file");
    fs::write(&file, "in the way").unwrap();
    let photos = [&*photo("dog.jpg"), &photo("lake.jpg")];
    for (photos, target) in [(&photos[..], file.join("below")), (&photos[..1], file.join("dog.png"))] {
        let output = convert(photos, &target, &["--strength", "0"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "it is said once: {}", stderr(&output));
        assert!(stderr(&output).contains("no results can be written in"), "{}", stderr(&output));
    }
    let output = convert(&photos, &folder.join("out"), &["--strength", "0"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_dir(folder.join("out")).unwrap().count(), 2, "nothing else is left");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_may_say_late_that_it_is_full() {
    let folder = folder("late");
    let (source, library) = (folder.join("late.c"), folder.join("late.so"));
    // As those in a network do, which take what is written, and refuse it once it is sent.
    let late = "#include <errno.h>\nint fdatasync(int file) { (void)file; errno = EDQUOT; return -1; }\n";
    fs::write(&source, late).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(made.success());
    let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    program.arg("convert").arg(photo("dog.jpg")).args(["--max-side", "256", "--strength", "0", "--no-cache", "-o"]);
    let output = program.arg(folder.join("out")).env("LD_PRELOAD", &library).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("dog.png cannot be written"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(folder.join("out")).unwrap().count(), 0, "half a file is none");
}

#[cfg(unix)]
#[test]
fn results_can_be_read_by_others_and_names_may_be_any_bytes() {
    use std::os::unix::{ffi::OsStrExt, fs::PermissionsExt};
    let folder = folder("bytes");
    let odd = folder.join(std::ffi::OsStr::from_bytes(b"odd-\xff.jpg"));
    fs::copy(photo("dog.jpg"), &odd).unwrap();
    let target = folder.join("dog.png");
    let output = convert(&[&odd], &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let fresh = folder.join("fresh");
    fs::write(&fresh, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&target), mode(&fresh), "as any new file");
}
