// One step of a path at its hit: sky, coverage, emission, direct light, next direction, roulette. docs/rendering.md section 3.
// One thread is one queued path. Reads the hit; writes the path's fields and appends to the next ray queue and the shadow queue.

struct Media {
    low: u32,
    high: u32,
}

fn media_top(m: Media) -> u32 {
    return m.low & 0xffffu;
}

fn media_push(m: Media, entry: u32) -> Media {
    return Media((m.low << 16u) | entry, (m.high << 16u) | (m.low >> 16u));
}

// Takes out the topmost equal entry.
fn media_remove(m: Media, entry: u32) -> Media {
    let a = m.low & 0xffffu;
    let b = m.low >> 16u;
    let c = m.high & 0xffffu;
    let d = m.high >> 16u;
    if a == entry {
        return Media(b | (c << 16u), d);
    }
    if b == entry {
        return Media(a | (c << 16u), d);
    }
    if c == entry {
        return Media(m.low, d);
    }
    if d == entry {
        return Media(m.low, c);
    }
    return m;
}

fn media_index(entry: u32) -> f32 {
    if entry == 0u {
        return 1.0;
    }
    return index_of_refraction(entry - 1u);
}

fn transmitted(entry: u32, distance: f32) -> vec3<f32> {
    if entry == 0u {
        return vec3<f32>(1.0);
    }
    return exp(-absorption(entry - 1u) * distance);
}

fn clamped(light: vec3<f32>, indirect: bool) -> vec3<f32> {
    let c = finite_or_zero(light);
    let top = max_channel(c);
    if !indirect || params.clamp_indirect <= 0.0 || top <= params.clamp_indirect {
        return c;
    }
    return c * (params.clamp_indirect / top);
}

// Pixel position of a point in the camera's space.
fn on_screen(local: vec3<f32>) -> vec2<f32> {
    let depth = select(max(-local.z, 1e-6), 1.0, (params.flags & FLAG_ORTHOGRAPHIC) != 0u);
    let ndc = local.xy / (depth * params.camera_lens.xy) - params.camera_shift.xy;
    return (ndc * vec2<f32>(0.5, -0.5) + 0.5) * vec2<f32>(f32(params.frame_width), f32(params.frame_height));
}

fn screen_before(position: vec3<f32>) -> vec2<f32> {
    let p = vec4<f32>(position, 1.0);
    return on_screen(vec3<f32>(dot(params.before_x, p), dot(params.before_y, p), dot(params.before_z, p)));
}

fn screen_now(position: vec3<f32>) -> vec2<f32> {
    let p = position - params.camera_eye.xyz;
    return on_screen(vec3<f32>(dot(params.camera_right.xyz, p), dot(params.camera_up.xyz, p), dot(params.camera_back.xyz, p)));
}

// A list of corners' places, so many words apart, at a point of a mesh.
fn place_among(first: u32, stride: u32, place: Place) -> vec3<f32> {
    return attribute_vec3(first + place.corners.x * stride) * place.weights.x
        + attribute_vec3(first + place.corners.y * stride) * place.weights.y
        + attribute_vec3(first + place.corners.z * stride) * place.weights.z;
}

// Where a point of a mesh is at the frame, in the mesh's own space.
fn local_now(place: Place, hit_triangle: u32, bends: bool) -> vec3<f32> {
    let first = parts[place.part].before;
    if bends && first != NONE {
        return place_among(first + 3u, 6u, place);
    }
    return triangle_at(hit_triangle * 3u).xyz * place.weights.x + triangle_at(hit_triangle * 3u + 1u).xyz * place.weights.y
        + triangle_at(hit_triangle * 3u + 2u).xyz * place.weights.z;
}

