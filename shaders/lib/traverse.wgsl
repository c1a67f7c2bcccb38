// Walks the two-level tree of compressed 8-wide nodes (Ylitie, Karras & Laine, HPG 2017; node layout of the obvhs crate).
// Nodes are opened until every neighbouring ray has leaves or is at its end, then all test triangles: a turn costs each of them
// what the dearest one does. Rays that are done with one kind of work wait for the others, so rare work stands outside.
// Every index was checked on the host when the scene was loaded; children lie behind their parents, so the walk ends.

struct Hit {
    t: f32,
    triangle: u32,
    instance: u32,
}

struct Crossing {
    t: f32,
    u: f32,
    v: f32,
}

const STACK_SIZE: u32 = 32u;
const NO_HIT: f32 = -1.0;

// A ray as triangles see it: two axes across it, and one along it that counts in units of its direction.
struct Aim {
    origin: vec3<f32>,
    across_x: vec3<f32>,
    across_y: vec3<f32>,
    along: vec3<f32>,
}

fn aim_of(origin: vec3<f32>, direction: vec3<f32>) -> Aim {
    let square = dot(direction, direction);
    let basis = basis_around(direction * inverseSqrt(square));
    return Aim(origin, basis.tangent, basis.bitangent, direction / square);
}

// After Woop, Benthin & Wald (JCGT 2013): every corner is projected once and in one way, and an edge function is a difference
// of two products of projected numbers. Rounding is monotone, so its sign is right or it is 0, and 0 counts as inside:
// no ray slips between triangles that share corners.
fn cross_triangle(aim: Aim, a: vec3<f32>, b: vec3<f32>, c: vec3<f32>) -> Crossing {
    let v0 = a - aim.origin;
    let v1 = b - aim.origin;
    let v2 = c - aim.origin;
    let p0 = vec2<f32>(dot(v0, aim.across_x), dot(v0, aim.across_y));
    let p1 = vec2<f32>(dot(v1, aim.across_x), dot(v1, aim.across_y));
    let p2 = vec2<f32>(dot(v2, aim.across_x), dot(v2, aim.across_y));
    let w = p0.x * p1.y - p0.y * p1.x;
    let u = p1.x * p2.y - p1.y * p2.x;
    let v = p2.x * p0.y - p2.y * p0.x;
    let sum = u + v + w;
    let inside = (min(u, min(v, w)) >= 0.0 || max(u, max(v, w)) <= 0.0) && sum != 0.0;
    if !inside {
        return Crossing(NO_HIT, 0.0, 0.0);
    }
    let t = u * dot(v0, aim.along) + v * dot(v1, aim.along) + w * dot(v2, aim.along);
    return Crossing(t / sum, v / sum, w / sum);
}

fn safe_inverse(d: vec3<f32>) -> vec3<f32> {
    let tiny = abs(d) < vec3<f32>(1e-20);
    let signed_tiny = select(vec3<f32>(1e-20), vec3<f32>(-1e-20), d < vec3<f32>(0.0));
    return 1.0 / select(d, signed_tiny, tiny);
}

fn octant_inverse(d: vec3<f32>) -> u32 {
    return select(4u, 0u, d.x < 0.0) | select(2u, 0u, d.y < 0.0) | select(1u, 0u, d.z < 0.0);
}

fn transform_point(rows: array<vec4<f32>, 3>, p: vec3<f32>) -> vec3<f32> {
    let q = vec4<f32>(p, 1.0);
    return vec3<f32>(dot(rows[0], q), dot(rows[1], q), dot(rows[2], q));
}

fn transform_vector(rows: array<vec4<f32>, 3>, v: vec3<f32>) -> vec3<f32> {
    return vec3<f32>(dot(rows[0].xyz, v), dot(rows[1].xyz, v), dot(rows[2].xyz, v));
}

// Which of four children the ray meets: bits to be or-ed into the hit mask.
fn meet_four(
    meta_bits: u32, octant4: u32,
    near_x: u32, far_x: u32, near_y: u32, far_y: u32, near_z: u32, far_z: u32,
    scale: vec3<f32>, near_offset: vec3<f32>, far_offset: vec3<f32>, t_max: f32,
) -> u32 {
    let inner = (meta_bits & (meta_bits << 1u)) & 0x10101010u;
    let inner_mask = (inner >> 4u) * 0xffu;
    let place = (meta_bits ^ (octant4 & inner_mask)) & 0x1f1f1f1fu;
    let marks = (meta_bits >> 5u) & 0x07070707u;
    let nx = vec4<f32>(unpack4xU8(near_x)) * scale.x + near_offset.x;
    let ny = vec4<f32>(unpack4xU8(near_y)) * scale.y + near_offset.y;
    let nz = vec4<f32>(unpack4xU8(near_z)) * scale.z + near_offset.z;
    let fx = vec4<f32>(unpack4xU8(far_x)) * scale.x + far_offset.x;
    let fy = vec4<f32>(unpack4xU8(far_y)) * scale.y + far_offset.y;
    let fz = vec4<f32>(unpack4xU8(far_z)) * scale.z + far_offset.z;
    let enter = max(max(nx, ny), max(nz, vec4<f32>(0.0)));
    let leave = min(min(fx, fy), min(fz, vec4<f32>(t_max)));
    let met = enter <= leave;
    let bits = select(vec4<u32>(0u), unpack4xU8(marks) << unpack4xU8(place), met);
    return (bits.x | bits.y) | (bits.z | bits.w);
}

