//! The protocol: every message between nodes, artists and the coordinator, and its bytes.
//!
//! One request and one response per bidirectional stream, each a header ([`HEADER_BYTES`]) and a postcard body:
//! `u8` version, `u16` kind, `u32` body length, all little-endian. A [`Request::Put`] is followed on the same stream
//! by the object's bytes, a [`Request::Show`] and a [`Response::Object`] likewise. The peer's identity comes from the handshake, so no
//! message says who sends it. Times are durations, because clocks differ.
//!
//! Nothing here opens anything: sealed and signed parts are opaque and have limits that decoding checks.
//! Decoding never panics and never allocates more than a small multiple of the bytes it was given.

pub mod artist;
pub mod bounded;
pub mod job;
pub mod node;
mod object;
pub mod offers;
pub mod referee;
mod refusal;
mod view;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use frame::{JobId, LeaseId, NodeId};

pub use artist::{
    Balance, Candidate, Committed, Event, Events, Follow, JobCard, JobState, KeyGift, Pause, Verdict,
};
pub use bounded::{Bounded, Opaque, TooLong};
pub use job::{JobPost, JobShape, Piece, ShapeDraft, ShapeFault};
pub use node::{
    Beat, Commit, Earnings, Failure, FailureKind, Heartbeat, JobTerms, Lease, Offer, PayState, Preview, Pull,
    Statement, StatementLine,
};
pub use object::ObjectName;
pub use offers::{NodeOffer, Offers, OffersWanted};
pub use referee::{Attend, Dispute, Disputes, Referees, Referral, Rule, Ruled};
pub use refusal::Refusal;
pub use view::{FollowView, Share, View, ViewEvents, ViewGrant, ViewToken};

/// Version of these messages; a peer with another one is refused in words.
pub const VERSION: u8 = 9;
/// Bytes before the body.
pub const HEADER_BYTES: usize = 7;
/// Largest body.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Largest stored object.
pub const OBJECT_BYTES_MAX: u64 = 64 << 20;

const KIND_REQUEST: u16 = 1;
const KIND_RESPONSE: u16 = 2;

/// What a node or an artist asks of the coordinator. New ones are added at the end only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Are you there? Answered with [`Response::Done`].
    Ping,
    /// Node: here I am → [`Response::Done`].
    Register(Box<Offer>),
    /// Node: give me work → [`Response::Leases`].
    Pull(Pull),
    /// Node: what do I need for this job → [`Response::Terms`].
    OpenJob(JobId),
    /// Node: still at work → [`Response::Beat`].
    Heartbeat(Heartbeat),
    /// Node: a picture of unfinished work that is stored → [`Response::Done`]. [`Request::Show`] does without storing it.
    Preview(Preview),
    /// Node: finished → [`Response::Committed`]. Asking again gives the same answer.
    Commit(Box<Commit>),
    /// Node: cannot → [`Response::Done`].
    Fail(Failure),
    /// Node: goodbye; all my leases come back → [`Response::Done`].
    Leave,
    /// Node: what have I earned → [`Response::Earnings`].
    Earnings,
    /// Node: line by line, from a ledger index → [`Response::Statement`].
    Statement(u64),
    /// Artist: render this → [`Response::Done`]. Posting the same again changes nothing.
    PostJob(Box<JobPost>),
    /// Artist: who awaits this job's key → [`Response::Candidates`].
    Candidates(JobId),
    /// Artist: a key for a node → [`Response::Done`].
    GiveKey(Box<KeyGift>),
    /// Artist: what happened → [`Response::Events`].
    Follow(Follow),
    /// Artist: this work is good, or not → [`Response::Done`].
    Verdict(Box<Verdict>),
    /// Artist: stop, keep what is done → [`Response::Done`].
    Cancel(JobId),
    /// Artist: my jobs, newest first → [`Response::Jobs`].
    Jobs,
    /// Artist: my money → [`Response::Balance`].
    Balance,
    /// Anyone: which of these objects are not stored yet → [`Response::Missing`].
    Missing(Bounded<ObjectName, 4096>),
    /// Anyone: an object's bytes follow on this stream → [`Response::Done`].
    Put {
        /// BLAKE3 of the bytes.
        name: ObjectName,
        /// How many follow, at most [`OBJECT_BYTES_MAX`].
        size_bytes: u64,
    },
    /// Anyone: send this object → [`Response::Object`] and the bytes.
    Fetch(ObjectName),
    /// Artist: others may look on, or no longer → [`Response::Done`].
    Share(Share),
    /// Who has the link: what do I look at → [`Response::ViewCard`].
    OpenView(View),
    /// Who has the link: what happened → [`Response::Seen`].
    FollowView(FollowView),
    /// Node: a picture of unfinished work, whose bytes follow on this stream → [`Response::Done`]. It is kept for a short time only.
    Show {
        /// Of what; its object is the BLAKE3 of the bytes.
        preview: Preview,
        /// How many follow, at most [`OBJECT_BYTES_MAX`].
        size_bytes: u64,
    },
    /// Artist: who would work for a job like this → [`Response::Offers`].
    Offers(Box<OffersWanted>),
    /// Artist: what I refuse in this job, somebody else judges → [`Response::Done`].
    Refer(Box<Referral>),
    /// Artist: how do I seal something to this referee → [`Response::Referee`].
    Referee(NodeId),
    /// Referee: here I am, what is there to judge → [`Response::Disputes`].
    Attend(Box<Attend>),
    /// Referee: this is what I found → [`Response::Done`].
    Rule(Box<Rule>),
    /// Node: only jobs of which one of these is the referee, until I say otherwise or register again; none: any job → [`Response::Done`].
    Demand(Referees),
    /// Node: these rulings on my work I have, what others are there → [`Response::Rulings`]. What it has is not told again.
    Rulings(Bounded<LeaseId, { referee::RULINGS_MAX }>),
    /// Artist: begin no more of this job, or go on → [`Response::Done`].
    Pause(Pause),
}

