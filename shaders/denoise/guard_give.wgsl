// Step 2 of the guard: gives each neighbourhood back what it lost. Reads what step 1 mixed and the energy of cells, writes the
// kept part of the region, three numbers a pixel. A workgroup is a cell; one thread is four of its pixels.

@group(0) @binding(1) var<storage, read> mixed: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> energy: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> guarded: array<f32>;

// A network that is wrong by more than this share of the light is not repaired by scaling.
const GAIN_MAX: f32 = 0.5;

// Of the cell and the eight around it, edges repeated.
var<workgroup> gains: array<array<vec3<f32>, 3>, 3>;

fn neighbour(cell: vec2<u32>, i: u32) -> vec2<u32> {
    let moved = vec2<i32>(cell) + vec2<i32>(i32(i % 3u), i32(i / 3u)) - 1;
    return vec2<u32>(clamp(moved, vec2<i32>(0), vec2<i32>(cells()) - 1));
}

fn gain(cell: vec2<u32>) -> vec3<f32> {
    var lost = vec3<f32>(0.0);
    var takers = vec3<f32>(0.0);
    for (var i = 0u; i < 9u; i++) {
        let other = neighbour(cell, i);
        let at = 2u * (other.y * cells().x + other.x);
        lost += energy[at].xyz;
        takers += energy[at + 1u].xyz;
    }
    return clamp(lost / max(takers, vec3<f32>(1e-30)), vec3<f32>(-GAIN_MAX), vec3<f32>(GAIN_MAX));
}

fn seen_gain(cell: vec2<u32>, x: u32, y: u32) -> vec3<f32> {
    let seen = seen_from(x, y);
    let first = seen.first + 1u - cell;
    let second = seen.second + 1u - cell;
    let upper_left = gains[first.y][first.x];
    let lower_left = gains[second.y][first.x];
    let above = upper_left + seen.share.x * (gains[first.y][second.x] - upper_left);
    let below = lower_left + seen.share.x * (gains[second.y][second.x] - lower_left);
    return above + seen.share.y * (below - above);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let cell = vec2<u32>(group.x, group.y + layer.first_row);
    if index < 9u {
        gains[index / 3u][index % 3u] = gain(neighbour(cell, index));
    }
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
        let x = cell.x * 16u + index % 16u;
        let y = cell.y * 16u + 4u * i + index / 16u;
        // Left of and above the kept part the differences wrap round and are large.
        let kept_x = x - layer.kept_x;
        let kept_y = y - layer.kept_y;
        if kept_x < layer.kept_width && kept_y < layer.kept_height {
            let pixel = mixed[y * layer.traced_width + x];
            let value = pixel.xyz * (1.0 + pixel.w * seen_gain(cell, x, y));
            let at = 3u * (kept_y * layer.kept_width + kept_x);
            guarded[at] = value.x;
            guarded[at + 1u] = value.y;
            guarded[at + 2u] = value.z;
        }
    }
}
