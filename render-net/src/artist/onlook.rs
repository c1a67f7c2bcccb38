//! Looking on at somebody else's job with a link: every result is fetched, opened and checked as its artist does it.
//!
//! Nothing is kept on disk and nothing is answered to the coordinator but questions. Who looks on has a new identity each time,
//! so that two looks are not known to be one person's.

use std::sync::Arc;

use frame::{FrameIndex, Partial, TileIndex};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::campaign::{Campaign, Step};
use super::check::ResultReader;
use super::connect::Connector;
use super::progress::{JobEnd, Progress};
use super::share::{ViewCard, sealed_card_bytes_max};
use super::tasks::{Outcome, ask_seen, collect, fetch_preview, gap, preview_of};
use super::{ArtistFault, FIRST_PATIENCE, JobPlan, PreviewTile, told};
use crate::identity::{CoordinatorAddress, Identity, ViewLink};
use crate::link::{Link, LinkFault, Priority};
use crate::wire::{
    FollowView, JobState, Piece, Refusal, Request, Response, View, ViewEvents, ViewToken, node,
};

/// Results that are fetched and opened at the same time.
const COLLECT_AT_ONCE: usize = 4;
/// Previews under way; more are dropped.
const PREVIEWS_AT_ONCE: usize = 2;

/// Takes what is seen.
pub trait Onlooker: Send {
    /// A finished piece that was checked; each of its blocks comes once.
    fn tile(&mut self, frame: FrameIndex, tile: TileIndex, partials: Vec<Partial>);

    /// A picture of unfinished work.
    fn preview(&mut self, _preview: PreviewTile) {}

    /// Something happened.
    fn progress(&mut self, _progress: Progress) {}
}

/// A job that can be looked at.
pub struct Viewing {
    identity: Identity,
    coordinator: CoordinatorAddress,
    view: View,
    title: String,
    reader: Arc<ResultReader>,
}

impl Viewing {
    /// Asks what a link shows.
    ///
    /// # Errors
    /// Nobody answers, the link was withdrawn, or [`ArtistFault::BadCard`].
    pub async fn open(link: &ViewLink) -> Result<Self, ArtistFault> {
        let (identity, coordinator) = (Identity::generate(), link.coordinator().clone());
        let view = View { job: link.job(), token: ViewToken(link.secret().token()) };
        let mut connector = Connector::new(&identity, &coordinator, Some(FIRST_PATIENCE));
        let wire = connector.link().await?;
        let Response::ViewCard(card) = wire.call(&Request::OpenView(view)).await? else {
            return Err(LinkFault::Protocol("a view was asked for".to_owned()).into());
        };
        let sealed = wire.fetch(card, sealed_card_bytes_max(), Priority::Control).await?;
        wire.close();
        let card = ViewCard::open(link.secret(), view.job, &sealed).ok_or(ArtistFault::BadCard)?;
        let ViewCard { title, plan, result_secret } = card;
        let reader = Arc::new(ResultReader { plan, key: result_secret.key() });
        Ok(Self { identity, coordinator, view, title, reader })
    }

    /// How the artist calls the pictures.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What they are.
    pub fn plan(&self) -> &JobPlan {
        &self.reader.plan
    }

    /// Looks on until every block of every frame was seen, the job is cancelled, or `stop` says so.
    ///
    /// # Errors
    /// See [`ArtistFault`]; the link was withdrawn, for one.
    pub async fn follow(
        &self,
        onlooker: &mut dyn Onlooker,
        mut stop: watch::Receiver<bool>,
    ) -> Result<JobEnd, ArtistFault> {
        let campaign = Campaign::new(self.plan().shape.clone());
        let state = JobState::Active;
        let mut look = Look {
            viewing: self,
            campaign,
            onlooker,
            state,
            events_known: u64::MAX,
            knows_away: false,
            previews: 0,
        };
        let mut connector = Connector::new(&self.identity, &self.coordinator, Some(FIRST_PATIENCE));
        tokio::select! {
            end = look.run(&mut connector) => end,
            () = told(&mut stop) => Err(ArtistFault::Stopped),
        }
    }
}

/// One look, over as many links as it takes.
struct Look<'a> {
    viewing: &'a Viewing,
    campaign: Campaign,
    onlooker: &'a mut dyn Onlooker,
    state: JobState,
    /// Events that the coordinator had at its last answer. It outlives a link: what was read need not be told again before it is fetched.
    events_known: u64,
    /// Whether the coordinator said last that the artist is away.
    knows_away: bool,
    previews: usize,
}

