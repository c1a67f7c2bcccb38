//! The integrals behind [`super::AlbedoTables`], in f64 and without random numbers.
//!
//! A midpoint grid over the unit square is pushed through visible-normal sampling (Dupuy & Benyoub, "Sampling visible
//! GGX normals with spherical caps", 2023); what is averaged then is only G2/G1 times Fresnel, which is smooth and
//! at most 1. Smith's height-correlated G2 = 1/(1 + Λo + Λi) serves reflection and refraction alike.

use std::f64::consts::PI;

use glam::DVec3;

/// Strata along each side of the unit square.
const STRATA: usize = 96;

/// Stands for μ = 0, where visible normals have no meaning.
const MU_LEAST: f64 = 1e-4;

/// Below this, α = 0: the lobe is sharp.
const ALPHA_LEAST: f64 = 1e-6;

/// `[E, B/E - (1-μ)^5]` of reflection for one cosine and one √α, E = A + B.
pub fn split(mu: f64, sqrt_alpha: f64) -> [f32; 2] {
    let [a, b] = split_exact(mu, sqrt_alpha * sqrt_alpha);
    [a + b, b / (a + b) - (1.0 - mu).powi(5)].map(|value| value as f32)
}

/// 2∫`[A, B, A(1-E)/E, B(1-E)/E]`μdμ for one √α.
pub fn split_mean(sqrt_alpha: f64) -> [f32; 4] {
    let cells = 96;
    let mut sum = [0.0; 4];
    for cell in 0..cells {
        // Evenly in √μ, because E changes most near grazing.
        let side = (f64::from(cell) + 0.5) / f64::from(cells);
        let [a, b] = split_exact(side * side, sqrt_alpha * sqrt_alpha);
        let lost = (1.0 - a - b) / (a + b);
        let weight = 4.0 * side.powi(3) / f64::from(cells);
        [a, b, a * lost, b * lost].iter().zip(&mut sum).for_each(|(value, sum)| *sum += value * weight);
    }
    sum.map(|value| value as f32)
}

/// Albedo of rough glass: reflection and refraction together, as energy (without the 1/η² of radiance).
///
/// `ior` is the denser side's index over the thinner side's; `enters`: light is seen from the thinner side.
pub fn glass(mu: f64, sqrt_alpha: f64, ior: f64, enters: bool) -> f32 {
    let eta = if enters { 1.0 / ior } else { ior };
    let alpha = sqrt_alpha * sqrt_alpha;
    if alpha < ALPHA_LEAST {
        return 1.0;
    }
    mean_over_normals(mu, alpha, |wo, normal| {
        let cos = wo.dot(normal);
        let fresnel = fresnel_dielectric(cos, eta);
        let reflected = 2.0 * cos * normal - wo;
        let reflection = if reflected.z > 0.0 { shadowing(wo, reflected, alpha) } else { 0.0 };
        let refraction = refract(wo, normal, eta)
            .filter(|refracted| refracted.z < 0.0)
            .map_or(0.0, |refracted| shadowing(wo, refracted, alpha));
        [fresnel * reflection + (1.0 - fresnel) * refraction, 0.0]
    })[0] as f32
}

/// Albedo of white fibres (Estevez & Kulla, "Production Friendly Microfacet Sheen BRDF", 2017) of a perceptual roughness.
pub fn sheen(mu: f64, roughness: f64) -> f32 {
    let (mu, alpha) = (mu.max(MU_LEAST), roughness * roughness);
    let wo = DVec3::new((1.0 - mu * mu).sqrt(), 0.0, mu);
    let shadow_o = sheen_lambda(mu, alpha);
    let mut sum = 0.0;
    for row in 0..2 * STRATA {
        // Evenly in √μ, because most comes from near grazing.
        let side = (row as f64 + 0.5) / (2 * STRATA) as f64;
        let height = side * side;
        let shadows = (1.0 + shadow_o + sheen_lambda(height, alpha)) * 4.0 * mu;
        let sin = (1.0 - height * height).sqrt();
        for column in 0..STRATA {
            let (sin_phi, cos_phi) = (PI * (column as f64 + 0.5) / STRATA as f64).sin_cos();
            let half = (wo + DVec3::new(sin * cos_phi, sin * sin_phi, height)).normalize();
            let sin2 = half.x * half.x + half.y * half.y;
            sum += (2.0 + 1.0 / alpha) * sin2.powf(0.5 / alpha) / shadows * 2.0 * side;
        }
    }
    (sum / (2 * STRATA * STRATA) as f64) as f32
}

fn sheen_lambda(mu: f64, alpha: f64) -> f64 {
    let smoothness = (1.0 - alpha) * (1.0 - alpha);
    let between = |rough: f64, smooth: f64| rough + (smooth - rough) * smoothness;
    let curve = |x: f64| {
        let (a, b, c) = (between(21.5473, 25.3245), between(3.82987, 3.32435), between(0.19823, 0.16801));
        a / (1.0 + b * x.powf(c)) + between(-1.97760, -1.27393) * x + between(-4.32054, -4.85967)
    };
    if mu < 0.5 { curve(mu).exp() } else { (2.0 * curve(0.5) - curve(1.0 - mu)).exp() }
}

