// Weighted light on five scales. Reads the traced planes and the trust that head0 has in each pixel, writes (w·light, w) of
// all levels, one behind the other. A workgroup is 16×16 pixels; one thread is 2×2 of them.

@group(0) @binding(2) var<storage, read> logits: array<Block>;
@group(0) @binding(3) var<storage, read_write> pyramid: array<vec4<f32>>;

var<workgroup> means: array<array<vec4<f32>, 8>, 8>;

fn trust(sub: u32, at: u32) -> f32 {
    let channel = TAPS + 1u;
    let block = sub * ((TAPS + 11u) / 4u) + channel / 4u;
    return loaded(logits[block * (layer.width / 2u) * (layer.height / 2u) + at])[channel % 4u];
}

fn weighted(x: u32, y: u32) -> vec4<f32> {
    let pixel = traced_pixel(x, y);
    let sub = 2u * (y % 2u) + x % 2u;
    let t = trust(sub, (y / 2u) * (layer.width / 2u) + x / 2u);
    let weight = select(0.0, sigmoid(t), samples(pixel) > 0u);
    let value = vec4<f32>(weight * (radiance(pixel) / (albedo(pixel) + ALBEDO_FLOOR)), weight);
    pyramid[y * layer.width + x] = value;
    return value;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>) {
    // Sizes are multiples of 16, so every thread has its pixels.
    var x = group.x * 8u + thread.x;
    var y = (group.y + layer.first_row) * 8u + thread.y;
    let above = weighted(2u * x, 2u * y) + weighted(2u * x + 1u, 2u * y);
    let below = weighted(2u * x, 2u * y + 1u) + weighted(2u * x + 1u, 2u * y + 1u);
    var mean = 0.25 * (above + below);
    var width = layer.width / 2u;
    var level_at = layer.width * layer.height;
    var level_area = level_at / 4u;
    pyramid[level_at + y * width + x] = mean;
    means[thread.y][thread.x] = mean;
    for (var side = 4u; side > 0u; side /= 2u) {
        workgroupBarrier();
        let inside = thread.x < side && thread.y < side;
        if inside {
            let row = 2u * thread.y;
            let column = 2u * thread.x;
            let upper = means[row][column] + means[row][column + 1u];
            let lower = means[row + 1u][column] + means[row + 1u][column + 1u];
            mean = 0.25 * (upper + lower);
        }
        workgroupBarrier();
        level_at += level_area;
        level_area /= 4u;
        width /= 2u;
        if inside {
            means[thread.y][thread.x] = mean;
            x = group.x * side + thread.x;
            y = (group.y + layer.first_row) * side + thread.y;
            pyramid[level_at + y * width + x] = mean;
        }
    }
}