// Depth, position, ids and motion of the first surface that is there.
fn write_first(path: u32, s: Surface, instance: u32, hit_triangle: u32, time: f32) {
    let camera = camera_at(time);
    let depth = -dot(s.position - camera.eye, camera.back);
    paths[at(ALBEDO, path)].w = bitcast<u32>(depth);
    paths[at(NORMAL, path)].w = bitcast<u32>(1.0);
    paths[at(RADIANCE, path)].w = bitcast<u32>(1.0);
    store_f(POSITION, path, vec4<f32>(s.position, bitcast<f32>(s.object_id)));
    let bends = closing_of(hit_triangle) != 0u;
    let local = local_now(s.place, hit_triangle, bends);
    var earlier = local;
    let first = parts[s.place.part].before;
    if first != NONE {
        earlier = place_among(first, select(3u, 6u, bends), s.place);
    }
    let before = transform_point(before_from_object(instance), earlier);
    // From frame to frame, also where the sample shows the point in between.
    var now = s.position;
    if sweep_of(instance) != NONE || bends {
        now = transform_point(world_from_object(instance), local);
    }
    let motion = screen_now(now) - screen_before(before);
    store_f(MOTION, path, vec4<f32>(motion, bitcast<f32>(s.material + 1u), 0.0));
}

fn write_feature(path: u32, albedo: vec3<f32>, normal: vec3<f32>) {
    let seen = load_f(SEEN, path).xyz;
    let depth = paths[at(ALBEDO, path)].w;
    let hits = paths[at(NORMAL, path)].w;
    store_u(ALBEDO, path, vec4<u32>(bitcast<vec3<u32>>(min(albedo, vec3<f32>(1.0)) * seen), depth));
    store_u(NORMAL, path, vec4<u32>(bitcast<vec3<u32>>(normal), hits));
}

fn add_radiance(path: u32, light: vec3<f32>) {
    let sum = load_f(RADIANCE, path);
    store_f(RADIANCE, path, vec4<f32>(sum.xyz + light, sum.w));
}

fn reach_sky(path: u32, direction: vec4<f32>, throughput: vec3<f32>, vertex: u32, featured: bool) {
    if (params.flags & FLAG_ENVIRONMENT) == 0u {
        return;
    }
    let uv = environment_uv(direction.xyz);
    let sky = environment_radiance(uv);
    var weight = 1.0;
    if direction.w > 0.0 {
        weight = mis_weight(direction.w, environment_pdf(uv, direction.xyz));
    }
    add_radiance(path, clamped(throughput * sky * weight, vertex >= 2u));
    if !featured {
        write_feature(path, min(sky, vec3<f32>(1.0)), vec3<f32>(0.0));
    }
}

fn emission_weight(v: Visit, shape: Shape, distance: f32) -> f32 {
    let density = parts[shape.place.part].light_density;
    if v.direction.w <= 0.0 || density <= 0.0 {
        return 1.0;
    }
    let lost = area_lost(v.instance, v.hit_triangle, shape.area2);
    let cosine = max(abs(dot(v.direction.xyz, shape.geometric)), 1e-6);
    return mis_weight(v.direction.w, params.p_lights * density * lost * distance * distance / cosine);
}

// A path at its hit, as loaded.
struct Visit {
    path: u32,
    key: u32,
    sample: u32,
    vertex: u32,
    segment: u32,
    flags: u32,
    media: Media,
    hit_triangle: u32,
    instance: u32,
    direction: vec4<f32>,
    throughput: vec3<f32>,
    spread: f32,
    time: f32,
}

fn visit_of(path: u32) -> Visit {
    let state = load_u(STATE, path);
    let media = load_u(MEDIA, path);
    let throughput = load_f(THROUGHPUT, path);
    return Visit(path, state.x, state.y, state.z & 0xfffu, (state.z >> 12u) & 0xfffu, state.z & 0xff000000u,
        Media(media.x, media.y), media.z, media.w, load_f(DIRECTION, path), throughput.xyz, throughput.w, path_time(state.x, state.y));
}

fn featured(v: Visit) -> bool {
    return (v.flags & STATE_FEATURE) != 0u;
}

