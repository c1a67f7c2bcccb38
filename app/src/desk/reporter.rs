//! Writes down what a running render tells, on its card and in its mosaic.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use frame::{FrameIndex, FrameSize, LiveEvent, TileStage};

use super::bell::Bell;
use super::cards::Card;
use super::contact::Sheet;
use super::mosaic::Mosaic;
use super::shelf::Shelf;
use crate::event::{Audience, Event};
use crate::pictures;
use crate::sight::Sight;
use crate::stopwatch::Stopwatch;

/// What a crash may make the list of renders forget, at most.
const KEPT_GAP: Duration = Duration::from_secs(2);

/// The mosaic of a render; nothing before its size is known.
pub(super) type SharedMosaic = Arc<Mutex<Option<Mosaic>>>;

/// Who listens to one render.
pub(super) struct Reporter {
    id: String,
    cards: Arc<Shelf<Vec<Card>>>,
    mosaic: SharedMosaic,
    sheet: Arc<Mutex<Sheet>>,
    bell: Arc<Bell>,
    clock: Stopwatch,
    /// Seconds that it took before it was stopped, in all.
    earlier_s: f64,
    /// When the card was written last.
    kept: Cell<Instant>,
    /// The frame that the mosaic shows. Frames may grow side by side, and a window that jumps between them shows none.
    showing: Option<FrameIndex>,
    /// Whether the frame that is shown is in place, so that the next one may come.
    is_over: bool,
    /// Frames that are in place. What is told of them again, when a render goes on, is of the past.
    whole: BTreeSet<FrameIndex>,
}

impl Reporter {
    pub(super) fn new(
        id: String,
        cards: Arc<Shelf<Vec<Card>>>,
        (mosaic, sheet): (SharedMosaic, Arc<Mutex<Sheet>>),
        bell: Arc<Bell>,
    ) -> Self {
        let known = |cards: &Vec<Card>| cards.iter().find(|card| card.id == id).map(|card| card.elapsed_s);
        let earlier_s = cards.read(known).unwrap_or_default();
        let kept = Cell::new(Instant::now());
        Self {
            id,
            cards,
            mosaic,
            sheet,
            bell,
            clock: Stopwatch::start(),
            earlier_s,
            kept,
            showing: None,
            is_over: false,
            whole: BTreeSet::new(),
        }
    }

    /// Changes the card; `keep`: it must be there after a crash too. Anything else is written every few seconds.
    pub(super) fn card(&self, keep: bool, change: impl FnOnce(&mut Card)) {
        let elapsed_s = self.earlier_s + self.clock.elapsed().as_secs_f64();
        self.cards.touch(|cards| {
            if let Some(card) = cards.iter_mut().find(|card| card.id == self.id) {
                card.elapsed_s = elapsed_s;
                change(card);
            }
        });
        if keep || self.kept.get().elapsed() >= KEPT_GAP {
            self.kept.set(Instant::now());
            if let Err(fault) = self.cards.keep() {
                // The render matters more than its memory.
                tracing::warn!(%fault, "the list of renders cannot be written");
            }
        }
        self.bell.ring();
    }

    /// Whether the mosaic shows this frame, which it may begin to do now.
    fn shows(&mut self, frame: FrameIndex) -> bool {
        match self.showing {
            Some(shown) if shown == frame => true,
            Some(_) if !self.is_over => false,
            _ if self.whole.contains(&frame) => false,
            before => {
                if before.is_some() {
                    self.paint(Mosaic::clear);
                }
                (self.showing, self.is_over) = (Some(frame), false);
                true
            }
        }
    }

    fn paint(&self, paint: impl FnOnce(&mut Mosaic)) {
        let mut mosaic = self.mosaic.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mosaic) = mosaic.as_mut() {
            paint(mosaic);
            let done = mosaic.count(TileStage::Denoised);
            self.card(false, |card| card.tiles_done = done);
        }
    }

    fn sheet(&self) -> MutexGuard<'_, Sheet> {
        self.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::FrameStarted { frame } => {
                self.card(true, |card| {
                    if !card.begun.contains(&frame.0) {
                        card.begun.push(frame.0);
                    }
                });
            }
            LiveEvent::TileLeased { frame, tile, .. } if self.shows(*frame) => {
                self.paint(|mosaic| mosaic.lease(*tile));
            }
            LiveEvent::TileDone { frame, tile } if self.shows(*frame) => {
                self.paint(|mosaic| mosaic.finish(*tile));
            }
            LiveEvent::NodeJoined { .. } => self.card(false, |card| card.nodes += 1),
            LiveEvent::Progress { done_samples, total_samples, eta_seconds } => {
                let done = *done_samples as f64 / (*total_samples).max(1) as f64;
                self.card(false, |card| {
                    card.done = card.done.max(done);
                    card.eta_s = *eta_seconds;
                });
            }
            LiveEvent::FrameWritten { frame, file } => self.written(*frame, file),
            LiveEvent::Warning { message } => self.card(false, |card| card.note(message)),
            _ => {}
        }
    }

    /// A frame of a watched render is whole.
    fn seen(&mut self, frame: FrameIndex) {
        self.whole.insert(frame);
        if self.showing == Some(frame) {
            self.is_over = true;
        }
        self.card(true, |card| {
            if !card.written.contains(&frame.0) {
                card.written.push(frame.0);
            }
        });
    }

    /// A frame's file is another one: so is its preview, as long as that is what the card shows.
    fn steadied(&self, file: &str) {
        let is_shown =
            |cards: &Vec<Card>| cards.iter().any(|card| card.id == self.id && card.picture == file);
        if self.cards.read(is_shown) {
            let path = Path::new(file);
            if let Err(fault) = pictures::to_png(path, Some(path.with_extension("preview.png")), 0.0) {
                tracing::warn!(%fault, "the preview is that of the frame alone");
            }
        }
    }

    /// A frame's file is in place: its preview is put beside it.
    fn written(&mut self, frame: FrameIndex, file: &str) {
        self.whole.insert(frame);
        if self.showing == Some(frame) {
            self.is_over = true;
        }
        let path = Path::new(file);
        let preview = pictures::to_png(path, Some(path.with_extension("preview.png")), 0.0);
        self.sheet().forget(frame);
        self.card(true, |card| {
            if !card.written.contains(&frame.0) {
                card.written.push(frame.0);
            }
            card.picture = file.to_owned();
            card.partial.clear();
            match preview {
                Ok(preview) => card.preview = preview.display().to_string(),
                Err(fault) => card.note(&format!("no preview was written: {}", fault.what)),
            }
        });
    }
}

