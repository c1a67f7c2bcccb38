//! From the nodes' offers to the machines of an estimate.
//!
//! A node's speed is known from other scenes. What this scene asks more or less than those is taken from this computer: its speed in this scene over
//! its speed in the scene of the benchmark, which stands for what nodes usually render. That is a guess, and [`SCENES_SPREAD`] says how good a
//! one.

use render_net::market::Terms;
use render_net::wire::{NodeOffer, Offers};

use super::work::{Crew, Hand};

/// How differently two machines take two scenes, and how far off a short record of work is: standard deviation of the logarithm.
const NODE_SPREAD: f64 = 0.45;
/// How much scenes differ in what a sample takes: 0.55 around their mean, 0.78 one from another; a record of a few scenes lies between. Standard deviation
/// of the logarithm.
const SCENES_SPREAD: f64 = 0.65;
/// The same for a node that has delivered nothing yet, and is taken to be as fast as this computer.
const UNKNOWN_SPREAD: f64 = 1.0;
/// Until a waiting node has the key, the scene and its first piece, seconds.
const JOINS_S: (f64, f64) = (1.0, 5.0);
/// From the last tile to the last picture.
const ENDS_S: (f64, f64) = (0.5, 2.5);

/// How fast this computer is, samples per second.
#[derive(Clone, Copy, Debug)]
pub struct Speeds {
    /// In this scene: all samples over all time.
    pub scene: f64,
    /// In the scene of the benchmark, as the market would have measured it.
    pub bench: f64,
}

impl Speeds {
    /// From what a sample took at places of the two scenes, seconds.
    ///
    /// The market's speed of a node is a mean of each lease's samples per second, in which cheap tiles count for more than in all samples over all time.
    pub fn new(scene: &[f64], bench: &[f64]) -> Self {
        let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| values.sum::<f64>() / count as f64;
        Self {
            scene: 1.0 / mean(&mut scene.iter().copied(), scene.len()),
            bench: mean(&mut bench.iter().map(|takes| 1.0 / takes), bench.len()),
        }
    }
}

/// The machines behind these offers; nothing when there are none.
pub fn crew(offers: &Offers, here: Speeds) -> Option<Crew> {
    let lease_s = Terms::default().lease_ms as f64 / 1000.0;
    let hand = |offer: &NodeOffer| {
        let (speed, spread) = match offer.speed {
            0 => (here.scene, UNKNOWN_SPREAD),
            speed => (speed as f64 * here.scene / here.bench, NODE_SPREAD),
        };
        // A busy node has up to a lease's time of other work in hand.
        let busy_s = if offer.is_busy { lease_s } else { 0.0 };
        Hand { price: offer.price, speed, spread, begins_s: (JOINS_S.0, JOINS_S.1 + busy_s) }
    };
    let hands: Vec<Hand> = offers.nodes.iter().map(hand).collect();
    let rivals = offers.jobs;
    let crew = Crew { hands, spread: SCENES_SPREAD, rivals, lease_s, ends_s: ENDS_S };
    (!crew.hands.is_empty()).then_some(crew)
}
