use std::sync::Arc;

use glam::{Affine3A, Mat3A};

use super::*;
use crate::scene::{Environment, EnvironmentMap, Instance, Mesh, Texture, TextureRef, Wrap};

fn quad(material: u32) -> Mesh {
    Mesh {
        positions: vec![Vec3::ZERO, Vec3::X, Vec3::X + Vec3::Y, Vec3::Y],
        triangles: vec![[0, 1, 2], [0, 2, 3], [0, 0, 1]],
        material,
        ..Mesh::default()
    }
}

fn instance(mesh: u32, world_from_object: Affine3A) -> Instance {
    Instance {
        mesh,
        world_from_object,
        world_from_object_before: world_from_object,
        sweep: None,
        object_id: 1,
    }
}

fn point(color: Vec3) -> Light {
    Light { kind: LightKind::Point, color, position: Vec3::ZERO, direction: Vec3::Y, size: 0.0, sweep: None }
}

fn lit_scene() -> Scene {
    let lamp = Material { emissive: Vec3::splat(2.0), ..Material::default() };
    let both = Material { double_sided: true, ..lamp.clone() };
    Scene {
        meshes: vec![Arc::new(quad(0)), Arc::new(quad(1)), Arc::new(quad(2))],
        materials: vec![Material::default(), lamp, both],
        instances: vec![
            instance(0, Affine3A::IDENTITY),
            instance(1, Affine3A::from_scale(Vec3::splat(2.0))),
            instance(2, Affine3A::IDENTITY),
        ],
        lights: vec![point(Vec3::ZERO), point(Vec3::ONE)],
        ..Scene::default()
    }
}

#[test]
fn lights_without_area_or_power_are_left_out() {
    let table = LightTable::build(&lit_scene());
    let triangle = |instance, triangle| LightEntry::Triangle { instance, triangle };
    let wanted =
        [triangle(1, 0), triangle(1, 1), triangle(2, 0), triangle(2, 1), LightEntry::Punctual { light: 1 }];
    assert_eq!(table.entries, wanted);
    assert_eq!(table.p_env, 0.0);
    assert!(table.environment.is_none());
}

#[test]
fn a_light_is_drawn_by_its_power() {
    let table = LightTable::build(&lit_scene());
    let alias = table.alias.expect("there are lights");
    // In units of π: 2 radiance x 4 m² single-sided, 2 x 1 m² double-sided, 4 for the candela.
    for (index, share) in [4.0, 4.0, 2.0, 2.0, 4.0].into_iter().enumerate() {
        assert!((alias.probability(index as u32) - share / 16.0).abs() < 1e-6, "light {index}");
    }
    assert!((table.weights_total - 16.0 * PI).abs() < 1e-4);
}

#[test]
fn emission_is_the_textures_linear_mean() {
    let mut scene = lit_scene();
    scene.textures.push(Arc::new(Texture {
        width: 2,
        height: 1,
        srgb: true,
        texels: vec![[255, 0, 188, 255], [0, 0, 188, 255]],
    }));
    scene.materials[1].emissive_texture = Some(TextureRef {
        texture: 0,
        uv_set: 0,
        uv_transform: Mat3A::IDENTITY,
        wrap: [Wrap::Repeat; 2],
        nearest: false,
    });
    let mean = mean_emission(&scene.materials[1], &scene);
    assert!(mean.abs_diff_eq(Vec3::new(1.0, 0.0, 2.0 * 0.502_886), 1e-4), "{mean}");
}

#[test]
fn a_small_sun_is_found_in_a_large_map() {
    let (width, height) = (1025, 700);
    let mut pixels = vec![Vec3::splat(0.1); width * height];
    pixels[100 * width + 7] = Vec3::splat(5e4);
    let map = EnvironmentMap { width: width as u32, height: height as u32, pixels };
    let environment = Environment { map: Some(Arc::new(map)), strength: Vec3::ONE, rotation: 0.0 };
    let table = EnvironmentTable::build(&environment).expect("not black");
    let cells = table.pdf_uv.len();
    assert_eq!(cells, (table.columns * table.rows) as usize);
    assert!(cells <= 1 << 18);
    let mean = table.pdf_uv.iter().map(|&pdf| f64::from(pdf)).sum::<f64>() / cells as f64;
    assert!((mean - 1.0).abs() < 1e-5, "{mean}");
    let row = (100.5 / height as f64 * f64::from(table.rows)) as u32;
    let column = (7.5 / width as f64 * f64::from(table.columns)) as u32;
    let brightest = (0..cells).max_by(|&a, &b| table.pdf_uv[a].total_cmp(&table.pdf_uv[b]));
    assert_eq!(brightest, Some((row * table.columns + column) as usize));
}

#[test]
fn a_constant_sky_is_drawn_by_solid_angle() {
    let environment = Environment { map: None, strength: Vec3::new(0.5, 1.0, 2.0), rotation: 0.0 };
    let table = EnvironmentTable::build(&environment).expect("not black");
    assert_eq!((table.columns, table.rows), (64, 32));
    assert!((table.luminance_mean() - 0.9659).abs() < 1e-4);
    for (index, &pdf) in table.pdf_uv.iter().enumerate() {
        let row = index as f64 / 64.0;
        let sin = (std::f64::consts::PI * (row.floor() + 0.5) / 32.0).sin();
        let wanted = sin * std::f64::consts::FRAC_PI_2;
        assert!((f64::from(pdf) / wanted - 1.0).abs() < 1e-3, "cell {index}");
    }
}

#[test]
fn a_black_sky_is_no_light_and_a_lone_one_gets_all() {
    let mut scene = lit_scene();
    scene.environment.strength = Vec3::splat(1e-6);
    assert_eq!(LightTable::build(&scene).p_env, 0.1);
    scene.environment.strength = Vec3::splat(1e6);
    assert_eq!(LightTable::build(&scene).p_env, 0.9);
    scene.instances.clear();
    scene.lights.clear();
    assert_eq!(LightTable::build(&scene).p_env, 1.0);
    scene.environment.strength = Vec3::ZERO;
    assert_eq!(LightTable::build(&scene).p_env, 0.0);
}
