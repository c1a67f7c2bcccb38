// Which lobes a surface has towards a viewer, with shares and probabilities: coat, metal, specular, diffuse, what passes, fibres, glass.
// docs/rendering.md section 5.

// Sharper lobes hand albedo and normal on to what is seen in them.
const FEATURE_ALPHA: f32 = 0.02;

struct Lobes {
    normal: vec3<f32>,
    coat_normal: vec3<f32>,
    base: vec3<f32>,
    // F0 of metal and of the dielectric, and its F90.
    metal_f0: vec3<f32>,
    f0: vec3<f32>,
    f90: f32,
    // Of metal and specular: the quadratic mean of `alphas`, which differ where reflections are stretched.
    alpha: f32,
    stretched: bool,
    along: vec3<f32>,
    alphas: vec2<f32>,
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
    // What a film makes of the light that glass sends back, and of what it lets on.
    glass_back: vec3<f32>,
    glass_on: vec3<f32>,
    // 0 where the far side has the same index, because refraction's half vector degenerates there.
    glass_alpha: f32,
    // Share of the diffuse light that passes, and its colour; colour of the fibres, scaled never to return more than comes.
    passing: f32,
    passing_color: vec3<f32>,
    sheen: vec3<f32>,
    sheen_alpha: f32,
    // Probabilities of coat, metal, specular, diffuse, what passes, fibres; glass has the rest.
    p_coat: f32,
    p_metal: f32,
    p_specular: f32,
    p_diffuse: f32,
    p_passing: f32,
    p_sheen: f32,
    p_glass: f32,
}

// (A, B) of metal's and the dielectric's lobe for a direction on any side.
fn base_split(l: Lobes, w: vec3<f32>) -> vec2<f32> {
    let mu = max(abs(dot(l.normal, w)), 1e-4);
    if !l.stretched {
        return split_albedo(mu, mu, l.alpha);
    }
    return split_albedo(mu, shadow_cosine(to_basis(basis_along(l.normal, l.along), w), l.alphas, l.alpha), l.alpha);
}

fn specular_albedo(l: Lobes, w: vec3<f32>) -> f32 {
    let split = base_split(l, w);
    return min(max_channel((l.f0 * split.x + l.f90 * split.y) * lost_energy(l.f0, split)), 1.0);
}

fn lobes_of(s: Surface, wo: vec3<f32>, near_index: f32, far_index: f32) -> Lobes {
    var l: Lobes;
    l.normal = s.normal;
    l.coat_normal = s.coat_normal;
    l.base = s.base;
    let round_alpha = s.roughness * s.roughness;
    l.alpha = round_alpha;
    if s.stretch > 0.0 {
        stretch(&l, s, round_alpha);
    }
    let solid = (s.flags & MATERIAL_SOLID) != 0u;
    l.pane = !solid && round_alpha < SHARP;
    let mu = max(dot(s.normal, wo), 1e-4);
    reflectances(&l, s, mu);
    l.coat = s.coat;
    l.under = 1.0;
    if s.coat > 0.0 {
        lay_coat(&l, s, wo);
    }
    if max_channel(s.sheen) > 0.0 {
        lay_fibres(&l, s, mu);
    }
    l.metal = s.metallic * l.under;
    l.opaque = (1.0 - s.metallic) * (1.0 - s.transmission) * l.under;
    l.glass = (1.0 - s.metallic) * s.transmission * l.under;
    let split = base_split(l, wo);
    if l.metal > 0.0 {
        l.metal_scale = lost_energy(l.metal_f0, split);
        l.p_metal = max(l.metal * luminance((l.metal_f0 * split.x + split.y) * l.metal_scale), 1e-4);
    }
    if l.opaque > 0.0 {
        lay_opaque(&l, s, split);
    }
    if l.glass > 0.0 {
        let index = select(s.ior, 1.5, s.ior < 1.0);
        l.eta = select(select(1.0 / index, index, s.front || l.pane), far_index / near_index, solid);
        l.spread = select(1.0, l.eta * l.eta, solid);
        lay_glass(&l, s, mu, round_alpha);
    }
    make_probabilities(&l);
    return l;
}

// F0 and F90 of metal and of the dielectric, under the film if there is one.
fn reflectances(l: ptr<function, Lobes>, s: Surface, mu: f32) {
    let r = (s.ior - 1.0) / (s.ior + 1.0);
    let reflectance = select(r * r, 1.0, s.ior == 0.0);
    (*l).f0 = min(s.specular_color * reflectance, vec3<f32>(1.0)) * s.specular;
    (*l).f90 = s.specular;
    (*l).metal_f0 = s.base;
    if s.film > 0.0 {
        let metal = film_fresnel(mu, s.film_ior, s.film_nm, (*l).metal_f0);
        let other = film_fresnel(mu, s.film_ior, s.film_nm, (*l).f0);
        (*l).metal_f0 = mix((*l).metal_f0, f0_as_seen(metal, 1.0, mu), s.film);
        (*l).f0 = mix((*l).f0, f0_as_seen(other, (*l).f90, mu), s.film);
    }
}

