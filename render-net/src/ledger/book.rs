//! Writing the ledger: each verb checks, then changes two accounts and adds one line.

use super::{Account, AccountId, Kind, LedgerFault, Purpose, Transfer, TransferId, Written};
use crate::store::{
    Key, Records, StoreFault, Table, after,
    row::{decode, read, write},
};

/// The ledger on one transaction's records.
pub struct Ledger<'a> {
    records: &'a mut dyn Records,
    now_ms: u64,
}

impl<'a> Ledger<'a> {
    /// The ledger as these records hold it; new lines get the time `now_ms`.
    pub fn new(records: &'a mut dyn Records, now_ms: u64) -> Self {
        Self { records, now_ms }
    }

    /// Moves an amount at once.
    pub fn transfer(
        &mut self,
        purpose: Purpose,
        debit: AccountId,
        credit: AccountId,
        amount: u64,
    ) -> Result<Written, LedgerFault> {
        self.enter(purpose, debit, credit, amount, Kind::Direct)
    }

    /// Sets an amount aside until [`Self::post`] or [`Self::void`].
    pub fn hold(
        &mut self,
        purpose: Purpose,
        debit: AccountId,
        credit: AccountId,
        amount: u64,
    ) -> Result<Written, LedgerFault> {
        self.enter(purpose, debit, credit, amount, Kind::Hold)
    }

    /// Moves what the hold set aside.
    pub fn post(&mut self, hold: Purpose, purpose: Purpose) -> Result<Written, LedgerFault> {
        self.settle(hold, purpose, Kind::Post(hold.id()))
    }

    /// Gives back what the hold set aside.
    pub fn void(&mut self, hold: Purpose, purpose: Purpose) -> Result<Written, LedgerFault> {
        self.settle(hold, purpose, Kind::Void(hold.id()))
    }

    /// An account's sums; all zero when nothing ever touched it.
    pub fn account(&self, id: AccountId) -> Result<Account, StoreFault> {
        Ok(read(self.records, Table::Account, &account_key(id))?.unwrap_or_default())
    }

    /// The transfer with a purpose.
    pub fn transfer_for(&self, purpose: Purpose) -> Result<Option<Transfer>, StoreFault> {
        read(self.records, Table::Transfer, &transfer_key(purpose.id()))
    }

    /// How a hold was settled; `None` while it is open.
    pub fn settled(&self, hold: Purpose) -> Result<Option<Kind>, StoreFault> {
        let by: Option<TransferId> = read(self.records, Table::Resolved, &transfer_key(hold.id()))?;
        let Some(by) = by else { return Ok(None) };
        let transfer: Option<Transfer> = read(self.records, Table::Transfer, &transfer_key(by))?;
        Ok(transfer.map(|transfer| transfer.kind))
    }

    /// A node's holds from a ledger index on, at most `max`, ascending.
    pub fn pay_lines(
        &self,
        node: frame::NodeId,
        since: u64,
        max: usize,
    ) -> Result<Vec<Transfer>, StoreFault> {
        let from = Key::new().peer(node).u64(since);
        let found = self.records.scan(Table::PayLine, &from, &after(&node.0), max)?;
        let transfers = found.iter().map(|(_, body)| {
            let id: TransferId = decode(Table::PayLine, body)?;
            read(self.records, Table::Transfer, &transfer_key(id))?.ok_or(StoreFault::Damaged(Table::PayLine))
        });
        transfers.collect()
    }

    fn enter(
        &mut self,
        purpose: Purpose,
        debit: AccountId,
        credit: AccountId,
        amount: u64,
        kind: Kind,
    ) -> Result<Written, LedgerFault> {
        if let Some(before) = self.transfer_for(purpose)? {
            let same = (before.debit, before.credit, before.amount, before.kind);
            return if same == (debit, credit, amount, kind) {
                Ok(Written::Before)
            } else {
                Err(LedgerFault::Differs)
            };
        }
        let mut from = self.account(debit)?;
        if !debit.may_go_below_zero() && from.available() < amount {
            return Err(LedgerFault::TooLittle { needed: amount, available: from.available() });
        }
        let held = kind == Kind::Hold;
        add(if held { &mut from.debits_held } else { &mut from.debits_posted }, amount)?;
        self.put_account(debit, &from)?;
        let mut to = self.account(credit)?;
        add(if held { &mut to.credits_held } else { &mut to.credits_posted }, amount)?;
        self.put_account(credit, &to)?;
        let index =
            self.write_line(Transfer { purpose, debit, credit, amount, kind, at_ms: self.now_ms, index: 0 })?;
        if let (true, AccountId::Node(node)) = (held, credit) {
            let key = Key::new().peer(node).u64(index);
            write(self.records, Table::PayLine, &key, &purpose.id())?;
        }
        Ok(Written::New)
    }

    fn settle(&mut self, hold: Purpose, purpose: Purpose, kind: Kind) -> Result<Written, LedgerFault> {
        match self.settled(hold)? {
            Some(before) if before == kind => return Ok(Written::Before),
            Some(_) => return Err(LedgerFault::Settled),
            None => {}
        }
        let held = self.transfer_for(hold)?.filter(|transfer| transfer.kind == Kind::Hold);
        let Transfer { debit, credit, amount, .. } = held.ok_or(LedgerFault::NoHold)?;
        let posted = matches!(kind, Kind::Post(_));
        let mut from = self.account(debit)?;
        from.debits_held = from.debits_held.checked_sub(amount).ok_or(LedgerFault::Overflow)?;
        if posted {
            add(&mut from.debits_posted, amount)?;
        }
        self.put_account(debit, &from)?;
        let mut to = self.account(credit)?;
        to.credits_held = to.credits_held.checked_sub(amount).ok_or(LedgerFault::Overflow)?;
        if posted {
            add(&mut to.credits_posted, amount)?;
        }
        self.put_account(credit, &to)?;
        write(self.records, Table::Resolved, &transfer_key(hold.id()), &purpose.id())?;
        self.write_line(Transfer { purpose, debit, credit, amount, kind, at_ms: self.now_ms, index: 0 })?;
        Ok(Written::New)
    }

    fn put_account(&mut self, id: AccountId, account: &Account) -> Result<(), StoreFault> {
        write(self.records, Table::Account, &account_key(id), account)
    }

    fn write_line(&mut self, mut transfer: Transfer) -> Result<u64, StoreFault> {
        let next = Key::new().bytes(b"ledger");
        let index: u64 = read(self.records, Table::Counter, &next)?.unwrap_or(0);
        write(self.records, Table::Counter, &next, &(index + 1))?;
        transfer.index = index;
        let id = transfer.purpose.id();
        write(self.records, Table::Transfer, &transfer_key(id), &transfer)?;
        write(self.records, Table::LedgerLine, &Key::new().u64(index), &id)?;
        Ok(index)
    }
}

pub(super) fn account_key(id: AccountId) -> Key {
    match id {
        AccountId::Mint => Key::new().bytes(&[0]),
        AccountId::Artist(artist) => Key::new().bytes(&[1]).peer(artist),
        AccountId::Escrow(job) => Key::new().bytes(&[2]).job(job),
        AccountId::Node(node) => Key::new().bytes(&[3]).peer(node),
        AccountId::PaidOut(node) => Key::new().bytes(&[4]).peer(node),
    }
}

fn transfer_key(id: TransferId) -> Key {
    Key::new().bytes(&id.0.to_be_bytes())
}

fn add(sum: &mut u64, amount: u64) -> Result<(), LedgerFault> {
    *sum = sum.checked_add(amount).ok_or(LedgerFault::Overflow)?;
    Ok(())
}
