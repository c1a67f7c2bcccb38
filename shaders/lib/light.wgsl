// Choosing and reading lights. docs/rendering.md section 6.

struct LightSample {
    direction: vec3<f32>,
    // Negative: no end (directional, environment).
    distance: f32,
    // Radiance over pdf (solid angle), or irradiance for a light that cannot be hit.
    radiance: vec3<f32>,
    // 0 for a light that cannot be hit; otherwise the pdf for MIS.
    pdf: f32,
}

const LIGHT_VEC4S: u32 = 4u;
const LIGHT_TRIANGLE: u32 = 0u;
const LIGHT_POINT: u32 = 1u;
const LIGHT_SPOT: u32 = 2u;
const LIGHT_DIRECTIONAL: u32 = 3u;
const NO_LIGHT: LightSample = LightSample(vec3<f32>(0.0), 0.0, vec3<f32>(0.0), 0.0);

// Power heuristic with exponent 2 (Veach 1997).
fn mis_weight(mine: f32, other: f32) -> f32 {
    if mine <= 0.0 {
        return 0.0;
    }
    let r = other / mine;
    return 1.0 / (1.0 + r * r);
}

fn environment_uv(direction: vec3<f32>) -> vec2<f32> {
    let u = 0.5 + (atan2_own(direction.z, direction.x) + params.environment_rotation) / (2.0 * PI);
    return vec2<f32>(u - floor(u), polar_angle(direction) / PI);
}

fn environment_texel(x: i32, y: i32) -> vec3<f32> {
    let width = i32(params.environment_width);
    let column = (x % width + width) % width;
    let row = clamp(y, 0, i32(params.environment_height) - 1);
    return textureLoad(environment, vec2<i32>(column, row), 0).xyz;
}

fn environment_radiance(uv: vec2<f32>) -> vec3<f32> {
    let p = uv * vec2<f32>(f32(params.environment_width), f32(params.environment_height)) - 0.5;
    let corner = floor(p);
    let f = p - corner;
    let x = i32(corner.x);
    let y = i32(corner.y);
    let top = mix(environment_texel(x, y), environment_texel(x + 1, y), f.x);
    let bottom = mix(environment_texel(x, y + 1), environment_texel(x + 1, y + 1), f.x);
    return mix(top, bottom, f.y) * params.environment_strength.xyz;
}

// Density over solid angle with which a light sample goes this way.
fn environment_pdf(uv: vec2<f32>, direction: vec3<f32>) -> f32 {
    let sin_theta = sqrt(direction.x * direction.x + direction.z * direction.z);
    if sin_theta < 1e-6 {
        return 0.0;
    }
    let column = min(u32(uv.x * f32(params.environment_columns)), params.environment_columns - 1u);
    let row = min(u32(uv.y * f32(params.environment_rows)), params.environment_rows - 1u);
    let density = table(TABLE_ENVIRONMENT + row * params.environment_columns + column);
    return params.p_environment * density / (2.0 * PI * PI * sin_theta);
}

// High and low word of a product.
fn wide_product(a: u32, b: u32) -> vec2<u32> {
    let al = a & 0xffffu;
    let ah = a >> 16u;
    let bl = b & 0xffffu;
    let bh = b >> 16u;
    let middle = ah * bl + ((al * bl) >> 16u);
    let cross_part = al * bh + (middle & 0xffffu);
    return vec2<u32>(ah * bh + (middle >> 16u) + (cross_part >> 16u), a * b);
}

// Draws from an alias table with a whole random word: 24 bits would leave too few for the fraction among 2^18 cells.
fn alias_slot(first: u32, count: u32, word: u32) -> u32 {
    let product = wide_product(word, count);
    let entry = slots[first + product.x];
    return select(entry.y, product.x, unit(product.y) < bitcast<f32>(entry.x));
}