fn lay_coat(l: ptr<function, Lobes>, s: Surface, wo: vec3<f32>) {
    (*l).coat_alpha = s.coat_roughness * s.coat_roughness;
    let mu = max(dot(s.coat_normal, wo), 1e-4);
    let split = split_albedo(mu, mu, (*l).coat_alpha);
    (*l).coat_scale = lost_energy(vec3<f32>(0.04), split).x;
    (*l).p_coat = s.coat * (0.04 * split.x + split.y) * (*l).coat_scale;
    (*l).under = 1.0 - min((*l).p_coat, 1.0);
    (*l).p_coat = max((*l).p_coat, 1e-4);
}

fn lay_fibres(l: ptr<function, Lobes>, s: Surface, mu: f32) {
    (*l).sheen_alpha = max(s.sheen_roughness * s.sheen_roughness, SHEEN_ALPHA_LEAST);
    let albedo = sheen_albedo(mu, (*l).sheen_alpha);
    (*l).sheen = s.sheen * ((*l).under / max(albedo, 1.0));
    (*l).p_sheen = max(luminance((*l).sheen) * albedo, 1e-4);
    (*l).under *= 1.0 - max_channel(s.sheen) * min(albedo, 1.0);
}

// The dielectric's reflection, and what is scattered diffusely below it, back and through.
fn lay_opaque(l: ptr<function, Lobes>, s: Surface, split: vec2<f32>) {
    (*l).specular_scale = lost_energy((*l).f0, split);
    let albedo = ((*l).f0 * split.x + (*l).f90 * split.y) * (*l).specular_scale;
    let top = min(max_channel(albedo), 1.0);
    (*l).diffuse_out = 1.0 - top;
    (*l).diffuse_mean = max(1.0 - max_channel(mean_albedo((*l).f0, (*l).f90, (*l).alpha)), 1e-3);
    if s.specular > 0.0 {
        (*l).p_specular = max((*l).opaque * top, 1e-4);
    }
    (*l).passing = s.passing;
    (*l).passing_color = s.passing_color;
    (*l).p_diffuse = max((*l).opaque * (1.0 - s.passing) * luminance(s.base) * (*l).diffuse_out, 1e-4);
    if s.passing > 0.0 {
        (*l).p_passing = max((*l).opaque * s.passing * luminance(s.passing_color) * (*l).diffuse_out, 1e-4);
    }
}

fn lay_glass(l: ptr<function, Lobes>, s: Surface, mu: f32, round_alpha: f32) {
    (*l).glass_albedo = glass_albedo(mu, round_alpha, (*l).eta);
    (*l).p_glass = max((*l).glass, 1e-4);
    (*l).glass_alpha = select(round_alpha, 0.0, abs((*l).eta - 1.0) < 1e-3);
    (*l).glass_back = vec3<f32>(1.0);
    (*l).glass_on = vec3<f32>(1.0);
    // From the denser side no film is seen.
    if s.film > 0.0 && (*l).eta > 1.001 {
        film_on_glass(l, s, mu);
    }
}

fn make_probabilities(l: ptr<function, Lobes>) {
    let sum = (*l).p_coat + (*l).p_metal + (*l).p_specular + (*l).p_diffuse + (*l).p_passing + (*l).p_sheen + (*l).p_glass;
    let scale = 1.0 / max(sum, 1e-8);
    (*l).p_coat *= scale;
    (*l).p_metal *= scale;
    (*l).p_specular *= scale;
    (*l).p_diffuse *= scale;
    (*l).p_passing *= scale;
    (*l).p_sheen *= scale;
    (*l).p_glass *= scale;
}

// Roughness along and across the direction that reflections are stretched in, as KHR_materials_anisotropy has it.
fn stretch(l: ptr<function, Lobes>, s: Surface, round_alpha: f32) {
    let least = max(round_alpha, SHARP);
    (*l).stretched = true;
    (*l).along = s.stretch_along;
    (*l).alphas = vec2<f32>(mix(least, 1.0, s.stretch * s.stretch), least);
    (*l).alpha = sqrt(0.5 * dot((*l).alphas, (*l).alphas));
}

// What comes back and what goes on get the film's colours at this angle, and are together what they were.
fn film_on_glass(l: ptr<function, Lobes>, s: Surface, mu: f32) {
    let root = ((*l).eta - 1.0) / ((*l).eta + 1.0);
    var film = film_fresnel(mu, s.film_ior, s.film_nm, vec3<f32>(root * root));
    var bare = fresnel(mu, (*l).eta);
    if (*l).pane {
        film = 2.0 * film / (1.0 + film);
        bare = pane_reflectance(bare);
    }
    (*l).glass_back = mix(vec3<f32>(1.0), film / max(bare, 1e-4), s.film);
    (*l).glass_on = mix(vec3<f32>(1.0), (1.0 - film) / max(1.0 - bare, 1e-4), s.film);
}
