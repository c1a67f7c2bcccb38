//! The window itself, drawn by software Vulkan without a screen: keys, layers, comparing, and numbers that are those of the file.

#[path = "window/colours.rs"]
mod colours;
#[path = "window/growing.rs"]
mod growing;
#[path = "window/keyboard.rs"]
mod keyboard;
#[path = "window/large.rs"]
mod large;
#[path = "window/troubles.rs"]
mod troubles;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::{Event, Key, Modifiers, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use exr::prelude::{
    AnyChannel, AnyChannels, Encoding, FlatSamples, Image, Layer, LayerAttributes, WritableImage,
};
use viewer::compare::{Mode, Wipe};
use viewer::shown::Side;
use viewer::view::{Channel, Transform, View};
use viewer::window::Window;

const WIDTH: usize = 64;
const HEIGHT: usize = 48;

/// Light of a pixel: middle grey on the left, colours that differ everywhere on the right.
fn light(x: usize, y: usize) -> [f32; 4] {
    match x < WIDTH / 2 {
        true => [0.18, 0.18, 0.18, 1.0],
        false => [x as f32 / 37.0, y as f32 / 11.0, (x * y) as f32 / 1000.0, 1.0],
    }
}

/// Writes a picture whose beauty is `light` times a factor, with a depth of 2.5.
fn file(folder: &Path, name: &str, factor: f32) -> PathBuf {
    let all = || (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let channel = |name: &str, values: Vec<f32>| AnyChannel::new(name, FlatSamples::F32(values));
    let beauty = ["R", "G", "B", "A"].into_iter().enumerate().map(|(at, name)| {
        let scale = if name == "A" { 1.0 } else { factor };
        channel(name, all().map(|(x, y)| light(x, y)[at] * scale).collect())
    });
    let depth = channel("depth.Z", vec![2.5; WIDTH * HEIGHT]);
    let channels = AnyChannels::sort(beauty.chain([depth]).collect());
    let layer = Layer::new((WIDTH, HEIGHT), LayerAttributes::default(), Encoding::SMALL_LOSSLESS, channels);
    let path = folder.join(name);
    Image::from_layer(layer).write().to_file(&path).expect("it can be written");
    path
}

struct Place {
    harness: Harness<'static, Window>,
    folder: tempfile::TempDir,
}

/// A window with one or two pictures on its desk.
fn window(pictures: usize) -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let builder = Harness::builder().with_size([1100.0, 700.0]).with_max_steps(64).wgpu();
    let mut harness =
        builder.build_eframe(|context| Window::new(context, None).expect("software Vulkan is there"));
    let context = harness.ctx.clone();
    for (at, side) in [Side::First, Side::Second].into_iter().enumerate().take(pictures) {
        let path = file(folder.path(), ["a.exr", "b.exr"][at], [1.0, 2.0][at]);
        harness.state_mut().read(side, path, &context);
    }
    let until = Instant::now() + Duration::from_secs(60);
    let is_there = |window: &Window| {
        [&window.desk.first, &window.desk.second].iter().filter(|side| side.is_some()).count() == pictures
    };
    while !is_there(harness.state()) {
        assert!(Instant::now() < until, "the files are read");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.run_steps(4);
    Place { harness, folder }
}

impl Place {
    /// Steps until something holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Window) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        while !holds(self.harness.state()) {
            assert!(Instant::now() < until, "{what}");
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
        self.harness.run_steps(3);
    }

    /// Steps until these words are in the window.
    fn until_said(&mut self, words: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.harness.query_by_label(words).is_none() {
            assert!(Instant::now() < until, "{words:?} is said");
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
    }

    fn read(&mut self, side: Side, path: PathBuf) {
        let context = self.harness.ctx.clone();
        self.harness.state_mut().read(side, path, &context);
    }

    fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(3);
    }

    /// Where the middle of a pixel is on the screen.
    fn on_screen(&self, x: usize, y: usize) -> Pos2 {
        let place = self
            .harness
            .get_by(|node| node.label().is_some_and(|label| label.starts_with("Picture ")))
            .rect();
        let desk = &self.harness.state().desk;
        let camera = desk.camera.expect("there is a picture");
        let [x, y] = camera.window_from_picture([x as f32 + 0.5, y as f32 + 0.5], desk.window);
        place.min + eframe::egui::vec2(x, y)
    }

    /// What the screen shows of pixels of the picture.
    fn seen(&mut self, pixels: &[(usize, usize)]) -> Vec<[u8; 3]> {
        self.harness.remove_cursor();
        self.harness.run_steps(2);
        let places: Vec<Pos2> = pixels.iter().map(|&(x, y)| self.on_screen(x, y)).collect();
        let image = self.harness.render().expect("it is drawn");
        places
            .iter()
            .map(|at| image.get_pixel(at.x as u32, at.y as u32).0)
            .map(|[r, g, b, _]| [r, g, b])
            .collect()
    }

    fn seen_at(&mut self, x: usize, y: usize) -> [u8; 3] {
        self.seen(&[(x, y)])[0]
    }
}

/// Equal but for the last step of an eight-bit screen.
fn near(seen: [u8; 3], expected: [f32; 3]) -> bool {
    seen.iter().zip(expected).all(|(&seen, expected)| (f32::from(seen) - expected * 255.0).abs() <= 1.01)
}

const GREY: (usize, usize) = (8, 24);

#[test]
fn a_stop_of_exposure_changes_middle_grey_as_computed() {
    let mut place = window(1);
    let mut view = View::default();
    assert!(near(place.seen_at(GREY.0, GREY.1), view.shown([0.18, 0.18, 0.18, 1.0])));
    place.key(Key::E);
    place.key(Key::E);
    view.ev = 1.0;
    assert_eq!(place.harness.state().desk.view.ev, 1.0);
    let seen = place.seen_at(GREY.0, GREY.1);
    assert!(near(seen, view.shown([0.18, 0.18, 0.18, 1.0])), "{seen:?}");
}

#[test]
fn every_view_on_the_screen_is_the_one_that_is_computed() {
    let mut place = window(1);
    let pixels = [(8, 24), (40, 3), (50, 20), (63, 47), (33, 0)];
    for transform in Transform::ALL {
        for (ev, offset, gamma) in [(0.0, 0.0, 1.0), (-3.0, 0.1, 1.0), (2.0, -0.05, 1.8)] {
            let view = View { transform, ev, offset, gamma, ..View::default() };
            place.harness.state_mut().desk.view = view;
            for (seen, (x, y)) in place.seen(&pixels).into_iter().zip(pixels) {
                let expected = view.shown(light(x, y));
                assert!(near(seen, expected), "{view:?} at {x},{y}: {seen:?}, computed {expected:?}");
            }
        }
    }
}

#[test]
fn keys_isolate_channels() {
    let mut place = window(1);
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    let (x, y) = (40, 3);
    let keys = [
        (Key::R, Channel::Red),
        (Key::G, Channel::Green),
        (Key::B, Channel::Blue),
        (Key::A, Channel::Alpha),
        (Key::L, Channel::Luminance),
        (Key::C, Channel::Colour),
    ];
    for (key, channel) in keys {
        place.key(key);
        let view = View { channel, transform: Transform::Raw, ..View::default() };
        let seen = place.seen_at(x, y);
        assert!(near(seen, view.shown(light(x, y))), "{channel:?}: {seen:?}");
    }
}

#[test]
fn two_pictures_are_wiped_and_their_difference_is_seen() {
    let mut place = window(2);
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    place.harness.state_mut().desk.mode = Mode::Wipe(Wipe::upright(0.25));
    let raw = View { transform: Transform::Raw, ..View::default() };
    let twice = |x, y| light(x, y).map(|value| value * 2.0);
    let seen = place.seen(&[(8, 24), (24, 24)]);
    assert!(near(seen[0], raw.shown(light(8, 24))), "A left of the line: {seen:?}");
    assert!(near(seen[1], raw.shown(twice(24, 24))), "B right of it: {seen:?}");
    place.key(Key::D);
    assert_eq!(place.harness.state().desk.mode, Mode::Difference);
    let seen = place.seen_at(40, 3);
    assert!(near(seen, raw.shown(light(40, 3))), "2a - a is a: {seen:?}");
    place.until_said("PSNR");
    while place.harness.query_by_label("…").is_some() {
        place.harness.step();
    }
    assert!(place.harness.query_by_label_contains(" dB").is_some(), "and numbers say how far they are apart");
    place.key(Key::W);
    assert!(matches!(place.harness.state().desk.mode, Mode::Wipe(_)));
}

#[test]
fn the_wipe_is_turned_by_keys_and_by_its_handle() {
    let mut place = window(2);
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    let raw = View { transform: Transform::Raw, ..View::default() };
    let turn = |place: &Place| match place.harness.state().desk.mode {
        Mode::Wipe(wipe) => wipe.turn,
        other => panic!("{other:?}"),
    };
    place.harness.key_press_modifiers(Modifiers::SHIFT, Key::W);
    place.harness.run_steps(3);
    assert_eq!(turn(&place), 15.0);
    place.harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::W);
    place.harness.run_steps(3);
    assert_eq!(turn(&place), 0.0);
    // The dot lies below the middle of the line; pulled to the left of it, B is below.
    let middle = place.on_screen(31, 23) + (place.on_screen(32, 24) - place.on_screen(31, 23)) * 0.5;
    let (dot, left) = (eframe::egui::vec2(0.0, 90.0), eframe::egui::vec2(-90.0, 0.0));
    place.harness.hover_at(middle + dot);
    place.harness.run_steps(2);
    place.harness.drag_at(middle + dot);
    place.harness.run_steps(2);
    for share in [0.3, 0.7, 1.0] {
        place.harness.hover_at(middle + dot * (1.0 - share) + left * share);
        place.harness.run_steps(2);
    }
    place.harness.drop_at(middle + left);
    place.harness.run_steps(3);
    assert_eq!(turn(&place), 90.0);
    let twice = |x, y| light(x, y).map(|value| value * 2.0);
    let seen = place.seen(&[(8, 12), (8, 36)]);
    assert!(near(seen[0], raw.shown(light(8, 12))), "A above: {seen:?}");
    assert!(near(seen[1], raw.shown(twice(8, 36))), "B below: {seen:?}");
    let read = place.harness.state().desk.light(8, 36).expect("it is inside");
    assert_eq!(read[..3], twice(8, 36)[..3], "and the inspector's number is of the same picture");
}

