//! Pictures that are larger than the window: means of their pixels are seen, and no more of them is on the GPU than that takes.

use viewer::camera::Camera;

use super::troubles::plain;
use super::*;

/// A window with a picture of one colour per pixel, seen raw.
fn shown(size: (usize, usize), value: impl Fn(usize) -> f32) -> Place {
    let mut place = window(0);
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    lay(&mut place, Side::First, size, value);
    place
}

fn lay(place: &mut Place, side: Side, size: (usize, usize), value: impl Fn(usize) -> f32) {
    let stamp = |window: &Window| match side {
        Side::First => window.desk.first.as_ref().map(|opened| opened.stamp),
        Side::Second => window.desk.second.as_ref().map(|opened| opened.stamp),
    };
    let path = place.folder.path().join("plain.exr");
    plain(&path, size, value);
    let before = stamp(place.harness.state());
    place.read(side, path);
    place.until("it is there", |window| stamp(window) != before);
    place.harness.state_mut().desk.trouble = None;
}

fn look(place: &mut Place, zoom: f32, centre: [f32; 2]) {
    place.harness.state_mut().desk.camera = Some(Camera { centre, zoom, is_fit: false });
    place.harness.run_steps(4);
}

#[test]
fn a_screen_pixel_is_the_mean_of_all_pixels_that_it_covers() {
    // One bright pixel in each 8 by 8: a sixteenth of them would miss it, or show it four times too bright.
    let mut place = shown((800, 400), |at| if at % 8 == 1 && at / 800 % 8 == 3 { 32.0 } else { 0.0 });
    for zoom in [0.125, 0.0625] {
        look(&mut place, zoom, [400.0, 200.0]);
        let seen = place.seen(&[(404, 204), (396, 212), (100, 60)]);
        assert!(seen.iter().all(|seen| near(*seen, [0.5; 3])), "at {zoom}: {seen:?}");
    }
}

#[test]
fn the_noise_between_two_pictures_is_seen_from_afar() {
    let mut place = shown((800, 400), |at| (at % 2) as f32);
    lay(&mut place, Side::Second, (800, 400), |at| ((at + 1) % 2) as f32);
    place.key(Key::D);
    for zoom in [4.0, 1.0, 0.25] {
        look(&mut place, zoom, [400.0, 200.0]);
        assert_eq!(
            place.seen_at(404, 204),
            [255; 3],
            "their means are equal, their pixels are 1 apart: at {zoom}"
        );
    }
}

#[test]
fn a_small_picture_of_a_large_one_takes_little_of_the_gpu_and_what_is_not_seen_goes() {
    let mut place = shown((3000, 2000), |at| (at % 7) as f32 / 7.0);
    let (bytes, squares) = place.harness.state().canvas.held();
    let window = place.harness.state().desk.window;
    assert!(bytes <= 4 * 16 * (window[0] * window[1]) as usize, "{bytes} bytes for {window:?}");
    assert_eq!(squares, 1, "all of it is one square");
    place.harness.state_mut().canvas.bytes_max = 20 << 20;
    for x in [200.0, 1500.0, 2900.0, 200.0] {
        look(&mut place, 4.0, [x, 300.0]);
        let (bytes, squares) = place.harness.state().canvas.held();
        assert!(squares > 0 && bytes <= 33 << 20, "what is seen and little more: {bytes} bytes at {x}");
    }
    let pixel = (202, 300);
    assert!(near(place.seen_at(pixel.0, pixel.1), [((pixel.1 * 3000 + pixel.0) % 7) as f32 / 7.0; 3]));
}

#[test]
fn where_a_new_b_has_no_pixels_nothing_of_the_old_one_stays() {
    let mut place = shown((1100, 64), |_| 0.0);
    lay(&mut place, Side::Second, (1100, 64), |_| 1.0);
    place.key(Key::X);
    assert_eq!(place.harness.state().desk.mode, Mode::Second);
    look(&mut place, 1.0, [1000.0, 32.0]);
    assert_eq!(place.seen(&[(1000, 10), (1090, 10)]), [[255; 3]; 2]);
    lay(&mut place, Side::Second, (1010, 64), |_| 1.0);
    look(&mut place, 1.0, [1000.0, 32.0]);
    assert_eq!(place.seen(&[(1000, 10), (1015, 10), (1090, 10)]), [[255; 3], [0; 3], [0; 3]]);
}

#[test]
fn numbers_that_are_no_light_are_seen_as_they_are_from_afar() {
    let mut place = window(0);
    let path = place.folder.path().join("ids.exr");
    let ids = (0..800 * 400).map(|at| (at % 2) as f32).collect();
    let channels =
        AnyChannels::sort([AnyChannel::new("object_id.I", FlatSamples::F32(ids))].into_iter().collect());
    let layer = Layer::new((800, 400), LayerAttributes::default(), Encoding::SMALL_LOSSLESS, channels);
    Image::from_layer(layer).write().to_file(&path).expect("it can be written");
    place.read(Side::First, path);
    place.until("it is there", |window| window.desk.first.is_some());
    for zoom in [0.5, 0.3, 0.125] {
        look(&mut place, zoom, [400.0, 200.0]);
        let seen = place.seen(&[(404, 204), (300, 100), (513, 333)]);
        assert!(seen.iter().all(|seen| *seen == [0; 3] || *seen == [255; 3]), "no mean of two: {seen:?}");
    }
}
