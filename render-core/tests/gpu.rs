//! The GPU path tracer against the plain CPU one, and against itself cut into pieces.
//!
//! Needs any Vulkan, Metal or DX12 adapter (software Vulkan will do); says so loudly and passes where there is none.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/at_hand.rs"]
mod at_hand;
#[path = "made/bending.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod bending;
#[path = "made/lamps.rs"]
mod lamps;
#[path = "made/materials.rs"]
mod materials;
#[path = "made/moving.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod moving;

use at_hand::{ASSETS, SHARED, renderer, scene, while_open};
use frame::{
    BlockRange, Film, Filter, Flow, FrameIndex, FrameSize, Plane, PlaneSet, RenderSettings, SceneBlob,
    SettingsDraft, TileGrid, TileIndex, TileOrder, TilePlanes, TileRenderer,
};
use glam::{Vec2, Vec3};
use render_core::reference::Reference;
use render_core::scene::{Lens, Light, LightKind, Scene};
use render_core::{GpuRenderer, RendererOptions, pack};

fn settings(width: u32, height: u32, spp: u32, seed: u32) -> RenderSettings {
    let size = FrameSize::new(width, height).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let filter = if seed.is_multiple_of(2) { Filter::BlackmanHarris } else { Filter::Box };
    // The third is of a bright frame with a limit that cuts much.
    let (clamp_indirect, exposure_scale) = if seed == 2 { (0.025, 0.25) } else { (10.0, 1.0) };
    let draft = SettingsDraft {
        spp,
        seed,
        filter,
        planes,
        clamp_indirect,
        exposure_scale,
        ..SettingsDraft::defaults(size)
    };
    RenderSettings::new(draft).expect("valid")
}

fn whole(settings: RenderSettings) -> TileOrder {
    let grid = TileGrid::new(settings.size, 4096, 0);
    let rect = grid.rect(TileIndex(0)).expect("one tile");
    TileOrder { frame: FrameIndex(3), rect, margin_px: 0, blocks: BlockRange::all(settings.spp), settings }
}

fn render(renderer: &mut GpuRenderer, blob: &SceneBlob, order: &TileOrder) -> Vec<frame::Partial> {
    renderer.render(blob, order, &mut |_| Flow::Continue(())).expect("renders")
}

/// Whether two samples show the same, up to rounding of this relative size.
fn agree(a: &[f32], b: &[f32], relative: f32) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= relative * a.abs().max(b.abs()) + 0.01 * relative)
}

/// Shares of pixels whose one sample agrees, in radiance and in the first-hit planes.
fn agreement(gpu: &TilePlanes, cpu: &TilePlanes) -> (usize, usize, usize) {
    let plane = |planes: &TilePlanes, plane: Plane| planes.plane(plane).expect("asked for").to_vec();
    // Textures multiply the rounding of their coordinates by their size, so albedo and normal are held less tightly.
    let count = |kind: Plane, relative: f32| {
        let (gpu, cpu) = (plane(gpu, kind), plane(cpu, kind));
        let channels = kind.channels();
        gpu.chunks(channels).zip(cpu.chunks(channels)).filter(|(a, b)| agree(a, b, relative)).count()
    };
    (
        count(Plane::Radiance, 1e-3),
        count(Plane::Position, 1e-3).min(same_motion(gpu, cpu)).min(same_lists(gpu, cpu)),
        count(Plane::Albedo, 1e-2).min(count(Plane::Normal, 1e-2)),
    )
}

/// Pixels whose motion is the same to two thousandths of a pixel: what stands still moves by rounding alone.
fn same_motion(gpu: &TilePlanes, cpu: &TilePlanes) -> usize {
    let motion = |planes: &TilePlanes| planes.plane(Plane::Motion).expect("asked for").to_vec();
    let near = |a: f32, b: f32| (a - b).abs() <= 2e-3 + 1e-3 * a.abs().max(b.abs());
    let (gpu, cpu) = (motion(gpu), motion(cpu));
    let pixels = gpu.chunks(2).zip(cpu.chunks(2));
    pixels.filter(|(a, b)| near(a[0], b[0]) && near(a[1], b[1])).count()
}

