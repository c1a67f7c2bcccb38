//! One exposure scale for a frame, settled before its first tile is leased.
//!
//! The plain CPU tracer makes a small picture of the scene with a few fixed samples, and the scale follows from how bright that is
//! (`docs/denoiser.md`, section 6). So it is a pure function of scene and settings: the same for `--direct` and the network, for a retry, and
//! for frames that show the same scene. Whoever renders gets the number and never computes it.

use std::sync::Arc;

use frame::{
    BlockRange, Denoise, FrameIndex, FrameSize, NetworkId, Picture, PlaneSet, RenderSettings, SettingsDraft,
    TileRect,
};
use render_core::reference::Reference;
use render_core::scene::Scene;

/// The longer side of the small picture, pixels.
const SIDE_PX: u32 = 64;
/// Its samples per pixel: a block of 16×16 pixels has a thousand, and the mean of their logarithms needs no more.
const SPP: u32 = 4;

/// Triangles that it is made of, at most, those of a mesh that stands often counted once: the plain tracer sorts them all.
const TRIANGLES_MAX: u64 = 1 << 22;

/// The exposure scale at which a frame of this scene is clamped and denoised; 1 when it is neither.
pub(crate) fn exposure_scale(scene: &Scene, settings: &RenderSettings) -> f32 {
    if !settings.needs_exposure() {
        return 1.0;
    }
    let started = std::time::Instant::now();
    let size = small(settings.size);
    let draft = SettingsDraft {
        size,
        spp: SPP,
        // How much is too much is what it is made for.
        clamp_indirect: 0.0,
        denoise: Denoise::Off,
        network: NetworkId::NONE,
        planes: PlaneSet::BEAUTY,
        ..**settings
    };
    let settings = RenderSettings::new(draft).expect("a small picture with the settings of a large one");
    let rect = TileRect { x: 0, y: 0, width: size.width(), height: size.height() };
    let sums = Reference::new(&thinned(scene, TRIANGLES_MAX)).render(
        rect,
        &settings,
        FrameIndex(0),
        BlockRange::all(SPP),
    );
    let picture = sums.first().and_then(|sum| Picture::of_tile(&sum.planes, SPP));
    let scale = picture.map_or(1.0, |picture| picture.exposure_scale());
    tracing::info!(scale, milliseconds = started.elapsed().as_millis() as u64, "exposure settled");
    scale
}

/// The scene with at most `most` triangles and a few, mesh by mesh: of too many every nth. The light in it is much the same, which is all that is
/// asked of it.
fn thinned(scene: &Scene, most: u64) -> Scene {
    let mut scene = scene.clone();
    let all: u64 = scene.meshes.iter().map(|mesh| mesh.triangles.len() as u64).sum();
    let nth = all.div_ceil(most).max(1) as usize;
    for mesh in scene.meshes.iter_mut().filter(|_| nth > 1) {
        let mesh = Arc::make_mut(mesh);
        mesh.triangles = std::mem::take(&mut mesh.triangles).into_iter().step_by(nth).collect();
    }
    scene
}

