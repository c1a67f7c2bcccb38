// What the guard holds against each other (docs/denoiser.md, section 8): the filtered and the traced picture of a pixel, both
// exposed, so that hostile numbers stay finite.

@group(0) @binding(2) var<storage, read> picture: array<vec4<f32>>;

// Added to the exposed luminance, so that black does not weigh without bound.
const DARK: f32 = 0.005;
// Exposed luminance below which noise is not strong.
const BLACK: f32 = 0.02;
const BRIGHT_MAX: f32 = 1e6;
const VARIANCE_MAX: f32 = 1e12;
const SENSIBLE_MAX: f32 = 1e18;

struct Held {
    // Luminance as it was traced, as it was filtered, and between the two.
    before: f32,
    after: f32,
    middle: f32,
    // Of the mean luminance.
    variance: f32,
    // An error counts as much as it is seen.
    weight: f32,
    // The part of the pixel that its neighbours made.
    others: f32,
}

// Radiance as it was traced; what was filtered where nothing was.
fn traced(pixel: u32) -> vec3<f32> {
    if samples(pixel) == 0u {
        return picture[pixel].xyz;
    }
    return clamp(noisy_triple(0u, pixel), vec3<f32>(0.0), vec3<f32>(SENSIBLE_MAX));
}

fn exposed(radiance: vec3<f32>) -> f32 {
    return min(layer.exposure * dot(radiance, vec3<f32>(0.2126, 0.7152, 0.0722)), BRIGHT_MAX);
}

// The squared slope of the tone curve. From DARK on it is beyond sRGB's straight part.
fn seen_weight(luminance: f32) -> f32 {
    let x = luminance + DARK;
    let u = x / (1.0 + x);
    let slope = 0.4395833 * pow(u, 1.0 / 2.4 - 1.0) / ((1.0 + x) * (1.0 + x));
    return slope * slope;
}

fn held(pixel: u32) -> Held {
    let filtered = picture[pixel];
    let before = exposed(traced(pixel));
    let after = exposed(filtered.xyz);
    let middle = 0.5 * (before + after);
    let variance = clamp(noisy_value(NOISY_VARIANCE, pixel), 0.0, SENSIBLE_MAX);
    let shown = min(layer.exposure * layer.exposure * variance, VARIANCE_MAX);
    let own = clamp(finite(bitcast<u32>(filtered.w)), 0.0, 1.0);
    return Held(before, after, middle, shown, seen_weight(middle), 1.0 - own);
}
