//! Photos one after another, several at a time; a failure does not stop the rest.

use std::{
    fs, io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use nijigen::{
    Error, Options, Result,
    cache::{self as kept, Key},
    fingerprint::Fingerprint,
    generator::Threads,
    lookup::{Caching, Lookup, Step},
    options::Draw,
    picture::encode::encode,
    pipeline::{Engine, Prepared, glimpse, prepare_for},
};

use crate::{
    cache::Cache,
    inputs::{self, Found},
    mark::{Marks, is_signed, may_be_unmarked, sign},
    output, panics,
    report::{Answer, Failure, Report, Trace},
    streams::tell,
};

/// Steps of the progress bar per photo.
const STEPS: u64 = 1000;
/// What a shell says of a program that SIGINT ended.
pub const INTERRUPTED: u8 = 128 + 2;

/// What all threads share.
pub struct Batch<'a> {
    pub found: &'a Found,
    /// Where the results go, in the order of the inputs.
    pub outputs: &'a [PathBuf],
    pub options: Options,
    pub key: Key,
    pub cache: Option<Cache>,
    pub force: bool,
    pub resume: bool,
    /// A line for each photo is asked for.
    pub report: Option<Report>,
    pub end: End,
    pub bar: ProgressBar,
    pub counts: Counts,
}

/// What signals set.
#[derive(Default)]
pub struct End {
    /// No more photos are begun.
    pub told: Arc<AtomicBool>,
    /// A person at a terminal said so.
    pub interrupted: Arc<AtomicBool>,
}

/// How far it is.
#[derive(Default)]
pub struct Counts {
    next: AtomicUsize,
    done: AtomicUsize,
    /// Of those done, how many were kept from an earlier run.
    kept: AtomicUsize,
    /// Of those done, how many were in their place.
    resumed: AtomicUsize,
}

type Outcome<T> = std::result::Result<T, Failure>;

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Shown only where stderr is a terminal.
pub fn bar(photos: usize) -> ProgressBar {
    let bar = ProgressBar::new(photos as u64 * STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} % · {eta} left · {msg}") {
        bar.set_style(style);
    }
    bar
}

