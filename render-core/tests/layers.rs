//! What the data layers mean: motion is the projected difference, mattes count samples, mirrors and glass show what is seen in them.
//!
//! Every fact is held against the CPU reference and, where an adapter can be opened, against the GPU.

#[path = "made/aloud.rs"]
mod aloud;
#[path = "made/both.rs"]
mod both;
#[path = "made/scene_file.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod scene_file;

use std::sync::Arc;

use aloud::say_aloud;
use both::{plane, sums};
use frame::ranks::{self, RANK_VALUES, RANKS};
use frame::{
    BlockRange, Film, Filter, Flow, FrameIndex, FrameSize, Plane, PlaneSet, RenderSettings, SettingsDraft,
    TileGrid, TileIndex, TileOrder, TilePlanes, TileRenderer,
};
use glam::{Affine3A, Quat, Vec2, Vec3};
use render_core::import::{Document, EnvironmentChoice, ImportOptions};
use render_core::scene::{Camera, Environment, Instance, Material, Medium, Mesh, Projection, Scene};
use render_core::{GpuRenderer, RendererOptions, pack};
use scene_file::SceneFile;
use serde_json::json;

fn settings(width: u32, height: u32, spp: u32) -> RenderSettings {
    let size = FrameSize::new(width, height).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let draft = SettingsDraft { spp, filter: Filter::Box, planes, ..SettingsDraft::defaults(size) };
    RenderSettings::new(draft).expect("valid")
}

/// A file with one triangle before a camera, whose node 0 shows it and whose animation runs for a second.
fn film_set() -> SceneFile {
    let mut file = SceneFile::triangle();
    file.push("cameras", json!({ "type": "perspective", "perspective": { "yfov": 1.0, "znear": 0.1 } }));
    file.json["nodes"] = json!([
        { "mesh": 0 },
        { "camera": 0, "translation": [0.4, 0.4, 1.5] },
        { "name": "joint" },
    ]);
    file.json["scenes"] = json!([{ "nodes": [0, 1, 2] }]);
    file.json["animations"] = json!([{ "channels": [], "samplers": [] }]);
    file
}

/// Moves a node or its weights evenly from `from` to `to` within a second.
fn animate(file: &mut SceneFile, node: usize, path: &str, kind: &str, from: &[f32], to: &[f32]) {
    let input = file.add_floats("SCALAR", &[0.0, 1.0]);
    let output = file.add_floats(kind, &[from, to].concat());
    // glTF wants the bounds of times.
    file.json["accessors"][input]["min"] = json!([0.0]);
    file.json["accessors"][input]["max"] = json!([1.0]);
    let animation = &mut file.json["animations"][0];
    let samplers = animation["samplers"].as_array_mut().expect("a list");
    samplers.push(json!({ "input": input, "output": output }));
    let sampler = samplers.len() - 1;
    let channel = json!({ "sampler": sampler, "target": { "node": node, "path": path } });
    animation["channels"].as_array_mut().expect("a list").push(channel);
}

const NOW_S: f32 = 0.5;
const FRAME_S: f32 = 0.1;
/// What corner 1 does in the morphing scenes, metres a second.
const STRETCH: Vec3 = Vec3::new(0.4, 0.0, 0.6);

fn morph(file: &mut SceneFile) {
    let offsets = [Vec3::ZERO, STRETCH, Vec3::ZERO].map(|v| v.to_array()).concat();
    let target = file.add_floats("VEC3", &offsets);
    file.json["meshes"][0]["primitives"][0]["targets"] = json!([{ "POSITION": target }]);
    animate(file, 0, "weights", "SCALAR", &[0.0], &[1.0]);
}

