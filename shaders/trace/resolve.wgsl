// Adds up each pixel's samples of this block in their order, and ranks their ids. One thread is one pixel. Writes the film.

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

// The ids of one pixel and in how many samples they are; a block has at most sixteen samples.
var<private> ids: array<u32, 16>;
var<private> counts: array<u32, 16>;

// Counts the object ids (or material ids) of a pixel's samples; returns how many there are.
fn tally(pixel: u32, of_materials: bool) -> u32 {
    var used = 0u;
    for (var i = 0u; i < min(params.sample_count, 16u); i++) {
        let path = pixel * params.sample_count + i;
        let id = select(paths[at(POSITION, path)].w, paths[at(MOTION, path)].z, of_materials);
        if id == 0u {
            continue;
        }
        var slot = 0u;
        while slot < used && ids[slot] != id {
            slot++;
        }
        if slot == used {
            ids[slot] = id;
            counts[slot] = 0u;
            used++;
        }
        counts[slot]++;
    }
    return used;
}

// Takes out the id with the highest count, of equal ones the lowest; zero when none is left.
fn take_highest(used: u32) -> vec2<f32> {
    var best = NONE;
    for (var slot = 0u; slot < used; slot++) {
        if counts[slot] == 0u {
            continue;
        }
        if best == NONE || counts[slot] > counts[best] || (counts[slot] == counts[best] && ids[slot] < ids[best]) {
            best = slot;
        }
    }
    if best == NONE {
        return vec2<f32>(0.0);
    }
    let count = f32(counts[best]);
    counts[best] = 0u;
    return vec2<f32>(bitcast<f32>(ids[best]), count);
}

// Only dispatched when mattes are asked for. Its values lie behind all sums of the wave: objects, then materials.
@compute @workgroup_size(64)
fn rank(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let pixel = thread_index(group, groups, local);
    if pixel >= params.pixel_count {
        return;
    }
    let first = params.pixel_count * FILM_FIELDS + pixel * RANK_FIELDS;
    for (var kind = 0u; kind < 2u; kind++) {
        let used = tally(pixel, kind == 1u);
        for (var i = 0u; i < RANK_FIELDS / 2u; i++) {
            let higher = take_highest(used);
            film[first + kind * (RANK_FIELDS / 2u) + i] = vec4<f32>(higher, take_highest(used));
        }
    }
}
