//! Money: double entry in integer micro-credits, on the records of the same transaction as the work it pays for.
//!
//! A transfer is immutable. A *hold* sets an amount aside between two accounts until one later transfer posts or
//! voids it. Ids are derived from what a transfer is for, so writing one twice writes it once: at-least-once
//! execution plus such ids is exactly-once payment. No account but the mint can spend what it does not have,
//! holds counted. The mint is the coordinator owner's own account: on a private coordinator it opens every new
//! artist's credit line, so that nobody needs to buy anything to render on their own machines.
//!
//! Model: TigerBeetle, "Data modeling" and "Two-phase transfers".

mod audit;
mod book;

use frame::{JobId, LeaseId, NodeId};
use serde::{Deserialize, Serialize};

use crate::store::StoreFault;

pub use audit::{Imbalance, audit};
pub use book::Ledger;

/// Micro-credits per million samples to an amount, rounded down; `None` when it overflows.
pub fn pay(samples: u64, price: u64) -> Option<u64> {
    u64::try_from(u128::from(samples) * u128::from(price) / 1_000_000).ok()
}

/// Whose money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AccountId {
    /// The coordinator owner's source of credit; the only account that goes below zero.
    Mint,
    /// What an artist can spend.
    Artist(NodeId),
    /// What is set aside for a job.
    Escrow(JobId),
    /// What a node has earned.
    Node(NodeId),
    /// What has been paid out to a node's owner.
    PaidOut(NodeId),
}

/// Sums of an account's transfers, micro-credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Held, going out.
    pub debits_held: u64,
    /// Gone out.
    pub debits_posted: u64,
    /// Held, coming in.
    pub credits_held: u64,
    /// Come in.
    pub credits_posted: u64,
}

/// What a transfer is for; its id is derived from this, so there is at most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// A new artist's first credit.
    OpeningCredit(NodeId),
    /// The most that a job can cost.
    Escrow(JobId),
    /// Pay for a lease's committed work, until the artist's verdict.
    Pay(LeaseId),
    /// The verdict was good.
    PayAccepted(LeaseId),
    /// The verdict was bad.
    PayRefused(LeaseId),
    /// What a finished job did not cost; the number tells several apart.
    Rest(JobId, u64),
    /// Money paid out to a node's owner; the number tells several apart.
    PayOut(NodeId, u64),
}

/// BLAKE3-128 of a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TransferId(pub u128);

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Moves the amount at once.
    Direct,
    /// Sets the amount aside.
    Hold,
    /// Moves what a hold set aside.
    Post(TransferId),
    /// Gives back what a hold set aside.
    Void(TransferId),
}

/// One immutable line of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// What it is for.
    pub purpose: Purpose,
    /// From.
    pub debit: AccountId,
    /// To.
    pub credit: AccountId,
    /// Micro-credits.
    pub amount: u64,
    /// What it does.
    pub kind: Kind,
    /// When, milliseconds since 1970.
    pub at_ms: u64,
    /// Position in the ledger, ascending from 0 without a gap.
    pub index: u64,
}

/// Whether a transfer was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It was.
    New,
    /// It had been written before, equal in everything that matters.
    Before,
}

/// A transfer cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The debited account has less.
    #[error("{needed} micro-credits are needed and {available} are available")]
    TooLittle {
        /// What the transfer needs.
        needed: u64,
        /// What is free.
        available: u64,
    },
    /// The same purpose was written with other accounts or another amount.
    #[error("a different transfer has this purpose already")]
    Differs,
    /// There is no hold of this purpose.
    #[error("there is no such hold")]
    NoHold,
    /// The hold was posted and is to be voided, or the other way round.
    #[error("the hold was settled the other way")]
    Settled,
    /// A sum would overflow.
    #[error("the amount is too large")]
    Overflow,
    /// The records failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Account {
    /// What can be spent now: posted credits less everything that goes out, held or not.
    pub fn available(&self) -> u64 {
        self.credits_posted.saturating_sub(self.debits_posted).saturating_sub(self.debits_held)
    }
}

impl AccountId {
    fn may_go_below_zero(self) -> bool {
        self == AccountId::Mint
    }
}

impl Purpose {
    /// The id of the one transfer with this purpose.
    pub fn id(&self) -> TransferId {
        let mut hasher = blake3::Hasher::new_derive_key("tessera 1 ledger transfer");
        let mut put = |kind: u8, subject: &[u8], number: u64| {
            hasher.update(&[kind]).update(subject).update(&number.to_le_bytes());
        };
        match self {
            Purpose::OpeningCredit(artist) => put(0, &artist.0, 0),
            Purpose::Escrow(job) => put(1, &job.0, 0),
            Purpose::Pay(lease) => put(2, &[], lease.0),
            Purpose::PayAccepted(lease) => put(3, &[], lease.0),
            Purpose::PayRefused(lease) => put(4, &[], lease.0),
            Purpose::Rest(job, number) => put(5, &job.0, *number),
            Purpose::PayOut(node, number) => put(6, &node.0, *number),
        }
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        TransferId(u128::from_be_bytes(id))
    }
}

#[cfg(test)]
mod tests;
