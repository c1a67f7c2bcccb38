//! Films made of formulas: what is equal stays, what differs is left out, what moves is found, and a shadow leaves no ghost.

use super::*;
use crate::{FrameSize, TilePlanes, TileRect};

const WIDTH: usize = 24;
const HEIGHT: usize = 20;
const RECT: TileRect = TileRect { x: 0, y: 0, width: WIDTH as u32, height: HEIGHT as u32 };

/// One pixel of a film, at a place.
#[derive(Clone, Copy)]
struct Seen {
    denoised: [f32; 3],
    noisy: f32,
    /// Of the mean.
    variance: f32,
    albedo: f32,
    normal: [f32; 3],
    depth: f32,
    motion: [f32; 2],
}

const GREY: Seen = Seen {
    denoised: [0.3; 3],
    noisy: 0.3,
    variance: 0.0,
    albedo: 0.5,
    normal: [0.0, 1.0, 0.0],
    depth: 4.0,
    motion: [0.0; 2],
};

/// A frame of 4 samples a pixel.
fn frame(seen: impl Fn(usize, usize) -> Seen) -> Picture {
    let mut sums = TilePlanes::zeroed(RECT, PLANES);
    let mut colours = Vec::new();
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    for (at, (x, y)) in pixels.enumerate() {
        let seen = seen(x, y);
        colours.extend(seen.denoised);
        let mut put = |plane: Plane, values: &[f32]| {
            let sum: Vec<f32> = values.iter().map(|value| 4.0 * value).collect();
            let to = sums.plane_mut(plane).expect("in the set");
            to[at * values.len()..(at + 1) * values.len()].copy_from_slice(&sum);
        };
        put(Plane::Radiance, &[seen.noisy; 3]);
        put(Plane::Albedo, &[seen.albedo; 3]);
        put(Plane::Normal, &seen.normal);
        put(Plane::Depth, &[seen.depth]);
        put(Plane::Hits, &[1.0]);
        put(Plane::Motion, &seen.motion);
        // (Σ L² - n m²) / (n - 1) / n, turned round.
        put(Plane::LuminanceSquared, &[seen.noisy * seen.noisy + 3.0 * seen.variance]);
    }
    let sums = sums.with_denoised(colours).expect("it fits");
    Picture::of_tile(&sums, 4).expect("a picture")
}

fn grey(denoised: f32) -> Picture {
    frame(|_, _| Seen { denoised: [denoised; 3], noisy: 0.3, variance: 0.25, ..GREY })
}

fn steadied(own: &Picture, before: Option<&Picture>, after: Option<&Picture>) -> Vec<f32> {
    own.steadied(Neighbours { before, after }, 1.0).expect("all planes, one size")
}

fn at(colours: &[f32], x: usize, y: usize) -> f32 {
    colours[3 * (y * WIDTH + x)]
}

/// Noise without a mean, the same for the same place and frame.
fn noise(x: usize, y: usize, frame: u32) -> f32 {
    let mut key = (x as u32).wrapping_mul(73_856_093)
        ^ (y as u32).wrapping_mul(19_349_663)
        ^ frame.wrapping_mul(83_492_791);
    for shift in [16, 15, 13] {
        key = (key ^ (key >> shift)).wrapping_mul(0x7feb_352d);
    }
    (key >> 8) as f32 / (1 << 23) as f32 - 1.0
}

#[test]
fn what_is_equal_stays_equal_to_the_bit() {
    let still = frame(|_, _| Seen { motion: [0.37, -1.21], variance: 0.01, ..GREY });
    assert_eq!(steadied(&still, Some(&still), Some(&still)), still.denoised());
    assert_eq!(steadied(&still, None, None), still.denoised());
}

#[test]
fn a_frame_becomes_the_mean_of_what_is_there() {
    let (before, own, after) = (grey(0.27), grey(0.3), grey(0.36));
    let near = |colours: &[f32], value: f32| colours.iter().all(|colour| (colour - value).abs() < 1e-6);
    assert!(near(&steadied(&own, Some(&before), Some(&after)), 0.31));
    assert!(near(&steadied(&own, Some(&before), None), 0.285), "the last frame");
    assert!(near(&steadied(&own, None, Some(&after)), 0.33), "the first frame");
}

#[test]
fn where_guides_differ_not_a_bit_changes() {
    let own = grey(0.3);
    let others: [fn() -> Picture; 3] = [
        || frame(|_, _| Seen { albedo: 0.65, denoised: [0.31; 3], variance: 0.01, ..GREY }),
        || frame(|_, _| Seen { normal: [0.4, 1.0, 0.0], denoised: [0.31; 3], variance: 0.01, ..GREY }),
        || frame(|_, _| Seen { depth: 4.3, denoised: [0.31; 3], variance: 0.01, ..GREY }),
    ];
    for other in others {
        let other = other();
        assert_eq!(steadied(&own, Some(&other), Some(&other)), own.denoised());
    }
}

