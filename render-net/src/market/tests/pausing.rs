//! A job that its artist wants no more of for now.

use super::*;
use crate::wire::{Event, Events, Follow, Pause};

fn pause(bench: &mut Bench, is_paused: bool) -> Vec<Effect> {
    pause_job(bench, JOB, is_paused)
}

fn pause_job(bench: &mut Bench, job: JobId, is_paused: bool) -> Vec<Effect> {
    bench.effects(ARTIST, Request::Pause(Pause { job, is_paused }))
}

fn events(bench: &mut Bench) -> Vec<Event> {
    let follow = Follow { job: JOB, since: 0, wait_ms: 0 };
    match bench.ask(ARTIST, Request::Follow(follow)) {
        Response::Events(events) => {
            let Events { events, .. } = *events;
            events.into_vec()
        }
        other => panic!("events expected, not {other:?}"),
    }
}

#[test]
fn what_is_in_hand_is_finished_and_paid_and_nothing_else_is_begun_until_it_goes_on() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let node = bench.node(1, 1000);
        bench.post(JOB, 96, 16);
        bench.admit(JOB, node);
        let in_hand = bench.pull(node, 2);
        assert!(!in_hand.is_empty());
        pause(&mut bench, true);
        assert_eq!(bench.card().state, JobState::Paused);
        for lease in &in_hand {
            let going_on = Beat::GoOn { blocks: lease.blocks, lapses_ms: lease.lapses_ms };
            assert_eq!(bench.ask(node, beat(lease.lease, 1)), Response::Beat(going_on));
            assert!(matches!(bench.commit(node, lease), Response::Committed { .. }));
            assert_eq!(bench.verdict(lease.lease, true), Response::Done);
        }
        assert!(bench.earnings(node).posted > 0);
        bench.wait(60_000);
        assert!(bench.pull(node, 2).is_empty(), "nobody wants more");
        let woken = pause(&mut bench, false);
        assert!(woken.contains(&Effect::WakeNodes) && woken.contains(&Effect::WakeFollowers(JOB)));
        assert_eq!(bench.card().state, JobState::Active);
        let again = bench.pull(node, 2);
        assert!(
            !again.is_empty() && again.iter().all(|lease| in_hand.iter().all(|one| one.tile != lease.tile))
        );
    });
}

#[test]
fn what_comes_back_of_a_paused_job_waits_with_the_rest() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (gone, other) = (bench.node(1, 1000), bench.node(2, 1000));
    bench.post(JOB, 64, 16);
    bench.admit(JOB, gone);
    bench.admit(JOB, other);
    let held = bench.pull(gone, 1).remove(0);
    pause(&mut bench, true);
    bench.wait(Terms::default().lapse_ms + 1);
    assert!(bench.pull(other, 4).is_empty());
    pause(&mut bench, false);
    assert!(bench.pull(other, 4).iter().any(|lease| lease.tile == held.tile));
}

#[test]
fn followers_hear_of_it_once_however_often_it_is_said() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 64, 16);
    for is_paused in [false, true, true, false, false] {
        pause(&mut bench, is_paused);
    }
    assert_eq!(events(&mut bench), [Event::Paused, Event::Resumed]);
}

#[test]
fn only_its_artist_pauses_a_job_and_only_one_that_is_not_over() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    bench.post(JOB, 64, 16);
    let asked = Request::Pause(Pause { job: JOB, is_paused: true });
    assert_eq!(bench.ask(NodeId([9; 32]), asked.clone()), Response::Refused(Refusal::NoSuchJob));
    assert_eq!(bench.ask(ARTIST, asked.clone()), Response::Done);
    assert_eq!(bench.ask(ARTIST, Request::Cancel(JOB)), Response::Done, "a paused job can be ended");
    assert_eq!(bench.ask(ARTIST, asked), Response::Refused(Refusal::JobEnded));
    let Response::Balance(balance) = bench.ask(ARTIST, Request::Balance) else { panic!("a balance") };
    assert_eq!((balance.escrow, balance.available), (0, Terms::default().opening_credit));
}

#[test]
fn a_job_whose_last_piece_comes_while_it_is_paused_is_done() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    bench.post(JOB, 32, 16);
    bench.admit(JOB, node);
    let last = bench.pull(node, 1).remove(0);
    pause(&mut bench, true);
    bench.commit(node, &last);
    bench.verdict(last.lease, true);
    assert_eq!(bench.card().state, JobState::Done);
}

#[test]
fn neither_a_job_that_comes_back_nor_a_new_one_is_served_alone_for_the_time_of_a_pause() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let node = bench.node(1, 1000);
    let [other, third] = [2, 3].map(|number| JobId([number; 16]));
    let come = |bench: &mut Bench, job| {
        bench.post(job, 512, 16);
        bench.admit(job, node);
    };
    let of_other = |bench: &mut Bench, pieces: usize| {
        let mut of_other = 0;
        for _ in 0..pieces {
            let lease = bench.pull(node, 1).remove(0);
            of_other += usize::from(lease.job == other);
            bench.now_ms += 1_000;
            bench.commit(node, &lease);
        }
        of_other
    };
    come(&mut bench, JOB);
    pause(&mut bench, true);
    come(&mut bench, other);
    assert_eq!(of_other(&mut bench, 40), 40, "all for the one that is wanted");
    pause_job(&mut bench, other, true);
    come(&mut bench, third);
    pause_job(&mut bench, other, false);
    let served = of_other(&mut bench, 20);
    assert!((8..=12).contains(&served), "{served} of 20 for the older of two that are wanted");
    pause(&mut bench, false);
    let served = of_other(&mut bench, 30);
    assert!((8..=12).contains(&served), "{served} of 30 for one of three");
}
