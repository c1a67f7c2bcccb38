//! The steward between senses that a test plays and a node that a test plays too.

use std::sync::{Arc, Mutex};

use frame::{BlockRange, FrameIndex, LeaseId, TileIndex};

use super::*;
use crate::earn::signals::{Power, ProgramName, Sensed};
use crate::earn::{State, door};

/// Senses that a test sets.
#[derive(Clone)]
struct Played(Arc<Mutex<Signals>>);

impl Senses for Played {
    fn glance(&mut self, signals: &mut Signals) {
        let played = self.0.lock().expect("no test panics with it").clone();
        (signals.idle_s, signals.full_screen) = (played.idle_s, played.full_screen);
    }

    fn look(&mut self, _rules: &Rules, signals: &mut Signals) {
        signals.power = self.0.lock().expect("no test panics with it").power;
    }
}

impl Played {
    fn away() -> Self {
        let signals = Signals {
            idle_s: Sensed::Known(3600),
            power: Sensed::Known(Power::Mains),
            full_screen: Sensed::Known(None),
            ..Signals::default()
        };
        Self(Arc::new(Mutex::new(signals)))
    }

    fn set(&self, change: impl FnOnce(&mut Signals)) {
        change(&mut self.0.lock().expect("no test panics with it"));
    }
}

struct Scene {
    place: tempfile::TempDir,
    senses: Played,
    controls: Controls,
    steward: Steward,
    allowed: watch::Receiver<Allowance>,
    referees: watch::Receiver<Referees>,
}

fn scene(place: tempfile::TempDir) -> Scene {
    let senses = Played::away();
    let (owner, controls) = Owner::new(Rules::desktop());
    let owner = owner.with_senses(Box::new(senses.clone()));
    let (allow, allowed) = watch::channel(Allowance::Hold);
    let referees = owner.referees.subscribe();
    let never = || -> Box<dyn Senses> { unreachable!("the test has its own senses") };
    let steward = Steward::start(owner, never, place.path(), "played", allow).expect("a thread");
    Scene { place, senses, controls, steward, allowed, referees }
}

/// Waits until something holds and says how long that took; a test that waits in vain fails.
fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}

fn rendering() -> NodeEvent {
    let blocks = BlockRange { first: 0, count: 1 };
    NodeEvent::Rendering { lease: LeaseId(1), frame: FrameIndex(0), tile: TileIndex(0), blocks }
}

#[test]
fn input_and_full_screen_programs_take_the_permission_away_and_earning_is_not_said() {
    let scene = scene(tempfile::tempdir().expect("a temporary folder"));
    assert_eq!(*scene.allowed.borrow(), Allowance::Work, "the first look was taken before the start");
    let ear = scene.steward.ear();
    ear(NodeEvent::Connected);
    ear(rendering());
    let state = || scene.controls.standing().expect("it runs").decision;
    until("it earns", || state().state == State::Working);
    let mut took = Vec::new();
    for _ in 0..5 {
        scene.senses.set(|signals| signals.idle_s = Sensed::Known(0));
        took.push(until("input is noticed", || *scene.allowed.borrow() == Allowance::Hold));
        until("and said", || state().sentence == "Waiting: you are using this computer");
        scene.senses.set(|signals| signals.idle_s = Sensed::Known(3600));
        until("it goes on", || *scene.allowed.borrow() == Allowance::Work);
        let game = ProgramName::new("Night Race");
        scene.senses.set(|signals| signals.full_screen = Sensed::Known(Some(game)));
        took.push(until("the game is noticed", || *scene.allowed.borrow() == Allowance::Hold));
        until("and said", || state().sentence == "Paused: Night Race is full-screen");
        scene.senses.set(|signals| signals.full_screen = Sensed::Known(None));
        until("it goes on", || *scene.allowed.borrow() == Allowance::Work);
    }
    took.sort();
    eprintln!("from a touch to the lost permission: {took:?}");
    // The median: one late wake-up on a busy machine is the machine's.
    assert!(took[took.len() / 2] <= Duration::from_millis(250), "{took:?}");
    scene.steward.end();
}

