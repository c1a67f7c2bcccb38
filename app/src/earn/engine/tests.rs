//! The rules, each by itself, in their order, and whatever comes together.

use proptest::prelude::*;

use super::*;
use crate::earn::moment::tests::week;
use crate::earn::rules::Within;
use crate::earn::signals::{AdapterSense, GpuMemory};

/// A computer that nobody uses, on the mains, cool, with a tile in hand.
fn free() -> Signals {
    Signals {
        idle_s: Sensed::Known(3600),
        power: Sensed::Known(Power::Mains),
        full_screen: Sensed::Known(None),
        programs: Sensed::Known(vec![ProgramName::new("shell")]),
        adapters: vec![adapter(50.0)],
        disk_free_mib: Sensed::Known(100 << 10),
        uploaded_today_bytes: 0,
        activity: Activity::Rendering,
        holds_scene: true,
    }
}

fn adapter(celsius: f32) -> AdapterSense {
    let memory = GpuMemory { free_mib: 8000, total_mib: 8192 };
    AdapterSense { name: "RTX".into(), celsius: Sensed::Known(celsius), memory: Sensed::Known(memory) }
}

fn desktop() -> Engine {
    Engine::new(Rules::desktop(), Asked::Earn)
}

fn decided(engine: &mut Engine, signals: &Signals) -> Decision {
    engine.handle(week(2, 12, 0), signals)
}

fn sentence(signals: &Signals) -> String {
    decided(&mut desktop(), signals).sentence
}

#[test]
fn each_rule_has_its_own_sentence() {
    assert_eq!(sentence(&free()), "Earning: a tile is being rendered");
    let race = ProgramName::new("Night Race");
    for (signals, told) in [
        (Signals { idle_s: Sensed::Known(0), ..free() }, "Waiting: you are using this computer"),
        (
            Signals { idle_s: Sensed::Known(179), ..free() },
            "Waiting: this computer was used in the last 3 min",
        ),
        (
            Signals { idle_s: Sensed::Unknown, ..free() },
            "Waiting: this computer does not tell when it is used",
        ),
        (Signals { full_screen: Sensed::Known(Some(race)), ..free() }, "Paused: Night Race is full-screen"),
        (
            Signals { power: Sensed::Known(Power::Battery { percent: 90 }), ..free() },
            "Paused: this computer runs on its battery",
        ),
        (
            Signals { power: Sensed::Known(Power::Battery { percent: 29 }), ..free() },
            "Paused: the battery is at 29 %, below 30 %",
        ),
        (
            Signals { power: Sensed::Unknown, ..free() },
            "Waiting: this computer does not tell whether it runs on its battery",
        ),
        (
            Signals { adapters: vec![adapter(75.6)], ..free() },
            "Paused: RTX is at 76 °C, work goes on below 70 °C",
        ),
        (
            Signals { disk_free_mib: Sensed::Known(2047), ..free() },
            "Paused: less than 2 GiB of disk are free",
        ),
        (Signals { activity: Activity::Idle, ..free() }, "Waiting: no tile is there to render"),
        (Signals { activity: Activity::Connecting, ..free() }, "Waiting: connecting to the coordinator"),
        (
            Signals { activity: Activity::Offline, ..free() },
            "Waiting: the coordinator cannot be reached, trying again",
        ),
        (
            Signals { activity: Activity::NoRoom, ..free() },
            "Waiting: the coordinator has no room for finished tiles, trying again",
        ),
        (Signals { activity: Activity::Off, ..free() }, "Waiting: the node is not running"),
    ] {
        let decision = decided(&mut desktop(), &signals);
        assert_eq!(decision.sentence, told);
        assert_ne!(decision.state, State::Working);
    }
}

