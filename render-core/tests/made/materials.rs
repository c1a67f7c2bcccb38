//! A room of brushed metal, cloth, leaves, films and bubbles, with a texture in every slot that such materials have.

use std::sync::Arc;

use glam::{Mat3A, Quat, Vec2, Vec3};
use render_core::scene::{
    Anisotropy, DiffuseTransmission, Film, Material, Medium, Mesh, Scene, Sheen, Texture, TextureRef, Wrap,
};

use crate::lamps::{lamp_room, put, square, towards};

/// A ball of this radius with smooth normals, UVs, and tangents along its parallels.
pub(crate) fn ball(centre: Vec3, radius: f32) -> Mesh {
    let (columns, rows) = (24u32, 12u32);
    let mut mesh = Mesh::default();
    let mut uvs = Vec::new();
    for row in 0..=rows {
        for column in 0..=columns {
            let (u, v) = (column as f32 / columns as f32, row as f32 / rows as f32);
            let (sin_phi, cos_phi) = (std::f32::consts::TAU * u).sin_cos();
            let (sin, cos) = (std::f32::consts::PI * v).sin_cos();
            let normal = Vec3::new(sin * cos_phi, cos, -sin * sin_phi);
            mesh.positions.push(centre + radius * normal);
            mesh.normals.push(normal);
            mesh.tangents.push(Vec3::new(-sin_phi, 0.0, -cos_phi).extend(1.0));
            uvs.push(Vec2::new(3.0 * u, 2.0 * v));
        }
    }
    for row in 0..rows {
        for column in 0..columns {
            let corner = |row: u32, column: u32| row * (columns + 1) + column;
            let [a, b] = [corner(row, column), corner(row + 1, column)];
            if row > 0 {
                mesh.triangles.push([a, b, a + 1]);
            }
            if row + 1 < rows {
                mesh.triangles.push([a + 1, b, b + 1]);
            }
        }
    }
    mesh.uv_sets.push(uvs);
    mesh
}

fn picture(scene: &mut Scene, srgb: bool, texels: [[u8; 4]; 4]) -> Option<TextureRef> {
    scene.textures.push(Arc::new(Texture { width: 2, height: 2, srgb, texels: texels.to_vec() }));
    Some(TextureRef {
        texture: scene.textures.len() as u32 - 1,
        uv_set: 0,
        uv_transform: Mat3A::IDENTITY,
        wrap: [Wrap::Repeat, Wrap::Mirror],
        nearest: false,
    })
}

/// What the lamps light here are layers of every kind, alone and one on the other.
pub(crate) fn layered_room() -> Scene {
    let mut scene = lamp_room();
    let toward = picture(
        &mut scene,
        false,
        [[255, 128, 255, 9], [128, 255, 200, 9], [30, 200, 90, 9], [128, 0, 255, 9]],
    );
    let threads =
        picture(&mut scene, true, [[250, 90, 30, 255], [90, 250, 200, 99], [255; 4], [20, 40, 250, 160]]);
    let amounts = picture(
        &mut scene,
        false,
        [[255, 0, 9, 255], [90, 99, 9, 120], [200, 180, 9, 30], [255, 255, 9, 255]],
    );
    let brushed = Material {
        metallic: 1.0,
        roughness: 0.3,
        anisotropy: Anisotropy { strength: 0.8, rotation: 0.6, texture: toward },
        ..Material::default()
    };
    let sharp_across = Material {
        roughness: 0.0,
        anisotropy: Anisotropy { strength: 0.5, rotation: -1.0, texture: None },
        ..Material::default()
    };
    let cloth = Material {
        base_color: Vec3::new(0.1, 0.2, 0.5),
        roughness: 0.9,
        sheen: Sheen {
            color: Vec3::new(0.9, 0.8, 0.7),
            color_texture: threads,
            roughness: 0.6,
            roughness_texture: amounts,
        },
        clearcoat: 0.3,
        ..Material::default()
    };
    let leaf = Material {
        base_color: Vec3::new(0.2, 0.5, 0.1),
        double_sided: true,
        diffuse_transmission: DiffuseTransmission {
            share: 0.6,
            texture: amounts,
            color: Vec3::new(0.7, 0.9, 0.2),
            color_texture: threads,
        },
        ..Material::default()
    };
    let film = Film {
        share: 0.9,
        texture: amounts,
        ior: 1.4,
        thickness_nm: [150.0, 700.0],
        thickness_texture: amounts,
    };
    let beetle =
        Material { base_color: Vec3::new(0.4, 0.3, 0.2), roughness: 0.25, film, ..Material::default() };
    let oiled = Material { metallic: 1.0, sheen: Sheen { roughness: 0.1, ..cloth.sheen }, ..beetle.clone() };
    let bubble = Material { transmission: 1.0, roughness: 0.0, film, ..Material::default() };
    let medium = Some(Medium { attenuation_color: Vec3::new(0.5, 0.8, 0.9), attenuation_distance: 0.5 });
    let flask = Material { roughness: 0.4, medium, ..bubble.clone() };
    let things = [brushed, sharp_across, cloth, beetle, oiled, bubble, flask];
    for (material, index) in things.into_iter().zip(0u8..) {
        let centre = Vec3::new(f32::from(index % 4) * 0.9 - 1.3, 0.4 + f32::from(index / 4) * 0.9, 1.6);
        put(&mut scene, ball(centre, 0.42), material);
    }
    put(&mut scene, square(Vec3::new(1.9, 1.2, 1.5), 0.6, towards(Vec3::new(-0.3, 0.5, 1.0))), leaf.clone());
    put(&mut scene, square(Vec3::new(-0.5, 2.1, 1.0), 0.7, Quat::from_rotation_x(1.9)), leaf);
    scene
}
