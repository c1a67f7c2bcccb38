//! Talking: bars on a terminal, plain lines in a pipe, JSON lines for programs, and what Open Job Description's runtimes read.
//!
//! Data goes to standard output, talk to standard error, so that `tessera … > file` never mixes the two.

pub(crate) mod openjd;
mod quote;

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use app::counted::counted;
use app::fault::one_line;
use app::pace::Pace;
use app::{Audience, Event, Fault};
use frame::LiveEvent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub(crate) use quote::quote_words;

/// Least time between two plain progress lines, so that a log stays readable.
const PLAIN_LINE_GAP: Duration = Duration::from_secs(5);
/// Why nothing may move for somebody who looks on.
const ARTIST_AWAY: &str =
    "the artist's app does not follow this job now: nodes that it has admitted go on, new ones wait for it";

/// For whom a command's standard output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// People and scripts: results as they are, and talk on standard error.
    People,
    /// Programs: JSON lines.
    Json,
    /// An Open Job Description runtime.
    OpenJd,
}

impl Voice {
    /// What the command line asks for, whether or not the rest of it can be understood. JSON wins, as on any command.
    pub(crate) fn asked() -> Self {
        let asked = |flag: &str| std::env::args_os().any(|word| word == flag);
        match (asked("--json"), asked("--openjd")) {
            (true, _) => Self::Json,
            (false, true) => Self::OpenJd,
            (false, false) => Self::People,
        }
    }
}

/// The listener of a command that takes `--openjd`.
pub(crate) fn audience_of_task(json: bool, openjd: bool) -> Result<Box<dyn Audience>, Fault> {
    match (json, openjd) {
        (true, true) => Err(Fault::usage(
            "--openjd and --json both take the whole of standard output",
            "choose one of them",
        )),
        (false, true) => Ok(Box::new(openjd::Runtime::default())),
        _ => Ok(audience(json)),
    }
}

/// The listener that fits where the output goes.
pub(crate) fn audience(json: bool) -> Box<dyn Audience> {
    if json {
        Box::new(|event: &Event| data_line(&event.to_json()))
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars { bar: None, work: Work::default() })
    } else {
        Box::new(Lines { last_progress: None, work: Work::default() })
    }
}

/// One line of a command's result on standard output.
pub(crate) fn data_line(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if let Err(error) = written {
        // The reader has gone (`tessera … | head`): nobody is left to work for, and it knows.
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            talk(&format!(
                "error: standard output takes no more: {error}\n  help: free some space, or write it elsewhere"
            ));
        }
        std::process::exit(app::Exit::Failure as i32);
    }
}

/// One line of talk on standard error.
pub(crate) fn talk(text: &str) {
    // Talk that nobody can hear is no reason to stop working.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tells a fault, once.
pub(crate) fn fault(fault: &Fault, voice: Voice) {
    match voice {
        Voice::People => {}
        Voice::OpenJd => {
            openjd::failed(fault);
            return talk(&openjd::fault_words(fault));
        }
        Voice::Json => {
            let event = Event::Error {
                exit: fault.exit as u8,
                message: fault.what.clone(),
                advice: fault.advice.clone(),
            };
            data_line(&event.to_json());
        }
    }
    talk(&format!("error: {}\n  help: {}", fault.what, fault.advice));
}

struct Bars {
    bar: Option<ProgressBar>,
    work: Work,
}

/// What is known of the work so far, from the events.
#[derive(Default)]
struct Work {
    frames: u32,
    frame_at: u32,
    started: Option<Instant>,
    pace: Option<Pace>,
}

impl Work {
    fn note(&mut self, event: &Event) {
        match event {
            Event::RenderStarted { frames, .. } => *self = Self { frames: *frames, ..Self::default() },
            Event::Live(LiveEvent::FrameStarted { .. }) => self.frame_at += 1,
            Event::Live(LiveEvent::Progress { done_samples, total_samples, .. }) => {
                let started = *self.started.get_or_insert_with(Instant::now);
                let pace = self.pace.get_or_insert_with(|| Pace::new(*total_samples));
                pace.note(started.elapsed(), *done_samples);
            }
            _ => {}
        }
    }

    fn progress_words(&self, done_samples: u64, total_samples: u64, eta_seconds: Option<f64>) -> String {
        let percent = 100.0 * done_samples as f64 / total_samples.max(1) as f64;
        let frame = match self.frames {
            0 | 1 => String::new(),
            frames => format!("  frame {} of {frames}", self.frame_at.clamp(1, frames)),
        };
        let rate = self.pace.as_ref().map_or(0.0, Pace::samples_per_s);
        // Not known yet.
        let rate = if rate > 0.0 { format!("  {} Msamples/s", mega(rate)) } else { String::new() };
        let left = eta_seconds.map(|seconds| format!("  {} left", span(seconds))).unwrap_or_default();
        format!("{percent:5.1} %{frame}{rate}{left}")
    }
}

impl Audience for Bars {
    fn hear(&mut self, event: &Event) {
        self.work.note(event);
        if let Event::Live(LiveEvent::Progress { done_samples, total_samples, eta_seconds }) = event {
            let bar = self.bar.get_or_insert_with(new_bar);
            bar.set_length(*total_samples);
            bar.set_position(*done_samples);
            bar.set_message(self.work.progress_words(*done_samples, *total_samples, *eta_seconds));
            return;
        }
        if matches!(event, Event::RenderEnded { .. })
            && let Some(bar) = self.bar.take()
        {
            bar.finish_and_clear();
        }
        let Some(text) = words(event) else { return };
        match &self.bar {
            Some(bar) => bar.suspend(|| talk(&text)),
            None => talk(&text),
        }
    }
}

fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {msg}").expect("the template is well formed");
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(8));
    bar.with_style(style)
}

