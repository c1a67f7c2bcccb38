//! A tev that is none: it reads what comes and remembers it.

use std::io::{Read, Write};
use std::net::TcpListener;

use frame::tev::PacketError;
use frame::{FrameSize, NodeId};

use super::*;
use crate::sight::Stage;

/// What a fake tev got, in order; files that it was asked to open are kept as their bytes.
pub(crate) fn fake() -> (TcpStream, std::thread::JoinHandle<Vec<Result<Packet, PacketError>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let reader = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it was connected");
        let mut got = Vec::new();
        let mut head = [0; 4];
        while stream.read_exact(&mut head).is_ok() {
            let mut body = vec![0; Packet::length_after(head).expect("a length")];
            stream.read_exact(&mut body).expect("the rest of a packet");
            got.push(Packet::read(&body));
        }
        got
    });
    (stream, reader)
}

fn sight<'a>(rgba: &'a [f32], rect: TileRect, tile: Option<u32>) -> Sight<'a> {
    let size = FrameSize::new(8, 4).expect("in range");
    Sight {
        frame: FrameIndex(3),
        size,
        rect,
        tile: tile.map(TileIndex),
        stage: if tile.is_some() { Stage::Noisy } else { Stage::Done },
        edge_px: 8,
        work: Work { is_checked: tile.is_none(), seconds: tile.map(|_| 0.5) },
        samples: 16,
        rgba,
    }
}

const LEFT: TileRect = TileRect { x: 0, y: 0, width: 4, height: 4 };
const RIGHT: TileRect = TileRect { x: 4, y: 0, width: 4, height: 4 };
const WHOLE: TileRect = TileRect { x: 0, y: 0, width: 8, height: 4 };

/// Shows two tiles and then the frame, of which only the right half is another than before.
fn show(screen: Screen) -> Vec<Result<Packet, PacketError>> {
    let (stream, reader) = fake();
    let mut silence = |_: &Event| ();
    let mut watched = Watched::new(&mut silence, vec![Feed::new(stream, screen, "kitchen.exr")]);
    assert!(watched.watches());
    watched.see(&sight(&[1.0; 64], LEFT, Some(0)));
    // The thread may still hold this one: the next packet of the same tile must not overtake it.
    watched.see(&sight(&[2.0; 64], RIGHT, Some(1)));
    let whole: Vec<f32> = (0..32).flat_map(|pixel| [if pixel % 8 < 4 { 1.0 } else { 3.0 }; 4]).collect();
    watched.see(&sight(&whole, WHOLE, None));
    watched.hear(&LiveEvent::FrameWritten { frame: FrameIndex(3), file: "kitchen.exr".into() }.into());
    drop(watched);
    reader.join().expect("it read everything")
}

#[test]
fn tev_gets_a_picture_its_pixels_the_finished_file_and_the_end() {
    let got = show(Screen::Tev { is_here: true });
    let Some(Ok(Packet::Create { name, width: 8, height: 4, channels })) = got.first() else {
        panic!("first it is created: {got:?}")
    };
    assert_eq!((name.as_str(), channels.join("")), ("kitchen.exr frame 3", "RGBA".to_owned()));
    assert_eq!(got.last(), Some(&Ok(Packet::Close { name: name.clone() })));
    assert!(
        got.contains(&Err(PacketError::Operation(7))),
        "tev opens the file; no packet of ours reads that"
    );
    let mut pixels = vec![f32::NAN; 32 * 4];
    let mut lefts = 0;
    for packet in got {
        if let Ok(Packet::Update { rect, values, .. }) = packet {
            WHOLE.paste(&mut pixels, 4, rect, &values);
            lefts += u32::from(rect == LEFT);
        }
    }
    for (pixel, rgba) in pixels.chunks(4).enumerate() {
        assert_eq!(rgba, [if pixel % 8 < 4 { 1.0 } else { 3.0 }; 4], "pixel {pixel}");
    }
    assert_eq!(lefts, 1, "what has not changed is not sent again");
}

#[test]
fn the_viewer_is_told_samples_and_never_a_file() {
    let got = show(Screen::Viewer);
    assert!(got.iter().all(Result::is_ok), "no operation that it refuses: {got:?}");
    let samples = got.iter().find_map(|packet| match packet {
        Ok(Packet::Update { channels, values, .. }) => Some((channels[4].clone(), values[4])),
        _ => None,
    });
    assert_eq!(samples, Some(("samples.N".to_owned(), 16.0)));
}

