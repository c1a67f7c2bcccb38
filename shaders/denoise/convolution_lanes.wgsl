// A 3×3 convolution with ReLU; edges repeat. Reads one or two sources through `source`, writes `result`. For software Vulkan,
// where workgroup memory is read one lane at a time (docs/decisions/0007): the lanes of a subgroup load the kernels of one tap
// together and hand them to each other.
//
// One thread is four places, one below the other, × eight channels; subgroups have eight lanes at least.

@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> source_a: array<Block>;
@group(0) @binding(3) var<storage, read> source_b: array<Block>;
@group(0) @binding(4) var<storage, read_write> result: array<Block>;

fn keep(block: u32, x: u32, y: u32, sum: vec4<f32>) {
    if x < layer.width && y < layer.height {
        result[(block * layer.height + y) * layer.width + x] = stored(max(sum, vec4<f32>(0.0)));
    }
}

fn row(y: u32, offset: i32) -> u32 {
    return u32(clamp(i32(y) + offset, 0, i32(layer.height) - 1));
}

@compute @workgroup_size(32)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let x = group.x * 8u + index % 8u;
    let y = (group.y + layer.first_row) * 16u + 4u * (index / 8u);
    let block_out = 2u * group.z;
    let blocks_in = layer.blocks_a + layer.blocks_b;
    let bias_0 = weights[layer.weights_at + block_out];
    let bias_1 = weights[layer.weights_at + block_out + 1u];
    let kernels_at = layer.weights_at + layer.blocks + group.z * blocks_in * 72u + lane % 8u;
    /*rows*/
    /*sums*/
    for (var block = 0u; block < blocks_in; block++) {
        for (var dx = 0u; dx < 3u; dx++) {
            let column = u32(clamp(i32(x + dx) - 1, 0, i32(layer.width) - 1));
            let kernel = kernels_at + 72u * block + 24u * dx;
            /*products*/
        }
    }
    /*keep*/
}
