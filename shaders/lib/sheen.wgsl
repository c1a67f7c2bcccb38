// Fibres that stand on cloth: the "Charlie" distribution and its fitted shadowing (Estevez & Kulla 2017), as KHR_materials_sheen has it.
// docs/rendering.md section 5.

// Below this, fibres return more light than comes.
const SHEEN_ALPHA_LEAST: f32 = 0.01;

fn sheen_curve(x: f32, smoothness: f32) -> f32 {
    let a = mix(21.5473, 25.3245, smoothness);
    let b = mix(3.82987, 3.32435, smoothness);
    let c = mix(0.19823, 0.16801, smoothness);
    let d = mix(-1.97760, -1.27393, smoothness);
    let e = mix(-4.32054, -4.85967, smoothness);
    return a / (1.0 + b * pow(x, c)) + d * x + e;
}

fn sheen_lambda(mu: f32, alpha: f32) -> f32 {
    let smoothness = (1.0 - alpha) * (1.0 - alpha);
    if mu < 0.5 {
        return exp(sheen_curve(mu, smoothness));
    }
    return exp(2.0 * sheen_curve(0.5, smoothness) - sheen_curve(max(1.0 - mu, 0.0), smoothness));
}

// D V times mu_i for white fibres.
fn sheen_value(n: vec3<f32>, wo: vec3<f32>, wi: vec3<f32>, alpha: f32) -> f32 {
    let mu_o = max(dot(n, wo), 1e-4);
    let mu_i = max(dot(n, wi), 1e-4);
    let across = cross(n, normalize(wo + wi));
    let sine2 = clamp(dot(across, across), 1e-12, 1.0);
    let d = (2.0 + 1.0 / alpha) * pow(sine2, 0.5 / alpha) / (2.0 * PI);
    return d / ((1.0 + sheen_lambda(mu_o, alpha) + sheen_lambda(mu_i, alpha)) * 4.0 * mu_o);
}

fn sheen_texel(row: u32, column: u32) -> f32 {
    return table(TABLE_SHEEN + row * 32u + column);
}

// Albedo of white fibres; above 1 where they are next to smooth and light grazes them.
fn sheen_albedo(mu: f32, alpha: f32) -> f32 {
    let x = sqrt(clamp(mu, 0.0, 1.0)) * 31.0;
    // Twin of albedo::sheen_row.
    let y = clamp((sqrt(clamp(alpha, 0.0, 1.0)) - 0.1) / 0.9, 0.0, 1.0) * 31.0;
    let column = min(u32(x), 30u);
    let row = min(u32(y), 30u);
    let fx = x - f32(column);
    let top = mix(sheen_texel(row, column), sheen_texel(row, column + 1u), fx);
    let bottom = mix(sheen_texel(row + 1u, column), sheen_texel(row + 1u, column + 1u), fx);
    return mix(top, bottom, y - f32(row));
}
