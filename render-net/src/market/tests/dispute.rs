//! What an artist refuses in a job with a referee.

use super::*;
use crate::wire::referee::DISPUTES_MAX;
use crate::wire::{Attend, Dispute, Event, Events, Follow, PayState, Referral, Rule};

const REFEREE: NodeId = NodeId([77; 32]);
const WORDS: &[u8] = b"signed: wrong";

fn refer(referee: NodeId) -> Request {
    Request::Refer(Box::new(Referral { job: JOB, referee, wrapped: Bounded::cut(vec![5; 9]) }))
}

fn rule(lease: LeaseId, for_node: bool) -> Request {
    Request::Rule(Box::new(Rule { lease, for_node, ruling: Bounded::cut(vec![6; 7]) }))
}

/// A job of one tile with a referee, and a node that delivered it.
fn delivered<'a>(store: &'a mut dyn Store) -> (Bench<'a>, NodeId, Lease) {
    let mut bench = Bench::new(store);
    bench.post(JOB, 32, 16);
    assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
    let node = bench.node(1, 1000);
    bench.admit(JOB, node);
    let lease = bench.pull(node, 1).remove(0);
    assert!(matches!(bench.commit(node, &lease), Response::Committed { .. }));
    (bench, node, lease)
}

impl Bench<'_> {
    fn refuse(&mut self, lease: LeaseId) -> Response {
        let verdict = Verdict { lease, good: false, countersigned: Bounded::cut(WORDS.to_vec()) };
        self.ask(ARTIST, Request::Verdict(Box::new(verdict)))
    }

    pub(super) fn disputes(&mut self, referee: NodeId) -> Vec<Dispute> {
        self.disputes_after(referee, LeaseId(0))
    }

    fn disputes_after(&mut self, referee: NodeId, after: LeaseId) -> Vec<Dispute> {
        let attend = Attend { descriptor: Bounded::cut(vec![8; 9]), after, wait_ms: 0 };
        match self.ask(referee, Request::Attend(Box::new(attend))) {
            Response::Disputes(disputes) => disputes.into_vec(),
            other => panic!("disputes expected, not {other:?}"),
        }
    }

    fn told(&mut self) -> Vec<Event> {
        match self.ask(ARTIST, Request::Follow(Follow { job: JOB, since: 0, wait_ms: 0 })) {
            Response::Events(events) => {
                let Events { events, .. } = *events;
                events.into_vec()
            }
            other => panic!("events expected, not {other:?}"),
        }
    }
}

#[test]
fn a_referee_sees_what_was_delivered_and_what_was_ordered() {
    on_every_store(|store| {
        let (mut bench, node, lease) = delivered(store);
        assert_eq!(bench.disputes(REFEREE), [], "nothing is refused");
        assert_eq!(bench.refuse(lease.lease), Response::Done);
        let disputes = bench.disputes(REFEREE);
        let [dispute] = disputes.as_slice() else { panic!("one: {disputes:?}") };
        assert_eq!((dispute.artist, dispute.job, dispute.edge_px), (ARTIST, JOB, 32));
        assert_eq!((&*dispute.wrapped, &*dispute.words), (&[5; 9][..], WORDS));
        assert_eq!((dispute.committed.lease, dispute.committed.node), (lease.lease, node));
        assert_eq!((dispute.committed.result, dispute.manifest), (result(&lease).result, lease.manifest));
        assert_eq!(bench.disputes(NodeId([78; 32])), [], "nobody else's");
    });
}

