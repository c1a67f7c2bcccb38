//! A whole farm in this process: coordinator, nodes and artist, over QUIC on loopback, sealed as between strangers.
//!
//! `render` uses it with one node, so that what a person sees alone is what they get over the network. Everything it
//! keeps is ciphertext, in a temporary folder that goes when it ends, or in a folder from which a later process goes on
//! with the same job ([`render_kept`], [`resume`]): finished tiles are not rendered twice.

mod passing;
mod turnstile;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use frame::{JobId, NodeId, TileRenderer};
use render_core::{AdapterChoice, adapter_class};
use render_net::artist::{Artist, JobTicket, jobs_in, ticket_in};
use render_net::audit::Auditor;
use render_net::coordinator::{Coordinator, CoordinatorConfig, Keep};
use render_net::identity::{CoordinatorAddress, Identity};
use render_net::link::Uplink;
use render_net::node::{NodeConfig, NodeEvent, NodeEvents, NodeFault, Why, run_node};
use render_net::wire::FailureKind;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::commission::{self, Commission, Following, Note, PRICE_MAX_USUAL, Terms};
use crate::denoiser::{Carried, Network, denoising};
use crate::event::Audience;
use crate::fault::{Exit, Fault};
use crate::gpu::{self, Reserved};
use crate::network::{artist_fault, coordinator_broke, coordinator_fault, node_fault, runtime};
use crate::places;
use crate::render::{Plan, not_here};
use crate::request::RenderRequest;
use crate::sharing::{MEMORY_MIB_ANY, PRICE_USUAL, scenes_bytes_max};
use crate::stop::Stop;
use passing::Passing;

/// How long a render may be paused before its tile in hand is begun anew, milliseconds: a year.
const PAUSE_MS_MAX: u64 = 365 * 24 * 3_600_000;

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
    let (commission, renderer) = prepare(request, Reserved::new(adapter), stop, audience)?;
    run(commission, &request.output, vec![renderer], &gpu::choice(adapter), stop, audience)
}

/// The same with its work in `folder`, which goes when all pictures are there: whatever ends it sooner, [`resume`] goes on.
pub fn render_kept(
    request: &RenderRequest,
    gpu: Reserved,
    folder: &Path,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let chosen = gpu::choice(gpu.adapter());
    let (commission, renderer) = prepare(request, gpu, stop, audience)?;
    places::create_private(folder)?;
    let farm = Farm { place: folder, keeps: true, adapter: &chosen, renderers: vec![renderer], market: None };
    let ended = farm.work(Work::New(Box::new(commission)), Some(&request.output), stop, audience);
    tidied(folder, ended)
}

/// Whether a render in this folder can be taken up again.
pub fn is_kept(folder: &Path) -> bool {
    kept_job(folder).is_some()
}

/// What the pictures of a render in this folder are called, where it can be taken up again.
pub(crate) fn kept_output(folder: &Path) -> Option<PathBuf> {
    let (_, ticket) = kept_job(folder)?;
    Note::of(&ticket).ok().map(|note| note.output)
}

/// Goes on with a render that ended too soon.
///
/// # Errors
/// As [`render`]; and when there is nothing in the folder to go on with.
pub fn resume(
    folder: &Path,
    adapter: Option<&str>,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let Some((job, ticket)) = kept_job(folder) else {
        return Err(Fault::failure("nothing is kept of this render", "start it anew"));
    };
    let networks = Network::all(Note::of(&ticket)?.weights())?;
    let chosen = gpu::choice(adapter);
    let renderer = gpu::open_renderer(adapter, None)?;
    commission::announce(&ticket, &renderer.adapter().name, audience);
    let renderer = denoising(Box::new(renderer), &chosen, &networks);
    let farm = Farm { place: folder, keeps: true, adapter: &chosen, renderers: vec![renderer], market: None };
    tidied(folder, farm.work(Work::Kept(job), None, stop, audience))
}

