// Lets direct light through to where it was asked for. One thread is one queued shadow ray. Adds to the path's radiance.

const SHADOW: bool = true;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let thread = thread_index(group, groups, local);
    if thread >= atomicLoad(&counters[COUNTER_SHADOW]) {
        return;
    }
    let path = queues[2u * params.capacity + thread];
    let origin = load_f(SHADOW_ORIGIN, path);
    let direction = load_f(SHADOW_DIRECTION, path);
    let light = load_f(SHADOW_LIGHT, path);
    let ray = Ray(origin.xyz, direction.xyz, direction.w, bitcast<u32>(origin.w), bitcast<u32>(light.w));
    let walked = walk(ray, time_of(path));
    if walked.transmittance > 0.0 {
        let radiance = load_f(RADIANCE, path);
        store_f(RADIANCE, path, vec4<f32>(radiance.xyz + light.xyz * walked.transmittance, radiance.w));
    }
}
