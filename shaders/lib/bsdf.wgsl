// What a surface does with light: coat, metal, specular, diffuse, glass. docs/rendering.md section 5.
// wo and wi point away from the surface; a `value` includes |cos| of the lobe's own normal.

const SHARP: f32 = 0.001;
// Sharper lobes hand albedo and normal on to what is seen in them.
const FEATURE_ALPHA: f32 = 0.02;

struct Lobes {
    normal: vec3<f32>,
    coat_normal: vec3<f32>,
    base: vec3<f32>,
    f0: vec3<f32>,
    f90: f32,
    alpha: f32,
    coat_alpha: f32,
    // Shares.
    coat: f32,
    under: f32,
    metal: f32,
    opaque: f32,
    glass: f32,
    // Scales for multiple scattering.
    coat_scale: f32,
    metal_scale: vec3<f32>,
    specular_scale: vec3<f32>,
    // 1 - albedo of the specular lobe at wo, and on average.
    diffuse_out: f32,
    diffuse_mean: f32,
    // Index of the glass's far side over its near side, and the single-scattering albedo to divide by.
    pane: bool,
    eta: f32,
    // By how much a refraction thins radiance: eta^2 into an interior, 1 through a sheet.
    spread: f32,
    glass_albedo: f32,
    // 0 where the far side has the same index, because refraction's half vector degenerates there.
    glass_alpha: f32,
    // Probabilities of coat, metal, specular, diffuse; glass has the rest.
    p_coat: f32,
    p_metal: f32,
    p_specular: f32,
    p_diffuse: f32,
    p_glass: f32,
}

struct Scattered {
    value: vec3<f32>,
    pdf: f32,
}

struct Sampled {
    direction: vec3<f32>,
    weight: vec3<f32>,
    // 0 for a sharp lobe.
    pdf: f32,
    // Smoothness of the lobe that was chosen.
    alpha: f32,
    // By how much a refraction thinned radiance, 1 otherwise; `through` when the ray changes sides.
    spread: f32,
    through: bool,
}

fn split_texel(row: u32, column: u32) -> vec2<f32> {
    let i = TABLE_SPLIT + (row * 32u + column) * 2u;
    return vec2<f32>(table(i), table(i + 1u));
}

fn fifth_power(x: f32) -> f32 {
    let x2 = x * x;
    return x2 * x2 * x;
}

// (A, B): GGX with Schlick's Fresnel reflects F0 A + F90 B of what comes from mu.
fn split_albedo(mu: f32, alpha: f32) -> vec2<f32> {
    if alpha < SHARP {
        let b = fifth_power(clamp(1.0 - mu, 0.0, 1.0));
        return vec2<f32>(1.0 - b, b);
    }
    let x = sqrt(clamp(mu, 0.0, 1.0)) * 31.0;
    let y = sqrt(clamp(alpha, 0.0, 1.0)) * 31.0;
    let column = min(u32(x), 30u);
    let row = min(u32(y), 30u);
    let fx = x - f32(column);
    let top = mix(split_texel(row, column), split_texel(row, column + 1u), fx);
    let bottom = mix(split_texel(row + 1u, column), split_texel(row + 1u, column + 1u), fx);
    return mix(top, bottom, y - f32(row));
}

fn split_mean(alpha: f32) -> vec2<f32> {
    let y = sqrt(clamp(alpha, 0.0, 1.0)) * 31.0;
    let row = min(u32(y), 30u);
    let i = TABLE_SPLIT_MEAN + row * 2u;
    let low = vec2<f32>(table(i), table(i + 1u));
    let high = vec2<f32>(table(i + 2u), table(i + 3u));
    return mix(low, high, y - f32(row));
}

fn glass_texel(first: u32, k: u32, j: u32, i: u32) -> f32 {
    return table(first + (k * 16u + j) * 16u + i);
}

// Twin of albedo::glass_ior_coordinate.
fn glass_ior_coordinate(ior: f32) -> f32 {
    let r = (ior - 1.0) / (ior + 1.0);
    return clamp(30.0 * r, 0.0, 15.0);
}

