// The microfacet model: GGX, Smith, Fresnel, and the tables of what they reflect in all. docs/rendering.md section 5.

// Below this alpha a lobe is a mirror or a clear pane.
const SHARP: f32 = 0.001;

// The root of SHARP, where the tables' rows begin.
const ROOT_LEAST: f32 = 0.03162278;

// Where alpha's root lies among rows from 0 to `last`. Twin of albedo::row_coordinate.
fn row_coordinate(root: f32, last: f32) -> f32 {
    return clamp((root - ROOT_LEAST) / (1.0 - ROOT_LEAST), 0.0, 1.0) * last;
}

fn split_texel(row: u32, column: u32) -> vec2<f32> {
    let i = TABLE_SPLIT + (row * 64u + column) * 2u;
    return vec2<f32>(table(i), table(i + 1u));
}

fn fifth_power(x: f32) -> f32 {
    let x2 = x * x;
    return x2 * x2 * x;
}

// (A, B): GGX with Schlick's Fresnel reflects F0 A + F90 B of what comes from mu. `shadow_mu` is mu but for stretched lobes.
fn split_albedo(mu: f32, shadow_mu: f32, alpha: f32) -> vec2<f32> {
    let grazing = fifth_power(clamp(1.0 - mu, 0.0, 1.0));
    if alpha < SHARP {
        return vec2<f32>(1.0 - grazing, grazing);
    }
    let side = sqrt(clamp(shadow_mu, 0.0, 1.0));
    let root = sqrt(clamp(alpha, 0.0, 1.0));
    // Columns are even in what shadowing depends on. Twin of albedo::split_column.
    let x = side * (1.0 + root) / (side + root) * 63.0;
    let y = row_coordinate(root, 63.0);
    let column = min(u32(x), 62u);
    let row = min(u32(y), 62u);
    let fx = x - f32(column);
    let top = mix(split_texel(row, column), split_texel(row, column + 1u), fx);
    let bottom = mix(split_texel(row + 1u, column), split_texel(row + 1u, column + 1u), fx);
    // E, and the share of it that counts for F90 beyond a mirror's.
    let read = mix(top, bottom, y - f32(row));
    let b = read.x * (grazing + read.y);
    return vec2<f32>(read.x - b, b);
}

// Means over the cosine, weighted by it, of (A, B, A (1 - E) / E, B (1 - E) / E).
fn split_mean(alpha: f32) -> vec4<f32> {
    if alpha < SHARP {
        return vec4<f32>(20.0 / 21.0, 1.0 / 21.0, 0.0, 0.0);
    }
    let y = row_coordinate(sqrt(clamp(alpha, 0.0, 1.0)), 63.0);
    let row = min(u32(y), 62u);
    let i = TABLE_SPLIT_MEAN + row * 4u;
    let low = vec4<f32>(table(i), table(i + 1u), table(i + 2u), table(i + 3u));
    let high = vec4<f32>(table(i + 4u), table(i + 5u), table(i + 6u), table(i + 7u));
    return mix(low, high, y - f32(row));
}

// Mean albedo of a lobe with Schlick's Fresnel, with what multiple scattering brings back.
fn mean_albedo(f0: vec3<f32>, f90: f32, alpha: f32) -> vec3<f32> {
    let mean = split_mean(alpha);
    let once = f0 * mean.x + f90 * mean.y;
    if (params.flags & FLAG_MULTI) == 0u {
        return once;
    }
    return once + f0 * (f0 * mean.z + f90 * mean.w);
}

fn glass_texel(first: u32, k: u32, j: u32, i: u32) -> f32 {
    return table(first + (k * 32u + j) * 32u + i);
}

// Twin of albedo::glass_ior_coordinate.
fn glass_ior_coordinate(ior: f32) -> f32 {
    let r = (ior - 1.0) / (ior + 1.0);
    return sqrt(clamp(2.0 * r, 0.0, 1.0)) * 31.0;
}

fn glass_albedo(mu: f32, alpha: f32, eta: f32) -> f32 {
    if alpha < SHARP || (params.flags & FLAG_MULTI) == 0u {
        return 1.0;
    }
    let entering = eta >= 1.0;
    let first = select(TABLE_GLASS_LEAVE, TABLE_GLASS_ENTER, entering);
    let z = glass_ior_coordinate(select(1.0 / eta, eta, entering));
    let y = row_coordinate(sqrt(clamp(alpha, 0.0, 1.0)), 31.0);
    let x = sqrt(clamp(mu, 0.0, 1.0)) * 31.0;
    let k = min(u32(z), 30u);
    let j = min(u32(y), 30u);
    let i = min(u32(x), 30u);
    let fx = x - f32(i);
    let fy = y - f32(j);
    let low = mix(
        mix(glass_texel(first, k, j, i), glass_texel(first, k, j, i + 1u), fx),
        mix(glass_texel(first, k, j + 1u, i), glass_texel(first, k, j + 1u, i + 1u), fx), fy);
    let high = mix(
        mix(glass_texel(first, k + 1u, j, i), glass_texel(first, k + 1u, j, i + 1u), fx),
        mix(glass_texel(first, k + 1u, j + 1u, i), glass_texel(first, k + 1u, j + 1u, i + 1u), fx), fy);
    return max(mix(low, high, z - f32(k)), 0.05);
}

