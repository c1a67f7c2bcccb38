//! The market: which node works on what, what counts, and what it pays. Pure logic: time and records are handed in.
//!
//! Every request is one turn: it reads rows, decides, writes rows, and says what is to be told to whom. A
//! refused turn leaves no trace. The turn runs inside a store's transaction ([`Market::act`]), so the rows are the only
//! truth; a coordinator may be killed between any two turns.
//!
//! Work is pulled. A job's blocks are handed out in the order in which an artist wants to see them; what comes back is
//! handed out first. The first commit of a block wins. A lease ends by commit, by its node giving it back, by
//! silence, or by being split off to somebody faster. Fairness between jobs is stride scheduling (Waldspurger
//! and Weihl, "Stride Scheduling", 1995): the job that was served least is next.

mod absence;
mod audit;
mod blame;
mod census;
mod claim;
mod counted;
mod coverage;
mod dispute;
mod news;
mod offer;
mod pausing;
mod posting;
mod quoting;
mod row;
mod rows;
mod rulings;
mod settle;
mod split;
mod viewing;
mod work;

use std::collections::BTreeSet;

use frame::{JobId, NodeId};

use crate::ledger::{Ledger, LedgerFault};
use crate::store::{Records, Store, StoreFault};
use crate::wire::{Event, ObjectName, Refusal, Request, Response};
use claim::Centres;
use row::JobRow;
use rows::Rows;

pub use audit::{Fault, Health, audit};
pub use census::Census;
pub use counted::{Count, Counts};
pub(crate) use rows::TIME_STEP_MS;

/// The coordinator owner's choices. The defaults are for a private coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Micro-credits that every new artist may spend; 0 = artists must be given credit some other way.
    pub opening_credit: u64,
    /// A lease without heartbeat lapses after this time.
    pub lapse_ms: u64,
    /// How often nodes send heartbeats.
    pub heartbeat_ms: u64,
    /// A lease without progress lapses after this time, heartbeats or not.
    pub stall_ms: u64,
    /// A node silent for this long may lose work that others are idle for.
    pub silence_ms: u64,
    /// How long a lease should take; its blocks are counted by the node's measured speed.
    pub lease_ms: u64,
    /// Committed work counts as accepted when the artist has not answered in this time.
    pub verdict_ms: u64,
    /// What an artist refuses counts as refused when the job's referee has not spoken in this time.
    pub ruling_ms: u64,
    /// A job whose artist has given no sign for so long is stopped. Only time in which the coordinator ran is counted.
    pub absence_ms: u64,
    /// How long others are asked first after a node gave up on a tile.
    pub shun_ms: u64,
    /// Failures in a row, or refused results, after which a node gets no more of a job; and nodes in a row
    /// that say that a job cannot be done, after which it is stopped.
    pub failures_max: u32,
    /// Running leases of one node.
    pub node_leases_max: usize,
    /// Running leases of one artist's jobs together.
    pub artist_leases_max: u32,
    /// Active jobs of one artist.
    pub artist_jobs_max: usize,
    /// Active jobs in all.
    pub jobs_max: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            // A million credits, about two million full-HD frames at 256 samples at the usual price.
            opening_credit: 1_000_000_000_000,
            lapse_ms: 20_000,
            heartbeat_ms: 2_000,
            stall_ms: 600_000,
            silence_ms: 6_000,
            lease_ms: 8_000,
            verdict_ms: 24 * 3_600_000,
            ruling_ms: 3_600_000,
            absence_ms: 14 * 24 * 3_600_000,
            shun_ms: 10_000,
            failures_max: 3,
            node_leases_max: 32,
            artist_leases_max: 4_096,
            artist_jobs_max: 64,
            jobs_max: 1_024,
        }
    }
}

/// What can happen to the market.
#[derive(Clone, Debug)]
pub enum Input {
    /// A peer, proven by its handshake, asks for something.
    Asked(NodeId, Request),
    /// Time has passed: leases lapse, verdicts fall due.
    Tick,
}

