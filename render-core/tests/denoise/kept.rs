//! What any filtered picture keeps, whatever the weights: untrained ones show it best. What the guard adds is in `guarded.rs`.

use render_core::denoise::cpu::{self, CpuDenoiser};
use render_core::denoise::{Shape, Weights, reference};

use crate::made::{Made, SHAPES, bits, distance_of_each, unit};
use crate::{FAST_TOLERANCE, distance};

impl Made {
    /// By the plain reference and by the fast path.
    fn denoised(&self, weights: &Weights, exposure: f32) -> [(&'static str, Vec<f32>); 2] {
        [
            ("reference", reference::filtered(weights, &self.noisy(), exposure).radiance),
            ("cpu", cpu::filtered(weights, &self.noisy(), exposure).radiance),
        ]
    }
}

#[test]
fn constant_light_and_albedo_come_out_as_they_went_in() {
    let colour = [0.8, 0.3, 12.0];
    let made = Made::constant(70, 45, colour, [0.7, 0.2, 0.0]);
    let expected: Vec<f32> = colour.iter().copied().cycle().take(made.radiance.len()).collect();
    for shape in SHAPES {
        for (program, found) in made.denoised(&Weights::random(shape, 5), 0.5) {
            let worst = distance_of_each(&found, &expected);
            assert!(worst < 1e-5, "{program} {shape:?}: {worst:e}");
        }
    }
}

#[test]
fn pixels_without_samples_are_filled_from_their_neighbours() {
    let colour = [0.8, 0.3, 12.0];
    let mut made = Made::constant(70, 45, colour, [0.7, 0.2, 0.0]);
    let expected: Vec<f32> = colour.iter().copied().cycle().take(made.radiance.len()).collect();
    for at in 0..made.samples.len() {
        if unit(at as u32, 0, 9) < 0.3 {
            made.samples[at] = 0;
            made.radiance[3 * at..3 * at + 3].fill(0.0);
        }
    }
    for shape in SHAPES {
        for (program, found) in made.denoised(&Weights::random(shape, 5), 0.5) {
            let worst = distance_of_each(&found, &expected);
            assert!(worst < 1e-5, "{program} {shape:?}: {worst:e}");
        }
    }
}

#[test]
fn what_stands_in_a_pixel_without_samples_changes_nothing_but_its_albedo() {
    let mut made = Made::new(40, 40);
    let holes: Vec<usize> = (0..made.samples.len()).filter(|&at| unit(at as u32, 0, 9) < 0.3).collect();
    holes.iter().for_each(|&at| made.samples[at] = 0);
    let weights = Weights::random(Shape::SMALL, 5);
    let before = made.denoised(&weights, 1.0);
    for &at in &holes {
        made.radiance[3 * at..3 * at + 3].fill(1e5);
        made.normal[3 * at..3 * at + 3].fill(f32::NAN);
        (made.depth[at], made.hits[at], made.variance[at]) = (7.0, 1.0, 1e9);
    }
    assert_eq!(before, made.denoised(&weights, 1.0));
}

#[test]
fn picture_without_any_sample_is_black() {
    let mut made = Made::new(20, 33);
    made.samples.fill(0);
    for (program, found) in made.denoised(&Weights::random(Shape::SMALL, 5), 1.0) {
        assert!(found.iter().all(|&value| value == 0.0), "{program}");
    }
}

#[test]
fn half_the_light_at_twice_the_exposure_gives_half_the_picture_to_the_last_bit() {
    let made = Made::new(64, 50);
    let mut darker = made.clone();
    darker.radiance.iter_mut().for_each(|value| *value *= 0.5);
    darker.variance.iter_mut().for_each(|value| *value *= 0.25);
    for shape in SHAPES {
        let weights = Weights::random(shape, 6);
        let pairs = made.denoised(&weights, 0.7).into_iter().zip(darker.denoised(&weights, 1.4));
        for ((program, bright), (_, dark)) in pairs {
            let twice: Vec<f32> = dark.iter().map(|value| 2.0 * value).collect();
            assert!(
                bits(&twice) == bits(&bright),
                "{program} {shape:?}: {:e}",
                distance_of_each(&twice, &bright)
            );
        }
    }
}

#[test]
fn hostile_values_give_finite_pictures_no_brighter_than_what_went_in() {
    let hostile = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0, f32::MAX, f32::MIN, 1e-40, 1e5];
    let mut made = Made::new(48, 41);
    for (salt, plane) in [
        &mut made.planes.radiance,
        &mut made.planes.albedo,
        &mut made.planes.normal,
        &mut made.planes.depth,
        &mut made.planes.hits,
        &mut made.planes.variance,
    ]
    .into_iter()
    .enumerate()
    {
        for (at, value) in plane.iter_mut().enumerate() {
            if unit(at as u32, 1, 20 + salt as u32) < 0.2 {
                *value = hostile[(unit(at as u32, 2, 20 + salt as u32) * hostile.len() as f32) as usize];
            }
        }
    }
    for shape in SHAPES {
        let weights = Weights::random(shape, 7);
        for exposure in [1.0, 1e-30, 1e30, 0.0, -3.0, f32::NAN, f32::INFINITY] {
            // Radiance is capped at 1e6 by exposure, and divided by an albedo of at least 0.05 times one of at most 1.05.
            let cap = 1e6 / if exposure.is_nan() { 1.0 } else { exposure.clamp(1e-6, 1e6) };
            for (program, found) in made.denoised(&weights, exposure) {
                let worst = found.iter().find(|value| !(0.0..=21.1 * cap).contains(*value));
                assert!(worst.is_none(), "{program} {shape:?} at {exposure}: {worst:?}");
            }
        }
    }
}

