//! A desk from one start to the next.

use super::*;

#[test]
fn what_was_chosen_is_there_again() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    assert_eq!(desk.settings().purpose, None, "the first question is still to be asked");
    let chosen = Settings { purpose: Some(Purpose::Earn), theme: Theme::Light, ..desk.settings() };
    desk.set_settings(&chosen).expect("it can be written");
    drop(desk);
    assert_eq!(Desk::open(Some(place.path())).expect("it opens").settings(), chosen);
}

#[test]
fn a_render_that_the_program_did_not_outlive_is_cut_off_and_can_be_had_again() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let order = Order { scene: "nowhere.glb".into(), output: "nowhere.exr".into(), ..Order::default() };
    let mut card = Card::begin("r7".into(), order.clone(), 1.0);
    (card.done, card.eta_s) = (0.4, Some(9.0));
    let written = serde_json::to_string(&vec![card]).expect("plain data");
    std::fs::write(place.path().join("renders.json"), written).expect("it can be written");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    let cards = desk.renders().cards();
    assert_eq!((cards[0].outcome, cards[0].eta_s), (Outcome::CutOff, None));
    let again = desk.renders().resume("r7").expect("it starts");
    let cards = desk.renders().cards();
    assert_eq!((cards.len(), cards[0].id.as_str()), (1, again.as_str()), "the old card made way");
    assert_eq!(cards[0].order, order);
}

#[test]
fn what_ended_with_the_program_is_taken_up_twice_and_then_waits_for_a_person() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let order = Order { scene: "nowhere.glb".into(), output: "nowhere.exr".into(), ..Order::default() };
    let path = place.path().join("renders.json");
    let mut card = Card { job: "01".repeat(16), ..Card::begin("r7".into(), order, 1.0) };
    for start in 0..4 {
        card.outcome = Outcome::Running;
        std::fs::write(&path, serde_json::to_string(&[&card]).expect("plain data")).expect("written");
        let desk = Desk::open(Some(place.path())).expect("it opens");
        assert_eq!(desk.renders().cards()[0].outcome, Outcome::CutOff);
        desk.renders().take_up();
        card = desk.renders().cards().remove(0);
        let is_taken_up = start < 2;
        assert_eq!(card.outcome != Outcome::CutOff, is_taken_up, "start {start}: {:?}", card.outcome);
        assert_eq!(card.taken_up, if is_taken_up { start + 1 } else { 2 });
        // The job is known nowhere, so that it ends at once.
        desk.renders().stop_all(PATIENCE);
    }
    let desk = Desk::open(Some(place.path())).expect("it opens");
    desk.renders().resume("r7").expect("a person may");
    assert_eq!(desk.renders().cards()[0].taken_up, 0, "and it counts anew");
}

#[test]
fn a_link_is_watched_once_and_whatever_is_wrong_with_it_is_said() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    let fault = desk.renders().watch("tessera://h:1#k").expect_err("a coordinator's address");
    assert_eq!(fault.exit, crate::Exit::Usage);
    assert!(desk.renders().cards().is_empty());
    // Nobody answers there; it is a link all the same.
    let link =
        format!("tessera://127.0.0.1:9/view/{}#k={}&c={}", "01".repeat(16), "ab".repeat(32), "cd".repeat(32));
    let id = desk.renders().watch(&link).expect("it is read");
    assert_eq!(desk.renders().watch(&format!(" {link} ")).expect("known"), id);
    let card = desk.renders().cards().remove(0);
    assert!(card.is_watched() && card.outcome == Outcome::Running);
    assert!(!desk.is_busy(), "nothing is lost when the program ends");
    desk.renders().stop(&id);
}

#[test]
fn a_scene_that_is_not_there_fails_on_its_card_with_a_sentence_and_an_advice() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    let scene = place.path().join("gone.glb").display().to_string();
    let output = place.path().join("gone.exr").display().to_string();
    desk.renders().start(Order { scene, output, ..Order::default() }).expect("the fields are right");
    let bell = desk.bell();
    let mut known = 0;
    let card = loop {
        let card = desk.renders().cards().remove(0);
        if card.outcome != Outcome::Running {
            break card;
        }
        known = bell.wait(known);
    };
    assert_eq!(card.outcome, Outcome::Failed);
    let failure = card.failure.expect("it says why");
    assert!(failure.exit == 3 && !failure.what.is_empty() && !failure.advice.is_empty(), "{failure:?}");
}

#[test]
fn the_sample_lies_in_the_desks_folder_and_its_pictures_do_not() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    let scene = desk.sample_scene().expect("it can be written");
    assert!(Preflight::of(&scene, 24.0).is_ok());
    let output = desk.output_for(&scene, false);
    assert!(output.parent().is_some_and(|folder| folder.ends_with("Tessera")), "{output:?}");
    let own = place.path().parent().expect("it has one").join("vase.glb");
    assert_eq!(desk.output_for(&own, false), own.with_extension("exr"));
}

#[test]
fn while_an_update_is_installed_nothing_begins_and_after_a_failure_everything_can() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    desk.updates().know(UpdateSource::Place);
    assert!(desk.updates().begin_look());
    desk.updates().end_look(Ok(Offer::Newer { version: "9.0.0".into() }), 0.0);
    let errand = desk.updates().want().expect("it is there");
    assert_eq!(desk.step_update(errand), Some(UpdateStep::Install));
    let order = Order {
        scene: place.path().join("gone.glb").display().to_string(),
        output: place.path().join("gone.exr").display().to_string(),
        ..Order::default()
    };
    let refused = desk.renders().start(order.clone()).expect_err("an update is being installed");
    assert!(refused.what.contains("updated"), "{refused}");
    assert!(
        desk.renders().cards().iter().all(|card| card.outcome != Outcome::Running),
        "and no card pretends"
    );
    assert!(desk.earn().is_err());
    desk.update_failed(UpdateTrouble::Disk);
    assert!(desk.renders().start(order).is_ok());
}

#[test]
fn a_past_render_shows_the_frames_whose_files_are_there_and_a_watched_one_none() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let output = place.path().join("film.####.exr");
    let colours = frame::film::Colours { width: 4, height: 2, rgba: vec![1.0; 32] };
    let preview = place.path().join("film.0007.preview.png");
    frame::exr::write_png(&preview, &colours, 0.0, frame::exr::ToneMap::Clip).expect("it can be written");
    let order = Order { output: output.display().to_string(), ..Order::default() };
    let own = Card {
        frames: 2,
        written: vec![7, 8],
        outcome: Outcome::Done,
        ..Card::begin("r1".into(), order, 1.0)
    };
    let watched = Card { id: "r2".into(), link: "tessera://h:1/view".into(), ..own.clone() };
    let written = serde_json::to_string(&[own, watched]).expect("plain data");
    std::fs::write(place.path().join("renders.json"), written).expect("it can be written");
    let desk = Desk::open(Some(place.path())).expect("it opens");
    let bytes = |id, frame| desk.renders().frame_picture(id, frame, 0).len();
    assert_eq!(bytes("r1", 7), 12 + 4 * 2 * 4);
    assert_eq!((bytes("r1", 8), bytes("r1", 9), bytes("r2", 7), bytes("r3", 7)), (0, 0, 0, 0));
}