#[test]
fn rules_that_the_owner_sets_have_theirs_too() {
    let rules = |text: &str| Engine::new(Rules::from_toml(text, Rules::desktop()).expect(text), Asked::Earn);
    let told = |text: &str, signals: &Signals| decided(&mut rules(text), signals).sentence;
    let blender = Signals { programs: Sensed::Known(vec![ProgramName::new("Blender.exe")]), ..free() };
    assert_eq!(told("pause_for_apps = ['blender']", &blender), "Paused: blender is running");
    assert_eq!(told("", &blender), "Earning: a tile is being rendered");
    let sent = Signals { uploaded_today_bytes: 2_000_000_000, ..free() };
    assert_eq!(told("upload_gb_per_day = 2", &sent), "Paused: today's 2 GB of upload are used up");
    assert_eq!(told("upload_gb_per_day = 3", &sent), "Earning: a tile is being rendered");
    assert_eq!(told("schedule = 'wed 18:00-20:00'", &free()), "Waiting: the schedule begins at 18:00");
    assert_eq!(
        told("schedule = 'fri 18:00-08:00'", &free()),
        "Waiting: the schedule begins on Friday at 18:00"
    );
    assert_eq!(told("schedule = 'never'", &free()), "Waiting: the schedule allows no hour of the week");
    assert_eq!(told("schedule = 'wed 12:00-13:00'", &free()), "Earning: a tile is being rendered");
    let battery = |percent| Signals { power: Sensed::Known(Power::Battery { percent }), ..free() };
    assert_eq!(told("on_battery = true", &battery(30)), "Earning: a tile is being rendered");
    assert_eq!(told("on_battery = true", &battery(29)), "Paused: the battery is at 29 %, below 30 %");
    let used = Signals { idle_s: Sensed::Known(0), ..free() };
    assert_eq!(told("idle_minutes = false", &used), "Earning: a tile is being rendered");
}

#[test]
fn a_headless_node_needs_neither_screen_nor_keyboard() {
    let blind = Signals { idle_s: Sensed::Unknown, full_screen: Sensed::Unknown, ..free() };
    let decision = decided(&mut Engine::new(Rules::headless(), Asked::Earn), &blind);
    assert_eq!(
        (decision.allowed, decision.sentence.as_str()),
        (Allowed::Work, "Earning: a tile is being rendered")
    );
}

#[test]
fn what_cannot_be_seen_is_said_only_where_a_rule_depends_on_it() {
    let blind = Signals { full_screen: Sensed::Unknown, programs: Sensed::Unknown, ..free() };
    let decision = decided(&mut desktop(), &blind);
    assert_eq!(
        decision.sentence,
        "Earning: a tile is being rendered, but full-screen programs cannot be seen here"
    );
    assert_eq!(decision.unseen, [Unseen::FullScreen], "no program is listed, so none has to be seen");
    assert!(decided(&mut desktop(), &free()).unseen.is_empty());
}

#[test]
fn the_persons_word_is_told_before_every_rule() {
    let mut engine = desktop();
    let signals = Signals { idle_s: Sensed::Known(0), ..free() };
    engine.ask(week(2, 14, 10), Wish::PauseHour);
    let decision = engine.handle(week(2, 14, 10), &signals);
    assert_eq!(decision.sentence, "Paused until 15:10");
    assert_eq!(decision.also.iter().map(Reason::code).collect::<Vec<_>>(), ["in_use"]);
    let after = engine.handle(week(2, 15, 10), &signals);
    assert_eq!(after.sentence, "Waiting: you are using this computer");
    assert_eq!(engine.asked(), Asked::Earn);
}

#[test]
fn until_tomorrow_is_the_next_morning_on_both_sides_of_midnight() {
    for (asked_at, told) in
        [(week(2, 23, 50), "Paused until tomorrow 06:00"), (week(3, 0, 30), "Paused until 06:00")]
    {
        let mut engine = desktop();
        engine.ask(asked_at, Wish::PauseUntilTomorrow);
        assert_eq!(engine.handle(asked_at, &free()).sentence, told);
        assert_eq!(engine.handle(week(3, 0, 30), &free()).sentence, "Paused until 06:00");
        assert_eq!(engine.handle(week(3, 5, 59), &free()).allowed, Allowed::Hold);
        assert_eq!(engine.handle(week(3, 6, 0), &free()).allowed, Allowed::Work);
    }
}

