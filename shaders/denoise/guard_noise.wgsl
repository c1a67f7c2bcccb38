// The first of the guard's kernels: noise in proportion to light in each cell (φ). Reads the traced planes and the filtered
// picture, writes one number a cell. A workgroup is a cell.

@group(0) @binding(3) var<storage, read_write> noise: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let row = group.y + layer.first_row;
    let x = group.x * 16u + index % 16u;
    var sum = vec3<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        let y = row * 16u + 4u * i + index / 16u;
        if x < layer.traced_width && y < layer.traced_height {
            let pixel = held(y * layer.traced_width + x);
            sum += vec3<f32>(pixel.variance, pixel.middle + BLACK, 0.0);
        }
    }
    let cell = cell_sum(index, sum);
    if index == 0u {
        noise[row * (layer.width / 16u) + group.x] = cell.x / cell.y;
    }
}
