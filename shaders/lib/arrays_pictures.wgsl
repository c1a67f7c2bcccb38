// The scene's arrays of vec4 as pictures of whole texels, row after row: software Vulkan reads a texel in one go, but a
// buffer word by word and lane by lane, each with its own bounds check. Twin: lib/arrays_buffers.wgsl.

@group(0) @binding(1) var nodes: texture_storage_2d<rgba32uint, read>;
@group(0) @binding(2) var triangles: texture_storage_2d<rgba32uint, read>;
@group(0) @binding(3) var instances: texture_storage_2d<rgba32uint, read>;
@group(0) @binding(6) var materials: texture_storage_2d<rgba32uint, read>;
@group(0) @binding(7) var lights: texture_storage_2d<rgba32uint, read>;

const ROW_BITS: u32 = 11u;
// Texels of an Instance.
const INSTANCE_VEC4S: u32 = 10u;

fn texel_place(index: u32) -> vec2<u32> {
    return vec2<u32>(index & ((1u << ROW_BITS) - 1u), index >> ROW_BITS);
}

fn node_at(index: u32) -> vec4<u32> {
    return textureLoad(nodes, texel_place(index));
}

fn triangle_at(index: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(textureLoad(triangles, texel_place(index)));
}

fn material_at(index: u32) -> vec4<u32> {
    return textureLoad(materials, texel_place(index));
}

fn light_at(index: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(textureLoad(lights, texel_place(index)));
}

fn instance_row(index: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(textureLoad(instances, texel_place(index)));
}

fn instance_rows(index: u32) -> array<vec4<f32>, 3> {
    return array<vec4<f32>, 3>(instance_row(index), instance_row(index + 1u), instance_row(index + 2u));
}

fn object_from_world(instance: u32) -> array<vec4<f32>, 3> {
    return instance_rows(instance * INSTANCE_VEC4S);
}

fn world_from_object(instance: u32) -> array<vec4<f32>, 3> {
    return instance_rows(instance * INSTANCE_VEC4S + 3u);
}

fn before_from_object(instance: u32) -> array<vec4<f32>, 3> {
    return instance_rows(instance * INSTANCE_VEC4S + 6u);
}

fn root_of(instance: u32) -> u32 {
    return textureLoad(instances, texel_place(instance * INSTANCE_VEC4S + 9u)).x;
}

fn sweep_word_of(instance: u32) -> u32 {
    return textureLoad(instances, texel_place(instance * INSTANCE_VEC4S + 9u)).z;
}

fn object_id_of(instance: u32) -> u32 {
    return textureLoad(instances, texel_place(instance * INSTANCE_VEC4S + 9u)).y;
}
