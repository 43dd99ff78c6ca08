//! Files that are refused: each with its code and a sentence, and the next photo works.

use nijigen::{options::Limits, pipeline::prepare};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Case {
    pub file: String,
    pub code: String,
    pub contains: String,
}

pub fn cases() -> Vec<Case> {
    let cases: Vec<Case> = crate::json("tests/fixtures/bad/cases.json");
    assert!(cases.len() >= 15, "only {} cases", cases.len());
    cases
}

#[test]
fn each_has_its_code_and_a_sentence() {
    for case in cases() {
        let file = crate::read(&format!("tests/fixtures/bad/{}", case.file));
        let error = prepare(&file, &Limits::default()).expect_err(&case.file);
        assert_eq!(error.code(), case.code, "{}: {error}", case.file);
        let sentence = error.to_string();
        assert!(sentence.contains(&case.contains), "{}: {sentence}", case.file);
        assert!(sentence.ends_with('.') && sentence.len() > 20, "{}: {sentence}", case.file);
    }
}

/// Cutting a photo anywhere must never pass for the whole photo.
#[test]
fn a_photo_cut_anywhere_is_refused() {
    let whole = crate::read("tests/fixtures/photos/dog.jpg");
    for length in (0..whole.len() - 1).step_by(997) {
        let error = prepare(&whole[..length], &Limits::default()).expect_err("a cut photo");
        assert!(["corrupt-image", "unsupported-format"].contains(&error.code()), "{length} bytes: {error}");
    }
}

#[test]
fn limits_are_options() {
    let file = crate::read("tests/fixtures/photos/dog.jpg");
    let limited = |json: &str| serde_json::from_str::<Limits>(json).unwrap();
    assert_eq!(prepare(&file, &limited(r#"{"maxBytes": 1000}"#)).unwrap_err().code(), "too-large");
    assert_eq!(prepare(&file, &limited(r#"{"maxPixels": 1000}"#)).unwrap_err().code(), "too-large");
    assert!(prepare(&file, &limited("{}")).is_ok());
}
