// Adds up each pixel's samples of this block in their order. One thread is one pixel. Writes the film.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let pixel = thread_index(group, groups, local);
    if pixel >= params.pixel_count {
        return;
    }
    var radiance = vec4<f32>(0.0);
    var albedo = vec4<f32>(0.0);
    var normal = vec4<f32>(0.0);
    var place = vec4<f32>(0.0);
    var motion = vec2<f32>(0.0);
    var ids = vec2<f32>(0.0);
    for (var i = 0u; i < params.sample_count; i++) {
        let path = pixel * params.sample_count + i;
        let sample = load_f(RADIANCE, path);
        let here = load_f(POSITION, path);
        let moved = load_f(MOTION, path);
        let light = luminance(sample.xyz);
        radiance += sample;
        albedo += load_f(ALBEDO, path);
        normal += load_f(NORMAL, path);
        place += vec4<f32>(here.xyz, light * light);
        motion += moved.xy;
        if i == 0u {
            ids = vec2<f32>(here.w, moved.z);
        }
    }
    let first = pixel * FILM_FIELDS;
    film[first] = radiance;
    film[first + 1u] = albedo;
    film[first + 2u] = normal;
    film[first + 3u] = place;
    film[first + 4u] = vec4<f32>(motion, ids);
}