#[test]
fn what_moved_is_found_where_it_was_and_where_it_will_be() {
    // A ramp that goes two pixels to the right and one down with each frame.
    let ramp = |time: f32, off: f32| {
        frame(move |x, y| {
            let place = (x as f32 - 2.0 * time) + 3.0 * (y as f32 - time);
            let light = 0.2 + 0.002 * place;
            Seen { denoised: [light + off; 3], noisy: light, variance: 0.01, motion: [2.0, 1.0], ..GREY }
        })
    };
    let (before, own, after) = (ramp(-1.0, 0.003), ramp(0.0, 0.0), ramp(1.0, 0.003));
    let out = steadied(&own, Some(&before), Some(&after));
    let own = own.denoised();
    for (x, y) in [(2, 1), (10, 10), (21, 18)] {
        let gained = at(&out, x, y) - at(own, x, y);
        assert!((gained - 0.002).abs() < 1e-6, "{x}, {y}: {gained}");
    }
    let edge = at(&out, 1, 10) - at(own, 1, 10);
    assert!((edge - 0.0015).abs() < 1e-6, "it came in from outside, and one neighbour has it: {edge}");
    assert_eq!(steadied(&frame(|_, _| GREY), None, None), frame(|_, _| GREY).denoised());
}

#[test]
fn half_a_pixel_reads_between_pixels() {
    let steps = |x: usize| if x.is_multiple_of(2) { 0.29 } else { 0.31 };
    let moved = |by: f32| {
        frame(move |x, _| Seen { denoised: [steps(x); 3], variance: 0.01, motion: [by, 0.0], ..GREY })
    };
    let out = steadied(&moved(0.5), Some(&moved(0.5)), None);
    assert!((at(&out, 10, 5) - (0.29 + 0.3) / 2.0).abs() < 1e-6);
    assert!((at(&out, 0, 5) - 0.29).abs() < 1e-6, "in the outer half of the first pixel the edge repeats");
    let out = steadied(&moved(0.51), Some(&moved(0.51)), None);
    assert_eq!(at(&out, 0, 5), 0.29, "beyond it there is nothing");
}

#[test]
fn a_shadow_that_moves_leaves_no_ghost() {
    // Light halves where the shadow is; guides and motion know nothing of it. Denoised: a little off, differently in each frame.
    let shadow = |time: usize| {
        frame(move |x, y| {
            let light = if (4 * time..4 * time + 8).contains(&x) { 0.15 } else { 0.3 };
            let wrong = 0.006 * noise(x, y, 100 + time as u32);
            Seen {
                denoised: [light + wrong; 3],
                noisy: light + 0.06 * noise(x, y, time as u32),
                variance: 0.06 * 0.06 / 3.0,
                ..GREY
            }
        })
    };
    let frames = [shadow(1), shadow(2), shadow(3)];
    let out = steadied(&frames[1], Some(&frames[0]), Some(&frames[2]));
    let truth = |x: usize| if (8..16).contains(&x) { 0.15 } else { 0.3 };
    let error = |colours: &[f32], columns: std::ops::Range<usize>| {
        let pixels = (0..HEIGHT).flat_map(|y| columns.clone().map(move |x| (x, y)));
        let squares: Vec<f32> = pixels.map(|(x, y)| (at(colours, x, y) - truth(x)).powi(2)).collect();
        (squares.iter().sum::<f32>() / squares.len() as f32).sqrt()
    };
    let plain = frames[1].denoised();
    assert!(error(&out, 4..20) < 1.1 * error(plain, 4..20), "where a shadow comes or goes");
    assert!(error(&out, 23..24) < 0.8 * error(plain, 23..24), "where the light stays it is steadier");
    let mean = |column: usize| {
        (0..HEIGHT).map(|y| (at(&out, column, y) - truth(column)).abs()).sum::<f32>() / HEIGHT as f32
    };
    for column in 4..20 {
        assert!(mean(column) < 0.02, "column {column} is off by {}: a seventh of the shadow", mean(column));
    }
}

#[test]
fn energy_is_kept_where_noise_is_all_there_is() {
    let film = |time: u32| {
        frame(move |x, y| Seen {
            denoised: [0.3 + 0.02 * noise(x / 3, y / 3, 50 + time); 3],
            noisy: 0.3 + 0.1 * noise(x, y, time),
            variance: 0.01 / 3.0,
            ..GREY
        })
    };
    let frames = [film(1), film(2), film(3)];
    let sum = |colours: &[f32]| colours.iter().map(|&value| f64::from(value)).sum::<f64>();
    let wanted = frames.iter().map(|frame| sum(frame.denoised())).sum::<f64>() / 3.0;
    let got = sum(&steadied(&frames[1], Some(&frames[0]), Some(&frames[2])));
    assert!((got / wanted - 1.0).abs() < 0.002, "{got} of {wanted}");
}

#[test]
fn light_without_noise_takes_nothing_from_other_light() {
    let sky = |light: f32| frame(move |_, _| Seen { denoised: [light; 3], noisy: light, ..GREY });
    assert_eq!(steadied(&sky(0.3), Some(&sky(0.33)), Some(&sky(0.27))), sky(0.3).denoised());
}

