// Pictures on surfaces: all texels lie one after another in the layers of one texture array, and are addressed as one long row.
// No hardware filter: its fractions differ between vendors.

// Words of a material's texture slot: offset, width, height, bits; then two rows of the UV transform.
const TEXEL_PAGE_BITS: u32 = 11u;
const SLOT_WRAP_MASK: u32 = 3u;      // 0 repeat, 1 mirror, 2 clamp; u in bits 0-1, v in bits 2-3
const SLOT_NEAREST: u32 = 16u;
const SLOT_SRGB: u32 = 32u;

struct TextureSlot {
    offset: u32,
    width: u32,
    height: u32,
    bits: u32,
    row_u: vec3<f32>,
    row_v: vec3<f32>,
}

fn texture_slot(at_vec4: u32) -> TextureSlot {
    let head = material_at(at_vec4);
    let u = bitcast<vec4<f32>>(material_at(at_vec4 + 1u));
    let v = bitcast<vec4<f32>>(material_at(at_vec4 + 2u));
    return TextureSlot(head.x, head.y, head.z, head.w, u.xyz, v.xyz);
}

fn slot_uv_set(slot: TextureSlot) -> u32 {
    return (slot.bits >> 8u) & 3u;
}

fn wrapped(index: i32, size: u32, mode: u32) -> u32 {
    let n = i32(size);
    if mode == 2u {
        return u32(clamp(index, 0, n - 1));
    }
    let period = select(n, 2 * n, mode == 1u);
    var i = index % period;
    i = select(i, i + period, i < 0);
    return u32(select(i, period - 1 - i, i >= n));
}