fn sample_environment(choice: f32, words: vec2<u32>) -> LightSample {
    let cell = alias_slot(params.light_count, params.environment_slots, words.x);
    let u = vec2<f32>(choice, unit(words.y));
    let column = f32(cell % params.environment_columns);
    let row = f32(cell / params.environment_columns);
    let uv = vec2<f32>((column + u.x) / f32(params.environment_columns), (row + u.y) / f32(params.environment_rows));
    // Azimuth and height as turns.
    let around = uv.x - 0.5 - params.environment_rotation / (2.0 * PI);
    let azimuth = sin_cos_turns(around - floor(around));
    let polar = sin_cos_turns(uv.y * 0.5);
    let direction = vec3<f32>(polar.x * azimuth.y, polar.y, polar.x * azimuth.x);
    let pdf = environment_pdf(uv, direction);
    if pdf <= 0.0 {
        return NO_LIGHT;
    }
    return LightSample(direction, -1.0, environment_radiance(uv) / pdf, pdf);
}

// What a place shines with, thinned by its coverage as a ray that comes by chance would find it; a lamp shines wholly.
fn emission_at(place: Place) -> vec3<f32> {
    let material = parts[place.part].material;
    let first = material * MATERIAL_VEC4S;
    let factor = bitcast<vec3<f32>>(material_at(first + 2u).xyz);
    let thinned = select(coverage_at(place), 1.0, is_lamp(material));
    return factor * slot_at(material_at(first + MATERIAL_SLOTS_AT).w, place).xyz * thinned;
}

// Where a light's own space is at a time, if it moves while the shutter is open.
struct Moved {
    moves: bool,
    rows: array<vec4<f32>, 3>,
}

fn moved_light(first: u32, kind: u32, time: f32) -> Moved {
    var moved: Moved;
    var sweep = bitcast<u32>(light_at(first + 2u).w) - 1u;
    if kind == LIGHT_TRIANGLE {
        sweep = select(NONE, bitcast<u32>(light_at(first + 3u).z), (params.flags & FLAG_SWEEPS) != 0u);
    }
    // Of what is no triangle, 0 is none and wraps around to NONE.
    if sweep != NONE {
        moved.moves = true;
        moved.rows = swept(sweep, time);
    }
    return moved;
}

// A light's triangle at a time: a corner, the edges from there, and twice its area along its normal.
struct LitTriangle {
    corner: vec3<f32>,
    e1: vec3<f32>,
    e2: vec3<f32>,
    normal_twice_area: vec3<f32>,
    // By how much it is smaller than it is weighed among lights.
    area_lost: f32,
}

fn lit_triangle(first: u32, moved: Moved, time: f32) -> LitTriangle {
    // A corner and two edges.
    var lit = Corners(light_at(first).xyz, light_at(first + 1u).xyz, light_at(first + 2u).xyz);
    // Twice the area that it is weighed by, side, its sweep, where it has its corner and edges as the shutter closes.
    let tail = light_at(first + 3u);
    let closing = bitcast<u32>(tail.w);
    if closing != 0u {
        lit = bent(lit, closing, time);
    }
    if moved.moves {
        lit = Corners(transform_point(moved.rows, lit.a), transform_vector(moved.rows, lit.b), transform_vector(moved.rows, lit.c));
    } else if closing == 0u {
        return LitTriangle(lit.a, lit.b, lit.c, cross(lit.b, lit.c) * tail.y, 1.0);
    }
    let spanned = cross(lit.b, lit.c) * tail.y;
    return LitTriangle(lit.a, lit.b, lit.c, spanned, tail.x / max(length(spanned), 1e-15));
}

