// What a surface does with light: the values of its lobes, and directions drawn from them. docs/rendering.md section 5.
// wo and wi point away from the surface; a `value` includes |cos| of the lobe's own normal.

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

// Whether any lobe can be met by a light sample.
fn is_rough(l: Lobes) -> bool {
    return l.opaque > 0.0 || l.p_sheen > 0.0 || (l.coat > 0.0 && l.coat_alpha >= SHARP)
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
        return Scattered(l.glass_back * (f * lobe.x / l.glass_albedo), f * lobe.y);
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
    let tint = l.glass_on * sqrt(l.base) / (l.spread * l.glass_albedo);
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
            var lobe: vec2<f32>;
            if l.stretched {
                let basis = basis_along(l.normal, l.along);
                lobe = ggx_reflection_stretched(to_basis(basis, wo), to_basis(basis, wi), l.alphas);
            } else {
                lobe = ggx_reflection(l.normal, wo, wi, h, l.alpha);
            }
            let cosine = dot(wo, h);
            let metal = schlick(l.metal_f0, 1.0, cosine) * l.metal_scale * l.metal;
            let specular = schlick(l.f0, l.f90, cosine) * l.specular_scale * l.opaque;
            result.value += (metal + specular) * lobe.x;
            result.pdf += (l.p_metal + l.p_specular) * lobe.y;
        }
        if l.opaque > 0.0 {
            let coupled = l.diffuse_out * (1.0 - specular_albedo(l, wi)) / l.diffuse_mean;
            result.value += l.base * (l.opaque * (1.0 - l.passing) * coupled * mu_i / PI);
            result.pdf += l.p_diffuse * mu_i / PI;
        }
    }
    if mu_i < 0.0 && l.p_passing > 0.0 {
        let coupled = l.diffuse_out * (1.0 - specular_albedo(l, wi)) / l.diffuse_mean;
        result.value += l.passing_color * (l.opaque * l.passing * coupled * -mu_i / PI);
        result.pdf += l.p_passing * -mu_i / PI;
    }
    if mu_i > 0.0 && l.p_sheen > 0.0 {
        result.value += l.sheen * sheen_value(l.normal, wo, wi, l.sheen_alpha);
        result.pdf += l.p_sheen * mu_i / PI;
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

fn half_vector(basis: Basis, wo: vec3<f32>, alphas: vec2<f32>, u: vec2<f32>) -> vec3<f32> {
    if alphas.y < SHARP {
        return basis.normal;
    }
    return to_world(basis, visible_normal(to_basis(basis, wo), alphas, u));
}

fn choose_glass(l: Lobes, wo: vec3<f32>, h: vec3<f32>, chance: f32) -> Candidate {
    let cosine = dot(wo, h);
    let f = fresnel(cosine, l.eta);
    let reflected = h * (2.0 * cosine) - wo;
    let up = dot(reflected, l.normal);
    let share = l.glass / l.p_glass;
    if l.pane {
        if chance < pane_reflectance(f) {
            return Candidate(reflected, l.glass_alpha, l.glass_back * share, 1.0, false, up > 0.0);
        }
        return Candidate(reflected - l.normal * (2.0 * up), l.glass_alpha, l.glass_on * l.base * share, 1.0, true, up > 0.0);
    }
    if chance < f {
        return Candidate(reflected, l.glass_alpha, l.glass_back * share, 1.0, false, up > 0.0);
    }
    let sin2_t = max(0.0, 1.0 - cosine * cosine) / (l.eta * l.eta);
    if sin2_t >= 1.0 {
        return NO_CANDIDATE;
    }
    let refracted = normalize(h * (cosine / l.eta - sqrt(1.0 - sin2_t)) - wo / l.eta);
    let weight = l.glass_on * sqrt(l.base) * (share / l.spread);
    return Candidate(refracted, l.glass_alpha, weight, l.spread, true, dot(refracted, l.normal) < 0.0);
}

// Which lobe, then where to. The half vector is drawn in one place for all lobes that need one: every call is inlined,
// and drivers take long over long kernels.
fn choose(l: Lobes, wo: vec3<f32>, chance: f32, u: vec2<f32>) -> Candidate {
    let metal_edge = l.p_coat + l.p_metal;
    let specular_edge = metal_edge + l.p_specular;
    let diffuse_edge = specular_edge + l.p_diffuse;
    let passing_edge = diffuse_edge + l.p_passing;
    let sheen_edge = passing_edge + l.p_sheen;
    let coat = chance < l.p_coat;
    let glass = chance >= sheen_edge && l.p_glass > 0.0;
    if chance >= specular_edge && !glass {
        let through = chance >= diffuse_edge && chance < passing_edge;
        var direction = to_world(basis_around(l.normal), cosine_hemisphere(u));
        direction = select(direction, direction - l.normal * (2.0 * dot(direction, l.normal)), through);
        return Candidate(direction, 1.0, vec3<f32>(0.0), 1.0, through, l.p_diffuse + l.p_sheen > 0.0);
    }
    let n = select(l.normal, l.coat_normal, coat);
    let alpha = select(select(l.alpha, l.glass_alpha, glass), l.coat_alpha, coat);
    var alphas = vec2<f32>(alpha);
    var basis = basis_around(n);
    if l.stretched && !coat && !glass {
        alphas = l.alphas;
        basis = basis_along(n, l.along);
    }
    let h = half_vector(basis, wo, alphas, u);
    if glass {
        return choose_glass(l, wo, h, (chance - sheen_edge) / l.p_glass);
    }
    let cosine = dot(wo, h);
    let reflected = h * (2.0 * cosine) - wo;
    var weight: vec3<f32>;
    if coat {
        weight = schlick(vec3<f32>(0.04), 1.0, cosine) * (l.coat * l.coat_scale / l.p_coat);
    } else if chance < metal_edge {
        weight = schlick(l.metal_f0, 1.0, cosine) * l.metal_scale * (l.metal / l.p_metal);
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
