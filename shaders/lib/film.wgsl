// A thin film over a surface: what its two faces reflect interferes, and what comes back has colours that change with the angle.
// Belcour & Barla 2017, "A Practical Extension to Microfacet Theory for the Modeling of Varying Iridescence". docs/rendering.md section 5.

// Film over nothing fades out below this, nanometres.
const FILM_LEAST_NM: f32 = 0.03;

// cos of 2 pi turns, for any number of turns.
fn cos_turns(turns: f32) -> f32 {
    return sin_cos_turns(fract(turns)).y;
}

// What an eye sees, linear sRGB, of all wavelengths when they are weighed with the cosine of path over wavelength; path in nanometres, shift in turns.
fn seen_of_path(path_nm: f32, shift: vec3<f32>) -> vec3<f32> {
    let waves = path_nm * 1e-9;
    let phase = 2.0 * PI * waves;
    let spread = vec3<f32>(4.3278e9, 9.3046e9, 6.6121e9);
    // Heights 5.4856e-13, 4.4201e-13, 5.2481e-13 times the root of 2 pi spread, over 1.0685e-7: scaled so that no path at all is white.
    let height = vec3<f32>(0.84659000, 1.0002219, 1.0011225);
    let turns = vec3<f32>(1.6810e6, 1.7953e6, 2.2084e6) * waves + shift;
    let waving = vec3<f32>(cos_turns(turns.x), cos_turns(turns.y), cos_turns(turns.z));
    var xyz = height * waving * exp(-phase * phase * spread);
    xyz.x += 0.15386831 * cos_turns(2.2399e6 * waves + shift.x) * exp(-4.5282e9 * phase * phase);
    return vec3<f32>(
        dot(xyz, vec3<f32>(3.2404542, -1.5371385, -0.4985314)),
        dot(xyz, vec3<f32>(-0.9692660, 1.8760108, 0.0415560)),
        dot(xyz, vec3<f32>(0.0556434, -0.2040259, 1.0572252)),
    );
}

// What a film on a base returns of what comes from mu, in the place of Schlick's Fresnel. `base_f0`: the base's reflectance head on, in air.
fn film_fresnel(mu: f32, film_ior: f32, thickness_nm: f32, base_f0: vec3<f32>) -> vec3<f32> {
    let ior = mix(1.0, film_ior, smoothstep(0.0, FILM_LEAST_NM, thickness_nm));
    let mu_inside = sqrt(max(1.0 - (1.0 - mu * mu) / (ior * ior), 0.0));
    // Exact, so that a film of air's index is none.
    let first = fresnel(mu, ior);
    let passed = 1.0 - first;
    let base_root = sqrt(min(base_f0, vec3<f32>(0.9999)));
    let base_ior = (1.0 + base_root) / (1.0 - base_root);
    let step = (base_ior - ior) / (base_ior + ior);
    let second = schlick(step * step, 1.0, mu_inside);
    // Reflection at a denser medium turns a wave by half a turn.
    let shift = 0.5 + select(vec3<f32>(0.0), vec3<f32>(0.5), base_ior < vec3<f32>(ior));
    let path_nm = 2.0 * ior * thickness_nm * mu_inside;
    let both = clamp(first * second, vec3<f32>(1e-5), vec3<f32>(0.9999));
    let round_trip = sqrt(both);
    let all = passed * passed * second / (1.0 - both);
    var order = (all - passed) * round_trip;
    var seen = first + all + order * 2.0 * seen_of_path(path_nm, shift);
    order *= round_trip;
    seen += order * 2.0 * seen_of_path(2.0 * path_nm, 2.0 * shift);
    return clamp(seen, vec3<f32>(0.0), vec3<f32>(1.0));
}

// Schlick's F0 that makes up for `seen` at this cosine; grazing light tells little about it.
fn f0_as_seen(seen: vec3<f32>, f90: f32, mu: f32) -> vec3<f32> {
    let grazing = fifth_power(clamp(1.0 - mu, 0.0, 1.0));
    return clamp((seen - f90 * grazing) / max(1.0 - grazing, 0.05), vec3<f32>(0.0), vec3<f32>(1.0));
}
