//! What somebody who watches a picture grow is shown: rectangles of light, as soon as they are known.
//!
//! A sight borrows; whoever keeps one copies it. Nobody pays for sights that no [`Audience`](crate::Audience) asks for.

use frame::{Film, FrameIndex, FrameSize, Picture, TileIndex, TileRect, TileStage, TileState};

/// One rectangle of a frame as it is now; what was shown of it before is outdated.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// Of which frame.
    pub frame: FrameIndex,
    /// Pixels of the whole frame.
    pub size: FrameSize,
    /// Which of them these are; never empty, always inside.
    pub rect: TileRect,
    /// Which tile that is; nothing when it is the whole frame.
    pub tile: Option<TileIndex>,
    /// How far these pixels are.
    pub stage: Stage,
    /// Edge of a whole tile of the frame, pixels.
    pub edge_px: u32,
    /// How their samples came to be.
    pub work: Work,
    /// Samples of each pixel.
    pub samples: u32,
    /// Red, green, blue and alpha of each pixel, row by row: scene-linear Rec.709, premultiplied, the same numbers that the
    /// picture's file rounds to halves. All four are 0 where nothing was traced.
    pub rgba: &'a [f32],
}

/// How far pixels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There are samples, and there will be more or they will be denoised.
    Noisy,
    /// All samples, denoised by the node that traced them.
    Denoised,
    /// As it is in the finished picture.
    Done,
}

impl From<Stage> for TileStage {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Noisy => Self::Noisy,
            Stage::Denoised => Self::Denoised,
            Stage::Done => Self::Done,
        }
    }
}

/// How samples came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Whether all of them are there and came with receipts that were checked.
    pub is_checked: bool,
    /// Work on the tile so far, seconds: rendering here, or from its first lease to its arrival.
    pub seconds: Option<f32>,
}

impl Sight<'_> {
    /// Shows a tile of a film to `see`, if there is anything to be seen of it.
    pub(crate) fn of_tile(
        (frame, tile): (FrameIndex, TileIndex),
        film: &Film,
        work: Work,
        see: impl FnOnce(&Sight<'_>),
    ) {
        let Some((rect, picture)) = film.grid().rect(tile).zip(film.tile_picture(tile)) else { return };
        let is_done = film.tile_state(tile) == TileState::Done;
        let stage = match film.is_denoised(tile) {
            true => Stage::Denoised,
            false if is_done && film.settings().denoise == frame::Denoise::Off => Stage::Done,
            false => Stage::Noisy,
        };
        let samples = picture.samples().first().copied().unwrap_or_default();
        let (size, rgba) = (film.settings().size, &picture.colours().rgba);
        let work = Work { is_checked: work.is_checked && is_done, ..work };
        let edge_px = film.grid().edge_px();
        see(&Sight { frame, size, rect, tile: Some(tile), stage, edge_px, work, samples, rgba });
    }

    /// Shows a finished frame to `see`.
    pub(crate) fn of_frame(
        frame: FrameIndex,
        picture: &Picture,
        edge_px: u32,
        work: Work,
        see: impl FnOnce(&Sight<'_>),
    ) {
        let samples = picture.samples().iter().copied().min().unwrap_or_default();
        let (rect, size, rgba) = (picture.rect(), picture.size(), &picture.colours().rgba);
        see(&Sight { frame, size, rect, tile: None, stage: Stage::Done, edge_px, work, samples, rgba });
    }
}
