//! Serving peers: one task per connection, one per request.

use std::sync::Arc;
use std::time::Duration;

use frame::NodeId;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::blobs::{BlobFault, Blobs};
use super::clock::Clock;
use super::meter::Meter;
use super::peers::Peers;
use super::presence::{Presence, Visit};
use super::previews::Previews;
use super::room::Room;
use super::wakes::Wakes;
use super::writer::Requests;
use crate::link::{Arriving, Caller, Link, LinkFault, Listener, Memory, Priority, Responder};
use crate::wire::{Bounded, FollowView, ObjectName, Preview, Refusal, Request, Response, Share};

/// How often a waiting node's request is repeated even when nothing woke it: splits depend on time alone.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How often old objects are looked for. Not at the start: artists and nodes have to find their way back first.
const SWEEP: Duration = Duration::from_secs(3600);
/// How often old previews are.
const SWEEP_PREVIEWS: Duration = Duration::from_secs(30);
/// When to try again what found no memory, or a bucket that does not answer.
const LATER: Refusal = Refusal::Busy { again_ms: 2_000 };

/// What all requests share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) requests: Requests,
    pub(super) wakes: Arc<Wakes>,
    pub(super) blobs: Arc<Blobs>,
    pub(super) clock: Arc<Clock>,
    pub(super) previews: Previews,
    pub(super) peers: Peers,
    pub(super) presence: Presence,
    /// Whether artists may be at other coordinators of the same rows, so that nothing is known of those who are not here.
    pub(super) is_shared: bool,
    pub(super) room: Room,
    /// Told whenever an object found no room on the disk.
    pub(super) full: Arc<Notify>,
    pub(super) meter: Arc<Meter>,
}

/// Accepts callers until told to stop.
pub(super) async fn serve(
    listener: Listener,
    desk: Arc<Desk>,
    mut stopped: watch::Receiver<bool>,
    kept: Duration,
) {
    let mut sweep = tokio::time::interval_at(Instant::now() + SWEEP, SWEEP);
    let mut sweep_previews = tokio::time::interval(SWEEP_PREVIEWS);
    loop {
        tokio::select! {
            // An error means that whoever could stop us is gone, which is a stop as well.
            _ = stopped.wait_for(|stop| *stop) => break,
            _ = sweep.tick() => drop(tokio::spawn(desk.clone().sweep(kept))),
            _ = sweep_previews.tick() => desk.previews.forget_old(std::time::Instant::now()),
            caller = listener.accept() => match caller {
                Some(caller) => drop(tokio::spawn(welcome(caller, desk.clone()))),
                None => break,
            },
        }
    }
    listener.close().await;
}

async fn welcome(caller: Caller, desk: Arc<Desk>) {
    let Ok(link) = caller.handshake().await else { return };
    let peer = link.peer();
    if !desk.peers.enter(peer) {
        link.close_crowded();
        return;
    }
    let visit = desk.presence.enter();
    while let Ok(arriving) = link.accept().await {
        tokio::spawn(exchange(arriving, link.clone(), visit, desk.clone()));
    }
    desk.presence.leave(visit, std::time::Instant::now());
    desk.peers.leave(peer);
}

async fn exchange(arriving: Arriving, link: Link, visit: Visit, desk: Arc<Desk>) {
    // What cannot be read has been answered by the link.
    let Ok((request, responder)) = arriving.read().await else { return };
    let name = request.name();
    let answered = tokio::select! {
        answered = desk.answer(&link, visit, request, responder) => answered,
        // Nobody is left to answer, and work must not be given to somebody who has gone.
        fault = link.closed() => Err(fault),
    };
    if let Err(fault) = answered {
        tracing::debug!(request = name, %fault, "a request ended early");
    }
}

