// The scene's arrays of vec4 as buffers, which is how GPUs like them. Twin: lib/arrays_pictures.wgsl.

@group(0) @binding(1) var<storage, read> nodes: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> triangles: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> instances: array<Instance>;
@group(0) @binding(6) var<storage, read> materials: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read> lights: array<vec4<f32>>;

fn node_at(index: u32) -> vec4<u32> {
    return nodes[index];
}

fn triangle_at(index: u32) -> vec4<f32> {
    return triangles[index];
}

fn material_at(index: u32) -> vec4<u32> {
    return materials[index];
}

fn light_at(index: u32) -> vec4<f32> {
    return lights[index];
}

fn object_from_world(instance: u32) -> array<vec4<f32>, 3> {
    return instances[instance].object_from_world;
}

fn world_from_object(instance: u32) -> array<vec4<f32>, 3> {
    return instances[instance].world_from_object;
}

fn before_from_object(instance: u32) -> array<vec4<f32>, 3> {
    return instances[instance].before_from_object;
}

fn root_of(instance: u32) -> u32 {
    return instances[instance].root;
}

fn sweep_word_of(instance: u32) -> u32 {
    return instances[instance].sweep;
}

fn object_id_of(instance: u32) -> u32 {
    return instances[instance].object_id;
}
