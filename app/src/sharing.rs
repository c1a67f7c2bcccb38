//! Shares this computer's GPU: a node that renders for a coordinator's artists.

use std::path::PathBuf;
use std::sync::Arc;

use frame::TileRenderer;
use render_net::identity::Identity;
use render_net::node::{Allowance, NodeConfig, NodeEvent, NodeEvents, Why, run_owned_node};
use tokio::sync::{mpsc, watch};

use crate::courtesy::{giving_way, polite};
use crate::denoiser::{Network, denoising};
use crate::earn::here::Here;
use crate::earn::steward::Steward;
use crate::earn::{Decision, Door, Owner, Rules, Senses, Standing, State};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::network::{address, node_fault, runtime};
use crate::places::{self, Part};
use crate::ruling;
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
    /// GPU memory that scenes may take, MiB; `None` is the rules' share of what the adapter has, where that is known.
    pub memory_mib: Option<u32>,
    /// Weights of a denoiser beside those that the program carries.
    pub weights: Option<PathBuf>,
    /// Leave when there is nothing to do.
    pub once: bool,
    /// Nodes of this computer that share its main memory, this one among them.
    pub nodes_here: u32,
}

/// Runs a node until it is stopped, or until it is idle when that was asked for, by the rules of a machine without a person in front of it.
pub fn share(share: &Share, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let (owner, _controls) = Owner::new(Rules::headless());
    share_owned(share, owner, stop, audience)
}

/// The same for an owner with rules and controls: the node works when they allow it, and frees the GPU when they want it back.
pub fn share_owned(
    share: &Share,
    owner: Owner,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let coordinator = address(&share.coordinator)?;
    let networks = Network::all(share.weights.as_deref())?;
    let data = places::data_folder(Part::Node, share.data.as_deref())?;
    places::create_private(&data)?;
    if Door::new(&data).is_taken() {
        return Err(Fault::failure(
            "another node runs with this data folder, under the same name",
            "end that one first, or give this one another folder with --data",
        ));
    }
    // The threads of a software driver begin here.
    let mut renderer = giving_way(|| gpu::open_renderer(share.adapter.as_deref(), None))?;
    let here = Here::new(data.clone(), renderer.adapter(), renderer.pci_bus_id());
    let memory_mib = share.memory_mib.or_else(|| owner.rules().lent_mib(here.memory_mib()?).into());
    renderer.limit_memory(memory_mib.map(|mib| u64::from(mib) << 20));
    let renderer = denoising(Box::new(renderer), &gpu::choice(share.adapter.as_deref()), &networks);
    let config = NodeConfig {
        coordinator,
        data,
        price: share.price,
        memory_mib: memory_mib.unwrap_or(MEMORY_MIB_ANY),
        scenes_bytes_max: scenes_bytes_max() / u64::from(share.nodes_here.max(1)),
        demand: owner.demand(),
        uplink: owner.uplink(),
        once: share.once,
        durable: true,
    };
    let why = run_shared(config, polite(renderer), owner, here, stop, audience)?;
    match why {
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

/// Runs a node with a steward beside it.
fn run_shared(
    config: NodeConfig,
    renderer: Box<dyn TileRenderer>,
    owner: Owner,
    here: Here,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Why, Fault> {
    let identity = Identity::open_or_create(&config.data).map_err(|error| node_fault(&error.into()))?;
    let (node, adapter) = (identity.id().to_string(), renderer.adapter().name);
    let (told, mut heard) = mpsc::unbounded_channel();
    let (allow, allowed) = watch::channel(Allowance::Hold);
    let mut standing = owner.follow();
    let here = || -> Box<dyn Senses> { Box::new(here) };
    let steward = Steward::start(owner, here, &config.data, &adapter, allow).map_err(|error| {
        Fault::failure(format!("the system gives this program no thread: {error}"), "try again")
    })?;
    let ear = steward.ear();
    let events: NodeEvents = Arc::new(move |event| {
        ear(event.clone());
        // Nobody listens any more only when this function has ended.
        let _ = told.send(event);
    });
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let running = run_owned_node(config, renderer, stop.receiver(), allowed, events);
        tokio::pin!(running);
        let (mut tiles_done, mut last) = (0, None);
        standing.mark_changed();
        loop {
            tokio::select! {
                biased;
                Some(event) = heard.recv() => tell(event, &node, &adapter, &mut tiles_done, audience),
                Ok(()) = standing.changed() => {
                    let now = standing.borrow_and_update().clone();
                    now.iter().for_each(|now| tell_standing(now, &mut last, audience));
                }
                ended = &mut running => break ended,
            }
        }
    });
    // The renderer may be inside a driver's call; the process does not wait for that.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    steward.end();
    outcome.map_err(|fault| node_fault(&fault))
}

/// Tells why the node works or not, when that is news: not at every tile.
fn tell_standing(now: &Standing, last: &mut Option<(State, &'static str)>, audience: &mut dyn Audience) {
    let Decision { state, reason, sentence, .. } = &now.decision;
    let code = if *state == State::Working { "working" } else { reason.code() };
    if last.replace((*state, code)) != Some((*state, code)) {
        let state = format!("{state:?}").to_lowercase();
        let (code, sentence) = (reason.code().into(), sentence.clone());
        audience.hear(&Event::NodeState { state, code, sentence, gpu: String::new() });
    }
}

/// Main memory that a node may hold opened scenes in: a quarter of what there is.
pub(crate) fn scenes_bytes_max() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    (system.total_memory() / 4).max(1 << 30)
}

fn tell(event: NodeEvent, node: &str, adapter: &str, tiles_done: &mut u64, audience: &mut dyn Audience) {
    let status =
        |state: &str, tiles_done| Event::NodeStatus { state: state.into(), tiles_done, gpu: String::new() };
    let warning = |message| Event::Live(frame::LiveEvent::Warning { message });
    let event = match event {
        NodeEvent::Connected => {
            Event::NodeReady { node: node.into(), adapter: adapter.into(), gpu: String::new() }
        }
        NodeEvent::Rendering { .. } => status("rendering", *tiles_done),
        NodeEvent::Rendered { .. } => status("delivering", *tiles_done),
        NodeEvent::Delivered { .. } => {
            *tiles_done += 1;
            status("delivered", *tiles_done)
        }
        NodeEvent::Disconnected { why } => warning(format!("not connected, trying again: {why}")),
        NodeEvent::Failed { why, .. } => warning(format!("a tile could not be rendered: {why}")),
        NodeEvent::Judged { found, .. } => {
            let why = ruling::why(found);
            warning(match found.is_for_node() {
                true => {
                    format!("an artist refused a tile, and the referee found it right, so it is paid: {why}")
                }
                false => format!(
                    "an artist refused a tile, and the referee found it wrong, so it is not paid: {why}"
                ),
            })
        }
        NodeEvent::NoRoom { why } => warning(format!(
            "finished tiles are kept, and no other is begun until the coordinator takes them: {why}; ask whoever runs it for more room"
        )),
        NodeEvent::Dropped { why, .. } => {
            tracing::debug!(why, "dropped");
            return;
        }
        NodeEvent::GivenBack { .. } => status("given back", *tiles_done),
        NodeEvent::Fetching { .. }
        | NodeEvent::Fetched { .. }
        | NodeEvent::Forgotten { .. }
        | NodeEvent::Progress { .. } => return,
    };
    audience.hear(&event);
}
