//! Energy and symmetry of the BSDF: white furnace, reciprocity, and what the lobes add up to.

use frame::Microfacet;
use glam::Vec3;
use render_core::reference::bsdf::{Bsdf, Facing, Substance};
use render_core::reference::film::Film;
use render_core::reference::sampler::Sampler;

/// Angles of view, evenly from head on to grazing.
const ANGLES: u32 = 32;

/// Steps of roughness from 0 to 1; a prime, so that few of them lie on nodes of the tables.
const ROUGHNESSES: u32 = 13;

/// Directions per albedo: at first, and again where the first estimate comes near a bound.
const DRAWS: [u32; 2] = [1 << 14, 1 << 17];

/// What "near" is: the first estimate's own error.
const NEAR: f32 = 0.0015;

const WHITE: Substance = Substance { sheet: false, ..Substance::PLAIN };

fn from_angle(index: u32) -> Vec3 {
    let theta = (index as f32 + 0.5) / ANGLES as f32 * std::f32::consts::FRAC_PI_2;
    Vec3::new(theta.sin(), 0.0, theta.cos())
}

fn facing(wo: Vec3, near_index: f32, far_index: f32) -> Facing {
    Facing { normal: Vec3::Z, coat_normal: Vec3::Z, along: Vec3::X, wo, near_index, far_index }
}

/// Share of light that comes back from or through the surface. Refracted radiance is scaled by 1/η², energy is not.
fn albedo(substance: &Substance, facing: &Facing, draws: u32) -> f32 {
    let bsdf = Bsdf::new(substance, facing, Microfacet::Multi);
    // The path's own sequence: a lattice in three dimensions is 0.4 % off where its lines lie along a lobe's edge.
    let mean = |sample| {
        let sampler = Sampler { key: 77, sample };
        let scatter = bsdf.sample(sampler.pair(0)[0], sampler.pair(1));
        scatter.map_or(0.0, |scatter| f64::from(scatter.weight.y * scatter.spread))
    };
    ((0..draws).map(mean).sum::<f64>() / f64::from(draws)) as f32
}

/// Least and most of something over all angles and roughnesses, with where they are.
#[derive(Debug)]
struct Extremes {
    least: f32,
    least_at: (f32, u32),
    most: f32,
    most_at: (f32, u32),
}

impl Extremes {
    const NONE: Self =
        Self { least: f32::INFINITY, least_at: (0.0, 0), most: f32::NEG_INFINITY, most_at: (0.0, 0) };

    fn add(&mut self, value: f32, place: (f32, u32)) {
        if value < self.least {
            (self.least, self.least_at) = (value, place);
        }
        if value > self.most {
            (self.most, self.most_at) = (value, place);
        }
    }
}

/// Albedo over all angles and roughnesses, to be held to bounds.
fn extremes(
    name: &str,
    make: impl Fn(f32) -> Substance,
    [near, far]: [f32; 2],
    [least, most]: [f32; 2],
) -> Extremes {
    let mut found = Extremes::NONE;
    for step in 0..=ROUGHNESSES {
        let roughness = step as f32 / ROUGHNESSES as f32;
        for angle in 0..ANGLES {
            let (body, facing) = (make(roughness), facing(from_angle(angle), near, far));
            let mut value = albedo(&body, &facing, DRAWS[0]);
            if value < least + NEAR || value > most - NEAR {
                value = albedo(&body, &facing, DRAWS[1]);
            }
            found.add(value, (roughness, angle));
        }
    }
    eprintln!("{name}, {near} to {far}: {found:?}");
    found
}

#[test]
fn white_metal_returns_all_light() {
    let metal = |roughness| Substance { metallic: 1.0, roughness, ..WHITE };
    let all = extremes("metal", metal, [1.0, 1.0], [0.99, 1.005]);
    assert!(all.least >= 0.99 && all.most <= 1.005, "{all:?}");
}

#[test]
fn white_glass_returns_all_light_from_outside_and_inside() {
    // The last two are water beside glass.
    for (near, far) in
        [(1.0, 1.5), (1.5, 1.0), (1.0, 1.2), (1.2, 1.0), (1.8, 1.0), (2.4, 1.0), (1.5, 1.33), (1.33, 1.5)]
    {
        let glass = |roughness| Substance { transmission: 1.0, roughness, ..WHITE };
        let all = extremes("glass", glass, [near, far], [0.99, 1.005]);
        assert!(all.least >= 0.99 && all.most <= 1.005, "{near} to {far}: {all:?}");
    }
}

#[test]
fn layers_never_return_more_light_than_came() {
    let coat = |roughness| Substance { coat: 1.0, coat_roughness: 0.3, roughness, ..WHITE };
    let rough_coat = |roughness| Substance { coat: 1.0, coat_roughness: roughness, ..WHITE };
    let coated_metal = |roughness| Substance { metallic: 1.0, ..rough_coat(roughness) };
    let plain = |roughness| Substance { roughness, ..WHITE };
    let strong = |roughness| Substance { roughness, ior: 2.5, ..WHITE };
    let pane = |roughness| Substance { roughness, transmission: 0.5, sheet: true, ..WHITE };
    // An index of 0: F0 is the specular colour, as files in specular-glossiness have it.
    let enamel = |roughness| Substance { roughness, ior: 0.0, specular_color: Vec3::splat(0.5), ..WHITE };
    let half_mirror =
        |roughness| Substance { specular_color: Vec3::new(0.3, 0.95, 1.0), ..enamel(roughness) };
    let leaf = |roughness| Substance { passing: 0.5, roughness, ..WHITE };
    let film = Film { share: 1.0, ior: 1.6, nm: 350.0 };
    let beetle = |roughness| Substance { film, roughness, ..WHITE };
    let layers: [(&str, &dyn Fn(f32) -> Substance); 10] = [
        ("plain", &plain),
        ("strong", &strong),
        ("coat", &coat),
        ("rough coat", &rough_coat),
        ("coated metal", &coated_metal),
        ("pane", &pane),
        ("enamel", &enamel),
        ("half mirror", &half_mirror),
        ("leaf", &leaf),
        ("beetle", &beetle),
    ];
    for (name, make) in layers {
        let all = extremes(name, make, [1.0, 1.5], [0.0, 1.002]);
        assert!(all.most <= 1.002, "{name}: {all:?}");
    }
}

