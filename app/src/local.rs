//! A whole farm in this process: coordinator, nodes and artist, over QUIC on loopback, sealed as between strangers.
//!
//! `render` uses it with one node, so that what a person sees alone is what they get over the network. Everything it
//! keeps is ciphertext in a temporary folder that goes when it ends.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use frame::TileRenderer;
use render_core::{AdapterChoice, adapter_class};
use render_net::artist::Artist;
use render_net::coordinator::{Coordinator, CoordinatorConfig, Keep};
use render_net::identity::CoordinatorAddress;
use render_net::node::{NodeConfig, NodeEvent, NodeEvents, NodeFault, Why, run_node};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::commission::{self, Commission, PRICE_MAX_USUAL, Terms};
use crate::denoiser::{Carried, denoising};
use crate::event::Audience;
use crate::fault::{Exit, Fault};
use crate::gpu;
use crate::network::{artist_fault, coordinator_fault, node_fault, runtime};
use crate::render::Plan;
use crate::request::RenderRequest;
use crate::sharing::{MEMORY_MIB_ANY, PRICE_USUAL, scenes_bytes_max};
use crate::stop::Stop;

/// Renders on this machine through the network's whole path.
///
/// # Errors
/// A [`Fault`] with the exit code that fits; when stopped, it says what was kept.
pub fn render(
    request: &RenderRequest,
    adapter: Option<&str>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let chosen = gpu::choice(adapter);
    let plan = Plan::open(request, Carried::suited_to(adapter_class(&chosen)), audience)?;
    let renderer = gpu::open_renderer(adapter, None)?;
    plan.announce(&renderer.adapter().name, audience);
    let commission = plan.commission(&request.output)?;
    let renderer = denoising(Box::new(renderer), &chosen, &plan.networks());
    run(commission, &request.output, vec![renderer], &chosen, stop, audience)
}

/// Runs a farm with these renderers until the commission is done; what they leave noisy is denoised on `adapter`.
pub(crate) fn run(
    commission: Commission,
    output: &Path,
    renderers: Vec<Box<dyn TileRenderer>>,
    adapter: &AdapterChoice,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let place = tempfile::Builder::new().prefix("tessera-").tempdir().map_err(|error| {
        Fault::failure(format!("no temporary folder can be made: {error}"), "free some space, or set TMPDIR")
    })?;
    let runtime = runtime()?;
    let outcome =
        runtime.block_on(farm(place.path(), commission, (output, adapter), renderers, stop, audience));
    // A node may still be inside a driver's call; the process does not wait for that.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}

async fn farm(
    place: &Path,
    commission: Commission,
    (output, adapter): (&Path, &AdapterChoice),
    renderers: Vec<Box<dyn TileRenderer>>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config =
        CoordinatorConfig { keep: Keep::Memory, ..CoordinatorConfig::new(listen, place.join("coordinator")) };
    let coordinator = Coordinator::start(config).await.map_err(|fault| coordinator_fault(&fault))?;
    let mut nodes = Nodes::start(place, coordinator.address(), renderers);
    let artist = Artist::open(place.join("artist"), coordinator.address().clone());
    let artist = artist.map_err(|fault| artist_fault(&fault))?.passing();
    let terms = Terms { price_max: PRICE_MAX_USUAL, nodes: Vec::new() };
    let work = async {
        let job = commission::hand_in(&artist, commission, &terms, stop, audience).await?;
        commission::follow(&artist, job, Some(output), adapter, stop, audience).await
    };
    let outcome = tokio::select! {
        outcome = work => outcome.map_err(alone),
        fault = nodes.trouble() => Err(fault),
    };
    nodes.stop().await;
    coordinator.stop().await;
    outcome
}

/// Nobody else goes on with a job of a farm that ends with this process.
fn alone(fault: Fault) -> Fault {
    if fault.exit != Exit::Interrupted {
        return fault;
    }
    let kept = fault.what.rsplit("; ").next().unwrap_or_default();
    Fault::new(Exit::Interrupted, format!("the render was stopped; {kept}"), "start it again for the rest")
}

/// The farm's nodes.
struct Nodes {
    stop: watch::Sender<bool>,
    running: JoinSet<Result<Why, NodeFault>>,
    failures: mpsc::UnboundedReceiver<String>,
}

impl Nodes {
    fn start(place: &Path, address: &CoordinatorAddress, renderers: Vec<Box<dyn TileRenderer>>) -> Self {
        let stop = watch::Sender::new(false);
        let (failed, failures) = mpsc::unbounded_channel();
        let mut running = JoinSet::new();
        for (number, renderer) in renderers.into_iter().enumerate() {
            let config = NodeConfig {
                coordinator: address.clone(),
                data: place.join(format!("node-{number}")),
                price: PRICE_USUAL,
                memory_mib: MEMORY_MIB_ANY,
                scenes_bytes_max: scenes_bytes_max(),
                once: false,
                durable: false,
            };
            let failed = failed.clone();
            let events: NodeEvents = Arc::new(move |event| {
                if let NodeEvent::Failed { why, .. } = event {
                    // The farm has ended when nobody listens.
                    let _ = failed.send(why);
                }
            });
            running.spawn(run_node(config, renderer, stop.subscribe(), events));
        }
        Self { stop, running, failures }
    }

    /// Waits until a node cannot do its work: with one owner for all of them, no other node could do it either.
    async fn trouble(&mut self) -> Fault {
        tokio::select! {
            Some(why) = self.failures.recv() => {
                Fault::scene(format!("the scene cannot be rendered here: {why}"), "see `tessera scene check` and `tessera doctor`")
            }
            Some(ended) = self.running.join_next() => match ended {
                Ok(Err(fault)) => node_fault(&fault),
                Ok(Ok(why)) => Fault::failure(format!("the node left: {why:?}"), "report this with the output of `tessera doctor`"),
                Err(error) => Fault::failure(format!("the node broke down: {error}"), "report this with the output of `tessera doctor`"),
            },
            else => std::future::pending().await,
        }
    }

    async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.running.join_next().await.is_some() {} };
        // A node in the middle of a block is left to the end of the process.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), all).await;
    }
}
