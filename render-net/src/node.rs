//! A node: lends its renderer to strangers' jobs through one coordinator.
//!
//! [`run_node`] is the driver around [`agent`], which decides; this file and its parts connect, fetch, render and deliver. Scenes are opened in memory
//! only; what lies on disk is the identity, finished results as ciphertext ([`outbox`]), and what referees found of them ([`docket`]). Sources: none; the states are in [`agent`].

pub mod agent;
mod bench;
mod demand;
mod docket;
mod errands;
mod event;
mod finish;
mod outbox;
mod shelf;
mod sums;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use frame::{BlockRange, LeaseId, TileRenderer};
use tokio::sync::{mpsc, watch};

pub use agent::{Allowance, Why};
pub use demand::Demand;
pub use event::NodeEvent;

use crate::identity::{CoordinatorAddress, Identity, IdentityError, system_words};
use crate::link::{Link, LinkFault, Uplink};
use crate::wire::Referees;
use agent::{Agent, Effect, Input, Millis, Rendered};
use bench::{Bench, FromBench, Reins, Retained};
use docket::Docket;
use errands::Errands;
use finish::Work;
use outbox::Outbox;

/// How a node works.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Where work comes from.
    pub coordinator: CoordinatorAddress,
    /// Identity and undelivered results.
    pub data: PathBuf,
    /// Lowest price, micro-credits per million samples.
    pub price: u64,
    /// Graphics memory that the owner lends, MiB.
    pub memory_mib: u32,
    /// Memory for opened scenes, bytes; a single scene may have as many.
    pub scenes_bytes_max: u64,
    /// Works only where one of these judges what artists refuse. What the owner changes holds for the next tile; one in hand is finished.
    pub demand: Demand,
    /// The line over which results and previews go.
    pub uplink: Uplink,
    /// Leave when idle.
    pub once: bool,
    /// Whether finished work must survive a power cut; needless for a node that ends with its coordinator.
    pub durable: bool,
}

/// Who hears what the node tells.
pub type NodeEvents = Arc<dyn Fn(NodeEvent) + Send + Sync>;

/// Why a node cannot work at all.
#[derive(Debug, thiserror::Error)]
pub enum NodeFault {
    /// No identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The data folder cannot be used.
    #[error("the node's data folder cannot be used: {}", system_words(.0))]
    Data(std::io::Error),
    /// The coordinator will never have this node.
    #[error(transparent)]
    Link(#[from] LinkFault),
}

/// Works until told to stop, until idle if so configured, or until the renderer is broken.
///
/// # Errors
/// What no waiting mends: the data folder, another version, somebody else's key.
pub async fn run_node(
    config: NodeConfig,
    renderer: Box<dyn TileRenderer>,
    stop: watch::Receiver<bool>,
    events: NodeEvents,
) -> Result<Why, NodeFault> {
    run(config, renderer, stop, None, events).await
}

/// The same for a node whose owner comes first: it heeds what is allowed at any moment, and frees the GPU in the middle of a block.
///
/// # Errors
/// As [`run_node`].
pub async fn run_owned_node(
    config: NodeConfig,
    renderer: Box<dyn TileRenderer>,
    stop: watch::Receiver<bool>,
    allowed: watch::Receiver<Allowance>,
    events: NodeEvents,
) -> Result<Why, NodeFault> {
    run(config, renderer, stop, Some(allowed), events).await
}

async fn run(
    config: NodeConfig,
    renderer: Box<dyn TileRenderer>,
    mut stop: watch::Receiver<bool>,
    mut allowed: Option<watch::Receiver<Allowance>>,
    events: NodeEvents,
) -> Result<Why, NodeFault> {
    let identity = Arc::new(Identity::open_or_create(&config.data)?);
    let outbox =
        Outbox::open(&config.data, config.coordinator.key(), config.durable).map_err(NodeFault::Data)?;
    let docket =
        Docket::open(&config.data, config.coordinator.key(), config.durable).map_err(NodeFault::Data)?;
    let bench = Bench::start(renderer, allowed.is_some()).map_err(NodeFault::Data)?;
    let agent = Agent::new(config.once, outbox.leases());
    let (inputs, mut arriving) = mpsc::channel(INPUTS_MAX);
    let mut demand = config.demand.clone();
    let errands = Errands::new(config, identity, bench.adapter().clone(), (outbox, docket), inputs, events);
    let mut driver = Driver {
        agent,
        bench,
        errands,
        began: Instant::now(),
        link: None,
        link_count: 0,
        held: HashMap::new(),
    };
    let start = driver.agent.start();
    driver.carry_out(vec![start]).await;
    if let Some(allowed) = &mut allowed {
        let first = *allowed.borrow_and_update();
        driver.take_in(News::Agent(Input::Allow(first))).await?;
    }
    let mut stopping = false;
    loop {
        let now = driver.now();
        let tick = Duration::from_millis(driver.agent.next_tick(now) - now);
        let news = tokio::select! {
            news = arriving.recv() => news.unwrap_or(News::Agent(Input::Stop)),
            () = tokio::time::sleep(tick) => News::Agent(Input::Tick),
            allowance = next_allowance(&mut allowed) => News::Agent(Input::Allow(allowance)),
            () = demand.changed() => News::Demand,
            told = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                // When nobody is left who could say stop, the node goes on.
                News::Agent(if told.is_ok() { Input::Stop } else { Input::Tick })
            }
        };
        if let Some(why) = driver.take_in(news).await? {
            return Ok(why);
        }
    }
}

