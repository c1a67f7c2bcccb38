//! The coordinator: where nodes and artists meet. It holds ciphertext, rows and money, and no key that opens anything.
//!
//! A thin driver: connections come from [`crate::link`], decisions from [`crate::market`], truth from
//! [`crate::store`], sealed objects from a folder or a bucket. One thread writes; it commits whatever requests have gathered as one
//! transaction. Killing the process at any point and starting it again on the same folder continues.

mod blobs;
mod clock;
mod insight;
mod keep;
mod meter;
mod peers;
mod presence;
mod previews;
mod room;
mod serve;
mod wakes;
mod writer;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::identity::{CoordinatorAddress, Identity, IdentityError, system_words};
use crate::link::{LinkFault, Listener};
use crate::market::{Effect, Market, Terms};
use crate::store::StoreFault;

pub use blobs::{BlobFault, BlobLimits, Bucket, BucketAccess, BucketAddress, BucketFault};
use blobs::{Blobs, Folder};
use clock::Clock;
pub use insight::{Insight, Look, Reading};
pub use keep::Keep;
use meter::Meter;
pub use meter::Metered;
pub use peers::PeerCounts;
use peers::Peers;
use presence::Presence;
use previews::Previews;
use room::Room;
use serve::Desk;
use wakes::Wakes;
use writer::{Around, Writer};

/// Longest wait at the end until what was delivered lies under its new owners' names.
const MOVES_PATIENCE: Duration = Duration::from_secs(10);
/// A coordinator that did not run for so long was off, and that does not make its objects older.
const OFF: Duration = Duration::from_secs(3600);

/// How a coordinator is run.
#[derive(Clone, Debug)]
pub struct CoordinatorConfig {
    /// UDP address to listen at; port 0 = any free one.
    pub listen: SocketAddr,
    /// Host that others reach it by, for the address it tells; `None` = the one it listens at.
    pub host: Option<String>,
    /// Folder for identity, database and objects; made when missing.
    pub data: PathBuf,
    /// Where sealed objects are kept.
    pub objects: Objects,
    /// Where rows are kept; several coordinators may share a database.
    pub keep: Keep,
    /// Prices, times and limits.
    pub terms: Terms,
    /// How much of objects there may be.
    pub limits: BlobLimits,
    /// Objects that nobody stored or fetched for so long are removed, unless a job that is not settled needs them.
    pub objects_kept: Duration,
    /// How long an artist must have been gone before those who look on are told; they are not where rows are shared.
    pub away_after: Duration,
}

/// Where sealed objects are kept.
#[derive(Clone, Debug)]
pub enum Objects {
    /// In the folder `DATA/objects`.
    Usual,
    /// In this folder.
    Folder(PathBuf),
    /// In a bucket of an S3-compatible store, which other coordinators of the same database may use as well.
    Bucket(BucketAddress, BucketAccess),
}

/// A coordinator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum CoordinatorFault {
    /// The data folder cannot be used.
    #[error("the folder {} cannot be used: {why}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The identity cannot be read or made.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The bucket for sealed objects cannot be used.
    #[error(transparent)]
    Bucket(#[from] BucketFault),
    /// The port cannot be opened.
    #[error("{0}: stop what uses it, or listen at another port")]
    Listen(LinkFault),
}

/// A running coordinator; dropping it stops it without waiting.
#[derive(Debug)]
pub struct Coordinator {
    address: CoordinatorAddress,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    writer: Writer,
    moves: (watch::Sender<bool>, JoinHandle<()>),
    full: Arc<Notify>,
    insight: Insight,
}

impl CoordinatorConfig {
    /// The usual settings for a folder.
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        Self {
            listen,
            host: None,
            data,
            objects: Objects::Usual,
            keep: Keep::Sqlite,
            terms: Terms::default(),
            limits: BlobLimits { bytes_max: 512 << 30, peer_bytes_max: 128 << 30, keeps_spares: true },
            objects_kept: Duration::from_secs(14 * 24 * 3600),
            // Longer than the longest pause of a program that connects again.
            away_after: Duration::from_secs(15),
        }
    }
}