/// Fresnel reflectance of a dielectric; `eta` = index on the side of the ray over the index beyond.
pub fn fresnel_dielectric(cos: f64, eta: f64) -> f64 {
    let sin2_beyond = eta * eta * (1.0 - cos * cos);
    if sin2_beyond >= 1.0 {
        return 1.0;
    }
    let cos_beyond = (1.0 - sin2_beyond).sqrt();
    let parallel = (cos - eta * cos_beyond) / (cos + eta * cos_beyond);
    let perpendicular = (eta * cos - cos_beyond) / (eta * cos + cos_beyond);
    0.5 * (parallel * parallel + perpendicular * perpendicular)
}

fn split_exact(mu: f64, alpha: f64) -> [f64; 2] {
    if alpha < ALPHA_LEAST {
        let grazing = (1.0 - mu).powi(5);
        return [1.0 - grazing, grazing];
    }
    mean_over_normals(mu, alpha, |wo, normal| {
        let cos = wo.dot(normal);
        let reflected = 2.0 * cos * normal - wo;
        let kept = if reflected.z > 0.0 { shadowing(wo, reflected, alpha) } else { 0.0 };
        let grazing = (1.0 - cos.clamp(0.0, 1.0)).powi(5);
        [kept * (1.0 - grazing), kept * grazing]
    })
}

/// Mean of `value(wo, normal)` over the normals that are visible from wo with cosine `mu`.
fn mean_over_normals(mu: f64, alpha: f64, value: impl Fn(DVec3, DVec3) -> [f64; 2]) -> [f64; 2] {
    let mu = mu.max(MU_LEAST);
    let wo = DVec3::new((1.0 - mu * mu).sqrt(), 0.0, mu);
    let stretched = DVec3::new(alpha * wo.x, 0.0, wo.z).normalize();
    let mut sum = [0.0; 2];
    for cell in 0..STRATA * STRATA {
        let at = |index: usize| (index as f64 + 0.5) / STRATA as f64;
        // Half a turn: the other half is its mirror image.
        let (sin_phi, cos_phi) = (PI * at(cell % STRATA)).sin_cos();
        // Strata grow dense towards the distribution's long tail, where a narrow lobe loses all that it loses.
        let rest = 1.0 - at(cell / STRATA);
        let z = rest * rest * (1.0 + stretched.z) - stretched.z;
        let sin = (1.0 - z * z).max(0.0).sqrt();
        let cap = DVec3::new(sin * cos_phi, sin * sin_phi, z) + stretched;
        let normal = DVec3::new(alpha * cap.x, alpha * cap.y, cap.z.max(0.0)).normalize();
        let part = value(wo, normal);
        (0..2).for_each(|k| sum[k] += part[k] * 2.0 * rest);
    }
    sum.map(|value| value / (STRATA * STRATA) as f64)
}

/// G2(wo, wi) / G1(wo).
fn shadowing(wo: DVec3, wi: DVec3, alpha: f64) -> f64 {
    (1.0 + lambda(wo, alpha)) / (1.0 + lambda(wo, alpha) + lambda(wi, alpha))
}

fn lambda(w: DVec3, alpha: f64) -> f64 {
    let tan2 = (1.0 - w.z * w.z).max(0.0) / (w.z * w.z).max(1e-300);
    0.5 * ((1.0 + alpha * alpha * tan2).sqrt() - 1.0)
}

fn refract(wo: DVec3, normal: DVec3, eta: f64) -> Option<DVec3> {
    let cos = wo.dot(normal);
    let cos2_beyond = 1.0 - eta * eta * (1.0 - cos * cos);
    (cos2_beyond > 0.0).then(|| (eta * cos - cos2_beyond.sqrt()) * normal - eta * wo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_gained_and_a_smooth_lobe_loses_nothing() {
        for mu in [0.0, 0.1, 0.5, 1.0] {
            for sqrt_alpha in [0.0, 0.05, 0.3, 1.0] {
                let [a, b] = split_exact(mu, sqrt_alpha * sqrt_alpha);
                assert!(a >= 0.0 && b >= 0.0 && a + b <= 1.0 + 1e-6, "{mu} {sqrt_alpha}: {a} {b}");
                for enters in [true, false] {
                    assert!(glass(mu, sqrt_alpha, 1.5, enters) <= 1.0 + 1e-6);
                }
            }
            let [a, b] = split_exact(mu, 0.0);
            assert!((a + b - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn grid_is_fine_enough() {
        // The same integral by brute force over the hemisphere of incoming light, without visible normals.
        let (mu, alpha) = (0.4f64, 0.36f64);
        let wo = DVec3::new((1.0 - mu * mu).sqrt(), 0.0, mu);
        let steps = 1000;
        let mut sum = 0.0;
        for cell in 0..steps * steps {
            let z = (f64::from(cell / steps) + 0.5) / f64::from(steps);
            let (sin_phi, cos_phi) =
                (2.0 * PI * (f64::from(cell % steps) + 0.5) / f64::from(steps)).sin_cos();
            let sin = (1.0 - z * z).sqrt();
            let wi = DVec3::new(sin * cos_phi, sin * sin_phi, z);
            let cos2 = (wo + wi).normalize().z.powi(2);
            let spread = alpha * alpha / (PI * (cos2 * (alpha * alpha - 1.0) + 1.0).powi(2));
            sum += spread / (1.0 + lambda(wo, alpha) + lambda(wi, alpha)) / (4.0 * mu);
        }
        let brute = sum * 2.0 * PI / f64::from(steps * steps);
        let [a, b] = split_exact(mu, alpha);
        assert!((a + b - brute).abs() < 5e-4, "{} {brute}", a + b);
    }
}