fn skin(file: &mut SceneFile) {
    let joints = file.add_accessor("VEC4", 5121, 3, &[0; 12]);
    let weights = file.add_floats("VEC4", &[1.0, 0.0, 0.0, 0.0].repeat(3));
    let attributes = &mut file.json["meshes"][0]["primitives"][0]["attributes"];
    attributes["JOINTS_0"] = json!(joints);
    attributes["WEIGHTS_0"] = json!(weights);
    file.json["skins"] = json!([{ "joints": [2] }]);
    file.json["nodes"][0]["skin"] = json!(0);
}

/// Pixel position of a point for a camera that looks along -z from `eye`.
fn projected(settings: &RenderSettings, eye: Vec3, point: Vec3) -> Vec2 {
    let (width, height) = (settings.size.width() as f32, settings.size.height() as f32);
    let local = point - eye;
    let pixels_per_unit = 0.5 * height / (0.5_f32).tan() / -local.z;
    Vec2::new(0.5 * width + local.x * pixels_per_unit, 0.5 * height - local.y * pixels_per_unit)
}

/// Holds the motion of every pixel that was hit against the projections of where its point is and was.
fn assert_motion(name: &str, file: &SceneFile, before: impl Fn(Vec3) -> Vec3, eye_per_s: Vec3) {
    let options = ImportOptions { environment: EnvironmentChoice::None, ..ImportOptions::default() };
    let document = Document::open_bytes(&file.glb(), &options).expect("imports");
    let scene = document.scene_at(NOW_S, FRAME_S).expect("the instant exists");
    let settings = settings(64, 48, 1);
    let eye_at = |seconds: f32| Vec3::new(0.4, 0.4, 1.5) + eye_per_s * seconds;
    for (program, planes) in sums(&scene, settings) {
        let (positions, motions) = (plane(&planes, Plane::Position), plane(&planes, Plane::Motion));
        let mut longest = 0.0_f32;
        let mut seen = 0;
        for (pixel, &hit) in plane(&planes, Plane::Hits).iter().enumerate() {
            let motion = Vec2::from_slice(&motions[2 * pixel..]);
            if hit == 0.0 {
                assert_eq!(motion, Vec2::ZERO, "{name} on the {program}, nothing at pixel {pixel}");
                continue;
            }
            let position = Vec3::from_slice(&positions[3 * pixel..]);
            let expected = projected(&settings, eye_at(NOW_S), position)
                - projected(&settings, eye_at(NOW_S - FRAME_S), before(position));
            let off = motion.distance(expected);
            assert!(off < 2e-3, "{name} on the {program}: {motion} px at pixel {pixel}, not {expected}");
            longest = longest.max(motion.length());
            seen += 1;
        }
        assert!(seen > 200, "{name} on the {program}: only {seen} pixels show it");
        assert!(longest > 1.0, "{name} on the {program}: at most {longest} px");
    }
}

#[test]
fn motion_of_a_morphing_mesh_is_its_projected_difference() {
    let mut file = film_set();
    morph(&mut file);
    let before = |p: Vec3| p - STRETCH * (FRAME_S * p.x / (1.0 + STRETCH.x * NOW_S));
    assert_motion("morph", &file, before, Vec3::ZERO);
}

#[test]
fn motion_of_a_skinned_mesh_is_its_projected_difference() {
    let mut file = film_set();
    skin(&mut file);
    let speed = Vec3::new(0.5, 0.2, -0.4);
    animate(&mut file, 2, "translation", "VEC3", &[0.0; 3], &speed.to_array());
    assert_motion("skin", &file, |p| p - speed * FRAME_S, Vec3::ZERO);
}

#[test]
fn motion_of_a_morphing_mesh_on_a_moving_node_under_a_moving_camera_adds_up() {
    let mut file = film_set();
    morph(&mut file);
    let (speed, eye_speed) = (Vec3::new(-0.3, 0.3, 0.2), Vec3::new(0.2, 0.0, 0.1));
    animate(&mut file, 0, "translation", "VEC3", &[0.0; 3], &speed.to_array());
    let eye = Vec3::new(0.4, 0.4, 1.5);
    animate(&mut file, 1, "translation", "VEC3", &eye.to_array(), &(eye + eye_speed).to_array());
    let before = |p: Vec3| {
        let own = p - speed * NOW_S;
        own - STRETCH * (FRAME_S * own.x / (1.0 + STRETCH.x * NOW_S)) + speed * (NOW_S - FRAME_S)
    };
    assert_motion("all three", &file, before, eye_speed);
}

