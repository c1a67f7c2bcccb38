//! What the guard promises, whatever the network says.

use frame::NoisyPlanes;

use super::*;

const SIDE: usize = 48;
const VALUES: usize = 3 * SIDE * SIDE;

fn noisy_of(width: usize, radiance: &[f32], variance: f32, samples: u32) -> Noisy {
    let pixels = radiance.len() / 3;
    let plane = |value: f32, channels: usize| vec![value; pixels * channels];
    let planes = NoisyPlanes {
        radiance: radiance.to_vec(),
        albedo: plane(0.5, 3),
        normal: plane(0.0, 3),
        depth: plane(1.0, 1),
        hits: plane(1.0, 1),
        variance: plane(variance, 1),
        samples: vec![samples; pixels],
    };
    Noisy::new(width as u32, (pixels / width) as u32, planes).expect("of one size")
}

/// What is left of `colour`, of which the pixel's own share is `own`.
fn guarded(radiance: &[f32], variance: f32, samples: u32, colour: &[f32], own: f32) -> Vec<f32> {
    let filtered = Filtered { radiance: colour.to_vec(), own: vec![own; colour.len() / 3] };
    guard(&noisy_of(SIDE, radiance, variance, samples), 1.0, filtered)
}

/// Light with noise of this deviation, from a fixed stream of numbers that look random.
fn traced(light: f32, deviation: f32) -> Vec<f32> {
    let mut state = 7u32;
    let mut uniform = || {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    // The sum of twelve is near enough to normal.
    let mut normal = || (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
    (0..SIDE * SIDE).flat_map(|_| [light + deviation * normal(); 3]).collect()
}

/// Something for the guard to do.
pub(in crate::denoise) struct Task {
    pub(in crate::denoise) name: String,
    pub(in crate::denoise) noisy: Noisy,
    pub(in crate::denoise) filtered: Filtered,
    pub(in crate::denoise) exposure: f32,
}

/// The pictures of the tests below, for other programs that guard.
pub(in crate::denoise) fn tasks() -> Vec<Task> {
    let plain = |name: &str, radiance: &[f32], variance: f32, samples: u32, colour: &[f32], own: f32| Task {
        name: name.to_owned(),
        noisy: noisy_of(SIDE, radiance, variance, samples),
        filtered: Filtered { radiance: colour.to_vec(), own: vec![own; VALUES / 3] },
        exposure: 1.0,
    };
    let made =
        |name: &str, (noisy, filtered), exposure| Task { name: name.into(), noisy, filtered, exposure };
    let (fine, rough) = (traced(1.0, 0.02), traced(1.0, 0.5));
    let mut tasks = vec![
        plain("without noise", &slope(), 0.0, 4096, &[0.7; VALUES], 0.0),
        plain("explained by noise", &traced(1.0, 0.1), 0.01, 64, &[1.0; VALUES], 0.0),
        plain("repeated", &fine, 4e-4, 256, &repeated(&fine, 0.2), 0.9),
        plain("another colour", &coloured(), 0.25, 4, &[0.9514; VALUES], 0.0),
        plain("a tenth lost", &rough, 0.25, 4, &[0.9; VALUES], 0.0),
        plain("one sample", &[1.0; VALUES], 0.0, 1, &bright_first(), 0.0),
        plain("no samples", &[0.0; VALUES], 0.0, 0, &[0.25; VALUES], 0.0),
        made("known ground", cloth_on_known_ground(), 1.0),
    ];
    let (noisy, filtered, _) = bright_pixel();
    tasks.push(made("bright pixel", (noisy, filtered), 1.0));
    let by = [0.5, 1.0, 1.5, 2.0, 3.0, 10.0];
    tasks.extend(by.map(|by| plain(&format!("wrong by {by}"), &fine, 4e-4, 256, &wrong(0.02 * by), 0.0)));
    for value in HOSTILE {
        let at = |exposure| made(&format!("{value} at {exposure}"), hostile(value), exposure);
        tasks.extend([1e-6, 1.0, 1e6].map(at));
    }
    tasks
}

fn mean_square(found: &[f32], truth: f32) -> f32 {
    found.iter().map(|value| (value - truth).powi(2)).sum::<f32>() / found.len() as f32
}

/// Light that rises to the right.
fn slope() -> Vec<f32> {
    (0..VALUES).map(|at| 0.2 + (at / 3 % SIDE) as f32 / 50.0).collect()
}

/// Light of which the network makes the grey 0.9514 that is as bright.
fn coloured() -> Vec<f32> {
    traced(1.0, 0.5).chunks_exact(3).flat_map(|grey| [0.9 * grey[0], grey[1], 0.7 * grey[2]]).collect()
}

#[test]
fn a_picture_without_noise_comes_back_as_it_was_traced() {
    let lit = slope();
    for (near, far) in guarded(&lit, 0.0, 4096, &vec![0.7; VALUES], 0.0).iter().zip(&lit) {
        assert!((near - far).abs() <= 1e-6 * far, "{near} {far}");
    }
}

#[test]
fn what_noise_explains_is_left_denoised() {
    let noise = traced(1.0, 0.1);
    let found = guarded(&noise, 0.01, 64, &vec![1.0; VALUES], 0.0);
    assert!(mean_square(&found, 1.0) < 0.05 * mean_square(&noise, 1.0), "{}", mean_square(&found, 1.0));
}

/// Wrong by this. A pattern, because the second step would take an even error away by itself.
fn wrong(by: f32) -> Vec<f32> {
    (0..VALUES).map(|at| 1.0 + if (at / 3).is_multiple_of(2) { by } else { -by }).collect()
}

#[test]
fn a_wrong_network_never_costs_more_than_the_noise() {
    let deviation = 0.02;
    let noise = traced(1.0, deviation);
    for by in [0.5, 1.0, 1.5, 2.0, 3.0, 10.0] {
        let found = guarded(&noise, deviation * deviation, 256, &wrong(by * deviation), 0.0);
        let (after, before) = (mean_square(&found, 1.0), mean_square(&noise, 1.0));
        // A tenth of a decibel, and what windows of 25 pixels can tell.
        assert!(after < 1.1 * before, "wrong by {by} deviations: {after:e}, noise {before:e}");
    }
}

fn repeated(noise: &[f32], by: f32) -> Vec<f32> {
    noise.iter().zip(wrong(by)).map(|(value, wrong)| 0.9 * value + 0.1 * wrong).collect()
}

#[test]
fn a_network_that_repeats_its_input_is_not_mistaken_for_a_right_one() {
    // o = 0.9·c + 0.1·(something wrong by ten deviations): near to c, and yet wrong by one.
    let deviation = 0.02;
    let noise = traced(1.0, deviation);
    let repeated = repeated(&noise, 10.0 * deviation);
    let blind = mean_square(&guarded(&noise, deviation * deviation, 256, &repeated, 0.0), 1.0);
    let told = mean_square(&guarded(&noise, deviation * deviation, 256, &repeated, 0.9), 1.0);
    assert!(told < 1.1 * mean_square(&noise, 1.0), "{told:e}");
    assert!(told < 0.7 * blind, "{told:e} {blind:e}");
}

#[test]
fn a_wide_area_keeps_its_colour_where_the_network_loses_some() {
    let noise = coloured();
    // As bright as it was, and another colour.
    let grey = vec![0.951_4; VALUES];
    let found = guarded(&noise, 0.25, 4, &grey, 0.0);
    for channel in 0..3 {
        let sum = |picture: &[f32]| picture.iter().skip(channel).step_by(3).sum::<f32>();
        let (after, before) = (sum(&found), sum(&noise));
        assert!((after / before - 1.0).abs() < 5e-3, "channel {channel}: {after} of {before}");
    }
}

#[test]
fn a_wide_area_keeps_its_energy_where_the_network_loses_a_tenth() {
    let noise = traced(1.0, 0.5);
    let found = guarded(&noise, 0.25, 4, &vec![0.9; VALUES], 0.0);
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    // Half a percent is what the project promises of every picture.
    assert!((mean(&found) / mean(&noise) - 1.0).abs() < 5e-3, "{} {}", mean(&found), mean(&noise));
}

fn is_ground(pixel: usize) -> bool {
    pixel % SIDE < SIDE / 2
}

/// Grey without noise on the left, a noisy cloth on the right of whose blue the network loses a tenth.
fn cloth_on_known_ground() -> (Noisy, Filtered) {
    let mut planes = (*noisy_of(SIDE, &traced(1.0, 0.2), 0.04, 16)).clone();
    for pixel in (0..SIDE * SIDE).filter(|&pixel| is_ground(pixel)) {
        planes.radiance[3 * pixel..3 * pixel + 3].fill(0.3);
        planes.variance[pixel] = 0.0;
    }
    let noisy = Noisy::new(SIDE as u32, SIDE as u32, planes).expect("of one size");
    let colour = |value: usize| match (is_ground(value / 3), value % 3) {
        (true, _) => 0.3,
        (false, 2) => 0.9,
        (false, _) => 1.0,
    };
    (noisy, Filtered { radiance: (0..VALUES).map(colour).collect(), own: vec![0.1; VALUES / 3] })
}

#[test]
fn a_known_ground_takes_nothing_of_what_its_neighbour_lost() {
    let (noisy, filtered) = cloth_on_known_ground();
    let found = guard(&noisy, 1.0, filtered);
    for value in (0..VALUES).filter(|value| value / 3 % SIDE + 2 < SIDE / 2) {
        assert!(
            (found[value] - 0.3).abs() < 1e-6,
            "{} at {:?}",
            found[value],
            (value / 3 % SIDE, value / 3 / SIDE)
        );
    }
    let blue = |picture: &[f32]| {
        (0..SIDE * SIDE).filter(|&at| !is_ground(at)).map(|at| picture[3 * at + 2]).sum::<f32>()
    };
    let (before, after) = (blue(&noisy.radiance), blue(&found));
    assert!((after / before - 1.0).abs() < 0.01, "the cloth has its blue back: {after} of {before}");
}

/// How far from the pixel in the middle.
fn around(at: usize) -> usize {
    (at % SIDE).abs_diff(SIDE / 2).max((at / SIDE).abs_diff(SIDE / 2))
}

/// One bright pixel, of which one percent goes to each neighbour and next to nothing farther; all others have the light that comes third.
fn bright_pixel() -> (Noisy, Filtered, f32) {
    let dark = 0.085;
    let bright = (SIDE / 2) * SIDE + SIDE / 2;
    let mut planes = (*noisy_of(SIDE, &[dark; VALUES], 1e-5, 64)).clone();
    planes.radiance[3 * bright..3 * bright + 3].fill(1000.0);
    planes.variance[bright] = 1e6;
    let noisy = Noisy::new(SIDE as u32, SIDE as u32, planes).expect("of one size");
    let colour = |at: usize| match around(at) {
        0 => 920.0,
        1 => dark + 10.0,
        2 => dark + 0.03,
        _ => dark,
    };
    let colours = (0..VALUES).map(|value| colour(value / 3)).collect();
    (noisy, Filtered { radiance: colours, own: vec![0.94; VALUES / 3] }, dark)
}

#[test]
fn a_bright_pixel_that_one_sample_made_is_not_spread_over_dark_ones_that_are_known() {
    let (noisy, filtered, dark) = bright_pixel();
    let colours = filtered.radiance.clone();
    let found = guard(&noisy, 1.0, filtered);
    let beside = |picture: &[f32]| -> Vec<f32> {
        (0..VALUES).filter(|value| around(value / 3) == 1).map(|value| picture[value]).collect()
    };
    let (after, before) = (mean_square(&beside(&found), dark), mean_square(&beside(&colours), dark));
    // Windows of 25 pixels cannot tell all of it.
    assert!(after < 0.25 * before, "{after} of {before}");
}

fn bright_first() -> Vec<f32> {
    (0..VALUES).map(|at| if at < 3 { 3.0 } else { 1.0 }).collect()
}

#[test]
fn too_few_samples_to_know_the_noise_leave_each_pixel_to_the_network() {
    let found = guarded(&[1.0; VALUES], 0.0, 1, &bright_first(), 0.0);
    assert!(found[0] > 2.9, "{}", found[0]);
}

#[test]
fn pixels_without_samples_keep_the_filtered_colour() {
    let filtered = Filtered { radiance: vec![0.25; VALUES], own: vec![0.0; VALUES / 3] };
    let found = guard(&noisy_of(SIDE, &vec![0.0; VALUES], 0.0, 0), 1.0, filtered);
    assert!(found.iter().all(|value| (value - 0.25).abs() < 1e-6));
}

#[test]
fn twice_the_light_at_half_the_exposure_is_the_same_picture() {
    let (noise, colour) = (traced(1.0, 0.1), traced(1.1, 0.02));
    let twice = |values: &[f32]| values.iter().map(|value| 2.0 * value).collect::<Vec<f32>>();
    let of = |radiance: &[f32], variance: f32, exposure: f32, colour: Vec<f32>| {
        let filtered = Filtered { radiance: colour, own: vec![0.1; VALUES / 3] };
        guard(&noisy_of(SIDE, radiance, variance, 16), exposure, filtered)
    };
    let once = of(&noise, 0.01, 1.0, colour.clone());
    let bright = of(&twice(&noise), 0.04, 0.5, twice(&colour));
    assert_eq!(bright, twice(&once));
}

const HOSTILE: [f32; 4] = [f32::NAN, f32::INFINITY, f32::MAX, -1.0];

fn hostile(value: f32) -> (Noisy, Filtered) {
    let mut lit = vec![0.5; VALUES];
    lit[40] = value;
    let filtered = Filtered { radiance: vec![0.5; VALUES], own: vec![value; VALUES / 3] };
    (noisy_of(SIDE, &lit, value, 16), filtered)
}

#[test]
fn hostile_numbers_give_finite_colours() {
    for value in HOSTILE {
        for exposure in [1e-6, 1.0, 1e6] {
            let (noisy, filtered) = hostile(value);
            let found = guard(&noisy, exposure, filtered);
            assert!(found.iter().all(|colour| colour.is_finite() && *colour >= 0.0), "{value} at {exposure}");
        }
    }
}

/// How far from a pixel, at most, something changes when `change` was done to it; for each of a cell's pixels, along the long axis of a
/// picture of sixteen rows or of sixteen columns.
fn farthest_change(
    upright: bool,
    radiance: f32,
    variance: f32,
    change: impl Fn(&mut NoisyPlanes, usize),
) -> usize {
    const LONG: usize = 256;
    const SHORT: usize = 16;
    let (width, height) = if upright { (SHORT, LONG) } else { (LONG, SHORT) };
    let calm = noisy_of(width, &vec![radiance; 3 * LONG * SHORT], variance, 64);
    let of = |planes: NoisyPlanes| {
        let filtered = Filtered { radiance: vec![1.01; 3 * LONG * SHORT], own: vec![0.0; LONG * SHORT] };
        let noisy = Noisy::new(width as u32, height as u32, planes).expect("of one size");
        guard(&noisy, 1.0, filtered)
    };
    let place =
        |along: usize, across: usize| if upright { along * SHORT + across } else { across * LONG + along };
    let still = of((*calm).clone());
    let farthest_of = |moved: usize| {
        let mut planes = (*calm).clone();
        change(&mut planes, place(moved, 3));
        let lively = of(planes);
        let differs = |along: usize| {
            (0..SHORT).any(|across| lively[3 * place(along, across)] != still[3 * place(along, across)])
        };
        (0..LONG).filter(|&along| differs(along)).map(|along| along.abs_diff(moved)).max().unwrap_or(0)
    };
    (96..128).map(farthest_of).max().unwrap_or(0)
}

#[test]
fn nothing_farther_than_the_stated_reach_is_looked_at_and_hardly_less() {
    let reach = GUARD_REACH_PX as usize;
    for upright in [false, true] {
        let light = |planes: &mut NoisyPlanes, at: usize| planes.radiance[3 * at..3 * at + 3].fill(5.0);
        let farthest = farthest_change(upright, 1.0, 1e-4, light);
        // The noise of a cell, through which the last step to the third cell goes, does not change here.
        assert!((reach - 16..=reach).contains(&farthest), "light: {farthest}");
    }
}

#[test]
fn a_spike_of_variance_reaches_as_far_as_stated_and_not_farther() {
    for upright in [false, true] {
        // So little noise that the denoised colour is not trusted anywhere, until a spike excuses it as far as its cell is seen.
        let spike = |planes: &mut NoisyPlanes, at: usize| planes.variance[at] = 1e3;
        assert_eq!(farthest_change(upright, 1.0, 1e-7, spike), GUARD_REACH_PX as usize);
    }
}