struct Group {
    base: u32,
    bits: u32,
}

// Opens the node: its met inner children (bits 24..31 by octant order, inner mask below) and its met primitives.
struct Opened {
    inner: Group,
    leaves: Group,
}

fn open_node(index: u32, course: Course, t_max: f32) -> Opened {
    let inverse = course.inverse;
    let octant = course.octant;
    let n0 = node_at(index * 5u);
    let n1 = node_at(index * 5u + 1u);
    let n2 = node_at(index * 5u + 2u);
    let n3 = node_at(index * 5u + 3u);
    let n4 = node_at(index * 5u + 4u);
    let corner = bitcast<vec3<f32>>(n0.xyz);
    let exponent = vec3<u32>(n0.w & 0xffu, (n0.w >> 8u) & 0xffu, (n0.w >> 16u) & 0xffu);
    let scale = bitcast<vec3<f32>>(exponent << vec3<u32>(23u)) * inverse;
    let offset = (corner - course.origin) * inverse;
    // More than the rounding of both planes, which grows with the distance to the corner, not to the plane.
    let slack = (abs(offset) + abs(scale) * 256.0) * 2.4e-7;
    // Words: n2 = min_x, max_x; n3 = min_y, max_y; n4 = min_z, max_z, two words each.
    let flip_x = (octant & 4u) == 0u;
    let flip_y = (octant & 2u) == 0u;
    let flip_z = (octant & 1u) == 0u;
    let near_x = select(n2.xy, n2.zw, flip_x);
    let far_x = select(n2.zw, n2.xy, flip_x);
    let near_y = select(n3.xy, n3.zw, flip_y);
    let far_y = select(n3.zw, n3.xy, flip_y);
    let near_z = select(n4.xy, n4.zw, flip_z);
    let far_z = select(n4.zw, n4.xy, flip_z);
    let octant4 = octant * 0x01010101u;
    let mask = meet_four(n1.z, octant4, near_x.x, far_x.x, near_y.x, far_y.x, near_z.x, far_z.x, scale, offset - slack, offset + slack, t_max)
        | meet_four(n1.w, octant4, near_x.y, far_x.y, near_y.y, far_y.y, near_z.y, far_z.y, scale, offset - slack, offset + slack, t_max);
    return Opened(
        Group(n1.x, (mask & 0xff000000u) | (n0.w >> 24u)),
        Group(n1.y, mask & 0x00ffffffu),
    );
}

// Closest hit, or, with SHADOW, the share of light that gets through: opaque surfaces stop it, others let 1 - coverage pass.
struct Walked {
    hit: Hit,
    transmittance: f32,
    // A triangle with holes that a shadow ray has just met, and where.
    veil: u32,
    veil_at: Crossing,
}

// A ray in one tree's space.
struct Course {
    origin: vec3<f32>,
    inverse: vec3<f32>,
    octant: u32,
}

fn course_of(origin: vec3<f32>, direction: vec3<f32>) -> Course {
    return Course(origin, safe_inverse(direction), octant_inverse(direction));
}

// Where a ray is: what the last node left to do; more lies on the stack.
struct Way {
    course: Course,
    aim: Aim,
    inner: Group,
    leaves: Group,
    depth: u32,
    // Inside an instance's tree, whose entries lie on the stack above `floor_depth`.
    inside: bool,
    floor_depth: u32,
    instance: u32,
    over: bool,
}

alias Stack = array<vec2<u32>, STACK_SIZE>;

fn has_inner(bits: u32) -> bool {
    return bits >= 0x01000000u;
}

fn push(stack: ptr<function, Stack>, way: ptr<function, Way>, group: Group) {
    if (*way).depth < STACK_SIZE {
        (*stack)[(*way).depth] = vec2<u32>(group.base, group.bits);
        (*way).depth += 1u;
    }
}