#[test]
fn words_come_in_through_the_door_and_survive_a_restart() {
    let first = scene(tempfile::tempdir().expect("a temporary folder"));
    let folder = first.place.path().to_owned();
    let told = door::tell(Some(&folder), Wish::PauseUntilTomorrow).expect("it runs");
    assert!(told.standing.decision.sentence.starts_with("Paused until "), "{told:?}");
    assert_eq!(*first.allowed.borrow(), Allowance::Hold);
    first.steward.end();
    let ended = door::status(Some(&folder)).expect("it ran");
    assert!(!ended.standing.is_running && !ended.is_stale);
    assert!(door::tell(Some(&folder), Wish::Earn).is_err(), "nobody is there to hear it");
    let second = scene(first.place);
    assert_eq!(*second.allowed.borrow(), Allowance::Hold, "a pause outlives the program");
    let told = door::tell(Some(&folder), Wish::Earn).expect("it runs again");
    assert_eq!(told.standing.decision.sentence, "Waiting: connecting to the coordinator");
    assert_eq!(*second.allowed.borrow(), Allowance::Work);
    second.steward.end();
}

#[test]
fn a_tile_is_finished_before_the_pause_that_was_asked_for() {
    let scene = scene(tempfile::tempdir().expect("a temporary folder"));
    let ear = scene.steward.ear();
    ear(NodeEvent::Connected);
    ear(rendering());
    until("it renders", || scene.controls.standing().is_some_and(|now| now.activity == Activity::Rendering));
    scene.controls.ask(Wish::FinishThenPause);
    until("it may finish", || *scene.allowed.borrow() == Allowance::Finish);
    ear(NodeEvent::Rendered { lease: LeaseId(1), samples: 1 });
    until("then it pauses", || *scene.allowed.borrow() == Allowance::Hold);
    ear(NodeEvent::Delivered { lease: LeaseId(1), bytes: 1000, amount: 1 });
    until("the result counts", || scene.controls.standing().is_some_and(|now| now.tiles_done == 1));
    let standing = scene.controls.standing().expect("it runs");
    assert_eq!(standing.decision.sentence, "Paused: you asked for a pause after the last tile");
    assert_eq!(standing.uploaded_today_bytes, 1000);
    let settled = door::settle(Some(scene.place.path()), Duration::from_secs(5)).expect("it runs");
    assert_eq!(settled.standing.activity, Activity::Idle);
    scene.steward.end();
    let again = self::scene(scene.place);
    assert_eq!(*again.allowed.borrow(), Allowance::Work, "starting again is a newer word");
    assert_eq!(again.controls.standing().expect("it runs").uploaded_today_bytes, 1000, "of the same day");
    again.steward.end();
}

#[test]
fn other_rules_hold_at_once() {
    let scene = scene(tempfile::tempdir().expect("a temporary folder"));
    scene.controls.set_rules(Rules::from_toml("schedule = 'never'", Rules::desktop()).expect("rules"));
    // Permission and sentence are handed on one after the other.
    let sentence = || scene.controls.standing().map(|now| now.decision.sentence);
    until("the hours are over", || {
        sentence().as_deref() == Some("Waiting: the schedule allows no hour of the week")
    });
    assert_eq!(*scene.allowed.borrow(), Allowance::Hold);
    assert!(scene.referees.borrow().is_empty());
    let text = format!("referees = ['{}']", "ab".repeat(32));
    scene.controls.set_rules(Rules::from_toml(&text, Rules::desktop()).expect("rules"));
    until("the node asks for a referee", || scene.referees.borrow()[..] == [frame::NodeId([0xab; 32])]);
    (scene.steward.ear())(NodeEvent::Connected);
    until("and says so", || {
        sentence().as_deref() == Some("Waiting: no tile is there that your referees judge")
    });
    scene.steward.end();
}
