//! Following one job: the driver around [`Campaign`].
//!
//! All waiting happens in tasks; the session itself takes in one outcome after the other. When the link is lost, the tasks on it are dropped and
//! the campaign starts them again on the next one. A result is on disk before the coordinator hears that it is good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use frame::{JobId, LeaseId, NodeId};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::audits::audit;
use super::campaign::{Campaign, Step};
use super::connect::Connector;
use super::folder::{JobFolder, JobTicket};
use super::progress::{JobEnd, Progress};
use super::referral::refer;
use super::tasks::{Desk, Outcome, ask_events, collect, fetch_preview, gap, give_keys, judge, preview_of};
use super::{ArtistFault, CollectedTile, Collector, FIRST_PATIENCE, told};
use crate::audit::{Auditor, Finding};
use crate::identity::{CoordinatorAddress, Identity};
use crate::link::{Link, LinkFault};
use crate::receipt::Verdict as Judgement;
use crate::seal::JobSecret;
use crate::wire::{
    Bounded, Events, Follow, JobState, Piece, Refusal, Request, Verdict, artist::VERDICT_BYTES_MAX,
    node::WAIT_MS_MAX,
};

mod verdicts;

/// Results that are fetched and opened at the same time.
const COLLECT_AT_ONCE: usize = 6;
/// Previews under way; more are dropped.
const PREVIEWS_AT_ONCE: usize = 2;

/// One job being collected.
pub(super) struct Session<'a> {
    desk: Arc<Desk>,
    campaign: Campaign,
    collector: &'a mut dyn Collector,
    state: JobState,
    /// Events that the coordinator had at its last answer.
    events_known: u64,
    previews: usize,
    /// Signed verdicts that the coordinator may not have heard; those of earlier runs lie with their results.
    words: BTreeMap<LeaseId, Words>,
    /// Results that were looked at.
    looked: BTreeSet<LeaseId>,
    /// Nodes whose results were found wrong here, until it is settled that they are.
    accused: BTreeMap<LeaseId, NodeId>,
    /// Whether something waits for the referee, as was told last.
    awaits_ruling: bool,
    /// Nodes that were caught, whose earlier results are to be looked at; and the one whose results are.
    suspects: BTreeSet<NodeId>,
    looking_back: Option<NodeId>,
}

type Words = Bounded<u8, VERDICT_BYTES_MAX>;

impl<'a> Session<'a> {
    /// Prepares; hands the results of earlier runs to the collector.
    pub(super) fn new(
        identity: Arc<Identity>,
        folder: JobFolder,
        ticket: JobTicket,
        secret: &JobSecret,
        auditor: Option<Arc<Auditor>>,
        collector: &'a mut dyn Collector,
    ) -> Result<Self, ArtistFault> {
        let campaign = Campaign::new(ticket.shape().clone());
        let desk = Arc::new(Desk::new(identity, folder, ticket, secret, auditor)?);
        let state = JobState::Active;
        let (looked, suspects) = (BTreeSet::new(), BTreeSet::new());
        let mut session = Self {
            desk,
            campaign,
            collector,
            state,
            events_known: u64::MAX,
            previews: 0,
            words: BTreeMap::new(),
            accused: BTreeMap::new(),
            awaits_ruling: false,
            looked,
            suspects,
            looking_back: None,
        };
        session.restore()?;
        session.recall();
        Ok(session)
    }

    /// Follows until the end.
    pub(super) async fn run(
        mut self,
        address: &CoordinatorAddress,
        mut stop: watch::Receiver<bool>,
    ) -> Result<JobEnd, ArtistFault> {
        let desk = self.desk.clone();
        let mut connector = Connector::new(&desk.identity, address, Some(FIRST_PATIENCE));
        loop {
            let link = tokio::select! {
                link = connector.link() => link?,
                () = told(&mut stop) => return Err(ArtistFault::Stopped),
            };
            self.collector.progress(Progress::Connected);
            let fault = tokio::select! {
                end = self.on_link(&link, &mut connector) => match end {
                    Ok(end) => {
                        link.close();
                        return Ok(end);
                    }
                    Err(ArtistFault::Link(fault)) => fault,
                    Err(other) => return Err(other),
                },
                () = told(&mut stop) => {
                    link.close();
                    return Err(ArtistFault::Stopped);
                }
            };
            self.campaign.link_lost();
            self.previews = 0;
            self.suspects.extend(self.looking_back.take());
            self.collector.progress(Progress::Disconnected { why: fault.to_string() });
            tokio::select! {
                waited = connector.failed(fault) => waited?,
                () = told(&mut stop) => return Err(ArtistFault::Stopped),
            }
        }
    }