// Opens nodes until there are leaves or nothing is left.
fn find_leaves(world: Course, t_max: f32, stack: ptr<function, Stack>, way: ptr<function, Way>) {
    let single = (params.flags & FLAG_SINGLE) != 0u;
    loop {
        if (*way).leaves.bits != 0u || (*way).over {
            break;
        }
        if !has_inner((*way).inner.bits) {
            if (*way).depth == 0u {
                (*way).over = true;
                break;
            }
            if (*way).inside && !single && (*way).depth == (*way).floor_depth {
                (*way).inside = false;
                (*way).course = world;
            }
            (*way).depth -= 1u;
            let top = (*stack)[(*way).depth];
            if !has_inner(top.y) {
                (*way).leaves = Group(top.x, top.y);
                break;
            }
            (*way).inner = Group(top.x, top.y);
        }
        let place = firstLeadingBit((*way).inner.bits);
        let rest = Group((*way).inner.base, (*way).inner.bits & ~(1u << place));
        if has_inner(rest.bits) {
            push(stack, way, rest);
        }
        let child = (place - 24u) ^ (*way).course.octant;
        let before = countOneBits(rest.bits & 0xffu & ~(0xffffffffu << child));
        let opened = open_node(rest.base + before, (*way).course, t_max);
        (*way).inner = opened.inner;
        (*way).leaves = opened.leaves;
    }
}

// The first of the top level's leaves becomes the tree that is walked; the others wait on the stack.
fn enter_instance(ray: Ray, time: f32, stack: ptr<function, Stack>, way: ptr<function, Way>) {
    let instance = (*way).leaves.base + firstTrailingBit((*way).leaves.bits);
    (*way).leaves.bits &= (*way).leaves.bits - 1u;
    if (*way).leaves.bits != 0u {
        push(stack, way, (*way).leaves);
    }
    if has_inner((*way).inner.bits) {
        push(stack, way, (*way).inner);
    }
    let rows = object_from_world_at(instance, time);
    let origin = transform_point(rows, ray.origin);
    let direction = transform_vector(rows, ray.direction);
    (*way).floor_depth = (*way).depth;
    (*way).inside = true;
    (*way).instance = instance;
    (*way).course = course_of(origin, direction);
    (*way).aim = aim_of(origin, direction);
    (*way).inner = Group(root_of(instance), 0x80000000u);
    (*way).leaves = Group(0u, 0u);
}

// Tests the leaves' triangles; a shadow ray stops at one with holes, and is over at one without.
fn meet_triangles(ray: Ray, time: f32, way: ptr<function, Way>, result: ptr<function, Walked>) {
    loop {
        if (*way).leaves.bits == 0u || (*result).veil != NONE {
            break;
        }
        let triangle = (*way).leaves.base + firstTrailingBit((*way).leaves.bits);
        (*way).leaves.bits &= (*way).leaves.bits - 1u;
        let c = triangle_at(triangle * 3u + 2u);
        var corners = Corners(triangle_at(triangle * 3u).xyz, triangle_at(triangle * 3u + 1u).xyz, c.xyz);
        let closing = bitcast<u32>(c.w) >> TRIANGLE_CLOSING_SHIFT;
        if closing != 0u {
            corners = bent(corners, closing, time);
        }
        let crossing = cross_triangle((*way).aim, corners.a, corners.b, corners.c);
        let skipped = triangle == ray.skip_triangle && (*way).instance == ray.skip_instance;
        // Written so that a NaN is no hit.
        if !skipped && crossing.t > 0.0 && crossing.t < (*result).hit.t {
            if !SHADOW {
                (*result).hit = Hit(crossing.t, triangle, (*way).instance);
            } else if (bitcast<u32>(c.w) & TRIANGLE_HOLES) != 0u {
                (*result).veil = triangle;
                (*result).veil_at = crossing;
            } else {
                (*result).transmittance = 0.0;
                (*way).over = true;
                (*way).leaves.bits = 0u;
            }
        }
    }
}

// What a ray meets in the scene as it is at a time.
fn walk(ray: Ray, time: f32) -> Walked {
    var stack: Stack;
    let world = course_of(ray.origin, ray.direction);
    var way = Way(world, aim_of(ray.origin, ray.direction), Group(params.root, 0x80000000u), Group(0u, 0u),
        0u, (params.flags & FLAG_SINGLE) != 0u, 0u, 0u, false);
    var result = Walked(Hit(ray.t_max, NONE, NONE), 1.0, NONE, Crossing(0.0, 0.0, 0.0));
    loop {
        loop {
            find_leaves(world, result.hit.t, &stack, &way);
            if way.over {
                break;
            }
            if !way.inside {
                enter_instance(ray, time, &stack, &way);
            }
            meet_triangles(ray, time, &way, &result);
            if way.over || result.veil != NONE {
                break;
            }
        }
        if way.over {
            break;
        }
        // Only shadow rays come here.
        if SHADOW {
            result.transmittance *= passing(result.veil, result.veil_at);
            way.over = result.transmittance <= 0.0;
            result.veil = NONE;
        }
    }
    return result;
}
