//! A node's errands: everything that takes time and talks to the coordinator, each in a task of its own that reports back as [`News`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use frame::{AdapterCard, BlockRange, LeaseId};
use tokio::sync::{Mutex, mpsc};

use super::agent::Input;
use super::bench::FromBench;
use super::docket::Docket;
use super::finish::Work;
use super::outbox::{Outbox, Parcel};
use super::shelf::{OpenJob, OpenScene, Shelf, ShelfFault};
use super::{News, NodeConfig, NodeEvent, NodeEvents};
use crate::identity::Identity;
use crate::link::{Link, LinkFault, Priority};
use crate::wire::{
    Beat, Bounded, Failure, FailureKind, Heartbeat, Lease, ObjectName, Offer, Preview, Pull, Referees,
    Refusal, Request, Response, node,
};

/// After a preview the uplink is left to others for so many times as long as it took.
const PREVIEW_REST: u32 = 3;
/// Between two questions for rulings.
const RULINGS_EVERY: Duration = Duration::from_secs(20);
/// Most answers with rulings that are taken one after the other.
const RULINGS_PAGES: usize = 64;
/// Reports that a render may have unread.
const REPORTS_MAX: usize = 64;

/// What errands need.
pub(super) struct Errands {
    shared: Arc<Shared>,
    previews: Arc<Mutex<()>>,
    demands: Arc<Mutex<()>>,
}

struct Shared {
    config: NodeConfig,
    identity: Arc<Identity>,
    adapter: AdapterCard,
    outbox: Outbox,
    docket: Docket,
    // Preparing takes the shelf, so two leases of one scene fetch it once.
    shelf: Mutex<Shelf>,
    news: mpsc::Sender<News>,
    events: NodeEvents,
}

impl Errands {
    pub(super) fn new(
        config: NodeConfig,
        identity: Arc<Identity>,
        adapter: AdapterCard,
        (outbox, docket): (Outbox, Docket),
        news: mpsc::Sender<News>,
        events: NodeEvents,
    ) -> Self {
        let shelf = Mutex::new(Shelf::new(config.scenes_bytes_max, config.demand.clone()));
        let shared = Shared { config, identity, adapter, outbox, docket, shelf, news, events };
        Self { shared: Arc::new(shared), previews: Arc::default(), demands: Arc::default() }
    }

    pub(super) fn tell(&self, event: NodeEvent) {
        (self.shared.events)(event);
    }

    /// Reports to the driver from wherever there is no waiting.
    pub(super) fn send(&self, news: News) {
        let sender = self.shared.news.clone();
        tokio::spawn(async move {
            let _ = sender.send(news).await;
        });
    }

    pub(super) fn connect(&self, after: Duration) {
        self.run(move |shared| async move {
            tokio::time::sleep(jittered(after)).await;
            Some(match shared.link().await {
                Ok((link, told)) => News::Link(link, told),
                Err(fault) => News::NoLink(fault),
            })
        });
    }

    pub(super) fn watch_link(&self, count: u64, link: Link) {
        self.run(move |_| async move { Some(News::LinkGone(count, link.closed().await)) });
    }

    /// Says what is asked for now, unless the coordinator was told just that. One after the other, so that the last word is the owner's last.
    pub(super) fn demand(&self, link: Link, told: Option<Referees>) {
        let turn = self.demands.clone();
        self.run(move |shared| async move {
            let _turn = turn.lock().await;
            let referees = shared.config.demand.now();
            if told.as_ref() != Some(&referees) && link.call(&Request::Demand(referees)).await.is_err() {
                // The next one begins with it.
                link.close();
            }
            None
        });
    }

