//! A render that pauses: nothing is rendered meanwhile, nothing is lost, and the picture is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::before_each::before_each;

/// Tiles that are begun before it pauses.
const BEFORE: usize = 3;

/// Pauses the render when it begins its third tile; counts the tiles.
fn pausing(stop: &Stop, begun: &Arc<AtomicUsize>) -> Box<dyn TileRenderer> {
    let (stop, begun) = (stop.clone(), Arc::clone(begun));
    before_each(Box::new(plain()), move |_| {
        if begun.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
            stop.pause(true);
        }
    })
}

/// Renders with a farm of its own; whenever the pause is told, `then` decides what comes of it.
fn rendered(
    folder: &Path,
    node: Box<dyn TileRenderer>,
    stop: &Stop,
    then: &mut (dyn FnMut() + Send),
) -> (Result<Exit, Fault>, Vec<bool>) {
    let mut told = Vec::new();
    let mut hear = |event: &Event| {
        if let Event::JobPaused { is_paused, .. } = event {
            told.push(*is_paused);
            if *is_paused {
                then();
            }
        }
    };
    let request = request(folder, None, 8);
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let commission = Commission::of(&plan, &request.output).expect("it packs");
    let adapter = AdapterChoice::default();
    let ended = crate::local::run(commission, &request.output, vec![node], &adapter, stop, &mut hear);
    (ended, told)
}

#[test]
fn a_paused_render_stands_still_and_goes_on_to_the_bits_of_one_that_never_paused() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let picture = |pauses: bool| {
        let (stop, begun) = (Stop::new(), Arc::new(AtomicUsize::new(0)));
        let node = if pauses { pausing(&stop, &begun) } else { Box::new(plain()) };
        let mut go_on = || {
            let (stop, begun) = (stop.clone(), Arc::clone(&begun));
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(300));
                assert_eq!(begun.load(Ordering::SeqCst), BEFORE, "nothing else is begun");
                stop.pause(false);
            });
        };
        let (ended, told) = rendered(place.path(), node, &stop, &mut go_on);
        assert_eq!(ended.expect("it is done"), Exit::Done);
        assert_eq!(told, if pauses { vec![true, false] } else { vec![] });
        let file = crate::pictures::read(&place.path().join("out.0000.exr")).expect("it was written");
        std::fs::remove_file(place.path().join("out.0000.exr")).expect("it is there");
        file.parts[0].samples.clone()
    };
    assert_eq!(picture(true), picture(false));
}

#[test]
fn a_render_that_is_paused_before_it_begins_waits_and_then_goes_on() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let stop = Stop::new();
    stop.pause(true);
    let (ended, told) = rendered(place.path(), Box::new(plain()), &stop, &mut || stop.pause(false));
    assert_eq!(ended.expect("it is done"), Exit::Done);
    assert_eq!(told, [true, false]);
}

#[test]
fn a_paused_render_can_be_stopped() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (stop, begun) = (Stop::new(), Arc::new(AtomicUsize::new(0)));
    let node = pausing(&stop, &begun);
    let (ended, told) = rendered(place.path(), node, &stop, &mut || stop.ask());
    assert_eq!(ended.expect_err("it was stopped").exit, Exit::Interrupted);
    assert_eq!(told, [true]);
}
