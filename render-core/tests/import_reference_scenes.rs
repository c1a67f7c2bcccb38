//! Facts about the reference scenes beside the repository: they import, and mean what they say.

#[path = "made/aloud.rs"]
mod aloud;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aloud::say_aloud;
use glam::{Quat, Vec2, Vec3, Vec4};
use render_core::import::{Document, ImportOptions, Limits, load_environment};
use render_core::scene::{Instance, LightKind, Scene};

/// The folder of the reference scenes; `None`, said aloud, where it is absent.
fn scenes() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scenes");
    let linked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/scenes");
    let found = [folder, linked].into_iter().find(|folder| folder.join("scenes.json").is_file());
    if found.is_none() {
        say_aloud("SKIPPED: the reference scenes are not at ../shared/scenes, so nothing was checked");
    }
    found
}

fn open(name: &str) -> Option<Document> {
    let path = scenes()?.join(name);
    Some(Document::open(&path, &ImportOptions::default()).expect("the reference scene imports"))
}

fn at(document: &Document, seconds: f32) -> Scene {
    document.scene_at(seconds, 1.0 / 24.0).expect("the scene stands at that time")
}

#[test]
fn every_reference_scene_imports_and_is_whole() {
    let Some(folder) = scenes() else { return };
    let list = std::fs::read_to_string(folder.join("scenes.json")).expect("the list is readable");
    let list: serde_json::Value = serde_json::from_str(&list).expect("the list is JSON");
    let list = list.as_array().expect("the list is an array");
    assert!(list.len() > 20, "the list is complete");
    for entry in list {
        let file = entry["file"].as_str().expect("it has a file");
        let camera = entry.get("camera_node").and_then(|name| name.as_str()).map(str::to_owned);
        let options = ImportOptions { camera, ..ImportOptions::default() };
        let document = Document::open(&folder.join(file), &options)
            .unwrap_or_else(|error| panic!("{file} does not import: {error}"));
        let seconds = entry["time"].as_f64().unwrap_or(0.0) as f32;
        let scene = at(&document, seconds);
        scene.check().unwrap_or_else(|fault| panic!("{file}: {fault}"));
        assert!(scene.triangles_instanced() > 0, "{file} has triangles");
        if let Some(triangles) = entry.get("triangles").and_then(|count| count.as_u64()) {
            assert_eq!(scene.triangles_instanced(), triangles, "{file}");
        }
    }
}

