//! The CPU reference against the stored pictures of other renderers, at few samples and with an eye to their noise.
//!
//! Every 8x8 block and the whole picture must agree within the scene's tolerance in `references.json` plus four
//! standard errors, our own estimated from the samples and the stored picture's from `reference_noise_relmse`.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "reference_scenes/shared.rs"]
mod shared;

use std::path::Path;

use aloud::say_aloud;
use frame::{BlockRange, FrameIndex, Plane, TileRect};
use render_core::lights::LUMINANCE;
use render_core::reference::Reference;

/// Edge of a block in pixels.
const BLOCK: usize = 8;

/// Blocks that may differ by more, as a share: heavy-tailed noise is not normal.
const OUTLIERS_MAX: f64 = 0.01;

/// What references.json holds a third renderer to.
struct Tolerance {
    bias: f64,
    block: f64,
    /// Relative variance of a pixel of the stored picture.
    noise: f64,
}

fn tolerance(folder: &Path, id: &str) -> Tolerance {
    let bytes = std::fs::read(folder.join("references/references.json")).expect("beside the scenes");
    let all: serde_json::Value = serde_json::from_slice(&bytes).expect("is JSON");
    let number = |value: &serde_json::Value| value.as_f64().expect("every scene has its tolerance");
    let row = &all[id];
    Tolerance {
        bias: number(&row["tolerance"]["max_bias"]),
        block: number(&row["tolerance"]["max_block"]),
        noise: number(&row["reference_noise_relmse"]),
    }
}

/// Luminances of the stored picture.
fn stored(folder: &Path, id: &str) -> Vec<f64> {
    use exr::prelude::{ReadChannels, ReadLayers, read};
    let image = read()
        .no_deep_data()
        .largest_resolution_level()
        .rgb_channels(
            |size, _| (size.width(), vec![0.0; size.area()]),
            |(width, pixels): &mut (usize, Vec<f64>), place, (r, g, b): (f32, f32, f32)| {
                pixels[place.y() * *width + place.x()] = f64::from(LUMINANCE.dot(glam::Vec3::new(r, g, b)));
            },
        )
        .first_valid_layer()
        .all_attributes()
        .from_file(folder.join("references").join(format!("{id}.exr")));
    image.expect("stored pictures are whole").layer_data.channel_data.pixels.1
}

/// A block's mean and its variance of the mean.
#[derive(Clone, Copy, Default)]
struct Mean {
    value: f64,
    variance: f64,
}

fn agrees(id: &str, spp: u32) {
    let Some(folder) = shared::folder() else {
        say_aloud("SKIPPED: the shared reference scenes are not beside this repository");
        return;
    };
    let (scene, settings) = shared::open(&folder, id, spp).expect("reference scenes load");
    let (width, height) = (settings.size.width() as usize, settings.size.height() as usize);
    let rect = TileRect { x: 0, y: 0, width: width as u32, height: height as u32 };
    let partials =
        Reference::new(&scene).render(rect, &settings, FrameIndex(0), BlockRange::all(settings.spp));
    let plane = |plane| partials[0].planes.plane(plane).expect("among the defaults");
    let (radiance, squares) = (plane(Plane::Radiance), plane(Plane::LuminanceSquared));
    let reference = stored(&folder, id);
    let tolerance = tolerance(&folder, id);
    let count = f64::from(spp);
    let floor = 0.01 * reference.iter().sum::<f64>() / reference.len() as f64;
    let (mut whole, mut whole_reference) = (Mean::default(), Mean::default());
    let (mut blocks, mut outliers) = (0.0, 0.0);
    for block in 0..(width / BLOCK) * (height / BLOCK) {
        let (left, top) = (block % (width / BLOCK) * BLOCK, block / (width / BLOCK) * BLOCK);
        let (mut ours, mut theirs) = (Mean::default(), Mean::default());
        for pixel in 0..BLOCK * BLOCK {
            let at = (top + pixel / BLOCK) * width + left + pixel % BLOCK;
            let rgb = glam::Vec3::from_slice(&radiance[3 * at..3 * at + 3]);
            let mean = f64::from(rgb.dot(LUMINANCE)) / count;
            ours.value += mean;
            ours.variance += (f64::from(squares[at]) / count - mean * mean).max(0.0) / (count - 1.0);
            theirs.value += reference[at];
            theirs.variance += tolerance.noise * reference[at] * reference[at];
        }
        for (sum, one) in [(&mut whole, ours), (&mut whole_reference, theirs)] {
            sum.value += one.value;
            sum.variance += one.variance;
        }
        let pixels = (BLOCK * BLOCK) as f64;
        let noise = (ours.variance + theirs.variance).sqrt();
        let allowed = tolerance.block * (theirs.value + floor * pixels) + 4.0 * noise;
        blocks += 1.0;
        outliers += f64::from(u8::from((ours.value - theirs.value).abs() > allowed));
    }
    let noise = (whole.variance + whole_reference.variance).sqrt();
    let allowed = tolerance.bias * whole_reference.value + 4.0 * noise;
    let bias = whole.value - whole_reference.value;
    eprintln!(
        "{id}: bias {:+.4} (limit {:.4}), {outliers} of {blocks} blocks outside",
        bias / whole_reference.value,
        allowed / whole_reference.value
    );
    assert!(bias.abs() <= allowed, "{id}: the whole picture is off");
    assert!(outliers <= OUTLIERS_MAX * blocks, "{id}: {outliers} of {blocks} blocks are off");
}

#[test]
fn cornell_box_is_as_others_see_it() {
    agrees("cornell", 6);
}

#[test]
fn closed_forms_are_met() {
    agrees("furnace", 4);
    agrees("punctual_units", 4);
}

#[test]
fn the_sky_stands_the_right_way_round() {
    agrees("env_axes", 4);
}

#[test]
fn multiple_importance_sampling_agrees() {
    agrees("veach_mis", 6);
}

#[test]
fn animation_shows_the_right_instant() {
    agrees("anim24", 4);
}

#[test]
fn materials_look_as_elsewhere() {
    // `specular` is left out: Cycles keeps bright rims where the extension's specular factor takes them away.
    for id in ["metal_rough", "clearcoat", "transmission_rough", "alpha_modes", "negative_scale"] {
        agrees(id, 8);
    }
}
