//! The benchmark as a window shows it: pictures that grow while an adapter is measured, and what was found.

use std::sync::{Mutex, MutexGuard, PoisonError};

use frame::Picture;
use frame::exr::ToneMap;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::bench::{self, Onlooker};
use crate::fault::Fault;
use crate::stop::Stop;

/// Seconds that each scene is measured.
const BENCH_S: f64 = 2.0;
/// Columns of a picture that is kept: three of them stand side by side.
const COLUMNS_MAX: u32 = 320;

/// What a benchmark found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct Benchmark {
    /// What was measured.
    pub adapter: String,
    /// Million samples a second, the geometric mean of the scenes × 1000.
    #[specta(type = u32)]
    pub score: f64,
    /// Credits an hour at the price that is asked, from the slowest to the fastest scene.
    #[specta(type = (u32, u32))]
    pub credits_hour: (f64, f64),
    /// One line a scene: its name and million samples a second.
    #[specta(type = Vec<(String, u32)>)]
    pub scenes: Vec<(String, f64)>,
}

/// The pictures of the benchmark, one a scene.
#[derive(Debug, Default)]
pub(super) struct Shots(Mutex<Vec<Shot>>);

/// One scene's picture, as small as it is shown.
#[derive(Clone, Debug)]
struct Shot {
    scene: &'static str,
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Shots {
    /// Measures an adapter by rendering on it.
    pub(super) fn measure(&self, adapter: &str, price: u32) -> Result<Benchmark, Fault> {
        let adapter = Some(adapter.trim()).filter(|name| !name.is_empty());
        self.lock().clear();
        let report = bench::run(adapter, BENCH_S, &Stop::new(), &mut Camera(self))?;
        // A price is micro-credits for a million samples.
        let hour = |speed: f64| speed * f64::from(price) * 3600.0 / 1e6;
        let speeds: Vec<f64> = report.scenes.iter().map(|scene| scene.msamples_per_s).collect();
        let slowest = speeds.iter().copied().fold(f64::INFINITY, f64::min);
        let fastest = speeds.iter().copied().fold(0.0, f64::max);
        Ok(Benchmark {
            adapter: report.adapter,
            score: report.score,
            credits_hour: (hour(slowest), hour(fastest)),
            scenes: report.scenes.iter().map(|one| (one.scene.to_owned(), one.msamples_per_s)).collect(),
        })
    }

    /// A scene's picture as a window reads it: columns and rows as little-endian 32-bit numbers, then four bytes a pixel.
    pub(super) fn packet(&self, scene: usize) -> Vec<u8> {
        let shots = self.lock();
        let Some(shot) = shots.get(scene) else { return Vec::new() };
        let mut bytes: Vec<u8> =
            [shot.width, shot.height].iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend_from_slice(&shot.rgba);
        bytes
    }

    // A list of pictures is never half-changed.
    fn lock(&self) -> MutexGuard<'_, Vec<Shot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the pictures.
struct Camera<'a>(&'a Shots);

impl Onlooker for Camera<'_> {
    fn begin(&mut self, _scene: &'static str) {}

    fn see(&mut self, scene: &'static str, picture: &Picture) {
        let shot = Shot::of(scene, picture);
        let mut shots = self.0.lock();
        match shots.iter_mut().find(|other| other.scene == scene) {
            Some(other) => *other = shot,
            None => shots.push(shot),
        }
    }

    fn watches(&self) -> bool {
        true
    }
}

impl Shot {
    /// Every so-many-th pixel over black: a picture of some seconds is noisy anyway.
    fn of(scene: &'static str, picture: &Picture) -> Self {
        let colours = picture.colours();
        let factor = colours.width.div_ceil(COLUMNS_MAX).max(1);
        let (width, height) = (colours.width / factor, colours.height / factor);
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        for row in 0..height {
            for column in 0..width {
                let at = (row * factor * colours.width + column * factor) as usize * 4;
                let light = &colours.rgba[at..at + 4];
                let [red, green, blue] = ToneMap::Clip.to_srgb([light[0], light[1], light[2]], 0.0);
                rgba.extend([red, green, blue, 255]);
            }
        }
        Self { scene, width, height, rgba }
    }
}

#[cfg(test)]
mod tests {
    use frame::{Plane, PlaneSet, TilePlanes, TileRect};

    use super::*;

    fn picture(width: u32, light: f32) -> Picture {
        let rect = TileRect { x: 0, y: 0, width, height: 2 };
        let mut sums = TilePlanes::zeroed(rect, PlaneSet::BEAUTY);
        sums.plane_mut(Plane::Radiance).expect("it is there").fill(light);
        Picture::of_tile(&sums, 1).expect("it has pixels")
    }

    #[test]
    fn a_scene_has_one_picture_the_newest_and_small_enough() {
        let shots = Shots::default();
        assert!(shots.packet(0).is_empty(), "nothing has begun");
        let mut camera = Camera(&shots);
        camera.see("room", &picture(4, 0.0));
        camera.see("grass", &picture(4, 0.18));
        camera.see("room", &picture(COLUMNS_MAX * 2, 1.0));
        let room = shots.packet(0);
        assert_eq!(room[..8], [COLUMNS_MAX.to_le_bytes(), 1_u32.to_le_bytes()].concat());
        assert_eq!(room[8..12], [255, 255, 255, 255]);
        assert_eq!(room.len(), 8 + COLUMNS_MAX as usize * 4);
        assert_eq!(shots.packet(1)[8..12], [118, 118, 118, 255], "middle grey is where screens expect it");
        assert!(shots.packet(2).is_empty());
    }
}
