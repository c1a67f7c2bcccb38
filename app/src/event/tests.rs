//! The JSON lines that programs depend on, word for word.

use frame::{FrameIndex, JobId, NodeId, TileIndex};

use super::*;

fn all_events() -> Vec<Event> {
    let text = |text: &str| text.to_owned();
    let (frame, tile, node) = (FrameIndex(7), TileIndex(3), NodeId([0xab; 32]));
    vec![
        Event::SceneOpened { scene: text("a.glb"), triangles: 4, camera: text("eye") },
        Event::RenderStarted {
            frames: 2,
            width: 640,
            height: 480,
            spp: 64,
            tiles: 20,
            tile_px: 128,
            adapter: text("llvmpipe"),
        },
        Event::PartialWritten { frame: 7, file: text("a.partial.exr") },
        Event::Denoised { frame: 7, pixels: 16, elapsed_s: 0.25 },
        Event::Steadied { frame: 7, file: text("a.exr"), elapsed_s: 0.25 },
        Event::RenderEnded { done_samples: 100, elapsed_s: 1.5 },
        Event::CoordinatorReady { address: text("tessera://h:1#k") },
        Event::CoordinatorAnnounced { name: text("Farm"), code: text("000 111 222 333 444 555") },
        Event::MetricsReady { address: text("http://127.0.0.1:9464/metrics") },
        Event::CoordinatorFound {
            name: text("Farm"),
            address: text("tessera://h:1#k"),
            code: text("000 111 222 333 444 555"),
        },
        Event::NodeReady { node: text("ab"), adapter: text("llvmpipe"), gpu: text("") },
        Event::NodeStatus { state: text("rendering"), tiles_done: 5, gpu: text("llvmpipe #2") },
        Event::NodeState {
            state: text("paused"),
            code: text("on_battery"),
            sentence: text("Paused"),
            gpu: text(""),
        },
        Event::RefereeReady { referee: text("ab") },
        Event::Uploaded { scenes: 1, sent_bytes: 10, known_bytes: 20 },
        Event::Quote(a_quote()),
        Event::JobSubmitted { job: text("cd") },
        Event::Job {
            job: text("cd"),
            state: text("open"),
            done: 0.25,
            frames: 2,
            output: text("a.exr"),
            shared: true,
            cost: 5,
        },
        Event::JobPaused { job: text("cd"), is_paused: true },
        Event::JobCancelled { job: text("cd") },
        Event::JobShared { job: text("cd"), link: text("tessera://h:1/view/cd#k=e&c=f") },
        Event::JobUnshared { job: text("cd") },
        Event::Looking { title: text("vase") },
        Event::Artist { is_away: true },
        Event::FrameSeen { frame: 7 },
        Event::Refused { frame: 7, tile: 3, node: text("ab"), why: text("why") },
        Event::Ruled { frame: 7, tile: 3, node: text("ab"), for_node: true, why: text("why") },
        Event::Audited { results: 9, audited: 5, pixels: 320, refused: 1 },
        Event::Finding { subject: text("disk"), value: serde_json::json!({"free": 1}), advice: None },
        Event::Error { exit: 3, message: text("what"), advice: text("do") },
        LiveEvent::JobAccepted { job: JobId([1; 16]), frames: 2, tiles_per_frame: 20 }.into(),
        LiveEvent::FrameStarted { frame }.into(),
        LiveEvent::TileLeased { frame, tile, node }.into(),
        LiveEvent::Progress { done_samples: 1, total_samples: 2, eta_seconds: Some(0.5) }.into(),
        LiveEvent::FrameWritten { frame, file: text("a.exr") }.into(),
        LiveEvent::Warning { message: text("look") }.into(),
        LiveEvent::Finished { frames_done: 2, frames_failed: 0 }.into(),
    ]
}

fn a_quote() -> Quote {
    Quote {
        frames: 2,
        width: 640,
        height: 480,
        spp: 64,
        time_s: Odds { p50: 12.5, p90: 20.25 },
        cost: Odds { p50: 30, p90: 40 },
        nodes: 3,
        nodes_unknown: 1,
        jobs: 2,
        send_bytes: 1000,
        adapter: "llvmpipe".into(),
        places: 24,
        took_s: 3.5,
    }
}

#[test]
fn every_line_is_what_programs_were_promised() {
    let lines: Vec<String> = all_events().iter().map(Event::to_json).collect();
    let promised: Vec<&str> = include_str!("lines.jsonl").lines().collect();
    assert_eq!(lines, promised, "changing or removing a field needs a new schema number");
}

#[test]
fn every_line_names_its_schema_and_event() {
    for event in all_events() {
        let line: serde_json::Value = serde_json::from_str(&event.to_json()).expect("JSON");
        assert_eq!(line["schema"], SCHEMA);
        assert!(line["event"].is_string(), "{line}");
    }
}
