// When a path sees the scene, and where the camera is then. docs/rendering.md section 9.

const FLAGS_TIMED: u32 = FLAG_SWEEPS | FLAG_CAMERA_SWEEPS | FLAG_BENDS;

// Time of a path: 0 as the shutter opens, 1 as it closes. Drawn only where something moves meanwhile.
fn path_time(key: u32, sample: u32) -> f32 {
    if (params.flags & FLAGS_TIMED) == 0u {
        return 0.5;
    }
    return random_pair(key, sample, 2u).x;
}

// The same for a path in the pool, whose state is only read where it matters.
fn time_of(path: u32) -> f32 {
    if (params.flags & FLAGS_TIMED) == 0u {
        return 0.5;
    }
    let state = load_u(STATE, path);
    return path_time(state.x, state.y);
}

// Rotations as x, y, z, w: first b, then a.
fn turn_after(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return vec4<f32>(a.w * b.xyz + b.w * a.xyz + cross(a.xyz, b.xyz), a.w * b.w - dot(a.xyz, b.xyz));
}

// The rotation that starts as `start` and turns on evenly around an axis; `turn.w` is half of its angle in turns, 0 to 0.25.
fn turned_until(start: vec4<f32>, turn: vec4<f32>, time: f32) -> vec4<f32> {
    let on = sin_cos_turns(turn.w * time);
    return turn_after(start, vec4<f32>(turn.xyz * on.x, on.y));
}

// Columns of a rotation's matrix.
fn rotation_matrix(q: vec4<f32>) -> mat3x3<f32> {
    let twice = q.xyz * 2.0;
    let square = q.xyz * twice;
    let mixed = q.xxy * twice.yzz;
    let turned = q.w * twice;
    return mat3x3<f32>(
        vec3<f32>(1.0 - square.y - square.z, mixed.x + turned.z, mixed.y - turned.y),
        vec3<f32>(mixed.x - turned.z, 1.0 - square.x - square.z, mixed.z + turned.x),
        vec3<f32>(mixed.y + turned.y, mixed.z - turned.x, 1.0 - square.x - square.y),
    );
}

struct Camera {
    right: vec3<f32>,
    up: vec3<f32>,
    back: vec3<f32>,
    eye: vec3<f32>,
}

fn camera_at(time: f32) -> Camera {
    if (params.flags & FLAG_CAMERA_SWEEPS) == 0u {
        return Camera(params.camera_right.xyz, params.camera_up.xyz, params.camera_back.xyz, params.camera_eye.xyz);
    }
    let axes = rotation_matrix(turned_until(params.camera_start, params.camera_turn, time));
    let eye = params.camera_from.xyz + (params.camera_to.xyz - params.camera_from.xyz) * time;
    return Camera(axes[0], axes[1], axes[2], eye);
}