#[test]
fn the_bracket_key_shows_the_next_layer() {
    let mut place = window(1);
    place.key(Key::CloseBracket);
    assert_eq!(place.harness.state().desk.layer, 1);
    // A depth of 2.5 is no light: it is shown as the number that it is, which is white.
    assert_eq!(place.seen_at(8, 24), [255; 3]);
    place.harness.get_by_label("Layer beauty").click();
    place.harness.run_steps(3);
    assert_eq!(place.harness.state().desk.layer, 0);
}

#[test]
fn the_palette_finds_and_runs_a_command() {
    let mut place = window(1);
    for modifiers in [Modifiers::COMMAND, Modifiers::COMMAND | Modifiers::SHIFT] {
        place.harness.key_press_modifiers(modifiers, Key::P);
        place.harness.run_steps(3);
        assert!(place.harness.query_by_label("Type a command").is_some(), "it is open");
        place.harness.event(Event::Text("false".into()));
        place.harness.run_steps(2);
        place.key(Key::Enter);
        assert_eq!(place.harness.state().desk.view.transform, Transform::FalseColour);
        assert!(place.harness.query_by_label("Type a command").is_none(), "it has gone");
        place.harness.state_mut().desk.view.transform = Transform::AgX;
    }
}

#[test]
fn pixel_values_are_those_of_the_file() {
    let mut place = window(1);
    for (x, y) in [(0, 0), (63, 0), (0, 47), (63, 47), (41, 17)] {
        let at = place.on_screen(x, y);
        place.harness.hover_at(at);
        place.harness.run_steps(3);
        assert_eq!(place.harness.state().desk.pixel(), Some((x as u32, y as u32)));
        assert!(place.harness.query_by_label(&format!("x {x}  y {y}")).is_some());
        for value in &light(x, y)[..3] {
            let found = place.harness.query_all_by_label(&value.to_string()).count();
            assert!(found > 0, "{value} at {x},{y} is in the inspector");
        }
    }
}