#[test]
fn until_tomorrow_ends_when_the_walls_clock_says_so_in_the_night_of_a_clock_change() {
    let mut engine = desktop();
    engine.ask(Moment { offset_s: 7200, ..week(5, 20, 0) }, Wish::PauseUntilTomorrow);
    // In the night the clocks go back: six on the wall is an hour later in the world.
    let at = |minute| Moment { offset_s: 3600, ..week(6, 4, minute) };
    assert_eq!(engine.handle(at(59), &free()).sentence, "Paused until 06:00");
    assert_eq!(engine.handle(Moment { offset_s: 3600, ..week(6, 5, 0) }, &free()).allowed, Allowed::Work);
}

#[test]
fn a_clock_that_is_set_back_does_not_make_a_pause_longer() {
    let mut engine = desktop();
    engine.ask(week(2, 14, 0), Wish::PauseHour);
    engine.handle(week(1, 14, 0), &free());
    assert_eq!(engine.handle(week(1, 15, 0), &free()).allowed, Allowed::Work);
}

#[test]
fn until_i_am_back_ends_with_the_first_touch_after_an_absence() {
    let mut engine = desktop();
    engine.ask(week(2, 14, 0), Wish::PauseUntilBack);
    let mut idle =
        |idle_s| decided(&mut engine, &Signals { idle_s: Sensed::Known(idle_s), ..free() }).sentence;
    assert_eq!(idle(1), "Paused until you are back");
    assert_eq!(idle(0), "Paused until you are back", "still here, not back");
    assert_eq!(idle(180), "Paused until you are back", "away");
    assert_eq!(idle(50_000), "Paused until you are back");
    assert_eq!(idle(0), "Waiting: you are using this computer", "back: the rules decide again");
    let mut blind = desktop();
    blind.ask(week(2, 14, 0), Wish::PauseUntilBack);
    let unseen = Signals { idle_s: Sensed::Unknown, ..free() };
    let told = decided(&mut blind, &unseen).sentence;
    assert_eq!(told, "Paused until you resume: this computer does not tell when it is used");
}

#[test]
fn a_tile_is_finished_and_then_there_is_a_pause() {
    let mut engine = desktop();
    engine.ask(week(2, 14, 0), Wish::FinishThenPause);
    let decision = decided(&mut engine, &free());
    assert_eq!((decision.allowed, decision.state), (Allowed::Finish, State::Working));
    assert_eq!(decision.sentence, "Earning: this tile is finished, then there is a pause");
    let sent = decided(&mut engine, &Signals { activity: Activity::Delivering, ..free() });
    assert_eq!((sent.allowed, sent.reason.code()), (Allowed::Hold, "paused_after_tile"));
    assert_eq!(decided(&mut engine, &free()).allowed, Allowed::Hold, "it stays so");
    engine.ask(week(2, 14, 1), Wish::Earn);
    assert_eq!(decided(&mut engine, &free()).allowed, Allowed::Work);
}

#[test]
fn a_rule_takes_the_gpu_back_even_while_the_last_tile_is_finished() {
    let mut engine = desktop();
    engine.ask(week(2, 14, 0), Wish::FinishThenPause);
    decided(&mut engine, &free());
    let used = decided(&mut engine, &Signals { idle_s: Sensed::Known(0), ..free() });
    assert_eq!((used.allowed, used.reason.code()), (Allowed::Hold, "paused_after_tile"));
}

#[test]
fn heat_has_to_fall_below_a_lower_mark_before_work_goes_on() {
    let mut engine = desktop();
    let mut at =
        |celsius| decided(&mut engine, &Signals { adapters: vec![adapter(celsius)], ..free() }).allowed;
    assert_eq!(at(75.0), Allowed::Work, "the cap itself is allowed");
    assert_eq!(at(75.1), Allowed::Hold);
    assert_eq!(at(74.0), Allowed::Hold);
    assert_eq!(at(70.0), Allowed::Hold);
    assert_eq!(at(69.9), Allowed::Work);
    assert_eq!(at(74.9), Allowed::Work);
}

#[test]
fn the_code_in_json_is_the_reasons_code() {
    let mut engine = desktop();
    let decision = decided(&mut engine, &Signals { power: Sensed::Unknown, ..free() });
    let line = serde_json::to_value(&decision).expect("plain data");
    assert_eq!(line["code"], decision.reason.code());
    assert_eq!((line["state"].as_str(), line["allowed"].as_str()), (Some("waiting"), Some("hold")));
}