impl Desk {
    async fn answer(
        &self,
        link: &Link,
        visit: Visit,
        request: Request,
        responder: Responder,
    ) -> Result<(), LinkFault> {
        let peer = link.peer();
        self.meter.request();
        if let Err(refusal) = self.peers.request(peer, &request) {
            return responder.reply(Response::Refused(refusal)).await;
        }
        let response = match request {
            Request::Put { name, size_bytes } => return self.put(peer, name, size_bytes, responder).await,
            Request::Show { preview, size_bytes } => {
                return self.show(peer, preview, size_bytes, responder).await;
            }
            Request::Fetch(name) => return self.fetch(peer, name, responder).await,
            Request::Missing(names) => self.missing(names).await,
            Request::Pull(pull) => {
                let woken = self.wakes.work();
                let empty = |response: &mut Response| matches!(response, Response::Leases(leases) if leases.is_empty());
                self.wait(peer, Request::Pull(pull), pull.wait_ms, woken, empty).await
            }
            Request::Follow(follow) => {
                let woken = self.wakes.events(follow.job);
                let empty = |response: &mut Response| self.hears_nothing(visit, response);
                self.wait(peer, Request::Follow(follow), follow.wait_ms, woken, empty).await
            }
            Request::FollowView(follow) => {
                let woken = self.wakes.events(follow.view.job);
                let empty = |response: &mut Response| self.sees_nothing(&follow, response);
                self.wait(peer, Request::FollowView(follow), follow.wait_ms, woken, empty).await
            }
            Request::Attend(attend) => {
                let (wait_ms, woken) = (attend.wait_ms, self.wakes.disputes());
                let empty = |response: &mut Response| matches!(response, Response::Disputes(disputes) if disputes.is_empty());
                let response = self.wait(peer, Request::Attend(attend), wait_ms, woken, empty).await;
                // Somebody has named this peer for a job.
                if matches!(&response, Response::Disputes(disputes) if !disputes.is_empty()) {
                    link.trust();
                }
                response
            }
            request => {
                if let Some(refusal) = self.lacks_object(&request).await {
                    return responder.reply(Response::Refused(refusal)).await;
                }
                let commits = match &request {
                    Request::Commit(commit) => Some(commit.lease),
                    _ => None,
                };
                let introduces =
                    matches!(request, Request::Register(_) | Request::PostJob(_) | Request::OpenView(_));
                let response = self.requests.ask(peer, request).await;
                if introduces && matches!(response, Response::Done | Response::ViewCard(_)) {
                    link.trust();
                }
                if let (Some(lease), Response::Committed { .. }) = (commits, &response) {
                    self.previews.ended(lease);
                }
                response
            }
        };
        responder.reply(response).await
    }

    /// Asks until there is news or the time is over. `no_news` looks at each answer, adds what this side knows, and says whether it tells nothing.
    async fn wait(
        &self,
        peer: NodeId,
        request: Request,
        wait_ms: u32,
        mut woken: watch::Receiver<u64>,
        no_news: impl Fn(&mut Response) -> bool,
    ) -> Response {
        let until = Instant::now() + Duration::from_millis(u64::from(wait_ms));
        loop {
            woken.mark_unchanged();
            let mut response = self.requests.ask(peer, request.clone()).await;
            let now = Instant::now();
            if !no_news(&mut response) || now >= until {
                return response;
            }
            let _ = timeout_at(until.min(now + ASK_AGAIN), woken.changed()).await;
        }
    }

    /// Whether an artist would hear nothing new; where the job is theirs, they follow it.
    fn hears_nothing(&self, visit: Visit, response: &Response) -> bool {
        let Response::Events(events) = response else { return false };
        if events.job.state.is_open() {
            self.presence.follows(visit, events.job.job);
        }
        events.events.is_empty()
    }

    /// Whether somebody who looks on would see nothing new; says in the answer whether the artist is there.
    fn sees_nothing(&self, asked: &FollowView, response: &mut Response) -> bool {
        let Response::Seen(seen) = response else { return false };
        let is_away = !self.is_shared && self.presence.is_away(asked.view.job, std::time::Instant::now());
        seen.is_artist_away = is_away && seen.events.job.state.is_open();
        seen.events.events.is_empty() && seen.is_artist_away == asked.knows_away
    }

