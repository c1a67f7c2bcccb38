//! Every sampler of the CPU reference against its own density: chi-square with Šidák's correction.

#[path = "samplers/statistics.rs"]
mod statistics;

use std::f64::consts::PI;
use std::sync::Arc;

use frame::Microfacet;
use glam::{Affine3A, Vec3};
use render_core::reference::bsdf::{Bsdf, Facing, Substance};
use render_core::reference::bvh::Face;
use render_core::reference::camera::disk;
use render_core::reference::light::Lights;
use render_core::reference::microfacet::Ggx;
use render_core::reference::surface::Place;
use render_core::scene::{Environment, EnvironmentMap, Instance, Light, LightKind, Material, Mesh, Scene};
use statistics::{check, direction_of, solid_angle, square_of};

/// Plain glossy dielectric.
const PLAIN: Substance = Substance { base: Vec3::new(0.8, 0.5, 0.2), ..Substance::PLAIN };

/// Directions to the viewer: cosines from nearly grazing to straight on.
const COSINES: [f32; 3] = [0.1, 0.55, 0.999];

fn from_cosine(mu: f32) -> Vec3 {
    let r = (1.0 - mu * mu).sqrt();
    Vec3::new(r * 0.6, r * 0.8, mu)
}

fn check_bsdf(name: &str, tests: u32, substance: &Substance, facing: &Facing) -> f64 {
    let bsdf = Bsdf::new(substance, facing, Microfacet::Multi);
    check(
        name,
        tests,
        |stream| {
            let scatter = bsdf.sample(stream.unit(), stream.pair())?;
            let all = bsdf.evaluate(scatter.direction);
            let pdf = scatter.pdf.expect("no lobe is sharp");
            assert!((pdf - all.pdf).abs() <= 1e-3 * pdf, "{name}: sample and evaluation disagree");
            Some(square_of(scatter.direction))
        },
        |place| f64::from(bsdf.evaluate(direction_of(place)).pdf) * solid_angle(place),
    )
}

fn facing(wo: Vec3) -> Facing {
    Facing { normal: Vec3::Z, coat_normal: Vec3::Z, along: Vec3::X, wo, near_index: 1.0, far_index: 1.5 }
}

#[test]
fn cosine_directions_follow_their_density() {
    let whole = check(
        "cosine",
        1,
        |stream| {
            let u = stream.pair();
            Some(square_of(disk(u).extend((1.0 - u[0]).sqrt())))
        },
        |place| f64::from(direction_of(place).z.max(0.0)) / PI * solid_angle(place),
    );
    assert!((whole - 1.0).abs() < 1e-3, "{whole}");
}

#[test]
fn lens_points_fill_the_disk_evenly() {
    // By polar place, in which an even disk is 2r.
    let whole = check(
        "disk",
        1,
        |stream| {
            let point = disk(stream.pair());
            let turns = f64::from(point.y).atan2(f64::from(point.x)) / (2.0 * PI);
            Some([turns - turns.floor(), f64::from(point.length())])
        },
        |[_, r]| 2.0 * r,
    );
    assert!((whole - 1.0).abs() < 1e-3);
}

#[test]
fn visible_normals_follow_their_density() {
    for alphas in [[0.15f32, 0.15], [0.4, 0.4], [1.0, 1.0], [0.8, 0.2], [0.15, 1.0]] {
        for mu in COSINES {
            let (ggx, wo) = (Ggx { alphas: alphas.into() }, from_cosine(mu));
            let density = |place| {
                let half = direction_of(place);
                if half.z > 0.0 { f64::from(ggx.visible_density(wo, half)) * solid_angle(place) } else { 0.0 }
            };
            let draw =
                |stream: &mut statistics::Stream| Some(square_of(ggx.sample_visible(wo, stream.pair())));
            let whole = check(&format!("GGX {alphas:?} from {mu}"), 15, draw, density);
            assert!((whole - 1.0).abs() < 1e-3, "GGX {alphas:?} from {mu}: {whole}");
        }
    }
}

#[test]
fn opaque_surfaces_follow_their_density() {
    let coated = Substance { coat: 0.7, coat_roughness: 0.4, ..PLAIN };
    let metal = Substance { metallic: 1.0, roughness: 0.45, ..PLAIN };
    let mixed = Substance { metallic: 0.4, roughness: 0.8, ..coated };
    let bodies = [("plain", PLAIN), ("coated", coated), ("metal", metal), ("mixed", mixed)];
    for (name, body) in bodies {
        for mu in COSINES {
            check_bsdf(&format!("{name} from {mu}"), 12, &body, &facing(from_cosine(mu)));
        }
    }
}

