//! Scenes with lamps: surfaces that shine and are nothing else.

use std::sync::Arc;

use glam::{Affine3A, Mat3A, Quat, Vec2, Vec3};
use render_core::scene::{
    AlphaMode, Camera, Environment, Instance, Light, LightKind, Material, Mesh, Projection, Scene, Texture,
    TextureRef, Wrap,
};

/// A square of the given half side that looks along +z before it is turned, with UVs from corner to corner.
pub(crate) fn square(centre: Vec3, half: f32, turn: Quat) -> Mesh {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let place = |(u, v): (f32, f32)| centre + turn * Vec3::new(2.0 * u - 1.0, 2.0 * v - 1.0, 0.0) * half;
    Mesh {
        positions: corners.map(place).to_vec(),
        uv_sets: vec![corners.map(|(u, v)| Vec2::new(u, v)).to_vec()],
        triangles: vec![[0, 1, 2], [0, 2, 3]],
        ..Mesh::default()
    }
}

/// Turns what looks along +z to this axis.
pub(crate) fn towards(axis: Vec3) -> Quat {
    Quat::from_rotation_arc(Vec3::Z, axis.normalize())
}

/// An octahedron of this radius, outside in front.
pub(crate) fn octahedron(radius: f32) -> Mesh {
    let tip = [Vec3::X, Vec3::Y, Vec3::Z, Vec3::NEG_X, Vec3::NEG_Y, Vec3::NEG_Z];
    Mesh {
        positions: tip.map(|tip| tip * radius).to_vec(),
        triangles: vec![
            [0, 1, 2],
            [1, 3, 2],
            [3, 4, 2],
            [4, 0, 2],
            [1, 0, 5],
            [3, 1, 5],
            [4, 3, 5],
            [0, 4, 5],
        ],
        ..Mesh::default()
    }
}

pub(crate) fn matte(color: Vec3) -> Material {
    Material { base_color: color, specular: 0.0, ..Material::default() }
}

/// A lamp; what must not matter is as loud as it can be.
pub(crate) fn lamp(emissive: Vec3) -> Material {
    let alpha_mode = AlphaMode::Mask { cutoff: 0.5 };
    Material { lamp: true, emissive, alpha: 0.25, alpha_mode, unlit: true, ..Material::default() }
}

/// Puts a mesh where it is into the scene, with a material of its own.
pub(crate) fn put(scene: &mut Scene, mesh: Mesh, material: Material) {
    place(scene, mesh, material, &[Affine3A::IDENTITY]);
}

/// Puts a mesh at several places.
pub(crate) fn place(scene: &mut Scene, mesh: Mesh, material: Material, places: &[Affine3A]) {
    let (mesh_index, material_index) = (scene.meshes.len() as u32, scene.materials.len() as u32);
    scene.materials.push(material);
    scene.meshes.push(Arc::new(Mesh { material: material_index, ..mesh }));
    for &world_from_object in places {
        let object_id = scene.instances.len() as u32 + 1;
        scene.instances.push(Instance {
            mesh: mesh_index,
            world_from_object,
            world_from_object_before: world_from_object,
            sweep: None,
            object_id,
        });
    }
}

/// Nothing, before an orthographic camera at z = 10 that looks along -z and sees two metres of height.
pub(crate) fn stage() -> Scene {
    let place = Affine3A::from_translation(Vec3::Z * 10.0);
    Scene {
        environment: Environment { map: None, strength: Vec3::ZERO, rotation: 0.0 },
        camera: Camera {
            projection: Projection::Orthographic { half_height: 1.0 },
            world_from_camera: place,
            world_from_camera_before: place,
            ..Camera::default()
        },
        ..Scene::default()
    }
}

/// Lamps of every kind among matte, rough, mirroring and clear things: one before the camera, two behind each other, one that stands
/// in several places, one with a picture.
pub(crate) fn lamp_room() -> Scene {
    let from = Vec3::new(0.3, 1.6, 4.5);
    let camera = Affine3A::from_rotation_translation(Quat::from_rotation_x(-0.2), from);
    let mut scene = Scene {
        camera: Camera {
            projection: Projection::Perspective { fov_y: 0.9 },
            world_from_camera: camera,
            world_from_camera_before: camera,
            ..Camera::default()
        },
        ..stage()
    };
    scene.environment.strength = Vec3::splat(0.05);
    scene.lights.push(Light {
        kind: LightKind::Point,
        color: Vec3::splat(2.0),
        position: Vec3::new(-1.5, 2.5, 1.5),
        direction: Vec3::NEG_Y,
        size: 0.0,
        sweep: None,
    });
    let texel = |grey: u8| [grey, grey, 255 - grey, 255];
    let texels = vec![texel(255), texel(40), texel(120), texel(0)];
    scene.textures.push(Arc::new(Texture { width: 2, height: 2, srgb: true, texels }));
    put(&mut scene, square(Vec3::ZERO, 4.0, towards(Vec3::Y)), matte(Vec3::new(0.7, 0.6, 0.5)));
    put(&mut scene, square(Vec3::NEG_Z * 2.5, 4.0, Quat::IDENTITY), matte(Vec3::splat(0.6)));
    let mirror = Material { metallic: 1.0, roughness: 0.0, ..Material::default() };
    put(&mut scene, square(Vec3::new(-1.2, 0.9, -1.0), 0.8, towards(Vec3::new(0.5, 0.2, 1.0))), mirror);
    let rough = Material { metallic: 1.0, roughness: 0.35, ..Material::default() };
    put(&mut scene, square(Vec3::new(1.2, 0.4, 0.6), 0.7, towards(Vec3::new(-0.2, 1.0, 0.4))), rough);
    let pane = Material { transmission: 1.0, roughness: 0.0, ..Material::default() };
    put(&mut scene, square(Vec3::new(1.3, 1.3, -0.6), 0.7, towards(Vec3::new(-0.2, 0.0, 1.0))), pane);
    let veil = Material { alpha: 0.4, alpha_mode: AlphaMode::Blend, ..matte(Vec3::new(0.1, 0.3, 0.9)) };
    put(&mut scene, square(Vec3::new(0.0, 0.7, 0.9), 0.5, Quat::IDENTITY), veil);
    put(
        &mut scene,
        square(Vec3::new(0.0, 3.0, 0.0), 0.6, towards(Vec3::NEG_Y)),
        lamp(Vec3::new(5.0, 4.0, 3.0)),
    );
    put(
        &mut scene,
        square(Vec3::new(0.0, 3.4, 0.0), 1.2, towards(Vec3::NEG_Y)),
        lamp(Vec3::new(0.5, 1.0, 2.0)),
    );
    put(&mut scene, square(Vec3::new(0.3, 1.4, 3.5), 0.3, towards(Vec3::NEG_Z)), lamp(Vec3::splat(3.0)));
    let ball = lamp(Vec3::new(4.0, 6.0, 4.0));
    let places = [Vec3::new(0.2, 0.5, -1.6), Vec3::new(1.5, 1.4, -1.4)].map(Affine3A::from_translation);
    place(&mut scene, octahedron(0.25), ball, &places);
    let emissive_texture = Some(TextureRef {
        texture: 0,
        uv_set: 0,
        uv_transform: Mat3A::IDENTITY,
        wrap: [Wrap::Clamp; 2],
        nearest: false,
    });
    let screen = Material { emissive_texture, double_sided: true, ..lamp(Vec3::splat(4.0)) };
    put(&mut scene, square(Vec3::new(-2.2, 1.0, 1.0), 0.6, towards(Vec3::X)), screen);
    scene
}