// Sends the path on from where it is: the same vertex after a surface that was not there, the next one after scattering.
fn go_on(v: Visit, s_position: vec3<f32>, geometric: vec3<f32>, direction: vec4<f32>, throughput: vec4<f32>, vertex: u32, media: Media) {
    let side = select(-geometric, geometric, dot(direction.xyz, geometric) > 0.0);
    store_f(ORIGIN, v.path, vec4<f32>(leave_surface(s_position, side), bitcast<f32>(v.hit_triangle)));
    store_f(DIRECTION, v.path, direction);
    store_f(THROUGHPUT, v.path, throughput);
    store_u(STATE, v.path, vec4<u32>(v.key, v.sample, (vertex | ((v.segment + 1u) << 12u)) | v.flags, v.instance));
    store_u(MEDIA, v.path, vec4<u32>(media.low, media.high, NONE, NONE));
    enqueue_ray(v.path);
}

// One light, one shadow ray.
fn ask_light(v: Visit, s: Surface, l: Lobes, wo: vec3<f32>, choice: u32, beyond: Media) {
    let light = sample_light(s.position, choice, random_words(v.key, v.sample, 5u + 4u * v.vertex), v.time);
    if max_channel(light.radiance) <= 0.0 {
        return;
    }
    let scattered = scatter_value(l, wo, light.direction);
    var weight = 1.0;
    if light.pdf > 0.0 {
        weight = mis_weight(light.pdf, scattered.pdf);
    }
    let across = dot(light.direction, s.geometric) * dot(wo, s.geometric) < 0.0;
    let length = select(light.distance * 0.9999, 1e30, light.distance < 0.0);
    let medium = transmitted(select(media_top(v.media), media_top(beyond), across), length);
    let sum = clamped(v.throughput * scattered.value * light.radiance * medium * weight, v.vertex >= 1u);
    if max_channel(sum) <= 0.0 {
        return;
    }
    let side = select(-s.geometric, s.geometric, dot(light.direction, s.geometric) > 0.0);
    store_f(SHADOW_ORIGIN, v.path, vec4<f32>(leave_surface(s.position, side), bitcast<f32>(v.hit_triangle)));
    store_f(SHADOW_DIRECTION, v.path, vec4<f32>(light.direction, length));
    store_f(SHADOW_LIGHT, v.path, vec4<f32>(sum, bitcast<f32>(v.instance)));
    enqueue_shadow(v.path);
}

// Adds what the surface shines with by itself; returns it, capped, for the albedo.
fn shine(v: Visit, s: Surface, weight: f32) -> vec3<f32> {
    var shown = vec3<f32>(0.0);
    if s.front || (s.flags & MATERIAL_DOUBLE_SIDED) != 0u {
        shown = s.emission;
    }
    if max_channel(shown) > 0.0 {
        add_radiance(v.path, clamped(v.throughput * shown * weight, v.vertex >= 2u));
    }
    if (s.flags & MATERIAL_UNLIT) != 0u {
        add_radiance(v.path, clamped(v.throughput * s.base, v.vertex >= 2u));
    }
    return min(shown, vec3<f32>(1.0));
}

// Adds what a lamp shows to a path that has scattered; ends the search for albedo and normal there. Returns the path's flags.
fn shine_lamp(v: Visit, shape: Shape, picture: vec3<f32>, weight: f32) -> u32 {
    let head = material_at(parts[shape.place.part].material * MATERIAL_VEC4S + 2u);
    let light = bitcast<vec3<f32>>(head.xyz) * picture;
    let seen = dot(v.direction.xyz, shape.geometric) < 0.0 || (head.w & MATERIAL_DOUBLE_SIDED) != 0u;
    if v.vertex == 0u || !seen || max_channel(light) <= 0.0 {
        return v.flags;
    }
    add_radiance(v.path, clamped(v.throughput * light * weight, v.vertex >= 2u));
    if !featured(v) {
        write_feature(v.path, light, vec3<f32>(0.0));
    }
    return v.flags | STATE_FEATURE;
}

// Albedo and normal: here, or further along a sharp event.
fn note_feature(v: Visit, s: Surface, sampled: Sampled, shown: vec3<f32>) -> u32 {
    let seen = load_f(SEEN, v.path);
    if featured(v) {
        return v.flags;
    }
    if sampled.alpha >= FEATURE_ALPHA {
        write_feature(v.path, s.base + shown, s.normal);
        return v.flags | STATE_FEATURE;
    }
    store_f(SEEN, v.path, vec4<f32>(min(seen.xyz * sampled.weight, vec3<f32>(1.0)), seen.w));
    return v.flags;
}

