//! What a coordinator and a node tell over HTTP while a job is rendered, when they do not do their job, and to strangers who mean harm.

#[path = "support/canaries.rs"]
#[allow(dead_code, reason = "only the words and the bytes of the scene are looked for")]
mod canaries;
#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use canaries::Canaries;
use farm::{CoordinatorProcess, Running, gpu_is_there, wait_until};
use program::Place;

/// For what takes seconds; what is waited for for so long did not happen.
const PATIENCE: Duration = Duration::from_secs(180);
/// 12 tiles of one block.
const LOOK: [&str; 8] = ["--size", "64x48", "--spp", "16", "--tile", "16", "--data", "artist"];

/// Something that serves metrics.
#[derive(Clone, Copy)]
struct Told(SocketAddr);

impl Told {
    /// As it stands in what a program has written.
    fn find(place: &Place, log: &str) -> Self {
        let mut found = None;
        wait_until("it tells where its metrics are", PATIENCE, || {
            let text = std::fs::read_to_string(place.path(log)).unwrap_or_default();
            let after = text.split_once("http://").and_then(|(_, rest)| rest.split_once("/metrics"));
            found = after.and_then(|(address, _)| address.parse().ok());
            found.is_some()
        });
        Self(found.expect("it was waited for"))
    }

    /// Sends these bytes and reads to the end; empty when nobody answers.
    fn send(self, request: &[u8]) -> String {
        let Ok(mut stream) = TcpStream::connect(self.0) else { return String::new() };
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        // Who is refused in the middle of a request hears it by the connection's end.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.0).as_bytes())
    }

    /// The value of one sample, such as `name{label="a"}`.
    fn value(self, sample: &str) -> Option<f64> {
        let page = self.get("/metrics");
        let line = page.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok())
    }

    /// Status and body of the health check.
    fn health(self) -> (u16, serde_json::Value) {
        let answer = self.get("/healthz");
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or_default())
    }
}

fn coordinator(place: &Place) -> (CoordinatorProcess, Told) {
    let coordinator = CoordinatorProcess::start_with(place, 0, &["--metrics", "0"]);
    let told = Told::find(place, "coordinator.log");
    (coordinator, told)
}

/// By its environment, as in a service or a container.
fn node(place: &Place, coordinator: &str) -> (Running, Told) {
    let mut command = place.command(&["node", "--data", "node", "--json"]);
    command.env("TESSERA_COORDINATOR", coordinator).env("TESSERA_METRICS", "127.0.0.1:0");
    command.stdout(place.log("node.events")).stderr(place.log("node.log"));
    let running = Running::start(command);
    (running, Told::find(place, "node.events"))
}

fn submit(place: &Place, scene: &str, coordinator: &str) {
    let line = [&["submit", scene, "-o", "out.exr", "--coordinator", coordinator][..], &LOOK].concat();
    let ended = place.run(&line);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
}

#[test]
fn an_address_in_use_is_told_before_anything_is_made() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let key = "tessera://127.0.0.1:1#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for line in [
        vec!["coordinator", "--listen", "127.0.0.1:0", "--data", "made", "--metrics", &port],
        vec!["node", "--coordinator", key, "--data", "made", "--metrics", &port],
    ] {
        let ended = place.run(&line);
        assert_eq!(ended.exit, 4, "{}", ended.talk);
        let told = format!(
            "error: the address 127.0.0.1:{port} cannot be used for metrics: another program uses it\n  help: stop what uses it, or choose another --metrics address\n"
        );
        assert_eq!(ended.talk, told);
        assert!(!place.path("made").exists(), "{line:?}");
    }
    let ended = place.run(&["coordinator", "--metrics", "here"]);
    assert!(ended.exit == 2 && ended.talk.contains("such as 9464"), "{}", ended.talk);
}

#[test]
fn a_coordinator_whose_place_of_sealed_data_is_gone_says_so() {
    let place = Place::new();
    let (_coordinator, told) = coordinator(&place);
    let (status, health) = told.health();
    assert_eq!((status, &health["state"]), (200, &"serving".into()), "{health}");
    std::fs::remove_dir_all(place.path("coordinator/objects")).expect("the folder is there");
    wait_until("it says so", PATIENCE, || told.health().0 == 503);
    let (_, health) = told.health();
    assert_eq!(health["sentence"], "the place of sealed data does not answer");
    assert_eq!(told.value("tessera_coordinator_objects_up"), Some(0.0));
    assert_eq!(told.value("tessera_coordinator_store_up"), Some(1.0));
}

