//! What a job's pictures are: everything that one must know of a job to read its results, and nothing of what it costs.

use frame::{FrameIndex, JobId, RenderSettings, SceneId, TileGrid};
use serde::{Deserialize, Serialize};

use crate::receipt::{book::BookTitle, settings_hash};
use crate::wire::JobShape;

/// Widest margin that a reader of a stranger's plan accepts, pixels; no denoiser of ours sees so far.
const MARGIN_PX_MAX: u32 = 1024;

/// A job's pictures, as the artist planned them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobPlan {
    /// The job's name.
    pub job: JobId,
    /// How much work it is.
    pub shape: JobShape,
    /// How it is rendered; each frame has an exposure scale of its own ([`Self::settings_of`]).
    pub settings: RenderSettings,
    /// Pixels around each tile that a denoiser sees.
    pub margin_px: u32,
    /// Each frame's scene, in the order of the frames; a single one serves all.
    pub scenes: Vec<SceneId>,
    /// Each frame's exposure scale, as the scenes.
    pub exposure_scales: Vec<f32>,
}

impl JobPlan {
    /// How every frame is cut, with the margin that a denoiser sees.
    pub fn grid(&self) -> TileGrid {
        TileGrid::new(self.shape.size, self.shape.edge_px, self.margin_px)
    }

    /// The scene that a frame shows.
    pub fn scene(&self, frame: FrameIndex) -> Option<SceneId> {
        self.at(frame, &self.scenes)
    }

    /// How a frame is rendered.
    pub fn settings_of(&self, frame: FrameIndex) -> Option<RenderSettings> {
        self.settings.with_exposure_scale(self.at(frame, &self.exposure_scales)?).ok()
    }

    /// The title of a frame's receipt book.
    pub fn book_title(&self, frame: FrameIndex) -> Option<BookTitle> {
        Some(BookTitle {
            job: self.job,
            frame,
            scene: self.scene(frame)?,
            settings: settings_hash(&self.settings_of(frame)?),
            size: self.shape.size,
            edge_px: self.shape.edge_px,
            spp: self.shape.spp,
        })
    }

    /// Whether the parts of a plan that somebody else made fit each other.
    pub(super) fn is_consistent(&self) -> bool {
        let (shape, settings) = (&self.shape, &self.settings);
        let each = |count: usize| count == 1 || count == shape.frames.len();
        settings.size == shape.size
            && settings.spp == shape.spp
            && self.margin_px <= MARGIN_PX_MAX
            && each(self.scenes.len())
            && each(self.exposure_scales.len())
    }

    fn at<T: Copy>(&self, frame: FrameIndex, of_frames: &[T]) -> Option<T> {
        let at = self.shape.frames.binary_search(&frame.0).ok()?;
        let at = if of_frames.len() == 1 { 0 } else { at };
        of_frames.get(at).copied()
    }
}