/// What the coordinator answers. New ones are added at the end only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// Done, nothing more to say.
    Done,
    /// No, and why.
    Refused(Refusal),
    /// Work; empty when there is none now.
    Leases(Bounded<Lease, { node::LEASES_MAX }>),
    /// What a node needs for a job.
    Terms(Box<JobTerms>),
    /// Whether to go on.
    Beat(Beat),
    /// The work was taken, and what it pays when accepted.
    Committed {
        /// Which lease.
        lease: LeaseId,
        /// Micro-credits held.
        amount: u64,
    },
    /// What a node earned.
    Earnings(Earnings),
    /// Line by line.
    Statement(Statement),
    /// Nodes that await a key.
    Candidates(Bounded<Candidate, { artist::CANDIDATES_MAX }>),
    /// What happened.
    Events(Box<Events>),
    /// Jobs, newest first.
    Jobs(Bounded<JobCard, { artist::JOBS_MAX }>),
    /// Money.
    Balance(Balance),
    /// The names among those asked for that are not stored.
    Missing(Bounded<ObjectName, 4096>),
    /// This many bytes follow on this stream.
    Object {
        /// How many.
        size_bytes: u64,
    },
    /// The stored ciphertext of a job's view card.
    ViewCard(ObjectName),
    /// What happened, for somebody who looks on.
    Seen(Box<ViewEvents>),
    /// Who would work.
    Offers(Box<Offers>),
    /// A referee's signed descriptor.
    Referee(Opaque<{ node::DESCRIPTOR_BYTES_MAX }>),
    /// What is to be judged; empty when there is nothing now.
    Disputes(Disputes),
    /// What was found of a node's work, and the node does not have yet; empty when that is all.
    Rulings(Bounded<Ruled, { referee::RULINGS_MAX }>),
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireFault {
    /// The peer speaks another version.
    #[error("the peer speaks protocol version {theirs}, this program version {VERSION}")]
    Version {
        /// What it said.
        theirs: u8,
    },
    /// A kind of message that this version does not know.
    #[error("unknown kind of message {0}")]
    Kind(u16),
    /// The body is too large.
    #[error("a message of {0} bytes is larger than the limit of {BODY_BYTES_MAX}")]
    TooLarge(usize),
    /// The bytes end too early.
    #[error("the message is cut short")]
    CutShort,
    /// The body does not decode, or breaks a limit.
    #[error("the message is malformed")]
    Malformed,
}

/// The bytes before a body, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    kind: u16,
    /// How many bytes of body follow, at most [`BODY_BYTES_MAX`].
    pub body_bytes: usize,
}

impl Header {
    /// Reads and checks the first [`HEADER_BYTES`] of a message, before the body is allocated.
    pub fn read(bytes: [u8; HEADER_BYTES]) -> Result<Self, WireFault> {
        let [version, kind0, kind1, length @ ..] = bytes;
        if version != VERSION {
            return Err(WireFault::Version { theirs: version });
        }
        let body_bytes = u32::from_le_bytes(length) as usize;
        if body_bytes > BODY_BYTES_MAX {
            return Err(WireFault::TooLarge(body_bytes));
        }
        Ok(Self { kind: u16::from_le_bytes([kind0, kind1]), body_bytes })
    }
}

/// One of the two enums that travel.
pub trait Message: Sized {
    /// Header and body.
    fn encode(&self) -> Result<Vec<u8>, WireFault>;

    /// The message from a body whose header was read; every byte must belong to it.
    fn decode_body(header: Header, body: &[u8]) -> Result<Self, WireFault>;

    /// The message from header and body together.
    fn decode(bytes: &[u8]) -> Result<Self, WireFault> {
        let (head, body) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(WireFault::CutShort)?;
        Self::decode_body(Header::read(*head)?, body)
    }
}

