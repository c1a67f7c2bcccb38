//! The CPU reference's rays: nothing slips through, nothing is met twice, and the tree agrees with asking everybody.

use std::f32::consts::PI;
use std::sync::Arc;

use glam::{Affine3A, Vec3};
use render_core::reference::bvh::{Bvh, Ray};
use render_core::reference::camera::disk;
use render_core::reference::microfacet::Basis;
use render_core::reference::sampler::{mix, unit};
use render_core::reference::surface::{Place, offset};
use render_core::scene::{Instance, Material, Mesh, Scene};

/// Independent numbers from a counter.
struct Stream(u32);

impl Stream {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9);
        unit(mix(self.0))
    }

    fn point(&mut self) -> Vec3 {
        Vec3::from([0; 3].map(|_| 2.0 * self.next() - 1.0))
    }

    fn direction(&mut self) -> Vec3 {
        let z = 2.0 * self.next() - 1.0;
        let (sin, cos) = (2.0 * PI * self.next()).sin_cos();
        let r = (1.0 - z * z).max(0.0).sqrt();
        Vec3::new(r * cos, r * sin, z)
    }
}

fn scene_of(mesh: Mesh, place: Affine3A) -> Scene {
    let instance = Instance {
        mesh: 0,
        world_from_object: place,
        world_from_object_before: place,
        sweep: None,
        object_id: 1,
    };
    Scene {
        meshes: vec![Arc::new(mesh)],
        instances: vec![instance],
        materials: vec![Material::default()],
        ..Scene::default()
    }
}

/// A unit sphere whose corners are jittered along its radius, so that no two faces lie alike; closed.
fn rough_sphere(rings: u32, jitter: f32) -> Mesh {
    let columns = 2 * rings;
    let mut mesh = Mesh::default();
    let mut stream = Stream(3);
    for ring in 0..=rings {
        let theta = PI * ring as f32 / rings as f32;
        let at_pole = ring == 0 || ring == rings;
        for column in 0..if at_pole { 1 } else { columns } {
            let phi = 2.0 * PI * column as f32 / columns as f32;
            let radius = 1.0 - jitter * stream.next();
            let spread = if at_pole { 0.0 } else { theta.sin() };
            mesh.positions.push(radius * Vec3::new(spread * phi.cos(), theta.cos(), spread * phi.sin()));
        }
    }
    let at = |ring: u32, column: u32| match ring {
        0 => 0,
        ring if ring == rings => 1 + (rings - 1) * columns,
        ring => 1 + (ring - 1) * columns + column % columns,
    };
    for ring in 0..rings {
        for column in 0..columns {
            let [a, b] = [at(ring, column), at(ring, column + 1)];
            let [c, d] = [at(ring + 1, column + 1), at(ring + 1, column)];
            mesh.triangles.extend([[a, b, c], [a, c, d]].iter().filter(|[a, b, c]| a != b && b != c));
        }
    }
    mesh
}

fn soup(count: u32, stream: &mut Stream) -> Mesh {
    let mut mesh = Mesh::default();
    for triangle in 0..count {
        let centre = stream.point();
        for _ in 0..3 {
            mesh.positions.push(centre + 0.3 * stream.point());
        }
        mesh.triangles.push([0, 1, 2].map(|corner| 3 * triangle + corner));
    }
    mesh
}

#[test]
fn no_ray_leaves_a_closed_body() {
    for place in [Affine3A::IDENTITY, Affine3A::from_translation(Vec3::new(300.0, -77.7, 4096.3))] {
        let mesh = rough_sphere(24, 0.3);
        let corners: Vec<Vec3> = mesh.positions.iter().map(|&p| place.transform_point3(p)).collect();
        let triangles = mesh.triangles.clone();
        let bvh = Bvh::new(&scene_of(mesh, place));
        let mut stream = Stream(7);
        for index in 0..100_000u32 {
            let origin = place.transform_point3(0.3 * stream.point());
            let [a, b, c] = triangles[(stream.next() * triangles.len() as f32) as usize];
            let [a, b, c] = [a, b, c].map(|corner| corners[corner as usize]);
            let goal = match index % 4 {
                0 => a,
                1 => a.lerp(b, stream.next()),
                2 => (a + b + c) / 3.0,
                _ => origin + stream.direction(),
            };
            let ray = Ray { origin, direction: (goal - origin).normalize(), time: 0.5, skip: None };
            assert!(bvh.closest(&ray, f32::INFINITY).is_some(), "ray {index} to {goal} got out");
        }
    }
}

