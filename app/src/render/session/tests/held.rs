//! On Windows, files that another program has open are in the way of a render, and stop none.

use std::fs::File;
use std::os::windows::fs::OpenOptionsExt;

use super::*;
use crate::before_each::before_each;

/// Others may read it, as most programs open a picture.
const SHARE_READ: u32 = 1;

#[test]
fn a_frame_whose_file_is_open_elsewhere_goes_beside_it_and_an_open_growing_file_stays() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (stop, mut events) = (Stop::new(), Vec::new());
    let mut hear = |event: &Event| events.push(event.clone());
    let request = request(place.path(), Some("1-3"), 16);
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let developer = plan.developer(&AdapterChoice::default());
    let folder = place.path().to_owned();
    let mut held: Vec<File> = Vec::new();
    let mut renderer = before_each(Box::new(plain()), move |order| {
        let name = ["out.0001.exr", "out.0002.partial.exr", "out.0003.exr"][order.frame.0 as usize - 1];
        if held.len() < order.frame.0 as usize && order.frame.0 < 3 {
            std::fs::write(folder.join(name), "shown elsewhere").expect("it can be written");
            let open = File::options().read(true).share_mode(SHARE_READ).open(folder.join(name));
            held.push(open.expect("it is there"));
        }
    });
    let mut shown = |frame| plan.shown(frame);
    let ended = render_frames(&plan, developer, &mut shown, renderer.as_mut(), &stop, &mut hear);
    assert_eq!(ended.expect("nothing is lost"), Exit::Done);
    let written: Vec<String> = events
        .iter()
        .filter_map(|event| match event {
            Event::Live(LiveEvent::FrameWritten { file, .. }) => Some(file.clone()),
            _ => None,
        })
        .collect();
    let names = ["out.0001.new.exr", "out.0002.exr", "out.0003.exr"];
    for name in names {
        assert!(written.iter().any(|file| file.ends_with(name)), "{name}: {written:?}");
        let limits = frame::exr::ReadLimits::default();
        frame::exr::read(&place.path().join(name), &limits).expect("it is whole");
    }
    let warned = |words: &str| {
        let is = |event: &Event| matches!(event, Event::Live(LiveEvent::Warning { message }) if message.contains(words));
        assert!(events.iter().any(is), "{words}: {events:?}");
    };
    warned("out.0001.exr\" open, so this frame is in \"");
    warned("out.0002.partial.exr\": another program has it open");
}

#[test]
fn a_picture_that_is_open_elsewhere_is_told_before_rendering() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("a.exr");
    std::fs::write(&path, "shown elsewhere").expect("it can be written");
    let open = File::options().read(true).share_mode(SHARE_READ).open(&path).expect("it is there");
    let output = crate::output::OutputName::parse(&path, 1).expect("a good name");
    let fault = output.check_writable(0, 0).expect_err("it cannot be replaced");
    assert!(
        fault.to_string().ends_with("another program has it open; close it there and try again"),
        "{fault}"
    );
    drop(open);
    output.check_writable(0, 0).expect("nobody has it open");
}
