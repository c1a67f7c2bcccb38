//! The loop over frames, passes and tiles, with a renderer whose every sample is a formula.

mod finishing;
#[cfg(windows)]
mod held;
mod pausing;
mod steady;

use std::path::Path;

use frame::tev::Packet;
use frame::{
    AdapterCard, AdapterClass, Flow, Partial, Plane, RenderFault, SceneBlob, TileOrder, TilePlanes,
    TileRenderer,
};
use render_core::AdapterChoice;

use super::*;
use crate::commission::Commission;
use crate::denoiser::{Carried, NetworkChoice};
use crate::event::Event;
use crate::print::Print;
use crate::request::RenderRequest;
use crate::sight::{Sight, Stage};
use crate::tev::{Feed, Screen, Watched};

/// Radiance is a function of frame, pixel and sample index alone, with bits that depend on the order of summation.
struct Formula {
    fail_frame: Option<u32>,
    fault: Option<RenderFault>,
    stop_after: Option<(u32, Stop)>,
}

impl TileRenderer for Formula {
    fn adapter(&self) -> AdapterCard {
        let class = AdapterClass::Other;
        AdapterCard { name: "formula".into(), backend: "none".into(), driver: String::new(), class }
    }

    fn render(
        &mut self,
        _scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.fail_frame == Some(order.frame.0) {
            return Err(RenderFault::BadScene("for the test".into()));
        }
        if let Some((left, stop)) = &mut self.stop_after {
            *left = left.saturating_sub(1);
            if *left == 0 {
                stop.ask();
            }
        }
        let blocks = frame::blocks::block_count(order.settings.spp);
        let mut film_of_one = Vec::new();
        for node in order.blocks.maximal_nodes(blocks) {
            film_of_one.push(Partial { node, planes: sum(node, order, blocks) });
        }
        match film_of_one.iter().try_for_each(progress) {
            Flow::Continue(()) => Ok(film_of_one),
            Flow::Break(()) => Err(RenderFault::Stopped),
        }
    }
}

fn sum(node: frame::TreeNode, order: &TileOrder, blocks: u32) -> TilePlanes {
    if node.level > 0 {
        let child = |index| frame::TreeNode { level: node.level - 1, index };
        let mut left = sum(child(node.index * 2), order, blocks);
        if child(node.index * 2 + 1).blocks(blocks).count > 0 {
            left.add_right(&sum(child(node.index * 2 + 1), order, blocks));
        }
        return left;
    }
    let mut planes = TilePlanes::zeroed(order.rect, order.settings.planes);
    // As noisy as light can be, so that a denoiser is free to do what it wants.
    let samples = node.blocks(blocks).samples(order.settings.spp).len() as f32;
    if let Some(squares) = planes.plane_mut(Plane::LuminanceSquared) {
        squares.fill(100.0 * samples);
    }
    let radiance = planes.plane_mut(Plane::Radiance).expect("always there");
    for (at, value) in radiance.iter_mut().enumerate() {
        let (pixel, channel) = (at as u32 / 3, at as u32 % 3);
        let (x, y) = (order.rect.x + pixel % order.rect.width, order.rect.y + pixel / order.rect.width);
        for sample in node.blocks(blocks).samples(order.settings.spp) {
            let frame = order.frame.0.wrapping_mul(2_654_435_761);
            let key = frame
                ^ x.wrapping_mul(73_856_093)
                ^ y.wrapping_mul(19_349_663)
                ^ sample.wrapping_mul(83_492_791);
            *value += (key.wrapping_mul(channel + 1) % 1009) as f32 / 997.0;
        }
    }
    planes
}

fn request(folder: &Path, frames: Option<&str>, tile_px: u32) -> RenderRequest {
    let scene = folder.join("lamp.gltf");
    std::fs::write(&scene, include_bytes!("../../../../tests/scenes/lamp.gltf")).expect("it can be written");
    RenderRequest {
        size: Some(frame::FrameSize::new(40, 24).expect("in range")),
        spp: 100,
        frames: frames.map(|list| list.parse().expect("a list")),
        tile_px: Some(tile_px),
        ..RenderRequest::plain(scene, folder.join("out.####.exr"))
    }
}

