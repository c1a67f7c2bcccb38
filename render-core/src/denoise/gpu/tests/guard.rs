//! The guard's kernels against the plain guard, on its own pictures and on random ones with hostile values.

use frame::{FrameSize, TileRect};

use super::*;
use crate::denoise::Filtered;
use crate::denoise::guard::tests::tasks;

/// The bound, written before anything ran: of every value against the plain guard.
const TOLERANCE: f64 = 1e-4;
/// Exposed radiance below which a difference is not relative any more: a thousandth of what a display shows.
const DARK: f32 = 1e-6;

/// Largest difference from what the plain guard makes of the same, relative to the value or to the colours that were mixed, whichever is most:
/// of 1e18 and a share of 3e-5 hardly anything is known to more digits than those 1e18 have. Infinite where something is not a colour.
pub(super) fn distance_of_guarded(found: &[f32], noisy: &Noisy, filtered: &Filtered, exposure: f32) -> f64 {
    let expected = plain_guard(noisy, exposure, filtered.clone());
    assert_eq!(found.len(), expected.len());
    let apart = |at: usize| {
        let traced = noisy.radiance[at];
        let traced = if traced.is_finite() { traced.clamp(0.0, 1e18) } else { 0.0 };
        let scale = expected[at].max(traced).max(filtered.radiance[at]).max(DARK / exposure);
        if found[at].is_finite() && found[at] >= 0.0 {
            (f64::from(found[at]) - f64::from(expected[at])).abs() / f64::from(scale)
        } else {
            f64::INFINITY
        }
    };
    (0..expected.len()).map(apart).fold(0.0, f64::max)
}

/// What a network could make of any picture of this size.
fn any_filtered(width: usize, height: usize, seed: u32) -> Filtered {
    let radiance = (0..3 * width * height).map(|at| 2.0 * number(at, seed)).collect();
    Filtered { radiance, own: (0..width * height).map(|at| number(at, seed + 1)).collect() }
}

#[test]
fn kernels_guard_as_the_plain_guard_does() {
    let Some(gpu) = opened() else { return };
    let mut denoiser = denoiser(&gpu, &even(9), Stored::Half, Way::of(&gpu));
    let mut check = |what: &str, noisy: &Noisy, filtered: &Filtered, exposure: f32| {
        let found = denoiser.guarded(&gpu, noisy, filtered, exposure);
        hold(what, &[("", distance_of_guarded(&found, noisy, filtered, exposure))], TOLERANCE);
    };
    for task in tasks() {
        check(&task.name, &task.noisy, &task.filtered, task.exposure);
    }
    for (width, height) in [(97, 61), (17, 5), (1, 1), (32, 48), (130, 3)] {
        for (kind, noisy) in [("random", picture(width, height)), ("hostile", hostile(width, height))] {
            for exposure in [1e-6, 0.3, 1e6] {
                // As far from the traced picture as noise, and the same where that is not hostile.
                for seed in [20, 1] {
                    let what = format!("{kind} {width}x{height} at {exposure}, seed {seed}");
                    check(&what, &noisy, &any_filtered(width, height, seed), exposure);
                }
            }
        }
    }
}

/// So little noise that what was filtered is not trusted anywhere, until a spike of variance excuses it as far as its cell is seen.
fn spiked(width: usize, height: usize, (x, y): (usize, usize)) -> (Noisy, Filtered) {
    let mut planes = made(width, height);
    planes.radiance.fill(1.0);
    planes.variance.fill(1e-7);
    planes.samples.fill(64);
    planes.variance[y * width + x] = 1e3;
    let noisy = Noisy::new(width as u32, height as u32, planes).expect("sizes agree");
    let pixels = width * height;
    (noisy, Filtered { radiance: vec![1.01; 3 * pixels], own: vec![0.0; pixels] })
}

#[test]
fn three_cells_around_a_piece_give_the_bits_of_the_whole_and_two_do_not() {
    let Some(gpu) = opened() else { return };
    let mut denoiser = denoiser(&gpu, &even(9), Stored::Half, Way::of(&gpu));
    let (width, height) = (181, 170);
    let frame = FrameSize::new(width as u32, height as u32).expect("in range");
    let limits = TileRect { x: 0, y: 0, width: width as u32, height: height as u32 };
    let kept = TileRect { x: 80, y: 64, width: 32, height: 16 };
    let mut as_in_the_whole = |noisy: &Noisy, filtered: &Filtered, around_px: u32| {
        let seen = kept.grown(around_px, frame);
        let cropped = |plane: &[f32], channels| limits.crop(plane, channels, seen).expect("it lies inside");
        let part = Filtered { radiance: cropped(&filtered.radiance, 3), own: cropped(&filtered.own, 1) };
        let whole = denoiser.guarded(&gpu, noisy, filtered, 1.0);
        let noisy = noisy.cropped(seen).expect("it lies inside");
        let piece = denoiser.guarded(&gpu, &noisy, &part, 1.0);
        seen.crop(&piece, 3, kept) == limits.crop(&whole, 3, kept)
    };
    // In the outermost corners of the third cells to the left and above, and to the right and below.
    for spike in [(32, 16), (159, 127)] {
        let (noisy, filtered) = spiked(width, height, spike);
        assert!(as_in_the_whole(&noisy, &filtered, GUARD_CELLS_PX), "{spike:?}");
        assert!(!as_in_the_whole(&noisy, &filtered, GUARD_CELLS_PX - 16), "{spike:?} is not even seen");
    }
    let filtered = any_filtered(width, height, 20);
    for noisy in [picture(width, height), hostile(width, height)] {
        assert!(as_in_the_whole(&noisy, &filtered, GUARD_CELLS_PX));
    }
}

#[test]
fn what_noise_cannot_excuse_comes_back_as_it_was_traced() {
    let Some(gpu) = opened() else { return };
    let mut planes = made(97, 61);
    planes.variance.fill(0.0);
    planes.samples.fill(4096);
    let noisy = Noisy::new(97, 61, planes).expect("sizes agree");
    let mut denoiser = denoiser(&gpu, &even(25), Stored::Half, Way::of(&gpu));
    let found = denoiser.denoise(&gpu, &noisy, 0.7).expect("runs");
    for (found, traced) in found.iter().zip(&noisy.radiance) {
        assert!((found - traced).abs() <= 1e-5 * traced.max(1e-3), "{found} is not {traced}");
    }
}

#[test]
fn pixels_without_samples_keep_what_the_network_made_of_their_neighbours() {
    let Some(gpu) = opened() else { return };
    let mut planes = made(70, 45);
    planes.samples.fill(0);
    planes.radiance.fill(f32::NAN);
    // A lit column, so that there is something to be spread.
    for y in 0..45 {
        planes.samples[y * 70 + 20] = 1;
        planes.radiance[3 * (y * 70 + 20)..][..3].fill(0.5);
    }
    let noisy = Noisy::new(70, 45, planes).expect("sizes agree");
    let mut denoiser = denoiser(&gpu, &even(25), Stored::Half, Way::of(&gpu));
    let filtered = denoiser.filtered(&gpu, &noisy, 1.0);
    let found = denoiser.denoise(&gpu, &noisy, 1.0).expect("runs");
    assert!(found.iter().any(|&value| value > 0.01), "something is lit");
    hold("column", &[("", distance_of_guarded(&found, &noisy, &filtered, 1.0))], TOLERANCE);
}
