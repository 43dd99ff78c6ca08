//! The stages of the pipeline, natively: `make bench`. Rows go to `benches/results/pipeline.json`.

use std::{fs, path::Path};

use criterion::{BatchSize, Criterion, criterion_group};
use nijigen::{
    Options, Picture,
    cache::{Key, Payload, Policy, Record, Settings},
    fingerprint::{Fingerprint, drawn::is_drawn},
    generator::Threads,
    manifest,
    options::{Draw, Finish, Format, Limits},
    picture::{decode::decode_dc_image, detail::Structure, encode::encode, resize::resize},
    pipeline::{Engine, prepare},
};

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/results/pipeline.json");

fn read(relative: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)).expect(relative)
}

fn stages(criterion: &mut Criterion) {
    let file = read("tests/fixtures/photos/dog.jpg");
    let manifest = String::from_utf8(read("models/manifest.json")).expect("UTF-8");
    let entry = manifest::parse(&manifest).expect("manifest").remove(0);
    let model = read(&format!("models/{}", entry.file));
    let limits = Limits::default();
    criterion.bench_function("decode", |b| b.iter(|| prepare(&file, &limits).expect("decodes")));
    let photo = prepare(&file, &limits).expect("decodes");
    let (width, height) = (4000, 3000);
    let pixels = photo.picture().rgba().iter().copied().cycle().take(width as usize * height as usize * 4).collect();
    let large = Picture::new(width, height, pixels).expect("a picture");
    criterion.bench_function("drawn-12mp", |b| b.iter(|| is_drawn(&large).expect("shrinks")));
    criterion.bench_function("load", |b| b.iter(|| Engine::new(entry.clone(), &model).expect("loads")));

    let _threads = Threads::start(std::thread::available_parallelism().map_or(1, usize::from));
    let mut engine = Engine::new(entry.clone(), &model).expect("loads");
    for side in [256, 512] {
        let options = Options { draw: Draw { max_side: side, ..Draw::default() }, ..Options::default() };
        criterion.bench_function(&format!("generator-{side}"), |b| {
            b.iter(|| {
                let mut rendering = engine.begin(prepare(&file, &limits).expect("decodes"), &options).expect("begins");
                while !rendering.step().expect("runs") {}
                rendering.finish().expect("finishes")
            });
        });
    }

    let options = Options { draw: Draw { max_side: 512, ..Draw::default() }, ..Options::default() };
    let mut rendering = engine.begin(prepare(&file, &limits).expect("decodes"), &options).expect("begins");
    while !rendering.step().expect("runs") {}
    let picture = rendering.finish().expect("finishes");
    let small = resize(photo.picture().clone(), picture.width(), picture.height()).expect("shrinks");
    criterion.bench_function("detail-512", |b| {
        b.iter_batched_ref(
            || picture.clone(),
            |picture| Structure::of(&small).expect("is read").restore(picture, 1.).expect("restores"),
            BatchSize::LargeInput,
        );
    });
    for format in [Format::Png, Format::Jpeg, Format::Webp] {
        let finish = Finish { format, ..Finish::default() };
        criterion.bench_function(&format!("encode-{format:?}").to_lowercase(), |b| {
            b.iter_batched(
                || picture.clone(),
                |picture| encode(picture, &finish).expect("encodes"),
                BatchSize::LargeInput,
            );
        });
    }
}

/// A fingerprint like that of `dog`, with the hash of another photo.
fn another(dog: &Fingerprint, number: u64) -> Fingerprint {
    let mut json = serde_json::to_value(dog).expect("JSON");
    // SplitMix64's finaliser: bits as of chance.
    let mut hash = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    json["phash"] = format!("{:016x}", hash ^ (hash >> 31)).into();
    serde_json::from_value(json).expect("a fingerprint")
}