fn linear_from_srgb(c: vec3<f32>) -> vec3<f32> {
    let low = c / 12.92;
    let high = pow((c + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, c <= vec3<f32>(0.04045));
}

fn texel(slot: TextureSlot, x: i32, y: i32) -> vec4<f32> {
    let column = wrapped(x, slot.width, slot.bits & SLOT_WRAP_MASK);
    let row = wrapped(y, slot.height, (slot.bits >> 2u) & SLOT_WRAP_MASK);
    let i = slot.offset + row * slot.width + column;
    let mask = (1u << TEXEL_PAGE_BITS) - 1u;
    let place = vec2<u32>(i & mask, (i >> TEXEL_PAGE_BITS) & mask);
    let value = textureLoad(texels, place, i >> (2u * TEXEL_PAGE_BITS), 0);
    if (slot.bits & SLOT_SRGB) != 0u {
        return vec4<f32>(linear_from_srgb(value.xyz), value.w);
    }
    return value;
}

fn look_up(slot: TextureSlot, uv: vec2<f32>) -> vec4<f32> {
    let st = vec3<f32>(uv, 1.0);
    // Kept within what an i32 texel index can hold; UVs that far out have no fraction left anyway.
    let moved = clamp(vec2<f32>(dot(slot.row_u, st), dot(slot.row_v, st)), vec2<f32>(-16384.0), vec2<f32>(16384.0));
    let p = moved * vec2<f32>(f32(slot.width), f32(slot.height));
    if (slot.bits & SLOT_NEAREST) != 0u {
        return texel(slot, i32(floor(p.x)), i32(floor(p.y)));
    }
    let q = p - 0.5;
    let corner = floor(q);
    let f = q - corner;
    let x = i32(corner.x);
    let y = i32(corner.y);
    let top = mix(texel(slot, x, y), texel(slot, x + 1, y), f.x);
    let bottom = mix(texel(slot, x, y + 1), texel(slot, x + 1, y + 1), f.x);
    return mix(top, bottom, f.y);
}

fn attribute_f(word: u32) -> f32 {
    return bitcast<f32>(attributes[word]);
}

fn attribute_vec2(word: u32) -> vec2<f32> {
    return vec2<f32>(attribute_f(word), attribute_f(word + 1u));
}

fn attribute_vec3(word: u32) -> vec3<f32> {
    return vec3<f32>(attribute_f(word), attribute_f(word + 1u), attribute_f(word + 2u));
}

fn attribute_vec4(word: u32) -> vec4<f32> {
    return vec4<f32>(attribute_vec3(word), attribute_f(word + 3u));
}

// A place on a mesh: its corners' numbers and how much of each.
struct Place {
    part: u32,
    corners: vec3<u32>,
    weights: vec3<f32>,
}

fn place_on(part: u32, primitive: u32, u: f32, v: f32) -> Place {
    let first = parts[part].indices + primitive * 3u;
    let corners = vec3<u32>(attributes[first], attributes[first + 1u], attributes[first + 2u]);
    return Place(part, corners, vec3<f32>(1.0 - u - v, u, v));
}

fn uv_at(place: Place, uv_set: u32) -> vec2<f32> {
    let first = parts[place.part].uv[uv_set];
    if first == NONE {
        return vec2<f32>(0.0);
    }
    return attribute_vec2(first + place.corners.x * 2u) * place.weights.x
        + attribute_vec2(first + place.corners.y * 2u) * place.weights.y
        + attribute_vec2(first + place.corners.z * 2u) * place.weights.z;
}

fn color_at(place: Place) -> vec4<f32> {
    let first = parts[place.part].colors;
    if first == NONE {
        return vec4<f32>(1.0);
    }
    return attribute_vec4(first + place.corners.x * 4u) * place.weights.x
        + attribute_vec4(first + place.corners.y * 4u) * place.weights.y
        + attribute_vec4(first + place.corners.z * 4u) * place.weights.z;
}

// The picture in a material's slot at this place, white where there is none.
fn slot_at(slot_vec4: u32, place: Place) -> vec4<f32> {
    if slot_vec4 == NONE {
        return vec4<f32>(1.0);
    }
    let slot = texture_slot(slot_vec4);
    return look_up(slot, uv_at(place, slot_uv_set(slot)));
}

// Materials are MATERIAL_VEC4S long; their texture slots lie behind all of them.
const MATERIAL_VEC4S: u32 = 15u;
// Where the places of its texture slots begin.
const MATERIAL_SLOTS_AT: u32 = 10u;
const MATERIAL_MASK: u32 = 1u;
const MATERIAL_BLEND: u32 = 2u;
const MATERIAL_DOUBLE_SIDED: u32 = 4u;
const MATERIAL_UNLIT: u32 = 8u;
const MATERIAL_SOLID: u32 = 16u;
const MATERIAL_LAMP: u32 = 32u;
const MATERIAL_LAYERED: u32 = 64u;

fn has_holes(material: u32) -> bool {
    return (material_at(material * MATERIAL_VEC4S + 2u).w & (MATERIAL_MASK | MATERIAL_BLEND | MATERIAL_LAMP)) != 0u;
}

fn is_lamp(material: u32) -> bool {
    return (material_at(material * MATERIAL_VEC4S + 2u).w & MATERIAL_LAMP) != 0u;
}

// Share of light that meets the surface: 1, 0/1 for a mask, 0 for a lamp, or coverage. `shown` = texture's alpha times vertex alpha.
fn coverage_of(material: u32, shown: f32) -> f32 {
    let first = material * MATERIAL_VEC4S;
    let flags = material_at(first + 2u).w;
    if (flags & MATERIAL_LAMP) != 0u {
        return 0.0;
    }
    if (flags & (MATERIAL_MASK | MATERIAL_BLEND)) == 0u {
        return 1.0;
    }
    let alpha = bitcast<f32>(material_at(first).w) * shown;
    if (flags & MATERIAL_MASK) != 0u {
        return select(0.0, 1.0, alpha >= bitcast<f32>(material_at(first + 1u).w));
    }
    return clamp(alpha, 0.0, 1.0);
}

fn coverage_at(place: Place) -> f32 {
    let material = parts[place.part].material;
    if !has_holes(material) {
        return 1.0;
    }
    return coverage_of(material, slot_at(material_at(material * MATERIAL_VEC4S + MATERIAL_SLOTS_AT).x, place).w * color_at(place).w);
}

const TRIANGLE_HOLES: u32 = 1u;
const TRIANGLE_MIRRORED: u32 = 2u;

// What a shadow ray keeps when it crosses a triangle with holes.
fn passing(triangle: u32, crossing: Crossing) -> f32 {
    let part = bitcast<u32>(triangle_at(triangle * 3u).w);
    let number = bitcast<u32>(triangle_at(triangle * 3u + 1u).w);
    return 1.0 - coverage_at(place_on(part, number, crossing.u, crossing.v));
}