/// What the owner says next; never, when nobody is left to say it.
async fn next_allowance(allowed: &mut Option<watch::Receiver<Allowance>>) -> Allowance {
    if let Some(allowed) = allowed
        && allowed.changed().await.is_ok()
    {
        return *allowed.borrow_and_update();
    }
    std::future::pending().await
}

/// Most unread news; a full channel slows those who report.
const INPUTS_MAX: usize = 256;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What reaches the driver.
enum News {
    /// Something for the agent alone.
    Agent(Input),
    /// Connected and registered, with this demand.
    Link(Link, Referees),
    /// The owner asks for other referees.
    Demand,
    /// No connection.
    NoLink(LinkFault),
    /// The connection with this number is gone.
    LinkGone(u64, LinkFault),
    /// A lease's work is prepared.
    Work(Box<Work>),
    /// From the renderer.
    Bench(LeaseId, FromBench),
}

struct Driver {
    agent: Agent,
    bench: Bench,
    errands: Errands,
    began: Instant,
    link: Option<Link>,
    link_count: u64,
    held: HashMap<LeaseId, HeldWork>,
}

/// What belongs to a lease besides the agent's knowledge of it.
#[derive(Default)]
struct HeldWork {
    work: Option<Arc<Work>>,
    reins: Option<Arc<Reins>>,
    retained: Option<Retained>,
}

/// A node whose future is dropped leaves no connection behind that others would take for a sign of life.
impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            link.close();
        }
        self.held.values().filter_map(|held| held.reins.as_ref()).for_each(|reins| reins.stop());
    }
}

impl Driver {
    fn now(&self) -> Millis {
        self.began.elapsed().as_millis() as Millis
    }

    /// Turns news into the agent's inputs and carries out what it wants; the end, if it wants that.
    async fn take_in(&mut self, news: News) -> Result<Option<Why>, NodeFault> {
        let input = match news {
            News::Agent(input) => input,
            News::Link(link, told) => {
                self.link_count += 1;
                self.errands.demand(link.clone(), Some(told));
                self.errands.watch_link(self.link_count, link.clone());
                self.errands.hear_rulings(link.clone());
                self.link = Some(link);
                self.errands.tell(NodeEvent::Connected);
                Input::Linked
            }
            News::Demand => {
                self.with_link(|errands, link| errands.demand(link, None));
                Input::Tick
            }
            News::NoLink(fault) if !fault.is_passing() => return Err(fault.into()),
            News::NoLink(fault) => {
                self.errands.tell(NodeEvent::Disconnected { why: fault.to_string() });
                Input::LinkLost
            }
            News::LinkGone(count, fault) if count == self.link_count && self.link.is_some() => {
                self.link = None;
                self.errands.tell(NodeEvent::Disconnected { why: fault.to_string() });
                Input::LinkLost
            }
            News::LinkGone(..) => Input::Tick,
            News::Work(work) => {
                let lease = work.lease.lease;
                self.held.entry(lease).or_default().work = Some(Arc::new(*work));
                Input::Prepared(lease)
            }
            News::Bench(lease, report) => self.bench_reported(lease, report),
        };
        let now = self.now();
        let effects = self.agent.handle(now, input);
        Ok(self.carry_out(effects).await)
    }