// Direct light, next direction, roulette.
fn scatter(visit: Visit, s: Surface, wo: vec3<f32>, shown: vec3<f32>) {
    var v = visit;
    let solid = (s.flags & MATERIAL_SOLID) != 0u && s.transmission > 0.0;
    var beyond = v.media;
    if solid && s.front {
        beyond = media_push(v.media, s.material + 1u);
    } else if solid {
        beyond = media_remove(v.media, s.material + 1u);
    }
    var near_index = media_index(media_top(v.media));
    if !s.front {
        near_index = index_of_refraction(s.material);
    }
    let l = lobes_of(s, wo, near_index, media_index(media_top(beyond)));
    let choice = random_words(v.key, v.sample, 4u + 4u * v.vertex);
    if is_rough(l) {
        ask_light(v, s, l, wo, choice.x, beyond);
    }
    let sampled = sample_bsdf(l, wo, unit(choice.y), random_pair(v.key, v.sample, 6u + 4u * v.vertex));
    v.flags = note_feature(v, s, sampled, shown);
    // The next segment starts here.
    paths[at(SEEN, v.path)].w = bitcast<u32>(0.0);
    var weight = v.throughput * sampled.weight;
    let spread = v.spread * sampled.spread;
    if max_channel(weight) <= 0.0 || !is_finite(max_channel(weight)) {
        return;
    }
    if v.vertex >= 3u {
        let survival = clamp(sqrt(max_channel(weight) * spread), 0.05, 0.95);
        if random_pair(v.key, v.sample, 7u + 4u * v.vertex).x >= survival {
            return;
        }
        weight /= survival;
    }
    var media = v.media;
    if sampled.through && solid {
        media = beyond;
    }
    go_on(v, s.position, s.geometric, vec4<f32>(sampled.direction, sampled.pdf), vec4<f32>(weight, spread), v.vertex + 1u, media);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let path = queued(thread_index(group, groups, local));
    if path == NONE {
        return;
    }
    var v = visit_of(path);
    let inside = media_top(v.media);
    if v.hit_triangle == NONE {
        reach_sky(path, v.direction, v.throughput * transmitted(inside, 1e30), v.vertex, featured(v));
        return;
    }
    let wo = -v.direction.xyz;
    let origin = load_f(ORIGIN, path).xyz;
    let shape = shape_at(v.hit_triangle, v.instance, v.time, origin, v.direction.xyz);
    let t = length(shape.position - origin);
    v.throughput *= transmitted(inside, t);
    let travelled = bitcast<f32>(paths[at(SEEN, path)].w) + t;

    let material = parts[shape.place.part].material;
    let pictures = shown_at(material, shape.place);
    let color = color_at(shape.place);
    let lamp = is_lamp(material);
    // Once for both that shine: every call is inlined.
    let weight = emission_weight(v, shape, travelled);
    if lamp {
        v.flags = shine_lamp(v, shape, pictures.slots[SLOT_EMISSIVE].xyz, weight);
    }
    let coverage = coverage_of(material, pictures.slots[SLOT_BASE].w * color.w);
    if coverage < 1.0 && random_single(v.key, v.sample, v.segment) >= coverage && v.segment - v.vertex < 256u {
        paths[at(SEEN, path)].w = bitcast<u32>(travelled);
        go_on(v, shape.position, shape.geometric, v.direction, vec4<f32>(v.throughput, v.spread), v.vertex, v.media);
        return;
    }
    if lamp {
        return;
    }
    let s = surface_at(shape, wo, v.instance, pictures, color);
    if (v.flags & STATE_SEEN) == 0u {
        v.flags |= STATE_SEEN;
        write_first(path, s, v.instance, v.hit_triangle, v.time);
    }
    let shown = shine(v, s, weight);
    if (s.flags & MATERIAL_UNLIT) != 0u || v.vertex > params.max_bounces {
        if !featured(v) {
            write_feature(path, s.base + shown, s.normal);
        }
        return;
    }
    scatter(v, s, wo, shown);
}
