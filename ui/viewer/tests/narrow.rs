//! The smallest window, in the language with the longer words: nothing of the bottom line is cut off. In a process of its own, because a
//! language is chosen once.

use std::time::{Duration, Instant};

use eframe::egui::Rect;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use exr::prelude::write_rgb_file;
use viewer::shown::Side;
use viewer::window::Window;
use viewer::words::{Language, speak};

/// What the window cannot be smaller than.
const SIZE: [f32; 2] = [760.0, 420.0];

#[test]
fn the_bottom_line_of_the_smallest_window_is_whole_with_two_pictures_and_another_exposure() {
    speak(Language::De);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let builder = Harness::builder().with_size(SIZE).with_max_steps(64).wgpu();
    let mut harness =
        builder.build_eframe(|context| Window::new(context, None).expect("software Vulkan is there"));
    let context = harness.ctx.clone();
    for (name, side) in [("a.exr", Side::First), ("b.exr", Side::Second)] {
        let path = folder.path().join(name);
        write_rgb_file(&path, 32, 24, |x, y| (x as f32, y as f32, 0.5)).expect("it can be written");
        harness.state_mut().read(side, path, &context);
    }
    let until = Instant::now() + Duration::from_secs(60);
    while harness.state().desk.first.is_none() || harness.state().desk.second.is_none() {
        assert!(Instant::now() < until, "the files are read");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.state_mut().desk.view.ev = 1.5;
    harness.run_steps(4);
    let all = ["EV", "Teiler", "Unterschied", "B", "Ctrl+P"];
    let places: Vec<Rect> = all.map(|label| harness.get_by_label(label).rect()).into();
    for (label, place) in all.iter().zip(&places) {
        assert!(place.min.x >= 0.0 && place.max.x <= SIZE[0], "{label} lies at {place:?}");
    }
    for (pair, labels) in places.windows(2).zip(all.windows(2)) {
        assert!(pair[0].max.x <= pair[1].min.x, "{labels:?} lie at {pair:?}");
    }
}
