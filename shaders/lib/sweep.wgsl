// Where instances stand at a path's time: as the frame has them, or, while the shutter is open, between two keys. docs/rendering.md section 9.

// Words of a sweep in `attributes`: the rotation at time 0, its axis and half angle, then rows of stretch and place at time 0 and at time 1.
const SWEEP_FROM: u32 = 8u;
const SWEEP_TO: u32 = 20u;

// A row of stretch and place between its keys.
fn swept_row(first: u32, row: u32, time: f32) -> vec4<f32> {
    let opening = attribute_vec4(first + SWEEP_FROM + row * 4u);
    let closing = attribute_vec4(first + SWEEP_TO + row * 4u);
    return opening + (closing - opening) * time;
}

// Rows of the map from object to world: stretch, then rotation, then place.
fn swept(first: u32, time: f32) -> array<vec4<f32>, 3> {
    let rotation = rotation_matrix(turned_until(attribute_vec4(first), attribute_vec4(first + 4u), time));
    let x = swept_row(first, 0u, time);
    let y = swept_row(first, 1u, time);
    let z = swept_row(first, 2u, time);
    let row_x = x.xyz * rotation[0].x + y.xyz * rotation[1].x + z.xyz * rotation[2].x;
    let row_y = x.xyz * rotation[0].y + y.xyz * rotation[1].y + z.xyz * rotation[2].y;
    let row_z = x.xyz * rotation[0].z + y.xyz * rotation[1].z + z.xyz * rotation[2].z;
    return array<vec4<f32>, 3>(vec4<f32>(row_x, x.w), vec4<f32>(row_y, y.w), vec4<f32>(row_z, z.w));
}

// Rows of the reverse of an affine map. A sweep is nowhere flat: the host saw to that.
fn reversed(rows: array<vec4<f32>, 3>) -> array<vec4<f32>, 3> {
    let x = cross(rows[1].xyz, rows[2].xyz);
    let y = cross(rows[2].xyz, rows[0].xyz);
    let z = cross(rows[0].xyz, rows[1].xyz);
    let volume = dot(rows[0].xyz, x);
    let scale = 1.0 / select(volume, 1e-30, abs(volume) < 1e-30);
    let place = vec3<f32>(rows[0].w, rows[1].w, rows[2].w);
    let row_x = vec3<f32>(x.x, y.x, z.x) * scale;
    let row_y = vec3<f32>(x.y, y.y, z.y) * scale;
    let row_z = vec3<f32>(x.z, y.z, z.z) * scale;
    return array<vec4<f32>, 3>(
        vec4<f32>(row_x, -dot(row_x, place)),
        vec4<f32>(row_y, -dot(row_y, place)),
        vec4<f32>(row_z, -dot(row_z, place)),
    );
}

// Where an instance's sweep lies; NONE: it stands still.
fn sweep_of(instance: u32) -> u32 {
    if (params.flags & FLAG_SWEEPS) == 0u {
        return NONE;
    }
    return sweep_word_of(instance);
}

fn object_from_world_at(instance: u32, time: f32) -> array<vec4<f32>, 3> {
    let sweep = sweep_of(instance);
    if sweep == NONE {
        return object_from_world(instance);
    }
    return reversed(swept(sweep, time));
}