fn sample_triangle_light(first: u32, moved: Moved, position: vec3<f32>, u: vec2<f32>, time: f32) -> LightSample {
    let lit = lit_triangle(first, moved, time);
    let root = sqrt(u.x);
    let b1 = u.y * root;
    let point = lit.corner + lit.e1 * (1.0 - root) + lit.e2 * b1;
    let normal_twice_area = lit.normal_twice_area;
    let to_light = point - position;
    let d2 = dot(to_light, to_light);
    if d2 < 1e-12 {
        return NO_LIGHT;
    }
    let distance = sqrt(d2);
    let direction = to_light / distance;
    let twice_area = length(normal_twice_area);
    // What bends may be flat for a moment.
    if twice_area <= 0.0 {
        return NO_LIGHT;
    }
    let cosine = -dot(direction, normal_twice_area) / twice_area;
    let part = bitcast<u32>(light_at(first + 1u).w);
    let flags = material_at(parts[part].material * MATERIAL_VEC4S + 2u).w;
    if abs(cosine) < 1e-6 || (cosine < 0.0 && (flags & MATERIAL_DOUBLE_SIDED) == 0u) {
        return NO_LIGHT;
    }
    let pdf = params.p_lights * parts[part].light_density * lit.area_lost * d2 / abs(cosine);
    let radiance = emission_at(place_on(part, bitcast<u32>(light_at(first + 2u).w), 1.0 - root, b1));
    return LightSample(direction, distance, radiance / pdf, pdf);
}

// A cone of parallel light, uniform in solid angle, that lights a plane across its axis as much as one ray would.
// `opening`: 1 - cos of half its angle.
fn sample_sun(axis: vec3<f32>, color: vec3<f32>, opening: f32, u: vec2<f32>) -> LightSample {
    if opening <= 0.0 {
        return LightSample(-axis, -1.0, color, 0.0);
    }
    let cap = u.x * opening;
    let around = sin_cos_turns(u.y).yx * sqrt(cap * (2.0 - cap));
    let direction = normalize(to_world(basis_around(-axis), vec3<f32>(around, 1.0 - cap)));
    return LightSample(direction, -1.0, color * (2.0 / (2.0 - opening)), 0.0);
}

fn sample_punctual_light(first: u32, kind: u32, moved: Moved, probability: f32, position: vec3<f32>, u: vec2<f32>) -> LightSample {
    var center = light_at(first).xyz;
    let color = light_at(first + 1u).xyz / probability;
    var axis = light_at(first + 2u).xyz;
    if moved.moves {
        center = vec3<f32>(moved.rows[0].w, moved.rows[1].w, moved.rows[2].w);
        axis = -normalize(vec3<f32>(moved.rows[0].z, moved.rows[1].z, moved.rows[2].z));
    }
    let shape = light_at(first + 3u);
    if kind == LIGHT_DIRECTIONAL {
        return sample_sun(axis, color, shape.z, u);
    }
    let to_center = center - position;
    var d2 = max(dot(to_center, to_center), 1e-8);
    var distance = sqrt(d2);
    var direction = to_center / distance;
    var falloff = 1.0 / d2;
    if shape.z > 0.0 {
        // A disc that faces the place.
        let to_light = to_world(basis_around(direction), vec3<f32>(disk(u) * shape.z, distance));
        let axial = distance;
        d2 = dot(to_light, to_light);
        distance = sqrt(d2);
        direction = to_light / distance;
        falloff = axial / distance / d2;
    }
    if kind == LIGHT_SPOT {
        let a_linear = clamp((-dot(direction, axis) - shape.y) / (shape.x - shape.y), 0.0, 1.0);
        falloff *= a_linear * a_linear;
    }
    return LightSample(direction, distance, color * falloff, 0.0);
}

fn sample_light(position: vec3<f32>, choice_word: u32, words: vec2<u32>, time: f32) -> LightSample {
    let choice = unit(choice_word);
    if choice < params.p_environment {
        return sample_environment(min(choice / params.p_environment, 0.99999994), words);
    }
    if params.light_count == 0u {
        return NO_LIGHT;
    }
    let rescaled = min((choice - params.p_environment) / params.p_lights, 0.99999994);
    let word = (u32(rescaled * 16777216.0) << 8u) | (choice_word & 255u);
    let first = alias_slot(0u, params.light_count, word) * LIGHT_VEC4S;
    let kind = bitcast<u32>(light_at(first).w);
    let u = vec2<f32>(unit(words.x), unit(words.y));
    let moved = moved_light(first, kind, time);
    if kind == LIGHT_TRIANGLE {
        return sample_triangle_light(first, moved, position, u, time);
    }
    return sample_punctual_light(first, kind, moved, light_at(first + 1u).w * params.p_lights, position, u);
}