#[test]
fn hostile_numbers_change_nothing_and_spread_nowhere() {
    let own = grey(0.3);
    let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -f32::MAX];
    let changes: [fn(&mut Seen, f32); 7] = [
        |seen, value| seen.denoised = [value; 3],
        |seen, value| seen.noisy = value,
        |seen, value| seen.variance = value,
        |seen, value| seen.albedo = value,
        |seen, value| seen.normal = [value; 3],
        |seen, value| seen.depth = value,
        |seen, value| seen.motion = [value, 0.0],
    ];
    for (number, change) in changes.iter().enumerate() {
        for value in bad {
            let hostile = frame(|x, y| {
                let mut seen = Seen { denoised: [0.31; 3], variance: 0.01, ..GREY };
                if (x, y) == (12, 10) {
                    change(&mut seen, value);
                }
                seen
            });
            let out = steadied(&own, Some(&hostile), Some(&own));
            let told = format!("change {number}, {value}");
            assert!(out.iter().all(|colour| (0.29..0.32).contains(colour)), "{told}: from a neighbour");
            let out = steadied(&hostile, Some(&own), Some(&own));
            let plain = hostile.denoised();
            for (at, (out, plain)) in out.iter().zip(plain).enumerate() {
                let fits = (0.29..0.32).contains(out) || out.to_bits() == plain.to_bits();
                assert!(fits, "{told}: own, value {at}: {out} of {plain}");
            }
        }
    }
}

#[test]
fn holes_stay_holes_and_give_nothing() {
    let own = grey(0.3);
    let empty = Picture::of_tile(&TilePlanes::zeroed(RECT, PLANES), 0).expect("a picture");
    assert_eq!(steadied(&own, Some(&empty), Some(&empty)), own.denoised());
    assert_eq!(steadied(&empty, Some(&own), Some(&own)), vec![0.0; WIDTH * HEIGHT * 3]);
}

#[test]
fn the_frame_alone_stays_beside_the_steadied_one() {
    let (mut own, other) = (grey(0.3), grey(0.36));
    let (plain, around) = (own.denoised().to_vec(), Neighbours { before: Some(&other), after: None });
    own.steady(around, 1.0).expect("all planes");
    assert!((own.beauty()[0] - 0.33).abs() < 1e-6);
    assert_eq!(own.denoised(), plain);
    let again = own.steadied(around, 1.0).expect("all planes");
    assert_eq!(again, own.beauty(), "from the frame alone, so that a second time changes nothing");
    assert_eq!(
        steadied(&other, Some(&own), None),
        steadied(&other, Some(&grey(0.3)), None),
        "and for others"
    );
}

#[test]
fn pictures_of_other_planes_or_sizes_are_refused() {
    let own = grey(0.3);
    let few = Picture::of_tile(&TilePlanes::zeroed(RECT, PlaneSet::DEFAULT), 1).expect("a picture");
    let wide = TileRect { width: RECT.width + 1, ..RECT };
    let wide = Picture::of_tile(&TilePlanes::zeroed(wide, PLANES), 1).expect("a picture");
    let with = |own: &Picture, other: &Picture| {
        own.steadied(Neighbours { before: Some(other), after: None }, 1.0).map(|_| ())
    };
    assert_eq!(with(&own, &few), Err(HistoryFault::Planes));
    assert_eq!(with(&few, &own), Err(HistoryFault::Planes));
    assert_eq!(with(&own, &wide), Err(HistoryFault::Size));
    assert_eq!(FrameSize::new(WIDTH as u32, HEIGHT as u32), Ok(own.size()));
}

#[test]
fn bands_do_not_show() {
    // Taller than a band, with noise everywhere: the same rows as the bottom of a taller frame.
    let film = |first: usize, height: u32, time: u32| {
        let rect = TileRect { x: 0, y: 0, width: 8, height };
        let mut sums = TilePlanes::zeroed(rect, PLANES);
        let mut colours = vec![0.0; rect.pixels() * 3];
        for (at, colour) in colours.iter_mut().enumerate() {
            *colour = 0.3 + 0.05 * noise(at % 24, first + at / 24, time);
        }
        let radiance = sums.plane_mut(Plane::Radiance).expect("in the set");
        radiance
            .iter_mut()
            .enumerate()
            .for_each(|(at, value)| *value = 0.3 + 0.1 * noise(at % 24, first + at / 24, 9 + time));
        sums.plane_mut(Plane::Depth).expect("in the set").fill(1.0);
        sums.plane_mut(Plane::Hits).expect("in the set").fill(1.0);
        Picture::of_tile(&sums.with_denoised(colours).expect("it fits"), 1).expect("a picture")
    };
    let rows = 3 * BAND_ROWS / 2;
    let whole = steadied(&film(0, rows as u32 + 20, 1), Some(&film(0, rows as u32 + 20, 2)), None);
    let lower = steadied(&film(20, rows as u32, 1), Some(&film(20, rows as u32, 2)), None);
    let far = (20 + light::REACH) * 24;
    assert_eq!(whole[far..], lower[light::REACH * 24..]);
    assert_ne!(whole[far..], film(20, rows as u32, 1).denoised()[light::REACH * 24..], "something was done");
}