prop_compose! {
    fn signals()(
        idle in proptest::option::of(0u32..400),
        power in 0u8..4, percent in 0u8..101,
        full_screen in 0u8..4, apps in 0u8..4,
        celsius in proptest::option::of(40f32..100.0), free_mib in proptest::option::of(300u32..2000),
        disk in proptest::option::of(1000u64..4000), uploaded in 0u64..3, activity in 0usize..7,
    ) -> Signals {
        use Activity::{Delivering, Fetching, Idle, NoRoom, Off, Offline, Rendering};
        let memory = free_mib.map(|free_mib| GpuMemory { free_mib, total_mib: 8192 });
        Signals {
            idle_s: idle.into(),
            power: match power {
                0 => Sensed::Unknown,
                1 => Sensed::Known(Power::Battery { percent }),
                _ => Sensed::Known(Power::Mains),
            },
            full_screen: match full_screen {
                0 => Sensed::Unknown,
                1 => Sensed::Known(Some(ProgramName::new("game"))),
                _ => Sensed::Known(None),
            },
            programs: match apps {
                0 => Sensed::Unknown,
                1 => Sensed::Known(vec![ProgramName::new("blender")]),
                _ => Sensed::Known(vec![]),
            },
            adapters: vec![AdapterSense { name: "a".into(), celsius: celsius.into(), memory: memory.into() }],
            disk_free_mib: disk.into(),
            uploaded_today_bytes: uploaded * 1_000_000_000,
            activity: [Off, Offline, Idle, Fetching, Rendering, Delivering, NoRoom][activity],
            holds_scene: true,
        }
    }
}

prop_compose! {
    fn rules()(
        idle in 0u32..6, on_battery: bool, full_screen: bool, app: bool, hours in any::<u32>(), cap in 39u32..101,
        upload in 0u32..3,
    ) -> Rules {
        let mut grid = [true; crate::earn::schedule::HOURS];
        (0..grid.len()).for_each(|hour| grid[hour] = hours & (1 << (hour % 31)) != 0);
        Rules {
            idle_minutes: Within::new(idle),
            on_battery,
            pause_for_full_screen: full_screen,
            pause_for_apps: if app { vec![ProgramName::new("Blender.exe")] } else { vec![] },
            schedule: crate::earn::Schedule::from_hours(grid),
            temperature_cap_c: Within::new(cap),
            upload_gb_per_day: Within::new(upload),
            upload_mbit_per_s: None,
            ..Rules::desktop()
        }
    }
}

/// What forbids work, said once more and differently: by plain conditions, without order, memory or words.
fn is_forbidden(rules: &Rules, now: Moment, signals: &Signals) -> bool {
    let idle = rules.idle_minutes.is_some_and(|minutes| match signals.idle_s {
        Sensed::Known(idle_s) => idle_s < minutes.value() * 60,
        Sensed::Unknown => true,
    });
    let power = match signals.power {
        Sensed::Known(Power::Mains) => false,
        Sensed::Known(Power::Battery { percent }) => percent < 30 || !rules.on_battery,
        Sensed::Unknown => true,
    };
    let full = rules.pause_for_full_screen && matches!(signals.full_screen, Sensed::Known(Some(_)));
    let app = !rules.pause_for_apps.is_empty()
        && matches!(&signals.programs, Sensed::Known(list) if !list.is_empty());
    let hour = (now.unix_s / 3600 + 3 * 24).rem_euclid(168) as usize;
    let hot = rules.temperature_cap_c.is_some_and(
        |cap| matches!(signals.adapters[0].celsius, Sensed::Known(celsius) if celsius > cap.value() as f32),
    );
    let memory = matches!(signals.adapters[0].memory, Sensed::Known(memory) if memory.free_mib < 512);
    let disk = matches!(signals.disk_free_mib, Sensed::Known(mib) if mib < 2048);
    let spent = rules
        .upload_gb_per_day
        .is_some_and(|limit| signals.uploaded_today_bytes >= u64::from(limit.value()) * 1_000_000_000);
    idle || power || full || app || !rules.schedule.hours()[hour] || hot || memory || disk || spent
}