fn render(request: &RenderRequest, renderer: &mut Formula, stop: &Stop) -> (Result<Exit, Fault>, Vec<Event>) {
    let mut events = Vec::new();
    let mut hear = |event: &Event| events.push(event.clone());
    let plan = Plan::open(request, Carried::Small, &mut hear).expect("the request is good");
    let ended = {
        let developer = plan.developer(&AdapterChoice::default());
        render_frames(&plan, developer, &mut |frame| plan.shown(frame), renderer, stop, &mut hear)
    };
    (ended, events)
}

fn plain() -> Formula {
    Formula { fail_frame: None, fault: None, stop_after: None }
}

#[test]
fn the_cut_into_tiles_does_not_change_a_bit() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let picture = |tile_px| {
        let request = request(place.path(), None, tile_px);
        render(&request, &mut plain(), &Stop::new()).0.expect("it renders");
        let file = crate::pictures::read(&place.path().join("out.0000.exr")).expect("it was written");
        assert!(!place.path().join("out.0000.partial.exr").exists());
        file.parts[0].samples.clone()
    };
    let whole = picture(64);
    assert_eq!(picture(8), whole);
    assert_eq!(picture(13), whole);
}

#[test]
fn a_stopped_render_keeps_what_it_has_and_says_so() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let stop = Stop::new();
    let mut renderer = Formula { stop_after: Some((40, stop.clone())), ..plain() };
    let request = request(place.path(), Some("1-3"), 8);
    let (ended, _) = render(&request, &mut renderer, &stop);
    let fault = ended.expect_err("it was stopped");
    assert_eq!(fault.exit, Exit::Interrupted);
    let partial = place.path().join("out.0001.partial.exr");
    assert!(fault.what.contains("out.0001.partial.exr") && partial.exists(), "{}", fault.what);
    assert!(!place.path().join("out.0001.exr").exists());
}

#[test]
fn a_frame_that_fails_leaves_the_others_whole() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let mut renderer = Formula { fail_frame: Some(2), ..plain() };
    let (ended, events) = render(&request(place.path(), Some("1-3"), 16), &mut renderer, &Stop::new());
    assert_eq!(ended.expect_err("one is missing").exit, Exit::Frames);
    let there: Vec<bool> =
        (1..=3).map(|frame| place.path().join(format!("out.000{frame}.exr")).exists()).collect();
    assert_eq!(there, [true, false, true]);
    let finished = events.iter().rev().find_map(|event| match event {
        Event::Live(LiveEvent::Finished { frames_done, frames_failed }) => {
            Some((*frames_done, *frames_failed))
        }
        _ => None,
    });
    assert_eq!(finished, Some((2, 1)));
}

#[test]
fn a_frame_that_cannot_be_packed_leaves_the_others_whole_in_a_farm_too() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let request = request(place.path(), Some("1-4"), 16);
    let mut events = Vec::new();
    let mut hear = |event: &Event| events.push(event.clone());
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let mut commission = Commission::of(&plan, &request.output).expect("it packs");
    let shown = plan.shown(FrameIndex(1)).expect("it packs");
    commission.one_scene = false;
    commission.packer = Box::new(move |frame| match frame.0 {
        1 | 3 => Err("for the test".to_owned()),
        _ => Ok(FrameScene { scene: shown.scene.clone(), exposure_scale: shown.exposure_scale }),
    });
    let adapter = AdapterChoice::default();
    let nodes: Vec<Box<dyn TileRenderer>> = vec![Box::new(plain())];
    let ended = crate::local::run(commission, &request.output, nodes, &adapter, &Stop::new(), &mut hear);
    let fault = ended.expect_err("two are missing");
    assert_eq!((fault.exit, fault.what.as_str()), (Exit::Frames, "2 of 4 frames failed: 1, 3"));
    let there: Vec<bool> =
        (1..=4).map(|frame| place.path().join(format!("out.000{frame}.exr")).exists()).collect();
    assert_eq!(there, [false, true, false, true]);
    let finished = Event::Live(LiveEvent::Finished { frames_done: 2, frames_failed: 2 });
    assert!(events.contains(&finished));
    for frame in [1, 3] {
        let message = format!("frame {frame} failed: for the test");
        assert!(events.contains(&LiveEvent::Warning { message }.into()));
    }
}

