//! Scenes whose light is known in closed form, traced by the CPU reference.

use std::sync::Arc;

use frame::{Filter, FrameIndex, FrameSize, Microfacet, Plane, RenderSettings, SettingsDraft, TileRect};
use glam::{Affine3A, Vec3};
use render_core::reference::Reference;
use render_core::scene::{Camera, Instance, Light, LightKind, Material, Medium, Mesh, Projection, Scene};

const SIZE: u32 = 8;

fn matte(albedo: f32) -> Material {
    Material { base_color: Vec3::splat(albedo), specular: 0.0, ..Material::default() }
}

fn put(scene: &mut Scene, mesh: Mesh, material: Material) {
    let (place, index) = (Affine3A::IDENTITY, scene.meshes.len() as u32);
    let material_index = scene.materials.len() as u32;
    scene.materials.push(material);
    scene.meshes.push(Arc::new(Mesh { material: material_index, ..mesh }));
    scene.instances.push(Instance {
        mesh: index,
        world_from_object: place,
        world_from_object_before: place,
        sweep: None,
        object_id: index + 1,
    });
}

/// A square of the given half side at height y, facing up, or down when `side` is negative.
fn floor(y: f32, half: f32) -> Mesh {
    let corner = |x: f32, z: f32| Vec3::new(x * half, y, z * half);
    Mesh {
        positions: vec![corner(-1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 1.0), corner(1.0, -1.0)],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        ..Mesh::default()
    }
}

fn turned_down(mut mesh: Mesh) -> Mesh {
    mesh.triangles.iter_mut().for_each(|corners| corners.swap(1, 2));
    mesh
}

