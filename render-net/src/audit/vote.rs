//! What one pixel says that was rendered twice.

use frame::{Plane, TilePlanes};

use super::trial::Vote;

/// Rounding, as a share of a sum: programs may add, divide and take roots a little differently on every GPU.
const ROUNDING: f32 = 1e-3;
/// Samples whose path turned off at a tie change a sum by a part of its noise; samples that were never traced change it by more than all of it.
const OF_NOISE: f32 = 0.3;
/// A pixel speaks for its samples when its noise would show.
const NOISE_SHOWS: f32 = 4.0;
/// Means of albedo and normal may differ by so much: a few samples beside an edge.
const SURFACE: f32 = 0.1;
/// Rec.709.
const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// The vote of pixel `own_at` of what was rendered here against pixel `their_at` of what was sent: both are sums over the same samples.
pub(super) fn vote(
    (own, own_at): (&TilePlanes, usize),
    (theirs, their_at): (&TilePlanes, usize),
    samples: u32,
) -> Vote {
    let pair = |plane| Some((pixel(own, plane, own_at)?, pixel(theirs, plane, their_at)?));
    let Some((ours, sent)) = pair(Plane::Radiance) else { return Vote::Nothing };
    let noise = noise(own, own_at, samples);
    let allowed =
        |a: f32, b: f32| ROUNDING * (a.abs().max(b.abs()) + samples as f32 * ROUNDING) + OF_NOISE * noise;
    let light_differs = ours.iter().zip(sent).any(|(a, b)| !are_near(*a, *b, allowed(*a, *b)));
    let means_differ = |plane, most: f32| {
        pair(plane).is_some_and(|(ours, sent)| {
            ours.iter().zip(sent).any(|(a, b)| !are_near(*a, *b, most * samples as f32))
        })
    };
    let surface_differs =
        [Plane::Alpha, Plane::Albedo, Plane::Normal].into_iter().any(|plane| means_differ(plane, SURFACE));
    if light_differs || surface_differs {
        return Vote::Differs;
    }
    let light = ours.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    if noise > NOISE_SHOWS * ROUNDING * light { Vote::Same } else { Vote::Nothing }
}

/// What is no number is near nothing.
fn are_near(a: f32, b: f32, most: f32) -> bool {
    (a - b).abs() <= most
}

/// Standard deviation of a pixel's sum of luminance, as its own samples tell.
fn noise(own: &TilePlanes, at: usize, samples: u32) -> f32 {
    let light = pixel(own, Plane::Radiance, at).unwrap_or_default();
    let sum: f32 = light.iter().zip(LUMINANCE).map(|(value, weight)| value * weight).sum();
    let squares = pixel(own, Plane::LuminanceSquared, at).map_or(0.0, |values| values[0]);
    let count = samples.max(1) as f32;
    (squares - sum * sum / count).max(0.0).sqrt()
}

fn pixel(planes: &TilePlanes, plane: Plane, at: usize) -> Option<&[f32]> {
    let channels = plane.channels();
    planes.plane(plane)?.get(at * channels..(at + 1) * channels)
}

#[cfg(test)]
mod tests {
    use frame::{PlaneSet, TileRect};

    use super::*;

    const SAMPLES: u32 = 64;

    /// A pixel whose samples have this mean and standard deviation.
    fn sums(mean: f32, deviation: f32) -> TilePlanes {
        let mut planes = TilePlanes::zeroed(TileRect { x: 0, y: 0, width: 1, height: 1 }, PlaneSet::DEFAULT);
        let count = SAMPLES as f32;
        planes.plane_mut(Plane::Radiance).expect("there").fill(mean * count);
        planes.plane_mut(Plane::LuminanceSquared).expect("there")[0] =
            count * (mean * mean + deviation * deviation);
        planes
    }

    fn between(own: &TilePlanes, theirs: &TilePlanes) -> Vote {
        vote((own, 0), (theirs, 0), SAMPLES)
    }

    #[test]
    fn equal_sums_speak_where_there_is_noise_and_say_nothing_where_there_is_none() {
        assert_eq!(between(&sums(1.0, 0.5), &sums(1.0, 0.5)), Vote::Same);
        assert_eq!(between(&sums(1.0, 0.0), &sums(1.0, 0.0)), Vote::Nothing);
        assert_eq!(between(&sums(0.0, 0.0), &sums(0.0, 0.0)), Vote::Nothing);
    }

    #[test]
    fn other_samples_of_the_same_light_differ_and_a_turned_path_does_not() {
        // The mean of 64 samples has an eighth of their deviation: one deviation of it further is what other samples give.
        assert_eq!(between(&sums(1.0, 0.5), &sums(1.0 + 0.5 / 8.0, 0.5)), Vote::Differs);
        assert_eq!(between(&sums(1.0, 0.5), &sums(1.0 + 0.5 / 64.0, 0.5)), Vote::Same);
    }

    #[test]
    fn no_noise_that_the_sender_claims_excuses_anything() {
        assert_eq!(between(&sums(1.0, 0.0), &sums(1.2, 100.0)), Vote::Differs);
    }

    #[test]
    fn what_is_no_number_differs() {
        assert_eq!(between(&sums(1.0, 0.5), &sums(f32::NAN, 0.5)), Vote::Differs);
    }

    #[test]
    fn another_surface_under_the_same_light_differs() {
        let mut other = sums(1.0, 0.5);
        other.plane_mut(Plane::Normal).expect("there")[1] = 0.2 * SAMPLES as f32;
        assert_eq!(between(&sums(1.0, 0.5), &other), Vote::Differs);
    }
}
