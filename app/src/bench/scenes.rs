//! The benchmark's scenes, made by code so that they are the same everywhere and for ever.
//!
//! Each stresses something else: `room` many bounces of few triangles, `spheres` instancing, metal and glass under a sky,
//! `grass` thin, incoherent geometry. Changing one changes every score, so their triangle counts are pinned by a test.

use std::sync::Arc;

use glam::{Affine3A, Quat, Vec3};
use render_core::scene::{Camera, Environment, Instance, Material, Mesh, Projection, Scene};

/// A benchmark scene and its name.
pub(crate) struct BenchScene {
    pub(crate) name: &'static str,
    pub(crate) scene: Scene,
}

/// All of them.
pub(crate) fn all() -> Vec<BenchScene> {
    vec![
        BenchScene { name: "room", scene: room() },
        BenchScene { name: "spheres", scene: spheres() },
        BenchScene { name: "grass", scene: grass() },
    ]
}

/// A closed diffuse room with a lamp and two blocks.
pub(super) fn room() -> Scene {
    let mut scene = Builder::new(camera(Vec3::new(0.0, 1.0, 3.4), Vec3::new(0.0, 1.0, 0.0), 0.7));
    let white = scene.material(diffuse(Vec3::splat(0.75)));
    let red = scene.material(diffuse(Vec3::new(0.63, 0.06, 0.05)));
    let green = scene.material(diffuse(Vec3::new(0.14, 0.45, 0.09)));
    let lamp = scene.material(Material { emissive: Vec3::splat(15.0), ..diffuse(Vec3::ZERO) });
    let (x, y, z) = (Vec3::X, Vec3::Y, Vec3::Z);
    // Each wall is a centre and the two half-edges that span it; their cross product faces the room.
    scene.quad(Vec3::ZERO, z * 4.0, x, white);
    scene.quad(y * 2.0, x, z * 4.0, white);
    scene.quad(Vec3::new(0.0, 1.0, -1.0), x, y, white);
    scene.quad(Vec3::new(0.0, 1.0, 4.0), y, x, white);
    scene.quad(Vec3::new(-1.0, 1.0, 0.0), y, z * 4.0, red);
    scene.quad(Vec3::new(1.0, 1.0, 0.0), z * 4.0, y, green);
    scene.quad(Vec3::new(0.0, 1.99, 0.0), x * 0.25, z * 0.25, lamp);
    let block = scene.mesh(cuboid(), white);
    scene.place(block, Vec3::new(0.33, 0.3, 0.35), Vec3::new(0.3, 0.3, 0.3), -0.29);
    scene.place(block, Vec3::new(-0.33, 0.6, -0.3), Vec3::new(0.3, 0.6, 0.3), 0.31);
    scene.finish()
}

/// Instanced spheres of rough metal, glass and plain stuff on a floor under a plain sky.
pub(super) fn spheres() -> Scene {
    const SIDE: i32 = 12;
    let mut scene = Builder::new(camera(Vec3::new(0.0, 5.0, 9.0), Vec3::new(0.0, 0.3, 0.0), 0.8));
    scene.sky(Vec3::new(0.7, 0.85, 1.0));
    let floor = scene.material(diffuse(Vec3::splat(0.5)));
    scene.quad(Vec3::ZERO, Vec3::Z * 30.0, Vec3::X * 30.0, floor);
    let metal = Material { metallic: 1.0, roughness: 0.3, ..diffuse(Vec3::new(0.95, 0.72, 0.4)) };
    let glass = Material { transmission: 1.0, roughness: 0.0, ..diffuse(Vec3::ONE) };
    let plastic = Material { roughness: 0.4, ..diffuse(Vec3::new(0.2, 0.3, 0.7)) };
    let kinds: Vec<u32> = [metal, glass, plastic]
        .into_iter()
        .map(|kind| {
            let material = scene.material(kind);
            scene.mesh(sphere(64, 32), material)
        })
        .collect();
    for row in 0..SIDE {
        for column in 0..SIDE {
            let place =
                Vec3::new((column - SIDE / 2) as f32 * 0.9 + 0.45, 0.4, (row - SIDE / 2) as f32 * 0.9);
            let kind = kinds[(row * 5 + column * 7) as usize % kinds.len()];
            scene.place(kind, place, Vec3::splat(0.4), 0.0);
        }
    }
    scene.finish()
}

/// A meadow: instanced tufts of thin blades under a plain sky.
fn grass() -> Scene {
    const SIDE: u32 = 40;
    let mut scene = Builder::new(camera(Vec3::new(0.0, 0.7, 4.2), Vec3::new(0.0, 0.1, 0.0), 0.8));
    scene.sky(Vec3::ONE);
    let soil = scene.material(diffuse(Vec3::new(0.2, 0.14, 0.09)));
    scene.quad(Vec3::ZERO, Vec3::Z * 20.0, Vec3::X * 20.0, soil);
    let leaf =
        scene.material(Material { double_sided: true, roughness: 0.6, ..diffuse(Vec3::new(0.2, 0.5, 0.1)) });
    let tuft = scene.mesh(tuft(), leaf);
    let mut chance = Chance(1);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let at = |index: u32, jitter: f32| (index as f32 - SIDE as f32 / 2.0) * 0.2 + jitter * 0.15;
            let place = Vec3::new(at(column, chance.next()), 0.0, at(row, chance.next()));
            scene.place(tuft, place, Vec3::splat(0.7 + 0.6 * chance.next()), 6.3 * chance.next());
        }
    }
    scene.finish()
}

