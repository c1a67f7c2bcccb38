//! One play of a job: who gets which piece, when all is done, and what it cost.
//!
//! As the market does it (`render_net::market`): machines pull; a lease is as much of a tile as fills its time; the last pieces are left to the
//! cheapest of those who wait; when nothing is left to give out, whoever is idle takes over a part of what the slowest has not begun. Jobs that share the
//! machines get equal samples, so that a rival slows the work down until it has got as much as it lacks.

use frame::blocks::block_count;
use render_net::ledger::pay;

use super::chance::Chance;
use super::work::{Crew, Hand, Work};

/// Tiles that are played one by one; of more, some are played together.
const TILES_MAX: u64 = 1024;
/// Leases of one play, about: of longer work they are longer.
const LEASES_MAX: f64 = 2048.0;
/// Rivals that are counted.
const RIVALS_MAX: u32 = 32;
/// Standard deviation of the logarithm of how much a rival lacks, compared with this work. Nothing is known of it but that it is there.
const RIVAL_SPREAD: f64 = 1.4;
/// A machine leaves the last pieces to cheaper ones that will be free within this time, seconds.
const LEFT_TO_OTHERS_S: f64 = 1.0;
/// Less time left than this is not taken over; of a tile that is denoised as a whole.
const WORTH_S: f64 = 1.5;
const WORTH_TILE_S: f64 = 6.0;
/// Turns of one play, so that it ends whatever the numbers are.
const TURNS_MAX: usize = 16_384;

/// What one play came to.
pub(super) struct Outcome {
    /// Seconds.
    pub(super) time_s: f64,
    /// Micro-credits.
    pub(super) cost: u64,
}

/// Everything of one play that chance has decided.
pub(super) struct Player {
    /// Tiles that nobody has yet, last first.
    tiles: Vec<Tile>,
    machines: Vec<Machine>,
    /// How much of the whole work (1) each rival lacks.
    rivals: Vec<f64>,
    whole_tiles: bool,
    lease_s: f64,
    /// Effort of all tiles.
    effort_all: f64,
    effort_given: f64,
}

/// So much of a tile.
#[derive(Clone, Copy)]
struct Tile {
    /// Samples, each as dear as a mean one.
    effort: f64,
    samples: f64,
    /// What cannot be divided: one block.
    block: f64,
}

struct Machine {
    price: u64,
    /// Mean samples per second.
    speed: f64,
    /// When it is free.
    free_s: f64,
    hand: Option<Tile>,
    samples: f64,
    is_idle: bool,
}

impl Player {
    pub(super) fn new(work: &Work, crew: &Crew, chance: &mut Chance) -> Self {
        let all = chance.factor(crew.spread);
        let machine = |hand: &Hand, chance: &mut Chance| Machine {
            price: hand.price,
            speed: (hand.speed * all * chance.factor(hand.spread)).max(1e-9),
            free_s: chance.within(hand.begins_s),
            hand: None,
            samples: 0.0,
            is_idle: false,
        };
        let machines: Vec<Machine> = crew.hands.iter().map(|hand| machine(hand, chance)).collect();
        let tiles = tiles(work, chance);
        let effort_all: f64 = tiles.iter().map(|tile| tile.effort).sum();
        let rivals = (0..crew.rivals.min(RIVALS_MAX)).map(|_| chance.factor(RIVAL_SPREAD)).collect();
        let speeds: f64 = machines.iter().map(|machine| machine.speed).sum();
        let lease_s = crew.lease_s.max(effort_all / speeds * machines.len() as f64 / LEASES_MAX);
        Self {
            tiles,
            machines,
            rivals,
            whole_tiles: work.whole_tiles,
            lease_s,
            effort_all,
            effort_given: 0.0,
        }
    }

    /// How many jobs the machines work for, this one included, when so much of it is given out.
    fn jobs(&self) -> f64 {
        let share = self.effort_given / self.effort_all;
        1.0 + self.rivals.iter().filter(|&&lacks| lacks > share).count() as f64
    }

    /// The machine that is free next; the cheapest, then the fastest of those.
    fn next(&self) -> Option<usize> {
        let free = (0..self.machines.len()).filter(|&at| !self.machines[at].is_idle);
        free.min_by(|&a, &b| {
            let (a, b) = (&self.machines[a], &self.machines[b]);
            a.free_s.total_cmp(&b.free_s).then(a.price.cmp(&b.price)).then(b.speed.total_cmp(&a.speed))
        })
    }

