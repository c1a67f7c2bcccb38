//! Others look on at a job.

use super::*;
use crate::wire::{Event, Events, FollowView, Share, View, ViewGrant, ViewToken};

const TOKEN: ViewToken = ViewToken([7; 32]);
const VIEW: View = View { job: JOB, token: TOKEN };
const CARD: ObjectName = ObjectName([3; 32]);

fn grant() -> Request {
    Request::Share(Share { job: JOB, grant: Some(ViewGrant { token: TOKEN.name(), card: CARD }) })
}

fn follow(bench: &mut Bench<'_>, peer: NodeId) -> Events {
    match bench
        .ask(peer, Request::FollowView(FollowView { view: VIEW, since: 0, wait_ms: 0, knows_away: false }))
    {
        Response::Seen(seen) => seen.events,
        other => panic!("events expected, not {other:?}"),
    }
}

#[test]
fn only_the_artist_shares_and_only_the_token_shows() {
    let mut store = MemoryStore::default();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 64, 16);
    let (friend, thief) = (NodeId([90; 32]), NodeId([91; 32]));
    let nothing = Response::Refused(Refusal::NoView);
    assert_eq!(bench.ask(friend, Request::OpenView(VIEW)), nothing, "not shared yet");
    assert_eq!(bench.ask(thief, grant()), Response::Refused(Refusal::NoSuchJob), "not the thief's to share");
    assert_eq!(bench.ask(ARTIST, grant()), Response::Done);
    assert_eq!(bench.ask(friend, Request::OpenView(VIEW)), Response::ViewCard(CARD));
    let wrong = View { job: JOB, token: ViewToken([8; 32]) };
    assert_eq!(bench.ask(thief, Request::OpenView(wrong)), nothing);
    // Not even the hash that the coordinator keeps admits anybody.
    let hash = View { job: JOB, token: ViewToken(TOKEN.name().0) };
    assert_eq!(bench.ask(thief, Request::OpenView(hash)), nothing);
    let other = View { job: JobId([2; 16]), token: TOKEN };
    assert_eq!(bench.ask(friend, Request::OpenView(other)), nothing);
    assert_eq!(bench.ask(ARTIST, Request::Share(Share { job: JOB, grant: None })), Response::Done);
    assert_eq!(bench.ask(friend, Request::OpenView(VIEW)), nothing, "withdrawn");
    let ask = Request::FollowView(FollowView { view: VIEW, since: 0, wait_ms: 0, knows_away: false });
    assert_eq!(bench.ask(friend, ask), nothing);
}

#[test]
fn who_looks_on_sees_the_work_and_not_the_money() {
    let mut store = MemoryStore::default();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 32, 16);
    assert_eq!(bench.ask(ARTIST, grant()), Response::Done);
    let node = bench.node(1, 100);
    bench.admit(JOB, node);
    let lease = bench.pull(node, 1).remove(0);
    bench.commit(node, &lease);
    assert!(bench.card().cost > 0, "it costs the artist something");
    let seen = follow(&mut bench, NodeId([90; 32]));
    let committed = seen.events.iter().find_map(|event| match event {
        Event::Committed(committed) => Some(committed),
        _ => None,
    });
    assert_eq!(committed.map(|committed| (committed.lease, committed.amount)), Some((lease.lease, 0)));
    assert_eq!((seen.job.cost, seen.job.blocks_committed), (0, 1));
    // Whoever looks on cannot do what the artist can.
    for request in [Request::Cancel(JOB), Request::Candidates(JOB)] {
        assert_eq!(bench.ask(NodeId([90; 32]), request), Response::Refused(Refusal::NoSuchJob));
    }
}
