// The sum over a cell of 16×16 pixels: a workgroup of 64 threads, each with four pixels below each other in steps of four rows.

var<workgroup> parts: array<vec3<f32>, 64>;

// For the first thread; the order is always the same.
fn cell_sum(index: u32, value: vec3<f32>) -> vec3<f32> {
    // An earlier sum has been read.
    workgroupBarrier();
    parts[index] = value;
    for (var half = 32u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if index < half {
            parts[index] += parts[index + half];
        }
    }
    workgroupBarrier();
    return parts[0];
}
