//! From film to file: the growing picture of an unfinished frame, and the finished one in its place.
//!
//! Both ways of rendering end here, in this process and over the network, so that they cannot differ.

use std::path::Path;
use std::time::{Duration, Instant};

use frame::{Film, FrameIndex, LiveEvent, Picture};

use super::developer::{Developed, Developer};
use crate::event::{Audience, Event};
use crate::fault::Fault;
use crate::output::OutputName;
use crate::print::{Facts, Print};
use crate::sight::{Sight, Work};

/// Least time between two pictures of an unfinished frame.
const PARTIAL_GAP: Duration = Duration::from_secs(4);
/// Writing partial pictures takes at most one part in this many of the time.
const PARTIAL_SHARE: u32 = 20;

/// Writes the pictures of a render.
pub(crate) struct Darkroom<'a> {
    output: &'a OutputName,
    print: &'a Print,
    developer: Developer,
    next_partial: Instant,
    partial_failed: bool,
}

impl<'a> Darkroom<'a> {
    /// A darkroom for one render.
    pub(crate) fn new(output: &'a OutputName, print: &'a Print, developer: Developer) -> Self {
        Self {
            output,
            print,
            developer,
            next_partial: Instant::now() + PARTIAL_GAP / 4,
            partial_failed: false,
        }
    }

    /// Writes the unfinished frame when it is time for it. A failure is told once and stops nothing.
    pub(crate) fn refresh(&mut self, frame: FrameIndex, film: &Film, audience: &mut dyn Audience) {
        if !self.is_due() {
            return;
        }
        let started = Instant::now();
        match self.write_partial(frame, film, audience) {
            Ok(()) => {
                let gap = PARTIAL_GAP.max(started.elapsed() * PARTIAL_SHARE);
                self.next_partial = Instant::now() + gap;
            }
            Err(fault) => {
                self.partial_failed = true;
                let message = format!("no picture is shown while this frame grows: {}", fault.what);
                audience.hear(&LiveEvent::Warning { message }.into());
            }
        }
    }

    /// Writes the unfinished frame now.
    pub(crate) fn write_partial(
        &mut self,
        frame: FrameIndex,
        film: &Film,
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        let path = self.output.partial(frame.0);
        let picture = self.developer.preview(film);
        self.print.write(&path, &picture, &self.facts(frame, film))?;
        audience.hear(&Event::PartialWritten { frame: frame.0, file: shown(&path) });
        Ok(())
    }

    /// Whether it is time for a picture of an unfinished frame.
    pub(crate) fn is_due(&self) -> bool {
        !self.partial_failed && Instant::now() >= self.next_partial
    }

    /// Writes the finished frame and takes the growing one away.
    pub(crate) fn finish(
        &mut self,
        frame: FrameIndex,
        film: &Film,
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        let picture = self.develop(frame, film, false, audience);
        self.print.write(&self.output.path(frame.0), &picture, &self.facts(frame, film))?;
        self.finished(frame, audience)
    }

    /// The same with receipts inside: `seal` signs the hash of the finished pixels as any reader will find them.
    pub(crate) fn finish_with(
        &mut self,
        frame: FrameIndex,
        film: &Film,
        seal: impl FnOnce([u8; 32]) -> Vec<u8>,
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        let picture = self.develop(frame, film, true, audience);
        self.print.write_sealed(&self.output.path(frame.0), &picture, &self.facts(frame, film), seal)?;
        self.finished(frame, audience)
    }

    /// The finished picture. What cannot be denoised stays noisy, and that is told: the picture is whole all the same.
    fn develop(
        &mut self,
        frame: FrameIndex,
        film: &Film,
        is_checked: bool,
        audience: &mut dyn Audience,
    ) -> Picture {
        let Developed { picture, pixels, took, fault } = self.developer.finish(film);
        if pixels > 0 {
            let (pixels, elapsed_s) = (pixels as u64, took.as_secs_f64());
            audience.hear(&Event::Denoised { frame: frame.0, pixels, elapsed_s });
        }
        if let Some(fault) = fault {
            let message = format!("frame {} stays noisy, wholly or in parts: {fault}", frame.0);
            audience.hear(&LiveEvent::Warning { message }.into());
        }
        if audience.watches() {
            let (edge_px, work) = (film.grid().edge_px(), Work { is_checked, seconds: None });
            Sight::of_frame(frame, &picture, edge_px, work, |sight| audience.see(sight));
        }
        picture
    }

    fn facts<'film>(&'film self, frame: FrameIndex, film: &'film Film) -> Facts<'film> {
        Facts { frame, settings: film.settings(), denoiser: self.developer.name() }
    }

    fn finished(&self, frame: FrameIndex, audience: &mut dyn Audience) -> Result<(), Fault> {
        let partial = self.output.partial(frame.0);
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Fault::file("remove", &partial, &error));
            }
            _ => {}
        }
        let file = shown(&self.output.path(frame.0));
        audience.hear(&LiveEvent::FrameWritten { frame, file }.into());
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
