// What step 2 of the guard sums: the light that each cell has lost, and the light of those who may get it back, in red, green and
// blue. Reads the traced planes, the filtered picture and what step 1 mixed, writes two vectors a cell. A workgroup is a cell.

@group(0) @binding(3) var<storage, read> mixed: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> energy: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let row = group.y + layer.first_row;
    let x = group.x * 16u + index % 16u;
    var lost = vec3<f32>(0.0);
    var takers = vec3<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        let y = row * 16u + 4u * i + index / 16u;
        if x < layer.traced_width && y < layer.traced_height {
            let at = y * layer.traced_width + x;
            let pixel = mixed[at];
            let light = min(layer.exposure * pixel.xyz, vec3<f32>(BRIGHT_MAX));
            lost += min(layer.exposure * traced(at), vec3<f32>(BRIGHT_MAX)) - light;
            takers += pixel.w * light;
        }
    }
    lost = cell_sum(index, lost);
    takers = cell_sum(index, takers);
    if index == 0u {
        let cell = row * (layer.width / 16u) + group.x;
        energy[2u * cell] = vec4<f32>(lost, 0.0);
        energy[2u * cell + 1u] = vec4<f32>(takers, 0.0);
    }
}
