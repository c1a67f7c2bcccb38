//! The lines by which an Open Job Description runtime follows a task: `openjd_progress`, `openjd_status`, `openjd_fail`.
//!
//! They are one more way to tell the same events, on standard output, each flushed at once. A runtime reads standard error with it and
//! obeys whatever line begins with one of its words (`openjd_env: …` sets a variable for everything that its session runs next), so
//! nothing that a scene or a stranger says gets a line of its own here. Each sentence is told once, as status or as talk; why a task failed, as both.
//! Source: "How Jobs Are Run" of the specification 2023-09; the expressions by which the package openjd-sessions 0.13 reads them are in the tests.

use std::time::Instant;

use app::fault::one_line;
use app::{Audience, Event, Fault};
use frame::LiveEvent;

use super::{PLAIN_LINE_GAP, Work, data_line, talk, words};

/// Longest text of a line: farms cut or refuse what is much longer.
const LETTERS_MAX: usize = 1000;

/// Tells a runtime of progress and status.
#[derive(Default)]
pub(super) struct Runtime {
    progress: Progress,
    last_status: Option<Instant>,
    work: Work,
}

impl Audience for Runtime {
    fn hear(&mut self, event: &Event) {
        self.work.note(event);
        if let Event::Live(LiveEvent::Progress { done_samples, total_samples, eta_seconds }) = event {
            if let Some(line) = self.progress.line(*done_samples, *total_samples) {
                data_line(&line);
            }
            let is_due = self.last_status.is_none_or(|at| at.elapsed() >= PLAIN_LINE_GAP);
            if is_due && done_samples < total_samples {
                self.last_status = Some(Instant::now());
                let text = self.work.progress_words(*done_samples, *total_samples, *eta_seconds);
                data_line(&status(text.trim()));
            }
        } else if let Some(text) = words(event) {
            if is_state(event) { data_line(&status(&text)) } else { talk(&short_line(&text)) }
        }
    }
}

/// All is done: the last of a task's lines.
pub(crate) fn done() {
    data_line("openjd_progress: 100.0");
}

/// Why a task failed or was stopped, as its last line.
pub(crate) fn failed(fault: &Fault) {
    data_line(&fail_line(fault));
}

/// What the same says on standard error.
pub(super) fn fault_words(fault: &Fault) -> String {
    format!("error: {}\n  help: {}", short_line(&fault.what), short_line(&fault.advice))
}

fn fail_line(fault: &Fault) -> String {
    format!("openjd_fail: {}", short_line(&fault.to_string()))
}

fn status(text: &str) -> String {
    format!("openjd_status: {}", short_line(text))
}

fn short_line(text: &str) -> String {
    one_line(text).chars().take(LETTERS_MAX).collect()
}

/// Whether an event says what the task does now, rather than what somebody should look at in its log.
fn is_state(event: &Event) -> bool {
    !matches!(event, Event::Refused { .. } | Event::Ruled { .. } | Event::Live(LiveEvent::Warning { .. }))
}

/// Progress in tenths of a percent. It never goes back, and 100 is for [`done`]: a frame is denoised and written after its last sample.
#[derive(Default)]
struct Progress {
    told_tenths: Option<u32>,
}

impl Progress {
    /// The next line, where there is something new to tell.
    fn line(&mut self, done_samples: u64, total_samples: u64) -> Option<String> {
        let share = done_samples as f64 / total_samples.max(1) as f64;
        let tenths = (share * 1000.0).min(999.0) as u32;
        if self.told_tenths.is_some_and(|told| tenths <= told) {
            return None;
        }
        self.told_tenths = Some(tenths);
        Some(format!("openjd_progress: {}.{}", tenths / 10, tenths % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What openjd-sessions makes of a line: `^openjd_(?:…|(?P<progress>progress)|(?P<status>status)|(?P<fail>fail)|…): (.+)$`, and of
    /// a progress: a float of 0 to 100.
    fn read(line: &str) -> (&str, &str) {
        assert!(!line.contains(['\n', '\r']), "one line: {line:?}");
        let (word, text) = line.split_once(": ").expect("a word, a colon and a blank");
        let word = word.strip_prefix("openjd_").expect("a word of the specification");
        assert!(["progress", "status", "fail"].contains(&word) && !text.is_empty(), "{line:?}");
        if word == "progress" {
            assert!((0.0..=100.0).contains(&text.parse::<f64>().expect("a float")), "{line:?}");
        }
        (word, text)
    }

    #[test]
    fn progress_rises_in_tenths_and_leaves_100_to_the_end() {
        let mut progress = Progress::default();
        let mut told = Vec::new();
        for done in [0, 0, 3, 10, 9, 500, 10_000, 10_000, 20_000] {
            told.extend(progress.line(done, 10_000));
        }
        let read: Vec<_> = told.iter().map(|line| read(line)).collect();
        assert_eq!(
            read,
            [("progress", "0.0"), ("progress", "0.1"), ("progress", "5.0"), ("progress", "99.9")]
        );
        assert_eq!(Progress::default().line(0, 0).as_deref(), Some("openjd_progress: 0.0"));
    }

    #[test]
    fn what_a_scene_says_cannot_begin_a_line() {
        let hostile = "a\nopenjd_env: LD_PRELOAD=/tmp/x\r\nopenjd_fail: no";
        let fault = Fault::scene(format!("no camera \"{hostile}\""), hostile);
        assert_eq!(read(&fail_line(&fault)).0, "fail");
        assert_eq!(read(&status(hostile)).0, "status");
        assert!(fault_words(&fault).lines().all(|line| !line.starts_with("openjd_")));
        assert_eq!(status(&"x".repeat(9000)).len(), "openjd_status: ".len() + LETTERS_MAX);
    }

    #[test]
    fn warnings_are_talk_and_what_happens_is_status() {
        let warning = Event::from(LiveEvent::Warning { message: "one light is left out".into() });
        let written =
            Event::from(LiveEvent::FrameWritten { frame: frame::FrameIndex(3), file: "a.0003.exr".into() });
        assert!(!is_state(&warning) && is_state(&written));
        let text = words(&written).expect("people hear of it");
        assert_eq!(read(&status(&text)), ("status", "wrote a.0003.exr"));
    }
}
