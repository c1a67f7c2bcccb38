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
    let says_same = |other: &str| {
        place
            .run(&["exr", "diff", "a.exr", other])
            .data
            .lines()
            .any(|line| line == "every channel has the same bits")
    };
    assert!(says_same("b.exr") && !says_same("c.exr"));
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
fn a_preview_or_denoised_picture_is_never_put_over_the_picture_itself() {
    let place = Place::new();
    paint(&place, "a.exr", 0.5);
    std::fs::copy(place.path("a.exr"), place.path("b.png")).expect("it was written");
    let before = std::fs::read(place.path("a.exr")).expect("it was written");
    let lines: [&[&str]; 5] = [
        &["exr", "to-png", "a.exr", "-o", "a.exr"],
        &["exr", "to-png", "b.png"],
        &["exr", "to-png", "b.png", "-o", "./b.png"],
        &["exr", "denoise", "a.exr", "-o", "./a.exr"],
        &["exr", "denoise", "a.exr", "-o", "b.png"],
    ];
    for line in lines {
        let ended = place.run(line);
        assert_eq!(ended.exit, 2, "{line:?}: {}", ended.talk);
    }
    for name in ["a.exr", "b.png"] {
        assert_eq!(std::fs::read(place.path(name)).expect("it is still there"), before, "{name}");
    }
}

#[test]
fn a_picture_without_alpha_is_sound_and_one_without_colours_is_not() {
    let place = Place::new();
    for (layer, exit) in [("albedo", 0), ("depth", 1)] {
        paint_noisy(&place, "a.exr", layer, None);
        let ended = place.run(&["exr", "check", "a.exr"]);
        assert_eq!(ended.exit, exit, "{layer}: {}{}", ended.data, ended.talk);
    }
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

/// A noisy 40x24 picture with every layer that the denoiser looks at.
fn paint_noisy(place: &Place, name: &str, layers: &str, exposure_scale: Option<&str>) {
    let size = FrameSize::new(40, 24).expect("in range");
    let draft = SettingsDraft { spp: 4, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft).expect("valid");
    let mut film = Film::new(TileGrid::new(size, 64, 0), settings);
    let rect = film.grid().rect(TileIndex(0)).expect("the only tile");
    let mut planes = TilePlanes::zeroed(rect, settings.planes);
    for plane in settings.planes.iter() {
        let values = planes.plane_mut(plane).expect("its own");
        values.iter_mut().enumerate().for_each(|(at, value)| {
            *value = match plane {
                Plane::Radiance => (at * 7919 % 101) as f32 / 25.0,
                Plane::Alpha | Plane::Hits => 4.0,
                _ => 2.0,
            };
        });
    }
    film.merge(TileIndex(0), Partial { node: TreeNode { level: 0, index: 0 }, planes }).expect("it fits");
    let metadata = exposure_scale.map(|scale| ("exposure_scale".to_owned(), scale.to_owned()));
    let metadata = metadata.into_iter().collect();
    let options = ExrOptions { layers: layers.parse().expect("layers"), metadata, ..ExrOptions::default() };
    exr::write(&place.path(name), &film.picture(), &options).expect("it can be written");
}

#[test]
fn a_picture_with_its_layers_is_denoised_later() {
    let place = Place::new();
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/denoiser/tiny.tdn");
    paint_noisy(&place, "noisy.exr", "beauty,albedo,normal,depth,variance,samples", None);
    let denoise = |file: &str, out: &str, more: &[&str]| {
        place.run(&[&["exr", "denoise", file, "-o", out, "--weights", weights], more].concat())
    };
    let ended = denoise("noisy.exr", "clean.exr", &[]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    assert_eq!(place.run(&["exr", "check", "clean.exr"]).exit, 0);
    assert_eq!(
        place.run(&["exr", "diff", "clean.exr", "noisy.exr", "--max-rel-mse", "0"]).exit,
        1,
        "it changed"
    );
    assert_eq!(denoise("noisy.exr", "dark.exr", &["--exposure", "0.01"]).exit, 0);
    assert!(place.run(&["exr", "info", "dark.exr"]).data.contains("exposure_scale = 0.01"));
    for (settled, used) in [("0.25", true), ("0", false), ("nan", false)] {
        paint_noisy(&place, "lit.exr", "beauty,albedo,normal,depth,variance,samples", Some(settled));
        assert_eq!(denoise("lit.exr", "as_rendered.exr", &[]).exit, 0);
        let facts = place.run(&["exr", "info", "as_rendered.exr"]).data;
        assert_eq!(facts.contains(&format!("exposure_scale = {settled}\n")), used, "{settled}: {facts}");
    }
    paint_noisy(&place, "blind.exr", "beauty,albedo,depth,variance,samples", None);
    let ended = denoise("blind.exr", "none.exr", &[]);
    assert!(ended.exit == 1 && ended.talk.contains("normal"), "{}", ended.talk);
    assert!(!place.path("none.exr").exists());
}