    pub(super) fn pull(&self, link: Link, capacity: u32, wait: Duration) {
        let wait_ms = (wait.as_millis() as u32).min(node::WAIT_MS_MAX);
        self.run(move |_| async move {
            let input = match link.call(&Request::Pull(Pull { capacity, wait_ms })).await {
                Ok(Response::Leases(leases)) => Input::Leases(leases.into_vec()),
                Err(LinkFault::Refused(Refusal::NotRegistered)) => {
                    link.close();
                    return None;
                }
                _ => Input::PullRefused,
            };
            Some(News::Agent(input))
        });
    }

    /// Takes rulings on this node's work, now and for as long as the link lasts.
    pub(super) fn hear_rulings(&self, link: Link) {
        self.run(move |shared| async move {
            let hearing = async {
                loop {
                    if let Err(fault) = shared.take_rulings(&link).await {
                        tracing::debug!(%fault, "rulings");
                    }
                    tokio::time::sleep(RULINGS_EVERY).await;
                }
            };
            tokio::select! {
                () = hearing => {}
                _ = link.closed() => {}
            }
            None
        });
    }

    pub(super) fn prepare(&self, link: Link, lease: Lease) {
        self.run(move |shared| async move {
            let id = lease.lease;
            let (opened, bytes) = {
                let mut shelf = shared.shelf.lock().await;
                let opened = shelf.open(&shared.identity, &link, &lease).await;
                (opened, shelf.take_fetched_bytes())
            };
            if bytes > 0 {
                (shared.events)(NodeEvent::Fetched { lease: id, bytes });
            }
            if let Ok((OpenJob { order, .. }, _)) = &opened
                && let Some(Err(error)) = order.referee.map(|referee| shared.docket.note(lease.job, referee))
            {
                tracing::warn!(%error, "who judges in a job could not be written down");
            }
            Some(match opened {
                Ok((job, OpenScene { scene, settings })) => {
                    let (identity, adapter) = (shared.identity.clone(), shared.adapter.clone());
                    News::Work(Box::new(Work { identity, adapter, lease, job, scene, settings }))
                }
                Err(ShelfFault::Link(fault)) if can_pass(&fault) => News::Agent(Input::NotPrepared(id, None)),
                Err(fault) => {
                    shared.shelf.lock().await.forget_job(lease.job);
                    News::Agent(Input::NotPrepared(id, Some((blame(&fault), fault.to_string()))))
                }
            })
        });
    }

    pub(super) fn beat(&self, link: Link, lease: LeaseId, blocks_begun: u32) {
        self.run(move |_| async move {
            match link.call(&Request::Heartbeat(Heartbeat { lease, blocks_begun })).await {
                Ok(Response::Beat(beat)) => Some(News::Agent(Input::Beat(lease, beat))),
                Err(LinkFault::Refused(Refusal::NoSuchLease | Refusal::JobEnded | Refusal::AlreadyDone)) => {
                    Some(News::Agent(Input::Beat(lease, Beat::Lost)))
                }
                _ => None,
            }
        });
    }

    /// Sends a preview unless another one is still on its way, or was there too recently for an uplink as slow as this one.
    pub(super) fn preview(&self, link: Link, lease: LeaseId, blocks: BlockRange, sealed: Vec<u8>) {
        let Ok(turn) = self.previews.clone().try_lock_owned() else { return };
        self.run(move |_| async move {
            let began = Instant::now();
            let object = ObjectName::of(&sealed);
            // The next one comes soon.
            let _ = link.show(Preview { lease, blocks, object }, &sealed).await;
            tokio::time::sleep(began.elapsed() * PREVIEW_REST).await;
            drop(turn);
            None
        });
    }

    pub(super) fn deliver(&self, link: Link, lease: LeaseId) {
        self.run(move |shared| async move { Some(News::Agent(shared.deliver(&link, lease).await)) });
    }

    pub(super) fn fail(&self, link: Link, lease: LeaseId, kind: FailureKind, reason: &str) {
        let end = reason.floor_char_boundary(node::TEXT_BYTES_MAX);
        let reason = reason[..end].to_owned();
        self.run(move |_| async move {
            let _ = link.call(&Request::Fail(Failure { lease, kind, reason })).await;
            None
        });
    }

