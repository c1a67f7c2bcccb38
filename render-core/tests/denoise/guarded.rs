//! What a picture keeps through the whole chain, the network and the guard behind it, as nodes and the artist's machine run it.

use frame::{FrameSize, Noisy, TileRect};
use render_core::denoise::cpu::CpuDenoiser;
use render_core::denoise::guard::{GUARD_REACH_PX, guard};
use render_core::denoise::{Weights, reach_px, reference};

use crate::made::{Made, SHAPES, bits, distance_of_each, unit};

/// The chain with the fast path.
fn chain(weights: &Weights, noisy: &Noisy, exposure: f32) -> Vec<f32> {
    CpuDenoiser::new(weights).denoise(noisy, exposure)
}

/// Untrained networks, which do what they like, and the two that are shipped.
fn networks() -> Vec<(String, Weights)> {
    let random = SHAPES.map(|shape| (format!("random {shape:?}"), Weights::random(shape, 5)));
    let shipped = [
        ("small", include_bytes!("../../../assets/denoiser/small.tdn").as_slice()),
        ("quality", include_bytes!("../../../assets/denoiser/quality.tdn").as_slice()),
    ];
    let shipped =
        shipped.map(|(name, file)| (name.to_owned(), Weights::from_bytes(file).expect("it is shipped")));
    random.into_iter().chain(shipped).collect()
}

/// Pixels of a constant picture that have no samples, and therefore no light of their own.
fn scattered_holes(made: &mut Made, share: f32) {
    for at in 0..made.samples.len() {
        if unit(at as u32, 0, 9) < share {
            made.samples[at] = 0;
            made.radiance[3 * at..3 * at + 3].fill(0.0);
            made.variance[at] = 0.0;
        }
    }
}

#[test]
fn constant_light_comes_back_through_network_and_guard_with_and_without_holes() {
    let colour = [0.8, 0.3, 12.0];
    for (width, height, holes) in [(70, 45, 0.0), (70, 45, 0.3), (5, 3, 0.0), (33, 17, 0.6)] {
        let mut made = Made::constant(width, height, colour, [0.7, 0.2, 0.0]);
        scattered_holes(&mut made, holes);
        assert!(made.samples.iter().any(|&samples| samples > 0));
        let expected: Vec<f32> = colour.iter().copied().cycle().take(made.radiance.len()).collect();
        for (name, weights) in networks() {
            // 0.15 is this picture's own scale. At 200 times as much the shipped networks trust next to nothing around some holes, and what is below
            // 1e-12 together counts as black.
            for (exposure, bound) in [(0.01, 2e-5), (0.15, 2e-5), (30.0, 5e-4)] {
                let noisy = made.noisy();
                let plain = guard(&noisy, exposure, reference::filtered(&weights, &noisy, exposure));
                for (program, found) in [("reference", plain), ("cpu", chain(&weights, &noisy, exposure))] {
                    let worst = distance_of_each(&found, &expected);
                    assert!(worst < bound, "{program} {name}, {holes} holes, exposure {exposure}: {worst:e}");
                }
            }
        }
    }
}

#[test]
fn half_the_light_at_twice_the_exposure_is_half_the_picture_to_the_last_bit() {
    let mut made = Made::new(64, 50);
    scattered_holes(&mut made, 0.1);
    let mut darker = made.clone();
    darker.radiance.iter_mut().for_each(|value| *value *= 0.5);
    darker.variance.iter_mut().for_each(|value| *value *= 0.25);
    for (name, weights) in networks() {
        let bright = chain(&weights, &made.noisy(), 0.7);
        let twice: Vec<f32> = chain(&weights, &darker.noisy(), 1.4).iter().map(|value| 2.0 * value).collect();
        assert!(bits(&bright) == bits(&twice), "{name}: {:e} apart", distance_of_each(&twice, &bright));
        let other: Vec<f32> = chain(&weights, &darker.noisy(), 0.7).iter().map(|value| 2.0 * value).collect();
        assert!(bits(&bright) != bits(&other), "{name} does not look at the exposure at all");
    }
}

