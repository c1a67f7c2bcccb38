//! What a window is shown of renders: pictures, growing and finished, large and small.

use std::sync::{Arc, PoisonError};

use frame::FrameIndex;

use super::{Card, Renders};
use crate::desk::contact::Places;
use crate::output::OutputName;

impl Renders {
    /// What changed of a render's picture since the window last asked; nothing while there is none.
    pub fn mosaic(&self, id: &str, since: u32) -> Vec<u8> {
        let Some(mosaic) = self.running().get(id).map(|running| Arc::clone(&running.mosaic)) else {
            return Vec::new();
        };
        let mosaic = mosaic.lock().unwrap_or_else(PoisonError::into_inner);
        mosaic.as_ref().map_or_else(Vec::new, |mosaic| mosaic.packet(since))
    }

    /// The PNG of a finished render; empty where there is none.
    pub fn preview(&self, id: &str) -> Vec<u8> {
        let path = self.card(id).map(|card| card.preview).unwrap_or_default();
        std::fs::read(path).unwrap_or_default()
    }

    /// A small picture of one frame: little-endian 32-bit numbers (version, columns, rows), then four bytes a pixel. Empty where there is none, and
    /// the version alone where the window knows that one.
    pub fn frame_picture(&self, id: &str, frame: u32, known: u32) -> Vec<u8> {
        let places =
            self.cards.read(|cards| cards.iter().find(|card| card.id == id).map(|card| places(card, frame)));
        let Some(places) = places else { return Vec::new() };
        let sheet = self.running().get(id).map(|running| Arc::clone(&running.sheet));
        places.packet(FrameIndex(frame), sheet.as_deref(), &self.prints, known)
    }
}

/// Where a frame's files are; nowhere where it is somebody else's.
fn places(card: &Card, frame: u32) -> Places {
    let name = OutputName::parse(card.order.output.as_ref(), card.frames as usize);
    let Some(name) = name.ok().filter(|_| !card.is_watched()) else {
        return Places { whole: Vec::new(), partial: None };
    };
    let whole = match card.written.contains(&frame) {
        true => vec![name.path(frame).with_extension("preview.png"), name.path(frame)],
        false => Vec::new(),
    };
    let partial = card.begun.contains(&frame).then(|| name.partial(frame));
    Places { whole, partial }
}