#[test]
fn pictures_of_any_size_are_what_plain_f32_says() {
    for (width, height) in [(1, 1), (17, 5), (2, 33), (33, 16), (130, 67)] {
        for shape in SHAPES {
            let made = Made::new(width, height);
            let [(_, expected), (_, found)] = made.denoised(&Weights::random(shape, 8), 1.0);
            let worst = distance(&found, &expected);
            assert!(worst < FAST_TOLERANCE, "{width}x{height} {shape:?}: {worst:e}");
        }
    }
    let made = Made::new(640, 361);
    let [(_, expected), (_, found)] = made.denoised(&Weights::random(Shape::SMALL, 8), 1.0);
    let worst = distance(&found, &expected);
    assert!(worst < FAST_TOLERANCE, "640x361: {worst:e}");
}

#[test]
fn picture_in_pieces_has_the_bits_of_the_whole() {
    let made = Made::new(433, 391);
    for shape in SHAPES {
        let weights = Weights::random(shape, 9);
        let overlap = u64::from(weights.reach_px().next_multiple_of(16));
        let pieces = CpuDenoiser::new(&weights).with_piece_pixels_max((160 + 2 * overlap).pow(2));
        let found = pieces.filtered(&made.noisy(), 1.0);
        let whole = cpu::filtered(&weights, &made.noisy(), 1.0);
        assert!(bits(&whole.radiance) == bits(&found.radiance), "{shape:?}");
        assert!(bits(&whole.own) == bits(&found.own), "{shape:?}");
    }
}

#[test]
fn reach_is_as_far_as_a_pixel_sees_and_hardly_farther() {
    // One row of sixteen-pixel squares; the last of them is looked at.
    const WIDTH: usize = 320;
    for shape in SHAPES {
        let weights = Weights::random(shape, 10);
        let reach = weights.reach_px() as usize;
        let seen_from = |changed_up_to: usize| {
            let mut made = Made::new(WIDTH, 16);
            let before = cpu::filtered(&weights, &made.noisy(), 1.0).radiance;
            for row in 0..16 {
                for value in &mut made.radiance[3 * WIDTH * row..3 * (WIDTH * row + changed_up_to)] {
                    *value = 50.0 - *value;
                }
                for value in &mut made.albedo[3 * WIDTH * row..3 * (WIDTH * row + changed_up_to)] {
                    *value = 1.0 - *value;
                }
            }
            let after = cpu::filtered(&weights, &made.noisy(), 1.0).radiance;
            let differs = |x: usize| {
                (0..16).any(|row| {
                    (0..3).any(|at| {
                        let place = 3 * (WIDTH * row + x) + at;
                        before[place].to_bits() != after[place].to_bits()
                    })
                })
            };
            (WIDTH - 16..WIDTH).any(differs)
        };
        let square = WIDTH - 16;
        assert!(!seen_from(square - reach), "{shape:?}: something farther than {reach} px is seen");
        assert!(seen_from(square - reach + 16), "{shape:?}: {reach} px is more than is needed");
    }
}
