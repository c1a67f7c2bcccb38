//! What a seed decides before anything happens.

use frame::{FrameSize, JobId};
use render_net::node::Allowance;
use render_net::wire::{Bounded, JobPost, JobShape, ObjectName, Opaque, ShapeDraft};

use super::chance::Chance;
use super::scene::Scene;

/// After this time nothing fails any more.
pub(super) const QUIET_MS: u64 = 150_000;
/// By this time every job must have ended.
pub(super) const LIMIT_MS: u64 = 3_600_000;
/// Pixels along a tile's edge.
pub(super) const EDGE_PX: u32 = 16;
/// Samples in one block of one tile.
const BLOCK_SAMPLES: u64 = 16 * 16 * 16;

/// One farm.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<NodePlan>,
    pub(super) jobs: Vec<JobPost>,
    /// Of each job.
    pub(super) scenes: Vec<Scene>,
    pub(super) wire: WirePlan,
    /// Commits of the store that fail, per mille.
    pub(super) store_fails: u64,
    pub(super) crashes: Vec<Span>,
    /// How long the coordinator waits for verdicts.
    pub(super) verdict_ms: u64,
    /// Which artist asks what it will take before it posts.
    pub(super) quoted: Option<usize>,
    /// Who judges what artists refuse, and when it is gone.
    pub(super) referee: Option<Vec<Span>>,
    /// Good results that artists refuse, per mille.
    pub(super) unfair: u64,
    /// When each job's artist wants no more of it for now.
    pub(super) pauses: Vec<Vec<Span>>,
}

/// One node.
#[derive(Clone, Debug)]
pub(super) struct NodePlan {
    /// Milliseconds for one block of a whole tile.
    pub(super) block_ms: u64,
    pub(super) price: u64,
    /// Results that are wrong, per mille.
    pub(super) lies: u64,
    /// Pieces that it cannot render, per mille.
    pub(super) fails: u64,
    pub(super) deaths: Vec<Span>,
    pub(super) cuts: Vec<Span>,
    /// When its owner is there, and what is allowed then.
    pub(super) owner: Vec<(Span, Allowance)>,
}

/// What happens to messages.
#[derive(Clone, Debug)]
pub(super) struct WirePlan {
    pub(super) lost: u64,
    pub(super) doubled: u64,
    pub(super) late: u64,
    pub(super) delay_ms: u64,
    pub(super) artist_cuts: Vec<Span>,
    pub(super) artist_deaths: Vec<Span>,
}

/// From when to when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
}

impl Span {
    pub(super) fn has(self, at_ms: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x7e55_e7a0);
        let nodes: Vec<NodePlan> =
            (0..chance.within(2, 6)).map(|at| NodePlan::new(&mut chance, at, seed)).collect();
        let jobs: Vec<JobPost> = (0..chance.within(1, 2)).map(|at| job(&mut chance, at)).collect();
        let scenes = vec![Scene::EVEN; jobs.len()];
        let pauses = vec![Vec::new(); jobs.len()];
        let honest = nodes.iter().all(|node| node.lies == 0);
        let wire = WirePlan {
            lost: chance.within(0, 100),
            doubled: chance.within(0, 50),
            late: chance.within(0, 30),
            delay_ms: chance.within(5, 300),
            artist_cuts: spans(&mut chance, 2, 20_000),
            artist_deaths: spans(&mut chance, 2, 40_000),
        };
        let crashes = spans(&mut chance, 3, 25_000);
        // Where nobody lies the window may pass before an artist comes back, as it may in life.
        let verdict_ms = if honest && chance.hits(500) { 15_000 } else { 2 * LIMIT_MS };
        Self {
            nodes,
            jobs,
            scenes,
            wire,
            store_fails: chance.within(0, 20),
            crashes,
            verdict_ms,
            quoted: None,
            referee: None,
            unfair: 0,
            pauses,
        }
    }

    /// The same farm with artists who pause their jobs and go on with them.
    pub(super) fn capricious(seed: u64) -> Self {
        // A stream of its own, as below.
        let mut chance = Chance::new(seed ^ 0xca9a_1c10);
        let plan = Self::new(seed);
        let pauses = plan.jobs.iter().map(|_| spans(&mut chance, 6, 15_000)).collect();
        Self { pauses, ..plan }
    }

    /// The same farm with a referee, and with artists who refuse good work.
    pub(super) fn refereed(seed: u64) -> Self {
        // A stream of its own, as below.
        let mut chance = Chance::new(seed ^ 0x00f0_0d1e);
        let unfair = chance.within(50, 1000);
        let gone = spans(&mut chance, 3, 60_000);
        Self { referee: Some(gone), unfair, verdict_ms: 2 * LIMIT_MS, ..Self::new(seed) }
    }
}

