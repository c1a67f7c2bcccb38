//! Artists post jobs, admit nodes, follow what happens, and stop.

use frame::{JobId, NodeId};

use super::row::{JobRow, KeyRow, KeyState, LeaseState};
use super::{Count, Effect, Halt, Turn};
use crate::ledger::{AccountId, Purpose, pay};
use crate::wire::{
    Balance, Bounded, Candidate, Event, Events, Follow, JobPost, JobState, KeyGift, ObjectName, Refusal,
    Response, artist,
};

impl Turn<'_> {
    pub(super) fn post_job(&mut self, artist: NodeId, post: &JobPost) -> Result<Response, Halt> {
        let name = post_name(post)?;
        if let Some(before) = self.rows.job(post.job)? {
            let same = before.artist == artist && before.post == name;
            if same {
                self.gave_a_sign(&before)?;
            }
            return if same { Ok(Response::Done) } else { Err(Refusal::JobTaken.into()) };
        }
        if !post.is_consistent() {
            return Err(Refusal::BadJob("its lists and limits do not fit its shape".into()).into());
        }
        self.limit_jobs(artist)?;
        self.open_credit(artist)?;
        // Rounded up once more, because each lease's pay is rounded down by itself.
        let most = pay(post.shape.samples_all(), post.price_max).and_then(|most| most.checked_add(1));
        let most = most.ok_or_else(|| Refusal::BadJob("its price overflows".into()))?;
        let (from, to) = (AccountId::Artist(artist), AccountId::Escrow(post.job));
        self.ledger().transfer(Purpose::Escrow(post.job), from, to, most)?;
        // A new job starts level with the least served one: it neither waits for the past nor is paid back for it.
        let stride = self.level(post.job)?;
        let row = JobRow::new(post, name, artist, self.now_ms, stride);
        self.rows.put_job(&row)?;
        self.rows.put_frames(post)?;
        self.rows.list_job(&row)?;
        self.counted(Count::JobPosted);
        self.wake(Effect::WakeNodes);
        Ok(Response::Done)
    }

    pub(super) fn candidates(&mut self, artist: NodeId, job: JobId) -> Result<Response, Halt> {
        let job = self.job_of(artist, job)?;
        let mut candidates = Vec::new();
        for node in self.rows.awaiting(job.job, artist::CANDIDATES_MAX)? {
            let Some(row) = self.rows.node(node)? else { continue };
            candidates.push(Candidate {
                node,
                descriptor: row.descriptor,
                adapter: row.adapter,
                price: row.price,
            });
        }
        Ok(Response::Candidates(Bounded::cut(candidates)))
    }

    pub(super) fn give_key(&mut self, artist: NodeId, gift: &KeyGift) -> Result<Response, Halt> {
        let mut job = self.job_of(artist, gift.job)?;
        let key = self.rows.key(gift.job, gift.node)?;
        let (Some(mut key), Some(node)) = (key, self.rows.node(gift.node)?) else {
            return Err(Refusal::NotRegistered.into());
        };
        match &gift.wrapped {
            None => {
                key.state = KeyState::TurnedAway;
                self.tell(&mut job, &Event::NodeLeft { node: gift.node })?;
            }
            // The node has a new descriptor since: it stays on the list with that one.
            Some(_) if gift.descriptor != ObjectName::of(&node.descriptor) => return Ok(Response::Done),
            Some(wrapped) => {
                key.state = KeyState::Given { wrapped: wrapped.clone(), descriptor: gift.descriptor };
                self.wake(Effect::WakeNodes);
            }
        }
        self.rows.put_key(gift.job, gift.node, &key)?;
        self.rows.put_job(&job)?;
        Ok(Response::Done)
    }

    pub(super) fn follow(&mut self, artist: NodeId, follow: &Follow) -> Result<Response, Halt> {
        let job = self.job_of(artist, follow.job)?;
        Ok(Response::Events(Box::new(self.events(&job, follow.since)?)))
    }

    /// What happened to a job, from an event on.
    pub(super) fn events(&self, job: &JobRow, since: u64) -> Result<Events, Halt> {
        let events = self.rows.events(job.job, since, artist::EVENTS_MAX)?;
        Ok(Events { first: since, events: Bounded::cut(events), job: job.card() })
    }

    pub(super) fn cancel(&mut self, artist: NodeId, job: JobId) -> Result<Response, Halt> {
        let mut row = self.job_of(artist, job)?;
        if row.state.is_open() {
            self.end_early(&mut row, "stopped by the artist".into())?;
            self.rows.put_job(&row)?;
        }
        Ok(Response::Done)
    }

    /// Stops a running job; the caller writes its row.
    pub(super) fn end_early(&mut self, row: &mut JobRow, reason: String) -> Result<(), Halt> {
        for mut lease in self.rows.leases_of_job(row.job)? {
            lease.state = LeaseState::Lost;
            self.rows.put_lease(&lease)?;
            let mut coverage = self.rows.tile(row.job, lease.frame_at, lease.tile)?;
            coverage.release(lease.lease, 0);
            self.rows.put_tile(row.job, lease.frame_at, lease.tile, &coverage)?;
        }
        row.blocks_leased = 0;
        row.leases = 0;
        row.state = JobState::Cancelled;
        row.ended_ms = self.now_ms;
        self.counted(Count::JobStopped);
        self.tell(row, &Event::Cancelled { reason })?;
        self.return_rest(row)
    }

    pub(super) fn jobs(&mut self, artist: NodeId) -> Result<Response, Halt> {
        let mut cards = Vec::new();
        for job in self.rows.jobs_of(artist, artist::JOBS_MAX)? {
            cards.extend(self.rows.job(job)?.map(|row| row.card()));
        }
        Ok(Response::Jobs(Bounded::cut(cards)))
    }

    pub(super) fn balance(&mut self, artist: NodeId) -> Result<Response, Halt> {
        self.open_credit(artist)?;
        let available = self.ledger().account(AccountId::Artist(artist))?.available();
        let mut escrow = 0u64;
        for job in self.rows.jobs_of(artist, artist::JOBS_MAX)? {
            let account = self.ledger().account(AccountId::Escrow(job))?;
            escrow = escrow.saturating_add(account.credits_posted.saturating_sub(account.debits_posted));
        }
        Ok(Response::Balance(Balance { available, escrow }))
    }

    fn limit_jobs(&mut self, artist: NodeId) -> Result<(), Halt> {
        let active = self.rows.active_jobs(self.terms.jobs_max)?;
        let limit = |what: &str, max: usize| Refusal::Limit { what: what.into(), max: max as u64 };
        if active.len() >= self.terms.jobs_max {
            return Err(limit("running jobs on this coordinator", self.terms.jobs_max).into());
        }
        let mut mine = 0;
        for job in active {
            mine += usize::from(self.rows.job(job)?.is_some_and(|row| row.artist == artist));
        }
        if mine >= self.terms.artist_jobs_max {
            return Err(limit("running jobs of one artist", self.terms.artist_jobs_max).into());
        }
        Ok(())
    }

    /// Gives a new artist the coordinator's opening credit, once.
    fn open_credit(&mut self, artist: NodeId) -> Result<(), Halt> {
        let (purpose, amount) = (Purpose::OpeningCredit(artist), self.terms.opening_credit);
        // Looked up first: the owner may have changed the amount since this artist got it.
        if amount > 0 && self.ledger().transfer_for(purpose)?.is_none() {
            self.ledger().transfer(purpose, AccountId::Mint, AccountId::Artist(artist), amount)?;
        }
        Ok(())
    }

    /// Notes that a node would work for a job and tells the artist.
    pub(super) fn ask_for_key(
        &mut self,
        job: &mut JobRow,
        node: NodeId,
        mut key: KeyRow,
    ) -> Result<(), Halt> {
        key.state = KeyState::Awaited;
        self.rows.put_key(job.job, node, &key)?;
        self.tell(job, &Event::NodeAwaitsKey { node })?;
        self.rows.put_job(job)?;
        Ok(())
    }
}

fn post_name(post: &JobPost) -> Result<ObjectName, Refusal> {
    let bytes = postcard::to_stdvec(post).map_err(|_| Refusal::Malformed)?;
    Ok(ObjectName::of(&bytes))
}
