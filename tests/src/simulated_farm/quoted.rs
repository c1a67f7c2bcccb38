//! A farm that works, and an artist who asks what a job will take before it is posted.
//!
//! Nobody lies, dies or is cut off: no quote foresees that. Nodes have worked before, for another scene, and other jobs come and go beside the one
//! that is asked about.

use frame::{FrameIndex, FrameSize, JobId, TileIndex};
use render_net::wire::{
    Bounded, JobPost, JobShape, ObjectName, Offers, Opaque, Request, Response, ShapeDraft,
};

use super::chance::Chance;
use super::plan::{EDGE_PX, NodePlan, Plan, WirePlan};
use super::scene::{Scene, normal};
use super::world::Peer;
use super::{Broken, Farm};

/// The artist who asks.
const ASKS: usize = 1;
/// Samples per second of the artist's own computer in the scene by which computers are compared.
const HERE: f64 = 50_000.0;
/// Tiles that are looked at there, and how well they are timed: standard deviation of the logarithm.
const LOOKS: u64 = 24;
const TIMING: f64 = 0.05;
/// The slowest node alone for the largest jobs.
const LONGEST_MS: u64 = 48 * 3_600_000;

/// What an artist knew before a job was posted, and what became of it.
#[derive(Clone, Debug)]
pub struct Quoted {
    /// The job.
    pub shape: JobShape,
    /// What the market said.
    pub offers: Offers,
    /// What a sample took on the artist's computer, seconds, at some places.
    pub places: Vec<f64>,
    /// What it took there in the scene by which computers are compared.
    pub bench: Vec<f64>,
    /// How long the job took, from the market's answer to the last result.
    pub took_s: f64,
    /// What was paid for it.
    pub cost: u64,
}

/// Plays such a farm to its end.
pub fn play_quoted(seed: u64) -> Result<Quoted, Broken> {
    let plan = Plan::of_quote(seed);
    let (scene, post) = (plan.scenes[ASKS], plan.jobs[ASKS].clone());
    let mut farm = Farm::new(seed, plan);
    let mut story = || {
        farm.run_until_seen()?;
        let (offers, took_ms) = farm.artists[ASKS].inquiry().ok_or("nothing was asked")?;
        let offers = offers.clone();
        let Response::Jobs(jobs) = farm.hub.ask(Peer::Artist(ASKS), Request::Jobs)? else {
            return Err("jobs were asked for".to_owned());
        };
        let cost = jobs.iter().map(|card| card.cost).sum();
        let mut chance = Chance::new(seed ^ 0x100c_5eed);
        let places = looks(&post.shape, &scene, &mut chance);
        let bench = looks(&post.shape, &Scene::usual(), &mut chance);
        let shape = post.shape.clone();
        Ok(Quoted { shape, offers, places, bench, took_s: took_ms as f64 / 1000.0, cost })
    };
    let outcome = story();
    outcome.map_err(|what| Broken { seed, at_ms: farm.world.now_ms, what })
}

impl Farm {
    /// Until the artist who asked has everything.
    fn run_until_seen(&mut self) -> Result<(), String> {
        self.begin();
        while let Some(happening) = self.world.next() {
            if self.world.now_ms > LONGEST_MS {
                return Err(format!("it does not end: {}", self.where_it_stands()));
            }
            self.happen(happening)?;
            if self.artists[ASKS].is_done() {
                return Ok(());
            }
        }
        Err("nothing happens any more".to_owned())
    }
}

fn looks(shape: &JobShape, scene: &Scene, chance: &mut Chance) -> Vec<f64> {
    let look = |_| {
        let frame = shape.frames[chance.within(0, shape.frames.len() as u64 - 1) as usize];
        let tile = TileIndex(chance.within(0, u64::from(shape.grid().len()) - 1) as u32);
        scene.dear_at(FrameIndex(frame), tile) * normal(chance, TIMING).exp() / HERE
    };
    (0..LOOKS).map(look).collect()
}

impl Plan {
    fn of_quote(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x0907_ed00);
        let nodes = (0..chance.within(1, 6)).map(|_| node(&mut chance)).collect();
        // The first job is what the nodes' speeds are known from; the second is asked about; the others come when they come.
        let asked_ms = chance.within(60_000, 400_000);
        let mut jobs = vec![job(&mut chance, 0), job(&mut chance, 1)];
        let mut scenes = vec![Scene::drawn(&mut chance, 0), Scene::drawn(&mut chance, asked_ms)];
        for at in 2..2 + chance.within(0, 2) {
            jobs.push(job(&mut chance, at));
            let comes_ms = asked_ms - chance.within(0, 60_000);
            scenes.push(Scene::drawn(&mut chance, comes_ms));
        }
        let wire = WirePlan {
            lost: 0,
            doubled: 0,
            late: 0,
            delay_ms: chance.within(5, 60),
            artist_cuts: Vec::new(),
            artist_deaths: Vec::new(),
        };
        let (store_fails, crashes, verdict_ms) = (0, Vec::new(), 24 * 3_600_000);
        Self {
            nodes,
            jobs,
            scenes,
            wire,
            store_fails,
            crashes,
            verdict_ms,
            quoted: Some(ASKS),
            referee: None,
            unfair: 0,
            pauses: Vec::new(),
        }
    }
}

fn node(chance: &mut Chance) -> NodePlan {
    NodePlan {
        block_ms: chance.within(100, 200) << chance.within(0, 4),
        // So high that rounding each piece's pay down is not seen, as with real tiles, which are larger.
        price: chance.within(1, 20) * 100_000,
        lies: 0,
        fails: 0,
        deaths: Vec::new(),
        cuts: Vec::new(),
        owner: Vec::new(),
    }
}

fn job(chance: &mut Chance, at: u64) -> JobPost {
    let side = |chance: &mut Chance| (chance.within(4, 12) * u64::from(EDGE_PX) - chance.within(0, 7)) as u32;
    let size = FrameSize::new(side(chance), side(chance)).expect("small");
    let frames = (1..=chance.within(1, 3) as u32).collect();
    let spp = 16 << chance.within(0, 4);
    let whole_tiles = chance.hits(500);
    let draft = ShapeDraft { size, edge_px: EDGE_PX, spp, frames: Bounded::cut(frames), whole_tiles };
    JobPost {
        job: JobId([at as u8 + 1; 16]),
        shape: JobShape::new(draft).expect("small and in range"),
        result_key: Opaque::default(),
        order: Opaque::default(),
        manifests: Bounded::cut(vec![ObjectName([7; 32])]),
        price_max: 2_000_000,
        memory_mib: 0,
        nodes_allowed: Bounded::default(),
    }
}