#[test]
fn every_encoding_stores_the_same_triangles() {
    let (Some(packed), Some(plain)) = (open("encodings.glb"), open("encodings_plain.glb")) else { return };
    let (packed, plain) = (at(&packed, 0.0), at(&plain, 0.0));
    assert_eq!(packed.object_names, plain.object_names);
    assert_eq!(packed.instances.len(), plain.instances.len());
    for (one, other) in packed.instances.iter().zip(&plain.instances) {
        let name = &packed.object_names[one.object_id as usize - 1];
        // The packed "u8" stores 275 corners with 8-bit indices, so the file itself lost the ninth bit of 18 of them.
        let bits = if name == "u8" { 0xFF } else { u32::MAX };
        let (one, other) = (flattened(&packed, one, u32::MAX), flattened(&plain, other, bits));
        assert_eq!(one.len(), other.len(), "{name}: as many triangles of any size");
        if name == "strip" {
            // The strip cuts the same flat quads along their other diagonal.
            assert_same_surface(&one, &other);
            continue;
        }
        let mut taken = vec![false; other.len()];
        for triangle in &one {
            let found =
                (0..other.len()).find(|&index| !taken[index] && same_triangle(triangle, &other[index]));
            let found = found.unwrap_or_else(|| panic!("{name}: no triangle like {triangle:?}"));
            taken[found] = true;
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Corner {
    position: Vec3,
    normal: Vec3,
    uv: Option<Vec2>,
    color: Vec4,
}

/// Triangles in the world, but those without size; of corner numbers only some bits are kept.
fn flattened(scene: &Scene, instance: &Instance, bits: u32) -> Vec<[Corner; 3]> {
    let mesh = &scene.meshes[instance.mesh as usize];
    let material = &scene.materials[mesh.material as usize];
    let set = material.base_color_texture.map(|slot| usize::from(slot.uv_set));
    let normals = instance.world_from_object.matrix3.inverse().transpose();
    let corner = |index: u32| {
        let index = (index & bits) as usize;
        Corner {
            position: instance.world_from_object.transform_point3(mesh.positions[index]),
            normal: (normals * mesh.normals[index]).normalize(),
            uv: set.map(|set| mesh.uv_sets[set][index]),
            color: mesh.colors.get(index).copied().unwrap_or(Vec4::ONE),
        }
    };
    let triangles = mesh.triangles.iter().map(|triangle| triangle.map(corner));
    let sized =
        |[a, b, c]: &[Corner; 3]| (b.position - a.position).cross(c.position - a.position).length() > 1e-7;
    triangles.filter(sized).collect()
}

/// The same corners in the same turn, to the step of the coarsest encoding (8 bits over 0.8 m and over a normal).
fn same_triangle(one: &[Corner; 3], other: &[Corner; 3]) -> bool {
    let same = |one: &Corner, other: &Corner| {
        one.position.distance(other.position) < 0.004
            && one.normal.distance(other.normal) < 0.02
            && one.uv.zip(other.uv).is_none_or(|(one, other)| one.distance(other) < 1e-4)
            && one.color.distance(other.color) < 0.008
    };
    (0..3).any(|turn| (0..3).all(|corner| same(&one[corner], &other[(corner + turn) % 3])))
}

/// The same corners, the same area, all facing out.
fn assert_same_surface(one: &[[Corner; 3]], other: &[[Corner; 3]]) {
    let face = |[a, b, c]: &[Corner; 3]| (b.position - a.position).cross(c.position - a.position);
    let area = |list: &[[Corner; 3]]| list.iter().map(|triangle| face(triangle).length()).sum::<f32>();
    assert!((area(one) - area(other)).abs() < 1e-4, "{} and {}", area(one), area(other));
    assert!(
        one.iter().all(|triangle| face(triangle).normalize().dot(triangle[0].normal) > 0.9),
        "all face out"
    );
    let corner = |one: &Corner, other: &Corner| one.position.distance(other.position) < 1e-5;
    let all_in = |some: &[[Corner; 3]], list: &[[Corner; 3]]| {
        some.iter().flatten().all(|one| list.iter().flatten().any(|other| corner(one, other)))
    };
    assert!(all_in(one, other) && all_in(other, one), "the same corners");
}

fn object<'a>(scene: &'a Scene, name: &str) -> &'a Instance {
    let id =
        scene.object_names.iter().position(|other| other == name).expect("the object is there") as u32 + 1;
    scene.instances.iter().find(|instance| instance.object_id == id).expect("it is shown")
}

fn near(one: impl Into<Vec3>, other: Vec3) -> bool {
    one.into().distance(other) < 2e-5
}

#[test]
fn animated_transforms_follow_their_keys() {
    let Some(document) = open("anim24.glb") else { return };
    assert_eq!(document.animation_seconds(), Some(0.958_333_3));
    // A cubic spline halfway between keys is the mean of the values plus an eighth of the span times the
    // difference of the tangents: (0, 1.5, 0) out of the first key, none into the second.
    let rigid = object(&at(&document, 0.25), "rigid").clone();
    assert!(near(rigid.world_from_object.translation, Vec3::new(-1.9, 1.35 + 0.5 * 1.5 / 8.0, -0.25)));
    let later = at(&document, 0.5 * (0.5 + 0.958_333_3));
    let expected = Vec3::new(-1.9, 1.275 + 0.458_333_3 * 2.0 / 8.0, -0.25);
    assert!(near(object(&later, "rigid").world_from_object.translation, expected));
    // Halfway between two rotations lies their normalised sum.
    let turned = at(&document, 0.5 * 0.479_166_66);
    let quarter = Quat::from_xyzw(0.231_178, 0.770_593_4, 0.154_118_7, 0.573_576_45 + 1.0).normalize();
    let rotation = Quat::from_mat3a(&object(&turned, "rigid").world_from_object.matrix3);
    assert!(rotation.dot(quarter).abs() > 0.999_999, "{rotation}");
    for (seconds, x) in
        [(-1.0, -1.9), (0.0, -1.9), (0.33, -1.9), (0.34, -1.2), (0.66, -1.2), (0.67, -0.5), (9.0, -0.5)]
    {
        let stepper = object(&at(&document, seconds), "stepper").clone();
        assert!(near(stepper.world_from_object.translation, Vec3::new(x, 0.22, 1.3)), "at {seconds}");
    }
}

#[test]
fn motion_starts_one_frame_earlier() {
    let Some(document) = open("anim24.glb") else { return };
    let scene = document.scene_at(0.34, 0.02).expect("it stands");
    let stepper = object(&scene, "stepper");
    assert!(near(stepper.world_from_object_before.translation, Vec3::new(-1.9, 0.22, 1.3)));
}

#[test]
fn skinned_points_follow_their_joints() {
    let Some(document) = open("anim24.glb") else { return };
    let (rest, bent) = (at(&document, 0.0), at(&document, 0.479_166_66));
    let [rest, bent] =
        [&rest, &bent].map(|scene| Arc::clone(&scene.meshes[object(scene, "skinned").mesh as usize]));
    // At that key the joints, each 2/3 above the one before, turn about z by 35°, -50° and 60°, and the second is
    // 1.15 as wide in x and z. Corners at height 2 hang on the last joint alone, where their height is 0.
    let turn = |degrees: f32, [x, y]: [f32; 2]| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        [cos * x - sin * y, sin * x + cos * y]
    };
    let up = |[x, y]: [f32; 2]| [x, y + 2.0 / 3.0];
    let mut checked = 0;
    for (rest, bent) in rest.positions.iter().zip(&bent.positions).filter(|(rest, _)| rest.y == 2.0) {
        let [x, y] = up(turn(60.0, [rest.x, 0.0]));
        let [x, y] = up(turn(35.0, up(turn(-50.0, [x * 1.15, y]))));
        assert!(near(*bent, Vec3::new(x, y, rest.z * 1.15)), "{rest} is at {bent}");
        checked += 1;
    }
    assert!(checked > 20, "the ring at the top was found");
    let still = rest.positions.iter().zip(&bent.positions).filter(|(rest, _)| rest.y == 0.0);
    assert!(
        still.clone().count() > 20 && still.into_iter().all(|(rest, bent)| near(*rest, *bent)),
        "the foot stands"
    );
}