/// What is to be done after the transaction is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the peer that asked.
    Answer(Response),
    /// Those who follow this job have something to read.
    WakeFollowers(JobId),
    /// Nodes that wait for work should ask again.
    WakeNodes,
    /// Referees that wait for something to judge should ask again.
    WakeReferees,
    /// A stored result was delivered: from now on it is this artist's.
    Delivered {
        /// Its name.
        result: ObjectName,
        /// Who delivered it.
        node: NodeId,
        /// Whose it is.
        artist: NodeId,
    },
    /// A stored result has done its work: the artist has it, or does not want it.
    Spare(ObjectName),
    /// Something that whoever runs the market wants to have counted.
    Counted(Count),
}

/// The market's logic. It keeps no truth: two of them over one store behave as one.
#[derive(Debug, Default)]
pub struct Market {
    terms: Terms,
    centres: Centres,
}

impl Market {
    /// A market on these terms.
    pub fn new(terms: Terms) -> Self {
        Self { terms, centres: Centres::default() }
    }

    /// Runs inputs as one durable transaction; each is atomic by itself and sees the ones before it. Where another coordinator noted a
    /// later time, it is that: time does not go back from one turn to the next.
    ///
    /// # Errors
    /// When the store fails, nothing of the whole batch has happened; with [`StoreFault::Away`], that is not known.
    pub fn act(
        &mut self,
        store: &mut dyn Store,
        now_ms: u64,
        inputs: &[Input],
    ) -> Result<Vec<Vec<Effect>>, StoreFault> {
        let mut transaction = store.begin()?;
        let now_ms = Rows { records: &mut *transaction }.note_time(now_ms)?;
        let mut effects = Vec::with_capacity(inputs.len());
        for input in inputs {
            transaction.mark()?;
            match self.handle(&mut *transaction, now_ms, input) {
                Ok(done) => effects.push(done),
                Err(Halt::Refused(refusal)) => {
                    transaction.undo()?;
                    effects.push(vec![Effect::Answer(Response::Refused(refusal))]);
                }
                Err(Halt::Store(fault)) => return Err(fault),
            }
        }
        effects.iter().flatten().filter_map(Effect::as_news).for_each(|news| transaction.announce(&news));
        transaction.commit()?;
        Ok(effects)
    }

    /// The latest time that was written down in a store, within [`TIME_STEP_MS`] of the latest turn's; nothing where there was none.
    ///
    /// # Errors
    /// The store's.
    pub fn noted_ms(store: &mut dyn Store) -> Result<Option<u64>, StoreFault> {
        Rows { records: &mut *store.begin()? }.time_ms()
    }

    /// Artists of whose jobs something is not settled: what they stored is still needed.
    ///
    /// # Errors
    /// The store's.
    pub fn unsettled(store: &mut dyn Store) -> Result<BTreeSet<NodeId>, StoreFault> {
        let mut transaction = store.begin()?;
        let rows = Rows { records: &mut *transaction };
        let mut jobs: BTreeSet<JobId> = rows.active_jobs(usize::MAX)?.into_iter().collect();
        jobs.extend(rows.verdicts_due(u64::MAX, usize::MAX)?.into_iter().map(|lease| lease.job));
        // Also those that were stopped because their artist was gone: what is paid for can be collected for a while.
        jobs.extend(rows.absences(usize::MAX)?);
        let artist = |job| -> Result<Option<NodeId>, StoreFault> { Ok(rows.job(job)?.map(|row| row.artist)) };
        jobs.into_iter().filter_map(|job| artist(job).transpose()).collect()
    }

    fn handle(&mut self, records: &mut dyn Records, now_ms: u64, input: &Input) -> Result<Vec<Effect>, Halt> {
        let (terms, centres) = (&self.terms, &mut self.centres);
        let turn = Turn { rows: Rows { records }, terms, centres, now_ms, effects: Vec::new() };
        turn.run(input)
    }
}

/// Why a turn ends early; either way nothing of it remains.
enum Halt {
    Refused(Refusal),
    Store(StoreFault),
}

