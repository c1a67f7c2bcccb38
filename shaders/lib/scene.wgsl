// Everything that a kernel can see: the packed scene, the paths in flight, and the film. One bind group for all kernels.
// Host twins: src/layout.rs (a test compares offsets and sizes).

struct Params {
    // Columns of world_from_camera: right, up, back, eye.
    camera_right: vec4<f32>,
    camera_up: vec4<f32>,
    camera_back: vec4<f32>,
    camera_eye: vec4<f32>,
    // tan(fov_y / 2) times aspect and alone, or half width and half height (orthographic); lens radius; focus distance.
    camera_lens: vec4<f32>,
    // Blades of the lens's hole (below 3: round), its turn in turns, its width over its height.
    camera_iris: vec4<f32>,
    // Where the picture's middle lies, in the units of ndc: right, up.
    camera_shift: vec4<f32>,
    // Rotation of the camera a frame earlier (rows of camera_from_world), for motion vectors.
    before_x: vec4<f32>,
    before_y: vec4<f32>,
    before_z: vec4<f32>,
    // While the shutter is open: the camera's rotation as it opens, how it turns on (lib/time.wgsl), and where the eye is as it opens and closes.
    camera_start: vec4<f32>,
    camera_turn: vec4<f32>,
    camera_from: vec4<f32>,
    camera_to: vec4<f32>,
    frame_width: u32,
    frame_height: u32,
    frame: u32,
    seed: u32,
    max_bounces: u32,
    // FLAG_*
    flags: u32,
    clamp_indirect: f32,
    // Paths that fit into the pool.
    capacity: u32,
    // What this pass renders: pixels `pixel_first ..` of the tile, samples `sample_first .. + sample_count` of each.
    tile_x: u32,
    tile_y: u32,
    tile_width: u32,
    pixel_first: u32,
    pixel_count: u32,
    sample_first: u32,
    sample_count: u32,
    // Node index of the top-level tree's root; root of the only bottom-level tree when FLAG_SINGLE is set.
    root: u32,
    light_count: u32,
    // Light slots come first in `slots`, the environment's cells follow.
    environment_slots: u32,
    environment_columns: u32,
    environment_rows: u32,
    environment_width: u32,
    environment_height: u32,
    p_environment: f32,
    environment_rotation: f32,
    environment_strength: vec4<f32>,
    scene_radius: f32,
    // 1 - p_environment.
    p_lights: f32,
    // How many texture slots a material has, as data for a loop that must stay one; 0 when the scene has no texture.
    texture_slots: u32,
    spare_0: u32,
}

struct Instance {
    // Rows.
    object_from_world: array<vec4<f32>, 3>,
    world_from_object: array<vec4<f32>, 3>,
    before_from_object: array<vec4<f32>, 3>,
    // Root node of its tree, object id (0: the triangle's part knows), word of `attributes` at which its sweep lies (NONE: it stands still), spare.
    root: u32,
    object_id: u32,
    sweep: u32,
    spare_0: u32,
}

// A mesh with its material: where its attributes lie, in words. NONE: absent.
struct Part {
    material: u32,
    object_id: u32,
    // Density per world area with which a light sample picks a point of this part, without p_lights.
    light_density: f32,
    indices: u32,
    normals: u32,
    tangents: u32,
    colors: u32,
    // Where its corners were a frame earlier, when it changes its shape. Of a mesh that bends, normals, tangents and these are pairs (lib/bend.wgsl), here
    // of a frame earlier and of the frame.
    before: u32,
    uv: array<u32, 4>,
}

struct Ray {
    origin: vec3<f32>,
    direction: vec3<f32>,
    t_max: f32,
    skip_triangle: u32,
    skip_instance: u32,
}

const NONE: u32 = 0xffffffffu;
const PI: f32 = 3.14159265358979;

const FLAG_SINGLE: u32 = 1u;
const FLAG_BOX_FILTER: u32 = 2u;
const FLAG_MULTI: u32 = 4u;
const FLAG_ORTHOGRAPHIC: u32 = 8u;
const FLAG_ENVIRONMENT: u32 = 16u;
const FLAG_RANKED: u32 = 32u;
// Instances move while the shutter is open; the camera does.
const FLAG_SWEEPS: u32 = 64u;
const FLAG_CAMERA_SWEEPS: u32 = 128u;
// Meshes change their shape while the shutter is open, or lights without a surface move.
const FLAG_BENDS: u32 = 256u;

// Where the tables lie in `tables`, in floats.
const TABLE_QUANTILES: u32 = 0u;
const TABLE_SPLIT: u32 = 257u;
const TABLE_SPLIT_MEAN: u32 = 8449u;
const TABLE_GLASS_ENTER: u32 = 8705u;
const TABLE_GLASS_LEAVE: u32 = 41473u;
const TABLE_SHEEN: u32 = 74241u;
const TABLE_ENVIRONMENT: u32 = 75265u;