#[test]
fn white_brushed_metal_returns_nearly_all_light_however_it_is_turned() {
    // Its tables are those of round lobes, read where one is most like it: 0.04 off at most (see `Ggx::mean_alpha`), of 0.53 and more that single scattering
    // returns.
    for stretch in [0.4, 0.7, 1.0] {
        let brushed = |roughness| Substance { metallic: 1.0, stretch, roughness, ..WHITE };
        for along in [Vec3::X, Vec3::Y, Vec3::new(0.6, 0.8, 0.0)] {
            for (step, angle) in (0..=5).flat_map(|step| (0..8).map(move |angle| (step, 4 * angle + 2))) {
                let (body, facing) = (brushed(step as f32 / 5.0), facing(from_angle(angle), 1.0, 1.0));
                let value = albedo(&body, &Facing { along, ..facing }, DRAWS[0]);
                assert!((0.92..1.08).contains(&value), "{stretch} along {along}, {step}, {angle}: {value}");
            }
        }
    }
}

#[test]
fn fibres_return_no_more_than_came_and_what_they_keep_is_not_seen_below() {
    // Their directions are drawn by the cosine alone, so the estimate is as noisy as that of metal and held as that is.
    let cloth = |roughness| Substance { sheen: Vec3::ONE, sheen_roughness: roughness, ..WHITE };
    let oiled = |roughness| Substance { metallic: 1.0, roughness: 0.8, ..cloth(roughness) };
    for (name, make) in [("cloth", &cloth as &dyn Fn(f32) -> Substance), ("oiled", &oiled)] {
        let all = extremes(name, make, [1.0, 1.5], [0.0, 1.005]);
        assert!(all.most <= 1.005, "{name}: {all:?}");
    }
}

/// Value without the cosine.
fn value(substance: &Substance, wo: Vec3, wi: Vec3, near: f32, far: f32) -> Vec3 {
    let turn = |v: Vec3| if wo.z < 0.0 { -v } else { v };
    let bsdf = Bsdf::new(substance, &facing(turn(wo), near, far), Microfacet::Single);
    bsdf.evaluate(turn(wi)).value / wi.z.abs()
}

fn some_directions() -> Vec<Vec3> {
    let direction = |sample| {
        let [u, v] = Sampler { key: 5, sample }.pair(0);
        let (sin, cos) = (std::f32::consts::TAU * v).sin_cos();
        let z = 0.05 + 0.95 * u;
        Vec3::new((1.0 - z * z).max(0.0).sqrt() * cos, (1.0 - z * z).max(0.0).sqrt() * sin, z)
    };
    (0..512).map(direction).collect()
}

#[test]
fn reflection_is_reciprocal() {
    // Multiple-scattering scale and coat look only at the viewer's side: documented exceptions.
    let metal = Substance { metallic: 1.0, base: Vec3::new(0.9, 0.6, 0.3), ..WHITE };
    let plain = Substance { base: Vec3::new(0.9, 0.6, 0.3), ..WHITE };
    for substance in [metal, plain] {
        for pair in some_directions().windows(2) {
            let there = value(&substance, pair[0], pair[1], 1.0, 1.5);
            let back = value(&substance, pair[1], pair[0], 1.0, 1.5);
            assert!(there.abs_diff_eq(back, 1e-4 * there.max_element()), "{there} {back}");
        }
    }
}

#[test]
fn refraction_is_reciprocal_up_to_the_squared_index() {
    let glass = Substance { transmission: 1.0, roughness: 0.6, ..WHITE };
    let mut compared = 0;
    for pair in some_directions().windows(2) {
        let (above, below) = (pair[0], -pair[1]);
        let down = value(&glass, above, below, 1.0, 1.5);
        let up = value(&glass, below, above, 1.5, 1.0);
        if down.x > 1e-6 {
            compared += 1;
            assert!((up.x / down.x / 2.25 - 1.0).abs() < 1e-3, "{down} {up}");
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn a_sharp_lobe_has_no_value_but_a_weight() {
    let mirror = Substance { metallic: 1.0, roughness: 0.0, ..WHITE };
    let wo = from_angle(20);
    let bsdf = Bsdf::new(&mirror, &facing(wo, 1.0, 1.0), Microfacet::Multi);
    assert!(bsdf.is_sharp());
    let scatter = bsdf.sample(0.5, [0.3, 0.3]).expect("a mirror always reflects");
    assert!(scatter.pdf.is_none() && scatter.weight.abs_diff_eq(Vec3::ONE, 1e-6));
    assert!(scatter.direction.abs_diff_eq(Vec3::new(-wo.x, 0.0, wo.z), 1e-6));
    assert_eq!(bsdf.evaluate(scatter.direction).pdf, 0.0);
}
