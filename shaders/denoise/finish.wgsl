// The finest level of the filter, and the albedo put back. Reads head0, the light of all levels and the traced planes, writes
// the traced part of the region: radiance, and how much of it is the pixel's own. One thread is one pixel.

@group(0) @binding(2) var<storage, read> logits: array<Block>;
@group(0) @binding(3) var<storage, read> pyramid: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> filtered: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> picture: array<vec4<f32>>;

var<workgroup> albedos: array<array<vec3<f32>, 18>, 10>;

fn logit_block(block: u32, x: u32, y: u32) -> vec4<f32> {
    let sub = 2u * (y % 2u) + x % 2u;
    let plane = sub * ((TAPS + 11u) / 4u) + block;
    return loaded(logits[(plane * (layer.height / 2u) + y / 2u) * (layer.width / 2u) + x / 2u]);
}

fn hold_albedos(corner: vec2<u32>, index: u32) {
    for (var i = index; i < 180u; i += 128u) {
        let x = clamp(i32(corner.x + i % 18u) - 1, 0, i32(layer.width) - 1);
        let y = clamp(i32(corner.y + i / 18u) - 1, 0, i32(layer.height) - 1);
        albedos[i / 18u][i % 18u] = albedo(traced_pixel(u32(x), u32(y)));
    }
}

fn averaged_albedo(x: u32, y: u32, thread: vec2<u32>) -> vec3<f32> {
    /*albedo*/
    return sum / total;
}

@compute @workgroup_size(16, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let corner = vec2<u32>(group.x * 16u, (group.y + layer.first_row) * 8u);
    hold_blended(corner, index);
    hold_albedos(corner, index);
    workgroupBarrier();
    let x = corner.x + thread.x;
    let y = corner.y + thread.y;
    if x >= layer.traced_width || y >= layer.traced_height {
        return;
    }
    let light = averaged(x, y, thread.xy).xyz;
    let color = light * (averaged_albedo(x, y, thread.xy) + ALBEDO_FLOOR);
    let blend = sigmoid(logit_block(TAPS / 4u, x, y)[TAPS % 4u]);
    let own = middle_share * (1.0 - blend) * pyramid[layer.level_at + y * layer.width + x].w;
    picture[y * layer.traced_width + x] = vec4<f32>(color, own);
}