fn prepare(
    request: &RenderRequest,
    gpu: Reserved,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<(Commission, Box<dyn TileRenderer>), Fault> {
    let chosen = gpu::choice(gpu.adapter());
    let class = adapter_class(&chosen);
    let plan = Plan::open(request, Carried::suited_to(class), audience)?;
    if class.is_none() {
        // That there is none is told before a large scene is packed for it.
        drop(gpu::open_renderer(gpu.adapter(), None)?);
    }
    let commission = Commission::of(&plan, &request.output)?;
    let renderer = gpu.open(stop)?.ok_or_else(|| stopped(NOTHING))?;
    plan.announce(&renderer.adapter().name, audience);
    Ok((commission, denoising(Box::new(renderer), &chosen, &plan.networks())))
}

/// The one job of a kept farm.
fn kept_job(folder: &Path) -> Option<(JobId, JobTicket)> {
    let artist = artist_folder(folder);
    jobs_in(&artist).into_iter().find_map(|job| Some((job, ticket_in(&artist, job).ok()?)))
}

fn artist_folder(place: &Path) -> PathBuf {
    place.join("artist")
}

/// Keeps the folder for as long as there is something in it to go on with.
fn tidied(folder: &Path, ended: Result<Exit, Fault>) -> Result<Exit, Fault> {
    // Of a job that is over with frames missing, nothing more comes.
    let is_over = ended.as_ref().map_or_else(|fault| fault.exit == Exit::Frames, |_| true);
    if is_over || !is_kept(folder) {
        // What is left behind is ciphertext, and the next start looks again.
        let _ = std::fs::remove_dir_all(folder);
    }
    ended.map_err(|fault| match fault.exit {
        Exit::Interrupted => Fault { advice: "go on with it for the rest".to_owned(), ..fault },
        _ => fault,
    })
}

/// Runs a farm with these renderers until the commission is done; what they leave noisy is denoised on `adapter`.
pub(crate) fn run(
    commission: Commission,
    output: &Path,
    hands: impl Into<Hands>,
    adapter: &AdapterChoice,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let place = Passing::make()?;
    let Hands { renderers, market } = hands.into();
    let farm = Farm { place: place.path(), keeps: false, adapter, renderers, market };
    farm.work(Work::New(Box::new(commission)), Some(output), stop, audience)
}

/// Who renders.
pub(crate) struct Hands {
    pub(crate) renderers: Vec<Box<dyn TileRenderer>>,
    /// Where the nodes are taken for strangers.
    pub(crate) market: Option<Market>,
}

impl From<Vec<Box<dyn TileRenderer>>> for Hands {
    fn from(renderers: Vec<Box<dyn TileRenderer>>) -> Self {
        Self { renderers, market: None }
    }
}

/// What an artist does among strangers.
pub(crate) struct Market {
    /// Looks at what they send.
    pub(crate) auditor: Auditor,
    /// Gets their names, in the order of their renderers.
    pub(crate) names: Arc<Mutex<Vec<NodeId>>>,
}

/// What a farm works on.
enum Work {
    /// Something that is handed in now.
    New(Box<Commission>),
    /// A job that an earlier farm in the same folder left.
    Kept(JobId),
}

struct Farm<'a> {
    place: &'a Path,
    /// Whether its work shall outlive this process, and a power cut.
    keeps: bool,
    adapter: &'a AdapterChoice,
    renderers: Vec<Box<dyn TileRenderer>>,
    market: Option<Market>,
}

impl Farm<'_> {
    fn work(
        self,
        work: Work,
        output: Option<&Path>,
        stop: &Stop,
        audience: &mut dyn Audience,
    ) -> Result<Exit, Fault> {
        let runtime = runtime()?;
        let outcome = runtime.block_on(self.until_done(work, output, stop, audience));
        // A node may still be inside a driver's call; the process does not wait for that.
        runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        outcome
    }

    async fn until_done(
        self,
        work: Work,
        output: Option<&Path>,
        stop: &Stop,
        audience: &mut dyn Audience,
    ) -> Result<Exit, Fault> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let keep = if self.keeps { Keep::Sqlite } else { Keep::Memory };
        let mut config =
            CoordinatorConfig { keep, ..CoordinatorConfig::new(listen, self.place.join("coordinator")) };
        // Nobody else wants the results once they are collected, and nobody else stores anything.
        config.limits.keeps_spares = false;
        config.limits.peer_bytes_max = config.limits.bytes_max;
        // Nobody else would take a tile that stands still, and a pause may last for days.
        config.terms.stall_ms = PAUSE_MS_MAX;
        let coordinator = Coordinator::start(config).await.map_err(|fault| coordinator_fault(&fault))?;
        let address = coordinator.address();
        let renderers = self.renderers.into_iter().map(|renderer| turnstile::before(renderer, stop.clone()));
        let mut nodes = Nodes::start(self.place, self.keeps, address, renderers.collect());
        let artist = Artist::open(artist_folder(self.place), address.clone());
        let artist = artist.map_err(|fault| artist_fault(&fault))?;
        let artist = if self.keeps { artist } else { artist.passing() };
        let artist = match self.market {
            Some(Market { auditor, names }) => {
                *names.lock().unwrap_or_else(PoisonError::into_inner) = nodes.names.clone();
                artist.auditing(auditor)
            }
            None => artist,
        };
        let work = async {
            let job = match work {
                Work::New(commission) => {
                    let terms = Terms { price_max: PRICE_MAX_USUAL, nodes: Vec::new(), referee: None };
                    commission::hand_in(&artist, *commission, &terms, stop, audience).await?
                }
                Work::Kept(job) => job,
            };
            let how = Following { output, adapter: self.adapter.clone(), ..Following::default() };
            commission::follow(&artist, job, &how, stop, audience).await
        };
        tokio::pin!(work);
        let ended = tokio::select! {
            outcome = &mut work => Ok(outcome.map_err(alone)),
            fault = nodes.trouble() => Err(fault),
            () = coordinator.failed() => Err(coordinator_broke()),
            () = coordinator.full() => Err(no_room()),
        };
        let outcome = match ended {
            Ok(outcome) => outcome,
            Err(trouble) => {
                // What is rendered so far is kept as after a person's stop, and told with what went wrong.
                stop.ask();
                Err(with_what_is_kept(trouble, work.await))
            }
        };
        nodes.stop().await;
        coordinator.stop().await;
        outcome
    }
}

