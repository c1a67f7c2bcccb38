//! A whole market in one process, to see it work: coordinator, honest nodes and an artist, with a scene made by code.

use std::path::Path;

use frame::{
    Denoise, FrameIndex, FrameSize, PlaneSet, RenderSettings, SettingsDraft, TileGrid, TileRenderer,
};
use render_net::artist::FrameScene;

use crate::bench;
use crate::commission::{Commission, Note};
use crate::denoiser::{Carried, Network};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::local;
use crate::output::OutputName;
use crate::print::Print;
use crate::render::{exposure_scale, pack};
use crate::stop::Stop;
use crate::tiling;

const SIZE: (u32, u32) = (480, 270);
const SPP: u32 = 32;

/// Renders the demo's scene through `nodes` nodes into `output`.
pub fn demo(
    nodes: u16,
    adapter: Option<&str>,
    output: &Path,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let print = Print::default();
    let size = FrameSize::new(SIZE.0, SIZE.1).expect("a small picture");
    let name = OutputName::parse(output, 1)?;
    name.check_writable(0, print.bytes_max(size))?;
    // Denoised here rather than by the nodes: a market needs many small tiles to be seen, and those have wide margins.
    let network = Network::carried(Carried::Small);
    let planes = PlaneSet::DEFAULT.iter().fold(print.planes(), PlaneSet::with);
    let draft = SettingsDraft {
        spp: SPP,
        planes,
        denoise: Denoise::Local,
        network: network.id(),
        ..SettingsDraft::defaults(size)
    };
    let settings = RenderSettings::new(draft).expect("the demo's settings are in range");
    let scene = bench::demo_scene();
    let exposure_scale = exposure_scale(&scene, &settings);
    let packed = pack(&scene)?;
    let memory_mib = render_core::memory_need(&packed).total_bytes.div_ceil(1 << 20) as u32;
    let blob = packed.to_blob();
    let mut renderers: Vec<Box<dyn TileRenderer>> = Vec::new();
    for _ in 0..nodes {
        renderers.push(Box::new(gpu::open_renderer(adapter, None)?));
    }
    let grid = TileGrid::new(size, tiling::edge_px(None, size, settings.denoise), 0);
    let adapter_name = renderers.first().map(|renderer| renderer.adapter().name).unwrap_or_default();
    audience.hear(&Event::render_started(1, SPP, grid, &adapter_name));
    let commission = Commission {
        frames: vec![FrameIndex(0)],
        one_scene: true,
        settings,
        edge_px: grid.edge_px(),
        margin_px: 0,
        memory_mib,
        packer: Box::new(move |_| Ok(FrameScene { scene: blob.clone(), exposure_scale })),
        note: Note::new(output, &print, None, false)?,
    };
    local::run(commission, output, renderers, &gpu::choice(adapter), stop, audience)
}
