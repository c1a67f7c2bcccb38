//! An owner who wants the GPU back in the middle of a block: it is free at once, and no sample is lost or counted twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use frame::{AdapterCard, Brake, Flow, Partial, RenderFault, SceneBlob, TileOrder, TileRenderer};
use render_net::artist::JobEnd;
use render_net::link::Uplink;
use render_net::node::{Allowance, NodeConfig, Why, run_owned_node};
use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::painter::Painter;

/// A block takes longer than an owner waits.
const BLOCK: Duration = Duration::from_millis(800);
/// One piece of "GPU work".
const PIECE: Duration = Duration::from_millis(20);
/// In this time the GPU has to be free.
const FREE_WITHIN: Duration = Duration::from_millis(500);

/// A slow renderer that looks at its brake between two pieces of a block.
struct Braked {
    painter: Painter,
    brake: Brake,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    is_busy: AtomicBool,
    blocks: AtomicU32,
    rests: AtomicU32,
}

impl TileRenderer for Braked {
    fn adapter(&self) -> AdapterCard {
        self.painter.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let (brake, seen) = (self.brake.clone(), self.seen.clone());
        seen.is_busy.store(true, Ordering::SeqCst);
        let painted = self.painter.render(scene, order, &mut |block| {
            let begun = Instant::now();
            while begun.elapsed() < BLOCK {
                if brake.is_pulled() {
                    return Flow::Break(());
                }
                std::thread::sleep(PIECE);
            }
            seen.blocks.fetch_add(1, Ordering::SeqCst);
            progress(block)
        });
        seen.is_busy.store(false, Ordering::SeqCst);
        painted
    }

    fn heed(&mut self, brake: &Brake) {
        self.brake = brake.clone();
    }

    fn rest(&mut self) {
        self.seen.rests.fetch_add(1, Ordering::SeqCst);
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_gets_the_gpu_back_within_half_a_second_and_no_bit_is_lost() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let seen = Arc::new(Seen::default());
    let painter = Painter { pause: Duration::ZERO };
    let renderer = Box::new(Braked { painter, brake: Brake::default(), seen: seen.clone() });
    let config = NodeConfig {
        coordinator: address.clone(),
        data: folder.path().join("owned"),
        price: 500,
        memory_mib: 1024,
        scenes_bytes_max: 64 << 20,
        demand: Default::default(),
        uplink: Uplink::default(),
        once: false,
        durable: true,
    };
    let (stop, stopped) = watch::channel(false);
    let (allow, allowed) = watch::channel(Allowance::Work);
    let owned = tokio::spawn(run_owned_node(config, renderer, stopped, allowed, Arc::new(|_| {})));

    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, never_stop) = never();
    let collecting = artist.collect(job, &mut easel, never_stop);
    let owner = async {
        let mut took = Vec::new();
        let is_busy = || seen.is_busy.load(Ordering::SeqCst);
        for turn in 1..=4 {
            let before = seen.blocks.load(Ordering::SeqCst);
            until("a block is done and another is at work", || {
                seen.blocks.load(Ordering::SeqCst) > before && is_busy()
            })
            .await;
            allow.send_replace(Allowance::Hold);
            took.push(until("the GPU is free", || !is_busy()).await);
            let held = seen.blocks.load(Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert!(
                !is_busy() && seen.blocks.load(Ordering::SeqCst) == held,
                "nothing is rendered meanwhile"
            );
            assert!(seen.rests.load(Ordering::SeqCst) >= turn, "the scene's memory is given back");
            if turn < 4 {
                allow.send_replace(Allowance::Work);
            }
        }
        took.sort();
        eprintln!("from the owner's word to a free GPU, with pieces of {PIECE:?}: {took:?}");
        assert!(took[took.len() / 2] <= FREE_WITHIN, "{took:?}");
        // The rest of the picture comes from somebody else.
        node(&folder.path().join("other"), &address, 2, true)
    };
    let (end, other) = timeout(PATIENCE, async { tokio::join!(collecting, owner) }).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    stop.send_replace(true);
    assert_eq!(owned.await.expect("no panic").expect("no fault"), Why::Stopped);
    drop(other);
    coordinator.stop().await;
}
