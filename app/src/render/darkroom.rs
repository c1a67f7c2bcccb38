//! From film to file: the growing picture of an unfinished frame, and the finished one in its place.
//!
//! Both ways of rendering end here, in this process and over the network, so that they cannot differ.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use frame::{Film, FrameIndex, LiveEvent, Picture, TileIndex, TileState};

use super::developer::{Developed, Developer};
use super::steady::{Finished, Seal, Steadied, Steady};
use crate::event::{Audience, Event};
use crate::fault::{Fault, quoted};
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
    /// Frames of an animation that wait for their neighbours.
    steady: Option<Steady<'a>>,
    /// Frames whose growing picture was written here.
    growing: BTreeSet<FrameIndex>,
    next_partial: Instant,
    partial_failed: bool,
}

impl<'a> Darkroom<'a> {
    /// A darkroom for one render; `steady` averages the frames of an animation with their neighbours.
    pub(crate) fn new(
        output: &'a OutputName,
        print: &'a Print,
        developer: Developer,
        steady: Option<Steady<'a>>,
    ) -> Self {
        Self {
            output,
            print,
            developer,
            steady,
            growing: BTreeSet::new(),
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
        let (settings, denoiser) = (film.settings(), self.developer.name());
        let facts = Facts { frame, settings, denoiser, is_steadied: false };
        self.growing.insert(frame);
        self.print.write(&path, &picture, &facts)?;
        audience.hear(&Event::PartialWritten { frame: frame.0, file: shown(&path) });
        Ok(())
    }

    /// Takes away what was only a look at a frame: none of its tiles is finished. What an earlier render left is none of its business.
    pub(crate) fn forget(&mut self, frame: FrameIndex, audience: &mut dyn Audience) {
        if self.growing.remove(&frame) {
            self.take_away(frame, audience);
        }
    }

    /// Whether it is time for a picture of an unfinished frame.
    pub(crate) fn is_due(&self) -> bool {
        !self.partial_failed && Instant::now() >= self.next_partial
    }

    /// Writes the finished frame and takes the growing one away; with `seal` receipts are inside: it signs the hash of the finished pixels
    /// as any reader will find them.
    ///
    /// A frame of an animation is written as it was denoised, and again when it could be steadied.
    pub(crate) fn finish(
        &mut self,
        frame: FrameIndex,
        film: &Film,
        seal: Option<Seal<'a>>,
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        let picture = self.develop(frame, film, audience);
        let (settings, is_checked) = (*film.settings(), seal.is_some());
        let work = (film.grid().edge_px(), Work { is_checked, seconds: None });
        let finished = Finished { picture, settings, seal, is_printed: false };
        let Some(steady) = &mut self.steady else {
            return self.print(frame, &finished, false, work, audience);
        };
        let ready = steady.arrive(frame.0, finished)?;
        if !ready.contains(&frame.0)
            && let Some(mut finished) = steady.take(frame.0)
        {
            self.print(frame, &finished, false, work, audience)?;
            finished.is_printed = true;
            if let Some(steady) = &mut self.steady {
                steady.put_back(frame.0, finished);
            }
        }
        self.steady(&ready, work, audience)
    }

    /// A frame will never be finished: the ones around it wait no longer.
    pub(crate) fn lose(&mut self, frame: FrameIndex, audience: &mut dyn Audience) -> Result<(), Fault> {
        let ready = self.steady.as_mut().map(|steady| steady.lose(frame.0)).unwrap_or_default();
        self.steady(&ready, (0, Work::default()), audience)
    }

    /// Steadies frames whose neighbours are there, and puts them in place.
    fn steady(
        &mut self,
        frames: &[u32],
        work: (u32, Work),
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        for &frame in frames {
            let started = Instant::now();
            let Some(steady) = &mut self.steady else { break };
            let Some(Steadied { finished, fault }) = steady.steady(frame)? else { continue };
            let elapsed_s = started.elapsed().as_secs_f64();
            if let Some(fault) = &fault {
                let message = format!("frame {frame} is not steadied: {fault}");
                audience.hear(&LiveEvent::Warning { message }.into());
            }
            // What stays as it was denoised may be in its file already.
            let printed = match fault.is_some() && finished.is_printed {
                true => Ok(()),
                false => self.print(FrameIndex(frame), &finished, fault.is_none(), work, audience),
            };
            if printed.is_ok() && fault.is_none() {
                let file = shown(&self.output.path(frame));
                audience.hear(&Event::Steadied { frame, file, elapsed_s });
            }
            if let Some(steady) = &mut self.steady {
                steady.put_back(frame, finished);
            }
            printed?;
        }
        Ok(())
    }

    /// Puts a picture into its file; the first time it is also shown, and told where it is.
    fn print(
        &self,
        frame: FrameIndex,
        finished: &Finished<'a>,
        is_steadied: bool,
        (edge_px, work): (u32, Work),
        audience: &mut dyn Audience,
    ) -> Result<(), Fault> {
        let Finished { picture, settings, seal, is_printed } = finished;
        if !is_printed && audience.watches() {
            Sight::of_frame(frame, picture, edge_px, work, |sight| audience.see(sight));
        }
        let facts = Facts { frame, settings, denoiser: self.developer.name(), is_steadied };
        let write = |path: &Path| match seal {
            Some(seal) => self.print.write_sealed(path, picture, &facts, seal),
            None => self.print.write(path, picture, &facts),
        };
        let mut path = self.output.path(frame.0);
        match write(&path) {
            // What was rendered is worth more than its name.
            Err(_) if frame::patience::in_use(&path).is_some() => {
                let beside = self.output.beside(frame.0);
                write(&beside)?;
                let message = format!(
                    "another program has {} open, so this frame is in {}",
                    quoted(&path),
                    quoted(&beside)
                );
                audience.hear(&LiveEvent::Warning { message }.into());
                path = beside;
            }
            written => written?,
        }
        if !is_printed {
            self.finished(frame, &path, audience);
        }
        Ok(())
    }

    /// The finished picture. What cannot be denoised stays noisy, and that is told: the picture is whole all the same.
    fn develop(&mut self, frame: FrameIndex, film: &Film, audience: &mut dyn Audience) -> Picture {
        let Developed { picture, pixels, took, fault, redone } = self.developer.finish(film);
        if redone {
            let message = format!(
                "frame {}: what nodes denoised is not what their samples give; it was denoised again here",
                frame.0
            );
            audience.hear(&LiveEvent::Warning { message }.into());
        }
        if pixels > 0 {
            let (pixels, elapsed_s) = (pixels as u64, took.as_secs_f64());
            audience.hear(&Event::Denoised { frame: frame.0, pixels, elapsed_s });
        }
        if let Some(fault) = fault {
            let message = format!("frame {} stays noisy, wholly or in parts: {fault}", frame.0);
            audience.hear(&LiveEvent::Warning { message }.into());
        }
        picture
    }

    /// Tells of the whole picture, which is in the place of the growing one.
    fn finished(&self, frame: FrameIndex, path: &Path, audience: &mut dyn Audience) {
        self.take_away(frame, audience);
        audience.hear(&LiveEvent::FrameWritten { frame, file: shown(path) }.into());
    }

    /// Takes the growing picture away. Somebody may still look at it, and that stops nothing.
    fn take_away(&self, frame: FrameIndex, audience: &mut dyn Audience) {
        let partial = self.output.partial(frame.0);
        match frame::patience::patiently(|| std::fs::remove_file(&partial)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let message = Fault::file("remove", &partial, &error).what;
                audience.hear(&LiveEvent::Warning { message }.into());
            }
            _ => {}
        }
    }
}

/// Tells and shows what has become of a tile that got samples.
pub(crate) fn tell_tile(
    (frame, tile): (FrameIndex, TileIndex),
    film: &Film,
    work: Work,
    audience: &mut dyn Audience,
) {
    match film.tile_state(tile) {
        TileState::Empty => return,
        TileState::Started { samples } => {
            audience.hear(&LiveEvent::TileRefined { frame, tile, samples }.into());
        }
        TileState::Done => audience.hear(&LiveEvent::TileDone { frame, tile }.into()),
    }
    if audience.watches() {
        Sight::of_tile((frame, tile), film, work, |sight| audience.see(sight));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