/// One input being handled.
struct Turn<'a> {
    rows: Rows<'a>,
    terms: &'a Terms,
    centres: &'a mut Centres,
    now_ms: u64,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn run(mut self, input: &Input) -> Result<Vec<Effect>, Halt> {
        match input {
            Input::Asked(peer, request) => {
                let response = self.answer(*peer, request)?;
                self.effects.push(Effect::Answer(response));
            }
            Input::Tick => self.tick()?,
        }
        Ok(self.effects)
    }

    fn answer(&mut self, peer: NodeId, request: &Request) -> Result<Response, Halt> {
        match request {
            Request::Ping => Ok(Response::Done),
            Request::Register(offer) => self.register(peer, offer),
            Request::Pull(pull) => self.pull(peer, pull),
            Request::OpenJob(job) => self.open_job(peer, *job),
            Request::Heartbeat(heartbeat) => self.heartbeat(peer, heartbeat),
            Request::Preview(preview) => self.preview(peer, preview),
            Request::Commit(commit) => self.commit(peer, commit),
            Request::Fail(failure) => self.fail(peer, failure),
            Request::Leave => self.leave(peer),
            Request::Earnings => self.earnings(peer),
            Request::Statement(since) => self.statement(peer, *since),
            Request::PostJob(post) => self.post_job(peer, post),
            Request::Candidates(job) => self.candidates(peer, *job),
            Request::GiveKey(gift) => self.give_key(peer, gift),
            Request::Follow(follow) => self.follow(peer, follow),
            Request::Verdict(verdict) => self.verdict(peer, verdict),
            Request::Cancel(job) => self.cancel(peer, *job),
            Request::Pause(pause) => self.pause(peer, *pause),
            Request::Jobs => self.jobs(peer),
            Request::Balance => self.balance(peer),
            Request::Share(share) => self.share(peer, share),
            Request::OpenView(view) => self.open_view(view),
            Request::FollowView(follow) => self.follow_view(follow),
            Request::Offers(wanted) => self.offers(wanted),
            Request::Refer(referral) => self.refer(peer, referral),
            Request::Referee(referee) => self.referee(*referee),
            Request::Attend(attend) => self.attend(peer, attend),
            Request::Rule(rule) => self.rule(peer, rule),
            Request::Demand(referees) => self.demand(peer, referees),
            Request::Rulings(taken) => self.rulings(peer, taken),
            // Objects are the blob folder's business; a driver that asks the market has lost its way.
            Request::Missing(_) | Request::Put { .. } | Request::Fetch(_) | Request::Show { .. } => {
                Err(Refusal::Malformed.into())
            }
        }
    }

    /// Adds an event to a job's journal; the caller writes the job row.
    fn tell(&mut self, job: &mut JobRow, event: &Event) -> Result<(), Halt> {
        self.rows.put_event(job.job, job.events, event)?;
        job.events += 1;
        self.wake(Effect::WakeFollowers(job.job));
        Ok(())
    }

    fn wake(&mut self, effect: Effect) {
        if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    fn counted(&mut self, count: Count) {
        self.effects.push(Effect::Counted(count));
    }

    fn ledger(&mut self) -> Ledger<'_> {
        Ledger::new(self.rows.records, self.now_ms)
    }

    /// A job whose artist asks about it, and so is there.
    fn job_of(&mut self, artist: NodeId, job: JobId) -> Result<JobRow, Halt> {
        let row = self.rows.job(job)?.filter(|row| row.artist == artist).ok_or(Refusal::NoSuchJob)?;
        self.gave_a_sign(&row)?;
        Ok(row)
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Halt::Refused(refusal)
    }
}

impl From<StoreFault> for Halt {
    fn from(fault: StoreFault) -> Self {
        Halt::Store(fault)
    }
}

impl From<LedgerFault> for Halt {
    fn from(fault: LedgerFault) -> Self {
        match fault {
            LedgerFault::TooLittle { needed, available } => Refusal::Credit { needed, available }.into(),
            LedgerFault::Store(fault) => fault.into(),
            _ => Refusal::Failed.into(),
        }
    }
}

#[cfg(test)]
mod tests;
