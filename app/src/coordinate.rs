//! Runs a coordinator.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use render_net::coordinator::{BucketAccess, BucketFault, Coordinator, CoordinatorConfig, Keep, Objects};
use render_net::identity::PairingCode;
use render_net::nearby::{Announcer, NAME_BYTES_MAX, Reach, Tag, is_name};
use render_net::store::PostgresAddress;

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::metrics::{Endpoint, Source};
use crate::network::{bucket_fault, coordinator_broke, coordinator_fault, nearby_fault, runtime};
use crate::places::{self, Part};
use crate::stop::Stop;

/// Where a coordinator is and where it keeps things.
#[derive(Clone, Debug)]
pub struct Place {
    /// UDP address to listen at; port 0 = any free one.
    pub listen: SocketAddr,
    /// Host that others reach it by, for the address that it tells.
    pub host: Option<String>,
    /// Data folder; `None` is the usual place.
    pub data: Option<PathBuf>,
    /// Where jobs and ledger are kept.
    pub keep: Keep,
    /// Folder for sealed objects, or `s3://BUCKET/PREFIX`; `None` is a folder in the data folder.
    pub blobs: Option<String>,
    /// Most gibibytes of sealed objects.
    pub store_max_gib: u32,
    /// Most gibibytes of them that one peer may store.
    pub peer_max_gib: u32,
    /// A node that is silent for so long loses the work that it holds, seconds; at least 1.
    pub lapse_s: u32,
    /// Whether it tells its network where it is.
    pub announce: Announce,
    /// Where metrics and health are served; `None` = nowhere.
    pub metrics: Option<SocketAddr>,
}

/// Whether a coordinator tells its network where it is, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announce {
    /// It does not.
    No,
    /// Under a name that says nothing of this computer.
    Unnamed,
    /// Under this name.
    As(String),
}

/// Time in which an announcement goes out where multicast works; the name is asked for first, three times.
const SENT_MAX: Duration = Duration::from_secs(4);

const FULL_DISK: &str = "there is no room for more sealed data: raise --store-max, or free some of the disk; until then nobody can store anything";
const FULL_BUCKET: &str =
    "there is no room for more sealed data: raise --store-max; until then nobody can store anything";

/// How long it is not told again that there is no room.
const FULL_AGAIN: Duration = Duration::from_secs(600);

/// Reads where jobs and ledger are to be kept: `sqlite`, or a PostgreSQL database's address, whose password may stand in `PGPASSWORD`.
///
/// # Errors
/// A usage fault that does not repeat the text: there may be a password in it.
pub fn keep(text: &str) -> Result<Keep, Fault> {
    const ADVICE: &str = "use sqlite, or postgres://USER@HOST:PORT/DATABASE with the password in PGPASSWORD";
    if text == "sqlite" {
        return Ok(Keep::Sqlite);
    }
    if !PostgresAddress::is_one(text) {
        return Err(Fault::usage("--store: this is neither sqlite nor the address of a database", ADVICE));
    }
    let password = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
    match PostgresAddress::parse(text, password.as_deref()) {
        Ok(address) => Ok(Keep::Postgres(Box::new(address))),
        Err(fault) => Err(Fault::usage(format!("--store: {}", fault.why()), ADVICE)),
    }
}

/// Runs a coordinator until it is stopped. Its address is told as the first event.
pub fn coordinate(place: Place, stop: &Stop, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    check_announcement(&place)?;
    let objects = objects(place.blobs.as_deref())?;
    let full = match objects {
        Objects::Bucket(..) => FULL_BUCKET,
        Objects::Usual | Objects::Folder(_) => FULL_DISK,
    };
    // Before anything is made.
    let endpoint = place.metrics.map(Endpoint::open).transpose()?;
    let data = places::data_folder(Part::Coordinator, place.data.as_deref())?;
    places::create_private(&data)?;
    runtime()?.block_on(async {
        let mut config = CoordinatorConfig {
            host: place.host,
            keep: place.keep,
            objects,
            ..CoordinatorConfig::new(place.listen, data)
        };
        config.limits.bytes_max = u64::from(place.store_max_gib) << 30;
        config.limits.peer_bytes_max = u64::from(place.peer_max_gib) << 30;
        // In the proportions of the usual terms: ten heartbeats, of which three may be lost before others may help.
        config.terms.lapse_ms = u64::from(place.lapse_s.max(1)) * 1000;
        config.terms.heartbeat_ms = config.terms.lapse_ms / 10;
        config.terms.silence_ms = config.terms.heartbeat_ms * 3;
        let coordinator = Coordinator::start(config).await.map_err(|fault| coordinator_fault(&fault))?;
        let announced = match announce(&coordinator, place.listen, &place.announce) {
            Ok(announced) => announced,
            Err(fault) => {
                coordinator.stop().await;
                return Err(fault);
            }
        };
        audience.hear(&Event::CoordinatorReady { address: coordinator.address().to_string() });
        let source = Source::Coordinator(coordinator.insight());
        let serving = match endpoint.map(|endpoint| endpoint.serve(source, audience)).transpose() {
            Ok(serving) => serving,
            Err(fault) => {
                coordinator.stop().await;
                return Err(fault);
            }
        };
        if let Some(announcer) = &announced {
            tell(&coordinator, announcer, stop, audience).await;
        }
        let failed = tokio::select! {
            () = stop.asked() => false,
            () = coordinator.failed() => true,
            () = tell_when_full(&coordinator, full, audience) => false,
        };
        drop((announced, serving));
        coordinator.stop().await;
        if failed { Err(coordinator_broke()) } else { Ok(Exit::Done) }
    })
}

