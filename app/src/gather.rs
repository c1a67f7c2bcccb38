//! Gathers a job's tiles into films and writes each frame, with its book of receipts, when it is complete.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use frame::{Film, FrameIndex, LiveEvent, NodeId, Picture, TileIndex};
use render_net::artist::{CollectedTile, Collector, JobTicket, PreviewTile, Progress};
use render_net::identity::Identity;
use render_net::receipt::{Countersigned, ReceiptBook};

use crate::event::Audience;
use crate::fault::Fault;
use crate::render::{Darkroom, Seal, Tally};
use crate::sight::{Sight, Stage, Work};

/// What an artist's machine holds of a job while it is rendered.
pub(crate) struct Gathering<'a> {
    ticket: &'a JobTicket,
    identity: &'a Identity,
    darkroom: Darkroom<'a>,
    tally: Tally,
    growing: BTreeMap<FrameIndex, Growing>,
    written: BTreeSet<FrameIndex>,
    nodes: BTreeSet<NodeId>,
    /// When a node first held a tile of an unfinished frame.
    leased: BTreeMap<(FrameIndex, TileIndex), Instant>,
    audience: &'a mut dyn Audience,
    /// What went wrong here, kept whole, because a collector can only hand a sentence back.
    fault: Option<Fault>,
}

struct Growing {
    film: Film,
    receipts: Vec<Countersigned>,
    previews: BTreeMap<TileIndex, PreviewTile>,
}

impl<'a> Gathering<'a> {
    /// For the job of this ticket.
    pub(crate) fn new(
        ticket: &'a JobTicket,
        identity: &'a Identity,
        darkroom: Darkroom<'a>,
        audience: &'a mut dyn Audience,
    ) -> Self {
        Self {
            ticket,
            identity,
            darkroom,
            tally: Tally::start(ticket.shape().samples_all()),
            growing: BTreeMap::new(),
            written: BTreeSet::new(),
            nodes: BTreeSet::new(),
            leased: BTreeMap::new(),
            audience,
            fault: None,
        }
    }

    /// Frames whose file is complete.
    pub(crate) fn frames_written(&self) -> u32 {
        self.written.len() as u32
    }

    /// The fault behind a collector's refusal.
    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Tells the end, after which nothing comes any more.
    pub(crate) fn end(&mut self, frames_failed: u32) {
        self.tally.end(self.audience);
        let frames_done = self.frames_written();
        self.audience.hear(&LiveEvent::Finished { frames_done, frames_failed }.into());
    }

    /// Writes what there is of every unfinished frame; says where.
    pub(crate) fn keep_unfinished(&mut self) -> Result<Vec<FrameIndex>, Fault> {
        let mut kept = Vec::new();
        for (&frame, growing) in &self.growing {
            if growing.film.progress().done_samples > 0 {
                self.darkroom.write_partial(frame, &growing.film, self.audience)?;
                kept.push(frame);
            }
        }
        Ok(kept)
    }

    fn take(&mut self, collected: CollectedTile) -> Result<(), Fault> {
        let CollectedTile { frame, tile, partials, receipt, .. } = collected;
        if self.written.contains(&frame) {
            return Ok(());
        }
        let seconds = self.seconds(frame, tile);
        let growing = Growing::of(&mut self.growing, frame, self.ticket, self.audience);
        let before = growing.film.progress().done_samples;
        for partial in partials {
            growing.film.merge(tile, partial).map_err(|error| {
                let what = format!("a tile that was collected does not fit: {error}");
                Fault::network(what, "cancel the job and submit it again")
            })?;
        }
        growing.receipts.push(receipt);
        growing.previews.remove(&tile);
        self.tally.add(growing.film.progress().done_samples - before);
        self.tally.tell(0, self.audience);
        let work = Work { is_checked: true, seconds };
        self.darkroom.tile(frame, tile, &growing.film, work, self.audience);
        if growing.film.is_complete() {
            return self.finish(frame);
        }
        self.refresh(frame);
        Ok(())
    }

    fn finish(&mut self, frame: FrameIndex) -> Result<(), Fault> {
        let Some(growing) = self.growing.remove(&frame) else { return Ok(()) };
        let Some(title) = self.ticket.book_title(frame) else { return Ok(()) };
        let book = ReceiptBook { title, receipts: growing.receipts };
        let identity = self.identity;
        // Signed again when it is averaged with its neighbours: what nodes signed stays as it is.
        let seal: Seal<'a> = Box::new(move |picture| book.clone().seal(identity, picture));
        self.darkroom.finish(frame, &growing.film, Some(seal), self.audience)?;
        self.written.insert(frame);
        self.leased.retain(|(leased, _), _| *leased != frame);
        Ok(())
    }

    fn seconds(&self, frame: FrameIndex, tile: TileIndex) -> Option<f32> {
        self.leased.get(&(frame, tile)).map(|began| began.elapsed().as_secs_f32())
    }

