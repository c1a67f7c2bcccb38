//! Shares this computer's GPU: a node that renders for a coordinator's artists.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use frame::TileRenderer;
use render_net::identity::Identity;
use render_net::node::{NodeConfig, NodeEvent, NodeEvents, Why, run_node};
use tokio::sync::mpsc;

use crate::denoiser::{Network, denoising};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::network::{address, node_fault, runtime};
use crate::places::{self, Part};
use crate::stop::Stop;

/// What nodes ask when nobody says otherwise, micro-credits per million samples.
pub const PRICE_USUAL: u64 = 1000;
/// "As much as there is": drivers do not tell how much memory is free, so the renderer's own refusal decides.
pub(crate) const MEMORY_MIB_ANY: u32 = 1 << 20;

/// How to share.
#[derive(Clone, Debug)]
pub struct Share {
    /// The coordinator's address.
    pub coordinator: String,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// Adapter, by number or part of its name.
    pub adapter: Option<String>,
    /// Micro-credits asked for a million samples.
    pub price: u64,
    /// GPU memory that scenes may take, MiB.
    pub memory_mib: Option<u32>,
    /// Weights of a denoiser beside those that the program carries.
    pub weights: Option<PathBuf>,
    /// Leave when there is nothing to do.
    pub once: bool,
}

/// Runs a node until it is stopped, or until it is idle when that was asked for.
pub fn share(share: &Share, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let coordinator = address(&share.coordinator)?;
    let networks = Network::all(share.weights.as_deref())?;
    let data = places::data_folder(Part::Node, share.data.as_deref())?;
    places::create_private(&data)?;
    let identity = Identity::open_or_create(&data).map_err(|error| node_fault(&error.into()))?;
    let memory_limit = share.memory_mib.map(|mib| u64::from(mib) << 20);
    let renderer = gpu::open_renderer(share.adapter.as_deref(), memory_limit)?;
    let (node, adapter) = (identity.id().to_string(), renderer.adapter().name);
    let config = NodeConfig {
        coordinator,
        data,
        price: share.price,
        memory_mib: share.memory_mib.unwrap_or(MEMORY_MIB_ANY),
        scenes_bytes_max: scenes_bytes_max(),
        once: share.once,
        durable: true,
    };
    let (told, mut heard) = mpsc::unbounded_channel();
    let told = Mutex::new(told);
    let events: NodeEvents = Arc::new(move |event| {
        if let Ok(told) = told.lock() {
            // Nobody listens any more only when this function has ended.
            let _ = told.send(event);
        }
    });
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let renderer = denoising(Box::new(renderer), &gpu::choice(share.adapter.as_deref()), &networks);
        let running = run_node(config, renderer, stop.receiver(), events);
        tokio::pin!(running);
        let mut tiles_done = 0;
        loop {
            tokio::select! {
                biased;
                Some(event) = heard.recv() => tell(event, &node, &adapter, &mut tiles_done, audience),
                ended = &mut running => break ended,
            }
        }
    });
    // The renderer may be inside a driver's call; the process does not wait for that.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome.map_err(|fault| node_fault(&fault))? {
        Why::Idle => Ok(Exit::Done),
        Why::Stopped => {
            let what = "the node was stopped; finished tiles that are not delivered yet are kept, sealed";
            Err(Fault::new(Exit::Interrupted, what, "start it again to deliver them"))
        }
        Why::Broken => Err(Fault::failure(
            "the renderer failed again and again",
            "run `tessera doctor` and `tessera bench`, and update the GPU's driver",
        )),
    }
}

/// Main memory that a node may hold opened scenes in: a quarter of what there is.
pub(crate) fn scenes_bytes_max() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    (system.total_memory() / 4).max(1 << 30)
}

fn tell(event: NodeEvent, node: &str, adapter: &str, tiles_done: &mut u64, audience: &mut dyn Audience) {
    let status = |state: &str, tiles_done| Event::NodeStatus { state: state.into(), tiles_done };
    let warning = |message| Event::Live(frame::LiveEvent::Warning { message });
    let event = match event {
        NodeEvent::Connected => Event::NodeReady { node: node.into(), adapter: adapter.into() },
        NodeEvent::Rendering { .. } => status("rendering", *tiles_done),
        NodeEvent::Rendered { .. } => status("delivering", *tiles_done),
        NodeEvent::Delivered { .. } => {
            *tiles_done += 1;
            status("delivered", *tiles_done)
        }
        NodeEvent::Disconnected { why } => warning(format!("not connected, trying again: {why}")),
        NodeEvent::Failed { why, .. } => warning(format!("a tile could not be rendered: {why}")),
        NodeEvent::Dropped { why, .. } => {
            tracing::debug!(why, "dropped");
            return;
        }
        NodeEvent::GivenBack { .. } => status("given back", *tiles_done),
        NodeEvent::Fetching { .. } | NodeEvent::Forgotten { .. } | NodeEvent::Progress { .. } => return,
    };
    audience.hear(&event);
}
