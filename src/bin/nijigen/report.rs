//! `--report json`: a line for each photo, for a program that reads it.

use std::{path::Path, time::Instant};

use nijigen::{Error, checksum};
use serde::Serialize;

use crate::{generators::explain, inputs::Fault, streams::Printer};

/// Where a result came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Made of the very file earlier, with the same choices.
    Exact,
    /// Made of a picture that looks the same.
    Near,
    /// Nothing kept would do: it was drawn.
    Miss,
    /// It was drawn without looking.
    Off,
    /// It was already in its place.
    Resumed,
}

/// What is known of a photo so far, for its line of the report.
#[derive(Debug)]
pub struct Trace {
    begin: Instant,
    /// Steps that the progress bar shows of it.
    pub shown: u64,
    sha256: Option<[u8; 32]>,
    /// As the cache sees it: of a large JPEG, of its 8×8 blocks' means.
    pub phash: Option<u64>,
    pub answer: Answer,
    /// How many bits of 64 differ, where the answer is near.
    pub bits: Option<u32>,
}

impl Trace {
    pub fn begin() -> Trace {
        Trace { begin: Instant::now(), shown: 0, sha256: None, phash: None, answer: Answer::Off, bits: None }
    }

    /// The checksum of the photo's file.
    pub fn sha256(&mut self, file: &[u8]) -> [u8; 32] {
        *self.sha256.get_or_insert_with(|| checksum::sha256(file))
    }
}

/// Why there is no result.
#[derive(Debug)]
pub enum Failure {
    /// The photo is the cause, and what may help besides.
    Photo(Error, &'static str),
    /// A file is: a code of the program's own, and a sentence.
    File(&'static str, String),
}

impl Failure {
    fn code(&self) -> &'static str {
        match self {
            Failure::Photo(error, _) => error.code(),
            Failure::File(code, _) => code,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Failure::Photo(error, more) => format!("{error}{more}"),
            Failure::File(_, sentence) => sentence.clone(),
        }
    }

    /// As it is said to a person: a picture's code helps to look it up.
    pub fn explain(self) -> String {
        match self {
            Failure::Photo(error, more) => explain(error) + more,
            Failure::File(_, sentence) => sentence,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let more = if matches!(error, Error::TooLarge(_)) { "; --max-megapixels, --max-file allow more" } else { "" };
        Failure::Photo(error, more)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        match fault {
            Fault::Unreadable(sentence) => Failure::File("unreadable", sentence),
            Fault::Refused(error) => error.into(),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Done {
        input: String,
        output: String,
        sha256: Option<String>,
        phash: Option<String>,
        cache: Answer,
        #[serde(skip_serializing_if = "Option::is_none")]
        bits: Option<u32>,
        ms: u128,
    },
    Failed {
        input: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        output: Option<String>,
        code: &'a str,
        error: &'a str,
    },
}

/// Where the lines go.
#[derive(Default)]
pub struct Report(Printer);

impl Report {
    /// Tells of a result.
    pub fn done(&self, input: &Path, output: &Path, trace: &Trace) {
        self.line(&Line::Done {
            input: shown(input),
            output: shown(output),
            sha256: trace.sha256.map(|sha256| checksum::hex(&sha256)),
            phash: trace.phash.map(|phash| format!("{phash:016x}")),
            cache: trace.answer,
            bits: trace.bits,
            ms: trace.begin.elapsed().as_millis(),
        });
    }

    /// Tells why there is none.
    pub fn failed(&self, input: &Path, output: &Path, failure: &Failure) {
        let (code, error) = (failure.code(), &failure.sentence());
        self.line(&Line::Failed { input: shown(input), output: Some(shown(output)), code, error });
    }

    /// Tells of a name that leads to no photo.
    pub fn missing(&self, name: &str, why: &str) {
        self.line(&Line::Failed { input: name.into(), output: None, code: "missing", error: why });
    }

    /// Whether lines did not arrive.
    pub fn lost(&self) -> bool {
        self.0.lost()
    }

    fn line(&self, line: &Line) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        self.0.print(text);
    }
}

/// JSON is Unicode: of other names as much as can be told.
fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