#[test]
fn meshes_remember_their_corners_only_when_motion_is_wanted_and_there() {
    let mut file = film_set();
    morph(&mut file);
    let corners = |options: &ImportOptions, frame_s: f32| {
        let document = Document::open_bytes(&file.glb(), options).expect("imports");
        let scene = document.scene_at(NOW_S, frame_s).expect("the instant exists");
        let words = pack(&scene).expect("packs").attributes.len();
        (scene.meshes[0].positions_before.len(), words)
    };
    let wanted = ImportOptions::default();
    let unwanted = ImportOptions { corner_motion: false, ..ImportOptions::default() };
    let (with, without) = (corners(&wanted, FRAME_S), corners(&unwanted, FRAME_S));
    assert_eq!((with.0, without.0), (3, 0));
    assert_eq!(with.1 - without.1, 9, "three corners of three numbers, which the memory estimate counts");
    assert_eq!(corners(&wanted, 0.0), without);
}

#[test]
fn an_object_without_a_name_has_its_meshs() {
    let mut file = film_set();
    file.json["nodes"][2] = json!({ "name": "neck", "mesh": 0 });
    let document = Document::open_bytes(&file.glb(), &ImportOptions::default()).expect("imports");
    let scene = document.scene_at(0.0, 0.0).expect("the instant exists");
    assert_eq!(scene.object_names, ["Bottle", "neck"]);
}

