// A 1×1 convolution without activation: what the filter is told. Reads `source_a`, writes `result`.
//
// One thread is four places, one below the other, × eight channels. The kernels' addresses are the same for a whole workgroup.

@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> source_a: array<Block>;
@group(0) @binding(3) var<storage, read_write> result: array<Block>;

fn source(block: u32, x: u32, y: u32) -> vec4<f32> {
    return loaded(source_a[(block * layer.height + min(y, layer.height - 1u)) * layer.width + min(x, layer.width - 1u)]);
}

fn keep(block: u32, x: u32, y: u32, sum: vec4<f32>) {
    if x < layer.width && y < layer.height {
        result[(block * layer.height + y) * layer.width + x] = stored(sum);
    }
}

@compute @workgroup_size(64)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
    /*lane*/
) {
    let x = group.x * 16u + index % 16u;
    let y = (group.y + layer.first_row) * 16u + 4u * (index / 16u);
    let block_out = 2u * group.z;
    let bias_0 = weights[layer.weights_at + block_out];
    let bias_1 = weights[layer.weights_at + block_out + 1u];
    let kernels_at = layer.weights_at + layer.blocks + group.z * layer.blocks_a * 8u;
    /*sums*/
    for (var block = 0u; block < layer.blocks_a; block++) {
        let kernel = kernels_at + 8u * block;
        /*products*/
    }
    /*keep*/
}