/// The same shape with [`SIDE_PX`] along its longer side, unless it is smaller.
fn small(size: FrameSize) -> FrameSize {
    let longer = size.width().max(size.height());
    let side = |side: u32| (side * SIDE_PX.min(longer)).div_ceil(longer).max(1);
    FrameSize::new(side(size.width()), side(size.height())).expect("smaller than a size that exists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_picture_keeps_the_shape() {
        let small = |width, height| {
            let size = small(FrameSize::new(width, height).expect("in range"));
            (size.width(), size.height())
        };
        assert_eq!(small(1920, 1080), (64, 36));
        assert_eq!(small(1080, 1920), (36, 64));
        assert_eq!((small(40, 20), small(1, 1)), ((40, 20), (1, 1)));
        assert_eq!((small(65_536, 1), small(65_536, 65_536)), ((64, 1), (64, 64)));
    }

    #[test]
    fn a_scene_of_too_many_triangles_is_thinned_evenly() {
        let scene = crate::bench::demo_scene();
        let triangles =
            |scene: &Scene| scene.meshes.iter().map(|mesh| mesh.triangles.len() as u64).sum::<u64>();
        let all = triangles(&scene);
        assert_eq!(thinned(&scene, all).meshes, scene.meshes);
        for most in [all - 1, all / 3, 10] {
            let thin = thinned(&scene, most);
            assert!(triangles(&thin) <= most + scene.meshes.len() as u64, "{most}");
            assert_eq!(thin.instances, scene.instances, "{most}");
            assert!(thin.check().is_ok(), "{most}");
        }
    }

    /// The scene with all its lights so many times as bright.
    fn brightened(scene: &Scene, times: f32) -> Scene {
        let mut scene = scene.clone();
        scene.lights.iter_mut().for_each(|light| light.color *= times);
        scene.materials.iter_mut().for_each(|material| material.emissive *= times);
        scene.environment.strength *= times;
        scene
    }

    /// The light of each pixel, with the usual clamp and at the exposure that the program settles.
    fn light(scene: &Scene) -> Vec<f32> {
        let size = FrameSize::new(48, 27).expect("in range");
        let draft = SettingsDraft { spp: 16, ..SettingsDraft::defaults(size) };
        let settings = RenderSettings::new(draft).expect("valid");
        let settings = settings.with_exposure_scale(exposure_scale(scene, &settings)).expect("in range");
        let rect = TileRect { x: 0, y: 0, width: 48, height: 27 };
        let sums = Reference::new(scene).render(rect, &settings, FrameIndex(0), BlockRange::all(16));
        sums[0].planes.plane(frame::Plane::Radiance).expect("asked for").to_vec()
    }

    #[test]
    fn lights_650_times_as_bright_give_a_picture_650_times_as_bright() {
        // Photometric units: watts are told in lux, candela or lumen. Eight times as bright as it is, the scene's scale is below 1, and its clamp cuts something.
        let scene = brightened(&crate::bench::demo_scene(), 8.0);
        let (once, bright) = (light(&scene), light(&brightened(&scene, 650.0)));
        let alike = |(a, b): (&f32, &f32)| (650.0 * a - b).abs() <= 1e-3 * b.abs() + 1e-3;
        let share = once.iter().zip(&bright).filter(|&pair| alike(pair)).count() as f32 / once.len() as f32;
        // Rounding may turn a path to another lamp.
        assert!(share > 0.99, "{share}");
        let sum = |light: &[f32]| light.iter().map(|&value| f64::from(value)).sum::<f64>();
        let energy = sum(&bright) / sum(&once) / 650.0;
        assert!((energy - 1.0).abs() < 1e-3, "{energy}");
    }

    #[test]
    fn twice_the_light_is_half_the_scale_and_without_clamp_and_denoiser_none_is_needed() {
        let size = FrameSize::new(320, 180).expect("in range");
        let draft = SettingsDraft {
            denoise: Denoise::Local,
            network: NetworkId([1; 32]),
            ..SettingsDraft::defaults(size)
        };
        let settings = RenderSettings::new(draft).expect("valid");
        let scene = crate::bench::demo_scene();
        let bright = brightened(&scene, 2.0);
        let (once, again) = (exposure_scale(&scene, &settings), exposure_scale(&scene, &settings));
        assert!((1e-3..1e3).contains(&once), "{once}");
        assert_eq!(once.to_bits(), again.to_bits());
        let half = exposure_scale(&bright, &settings);
        assert!((half / once - 0.5).abs() < 1e-4, "{half} {once}");
        let off = SettingsDraft { denoise: Denoise::Off, network: NetworkId::NONE, ..draft };
        let scale = |draft| exposure_scale(&scene, &RenderSettings::new(draft).expect("valid"));
        assert_eq!(scale(off).to_bits(), once.to_bits(), "the clamp needs it too");
        assert_eq!(scale(SettingsDraft { clamp_indirect: 0.0, ..off }), 1.0);
    }
}