#[test]
fn morphed_points_follow_their_weights() {
    let Some(document) = open("anim24.glb") else { return };
    let morphed = |seconds: f32| {
        let scene = at(&document, seconds);
        Arc::clone(&scene.meshes[object(&scene, "morph").mesh as usize])
    };
    // Corner 1171 with the first offset at weight 1 (third of a second), half of it in between, and later with
    // 0.4 of the first and 0.8 of the second.
    let rest = Vec3::new(0.570_750_8, 0.104_188_906, -0.152_932_2);
    let first = Vec3::new(-0.227_137_9, -0.041_463_37, 0.060_861_42);
    let second = Vec3::new(-0.237_812_82, 0.095_506_5, 0.063_721_76);
    for (seconds, expected) in [
        (0.0, rest),
        (0.5 / 3.0, rest + 0.5 * first),
        (1.0 / 3.0, rest + first),
        (2.0 / 3.0, rest + 0.4 * first + 0.8 * second),
        (0.958_333_3, rest + second),
    ] {
        let mesh = morphed(seconds);
        assert!(near(mesh.positions[1171], expected), "{} at {seconds}", mesh.positions[1171]);
        assert!(mesh.normals.iter().all(|normal| normal.is_normalized()));
    }
}

#[test]
fn what_stands_still_is_the_same_mesh_at_every_time() {
    let Some(document) = open("anim24.glb") else { return };
    let (one, other) = (at(&document, 0.1), at(&document, 0.4));
    for name in ["rigid", "stepper"] {
        let [one, other] = [&one, &other].map(|scene| &scene.meshes[object(scene, name).mesh as usize]);
        assert!(Arc::ptr_eq(one, other), "{name}");
    }
    let after = [5.0, 6.0].map(|seconds| at(&document, seconds));
    for name in ["skinned", "morph"] {
        let [one, other] = after.each_ref().map(|scene| &scene.meshes[object(scene, name).mesh as usize]);
        assert!(Arc::ptr_eq(one, other), "{name} is the same after its last key");
    }
}