#[test]
fn what_stands_in_a_pixel_without_samples_changes_nothing_behind_the_guard() {
    let mut made = Made::new(40, 40);
    scattered_holes(&mut made, 0.3);
    for (name, weights) in networks() {
        let before = chain(&weights, &made.noisy(), 1.0);
        assert!(before.iter().all(|value| value.is_finite() && *value >= 0.0), "{name}");
        let mut other = made.clone();
        for at in (0..made.samples.len()).filter(|&at| made.samples[at] == 0) {
            other.radiance[3 * at..3 * at + 3].fill(1e5);
            other.normal[3 * at..3 * at + 3].fill(f32::NAN);
            (other.depth[at], other.hits[at]) = (7.0, 1.0);
        }
        assert!(bits(&before) == bits(&chain(&weights, &other.noisy(), 1.0)), "{name}");
    }
}

#[test]
fn a_spike_of_variance_is_not_seen_farther_than_network_and_guard_reach() {
    const CELL: usize = 16;
    for shape in SHAPES {
        let weights = Weights::random(shape, 10);
        let reach = reach_px(shape) as usize;
        let (width, cell) = ((2 * reach).next_multiple_of(CELL) + 5 * CELL, reach.div_ceil(CELL) + 2);
        let still = Made::new(width, CELL);
        let before = chain(&weights, &still.noisy(), 1.0);
        let mut farthest = 0;
        for spike in [cell * CELL, cell * CELL + 7, cell * CELL + 15] {
            let mut spiked = still.clone();
            (0..CELL).for_each(|y| spiked.variance[y * width + spike] = 1e6);
            let after = chain(&weights, &spiked.noisy(), 1.0);
            let differs = |x: usize| {
                let pixel = |y: usize| 3 * (y * width + x)..3 * (y * width + x) + 3;
                (0..CELL).any(|y| before[pixel(y)] != after[pixel(y)])
            };
            for x in (0..width).filter(|&x| differs(x)) {
                // Everything is aligned to cells: a pixel sees what its cell sees.
                let (first, last) = (x / CELL * CELL, x / CELL * CELL + CELL - 1);
                let away = first.saturating_sub(spike).max(spike.saturating_sub(last));
                assert!(away <= reach, "{shape:?}: {x} sees {spike}, {away} px away; {reach} are documented");
                farthest = farthest.max(away);
            }
        }
        // The network's reach goes through many roundings, so its last pixels need not show; but more than the guard's must.
        assert!(
            farthest > GUARD_REACH_PX as usize + 2 * CELL,
            "{shape:?}: {farthest} of {reach} px proves little"
        );
    }
}

#[test]
fn pieces_of_a_frame_have_the_bits_of_the_whole_behind_the_guard() {
    for (shape, width, height) in [(SHAPES[0], 433, 391), (SHAPES[1], 561, 533)] {
        let weights = Weights::random(shape, 9);
        let denoiser = CpuDenoiser::new(&weights);
        let through = |noisy: &Noisy| denoiser.denoise(noisy, 0.8);
        let mut made = Made::new(width, height);
        scattered_holes(&mut made, 0.02);
        let noisy = made.noisy();
        let frame = FrameSize::new(width as u32, height as u32).expect("in range");
        let limits = TileRect { x: 0, y: 0, width: width as u32, height: height as u32 };
        let whole = through(&noisy);
        let seen_alike = |kept: TileRect, around_px: u32| {
            let seen = kept.grown(around_px, frame).aligned(16, frame);
            let piece = through(&noisy.cropped(seen).expect("it lies inside"));
            let expected = limits.crop(&whole, 3, kept).expect("it lies inside");
            bits(&seen.crop(&piece, 3, kept).expect("it lies inside")) == bits(&expected)
        };
        let reach = reach_px(shape);
        let (right, bottom) = (limits.width / 16 * 16 - 32, limits.height / 16 * 16 - 16);
        let middle =
            TileRect { x: limits.width / 32 * 16, y: limits.height / 32 * 16, width: 48, height: 32 };
        let edges =
            TileRect { x: right, y: bottom, width: limits.width - right, height: limits.height - bottom };
        for kept in [TileRect { x: 0, y: 0, width: 32, height: 48 }, middle, edges] {
            assert!(seen_alike(kept, reach), "{shape:?}: {kept:?}");
            assert!(!seen_alike(kept, 32), "{shape:?}: {kept:?} does not even see the guard's cells");
        }
    }
}
