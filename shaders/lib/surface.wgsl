// A hit becomes a surface: place, normals and everything its material says there. docs/rendering.md section 4.

struct Surface {
    position: vec3<f32>,
    // Normal of the triangle, on the side that the file calls its front.
    geometric: vec3<f32>,
    // Whether the ray came from the front.
    front: bool,
    // Shading normals, turned to where the ray came from.
    normal: vec3<f32>,
    coat_normal: vec3<f32>,
    place: Place,
    material: u32,
    flags: u32,
    base: vec3<f32>,
    metallic: f32,
    roughness: f32,
    transmission: f32,
    ior: f32,
    specular: f32,
    specular_color: vec3<f32>,
    coat: f32,
    coat_roughness: f32,
    emission: vec3<f32>,
    object_id: u32,
    // Fibres: colour and roughness.
    sheen: vec3<f32>,
    sheen_roughness: f32,
    // Unit direction along the surface that reflections are stretched in, and how much, 0 to 1.
    stretch_along: vec3<f32>,
    stretch: f32,
    // Share of the diffuse light that passes, and what it is multiplied by.
    passing: f32,
    passing_color: vec3<f32>,
    // Share of the surface under a thin film, the film's index and thickness.
    film: f32,
    film_ior: f32,
    film_nm: f32,
}

// Normals go by the inverse transpose: columns of object_from_world.
fn normal_to_world(rows: array<vec4<f32>, 3>, n: vec3<f32>) -> vec3<f32> {
    return rows[0].xyz * n.x + rows[1].xyz * n.y + rows[2].xyz * n.z;
}

fn handedness(rows: array<vec4<f32>, 3>) -> f32 {
    return select(1.0, -1.0, dot(cross(rows[0].xyz, rows[1].xyz), rows[2].xyz) < 0.0);
}

struct Shape {
    position: vec3<f32>,
    geometric: vec3<f32>,
    smooth_normal: vec3<f32>,
    tangent: vec4<f32>,
    place: Place,
    // Squared twice the area of its triangle in the world.
    area2: f32,
}

fn shape_at(hit_triangle: u32, instance: u32, time: f32, origin: vec3<f32>, direction: vec3<f32>) -> Shape {
    let a = triangle_at(hit_triangle * 3u);
    let b = triangle_at(hit_triangle * 3u + 1u);
    let c = triangle_at(hit_triangle * 3u + 2u);
    var corners = Corners(a.xyz, b.xyz, c.xyz);
    let closing = bitcast<u32>(c.w) >> TRIANGLE_CLOSING_SHIFT;
    let bends = closing != 0u;
    if bends {
        corners = bent(corners, closing, time);
    }
    let e1 = corners.b - corners.a;
    let e2 = corners.c - corners.a;
    var rows_to_object = object_from_world(instance);
    var rows_to_world = world_from_object(instance);
    let sweep = sweep_of(instance);
    if sweep != NONE {
        rows_to_world = swept(sweep, time);
        rows_to_object = reversed(rows_to_world);
    }
    let aim = aim_of(transform_point(rows_to_object, origin), transform_vector(rows_to_object, direction));
    let crossing = cross_triangle(aim, corners.a, corners.b, corners.c);
    let place = place_on(bitcast<u32>(a.w), bitcast<u32>(b.w), crossing.u, crossing.v);
    let position = corners.a + e1 * crossing.u + e2 * crossing.v;
    let turn = select(1.0, -1.0, (bitcast<u32>(c.w) & TRIANGLE_MIRRORED) != 0u);
    let geometric = turn * normalize(normal_to_world(rows_to_object, cross(e1, e2)));
    var smooth_normal = geometric;
    var tangent = vec4<f32>(0.0);
    let normals = parts[place.part].normals;
    if normals != NONE {
        let n = bent_vec3(normals, place.corners.x, bends, time) * place.weights.x
            + bent_vec3(normals, place.corners.y, bends, time) * place.weights.y
            + bent_vec3(normals, place.corners.z, bends, time) * place.weights.z;
        let world = normal_to_world(rows_to_object, n);
        if dot(world, world) > 1e-30 {
            smooth_normal = normalize(world);
        }
    }
    let tangents = parts[place.part].tangents;
    if tangents != NONE {
        let t = bent_vec4(tangents, place.corners.x, bends, time) * place.weights.x
            + bent_vec4(tangents, place.corners.y, bends, time) * place.weights.y
            + bent_vec4(tangents, place.corners.z, bends, time) * place.weights.z;
        // Where space is mirrored, normals stay the front's and the cross product turns round.
        tangent = vec4<f32>(transform_vector(rows_to_world, t.xyz), t.w * turn * handedness(rows_to_world));
    }
    let area2 = mapped_area2(rows_to_world, e1, e2);
    return Shape(transform_point(rows_to_world, position), geometric, smooth_normal, tangent, place, area2);
}