impl Look<'_> {
    async fn run(&mut self, connector: &mut Connector<'_>) -> Result<JobEnd, ArtistFault> {
        loop {
            let link = connector.link().await?;
            self.onlooker.progress(Progress::Connected);
            let fault = match self.on_link(&link, connector).await {
                Ok(end) => {
                    link.close();
                    return Ok(end);
                }
                Err(ArtistFault::Link(fault)) => fault,
                Err(other) => return Err(other),
            };
            self.campaign.link_lost();
            self.previews = 0;
            self.know_away(false);
            self.onlooker.progress(Progress::Disconnected { why: fault.to_string() });
            connector.failed(fault).await?;
        }
    }

    async fn on_link(&mut self, link: &Link, connector: &mut Connector<'_>) -> Result<JobEnd, ArtistFault> {
        let mut tasks = JoinSet::new();
        self.ask(&mut tasks, link, false);
        loop {
            if let Some(end) = self.campaign.end(self.state, self.all_read()) {
                return Ok(end);
            }
            let outcome = tokio::select! {
                Some(outcome) = tasks.join_next() => outcome.unwrap_or(Outcome::Nothing),
                fault = link.closed() => return Err(fault.into()),
            };
            match outcome {
                Outcome::Seen(Ok(seen)) => {
                    self.seen(*seen, &mut tasks, link)?;
                    connector.went_well(None);
                }
                Outcome::Seen(Err(
                    LinkFault::Timeout | LinkFault::Refused(Refusal::Busy { .. } | Refusal::Failed),
                )) => self.ask(&mut tasks, link, true),
                Outcome::Seen(Err(fault)) => return Err(fault.into()),
                other => self.take_in(other),
            }
            // Old events may speak of work that later ones withdraw: nothing is fetched before all are read.
            if self.all_read() {
                for step in self.campaign.steps(COLLECT_AT_ONCE) {
                    self.carry_out(step, &mut tasks, link);
                }
            }
        }
    }

    fn take_in(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Checked(committed, checked) => {
                let Piece { frame, tile, .. } = committed.piece;
                // Other work that covers the same blocks was seen before; the artist will refuse one of them.
                if self.campaign.claim(committed.piece).is_err() {
                    return self.campaign.refused(committed.lease);
                }
                self.onlooker.tile(frame, tile, checked.partials);
                if let Step::Tell(progress) = self.campaign.collected(committed.lease) {
                    self.onlooker.progress(progress);
                }
            }
            Outcome::Unfit(committed, unfit) => {
                tracing::debug!(why = unfit.why, "a result is not shown");
                self.campaign.refused(committed.lease);
            }
            Outcome::NotFetched(lease) => self.campaign.not_collected(lease),
            Outcome::Preview(preview) => {
                self.previews = self.previews.saturating_sub(1);
                if let Some(preview) = preview {
                    self.onlooker.preview(*preview);
                }
            }
            Outcome::Seen(_)
            | Outcome::Events(_)
            | Outcome::Confirmed(..)
            | Outcome::LookedBack { .. }
            | Outcome::Keys(_)
            | Outcome::Nothing => {}
        }
    }

    fn seen(
        &mut self,
        ViewEvents { events, is_artist_away }: ViewEvents,
        tasks: &mut JoinSet<Outcome>,
        link: &Link,
    ) -> Result<(), ArtistFault> {
        self.know_away(is_artist_away);
        self.state = events.job.state;
        self.events_known = events.job.events;
        for step in self.campaign.events(events.first, events.events.into_vec()).ok_or_else(gap)? {
            self.carry_out(step, tasks, link);
        }
        self.ask(tasks, link, false);
        Ok(())
    }

    /// The answer to a passing fault waits a little; otherwise the coordinator keeps it back until there is news.
    fn ask(&self, tasks: &mut JoinSet<Outcome>, link: &Link, pause: bool) {
        let (link, since, knows_away) = (link.clone(), self.campaign.next_event(), self.knows_away);
        let follow =
            FollowView { view: self.viewing.view, since, wait_ms: node::WAIT_MS_MAX / 2, knows_away };
        tasks.spawn(async move { ask_seen(&link, Request::FollowView(follow), pause).await });
    }

    fn all_read(&self) -> bool {
        self.campaign.next_event() >= self.events_known
    }

    fn know_away(&mut self, is_away: bool) {
        if std::mem::replace(&mut self.knows_away, is_away) != is_away {
            self.onlooker.progress(Progress::Artist { is_away });
        }
    }

    fn carry_out(&mut self, step: Step, tasks: &mut JoinSet<Outcome>, link: &Link) {
        let (reader, link) = (self.viewing.reader.clone(), link.clone());
        match step {
            Step::Collect(committed) | Step::Take(committed) => {
                tasks.spawn(async move { collect(&reader, &link, committed).await });
            }
            Step::Preview(lease, node, piece, object) if self.previews < PREVIEWS_AT_ONCE => {
                self.previews += 1;
                let shown = preview_of(lease, node, piece, object);
                tasks.spawn(async move { Outcome::Preview(fetch_preview(&reader, &link, shown).await) });
            }
            Step::Tell(progress) => self.onlooker.progress(progress),
            // Whoever looks on does not know the referee, and takes the coordinator's word.
            Step::Ruled(committed, true, _) => self.campaign.upheld(committed),
            // Keys and verdicts are the artist's.
            Step::GiveKeys
            | Step::Ruled(..)
            | Step::Rejected(_)
            | Step::Confirm(_)
            | Step::Refuse(_)
            | Step::Preview(..) => {}
        }
    }
}
