//! Adding the whole ledger up again from its lines alone.

use std::collections::BTreeMap;

use super::{Account, AccountId, Kind, Transfer, TransferId};
use crate::store::{
    Key, Records, StoreFault, Table, after,
    row::{decode, read},
};

/// The ledger does not add up.
#[derive(Debug, thiserror::Error)]
pub enum Imbalance {
    /// A line is missing or out of place.
    #[error("ledger line {0} is missing or out of place")]
    Line(u64),
    /// A hold was settled twice, or something that is no hold was.
    #[error("ledger line {0} settles what cannot be settled")]
    Settled(u64),
    /// An account's stored sums are not those of its lines.
    #[error("account {0:?} does not have the sums of its transfers")]
    Sums(AccountId),
    /// An account spent what it did not have.
    #[error("account {0:?} is below zero")]
    BelowZero(AccountId),
    /// All debits and all credits differ.
    #[error("debits and credits differ")]
    Unequal,
    /// The records failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// Checks every invariant of the ledger; returns the number of lines.
///
/// From the lines: no gap; each hold settled at most once, for its own amount and accounts; stored sums equal
/// recomputed ones; no account but the mint below zero, holds counted; debits equal credits.
pub fn audit(records: &dyn Records) -> Result<u64, Imbalance> {
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    let mut holds: BTreeMap<TransferId, Option<Transfer>> = BTreeMap::new();
    let lines = records.scan(Table::LedgerLine, &[], &after(&[]), usize::MAX)?;
    for (at, (key, body)) in lines.iter().enumerate() {
        let at = at as u64;
        let id: TransferId = decode(Table::LedgerLine, body)?;
        let transfer: Option<Transfer> =
            read(records, Table::Transfer, &Key::new().bytes(&id.0.to_be_bytes()))?;
        let transfer = transfer
            .filter(|transfer| transfer.index == at && transfer.purpose.id() == id)
            .filter(|_| **key == *Key::new().u64(at))
            .ok_or(Imbalance::Line(at))?;
        let same_as = |hold: &Transfer| {
            (hold.debit, hold.credit, hold.amount) == (transfer.debit, transfer.credit, transfer.amount)
        };
        match transfer.kind {
            Kind::Direct => {}
            Kind::Hold => drop(holds.insert(id, Some(transfer))),
            Kind::Post(hold) | Kind::Void(hold) => {
                let open = holds.get_mut(&hold).and_then(Option::take);
                open.filter(same_as).ok_or(Imbalance::Settled(at))?;
            }
        }
        apply(&mut accounts, &transfer);
        let debit = accounts[&transfer.debit];
        let spent = u128::from(debit.debits_posted) + u128::from(debit.debits_held);
        if !transfer.debit.may_go_below_zero() && spent > u128::from(debit.credits_posted) {
            return Err(Imbalance::BelowZero(transfer.debit));
        }
    }
    compare(records, &accounts)?;
    Ok(lines.len() as u64)
}

fn apply(accounts: &mut BTreeMap<AccountId, Account>, transfer: &Transfer) {
    let amount = transfer.amount;
    let from = accounts.entry(transfer.debit).or_default();
    match transfer.kind {
        Kind::Direct => from.debits_posted += amount,
        Kind::Hold => from.debits_held += amount,
        Kind::Post(_) => {
            from.debits_held -= amount;
            from.debits_posted += amount;
        }
        Kind::Void(_) => from.debits_held -= amount,
    }
    let to = accounts.entry(transfer.credit).or_default();
    match transfer.kind {
        Kind::Direct => to.credits_posted += amount,
        Kind::Hold => to.credits_held += amount,
        Kind::Post(_) => {
            to.credits_held -= amount;
            to.credits_posted += amount;
        }
        Kind::Void(_) => to.credits_held -= amount,
    }
}

fn compare(records: &dyn Records, accounts: &BTreeMap<AccountId, Account>) -> Result<(), Imbalance> {
    for (id, account) in accounts {
        let stored: Option<Account> = read(records, Table::Account, &super::book::account_key(*id))?;
        if stored != Some(*account) {
            return Err(Imbalance::Sums(*id));
        }
    }
    let sum =
        |part: fn(&Account) -> u64| accounts.values().map(|account| u128::from(part(account))).sum::<u128>();
    let posted = sum(|account| account.debits_posted) == sum(|account| account.credits_posted);
    let held = sum(|account| account.debits_held) == sum(|account| account.credits_held);
    if posted && held { Ok(()) } else { Err(Imbalance::Unequal) }
}
