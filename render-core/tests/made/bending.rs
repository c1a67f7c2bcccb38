//! Scenes in which meshes change their shape, and lights without a surface move, while the shutter is open. Needs `made/lamps.rs` and `made/moving.rs`
//! beside it.

use std::sync::Arc;

use glam::{Affine3A, Mat3A, Quat, Vec2, Vec3};
use render_core::scene::{
    AlphaMode, Bend, Corners, Light, LightKind, Material, Mesh, Scene, Texture, TextureRef, Wrap,
};

use crate::lamps::{lamp, matte, place, put, square, towards};
use crate::moving::{moving_room, set_moving, smooth, sweep};

/// The mesh, which is bent by one function as the shutter opens and by another as it closes; at the frame it is half-way.
pub(crate) fn bent(mesh: Mesh, open: impl Fn(Vec3) -> Vec3, close: impl Fn(Vec3) -> Vec3) -> Mesh {
    let end = |map: &dyn Fn(Vec3) -> Vec3| {
        let positions = mesh.positions.iter().map(|&corner| map(corner)).collect();
        // By the tangents of the map, which need not be a straight one.
        let along = |at: Vec3, way: Vec3| (map(at + way * 1e-2) - map(at - way * 1e-2)) / 2e-2;
        let corners = || mesh.positions.iter().copied();
        let normals = corners().zip(&mesh.normals).map(|(at, &normal)| {
            let (a, b) = normal.any_orthonormal_pair();
            along(at, a).cross(along(at, b)).normalize_or(normal)
        });
        let tangents = corners().zip(&mesh.tangents).map(|(at, tangent)| {
            let way = along(at, tangent.truncate()).normalize_or(tangent.truncate());
            way.extend(tangent.w)
        });
        Corners { positions, normals: normals.collect(), tangents: tangents.collect() }
    };
    let bend = Bend { open: end(&open), close: end(&close) };
    let pairs = bend.open.positions.iter().zip(&bend.close.positions);
    let positions: Vec<Vec3> = pairs.map(|(open, close)| open.midpoint(*close)).collect();
    let positions_before = bend.open.positions.clone();
    Mesh { positions, positions_before, bend: Some(Box::new(bend)), ..mesh }
}

/// A twist about the vertical, radians per metre.
pub(crate) fn twisted(rate: f32) -> impl Fn(Vec3) -> Vec3 {
    move |at| Quat::from_rotation_y(rate * at.y) * at
}

/// A light that goes from one place to another.
pub(crate) fn carried(light: Light, [open, close]: [Affine3A; 2]) -> Light {
    let way = sweep(open, close);
    Light { sweep: Some(way), ..Light { sweep: Some(way), ..light }.at(0.5) }
}

/// What stands at `at` and looks along `axis`.
pub(crate) fn looking(at: Vec3, axis: Vec3) -> Affine3A {
    Affine3A::from_rotation_translation(Quat::from_rotation_arc(Vec3::NEG_Z, axis.normalize()), at)
}

fn bumps(scene: &mut Scene) -> TextureRef {
    let texel = |x: u8, y: u8| [x, y, 220, 255];
    let texels = vec![texel(90, 128), texel(128, 170), texel(160, 100), texel(128, 128)];
    scene.textures.push(Arc::new(Texture { width: 2, height: 2, srgb: false, texels }));
    let texture = scene.textures.len() as u32 - 1;
    TextureRef { texture, uv_set: 0, uv_transform: Mat3A::IDENTITY, wrap: [Wrap::Repeat; 2], nearest: false }
}