    /// Keeps a result until it is delivered.
    pub(super) fn keep(&self, parcel: &Parcel) -> std::io::Result<()> {
        self.shared.outbox.put(parcel)
    }

    pub(super) fn discard(&self, lease: LeaseId) {
        self.shared.outbox.remove(lease);
    }

    /// Where the renderer reports about a lease.
    pub(super) fn reports(&self, lease: LeaseId) -> mpsc::Sender<FromBench> {
        let (reports, mut arriving) = mpsc::channel(REPORTS_MAX);
        let news = self.shared.news.clone();
        tokio::spawn(async move {
            while let Some(report) = arriving.recv().await {
                if news.send(News::Bench(lease, report)).await.is_err() {
                    break;
                }
            }
        });
        reports
    }

    fn run<F>(&self, errand: impl FnOnce(Arc<Shared>) -> F)
    where
        F: Future<Output = Option<News>> + Send + 'static,
    {
        let errand = errand(self.shared.clone());
        let news = self.shared.news.clone();
        tokio::spawn(async move {
            if let Some(outcome) = errand.await {
                let _ = news.send(outcome).await;
            }
        });
    }
}

impl Shared {
    /// Connects and registers; the demand with which it did.
    async fn link(&self) -> Result<(Link, Referees), LinkFault> {
        let link = Link::connect(&self.identity, &self.config.coordinator).await?;
        let link = link.over(self.config.uplink.clone());
        let descriptor = postcard::to_stdvec(&self.identity.descriptor());
        let descriptor = descriptor.ok().and_then(|bytes| Bounded::new(bytes).ok());
        let mut adapter = self.adapter.clone();
        for text in [&mut adapter.name, &mut adapter.backend, &mut adapter.driver] {
            text.truncate(text.floor_char_boundary(node::TEXT_BYTES_MAX));
        }
        let offer = Offer {
            descriptor: descriptor.expect("a descriptor is far below the limit"),
            adapter,
            memory_mib: self.config.memory_mib,
            price: self.config.price,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let referees = self.config.demand.now();
        let introduced = match link.call(&Request::Register(Box::new(offer))).await {
            Ok(_) if referees.is_empty() => return Ok((link, referees)),
            Ok(_) => link.call(&Request::Demand(referees.clone())).await,
            Err(fault) => Err(fault),
        };
        match introduced {
            Ok(_) => Ok((link, referees)),
            Err(LinkFault::Refused(Refusal::Version { .. })) => Err(LinkFault::VersionMismatch),
            Err(LinkFault::Refused(refusal)) => Err(LinkFault::Lost { why: refusal.to_string() }),
            Err(fault) => Err(fault),
        }
    }

    /// Takes what there is, and says that it has it. What is not the referee's word is not kept, and not asked for again.
    async fn take_rulings(&self, link: &Link) -> Result<(), LinkFault> {
        let mut taken = Bounded::default();
        for _ in 0..RULINGS_PAGES {
            let Response::Rulings(rulings) = link.call(&Request::Rulings(taken)).await? else {
                return Err(LinkFault::Protocol("rulings were asked for".to_owned()));
            };
            if rulings.is_empty() {
                break;
            }
            taken = Bounded::cut(rulings.iter().map(|ruled| ruled.lease).collect());
            for ruled in rulings.into_vec() {
                let lease = ruled.lease;
                let Some(ruling) = self.docket.read(self.identity.id(), &ruled) else {
                    tracing::warn!(lease = lease.0, "a ruling is not the referee's");
                    continue;
                };
                if let Err(error) = self.docket.keep(&ruled) {
                    tracing::warn!(%error, lease = lease.0, "a ruling could not be kept");
                    return Ok(());
                }
                (self.events)(NodeEvent::Judged { lease, found: ruling.found });
            }
        }
        Ok(())
    }

    async fn deliver(&self, link: &Link, lease: LeaseId) -> Input {
        let Some(parcel) = self.outbox.parcel(lease) else { return Input::Settled(lease) };
        let bytes = parcel.sealed.len() as u64;
        let committed = async {
            link.put(&parcel.sealed, Priority::Result).await?;
            link.call(&Request::Commit(Box::new(parcel.commit))).await
        };
        match committed.await {
            Ok(Response::Committed { amount, .. }) => {
                self.outbox.remove(lease);
                (self.events)(NodeEvent::Delivered { lease, bytes, amount });
                Input::Settled(lease)
            }
            Err(LinkFault::Refused(Refusal::Shortened { blocks })) => Input::Shortened(lease, blocks),
            Err(LinkFault::Refused(refusal @ (Refusal::Limit { .. } | Refusal::NoRoom))) => {
                Input::NoRoom(lease, refusal.to_string())
            }
            Err(LinkFault::Refused(refusal)) if is_final(&refusal) => {
                self.outbox.remove(lease);
                (self.events)(NodeEvent::Dropped { lease, why: refusal.to_string() });
                Input::Settled(lease)
            }
            _ => Input::NotSettled(lease),
        }
    }
}

/// Whether the coordinator will never take the result.
fn is_final(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NoSuchLease
            | Refusal::NoSuchJob
            | Refusal::AlreadyDone
            | Refusal::JobEnded
            | Refusal::Malformed
            | Refusal::NoKey
    )
}

