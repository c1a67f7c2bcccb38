//! A whole market in one process, to see it work: coordinator, nodes of which some may lie, and an artist, with a scene made by code.

mod liar;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use frame::{
    Denoise, FrameIndex, FrameSize, NodeId, PlaneSet, RenderSettings, SettingsDraft, TileGrid, TileRenderer,
};
use render_net::artist::FrameScene;
use serde::Serialize;

use crate::auditing::auditor;
use crate::bench;
use crate::commission::{Commission, Note};
use crate::denoiser::{Carried, Network};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::local::{self, Hands, Market};
use crate::output::OutputName;
use crate::print::Print;
use crate::render::{exposure_scale, pack};
use crate::sight::Sight;
use crate::stop::Stop;
use crate::tiling;
use liar::{Liar, Way};

/// Who takes part, and what they render.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Nodes in the market.
    pub nodes: u16,
    /// Those of them, the first, that lie.
    pub liars: u16,
    /// Columns and rows of the picture.
    pub size: FrameSize,
    /// Samples per pixel.
    pub spp: u32,
}

/// What became of the liars.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Caught {
    /// Nodes in the market.
    pub nodes: u16,
    /// Those of them that lied, and how.
    pub liars: Vec<&'static str>,
    /// Liars of whom a result was refused: they got no more work.
    pub caught: usize,
    /// Results that were refused.
    pub refused: usize,
    /// Honest nodes of whom a result was refused.
    pub accused: usize,
}

impl fmt::Display for Caught {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, liars, caught, refused, accused } = self;
        match liars.len() {
            0 => write!(f, "{nodes} nodes, and nobody lied")?,
            1 => write!(f, "{nodes} nodes, of which one lied")?,
            many => write!(f, "{nodes} nodes, of which {many} lied")?,
        }
        for way in liars {
            write!(f, "\n  one {way}")?;
        }
        if !liars.is_empty() {
            write!(f, "\n{caught} caught, {refused} results refused, none of them paid")?;
        }
        if *accused > 0 {
            write!(f, "\nand {accused} honest nodes were accused")?;
        }
        Ok(())
    }
}

/// Renders the demo's scene through the nodes of `cast` into `output`.
///
/// # Errors
/// As for rendering; and when nobody among the nodes is honest.
pub fn demo(
    cast: Cast,
    adapter: Option<&str>,
    output: &Path,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<(Exit, Caught), Fault> {
    let Cast { nodes, liars, size, spp } = cast;
    if liars >= nodes {
        let what = format!("of {nodes} nodes {liars} would lie, and nobody would render the picture");
        return Err(Fault::usage(what, "have more --nodes than --liars"));
    }
    let commission = commission(size, spp, output)?;
    let mut renderers: Vec<Box<dyn TileRenderer>> = Vec::new();
    let ways: Vec<Way> = (0..usize::from(liars)).map(Way::of).collect();
    for number in 0..usize::from(nodes) {
        let honest = Box::new(gpu::open_renderer(adapter, None)?);
        renderers.push(match ways.get(number) {
            Some(&way) => Box::new(Liar { honest, way }),
            None => honest,
        });
    }
    let grid = TileGrid::new(commission.settings.size, commission.edge_px, commission.margin_px);
    let adapter_name = renderers.first().map(|renderer| renderer.adapter().name).unwrap_or_default();
    audience.hear(&Event::render_started(1, spp, grid, &adapter_name));
    let names = Arc::new(Mutex::default());
    let market = Some(Market { auditor: auditor(adapter), names: Arc::clone(&names) });
    let hands = Hands { renderers, market };
    let mut watching = Watching { audience, refused: Vec::new() };
    let done = local::run(commission, output, hands, &gpu::choice(adapter), stop, &mut watching)?;
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((done, Caught::of(nodes, &ways, &names, &watching.refused)))
}

/// The demo's scene and settings.
fn commission(size: FrameSize, spp: u32, output: &Path) -> Result<Commission, Fault> {
    let print = Print::default();
    let name = OutputName::parse(output, 1)?;
    name.check_writable(0, print.bytes_max(size))?;
    // Denoised here rather than by the nodes: a market needs many small tiles to be seen, and those have wide margins.
    let network = Network::carried(Carried::Small);
    let planes = PlaneSet::DEFAULT.iter().fold(print.planes(), PlaneSet::with);
    let draft = SettingsDraft {
        spp,
        planes,
        denoise: Denoise::Local,
        network: network.id(),
        ..SettingsDraft::defaults(size)
    };
    let settings =
        RenderSettings::new(draft).map_err(|error| Fault::usage(error.to_string(), "correct the flag"))?;
    let scene = bench::demo_scene();
    let exposure_scale = exposure_scale(&scene, &settings);
    let packed = pack(&scene)?;
    let memory_mib = render_core::memory_need(&packed).total_bytes.div_ceil(1 << 20) as u32;
    let blob = packed.to_blob();
    Ok(Commission {
        frames: vec![FrameIndex(0)],
        one_scene: true,
        settings,
        edge_px: tiling::edge_px(None, size, settings.denoise),
        margin_px: 0,
        memory_mib,
        packer: Box::new(move |_| Ok(FrameScene { scene: blob.clone(), exposure_scale })),
        note: Note::new(output, &print, None, false)?,
    })
}

impl Caught {
    /// `names` of all nodes, the liars first; `refused` has one for each refused result.
    fn of(nodes: u16, ways: &[Way], names: &[NodeId], refused: &[String]) -> Self {
        let lying: BTreeSet<String> = names.iter().take(ways.len()).map(ToString::to_string).collect();
        let found: BTreeSet<&String> = refused.iter().collect();
        let caught = found.iter().filter(|node| lying.contains(**node)).count();
        let liars = ways.iter().map(|way| way.words()).collect();
        Self { nodes, liars, caught, refused: refused.len(), accused: found.len() - caught }
    }
}

/// Hands everything on, and remembers whose work was refused.
struct Watching<'a> {
    audience: &'a mut dyn Audience,
    refused: Vec<String>,
}

impl Audience for Watching<'_> {
    fn hear(&mut self, event: &Event) {
        if let Event::Refused { node, .. } = event {
            self.refused.push(node.clone());
        }
        self.audience.hear(event);
    }

    fn watches(&self) -> bool {
        self.audience.watches()
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.audience.see(sight);
    }
}