/// Looking up among many entries of one key: the photo is there, three bits away, or it is not.
fn look_up(criterion: &mut Criterion) {
    let limits = Limits::default();
    let dog = prepare(&read("tests/fixtures/photos/dog.jpg"), &limits).expect("decodes");
    criterion.bench_function("fingerprint", |b| b.iter(|| Fingerprint::new(dog.picture())));
    let dog = Fingerprint::new(dog.picture());
    let entry =
        manifest::parse(&String::from_utf8(read("models/manifest.json")).expect("UTF-8")).expect("manifest").remove(0);
    let key = Key::new(&entry, &Options::default());
    for count in [1_000u64, 100_000] {
        let mut policy = Policy::new(Settings { max_entries: 1_000_000, ..Settings::default() });
        for number in 0..count {
            let mut sha256 = [0; 32];
            sha256[..8].copy_from_slice(&number.to_le_bytes());
            policy.insert(Record::new(key.clone(), sha256, another(&dog, number), &Payload::default(), 0));
        }
        let mut near = serde_json::to_value(another(&dog, count / 2)).expect("JSON");
        let hash = u64::from_str_radix(near["phash"].as_str().expect("text"), 16).expect("a hash");
        near["phash"] = format!("{:016x}", hash ^ 0b1_0010_0001).into();
        let near: Fingerprint = serde_json::from_value(near).expect("a fingerprint");
        let absent = another(&dog, u64::MAX / 2);
        assert_eq!(policy.near(&key, &near, 0).expect("found").distance, Some(3));
        assert!(policy.near(&key, &absent, 0).is_none());
        criterion.bench_function(&format!("near-{count}"), |b| b.iter(|| policy.near(&key, &near, 0)));
        criterion.bench_function(&format!("absent-{count}"), |b| b.iter(|| policy.near(&key, &absent, 0)));
        criterion.bench_function(&format!("exact-{count}"), |b| b.iter(|| policy.exact(&key, &[0; 32], 0)));
    }
}

/// A photo of 12 megapixels, of which a fingerprint is made at an eighth of its size.
fn large(criterion: &mut Criterion) {
    let dog = image::load_from_memory(&read("tests/fixtures/photos/dog.jpg")).expect("decodes").into_rgb8();
    let (width, height) = dog.dimensions();
    let tiled = image::RgbImage::from_fn(4032, 3024, |x, y| *dog.get_pixel(x % width, y % height));
    let mut file = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 85);
    tiled.write_with_encoder(encoder).expect("encodes");
    let limits = Limits::default();
    let print = |file: &[u8]| Fingerprint::new(&decode_dc_image(file, &limits).expect("decodes").expect("is large"));
    criterion.bench_function("fingerprint-12mp-jpeg", |b| b.iter(|| print(&file)));
    let decoded = prepare(&file, &limits).expect("decodes");
    criterion.bench_function("fingerprint-12mp-pixels", |b| b.iter(|| Fingerprint::new(decoded.picture())));
}

/// Gathers criterion's estimates into one list of rows: `stage`, `median_ms`, `min_ms`.
fn write_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/criterion");
    let mut rows = Vec::new();
    for stage in fs::read_dir(folder).into_iter().flatten().flatten() {
        let of = |name: &str| fs::read(stage.path().join("new").join(name)).ok();
        let (Some(estimates), Some(sample)) = (of("estimates.json"), of("sample.json")) else { continue };
        let estimates: serde_json::Value = serde_json::from_slice(&estimates).expect("criterion's own JSON");
        let sample: serde_json::Value = serde_json::from_slice(&sample).expect("criterion's own JSON");
        let floats = |key: &str| -> Vec<f64> {
            sample[key].as_array().into_iter().flatten().filter_map(serde_json::Value::as_f64).collect()
        };
        let per_iteration = floats("times").into_iter().zip(floats("iters")).map(|(time, iters)| time / iters);
        rows.push(serde_json::json!({
            "stage": stage.file_name().to_string_lossy(),
            "median_ms": estimates["median"]["point_estimate"].as_f64().map(|ns| ns / 1e6),
            "min_ms": per_iteration.fold(f64::INFINITY, f64::min) / 1e6,
        }));
    }
    fs::create_dir_all(Path::new(RESULTS).parent().expect("a folder")).expect("benches/results");
    fs::write(RESULTS, serde_json::to_string_pretty(&rows).expect("JSON") + "\n").expect(RESULTS);
    println!("\n| stage | median | minimum |\n| --- | --- | --- |");
    for row in &rows {
        let ms = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        println!("| {} | {:.3} ms | {:.3} ms |", row["stage"].as_str().unwrap_or(""), ms("median_ms"), ms("min_ms"));
    }
}

criterion_group!(benches, look_up, large, stages);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    write_rows();
}
