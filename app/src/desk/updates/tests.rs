//! An update from the look to the moment in which it may be installed.

use super::*;

const FREE: Work = Work { render: false, tile: false, takes_tiles: false };
const TILE: Work = Work { tile: true, takes_tiles: true, ..FREE };
const RENDER: Work = Work { render: true, ..FREE };

/// What follows, for the errand that was begun last.
fn step(updates: &Updates, work: Work, asks_again: bool) -> (Step, bool) {
    let errand = updates.lock().errand;
    updates.step(errand, work, asks_again).expect("it is wanted")
}

fn found() -> Updates {
    let updates = Updates::new(Arc::new(Bell::new()));
    updates.know(UpdateSource::Place);
    assert!(updates.begin_look());
    updates.end_look(Ok(Offer::Newer { version: "2.0.0".into() }), 7.0);
    updates
}

#[test]
fn without_a_place_nobody_looks() {
    let updates = Updates::new(Arc::new(Bell::new()));
    assert!(!updates.begin_look());
    for source in [UpdateSource::Nowhere, UpdateSource::System, UpdateSource::Built] {
        updates.know(source);
        assert!(!updates.begin_look(), "{source:?}");
    }
    assert_eq!(updates.want(), None, "and there is nothing to want");
    assert_eq!(updates.state().phase, UpdatePhase::Resting);
}

#[test]
fn one_look_at_a_time_and_none_while_an_update_is_on_its_way() {
    let updates = found();
    assert!(updates.begin_look() && !updates.begin_look());
    updates.end_look(Err(UpdateTrouble::Offline), 8.0);
    let state = updates.state();
    assert_eq!((state.phase, state.trouble), (UpdatePhase::Failed, Some(UpdateTrouble::Offline)));
    assert!(updates.begin_look());
    updates.end_look(Ok(Offer::Newer { version: "2.0.0".into() }), 9.0);
    assert_eq!(updates.state().trouble, None);
    assert!(updates.want().is_some() && updates.want().is_none() && !updates.begin_look());
}

#[test]
fn what_is_older_is_told_and_cannot_be_wanted() {
    let updates = found();
    assert!(updates.begin_look());
    updates.end_look(Ok(Offer::Older { version: "0.9.0".into() }), 8.0);
    assert_eq!((updates.state().phase, updates.state().version.as_str()), (UpdatePhase::Older, "0.9.0"));
    assert_eq!(updates.want(), None);
}

#[test]
fn nothing_in_its_way_installs_at_once() {
    let updates = found();
    assert!(updates.want().is_some());
    assert_eq!(step(&updates, FREE, true), (Step::Install, false));
    assert!(updates.is_installing());
    assert!(!updates.leave() && updates.is_installing(), "what is being installed cannot be left");
}

#[test]
fn the_tile_is_finished_then_the_person_is_asked_while_the_node_works_on_and_is_told_again() {
    let updates = found();
    assert!(updates.want().is_some());
    assert_eq!(step(&updates, RENDER, true), (Step::WaitForRender, false));
    assert_eq!(step(&updates, TILE, true), (Step::Finish, false));
    assert_eq!(step(&updates, TILE, true), (Step::WaitForTile, false));
    assert_eq!(step(&updates, FREE, true), (Step::Ask, true), "the node goes on");
    assert_eq!(step(&updates, TILE, true), (Step::Ask, false), "a question stays");
    assert_eq!(updates.want(), None, "it is fetched already");
    assert_eq!(step(&updates, TILE, true), (Step::Finish, false));
    assert_eq!(step(&updates, FREE, true), (Step::Install, false));
}

#[test]
fn who_does_not_want_to_be_asked_again_is_not() {
    let updates = found();
    assert!(updates.want().is_some());
    assert_eq!(step(&updates, TILE, false), (Step::Finish, false));
    assert_eq!(step(&updates, FREE, false), (Step::Install, false));
}

#[test]
fn leaving_it_for_later_lets_the_node_go_on_only_if_it_was_told_to_finish() {
    let updates = found();
    assert!(updates.want().is_some());
    step(&updates, RENDER, true);
    assert!(!updates.leave() && updates.state().phase == UpdatePhase::Found);
    assert!(updates.want().is_some(), "it is still there");
    step(&updates, TILE, true);
    assert!(updates.leave());
    assert_eq!(updates.state().phase, UpdatePhase::Found);
}

#[test]
fn who_works_for_a_wish_that_is_over_finds_that_it_is() {
    let updates = found();
    let first = updates.want().expect("it is there");
    assert_eq!(updates.step(first, TILE, true), Some((Step::Finish, false)));
    updates.leave();
    assert_eq!(updates.step(first, FREE, true), None);
    let second = updates.want().expect("it is still there");
    assert_eq!(updates.step(first, FREE, true), None, "the first would install what the second fetches");
    assert!(updates.is_wanted(second) && !updates.is_wanted(first));
}
