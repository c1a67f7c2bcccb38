//! Tells an audience how far the work is, at a sane rate and with an honest estimate.

use std::time::{Duration, Instant};

use frame::LiveEvent;

use crate::event::{Audience, Event};
use crate::pace::Pace;
use crate::stopwatch::Stopwatch;

/// Least time between two progress events.
const GAP: Duration = Duration::from_millis(250);

/// Counts samples over all frames of a render.
pub(crate) struct Tally {
    total_samples: u64,
    merged_samples: u64,
    clock: Stopwatch,
    told: Option<Instant>,
    pace: Pace,
}

impl Tally {
    /// Starts the clock for `total_samples`.
    pub(crate) fn start(total_samples: u64) -> Self {
        let pace = Pace::new(total_samples);
        Self { total_samples, merged_samples: 0, clock: Stopwatch::start(), told: None, pace }
    }

    /// Holds the clock, or lets it go on: nobody works meanwhile.
    pub(crate) fn pause(&mut self, is_paused: bool) {
        self.clock.pause(is_paused);
    }

    /// Counts samples that are merged for good.
    pub(crate) fn add(&mut self, samples: u64) {
        self.merged_samples += samples;
    }

    /// Tells how far it is, when that is due; `in_flight` samples are rendered and not merged yet.
    pub(crate) fn tell(&mut self, in_flight: u64, audience: &mut dyn Audience) {
        if self.told.is_some_and(|at| at.elapsed() < GAP) {
            return;
        }
        self.told = Some(Instant::now());
        let done_samples = (self.merged_samples + in_flight).min(self.total_samples);
        self.pace.note(self.clock.elapsed(), done_samples);
        audience.hear(&Event::Live(LiveEvent::Progress {
            done_samples,
            total_samples: self.total_samples,
            eta_seconds: self.pace.remaining().map(|left| left.as_secs_f64()),
        }));
    }

    /// Tells the end.
    pub(crate) fn end(&mut self, audience: &mut dyn Audience) {
        self.told = None;
        self.tell(0, audience);
        let elapsed_s = self.clock.elapsed().as_secs_f64();
        audience.hear(&Event::RenderEnded { done_samples: self.merged_samples, elapsed_s });
    }
}
