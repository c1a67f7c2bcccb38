//! Earning without a GPU and without a coordinator: a node that the test plays.

use super::*;
use crate::desk::failure::Failure;
use crate::earn::{Rules, State};

fn earning() -> (tempfile::TempDir, Earning) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let earning = Earning::open(place.path(), Arc::new(Bell::new()));
    (place, earning)
}

/// A run whose node never starts.
fn begin(earning: &Earning) -> (Owner, Stop) {
    let (owner, controls) = Owner::new(Rules::desktop());
    let stop = Stop::new();
    lock(&earning.now).run = Some(Run { controls, stop: stop.clone() });
    (owner, stop)
}

#[test]
fn earning_is_off_until_somebody_asks_and_a_wrong_address_is_said_at_once() {
    let (_place, earning) = earning();
    assert_eq!(earning.state(), EarnState::default());
    assert_eq!(earning.state().because.key, "off");
    let settings = Settings { earn_coordinator: "nowhere".into(), ..Settings::default() };
    assert!(earning.start(&settings, None).is_err());
    assert!(!earning.state().is_on() && !earning.was_on());
    earning.ask(Wish::PauseHour);
    assert_eq!(earning.state(), EarnState::default(), "nobody is there to pause");
}

#[test]
fn a_node_that_is_opened_and_ended_says_so() {
    let (_place, earning) = earning();
    let (_owner, stop) = begin(&earning);
    let phase = || earning.state().phase;
    assert_eq!(phase(), EarnPhase::Starting);
    earning.end().expect("the diary can be written");
    assert!(stop.is_asked());
    assert_eq!((phase(), earning.was_on()), (EarnPhase::Stopping, false));
    let key = render_net::identity::Identity::generate().id();
    let address = render_net::identity::CoordinatorAddress::new("127.0.0.1", 1, key).expect("it is right");
    let settings = Settings { earn_coordinator: address.to_string(), ..Settings::default() };
    let fault = earning.start(&settings, None).expect_err("not while the old one still ends");
    assert_eq!(fault.what, "the node is still being ended");
    let interrupted = Fault::new(Exit::Interrupted, "the node was stopped", "start it again");
    conclude(&mut lock(&earning.now), Err(interrupted));
    assert_eq!(earning.state(), EarnState::default(), "being stopped is no failure");
}

#[test]
fn a_node_that_breaks_says_why_until_the_next_start() {
    let (_place, earning) = earning();
    begin(&earning);
    let fault = Fault::failure("the renderer failed again and again", "update the GPU's driver");
    conclude(&mut lock(&earning.now), Err(fault.clone()));
    let state = earning.state();
    assert_eq!((state.phase, state.failure), (EarnPhase::Failed, Some(Failure::from(fault))));
    begin(&earning);
    lock(&earning.now).fault = None;
    assert_eq!(earning.state().failure, None);
}

#[test]
fn a_coordinator_that_is_away_is_trouble_and_a_failed_tile_is_not() {
    let (_place, earning) = earning();
    begin(&earning);
    let mut listener = Listener { now: Arc::clone(&earning.now), bell: Arc::clone(&earning.bell) };
    let mut warn = |message: &str| {
        listener.hear(&LiveEvent::Warning { message: message.into() }.into());
        earning.state().trouble
    };
    assert_eq!(warn("not connected, trying again: timeout"), "not connected, trying again: timeout");
    assert!(warn("a tile could not be rendered: no memory").contains("timeout"));
    listener.hear(&Event::NodeReady { node: "ab".into(), adapter: "card".into() });
    let state = earning.state();
    assert_eq!((state.trouble.as_str(), state.node.as_str()), ("", "ab"));
}

#[test]
fn rules_are_kept_and_told_to_the_node_that_runs() {
    let (place, earning) = earning();
    let (_owner, _stop) = begin(&earning);
    let form = earning.rules().expect("there is no file yet");
    assert_eq!(form, earning.usual_rules());
    let wrong = RulesForm { disk_gib: 0, ..form.clone() };
    assert!(earning.set_rules(&wrong).is_err());
    assert_eq!(earning.rules().expect("it was not written"), form);
    let mut hours = vec![true; 168];
    hours[0] = false;
    let kept = earning.set_rules(&RulesForm { hours, ..form }).expect("they are right");
    assert_eq!(kept.schedule, "mon 01:00-24:00; tue-sun");
    assert_eq!(Earning::open(place.path(), Arc::new(Bell::new())).rules(), Ok(kept));
}

#[test]
fn what_a_node_tells_is_what_the_window_shows() {
    use crate::earn::signals::{Power, Sensed, Signals};
    use crate::earn::{Asked, Engine, Moment};
    let now = Moment { unix_s: 1_795_435_200, offset_s: 0 };
    let mut engine = Engine::new(Rules::desktop(), Asked::Earn);
    let signals = Signals {
        idle_s: Sensed::Known(600),
        power: Sensed::Known(Power::Mains),
        full_screen: Sensed::Known(None),
        activity: Activity::Rendering,
        ..Signals::default()
    };
    let mut told = |wish: Wish| {
        engine.ask(now, wish);
        let decision = engine.handle(now, &signals);
        let standing = Standing {
            decision,
            is_running: true,
            activity: Activity::Rendering,
            adapter: "card".into(),
            tiles_done: 2,
            given_back: 0,
            failed: 0,
            uploaded_today_bytes: 0,
            uploaded_day: 0,
            asked: engine.asked(),
            heard: 0,
            at_unix_ms: 0,
            last: Default::default(),
        };
        (standing.decision.state, EarnState::of(&standing, now))
    };
    let (_, working) = told(Wish::Earn);
    assert_eq!((working.phase, working.because.key.as_str()), (EarnPhase::Working, "rendering"));
    for wish in [Wish::Pause, Wish::PauseHour, Wish::PauseUntilBack, Wish::PauseUntilTomorrow] {
        let (state, shown) = told(wish);
        assert_eq!((state, shown.phase), (State::Paused, EarnPhase::Paused), "{wish:?}");
    }
    let (_, hour) = told(Wish::PauseHour);
    assert_eq!((hour.asked, hour.until_s), (AskedWord::PauseHour, Some(1_795_438_800.0)));
    assert_eq!(hour.because.values["clock"], "13:00");
    let (_, finishing) = told(Wish::FinishThenPause);
    assert_eq!((finishing.asked, finishing.because.code.as_str()), (AskedWord::Finishing, "finishing"));
}