#[test]
fn cloth_leaves_and_brushed_metal_follow_their_density() {
    let cloth = Substance { sheen: Vec3::new(0.9, 0.5, 0.7), sheen_roughness: 0.5, ..PLAIN };
    let leaf = Substance { passing: 0.6, passing_color: Vec3::new(0.3, 0.9, 0.2), ..PLAIN };
    let brushed = Substance { metallic: 1.0, stretch: 0.8, roughness: 0.5, ..PLAIN };
    let all =
        Substance { metallic: 0.4, coat: 0.3, coat_roughness: 0.6, stretch: 0.5, passing: 0.4, ..cloth };
    for (name, body) in [("cloth", cloth), ("leaf", leaf), ("brushed", brushed), ("all", all)] {
        for mu in COSINES {
            let along = Vec3::new(0.6, -0.8, 0.0);
            check_bsdf(&format!("{name} from {mu}"), 12, &body, &Facing { along, ..facing(from_cosine(mu)) });
        }
    }
}

#[test]
fn a_coat_with_its_own_normal_follows_its_density() {
    let body = Substance { coat: 1.0, coat_roughness: 0.5, roughness: 0.6, ..PLAIN };
    let coat_normal = Vec3::new(0.2, -0.3, 0.9).normalize();
    for mu in [0.3, 0.6, 0.9] {
        let facing = Facing { coat_normal, ..facing(from_cosine(mu)) };
        check_bsdf(&format!("tilted coat from {mu}"), 3, &body, &facing);
    }
}

#[test]
fn rough_glass_follows_its_density_on_both_sides() {
    for sheet in [false, true] {
        for roughness in [0.5, 0.8] {
            let body = Substance { transmission: 1.0, sheet, roughness, ..PLAIN };
            for mu in COSINES {
                let outside = facing(from_cosine(mu));
                let inside = Facing { near_index: 1.5, far_index: 1.0, ..outside };
                for (side, facing) in [("outside", outside), ("inside", inside)] {
                    let name = format!("glass (sheet: {sheet}) {roughness} from {mu} {side}");
                    check_bsdf(&name, 24, &body, &facing);
                }
            }
        }
    }
}

#[test]
fn glass_under_everything_else_follows_its_density() {
    let body = Substance {
        transmission: 0.5,
        sheet: false,
        metallic: 0.3,
        roughness: 0.6,
        coat: 0.5,
        coat_roughness: 0.7,
        ..PLAIN
    };
    for mu in COSINES {
        check_bsdf(&format!("all lobes from {mu}"), 3, &body, &facing(from_cosine(mu)));
    }
}

fn sky() -> Environment {
    let (width, height) = (16, 10);
    let pixel = |index: u32| {
        let hash = index.wrapping_mul(2_654_435_761) >> 24;
        let sun = if index == 37 { 40.0 } else { 0.0 };
        Vec3::new(hash as f32 / 255.0, 0.2, 0.1 + sun)
    };
    let pixels = (0..width * height).map(pixel).collect();
    let map = EnvironmentMap { width, height, pixels };
    Environment { map: Some(Arc::new(map)), strength: Vec3::ONE, rotation: 0.7 }
}

#[test]
fn sky_directions_follow_their_density() {
    let scene = Scene { environment: sky(), ..Scene::default() };
    let lights = Lights::new(&scene);
    let turn = Affine3A::from_rotation_y(scene.environment.rotation);
    let whole = check(
        "sky",
        1,
        |stream| {
            let words = [stream.word(), stream.word()];
            let light = lights.sample(&scene, (Vec3::ZERO, 0.5), stream.word(), words)?;
            let (radiance, pdf) = lights.environment(light.direction);
            let drawn = light.pdf.expect("the sky can be hit");
            // Cells have steep borders: a direction may round into the next one, which must stay rare.
            if (pdf - drawn).abs() < 1e-3 * drawn {
                assert!((radiance / pdf).abs_diff_eq(light.radiance, 1e-2 * light.radiance.max_element()));
            }
            let d = turn.inverse().transform_vector3(light.direction);
            let u = 0.5 + f64::from(d.z).atan2(f64::from(d.x)) / (2.0 * PI);
            Some([u, f64::from(d.y).acos() / PI])
        },
        |[u, v]| {
            let ((sin, cos), (sin_phi, cos_phi)) = ((PI * v).sin_cos(), (2.0 * PI * (u - 0.5)).sin_cos());
            let d = Vec3::new((sin * cos_phi) as f32, cos as f32, (sin * sin_phi) as f32);
            f64::from(lights.environment(turn.transform_vector3(d)).1) * 2.0 * PI * PI * sin
        },
    );
    assert!((whole - 1.0).abs() < 1e-3, "{whole}");
}

