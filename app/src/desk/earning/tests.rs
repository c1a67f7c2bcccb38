//! Earning without a GPU and without a coordinator: nodes that the test plays.

use frame::LiveEvent;

use super::nodes::Begun;
use super::*;
use crate::desk::failure::Failure;
use crate::earn::signals::Activity;
use crate::earn::{Rules, Standing, State};
use crate::event::{Audience, Event};
use crate::fault::Exit;

fn earning() -> (tempfile::TempDir, Earning) {
    let place = tempfile::tempdir().expect("a temporary folder");
    let earning = Earning::open(place.path(), Arc::new(Bell::new()));
    (place, earning)
}

/// Runs whose nodes never start.
fn begin(earning: &Earning, gpus: &[&str]) -> Vec<Begun> {
    let gpus: Vec<String> = gpus.iter().map(|gpu| (*gpu).to_owned()).collect();
    earning.nodes.begin(&gpus, &Rules::desktop(), None).expect("none ends")
}

fn somewhere() -> Settings {
    let key = render_net::identity::Identity::generate().id();
    let address = render_net::identity::CoordinatorAddress::new("127.0.0.1", 1, key).expect("it is right");
    Settings { earn_coordinator: address.to_string(), ..Settings::default() }
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
    let begun = begin(&earning, &[""]);
    let phase = || earning.state().phase;
    assert_eq!(phase(), EarnPhase::Starting);
    earning.end().expect("the diary can be written");
    assert!(begun[0].stop.is_asked());
    assert_eq!((phase(), earning.was_on()), (EarnPhase::Stopping, false));
    let fault = earning.start(&somewhere(), None).expect_err("not while the old one still ends");
    assert_eq!(fault.what, "the node is still being ended");
    let interrupted = Fault::new(Exit::Interrupted, "the node was stopped", "start it again");
    earning.nodes.conclude(begun[0].number, Err(interrupted));
    assert_eq!(earning.state(), EarnState::default(), "being stopped is no failure");
}

#[test]
fn a_node_that_breaks_says_why_until_the_next_start() {
    let (_place, earning) = earning();
    let begun = begin(&earning, &["card"]);
    let fault = Fault::failure("the renderer failed again and again", "update the GPU's driver");
    earning.nodes.conclude(begun[0].number, Err(fault.clone()));
    let state = earning.state();
    assert_eq!((state.phase, state.failure), (EarnPhase::Failed, Some(Failure::from(fault))));
    begin(&earning, &["card"]);
    assert_eq!(earning.state().failure, None);
}

#[test]
fn one_gpu_that_breaks_leaves_the_others_at_work_and_is_named() {
    let (_place, earning) = earning();
    let begun = begin(&earning, &["card", "card #2"]);
    assert!(begin(&earning, &["card", "card #2"]).is_empty(), "each is there once");
    assert!(begin(&earning, &[""]).is_empty(), "and with one at work the strongest is not looked for");
    let fault = Fault::failure("the renderer failed again and again", "update the GPU's driver");
    earning.nodes.conclude(begun[1].number, Err(fault.clone()));
    let state = earning.state();
    assert_eq!((state.phase, state.failure), (EarnPhase::Starting, None));
    let told: Vec<(&str, EarnPhase)> = state.gpus.iter().map(|gpu| (gpu.gpu.as_str(), gpu.phase)).collect();
    assert_eq!(told, [("card", EarnPhase::Starting), ("card #2", EarnPhase::Failed)]);
    assert_eq!(state.gpus[1].failure, Some(Failure::from(fault)));
}

#[test]
fn a_gpu_that_is_switched_off_ends_alone_and_the_strongest_is_not_started_twice() {
    let (_place, earning) = earning();
    let begun = begin(&earning, &["card", "chip"]);
    let only_card = Settings { earn_gpus: vec!["card".into()], ..somewhere() };
    earning.follow(&only_card).expect("nothing has to start");
    assert_eq!((begun[0].stop.is_asked(), begun[1].stop.is_asked()), (false, true));
    let both = Settings { earn_gpus: vec!["card".into(), "chip".into()], ..only_card };
    let fault = earning.follow(&both).expect_err("it still ends");
    assert_eq!(fault.what, "the node is still being ended");
    earning.nodes.conclude(begun[1].number, Ok(Exit::Done));
    let unnamed = begin(&earning, &["chip"]).remove(0);
    assert!(earning.nodes.name(unnamed.number, "chip"));
    assert!(!earning.nodes.name(unnamed.number, "card"), "that has a node");
}

#[test]
fn a_coordinator_that_is_away_is_trouble_and_a_failed_tile_is_not() {
    let (_place, earning) = earning();
    let begun = begin(&earning, &[""]);
    let mut listener = earning.nodes.listener(begun[0].number);
    let mut warn = |message: &str| {
        listener.hear(&LiveEvent::Warning { message: message.into() }.into());
        earning.state().trouble
    };
    assert_eq!(warn("not connected, trying again: timeout"), "not connected, trying again: timeout");
    assert!(warn("a tile could not be rendered: no memory").contains("timeout"));
    listener.hear(&Event::NodeReady { node: "ab".into(), adapter: "card".into(), gpu: String::new() });
    let state = earning.state();
    assert_eq!((state.trouble.as_str(), state.node.as_str()), ("", "ab"));
}

#[test]
fn rules_are_kept_and_told_to_the_nodes_that_run() {
    let (place, earning) = earning();
    let _begun = begin(&earning, &[""]);
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
            adapter_celsius: None,
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
