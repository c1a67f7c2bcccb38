//! `quote`: what a render takes on this computer and on a farm, told before anything is sent.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use farm::{CoordinatorProcess, gpu_is_there, node, wait_until};
use program::Place;

const PATIENCE: Duration = Duration::from_secs(120);
const LOOKS: [&str; 7] = ["quote", "lamp.gltf", "--size", "96x64", "--spp", "32", "--json"];

/// The one `quote` among the lines.
fn quote(data: &str) -> serde_json::Value {
    let lines = data.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let mut quotes: Vec<_> = lines.filter(|line| line["event"] == "quote").collect();
    assert_eq!(quotes.len(), 1, "{data}");
    quotes.remove(0)
}

fn odds(quote: &serde_json::Value, what: &str) -> (f64, f64) {
    let of = |name: &str| quote[what][name].as_f64().expect("a number");
    (of("p50"), of("p90"))
}

#[test]
fn what_this_computer_takes_is_told_and_nothing_is_left_behind_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let before = place.files();
    for denoise in ["node", "local", "off"] {
        let ended = place.run(&[&LOOKS[..], &["--denoise", denoise]].concat());
        assert_eq!(ended.exit, 0, "{}", ended.talk);
        let quote = quote(&ended.data);
        let (half, most) = odds(&quote, "time_s");
        assert!(half > 0.0 && most >= half, "{quote}");
        assert_eq!((odds(&quote, "cost"), quote["nodes"].as_u64()), ((0.0, 0.0), Some(0)), "{quote}");
    }
    let people = place.run(&LOOKS[..6]);
    assert!(people.data.starts_with("A picture of 96x64 at 32 spp will take"), "{}", people.data);
    assert_eq!(place.files(), before);
}

#[test]
fn what_a_farm_takes_is_told_or_why_it_cannot_be_had_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let ask = |more: &[&str]| {
        let farm = ["--coordinator", &coordinator.address, "--data", "artist"];
        place.run(&[&LOOKS[..], &farm, more].concat())
    };
    let told = |more: &[&str], exit: i32, word: &str| {
        let ended = ask(more);
        assert_eq!(ended.exit, exit, "{more:?}: {}", ended.talk);
        assert!(ended.talk.contains(word), "{more:?} says {word:?}: {}", ended.talk);
    };
    told(&[], 4, "no node works or waits");
    let _node = node(&place, &coordinator.address, "node");
    let mut ended = ask(&[]);
    wait_until("a node that waits", PATIENCE, || {
        let is_there = ended.exit == 0;
        if !is_there {
            ended = ask(&[]);
        }
        is_there
    });
    let quote = quote(&ended.data);
    // A node's usual price is 1000 micro-credits for a million samples.
    let cost = f64::from(96 * 64 * 32 / 1000);
    let (half, most) = odds(&quote, "cost");
    assert!((half - cost).abs() <= 1.0 && (most - cost).abs() <= 1.0, "{quote}");
    assert!(odds(&quote, "time_s").0 > 0.0 && quote["send_bytes"].as_u64() > Some(0), "{quote}");
    for (what, count) in [("nodes", 1), ("nodes_unknown", 1), ("jobs", 0)] {
        assert_eq!(quote[what].as_u64(), Some(count), "{quote}");
    }
    told(&["--nodes", &"ab".repeat(32)], 4, "none of the nodes that are named");
    told(&["--max-price", "999"], 5, "at least 1000 micro-credits");
    told(&["--max-price", "1000000000", "--frames", "1-6000"], 5, "are available");
    let jobs = place.run(&["jobs", "--data", "artist"]);
    assert_eq!((jobs.exit, jobs.data.as_str()), (0, ""), "nothing was posted: {}", jobs.talk);
}