#[test]
fn lights_have_the_files_candela_and_lux() {
    let Some(document) = open("punctual_units.glb") else { return };
    let lights = at(&document, 0.0).lights;
    assert_eq!(lights.len(), 3);
    assert!(
        near(lights[0].color, Vec3::new(20.0, 16.0, 12.0))
            && near(lights[0].position, Vec3::new(-2.0, 1.2, 0.3))
    );
    let LightKind::Spot { cos_inner, cos_outer } = lights[1].kind else { panic!("the second is a spot") };
    assert!(
        (cos_inner - 18_f32.to_radians().cos()).abs() < 1e-6
            && (cos_outer - 34_f32.to_radians().cos()).abs() < 1e-6
    );
    // The spot's -z turned by its quaternion, written out as the third column of the rotation matrix.
    let [x, y, z, w] = [0.328_693_8_f32, 0.663_894_1, 0.531_837_8, -0.410_309_1];
    let back = Vec3::new(2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y));
    assert!(near(lights[1].direction, -back), "{}", lights[1].direction);
    assert!(near(lights[2].color, Vec3::new(0.6, 0.6, 0.54)));
}

#[test]
fn generated_tangents_agree_with_those_of_the_file() {
    let Some(folder) = scenes() else { return };
    let folder = folder.join("water_bottle");
    let given =
        Document::open(&folder.join("water_bottle.gltf"), &ImportOptions::default()).expect("it imports");
    let copy = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(&folder).expect("the folder is readable") {
        let entry = entry.expect("the folder is readable");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("it is copied");
    }
    let text = std::fs::read_to_string(folder.join("water_bottle.gltf")).expect("it is readable");
    let mut json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let attributes =
        json["meshes"][0]["primitives"][0]["attributes"].as_object_mut().expect("it has attributes");
    attributes.remove("TANGENT").expect("it had tangents");
    let path = copy.path().join("bare.gltf");
    std::fs::write(&path, json.to_string()).expect("it is written");
    let made = Document::open(&path, &ImportOptions::default()).expect("it imports");
    let (given, made) = (at(&given, 0.0), at(&made, 0.0));
    let (given, made) = (&given.meshes[0], &made.meshes[0]);
    assert_eq!(given.triangles.len(), made.triangles.len());
    let corners = || given.triangles.iter().flatten().zip(made.triangles.iter().flatten());
    let agree = |(one, other): (&u32, &u32)| {
        let (one, other) = (given.tangents[*one as usize], made.tangents[*other as usize]);
        one.w == other.w && one.truncate().dot(other.truncate()) > 0.99
    };
    let agreeing = corners().filter(|&pair| agree(pair)).count();
    let share = agreeing as f64 / corners().count() as f64;
    eprintln!("water_bottle: {:.2} % of corners agree within 8°", share * 100.0);
    assert!(share > 0.98, "{share}");
}

#[test]
fn the_reference_environments_load_alike_from_both_formats() {
    let Some(folder) = scenes() else { return };
    let load =
        |name: &str| load_environment(&folder.join("env").join(name), &Limits::default()).expect("it loads");
    let (exr, hdr) = (load("studio.exr"), load("studio.hdr"));
    assert_eq!((exr.width, exr.height), (hdr.width, hdr.height));
    // RGBE cuts each channel to a step of at most 1/128 of the largest; half floats round by 1/2048.
    let close = |(one, other): (&Vec3, &Vec3)| {
        (*one - *other).abs().max_element() <= one.max_element() * (1.0 / 128.0 + 1.0 / 2048.0) + 1e-6
    };
    let wrong = exr.pixels.iter().zip(&hdr.pixels).enumerate().find(|(_, pair)| !close(*pair));
    assert_eq!(wrong, None, "they agree to RGBE's 8 bits");
    let uniform = load("uniform.exr");
    assert!(uniform.pixels.iter().all(|pixel| *pixel == Vec3::ONE));
}

#[test]
fn chosen_cameras_are_found_by_name() {
    let Some(folder) = scenes() else { return };
    let path = folder.join("toy_car/toy_car.gltf");
    let named = |camera: Option<&str>| {
        let options = ImportOptions { camera: camera.map(str::to_owned), ..ImportOptions::default() };
        Document::open(&path, &options)
    };
    let document = named(Some("tessera_camera")).expect("it is there");
    assert_eq!(at(&document, 0.0).camera.name, "tessera_camera");
    assert_eq!(document.cameras().len(), 9);
    let error = named(Some("nobody")).expect_err("it is not there").to_string();
    assert!(error.contains("\"nobody\"") && error.contains("\"tessera_camera\""), "{error}");
}
