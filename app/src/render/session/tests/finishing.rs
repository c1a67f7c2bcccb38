//! Frames that are begun are finished, and no other is begun.

use super::*;
use crate::before_each::before_each;

/// Asks for the end of the begun frames as soon as it renders a piece of this one.
fn asking_in(frame: u32, stop: &Stop) -> Box<dyn TileRenderer> {
    let stop = stop.clone();
    before_each(Box::new(plain()), move |order| {
        if order.frame.0 == frame {
            stop.finish();
        }
    })
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).expect("it is there").flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".exr"));
    names.sort();
    names
}

fn begun(events: &[Event]) -> Vec<u32> {
    let frame = |event: &Event| match event {
        Event::Live(LiveEvent::FrameStarted { frame }) => Some(frame.0),
        _ => None,
    };
    events.iter().filter_map(frame).collect()
}

#[test]
fn a_renderer_of_this_process_finishes_the_frame_in_hand_and_begins_no_other() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (stop, mut events) = (Stop::new(), Vec::new());
    let mut hear = |event: &Event| events.push(event.clone());
    let request = request(place.path(), Some("1-4"), 16);
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let developer = plan.developer(&AdapterChoice::default());
    let mut renderer = asking_in(2, &stop);
    let mut shown = |frame| plan.shown(frame);
    let ended = render_frames(&plan, developer, &mut shown, renderer.as_mut(), &stop, &mut hear);
    assert_eq!(ended.expect_err("it was stopped").exit, Exit::Interrupted);
    assert_eq!(files(place.path()), ["out.0001.exr", "out.0002.exr"]);
    assert_eq!(begun(&events), [1, 2]);
}

#[test]
fn a_farm_finishes_what_its_node_has_begun_and_leaves_no_part_of_another_frame() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (stop, mut events) = (Stop::new(), Vec::new());
    let mut hear = |event: &Event| events.push(event.clone());
    let request = request(place.path(), Some("1-4"), 16);
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let commission = Commission::of(&plan, &request.output).expect("it packs");
    let node = asking_in(2, &stop);
    let adapter = AdapterChoice::default();
    let ended = crate::local::run(commission, &request.output, vec![node], &adapter, &stop, &mut hear);
    let fault = ended.expect_err("it was stopped");
    assert_eq!(fault.exit, Exit::Interrupted);
    assert!(fault.what.ends_with("2 finished frames are kept"), "{}", fault.what);
    assert_eq!(files(place.path()), ["out.0001.exr", "out.0002.exr"]);
    assert_eq!(begun(&events), [1, 2]);
}

#[test]
fn asked_in_the_last_frame_a_render_is_done_as_if_nobody_had() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let stop = Stop::new();
    let mut hear = |_: &Event| ();
    let request = request(place.path(), Some("1-2"), 16);
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let commission = Commission::of(&plan, &request.output).expect("it packs");
    let node = asking_in(2, &stop);
    let adapter = AdapterChoice::default();
    let ended = crate::local::run(commission, &request.output, vec![node], &adapter, &stop, &mut hear);
    assert_eq!(ended.expect("it is done"), Exit::Done);
    assert_eq!(files(place.path()), ["out.0001.exr", "out.0002.exr"]);
}
