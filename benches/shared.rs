//! A cache that several machines share, on a cluster of three primaries with a replica each, started here:
//! `cargo bench --features redis --bench shared -- PHOTOS [MOST]`. Rows go to `benches/results/many-machines.json`.
//!
//! First 2,000 photos, a fifth of them repeated exactly or nearly, drawn by two programs at once: without a cache, each with
//! a cache of its own, and with the shared one behind. Then how long a look-up takes beside up to `MOST` entries (default
//! 1,000,000), and how long what the published article does, on a server of its own that holds hashes alone: walk through all
//! keys, get each, and compare.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use image::{DynamicImage, imageops::FilterType};
use nijigen::{
    Options,
    cache::{Key, Payload, Record, Redis, Servers, Settings, Shared},
    checksum::sha256,
    fingerprint::Fingerprint,
    manifest::{Entry, Layout},
    options::Limits,
    picture::decode::decode,
};
use serde_json::{Value, json};
use servers::Cluster;

#[path = "../tests/core/servers.rs"]
#[allow(dead_code)]
mod servers;

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/results/many-machines.json");
const PHOTOS: usize = 2000;
/// One in so many is a photo that was there before.
const REPEATED: usize = 5;
/// The longer side of the photos, in pixels.
const SIDE: u32 = 512;
const LOOKUPS: usize = 200;
const SCANS: usize = 5;
/// A result's file: small, so that a million fit.
const RESULT_BYTES: usize = 1024;

/// Numbers that look like chance, the same each time: Knuth's multiplier of MMIX.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, quality);
    image.to_rgb8().write_with_encoder(encoder).expect("encodes");
    file
}

/// Different parts of the folder's photos; then, in the places of one in [`REPEATED`], earlier ones: the very file, or
/// saved again at another quality.
fn photos(sources: &[PathBuf], to: &Path) -> Vec<PathBuf> {
    let mut chance = Chance(1);
    let mut files: Vec<PathBuf> = Vec::new();
    for number in 0..PHOTOS {
        let path = to.join(format!("{number:04}.jpg"));
        let file = match number % REPEATED {
            0 if number > 0 => {
                let earlier = fs::read(&files[chance.below(files.len())]).expect("is there");
                // Both kinds for both programs, of which each has every other photo.
                match number / REPEATED % 4 {
                    0 | 1 => earlier,
                    _ => jpeg(&image::load_from_memory(&earlier).expect("decodes"), 70),
                }
            }
            _ => {
                let photo = image::open(&sources[number % sources.len()]).expect("decodes");
                // Two thirds of each side, somewhere else each time.
                let (width, height) = (photo.width() * 2 / 3, photo.height() * 2 / 3);
                let [x, y] = [photo.width() - width, photo.height() - height].map(|room| room as usize + 1);
                let part = photo.crop_imm(chance.below(x) as u32, chance.below(y) as u32, width, height);
                jpeg(&part.resize(SIDE, SIDE, FilterType::Triangle), 92)
            }
        };
        fs::write(&path, file).expect("writes");
        files.push(path);
    }
    files
}

/// Two programs, each with every other photo; seconds, and the lines of their reports.
fn drawn(photos: &[PathBuf], folder: &Path, more: &[&str]) -> (f64, Vec<Value>) {
    let out = folder.join("out");
    let start = |worker: usize| {
        let list: Vec<String> = photos.iter().skip(worker).step_by(2).map(|file| file.display().to_string()).collect();
        let path = folder.join(format!("list {worker}"));
        fs::write(&path, list.join("\n")).expect("writes");
        Command::new(env!("CARGO_BIN_EXE_nijigen"))
            .args(["convert", "--tier", "fast", "--max-side", "256", "--jobs", "1", "--report", "json", "--files-from"])
            .args([
                &path,
                Path::new("-o"),
                &out,
                Path::new("--cache-dir"),
                &folder.join(format!("cache {worker} {}", more.len())),
            ])
            .args(more)
            .env_remove("NIJIGEN_SHARED_CACHE")
            .stdout(fs::File::create(folder.join(format!("report {worker}"))).expect("writes"))
            .spawn()
            .expect("starts")
    };
    let begun = Instant::now();
    let workers = [0, 1].map(start);
    let ended = workers.map(|mut worker| worker.wait().expect("ends"));
    let seconds = begun.elapsed().as_secs_f64();
    assert!(ended.iter().all(ExitStatus::success), "a program failed");
    let said =
        [0, 1].map(|worker| fs::read_to_string(folder.join(format!("report {worker}"))).expect("reads")).concat();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    fs::remove_dir_all(&out).expect("removes");
    (seconds, lines)
}

