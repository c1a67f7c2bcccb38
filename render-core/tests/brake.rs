//! An owner who wants the GPU back in the middle of a block gets it between two submissions, and the picture stays the same.
//!
//! Needs any Vulkan, Metal or DX12 adapter (software Vulkan will do); says so loudly and passes where there is none.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/at_hand.rs"]
mod at_hand;

use std::time::{Duration, Instant};

use at_hand::{ASSETS, SHARED, renderer, scene};
use frame::{
    BlockRange, Brake, Flow, FrameIndex, FrameSize, Partial, RenderFault, RenderSettings, SceneBlob,
    SettingsDraft, TileOrder, TileRect, TileRenderer,
};
use render_core::{GpuRenderer, pack};

const SCENES: [(&str, &str); 2] = [(ASSETS, "tiny.glb"), (SHARED, "forest.glb")];
/// Half a second is promised from the touch to the free GPU; noticing the touch may take 100 ms of it, and telling the node some more.
const FREE_WITHIN: Duration = Duration::from_millis(350);
const PULLS: u32 = 9;

fn blob(folder: &str, name: &str) -> Option<SceneBlob> {
    let scene = scene(folder, name, None)?;
    Some(pack(&scene).expect("packs").to_blob())
}

fn order(edge: u32, spp: u32) -> TileOrder {
    let size = FrameSize::new(edge, edge).expect("in range");
    let settings =
        RenderSettings::new(SettingsDraft { spp, ..SettingsDraft::defaults(size) }).expect("valid");
    let rect = TileRect { x: 0, y: 0, width: edge, height: edge };
    TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks: BlockRange::all(spp), settings }
}

fn render(renderer: &mut GpuRenderer, blob: &SceneBlob, order: &TileOrder) -> Vec<Partial> {
    renderer.render(blob, order, &mut |_| Flow::Continue(())).expect("nobody stops it")
}

#[test]
fn a_pulled_brake_ends_a_render_in_the_middle_of_a_block() {
    let Some(mut renderer) = renderer() else { return };
    let Some(blob) = SCENES.first().and_then(|(folder, name)| blob(folder, name)) else { return };
    let order = order(96, 48);
    let plain = render(&mut renderer, &blob, &order);
    let brake = Brake::default();
    renderer.heed(&brake);
    assert!(plain == render(&mut renderer, &blob, &order), "shorter submissions give the same bits");
    let mut blocks = 0;
    let stopped = renderer.render(&blob, &order, &mut |_| {
        blocks += 1;
        brake.pull();
        Flow::Continue(())
    });
    assert_eq!((stopped, blocks), (Err(RenderFault::Stopped), 1), "the second block is not finished");
    brake.release();
    renderer.rest();
    assert!(plain == render(&mut renderer, &blob, &order), "and everything is there again afterwards");
}

#[test]
fn the_gpu_is_free_soon_after_the_brake_is_pulled() {
    for (folder, name) in SCENES {
        let Some(mut renderer) = renderer() else { return };
        let Some(blob) = blob(folder, name) else { continue };
        let brake = Brake::default();
        let order = order(256, 16 * 256);
        let small = TileOrder { blocks: BlockRange { first: 0, count: 1 }, ..order };
        let timed = |renderer: &mut GpuRenderer| {
            let began = Instant::now();
            render(renderer, &blob, &small);
            began.elapsed()
        };
        let _upload = timed(&mut renderer);
        let plain = [timed(&mut renderer), timed(&mut renderer)].into_iter().min();
        renderer.heed(&brake);
        let prompt = [timed(&mut renderer), timed(&mut renderer)].into_iter().min();
        let mut took = Vec::new();
        for pull in 0..PULLS {
            brake.release();
            let wait = Duration::from_millis(300 + 137 * u64::from(pull));
            let puller = {
                let brake = brake.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(wait);
                    brake.pull();
                    Instant::now()
                })
            };
            let ended = renderer.render(&blob, &order, &mut |_| Flow::Continue(()));
            let now = Instant::now();
            assert_eq!(ended, Err(RenderFault::Stopped));
            took.push(now - puller.join().expect("it only sleeps"));
        }
        took.sort();
        eprintln!(
            "{name} on {}: a block of 256 px takes {plain:?}, with a brake {prompt:?}; free after {took:?}",
            renderer.adapter().name
        );
        // The median, because a busy machine may hold any one of them up.
        assert!(took[took.len() / 2] <= FREE_WITHIN, "{name}: {took:?}");
    }
}