    fn bench_reported(&mut self, lease: LeaseId, report: FromBench) -> Input {
        match report {
            FromBench::Block(done) => {
                self.errands.tell(NodeEvent::Progress { lease, blocks_done: done });
                Input::BlockDone(lease, done)
            }
            FromBench::Preview(blocks, sealed) => {
                if let Some(link) = &self.link
                    && !self.agent.has_results()
                {
                    self.errands.preview(link.clone(), lease, blocks, sealed);
                }
                Input::Tick
            }
            FromBench::Finished(parcel, retained) => {
                let blocks = parcel.commit.blocks;
                let rendered = match self.errands.keep(&parcel) {
                    Ok(()) => Rendered::Kept,
                    Err(error) => Rendered::Failed(crate::wire::FailureKind::Node, error.to_string()),
                };
                let held = self.held.entry(lease).or_default();
                let samples = held.work.as_ref().map_or(0, |work| work.samples(blocks));
                (held.work, held.reins, held.retained) = (None, None, Some(retained));
                self.errands.tell(NodeEvent::Rendered { lease, samples });
                Input::Rendered(lease, rendered)
            }
            FromBench::Abandoned => Input::Rendered(lease, Rendered::Abandoned),
            FromBench::Failed(kind, reason) => Input::Rendered(lease, Rendered::Failed(kind, reason)),
        }
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) -> Option<Why> {
        for effect in effects {
            match effect {
                Effect::Connect { after } => self.errands.connect(after),
                Effect::Pull { capacity, wait } => {
                    self.with_link(|errands, link| errands.pull(link, capacity, wait));
                }
                Effect::Prepare(lease) => {
                    self.errands.tell(NodeEvent::Fetching { lease: lease.lease });
                    self.with_link(|errands, link| errands.prepare(link, lease));
                }
                Effect::Render(lease, blocks) => self.render(lease, blocks),
                Effect::StopAfter(lease, blocks) => self.with_reins(lease, |reins| reins.stop_after(blocks)),
                Effect::StopNow(lease) => self.with_reins(lease, Reins::stop),
                Effect::Yield(lease) => self.with_reins(lease, Reins::give_way),
                Effect::Rest => self.bench.rest(),
                Effect::Forget(lease) => {
                    self.held.remove(&lease);
                    self.errands.tell(NodeEvent::Forgotten { lease });
                }
                Effect::Heartbeat(lease, begun) => {
                    self.with_link(|errands, link| errands.beat(link, lease, begun));
                }
                Effect::Deliver(lease) => self.with_link(|errands, link| errands.deliver(link, lease)),
                Effect::Recut(lease, blocks) => self.recut(lease, blocks),
                Effect::TellNoRoom(why) => self.errands.tell(NodeEvent::NoRoom { why }),
                Effect::Fail(lease, kind, reason) => {
                    self.errands.tell(match kind {
                        crate::wire::FailureKind::Handback => NodeEvent::GivenBack { lease },
                        _ => NodeEvent::Failed { lease, kind, why: reason.clone() },
                    });
                    self.with_link(|errands, link| errands.fail(link, lease, kind, &reason));
                }
                Effect::Leave(why) => {
                    if let Some(link) = self.link.take() {
                        let _ = tokio::time::timeout(GOODBYE, link.call(&crate::wire::Request::Leave)).await;
                        link.close();
                    }
                    return Some(why);
                }
            }
        }
        None
    }

    fn with_link(&self, errand: impl FnOnce(&Errands, Link)) {
        // Without a link the errand is taken up again after the next one, as the agent knows.
        if let Some(link) = &self.link {
            errand(&self.errands, link.clone());
        }
    }

    fn with_reins(&self, lease: LeaseId, pull: impl FnOnce(&Reins)) {
        if let Some(reins) = self.held.get(&lease).and_then(|held| held.reins.as_ref()) {
            pull(reins);
        }
    }

    fn render(&mut self, lease: LeaseId, blocks: BlockRange) {
        let held = self.held.entry(lease).or_default();
        let Some(work) = held.work.clone() else { return };
        let reins = self.bench.reins(blocks.count);
        held.reins = Some(reins.clone());
        let (frame, tile) = (work.lease.frame, work.lease.tile);
        self.errands.tell(NodeEvent::Rendering { lease, frame, tile, blocks });
        self.bench.render(work, blocks, reins, self.errands.reports(lease));
    }

    fn recut(&mut self, lease: LeaseId, blocks: BlockRange) {
        let retained = self.held.get(&lease).and_then(|held| held.retained.as_ref());
        let parcel = retained.and_then(|retained| retained.cut(blocks));
        let is_kept = parcel.is_some_and(|parcel| self.errands.keep(&parcel).is_ok());
        if !is_kept {
            self.errands.discard(lease);
        }
        self.errands.send(News::Agent(Input::Recut(lease, is_kept.then_some(blocks.count))));
    }
}
