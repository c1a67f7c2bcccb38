//! kill -9 of coordinator, node and artist at random moments, two artists' jobs at once: every job completes, the
//! pictures have the right bits, no tile is lost, none is paid twice, and the ledger sums to zero.
//!
//! A few runs by default; `TESSERA_KILL_RUNS=100` for the long one, `TESSERA_KILL_SEED` to repeat one.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::time::{Duration, Instant};

use farm::{CoordinatorProcess, Running, gpu_is_there, node};
use program::Place;
use render_net::market::audit;
use render_net::store::{SqliteStore, Store};

const LOOKS: [&str; 8] = ["--size", "48x32", "--spp", "64", "--tile", "16", "--max-bounces", "3"];
const PATIENCE: Duration = Duration::from_secs(240);
/// Killed nodes' work is open again soon, so that a run is work and not waiting.
const LAPSE: [&str; 2] = ["--lapse", "4"];
/// Kills in one run.
const KILLS: u32 = 3;

#[test]
fn kills_at_random_moments_lose_nothing_and_pay_nothing_twice_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let number =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let runs = number("TESSERA_KILL_RUNS", 2);
    let first_seed = number("TESSERA_KILL_SEED", 1);
    let reference = Place::new();
    let mut line = vec!["render", "lamp.gltf", "-o", "whole.exr", "--direct"];
    line.extend(LOOKS);
    let ended = reference.run(&line);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    let whole = std::fs::read(reference.path("whole.exr")).expect("it was written");
    for seed in first_seed..first_seed + runs {
        let killed = Run::new(seed, &whole).play();
        eprintln!("seed {seed}: complete after killing {killed:?}");
    }
}

/// One farm that is hurt.
struct Run {
    seed: u64,
    chance: Chance,
    place: Place,
    coordinator: CoordinatorProcess,
    nodes: Vec<Running>,
    artists: Vec<Artist>,
}

/// An artist's process, started again after each kill with whatever it needs by then.
struct Artist {
    name: String,
    process: Running,
    done: bool,
}

impl Run {
    fn new(seed: u64, whole: &[u8]) -> Self {
        let place = Place::new();
        place.write("whole.exr", whole);
        let coordinator = CoordinatorProcess::start_with(&place, 0, &LAPSE);
        let nodes = (0..2).map(|at| node(&place, &coordinator.address, &format!("node-{at}"))).collect();
        let artists = (0..2)
            .map(|at| {
                let name = format!("artist-{at}");
                let process = start_artist(&place, &coordinator.address, &name);
                Artist { name, process, done: false }
            })
            .collect();
        Self { seed, chance: Chance::of(seed), place, coordinator, nodes, artists }
    }

    fn play(mut self) -> Vec<String> {
        let mut killed = Vec::new();
        for _ in 0..KILLS {
            let pause = 50 + self.chance.below(3000);
            self.watch_artists(Duration::from_millis(pause));
            killed.push(self.kill_one());
        }
        let began = Instant::now();
        while self.artists.iter().any(|artist| !artist.done) {
            assert!(began.elapsed() < PATIENCE, "seed {}: still open\n{}", self.seed, self.logs());
            self.watch_artists(Duration::from_millis(100));
        }
        self.check();
        killed
    }

    /// Lets time pass; an artist that ended must have ended well.
    fn watch_artists(&mut self, span: Duration) {
        let began = Instant::now();
        while began.elapsed() < span {
            for at in 0..self.artists.len() {
                let artist = &mut self.artists[at];
                if artist.done {
                    continue;
                }
                if let Some(exit) = artist.process.wait(Duration::from_millis(1)) {
                    assert_eq!(
                        exit,
                        0,
                        "seed {}: {} failed\n{}",
                        self.seed,
                        self.artists[at].name,
                        self.logs()
                    );
                    self.artists[at].done = true;
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn kill_one(&mut self) -> String {
        match self.chance.below(3) {
            0 => {
                let port = self.coordinator.port();
                self.coordinator.process.kill();
                self.coordinator = CoordinatorProcess::start_with(&self.place, port, &LAPSE);
                "coordinator".into()
            }
            1 => {
                let at = self.chance.below(self.nodes.len() as u64) as usize;
                self.nodes[at].kill();
                self.nodes[at] = node(&self.place, &self.coordinator.address, &format!("node-{at}"));
                format!("node-{at}")
            }
            _ => {
                let at = self.chance.below(self.artists.len() as u64) as usize;
                let name = self.artists[at].name.clone();
                if !self.artists[at].done {
                    self.artists[at].process.kill();
                    self.artists[at].process = start_artist(&self.place, &self.coordinator.address, &name);
                }
                name
            }
        }
    }

    fn check(mut self) {
        for artist in &self.artists {
            let out = format!("{}.exr", artist.name);
            let ended = self.place.run(&["exr", "diff", &out, "whole.exr", "--json"]);
            let line: serde_json::Value = serde_json::from_str(ended.data.trim()).expect("one line of JSON");
            assert_eq!(line["value"]["identical"], true, "seed {}: {}", self.seed, ended.data);
            assert_eq!(self.place.run(&["verify", &out]).exit, 0, "seed {}", self.seed);
        }
        // The artist's last verdicts may still be on their way to the ledger's file.
        std::thread::sleep(Duration::from_millis(300));
        self.nodes.iter_mut().for_each(Running::kill);
        self.coordinator.process.kill();
        let mut store =
            SqliteStore::open(&self.place.path("coordinator/coordinator.sqlite")).expect("it opens");
        let mut records = store.begin().expect("a transaction begins");
        let health = audit(&mut *records).unwrap_or_else(|fault| panic!("seed {}: {fault}", self.seed));
        assert!(health.jobs_done >= 2, "seed {}: {health:?}", self.seed);
    }

    fn logs(&self) -> String {
        let names = self.place.files().into_iter().filter(|name| name.ends_with(".log"));
        names
            .map(|name| {
                let text = std::fs::read_to_string(self.place.path(&name)).unwrap_or_default();
                format!("== {name}\n{text}")
            })
            .collect()
    }
}

/// Collects the job that this artist has posted, or submits the scene when there is none yet.
fn start_artist(place: &Place, coordinator: &str, name: &str) -> Running {
    let out = format!("{name}.exr");
    let posted = place.run(&["jobs", "--data", name, "--json"]).data;
    let job = posted.lines().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let known = line["event"] == "job" && line["state"] != "unknown";
        known.then(|| line["job"].as_str().map(str::to_owned)).flatten()
    });
    let mut words: Vec<&str> = Vec::new();
    match &job {
        Some(job) => words.extend(["collect", job, "--data", name]),
        None => {
            words.extend(["submit", "lamp.gltf", "-o", &out, "--coordinator", coordinator, "--data", name]);
            words.extend(LOOKS);
        }
    }
    let mut command = place.command(&words);
    command.stdout(place.log(&format!("{name}.log"))).stderr(place.log(&format!("{name}.log")));
    Running::start(command)
}

/// SplitMix64 (Steele et al. 2014).
struct Chance(u64);

impl Chance {
    /// Mixed once first: a step adds a constant, so seeds in a row must not differ by something like it.
    fn of(seed: u64) -> Self {
        Self(Self(seed).below(u64::MAX))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % end
    }
}
