//! An artist of the simulation: the real campaign, with a disk that survives its deaths and an eye that knows good work.

use std::collections::{BTreeMap, BTreeSet};

use frame::LeaseId;
use render_net::artist::JobEnd;
use render_net::artist::campaign::{Campaign, Step};
use render_net::wire::{
    Candidate, Committed, Event, Follow, JobPost, JobState, KeyGift, Message, ObjectName, Offers,
    OffersWanted, Opaque, Pause, Piece, Referral, Refusal, Request, Response, Verdict,
};

use super::errand::ArtistErrand;
use super::plan::Plan;
use super::world::{Happening, Peer, World};

/// How often the artist looks after what is unanswered.
const LOOK_MS: u64 = 2_000;
/// Results collected at once.
const ROOM: usize = 4;

/// What an answer is for.
enum Call {
    Offers,
    Post,
    Refer,
    Follow,
    Candidates,
    Verdict(LeaseId, bool),
    Quiet,
}

/// A question before the job is posted, and what became of the job.
#[derive(Default)]
struct Inquiry {
    offers: Option<Offers>,
    asked_ms: u64,
    last_ms: u64,
}

pub(super) struct SimArtist {
    at: usize,
    post: JobPost,
    life: u32,
    campaign: Option<Campaign>,
    posted: bool,
    /// Whether the coordinator knows the referee, where there is one.
    referred: bool,
    state: JobState,
    calls: BTreeMap<u64, Call>,
    /// Verdicts that the coordinator has not confirmed.
    verdicts: BTreeMap<LeaseId, bool>,
    /// What it learns before it posts, where it asks.
    inquiry: Option<Inquiry>,
    /// Whether the job is paused, by the events before this one.
    paused: (u64, bool),
    /// On disk: collected pieces.
    kept: BTreeMap<LeaseId, Piece>,
}

impl SimArtist {
    pub(super) fn new(at: usize, plan: &Plan) -> Self {
        Self {
            at,
            post: plan.jobs[at].clone(),
            life: 0,
            campaign: None,
            posted: false,
            referred: plan.referee.is_none(),
            state: JobState::Active,
            calls: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            paused: (0, false),
            inquiry: (plan.quoted == Some(at)).then(Inquiry::default),
            kept: BTreeMap::new(),
        }
    }

    /// Whether the artist's program has everything and would end.
    pub(super) fn is_done(&self) -> bool {
        let ended = self.campaign.as_ref().and_then(|campaign| campaign.end(self.state, true));
        ended == Some(JobEnd::Complete)
    }

    /// Tiles of a job whose nodes denoise: those that one node gave with all samples, and the others.
    pub(super) fn whole_and_divided(&self) -> (u64, u64) {
        let shape = &self.post.shape;
        if !shape.whole_tiles || shape.blocks() < 2 {
            return (0, 0);
        }
        let tiles: BTreeSet<_> = self.kept.values().map(|piece| (piece.frame, piece.tile)).collect();
        let whole = self.kept.values().filter(|piece| piece.blocks.count == shape.blocks()).count();
        (whole as u64, (tiles.len() - whole) as u64)
    }

    /// What it learned, and how long all took after that; where it asked.
    pub(super) fn inquiry(&self) -> Option<(&Offers, u64)> {
        let inquiry = self.inquiry.as_ref()?;
        Some((inquiry.offers.as_ref()?, inquiry.last_ms - inquiry.asked_ms))
    }

    fn wanted(&self) -> OffersWanted {
        let JobPost { price_max, memory_mib, nodes_allowed, .. } = self.post.clone();
        OffersWanted { price_max, memory_mib, nodes_allowed, referee: None }
    }

    pub(super) fn start(&mut self, world: &mut World) {
        if self.campaign.is_some() {
            return;
        }
        self.life += 1;
        let mut campaign = Campaign::new(self.post.shape.clone());
        for (&lease, &piece) in &self.kept {
            assert!(campaign.restore(lease, piece), "what was kept fits together");
        }
        self.verdicts = self.kept.keys().map(|&lease| (lease, true)).collect();
        self.campaign = Some(campaign);
        let comes_ms = world.plan.scenes[self.at].comes_ms.saturating_sub(world.now_ms);
        self.later(world, comes_ms.max(1), ArtistErrand::Look);
    }

    pub(super) fn die(&mut self) {
        self.life += 1;
        self.campaign = None;
        self.posted = false;
        self.calls.clear();
    }

