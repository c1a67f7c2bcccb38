//! What each frame shows: the scene at its instant, packed, and its exposure.

use std::sync::Arc;

use frame::{FrameIndex, RenderSettings};
use render_core::PackedScene;
use render_core::import::Document;
use render_core::scene::Scene;
use render_net::artist::FrameScene;

use super::exposure::exposure_scale;
use super::scene_file::{import_fault, pack};
use crate::fault::Fault;

/// A document, and when each frame looks at it.
#[derive(Clone)]
pub(crate) struct Shots {
    document: Arc<Document>,
    /// Instant of a still, seconds; else frames follow each other.
    still_s: Option<f64>,
    fps: f64,
}

impl Shots {
    pub(crate) fn new(document: Document, still_s: Option<f64>, fps: f64) -> Self {
        Self { document: Arc::new(document), still_s, fps }
    }

    /// Whether every frame shows the same scene.
    pub(crate) fn are_one(&self) -> bool {
        self.document.animation_seconds().is_none()
    }

    /// The scene at a frame's instant.
    pub(crate) fn scene(&self, frame: FrameIndex) -> Result<Scene, Fault> {
        let time_s = self.still_s.unwrap_or_else(|| f64::from(frame.0) / self.fps);
        let scene = self.document.scene_at(time_s as f32, (1.0 / self.fps) as f32);
        scene.map_err(|error| import_fault(&error))
    }

    /// The same packed, and its exposure.
    pub(crate) fn packed(
        &self,
        frame: FrameIndex,
        settings: &RenderSettings,
    ) -> Result<(PackedScene, f32), Fault> {
        let scene = self.scene(frame)?;
        Ok((pack(&scene)?, exposure_scale(&scene, settings)))
    }

    /// What a renderer needs.
    pub(crate) fn shown(&self, frame: FrameIndex, settings: &RenderSettings) -> Result<FrameScene, Fault> {
        let (packed, exposure_scale) = self.packed(frame, settings)?;
        Ok(FrameScene { scene: packed.to_blob(), exposure_scale })
    }
}