fn draw_all(sources: &[PathBuf]) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let photos = photos(sources, folder.path());
    let cluster = Cluster::start();
    let (url, empty) = (cluster.urls(), megabytes(&cluster));
    let ways =
        [("off", vec!["--no-cache"]), ("own", vec!["--near", "5"]), ("shared", vec!["--near", "5", "--cache", &url])];
    ways.map(|(cache, more)| {
        let (seconds, lines) = drawn(&photos, folder.path(), &more);
        let count = |answer: &str| lines.iter().filter(|line| line["cache"] == answer).count();
        json!({
            "what": "2 programs", "cache": cache, "photos": lines.len(), "sources": sources.len(),
            "repeated": PHOTOS / REPEATED - 1, "seconds": tenths(seconds), "drawn": count("miss") + count("off"),
            "exact": count("exact"), "near": count("near"), "servers_mb": tenths(megabytes(&cluster) - empty),
        })
    })
    .into()
}

/// What the three primaries use.
fn megabytes(cluster: &Cluster) -> f64 {
    let used = |server: &servers::Server| {
        let about = server.ask(&["info", "memory"]);
        let line = about.lines().find_map(|line| line.strip_prefix("used_memory:")).map(str::trim);
        line.and_then(|bytes| bytes.parse::<f64>().ok()).unwrap_or(0.)
    };
    let primaries = cluster.0.iter().filter(|server| server.ask(&["role"]).starts_with("master"));
    tenths(primaries.map(used).sum::<f64>() / 1e6)
}

fn tenths(value: f64) -> f64 {
    (value * 10.).round() / 10.
}

/// Fingerprints of which each band is some photo's: as unevenly spread as those of photos are.
struct Prints {
    seen: Vec<Fingerprint>,
    chance: Chance,
}

impl Prints {
    fn next(&mut self) -> Fingerprint {
        let whose: Vec<usize> = (0..6).map(|_| self.chance.below(self.seen.len())).collect();
        let hash = (0..64).fold(0, |hash, bit| hash | self.seen[whose[(bit * 6 + 5) / 64]].phash() & 1 << bit);
        with_hash(&self.seen[whose[0]], hash)
    }
}

fn with_hash(print: &Fingerprint, hash: u64) -> Fingerprint {
    let mut print = serde_json::to_value(print).expect("JSON");
    print["phash"] = json!(format!("{hash:016x}"));
    serde_json::from_value(print).expect("a fingerprint")
}

/// The same photo after a change that flips up to five bits of its hash.
fn changed(print: &Fingerprint, chance: &mut Chance) -> Fingerprint {
    let flipped = (0..chance.below(6)).fold(print.phash(), |hash, _| hash ^ (1 << chance.below(64)));
    with_hash(print, flipped)
}

fn shared(url: &str) -> Shared<Redis<Fingerprint>> {
    let settings = Settings::default();
    Shared::new(settings, Redis::new(Servers::parse(url).expect("URL").connect().expect("connects"), settings.max_age))
}

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis() as u64
}

fn median_ms(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2] * 1e5).round() / 100.
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = Instant::now();
    let done = work();
    (begun.elapsed().as_secs_f64(), done)
}