fn tuft() -> Mesh {
    let mut chance = Chance(7);
    let mut mesh = Mesh::default();
    for _ in 0..64 {
        let root = Vec3::new(chance.next() - 0.5, 0.0, chance.next() - 0.5) * 0.25;
        let turn = 6.3 * chance.next();
        let side = Vec3::new(turn.cos(), 0.0, turn.sin()) * 0.006;
        let lean = Vec3::new(-turn.sin(), 0.0, turn.cos()) * 0.12 * chance.next();
        let middle = root + Vec3::Y * 0.12 + lean * 0.4;
        let tip = root + Vec3::Y * (0.2 + 0.1 * chance.next()) + lean;
        let first = mesh.positions.len() as u32;
        mesh.positions.extend([root - side, root + side, middle - side * 0.7, middle + side * 0.7, tip]);
        mesh.triangles
            .extend([[0, 1, 2], [2, 1, 3], [2, 3, 4]].map(|corners| corners.map(|corner| corner + first)));
    }
    mesh
}

fn cuboid() -> Mesh {
    let mut mesh = Mesh::default();
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            let normal = Vec3::AXES[axis] * sign;
            let (u, v) = (Vec3::AXES[(axis + 1) % 3] * sign, Vec3::AXES[(axis + 2) % 3]);
            append_quad(&mut mesh, normal, u, v);
        }
    }
    mesh
}

/// A unit sphere with smooth normals.
fn sphere(columns: u32, rows: u32) -> Mesh {
    let mut mesh = Mesh::default();
    for row in 0..=rows {
        for column in 0..=columns {
            let phi = std::f32::consts::TAU * column as f32 / columns as f32;
            let theta = std::f32::consts::PI * row as f32 / rows as f32;
            let point = Vec3::new(theta.sin() * phi.cos(), theta.cos(), -theta.sin() * phi.sin());
            mesh.positions.push(point);
            mesh.normals.push(point);
        }
    }
    for row in 0..rows {
        for column in 0..columns {
            let a = row * (columns + 1) + column;
            let b = a + columns + 1;
            // At the poles one of the two triangles has no area.
            if row > 0 {
                mesh.triangles.push([a, b + 1, a + 1]);
            }
            if row + 1 < rows {
                mesh.triangles.push([a, b, b + 1]);
            }
        }
    }
    mesh
}

fn append_quad(mesh: &mut Mesh, centre: Vec3, u: Vec3, v: Vec3) {
    let first = mesh.positions.len() as u32;
    mesh.positions.extend([centre - u - v, centre + u - v, centre + u + v, centre - u + v]);
    mesh.triangles.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
}

fn diffuse(base_color: Vec3) -> Material {
    Material { base_color, ..Material::default() }
}

fn camera(eye: Vec3, target: Vec3, fov_y: f32) -> Camera {
    let back = (eye - target).normalize();
    let right = Vec3::Y.cross(back).normalize();
    let view = Affine3A::from_cols(right.into(), back.cross(right).into(), back.into(), eye.into());
    Camera {
        name: "bench".into(),
        world_from_camera: view,
        world_from_camera_before: view,
        projection: Projection::Perspective { fov_y },
        ..Camera::default()
    }
}

/// A scene in the making.
struct Builder(Scene);

impl Builder {
    fn new(camera: Camera) -> Self {
        let environment = Environment { map: None, strength: Vec3::ZERO, rotation: 0.0 };
        Self(Scene { camera, environment, ..Scene::default() })
    }

    fn sky(&mut self, radiance: Vec3) {
        self.0.environment.strength = radiance;
    }

    fn material(&mut self, material: Material) -> u32 {
        self.0.materials.push(material);
        self.0.material_names.push(String::new());
        self.0.materials.len() as u32 - 1
    }

    fn mesh(&mut self, mesh: Mesh, material: u32) -> u32 {
        self.0.meshes.push(Arc::new(Mesh { material, ..mesh }));
        self.0.meshes.len() as u32 - 1
    }

    fn quad(&mut self, centre: Vec3, u: Vec3, v: Vec3, material: u32) {
        let mut mesh = Mesh::default();
        append_quad(&mut mesh, centre, u, v);
        let mesh = self.mesh(mesh, material);
        self.place(mesh, Vec3::ZERO, Vec3::ONE, 0.0);
    }

    fn place(&mut self, mesh: u32, place: Vec3, size: Vec3, turn: f32) {
        let world_from_object =
            Affine3A::from_scale_rotation_translation(size, Quat::from_rotation_y(turn), place);
        self.0.object_names.push(String::new());
        let object_id = self.0.object_names.len() as u32;
        let world_from_object_before = world_from_object;
        self.0.instances.push(Instance {
            mesh,
            world_from_object,
            world_from_object_before,
            sweep: None,
            object_id,
        });
    }

    fn finish(self) -> Scene {
        self.0
    }
}

/// A tiny generator of numbers in 0..1 for placing blades (PCG output function, O'Neill 2014).
struct Chance(u32);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = ((self.0 >> ((self.0 >> 28) + 4)) ^ self.0).wrapping_mul(277_803_737);
        ((word >> 22) ^ word) as f32 / u32::MAX as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_are_whole_and_stay_what_they_are() {
        let counts: Vec<(&str, u64)> = all()
            .iter()
            .map(|bench| {
                bench.scene.check().unwrap_or_else(|fault| panic!("{}: {fault}", bench.name));
                (bench.name, bench.scene.triangles_instanced())
            })
            .collect();
        assert_eq!(counts, [("room", 38), ("spheres", 571_394), ("grass", 307_202)]);
    }

    #[test]
    fn closed_shapes_face_outwards() {
        for mesh in [cuboid(), sphere(8, 4)] {
            for triangle in &mesh.triangles {
                let [a, b, c] = triangle.map(|corner| mesh.positions[corner as usize]);
                assert!((b - a).cross(c - a).dot(a + b + c) > 0.0, "{triangle:?}");
            }
        }
    }
}