impl Plan {
    /// What a job's scene asks.
    pub(super) fn scene(&self, job: JobId) -> &Scene {
        &self.scenes[usize::from(job.0[0]) - 1]
    }
}

impl NodePlan {
    fn new(chance: &mut Chance, at: u64, seed: u64) -> Self {
        // A stream of its own, so that everything else that a seed decides stays as it was.
        let owner = owners(&mut Chance::new(seed ^ 0x0e0e_a7ed ^ (at << 32)));
        // From 100 ms to 12.8 s for a block: as unequal as laptops and workstations.
        let block_ms = chance.within(100, 200) << chance.within(0, 6);
        let price = chance.within(1, 20) * 100;
        if at == 0 {
            // One node stays, so that every job can end.
            let cuts = spans(chance, 1, 10_000);
            return Self { block_ms: 700, price: 1000, lies: 0, fails: 0, deaths: Vec::new(), cuts, owner };
        }
        let lies = if chance.hits(250) { chance.within(100, 1000) } else { 0 };
        let fails = if chance.hits(250) { chance.within(50, 400) } else { 0 };
        let deaths = spans(chance, 3, 60_000);
        Self { block_ms, price, lies, fails, deaths, cuts: spans(chance, 2, 30_000), owner }
    }

    /// How long this node takes for a block of so many pixel samples, where a sample is so dear.
    pub(super) fn takes_ms(&self, samples: u64, dear: f64) -> u64 {
        ((self.block_ms * samples / BLOCK_SAMPLES) as f64 * dear).max(1.0) as u64
    }
}

fn job(chance: &mut Chance, at: u64) -> JobPost {
    let side = |chance: &mut Chance| (chance.within(1, 4) * u64::from(EDGE_PX) - chance.within(0, 7)) as u32;
    let size = FrameSize::new(side(chance), side(chance)).expect("small");
    let frames = (1..=chance.within(1, 2) as u32).collect();
    let spp = chance.within(1, 96) as u32;
    let whole_tiles = chance.hits(400);
    let draft = ShapeDraft { size, edge_px: EDGE_PX, spp, frames: Bounded::cut(frames), whole_tiles };
    JobPost {
        job: JobId([at as u8 + 1; 16]),
        shape: JobShape::new(draft).expect("small and in range"),
        result_key: Opaque::default(),
        order: Opaque::default(),
        manifests: Bounded::cut(vec![ObjectName([7; 32])]),
        price_max: 2000,
        memory_mib: 0,
        nodes_allowed: Bounded::default(),
    }
}

/// An owner who comes and goes, in one of two farms.
fn owners(chance: &mut Chance) -> Vec<(Span, Allowance)> {
    if chance.hits(500) {
        return Vec::new();
    }
    let spans = spans(chance, 4, 20_000);
    let with = |span| (span, if chance.hits(700) { Allowance::Hold } else { Allowance::Finish });
    spans.into_iter().map(with).collect()
}

/// Up to `most` spans of up to `longest_ms`, before quiet comes.
fn spans(chance: &mut Chance, most: u64, longest_ms: u64) -> Vec<Span> {
    let count = chance.within(0, most);
    let span = |_| {
        let from_ms = chance.within(500, QUIET_MS / 2);
        Span { from_ms, to_ms: from_ms + chance.within(500, longest_ms) }
    };
    (0..count).map(span).collect()
}
