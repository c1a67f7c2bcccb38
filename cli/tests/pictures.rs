//! The `exr` verbs on pictures that were made for the purpose.

#[path = "support/program.rs"]
mod program;

use frame::exr::{self, ExrOptions};
use frame::{
    Film, FrameSize, Partial, Plane, RenderSettings, SettingsDraft, TileGrid, TileIndex, TilePlanes, TreeNode,
};
use program::Place;

/// A 6x4 picture of one radiance everywhere.
fn paint(place: &Place, name: &str, radiance: f32) {
    let size = FrameSize::new(6, 4).expect("in range");
    let settings =
        RenderSettings::new(SettingsDraft { spp: 1, ..SettingsDraft::defaults(size) }).expect("valid");
    let mut film = Film::new(TileGrid::new(size, 8, 0), settings);
    let rect = film.grid().rect(TileIndex(0)).expect("the only tile");
    let mut planes = TilePlanes::zeroed(rect, settings.planes);
    planes.plane_mut(Plane::Radiance).expect("always there").fill(radiance);
    planes.plane_mut(Plane::Alpha).expect("always there").fill(1.0);
    film.merge(TileIndex(0), Partial { node: TreeNode { level: 0, index: 0 }, planes }).expect("it fits");
    exr::write(&place.path(name), &film.picture(), &ExrOptions::default()).expect("it can be written");
}

#[test]
fn info_lists_the_contracts_channels() {
    let place = Place::new();
    paint(&place, "a.exr", 0.5);
    let ended = place.run(&["exr", "info", "a.exr"]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    for word in
        ["6x4", "R ", "noisy.G", "albedo.B", "normal.X", "depth.Z", "beauty, noisy, albedo, normal, depth"]
    {
        assert!(ended.data.contains(word), "{word}: {}", ended.data);
    }
}

#[test]
fn diff_fails_above_the_threshold_only() {
    let place = Place::new();
    paint(&place, "a.exr", 0.5);
    paint(&place, "b.exr", 0.5);
    paint(&place, "c.exr", 0.75);
    let exit = |line: &[&str]| place.run(line).exit;
    assert_eq!(exit(&["exr", "diff", "a.exr", "b.exr", "--max-rel-mse", "0"]), 0);
    assert_eq!(exit(&["exr", "diff", "c.exr", "a.exr", "--max-rel-mse", "0.1"]), 1);
    assert_eq!(exit(&["exr", "diff", "c.exr", "a.exr", "--max-rel-mse", "0.3"]), 0);
    assert_eq!(exit(&["exr", "diff", "c.exr", "a.exr"]), 0, "without a threshold it only tells");
    assert!(place.run(&["exr", "diff", "a.exr", "b.exr"]).data.contains("same bits"));
}

#[test]
fn check_and_preview_take_a_sound_picture() {
    let place = Place::new();
    paint(&place, "a.exr", 0.5);
    assert_eq!(place.run(&["exr", "check", "a.exr"]).exit, 0);
    assert_eq!(place.run(&["exr", "to-png", "a.exr"]).exit, 0);
    let png = std::fs::read(place.path("a.png")).expect("it was written");
    assert!(png.starts_with(b"\x89PNG"));
    let json = place.run(&["exr", "check", "a.exr", "--json"]).data;
    let line: serde_json::Value = serde_json::from_str(json.trim()).expect("one line of JSON");
    assert_eq!((&line["subject"], &line["value"]["nan"]), (&"check".into(), &0.into()));
}

#[test]
fn a_picture_with_a_hole_is_not_sound() {
    let place = Place::new();
    paint(&place, "a.exr", f32::MAX);
    // Halves are clamped when written, so the bright picture is sound; cutting the file is not.
    assert_eq!(place.run(&["exr", "check", "a.exr"]).exit, 0);
    let whole = std::fs::read(place.path("a.exr")).expect("it was written");
    place.write("cut.exr", &whole[..whole.len() - 40]);
    assert_eq!(place.run(&["exr", "check", "cut.exr"]).exit, 1);
}
