// Starts the wave's camera rays. One thread is one path: pixel `pixel_first + thread / sample_count`, sample `sample_first +
// thread % sample_count`, so that neighbouring threads look the same way. Reads params and tables, writes all fields and queue A.

fn quantile(u: f32) -> f32 {
    let x = u * 256.0;
    let i = min(u32(x), 255u);
    return mix(table(TABLE_QUANTILES + i), table(TABLE_QUANTILES + i + 1u), x - f32(i));
}

fn film_offset(u: vec2<f32>) -> vec2<f32> {
    if (params.flags & FLAG_BOX_FILTER) != 0u {
        return u;
    }
    return vec2<f32>(0.5) + 0.75 * vec2<f32>(quantile(u.x), quantile(u.y));
}

// A point of the lens's hole, in radii of the circle around it.
fn on_the_hole(u: vec2<f32>) -> vec2<f32> {
    let width = vec2<f32>(params.camera_iris.z, 1.0);
    let blades = params.camera_iris.x;
    if blades < 3.0 {
        return disk(u) * width;
    }
    let place = u.y * blades;
    let side = floor(place);
    let one = side / blades + params.camera_iris.y;
    let next = (side + 1.0) / blades + params.camera_iris.y;
    let a = sin_cos_turns(one - floor(one)).yx;
    let b = sin_cos_turns(next - floor(next)).yx;
    return mix(a, b, place - side) * sqrt(u.x) * width;
}

fn camera_ray(film_position: vec2<f32>, lens_u: vec2<f32>, time: f32) -> Ray {
    let size = vec2<f32>(f32(params.frame_width), f32(params.frame_height));
    let ndc = (film_position / size) * vec2<f32>(2.0, -2.0) + vec2<f32>(-1.0, 1.0);
    let flat = (ndc + params.camera_shift.xy) * params.camera_lens.xy;
    let camera = camera_at(time);
    let right = camera.right;
    let up = camera.up;
    let back = camera.back;
    let eye = camera.eye;
    if (params.flags & FLAG_ORTHOGRAPHIC) != 0u {
        return Ray(eye + right * flat.x + up * flat.y, -back, 0.0, NONE, NONE);
    }
    var local = vec3<f32>(flat, -1.0);
    var start = vec2<f32>(0.0);
    if params.camera_lens.z > 0.0 {
        start = on_the_hole(lens_u) * params.camera_lens.z;
        local = local * params.camera_lens.w - vec3<f32>(start, 0.0);
    }
    local = normalize(local);
    let origin = eye + right * start.x + up * start.y;
    return Ray(origin, normalize(right * local.x + up * local.y + back * local.z), 0.0, NONE, NONE);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let path = thread_index(group, groups, local);
    if path >= params.pixel_count * params.sample_count {
        return;
    }
    let pixel = params.pixel_first + path / params.sample_count;
    let sample = params.sample_first + path % params.sample_count;
    let x = params.tile_x + pixel % params.tile_width;
    let y = params.tile_y + pixel / params.tile_width;
    let key = path_key(x, y);
    let film_position = vec2<f32>(f32(x), f32(y)) + film_offset(random_pair(key, sample, 0u));
    let ray = camera_ray(film_position, random_pair(key, sample, 1u), path_time(key, sample));
    store_f(ORIGIN, path, vec4<f32>(ray.origin, bitcast<f32>(NONE)));
    store_f(DIRECTION, path, vec4<f32>(ray.direction, 0.0));
    store_f(THROUGHPUT, path, vec4<f32>(1.0));
    store_u(STATE, path, vec4<u32>(key, sample, 0u, NONE));
    store_u(MEDIA, path, vec4<u32>(0u, 0u, NONE, NONE));
    store_f(RADIANCE, path, vec4<f32>(0.0));
    store_f(ALBEDO, path, vec4<f32>(0.0));
    store_f(NORMAL, path, vec4<f32>(0.0));
    store_f(SEEN, path, vec4<f32>(1.0, 1.0, 1.0, 0.0));
    store_f(POSITION, path, vec4<f32>(0.0));
    store_f(MOTION, path, vec4<f32>(0.0));
    queues[path] = path;
}