#[test]
fn the_surround_is_exactly_grey() {
    let mut place = window(1);
    place.harness.remove_cursor();
    place.harness.run_steps(2);
    let stage =
        place.harness.get_by(|node| node.label().is_some_and(|label| label.starts_with("Picture "))).rect();
    let image = place.harness.render().expect("it is drawn");
    let corner = Rect::from_min_max(stage.min, stage.max).left_bottom() + eframe::egui::vec2(3.0, -3.0);
    assert_eq!(image.get_pixel(corner.x as u32, corner.y as u32).0[..3], [0x1E; 3]);
}

#[test]
fn a_viewer_that_was_killed_shows_the_same_again() {
    let mut place = window(1);
    let settings = place.folder.path().join("viewer.json");
    let until = Instant::now() + Duration::from_secs(60);
    place.harness.state_mut().keep(settings.clone());
    place.key(Key::E);
    place.key(Key::T);
    place.key(Key::CloseBracket);
    // Each change is written once it rests: the last one is waited for.
    while viewer::settings::Settings::read(&settings).layer.as_deref() != Some("depth") {
        assert!(Instant::now() < until, "they are written without closing the window");
        std::thread::sleep(Duration::from_millis(20));
        place.harness.step();
    }
    // The window is never told to end: nothing below depends on what it does then.
    let mut again = window(0);
    let context = again.harness.ctx.clone();
    again.harness.state_mut().keep(settings);
    again.harness.state_mut().reopen(&context);
    while again.harness.state().desk.first.is_none() {
        assert!(Instant::now() < until, "the picture is read again");
        std::thread::sleep(Duration::from_millis(5));
        again.harness.step();
    }
    let (before, after) = (&place.harness.state().desk, &again.harness.state().desk);
    assert_eq!((after.view, after.layer), (before.view, before.layer));
    assert_eq!((after.view.ev, after.view.transform, after.layer), (0.5, Transform::Neutral, 1));
}

#[test]
fn files_that_are_carried_over_the_window_are_told_what_becomes_of_them() {
    let mut place = window(1);
    let dark = |place: &mut Place| {
        let image = place.harness.render().expect("it is drawn");
        image.pixels().map(|pixel| u64::from(pixel.0[1])).sum::<u64>()
    };
    let before = dark(&mut place);
    let carried = ["new.exr", "other.exr"].map(|name| eframe::egui::HoveredFile {
        path: Some(place.folder.path().join(name)),
        ..Default::default()
    });
    place.harness.input_mut().hovered_files = carried.to_vec();
    place.harness.run_steps(3);
    assert!(place.harness.query_by_label("Let go to compare new.exr with other.exr").is_some());
    assert!(dark(&mut place) < before / 2, "the rest steps back");
    place.harness.input_mut().hovered_files.clear();
    place.harness.run_steps(3);
    assert!(place.harness.query_by_label_contains("Let go").is_none(), "they were carried away");
    assert_eq!(dark(&mut place), before);
}