    fn refresh(&mut self, frame: FrameIndex) {
        let Some(growing) = self.growing.get(&frame) else { return };
        if !self.darkroom.is_due() {
            return;
        }
        // Most of the time there are no previews, and a film is large.
        match growing.previews.is_empty() {
            true => self.darkroom.refresh(frame, &growing.film, self.audience),
            false => self.darkroom.refresh(frame, &growing.with_previews(), self.audience),
        }
    }
}

impl Growing {
    /// What there is of a frame; the first piece or preview of it is told.
    fn of<'all>(
        all: &'all mut BTreeMap<FrameIndex, Self>,
        frame: FrameIndex,
        ticket: &JobTicket,
        audience: &mut dyn Audience,
    ) -> &'all mut Self {
        all.entry(frame).or_insert_with(|| {
            audience.hear(&LiveEvent::FrameStarted { frame }.into());
            Self::new(ticket, frame)
        })
    }

    fn new(ticket: &JobTicket, frame: FrameIndex) -> Self {
        let settings = ticket.settings_of(frame).unwrap_or(ticket.settings);
        let film = Film::new(ticket.grid(), settings);
        Self { film, receipts: Vec::new(), previews: BTreeMap::new() }
    }

    /// Tells and shows a preview, unless there is finished work of that tile.
    fn show(&self, preview: &PreviewTile, seconds: Option<f32>, audience: &mut dyn Audience) {
        let PreviewTile { frame, tile, blocks, sums } = preview;
        let is_new = self.film.tile_state(*tile) == frame::TileState::Empty;
        let (true, Some(rect)) = (is_new, self.film.grid().rect(*tile)) else { return };
        let settings = self.film.settings();
        let samples = blocks.samples(settings.spp).len() as u32;
        if samples == 0 || sums.rect() != rect || !sums.is_finite() {
            return;
        }
        audience.hear(&LiveEvent::TileRefined { frame: *frame, tile: *tile, samples }.into());
        let picture = audience.watches().then(|| Picture::of_tile(sums, samples)).flatten();
        let Some(picture) = picture else { return };
        let (size, rgba) = (settings.size, &picture.colours().rgba);
        let (tile, stage, edge_px) = (Some(*tile), Stage::Noisy, self.film.grid().edge_px());
        let work = Work { is_checked: false, seconds };
        audience.see(&Sight { frame: *frame, size, rect, tile, stage, edge_px, work, samples, rgba });
    }

    /// The film as people may see it: tiles without finished work show their latest preview.
    fn with_previews(&self) -> Film {
        let mut film = self.film.clone();
        let blocks = frame::blocks::block_count(film.settings().spp);
        for (&tile, preview) in &self.previews {
            let nodes = preview.blocks.maximal_nodes(blocks);
            let &[node] = nodes.as_slice() else { continue };
            if film.tile_state(tile) != frame::TileState::Empty {
                continue;
            }
            let mut planes = frame::TilePlanes::zeroed(preview.sums.rect(), film.settings().planes);
            for plane in preview.sums.planes().iter() {
                if let (Some(to), Some(from)) = (planes.plane_mut(plane), preview.sums.plane(plane)) {
                    to.copy_from_slice(from);
                }
            }
            // A preview that does not fit is not worth a word: finished work will come.
            let _ = film.merge(tile, frame::Partial { node, planes });
        }
        film
    }
}

impl Collector for Gathering<'_> {
    fn tile(&mut self, tile: CollectedTile) -> Result<(), String> {
        self.take(tile).map_err(|fault| {
            let sentence = fault.to_string();
            self.fault = Some(fault);
            sentence
        })
    }

    fn preview(&mut self, preview: PreviewTile) {
        let frame = preview.frame;
        if self.written.contains(&frame) {
            return;
        }
        let seconds = self.seconds(frame, preview.tile);
        let growing = Growing::of(&mut self.growing, frame, self.ticket, self.audience);
        growing.show(&preview, seconds, self.audience);
        growing.previews.insert(preview.tile, preview);
        self.refresh(frame);
    }

    fn progress(&mut self, progress: Progress) {
        let warn = |message: String| LiveEvent::Warning { message };
        let event = match progress {
            Progress::Leased { node, piece } => {
                if self.nodes.insert(node) {
                    self.audience.hear(&LiveEvent::NodeJoined { node }.into());
                }
                if !self.written.contains(&piece.frame) {
                    self.leased.entry((piece.frame, piece.tile)).or_insert_with(Instant::now);
                }
                LiveEvent::TileLeased { frame: piece.frame, tile: piece.tile, node }
            }
            Progress::Disconnected { why } => warn(format!("not connected, trying again: {why}")),
            Progress::NodeFailed { node, why } => warn(format!("node {} failed: {why}", short(node))),
            Progress::Refused { node, why, .. } => {
                warn(format!("work of node {} was refused: {why}", short(node)))
            }
            Progress::Connected
            | Progress::Reopened { .. }
            | Progress::NodeWaits { .. }
            | Progress::Collected { .. } => return,
        };
        tracing::debug!(job = %self.ticket.job(), ?event, "progress");
        self.audience.hear(&event.into());
    }
}

fn short(node: NodeId) -> String {
    node.to_string()[..8].to_owned()
}