/// Two lamps, a bulb and the sky.
fn lit_room() -> Scene {
    let lamp = |emissive| Material { emissive: Vec3::splat(emissive), ..Material::default() };
    let mesh = |material, x: f32| Mesh {
        positions: vec![Vec3::new(x, 0.0, 3.0), Vec3::new(x + 1.0, 0.5, 3.5), Vec3::new(x, 2.0, 2.5)],
        triangles: vec![[0, 2, 1]],
        material,
        ..Mesh::default()
    };
    let place = Affine3A::from_rotation_x(0.2);
    let instance = |mesh| Instance {
        mesh,
        world_from_object: place,
        world_from_object_before: place,
        sweep: None,
        object_id: 1,
    };
    let mut scene = Scene {
        meshes: vec![Arc::new(mesh(0, 0.0)), Arc::new(mesh(1, -2.0))],
        instances: vec![instance(0), instance(1)],
        materials: vec![lamp(4.0), lamp(1.0)],
        environment: Environment { map: None, strength: Vec3::splat(0.05), rotation: 0.0 },
        ..Scene::default()
    };
    scene.lights.push(Light {
        kind: LightKind::Point,
        color: Vec3::ONE,
        position: Vec3::Y,
        direction: Vec3::NEG_Y,
        size: 0.0,
        sweep: None,
    });
    scene
}

#[test]
fn points_on_a_lamp_follow_their_density() {
    let scene = lit_room();
    let lights = Lights::new(&scene);
    let eye = Vec3::new(0.3, 0.2, -0.4);
    for instance in 0..2 {
        let face = Face { instance, triangle: 0 };
        let corners =
            [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]].map(|[u, v]| Place::new(&scene, face, u, v, 0.5).position());
        let (e1, e2) = (corners[1] - corners[0], corners[2] - corners[0]);
        let twice = e1.cross(e2);
        let whole = check(
            &format!("lamp {instance}"),
            2,
            |stream| {
                let words = [stream.word(), stream.word()];
                let light = lights.sample(&scene, (eye, 0.5), stream.word(), words)?;
                light.pdf?;
                let to = eye + light.direction * light.distance - corners[0];
                let [v, u] = [e1.cross(to).dot(twice), to.cross(e2).dot(twice)]
                    .map(|value| f64::from(value / twice.length_squared()));
                let on_lamp = light.distance.is_finite() && (to.dot(twice) / twice.length()).abs() < 1e-4;
                (on_lamp && u > -1e-4 && v > -1e-4 && u + v < 1.0001)
                    .then(|| [((1.0 - u) * (1.0 - u)).clamp(0.0, 1.0), (v / (1.0 - u)).clamp(0.0, 1.0)])
            },
            |[u0, u1]| {
                let root = u0.sqrt();
                let place = Place::new(&scene, face, (1.0 - root) as f32, (u1 * root) as f32, 0.5);
                let to = place.position() - eye;
                let cos = to.normalize().dot(place.geometric());
                let pdf = lights.pdf_of_triangle(&place, &scene, to.length_squared(), cos);
                f64::from(pdf * cos.abs() / to.length_squared() * 0.5 * twice.length())
            },
        );
        // What is left goes to the other lamp, the bulb and the sky.
        let wanted = (1.0 - f64::from(lights.table.p_env)) * share(&lights, instance);
        assert!((whole - wanted).abs() < 1e-3, "{whole} {wanted}");
    }
}

fn share(lights: &Lights, index: u32) -> f64 {
    lights.table.alias.as_ref().expect("there are lamps").probability(index)
}

#[test]
fn every_light_has_its_share_of_draws() {
    let scene = lit_room();
    let lights = Lights::new(&scene);
    let mut stream = statistics::Stream::new(9);
    let (mut sky, mut bulb) = (0.0, 0.0);
    let draws = 200_000;
    for _ in 0..draws {
        let words = [stream.word(), stream.word()];
        match lights.sample(&scene, (Vec3::ZERO, 0.5), stream.word(), words) {
            Some(light) if light.pdf.is_none() => bulb += 1.0,
            Some(light) if light.distance.is_infinite() => sky += 1.0,
            _ => {}
        }
    }
    let p_env = f64::from(lights.table.p_env);
    let wanted = [p_env, (1.0 - p_env) * share(&lights, 2)];
    for (seen, wanted) in [sky, bulb].into_iter().zip(wanted) {
        let sigma = (wanted * (1.0 - wanted) / f64::from(draws)).sqrt();
        assert!((seen / f64::from(draws) - wanted).abs() < 4.0 * sigma, "{seen} {wanted}");
    }
}