impl Batch<'_> {
    /// Draws all; gives the exit code.
    pub fn run(&self, engine: &Engine, jobs: usize) -> ExitCode {
        let begin = Instant::now();
        panics::say_others();
        // Rather one too many than one that idles.
        let threads = cores().div_ceil(jobs.max(1));
        let (working, over) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..jobs {
                let working = working.clone();
                scope.spawn(move || {
                    self.work(engine, threads);
                    drop(working);
                });
            }
            drop(working);
            self.watch(&over);
        });
        self.bar.finish_and_clear();
        let done = self.counts.done.load(Ordering::Relaxed);
        let failed = self.found.inputs.len() + self.found.missing.len() - done;
        let not = if failed > 0 { format!(", {failed} not") } else { String::new() };
        let counts = [(&self.counts.kept, "from the cache"), (&self.counts.resumed, "already there")];
        let counts = counts.map(|(count, what)| (count.load(Ordering::Relaxed), what)).into_iter();
        let counts: Vec<_> = counts.filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let kept = if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) };
        let ended = if self.stopped() { ", ended early" } else { "" };
        tell(format_args!("{done} converted{kept}{not}{ended}, {:.1} s", begin.elapsed().as_secs_f32()));
        if self.end.interrupted.load(Ordering::Relaxed) {
            return ExitCode::from(INTERRUPTED);
        }
        let lost = self.report.as_ref().is_some_and(Report::lost);
        if failed > 0 || lost { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Takes the next photo until there is none, with an engine of its own and its share of the threads. In a pool that
    /// all photos have in common they would wait for each other after every operator.
    fn work(&self, engine: &Engine, threads: usize) {
        let _threads = Threads::start(threads);
        let mut own = engine.clone();
        while !self.stopped() {
            let index = self.counts.next.fetch_add(1, Ordering::Relaxed);
            let (Some(input), Some(target)) = (self.found.inputs.get(index), self.outputs.get(index)) else { return };
            self.bar.set_message(input.relative.display().to_string());
            let mut trace = Trace::begin();
            let result = self.one(&mut own, &input.path, target, &mut trace);
            if let Some(report) = &self.report {
                self.bar.suspend(|| match &result {
                    Ok(()) => report.done(&input.path, target, &trace),
                    Err(failure) => report.failed(&input.path, target, failure),
                });
            }
            match result {
                Ok(()) => self.count(trace.answer),
                Err(failure) => self.say(&input.path, &failure.explain()),
            }
            self.bar.inc(STEPS.saturating_sub(trace.shown));
        }
    }

    /// Until all work is over. Who ends the program hears at once that it takes a photo's time, which a pipe may make long.
    fn watch(&self, over: &Receiver<()>) {
        while over.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
            if self.stopped() {
                self.bar.suspend(|| tell("ends after the photos in hand; once more ends it at once"));
                return;
            }
        }
    }

    fn stopped(&self) -> bool {
        self.end.told.load(Ordering::Relaxed)
    }

    fn count(&self, answer: Answer) {
        let Counts { done, kept, resumed, .. } = &self.counts;
        done.fetch_add(1, Ordering::Relaxed);
        match answer {
            Answer::Exact | Answer::Near => kept.fetch_add(1, Ordering::Relaxed),
            Answer::Resumed => resumed.fetch_add(1, Ordering::Relaxed),
            Answer::Miss | Answer::Off => 0,
        };
    }

    /// Says something of a photo without tearing the progress bar.
    fn say(&self, photo: &Path, sentence: &str) {
        self.bar.suspend(|| tell(format_args!("{}: {sentence}", photo.display())));
    }

    /// Converts one photo, unless its result is in its place already and that may be.
    fn one(&self, engine: &mut Engine, photo: &Path, target: &Path, trace: &mut Trace) -> Outcome<()> {
        let resume = self.resume && !output::is_stream(target);
        if let Some(why) = output::refusal(target, self.force || resume, self.found) {
            return Err(Failure::File("exists", why));
        }
        let file = inputs::read(photo, &self.options.limits)?;
        let there = if resume { fs::read(target).ok() } else { None };
        // The report names every photo by it.
        let sha256 = trace.sha256(&file);
        let marks = resume.then(|| Marks::of(&self.key, &sha256));
        let format = self.options.finish.format;
        let similar = |held: &Vec<u8>| marks.is_some_and(|marks| is_signed(held, format, &marks.near));
        let own = |held: &Vec<u8>| marks.is_some_and(|marks| is_signed(held, format, &marks.own));
        let signed = |held: &Vec<u8>| own(held) || self.near() && similar(held);
        if there.as_ref().is_some_and(signed) {
            return resumed(trace);
        }
        // Another photo's result, where it does no longer; or a name without the result that it was taken for.
        let replaced = self.force || there.as_ref().is_some_and(|held| held.is_empty() || similar(held));
        let there = there.filter(|_| !replaced);
        let exists = || Failure::File("exists", output::other(target));
        if there.as_ref().is_some_and(|held| !may_be_unmarked(held, format)) {
            return Err(exists());
        }
        let mut bytes = self.find_or_render_safely(engine, photo, &file, trace)?;
        match there {
            Some(held) if held == bytes => return resumed(trace),
            Some(_) => return Err(exists()),
            None => {}
        }
        if let Some(Marks { own, near }) = marks {
            sign(&mut bytes, format, if trace.answer == Answer::Near { &near } else { &own });
        }
        match output::write(target, &bytes, replaced) {
            // Another worker, at the same photo, was faster.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && fs::read(target).is_ok_and(|held| signed(&held)) =>
            {
                resumed(trace)
            }
            written => written.map_err(|error| {
                Failure::File("unwritable", format!("{} cannot be written: {error}", target.display()))
            }),
        }
    }

    /// Whether another photo's result does.
    fn near(&self) -> bool {
        self.cache.as_ref().is_some_and(|cache| cache.caching().near)
    }

    /// A panic leaves a fresh engine behind.
    fn find_or_render_safely(
        &self,
        engine: &mut Engine,
        photo: &Path,
        file: &[u8],
        trace: &mut Trace,
    ) -> Result<Vec<u8>> {
        let fresh = engine.clone();
        panics::catch(|| self.find_or_render(engine, photo, file, trace)).unwrap_or_else(|said| {
            *engine = fresh;
            Err(Error::Internal(said))
        })
    }

    /// The very file's kept result, one of a picture that looks the same, or a new one, which is kept: in the order that
    /// [`Lookup`] says.
    fn find_or_render(&self, engine: &mut Engine, path: &Path, file: &[u8], trace: &mut Trace) -> Result<Vec<u8>> {
        let caching = self.cache.as_ref().map_or(Caching::OFF, Cache::caching);
        let mut lookup = Lookup::new(caching);
        trace.answer = if caching.exact || caching.near { Answer::Miss } else { Answer::Off };
        let mut photo = Photo { file, trace, prepared: None, seen: None, answer: Vec::new() };
        let mut yes = false;
        loop {
            yes = match lookup.next(yes) {
                Step::FindExact => self.find_exact(&mut photo),
                Step::Glimpse => photo.glimpse(&self.options)?,
                Step::FindNear => self.find_near(path, &mut photo),
                Step::Decode => photo.decode(&self.options)?,
                Step::Classify => photo.prepared()?.is_drawn()?,
                Step::Fingerprint => photo.see(&self.options.draw)?,
                Step::Draw => self.draw(engine, path, &mut photo)?,
                Step::Keep => self.keep(&mut photo),
                Step::Answer => return Ok(photo.answer),
            };
        }
    }

    fn find_exact(&self, photo: &mut Photo) -> bool {
        let sha256 = photo.sha256();
        let kept = self.cache.as_ref().and_then(|cache| cache.exact(&sha256));
        photo.found(Answer::Exact, kept)
    }

    /// That it was another photo's result is said.
    fn find_near(&self, path: &Path, photo: &mut Photo) -> bool {
        let near = self.cache.as_ref().zip(photo.seen.as_ref()).and_then(|(cache, seen)| cache.near(seen));
        let Some((bits, kept)) = near else { return false };
        self.say(path, &format!("looks like an earlier photo ({bits} of 64 bits differ); its result is used"));
        photo.trace.bits = Some(bits);
        photo.found(Answer::Near, Some(kept))
    }

    fn draw(&self, engine: &mut Engine, path: &Path, photo: &mut Photo) -> Result<bool> {
        let prepared = photo.prepared.take().ok_or_else(not_decoded)?;
        photo.answer = self.render(engine, path, prepared, &mut photo.trace.shown)?;
        Ok(true)
    }

    fn keep(&self, photo: &mut Photo) -> bool {
        let sha256 = photo.sha256();
        let (Some(cache), Some(seen)) = (&self.cache, photo.seen.take()) else { return false };
        let kept = cache.put(sha256, seen, &photo.answer);
        if let Err(fault) = &kept {
            let full = *fault == kept::Fault::Full;
            let what = if full { "some results are not kept" } else { "results are no longer kept" };
            self.bar.suspend(|| tell(format_args!("{what}: {fault}")));
        }
        kept.is_ok()
    }

    fn render(&self, engine: &mut Engine, path: &Path, photo: Prepared, shown: &mut u64) -> Result<Vec<u8>> {
        let wanted = photo.picture().width().max(photo.picture().height()).min(self.options.draw.max_side);
        let picture = engine.render(photo, &self.options, |progress| {
            let now = (f64::from(progress) * (STEPS - 1) as f64) as u64;
            self.bar.inc(now.saturating_sub(*shown));
            *shown = now.max(*shown);
            ControlFlow::Continue(())
        })?;
        let (width, height) = (picture.width(), picture.height());
        if width.max(height) < wanted {
            self.say(path, &format!("drawn at {width}×{height} pixels, the most that this generator takes"));
        }
        encode(picture, &self.options.finish)
    }
}