// The axes of pictures around the smooth normal; their first is 0 where the mesh has none.
fn tangent_frame(shape: Shape) -> Basis {
    let n = shape.smooth_normal;
    let along = shape.tangent.xyz - n * dot(n, shape.tangent.xyz);
    if dot(along, along) < 1e-20 {
        return Basis(vec3<f32>(0.0), vec3<f32>(0.0), n);
    }
    let t = normalize(along);
    return Basis(t, cross(n, t) * select(-1.0, 1.0, shape.tangent.w >= 0.0), n);
}

// A normal map's normal around the smooth one, before it is turned to the viewer.
fn mapped_normal(frame: Basis, mapped_texel: vec4<f32>, present: bool, scale: f32) -> vec3<f32> {
    let n = frame.normal;
    if !present || max_channel(abs(frame.tangent)) == 0.0 {
        return n;
    }
    let m = mapped_texel.xyz * 2.0 - 1.0;
    let mapped = frame.tangent * (m.x * scale) + frame.bitangent * (m.y * scale) + n * m.z;
    if dot(mapped, mapped) < 1e-20 {
        return n;
    }
    return normalize(mapped);
}

// On the back, normals are turned round; one that still looks away from the viewer is bent until it does not.
fn facing(n: vec3<f32>, front: bool, wo: vec3<f32>) -> vec3<f32> {
    let turned = select(-n, n, front);
    let cosine = dot(wo, turned);
    if cosine > 0.0 {
        return turned;
    }
    return normalize(turned + wo * (0.01 - cosine));
}

// What each of a material's texture slots shows at a place; white where there is none.
struct Shown {
    slots: array<vec4<f32>, MATERIAL_SLOTS>,
}

const SLOT_BASE: u32 = 0u;
const SLOT_METAL_ROUGH: u32 = 1u;
const SLOT_NORMAL: u32 = 2u;
const SLOT_EMISSIVE: u32 = 3u;
const SLOT_SPECULAR: u32 = 4u;
const SLOT_SPECULAR_COLOR: u32 = 5u;
const SLOT_TRANSMISSION: u32 = 6u;
const SLOT_COAT: u32 = 7u;
const SLOT_COAT_ROUGH: u32 = 8u;
const SLOT_COAT_NORMAL: u32 = 9u;
const SLOT_STRETCH: u32 = 10u;
const SLOT_SHEEN: u32 = 11u;
const SLOT_SHEEN_ROUGH: u32 = 12u;
const SLOT_PASSING: u32 = 13u;
const SLOT_PASSING_COLOR: u32 = 14u;
const SLOT_FILM: u32 = 15u;
const SLOT_FILM_THICKNESS: u32 = 16u;
const MATERIAL_SLOTS: u32 = 17u;

// The number of slots comes as data, so that drivers keep this a loop: unrolled, look-ups of four texels take software
// Vulkan minutes to compile. It counts only as far as any material of the scene goes.
fn shown_at(material: u32, place: Place) -> Shown {
    const WHITE: vec4<f32> = vec4<f32>(1.0);
    var shown = Shown(array<vec4<f32>, MATERIAL_SLOTS>(WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE, WHITE,
        WHITE, WHITE, WHITE, WHITE, WHITE));
    let first = material * MATERIAL_VEC4S + MATERIAL_SLOTS_AT;
    // Software Vulkan goes through a loop at least once, with all lanes off, but leaves out a branch that no lane takes.
    if params.texture_slots > 0u {
        for (var i = 0u; i < params.texture_slots; i++) {
            shown.slots[i] = slot_at(material_at(first + i / 4u)[i % 4u], place);
        }
    }
    return shown;
}