#[test]
fn going_on_takes_back_a_finish_and_no_pause_that_was_said_since() {
    let now = week(2, 14, 0);
    let mut engine = desktop();
    engine.ask(now, Wish::FinishThenPause);
    engine.ask(now, Wish::GoOn);
    assert_eq!(engine.asked(), Asked::Earn);
    engine.ask(now, Wish::FinishThenPause);
    engine.ask(now, Wish::PauseUntilTomorrow);
    let paused = engine.asked();
    engine.ask(now, Wish::GoOn);
    assert_eq!(engine.asked(), paused);
}

fn wish(number: usize) -> Option<Wish> {
    use Wish::{Earn, FinishThenPause, GoOn, Pause, PauseHour, PauseUntilBack, PauseUntilTomorrow};
    [Earn, Pause, PauseHour, PauseUntilBack, PauseUntilTomorrow, FinishThenPause, GoOn].get(number).copied()
}

proptest! {
    #[test]
    fn nothing_works_while_an_enabled_rule_forbids_and_everything_else_does(
        rules in rules(), steps in proptest::collection::vec((signals(), 0i64..5000, 0usize..20), 1..40),
    ) {
        let mut engine = Engine::new(rules.clone(), Asked::Earn);
        let mut now = week(0, 0, 0);
        for (signals, seconds, said) in steps {
            now.unix_s += seconds;
            if let Some(wish) = wish(said) {
                engine.ask(now, wish);
            }
            let was_hot = !engine.hot.is_empty();
            let decision = engine.handle(now, &signals);
            let forbidden = is_forbidden(&rules, now, &signals);
            if forbidden {
                prop_assert_eq!(decision.allowed, Allowed::Hold);
            }
            let may_earn = matches!(engine.asked(), Asked::Earn | Asked::Finishing);
            if !forbidden && may_earn && !was_hot {
                prop_assert_ne!(decision.allowed, Allowed::Hold, "{}", decision.sentence);
            }
            if !may_earn {
                prop_assert_eq!(decision.allowed, Allowed::Hold);
                prop_assert!(decision.sentence.starts_with("Paused"), "{}", decision.sentence);
            }
        }
    }

    #[test]
    fn there_is_exactly_one_reason_and_its_sentence_fits_its_state(
        rules in rules(), signals in signals(), said in 0usize..7, hours in 0i64..400,
    ) {
        let mut engine = Engine::new(rules, Asked::Earn);
        let now = week(0, hours, 0);
        if let Some(wish) = wish(said) {
            engine.ask(now, wish);
        }
        let decision = engine.handle(now, &signals);
        let begin = match decision.state {
            State::Working => "Earning: ",
            State::Waiting => "Waiting: ",
            State::Paused => "Paused",
        };
        prop_assert!(decision.sentence.starts_with(begin), "{:?}", decision);
        prop_assert_eq!(decision.sentence.matches("Earning").count(), usize::from(decision.state == State::Working));
        prop_assert!(!decision.sentence.contains('\n') && !decision.sentence.ends_with('.'));
        prop_assert_eq!(decision.state, decision.reason.state());
        prop_assert!(decision.state != State::Working || decision.allowed != Allowed::Hold, "{:?}", decision);
        prop_assert!(!decision.also.contains(&decision.reason), "{:?}", decision);
        prop_assert!(decision.allowed == Allowed::Hold || decision.also.is_empty());
    }

    #[test]
    fn a_temperature_that_trembles_does_not_switch_work_on_and_off(
        middle in 60f32..90.0, tremble in proptest::collection::vec(-2.4f32..2.4, 200),
    ) {
        let mut engine = desktop();
        let mut switches = 0;
        let mut before = None;
        for off in tremble {
            let signals = Signals { adapters: vec![adapter(middle + off)], ..free() };
            let now = decided(&mut engine, &signals).allowed;
            switches += usize::from(before.is_some_and(|before| before != now));
            before = Some(now);
        }
        // A band narrower than the hysteresis is crossed at most once up.
        prop_assert!(switches <= 1, "{switches} switches around {middle} °C");
    }
}
