//! The frames of a job as they grow: films, what is seen of unfinished tiles, who works on them, and how far all of it is.
//!
//! An artist's machine and somebody who only looks on hold the same of a job; they differ in what they do with a frame that is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use frame::{Film, FrameIndex, LiveEvent, NodeId, Partial, Picture, TileIndex};
use render_net::artist::{JobPlan, PreviewTile, Progress};

use crate::event::{Audience, Event};
use crate::fault::{Fault, one_line};
use crate::render::{Tally, tell_tile};
use crate::sight::{Sight, Stage, Work};

/// A job's frames, as far as they are here.
pub(crate) struct Growth {
    plan: JobPlan,
    growing: BTreeMap<FrameIndex, Growing>,
    /// Frames that were whole and went their way.
    whole: BTreeSet<FrameIndex>,
    tally: Tally,
    /// Whether the artist wants no more of the job for now.
    is_paused: bool,
    nodes: BTreeSet<NodeId>,
    /// When a node first held a tile of an unfinished frame.
    leased: BTreeMap<(FrameIndex, TileIndex), Instant>,
}

struct Growing {
    film: Film,
    previews: BTreeMap<TileIndex, PreviewTile>,
}

impl Growth {
    /// Nothing of this job's pictures yet.
    pub(crate) fn new(plan: JobPlan) -> Self {
        Self {
            tally: Tally::start(plan.shape.samples_all()),
            is_paused: false,
            plan,
            growing: BTreeMap::new(),
            whole: BTreeSet::new(),
            nodes: BTreeSet::new(),
            leased: BTreeMap::new(),
        }
    }

    /// What the pictures are.
    pub(crate) fn plan(&self) -> &JobPlan {
        &self.plan
    }

    /// Whether this frame was whole before.
    pub(crate) fn was_whole(&self, frame: FrameIndex) -> bool {
        self.whole.contains(&frame)
    }

    /// Whether the artist wants no more of the job for now.
    pub(crate) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Frames that were whole.
    pub(crate) fn frames_whole(&self) -> u32 {
        self.whole.len() as u32
    }

    /// Films of frames that are not whole.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (FrameIndex, &Film)> {
        self.growing.iter().map(|(frame, growing)| (*frame, &growing.film))
    }

    /// Adds checked work, tells and shows it. The film, once it is whole; nothing more comes for that frame.
    ///
    /// # Errors
    /// Work that does not fit what is there.
    pub(crate) fn merge(
        &mut self,
        (frame, tile): (FrameIndex, TileIndex),
        partials: Vec<Partial>,
        audience: &mut dyn Audience,
    ) -> Result<Option<Film>, Fault> {
        let seconds = self.seconds(frame, tile);
        let growing = Growing::of(&mut self.growing, frame, &self.plan, audience);
        let before = growing.film.progress().done_samples;
        for partial in partials {
            growing.film.merge(tile, partial).map_err(|error| {
                let what = format!("a tile that was collected does not fit: {error}");
                Fault::network(what, "cancel the job and submit it again")
            })?;
        }
        growing.previews.remove(&tile);
        self.tally.add(growing.film.progress().done_samples - before);
        self.tally.tell(0, audience);
        tell_tile((frame, tile), &growing.film, Work { is_checked: true, seconds }, audience);
        if !growing.film.is_complete() {
            return Ok(None);
        }
        self.whole.insert(frame);
        self.leased.retain(|(leased, _), _| *leased != frame);
        Ok(self.growing.remove(&frame).map(|growing| growing.film))
    }

    /// Shows a picture of unfinished work.
    pub(crate) fn preview(&mut self, preview: PreviewTile, audience: &mut dyn Audience) {
        let frame = preview.frame;
        if self.was_whole(frame) {
            return;
        }
        let seconds = self.seconds(frame, preview.tile);
        let growing = Growing::of(&mut self.growing, frame, &self.plan, audience);
        growing.show(&preview, seconds, audience);
        growing.previews.insert(preview.tile, preview);
    }

    /// Hands an unfinished frame's film on, with previews where there is no finished work.
    pub(crate) fn with_film(&self, frame: FrameIndex, look: impl FnOnce(&Film)) {
        let Some(growing) = self.growing.get(&frame) else { return };
        // Most of the time there are no previews, and a film is large.
        match growing.previews.is_empty() {
            true => look(&growing.film),
            false => look(&growing.with_previews()),
        }
    }

    /// Tells what happened to the job.
    pub(crate) fn progress(&mut self, progress: Progress, audience: &mut dyn Audience) {
        let warn = |message: String| LiveEvent::Warning { message };
        let event = match progress {
            Progress::Paused { is_paused } => {
                self.is_paused = is_paused;
                self.tally.pause(is_paused);
                let job = self.plan.job.to_string();
                return audience.hear(&Event::JobPaused { job, is_paused });
            }
            Progress::Leased { node, piece } => {
                if self.nodes.insert(node) {
                    audience.hear(&LiveEvent::NodeJoined { node }.into());
                }
                if !self.whole.contains(&piece.frame) {
                    self.leased.entry((piece.frame, piece.tile)).or_insert_with(Instant::now);
                }
                LiveEvent::TileLeased { frame: piece.frame, tile: piece.tile, node }
            }
            Progress::Disconnected { why } => {
                warn(format!("not connected, trying again: {}", one_line(&why)))
            }
            // Who looks on is not told why.
            Progress::NodeFailed { why, .. } if why.is_empty() => return,
            Progress::NodeFailed { node, why } => {
                warn(format!("node {} failed: {}", short(node), one_line(&why)))
            }
            Progress::Connected
            | Progress::Looked { .. }
            | Progress::Tainted { .. }
            | Progress::Refused { .. }
            | Progress::AwaitsRuling
            | Progress::Ruled { .. }
            | Progress::Artist { .. }
            | Progress::Reopened { .. }
            | Progress::NodeWaits { .. }
            | Progress::Collected { .. } => return,
        };
        tracing::debug!(job = %self.plan.job, ?event, "progress");
        audience.hear(&event.into());
    }

    /// Tells the end, after which nothing comes any more; `left_out` frames are not even in the job.
    pub(crate) fn end(&mut self, frames_done: u32, left_out: u32, audience: &mut dyn Audience) {
        self.tally.end(audience);
        let frames_failed = (self.plan.shape.frames.len() as u32 + left_out).saturating_sub(frames_done);
        audience.hear(&LiveEvent::Finished { frames_done, frames_failed }.into());
    }

    fn seconds(&self, frame: FrameIndex, tile: TileIndex) -> Option<f32> {
        self.leased.get(&(frame, tile)).map(|began| began.elapsed().as_secs_f32())
    }
}

impl Growing {
    /// What there is of a frame; the first piece or preview of it is told.
    fn of<'all>(
        all: &'all mut BTreeMap<FrameIndex, Self>,
        frame: FrameIndex,
        plan: &JobPlan,
        audience: &mut dyn Audience,
    ) -> &'all mut Self {
        all.entry(frame).or_insert_with(|| {
            audience.hear(&LiveEvent::FrameStarted { frame }.into());
            let settings = plan.settings_of(frame).unwrap_or(plan.settings);
            Self { film: Film::new(plan.grid(), settings), previews: BTreeMap::new() }
        })
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

fn short(node: NodeId) -> String {
    node.to_string()[..8].to_owned()
}