struct Lines {
    last_progress: Option<Instant>,
    work: Work,
}

impl Audience for Lines {
    fn hear(&mut self, event: &Event) {
        self.work.note(event);
        if let Event::Live(LiveEvent::Progress { done_samples, total_samples, eta_seconds }) = event {
            let due = self.last_progress.is_none_or(|at| at.elapsed() >= PLAIN_LINE_GAP);
            if due {
                self.last_progress = Some(Instant::now());
                talk(&self.work.progress_words(*done_samples, *total_samples, *eta_seconds));
            }
        } else if let Some(text) = words(event) {
            talk(&text);
        }
    }
}

/// What a person reads of an event; `None` for what only programs want to know.
pub(crate) fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::SceneOpened { scene, triangles, camera } => {
            format!("{scene}: {}, seen by {}", counted(*triangles, "triangle"), one_line(camera))
        }
        Event::RenderStarted { frames, width, height, spp, tiles, tile_px, adapter } => {
            let frames = if *frames == 1 { String::new() } else { format!("{frames} frames of ") };
            let place = if adapter.is_empty() { String::new() } else { format!(" on {adapter}") };
            let tiles = counted(u64::from(*tiles), "tile");
            format!("rendering {frames}{width}x{height} at {spp} spp in {tiles} of {tile_px} px{place}")
        }
        Event::Denoised { frame, pixels, elapsed_s } => {
            format!("frame {frame}: {:.2} megapixels denoised in {}", *pixels as f64 / 1e6, span(*elapsed_s))
        }
        Event::RenderEnded { done_samples, elapsed_s } => ended_words(*done_samples as f64, *elapsed_s),
        Event::CoordinatorAnnounced { name, code } => {
            format!(
                "announced on this network as \"{name}\"; whoever finds it there compares this code: {code}"
            )
        }
        Event::MetricsReady { address } => format!("metrics at {address}"),
        Event::CoordinatorFound { name, address, code } => format!("{code}  {address}  {name}"),
        Event::NodeReady { node, adapter, gpu } => {
            format!("{}node {} is connected with {adapter}", named(gpu), short(node))
        }
        Event::NodeState { sentence, gpu, .. } => format!("{}{sentence}", named(gpu)),
        Event::NodeStatus { state, tiles_done, gpu } => {
            format!("{}{state}, {tiles_done} tiles done", named(gpu))
        }
        Event::RefereeReady { referee } => format!("referee {} is connected", short(referee)),
        Event::JobSubmitted { job } => format!("job {job}"),
        Event::Refused { node, why, .. } => format!("note: work of node {} was refused: {why}", short(node)),
        Event::Ruled { node, for_node, why, .. } => ruling_words(node, *for_node, why),
        Event::Audited { results, audited, pixels, refused } => {
            let refused = refused_words(*refused);
            format!("{audited} of {results} results were audited, {pixels} pixels rendered again: {refused}")
        }
        Event::Quote(quote) => quote_words(quote),
        Event::Job { job, state, done, frames, output, .. } => {
            format!(
                "{job}  {state:9}  {:5.1} %  {}  {output}",
                done * 100.0,
                counted(u64::from(*frames), "frame")
            )
        }
        Event::JobPaused { job, is_paused: true } => {
            format!("job {job} is paused: tiles in hand are finished, and no other is begun")
        }
        Event::JobPaused { job, is_paused: false } => format!("job {job} goes on"),
        Event::JobCancelled { job } => format!("job {job} is cancelled; what was done is kept"),
        Event::JobShared { link, .. } => link.clone(),
        Event::JobUnshared { job } => format!("the link to job {job} shows nothing any more"),
        Event::Looking { title } => format!("looking on at \"{title}\""),
        Event::Artist { is_away: true } => ARTIST_AWAY.to_owned(),
        Event::Artist { is_away: false } => "the artist's app follows this job again".to_owned(),
        Event::FrameSeen { frame } => format!("frame {frame} is whole"),
        Event::Live(LiveEvent::FrameWritten { file, .. }) => format!("wrote {file}"),
        Event::Live(LiveEvent::Warning { message }) => format!("note: {message}"),
        Event::Live(LiveEvent::NodeJoined { node }) => format!("node {} joined", short(&node.to_string())),
        Event::Live(LiveEvent::NodeLeft { node }) => format!("node {} left", short(&node.to_string())),
        Event::Uploaded { .. }
        | Event::PartialWritten { .. }
        | Event::Steadied { .. }
        | Event::Finding { .. }
        | Event::CoordinatorReady { .. }
        | Event::Error { .. }
        | Event::Live(_) => return None,
    })
}