impl Message for Request {
    fn encode(&self) -> Result<Vec<u8>, WireFault> {
        framed(KIND_REQUEST, self)
    }

    fn decode_body(header: Header, body: &[u8]) -> Result<Self, WireFault> {
        unframed::<Self>(KIND_REQUEST, header, body).and_then(Self::checked)
    }
}

impl Message for Response {
    fn encode(&self) -> Result<Vec<u8>, WireFault> {
        framed(KIND_RESPONSE, self)
    }

    fn decode_body(header: Header, body: &[u8]) -> Result<Self, WireFault> {
        unframed(KIND_RESPONSE, header, body)
    }
}

impl Request {
    /// The limits that the fields' types do not state themselves.
    fn checked(self) -> Result<Self, WireFault> {
        let short = |text: &str| text.len() <= node::TEXT_BYTES_MAX;
        let good = match &self {
            Request::Register(offer) => {
                let card = &offer.adapter;
                offer.price <= job::PRICE_MAX
                    && [&card.name, &card.backend, &card.driver, &offer.version]
                        .iter()
                        .all(|text| short(text))
            }
            Request::Pull(pull) => pull.wait_ms <= node::WAIT_MS_MAX,
            Request::Follow(follow) => follow.wait_ms <= node::WAIT_MS_MAX,
            Request::FollowView(follow) => follow.wait_ms <= node::WAIT_MS_MAX,
            Request::Fail(failure) => short(&failure.reason),
            Request::PostJob(post) => post.is_consistent(),
            Request::Attend(attend) => attend.wait_ms <= node::WAIT_MS_MAX,
            Request::Offers(wanted) => wanted.price_max <= job::PRICE_MAX,
            Request::Put { size_bytes, .. } | Request::Show { size_bytes, .. } => {
                *size_bytes <= OBJECT_BYTES_MAX
            }
            _ => true,
        };
        if good { Ok(self) } else { Err(WireFault::Malformed) }
    }

    /// A word for logs and limits; never any content.
    pub fn name(&self) -> &'static str {
        match self {
            Request::Ping => "ping",
            Request::Register(_) => "register",
            Request::Pull(_) => "pull",
            Request::OpenJob(_) => "open job",
            Request::Heartbeat(_) => "heartbeat",
            Request::Preview(_) => "preview",
            Request::Commit(_) => "commit",
            Request::Fail(_) => "fail",
            Request::Leave => "leave",
            Request::Earnings => "earnings",
            Request::Statement(_) => "statement",
            Request::PostJob(_) => "post job",
            Request::Candidates(_) => "candidates",
            Request::GiveKey(_) => "give key",
            Request::Follow(_) => "follow",
            Request::Verdict(_) => "verdict",
            Request::Cancel(_) => "cancel",
            Request::Jobs => "jobs",
            Request::Balance => "balance",
            Request::Missing(_) => "missing",
            Request::Put { .. } => "put",
            Request::Fetch(_) => "fetch",
            Request::Share(_) => "share",
            Request::OpenView(_) => "open view",
            Request::FollowView(_) => "follow view",
            Request::Show { .. } => "show",
            Request::Offers(_) => "offers",
            Request::Refer(_) => "refer",
            Request::Referee(_) => "referee",
            Request::Attend(_) => "attend",
            Request::Rule(_) => "rule",
            Request::Demand(_) => "demand",
            Request::Rulings(_) => "rulings",
            Request::Pause(_) => "pause",
        }
    }
}

fn framed<T: Serialize>(kind: u16, message: &T) -> Result<Vec<u8>, WireFault> {
    let mut bytes = vec![0; HEADER_BYTES];
    bytes = postcard::to_extend(message, bytes).map_err(|_| WireFault::Malformed)?;
    let body_bytes = bytes.len() - HEADER_BYTES;
    if body_bytes > BODY_BYTES_MAX {
        return Err(WireFault::TooLarge(body_bytes));
    }
    bytes[0] = VERSION;
    bytes[1..3].copy_from_slice(&kind.to_le_bytes());
    bytes[3..7].copy_from_slice(&(body_bytes as u32).to_le_bytes());
    Ok(bytes)
}

fn unframed<T: DeserializeOwned>(kind: u16, header: Header, body: &[u8]) -> Result<T, WireFault> {
    if header.kind != kind {
        return Err(WireFault::Kind(header.kind));
    }
    if body.len() < header.body_bytes {
        return Err(WireFault::CutShort);
    }
    if body.len() > header.body_bytes {
        return Err(WireFault::Malformed);
    }
    match postcard::take_from_bytes::<T>(body) {
        Ok((message, [])) => Ok(message),
        _ => Err(WireFault::Malformed),
    }
}

#[cfg(test)]
mod tests;
