// One of the coarser levels of the filter. Reads its head, its light and the level above it, writes filtered light. One thread
// is one pixel of the level.

@group(0) @binding(1) var<storage, read> logits: array<Block>;
@group(0) @binding(2) var<storage, read> pyramid: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> filtered: array<vec4<f32>>;

fn logit_block(block: u32, x: u32, y: u32) -> vec4<f32> {
    return loaded(logits[(block * layer.height + y) * layer.width + x]);
}

@compute @workgroup_size(16, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) thread: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let corner = vec2<u32>(group.x * 16u, (group.y + layer.first_row) * 8u);
    hold_blended(corner, index);
    workgroupBarrier();
    let x = corner.x + thread.x;
    let y = corner.y + thread.y;
    if x < layer.width && y < layer.height {
        filtered[layer.filtered_at + y * layer.width + x] = averaged(x, y, thread.xy);
    }
}
