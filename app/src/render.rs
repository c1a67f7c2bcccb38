//! Renders a scene on this computer: from its file to EXRs.

mod darkroom;
mod developer;
mod doubt;
mod exposure;
mod finder;
mod plan;
mod scene_file;
mod sequence;
mod session;
mod shots;
mod steady;
mod tally;

use frame::TileRenderer;
use render_core::adapter_class;

pub(crate) use darkroom::{Darkroom, tell_tile};
pub(crate) use developer::{Developed, Developer};
pub(crate) use exposure::exposure_scale;
pub(crate) use finder::{Finder, ended};
pub use plan::Plan;
pub(crate) use plan::{Packer, Scenes, default_size};
pub(crate) use scene_file::{View, import_fault, open_scene, pack};
pub(crate) use session::{not_here, render_fault};
pub(crate) use steady::{Seal, Steady};
pub(crate) use tally::Tally;

use crate::denoiser::Carried;
use crate::event::Audience;
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::request::RenderRequest;
use crate::stop::Stop;

/// Renders without network and sealing, on the adapter that is asked for or the strongest.
///
/// # Errors
/// A [`Fault`] with the exit code that fits; when stopped, it says what was kept.
pub fn direct(
    request: &RenderRequest,
    adapter: Option<&str>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let chosen = gpu::choice(adapter);
    let plan = Plan::open(request, Carried::suited_to(adapter_class(&chosen)), audience)?;
    let mut renderer = gpu::open_renderer(adapter, None)?;
    plan.announce(&renderer.adapter().name, audience);
    let developer = plan.developer(&chosen);
    let mut shown = |frame| plan.shown(frame);
    session::render_frames(&plan, developer, &mut shown, &mut renderer, stop, audience)
}
