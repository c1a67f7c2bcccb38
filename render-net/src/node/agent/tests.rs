use frame::{BlockRange, FrameIndex, JobId, TileIndex, TileRect};

use super::deliveries::{KEPT_FULL, UNDER_WAY_MAX};
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
    assert_eq!(agent.handle(4, Input::Recut(LeaseId(1), Some(1))), [Effect::Deliver(LeaseId(1))]);
    let effects = agent.handle(5, Input::Recut(LeaseId(1), None));
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
    agent.handle(7, Input::Settled(LeaseId(1)));
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

fn is_pull(effect: &Effect) -> bool {
    matches!(effect, Effect::Pull { .. })
}

fn deliveries(effects: &[Effect]) -> Vec<u64> {
    let lease = |effect: &Effect| if let Effect::Deliver(lease) = effect { Some(lease.0) } else { None };
    effects.iter().filter_map(lease).collect()
}

/// Ticks ten times a second from `from` to `to` and collects what is wanted, with the time.
fn tick(agent: &mut Agent, from: Millis, to: Millis) -> Vec<(Millis, Effect)> {
    let at = |now| agent.handle(now, Input::Tick).into_iter().map(move |effect| (now, effect));
    (from..to).step_by(100).flat_map(at).collect()
}

/// Renders one lease after the other, as fast as the agent asks for them, until it asks for no more: how many, and all that it wanted.
fn render_all(agent: &mut Agent) -> (u64, Vec<Effect>) {
    let mut number = 0;
    let mut seen = agent.handle(0, Input::Linked);
    let mut is_asked = seen.iter().any(is_pull);
    while is_asked && number < 100 {
        number += 1;
        let mut effects = agent.handle(0, Input::Leases(vec![lease(number)]));
        effects.extend(agent.handle(0, Input::Prepared(LeaseId(number))));
        effects.extend(agent.handle(0, Input::Rendered(LeaseId(number), Rendered::Kept)));
        is_asked = effects.iter().any(is_pull);
        seen.extend(effects);
    }
    (number, seen)
}

#[test]
fn a_node_that_outruns_its_uplink_waits_and_delivers_few_at_a_time() {
    let mut agent = Agent::new(false, []);
    let (rendered, effects) = render_all(&mut agent);
    // One answer was under way when there were enough.
    assert_eq!(rendered, KEPT_FULL as u64 + 1);
    assert_eq!(deliveries(&effects), [1, 2], "{UNDER_WAY_MAX} at a time");
    assert!(!tick(&mut agent, 100, 9_000).iter().any(|(_, effect)| is_pull(effect)));
    assert_eq!(deliveries(&agent.handle(9_000, Input::Settled(LeaseId(1)))), [3]);
    let effects = agent.handle(9_000, Input::Settled(LeaseId(2)));
    assert_eq!(deliveries(&effects), [4]);
    assert!(effects.iter().any(is_pull), "and it goes on: {effects:?}");
}

#[test]
fn a_kept_lease_is_beaten_until_it_is_delivered() {
    let mut agent = working();
    agent.handle(2, Input::Rendered(LeaseId(1), Rendered::Kept));
    let beats = |effects: Vec<(Millis, Effect)>| -> Vec<Millis> {
        let beat = |(now, effect)| (effect == Effect::Heartbeat(LeaseId(1), 4)).then_some(now);
        effects.into_iter().filter_map(beat).collect()
    };
    let told = beats(tick(&mut agent, 100, 30_000));
    assert!(told.len() >= 28 && told.windows(2).all(|pair| pair[1] - pair[0] <= 1_100), "{told:?}");
    agent.handle(30_000, Input::Settled(LeaseId(1)));
    assert!(beats(tick(&mut agent, 30_000, 33_000)).is_empty());
    // One that is lost is not beaten, and delivered all the same.
    agent.handle(33_000, Input::Prepared(LeaseId(2)));
    agent.handle(33_000, Input::Rendered(LeaseId(2), Rendered::Kept));
    agent.handle(33_000, Input::Beat(LeaseId(2), Beat::Lost));
    agent.handle(33_000, Input::NotSettled(LeaseId(2)));
    let effects = tick(&mut agent, 33_000, 36_000);
    assert!(effects.iter().any(|(_, effect)| *effect == Effect::Deliver(LeaseId(2))), "{effects:?}");
    assert!(!effects.iter().any(|(_, effect)| matches!(effect, Effect::Heartbeat(LeaseId(2), _))));
}