    async fn put(
        &self,
        peer: NodeId,
        name: ObjectName,
        size_bytes: u64,
        mut responder: Responder,
    ) -> Result<(), LinkFault> {
        let checked = match self.blobs.has(name, self.clock.now_ms()).await {
            Ok(true) => return responder.reply(Response::Done).await,
            Ok(false) => self.blobs.check(peer, size_bytes),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = checked {
            return responder.reply(Response::Refused(self.refusal(&fault))).await;
        }
        let mut place = self.room.place(peer);
        let received = responder.receive_object(name, size_bytes, &mut place).await;
        let object = match received {
            Ok(object) => object,
            Err(fault) => return not_received(fault, responder).await,
        };
        self.meter.received(object.len() as u64);
        let response = match self.blobs.put(peer, name, object, self.clock.now_ms()).await {
            Ok(()) => Response::Done,
            Err(fault) => Response::Refused(self.refusal(&fault)),
        };
        responder.reply(response).await
    }

    /// A picture of unfinished work: it is told of when it can be fetched, and never written to disk.
    async fn show(
        &self,
        peer: NodeId,
        preview: Preview,
        size_bytes: u64,
        mut responder: Responder,
    ) -> Result<(), LinkFault> {
        let (lease, name) = (preview.lease, preview.object);
        let mut place = self.room.place(peer);
        let received = responder.receive_object(name, size_bytes, &mut place).await;
        match received {
            Ok(picture) => {
                self.meter.received(picture.len() as u64);
                self.previews.hold(name, picture, std::time::Instant::now());
            }
            Err(fault) => return not_received(fault, responder).await,
        }
        let response = self.requests.ask(peer, Request::Preview(preview)).await;
        match response {
            Response::Done => self.previews.show(lease, name),
            _ => self.previews.drop(name),
        }
        responder.reply(response).await
    }

    async fn fetch(&self, peer: NodeId, name: ObjectName, responder: Responder) -> Result<(), LinkFault> {
        if let Some(picture) = self.previews.picture(name, std::time::Instant::now()) {
            self.meter.sent(picture.len() as u64);
            return responder.reply_object(&picture, Priority::Preview).await;
        }
        let size_bytes = match self.blobs.size_of(name).await {
            Ok(size_bytes) => size_bytes,
            Err(fault) => return responder.reply(Response::Refused(self.refusal(&fault))).await,
        };
        let mut place = self.room.place(peer);
        if !place.grow(size_bytes).await {
            return responder.reply(Response::Refused(LATER)).await;
        }
        match self.blobs.read(name, self.clock.now_ms()).await {
            Ok(object) => {
                self.meter.sent(object.len() as u64);
                responder.reply_object(&object, Priority::Result).await
            }
            Err(fault) => responder.reply(Response::Refused(self.refusal(&fault))).await,
        }
    }

    /// Removes objects that nobody needs. Nothing goes when it cannot be found out whose jobs are not settled.
    async fn sweep(self: Arc<Self>, kept: Duration) {
        let Some(artists) = self.requests.unsettled().await else { return };
        // A sweep that breaks down removes too little; the next one comes.
        if let Err(fault) = self.blobs.sweep(kept, &artists, self.clock.now_ms()).await {
            tracing::warn!(%fault, "old objects could not be looked for");
        }
    }

    async fn missing(&self, names: Bounded<ObjectName, 4096>) -> Response {
        match self.blobs.missing(names.into_vec(), self.clock.now_ms()).await {
            Ok(missing) => Response::Missing(Bounded::cut(missing)),
            Err(fault) => Response::Refused(self.refusal(&fault)),
        }
    }

    fn refusal(&self, fault: &BlobFault) -> Refusal {
        match fault {
            BlobFault::NoRoom => {
                self.full.notify_waiters();
                Refusal::NoRoom
            }
            BlobFault::Share { bytes_max } => {
                Refusal::Limit { what: "bytes stored by one peer".into(), max: *bytes_max }
            }
            BlobFault::Missing => Refusal::NoSuchObject,
            BlobFault::WrongName => Refusal::WrongName,
            // Nothing is lost: whoever asked asks again.
            BlobFault::Away(_) => LATER,
            BlobFault::System(_) => {
                tracing::error!(%fault, "the place of objects failed");
                Refusal::Failed
            }
        }
    }

    /// Why a request that speaks of an object cannot be granted: the object is not there, or nobody can tell.
    async fn lacks_object(&self, request: &Request) -> Option<Refusal> {
        let name = match request {
            Request::Share(Share { grant: Some(grant), .. }) => grant.card,
            Request::Commit(commit) => commit.result,
            // A picture that was stored by a `Put` before; a node of ours shows it instead.
            Request::Preview(preview) => preview.object,
            _ => return None,
        };
        match self.blobs.size_of(name).await {
            Ok(_) => self.blobs.has(name, self.clock.now_ms()).await.err().map(|fault| self.refusal(&fault)),
            Err(fault) => Some(self.refusal(&fault)),
        }
    }
}

/// What a sender of an object hears when it did not arrive.
async fn not_received(fault: LinkFault, responder: Responder) -> Result<(), LinkFault> {
    let refusal = match fault {
        LinkFault::WrongContent => Refusal::WrongName,
        LinkFault::Busy => LATER,
        fault => return Err(fault),
    };
    responder.reply(Response::Refused(refusal)).await
}