/// Says that there is no room, and not again for each object. Never ends.
async fn tell_when_full(coordinator: &Coordinator, message: &str, audience: &mut dyn Audience) {
    loop {
        coordinator.full().await;
        audience.hear(&frame::LiveEvent::Warning { message: message.to_owned() }.into());
        tokio::time::sleep(FULL_AGAIN).await;
    }
}

/// Where sealed objects go. Nothing of an address that cannot be used is repeated: somebody may have put a key into it.
fn objects(asked: Option<&str>) -> Result<Objects, Fault> {
    let usage = |fault: &BucketFault| bucket_fault(Exit::Usage, fault);
    match asked {
        None => Ok(Objects::Usual),
        Some(text) if text.starts_with("s3://") => {
            let address = text.parse().map_err(|fault| usage(&fault))?;
            let access = BucketAccess::from_environment(|name| std::env::var(name).ok());
            Ok(Objects::Bucket(address, access.map_err(|fault| usage(&fault))?))
        }
        Some(text) if text.contains("://") => Err(Fault::usage(
            "--blobs: sealed data is kept in a folder or in a bucket of an S3-compatible store",
            "use --blobs DIR or --blobs s3://BUCKET/PREFIX, or leave the flag out",
        )),
        Some(folder) => Ok(Objects::Folder(folder.into())),
    }
}

/// Before anything is made.
fn check_announcement(place: &Place) -> Result<(), Fault> {
    let ip = place.listen.ip();
    match &place.announce {
        Announce::No => Ok(()),
        _ if ip.is_loopback() => Err(Fault::usage(
            format!("--announce: the coordinator listens at {ip}, where no other computer reaches it"),
            "listen at all addresses with --listen 0.0.0.0:7411, or leave --announce out",
        )),
        Announce::As(name) if !is_name(name) => Err(Fault::usage(
            format!("--announce {name:?}: this cannot be a coordinator's name"),
            format!(
                "choose one of at most {NAME_BYTES_MAX} bytes, without line breaks and invisible letters"
            ),
        )),
        Announce::Unnamed | Announce::As(_) => Ok(()),
    }
}

fn announce(
    coordinator: &Coordinator,
    listen: SocketAddr,
    asked: &Announce,
) -> Result<Option<Announcer>, Fault> {
    let address = coordinator.address();
    let tag = Tag::fresh(address.key());
    let name = match asked {
        Announce::No => return Ok(None),
        Announce::Unnamed => format!("Tessera {}", tag.short()),
        Announce::As(name) => name.clone(),
    };
    let listen = SocketAddr::new(listen.ip(), address.port());
    Announcer::start(&name, tag, listen, Reach::Network).map(Some).map_err(|fault| nearby_fault(&fault))
}

/// Tells the code once others can find the coordinator, or that they cannot: it serves those who know its address all the same.
async fn tell(coordinator: &Coordinator, announcer: &Announcer, stop: &Stop, audience: &mut dyn Audience) {
    let sent = tokio::select! {
        sent = announcer.sent(SENT_MAX) => sent,
        () = stop.asked() => return,
    };
    let code = PairingCode::of(coordinator.address().key()).to_string();
    match sent {
        Ok(name) => audience.hear(&Event::CoordinatorAnnounced { name, code }),
        Err(fault) => {
            let fault = nearby_fault(&fault);
            let message =
                format!("{fault}. Who finds the coordinator all the same compares this code: {code}");
            audience.hear(&frame::LiveEvent::Warning { message }.into());
        }
    }
}