fn schlick(f0: vec3<f32>, f90: f32, mu: f32) -> vec3<f32> {
    return f0 + (vec3<f32>(f90) - f0) * fifth_power(clamp(1.0 - mu, 0.0, 1.0));
}

// Unpolarised reflectance of a dielectric interface, eta = far index / near index.
fn fresnel(mu: f32, eta: f32) -> f32 {
    let cos_i = clamp(mu, 0.0, 1.0);
    let sin2_t = (1.0 - cos_i * cos_i) / (eta * eta);
    if sin2_t >= 1.0 {
        return 1.0;
    }
    let cos_t = sqrt(1.0 - sin2_t);
    let s = (cos_i - eta * cos_t) / (cos_i + eta * cos_t);
    let p = (eta * cos_i - cos_t) / (eta * cos_i + cos_t);
    return 0.5 * (s * s + p * p);
}

// By the sine as well as the cosine: cos^2 (alpha^2 - 1) + 1 loses all its digits for small alpha.
fn ggx_density(n: vec3<f32>, h: vec3<f32>, alpha: f32) -> f32 {
    let cos_h = dot(n, h);
    let across = cross(n, h);
    let a2 = alpha * alpha;
    let d = dot(across, across) / a2 + cos_h * cos_h;
    return 1.0 / (PI * a2 * d * d);
}

fn smith_lambda(mu: f32, alpha: f32) -> f32 {
    let mu2 = max(mu * mu, 1e-12);
    let tan2 = max(1.0 - mu2, 0.0) / mu2;
    return 0.5 * (sqrt(1.0 + alpha * alpha * tan2) - 1.0);
}

// Turquin 2019: what single scattering loses comes back with the lobe's own shape.
fn lost_energy(f0: vec3<f32>, split: vec2<f32>) -> vec3<f32> {
    if (params.flags & FLAG_MULTI) == 0u {
        return vec3<f32>(1.0);
    }
    let e = clamp(split.x + split.y, 0.05, 1.0);
    return vec3<f32>(1.0) + f0 * ((1.0 - e) / e);
}

// The same for a lobe whose alpha differs along its basis' axes (Burley 2012; Heitz 2014, section 5.3).
fn ggx_density_stretched(h: vec3<f32>, alphas: vec2<f32>) -> f32 {
    let slope = h.xy / alphas;
    let d = dot(slope, slope) + h.z * h.z;
    return 1.0 / (PI * alphas.x * alphas.y * d * d);
}

fn smith_lambda_stretched(w: vec3<f32>, alphas: vec2<f32>) -> f32 {
    let slope = w.xy * alphas;
    return 0.5 * (sqrt(1.0 + dot(slope, slope) / max(w.z * w.z, 1e-12)) - 1.0);
}

// The cosine at which a round lobe of `alpha` shadows as this one does from `w`: where tables of round lobes are read.
fn shadow_cosine(w: vec3<f32>, alphas: vec2<f32>, alpha: f32) -> f32 {
    let slope = w.xy * alphas / alpha;
    return inverseSqrt(1.0 + dot(slope, slope) / max(w.z * w.z, 1e-8));
}

// As ggx_reflection, all vectors in the lobe's basis.
fn ggx_reflection_stretched(wo: vec3<f32>, wi: vec3<f32>, alphas: vec2<f32>) -> vec2<f32> {
    let d = ggx_density_stretched(normalize(wo + wi), alphas);
    let lambda_o = smith_lambda_stretched(wo, alphas);
    let lambda_i = smith_lambda_stretched(wi, alphas);
    return vec2<f32>(d / (1.0 + lambda_o + lambda_i), d / (1.0 + lambda_o)) / (4.0 * max(wo.z, 1e-4));
}

// D G2 / (4 mu_o mu_i) times mu_i, and the density of a reflected visible normal.
fn ggx_reflection(n: vec3<f32>, wo: vec3<f32>, wi: vec3<f32>, h: vec3<f32>, alpha: f32) -> vec2<f32> {
    let mu_o = max(dot(n, wo), 1e-4);
    let mu_i = dot(n, wi);
    let d = ggx_density(n, h, alpha);
    let lambda_o = smith_lambda(mu_o, alpha);
    let lambda_i = smith_lambda(mu_i, alpha);
    return vec2<f32>(d / (1.0 + lambda_o + lambda_i), d / (1.0 + lambda_o)) / (4.0 * mu_o);
}
