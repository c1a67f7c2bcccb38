// Features of the noisy picture, four pixels folded into one. Reads the traced planes, writes twelve blocks at half size:
// a block is one feature of 2×2 pixels. One thread is one block position.

@group(0) @binding(2) var<storage, read_write> features: array<Block>;

const FEATURES: u32 = 12u;

fn compressed(x: f32) -> f32 {
    return log(1.0 + 16.0 * x) * 0.25;
}

fn pixel_features(pixel: u32) -> array<f32, 12> {
    var values = array<f32, 12>();
    let s = samples(pixel);
    if s == 0u {
        values[9] = compressed(1.0);
        values[10] = 1.0;
        return values;
    }
    let e = layer.exposure;
    let c = radiance(pixel);
    let a = albedo(pixel);
    let light = e * (c / (a + ALBEDO_FLOOR));
    let n = clamp(noisy_triple(NOISY_NORMAL, pixel), vec3<f32>(-1.0), vec3<f32>(1.0));
    for (var i = 0u; i < 3u; i++) {
        values[i] = compressed(light[i]);
        values[3u + i] = a[i];
        values[6u + i] = n[i];
    }
    let deviation = e * sqrt(max(noisy_value(NOISY_VARIANCE, pixel), 0.0));
    let noise = deviation / (e * dot(c, vec3<f32>(0.2126, 0.7152, 0.0722)) + 0.02);
    values[9] = compressed(select(min(noise, 64.0), 1.0, s < 2u));
    values[10] = min(inverseSqrt(f32(s)), 1.0);
    let depth = log2(max(noisy_value(NOISY_DEPTH, pixel), 0.0009765625)) * 0.0625;
    values[11] = select(1.5, clamp(depth, -0.625, 1.0), noisy_value(NOISY_HITS, pixel) > 0.0);
    return values;
}

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>) {
    let x = group.x * 16u + thread.x;
    let y = (group.y + layer.first_row) * 4u + thread.y;
    if x >= layer.width || y >= layer.height {
        return;
    }
    let f0 = pixel_features(traced_pixel(2u * x, 2u * y));
    let f1 = pixel_features(traced_pixel(2u * x + 1u, 2u * y));
    let f2 = pixel_features(traced_pixel(2u * x, 2u * y + 1u));
    let f3 = pixel_features(traced_pixel(2u * x + 1u, 2u * y + 1u));
    let area = layer.width * layer.height;
    let at = y * layer.width + x;
    for (var i = 0u; i < FEATURES; i++) {
        features[i * area + at] = stored(vec4<f32>(f0[i], f1[i], f2[i], f3[i]));
    }
}
