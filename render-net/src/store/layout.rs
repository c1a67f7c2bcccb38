//! What every database is made of: the layout's number, its tables and their names.

use super::Table;

/// Changes when the tables or the records in them do.
pub(super) const LAYOUT: i64 = 6;

/// The tables that a database of this layout lacks; `None` for one that this program cannot bring up to date.
pub(super) fn lacking(layout: i64) -> Option<&'static [Table]> {
    match layout {
        0 => Some(&TABLES),
        2 => Some(&TABLES[22..]),
        3 => Some(&TABLES[23..]),
        4 => Some(&TABLES[24..]),
        5 => Some(&TABLES[29..]),
        LAYOUT => Some(&[]),
        _ => None,
    }
}

pub(super) const TABLES: [Table; 30] = [
    Table::Job,
    Table::Frame,
    Table::Active,
    Table::ArtistJob,
    Table::Node,
    Table::Waiting,
    Table::JobKey,
    Table::Awaiting,
    Table::Tile,
    Table::Open,
    Table::Lease,
    Table::NodeLease,
    Table::JobLease,
    Table::Lapse,
    Table::VerdictDue,
    Table::Journal,
    Table::Account,
    Table::Transfer,
    Table::LedgerLine,
    Table::Resolved,
    Table::PayLine,
    Table::Counter,
    Table::View,
    Table::Blame,
    Table::Referee,
    Table::Referral,
    Table::Evidence,
    Table::Dispute,
    Table::Demand,
    Table::Ruling,
];

/// A table's name in a database.
pub(super) fn name(table: Table) -> &'static str {
    match table {
        Table::Job => "job",
        Table::Frame => "job_frame",
        Table::Active => "job_active",
        Table::ArtistJob => "artist_job",
        Table::Node => "node",
        Table::Waiting => "node_waiting",
        Table::JobKey => "job_key",
        Table::Awaiting => "job_key_awaited",
        Table::Tile => "tile",
        Table::Open => "tile_open",
        Table::Lease => "lease",
        Table::NodeLease => "lease_of_node",
        Table::JobLease => "lease_of_job",
        Table::Lapse => "lease_lapse",
        Table::VerdictDue => "verdict_due",
        Table::Journal => "journal",
        Table::Account => "ledger_account",
        Table::Transfer => "ledger_transfer",
        Table::LedgerLine => "ledger_line",
        Table::Resolved => "ledger_resolved",
        Table::PayLine => "ledger_pay_line",
        Table::Counter => "counter",
        Table::View => "job_view",
        Table::Blame => "blame",
        Table::Referee => "referee",
        Table::Referral => "job_referral",
        Table::Evidence => "evidence",
        Table::Dispute => "dispute",
        Table::Demand => "node_demand",
        Table::Ruling => "ruling_of_node",
    }
}
