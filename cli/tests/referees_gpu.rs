//! A referee as a program: artists name it by the key that it prints, and it waits for what they refuse.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::process::Stdio;
use std::time::{Duration, Instant};

use farm::{CoordinatorProcess, Running, gpu_is_there};
use program::{Ended, Place};

const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a referee; says by which key artists name it.
fn referee(place: &Place, coordinator: &str) -> (Running, String) {
    let mut command = place.command(&["referee", "--coordinator", coordinator, "--data", "referee"]);
    command.stdout(Stdio::piped()).stderr(place.log("referee.log"));
    let mut running = Running::start(command);
    let key = running.first_line();
    (running, key)
}

/// Starts a node that works only where this referee judges.
fn careful_node(place: &Place, coordinator: &str, referee: &str) -> Running {
    let line = ["node", "--coordinator", coordinator, "--data", "node", "--referee", referee];
    let mut command = place.command(&line);
    command.stdout(place.log("node.out")).stderr(place.log("node.log"));
    Running::start(command)
}

fn submit(place: &Place, coordinator: &str, referee: &str) -> Ended {
    let farm = ["--coordinator", coordinator, "--referee", referee, "--data", "artist"];
    let looks = ["submit", "lamp.gltf", "-o", "judged.exr", "--size", "96x64", "--spp", "16"];
    place.run(&[&looks[..], &farm].concat())
}

#[test]
fn a_job_with_a_referee_is_rendered_and_the_referee_leaves_when_it_is_asked_to_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let (mut running, key) = referee(&place, &coordinator.address);
    assert!(key.parse::<frame::NodeId>().is_ok(), "the first line is the key: {key:?}");
    let _node = careful_node(&place, &coordinator.address, &key);
    let ended = submit(&place, &coordinator.address, &key);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    assert!(ended.talk.contains("all of them right") && !ended.talk.contains("refused"), "{}", ended.talk);
    assert_eq!(place.run(&["exr", "check", "judged.exr"]).exit, 0);
    assert_eq!(place.run(&["verify", "judged.exr"]).exit, 0);
    let quote = |more: &[&str]| {
        let line = ["quote", "lamp.gltf", "--size", "96x64", "--spp", "16", "--json", "--data", "artist"];
        place.run(&[&line[..], &["--coordinator", &coordinator.address], more].concat())
    };
    // A node that has just finished is counted again when it next asks for work, a second later at most.
    let began = Instant::now();
    let judged = loop {
        let judged = quote(&["--referee", &key]);
        if judged.exit == 0 || began.elapsed() > PATIENCE {
            break judged;
        }
    };
    assert!(judged.exit == 0 && judged.data.contains("\"nodes\":1,"), "{} {}", judged.data, judged.talk);
    let unjudged = quote(&[]);
    assert_eq!(unjudged.exit, 4, "{}", unjudged.talk);
    assert!(unjudged.talk.contains("only where certain referees judge"), "{}", unjudged.talk);
    let log = || std::fs::read_to_string(place.path("referee.log")).expect("it was written");
    assert!(!log().contains("note: ") && !log().contains("error: "), "there was nothing to judge: {}", log());
    #[cfg(unix)]
    {
        let asked = std::process::Command::new("kill").args(["-INT", &running.0.id().to_string()]).status();
        assert!(asked.is_ok_and(|asked| asked.success()));
        assert_eq!(running.wait(PATIENCE), Some(0), "{}", log());
        let (_again, same) = referee(&place, &coordinator.address);
        assert_eq!(same, key, "its key stays");
    }
}

#[test]
fn a_referee_that_nobody_has_seen_is_told_and_nothing_is_left_behind() {
    let place = Place::new();
    let coordinator = CoordinatorProcess::start(&place, 0);
    let ended = submit(&place, &coordinator.address, &"ab".repeat(32));
    assert_eq!(ended.exit, 4, "{}", ended.talk);
    let told = "error: no referee with this key has attended at the coordinator\n  help: let it run there, and try again";
    assert!(ended.talk.contains(told), "{}", ended.talk);
    let jobs = place.run(&["jobs", "--data", "artist"]);
    assert_eq!((jobs.exit, jobs.data.as_str()), (0, ""), "{}", jobs.talk);
    let left = place.files();
    assert!(left.iter().all(|name| !name.ends_with(".exr")), "{left:?}");
    let kept = std::fs::read_dir(place.path("artist/jobs")).expect("it can be listed");
    assert_eq!(kept.count(), 0, "no folder of a job is kept");
}
