//! Whether colours that a node denoised are what the samples give: denoised again here, with the same network and margin.
//!
//! The samples themselves are looked at when they come (`render_net::audit`); these colours depend on those around the tile too, which
//! are there when the frame is whole.

use frame::{Film, TileIndex};
use render_net::seal::fill_random;

/// Tiles of a frame that are denoised again.
const TILES: usize = 2;
/// Mean squared difference of what is seen, from 0 to 1, above which colours are others: 40 dB. Numbers of half precision are 60 dB apart at most.
const OTHER: f64 = 1e-4;

/// Some of the tiles that came denoised, drawn anew each time.
pub(super) fn drawn(film: &Film) -> Vec<TileIndex> {
    let denoised = (0..film.grid().len()).map(TileIndex).filter(|tile| film.is_denoised(*tile));
    let mut left: Vec<TileIndex> = denoised.collect();
    let mut drawn = Vec::new();
    while drawn.len() < TILES && !left.is_empty() {
        let mut bytes = [0; 8];
        fill_random(&mut bytes);
        let at = u64::from_le_bytes(bytes) % left.len() as u64;
        drawn.push(left.swap_remove(at as usize));
    }
    drawn
}

/// Whether these radiances look other than those; not what lies beyond white, where nobody sees a difference.
pub(super) fn are_others(sent: &[f32], own: &[f32], exposure_scale: f32) -> bool {
    let seen = |value: f32| {
        let exposed = f64::from((exposure_scale * value).clamp(0.0, f32::MAX));
        exposed / (1.0 + exposed)
    };
    let squares: f64 = sent.iter().zip(own).map(|(sent, own)| (seen(*sent) - seen(*own)).powi(2)).sum();
    sent.len() != own.len() || squares > OTHER * own.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_not_seen_and_another_picture_is() {
        let own: Vec<f32> = (0..300).map(|at| at as f32 / 100.0).collect();
        let rounded: Vec<f32> = own.iter().map(|value| value * 1.001).collect();
        let brighter: Vec<f32> = own.iter().map(|value| value * 1.1).collect();
        let black = vec![0.0; 300];
        for exposure in [0.5, 1.0, 4.0] {
            assert!(!are_others(&own, &own, exposure) && !are_others(&rounded, &own, exposure));
            assert!(are_others(&brighter, &own, exposure) && are_others(&black, &own, exposure));
        }
        assert!(are_others(&own[..3], &own, 1.0), "half of it is another one");
        assert!(!are_others(&[f32::MAX], &[1e30], 1.0), "both are white");
    }
}
