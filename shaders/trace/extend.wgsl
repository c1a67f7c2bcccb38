// Finds the closest hit of every live ray. One thread is one queued path. Writes the hit triangle and instance.

const SHADOW: bool = false;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let path = queued(thread_index(group, groups, local));
    if path == NONE {
        return;
    }
    let origin = load_f(ORIGIN, path);
    let direction = load_f(DIRECTION, path);
    let skip_instance = paths[at(STATE, path)].w;
    let walked = walk(Ray(origin.xyz, direction.xyz, 1e30, bitcast<u32>(origin.w), skip_instance), time_of(path));
    paths[at(MEDIA, path)].z = walked.hit.triangle;
    paths[at(MEDIA, path)].w = walked.hit.instance;
}