/// Nobody else goes on with a job of a farm that ends with this process.
fn alone(fault: Fault) -> Fault {
    if fault.exit != Exit::Interrupted {
        return fault;
    }
    stopped(kept(&fault))
}

fn stopped(kept: &str) -> Fault {
    let what = format!("the render was stopped; {kept}");
    Fault::new(Exit::Interrupted, what, "start it again to have all of it")
}

/// A node's trouble, after which the work was stopped.
fn with_what_is_kept(trouble: Fault, stopped: Result<Exit, Fault>) -> Fault {
    match stopped {
        Err(stopped) if stopped.exit == Exit::Interrupted => {
            Fault { what: format!("{}; {}", trouble.what, kept(&stopped)), ..trouble }
        }
        _ => trouble,
    }
}

const NOTHING: &str = "nothing was finished yet";

/// What a stop says of what is there.
fn kept(stopped: &Fault) -> &str {
    stopped.what.rsplit_once("; ").map_or(NOTHING, |(_, kept)| kept)
}

/// What the farm's end is when a node could not do its work, and it is not the scene's fault.
fn failed(kind: FailureKind, why: &str) -> Fault {
    match kind {
        FailureKind::Job => Fault::scene(
            format!("the scene cannot be rendered here: {why}"),
            "see `tessera scene check` and `tessera doctor`",
        ),
        FailureKind::Node | FailureKind::Handback => not_here(why),
    }
}

/// The disk that holds the farm is full; its coordinator and its node both notice.
fn no_room() -> Fault {
    Fault::failure(
        "there is no room for what is rendered until it is in its picture",
        "free some space, or set TMPDIR (on Windows TMP)",
    )
}

/// The farm's nodes.
struct Nodes {
    stop: watch::Sender<bool>,
    /// Those whose identity could be made; the others tell why they cannot work.
    names: Vec<NodeId>,
    running: JoinSet<Result<Why, NodeFault>>,
    faults: mpsc::UnboundedReceiver<Fault>,
}

impl Nodes {
    fn start(
        place: &Path,
        durable: bool,
        address: &CoordinatorAddress,
        renderers: Vec<Box<dyn TileRenderer>>,
    ) -> Self {
        let stop = watch::Sender::new(false);
        let (tell, faults) = mpsc::unbounded_channel();
        let (mut running, mut names) = (JoinSet::new(), Vec::new());
        for (number, renderer) in renderers.into_iter().enumerate() {
            let data = place.join(format!("node-{number}"));
            names.extend(Identity::open_or_create(&data).map(|identity| identity.id()));
            let config = NodeConfig {
                coordinator: address.clone(),
                data,
                price: PRICE_USUAL,
                memory_mib: MEMORY_MIB_ANY,
                scenes_bytes_max: scenes_bytes_max(),
                demand: Default::default(),
                uplink: Uplink::default(),
                once: false,
                durable,
            };
            let tell = tell.clone();
            let events: NodeEvents = Arc::new(move |event| {
                let fault = match event {
                    NodeEvent::Failed { kind, why, .. } => failed(kind, &why),
                    NodeEvent::NoRoom { .. } => no_room(),
                    _ => return,
                };
                // The farm has ended when nobody listens.
                let _ = tell.send(fault);
            });
            running.spawn(run_node(config, renderer, stop.subscribe(), events));
        }
        Self { stop, names, running, faults }
    }

    /// Waits until a node cannot do its work: with one owner for all of them, no other node could do it either.
    async fn trouble(&mut self) -> Fault {
        tokio::select! {
            Some(fault) = self.faults.recv() => fault,
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