#[test]
fn both_sides_count_what_a_job_had_and_tell_nothing_of_whose_it_was_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let canaries = Canaries::plant(&place, "secret.gltf");
    let (mut coordinator, farm) = coordinator(&place);
    let (_node, worker) = node(&place, &coordinator.address);
    submit(&place, "secret.gltf", &coordinator.address);
    let delivered = "tessera_node_tiles_total{gpu=\"0\",outcome=\"delivered\"}";
    wait_until("the node has heard of its last tile", PATIENCE, || worker.value(delivered) == Some(12.0));
    for (event, count) in [("delivered", 12.0), ("accepted", 12.0), ("refused", 0.0), ("disputed", 0.0)] {
        let sample = format!("tessera_coordinator_results_total{{event=\"{event}\"}}");
        assert_eq!(farm.value(&sample), Some(count), "{event}");
    }
    for event in ["posted", "done"] {
        let sample = format!("tessera_coordinator_jobs_total{{event=\"{event}\"}}");
        assert_eq!(farm.value(&sample), Some(1.0), "{event}");
    }
    let pay = |step| farm.value(&format!("tessera_coordinator_pay_credits_total{{step=\"{step}\"}}"));
    assert!(pay("held") > Some(0.0) && pay("held") == pay("posted"), "{:?}", pay("held"));
    assert_eq!(worker.value("tessera_node_credits_total{gpu=\"0\"}"), pay("held"));
    // On a machine that is busy with other things a lease may lapse and be rendered again.
    assert!(worker.value("tessera_node_samples_total{gpu=\"0\"}") >= Some(f64::from(64 * 48 * 16)));
    assert!(worker.value("tessera_node_tile_seconds_count{gpu=\"0\"}") >= Some(12.0));
    assert!(worker.value("tessera_node_fetched_bytes_total{gpu=\"0\"}") > Some(0.0));
    wait_until("the node is there", PATIENCE, || {
        farm.value("tessera_coordinator_peers{role=\"node\"}") == Some(1.0)
    });
    wait_until("the store was asked again", PATIENCE, || {
        farm.value("tessera_coordinator_active_jobs") == Some(0.0)
    });
    let turns = farm.value("tessera_coordinator_store_turn_seconds_count");
    assert!(turns > Some(1.0), "{turns:?}");

    let jobs = place.run(&["jobs", "--data", "artist"]).data;
    let job = jobs.split_whitespace().next().expect("there is one").to_owned();
    let events = std::fs::read_to_string(place.path("node.events")).expect("it spoke");
    let ready = events.lines().find(|line| line.contains("node_ready")).expect("it was connected");
    let ready: serde_json::Value = serde_json::from_str(ready).expect("JSON");
    let node_key = ready["node"].as_str().expect("its key").to_owned();
    let key = coordinator.address.split_once('#').expect("a key").1.to_owned();
    for told in [farm, worker] {
        for path in ["/metrics", "/healthz"] {
            let text = told.get(path);
            assert_eq!(canaries.found_in(text.as_bytes()), Vec::<String>::new());
            for secret in [&job, &node_key, &key, "secret", "out.exr", "127.0.0.1"] {
                assert!(!text.contains(secret), "{path} tells {secret}");
            }
        }
    }

    assert_eq!(place.run(&["node", "pause", "--data", "node"]).exit, 0);
    let paused = "tessera_node_state{gpu=\"0\",code=\"paused_by_you\"}";
    wait_until("the pause is told", PATIENCE, || worker.value(paused) == Some(1.0));
    let (status, health) = worker.health();
    assert_eq!((status, &health["sentence"]), (200, &"Paused: you asked for it".into()), "{health}");
    assert_eq!(place.run(&["node", "resume", "--data", "node"]).exit, 0);
    coordinator.process.kill();
    wait_until("the node is alone", PATIENCE, || worker.health().0 == 503);
    assert_eq!(worker.health().1["sentence"], "the coordinator cannot be reached");
    assert_eq!(worker.value("tessera_node_connected{gpu=\"0\"}"), Some(0.0));
}

#[test]
fn strangers_who_mean_harm_leave_the_farm_rendering_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let (coordinator, farm) = coordinator(&place);
    let (_node, worker) = node(&place, &coordinator.address);
    let mut silent = Vec::new();
    for told in [farm, worker] {
        silent.extend((0..100).filter_map(|_| TcpStream::connect(told.0).ok()));
        let endless = [b"GET /metrics HTTP/1.1\r\nX: ".as_slice(), &vec![b'a'; 10 << 20]].concat();
        assert!(!told.send(&endless).contains(" 200 "));
        let posted = told.send(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
        assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
        assert!(told.get("/jobs").starts_with("HTTP/1.1 404 "));
    }
    submit(&place, "lamp.gltf", &coordinator.address);
    for told in [farm, worker] {
        let version = format!("tessera_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        assert_eq!(told.value(&version), Some(1.0));
    }
    drop(silent);
}

/// The rules of Prometheus' own tool, where it is installed.
#[test]
fn promtool_finds_nothing_to_complain_about() {
    let place = Place::new();
    let (_coordinator, told) = coordinator(&place);
    let page = told.get("/metrics");
    let page = page.split_once("\r\n\r\n").expect("an answer").1;
    let mut command = std::process::Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut tool) = command.spawn() else {
        // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no promtool here, so only our own rules were checked");
        return;
    };
    tool.stdin.take().expect("it is piped").write_all(page.as_bytes()).expect("it reads");
    let checked = tool.wait_with_output().expect("it ends");
    let told = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success() && told.is_empty(), "{told}");
}