/// How much was rendered in which time.
fn ended_words(samples: f64, elapsed_s: f64) -> String {
    let rate = mega(samples / elapsed_s.max(1e-9));
    format!("{} Msamples in {}: {rate} Msamples/s", mega(samples), span(elapsed_s))
}

/// How many results an audit refused.
fn refused_words(results: u32) -> String {
    match results {
        0 => "all of them right".to_owned(),
        1 => "one result was refused and rendered by another node".to_owned(),
        many => format!("{many} results were refused and rendered by other nodes"),
    }
}

/// Whom a referee believed, and why.
fn ruling_words(node: &str, for_node: bool, why: &str) -> String {
    let side = if for_node { "for" } else { "against" };
    format!("note: the referee decided {side} node {}: {why}", short(node))
}

/// Millions, to as many digits as tell something.
fn mega(count: f64) -> String {
    match count / 1e6 {
        few if few < 1.0 => format!("{few:.3}"),
        many => format!("{many:.1}"),
    }
}

/// A span of time as people say it.
fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0 => format!("{:.1} s", seconds.max(0.0)),
        1..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// The GPU that something is said of, where there are several.
pub(crate) fn named(gpu: &str) -> String {
    if gpu.is_empty() { String::new() } else { format!("{gpu}: ") }
}

fn short(key: &str) -> &str {
    key.get(..8).unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        assert_eq!(span(0.26), "0.3 s");
        assert_eq!(span(59.6), "1 min 00 s");
        assert_eq!(span(3725.0), "1 h 02 min");
    }

    #[test]
    fn few_samples_are_not_none() {
        assert_eq!([16_384.0, 999_000.0, 1_048_576.0, 2.5e9].map(mega), ["0.016", "0.999", "1.0", "2500.0"]);
    }

    #[test]
    fn progress_says_what_is_left_only_when_that_is_known() {
        let mut work = Work { frames: 4, frame_at: 3, ..Work::default() };
        assert_eq!(work.progress_words(5, 10, None), " 50.0 %  frame 3 of 4");
        work.frames = 1;
        assert_eq!(work.progress_words(10, 10, Some(61.0)), "100.0 %  1 min 01 s left");
    }
}