impl Audience for Reporter {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::RenderStarted { frames, width, height, spp, tiles, tile_px, adapter } => {
                if let Ok(size) = FrameSize::new(*width, *height) {
                    let mosaic = Mosaic::new(size, *tile_px);
                    *self.mosaic.lock().unwrap_or_else(PoisonError::into_inner) = Some(mosaic);
                }
                self.card(true, |card| {
                    (card.width, card.height, card.spp) = (*width, *height, *spp);
                    (card.frames, card.tiles) = (*frames, *tiles);
                    card.adapter.clone_from(adapter);
                });
            }
            Event::PartialWritten { file, .. } => {
                self.card(true, |card| card.partial.clone_from(file));
            }
            Event::Uploaded { sent_bytes, .. } => {
                self.card(false, |card| card.sent_mib = *sent_bytes as f64 / f64::from(1 << 20));
            }
            // A network's job is collected by its name; that of the farm in this process lies in the card's own folder.
            Event::JobSubmitted { job } => self.card(true, |card| match card.order.place {
                super::Place::Network => card.job.clone_from(job),
                super::Place::Here => card.is_kept = true,
            }),
            Event::Looking { title } => self.card(true, |card| card.order.scene.clone_from(title)),
            Event::Artist { is_away } => self.card(false, |card| card.is_artist_away = *is_away),
            Event::JobPaused { is_paused, .. } => {
                self.clock.pause(*is_paused);
                self.card(true, |card| {
                    card.is_paused = *is_paused;
                    if card.is_paused {
                        card.eta_s = None;
                    }
                });
            }
            Event::FrameSeen { frame } => self.seen(FrameIndex(*frame)),
            Event::Steadied { file, .. } => self.steadied(file),
            Event::Audited { results, audited, .. } => {
                self.card(true, |card| (card.results, card.audited) = (*results, *audited));
            }
            Event::Refused { node, why, .. } => {
                let name = node.get(..8).unwrap_or(node);
                let note = format!("work of node {name} was refused: {why}");
                self.card(false, |card| card.note(&note));
            }
            Event::Ruled { node, for_node, why, .. } => {
                let name = node.get(..8).unwrap_or(node);
                let note = match for_node {
                    true => format!("the referee decided for node {name}: {why}"),
                    false => format!("the referee decided against node {name}: {why}"),
                };
                self.card(false, |card| card.note(&note));
            }
            Event::Live(event) => self.live(event),
            _ => {}
        }
    }

    fn watches(&self) -> bool {
        true
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.sheet().see(sight);
        if self.shows(sight.frame) {
            self.paint(|mosaic| mosaic.see(sight));
        }
    }
}

#[cfg(test)]
mod tests {
    use frame::{NodeId, TileIndex, TileRect};

    use super::*;
    use crate::desk::order::Order;
    use crate::sight::{Stage, Work};

    #[test]
    fn old_news_of_a_frame_that_is_in_place_does_not_take_the_picture_from_the_next() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let cards: Shelf<Vec<Card>> = Shelf::open(place.path().join("renders.json"));
        cards.touch(|cards| cards.push(Card::begin("r1".into(), Order::default(), 1.0)));
        let (mosaic, bell) = (SharedMosaic::default(), Arc::new(Bell::new()));
        let shown = (Arc::clone(&mosaic), Arc::default());
        let mut reporter = Reporter::new("r1".into(), Arc::new(cards), shown, bell);
        let (width, height, adapter) = (8, 8, String::new());
        reporter.hear(&Event::RenderStarted {
            frames: 3,
            width,
            height,
            spp: 1,
            tiles: 1,
            tile_px: 8,
            adapter,
        });
        let leased = |frame| {
            let (frame, tile, node) = (FrameIndex(frame), TileIndex(0), NodeId([1; 32]));
            Event::from(LiveEvent::TileLeased { frame, tile, node })
        };
        for frame in [0, 1] {
            reporter.hear(&leased(frame));
            let file = place.path().join("gone.exr").display().to_string();
            reporter.hear(&LiveEvent::FrameWritten { frame: FrameIndex(frame), file }.into());
        }
        reporter.hear(&leased(0));
        let size = FrameSize::new(8, 8).expect("in range");
        let rect = TileRect { x: 0, y: 0, width: 8, height: 8 };
        let (tile, stage, work) = (Some(TileIndex(0)), Stage::Noisy, Work::default());
        let (frame, rgba) = (FrameIndex(2), &[1.0; 256][..]);
        reporter.see(&Sight { frame, size, rect, tile, stage, edge_px: 8, work, samples: 1, rgba });
        let mosaic = mosaic.lock().expect("nobody panics");
        assert_eq!(mosaic.as_ref().map(|mosaic| mosaic.count(TileStage::Noisy)), Some(1));
    }
}
