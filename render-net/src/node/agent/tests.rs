use frame::{BlockRange, FrameIndex, JobId, TileIndex, TileRect};

use super::*;
use crate::wire::ObjectName;

fn lease(id: u64) -> Lease {
    Lease {
        lease: LeaseId(id),
        job: JobId([1; 16]),
        frame: FrameIndex(1),
        tile: TileIndex(0),
        rect: TileRect { x: 0, y: 0, width: 8, height: 8 },
        blocks: BlockRange { first: 2, count: 4 },
        lapses_ms: 20_000,
        heartbeat_ms: 1000,
        manifest: ObjectName([0; 32]),
    }
}

fn linked(once: bool) -> Agent {
    let mut agent = Agent::new(once, []);
    let effects = agent.handle(0, Input::Linked);
    assert!(matches!(effects[..], [Effect::Pull { capacity: 2, .. }]), "{effects:?}");
    agent
}

/// An agent that renders lease 1 and prepares lease 2.
fn working() -> Agent {
    let mut agent = linked(false);
    agent.handle(0, Input::Leases(vec![lease(1), lease(2)]));
    let effects = agent.handle(1, Input::Prepared(LeaseId(1)));
    assert_eq!(effects, [Effect::Render(LeaseId(1), BlockRange { first: 2, count: 4 })]);
    agent
}

#[test]
fn the_next_lease_is_prepared_while_one_renders() {
    let mut agent = working();
    assert_eq!(agent.handle(2, Input::Prepared(LeaseId(2))), []);
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert!(effects.contains(&Effect::Render(LeaseId(2), lease(2).blocks)), "{effects:?}");
    assert!(effects.contains(&Effect::Deliver(LeaseId(1))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Pull { capacity: 1, .. })));
}

#[test]
fn a_lost_lease_stops_its_rendering_at_once() {
    let mut agent = working();
    let effects = agent.handle(2, Input::Beat(LeaseId(1), Beat::Lost));
    assert_eq!(effects, [Effect::StopNow(LeaseId(1))]);
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Abandoned));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))), "{effects:?}");
    let effects = agent.handle(4, Input::Beat(LeaseId(2), Beat::Lost));
    assert!(effects.contains(&Effect::Forget(LeaseId(2))));
}

#[test]
fn finished_work_waits_for_the_link_and_is_then_delivered() {
    let mut agent = working();
    let effects = agent.handle(2, Input::LinkLost);
    assert_eq!(effects, [Effect::Connect { after: RECONNECT_FIRST }]);
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Deliver(_))), "{effects:?}");
    let effects = agent.handle(9000, Input::Linked);
    assert!(effects.contains(&Effect::Deliver(LeaseId(1))), "{effects:?}");
    // A second link asks again for what the first did not confirm, and only that.
    agent.handle(9001, Input::LinkLost);
    assert!(agent.handle(9002, Input::Linked).contains(&Effect::Deliver(LeaseId(1))));
    agent.handle(9003, Input::Settled(LeaseId(1)));
    agent.handle(9004, Input::LinkLost);
    assert!(!agent.handle(9005, Input::Linked).contains(&Effect::Deliver(LeaseId(1))));
}

#[test]
fn reconnection_pauses_grow_and_start_anew_after_success() {
    let mut agent = linked(false);
    let mut pauses = Vec::new();
    for now in 0..10 {
        for effect in agent.handle(now, Input::LinkLost) {
            if let Effect::Connect { after } = effect {
                pauses.push(after);
            }
        }
    }
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
    assert_eq!(pauses.last(), Some(&RECONNECT_LAST));
    agent.handle(20, Input::Linked);
    assert_eq!(agent.handle(21, Input::LinkLost), [Effect::Connect { after: RECONNECT_FIRST }]);
}

#[test]
fn a_shortened_lease_ends_after_its_last_block() {
    let mut agent = working();
    agent.handle(2, Input::BlockDone(LeaseId(1), 1));
    let beats = agent.handle(1200, Input::Tick);
    assert!(beats.contains(&Effect::Heartbeat(LeaseId(1), 2)), "one done, one begun: {beats:?}");
    let shorter = BlockRange { first: 2, count: 2 };
    let beat = Beat::GoOn { blocks: shorter, lapses_ms: 20_000 };
    assert_eq!(agent.handle(1300, Input::Beat(LeaseId(1), beat)), [Effect::StopAfter(LeaseId(1), 2)]);
    // Growing or moving a lease is not a thing; such an answer changes nothing.
    for blocks in [BlockRange { first: 2, count: 9 }, BlockRange { first: 1, count: 1 }] {
        let beat = Beat::GoOn { blocks, lapses_ms: 20_000 };
        assert_eq!(agent.handle(1301, Input::Beat(LeaseId(1), beat)), []);
    }
}

#[test]
fn a_result_that_is_too_long_is_cut_or_given_back() {
    let mut agent = working();
    agent.handle(2, Input::Rendered(LeaseId(1), Rendered::Kept));
    let blocks = BlockRange { first: 2, count: 1 };
    let effects = agent.handle(3, Input::Shortened(LeaseId(1), blocks));
    assert_eq!(effects, [Effect::Recut(LeaseId(1), blocks)]);
    assert_eq!(agent.handle(4, Input::Recut(LeaseId(1), true)), [Effect::Deliver(LeaseId(1))]);
    let effects = agent.handle(5, Input::Recut(LeaseId(1), false));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Fail(_, FailureKind::Handback, _))));
}

