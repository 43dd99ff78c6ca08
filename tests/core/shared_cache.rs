//! `nijigen convert --cache`: what one machine drew answers another, and no server's trouble costs a photo.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    slice,
};

use serde_json::Value;

use crate::{
    command_line::{folder, photo, stderr},
    servers::{Cluster, Server},
};

/// The program as it runs on a machine of its own, which has its own folder.
fn machine(folder: &Path, name: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_nijigen"));
    program.args(["convert", "--max-side", "256", "--tier", "fast", "--report", "json"]);
    program.arg("--cache-dir").arg(folder.join(name).join("own")).arg("-o").arg(folder.join(name).join("out"));
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn convert(folder: &Path, name: &str, url: &str, photos: &[PathBuf], more: &[&str]) -> Output {
    machine(folder, name).args(["--cache", url]).args(photos).args(more).output().unwrap()
}

/// What the cache said of each photo, which are all done.
fn answers(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    let lines = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.sort_by_key(|line| line["input"].as_str().unwrap().to_owned());
    lines.iter().map(|line| line["cache"].as_str().unwrap().to_owned()).collect()
}

fn result(folder: &Path, name: &str, photo: &str) -> Vec<u8> {
    fs::read(folder.join(name).join("out").join(photo)).unwrap()
}

/// The dog saved again.
fn copy_of_dog(folder: &Path) -> PathBuf {
    let path = folder.join("copy.jpg");
    let file = fs::File::create(&path).unwrap();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 80);
    image::open(photo("dog.jpg")).unwrap().write_with_encoder(encoder).unwrap();
    path
}

fn shares(folder: &Path, url: &str) {
    let photos = [photo("dog.jpg"), photo("lake.jpg")];
    let first = convert(folder, "first", url, &photos, &[]);
    assert_eq!(answers(&first), ["miss", "miss"], "{}", stderr(&first));
    let second = convert(folder, "second", url, &photos, &[]);
    assert_eq!(answers(&second), ["exact", "exact"], "{}", stderr(&second));
    for name in ["dog.png", "lake.png"] {
        assert!(result(folder, "first", name) == result(folder, "second", name));
    }
    let copy = [copy_of_dog(folder)];
    assert_eq!(answers(&convert(folder, "third", url, &copy, &[])), ["miss"], "only when asked for");
    // Its own result is nearer by now: another copy.
    fs::write(&copy[0], [&fs::read(&copy[0]).unwrap()[..], b"!"].concat()).unwrap();
    let near = convert(folder, "fourth", url, &copy, &["--near", "5"]);
    assert_eq!(answers(&near), ["near"], "{}", stderr(&near));
    assert!(result(folder, "fourth", "copy.png") == result(folder, "third", "copy.png"));
    let other = convert(folder, "fifth", url, &photos, &["--strength", "0.5"]);
    assert_eq!(answers(&other), ["miss", "miss"], "every choice is part of the key");
}

#[test]
fn what_one_machine_drew_answers_another() {
    let server = Server::start(&[]);
    let folder = folder("shared-one");
    shares(&folder, &server.url());
    // What the server gave is this machine's own from then on.
    let gone = convert(&folder, "second", "redis://127.0.0.1:1", &[photo("dog.jpg")], &["--force"]);
    assert_eq!(answers(&gone), ["exact"]);
    assert!(!stderr(&gone).contains("shared cache"), "not even asked: {}", stderr(&gone));
    for key in server.ask(&["keys", "nijigen:*"]).lines() {
        let left: u64 = server.ask(&["pttl", key]).parse().unwrap();
        assert!(left > 6 * 24 * 3_600_000 && left <= 7 * 24 * 3_600_000, "{key} ends in {left} ms");
    }
}

#[test]
fn a_cluster_is_one_cache() {
    let cluster = Cluster::start();
    shares(&folder("shared-cluster"), &cluster.url());
}

