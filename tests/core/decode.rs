//! Every kind of file becomes the pixels that Pillow sees (tests/fixtures/make.py wrote them down).

use nijigen::{
    options::Limits,
    picture::{Picture, decode::decode},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    file: String,
    expected: String,
    width: u32,
    height: u32,
    tolerance: u8,
    mean_tolerance: Option<f64>,
    /// Only browsers decode it; the core must say so.
    #[serde(default)]
    browser_only: bool,
}

fn fixture(name: &str) -> Vec<u8> {
    crate::read(&format!("tests/fixtures/decode/{name}"))
}

/// Largest and mean difference over all channels; fully transparent pixels count with their alpha only.
fn difference(a: &Picture, b: &Picture) -> (u8, f64) {
    let visible = |(p, q): (&[u8], &[u8])| if p[3] == 0 && q[3] == 0 { vec![0] } else { diff(p, q) };
    let all: Vec<u8> = a.rgba().chunks_exact(4).zip(b.rgba().chunks_exact(4)).flat_map(visible).collect();
    let mean = all.iter().map(|&d| f64::from(d)).sum::<f64>() / all.len() as f64;
    (all.into_iter().max().unwrap(), mean)
}

fn diff(p: &[u8], q: &[u8]) -> Vec<u8> {
    p.iter().zip(q).map(|(x, y)| x.abs_diff(*y)).collect()
}

#[test]
fn every_kind_of_file_gives_the_expected_pixels() {
    let cases: Vec<Case> = crate::json("tests/fixtures/decode/cases.json");
    assert!(cases.len() >= 40, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| !case.browser_only) {
        let picture = match decode(&fixture(&case.file), &Limits::default()) {
            Ok(picture) => picture,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.file));
                continue;
            }
        };
        assert_eq!((picture.width(), picture.height()), (case.width, case.height), "{}", case.file);
        let expected = image::load_from_memory(&fixture(&case.expected)).unwrap().into_rgba8();
        let expected = Picture::new(case.width, case.height, expected.into_raw()).unwrap();
        let (max, mean) = difference(&picture, &expected);
        if max > case.tolerance || case.mean_tolerance.is_some_and(|limit| mean > limit) {
            wrong.push(format!(
                "{}: max {max}, mean {mean:.2}; allowed {} {:?}",
                case.file, case.tolerance, case.mean_tolerance
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_a_browser_decodes_is_named() {
    for case in crate::json::<Vec<Case>>("tests/fixtures/decode/cases.json").iter().filter(|case| case.browser_only) {
        let error = decode(&fixture(&case.file), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported-format", "{}", case.file);
        assert!(error.to_string().contains("AVIF"), "{error}");
    }
}
