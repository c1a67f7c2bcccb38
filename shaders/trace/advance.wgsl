// Between two waves: one thread swaps the ray queues and lays out the next dispatches. Writes counters and dispatch sizes.

// Dispatches of extend and shade, then of shadow: x, y, z each.
@group(1) @binding(0) var<storage, read_write> dispatches: array<u32, 6>;

fn lay_out(first: u32, threads: u32) {
    let groups = (threads + 63u) / 64u;
    let columns = min(groups, 32768u);
    dispatches[first] = columns;
    dispatches[first + 1u] = select((groups + 32767u) / 32768u, 1u, groups <= 32768u);
    dispatches[first + 2u] = 1u;
}

// Before a wave's rays are extended.
@compute @workgroup_size(1)
fn next_rays() {
    let side = 1u - atomicLoad(&counters[COUNTER_SIDE]);
    atomicStore(&counters[COUNTER_SIDE], side);
    atomicStore(&counters[1u - side], 0u);
    atomicStore(&counters[COUNTER_SHADOW], 0u);
    let live = atomicLoad(&counters[side]);
    atomicAdd(&counters[COUNTER_RAYS], live);
    lay_out(0u, live);
}

// After shading, before shadow rays are followed.
@compute @workgroup_size(1)
fn next_shadows() {
    let live = atomicLoad(&counters[COUNTER_SHADOW]);
    atomicAdd(&counters[COUNTER_SHADOW_RAYS], live);
    lay_out(3u, live);
}