/// Whether fetching again can help.
fn can_pass(fault: &LinkFault) -> bool {
    fault.is_passing() || matches!(fault, LinkFault::Refused(Refusal::Busy { .. } | Refusal::Failed))
}

/// Scenes and orders that are damaged or gone are the job's fault: no node can do its work. Everything else is between this node and the
/// coordinator, as are bytes under a wrong name: the next ones may be right.
fn blame(fault: &ShelfFault) -> FailureKind {
    match fault {
        // Others can render it, or would: this node is out of the job before long.
        ShelfFault::Bundle(crate::bundle::BundleFault::TooLarge { .. }) | ShelfFault::Referee => {
            FailureKind::Node
        }
        ShelfFault::Bundle(_)
        | ShelfFault::Order(_)
        | ShelfFault::Key(_)
        | ShelfFault::Lease
        | ShelfFault::Samples { .. } => FailureKind::Job,
        ShelfFault::Link(LinkFault::TooLarge { .. } | LinkFault::Refused(Refusal::NoSuchObject)) => {
            FailureKind::Job
        }
        ShelfFault::Link(_) => FailureKind::Handback,
    }
}

/// Between half and one and a half times the pause, so that many nodes do not come back at the same instant.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 2];
    crate::seal::fill_random(&mut random);
    pause.mul_f64(0.5 + f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_that_nobody_can_render_are_the_jobs_fault() {
        let refused = |refusal| ShelfFault::Link(LinkFault::Refused(refusal));
        for fault in [
            refused(Refusal::NoSuchObject),
            ShelfFault::Link(LinkFault::TooLarge { claimed: 2, limit: 1 }),
            ShelfFault::Lease,
            ShelfFault::Samples { paid: 1, asked: 16 },
        ] {
            assert_eq!(blame(&fault), FailureKind::Job, "{fault}");
        }
        let wrong = ShelfFault::Link(LinkFault::WrongContent);
        for fault in [refused(Refusal::NoKey), refused(Refusal::JobEnded), wrong] {
            assert_eq!(blame(&fault), FailureKind::Handback, "{fault}");
        }
        for refusal in [Refusal::Failed, Refusal::Busy { again_ms: 1 }] {
            assert!(can_pass(&LinkFault::Refused(refusal)));
        }
        assert!(!can_pass(&LinkFault::Refused(Refusal::NoSuchObject)) && can_pass(&LinkFault::Timeout));
    }
}
