// The traced planes of a region, made safe. Three numbers a pixel for radiance, albedo and normal, then one for each of
// depth, hits, variance and (as a whole number) samples; plane after plane.

@group(0) @binding(1) var<storage, read> noisy: array<u32>;

const NOISY_ALBEDO: u32 = 3u;
const NOISY_NORMAL: u32 = 6u;
const NOISY_DEPTH: u32 = 9u;
const NOISY_HITS: u32 = 10u;
const NOISY_VARIANCE: u32 = 11u;
const NOISY_SAMPLES: u32 = 12u;

const RADIANCE_MAX: f32 = 1e6;
const ALBEDO_FLOOR: f32 = 0.05;

// By its bits, because compilers may assume that nothing else exists. What is smaller than a normal float counts as 0, because some
// adapters take it for that.
fn finite(bits: u32) -> f32 {
    let exponent = bits & 0x7f800000u;
    return bitcast<f32>(select(bits, 0u, exponent == 0x7f800000u || exponent == 0u));
}

// The pixel of the region whose values stand for (x, y).
fn traced_pixel(x: u32, y: u32) -> u32 {
    return min(y, layer.traced_height - 1u) * layer.traced_width + min(x, layer.traced_width - 1u);
}

fn noisy_value(plane: u32, pixel: u32) -> f32 {
    return finite(noisy[plane * layer.traced_width * layer.traced_height + pixel]);
}

fn noisy_triple(plane: u32, pixel: u32) -> vec3<f32> {
    let at = plane * layer.traced_width * layer.traced_height + 3u * pixel;
    return vec3<f32>(finite(noisy[at]), finite(noisy[at + 1u]), finite(noisy[at + 2u]));
}

fn radiance(pixel: u32) -> vec3<f32> {
    return clamp(noisy_triple(0u, pixel), vec3<f32>(0.0), vec3<f32>(RADIANCE_MAX / layer.exposure));
}

fn albedo(pixel: u32) -> vec3<f32> {
    return clamp(noisy_triple(NOISY_ALBEDO, pixel), vec3<f32>(0.0), vec3<f32>(1.0));
}

fn samples(pixel: u32) -> u32 {
    return noisy[NOISY_SAMPLES * layer.traced_width * layer.traced_height + pixel];
}
