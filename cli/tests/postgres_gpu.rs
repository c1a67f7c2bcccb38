//! A coordinator whose rows are in PostgreSQL, as processes: killed with -9 in the middle of a job and started again, it goes on; the
//! picture has the bits of `--direct`, and no file holds the password.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;
#[path = "../../tests/src/throwaway_postgres.rs"]
mod throwaway_postgres;

use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;
use render_net::market::audit;
use render_net::store::{PostgresAddress, PostgresStore, Store};
use throwaway_postgres::{PASSWORD, Server};

const LOOKS: [&str; 8] = ["--size", "48x32", "--spp", "64", "--tile", "16", "--max-bounces", "3"];
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn a_coordinator_on_postgres_is_killed_and_goes_on_on_a_gpu() {
    let Some(server) = Server::start("-c fsync=off") else { return };
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let mut line = vec!["render", "lamp.gltf", "-o", "whole.exr", "--direct"];
    line.extend(LOOKS);
    let ended = place.run(&line);
    assert_eq!(ended.exit, 0, "{}", ended.talk);

    let store = server.address_without_password("studio");
    let more = ["--store", &store, "--lapse", "4"];
    let start = |port| CoordinatorProcess::start_in(&place, port, &more, &[("PGPASSWORD", PASSWORD)]);
    let mut coordinator = start(0);
    let mut working = node(&place, &coordinator.address, "node");
    let mut words = vec!["submit", "lamp.gltf", "-o", "sent.exr", "--coordinator", &coordinator.address];
    words.extend(["--data", "artist"]);
    words.extend(LOOKS);
    let mut command = place.command(&words);
    command.stdout(place.log("artist.log")).stderr(place.log("artist.log"));
    let mut artist = Running::start(command);
    let delivered =
        || std::fs::read_to_string(place.path("node.events")).unwrap_or_default().contains("deliver");
    wait_until("the first tile", PATIENCE, delivered);
    let port = coordinator.port();
    coordinator.process.kill();
    assert_eq!(artist.wait(Duration::from_millis(100)), None, "the job is not done yet");
    coordinator = start(port);
    let exit = artist.wait(PATIENCE);
    assert_eq!(exit, Some(0), "{}", std::fs::read_to_string(place.path("artist.log")).unwrap_or_default());
    let ended = place.run(&["exr", "diff", "sent.exr", "whole.exr", "--json"]);
    let line: serde_json::Value = serde_json::from_str(ended.data.trim()).expect("one line of JSON");
    assert_eq!(line["value"]["identical"], true, "{}", ended.data);
    assert_eq!(place.run(&["verify", "sent.exr"]).exit, 0);
    working.kill();
    coordinator.process.kill();

    let address = PostgresAddress::parse(&store, Some(PASSWORD)).expect("an address");
    let mut store = PostgresStore::open(&address).expect("it opens");
    let health = audit(&mut *store.begin().expect("begins")).expect("healthy");
    assert_eq!(health.jobs_done, 1, "{health:?}");
    assert!(!place.path("coordinator/coordinator.sqlite").exists(), "the rows are elsewhere");
    for name in place.files() {
        let Ok(bytes) = std::fs::read(place.path(&name)) else { continue };
        let found = memchr::memmem::find(&bytes, PASSWORD.as_bytes());
        assert_eq!(found, None, "{name} holds the password");
    }
}