    pub(super) fn happen(
        &mut self,
        world: &mut World,
        life: u32,
        errand: ArtistErrand,
    ) -> Result<(), String> {
        if life != self.life {
            return Ok(());
        }
        match errand {
            ArtistErrand::Look => {
                self.later(world, LOOK_MS, ArtistErrand::Look);
                self.look(world);
            }
            ArtistErrand::Follow => self.follow(world),
            ArtistErrand::Collected(work, upheld) => self.collected(world, &work, upheld)?,
        }
        Ok(())
    }

    pub(super) fn response(&mut self, world: &mut World, call: u64, bytes: &[u8]) -> Result<(), String> {
        let Some(call) = self.calls.remove(&call) else { return Ok(()) };
        world.note(bytes);
        let response = Response::decode(bytes).map_err(|fault| fault.to_string())?;
        match (call, response) {
            (Call::Offers, Response::Offers(offers)) => {
                if let Some(inquiry) = self.inquiry.as_mut() {
                    (inquiry.offers, inquiry.asked_ms) = (Some(*offers), world.now_ms);
                }
                self.look(world);
            }
            (Call::Post, Response::Done) => {
                self.posted = true;
                self.look(world);
                self.follow(world);
            }
            (Call::Refer, Response::Done) => {
                self.referred = true;
                self.follow(world);
            }
            (Call::Follow, Response::Events(events)) => {
                self.state = events.job.state;
                let wait_ms = if events.events.is_empty() { 500 } else { 1 };
                let first = events.first;
                self.see_pauses(world, first, &events.events)?;
                if let Some(campaign) = self.campaign.as_mut() {
                    for step in campaign.events(first, events.events.into_vec()).unwrap_or_default() {
                        // The word of a referee whom the simulation's artists believe without its signature.
                        if let Step::Ruled(committed, true, _) = step {
                            campaign.upheld(committed);
                        }
                    }
                }
                self.go_on(world);
                self.later(world, wait_ms, ArtistErrand::Follow);
            }
            (Call::Follow, _) => self.later(world, 500, ArtistErrand::Follow),
            (Call::Candidates, Response::Candidates(candidates)) => {
                candidates.iter().for_each(|candidate| self.give_key(world, candidate));
            }
            (Call::Verdict(..), Response::Refused(Refusal::Failed)) => {}
            (Call::Verdict(lease, good), _) => {
                self.verdicts.remove(&lease);
                if let (true, Some(campaign)) = (good, self.campaign.as_mut()) {
                    campaign.confirmed(lease);
                }
            }
            (Call::Offers | Call::Post | Call::Refer | Call::Candidates | Call::Quiet, _) => {}
        }
        Ok(())
    }

    pub(super) fn timeout(&mut self, world: &mut World, call: u64) {
        if let Some(Call::Follow) = self.calls.remove(&call) {
            if let Some(campaign) = self.campaign.as_mut() {
                campaign.link_lost();
            }
            self.follow(world);
        }
    }

    /// Nothing is begun from a pause on until the job goes on.
    fn see_pauses(&mut self, world: &mut World, first: u64, events: &[Event]) -> Result<(), String> {
        for (index, event) in (first..).zip(events) {
            let (next, is_paused) = self.paused;
            if index < next {
                continue;
            }
            let is_paused = match event {
                Event::Leased { lease, .. } if is_paused => {
                    return Err(format!("{lease:?} was begun while the job was paused"));
                }
                Event::Paused => {
                    world.pauses += 1;
                    true
                }
                Event::Resumed => false,
                _ => is_paused,
            };
            self.paused = (index + 1, is_paused);
        }
        Ok(())
    }

    /// Pauses the job, or goes on with it, until the coordinator says that it is so.
    fn pause(&mut self, world: &mut World) {
        let spans = world.plan.pauses.get(self.at).into_iter().flatten();
        let is_paused = spans.into_iter().any(|span| span.has(world.now_ms));
        if self.state.is_open() && is_paused != (self.state == JobState::Paused) {
            let pause = Pause { job: self.post.job, is_paused };
            self.call(world, &Request::Pause(pause), Call::Quiet);
        }
    }