#[test]
fn too_little_memory_is_one_sentence_and_one_code_alone_and_in_a_farm() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let request = request(place.path(), None, 16);
    let too_large = || RenderFault::OutOfMemory {
        needed_bytes: 2 << 20,
        available_bytes: 1 << 20,
        what: "for the test".into(),
    };
    let formula = || Formula { fault: Some(too_large()), ..plain() };
    let alone = render(&request, &mut formula(), &Stop::new()).0.expect_err("it does not fit");
    let mut hear = |_: &Event| ();
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let commission = Commission::of(&plan, &request.output).expect("it packs");
    let adapter = AdapterChoice::default();
    let nodes: Vec<Box<dyn TileRenderer>> = vec![Box::new(formula())];
    let farm = crate::local::run(commission, &request.output, nodes, &adapter, &Stop::new(), &mut hear)
        .expect_err("it does not fit");
    assert_eq!((alone.exit, &alone.advice), (Exit::Failure, &farm.advice));
    assert_eq!(farm.exit, Exit::Failure);
    // A farm adds what is kept.
    assert!(farm.what.starts_with(&alone.what), "{} and {}", farm.what, alone.what);
    assert!(alone.what.contains("2 MiB") && alone.what.contains("this computer"), "{}", alone.what);
}

#[test]
fn progress_ends_at_all_samples() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (ended, events) = render(&request(place.path(), None, 8), &mut plain(), &Stop::new());
    ended.expect("it renders");
    let last = events.iter().rev().find_map(|event| match event {
        Event::Live(LiveEvent::Progress { done_samples, total_samples, .. }) => {
            Some((*done_samples, *total_samples))
        }
        _ => None,
    });
    assert_eq!(last, Some((40 * 24 * 100, 40 * 24 * 100)));
}

/// The channels of a frame's file, and what is written beside them.
fn written(path: &Path) -> (Vec<frame::exr::Samples>, Vec<(String, String)>) {
    let part = crate::pictures::read(path).expect("it was written").parts.remove(0);
    (part.samples, part.info.attributes)
}

