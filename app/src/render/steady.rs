//! Holds the pictures of finished frames until their neighbours are there, and averages them where these agree (`frame::history`).
//!
//! At most [`HELD_MAX`] pictures are in memory; where frames finish in another order than they follow each other, more wait in
//! files without a name beside the output, which the system removes with this process, however that ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use frame::{HistoryFault, Neighbours, Picture, PictureShape, RenderSettings};

use super::sequence::{Sequence, around};
use crate::fault::Fault;

/// Pictures in memory: a frame and the two around it.
const HELD_MAX: usize = 3;

/// Signs the hash of a picture's pixels; the result goes into its file.
pub(crate) type Seal<'a> = Box<dyn Fn([u8; 32]) -> Vec<u8> + Send + 'a>;

/// A finished frame: its picture as it was denoised, and what is needed to print it.
pub(crate) struct Finished<'a> {
    pub(crate) picture: Picture,
    pub(crate) settings: RenderSettings,
    pub(crate) seal: Option<Seal<'a>>,
    /// Whether the picture is in its file already, unsteadied.
    pub(crate) is_printed: bool,
}

/// What became of a frame whose neighbours are there.
pub(crate) struct Steadied<'a> {
    pub(crate) finished: Finished<'a>,
    /// Why it stays as it was denoised.
    pub(crate) fault: Option<HistoryFault>,
}

/// The frames of one render that wait or are waited for.
pub(crate) struct Steady<'a> {
    sequence: Sequence,
    folder: PathBuf,
    here: BTreeMap<u32, Finished<'a>>,
    away: BTreeMap<u32, Away<'a>>,
}

struct Away<'a> {
    file: File,
    shape: PictureShape,
    settings: RenderSettings,
    seal: Option<Seal<'a>>,
    is_printed: bool,
}

impl<'a> Steady<'a> {
    /// For the frames of a render whose pictures go to `folder`; nothing where no two follow each other.
    pub(crate) fn of(frames: impl IntoIterator<Item = u32>, folder: &Path) -> Option<Self> {
        let (here, away) = (BTreeMap::new(), BTreeMap::new());
        Some(Self { sequence: Sequence::of(frames)?, folder: folder.to_owned(), here, away })
    }

    /// Takes a finished frame; says which frames can be steadied now, ascending.
    pub(crate) fn arrive(&mut self, frame: u32, finished: Finished<'a>) -> Result<Vec<u32>, Fault> {
        self.make_room(frame)?;
        self.here.insert(frame, finished);
        Ok(self.sequence.settle(frame, true))
    }

    /// A frame will never be finished; says which frames can be steadied now.
    pub(crate) fn lose(&mut self, frame: u32) -> Vec<u32> {
        self.sequence.settle(frame, false)
    }