#[test]
fn what_a_referee_upholds_is_paid() {
    on_every_store(|store| {
        let (mut bench, node, lease) = delivered(store);
        let held = bench.earnings(node).held;
        assert_eq!(bench.refuse(lease.lease), Response::Done);
        assert_eq!(bench.refuse(lease.lease), Response::Done, "heard before");
        assert_eq!(bench.earnings(node).held, held, "the pay waits");
        assert_eq!(bench.pull(node, 1), [], "and so do the blocks");
        assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Done);
        assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Done, "heard before");
        assert_eq!(bench.earnings(node), Earnings { held: 0, posted: held, paid: 0 });
        assert_eq!(bench.card().state, JobState::Done);
        let told = bench.told();
        let after = told.iter().skip_while(|event| !matches!(event, Event::Disputed { .. }));
        let [Event::Disputed { .. }, Event::Ruled { for_node: true, ruling, .. }, rest @ ..] =
            &after.collect::<Vec<_>>()[..]
        else {
            panic!("{told:?}");
        };
        assert_eq!(&**ruling, &[6; 7]);
        assert!(matches!(rest, [Event::Accepted { automatic: true, .. }, Event::Done]), "{rest:?}");
        assert_eq!(bench.disputes(REFEREE), []);
        // From now on the result is with the artist, as after any work that was accepted without a word.
        let verdict = Verdict { lease: lease.lease, good: true, countersigned: Bounded::cut(vec![1]) };
        assert_eq!(bench.ask(ARTIST, Request::Verdict(Box::new(verdict))), Response::Done);
    });
}

#[test]
fn what_a_referee_does_not_uphold_is_unpaid_and_open_again() {
    on_every_store(|store| {
        let (mut bench, node, lease) = delivered(store);
        assert_eq!(bench.refuse(lease.lease), Response::Done);
        assert_eq!(bench.ask(REFEREE, rule(lease.lease, false)), Response::Done);
        assert_eq!(bench.earnings(node), Earnings::default());
        let Response::Statement(statement) = bench.ask(node, Request::Statement(0)) else {
            panic!("a statement")
        };
        assert_eq!(statement.lines[0].state, PayState::Void);
        assert!(matches!(bench.told().last(), Some(Event::Rejected { .. })));
        let other = bench.node(2, 1000);
        bench.admit(JOB, other);
        bench.wait(11_000);
        assert_eq!(bench.pull(other, 1).len(), 1);
        assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Refused(Refusal::AlreadyDone));
    });
}

#[test]
fn a_silent_referee_leaves_the_artist_its_word_and_an_artist_may_take_it_back() {
    let mut store = MemoryStore::new();
    let (mut bench, node, lease) = delivered(&mut store);
    assert_eq!(bench.refuse(lease.lease), Response::Done);
    bench.wait(Terms::default().ruling_ms - 1);
    assert!(bench.earnings(node).held > 0);
    bench.wait(1);
    assert_eq!(bench.earnings(node), Earnings::default());
    assert_eq!(bench.disputes(REFEREE), [], "too late");
    assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Refused(Refusal::AlreadyDone));

    let mut store = MemoryStore::new();
    let (mut bench, node, lease) = delivered(&mut store);
    assert_eq!(bench.refuse(lease.lease), Response::Done);
    assert_eq!(bench.verdict(lease.lease, true), Response::Done);
    assert!(bench.earnings(node).posted > 0);
    assert_eq!(bench.disputes(REFEREE), []);
}

#[test]
fn nobody_rules_but_the_referee_and_on_nothing_but_disputes() {
    let mut store = MemoryStore::new();
    let (mut bench, node, lease) = delivered(&mut store);
    assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Refused(Refusal::AlreadyDone));
    assert_eq!(bench.refuse(lease.lease), Response::Done);
    for stranger in [ARTIST, node, NodeId([78; 32])] {
        let refused = Response::Refused(Refusal::NoSuchLease);
        assert_eq!(bench.ask(stranger, rule(lease.lease, true)), refused);
    }
    assert_eq!(bench.ask(REFEREE, rule(LeaseId(999), true)), Response::Refused(Refusal::NoSuchLease));
    assert!(bench.earnings(node).held > 0);
}

