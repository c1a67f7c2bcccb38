//! Pictures that grow: what a sender sends is what is seen, and what is told of tiles lies over it.

use std::io::Write;
use std::net::TcpStream;

use frame::TileStage;
use frame::tev::Packet;
use frame::{FrameIndex, TileIndex, TileRect};
use viewer::desk::Overlay;

use super::*;

/// A window that listens, and who sends to it.
fn listening() -> (Place, TcpStream) {
    let listener = viewer::live::Listener::open(([127, 0, 0, 1], 0).into(), || ()).expect("a free port");
    let address = listener.address;
    let builder = Harness::builder().with_size([1100.0, 700.0]).with_max_steps(64).wgpu();
    let harness = builder.build_eframe(move |context| {
        let listener = Some(listener);
        Window::new(context, listener).expect("software Vulkan is there")
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    (Place { harness, folder }, TcpStream::connect(address).expect("it listens"))
}

fn send(stream: &mut TcpStream, packet: &Packet) {
    stream.write_all(&packet.to_bytes()).expect("it is read");
}

const NAME: &str = "a.exr frame 0";

fn channels() -> Vec<String> {
    ["R", "G", "B", "A", "samples.N"].map(str::to_owned).into()
}

fn create() -> Packet {
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    Packet::Create { name: NAME.into(), width, height, channels: channels() }
}

fn update(rect: TileRect, samples: f32) -> Packet {
    let places =
        (rect.y..rect.y + rect.height).flat_map(|y| (rect.x..rect.x + rect.width).map(move |x| (x, y)));
    let values =
        places.flat_map(|(x, y)| light(x as usize, y as usize).into_iter().chain([samples])).collect();
    Packet::Update { name: NAME.into(), rect, channels: channels(), values }
}

#[test]
fn what_a_sender_sends_over_loopback_is_seen_pixel_by_pixel() {
    let (mut place, mut stream) = listening();
    send(&mut stream, &create());
    // Before the tiles, so that they are uploaded as parts of a picture that is on the GPU already.
    place.until("the picture is created", |window| window.desk.first.is_some());
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    for rect in (TileRect { x: 0, y: 0, width, height }).cut(17) {
        send(&mut stream, &update(rect, 7.0));
    }
    send(&mut stream, &Packet::Close { name: NAME.into() });
    place.until("all packets are taken", |window| {
        window.desk.growth.as_ref().is_some_and(|growth| !growth.is_open)
    });
    let picture =
        std::sync::Arc::clone(&place.harness.state().desk.first.as_ref().expect("it is there").picture);
    for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        assert_eq!(picture.light(0, x as u32, y as u32), light(x, y), "at {x},{y}");
        assert_eq!(viewer::pixel::samples(&picture, x as u32, y as u32), Some(7));
    }
    let raw = View { transform: Transform::Raw, ..View::default() };
    place.harness.state_mut().desk.view = raw;
    for (x, y) in [(0, 0), (16, 16), (17, 17), (63, 47), (40, 3)] {
        let seen = place.seen_at(x, y);
        assert!(near(seen, raw.shown(light(x, y))), "on the screen at {x},{y}: {seen:?}");
    }
}

/// A window that is minimised has no frames; eframe calls its logic alone.
#[test]
fn what_comes_while_the_window_is_hidden_is_taken_and_seen_afterwards() {
    let (mut place, mut stream) = listening();
    let context = place.harness.ctx.clone();
    let hidden = |place: &mut Place, what: &str, holds: &dyn Fn(&Window) -> bool| {
        let until = Instant::now() + Duration::from_secs(60);
        while !holds(place.harness.state()) {
            assert!(Instant::now() < until, "{what}");
            std::thread::sleep(Duration::from_millis(2));
            eframe::App::logic(place.harness.state_mut(), &context, &mut eframe::Frame::_new_kittest());
        }
    };
    send(&mut stream, &create());
    place.until("the picture is created", |window| window.desk.first.is_some());
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    // More than wait for the window, so that a sender would stand still.
    let sender = std::thread::spawn(move || {
        for times in 0..20 {
            for rect in (TileRect { x: 0, y: 0, width, height }).cut(24) {
                send(&mut stream, &update(rect, times as f32));
            }
        }
        send(&mut stream, &Packet::Close { name: NAME.into() });
        stream
    });
    hidden(&mut place, "all of it is taken", &|window| {
        window.desk.growth.as_ref().is_some_and(|growth| growth.updates == 120 && !growth.is_open)
    });
    let stream = sender.join().expect("nobody panicked");
    let raw = View { transform: Transform::Raw, ..View::default() };
    place.harness.state_mut().desk.view = raw;
    for (x, y) in [(0, 0), (23, 24), (40, 3), (63, 47)] {
        let seen = place.seen_at(x, y);
        assert!(near(seen, raw.shown(light(x, y))), "on the screen at {x},{y}: {seen:?}");
    }
    drop(stream);
    place.harness.run_steps(3);
    assert_eq!(place.harness.state().desk.trouble, None, "it was complete");
}

#[test]
fn a_sender_that_goes_is_told_and_a_picture_that_is_too_large_as_well() {
    let (mut place, mut stream) = listening();
    let (width, height) = (60_000, 60_000);
    send(&mut stream, &Packet::Create { name: NAME.into(), width, height, channels: channels() });
    place.until("it is told", |window| window.desk.trouble.is_some());
    let trouble = place.harness.state().desk.trouble.clone().expect("it was waited for");
    troubles::assert_is_told(&trouble, "60000 by 60000 pixels");
    place.until_said(&trouble.what);
    send(&mut stream, &create());
    send(&mut stream, &Packet::Cut { name: NAME.into(), frame: FrameIndex(0), edge_px: 24 });
    place.until("the picture is created", |window| {
        window.desk.growth.as_ref().is_some_and(|growth| growth.is_cut())
    });
    assert_eq!(place.harness.state().desk.trouble, None);
    drop(stream);
    place.until_said("sender gone · 6 tiles");
    let trouble = place.harness.state().desk.trouble.clone().expect("it was not complete");
    troubles::assert_is_told(&trouble, "before it was complete");
}

/// Six tiles of 24 pixels: five on their way and one that nobody has taken.
fn grown() -> Place {
    let (mut place, mut stream) = listening();
    send(&mut stream, &create());
    send(&mut stream, &Packet::Cut { name: NAME.into(), frame: FrameIndex(0), edge_px: 24 });
    let told = [
        (TileStage::InFlight, false, None),
        (TileStage::Noisy, false, Some(0.25)),
        (TileStage::Denoised, false, Some(1.5)),
        (TileStage::Done, false, Some(2.25)),
        (TileStage::Denoised, true, Some(12.0)),
    ];
    for (at, (stage, is_checked, seconds)) in told.into_iter().enumerate() {
        let tile = TileIndex(at as u32);
        let (x, y) = (at as u32 % 3 * 24, at as u32 / 3 * 24);
        let rect = TileRect { x, y, width: 24.min(WIDTH as u32 - x), height: 24.min(HEIGHT as u32 - y) };
        if stage > TileStage::InFlight {
            send(&mut stream, &update(rect, 16.0 * at as f32));
        }
        send(&mut stream, &Packet::Tile { name: NAME.into(), tile, stage, is_checked, seconds });
    }
    place.until("everything was told", |window| {
        let growth = window.desk.growth.as_ref();
        growth.is_some_and(|growth| growth.tiles.get(4).is_some_and(|tile| tile.is_checked))
    });
    place
}

#[test]
fn every_overlay_says_what_was_told_of_tiles() {
    let mut place = grown();
    assert!(place.harness.query_by_label("3/6 tiles").is_some(), "denoised, finished and verified ones");
    let stages = "1 queued, 1 in flight, 1 noisy, 1 denoised, 1 finished, 1 verified";
    let legends = [
        (Overlay::Growing, None),
        (Overlay::Stages, Some(stages)),
        (Overlay::Samples, Some("16 spp to 64 spp")),
        (Overlay::Seconds, Some("0.25 s to 12 s per tile  ·  16 s in all")),
        (Overlay::Nothing, None),
    ];
    for (overlay, legend) in legends {
        assert_eq!(place.harness.state().desk.overlay, overlay);
        let all = legends.iter().filter_map(|(_, legend)| *legend);
        let said: Vec<&str> = all.filter(|legend| place.harness.query_by_label(legend).is_some()).collect();
        assert_eq!(said, legend.into_iter().collect::<Vec<_>>(), "{overlay:?}");
        place.key(Key::O);
    }
    assert_eq!(place.harness.state().desk.overlay, Overlay::Growing, "and round again");
    place.harness.hover_at(place.on_screen(26, 26));
    place.harness.run_steps(3);
    assert!(
        place.harness.query_by_label("verified · 12.00 s").is_some(),
        "the inspector says it of one tile"
    );
}

#[test]
fn tiles_are_tinted_by_their_number_and_pixels_come_back_as_they_were() {
    let mut place = grown();
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    let plain = place.seen(&[(40, 12), (40, 36)]);
    place.harness.state_mut().desk.overlay = Overlay::Seconds;
    let tinted = place.seen(&[(40, 12), (40, 36)]);
    let change = |at: usize| -> i32 {
        (0..3).map(|colour| (i32::from(tinted[at][colour]) - i32::from(plain[at][colour])).abs()).sum()
    };
    assert!(change(0) > 0 && change(1) > change(0), "longer is stronger: {plain:?} {tinted:?}");
    place.harness.state_mut().desk.overlay = Overlay::Nothing;
    assert_eq!(place.seen(&[(40, 12), (40, 36)]), plain);
}

#[test]
fn every_control_of_a_growing_picture_says_what_it_is() {
    let mut place = grown();
    for overlay in Overlay::ALL {
        place.harness.state_mut().desk.overlay = overlay;
        place.harness.run_steps(2);
        keyboard::assert_all_controls_speak(&place, 8);
    }
}