impl Coordinator {
    /// Opens folder, database and port, and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    /// See [`CoordinatorFault`]; nothing is left running then.
    pub async fn start(config: CoordinatorConfig) -> Result<Self, CoordinatorFault> {
        let folder = |why: String| CoordinatorFault::Folder { folder: config.data.clone(), why };
        std::fs::create_dir_all(&config.data).map_err(|error| folder(system_words(&error)))?;
        let identity = Identity::open_or_create(&config.data)?;
        let durable = config.keep != Keep::Memory;
        let keep::Kept { store, noted_ms, shared_ms, ear } = config.keep.clone().open(&config.data).await?;
        let clock = Arc::new(Clock::start(noted_ms, shared_ms));
        let off_ms = noted_ms.map_or(0, |noted_ms| clock.started_ms().saturating_sub(noted_ms));
        let off = Some(Duration::from_millis(off_ms)).filter(|off| *off >= OFF).unwrap_or_default();
        let blobs = open_objects(&config, durable, off).await?;
        let listener = Listener::bind(config.listen, &identity).map_err(CoordinatorFault::Listen)?;
        let host = config.host.clone().unwrap_or_else(|| reachable_host(config.listen));
        let address = listener.address(&host).map_err(CoordinatorFault::Listen)?;
        let wakes = Arc::new(Wakes::default());
        let grace = Duration::from_millis(config.terms.lapse_ms / 2);
        let meter = Arc::new(Meter::default());
        let around =
            Around { wakes: wakes.clone(), blobs: blobs.clone(), clock: clock.clone(), meter: meter.clone() };
        let writer = Writer::start(store, Market::new(config.terms.clone()), around, grace);
        if let Some(ear) = ear {
            let (wakes, ended) = (wakes.clone(), writer.requests());
            tokio::spawn(async move {
                tokio::select! {
                    () = ear.listen(|news| wakes.wake(Effect::of_news(news).as_slice())) => {}
                    () = ended.closed() => {}
                }
            });
        }
        let (end_moves, ending) = watch::channel(false);
        let moves = (end_moves, tokio::spawn(blobs.clone().follow(ending)));
        let (stop, stopped) = watch::channel(false);
        let full = Arc::new(Notify::new());
        let desk = Arc::new(Desk {
            requests: writer.requests(),
            wakes,
            blobs,
            clock,
            previews: Previews::default(),
            peers: Peers::default(),
            presence: Presence::new(config.away_after, Instant::now()),
            is_shared: matches!(config.keep, Keep::Postgres(_)),
            room: Room::default(),
            full: full.clone(),
            meter,
        });
        let insight = Insight::new(desk.clone());
        let running = tokio::spawn(serve::serve(listener, desk, stopped, config.objects_kept));
        Ok(Self { address, stop, running, writer, moves, full, insight })
    }

    /// What nodes and artists need in order to come here.
    pub fn address(&self) -> &CoordinatorAddress {
        &self.address
    }

    /// What whoever runs it may see of it.
    pub fn insight(&self) -> Insight {
        self.insight.clone()
    }

    /// Waits until the next object is refused because what may be stored, or the disk, is full.
    pub async fn full(&self) {
        self.full.notified().await;
    }

    /// Waits until the coordinator cannot go on: whoever keeps its ledger has ended, and everything is refused. It has to be started anew.
    pub async fn failed(&self) {
        self.writer.requests().closed().await;
    }

    /// Ends connections, finishes what was begun, and closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.running.await;
        self.writer.finish().await;
        let (end_moves, moving) = self.moves;
        let _ = end_moves.send(true);
        // What is not done by then stays with whom it was, as after a crash.
        let _ = tokio::time::timeout(MOVES_PATIENCE, moving).await;
    }
}

async fn open_objects(
    config: &CoordinatorConfig,
    durable: bool,
    off: Duration,
) -> Result<Arc<Blobs>, CoordinatorFault> {
    let path = match &config.objects {
        Objects::Usual => config.data.join("objects"),
        Objects::Folder(path) => path.clone(),
        Objects::Bucket(address, access) => {
            let bucket = Bucket::open(address, access).await?;
            let opened = Blobs::open(bucket, config.limits, off).await;
            return opened.map_err(|fault| BucketFault::Away { why: fault.to_string() }.into());
        }
    };
    let fault = |fault: BlobFault| CoordinatorFault::Folder { folder: path.clone(), why: fault.to_string() };
    let folder = Folder::open(&path, durable, off).map_err(fault)?;
    // The folder's own dates have been moved by then.
    Blobs::open(folder, config.limits, Duration::ZERO).await.map_err(fault)
}

/// The host to tell when none was given: loopback when listening everywhere.
fn reachable_host(listen: SocketAddr) -> String {
    match listen.ip() {
        ip if !ip.is_unspecified() => ip.to_string(),
        ip if ip.is_ipv6() => "::1".to_owned(),
        _ => "127.0.0.1".to_owned(),
    }
}

#[cfg(test)]
mod tests;
