//! Gathers a job's tiles into films and writes each frame, with its book of receipts, when it is complete.

mod audits;
mod growth;

use std::collections::BTreeMap;

use frame::{Film, FrameIndex, TileIndex};
use render_net::artist::{CollectedTile, Collector, JobTicket, PreviewTile, Progress};
use render_net::identity::Identity;
use render_net::receipt::{Countersigned, ReceiptBook};

use crate::event::Audience;
use crate::fault::Fault;
use crate::render::{Darkroom, Seal};
use crate::stop::Stop;
use audits::Audits;
pub(crate) use growth::Growth;

/// What an artist's machine holds of a job while it is rendered.
pub(crate) struct Gathering<'a> {
    growth: Growth,
    identity: &'a Identity,
    darkroom: Darkroom<'a>,
    receipts: BTreeMap<FrameIndex, Vec<Countersigned>>,
    audits: Audits,
    /// Frames whose file is complete.
    written: u32,
    /// Hears of frames: a person may want it to end after those that are begun.
    stop: &'a Stop,
    audience: &'a mut dyn Audience,
    /// What went wrong here, kept whole, because a collector can only hand a sentence back.
    fault: Option<Fault>,
}

impl<'a> Gathering<'a> {
    /// For the job of this ticket.
    pub(crate) fn new(
        ticket: &JobTicket,
        identity: &'a Identity,
        darkroom: Darkroom<'a>,
        stop: &'a Stop,
        audience: &'a mut dyn Audience,
    ) -> Self {
        let (growth, receipts) = (Growth::new(ticket.plan()), BTreeMap::new());
        let audits = Audits::default();
        Self { growth, identity, darkroom, receipts, audits, written: 0, stop, audience, fault: None }
    }

    /// Frames whose file is complete.
    pub(crate) fn frames_written(&self) -> u32 {
        self.written
    }

    /// Whether the job is paused.
    pub(crate) fn is_paused(&self) -> bool {
        self.growth.is_paused()
    }

    /// Tiles that were taken and are wrong: their node was caught later.
    pub(crate) fn wrong_tiles(&self) -> Vec<(FrameIndex, TileIndex)> {
        self.audits.wrong()
    }

    /// The fault behind a collector's refusal.
    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Tells the end, after which nothing comes any more; so many frames are not even in the job.
    pub(crate) fn end(&mut self, left_out: u32) {
        self.audits.end(self.audience);
        self.growth.end(self.written, left_out, self.audience);
    }

    /// Writes what there is of every unfinished frame; says of which there is something.
    pub(crate) fn keep_unfinished(&mut self) -> Result<Vec<FrameIndex>, Fault> {
        let mut kept = Vec::new();
        for (frame, film) in self.growth.unfinished() {
            if film.progress().done_samples > 0 {
                self.darkroom.write_partial(frame, film, self.audience)?;
                kept.push(frame);
            } else {
                self.darkroom.forget(frame, self.audience);
            }
        }
        Ok(kept)
    }

    fn take(&mut self, collected: CollectedTile) -> Result<(), Fault> {
        let CollectedTile { frame, tile, partials, receipt, .. } = collected;
        if self.growth.was_whole(frame) {
            return Ok(());
        }
        self.stop.began(frame);
        self.receipts.entry(frame).or_default().push(receipt);
        match self.growth.merge((frame, tile), partials, self.audience)? {
            Some(film) => self.finish(frame, &film),
            None => {
                self.refresh(frame);
                Ok(())
            }
        }
    }

    fn finish(&mut self, frame: FrameIndex, film: &Film) -> Result<(), Fault> {
        let receipts = self.receipts.remove(&frame).unwrap_or_default();
        let Some(title) = self.growth.plan().book_title(frame) else { return Ok(()) };
        let book = ReceiptBook { title, receipts };
        let identity = self.identity;
        // Signed again when it is averaged with its neighbours: what nodes signed stays as it is.
        let seal: Seal<'a> = Box::new(move |picture| book.clone().seal(identity, picture));
        self.darkroom.finish(frame, film, Some(seal), self.audience)?;
        self.written += 1;
        // After the last one of the job its own end comes, with everything answered.
        if (self.written as usize) < self.growth.plan().shape.frames.len() {
            self.stop.ended(frame);
        }
        Ok(())
    }

    fn refresh(&mut self, frame: FrameIndex) {
        if self.darkroom.is_due() {
            let (darkroom, audience) = (&mut self.darkroom, &mut *self.audience);
            self.growth.with_film(frame, |film| darkroom.refresh(frame, film, audience));
        }
    }
}

impl Collector for Gathering<'_> {
    fn tile(&mut self, tile: CollectedTile) -> Result<(), String> {
        self.audits.taken();
        self.take(tile).map_err(|fault| {
            let sentence = fault.to_string();
            self.fault = Some(fault);
            sentence
        })
    }

    fn preview(&mut self, preview: PreviewTile) {
        let frame = preview.frame;
        if !self.growth.was_whole(frame) {
            self.stop.began(frame);
        }
        self.growth.preview(preview, self.audience);
        self.refresh(frame);
    }

    fn progress(&mut self, progress: Progress) {
        self.audits.hear(&progress, self.audience);
        self.growth.progress(progress, self.audience);
    }
}
