// What the levels of the filter have in common: the blended neighbourhood of a workgroup's 16×8 pixels, held in workgroup
// memory, and its mean by the softmax of a pixel's taps.

const WIDE: u32 = 16u + 2u * RADIUS;
const HIGH: u32 = 8u + 2u * RADIUS;

var<workgroup> blended: array<array<vec4<f32>, WIDE>, HIGH>;

fn blend_at(x: u32, y: u32) -> vec4<f32> {
    let own = pyramid[layer.level_at + y * layer.width + x];
    if layer.top == 1u {
        return own;
    }
    let blend = sigmoid(logit_block(TAPS / 4u, x, y)[TAPS % 4u]);
    let coarser = filtered[layer.coarser_at + (y / 2u) * (layer.width / 2u) + x / 2u];
    return (1.0 - blend) * own + blend * coarser;
}

fn hold_blended(corner: vec2<u32>, index: u32) {
    for (var i = index; i < WIDE * HIGH; i += 128u) {
        let column = i % WIDE;
        let row = i / WIDE;
        let x = clamp(i32(corner.x + column) - i32(RADIUS), 0, i32(layer.width) - 1);
        let y = clamp(i32(corner.y + row) - i32(RADIUS), 0, i32(layer.height) - 1);
        blended[row][column] = blend_at(u32(x), u32(y));
    }
}

// What the middle's weight of the last mean is multiplied with.
var<private> middle_share: f32;

// Light and, as fourth, whether there was any.
fn averaged(x: u32, y: u32, thread: vec2<u32>) -> vec4<f32> {
    /*averaged*/
    let mean = sum / total;
    if mean.w < 1e-12 {
        middle_share = 0.0;
        return vec4<f32>(0.0, 0.0, 0.0, 1.0);
    }
    middle_share = middle / (total * mean.w);
    return vec4<f32>(mean.xyz / mean.w, 1.0);
}