#[test]
fn nodes_that_denoise_and_one_machine_alone_give_the_same_bits() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let weights = crate::denoiser::tests::tiny();
    let denoised = |denoise| RenderRequest {
        denoise,
        weights: Some(NetworkChoice::File(weights.clone())),
        ..request(place.path(), Some("1-2"), 16)
    };
    let paths = [1, 2].map(|frame| place.path().join(format!("out.000{frame}.exr")));
    let files = || paths.each_ref().map(|path| written(path));

    let request = denoised(frame::Denoise::Node);
    let (ended, events) = render(&request, &mut plain(), &Stop::new());
    ended.expect("it renders");
    let alone = files();
    let is_here = |event: &&Event| matches!(event, Event::Denoised { pixels: 960, .. });
    assert_eq!(events.iter().filter(is_here).count(), 2, "both frames, here");
    let is_steadied = |event: &&Event| matches!(event, Event::Steadied { .. });
    assert_eq!(events.iter().filter(is_steadied).count(), 2, "and both with each other");

    let mut hear = |_: &Event| ();
    let plan = Plan::open(&request, Carried::Small, &mut hear).expect("the request is good");
    let commission = Commission::of(&plan, &request.output).expect("it packs");
    let adapter = AdapterChoice::default();
    let nodes: Vec<Box<dyn TileRenderer>> =
        (0..2).map(|_| crate::denoiser::denoising(Box::new(plain()), &adapter, &plan.networks())).collect();
    let ended = crate::local::run(commission, &request.output, nodes, &adapter, &Stop::new(), &mut hear);
    assert_eq!(ended.expect("it renders"), Exit::Done);
    for (alone, farm) in alone.iter().zip(files()) {
        let differ: Vec<usize> = (0..alone.0.len()).filter(|&at| alone.0[at] != farm.0[at]).collect();
        assert_eq!(differ, Vec::<usize>::new(), "these channels differ");
        let fact =
            |key: &str| farm.1.iter().find(|(name, _)| name.ends_with(key)).map(|(_, value)| value.clone());
        assert_eq!((fact("denoise").as_deref(), fact("denoiser").as_deref()), (Some("node"), Some("tiny")));
        assert!(fact("denoiser_weights").is_some_and(|hash| hash.len() == 64));
        assert!(fact("exposure_scale").is_some_and(|scale| scale.parse::<f32>().is_ok()));
    }

    render(&denoised(frame::Denoise::Local), &mut plain(), &Stop::new()).0.expect("it renders");
    let local = files();
    render(&self::request(place.path(), Some("1-2"), 16), &mut plain(), &Stop::new()).0.expect("it renders");
    let off = files();
    let noisy = |file: &(Vec<frame::exr::Samples>, _)| file.0.iter().skip(4).cloned().collect::<Vec<_>>();
    for (node, (local, off)) in alone.iter().zip(local.iter().zip(&off)) {
        assert!(noisy(node) == noisy(off) && noisy(local) == noisy(off), "other layers are as traced");
        assert!(node.0[0] == off.0[0], "alpha is as traced");
        assert!(node.0[1] != off.0[1] && local.0[1] != off.0[1], "the beauty is not");
    }
}

/// Whoever watches: the newest value of every pixel, how far it is, and what was heard.
struct Watcher {
    frame: Vec<[f32; 4]>,
    tiles: Vec<[f32; 4]>,
    stages: Vec<Stage>,
    heard: Vec<LiveEvent>,
}