    /// Repeats what nobody answered.
    fn look(&mut self, world: &mut World) {
        if !self.posted {
            if self.inquiry.as_ref().is_some_and(|inquiry| inquiry.offers.is_none()) {
                self.call(world, &Request::Offers(Box::new(self.wanted())), Call::Offers);
            } else if !self.calls.values().any(|call| matches!(call, Call::Post)) {
                let post = Request::PostJob(Box::new(self.post.clone()));
                self.call(world, &post, Call::Post);
            }
            return;
        }
        if !self.referred {
            if !self.calls.values().any(|call| matches!(call, Call::Refer)) {
                let (job, referee) = (self.post.job, Peer::Referee.id());
                let referral = Referral { job, referee, wrapped: Opaque::default() };
                self.call(world, &Request::Refer(Box::new(referral)), Call::Refer);
            }
            return;
        }
        for (lease, good) in self.verdicts.clone() {
            let asked = |call: &Call| matches!(call, Call::Verdict(asked, _) if *asked == lease);
            if !self.calls.values().any(asked) {
                self.judge(world, lease, good);
            }
        }
        self.pause(world);
        // A key gift may have been lost; who still waits is on the list.
        self.call(world, &Request::Candidates(self.post.job), Call::Candidates);
        self.go_on(world);
    }

    fn follow(&mut self, world: &mut World) {
        let Some(campaign) = &self.campaign else { return };
        if !self.referred || self.calls.values().any(|call| matches!(call, Call::Follow)) {
            return;
        }
        let follow = Follow { job: self.post.job, since: campaign.next_event(), wait_ms: 0 };
        self.call(world, &Request::Follow(follow), Call::Follow);
    }

    fn go_on(&mut self, world: &mut World) {
        let Some(campaign) = self.campaign.as_mut() else { return };
        for step in campaign.steps(ROOM) {
            match step {
                Step::GiveKeys => {
                    self.call(world, &Request::Candidates(self.post.job), Call::Candidates);
                }
                Step::Collect(work) => self.collect(world, work, false),
                Step::Take(work) => self.collect(world, work, true),
                // Its own list of verdicts is repeated until they are confirmed.
                Step::Confirm(_) | Step::Refuse(_) | Step::Preview(..) | Step::Tell(_) => {}
                // Heard with the events that they came with.
                Step::Ruled(..) | Step::Rejected(_) => {}
            }
        }
    }

    fn collect(&mut self, world: &mut World, work: Box<Committed>, upheld: bool) {
        let wait_ms = world.chance.within(20, 400);
        self.later(world, wait_ms, ArtistErrand::Collected(work, upheld));
    }

    fn collected(&mut self, world: &mut World, work: &Committed, upheld: bool) -> Result<(), String> {
        let Some(campaign) = self.campaign.as_mut() else { return Ok(()) };
        let unfair = !upheld && world.plan.unfair > 0 && world.chance.hits(world.plan.unfair);
        let art = world.objects.get(&work.result).ok_or("committed and not stored")?;
        let fits = (art.lease, art.blocks) == (work.lease, work.piece.blocks);
        if !fits {
            return Err(format!("{:?} was committed with the result of other work", work.lease));
        }
        let is_new = !self.kept.contains_key(&work.lease);
        let good = art.good && !unfair && is_new && campaign.claim(work.piece).is_ok();
        if good {
            self.kept.insert(work.lease, work.piece);
            campaign.collected(work.lease);
            if let Some(inquiry) = self.inquiry.as_mut() {
                inquiry.last_ms = world.now_ms;
            }
        } else if self.kept.contains_key(&work.lease) {
            return Ok(());
        } else {
            world.refused += 1;
            world.wronged += u64::from(art.good && unfair);
            campaign.refuse(work.lease);
        }
        self.verdicts.insert(work.lease, good);
        self.judge(world, work.lease, good);
        Ok(())
    }

    fn judge(&mut self, world: &mut World, lease: LeaseId, good: bool) {
        let verdict = Verdict { lease, good, countersigned: Opaque::default() };
        self.call(world, &Request::Verdict(Box::new(verdict)), Call::Verdict(lease, good));
    }

    fn give_key(&mut self, world: &mut World, candidate: &Candidate) {
        let gift = KeyGift {
            job: self.post.job,
            node: candidate.node,
            descriptor: ObjectName::of(&candidate.descriptor),
            wrapped: Some(Opaque::default()),
        };
        self.call(world, &Request::GiveKey(Box::new(gift)), Call::Quiet);
    }

    fn call(&mut self, world: &mut World, request: &Request, call: Call) {
        let number = world.call(Peer::Artist(self.at), request);
        self.calls.insert(number, call);
    }

    fn later(&mut self, world: &mut World, ms: u64, errand: ArtistErrand) {
        world.after(ms, Happening::Artist { at: self.at, life: self.life, errand });
    }
}
