//! Scenes in which things move while the shutter is open. Needs `made/lamps.rs` beside it.

use std::ops::{Add, Mul, Sub};
use std::sync::Arc;

use glam::{Affine3A, DAffine3, Quat, Vec3};
use render_core::scene::{AlphaMode, Camera, Instance, Light, Material, Projection, Scene, Sweep};

use crate::lamps::{lamp, matte, octahedron, place, put, square, stage, towards};

/// From one place to another.
pub(crate) fn sweep(open: Affine3A, close: Affine3A) -> Sweep {
    let double =
        |map: Affine3A| DAffine3 { matrix3: map.matrix3.as_dmat3(), translation: map.translation.as_dvec3() };
    Sweep::between(&double(open), &double(close)).expect("the places differ and neither is flat")
}

/// Puts a mesh into the scene that goes from one place to another; at the frame it stands half-way.
pub(crate) fn put_moving(
    scene: &mut Scene,
    mesh: render_core::scene::Mesh,
    material: Material,
    [open, close]: [Affine3A; 2],
) {
    put(scene, mesh, material);
    let last = scene.instances.last_mut().expect("one was just put");
    set_moving(last, [open, close]);
}

pub(crate) fn set_moving(instance: &mut Instance, [open, close]: [Affine3A; 2]) {
    let way = sweep(open, close);
    instance.world_from_object = way.at(0.5);
    instance.world_from_object_before = way.at(0.0);
    instance.sweep = Some(Box::new(way));
}

/// The scene as it is at a time, with everything at rest.
pub(crate) fn frozen(scene: &Scene, time: f32) -> Scene {
    let mut scene = scene.clone();
    for instance in &mut scene.instances {
        if let Some(sweep) = instance.sweep.take() {
            instance.world_from_object = sweep.at(time);
        }
    }
    for mesh in &mut scene.meshes {
        if let Some(bend) = mesh.bend.clone() {
            let mesh = Arc::make_mut(mesh);
            mesh.bend = None;
            mesh.positions = between(&bend.open.positions, &bend.close.positions, time);
            mesh.normals = between(&bend.open.normals, &bend.close.normals, time);
            mesh.tangents = between(&bend.open.tangents, &bend.close.tangents, time);
        }
    }
    for light in &mut scene.lights {
        *light = Light { sweep: None, ..light.at(time) };
    }
    if let Some(sweep) = scene.camera.sweep.take() {
        scene.camera.world_from_camera = sweep.at(time);
    }
    scene
}

fn between<T>(open: &[T], close: &[T], time: f32) -> Vec<T>
where
    T: Copy + Add<Output = T> + Sub<Output = T> + Mul<f32, Output = T>,
{
    open.iter().zip(close).map(|(&open, &close)| open + (close - open) * time).collect()
}

fn turned(turn: Quat, place: Vec3) -> Affine3A {
    Affine3A::from_rotation_translation(turn, place)
}

pub(crate) fn smooth(radius: f32) -> render_core::scene::Mesh {
    let mesh = octahedron(radius);
    let normals = mesh.positions.iter().map(|corner| corner.normalize()).collect();
    render_core::scene::Mesh { normals, ..mesh }
}

