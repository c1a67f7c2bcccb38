//! What the form's camera sees, shown while nothing has begun.
//!
//! A shell asks for a look whenever a field changes; the newest question ends the one before it. The picture grows better meanwhile, and whoever draws
//! it asks with the number that it knows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frame::FrameIndex;
use render_core::adapter_class;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::order::Order;
use super::shrunk::Shrunk;
use crate::courtesy::giving_way;
use crate::fault::{Exit, Fault};
use crate::gpu::{self, Standby};
use crate::render::{Finder, ended};
use crate::sight::Sight;
use crate::stop::Newest;

/// More pixels than a look ever has.
const EDGE_MAX: u32 = 1024;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Looked {
    /// Its number; 0 for a still.
    pub frame: u32,
    /// How many frames the form asks for.
    pub frames: u32,
}

/// Looks at one thing at a time.
#[derive(Default)]
pub(super) struct Viewfinder {
    newest: Newest,
    finder: Arc<Mutex<Finder>>,
    /// Held while something is measured that a look would disturb.
    quiet: Mutex<()>,
    /// Held by a look while it has the GPU that is kept ready: not while it reads a scene.
    gpu: Mutex<()>,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// Counts changes, from 1.
    version: u32,
    picture: Option<Shrunk>,
}

impl Viewfinder {
    /// Looks at the frame at this place of the form's frames, until enough is seen; the GPU is handed back for whoever renders next.
    ///
    /// # Errors
    /// A field that is not right, a scene or an adapter that cannot render; [`Exit::Interrupted`] when it was ended.
    pub(super) fn look(&self, order: &Order, place: u32, standby: &Standby) -> Result<Looked, Fault> {
        let stop = self.newest.begin();
        let request = order.request()?;
        let frames: Vec<u32> =
            request.frames.as_ref().map_or_else(|| vec![0], |range| range.frames().to_vec());
        let frame = frames[(place as usize).min(frames.len() - 1)];
        let asked = order.gpu();
        let adapter = gpu::choice(asked);
        let look = || {
            let mut finder = locked(&self.finder);
            let subject = finder.prepare(&request, FrameIndex(frame), &adapter, adapter_class)?;
            let _held = (locked(&self.quiet), locked(&self.gpu));
            if stop.is_asked() {
                return Err(ended());
            }
            let mut renderer = standby.take(asked).open(&stop)?.ok_or_else(ended)?;
            let show = &mut |sight: &Sight<'_>| {
                if !stop.is_asked() {
                    locked(&self.shown).see(sight);
                }
            };
            let seen = finder.look(&subject, &mut renderer, &stop, show);
            // One that failed may be gone.
            if seen.as_ref().err().is_none_or(|fault| fault.exit == Exit::Interrupted) {
                standby.put_back(asked, renderer);
            }
            seen
        };
        // The person goes on filling in the form.
        giving_way(look)?;
        Ok(Looked { frame, frames: frames.len() as u32 })
    }

    /// Ends what is looked at now, and waits until its GPU is handed back.
    pub(super) fn end(&self) {
        self.newest.end();
        drop(locked(&self.gpu));
    }

    /// The same, and no look has the GPU again until the answer is let go.
    pub(super) fn hold_still(&self) -> impl Drop + '_ {
        self.newest.end();
        locked(&self.quiet)
    }

    /// Nobody looks any more: what was read of the scene is let go too, as soon as nobody uses it.
    pub(super) fn leave(&self) {
        self.newest.end();
        locked(&self.shown).picture = None;
        let finder = Arc::clone(&self.finder);
        std::thread::spawn(move || *locked(&finder) = Finder::default());
    }

    /// The picture: little-endian 32-bit numbers (version, columns, rows), then four bytes a pixel. Empty where there is none, and the
    /// version alone where the window knows that one.
    pub(super) fn packet(&self, known: u32) -> Vec<u8> {
        locked(&self.shown).packet(known)
    }
}