fn surface_at(shape: Shape, wo: vec3<f32>, instance: u32, shown: Shown, color: vec4<f32>) -> Surface {
    var s: Surface;
    s.place = shape.place;
    s.position = shape.position;
    s.geometric = shape.geometric;
    s.front = dot(wo, shape.geometric) > 0.0;
    s.material = parts[s.place.part].material;
    s.object_id = max(object_id_of(instance), parts[s.place.part].object_id);
    let first = s.material * MATERIAL_VEC4S;
    let m0 = bitcast<vec4<f32>>(material_at(first));
    let m1 = bitcast<vec4<f32>>(material_at(first + 1u));
    let m2 = material_at(first + 2u);
    let m3 = bitcast<vec4<f32>>(material_at(first + 3u));
    let m4 = bitcast<vec4<f32>>(material_at(first + 4u));
    let m5 = bitcast<vec4<f32>>(material_at(first + 5u));
    s.flags = m2.w;
    s.base = m0.xyz * shown.slots[SLOT_BASE].xyz * color.xyz;
    s.metallic = m1.x * shown.slots[SLOT_METAL_ROUGH].z;
    s.roughness = m1.y * shown.slots[SLOT_METAL_ROUGH].y;
    s.emission = bitcast<vec3<f32>>(m2.xyz) * shown.slots[SLOT_EMISSIVE].xyz;
    s.ior = m3.x;
    s.specular = m3.y * shown.slots[SLOT_SPECULAR].w;
    s.specular_color = m4.xyz * shown.slots[SLOT_SPECULAR_COLOR].xyz;
    s.transmission = m3.z * shown.slots[SLOT_TRANSMISSION].x;
    let frame = tangent_frame(shape);
    let normal_slot = material_at(first + MATERIAL_SLOTS_AT).z;
    s.normal = facing(mapped_normal(frame, shown.slots[SLOT_NORMAL], normal_slot != NONE, m1.z), s.front, wo);
    s.coat_normal = s.normal;
    s.coat = m3.w * shown.slots[SLOT_COAT].x;
    if s.coat > 0.0 {
        s.coat_roughness = m4.w * shown.slots[SLOT_COAT_ROUGH].y;
        let coat_slot = material_at(first + MATERIAL_SLOTS_AT + 2u).y;
        s.coat_normal = facing(mapped_normal(frame, shown.slots[SLOT_COAT_NORMAL], coat_slot != NONE, m5.w), s.front, wo);
    }
    if (s.flags & MATERIAL_LAYERED) != 0u {
        add_layers(&s, first, frame, shown);
    }
    return s;
}

// Fibres, brushed metal, light that passes, and thin films: what few materials have.
fn add_layers(s: ptr<function, Surface>, first: u32, frame: Basis, shown: Shown) {
    let m6 = bitcast<vec4<f32>>(material_at(first + 6u));
    let m7 = bitcast<vec4<f32>>(material_at(first + 7u));
    let m8 = bitcast<vec4<f32>>(material_at(first + 8u));
    let m9 = bitcast<vec4<f32>>(material_at(first + 9u));
    (*s).sheen = m6.xyz * shown.slots[SLOT_SHEEN].xyz;
    (*s).sheen_roughness = m6.w * shown.slots[SLOT_SHEEN_ROUGH].w;
    (*s).passing_color = m7.xyz * shown.slots[SLOT_PASSING_COLOR].xyz;
    (*s).passing = m7.w * shown.slots[SLOT_PASSING].w;
    (*s).film = m8.x * shown.slots[SLOT_FILM].x;
    (*s).film_ior = m8.y;
    (*s).film_nm = mix(m8.z, m8.w, shown.slots[SLOT_FILM_THICKNESS].y);
    var toward = vec2<f32>(1.0, 0.0);
    var strength = m9.x;
    if material_at(first + MATERIAL_SLOTS_AT + 2u).z != NONE {
        toward = shown.slots[SLOT_STRETCH].xy * 2.0 - 1.0;
        strength *= shown.slots[SLOT_STRETCH].z;
    }
    // Turned by the material's own angle.
    toward = vec2<f32>(m9.y * toward.x - m9.z * toward.y, m9.z * toward.x + m9.y * toward.y);
    let along = frame.tangent * toward.x + frame.bitangent * toward.y;
    let flat = along - (*s).normal * dot((*s).normal, along);
    if strength > 0.0 && dot(flat, flat) > 1e-8 {
        (*s).stretch_along = normalize(flat);
        (*s).stretch = strength;
    }
}

fn absorption(material: u32) -> vec3<f32> {
    return bitcast<vec3<f32>>(material_at(material * MATERIAL_VEC4S + 5u).xyz);
}

fn index_of_refraction(material: u32) -> f32 {
    let ior = bitcast<f32>(material_at(material * MATERIAL_VEC4S + 3u).x);
    return select(ior, 1.5, ior < 1.0);
}

// The integer offset of Wächter & Binder (Ray Tracing Gems, chapter 6).
fn leave_surface(p: vec3<f32>, n: vec3<f32>) -> vec3<f32> {
    let steps = vec3<i32>(n * 256.0);
    let moved = bitcast<vec3<f32>>(bitcast<vec3<i32>>(p) + select(steps, -steps, p < vec3<f32>(0.0)));
    return select(moved, p + n * (1.0 / 65536.0), abs(p) < vec3<f32>(1.0 / 32.0));
}