/// What is in its place stays; what was found on the way is of no account.
fn resumed(trace: &mut Trace) -> Outcome<()> {
    (trace.answer, trace.bits) = (Answer::Resumed, None);
    Ok(())
}

/// What is known of a photo on its way.
struct Photo<'a> {
    file: &'a [u8],
    trace: &'a mut Trace,
    prepared: Option<Prepared>,
    seen: Option<Fingerprint>,
    /// The result's file.
    answer: Vec<u8>,
}

impl Photo<'_> {
    fn sha256(&mut self) -> [u8; 32] {
        self.trace.sha256(self.file)
    }

    fn found(&mut self, answer: Answer, kept: Option<Vec<u8>>) -> bool {
        let found = kept.is_some();
        if found {
            self.trace.answer = answer;
        }
        self.answer = kept.unwrap_or_default();
        found
    }

    fn glimpse(&mut self, Options { limits, framing, draw, .. }: &Options) -> Result<bool> {
        self.seen = glimpse(self.file, limits, framing)?.map(|small| small.fingerprint(draw));
        self.trace.phash = self.seen.as_ref().map(Fingerprint::phash);
        Ok(self.seen.is_some())
    }

    fn decode(&mut self, options: &Options) -> Result<bool> {
        self.prepared = Some(prepare_for(self.file, options)?);
        Ok(true)
    }

    fn see(&mut self, draw: &Draw) -> Result<bool> {
        let seen = self.prepared()?.fingerprint(draw);
        self.trace.phash = Some(seen.phash());
        self.seen = Some(seen);
        Ok(true)
    }

    fn prepared(&self) -> Result<&Prepared> {
        self.prepared.as_ref().ok_or_else(not_decoded)
    }
}

fn not_decoded() -> Error {
    Error::Internal("the photo is not decoded".into())
}
