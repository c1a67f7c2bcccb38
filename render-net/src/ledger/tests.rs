use proptest::prelude::*;

use super::*;
use crate::store::{MemoryStore, Store};

const ARTIST: AccountId = AccountId::Artist(NodeId([1; 32]));
const NODE: AccountId = AccountId::Node(NodeId([2; 32]));
const OPENING: Purpose = Purpose::OpeningCredit(NodeId([1; 32]));

#[test]
fn pay_is_price_times_megasamples() {
    assert_eq!(pay(64 * 64 * 64, 1000), Some(262));
    assert_eq!(pay(1 << 50, 1_000_000_000), Some(((1u128 << 50) * 1000) as u64));
    assert_eq!(pay(u64::MAX, u64::MAX), None);
}

#[test]
fn nobody_spends_what_they_do_not_have_or_what_is_held() {
    let mut store = MemoryStore::new();
    let mut records = store.begin().expect("begins");
    let mut ledger = Ledger::new(&mut *records, 5);
    let refused = ledger.hold(Purpose::Pay(LeaseId(1)), ARTIST, NODE, 1);
    assert!(matches!(refused, Err(LedgerFault::TooLittle { needed: 1, available: 0 })));
    ledger.transfer(OPENING, AccountId::Mint, ARTIST, 100).expect("the mint gives");
    ledger.hold(Purpose::Pay(LeaseId(1)), ARTIST, NODE, 70).expect("enough");
    let refused = ledger.hold(Purpose::Pay(LeaseId(2)), ARTIST, NODE, 31);
    assert!(matches!(refused, Err(LedgerFault::TooLittle { needed: 31, available: 30 })));
    audit(&*records).expect("adds up");
}

#[test]
fn a_hold_is_settled_once_and_one_way() {
    let mut store = MemoryStore::new();
    let mut records = store.begin().expect("begins");
    let mut ledger = Ledger::new(&mut *records, 5);
    let (hold, good, bad) =
        (Purpose::Pay(LeaseId(1)), Purpose::PayAccepted(LeaseId(1)), Purpose::PayRefused(LeaseId(1)));
    ledger.transfer(OPENING, AccountId::Mint, ARTIST, 100).expect("the mint gives");
    assert!(matches!(ledger.post(hold, good), Err(LedgerFault::NoHold)));
    ledger.hold(hold, ARTIST, NODE, 70).expect("enough");
    assert_eq!(ledger.post(hold, good).expect("open"), Written::New);
    assert_eq!(ledger.post(hold, good).expect("as before"), Written::Before);
    assert!(matches!(ledger.void(hold, bad), Err(LedgerFault::Settled)));
    assert_eq!(ledger.account(NODE).expect("reads").available(), 70);
    assert_eq!(ledger.hold(hold, ARTIST, NODE, 70).expect("as before"), Written::Before);
    assert!(matches!(ledger.hold(hold, ARTIST, NODE, 71), Err(LedgerFault::Differs)));
    assert_eq!(audit(&*records).expect("adds up"), 3);
}

fn any_operation() -> impl Strategy<Value = (u8, u8, u8, u64)> {
    (0u8..6, 0u8..8, 0u8..4, 0u64..1000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// 32 runs of 400 operations, most of them repeated or refused ones.
    #[test]
    fn any_operations_leave_the_ledger_in_balance(
        operations in proptest::collection::vec(any_operation(), 400)
    ) {
        let mut store = MemoryStore::new();
        let mut records = store.begin().expect("begins");
        for (at, &(what, subject, party, amount)) in operations.iter().enumerate() {
            let mut ledger = Ledger::new(&mut *records, at as u64);
            let artist = NodeId([party; 32]);
            let lease = LeaseId(u64::from(subject) + 8 * (at as u64 / 50));
            let (mine, node) = (AccountId::Artist(artist), AccountId::Node(NodeId([party + 10; 32])));
            let result = match what {
                0 => ledger.transfer(Purpose::OpeningCredit(artist), AccountId::Mint, mine, 50_000),
                1 | 2 => ledger.hold(Purpose::Pay(lease), mine, node, amount),
                3 => ledger.post(Purpose::Pay(lease), Purpose::PayAccepted(lease)),
                4 => ledger.void(Purpose::Pay(lease), Purpose::PayRefused(lease)),
                _ => ledger.transfer(Purpose::PayOut(artist, at as u64 / 2), node, AccountId::PaidOut(artist), amount),
            };
            let broken = matches!(result, Err(LedgerFault::Store(_) | LedgerFault::Overflow));
            prop_assert!(!broken, "{result:?}");
        }
        let lines = audit(&*records);
        prop_assert!(lines.is_ok(), "{lines:?}");
    }

    #[test]
    fn a_changed_account_is_found(amount in 1u64..1000) {
        let mut store = MemoryStore::new();
        let mut records = store.begin().expect("begins");
        let mut ledger = Ledger::new(&mut *records, 0);
        ledger.transfer(OPENING, AccountId::Mint, ARTIST, amount).expect("the mint gives");
        let forged = Account { credits_posted: amount + 1, ..Account::default() };
        crate::store::row::write(&mut *records, crate::store::Table::Account, &book::account_key(ARTIST), &forged).expect("writes");
        prop_assert!(matches!(audit(&*records), Err(Imbalance::Sums(ARTIST))));
    }
}