#[test]
fn a_coordinator_without_room_is_asked_again_ever_more_seldom_and_gets_no_more_work_done() {
    let mut agent = working();
    agent.handle(2, Input::Rendered(LeaseId(1), Rendered::Kept));
    let effects = agent.handle(3, Input::NoRoom(LeaseId(1), "full".to_owned()));
    let told = |effects: &[Effect]| effects.contains(&Effect::TellNoRoom("full".to_owned()));
    assert!(told(&effects), "{effects:?}");
    let handed_back = Effect::Fail(LeaseId(2), FailureKind::Handback, NO_ROOM.to_owned());
    assert!(effects.contains(&handed_back), "others may have room: {effects:?}");
    let effects = agent.handle(4, Input::Leases(vec![lease(3)]));
    assert!(matches!(effects[..], [Effect::Fail(LeaseId(3), FailureKind::Handback, _)]), "{effects:?}");
    let mut tries = Vec::new();
    for now in (0..3_600_000).step_by(100) {
        let mut effects = agent.handle(now + 100, Input::Tick);
        while let Some(at) = effects.iter().position(|effect| *effect == Effect::Deliver(LeaseId(1))) {
            effects.remove(at);
            tries.push(now + 100);
            effects.extend(agent.handle(now + 100, Input::NoRoom(LeaseId(1), "full".to_owned())));
        }
        assert_eq!(effects, [], "neither told again nor pulled nor beaten");
    }
    let pauses: Vec<Millis> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]) && tries.len() < 25, "{pauses:?}");
    assert!(pauses.last().is_some_and(|pause| *pause <= 301_000), "{pauses:?}");
    let effects = agent.handle(3_700_000, Input::Settled(LeaseId(1)));
    assert!(effects.iter().any(is_pull), "{effects:?}");
    // The next time is news again.
    agent.handle(3_700_000, Input::Leases(vec![lease(5)]));
    agent.handle(3_700_000, Input::Prepared(LeaseId(5)));
    agent.handle(3_700_000, Input::Rendered(LeaseId(5), Rendered::Kept));
    assert!(told(&agent.handle(3_700_001, Input::NoRoom(LeaseId(5), "full".to_owned()))));
}

#[test]
fn a_stopped_node_leaves_what_cannot_be_delivered_for_its_next_start() {
    let left = |agent: &mut Agent, from, to| {
        let effects = tick(agent, from, to);
        effects.iter().find(|(_, effect)| *effect == Effect::Leave(Why::Stopped)).map(|(now, _)| *now)
    };
    // Slow: it gets a moment.
    let mut agent = Agent::new(false, []);
    render_all(&mut agent);
    assert!(!agent.handle(1_000, Input::Stop).contains(&Effect::Leave(Why::Stopped)));
    assert!(left(&mut agent, 1_100, 10_000).is_some_and(|at| at <= 4_100));
    // Without room: at once.
    let mut agent = Agent::new(false, [LeaseId(1)]);
    agent.handle(0, Input::Linked);
    agent.handle(1, Input::NoRoom(LeaseId(1), "full".to_owned()));
    assert!(agent.handle(2, Input::Stop).contains(&Effect::Leave(Why::Stopped)));
    // One that leaves when idle has nothing else to do, too.
    let mut agent = Agent::new(true, [LeaseId(1)]);
    agent.handle(0, Input::Linked);
    let effects = agent.handle(1, Input::NoRoom(LeaseId(1), "full".to_owned()));
    assert!(effects.contains(&Effect::Leave(Why::Idle)), "{effects:?}");
}

#[test]
fn passing_faults_of_deliveries_have_growing_pauses() {
    let mut agent = Agent::new(false, [LeaseId(1)]);
    let mut effects = agent.handle(0, Input::Linked);
    let mut tries = Vec::new();
    for now in (0..200_000).step_by(100) {
        if effects.contains(&Effect::Deliver(LeaseId(1))) {
            tries.push(now);
            agent.handle(now, Input::NotSettled(LeaseId(1)));
        }
        effects = agent.handle(now + 100, Input::Tick);
    }
    let pauses: Vec<Millis> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]), "{pauses:?}");
    assert!(
        pauses.first() <= Some(&1_100) && pauses.last() <= Some(&30_100) && tries.len() < 15,
        "{pauses:?}"
    );
}

#[test]
fn what_could_not_be_fetched_over_a_link_that_holds_is_tried_again_and_then_given_back() {
    let mut agent = linked(false);
    agent.handle(0, Input::Leases(vec![lease(1), lease(2)]));
    agent.handle(0, Input::NotPrepared(LeaseId(1), None));
    let mut tries = 0;
    for now in (100..60_000).step_by(100) {
        let effects = agent.handle(now, Input::Tick);
        if effects.contains(&Effect::Prepare(lease(1))) {
            tries += 1;
            let effects = agent.handle(now, Input::NotPrepared(LeaseId(1), None));
            if effects.contains(&Effect::Forget(LeaseId(1))) {
                break;
            }
        }
    }
    assert_eq!(tries, 3, "and not kept idle until the coordinator takes it away");
    // News that come late change nothing for a lease that is being rendered.
    let effects = agent.handle(60_000, Input::Prepared(LeaseId(2)));
    assert!(effects.contains(&Effect::Render(LeaseId(2), lease(2).blocks)), "{effects:?}");
    agent.handle(60_001, Input::NotPrepared(LeaseId(2), None));
    agent.handle(60_002, Input::Prepared(LeaseId(2)));
    let effects = tick(&mut agent, 60_100, 70_000);
    assert!(!effects.iter().any(|(_, effect)| matches!(effect, Effect::Render(..) | Effect::Prepare(_))));
}

#[test]
fn work_that_comes_to_nothing_is_not_asked_for_in_a_circle() {
    let mut agent = linked(false);
    let (mut is_asked, mut answers) = (true, 0);
    for now in (0..300_000).step_by(10) {
        let mut effects = agent.handle(now, Input::Tick);
        if std::mem::take(&mut is_asked) {
            answers += 1;
            let missing = Some((FailureKind::Job, "the object is not stored".to_owned()));
            effects.extend(agent.handle(now, Input::Leases(vec![lease(answers)])));
            effects.extend(agent.handle(now, Input::NotPrepared(LeaseId(answers), missing)));
            assert!(effects.iter().any(|effect| matches!(effect, Effect::Fail(_, FailureKind::Job, _))));
        }
        is_asked |= effects.iter().any(is_pull);
    }
    assert!((8..25).contains(&answers), "{answers} in five minutes");
}
