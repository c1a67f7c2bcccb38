//! Energy and symmetry of the BSDF: white furnace, reciprocity, and what the lobes add up to.

use frame::Microfacet;
use glam::Vec3;
use render_core::reference::bsdf::{Bsdf, Facing, Substance};
use render_core::reference::sampler::Sampler;

/// Angles of view, evenly from head on to grazing.
const ANGLES: u32 = 32;

/// Steps of roughness from 0 to 1.
const ROUGHNESSES: u32 = 10;

/// Directions per albedo.
const DRAWS: u32 = 4096;

const WHITE: Substance = Substance {
    base: Vec3::ONE,
    metallic: 0.0,
    roughness: 0.5,
    transmission: 0.0,
    sheet: false,
    ior: 1.5,
    specular: 1.0,
    specular_color: Vec3::ONE,
    coat: 0.0,
    coat_roughness: 0.0,
};

fn from_angle(index: u32) -> Vec3 {
    let theta = (index as f32 + 0.5) / ANGLES as f32 * std::f32::consts::FRAC_PI_2;
    Vec3::new(theta.sin(), 0.0, theta.cos())
}

fn facing(wo: Vec3, near_index: f32, far_index: f32) -> Facing {
    Facing { normal: Vec3::Z, coat_normal: Vec3::Z, wo, near_index, far_index }
}

/// Share of light that comes back from or through the surface. Refracted radiance is scaled by 1/η², energy is not.
fn albedo(substance: &Substance, facing: &Facing) -> f32 {
    let bsdf = Bsdf::new(substance, facing, Microfacet::Multi);
    // A lattice of three dimensions: much more even than independent numbers.
    let lattice = |draw: u32, step: f64| (f64::from(draw) * step + 0.5).fract() as f32;
    let mean = |draw| {
        let u = [lattice(draw, 0.671_043_606_703_789), lattice(draw, 0.549_700_477_901_970)];
        let scatter = bsdf.sample(lattice(draw, 0.819_172_513_396_164), u);
        scatter.map_or(0.0, |scatter| scatter.weight.y * scatter.spread)
    };
    (0..DRAWS).map(mean).sum::<f32>() / DRAWS as f32
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

/// Albedo over all roughnesses: up to 84° from head on, and beyond, where tables are read between coarser nodes than
/// the shadowing of nearly smooth surfaces deserves.
fn extremes(make: impl Fn(f32) -> Substance, near: f32, far: f32) -> [Extremes; 2] {
    let mut found = [Extremes::NONE, Extremes::NONE];
    for step in 0..=ROUGHNESSES {
        let roughness = step as f32 / ROUGHNESSES as f32;
        for angle in 0..ANGLES {
            let value = albedo(&make(roughness), &facing(from_angle(angle), near, far));
            found[usize::from(angle >= ANGLES - 2)].add(value, (roughness, angle));
        }
    }
    found
}

#[test]
fn white_metal_returns_all_light() {
    let [all, grazing] = extremes(|roughness| Substance { metallic: 1.0, roughness, ..WHITE }, 1.0, 1.0);
    assert!(all.least > 0.99 && all.most < 1.005, "{all:?}");
    assert!(grazing.least > 0.99 && grazing.most < 1.01, "{grazing:?}");
}

#[test]
fn white_glass_returns_all_light_from_outside_and_inside() {
    for (near, far) in [(1.0, 1.5), (1.5, 1.0), (1.0, 1.2), (1.8, 1.0)] {
        let [all, grazing] =
            extremes(|roughness| Substance { transmission: 1.0, roughness, ..WHITE }, near, far);
        // Between its 16 nodes the table is off by up to 1.2 % where total reflection begins.
        assert!(all.least > 0.99 && all.most < 1.015, "{near} to {far}: {all:?}");
        assert!(grazing.least > 0.98 && grazing.most < 1.015, "{near} to {far}, grazing: {grazing:?}");
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
    let layers: [(&str, &dyn Fn(f32) -> Substance); 6] = [
        ("plain", &plain),
        ("strong", &strong),
        ("coat", &coat),
        ("rough coat", &rough_coat),
        ("coated metal", &coated_metal),
        ("pane", &pane),
    ];
    for (name, make) in layers {
        let [all, grazing] = extremes(make, 1.0, 1.5);
        eprintln!("{name}: {all:?}, grazing {grazing:?}");
        // 1.002 but for a rough coat near grazing, where the two tables' errors add up.
        assert!(all.most < 1.004, "{name}: {all:?}");
        assert!(grazing.most < 1.01, "{name}, grazing: {grazing:?}");
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