    /// Works on one link until the end or until the link is lost.
    async fn on_link(&mut self, link: &Link, connector: &mut Connector<'_>) -> Result<JobEnd, ArtistFault> {
        let mut tasks = JoinSet::new();
        // Before any node gets a key on this link: what it delivers is the referee's to judge from the first tile on.
        if let Some(referral) = self.desk.referral.clone() {
            refer(link, referral).await?;
        }
        self.follow(&mut tasks, link, false);
        loop {
            if let Some(end) = self.end() {
                return Ok(end);
            }
            let outcome = tokio::select! {
                Some(outcome) = tasks.join_next() => outcome.unwrap_or(Outcome::Nothing),
                fault = link.closed() => return Err(fault.into()),
            };
            let next = self.take_in(outcome, &mut tasks, link)?;
            if matches!(next, Next::WentWell) {
                connector.went_well(None);
            }
            self.look_back(&mut tasks, link);
            // Old events may speak of work that later ones withdraw, and of verdicts that were heard: nothing is done before all are read.
            if self.all_read() {
                for step in self.campaign.steps(COLLECT_AT_ONCE) {
                    self.carry_out(step, &mut tasks, link);
                }
                self.tell_of_disputes();
            }
        }
    }

    fn take_in(
        &mut self,
        outcome: Outcome,
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<Next, ArtistFault> {
        match outcome {
            Outcome::Events(Ok(events)) => {
                self.events(*events, tasks, link)?;
                return Ok(Next::WentWell);
            }
            Outcome::Events(Err(LinkFault::Refused(Refusal::NoSuchJob))) => self.post_again(tasks, link),
            Outcome::Events(Err(
                LinkFault::Timeout | LinkFault::Refused(Refusal::Busy { .. } | Refusal::Failed),
            )) => {
                self.follow(tasks, link, true);
            }
            Outcome::Events(Err(fault)) => return Err(fault.into()),
            Outcome::Checked(committed, checked) => self.accept(*committed, *checked, tasks, link)?,
            Outcome::Unfit(committed, unfit) => {
                self.refuse(&committed, &unfit);
                match unfit.verdict {
                    // Nothing follows for the node before the referee has spoken.
                    Judgement::Wrong if self.desk.referral.is_some() => {
                        self.accused.insert(committed.lease, committed.node);
                    }
                    Judgement::Wrong => self.catch(committed.node, tasks, link)?,
                    _ => {}
                }
            }
            Outcome::LookedBack { node, wrong, unable } => {
                self.looking_back = None;
                self.desk.looked_back(node, &wrong)?;
                if let Some(why) = unable {
                    self.collector.progress(Progress::Looked { node, found: Finding::Unable(why) });
                }
                if !wrong.is_empty() {
                    self.collector.progress(Progress::Tainted { node, tiles: wrong });
                }
            }
            Outcome::NotFetched(lease) => self.campaign.not_collected(lease),
            Outcome::Confirmed(lease, true) => {
                self.campaign.confirmed(lease);
                self.words.remove(&lease);
            }
            Outcome::Confirmed(lease, false) => self.campaign.not_confirmed(lease),
            Outcome::Preview(preview) => {
                self.previews = self.previews.saturating_sub(1);
                if let Some(preview) = preview {
                    self.collector.preview(*preview);
                }
            }
            Outcome::Keys(Err(fault)) => {
                tracing::debug!(%fault, "keys could not be given");
                self.campaign.keys_not_given();
            }
            Outcome::Keys(_) | Outcome::Seen(_) | Outcome::Nothing => {}
        }
        Ok(Next::GoOn)
    }

    fn events(
        &mut self,
        events: Events,
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<(), ArtistFault> {
        self.state = events.job.state;
        self.events_known = events.job.events;
        for step in self.campaign.events(events.first, events.events.into_vec()).ok_or_else(gap)? {
            match step {
                Step::Ruled(committed, _, ruling) => self.ruled(committed, &ruling, tasks, link)?,
                Step::Rejected(lease) => {
                    if let Some(node) = self.accused.remove(&lease) {
                        self.catch(node, tasks, link)?;
                    }
                }
                step => self.carry_out(step, tasks, link),
            }
        }
        self.follow(tasks, link, false);
        Ok(())
    }

    /// The answer to a passing fault waits a little; otherwise the coordinator keeps it back until there is news.
    fn follow(&self, tasks: &mut JoinSet<Outcome>, link: &Link, pause: bool) {
        let (link, job, since) = (link.clone(), self.job(), self.campaign.next_event());
        let request = Request::Follow(Follow { job, since, wait_ms: WAIT_MS_MAX / 2 });
        tasks.spawn(async move { ask_events(&link, request, pause).await });
    }

    /// The program was killed between keeping the ticket and posting the job.
    fn post_again(&self, tasks: &mut JoinSet<Outcome>, link: &Link) {
        let (link, post) = (link.clone(), self.desk.ticket.post.clone());
        let referral = self.desk.referral.clone();
        let (job, since) = (self.job(), self.campaign.next_event());
        tasks.spawn(async move {
            if let Err(fault) = link.call(&Request::PostJob(Box::new(post))).await {
                return Outcome::Events(Err(fault));
            }
            if let Some(referral) = referral
                && let Err(fault) = refer(&link, referral).await
            {
                return Outcome::Events(Err(fault));
            }
            ask_events(&link, Request::Follow(Follow { job, since, wait_ms: 0 }), false).await
        });
    }

    fn carry_out(&mut self, step: Step, tasks: &mut JoinSet<Outcome>, link: &Link) {
        let (desk, link) = (self.desk.clone(), link.clone());
        match step {
            Step::GiveKeys => {
                tasks.spawn(async move { Outcome::Keys(give_keys(&desk, &link).await) });
            }
            Step::Collect(committed) => {
                tasks.spawn(async move {
                    let collected = collect(&desk.reader, &link, committed).await;
                    audit(&desk, &link, collected).await
                });
            }
            Step::Take(committed) => {
                tasks.spawn(async move { collect(&desk.reader, &link, committed).await });
            }
            // Taken in with the events that they came with.
            Step::Ruled(..) | Step::Rejected(_) => {}
            Step::Confirm(lease) | Step::Refuse(lease) => {
                let words = self.words.get(&lease).cloned().or_else(|| self.words_on_disk(lease));
                let countersigned = words.unwrap_or_default();
                let verdict = Verdict { lease, good: matches!(step, Step::Confirm(_)), countersigned };
                tasks.spawn(async move { judge(&link, verdict).await });
            }
            Step::Preview(lease, node, piece, object) if self.previews < PREVIEWS_AT_ONCE => {
                self.previews += 1;
                let shown = preview_of(lease, node, piece, object);
                tasks.spawn(async move { Outcome::Preview(fetch_preview(&desk.reader, &link, shown).await) });
            }
            Step::Preview(..) => {}
            Step::Tell(progress) => self.collector.progress(progress),
        }
    }

    fn words_on_disk(&self, lease: LeaseId) -> Option<Words> {
        let (_, countersigned) = self.desk.folder.head_of(lease)?;
        Bounded::new(countersigned.to_bytes()).ok()
    }

    /// Whether everything is taken in that had happened at the coordinator's last answer.
    fn all_read(&self) -> bool {
        self.campaign.next_event() >= self.events_known
    }

    /// Results of earlier runs: checked again, because a disk is not a proof.
    fn restore(&mut self) -> Result<(), ArtistFault> {
        for lease in self.desk.folder.kept() {
            let desk = self.desk.clone();
            let kept = desk.folder.result_of(lease);
            let good = kept.and_then(|kept| {
                let checked = desk.reader.check(&kept.committed, kept.sealed.clone()).ok()?;
                let verified = kept.countersigned.verify().ok()?;
                let ours = kept.committed.lease == lease && verified.artist == desk.identity.id();
                (ours && self.campaign.restore(lease, kept.committed.piece)).then_some((kept, checked))
            });
            match good {
                Some((kept, checked)) => {
                    let Piece { frame, tile, .. } = kept.committed.piece;
                    let (rect, partials) = (checked.rect, checked.partials);
                    let tile = CollectedTile { frame, tile, rect, partials, receipt: kept.countersigned };
                    self.collector.tile(tile).map_err(ArtistFault::Collector)?;
                }
                None => desk.folder.discard(lease),
            }
        }
        Ok(())
    }

    /// What is known of nodes that were caught in earlier runs; whose results nobody looked at then, they are now.
    fn recall(&mut self) {
        for (node, wrong) in self.desk.folder.catches() {
            match wrong {
                Some(tiles) if tiles.is_empty() => {}
                Some(tiles) => self.collector.progress(Progress::Tainted { node, tiles }),
                None if self.desk.auditor.is_some() => drop(self.suspects.insert(node)),
                None => {}
            }
        }
    }

    /// The end, when also every verdict was heard; a stopped job has nobody to hear them.
    fn end(&self) -> Option<JobEnd> {
        let end = self.campaign.end(self.state, self.all_read())?;
        let heard = self.campaign.unheard() == 0 || self.state == JobState::Cancelled;
        let has_looked_back = self.suspects.is_empty() && self.looking_back.is_none();
        (heard && has_looked_back).then_some(end)
    }

    fn job(&self) -> JobId {
        self.desk.ticket.job()
    }
}

enum Next {
    GoOn,
    WentWell,
}
