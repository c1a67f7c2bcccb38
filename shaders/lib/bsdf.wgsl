// What a surface does with light: coat, metal, specular, diffuse, glass. docs/rendering.md section 5.
// wo and wi point away from the surface; a `value` includes |cos| of the lobe's own normal.

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
        l.diffuse_mean = max(1.0 - max_channel(mean_albedo(l.f0, l.f90, l.alpha)), 1e-3);
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