impl Watcher {
    fn new() -> Self {
        let (nothing, pixels) = ([f32::NAN; 4], 40 * 24);
        Self {
            frame: vec![nothing; pixels],
            tiles: vec![nothing; pixels],
            stages: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// The finished frame as it was shown is its file, but for the file's rounding to halves; and every pixel was shown before.
    fn agrees_with(&self, path: &Path) {
        let file = crate::pictures::read(path).expect("it was written").colours().expect("it has a beauty");
        let halves = |value: f32| half::f16::from_f32(value).to_f32();
        let shown: Vec<f32> = self.frame.as_flattened().iter().map(|&value| halves(value)).collect();
        assert_eq!(shown, file.rgba);
        assert!(self.tiles.as_flattened().iter().all(|value| value.is_finite()), "every pixel is in a tile");
        assert_eq!(self.stages.last(), Some(&Stage::Done));
        let is_end = |event: &&LiveEvent| matches!(event, LiveEvent::TileDone { .. });
        assert_eq!(self.heard.iter().filter(is_end).count(), 6, "each of the tiles once");
    }
}

impl Audience for Watcher {
    fn hear(&mut self, event: &Event) {
        if let Event::Live(event) = event {
            self.heard.push(event.clone());
        }
    }

    fn watches(&self) -> bool {
        true
    }

    fn see(&mut self, sight: &Sight<'_>) {
        assert_eq!((sight.size.width(), sight.size.height()), (40, 24));
        assert!(sight.rect.fits(sight.size) && sight.rgba.len() == 4 * sight.rect.pixels());
        let pixels: Vec<[f32; 4]> = sight.rgba.as_chunks().0.to_vec();
        let target = if sight.tile.is_some() { &mut self.tiles } else { &mut self.frame };
        let whole = frame::TileRect { x: 0, y: 0, width: 40, height: 24 };
        whole.paste(target, 1, sight.rect, &pixels);
        self.stages.push(sight.stage);
    }
}

#[test]
fn who_watches_sees_every_tile_and_then_the_frame_as_it_is_written() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (path, adapter) = (place.path().join("out.0000.exr"), AdapterChoice::default());
    let weights = crate::denoiser::tests::tiny();
    for denoise in [frame::Denoise::Off, frame::Denoise::Node] {
        let weights = (denoise == frame::Denoise::Node).then(|| NetworkChoice::File(weights.clone()));
        let request = RenderRequest { denoise, weights, ..request(place.path(), None, 16) };
        let mut alone = Watcher::new();
        let plan = Plan::open(&request, Carried::Small, &mut alone).expect("the request is good");
        let (developer, stop) = (plan.developer(&adapter), Stop::new());
        let mut shown = |frame| plan.shown(frame);
        render_frames(&plan, developer, &mut shown, &mut plain(), &stop, &mut alone).expect("it renders");
        alone.agrees_with(&path);

        let mut farm = Watcher::new();
        let commission = Commission::of(&plan, &request.output).expect("it packs");
        let node = crate::denoiser::denoising(Box::new(plain()), &adapter, &plan.networks());
        crate::local::run(commission, &request.output, vec![node], &adapter, &stop, &mut farm)
            .expect("it renders");
        farm.agrees_with(&path);
        assert_eq!(farm.tiles, farm.frame, "what a node sent is what is written");
        match denoise {
            frame::Denoise::Node => assert!(farm.stages.contains(&Stage::Denoised)),
            _ => assert_eq!(alone.tiles, alone.frame, "nobody changes it afterwards"),
        }
        let refined =
            alone.heard.iter().filter(|event| matches!(event, LiveEvent::TileRefined { .. })).count();
        assert!(refined > 0, "the first passes are seen before the last");
    }
}

#[test]
fn who_does_not_watch_is_shown_nothing() {
    struct Asleep;
    impl Audience for Asleep {
        fn hear(&mut self, _: &Event) {}
        fn see(&mut self, _: &Sight<'_>) {
            unreachable!("it never asked");
        }
    }
    let place = tempfile::tempdir().expect("a temporary folder");
    let request = request(place.path(), None, 16);
    let plan = Plan::open(&request, Carried::Small, &mut Asleep).expect("the request is good");
    let developer = plan.developer(&AdapterChoice::default());
    let (mut shown, stop) = (|frame| plan.shown(frame), Stop::new());
    render_frames(&plan, developer, &mut shown, &mut plain(), &stop, &mut Asleep).expect("it renders");
}

#[test]
fn tev_has_the_picture_that_is_in_the_file() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let request = request(place.path(), None, 16);
    let (stream, reader) = crate::tev::tests::fake();
    let mut silence = |_: &Event| ();
    let feed = Feed::new(stream, Screen::Tev { is_here: true }, "out.exr");
    let mut watched = Watched::new(&mut silence, vec![feed]);
    let plan = Plan::open(&request, Carried::Small, &mut watched).expect("the request is good");
    let developer = plan.developer(&AdapterChoice::default());
    let (mut shown, stop) = (|frame| plan.shown(frame), Stop::new());
    render_frames(&plan, developer, &mut shown, &mut plain(), &stop, &mut watched).expect("it renders");
    drop(watched);
    let got = reader.join().expect("it read everything");
    assert!(matches!(got.first(), Some(Ok(Packet::Create { width: 40, height: 24, .. }))));
    assert!(matches!(got.last(), Some(Ok(Packet::Close { .. }))));
    let (mut pixels, whole) =
        (vec![f32::NAN; 40 * 24 * 4], frame::TileRect { x: 0, y: 0, width: 40, height: 24 });
    for packet in got {
        if let Ok(Packet::Update { rect, values, .. }) = packet {
            whole.paste(&mut pixels, 4, rect, &values);
        }
    }
    let path = place.path().join("out.0000.exr");
    let file = crate::pictures::read(&path).expect("it was written").colours().expect("it has a beauty");
    // The file holds halves; what went over the wire are the floats that it was rounded from.
    let halves: Vec<f32> = pixels.iter().map(|&value| half::f16::from_f32(value).to_f32()).collect();
    assert_eq!(halves, file.rgba);
}