#[test]
fn a_referee_is_named_once_by_the_artist_and_known_by_its_attendance() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 32, 16);
    assert_eq!(bench.ask(NodeId([9; 32]), refer(REFEREE)), Response::Refused(Refusal::NoSuchJob));
    assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
    assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done, "as before");
    let another = refer(NodeId([78; 32]));
    assert_eq!(bench.ask(ARTIST, another.clone()), Response::Refused(Refusal::AlreadyDone));
    bench.post(JobId([2; 16]), 32, 16);
    assert_eq!(bench.ask(ARTIST, Request::Cancel(JobId([2; 16]))), Response::Done);
    let late = Referral { job: JobId([2; 16]), referee: REFEREE, wrapped: Bounded::default() };
    let late = Request::Refer(Box::new(late));
    assert_eq!(bench.ask(ARTIST, late), Response::Refused(Refusal::JobEnded));

    assert_eq!(bench.ask(ARTIST, Request::Referee(REFEREE)), Response::Refused(Refusal::NoReferee));
    bench.disputes(REFEREE);
    assert_eq!(bench.ask(ARTIST, Request::Referee(REFEREE)), Response::Referee(Bounded::cut(vec![8; 9])));
}

#[test]
fn what_was_delivered_before_the_referee_was_named_is_refused_at_once_and_nothing_after_it() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 64, 16);
    let node = bench.node(1, 1000);
    bench.admit(JOB, node);
    let leases = bench.pull(node, 4);
    bench.commit(node, &leases[0]);
    assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
    bench.commit(node, &leases[1]);
    assert_eq!(bench.refuse(leases[0].lease), Response::Done);
    assert_eq!(bench.disputes(REFEREE), []);
    assert_eq!(bench.verdict(leases[1].lease, false), Response::Done);
    assert_eq!(bench.disputes(REFEREE).len(), 1, "a word that is missing gets nobody around the referee");
}

#[test]
fn a_node_that_asks_for_a_referee_gets_jobs_of_that_one_only() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (careful, other) = (NodeId([1; 32]), NodeId([78; 32]));
        let demand = |referees: &[NodeId]| Request::Demand(Bounded::cut(referees.to_vec()));
        assert_eq!(bench.ask(careful, demand(&[REFEREE])), Response::Refused(Refusal::NotRegistered));
        bench.node(1, 1000);
        assert_eq!(bench.ask(careful, demand(&[other, REFEREE])), Response::Done);
        bench.post(JOB, 32, 16);
        assert_eq!(bench.pull(careful, 1), []);
        let waits = |event: &Event| matches!(event, Event::NodeAwaitsKey { .. });
        assert!(!bench.told().iter().any(waits), "nor is the artist asked for a key");
        assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
        bench.admit(JOB, careful);
        assert_eq!(bench.pull(careful, 1).len(), 1);
        assert_eq!(bench.ask(careful, Request::Leave), Response::Done);
        bench.wait(11_000);
        // Believing somebody else now, and then, introduced anew, anybody.
        bench.node(1, 1000);
        assert_eq!(bench.ask(careful, demand(&[other])), Response::Done);
        assert_eq!(bench.pull(careful, 1), []);
        bench.node(1, 1000);
        assert_eq!(bench.pull(careful, 1).len(), 1);
    });
}

#[test]
fn a_node_that_asks_for_less_than_before_is_woken_for_what_is_there() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let node = bench.node(1, 1000);
        let mut wakes = |referees: &[NodeId]| {
            let demand = Request::Demand(Bounded::cut(referees.to_vec()));
            bench.effects(node, demand).contains(&Effect::WakeNodes)
        };
        let (one, other) = (NodeId([78; 32]), NodeId([79; 32]));
        assert!(!wakes(&[one, other]) && !wakes(&[one]), "there is only less for it");
        assert!(wakes(&[other]) && wakes(&[other, one]) && wakes(&[]));
        assert!(!wakes(&[]));
    });
}

#[test]
fn nothing_is_left_to_a_node_that_has_since_asked_for_a_referee() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (cheap, dear) = (bench.node(1, 500), bench.node(2, 1000));
    bench.post(JOB, 32, 16);
    bench.admit(JOB, dear);
    bench.admit(JOB, cheap);
    let demand = Request::Demand(Bounded::cut(vec![REFEREE]));
    assert_eq!(bench.ask(cheap, demand), Response::Done);
    assert_eq!(bench.pull(cheap, 1), [], "it waits, with the better bid");
    assert_eq!(bench.pull(dear, 1).len(), 1);
}