/// Pixels whose mattes are the same, bit for bit.
fn same_lists(gpu: &TilePlanes, cpu: &TilePlanes) -> usize {
    let lists = |planes: &TilePlanes, plane: Plane| {
        let values = planes.plane(plane).expect("asked for");
        values
            .chunks(plane.channels())
            .map(|list| list.iter().map(|v| v.to_bits()).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let same =
        |plane: Plane| lists(gpu, plane).iter().zip(&lists(cpu, plane)).filter(|(a, b)| a == b).count();
    same(Plane::ObjectRanks).min(same(Plane::MaterialRanks))
}

#[test]
fn gpu_and_reference_agree_sample_by_sample() {
    let Some(mut renderer) = renderer() else { return };
    let cases = [
        (ASSETS, "studio.glb", None),
        (ASSETS, "tiny.glb", None),
        (SHARED, "cornell.glb", None),
        (SHARED, "clearcoat.glb", Some("studio.exr")),
        (SHARED, "transmission_rough.glb", Some("studio.exr")),
        (SHARED, "attenuation.glb", Some("studio.exr")),
        (SHARED, "alpha_modes.glb", Some("sky_noon.exr")),
        (SHARED, "encodings.glb", Some("studio.exr")),
        (SHARED, "negative_scale.glb", Some("studio.exr")),
        (SHARED, "morph_stress.glb", Some("studio.exr")),
        (SHARED, "rigged_figure.glb", Some("studio.exr")),
        (SHARED, "water_bottle/water_bottle.gltf", Some("studio.exr")),
        (SHARED, "lamp_punctual/lamp_punctual.gltf", Some("studio.exr")),
    ];
    for (folder, name, environment) in cases {
        let Some(scene) = scene(folder, name, environment) else { continue };
        assert_agreement(&mut renderer, name, &scene);
    }
}

#[test]
fn gpu_and_reference_agree_sample_by_sample_where_lamps_are() {
    let Some(mut renderer) = renderer() else { return };
    assert_agreement(&mut renderer, "lamps", &lamps::lamp_room());
}

#[test]
fn gpu_and_reference_agree_sample_by_sample_where_the_camera_has_a_lens_and_lights_have_a_size() {
    let Some(mut renderer) = renderer() else { return };
    let mut scene = lamps::lamp_room();
    scene.camera.lens = Lens { radius: 0.2, focus_distance: 4.0, blades: 5, rotation: -2.0, squeeze: 0.7 };
    scene.camera.shift = Vec2::new(0.1, -0.2);
    scene.lights[0].size = 0.4;
    let (position, direction) = (Vec3::new(1.0, 2.5, 2.0), Vec3::new(-0.4, -0.8, -0.45).normalize());
    let spot = LightKind::Spot { cos_inner: 0.9, cos_outer: 0.7 };
    scene.lights.push(Light {
        kind: spot,
        color: Vec3::splat(9.0),
        position,
        direction,
        size: 0.3,
        sweep: None,
    });
    let kind = LightKind::Directional;
    scene.lights.push(Light {
        kind,
        color: Vec3::splat(1.5),
        position: Vec3::ZERO,
        direction,
        size: 0.25,
        sweep: None,
    });
    assert_agreement(&mut renderer, "lens and soft lights", &scene);
}

#[test]
fn gpu_and_reference_agree_sample_by_sample_where_materials_have_layers() {
    let Some(mut renderer) = renderer() else { return };
    assert_agreement(&mut renderer, "layers", &materials::layered_room());
}

#[test]
fn gpu_and_reference_agree_sample_by_sample_while_things_move() {
    let Some(mut renderer) = renderer() else { return };
    assert_agreement(&mut renderer, "moving", &moving::moving_room());
}

#[test]
fn gpu_and_reference_agree_sample_by_sample_while_shapes_change_and_lights_move() {
    let Some(mut renderer) = renderer() else { return };
    assert_agreement(&mut renderer, "bending", &bending::bending_room());
    for name in ["rigged_figure.glb", "morph_stress.glb"] {
        let Some(scene) = while_open(SHARED, name, Some("studio.exr"), 1.0) else { continue };
        assert!(scene.meshes.iter().any(|mesh| mesh.bend.is_some()), "{name} stands still");
        assert_agreement(&mut renderer, &format!("{name}, blurred"), &scene);
    }
}

fn assert_agreement(renderer: &mut GpuRenderer, name: &str, scene: &Scene) {
    let blob = pack(scene).expect("packs").to_blob();
    let reference = Reference::new(scene);
    let (mut pixels, mut light, mut places, mut features) = (0, 0, 0, 0);
    for seed in 0..3 {
        let order = whole(settings(64, 48, 1, seed));
        let gpu = render(renderer, &blob, &order).remove(0).planes;
        let cpu = reference.render(order.rect, &order.settings, order.frame, order.blocks).remove(0).planes;
        let (a, b, c) = agreement(&gpu, &cpu);
        pixels += order.rect.pixels();
        light += a;
        places += b;
        features += c;
    }
    let share = |count: usize| 100.0 * count as f64 / pixels as f64;
    eprintln!(
        "{name}: radiance {:.2} %, first hit {:.2} %, albedo and normal {:.2} % of {pixels} samples agree",
        share(light),
        share(places),
        share(features)
    );
    assert!(share(light) >= 99.0, "{name}: only {:.2} % of the samples agree", share(light));
    assert!(share(places) >= 99.5, "{name}: only {:.2} % of the first hits agree", share(places));
    assert!(share(features) >= 99.0, "{name}: only {:.2} % of the features agree", share(features));
}

#[test]
fn the_limit_on_indirect_light_follows_the_frames_exposure() {
    let Some(mut renderer) = renderer() else { return };
    let Some(scene) = scene(ASSETS, "studio.glb", None) else { return };
    let blob = pack(&scene).expect("packs").to_blob();
    let mut light = |clamp_indirect: f32, exposure_scale: f32| {
        let draft = SettingsDraft { clamp_indirect, exposure_scale, ..*settings(48, 36, 4, 0) };
        let order = whole(RenderSettings::new(draft).expect("valid"));
        let planes = render(&mut renderer, &blob, &order).remove(0).planes;
        planes.plane(Plane::Radiance).expect("asked for").to_vec()
    };
    let plain = light(0.125, 1.0);
    assert!(light(0.03125, 0.25) == plain, "a bright frame has a higher limit");
    assert!(light(0.125, 200.0) == plain, "one that is mostly black keeps it");
    assert!(light(0.125, 0.25) != plain && light(0.03125, 1.0) != plain, "it cuts something");
}

#[test]
fn any_tiling_and_split_gives_the_same_bits() {
    let Some(mut renderer) = renderer() else { return };
    let Some(scene) = scene(ASSETS, "tiny.glb", None) else { return };
    let blob = pack(&scene).expect("packs").to_blob();
    let settings = settings(50, 37, 40, 1);
    let film_of = |edge: u32, ranges: &[BlockRange], renderer: &mut GpuRenderer| {
        let grid = TileGrid::new(settings.size, edge, 0);
        let mut film = Film::new(grid, settings);
        for &blocks in ranges {
            for tile in grid.from_centre() {
                let rect = grid.rect(tile).expect("in grid");
                let order = TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks, settings };
                for partial in render(renderer, &blob, &order) {
                    film.merge(tile, partial).expect("fits");
                }
            }
        }
        assert!(film.is_complete());
        film
    };
    let all = BlockRange::all(40);
    let one = |first| BlockRange { first, count: 1 };
    let expected = film_of(4096, &[all], &mut renderer).picture();
    for (edge, ranges) in [
        (16, vec![all]),
        (23, vec![one(2), one(0), one(1)]),
        (8, vec![one(0), BlockRange { first: 1, count: 2 }]),
    ] {
        let picture = film_of(edge, &ranges, &mut renderer).picture();
        assert!(picture == expected, "tiles of {edge} px in {} ranges give other bits", ranges.len());
    }
}

#[test]
fn damaged_scenes_and_orders_are_refused() {
    let Some(mut renderer) = renderer() else { return };
    let Some(scene) = scene(ASSETS, "tiny.glb", None) else { return };
    let packed = pack(&scene).expect("packs");
    let order = whole(settings(8, 8, 1, 0));
    let mut bad = packed.clone();
    bad.triangles[0][0][3] = f32::from_bits(9999);
    let fault = renderer.render(&bad.to_blob(), &order, &mut |_| Flow::Continue(()));
    assert!(matches!(fault, Err(frame::RenderFault::BadScene(_))), "{fault:?}");
    let mut outside = order;
    outside.rect.x = 4;
    let fault = renderer.render(&packed.to_blob(), &outside, &mut |_| Flow::Continue(()));
    assert!(matches!(fault, Err(frame::RenderFault::BadOrder(_))), "{fault:?}");
}

#[test]
fn a_scene_over_the_owners_memory_limit_is_refused_before_upload() {
    let options = RendererOptions { memory_limit: Some(1000), ..RendererOptions::default() };
    let Ok(mut renderer) = GpuRenderer::open(options) else { return };
    let Some(scene) = scene(ASSETS, "tiny.glb", None) else { return };
    let blob = pack(&scene).expect("packs").to_blob();
    let fault = renderer.render(&blob, &whole(settings(8, 8, 1, 0)), &mut |_| Flow::Continue(()));
    assert!(matches!(fault, Err(frame::RenderFault::OutOfMemory { .. })), "{fault:?}");
}
