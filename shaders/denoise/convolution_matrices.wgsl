// A 3×3 convolution with ReLU; edges repeat. Reads one or two sources through `source`, writes `result`. For adapters with
// matrix units (docs/decisions/0026).
//
// A workgroup makes 16×8 places × GROUPS·SIDE channels, as nine shifted products of matrices: a tap's kernels (channels out ×
// channels in) times input (channels in × neighbouring places of a row). It walks over the input sixteen channels at a time, held
// in workgroup memory with one place around it, so that another tap only begins elsewhere and nothing is gathered. A subgroup
// makes two rows of places. The constants, `Factor` and the text of the products come from the host.

@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> source_a: array<Block>;
@group(0) @binding(3) var<storage, read> source_b: array<Block>;
@group(0) @binding(4) var<storage, read_write> result: array<Block>;
// (group of SIDE output channels, sixteen input channels, tap): SIDE rows of sixteen.
@group(0) @binding(5) var<storage, read> matrices: array<Factor>;

const COLUMNS: u32 = 18u;
const ROWS: u32 = 10u;
const PLACES: u32 = 128u;
const CHUNK: u32 = 16u;
const KERNEL: u32 = SIDE * CHUNK;
// From a place to the next: what is more than the channels keeps neighbours out of each other's banks.
const HELD: u32 = CHUNK + 8u;
const MADE: u32 = SIDE + 4u;

// Row, column with one place on every side, channel.
var<workgroup> held: array<Factor, COLUMNS * ROWS * HELD>;
// Place, channel.
var<workgroup> made: array<f32, PLACES * MADE>;

fn hold(corner: vec2<u32>, first_block: u32, blocks_in: u32, index: u32) {
    for (var i = index; i < COLUMNS * ROWS * CHUNK / 4u; i += THREADS) {
        let column = i % COLUMNS;
        let row = i / COLUMNS % ROWS;
        let quarter = i / (COLUMNS * ROWS);
        let x = u32(clamp(i32(corner.x + column) - 1, 0, i32(layer.width) - 1));
        let y = u32(clamp(i32(corner.y + row) - 1, 0, i32(layer.height) - 1));
        var values = vec4<f32>(0.0);
        if first_block + quarter < blocks_in {
            values = source(first_block + quarter, x, y);
        }
        let at = (row * COLUMNS + column) * HELD + 4u * quarter;
        held[at] = Factor(values.x);
        held[at + 1u] = Factor(values.y);
        held[at + 2u] = Factor(values.z);
        held[at + 3u] = Factor(values.w);
    }
}

fn keep(corner: vec2<u32>, group: u32, index: u32) {
    for (var i = index; i < PLACES * SIDE / 4u; i += THREADS) {
        let place = i % PLACES;
        let quarter = i / PLACES;
        let block = group * (SIDE / 4u) + quarter;
        let x = corner.x + place % 16u;
        let y = corner.y + place / 16u;
        if block < layer.blocks && x < layer.width && y < layer.height {
            let at = place * MADE + 4u * quarter;
            let sum = vec4<f32>(made[at], made[at + 1u], made[at + 2u], made[at + 3u]);
            let biased = sum + weights[layer.weights_at + block];
            result[(block * layer.height + y) * layer.width + x] = stored(max(biased, vec4<f32>(0.0)));
        }
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
    @builtin(subgroup_id) subgroup: u32,
) {
    let corner = vec2<u32>(workgroup.x * 16u, (workgroup.y + layer.first_row) * 8u);
    let first_group = workgroup.z * GROUPS;
    let blocks_in = layer.blocks_a + layer.blocks_b;
    let chunks = (blocks_in + 3u) / 4u;
    // From a group's kernels to the next one's.
    let group_size = chunks * 9u * KERNEL;
    /*sums*/
    for (var chunk = 0u; chunk < chunks; chunk++) {
        workgroupBarrier();
        hold(corner, 4u * chunk, blocks_in, index);
        workgroupBarrier();
        for (var tap = 0u; tap < 9u; tap++) {
            let place = (2u * subgroup + tap / 3u) * COLUMNS + tap % 3u;
            let kernel = layer.matrices_at + first_group * group_size + (9u * chunk + tap) * KERNEL;
            /*products*/
        }
    }
    /*keep*/
}