    /// Hands a frame out that has just arrived; to be given [back](Self::put_back).
    pub(crate) fn take(&mut self, frame: u32) -> Option<Finished<'a>> {
        self.here.remove(&frame)
    }

    /// Steadies a frame that [`Self::arrive`] or [`Self::lose`] named, and hands it out; to be given [back](Self::put_back).
    ///
    /// # Errors
    /// When a picture cannot be read back.
    pub(crate) fn steady(&mut self, frame: u32) -> Result<Option<Steadied<'a>>, Fault> {
        for needed in around(frame).chain([frame]) {
            self.bring(needed, frame)?;
        }
        self.sequence.done(frame);
        let Some(mut finished) = self.here.remove(&frame) else { return Ok(None) };
        let other = |at: Option<u32>| self.here.get(&at?).map(|other| &other.picture);
        let neighbours =
            Neighbours { before: other(frame.checked_sub(1)), after: other(frame.checked_add(1)) };
        let fault = finished.picture.steady(neighbours, finished.settings.exposure_scale).err();
        Ok(Some(Steadied { finished, fault }))
    }

    /// Takes back what [`Self::steady`] handed out, as long as a neighbour needs it, and lets go of what nobody needs.
    pub(crate) fn put_back(&mut self, frame: u32, finished: Finished<'a>) {
        self.here.insert(frame, finished);
        self.here.retain(|frame, _| self.sequence.is_needed(*frame));
        self.away.retain(|frame, _| self.sequence.is_needed(*frame));
    }

    /// Makes sure that a picture is in memory, if it is held at all; `middle` is the frame that is to be steadied.
    fn bring(&mut self, frame: u32, middle: u32) -> Result<(), Fault> {
        let Some(away) = self.away.remove(&frame) else { return Ok(()) };
        self.make_room(middle)?;
        let Away { mut file, shape, settings, seal, is_printed } = away;
        let read = file.rewind().and_then(|()| shape.read(&mut BufReader::new(file)));
        let picture = read.map_err(|error| Fault::file("read back a frame from", &self.folder, &error))?;
        self.here.insert(frame, Finished { picture, settings, seal, is_printed });
        Ok(())
    }

    /// Puts pictures away until there is room for one more, those first that are farthest from `middle`: never one of the three around it
    /// while there is another.
    fn make_room(&mut self, middle: u32) -> Result<(), Fault> {
        while self.here.len() >= HELD_MAX {
            let farthest = self.here.keys().copied().max_by_key(|held| held.abs_diff(middle));
            let Some((held, finished)) = farthest.and_then(|held| self.here.remove_entry(&held)) else {
                break;
            };
            let put = || {
                let mut to = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
                let shape = finished.picture.put_away(&mut to)?;
                to.flush()?;
                Ok((to.into_inner().map_err(std::io::IntoInnerError::into_error)?, shape))
            };
            let put: std::io::Result<_> = put();
            let (file, shape) = put.map_err(|error| Fault::file("keep a frame in", &self.folder, &error))?;
            let Finished { settings, seal, is_printed, .. } = finished;
            self.away.insert(held, Away { file, shape, settings, seal, is_printed });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use frame::history::PLANES;
    use frame::{FrameSize, Plane, SettingsDraft, TilePlanes, TileRect};

    use super::*;

    /// A small frame whose light says which it is.
    fn picture(frame: u32) -> Picture {
        let rect = TileRect { x: 0, y: 0, width: 4, height: 3 };
        let mut sums = TilePlanes::zeroed(rect, PLANES);
        let fill = |sums: &mut TilePlanes, plane, value| {
            sums.plane_mut(plane).expect("in the set").fill(value);
        };
        let light = 0.3 + 0.01 * (frame * frame % 7) as f32;
        fill(&mut sums, Plane::Depth, 4.0);
        fill(&mut sums, Plane::Hits, 4.0);
        fill(&mut sums, Plane::Radiance, 4.0 * 0.3);
        fill(&mut sums, Plane::LuminanceSquared, 4.0);
        Picture::of_tile(&sums.with_denoised(vec![light; 36]).expect("as many"), 4).expect("a picture")
    }

    fn finished(frame: u32) -> Finished<'static> {
        let size = FrameSize::new(4, 3).expect("in range");
        let settings = RenderSettings::new(SettingsDraft::defaults(size)).expect("valid");
        Finished { picture: picture(frame), settings, seal: None, is_printed: false }
    }

    /// What becomes of frames that finish in this order; those of `lost` fail at the end.
    fn beauties(order: &[u32], lost: &[u32]) -> BTreeMap<u32, Vec<f32>> {
        let place = tempfile::tempdir().expect("a temporary folder");
        let all = order.iter().chain(lost).copied();
        let mut steady = Steady::of(all, place.path()).expect("they follow each other");
        let mut out = BTreeMap::new();
        for (&frame, is_lost) in
            order.iter().map(|frame| (frame, false)).chain(lost.iter().map(|frame| (frame, true)))
        {
            let ready = match is_lost {
                true => steady.lose(frame),
                false => steady.arrive(frame, finished(frame)).expect("there is room"),
            };
            if !is_lost && !ready.contains(&frame) {
                let taken = steady.take(frame).expect("it has just come");
                steady.put_back(frame, taken);
            }
            for frame in ready {
                let steadied = steady.steady(frame).expect("it can be read").expect("it is held");
                assert_eq!(steadied.fault, None, "all planes");
                let done = steadied.finished;
                assert_eq!(out.insert(frame, done.picture.beauty().to_vec()), None, "once");
                steady.put_back(frame, done);
                assert!(steady.here.len() <= HELD_MAX, "{:?}", steady.here.keys());
            }
        }
        assert!(steady.here.is_empty() && steady.away.is_empty(), "nothing is held at the end");
        assert_eq!(std::fs::read_dir(place.path()).expect("it is there").count(), 0, "nor left behind");
        out
    }

    #[test]
    fn frames_have_the_same_bits_in_whatever_order_they_finish() {
        let wanted: BTreeMap<u32, Vec<f32>> = (1..=8)
            .map(|frame| {
                let other = |at: u32| (1..=8).contains(&at).then(|| picture(at));
                let (before, after) = (other(frame - 1), other(frame + 1));
                let around = Neighbours { before: before.as_ref(), after: after.as_ref() };
                (frame, picture(frame).steadied(around, 1.0).expect("all planes"))
            })
            .collect();
        assert_ne!(wanted[&2], picture(2).denoised(), "something is done");
        let orders = [
            [1, 2, 3, 4, 5, 6, 7, 8],
            [8, 7, 6, 5, 4, 3, 2, 1],
            [1, 3, 5, 7, 2, 4, 6, 8],
            [1, 8, 2, 7, 3, 6, 5, 4],
        ];
        for order in orders {
            assert_eq!(beauties(&order, &[]), wanted, "{order:?}");
        }
    }

    #[test]
    fn who_has_lost_a_neighbour_does_without() {
        let out = beauties(&[1, 2, 4], &[3]);
        let around = Neighbours { before: Some(&picture(1)), after: None };
        assert_eq!(out[&2], picture(2).steadied(around, 1.0).expect("all planes"));
        assert_eq!(out[&4], picture(4).denoised());
    }
}
