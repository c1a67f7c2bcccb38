//! Files that are not what they should be: each is told in one sentence with one advice, over the picture that was there.

use viewer::camera::Camera;
use viewer::trouble::Trouble;

use super::*;

/// One sentence and one advice, both for people.
pub(crate) fn assert_is_told(trouble: &Trouble, about: &str) {
    let is_sentence = |text: &str| text.ends_with('.') && !text.contains('\n') && text.len() < 240;
    assert!(is_sentence(&trouble.what) && is_sentence(&trouble.advice), "{trouble:?}");
    assert!(trouble.what.contains(about), "{trouble:?} is about {about}");
    for word in ["Err(", "None", "panicked", "os error 22", "unwrap"] {
        assert!(!trouble.what.contains(word), "{trouble:?} is for people");
    }
}

/// Reads a file that cannot be shown, over a good one, and gives back what was told.
fn told(place: &mut Place, path: PathBuf) -> Trouble {
    place.read(Side::First, path);
    place.until("it is told", |window| window.desk.trouble.is_some());
    let trouble = place.harness.state().desk.trouble.clone().expect("it was waited for");
    for words in [&trouble.what, &trouble.advice] {
        assert!(place.harness.query_all_by_label(words).count() > 0, "{words:?} is in the window");
    }
    trouble
}

/// A picture of one colour.
pub(crate) fn plain(path: &Path, size: (usize, usize), value: impl Fn(usize) -> f32) {
    let channels = ["R", "G", "B"]
        .map(|name| AnyChannel::new(name, FlatSamples::F32((0..size.0 * size.1).map(&value).collect())));
    let channels = AnyChannels::sort(channels.into_iter().collect());
    let layer = Layer::new(size, LayerAttributes::default(), Encoding::SMALL_LOSSLESS, channels);
    Image::from_layer(layer).write().to_file(path).expect("it can be written");
}

#[test]
fn a_file_that_cannot_be_shown_is_told_over_the_picture_that_was_there() {
    let mut place = window(1);
    let good = std::fs::read(place.folder.path().join("a.exr")).expect("it was written");
    let halves: Vec<usize> = vec![good.len() / 2, good.len() - 1, 4, 40];
    let cut = halves.into_iter().map(|length| ("cut.exr", good[..length].to_vec()));
    let mut header = good.clone();
    header[8..].fill(0xff);
    let others = [("text.exr", b"no picture".to_vec()), ("empty.exr", Vec::new()), ("header.exr", header)];
    for (name, bytes) in cut.chain(others) {
        let path = place.folder.path().join(name);
        std::fs::write(&path, &bytes).expect("it can be written");
        let trouble = told(&mut place, path);
        assert_is_told(&trouble, name);
        let desk = &place.harness.state().desk;
        assert_eq!(desk.first.as_ref().map(|first| first.picture.name.as_str()), Some("a.exr"), "{name}");
        place.harness.get_by_label("Close this note").click();
        place.harness.run_steps(3);
        assert_eq!(place.harness.state().desk.trouble, None, "it was read");
    }
    let (missing, folder) = (place.folder.path().join("missing.exr"), place.folder.path().join("folder.exr"));
    std::fs::create_dir(&folder).expect("it can be made");
    assert_is_told(&told(&mut place, missing), "missing.exr");
    place.key(Key::C);
    assert_is_told(&told(&mut place, folder), "folder.exr");
    let next = file(place.folder.path(), "next.exr", 1.0);
    place.read(Side::First, next);
    place.until("the next file is shown", |window| {
        window.desk.first.as_ref().is_some_and(|first| first.picture.name == "next.exr")
    });
    assert_eq!(place.harness.state().desk.trouble, None, "and nothing is wrong any more");
}

#[test]
fn light_that_is_no_number_is_counted_and_shown_in_magenta() {
    let mut place = window(0);
    let path = place.folder.path().join("broken.exr");
    let broken = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    plain(&path, (64, 48), |at| if at % 64 < 3 && at < 64 { broken[at] } else { 0.18 });
    let trouble = told(&mut place, path.clone());
    assert_eq!(trouble.what, "3 pixels of beauty are infinite or no numbers, and are shown in magenta.");
    assert_is_told(&trouble, "beauty");
    for transform in Transform::ALL {
        place.harness.state_mut().desk.view = View { transform, ..View::default() };
        let seen = place.seen(&[(0, 0), (1, 0), (2, 0), (3, 0)]);
        assert!(seen[..3].iter().all(|pixel| *pixel == [255, 0, 255]), "{transform:?}: {seen:?}");
        assert_ne!(seen[3], [255, 0, 255]);
    }
    // Compared with itself: a number comes out, or none, and nobody panics.
    place.key(Key::C);
    place.read(Side::Second, path);
    place.until("B is there", |window| window.desk.second.is_some());
    place.key(Key::D);
    assert_eq!(place.harness.state().desk.mode, Mode::Difference);
    place.harness.hover_at(place.on_screen(1, 0));
    place.harness.run_steps(3);
    assert!(place.harness.query_all_by_label("inf").count() >= 3, "the file's own numbers");
}

#[test]
fn a_picture_as_wide_as_no_texture_is_shown_whole() {
    let mut place = window(0);
    let path = place.folder.path().join("wide.exr");
    plain(&path, (16_384, 24), |at| if at % 16_384 > 16_000 { 1.0 } else { 0.0 });
    place.read(Side::First, path);
    place.until("it is there", |window| window.desk.first.is_some());
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    for (x, seen) in [(8_000, [0; 3]), (16_200, [255; 3])] {
        let camera = Camera { centre: [x as f32, 12.0], zoom: 4.0, is_fit: false };
        place.harness.state_mut().desk.camera = Some(camera);
        place.harness.run_steps(3);
        assert_eq!(place.seen_at(x, 12), seen, "at column {x}");
    }
    place.key(Key::F);
    place.key(Key::Num1);
    let context = place.harness.ctx.clone();
    for _ in 0..200 {
        place.harness.state_mut().run(viewer::command::Command::Look(1, 0), &context);
    }
    place.harness.run_steps(3);
    assert_eq!(place.harness.state().desk.trouble, None);
}

#[test]
fn pictures_of_two_sizes_are_laid_corner_to_corner_and_that_is_told() {
    let mut place = window(1);
    let path = place.folder.path().join("small.exr");
    plain(&path, (32, 24), |_| 1.0);
    place.read(Side::Second, path);
    place.until("B is there", |window| window.desk.second.is_some());
    let trouble = place.harness.state().desk.trouble.clone().expect("sizes differ");
    assert_is_told(&trouble, "A has 64 by 48 pixels and B has 32 by 24.");
    assert!(place.harness.query_by_label(&trouble.what).is_some());
    place.harness.state_mut().desk.view.transform = Transform::Raw;
    for key in [Key::D, Key::X] {
        place.key(key);
        let seen = place.seen(&[(8, 8), (50, 40)]);
        assert!(seen[0] != [0; 3], "{key:?}: {seen:?}");
    }
    assert!(place.harness.query_by_label_contains("differ in size").is_none(), "X shows B alone");
    place.key(Key::D);
    assert!(place.harness.query_by_label_contains("differ in size").is_some(), "in place of numbers");
}
