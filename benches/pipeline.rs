//! The stages of the pipeline, natively: `make bench`. Rows go to `benches/results/pipeline.json`.

use std::{fs, path::Path};

use criterion::{BatchSize, Criterion, criterion_group};
use nijigen::{
    Options, Picture,
    fingerprint::drawn::is_drawn,
    manifest,
    options::{Format, Limits},
    picture::encode::encode,
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

    let mut engine = Engine::new(entry.clone(), &model).expect("loads");
    for side in [256, 512] {
        let options = Options { max_side: side, ..Options::default() };
        criterion.bench_function(&format!("generator-{side}"), |b| {
            b.iter(|| {
                let mut rendering = engine.begin(prepare(&file, &limits).expect("decodes"), &options).expect("begins");
                while !rendering.step().expect("runs") {}
                rendering.finish().expect("finishes")
            });
        });
    }

    let options = Options { max_side: 512, ..Options::default() };
    let mut rendering = engine.begin(prepare(&file, &limits).expect("decodes"), &options).expect("begins");
    while !rendering.step().expect("runs") {}
    let picture = rendering.finish().expect("finishes");
    for format in [Format::Png, Format::Jpeg, Format::Webp] {
        let options = Options { format, ..options.clone() };
        criterion.bench_function(&format!("encode-{format:?}").to_lowercase(), |b| {
            b.iter_batched(
                || picture.clone(),
                |picture| encode(picture, &options).expect("encodes"),
                BatchSize::LargeInput,
            );
        });
    }
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
        println!("| {} | {:.2} ms | {:.2} ms |", row["stage"].as_str().unwrap_or(""), ms("median_ms"), ms("min_ms"));
    }
}

criterion_group!(benches, stages);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    write_rows();
}
