//! `demo --liars` and `submit`: nodes that do not render what they are paid for are caught, and honest ones are not.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use farm::{CoordinatorProcess, gpu_is_there, node};
use program::Place;

fn lines(data: &str) -> Vec<serde_json::Value> {
    data.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// How much was looked at, as it is told at the end.
fn audited(lines: &[serde_json::Value]) -> &serde_json::Value {
    lines.iter().find(|line| line["event"] == "audited").expect("it is told")
}

#[test]
fn every_way_to_cheat_is_caught_and_the_picture_is_right_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    // Some sixty tiles: work for everybody, and what a stranger sends first is always looked at.
    let looks = ["--size", "320x180", "--json"];
    let demo = |nodes: &str, liars: &str, output: &str| {
        let ended =
            place.run(&[&["demo", "--nodes", nodes, "--liars", liars, "-o", output], &looks[..]].concat());
        assert_eq!(ended.exit, 0, "{}", ended.talk);
        lines(&ended.data)
    };
    let told = demo("5", "3", "lied.exr");
    let market = told.iter().find(|line| line["subject"] == "market").expect("it is told");
    let value = &market["value"];
    assert_eq!((&value["nodes"], value["liars"].as_array().map(Vec::len)), (&5.into(), Some(3)), "{market}");
    assert_eq!((&value["caught"], &value["accused"]), (&3.into(), &0.into()), "{market}");
    assert_eq!(audited(&told)["refused"], value["refused"], "{market}");
    let honest = demo("2", "0", "honest.exr");
    assert_eq!(audited(&honest)["refused"], 0);
    let same = place.run(&["exr", "diff", "lied.exr", "honest.exr", "--json"]);
    assert_eq!(
        (same.exit, lines(&same.data)[0]["value"]["identical"].as_bool()),
        (0, Some(true)),
        "{}",
        same.data
    );
}

#[test]
fn an_artist_looks_at_what_a_farm_sends_unless_told_not_to_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let _node = node(&place, &coordinator.address, "node");
    let submit = |output: &str, more: &[&str]| {
        let farm = ["--coordinator", &coordinator.address, "--data", "artist", "--json"];
        let looks = ["submit", "lamp.gltf", "-o", output, "--size", "96x64", "--spp", "16"];
        let ended = place.run(&[&looks[..], &farm, more].concat());
        assert_eq!(ended.exit, 0, "{}", ended.talk);
        lines(&ended.data)
    };
    let told = submit("looked.exr", &[]);
    let audits = audited(&told);
    assert!(audits["audited"].as_u64() >= Some(1) && audits["pixels"].as_u64() >= Some(16), "{audits}");
    assert_eq!(audits["refused"], 0, "{audits}");
    let told = submit("trusted.exr", &["--no-audit"]);
    assert!(told.iter().all(|line| line["event"] != "audited"), "{told:?}");
    assert_eq!(place.run(&["verify", "looked.exr"]).exit, 0);
}