    /// Whether cheaper machines that will soon be free are enough for what is left.
    fn is_left_to_others(&self, at: usize) -> bool {
        let me = &self.machines[at];
        let cheaper = |other: &&Machine| {
            other.price < me.price && !other.is_idle && other.free_s <= me.free_s + LEFT_TO_OTHERS_S
        };
        self.tiles.len() <= self.machines.iter().filter(cheaper).count()
    }

    /// Gives a machine as much of the next tile as fills a lease.
    fn give(&mut self, at: usize) {
        let Some(mut tile) = self.tiles.pop() else { return };
        let fills = (self.machines[at].speed * self.lease_s / tile.block).floor().max(1.0) * tile.block;
        if !self.whole_tiles && fills < tile.effort {
            let share = fills / tile.effort;
            let rest = Tile {
                effort: tile.effort * (1.0 - share),
                samples: tile.samples * (1.0 - share),
                block: tile.block,
            };
            self.tiles.push(rest);
            tile.effort *= share;
            tile.samples *= share;
        }
        self.takes(at, tile);
    }

    fn takes(&mut self, at: usize, tile: Tile) {
        let jobs = self.jobs();
        self.effort_given += tile.effort;
        let machine = &mut self.machines[at];
        machine.free_s += tile.effort / machine.speed * jobs;
        machine.samples += tile.samples;
        machine.hand = Some(tile);
    }

    /// Takes over a part of what the machine that will be done last has not begun; otherwise the machine is idle from now on.
    fn take_over(&mut self, at: usize) {
        let now_s = self.machines[at].free_s;
        let jobs = self.jobs();
        let worth_s = if self.whole_tiles { WORTH_TILE_S } else { WORTH_S };
        let busy =
            (0..self.machines.len()).filter(|&other| other != at && self.machines[other].hand.is_some());
        let last = busy.max_by(|&a, &b| self.machines[a].free_s.total_cmp(&self.machines[b].free_s));
        self.machines[at].hand = None;
        self.machines[at].is_idle = true;
        let Some(last) = last.filter(|&last| self.machines[last].free_s - now_s > worth_s) else { return };
        let (mine, theirs) = (self.machines[at].speed, &self.machines[last]);
        let Some(tile) = theirs.hand else { return };
        let left = ((theirs.free_s - now_s) / jobs * theirs.speed).min(tile.effort) - tile.block;
        let moved = (left * mine / (mine + theirs.speed) / tile.block).round() * tile.block;
        if moved <= 0.0 {
            return;
        }
        let samples = tile.samples * moved / tile.effort;
        let theirs = &mut self.machines[last];
        theirs.free_s -= moved / theirs.speed * jobs;
        theirs.samples -= samples;
        theirs.hand = Some(Tile { effort: tile.effort - moved, samples: tile.samples - samples, ..tile });
        self.effort_given -= moved;
        self.machines[at].is_idle = false;
        self.takes(at, Tile { effort: moved, samples, block: tile.block });
    }
}

/// Plays to the end.
pub(super) fn play(mut player: Player) -> Outcome {
    let mut done_s = 0f64;
    for _ in 0..TURNS_MAX {
        let Some(at) = player.next() else { break };
        if player.machines[at].hand.is_some() {
            done_s = done_s.max(player.machines[at].free_s);
        }
        if player.tiles.is_empty() {
            player.take_over(at);
        } else if player.is_left_to_others(at) {
            player.machines[at].hand = None;
            player.machines[at].free_s += LEFT_TO_OTHERS_S;
        } else {
            player.give(at);
        }
    }
    let paid = |machine: &Machine| pay(machine.samples.round() as u64, machine.price).unwrap_or(u64::MAX);
    let cost = player.machines.iter().map(paid).fold(0u64, u64::saturating_add);
    Outcome { time_s: done_s, cost }
}

/// The tiles of all frames with what they take, of places drawn anew.
fn tiles(work: &Work, chance: &mut Chance) -> Vec<Tile> {
    let mean = work.places.iter().sum::<f64>() / work.places.len() as f64;
    let places: Vec<f64> = work.places.iter().map(|_| chance.one_of(&work.places) / mean).collect();
    let all = u64::from(work.grid.len()) * u64::from(work.frames);
    let played = all.min(TILES_MAX);
    let together = all.div_ceil(played).min(16);
    let samples = work.samples() as f64 / played as f64;
    let blocks = f64::from(block_count(work.spp)) * all as f64 / played as f64;
    let tile = |_| {
        let dear = (0..together).map(|_| chance.one_of(&places)).sum::<f64>() / together as f64;
        Tile { effort: samples * dear, samples, block: samples * dear / blocks }
    };
    (0..played).map(tile).collect()
}