#[test]
fn a_node_that_leaves_when_idle_does_so_only_when_nothing_is_left() {
    let mut agent = linked(true);
    agent.handle(0, Input::Leases(vec![lease(1)]));
    agent.handle(1, Input::Prepared(LeaseId(1)));
    for now in 0..EMPTY_PULLS_AFTER_WORK.into() {
        agent.handle(1000 + now * 1000, Input::Leases(Vec::new()));
    }
    let effects = agent.handle(5000, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Leave(_))), "{effects:?}");
    let effects = agent.handle(5001, Input::Settled(LeaseId(1)));
    assert_eq!(effects.last(), Some(&Effect::Leave(Why::Idle)));
}

#[test]
fn a_broken_renderer_does_not_eat_leases_for_ever() {
    let mut agent = linked(false);
    let mut left = false;
    for id in 0..u64::from(FAILURES_MAX) {
        agent.handle(id, Input::Leases(vec![lease(id)]));
        agent.handle(id, Input::Prepared(LeaseId(id)));
        let failed = Rendered::Failed(FailureKind::Node, "lost device".to_owned());
        let effects = agent.handle(id, Input::Rendered(LeaseId(id), failed));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Fail(_, FailureKind::Node, _))));
        left = effects.contains(&Effect::Leave(Why::Broken));
    }
    assert!(left);
}

#[test]
fn preparing_is_taken_up_again_after_a_lost_link() {
    let mut agent = working();
    agent.handle(2, Input::LinkLost);
    agent.handle(3, Input::NotPrepared(LeaseId(2), None));
    assert!(agent.handle(4, Input::Linked).contains(&Effect::Prepare(lease(2))));
    let fault = Some((FailureKind::Job, "damaged".to_owned()));
    let effects = agent.handle(5, Input::NotPrepared(LeaseId(2), fault));
    assert!(effects.contains(&Effect::Fail(LeaseId(2), FailureKind::Job, "damaged".to_owned())));
}

#[test]
fn a_stopped_node_abandons_its_rendering_and_leaves() {
    let mut agent = working();
    assert!(agent.handle(2, Input::Stop).contains(&Effect::StopNow(LeaseId(1))));
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Abandoned));
    assert_eq!(effects.last(), Some(&Effect::Leave(Why::Stopped)));
}

#[test]
fn an_owner_gets_the_gpu_at_once_and_finished_blocks_are_delivered() {
    let mut agent = working();
    agent.handle(2, Input::BlockDone(LeaseId(1), 2));
    let effects = agent.handle(3, Input::Allow(Allowance::Hold));
    assert_eq!(effects.last(), Some(&Effect::Yield(LeaseId(1))), "{effects:?}");
    let handed_back = |effects: &[Effect], id| {
        effects.iter().any(
            |effect| matches!(effect, Effect::Fail(lease, FailureKind::Handback, _) if *lease == LeaseId(id)),
        )
    };
    assert!(handed_back(&effects, 2), "what is not begun goes to others: {effects:?}");
    let effects = agent.handle(4, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert_eq!(effects, [Effect::Rest, Effect::Deliver(LeaseId(1))]);
    // The scene of the second lease arrives late and is forgotten; a late answer to a pull is handed back.
    assert_eq!(agent.handle(5, Input::Prepared(LeaseId(2))), [Effect::Forget(LeaseId(2))]);
    assert!(handed_back(&agent.handle(6, Input::Leases(vec![lease(3)])), 3));
    assert_eq!(agent.handle(60_000, Input::Tick), [], "it asks for nothing while it may not work");
    let effects = agent.handle(60_001, Input::Allow(Allowance::Work));
    assert!(matches!(effects[..], [Effect::Pull { capacity: 2, .. }]), "{effects:?}");
}

#[test]
fn a_lease_without_a_finished_block_is_handed_back_without_blame() {
    let mut agent = working();
    agent.handle(2, Input::Allow(Allowance::Hold));
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Abandoned));
    let given = effects.iter().any(
        |effect| matches!(effect, Effect::Fail(lease, FailureKind::Handback, _) if *lease == LeaseId(1)),
    );
    assert!(given && effects.last() == Some(&Effect::Rest), "{effects:?}");
}

#[test]
fn a_node_that_finishes_keeps_its_tile_and_takes_no_other() {
    let mut agent = working();
    let effects = agent.handle(2, Input::Allow(Allowance::Finish));
    assert!(effects.contains(&Effect::Forget(LeaseId(2))) && !effects.contains(&Effect::Yield(LeaseId(1))));
    let effects = agent.handle(3, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert_eq!(effects, [Effect::Deliver(LeaseId(1))], "and nothing is pulled");
}

#[test]
fn work_goes_on_when_the_owner_has_gone_before_the_renderer_stopped() {
    let mut agent = working();
    agent.handle(2, Input::Allow(Allowance::Hold));
    agent.handle(3, Input::Allow(Allowance::Work));
    let effects = agent.handle(4, Input::Rendered(LeaseId(1), Rendered::Kept));
    assert!(
        effects.contains(&Effect::Deliver(LeaseId(1))) && !effects.contains(&Effect::Rest),
        "{effects:?}"
    );
}

#[test]
fn a_lost_lease_stops_even_while_it_yields() {
    let mut agent = working();
    agent.handle(2, Input::Allow(Allowance::Hold));
    assert_eq!(agent.handle(3, Input::Beat(LeaseId(1), Beat::Lost)), [Effect::StopNow(LeaseId(1))]);
}