/// The moving room, in which bodies also twist, swell and flatten: alone, in several places and on their way; one with a relief, one with holes, light and
/// a lamp among them, and a spot, a soft bulb and a sun that move.
pub(crate) fn bending_room() -> Scene {
    let mut scene = moving_room();
    let red = Material { roughness: 0.3, ..matte(Vec3::new(0.8, 0.6, 0.1)) };
    let to = |at: Vec3| move |corner: Vec3| at + corner;
    let swell = |corner: Vec3| Vec3::new(-1.1, 0.5, 1.9) + corner * Vec3::new(1.6, 0.6, 1.2);
    put(&mut scene, bent(smooth(0.35), to(Vec3::new(-1.3, 0.5, 1.7)), swell), red);
    let normal_texture = Some(bumps(&mut scene));
    let relief = Material { normal_texture, normal_scale: 1.0, ..matte(Vec3::splat(0.7)) };
    let mut sheet = square(Vec3::ZERO, 0.6, Quat::IDENTITY);
    sheet.normals = vec![Vec3::Z; 4];
    sheet.tangents = vec![Vec3::X.extend(1.0); 4];
    let lean = |corner: Vec3| Vec3::new(1.0, 1.2, 1.2 + 0.8 * corner.x * corner.y) + twisted(0.9)(corner);
    put(&mut scene, bent(sheet, to(Vec3::new(0.9, 1.0, 1.3)), lean), relief);
    let holes = Material { alpha: 0.6, alpha_mode: AlphaMode::Blend, ..matte(Vec3::new(0.3, 0.9, 0.3)) };
    let places = [Vec3::new(0.2, 0.4, 2.2), Vec3::new(1.0, 0.3, 2.3)].map(Affine3A::from_translation);
    let flutter = bent(square(Vec3::ZERO, 0.25, Quat::IDENTITY), twisted(-2.0), twisted(2.5));
    place(&mut scene, flutter, holes, &places);
    let blue = matte(Vec3::new(0.2, 0.3, 0.9));
    let places = [Vec3::new(-0.5, 1.9, 0.6), Vec3::new(-0.3, 0.4, 2.3)].map(Affine3A::from_translation);
    place(&mut scene, bent(smooth(0.22), twisted(0.0), |corner| twisted(3.0)(corner * 1.4)), blue, &places);
    let last = scene.instances.last_mut().expect("two were just put");
    let away = Affine3A::from_rotation_translation(Quat::from_rotation_z(1.0), Vec3::new(0.0, 0.6, 2.4));
    set_moving(last, [places[1], away]);
    shine(&mut scene);
    scene
}

fn shine(scene: &mut Scene) {
    let glow = Material { emissive: Vec3::new(2.0, 5.0, 3.0), ..matte(Vec3::splat(0.2)) };
    let to = |at: Vec3| move |corner: Vec3| at + corner;
    // From a line, which has no area, to a rectangle.
    let flat = |corner: Vec3| Vec3::new(1.4, 2.4, 0.6) + corner * Vec3::new(1.0, 1.0, 0.0);
    put(scene, bent(square(Vec3::ZERO, 0.4, towards(Vec3::NEG_Y)), flat, to(Vec3::new(1.2, 2.5, 0.9))), glow);
    let strip = lamp(Vec3::new(4.0, 2.0, 1.0));
    let bow = bent(square(Vec3::ZERO, 0.3, towards(Vec3::X)), twisted(-1.0), |corner| corner * 1.8);
    let places = [Vec3::new(-2.1, 1.2, 0.6), Vec3::new(-2.0, 2.2, -0.8)].map(Affine3A::from_translation);
    place(scene, bow, strip, &places);
    let (sweeping, still) = (scene.instances.len() - 1, places[1]);
    let aside = Affine3A::from_rotation_translation(Quat::from_rotation_y(0.4), Vec3::new(-1.8, 2.0, -0.6));
    set_moving(&mut scene.instances[sweeping], [still, aside]);
    let base = Light {
        kind: LightKind::Point,
        color: Vec3::new(1.0, 2.0, 3.0),
        position: Vec3::ZERO,
        direction: Vec3::NEG_Z,
        size: 0.2,
        sweep: None,
    };
    let bulb = [Vec3::new(-1.0, 2.0, 1.6), Vec3::new(0.3, 2.4, 2.0)].map(Affine3A::from_translation);
    let beam = [
        looking(Vec3::new(1.5, 2.6, 2.2), Vec3::new(-0.6, -1.0, -0.6)),
        looking(Vec3::new(1.2, 2.2, 2.4), Vec3::new(-0.9, -0.7, -0.5)),
    ];
    let spot = LightKind::Spot { cos_inner: 0.95, cos_outer: 0.8 };
    let day = [Vec3::new(0.3, -1.0, -0.4), Vec3::new(-0.3, -1.0, -0.4)].map(|axis| looking(Vec3::ZERO, axis));
    scene.lights.extend([
        carried(base, bulb),
        carried(Light { kind: spot, color: Vec3::new(9.0, 6.0, 4.0), size: 0.0, ..base }, beam),
        carried(Light { kind: LightKind::Directional, color: Vec3::splat(0.4), size: 0.05, ..base }, day),
        Light { position: Vec3::new(0.0, 0.3, 3.0), color: Vec3::splat(0.3), ..base },
    ]);
}

/// A square that is a metre wide, a strip of `columns` pieces.
pub(crate) fn strip(half: f32, columns: u32) -> Mesh {
    let mut mesh = Mesh::default();
    for column in 0..=columns {
        let x = half * (2.0 * column as f32 / columns as f32 - 1.0);
        mesh.positions.extend([Vec3::new(x, -half, 0.0), Vec3::new(x, half, 0.0)]);
        mesh.uv_sets.resize(1, Vec::new());
        mesh.uv_sets[0].extend([Vec2::ZERO; 2]);
    }
    for column in 0..columns {
        let [a, b, c, d] = [0, 2, 3, 1].map(|corner| 2 * column + corner);
        mesh.triangles.extend([[a, b, c], [a, c, d]]);
    }
    mesh
}