fn square(centre: Vec3, half: f32, turn: Quat) -> Mesh {
    let corner = |x: f32, y: f32| centre + turn * Vec3::new(x * half, y * half, 0.0);
    Mesh {
        positions: vec![corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        ..Mesh::default()
    }
}

/// Objects before an orthographic camera at z = 10 that sees two metres of height.
fn scene_of(objects: Vec<(Mesh, Material)>) -> Scene {
    let mut scene = Scene {
        environment: Environment { map: None, strength: Vec3::ZERO, rotation: 0.0 },
        camera: Camera {
            projection: Projection::Orthographic { half_height: 1.0 },
            world_from_camera: Affine3A::from_translation(Vec3::Z * 10.0),
            world_from_camera_before: Affine3A::from_translation(Vec3::Z * 10.0),
            ..Camera::default()
        },
        ..Scene::default()
    };
    for (index, (mesh, material)) in objects.into_iter().enumerate() {
        scene.materials.push(material);
        scene.meshes.push(Arc::new(Mesh { material: index as u32, ..mesh }));
        scene.instances.push(Instance {
            mesh: index as u32,
            world_from_object: Affine3A::IDENTITY,
            world_from_object_before: Affine3A::IDENTITY,
            sweep: None,
            object_id: index as u32 + 1,
        });
    }
    scene
}

fn matte(color: Vec3) -> Material {
    Material { base_color: color, specular: 0.0, ..Material::default() }
}

/// Mean albedo and normal of the whole frame, by each program.
fn features(scene: &Scene, spp: u32) -> Vec<(&'static str, Vec3, Vec3)> {
    let settings = settings(8, 8, spp);
    let mean = |planes: &TilePlanes, kind: Plane| {
        let sum: Vec3 = plane(planes, kind).chunks_exact(3).map(Vec3::from_slice).sum();
        sum / (64 * spp) as f32
    };
    let all = sums(scene, settings).into_iter();
    all.map(|(program, planes)| (program, mean(&planes, Plane::Albedo), mean(&planes, Plane::Normal)))
        .collect()
}

#[test]
fn a_mirror_shows_albedo_and_normal_of_what_is_seen_in_it() {
    let (tint, wall) = (Vec3::new(0.9, 0.6, 0.3), Vec3::new(0.2, 0.5, 0.8));
    let mirror = Material { base_color: tint, metallic: 1.0, roughness: 0.0, ..Material::default() };
    // Turned by 45 degrees about the vertical axis, it shows the wall on the right, which looks to the left.
    let right = square(Vec3::X * 5.0, 4.0, Quat::from_rotation_y(-std::f32::consts::FRAC_PI_2));
    let tilted = square(Vec3::ZERO, 4.0, Quat::from_rotation_y(std::f32::consts::FRAC_PI_4));
    let scene = scene_of(vec![(tilted, mirror), (right, matte(wall))]);
    for (program, albedo, normal) in features(&scene, 4) {
        // The mirror is a metal: at 45 degrees its colour grows towards white by (1 - cos)^5.
        let fresnel = tint + (Vec3::ONE - tint) * (1.0 - std::f32::consts::FRAC_1_SQRT_2).powi(5);
        assert!(albedo.distance(fresnel * wall) < 2e-3, "{program}: {albedo}, not {}", fresnel * wall);
        assert!(normal.distance(Vec3::NEG_X) < 1e-3, "{program}: {normal}");
    }
}

#[test]
fn a_rough_mirror_shows_its_own_albedo_and_normal() {
    let tint = Vec3::new(0.9, 0.6, 0.3);
    let rough = Material { base_color: tint, metallic: 1.0, roughness: 0.5, ..Material::default() };
    let scene = scene_of(vec![(square(Vec3::ZERO, 4.0, Quat::IDENTITY), rough)]);
    for (program, albedo, normal) in features(&scene, 4) {
        assert!(
            albedo.distance(tint) < 1e-4 && normal.distance(Vec3::Z) < 1e-4,
            "{program}: {albedo} {normal}"
        );
    }
}

/// A pane before a green wall; what it reflects is black, for there is nothing.
fn behind_glass(glass: (Mesh, Material)) -> Vec<(&'static str, Vec3, Vec3)> {
    let wall = (square(Vec3::Z * -5.0, 20.0, Quat::IDENTITY), matte(Vec3::new(0.1, 0.7, 0.2)));
    features(&scene_of(vec![glass, wall]), 256)
}

#[test]
fn glass_shows_albedo_and_normal_of_what_is_behind_it() {
    let clear = Material { transmission: 1.0, roughness: 0.0, ..Material::default() };
    let solid = Material {
        medium: Some(Medium { attenuation_color: Vec3::ONE, attenuation_distance: f32::INFINITY }),
        ..clear.clone()
    };
    let front = square(Vec3::ZERO, 20.0, Quat::IDENTITY);
    let back = square(Vec3::NEG_Z, 20.0, Quat::from_rotation_y(std::f32::consts::PI));
    let mut slab = front.clone();
    slab.positions.extend(back.positions);
    slab.triangles.extend(back.triangles.iter().map(|triangle| triangle.map(|corner| corner + 4)));
    // Both let (1 - F) / (1 + F) through, F = 0.04: a sheet by its formula, a slab by all the ways through it.
    let share = 0.96 / 1.04;
    for (name, glass) in [("a sheet", (front, clear)), ("a slab", (slab, solid))] {
        for (program, albedo, normal) in behind_glass(glass) {
            // 16384 samples: the standard deviation of the share is 0.002.
            let expected = Vec3::new(0.1, 0.7, 0.2) * share;
            assert!(albedo.distance(expected) < 0.01, "{name} on the {program}: {albedo}, not {expected}");
            assert!(normal.distance(Vec3::Z * share) < 0.01, "{name} on the {program}: {normal}");
        }
    }
}

/// Twenty upright stripes of unequal width, each an object of its own material, and a gap.
fn fence() -> Scene {
    let stripe = |at: usize| {
        let (left, right) = (edge(at), edge(at + 1));
        let corner = |x: f32, y: f32| Vec3::new(x, y, 0.0);
        Mesh {
            positions: vec![corner(left, -1.0), corner(right, -1.0), corner(right, 1.0), corner(left, 1.0)],
            triangles: vec![[0, 1, 2], [0, 2, 3]],
            ..Mesh::default()
        }
    };
    fn edge(at: usize) -> f32 {
        -1.0 + 1.8 * (at as f32 / 20.0).powi(2)
    }
    scene_of((0..20).map(|at| (stripe(at), matte(Vec3::ONE))).collect())
}

fn lists(planes: &TilePlanes, kind: Plane) -> Vec<Vec<(u32, f32)>> {
    plane(planes, kind).chunks_exact(RANK_VALUES).map(|list| ranks::pairs(list).collect()).collect()
}

#[test]
fn mattes_count_the_samples_of_each_object_and_material() {
    let settings = settings(16, 4, 40);
    let all = sums(&fence(), settings);
    for (program, planes) in &all {
        let alpha = plane(planes, Plane::Alpha);
        for kind in [Plane::ObjectRanks, Plane::MaterialRanks] {
            for (pixel, list) in lists(planes, kind).iter().enumerate() {
                let sum: f32 = list.iter().map(|(_, count)| count).sum();
                assert!(ranks::is_possible(
                    &plane(planes, kind)[pixel * RANK_VALUES..][..RANK_VALUES],
                    alpha[pixel]
                ));
                assert!(sum == alpha[pixel] || list.len() == RANKS, "{program}, pixel {pixel}: {list:?}");
            }
        }
        assert_eq!(lists(planes, Plane::ObjectRanks), lists(planes, Plane::MaterialRanks), "{program}");
    }
    if let [(_, cpu), (_, gpu)] = &all[..] {
        assert_eq!(lists(cpu, Plane::ObjectRanks), lists(gpu, Plane::ObjectRanks));
    }
}

#[test]
fn a_crowded_pixel_has_the_same_mattes_however_it_is_split() {
    let Ok(mut renderer) = GpuRenderer::open(RendererOptions::default()) else {
        say_aloud("NOT CHECKED on a GPU: no adapter could be opened");
        return;
    };
    let blob = pack(&fence()).expect("packs").to_blob();
    // One pixel sees all twenty stripes, the other ones the gap and the rest.
    let settings = settings(2, 1, 150);
    let mut film_of = |edge: u32, ranges: &[BlockRange]| {
        let grid = TileGrid::new(settings.size, edge, 0);
        let mut film = Film::new(grid, settings);
        for (&blocks, tile) in ranges.iter().flat_map(|range| (0..grid.len()).map(move |tile| (range, tile)))
        {
            let rect = grid.rect(TileIndex(tile)).expect("in grid");
            let order = TileOrder { frame: FrameIndex(0), rect, margin_px: 0, blocks, settings };
            for partial in renderer.render(&blob, &order, &mut |_| Flow::Continue(())).expect("renders") {
                film.merge(TileIndex(tile), partial).expect("fits");
            }
        }
        assert!(film.is_complete());
        film.picture()
    };
    let whole = film_of(4096, &[BlockRange::all(150)]);
    let crowded = whole.plane(Plane::ObjectRanks).expect("asked for");
    assert_eq!(ranks::pairs(&crowded[..RANK_VALUES]).count(), RANKS, "more objects than ranks");
    let range = |first, count| BlockRange { first, count };
    for ranges in [
        vec![range(7, 3), range(0, 7)],
        (0..10).rev().map(|at| range(at, 1)).collect(),
        vec![range(1, 8), range(9, 1), range(0, 1)],
    ] {
        assert!(film_of(8, &ranges) == whole, "{ranges:?}");
    }
}
