//! How far two honest renderers are apart as audits see it, and how far a dishonest one is: the GPU's kernels beside the plain reference on the processor,
//! which shares no line of code with them. The bounds are those that the audit is made for (`render_net::audit::trial`).
//!
//! Needs any adapter; says so loudly and passes where there is none.

#[path = "../../render-core/tests/made/aloud.rs"]
mod aloud;
#[path = "../../render-core/tests/made/at_hand.rs"]
mod at_hand;

use aloud::say_aloud;
use at_hand::{ASSETS, SHARED, renderer, scene};
use frame::{
    BlockRange, Flow, FrameIndex, FrameSize, Partial, RenderSettings, SceneBlob, SettingsDraft, TileOrder,
    TilePlanes, TileRect, TileRenderer,
};
use render_core::reference::Reference;
use render_core::{GpuRenderer, pack};
use render_net::audit::trial::{HONEST_DIFFER, Vote, WRONG_DIFFER};
use render_net::audit::{Exhibit, Finding, examine, votes};

const SIZE: (u32, u32) = (48, 32);

/// Scenes with diffuse rooms, rough and clear glass, coats, textures, alpha and small lamps.
const SCENES: [(&str, &str, Option<&str>); 8] = [
    (ASSETS, "studio.glb", None),
    (ASSETS, "tiny.glb", None),
    (SHARED, "cornell.glb", None),
    (SHARED, "clearcoat.glb", Some("studio.exr")),
    (SHARED, "transmission_rough.glb", Some("studio.exr")),
    (SHARED, "alpha_modes.glb", Some("sky_noon.exr")),
    (SHARED, "water_bottle/water_bottle.gltf", Some("studio.exr")),
    (SHARED, "lamp_punctual/lamp_punctual.gltf", Some("studio.exr")),
];

fn order(spp: u32, seed: u32) -> TileOrder {
    let size = FrameSize::new(SIZE.0, SIZE.1).expect("in range");
    let settings =
        RenderSettings::new(SettingsDraft { spp, seed, ..SettingsDraft::defaults(size) }).expect("valid");
    let rect = TileRect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 };
    TileOrder { frame: FrameIndex(3), rect, margin_px: 0, blocks: BlockRange::all(spp), settings }
}

fn on_gpu(gpu: &mut GpuRenderer, blob: &SceneBlob, order: &TileOrder) -> Vec<Partial> {
    gpu.render(blob, order, &mut |_| Flow::Continue(())).expect("it renders")
}

/// Pixels that differ, and those that say anything.
fn counted(own: &TilePlanes, theirs: &TilePlanes, spp: u32) -> (usize, usize) {
    let votes: Vec<Vote> = votes(own, theirs, spp).collect();
    let differ = votes.iter().filter(|vote| **vote == Vote::Differs).count();
    (differ, votes.iter().filter(|vote| **vote != Vote::Nothing).count())
}

#[test]
fn two_honest_renderers_differ_in_fewer_pixels_than_audits_excuse_and_other_samples_in_most() {
    let Some(mut gpu) = renderer() else { return };
    for (folder, name, environment) in SCENES {
        let Some(scene) = scene(folder, name, environment) else { continue };
        let blob = pack(&scene).expect("it packs").to_blob();
        let reference = Reference::new(&scene);
        for spp in [16, 64] {
            let order = order(spp, 0);
            let own = on_gpu(&mut gpu, &blob, &order).remove(0).planes;
            let theirs =
                reference.render(order.rect, &order.settings, order.frame, order.blocks).remove(0).planes;
            let (differ, of) = counted(&own, &theirs, spp);
            let (back, of_back) = counted(&theirs, &own, spp);
            let other = on_gpu(&mut gpu, &blob, &self::order(spp, 1)).remove(0).planes;
            let (found, of_found) = counted(&own, &other, spp);
            let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
            let (here, there, lie) = (share(differ, of), share(back, of_back), share(found, of_found));
            say_aloud(&format!(
                "{name}, {spp} spp: of {of} pixels {:.2} % differ between honest renderers ({:.2} % the other way round), {:.1} % of other samples",
                100.0 * here,
                100.0 * there,
                100.0 * lie,
            ));
            assert!(here <= HONEST_DIFFER && there <= HONEST_DIFFER, "{name}: honest nodes would be accused");
            assert!(lie >= 3.0 * WRONG_DIFFER, "{name}: a liar would pass");
        }
    }
}

#[test]
fn another_honest_renderer_passes_and_one_with_other_samples_is_caught() {
    let Some(mut gpu) = renderer() else { return };
    let Some(scene) = scene(ASSETS, "studio.glb", None) else { return };
    let blob = pack(&scene).expect("it packs").to_blob();
    let reference = Reference::new(&scene);
    let mut state = 1u64;
    let mut below = |limit: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(limit)) as u32
    };
    for (seed, is_honest) in [(0, true), (1, false)] {
        let order = order(64, seed);
        let sent = reference.render(order.rect, &order.settings, order.frame, order.blocks);
        let settings = self::order(64, 0).settings;
        let exhibit = Exhibit { frame: order.frame, settings, rect: order.rect, partials: &sent };
        for _ in 0..10 {
            let found = examine(&mut gpu, &blob, &exhibit, &mut below).expect("it renders");
            assert_eq!(matches!(found, Finding::Right { .. }), is_honest, "{found:?}");
        }
    }
}

/// The protocol's version for which these are the kernels, and their name.
const KERNELS: (u8, &str) = (9, "20dc985155221e80");

#[test]
fn whoever_speaks_the_same_version_has_the_same_samples() {
    let mut hasher = blake3::Hasher::new();
    for kernel in &shaders::KERNELS {
        hasher.update(kernel.source(shaders::Arrays::Buffers).as_bytes());
    }
    let name = hasher.finalize().to_hex();
    assert_eq!(
        (render_net::wire::VERSION, &name[..16]),
        KERNELS,
        "kernels that give other samples need another version of the protocol, or honest nodes of the older one are accused; \
         where no sample changed, only the name here is new"
    );
}