#[test]
fn two_machines_that_draw_the_same_photo_at_once_both_finish() {
    let server = Server::start(&[]);
    let folder = folder("shared-at-once");
    let names = ["a", "b", "c"];
    let start = |name| machine(&folder, name).args(["--cache", &server.url()]).arg(photo("dog.jpg")).spawn().unwrap();
    let running = names.map(start);
    for program in running {
        answers(&program.wait_with_output().unwrap());
    }
    assert!(names.iter().all(|name| result(&folder, name, "dog.png") == result(&folder, "a", "dog.png")));
    assert_eq!(server.ask(&["keys", "nijigen:entry:*"]).lines().count(), 1);
}

#[test]
fn no_trouble_of_the_server_costs_a_photo_and_it_is_said_once() {
    let folder = folder("shared-trouble");
    let photos = [photo("dog.jpg"), photo("lake.jpg")];
    let slow = Server::start(&[]);
    slow.pause();
    let full = Server::start(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]);
    let locked = Server::start(&["--requirepass", "other"]);
    let cases = [
        ("gone", "redis://127.0.0.1:1".to_owned()),
        ("slow", slow.url()),
        ("full", full.url()),
        ("locked", locked.url().replace("//", "//:s3cret@")),
        ("unknown", "redis://no-such-host.invalid".into()),
        ("no-tls", full.url().replace("redis:", "rediss:")),
    ];
    for (name, url) in cases {
        let output = convert(&folder, name, &url, &photos, &["--jobs", "1"]);
        assert_eq!(answers(&output), ["miss", "miss"], "{name}: {}", stderr(&output));
        assert_eq!(stderr(&output).matches("the shared cache").count(), 1, "{name}: {}", stderr(&output));
        assert!(!stderr(&output).contains("s3cret"), "{name}: {}", stderr(&output));
    }
    slow.resume();
}

#[test]
fn passwords_do_and_are_never_printed() {
    let server = Server::start(&["--requirepass", "s3cret"]);
    let folder = folder("shared-password");
    let url = server.url().replace("//", "//:s3cret@");
    let dog = photo("dog.jpg");
    let by_variable = |name: &str| machine(&folder, name).env("NIJIGEN_SHARED_CACHE", &url).arg(&dog).output().unwrap();
    assert_eq!(answers(&by_variable("first")), ["miss"]);
    let second = by_variable("second");
    assert_eq!(answers(&second), ["exact"]);
    assert!(!stderr(&second).contains("s3cret"));
    for wrong in ["redis://:s3cret@host:port", "http://:s3cret@host", "s3cret"] {
        let output = convert(&folder, "wrong", wrong, slice::from_ref(&dog), &[]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("--cache") && !stderr(&output).contains("s3cret"), "{}", stderr(&output));
    }
    let help = Command::new(env!("CARGO_BIN_EXE_nijigen"))
        .args(["convert", "--help"])
        .env("NIJIGEN_SHARED_CACHE", &url)
        .output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    assert!(help.contains("NIJIGEN_SHARED_CACHE") && !help.contains("s3cret"), "{help}");
    assert_eq!(answers(&convert(&folder, "off", &url, &[dog], &["--no-cache"])), ["off"]);
}

#[test]
fn tls_is_spoken_and_certificates_are_checked() {
    let file = |name: &str| crate::path("tests/fixtures/tls").join(name).to_str().unwrap().to_owned();
    let (key, certificate, authority) = (file("server.key"), file("server.pem"), file("ca.pem"));
    let tls = ["--tls-port", "PORT", "--tls-auth-clients", "no", "--tls-cert-file", &certificate];
    let server = Server::start(&[&tls[..], &["--tls-key-file", &key, "--tls-ca-cert-file", &authority]].concat());
    let folder = folder("shared-tls");
    let url = format!("rediss://localhost:{}", server.port);
    let trusting = |name: &str| {
        let mut program = machine(&folder, name);
        program.env("SSL_CERT_FILE", &authority).args(["--cache", &url]).arg(photo("dog.jpg")).output().unwrap()
    };
    assert_eq!(answers(&trusting("first")), ["miss"]);
    assert_eq!(answers(&trusting("second")), ["exact"]);
    let wary = convert(&folder, "wary", &url, &[photo("dog.jpg")], &[]);
    assert_eq!(answers(&wary), ["miss"]);
    assert!(stderr(&wary).contains("the shared cache"), "{}", stderr(&wary));
}
