// Angles and shapes. Own polynomials where WGSL allows drivers 2^-11 of error (sin, cos) or 4096 ulp (atan2, acos).

// sin and cos of 2 pi u, u in [0, 1): quadrant reduction, then Taylor polynomials on [-pi/4, pi/4] (error below 3e-7).
fn sin_cos_turns(u: f32) -> vec2<f32> {
    let quadrant = floor(u * 4.0 + 0.5);
    let x = (u - quadrant * 0.25) * (2.0 * PI);
    let x2 = x * x;
    let s = x * (1.0 + x2 * (-0.16666667 + x2 * (0.0083333333 + x2 * (-0.00019841270 + x2 * 2.7557319e-6))));
    let c = 1.0 + x2 * (-0.5 + x2 * (0.041666667 + x2 * (-0.0013888889 + x2 * 2.4801587e-5)));
    let q = u32(quadrant) & 3u;
    let swapped = select(vec2<f32>(s, c), vec2<f32>(c, s), (q & 1u) == 1u);
    let sign_s = select(1.0, -1.0, q >= 2u);
    let sign_c = select(1.0, -1.0, q == 1u || q == 2u);
    return vec2<f32>(swapped.x * sign_s, swapped.y * sign_c);
}

// atan of x in [0, 1] (Abramowitz & Stegun 4.4.49, error below 2e-8 before rounding).
fn atan_unit(x: f32) -> f32 {
    let x2 = x * x;
    return x * (1.0 + x2 * (-0.3333314528 + x2 * (0.1999355085 + x2 * (-0.1420889944
        + x2 * (0.1065626393 + x2 * (-0.0752896400 + x2 * (0.0429096138 + x2 * (-0.0161657367 + x2 * 0.0028662257))))))));
}

fn atan2_own(y: f32, x: f32) -> f32 {
    let ax = abs(x);
    let ay = abs(y);
    let large = max(ax, ay);
    if large == 0.0 {
        return 0.0;
    }
    var angle = atan_unit(min(ax, ay) / large);
    if ay > ax {
        angle = 0.5 * PI - angle;
    }
    if x < 0.0 {
        angle = PI - angle;
    }
    return select(angle, -angle, y < 0.0);
}

// Angle between a unit vector and +y, exact near the poles where acos is not.
fn polar_angle(d: vec3<f32>) -> f32 {
    return atan2_own(sqrt(d.x * d.x + d.z * d.z), d.y);
}

struct Basis {
    tangent: vec3<f32>,
    bitangent: vec3<f32>,
    normal: vec3<f32>,
}

// With its first axis along a unit vector across the normal.
fn basis_along(n: vec3<f32>, along: vec3<f32>) -> Basis {
    return Basis(along, cross(n, along), n);
}

// Duff et al. 2017.
fn basis_around(n: vec3<f32>) -> Basis {
    let sign = select(-1.0, 1.0, n.z >= 0.0);
    let a = -1.0 / (sign + n.z);
    let b = n.x * n.y * a;
    return Basis(
        vec3<f32>(1.0 + sign * n.x * n.x * a, sign * b, -sign * n.x),
        vec3<f32>(b, sign + n.y * n.y * a, -n.y),
        n,
    );
}

fn to_world(basis: Basis, v: vec3<f32>) -> vec3<f32> {
    return basis.tangent * v.x + basis.bitangent * v.y + basis.normal * v.z;
}

fn to_basis(basis: Basis, v: vec3<f32>) -> vec3<f32> {
    return vec3<f32>(dot(basis.tangent, v), dot(basis.bitangent, v), dot(basis.normal, v));
}

fn disk(u: vec2<f32>) -> vec2<f32> {
    let sc = sin_cos_turns(u.y);
    return sqrt(u.x) * vec2<f32>(sc.y, sc.x);
}

// pdf: cos / pi.
fn cosine_hemisphere(u: vec2<f32>) -> vec3<f32> {
    let p = disk(u);
    return vec3<f32>(p, sqrt(max(0.0, 1.0 - u.x)));
}

// Half vector of GGX as seen from wo (z > 0), Dupuy & Benyoub 2023. pdf of the half vector: visible_density.
fn visible_normal(wo: vec3<f32>, alpha: vec2<f32>, u: vec2<f32>) -> vec3<f32> {
    let w = normalize(vec3<f32>(alpha * wo.xy, wo.z));
    let sc = sin_cos_turns(u.x);
    let z = (1.0 - u.y) * (1.0 + w.z) - w.z;
    let r = sqrt(clamp(1.0 - z * z, 0.0, 1.0));
    let h = vec3<f32>(r * sc.y, r * sc.x, z) + w;
    return normalize(vec3<f32>(alpha * h.xy, max(h.z, 1e-7)));
}

fn luminance(c: vec3<f32>) -> f32 {
    return dot(c, vec3<f32>(0.2126, 0.7152, 0.0722));
}

fn max_channel(c: vec3<f32>) -> f32 {
    return max(c.x, max(c.y, c.z));
}

// The exponent field is read because WGSL lets a compiler assume that NaN and infinity do not occur.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn finite_or_zero(c: vec3<f32>) -> vec3<f32> {
    let good = is_finite(c.x) && is_finite(c.y) && is_finite(c.z);
    return select(vec3<f32>(0.0), c, good);
}