#[test]
fn the_viewer_and_no_tev_is_told_how_far_tiles_are() {
    for screen in [Screen::Viewer, Screen::Tev { is_here: true }] {
        let (stream, reader) = fake();
        let mut silence = |_: &Event| ();
        let mut watched = Watched::new(&mut silence, vec![Feed::new(stream, screen, "x")]);
        let (frame, node) = (FrameIndex(3), NodeId([1; 32]));
        let started = |tile_px| Event::RenderStarted {
            frames: 1,
            width: 8,
            height: 4,
            spp: 16,
            tiles: 1,
            tile_px,
            adapter: String::new(),
        };
        watched.hear(&started(8));
        watched.hear(&LiveEvent::TileLeased { frame, tile: TileIndex(0), node }.into());
        watched.hear(&LiveEvent::FrameStarted { frame }.into());
        watched.see(&sight(&[1.0; 64], LEFT, Some(0)));
        watched.see(&sight(&[1.0; 128], WHOLE, None));
        drop(watched);
        let got: Vec<Packet> = reader.join().expect("it read everything").into_iter().flatten().collect();
        let own = got.iter().filter(|packet| matches!(packet, Packet::Cut { .. } | Packet::Tile { .. }));
        let told: Vec<_> = own.cloned().collect();
        if screen != Screen::Viewer {
            assert!(told.is_empty() && got.len() > 1, "{got:?}");
            continue;
        }
        assert!(matches!(&got[0], Packet::Create { width: 8, height: 4, .. }), "before any pixel: {got:?}");
        let name = "x frame 3".to_owned();
        assert_eq!(told[0], Packet::Cut { name: name.clone(), frame, edge_px: 8 });
        let stages = [
            (TileStage::InFlight, false, None),
            (TileStage::Noisy, false, Some(0.5)),
            (TileStage::Done, true, None),
        ];
        for (packet, (stage, is_checked, seconds)) in told[1..].iter().zip(stages) {
            let (name, tile) = (name.clone(), TileIndex(0));
            assert_eq!(*packet, Packet::Tile { name, tile, stage, is_checked, seconds });
        }
        assert_eq!(told.len(), 4);
    }
}

#[test]
fn frames_that_grow_side_by_side_are_pictures_of_their_own_in_tev_and_one_in_the_viewer() {
    for (screen, pictures) in [(Screen::Tev { is_here: false }, 2), (Screen::Viewer, 1)] {
        let (stream, reader) = fake();
        let mut silence = |_: &Event| ();
        let mut watched = Watched::new(&mut silence, vec![Feed::new(stream, screen, "x")]);
        for light in 1..4 {
            let light = [light as f32; 64];
            watched.see(&sight(&light, LEFT, Some(0)));
            watched.see(&Sight { frame: FrameIndex(4), ..sight(&light, LEFT, Some(0)) });
        }
        drop(watched);
        let got = reader.join().expect("it read everything");
        let created = got.iter().filter(|packet| matches!(packet, Ok(Packet::Create { .. }))).count();
        assert_eq!(created, pictures, "{screen:?}");
    }
}

#[test]
fn what_could_not_be_sent_is_told_before_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    drop(listener.accept().expect("it was connected"));
    // The first packets that a closed socket gets are lost without a word.
    (&stream).write_all(b"x").expect("it is not known yet");
    std::thread::sleep(Duration::from_millis(50));
    let mut heard = Vec::new();
    let mut hear = |event: &Event| heard.push(event.clone());
    let mut watched = Watched::new(&mut hear, vec![Feed::new(stream, Screen::Viewer, "x")]);
    watched.see(&sight(&[1.0; 64], LEFT, Some(0)));
    watched.hear(&LiveEvent::Finished { frames_done: 1, frames_failed: 0 }.into());
    drop(watched);
    let [Event::Live(LiveEvent::Warning { .. }), Event::Live(LiveEvent::Finished { .. })] = &heard[..] else {
        panic!("{heard:?}")
    };
}

#[test]
fn another_machine_is_refused_unless_allowed() {
    let fault = Feed::tev("192.0.2.1:14158", false, "x").err().expect("it is refused");
    assert!(fault.what.contains("another machine") && fault.exit == crate::Exit::Usage, "{fault}");
    let nobody = Feed::tev("127.0.0.1:9", false, "x").err().expect("nobody listens there");
    assert_eq!(nobody.exit, crate::Exit::Network);
}

#[test]
fn a_viewer_that_goes_away_is_told_once_and_stops_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    drop(listener.accept().expect("it was connected"));
    let mut warnings = 0;
    let mut hear =
        |event: &Event| warnings += u32::from(matches!(event, Event::Live(LiveEvent::Warning { .. })));
    let mut watched = Watched::new(&mut hear, vec![Feed::new(stream, Screen::Viewer, "x")]);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    let mut light = 0.0;
    while watched.watches() {
        light += 1.0;
        watched.see(&sight(&[light; 64], LEFT, Some(0)));
        std::thread::sleep(Duration::from_millis(5));
        assert!(std::time::Instant::now() < until, "the broken pipe is noticed");
    }
    watched.hear(&LiveEvent::FrameStarted { frame: FrameIndex(1) }.into());
    watched.hear(&LiveEvent::FrameStarted { frame: FrameIndex(2) }.into());
    drop(watched);
    assert_eq!(warnings, 1);
}