#[test]
fn a_node_gets_the_ruling_on_its_work_until_it_says_that_it_has_it() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        bench.post(JOB, 64, 16);
        assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
        let (node, other) = (bench.node(1, 1000), bench.node(2, 1000));
        bench.admit(JOB, node);
        let leases: Vec<LeaseId> = bench
            .pull(node, 2)
            .iter()
            .map(|lease| {
                bench.commit(node, lease);
                assert_eq!(bench.refuse(lease.lease), Response::Done);
                lease.lease
            })
            .collect();
        let rulings = |bench: &mut Bench<'_>, node, taken: &[LeaseId]| match bench
            .ask(node, Request::Rulings(Bounded::cut(taken.to_vec())))
        {
            Response::Rulings(rulings) => {
                rulings.iter().map(|ruled| (ruled.job, ruled.lease)).collect::<Vec<_>>()
            }
            unexpected => panic!("rulings expected, not {unexpected:?}"),
        };
        assert_eq!(rulings(&mut bench, node, &[]), [], "nobody has judged yet");
        assert_eq!(bench.ask(REFEREE, rule(leases[1], false)), Response::Done);
        assert_eq!(bench.ask(REFEREE, rule(leases[0], true)), Response::Done);
        assert_eq!(rulings(&mut bench, other, &leases), [], "not its work, and nothing is forgotten by it");
        let both = [(JOB, leases[0]), (JOB, leases[1])];
        assert_eq!(rulings(&mut bench, node, &[]), both);
        assert_eq!(rulings(&mut bench, node, &[]), both, "an answer may be lost");
        assert_eq!(rulings(&mut bench, node, &leases[..1]), both[1..]);
        assert_eq!(rulings(&mut bench, node, &leases), []);
    });
}

#[test]
fn a_referee_sees_page_after_page() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        bench.post(JOB, 160, 16);
        assert_eq!(bench.ask(ARTIST, refer(REFEREE)), Response::Done);
        let node = bench.node(1, 1000);
        bench.admit(JOB, node);
        let mut refused = Vec::new();
        while refused.len() < DISPUTES_MAX + 3 {
            let lease = bench.pull(node, 1).remove(0);
            bench.commit(node, &lease);
            assert_eq!(bench.refuse(lease.lease), Response::Done);
            refused.push(lease.lease);
        }
        let leases = |page: &[Dispute]| -> Vec<LeaseId> {
            page.iter().map(|dispute| dispute.committed.lease).collect()
        };
        let first = leases(&bench.disputes(REFEREE));
        let second = leases(&bench.disputes_after(REFEREE, first[DISPUTES_MAX - 1]));
        assert_eq!((first.len(), [first, second].concat()), (DISPUTES_MAX, refused.clone()));
        assert_eq!(bench.disputes_after(REFEREE, refused[DISPUTES_MAX + 2]), []);
    });
}

#[test]
fn a_dispute_outlives_the_job_that_was_stopped() {
    let mut store = MemoryStore::new();
    let (mut bench, node, lease) = delivered(&mut store);
    let held = bench.earnings(node).held;
    assert_eq!(bench.refuse(lease.lease), Response::Done);
    assert_eq!(bench.ask(ARTIST, Request::Cancel(JOB)), Response::Done);
    assert_eq!(bench.disputes(REFEREE).len(), 1);
    assert_eq!(bench.ask(REFEREE, rule(lease.lease, true)), Response::Done);
    assert_eq!(bench.earnings(node).posted, held);
    let Response::Balance(balance) = bench.ask(ARTIST, Request::Balance) else { panic!("a balance") };
    assert_eq!((balance.escrow, balance.available), (0, Terms::default().opening_credit - held));
}
