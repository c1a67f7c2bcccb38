//! A whole farm in one thread, under one virtual clock and one seed.
//!
//! The market, the node agent and the artist's campaign are the real ones; wires, renderers, disks and clocks are
//! played by this module. The seed decides everything: who is fast, who lies, who dies when, which message is lost, late,
//! doubled or overtaken, when the coordinator crashes. After [`plan::QUIET_MS`] nothing fails any more, so that every job must end.
//! Same seed, same trace: a failing seed is a test case.

mod artist;
mod chance;
mod errand;
mod hub;
mod node;
mod plan;
mod quoted;
mod referee;
mod scene;
mod world;

use render_net::market::Health;

use artist::SimArtist;
use hub::Hub;
use node::SimNode;
use plan::Plan;
use referee::SimReferee;
use world::{Happening, Peer, World};

/// How a seed went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// BLAKE3 over every message and event with its time.
    pub trace: [u8; 32],
    /// Virtual time until the last job ended.
    pub ended_ms: u64,
    /// Messages that reached somebody.
    pub messages: u64,
    /// Results that an artist refused.
    pub refused: u64,
    /// Good ones among them.
    pub wronged: u64,
    /// How often a job was paused.
    pub pauses: u64,
    /// Results that were cut short because an owner wanted the GPU back.
    pub yields: u64,
    /// Tiles of jobs whose nodes denoise that came from one node, with all samples.
    pub tiles_whole: u64,
    /// Tiles of such jobs that were divided: the artist denoises them.
    pub tiles_divided: u64,
    /// What the market held in the end.
    pub health: Health,
}

/// What must never happen, and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Repeat with this.
    pub seed: u64,
    /// When, in virtual time.
    pub at_ms: u64,
    /// What.
    pub what: String,
}

/// Plays a seed to its end and checks every promise on the way and at the end.
pub fn play(seed: u64) -> Result<Story, Broken> {
    let mut farm = Farm::new(seed, Plan::new(seed));
    farm.run().map_err(|what| Broken { seed, at_ms: farm.world.now_ms, what })
}

/// The same with a referee between nodes and unfair artists.
pub fn play_refereed(seed: u64) -> Result<Story, Broken> {
    let mut farm = Farm::new(seed, Plan::refereed(seed));
    farm.run().map_err(|what| Broken { seed, at_ms: farm.world.now_ms, what })
}

/// The same with artists who pause their jobs and go on with them.
pub fn play_capricious(seed: u64) -> Result<Story, Broken> {
    let mut farm = Farm::new(seed, Plan::capricious(seed));
    farm.run().map_err(|what| Broken { seed, at_ms: farm.world.now_ms, what })
}

pub use quoted::{Quoted, play_quoted};

struct Farm {
    world: World,
    hub: Hub,
    nodes: Vec<SimNode>,
    artists: Vec<SimArtist>,
    referee: SimReferee,
}

impl Farm {
    fn new(seed: u64, plan: Plan) -> Self {
        let nodes = (0..plan.nodes.len()).map(|at| SimNode::new(at, &plan)).collect();
        let artists = (0..plan.jobs.len()).map(|at| SimArtist::new(at, &plan)).collect();
        let hub = Hub::new(&plan);
        let mut world = World::new(seed, plan);
        world.plan_faults();
        Self { world, hub, nodes, artists, referee: SimReferee::default() }
    }

    fn run(&mut self) -> Result<Story, String> {
        self.begin();
        while let Some(happening) = self.world.next() {
            if self.world.now_ms > plan::LIMIT_MS {
                return Err(format!("not every job ended: {}", self.where_it_stands()));
            }
            let ticked = matches!(happening, Happening::Tick);
            self.happen(happening)?;
            if ticked && self.artists.iter().all(SimArtist::is_done) && self.hub.all_done()? {
                let story = self.hub.check(&self.world, &self.nodes)?;
                let tiles: Vec<(u64, u64)> = self.artists.iter().map(SimArtist::whole_and_divided).collect();
                let (tiles_whole, tiles_divided) =
                    tiles.iter().fold((0, 0), |(whole, divided), tiles| (whole + tiles.0, divided + tiles.1));
                return Ok(Story { tiles_whole, tiles_divided, ..story });
            }
        }
        Err("nothing happens any more".to_owned())
    }

    fn begin(&mut self) {
        for node in &mut self.nodes {
            node.start(&mut self.world);
        }
        for artist in &mut self.artists {
            artist.start(&mut self.world);
        }
        SimReferee::start(&mut self.world);
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        let world = &mut self.world;
        match happening {
            Happening::Request { from, call, bytes } => self.hub.request(world, from, call, &bytes)?,
            Happening::Response { to: Peer::Node(at), call, bytes } => {
                self.nodes[at].response(world, call, &bytes)?;
            }
            Happening::Response { to: Peer::Artist(at), call, bytes } => {
                self.artists[at].response(world, call, &bytes)?;
            }
            Happening::Response { to: Peer::Referee, call, bytes } => {
                self.referee.response(world, call, &bytes)?;
            }
            Happening::Timeout { of: Peer::Referee, call } => self.referee.timeout(call),
            // Its absences are cuts of its wire: it remembers nothing that a death could take.
            Happening::Dies(Peer::Referee) | Happening::Returns(Peer::Referee) => {}
            Happening::Attends => self.referee.attend(world),
            Happening::Timeout { of: Peer::Node(at), call } => self.nodes[at].timeout(world, call),
            Happening::Timeout { of: Peer::Artist(at), call } => self.artists[at].timeout(world, call),
            Happening::Node { at, life, errand } => self.nodes[at].happen(world, life, errand),
            Happening::Artist { at, life, errand } => self.artists[at].happen(world, life, errand)?,
            Happening::Dies(Peer::Node(at)) => self.nodes[at].die(world),
            Happening::Dies(Peer::Artist(at)) => self.artists[at].die(),
            Happening::Returns(Peer::Node(at)) => self.nodes[at].start(world),
            Happening::Returns(Peer::Artist(at)) => self.artists[at].start(world),
            Happening::HubCrashes => self.hub.crash(),
            Happening::HubReturns => self.hub.restart(world)?,
            Happening::Tick => self.hub.tick(world)?,
        }
        Ok(())
    }

    fn where_it_stands(&mut self) -> String {
        let artists: Vec<_> = self.artists.iter().map(SimArtist::is_done).collect();
        format!("artists done {artists:?}, {}", self.hub.where_it_stands())
    }
}