fn glass_albedo(mu: f32, alpha: f32, eta: f32) -> f32 {
    if alpha < SHARP || (params.flags & FLAG_MULTI) == 0u {
        return 1.0;
    }
    let entering = eta >= 1.0;
    let first = select(TABLE_GLASS_LEAVE, TABLE_GLASS_ENTER, entering);
    let z = glass_ior_coordinate(select(1.0 / eta, eta, entering));
    let y = sqrt(clamp(alpha, 0.0, 1.0)) * 15.0;
    let x = sqrt(clamp(mu, 0.0, 1.0)) * 15.0;
    let k = min(u32(z), 14u);
    let j = min(u32(y), 14u);
    let i = min(u32(x), 14u);
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

fn specular_albedo(l: Lobes, mu: f32) -> f32 {
    let split = split_albedo(mu, l.alpha);
    return min(max_channel((l.f0 * split.x + l.f90 * split.y) * lost_energy(l.f0, split)), 1.0);
}

fn lobes_of(s: Surface, wo: vec3<f32>, near_index: f32, far_index: f32) -> Lobes {
    var l: Lobes;
    l.normal = s.normal;
    l.coat_normal = s.coat_normal;
    l.base = s.base;
    l.alpha = s.roughness * s.roughness;
    let solid = (s.flags & MATERIAL_SOLID) != 0u;
    l.pane = !solid && l.alpha < SHARP;
    let mu = max(dot(s.normal, wo), 1e-4);
    let split = split_albedo(mu, l.alpha);

    let r = (s.ior - 1.0) / (s.ior + 1.0);
    let reflectance = select(r * r, 1.0, s.ior == 0.0);
    l.f0 = min(s.specular_color * reflectance, vec3<f32>(1.0)) * s.specular;
    l.f90 = s.specular;
    l.coat = s.coat;
    l.under = 1.0;
    if s.coat > 0.0 {
        l.coat_alpha = s.coat_roughness * s.coat_roughness;
        let coat_split = split_albedo(max(dot(s.coat_normal, wo), 1e-4), l.coat_alpha);
        l.coat_scale = lost_energy(vec3<f32>(0.04), coat_split).x;
        l.p_coat = s.coat * (0.04 * coat_split.x + coat_split.y) * l.coat_scale;
        l.under = 1.0 - min(l.p_coat, 1.0);
        l.p_coat = max(l.p_coat, 1e-4);
    }
    l.metal = s.metallic * l.under;
    l.opaque = (1.0 - s.metallic) * (1.0 - s.transmission) * l.under;
    l.glass = (1.0 - s.metallic) * s.transmission * l.under;
    if l.metal > 0.0 {
        l.metal_scale = lost_energy(s.base, split);
        l.p_metal = max(l.metal * luminance((s.base * split.x + split.y) * l.metal_scale), 1e-4);
    }
    if l.opaque > 0.0 {
        l.specular_scale = lost_energy(l.f0, split);
        let albedo = (l.f0 * split.x + l.f90 * split.y) * l.specular_scale;
        let top = min(max_channel(albedo), 1.0);
        l.diffuse_out = 1.0 - top;
        let mean = split_mean(l.alpha);
        l.diffuse_mean = max(1.0 - max_channel((l.f0 * mean.x + l.f90 * mean.y) * lost_energy(l.f0, mean)), 1e-3);
        if s.specular > 0.0 {
            l.p_specular = max(l.opaque * top, 1e-4);
        }
        l.p_diffuse = max(l.opaque * luminance(s.base) * l.diffuse_out, 1e-4);
    }
    if l.glass > 0.0 {
        let index = select(s.ior, 1.5, s.ior < 1.0);
        l.eta = select(select(1.0 / index, index, s.front || l.pane), far_index / near_index, solid);
        l.spread = select(1.0, l.eta * l.eta, solid);
        l.glass_albedo = glass_albedo(mu, l.alpha, l.eta);
        l.p_glass = max(l.glass, 1e-4);
        l.glass_alpha = select(l.alpha, 0.0, abs(l.eta - 1.0) < 1e-3);
    }
    let sum = l.p_coat + l.p_metal + l.p_specular + l.p_diffuse + l.p_glass;
    let scale = 1.0 / max(sum, 1e-8);
    l.p_coat *= scale;
    l.p_metal *= scale;
    l.p_specular *= scale;
    l.p_diffuse *= scale;
    l.p_glass *= scale;
    return l;
}

// Whether any lobe can be met by a light sample.
fn is_rough(l: Lobes) -> bool {
    return l.opaque > 0.0 || (l.coat > 0.0 && l.coat_alpha >= SHARP)
        || (l.metal > 0.0 && l.alpha >= SHARP) || (l.glass > 0.0 && l.glass_alpha >= SHARP);
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

// Of a pane with two faces, all reflections between them added up.
fn pane_reflectance(f: f32) -> f32 {
    return 2.0 * f / (1.0 + f);
}

fn glass_value(l: Lobes, wo: vec3<f32>, wi: vec3<f32>) -> Scattered {
    let mu_o = max(dot(l.normal, wo), 1e-4);
    let mu_i = dot(l.normal, wi);
    if mu_i > 0.0 {
        let h = normalize(wo + wi);
        let f = fresnel(dot(wo, h), l.eta);
        let lobe = ggx_reflection(l.normal, wo, wi, h, l.glass_alpha);
        return Scattered(vec3<f32>(f * lobe.x / l.glass_albedo), f * lobe.y);
    }
    let summed = wi * l.eta + wo;
    if dot(summed, summed) < 1e-12 {
        return Scattered(vec3<f32>(0.0), 0.0);
    }
    var h = normalize(summed);
    h = select(-h, h, dot(h, l.normal) > 0.0);
    let oh = dot(wo, h);
    let ih = dot(wi, h);
    if oh <= 0.0 || ih >= 0.0 {
        return Scattered(vec3<f32>(0.0), 0.0);
    }
    let f = fresnel(oh, l.eta);
    let d = ggx_density(l.normal, h, l.glass_alpha);
    let lambda_o = smith_lambda(mu_o, l.glass_alpha);
    let lambda_i = smith_lambda(-mu_i, l.glass_alpha);
    let root = ih + oh / l.eta;
    let turn = abs(ih) / max(root * root, 1e-12);
    let shared_part = (1.0 - f) * d * oh * turn / mu_o;
    let tint = sqrt(l.base) / (l.spread * l.glass_albedo);
    return Scattered(tint * (shared_part / (1.0 + lambda_o + lambda_i)), shared_part / (1.0 + lambda_o));
}

// Sum over all lobes that are not sharp.
fn scatter_value(l: Lobes, wo: vec3<f32>, wi: vec3<f32>) -> Scattered {
    var result = Scattered(vec3<f32>(0.0), 0.0);
    let mu_i = dot(l.normal, wi);
    if l.coat > 0.0 && l.coat_alpha >= SHARP && dot(l.coat_normal, wi) > 0.0 {
        let h = normalize(wo + wi);
        let lobe = ggx_reflection(l.coat_normal, wo, wi, h, l.coat_alpha);
        let f = schlick(vec3<f32>(0.04), 1.0, dot(wo, h));
        result.value += f * (l.coat * l.coat_scale * lobe.x);
        result.pdf += l.p_coat * lobe.y;
    }
    if mu_i > 0.0 && (l.metal > 0.0 || l.opaque > 0.0) {
        if l.alpha >= SHARP {
            let h = normalize(wo + wi);
            let lobe = ggx_reflection(l.normal, wo, wi, h, l.alpha);
            let cosine = dot(wo, h);
            let metal = schlick(l.base, 1.0, cosine) * l.metal_scale * l.metal;
            let specular = schlick(l.f0, l.f90, cosine) * l.specular_scale * l.opaque;
            result.value += (metal + specular) * lobe.x;
            result.pdf += (l.p_metal + l.p_specular) * lobe.y;
        }
        if l.opaque > 0.0 {
            let coupled = l.diffuse_out * (1.0 - specular_albedo(l, mu_i)) / l.diffuse_mean;
            result.value += l.base * (l.opaque * coupled * mu_i / PI);
            result.pdf += l.p_diffuse * mu_i / PI;
        }
    }
    if l.glass > 0.0 && l.glass_alpha >= SHARP && mu_i != 0.0 {
        let glass = glass_value(l, wo, wi);
        result.value += glass.value * l.glass;
        result.pdf += glass.pdf * l.p_glass;
    }
    return result;
}

const NOTHING: Sampled = Sampled(vec3<f32>(0.0), vec3<f32>(0.0), 0.0, 1.0, 1.0, false);

// A direction that one lobe chose, before all lobes have had their say about it.
struct Candidate {
    direction: vec3<f32>,
    alpha: f32,
    // What a sharp lobe alone weighs, divided by its probability.
    sharp_weight: vec3<f32>,
    spread: f32,
    through: bool,
    valid: bool,
}

const NO_CANDIDATE: Candidate = Candidate(vec3<f32>(0.0), 1.0, vec3<f32>(0.0), 1.0, false, false);

fn half_vector(n: vec3<f32>, wo: vec3<f32>, alpha: f32, u: vec2<f32>) -> vec3<f32> {
    if alpha < SHARP {
        return n;
    }
    let basis = basis_around(n);
    return to_world(basis, visible_normal(to_basis(basis, wo), alpha, u));
}

fn choose_glass(l: Lobes, wo: vec3<f32>, h: vec3<f32>, chance: f32) -> Candidate {
    let cosine = dot(wo, h);
    let f = fresnel(cosine, l.eta);
    let reflected = h * (2.0 * cosine) - wo;
    let up = dot(reflected, l.normal);
    let share = l.glass / l.p_glass;
    if l.pane {
        if chance < pane_reflectance(f) {
            return Candidate(reflected, l.glass_alpha, vec3<f32>(share), 1.0, false, up > 0.0);
        }
        return Candidate(reflected - l.normal * (2.0 * up), l.glass_alpha, l.base * share, 1.0, true, up > 0.0);
    }
    if chance < f {
        return Candidate(reflected, l.glass_alpha, vec3<f32>(share), 1.0, false, up > 0.0);
    }
    let sin2_t = max(0.0, 1.0 - cosine * cosine) / (l.eta * l.eta);
    if sin2_t >= 1.0 {
        return NO_CANDIDATE;
    }
    let refracted = normalize(h * (cosine / l.eta - sqrt(1.0 - sin2_t)) - wo / l.eta);
    let weight = sqrt(l.base) * (share / l.spread);
    return Candidate(refracted, l.glass_alpha, weight, l.spread, true, dot(refracted, l.normal) < 0.0);
}

// Which lobe, then where to. The half vector is drawn in one place for all lobes that need one: every call is inlined,
// and drivers take long over long kernels.
fn choose(l: Lobes, wo: vec3<f32>, chance: f32, u: vec2<f32>) -> Candidate {
    let metal_edge = l.p_coat + l.p_metal;
    let specular_edge = metal_edge + l.p_specular;
    let diffuse_edge = specular_edge + l.p_diffuse;
    let coat = chance < l.p_coat;
    let glass = chance >= diffuse_edge && l.p_glass > 0.0;
    if chance >= specular_edge && !glass {
        let direction = to_world(basis_around(l.normal), cosine_hemisphere(u));
        return Candidate(direction, 1.0, vec3<f32>(0.0), 1.0, false, l.p_diffuse > 0.0);
    }
    let n = select(l.normal, l.coat_normal, coat);
    let alpha = select(select(l.alpha, l.glass_alpha, glass), l.coat_alpha, coat);
    let h = half_vector(n, wo, alpha, u);
    if glass {
        return choose_glass(l, wo, h, (chance - diffuse_edge) / l.p_glass);
    }
    let cosine = dot(wo, h);
    let reflected = h * (2.0 * cosine) - wo;
    var weight: vec3<f32>;
    if coat {
        weight = schlick(vec3<f32>(0.04), 1.0, cosine) * (l.coat * l.coat_scale / l.p_coat);
    } else if chance < metal_edge {
        weight = schlick(l.base, 1.0, cosine) * l.metal_scale * (l.metal / l.p_metal);
    } else {
        weight = schlick(l.f0, l.f90, cosine) * l.specular_scale * (l.opaque / l.p_specular);
    }
    return Candidate(reflected, alpha, weight, 1.0, false, dot(reflected, n) > 0.0);
}

// A sharp lobe's own weight, or the sum over all rough lobes in the direction that one of them chose.
fn sample_bsdf(l: Lobes, wo: vec3<f32>, chance: f32, u: vec2<f32>) -> Sampled {
    let c = choose(l, wo, chance, u);
    if !c.valid {
        return NOTHING;
    }
    if c.alpha < SHARP {
        return Sampled(c.direction, c.sharp_weight, 0.0, c.alpha, c.spread, c.through);
    }
    let all = scatter_value(l, wo, c.direction);
    if all.pdf <= 0.0 {
        return NOTHING;
    }
    return Sampled(c.direction, all.value / all.pdf, all.pdf, c.alpha, c.spread, c.through);
}
