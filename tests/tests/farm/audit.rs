//! An artist who has pixels rendered again, and a node that did not render them.

use std::path::Path;
use std::time::Duration;

use frame::{
    AdapterCard, Film, Flow, FrameIndex, Partial, RenderFault, RenderSettings, SceneBlob, SettingsDraft,
    TileIndex, TileOrder, TileRenderer,
};
use render_net::artist::{JobEnd, Progress};
use render_net::audit::{Auditor, Finding};
use render_net::identity::{CoordinatorAddress, Identity};
use render_net::link::Link;
use render_net::wire::{Earnings, Request, Response};
use tokio::time::timeout;

use crate::painter::Painter;
use crate::parties::{Easel, artist, assert_same_bits, coordinator, node, node_with, painted, spec};
use crate::{PATIENCE, anywhere, never, source};

/// Sends the same picture with other samples, after so many honest tiles.
pub(crate) struct Forger {
    pub(crate) painter: Painter,
    pub(crate) honest: u32,
}

impl TileRenderer for Forger {
    fn adapter(&self) -> AdapterCard {
        self.painter.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        if self.honest > 0 {
            self.honest -= 1;
            return self.painter.render(scene, order, progress);
        }
        let draft = SettingsDraft { seed: order.settings.seed + 1, ..*order.settings };
        let settings = RenderSettings::new(draft).expect("as valid as before");
        self.painter.render(scene, &TileOrder { settings, ..*order }, progress)
    }
}

/// What a node has earned, as the coordinator tells it.
pub(crate) async fn earned(data: &Path, coordinator: &CoordinatorAddress) -> Earnings {
    let identity = Identity::open_or_create(data).expect("it is there");
    let link = Link::connect(&identity, coordinator).await.expect("it answers");
    match link.call(&Request::Earnings).await {
        Ok(Response::Earnings(earnings)) => earnings,
        other => panic!("earnings were asked for: {other:?}"),
    }
}

pub(crate) fn painter(pause_ms: u64) -> Painter {
    Painter { pause: Duration::from_millis(pause_ms) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_did_not_render_is_caught_unpaid_and_gets_no_more_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let forger = folder.path().join("forger");
    let liar = node_with(&forger, &address, Box::new(Forger { painter: painter(5), honest: 0 }), false);
    let honest = node(&folder.path().join("honest"), &address, 20, false);
    let auditor = Auditor::new(Box::new(|| Ok(Box::new(painter(0)))));
    let artist = artist(&folder.path().join("artist"), &address).auditing(auditor);
    let spec = spec(&[1, 2], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1, 2]);

    let liars_name = Identity::open_or_create(&forger).expect("it is there").id();
    let refused = |progress: &&Progress| matches!(progress, Progress::Refused { .. });
    let refused: Vec<&Progress> = easel.progress.iter().filter(refused).collect();
    let by_liar =
        |progress: &&&Progress| matches!(progress, Progress::Refused { node, .. } if *node == liars_name);
    assert!(!refused.is_empty() && refused.iter().filter(by_liar).count() == refused.len(), "{refused:?}");
    assert!(liar.delivered() < 30, "it had {} of 30 tiles", liar.delivered());
    let looked =
        |progress: &&Progress| matches!(progress, Progress::Looked { found: Finding::Right { .. }, .. });
    assert!(
        easel.progress.iter().filter(looked).count() >= 10,
        "a stranger's first results are all looked at"
    );

    for node in [liar, honest] {
        node.stop.send(true).expect("it still runs");
        node.running.await.expect("no panic").expect("no fault");
    }
    let of_liar = earned(&forger, &address).await;
    assert_eq!((of_liar.held, of_liar.posted), (0, 0), "nobody pays for it");
    assert!(earned(&folder.path().join("honest"), &address).await.posted > 0);
    coordinator.stop().await;
}

/// Tiles that were told to be wrong after they had been taken.
fn tainted(easel: &Easel) -> Vec<(FrameIndex, TileIndex)> {
    let mut told = Vec::new();
    for progress in &easel.progress {
        if let Progress::Tainted { tiles, .. } = progress {
            told.extend(tiles);
        }
    }
    told.sort();
    told
}

/// Tiles of a film that are not as one machine paints them.
fn wrong_tiles(easel: &Easel) -> Vec<(FrameIndex, TileIndex)> {
    let mut wrong = Vec::new();
    for (frame, film) in &easel.films {
        let own = painted(*frame, easel.settings);
        for tile in (0..film.grid().len()).map(TileIndex) {
            let light = |film: &Film| {
                let picture = film.tile_picture(tile).expect("it is whole");
                picture.beauty().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
            };
            if light(&own) != light(film) {
                wrong.push((*frame, tile));
            }
        }
    }
    wrong
}

/// Tiles that the turncoat renders as ordered: those after which it is trusted, and as many as may be looked at side by side.
const HONEST: u32 = 40;
/// Results after them that are taken as they are.
const UNSEEN: u32 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_trusted_node_had_sent_before_it_was_caught_is_looked_at_then() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let turncoat = folder.path().join("turncoat");
    let liar =
        node_with(&turncoat, &address, Box::new(Forger { painter: painter(2), honest: HONEST }), false);
    // A stranger's first ten are looked at, then none until some forged ones were taken, then each: with draws of chance
    // the first forged tile is looked at in a quarter of all runs, and nothing is left to be found afterwards.
    let mut results = 0;
    let draw = move || {
        results += 1;
        if results <= HONEST + UNSEEN { 1.0 } else { 0.0 }
    };
    let auditor = Auditor::drawing(Box::new(|| Ok(Box::new(painter(0)))), Box::new(draw));
    let artist = artist(&folder.path().join("artist"), &address).auditing(auditor);
    let frames: Vec<u32> = (1..=8).collect();
    let spec = spec(&frames, 16);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let helper = async {
        // Until it gets no more work: then it was caught.
        let (mut before, mut still) = (0, 0);
        while still < 10 || before <= HONEST as usize {
            tokio::time::sleep(Duration::from_millis(100)).await;
            still = if liar.delivered() == before { still + 1 } else { 0 };
            before = liar.delivered();
        }
        node(&folder.path().join("helper"), &address, 0, true)
    };
    let (end, helper) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), helper);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    let refused = easel.progress.iter().any(|progress| matches!(progress, Progress::Refused { .. }));
    assert!(refused && helper.delivered() > 0, "it was caught, and somebody else went on");
    let wrong = wrong_tiles(&easel);
    assert!(!wrong.is_empty(), "no forged tile was taken, so there was nothing to look back at");
    assert_eq!(tainted(&easel), wrong, "what was taken before it was caught, and nothing else");
    let trusting = crate::parties::artist(&folder.path().join("artist"), &address);
    let mut again = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, trusting.collect(job, &mut again, stop)).await;
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_eq!(tainted(&again), wrong, "nor is it forgotten when the job is collected again");
    liar.stop.send(true).expect("it still runs");
    liar.running.await.expect("no panic").expect("no fault");
    coordinator.stop().await;
}
