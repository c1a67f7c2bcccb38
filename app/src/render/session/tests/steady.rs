//! Frames that are averaged with their neighbours: when they are written, what is in them, and what becomes of them when something fails.

use super::*;

/// Frames that are denoised here; the formula's noise is so strong that a neighbour is believed.
fn film(folder: &Path, frames: &str, steady: bool) -> RenderRequest {
    let weights = Some(NetworkChoice::File(crate::denoiser::tests::tiny()));
    let layers = "beauty,noisy,denoised".parse().expect("known");
    RenderRequest {
        denoise: frame::Denoise::Local,
        steady,
        weights,
        print: Print { layers, ..Print::default() },
        ..request(folder, Some(frames), 16)
    }
}

fn numbered(folder: &Path, frame: u32) -> std::path::PathBuf {
    folder.join(format!("out.{frame:04}.exr"))
}

/// The attribute that says whether a frame's beauty is steadied.
fn steady_of(path: &Path) -> Option<String> {
    written(path).1.into_iter().find(|(name, _)| name == "tessera/steady").map(|(_, value)| value)
}

/// A frame's beauty and its layer `denoised`, channel by channel.
fn colours(path: &Path) -> [Vec<frame::exr::Samples>; 2] {
    let samples = written(path).0;
    // In alphabetical order: A, B, G, R, denoised.B, .G, .R, noisy.
    [samples[1..4].to_vec(), samples[4..7].to_vec()]
}

#[test]
fn a_frame_is_written_at_once_and_again_when_its_neighbour_is_there() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (ended, events) = render(&film(place.path(), "1-3", true), &mut plain(), &Stop::new());
    ended.expect("it renders");
    let told: Vec<(&str, u32)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Steadied { frame, .. } => Some(("steadied", *frame)),
            Event::Live(LiveEvent::FrameWritten { frame, .. }) => Some(("written", frame.0)),
            _ => None,
        })
        .collect();
    let expected =
        [("written", 1), ("written", 2), ("steadied", 1), ("steadied", 2), ("written", 3), ("steadied", 3)];
    assert_eq!(told, expected);
    let steadied = [1, 2, 3].map(|frame| colours(&numbered(place.path(), frame)));
    assert!((1..=3).all(|frame| steady_of(&numbered(place.path(), frame)).as_deref() == Some("on")));

    render(&film(place.path(), "1-3", false), &mut plain(), &Stop::new()).0.expect("it renders");
    for (frame, [beauty, denoised]) in (1..).zip(&steadied) {
        let alone = colours(&numbered(place.path(), frame));
        assert!(alone[0] == alone[1] && *denoised == alone[0], "the frame alone is kept: {frame}");
        assert!(*beauty != alone[0], "the beauty is not the frame alone: {frame}");
        assert_eq!(steady_of(&numbered(place.path(), frame)).as_deref(), Some("off"));
    }
}

#[test]
fn a_stop_leaves_whole_frames_steadied_or_not() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let stop = Stop::new();
    // Two frames of 6 tiles and 3 passes, and a little of the third.
    let passes = tiling::passes(100).len() as u32;
    let mut renderer = Formula { stop_after: Some((2 * 6 * passes + 2, stop.clone())), ..plain() };
    let (ended, _) = render(&film(place.path(), "1-3", true), &mut renderer, &stop);
    assert_eq!(ended.expect_err("it was stopped").exit, Exit::Interrupted);
    let steady = [1, 2].map(|frame| steady_of(&numbered(place.path(), frame)).expect("it is whole"));
    assert_eq!(steady, ["on", "off"], "the second had no later neighbour yet");
    assert!(!numbered(place.path(), 3).exists());
}

#[test]
fn a_frame_that_fails_is_not_waited_for() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut renderer = Formula { fail_frame: Some(3), ..plain() };
    let (ended, _) = render(&film(place.path(), "1-4", true), &mut renderer, &Stop::new());
    assert_eq!(ended.expect_err("one is missing").exit, Exit::Frames);
    let steady = [1, 2, 4].map(|frame| steady_of(&numbered(place.path(), frame)).expect("it is whole"));
    assert_eq!(steady, ["on"; 3], "each with the neighbours that there are");
}

#[test]
fn frames_that_do_not_follow_each_other_and_noisy_ones_are_left_alone() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let apart = film(place.path(), "1,3", true);
    let noisy =
        RenderRequest { denoise: frame::Denoise::Off, weights: None, ..film(place.path(), "1-2", true) };
    for request in [apart, noisy] {
        let (ended, events) = render(&request, &mut plain(), &Stop::new());
        ended.expect("it renders");
        assert!(!events.iter().any(|event| matches!(event, Event::Steadied { .. })));
        let mut silence = |_: &Event| ();
        let plan = Plan::open(&request, Carried::Small, &mut silence).expect("the request is good");
        assert!(!plan.settings.planes.contains(Plane::Motion), "and nobody renders motion for it");
    }
}