// Fields of a path in `paths`: field f of path p is paths[f * capacity + p].
const ORIGIN: u32 = 0u;          // origin, triangle not to be hit
const DIRECTION: u32 = 1u;       // direction, pdf of the BSDF that chose it (0: sharp or camera)
const THROUGHPUT: u32 = 2u;      // throughput, product of squared relative indices
const STATE: u32 = 3u;           // key, sample, vertex | segment << 12 | STATE_*, instance not to be hit
const MEDIA: u32 = 4u;           // stack of four u16 materials (top in the low half of x), hit triangle, hit instance
const RADIANCE: u32 = 5u;        // radiance, coverage
const ALBEDO: u32 = 6u;          // albedo, depth
const NORMAL: u32 = 7u;          // normal, hit count
const SEEN: u32 = 8u;            // throughput of sharp events before the feature, distance of the hit
const POSITION: u32 = 9u;        // position of the first hit, object id
const MOTION: u32 = 10u;         // motion x, y, material id, spare
const SHADOW_ORIGIN: u32 = 11u;  // origin, triangle not to be hit
const SHADOW_DIRECTION: u32 = 12u; // direction, length
const SHADOW_LIGHT: u32 = 13u;   // contribution, instance not to be hit
const PATH_FIELDS: u32 = 14u;

const STATE_FEATURE: u32 = 0x1000000u;  // albedo and normal are written
const STATE_SEEN: u32 = 0x2000000u;     // the first surface is written

@group(0) @binding(0) var<uniform> params: Params;
// Bindings 1, 2, 3, 6, 7: nodes, triangles, instances, materials, lights, in lib/arrays_buffers.wgsl or lib/arrays_pictures.wgsl.
@group(0) @binding(4) var<storage, read> parts: array<Part>;
@group(0) @binding(5) var<storage, read> attributes: array<u32>;
@group(0) @binding(8) var<storage, read> slots: array<vec2<u32>>;
@group(0) @binding(9) var<storage, read> tables: array<f32>;
@group(0) @binding(10) var texels: texture_2d_array<f32>;
@group(0) @binding(11) var environment: texture_2d<f32>;
@group(0) @binding(12) var<storage, read_write> paths: array<vec4<u32>>;
// Ray queue A, ray queue B, shadow queue, each of `capacity`.
@group(0) @binding(13) var<storage, read_write> queues: array<u32>;
// Live rays in A, in B, shadow rays, which of A and B is read, rays traced, shadow rays traced, spare.
@group(0) @binding(14) var<storage, read_write> counters: array<atomic<u32>, 8>;
@group(0) @binding(15) var<storage, read_write> film: array<vec4<f32>>;

const COUNTER_SHADOW: u32 = 2u;
const COUNTER_SIDE: u32 = 3u;
const COUNTER_RAYS: u32 = 4u;
const COUNTER_SHADOW_RAYS: u32 = 5u;
const FILM_FIELDS: u32 = 5u;
const RANK_FIELDS: u32 = 8u;

fn table(index: u32) -> f32 {
    return tables[index];
}

fn at(field: u32, path: u32) -> u32 {
    return field * params.capacity + path;
}

fn load_f(field: u32, path: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(paths[at(field, path)]);
}

fn store_f(field: u32, path: u32, value: vec4<f32>) {
    paths[at(field, path)] = bitcast<vec4<u32>>(value);
}

fn load_u(field: u32, path: u32) -> vec4<u32> {
    return paths[at(field, path)];
}

fn store_u(field: u32, path: u32, value: vec4<u32>) {
    paths[at(field, path)] = value;
}

// The path that thread `thread` of this wave works on, or NONE past the end.
fn queued(thread: u32) -> u32 {
    let side = atomicLoad(&counters[COUNTER_SIDE]);
    if thread >= atomicLoad(&counters[side]) {
        return NONE;
    }
    return queues[side * params.capacity + thread];
}

fn enqueue_ray(path: u32) {
    let side = 1u - atomicLoad(&counters[COUNTER_SIDE]);
    let place = atomicAdd(&counters[side], 1u);
    queues[side * params.capacity + place] = path;
}

fn enqueue_shadow(path: u32) {
    let place = atomicAdd(&counters[COUNTER_SHADOW], 1u);
    queues[2u * params.capacity + place] = path;
}

// Workgroups are laid out on x and y, because x alone ends at 65535.
fn thread_index(group: vec3<u32>, groups: vec3<u32>, local: u32) -> u32 {
    return (group.y * groups.x + group.x) * 64u + local;
}
