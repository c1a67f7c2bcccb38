//! How far two lists of numbers are apart.

/// Largest difference relative to the larger of the value and the mean magnitude; infinite where there is no number.
pub(crate) fn distance(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let magnitude = expected.iter().map(|&value| f64::from(value).abs()).sum::<f64>() / expected.len() as f64;
    let apart = |(&a, &b): (&f32, &f32)| {
        let apart = (f64::from(a) - f64::from(b)).abs() / f64::from(b).abs().max(magnitude).max(1e-30);
        if apart.is_nan() { f64::INFINITY } else { apart }
    };
    found.iter().zip(expected).map(apart).fold(0.0, f64::max)
}