fn look_ups(sources: &[PathBuf], most: usize) -> Vec<Value> {
    let see = |file: &PathBuf| {
        Fingerprint::new(&decode(&fs::read(file).expect("reads"), &Limits::default()).expect("decodes"))
    };
    let seen: Vec<Fingerprint> = sources.iter().map(see).collect();
    let key = Key::new(&Entry::for_user_model("bench", b"bench", Layout::Nchw), &Options::default());
    let cluster = Cluster::start();
    let (url, empty) = (cluster.urls(), megabytes(&cluster));
    let article = Article::new();
    let there = AtomicUsize::new(0);
    let pictures = Payload { result: vec![0; RESULT_BYTES], ..Payload::default() };
    let file = |number: usize| sha256(&number.to_le_bytes());
    // Of those that are there, as many as are looked for.
    let kept = Mutex::new(Vec::new());
    let mut rows = Vec::new();
    for entries in [1000, 10_000, 100_000, 1_000_000].into_iter().filter(|entries| *entries <= most) {
        thread::scope(|scope| {
            for writer in 0..4 {
                let (seen, key, url, there, pictures, kept) = (seen.clone(), &key, &url, &there, &pictures, &kept);
                scope.spawn(move || {
                    let mut shared = shared(url);
                    let mut prints = Prints { seen, chance: Chance((entries * 8 + writer) as u64) };
                    loop {
                        let number = there.fetch_add(1, Ordering::Relaxed);
                        if number >= entries {
                            break;
                        }
                        let print = prints.next();
                        if number % (entries / LOOKUPS) == 0 {
                            kept.lock().expect("no writer fails").push(print.clone());
                        }
                        let record = Record::new(key.clone(), file(number), print, pictures, now());
                        // Two cores do all of this: an answer may take longer than a second.
                        while shared.put(record.clone(), pictures).is_err() {
                            thread::sleep(Duration::from_millis(200));
                            shared = self::shared(url);
                        }
                    }
                });
            }
        });
        there.store(entries, Ordering::Relaxed);
        let mut shared = shared(&url);
        let mut chance = Chance(9);
        let mut prints = Prints { seen: seen.clone(), chance: Chance(7) };
        let exact = (0..LOOKUPS).map(|_| {
            let (seconds, found) = timed(|| shared.exact::<Fingerprint>(&key, &file(chance.below(entries)), now()));
            assert!(found.expect("answers").is_some());
            seconds
        });
        let exact = median_ms(exact.collect());
        // The median time, and how many of a hundred found something.
        let mut near = |print: &mut dyn FnMut() -> Fingerprint| {
            let (times, found): (Vec<f64>, Vec<bool>) = (0..LOOKUPS)
                .map(|_| {
                    let print = print();
                    let (seconds, found) = timed(|| shared.near(&key, &print, now()));
                    (seconds, found.expect("answers").is_some())
                })
                .unzip();
            (median_ms(times), found.into_iter().filter(|found| *found).count() * 100 / LOOKUPS)
        };
        let (near_ms, near_percent) = near(&mut || prints.next());
        let kept = kept.lock().expect("no writer fails");
        let (changed_ms, changed_percent) = near(&mut || changed(&kept[chance.below(kept.len())], &mut chance));
        article.fill(entries, &mut prints);
        let scans = (0..SCANS).map(|_| timed(|| article.look_up(prints.next().phash())).0);
        let scan_ms = median_ms(scans.collect());
        rows.push(json!({
            "what": "look-up", "entries": entries, "exact_ms": exact, "near_ms": near_ms, "near_found_percent": near_percent,
            "changed_ms": changed_ms, "changed_found_percent": changed_percent, "scan_ms": scan_ms,
            "servers_mb": tenths(megabytes(&cluster) - empty),
        }));
        println!("{}", rows[rows.len() - 1]);
    }
    rows
}

/// The published article's cache: a hash a key, all of them walked through for every photo. In batches, which it is not.
struct Article(servers::Server);

impl Article {
    const BATCH: usize = 1000;

    fn new() -> Article {
        Article(servers::Server::start(&[]))
    }

    fn link(&self) -> redis::Connection {
        redis::Client::open(self.0.url()).expect("URL").get_connection().expect("connects")
    }

    fn fill(&self, entries: usize, prints: &mut Prints) {
        let mut link = self.link();
        let numbers: Vec<usize> = (0..entries).collect();
        for numbers in numbers.chunks(Article::BATCH) {
            let mut pipe = redis::pipe();
            for number in numbers {
                pipe.set(format!("phash:{number}"), format!("{:016x}", prints.next().phash())).ignore();
            }
            pipe.query::<()>(&mut link).expect("are kept");
        }
    }

    fn look_up(&self, hash: u64) -> usize {
        let (mut link, mut cursor, mut near) = (self.link(), 0u64, 0);
        loop {
            let scan =
                redis::cmd("SCAN").arg(cursor).arg("MATCH").arg("phash:*").arg("COUNT").arg(Article::BATCH).take();
            let (next, names): (u64, Vec<String>) = scan.query(&mut link).expect("answers");
            if !names.is_empty() {
                let hashes: Vec<String> = redis::cmd("MGET").arg(names).query(&mut link).expect("answers");
                let distance = |text: &String| (u64::from_str_radix(text, 16).expect("a hash") ^ hash).count_ones();
                near += hashes.iter().filter(|text| distance(text) <= 5).count();
            }
            cursor = next;
            if cursor == 0 {
                return near;
            }
        }
    }
}

/// In place of the rows of the same kind.
fn write(rows: &[Value]) {
    let held: Vec<Value> = fs::read(RESULTS).map_or(Vec::new(), |rows| serde_json::from_slice(&rows).expect("JSON"));
    let others = held.into_iter().filter(|row| rows.iter().all(|new| new["what"] != row["what"]));
    let all: Vec<Value> = rows.iter().cloned().chain(others).collect();
    fs::write(RESULTS, serde_json::to_string_pretty(&all).expect("JSON") + "\n").expect(RESULTS);
    rows.iter().for_each(|row| println!("{row}"));
}

fn main() {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let Some(folder) = arguments.next() else { return println!("shared: name a folder of photos") };
    let most = arguments.next().map_or(1_000_000, |number| number.parse().expect("a number"));
    let mut sources: Vec<PathBuf> =
        fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path()).collect();
    sources.retain(|file| image::ImageFormat::from_path(file).is_ok());
    sources.sort();
    assert!(!sources.is_empty(), "{folder} has no photos");
    write(&look_ups(&sources, most));
    write(&draw_all(&sources));
}