/// A unit sphere with smooth normals when asked.
fn sphere(rings: u32, smooth: bool) -> Mesh {
    let columns = 2 * rings;
    let mut mesh = Mesh::default();
    for ring in 0..=rings {
        let theta = std::f32::consts::PI * ring as f32 / rings as f32;
        for column in 0..=columns {
            let phi = std::f32::consts::PI * (column % columns) as f32 / rings as f32;
            let edge = if ring == 0 || ring == rings { 0.0 } else { theta.sin() };
            mesh.positions.push(Vec3::new(edge * phi.cos(), theta.cos(), edge * phi.sin()));
        }
    }
    let at = |ring: u32, column: u32| ring * (columns + 1) + column;
    for ring in 0..rings {
        for column in 0..columns {
            let [a, b] = [at(ring, column), at(ring, column + 1)];
            let [c, d] = [at(ring + 1, column + 1), at(ring + 1, column)];
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    if smooth {
        mesh.normals.clone_from(&mesh.positions);
    }
    mesh
}

/// Looks at the origin, narrowly.
fn eye(from: Vec3) -> Camera {
    let up = if from.x.abs() + from.z.abs() < 1e-3 { Vec3::Z } else { Vec3::Y };
    let back = from.normalize();
    let right = up.cross(back).normalize();
    Camera {
        world_from_camera: Affine3A::from_mat3_translation(
            glam::Mat3::from_cols(right, back.cross(right), back),
            from,
        ),
        projection: Projection::Perspective { fov_y: 0.02 },
        ..Camera::default()
    }
}

/// Mean radiance over a small picture.
fn radiance(scene: &Scene, spp: u32, max_bounces: u32) -> Vec3 {
    scene.check().expect("test scenes are whole");
    let size = FrameSize::new(SIZE, SIZE).expect("in range");
    let draft = SettingsDraft {
        spp,
        max_bounces,
        filter: Filter::Box,
        microfacet: Microfacet::Multi,
        clamp_indirect: 0.0,
        ..SettingsDraft::defaults(size)
    };
    let settings = RenderSettings::new(draft).expect("valid");
    let rect = TileRect { x: 0, y: 0, width: SIZE, height: SIZE };
    let blocks = frame::BlockRange::all(spp);
    let partials = Reference::new(scene).render(rect, &settings, FrameIndex(0), blocks);
    let sums = partials[0].planes.plane(Plane::Radiance).expect("always there");
    let count = f64::from(SIZE * SIZE * spp);
    Vec3::from([0, 1, 2].map(|channel| {
        (sums.iter().skip(channel).step_by(3).map(|&value| f64::from(value)).sum::<f64>() / count) as f32
    }))
}

fn assert_near(seen: Vec3, wanted: Vec3, tolerance: f32) {
    assert!(
        seen.abs_diff_eq(wanted, tolerance * wanted.max_element()),
        "seen {seen}, wanted {wanted} within {tolerance}"
    );
}

#[test]
fn a_convex_white_body_under_an_even_sky_cannot_be_seen() {
    let mut scene = Scene { camera: eye(Vec3::new(3.0, 1.0, 2.0)), ..Scene::default() };
    scene.environment.strength = Vec3::ONE;
    put(&mut scene, sphere(16, false), matte(1.0));
    assert_near(radiance(&scene, 64, 8), Vec3::ONE, 2e-3);
}

#[test]
fn a_closed_white_box_of_light_stays_at_one() {
    // Emission 1 - ρ and albedo ρ = 1/2: radiance 1 from everywhere.
    let mut scene = Scene { camera: eye(Vec3::new(0.4, 0.1, 0.2)), ..Scene::default() };
    let walls = Material { emissive: Vec3::splat(0.5), double_sided: true, ..matte(0.5) };
    put(&mut scene, sphere(12, false), walls);
    assert_near(radiance(&scene, 256, 64), Vec3::ONE, 2e-3);
}

#[test]
fn an_integrating_sphere_multiplies_its_light() {
    let mut scene = Scene { camera: eye(Vec3::new(0.1, -0.2, 0.3)), ..Scene::default() };
    let albedo = Vec3::new(0.2, 0.5, 0.8);
    let walls = Material { base_color: albedo, emissive: Vec3::splat(0.1), double_sided: true, ..matte(0.5) };
    put(&mut scene, sphere(12, false), walls);
    assert_near(radiance(&scene, 512, 128), 0.1 / (Vec3::ONE - albedo), 4e-3);
}

#[test]
fn pi_lux_on_a_white_plane_is_one() {
    let mut scene = Scene { camera: eye(Vec3::new(1.0, 2.0, 0.5)), ..Scene::default() };
    put(&mut scene, floor(0.0, 4.0), matte(1.0));
    scene.lights.push(Light {
        kind: LightKind::Directional,
        color: Vec3::splat(std::f32::consts::PI),
        position: Vec3::ZERO,
        direction: Vec3::NEG_Y,
        size: 0.0,
        sweep: None,
    });
    assert_near(radiance(&scene, 16, 4), Vec3::ONE, 1e-4);
}

#[test]
fn a_candela_falls_with_the_square_and_a_spot_with_its_cone() {
    let mut scene = Scene { camera: eye(Vec3::new(1.0, 2.0, 0.5)), ..Scene::default() };
    put(&mut scene, floor(0.0, 4.0), matte(1.0));
    let lamp = |kind| Light {
        kind,
        color: Vec3::splat(std::f32::consts::PI * 4.0),
        position: Vec3::new(0.0, 2.0, 0.0),
        direction: Vec3::NEG_Y,
        size: 0.0,
        sweep: None,
    };
    scene.lights.push(lamp(LightKind::Point));
    assert_near(radiance(&scene, 16, 4), Vec3::ONE, 1e-3);
    let aside = Vec3::new(0.5, -3f32.sqrt() / 2.0, 0.0);
    let kind = LightKind::Spot { cos_inner: 1.0, cos_outer: 0.75f32.sqrt() - 0.1 };
    scene.lights[0] = Light { direction: aside, ..lamp(kind) };
    // The middle of the cone passes 30° beside the spot's foot: a = 0.1 / (0.1 + 1 - cos 30°), squared.
    let falloff = (0.1f32 / (0.1 + 1.0 - 0.75f32.sqrt())).powi(2);
    assert_near(radiance(&scene, 16, 4), Vec3::splat(falloff), 5e-3);
}

/// What a floor of albedo 0.5 sends back 1 below the middle of a square of side 1 and radiance 5: four quarter squares of side 0.5 at distance 1
/// (Siegel & Howell, configuration C-1, A = B = 0.5).
fn below_a_square() -> Vec3 {
    let a = 0.5f64;
    let root = (1.0 + a * a).sqrt();
    let factor = 4.0 * (a / root * (a / root).atan() * 2.0) / (2.0 * std::f64::consts::PI);
    Vec3::splat((0.5 * 5.0 * factor) as f32)
}

#[test]
fn a_square_lamp_lights_by_its_form_factor() {
    let mut scene = Scene { camera: eye(Vec3::new(1.5, 1.0, 0.5)), ..Scene::default() };
    put(&mut scene, floor(0.0, 4.0), matte(0.5));
    let lamp = Material { emissive: Vec3::splat(5.0), ..matte(0.0) };
    put(&mut scene, turned_down(floor(1.0, 0.5)), lamp);
    assert_near(radiance(&scene, 1024, 4), below_a_square(), 5e-3);
}

#[test]
fn a_square_that_is_a_lamp_lights_by_its_form_factor_and_is_looked_through() {
    let mut scene = Scene { camera: eye(Vec3::new(0.1, 3.0, 0.1)), ..Scene::default() };
    put(&mut scene, floor(0.0, 4.0), matte(0.5));
    let lamp = Material { lamp: true, emissive: Vec3::splat(5.0), ..matte(0.9) };
    put(&mut scene, turned_down(floor(1.0, 0.5)), lamp);
    assert_near(radiance(&scene, 1024, 4), below_a_square(), 5e-3);
}

#[test]
fn a_lamp_takes_no_light_from_a_closed_room() {
    // What the walls give back is their share of the lamp's light, again and again, though a quarter of their light crosses the lamp.
    let mut scene = Scene { camera: eye(Vec3::new(0.9, 0.1, 0.1)), ..Scene::default() };
    let albedo = Vec3::new(0.2, 0.5, 0.8);
    put(&mut scene, sphere(16, false), Material { base_color: albedo, ..matte(0.5) });
    let mut bulb = sphere(16, false);
    bulb.positions.iter_mut().for_each(|corner| *corner *= 0.5);
    put(&mut scene, bulb, Material { lamp: true, emissive: Vec3::ONE, ..matte(0.9) });
    // Walls and bulb have the same shape, so their areas are as 4 to 1.
    assert_near(radiance(&scene, 512, 128), albedo / (Vec3::ONE - albedo) / 4.0, 0.015);
}

#[test]
fn a_slab_darkens_by_beer_and_lambert() {
    // Index 1, so that nothing is reflected or bent: straight through 0.5 m.
    let mut scene = Scene { camera: eye(Vec3::new(0.0, 3.0, 0.0)), ..Scene::default() };
    scene.environment.strength = Vec3::ONE;
    let color = Vec3::new(0.9, 0.5, 0.0);
    let glass = Material {
        transmission: 1.0,
        ior: 1.0,
        roughness: 0.0,
        medium: Some(Medium { attenuation_color: color, attenuation_distance: 0.25 }),
        ..Material::default()
    };
    let mut slab = floor(0.25, 4.0);
    let below = turned_down(floor(-0.25, 4.0));
    slab.positions.extend(below.positions);
    slab.triangles.extend(below.triangles.iter().map(|corners| corners.map(|corner| corner + 4)));
    put(&mut scene, slab, glass);
    assert_near(radiance(&scene, 16, 8), color * color, 2e-3);
}

#[test]
fn a_clear_pane_passes_what_it_does_not_reflect() {
    // Black sky below the pane, bright above: what comes back is Fresnel's share of a thin wall, 2F/(1 + F).
    let mut scene = Scene { camera: eye(Vec3::new(0.0, 3.0, 0.0)), ..Scene::default() };
    scene.environment.strength = Vec3::ONE;
    let glass = Material { transmission: 1.0, roughness: 0.0, ..Material::default() };
    put(&mut scene, floor(0.0, 4.0), glass);
    put(&mut scene, floor(-1.0, 40.0), matte(0.0));
    let fresnel = 0.04;
    assert_near(radiance(&scene, 256, 8), Vec3::splat(2.0 * fresnel / (1.0 + fresnel)), 0.05);
}

#[test]
fn sharp_glass_in_an_even_sky_cannot_be_seen() {
    let mut scene = Scene { camera: eye(Vec3::new(0.3, 0.5, 2.5)), ..Scene::default() };
    scene.environment.strength = Vec3::ONE;
    let clear = Medium { attenuation_color: Vec3::ONE, attenuation_distance: f32::INFINITY };
    let glass = Material { transmission: 1.0, roughness: 0.0, medium: Some(clear), ..Material::default() };
    put(&mut scene, sphere(16, false), glass);
    assert_near(radiance(&scene, 256, 128), Vec3::ONE, 4e-3);
}

#[test]
fn samples_do_not_depend_on_how_work_is_cut() {
    let mut scene = Scene { camera: eye(Vec3::new(3.0, 1.0, 2.0)), ..Scene::default() };
    scene.environment.strength = Vec3::ONE;
    put(&mut scene, sphere(8, true), Material { roughness: 0.3, ..Material::default() });
    let reference = Reference::new(&scene);
    let size = FrameSize::new(SIZE, SIZE).expect("in range");
    let settings = RenderSettings::new(SettingsDraft { spp: 40, ..SettingsDraft::defaults(size) });
    let settings = settings.expect("valid");
    let rect = TileRect { x: 2, y: 3, width: 3, height: 2 };
    let render =
        |first, count| reference.render(rect, &settings, FrameIndex(3), frame::BlockRange { first, count });
    let whole = render(0, 3);
    let (mut left, right) = (render(0, 2), render(2, 1));
    left[0].planes.add_right(&right[0].planes);
    assert_eq!(whole[0].planes.to_bytes(), left[0].planes.to_bytes());
}
