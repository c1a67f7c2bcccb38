//! What commands, pictures and senders do to the desk.

use super::*;
use crate::picture::tests::{Made, made};

fn desk() -> Desk {
    let mut desk = Desk { window: [100.0, 100.0], ..Desk::default() };
    let layers: &[Made<'_>] =
        &[("beauty", &["R", "G", "B"], |at, _| at as f32), ("depth", &["Z"], |_, _| 4.0)];
    desk.put(Side::First, made(10, 10, layers), None);
    desk.camera = Some(Camera { centre: [5.0, 5.0], zoom: 10.0, is_fit: false });
    desk
}

#[test]
fn a_channel_key_pressed_again_shows_colour() {
    let mut desk = desk();
    desk.run(Command::See(Channel::Red));
    assert_eq!(desk.view.channel, Channel::Red);
    desk.run(Command::See(Channel::Red));
    assert_eq!(desk.view.channel, Channel::Colour);
}

#[test]
fn layers_go_round_and_numbers_are_not_toned() {
    let mut desk = desk();
    assert_eq!(desk.effective_view().transform, Transform::AgX);
    desk.run(Command::NextLayer);
    assert_eq!((desk.layer, desk.effective_view().transform), (1, Transform::Raw));
    desk.run(Command::NextLayer);
    assert_eq!(desk.layer, 0);
    desk.run(Command::PreviousLayer);
    assert_eq!(desk.layer, 1);
}

#[test]
fn comparing_needs_two_pictures_and_says_so() {
    let mut desk = desk();
    desk.run(Command::Wipe);
    assert!(desk.trouble.take().is_some_and(|trouble| trouble.what.contains("only one")));
    desk.put(Side::Second, made(10, 10, &[("beauty", &["R", "G", "B"], |_, _| 9.0)]), None);
    assert_eq!(desk.mode, Mode::Wipe(Wipe::default()), "that is what a second picture is for");
    assert_eq!(
        [desk.light(4, 0), desk.light(5, 0)].map(|light| light.map(|light| light[2])),
        [Some(2.0), Some(9.0)]
    );
    desk.run(Command::Difference);
    assert_eq!(desk.light(0, 0), Some([9.0, 8.0, 7.0, 1.0]));
}

#[test]
fn a_held_key_shows_the_reference_and_nothing_changes() {
    let mut desk = desk();
    desk.is_reference_held = true;
    assert_eq!(desk.seen(), Mode::First, "there is none");
    desk.put(Side::Second, made(10, 10, &[("beauty", &["R", "G", "B"], |_, _| 9.0)]), None);
    assert_eq!((desk.seen(), desk.light(0, 0).map(|light| light[0])), (Mode::Second, Some(9.0)));
    desk.is_reference_held = false;
    let wipe = Mode::Wipe(Wipe::default());
    assert_eq!((desk.seen(), desk.mode), (wipe, wipe));
    desk.run(Command::TurnWipe(-15.0));
    assert_eq!(desk.mode, Mode::Wipe(Wipe { turn: -15.0, ..Wipe::default() }));
    desk.run(Command::Only(Side::Second));
    desk.run(Command::Only(Side::Second));
    assert_eq!(desk.mode, Mode::Second, "no toggle");
    desk.run(Command::Only(Side::First));
    assert_eq!(desk.mode, Mode::First);
}

#[test]
fn keys_move_by_a_tenth_of_the_window_and_zoom_to_whole_ratios() {
    let mut desk = desk();
    let before = desk.camera.expect("it was set").window_from_picture([5.0, 5.0], desk.window);
    desk.run(Command::Look(1, 0));
    desk.run(Command::Look(0, -1));
    let after = desk.camera.expect("it was set").window_from_picture([5.0, 5.0], desk.window);
    assert_eq!([after[0] - before[0], after[1] - before[1]], [-10.0, 10.0], "right and up are seen");
    let mut zoom = |command| {
        desk.run(command);
        desk.camera.expect("it was set").zoom
    };
    assert_eq!([zoom(Command::Zoom(3)), zoom(Command::ZoomOut(4))], [3.0, 0.25]);
    zoom(Command::Nearer(true));
    assert!((zoom(Command::Nearer(true)) - 0.5).abs() < 1e-6);
    zoom(Command::Nearer(false));
    assert!((zoom(Command::Nearer(false)) - 0.25).abs() < 1e-6);
}

#[test]
fn the_pixel_under_the_pointer_is_the_one_that_is_drawn_there() {
    let mut desk = desk();
    desk.pointer = Some([37.0, 99.0]);
    assert_eq!(desk.pixel(), Some((3, 9)));
    desk.pointer = Some([37.0, 101.0]);
    assert_eq!(desk.pixel(), None, "below the picture");
}

#[test]
fn a_new_version_of_a_picture_keeps_place_and_layer() {
    let mut desk = desk();
    desk.run(Command::NextLayer);
    let camera = desk.camera;
    let layers: &[Made<'_>] = &[("depth", &["Z"], |_, _| 5.0)];
    desk.put(Side::First, made(10, 10, layers), None);
    assert_eq!((desk.camera, desk.layer), (camera, 0));
    desk.put(Side::First, made(20, 10, layers), None);
    assert_eq!(desk.camera, None, "another size is looked at anew");
}

#[test]
fn a_good_picture_takes_nothing_back_that_was_told_of_the_other() {
    let mut desk = Desk::default();
    let trouble = Trouble { what: "B is broken.".into(), advice: "Mend it.".into() };
    let layers: &[Made<'_>] = &[("beauty", &["R", "G", "B"], |_, _| 1.0)];
    desk.fail(Side::Second, trouble.clone());
    desk.put(Side::First, made(10, 10, layers), None);
    assert_eq!(desk.trouble, Some(trouble));
    desk.put(Side::Second, made(10, 10, layers), None);
    assert_eq!(desk.trouble, None, "B is there");
}

#[test]
fn two_sizes_are_told_whichever_comes_last_and_once() {
    let layers: &[Made<'_>] = &[("beauty", &["R", "G", "B"], |_, _| 1.0)];
    for (last, before) in [(Side::First, Side::Second), (Side::Second, Side::First)] {
        let mut desk = Desk::default();
        desk.put(before, made(10, 10, layers), None);
        assert_eq!(desk.trouble, None);
        desk.put(last, made(20, 10, layers), None);
        assert!(desk.trouble.is_some(), "{last:?} came last");
        desk.run(Command::Fit);
        desk.put(last, made(20, 10, layers), None);
        assert_eq!(desk.trouble, None, "it was read");
        desk.put(last, made(30, 10, layers), None);
        assert!(desk.trouble.is_some(), "another size is news");
        desk.put(last, made(10, 10, layers), None);
        assert_eq!(desk.trouble, None, "and it is mended");
    }
}

fn live(width: u32, height: u32) -> Packet {
    let channels = ["R", "G", "B", "A", "samples.N"].map(str::to_owned).into();
    Packet::Create { name: "live".into(), width, height, channels }
}

#[test]
fn a_sender_that_goes_ends_the_growth_and_a_render_says_so() {
    let mut desk = Desk::default();
    let take = |desk: &mut Desk, what| desk.take(Delivery { sender: 7, what }, Instant::now());
    take(&mut desk, Delivered::Packet(live(16, 8)));
    assert_eq!(take(&mut desk, Delivered::Gone), Some(Change::End));
    let is_open = |desk: &Desk| desk.growth.as_ref().is_some_and(|growth| growth.is_open);
    assert!(!is_open(&desk) && desk.trouble.is_none(), "another program's picture is as it is");
    take(&mut desk, Delivered::Packet(live(16, 8)));
    let cut = Packet::Cut { name: "live".into(), frame: frame::FrameIndex(0), edge_px: 8 };
    take(&mut desk, Delivered::Packet(cut));
    assert!(is_open(&desk));
    take(&mut desk, Delivered::Gone);
    assert!(!is_open(&desk) && desk.trouble.is_some());
}

#[test]
fn a_picture_for_which_there_is_no_memory_is_told_and_the_old_one_stays() {
    let mut desk = desk();
    let channels = (0..64).map(|channel| channel.to_string()).collect();
    let (width, height) = (1 << 21, 1 << 21);
    let create = Packet::Create { name: "live".into(), width, height, channels };
    assert_eq!(desk.grow(create, Instant::now()), None);
    assert!(desk.trouble.is_some_and(|trouble| trouble.what.contains("memory")));
    assert!(desk.first.is_some() && desk.growth.is_none());
    let samples = Picture::growing("live", 1, 1, &["samples.N".to_owned()]).expect("it is small");
    assert!(!samples.layers[0].is_light, "counts are no light");
}

#[test]
fn a_growing_picture_is_the_first_one() {
    let mut desk = Desk::default();
    let channels: Vec<String> = ["R", "G", "B", "A"].map(str::to_owned).into();
    let create = Packet::Create { name: "live".into(), width: 4, height: 4, channels: channels.clone() };
    assert_eq!(desk.grow(create, Instant::now()), Some(Change::Picture));
    let rect = frame::TileRect { x: 1, y: 1, width: 1, height: 1 };
    let values = vec![0.5, 0.25, 0.125, 1.0];
    desk.grow(Packet::Update { name: "live".into(), rect, channels, values }, Instant::now());
    assert_eq!(desk.light(1, 1), Some([0.5, 0.25, 0.125, 1.0]));
    assert_eq!(desk.light(0, 0), Some([0.0; 4]));
    let outside = frame::TileRect { x: 4, ..rect };
    let packet =
        Packet::Update { name: "live".into(), rect: outside, channels: vec!["R".into()], values: vec![1.0] };
    assert_eq!(desk.grow(packet, Instant::now()), None);
    assert_eq!(desk.grow(Packet::Close { name: "live".into() }, Instant::now()), Some(Change::End));
}