impl Shown {
    fn see(&mut self, sight: &Sight<'_>) {
        // What was seen before stays where nothing new is there yet, so that a change does not flash.
        let picture = match &mut self.picture {
            Some(picture) if picture.size() == sight.size => picture,
            other => other.insert(Shrunk::new(sight.size, EDGE_MAX)),
        };
        picture.paint(sight.rect, sight.rgba);
        self.version += 1;
    }

    fn packet(&self, known: u32) -> Vec<u8> {
        let Some(picture) = &self.picture else { return Vec::new() };
        let version = self.version.to_le_bytes();
        if self.version == known {
            return version.to_vec();
        }
        let (columns, rows) = picture.kept();
        let mut bytes = version.to_vec();
        bytes.extend([columns, rows].iter().flat_map(|number| number.to_le_bytes()));
        bytes.extend_from_slice(picture.rgba());
        bytes
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use frame::{FrameSize, TileIndex, TileRect};

    use super::*;
    use crate::sight::{Stage, Work};

    fn sight<'a>(size: FrameSize, rect: TileRect, rgba: &'a [f32]) -> Sight<'a> {
        Sight {
            frame: FrameIndex(0),
            size,
            rect,
            tile: Some(TileIndex(0)),
            stage: Stage::Noisy,
            edge_px: 2,
            work: Work::default(),
            samples: 1,
            rgba,
        }
    }

    fn numbers(packet: &[u8]) -> Vec<u32> {
        packet.as_chunks().0[..3].iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }

    #[test]
    fn a_window_gets_the_picture_once_and_then_only_its_number() {
        let mut shown = Shown::default();
        assert!(shown.packet(0).is_empty(), "nothing was seen yet");
        let size = FrameSize::new(4, 2).expect("in range");
        let left = TileRect { x: 0, y: 0, width: 2, height: 2 };
        shown.see(&sight(size, left, &[0.18, 0.18, 0.18, 1.0].repeat(4)));
        let packet = shown.packet(0);
        assert_eq!((numbers(&packet), packet.len()), (vec![1, 4, 2], 12 + 4 * 2 * 4));
        assert_eq!((&packet[12..16], &packet[20..24]), (&[118, 118, 118, 255][..], &[0; 4][..]));
        assert_eq!(shown.packet(1), 1_u32.to_le_bytes());
    }

    #[test]
    fn what_was_seen_stays_until_something_new_is_there_unless_its_shape_is_another() {
        let mut shown = Shown::default();
        let [size, other] =
            [(4, 2), (2, 4)].map(|(width, height)| FrameSize::new(width, height).expect("in range"));
        let rect = |x| TileRect { x, y: 0, width: 2, height: 2 };
        let grey = [0.18, 0.18, 0.18, 1.0].repeat(4);
        for (size, x) in [(size, 0), (size, 2)] {
            shown.see(&sight(size, rect(x), &grey));
        }
        assert!(shown.packet(0)[12..].iter().all(|value| *value > 0), "both halves");
        shown.see(&sight(other, rect(0), &grey));
        let packet = shown.packet(0);
        assert_eq!(numbers(&packet), [3, 2, 4]);
        assert_eq!(packet[12 + 4 * 4..], [0; 16], "nothing of the one before");
    }

    #[test]
    fn who_needs_the_gpu_ends_a_look_and_does_not_wait_for_a_forecast() {
        let finder = Viewfinder::default();
        let look = finder.newest.begin();
        let still = finder.hold_still();
        assert!(look.is_asked());
        let next = finder.newest.begin();
        finder.end();
        assert!(next.is_asked());
        drop(still);
    }

    #[test]
    fn a_field_that_is_not_right_and_a_scene_that_is_not_there_are_told() {
        let still = Order { scene: "nowhere.glb".into(), output: "a.exr".into(), ..Order::default() };
        let look = |order: &Order| Viewfinder::default().look(order, 0, &Standby::default());
        let fault = look(&Order { frames: "x".into(), ..still.clone() }).expect_err("x is no frame");
        assert!(fault.exit == Exit::Usage && fault.what.contains("\"frames\""), "{fault}");
        let fault = look(&still).expect_err("there is no such scene, and maybe no adapter");
        assert!(matches!(fault.exit, Exit::Scene | Exit::Failure), "{fault}");
    }
}