#[test]
fn the_tree_finds_what_asking_everybody_finds() {
    let mut stream = Stream(1);
    let bvh = Bvh::new(&scene_of(soup(200, &mut stream), Affine3A::from_scale(Vec3::new(1.0, -2.0, 0.5))));
    let mut hits = 0;
    for index in 0..1_000_000 {
        let mut direction = stream.direction();
        if index % 5 == 0 {
            direction = [Vec3::X, Vec3::NEG_Y, Vec3::Z][index % 3];
        }
        let ray = Ray { origin: 2.0 * stream.point(), direction, time: 0.5, skip: None };
        let found = bvh.closest(&ray, f32::INFINITY);
        assert_eq!(found, bvh.closest_by_brute_force(&ray, f32::INFINITY), "{ray:?}");
        hits += u32::from(found.is_some());
    }
    assert!(hits > 100_000, "{hits}");
}

/// A mesh at several places: turned, mirrored, flat, tiny and far away.
fn many_of(mesh: Mesh, stream: &mut Stream) -> Scene {
    let mut scene = scene_of(mesh, Affine3A::from_rotation_y(0.7));
    let first = scene.instances[0].clone();
    let turned = Affine3A::from_rotation_x(0.3) * Affine3A::from_rotation_z(1.1);
    for scale in [Vec3::new(1.0, -2.0, 0.5), Vec3::new(1.0, 0.0, 1.0), Vec3::splat(0.02), Vec3::ONE] {
        let place = Affine3A::from_translation(2.0 * stream.point()) * turned * Affine3A::from_scale(scale);
        scene.instances.push(Instance { world_from_object: place, ..first.clone() });
    }
    let far = Affine3A::from_translation(Vec3::new(96.3, -77.7, 30.0)) * turned;
    scene.instances.push(Instance { world_from_object: far, ..first });
    scene
}

#[test]
fn a_mesh_that_stands_often_is_found_wherever_it_stands() {
    let mut stream = Stream(3);
    let scene = many_of(soup(60, &mut stream), &mut stream);
    let bvh = Bvh::new(&scene);
    let mut hits = vec![0; scene.instances.len()];
    for index in 0..200_000 {
        let instance = &scene.instances[index % scene.instances.len()];
        let goal = instance.world_from_object.transform_point3(stream.point());
        let origin = goal + 3.0 * stream.point();
        let ray = Ray { origin, direction: (goal - origin).normalize(), time: 0.5, skip: None };
        let found = bvh.closest(&ray, f32::INFINITY);
        assert_eq!(found, bvh.closest_by_brute_force(&ray, f32::INFINITY), "{ray:?}");
        found.iter().for_each(|hit| hits[hit.face.instance as usize] += 1);
    }
    for (instance, &hits) in scene.instances.iter().zip(&hits) {
        assert!(if instance.is_flat() { hits == 0 } else { hits > 100 }, "{hits} on {instance:?}");
    }
}

#[test]
fn a_ray_that_leaves_a_surface_does_not_meet_it_again() {
    // Without the exclusion of the starting triangle: the offset alone must do.
    let mut stream = Stream(11);
    for scale in [1e-2, 1.0, 1e2, 1e4] {
        let place = Affine3A::from_scale(Vec3::splat(scale)) * Affine3A::from_rotation_x(0.4);
        let scene = scene_of(soup(50, &mut stream), place);
        let bvh = Bvh::new(&scene);
        for _ in 0..20_000 {
            let ray = Ray {
                origin: 3.0 * scale * stream.point(),
                direction: stream.direction(),
                time: 0.5,
                skip: None,
            };
            let Some(hit) = bvh.closest(&ray, f32::INFINITY) else { continue };
            let place = Place::hit(&scene, &hit, 0.5);
            let side = if stream.next() < 0.5 { place.geometric() } else { -place.geometric() };
            let u = [stream.next() * 0.999, stream.next()];
            let direction = Basis::around(side).to_world(disk(u).extend((1.0 - u[0]).sqrt())).normalize();
            let leaving = Ray { origin: offset(place.position(), side), direction, time: 0.5, skip: None };
            bvh.walk(&leaving, f32::INFINITY, &mut |again| {
                assert_ne!(again.face, hit.face, "scale {scale}, distance {}", again.t);
                f32::INFINITY
            });
        }
    }
}

#[test]
fn a_mirroring_instance_keeps_its_front() {
    let mesh =
        Mesh { positions: vec![Vec3::ZERO, Vec3::X, Vec3::Y], triangles: vec![[0, 1, 2]], ..Mesh::default() };
    for place in [Affine3A::IDENTITY, Affine3A::from_scale(Vec3::new(-2.0, 1.0, 3.0))] {
        let scene = scene_of(mesh.clone(), place);
        let ray = Ray {
            origin: place.transform_point3(Vec3::new(0.2, 0.2, 1.0)),
            direction: Vec3::NEG_Z,
            time: 0.5,
            skip: None,
        };
        let hit = Bvh::new(&scene).closest(&ray, 10.0).expect("aimed at the triangle");
        assert!(Place::hit(&scene, &hit, 0.5).geometric().abs_diff_eq(Vec3::Z, 1e-6));
    }
}
