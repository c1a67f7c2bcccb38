// The largest of 2×2, for convolutions that would read each of them thrice. Reads `source_a`, writes `result`, which is
// half as wide and high. One thread is one block position.

@group(0) @binding(1) var<storage, read> source_a: array<Block>;
@group(0) @binding(2) var<storage, read_write> result: array<Block>;

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>) {
    let x = group.x * 16u + thread.x;
    let y = (group.y + layer.first_row) * 4u + thread.y;
    if x < layer.width && y < layer.height {
        result[(group.z * layer.height + y) * layer.width + x] = stored(source(group.z, x, y));
    }
}
