//! Renders one of the shared reference scenes with the CPU reference.
//!
//! `cargo run -p render-core --example reference_picture -- ../shared cornell 64 cornell.exr`: the folder with `scenes/`
//! and `references/`, the scene's id in `scenes.json`, samples per pixel, and where the picture goes. Compare it with
//! `../shared/tools/compare_exr.py`.

#[path = "../tests/reference_scenes/shared.rs"]
mod shared;

use std::path::Path;
use std::time::Instant;

use frame::{BlockRange, FrameIndex, Plane, TileRect};
use render_core::reference::Reference;

fn main() -> Result<(), shared::Fault> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, id, spp, output] = &arguments[..] else {
        return Err("needs SHARED-FOLDER SCENE-ID SPP OUT.exr".into());
    };
    let (scene, settings) = shared::open(Path::new(folder), id, spp.parse()?)?;
    let size = settings.size;
    let started = Instant::now();
    let reference = Reference::new(&scene);
    let rect = TileRect { x: 0, y: 0, width: size.width(), height: size.height() };
    let partials = reference.render(rect, &settings, FrameIndex(0), BlockRange::all(settings.spp));
    let seconds = started.elapsed().as_secs_f64();
    let samples = size.pixels() as f64 * f64::from(settings.spp);
    eprintln!("{id}: {seconds:.1} s, {:.3} Msamples/s", samples / seconds * 1e-6);
    let sums = partials[0].planes.plane(Plane::Radiance).ok_or("radiance is always there")?;
    exr::prelude::write_rgb_file(output, size.width() as usize, size.height() as usize, |x, y| {
        let at = (y * size.width() as usize + x) * 3;
        let mean = |channel: usize| sums[at + channel] / settings.spp as f32;
        (mean(0), mean(1), mean(2))
    })?;
    Ok(())
}
