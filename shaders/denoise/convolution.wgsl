// A 3×3 convolution with ReLU; edges repeat. Reads one or two sources through `source`, writes `result`.
//
// A workgroup makes 16×8 places × GROUPS·8 channels and walks over the input two blocks at a time, both input and kernels held
// in workgroup memory. One thread is four places, one below the other, × eight channels: 32 sums in registers. Neighbouring
// threads are neighbouring columns, so that what they load lies side by side; all threads of a 32-wide wave have the same
// channels, so that a kernel is one broadcast. `GROUPS` and the text of the products come from the host.

@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> source_a: array<Block>;
@group(0) @binding(3) var<storage, read> source_b: array<Block>;
@group(0) @binding(4) var<storage, read_write> result: array<Block>;

const COLUMNS: u32 = 18u;
const STRIP_ROWS: u32 = 6u;
const THREADS: u32 = 32u * GROUPS;
// Vectors of the kernels of one input block and eight output channels, of all three columns of taps and of one of them: tap,
// output block, input channel.
const KERNEL: u32 = 72u;
const KERNEL_COLUMN: u32 = 24u;

// (input block, strip of four rows), row with one above and one below, column with one on either side. Rows are told by constants,
// which need no check at run time.
var<workgroup> tile: array<array<array<vec4<f32>, COLUMNS>, STRIP_ROWS>, 4>;
// (output group, input block, column of taps), vector.
var<workgroup> kernels: array<array<vec4<f32>, KERNEL_COLUMN>, 6u * GROUPS>;

fn hold_tile(corner: vec2<u32>, block: u32, index: u32) {
    for (var i = index; i < 4u * STRIP_ROWS * COLUMNS; i += THREADS) {
        let column = i % COLUMNS;
        let row = i / COLUMNS % STRIP_ROWS;
        let strip = i / (COLUMNS * STRIP_ROWS);
        let x = clamp(i32(corner.x + column) - 1, 0, i32(layer.width) - 1);
        let y = clamp(i32(corner.y + 4u * (strip % 2u) + row) - 1, 0, i32(layer.height) - 1);
        tile[strip][row][column] = source(block + strip / 2u, u32(x), u32(y));
    }
}

fn hold_kernels(first_group: u32, block: u32, blocks_in: u32, index: u32) {
    let kernels_at = layer.weights_at + layer.blocks;
    for (var i = index; i < 2u * KERNEL * GROUPS; i += THREADS) {
        let group = first_group + i / (2u * KERNEL);
        let place = (group * blocks_in + block) * KERNEL + i % (2u * KERNEL);
        kernels[i / KERNEL_COLUMN][i % KERNEL_COLUMN] = weights[kernels_at + place];
    }
}

fn keep(block: u32, x: u32, y: u32, sum: vec4<f32>) {
    if x < layer.width && y < layer.height {
        result[(block * layer.height + y) * layer.width + x] = stored(max(sum, vec4<f32>(0.0)));
    }
}

@compute @workgroup_size(16, 2, GROUPS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let corner = vec2<u32>(group.x * 16u, (group.y + layer.first_row) * 8u);
    let first_group = group.z * GROUPS;
    let block_out = 2u * (first_group + thread.z);
    let blocks_in = layer.blocks_a + layer.blocks_b;
    let bias_0 = weights[layer.weights_at + block_out];
    let bias_1 = weights[layer.weights_at + block_out + 1u];
    /*sums*/
    for (var block = 0u; block < blocks_in; block += 2u) {
        workgroupBarrier();
        hold_tile(corner, block, index);
        hold_kernels(first_group, block, blocks_in, index);
        workgroupBarrier();
        for (var half = 0u; half < 2u; half++) {
            for (var dx = 0u; dx < 3u; dx++) {
                let strip = 2u * half + thread.y;
                let kernel = (2u * thread.z + half) * 3u + dx;
                /*products*/
            }
        }
    }
    let x = corner.x + thread.x;
    let y = corner.y + 4u * thread.y;
    /*keep*/
}