/// Everything that can move does: shapes that spin, grow, shear and mirror, light from surfaces and lamps, a veil, glass, one of three instances, and a camera
/// that walks and turns.
pub(crate) fn moving_room() -> Scene {
    let from = Vec3::new(0.3, 1.6, 4.5);
    let [open, close] = [-1.0f32, 1.0].map(|side| {
        turned(
            Quat::from_rotation_y(0.04 * side) * Quat::from_rotation_x(-0.2),
            from + Vec3::X * (0.1 * side),
        )
    });
    let way = sweep(open, close);
    let mut scene = Scene {
        camera: Camera {
            projection: Projection::Perspective { fov_y: 0.9 },
            world_from_camera: way.at(0.5),
            world_from_camera_before: open,
            sweep: Some(way),
            ..Camera::default()
        },
        ..stage()
    };
    scene.environment.strength = Vec3::splat(0.2);
    put(&mut scene, square(Vec3::ZERO, 4.0, towards(Vec3::Y)), matte(Vec3::new(0.7, 0.6, 0.5)));
    put(&mut scene, square(Vec3::NEG_Z * 2.5, 4.0, Quat::IDENTITY), matte(Vec3::splat(0.6)));
    let make = Affine3A::from_scale_rotation_translation;
    let shear = Affine3A::from_mat3(glam::Mat3::from_cols(Vec3::X, Vec3::new(0.6, 1.0, 0.0), Vec3::Z));
    let red = Material { roughness: 0.3, ..matte(Vec3::new(0.8, 0.2, 0.1)) };
    let spin = [
        make(Vec3::new(1.4, 0.3, 0.3), Quat::from_rotation_z(0.2), Vec3::new(-1.3, 1.4, 0.0)),
        make(Vec3::new(1.4, 0.3, 0.3), Quat::from_rotation_z(2.9), Vec3::new(-1.0, 1.5, 0.2)),
    ];
    put_moving(&mut scene, smooth(0.7), red, spin);
    let mirrored = [
        make(Vec3::new(-0.5, 0.5, 0.5), Quat::from_rotation_y(0.3), Vec3::new(1.3, 0.6, 0.5)) * shear,
        make(Vec3::new(-1.1, 0.7, 0.9), Quat::from_rotation_y(1.5), Vec3::new(1.5, 0.7, 0.3)),
    ];
    let rough = Material { metallic: 1.0, roughness: 0.35, ..Material::default() };
    put_moving(&mut scene, smooth(0.8), rough, mirrored);
    let veil = Material { alpha: 0.4, alpha_mode: AlphaMode::Blend, ..matte(Vec3::new(0.1, 0.3, 0.9)) };
    let slide = [Vec3::new(-0.4, 0.7, 0.9), Vec3::new(0.4, 0.9, 1.1)].map(Affine3A::from_translation);
    put_moving(&mut scene, square(Vec3::ZERO, 0.5, Quat::IDENTITY), veil, slide);
    let pane = Material { transmission: 1.0, roughness: 0.0, ..Material::default() };
    let swing = [-0.4, 0.4].map(|angle| turned(Quat::from_rotation_y(angle), Vec3::new(0.4, 1.6, 0.2)));
    put_moving(&mut scene, square(Vec3::ZERO, 0.5, Quat::IDENTITY), pane, swing);
    let glow = Material { emissive: Vec3::new(5.0, 4.0, 3.0), ..matte(Vec3::splat(0.2)) };
    let grow = [
        make(Vec3::splat(0.3), towards(Vec3::NEG_Y), Vec3::new(-0.8, 2.9, 0.3)),
        make(Vec3::splat(0.9), towards(Vec3::new(0.3, -1.0, 0.0)), Vec3::new(0.6, 3.1, 0.0)),
    ];
    put_moving(&mut scene, square(Vec3::ZERO, 0.8, Quat::IDENTITY), glow, grow);
    let screen = Material { double_sided: true, ..lamp(Vec3::new(1.0, 3.0, 4.0)) };
    let drift = [Vec3::new(2.0, 1.5, -1.5), Vec3::new(2.2, 2.0, -1.0)]
        .map(|at| turned(towards(Vec3::new(-1.0, 0.0, 0.6)), at));
    put_moving(&mut scene, square(Vec3::ZERO, 0.5, Quat::IDENTITY), screen, drift);
    let places = [-1.6, -0.9, -0.2].map(|x| Affine3A::from_translation(Vec3::new(x, 0.3, 1.4)));
    place(&mut scene, octahedron(0.25), matte(Vec3::new(0.2, 0.7, 0.3)), &places);
    let last = scene.instances.last_mut().expect("three were just put");
    set_moving(last, [places[2], turned(Quat::from_rotation_x(1.2), Vec3::new(-0.1, 0.6, 1.5))]);
    scene
}
