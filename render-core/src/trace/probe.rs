//! Sends chosen rays through the extend kernel, for tests of the walk against brute force.

use std::io::Write as _;

use frame::{BlockRange, FrameIndex, FrameSize, PlaneSet, SettingsDraft};
use glam::{Affine3A, DAffine3, Quat, Vec3};
use shaders::Arrays;

use super::*;
use crate::gpu::{AdapterChoice, Units};
use crate::import::{Document, EnvironmentChoice, ImportOptions};
use crate::pack::pack;
use crate::reference::bvh::{Bvh, Ray};
use crate::reference::sampler::Sampler;
use crate::scene::{Bend, Corners, Instance, Material, Mesh, Scene, Sweep};

/// The closest hits of rays (origin, direction): (instance, triangle) in packed numbering, `u32::MAX` for none.
fn closest_hits(gpu: &Gpu, scene: &Scene, rays: &[(Vec3, Vec3)]) -> Vec<[u32; 2]> {
    let packed = pack(scene).expect("packs");
    let kernels = KernelSet::build(gpu).expect("compiles");
    let capacity = (rays.len() as u32).next_multiple_of(BLOCK_SPP);
    let pool = Pool::new(gpu, capacity, true);
    let stage = Stage::upload(gpu, &packed, None).expect("fits");
    let bindings = pool.bind(gpu, &kernels, &stage);
    let field = |index: u64| index * u64::from(capacity) * 16;
    let write = |index: u64, values: Vec<[f32; 4]>| {
        gpu.write_at(&pool.paths, field(index), bytemuck::cast_slice(&values));
    };
    let none = f32::from_bits(u32::MAX);
    write(0, rays.iter().map(|(origin, _)| origin.extend(none).to_array()).collect());
    write(1, rays.iter().map(|(_, direction)| direction.extend(0.0).to_array()).collect());
    // A ray's time follows from its number.
    write(3, (0..rays.len() as u32).map(|sample| [0.0, f32::from_bits(sample), 0.0, none]).collect());
    let queue: Vec<u32> = (0..rays.len() as u32).collect();
    gpu.write(&pool.queues, bytemuck::cast_slice(&queue));
    gpu.write(&pool.counters, bytemuck::cast_slice(&[rays.len() as u32, 0, 0, 0, 0, 0, 0, 0]));
    let on = |is_on: bool, flag: u32| if is_on { flag } else { 0 };
    let flags = packed.header.single | on(stage.sweeps, flag::SWEEPS) | on(stage.bends, flag::BENDS);
    let params = Params { capacity, root: packed.header.root, flags, ..Params::default() };
    gpu.write(&pool.params, bytemuck::bytes_of(&params));
    let mut work = gpu.record();
    work.dispatch(&kernels.extend, &bindings, &Groups::Threads(rays.len() as u32));
    let size = rays.len() as u64 * 16;
    let readback = gpu.readback("hits", size);
    work.copy((&pool.paths, field(4)), (&readback, 0), size);
    let bytes = gpu.run(work, &readback, size).expect("runs");
    let words: Vec<[u32; 4]> = bytemuck::pod_collect_to_vec(&bytes);
    let number = |triangle: u32| {
        packed.triangles.get(triangle as usize).map(|t| [t[0][3].to_bits(), t[1][3].to_bits()])
    };
    words.iter().map(|word| number(word[2]).unwrap_or([u32::MAX; 2])).collect()
}

/// Numbers without a pattern, from a counter.
struct Dice(u32);

impl Dice {
    fn unit(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let word = ((self.0 >> ((self.0 >> 28) + 4)) ^ self.0).wrapping_mul(277_803_737);
        (word >> 8) as f32 / (1 << 24) as f32
    }

    fn point(&mut self, size: f32) -> Vec3 {
        (Vec3::new(self.unit(), self.unit(), self.unit()) * 2.0 - 1.0) * size
    }
}

fn scene_of(meshes: Vec<Mesh>, places: &[(u32, Affine3A)]) -> Scene {
    let instances = places
        .iter()
        .map(|&(mesh, world_from_object)| Instance {
            mesh,
            world_from_object,
            world_from_object_before: world_from_object,
            sweep: None,
            object_id: 1,
        })
        .collect();
    Scene {
        meshes: meshes.into_iter().map(std::sync::Arc::new).collect(),
        instances,
        materials: vec![Material::default()],
        ..Scene::default()
    }
}

/// Triangles of very different sizes in a heap.
fn heap(triangles: u32, dice: &mut Dice) -> Mesh {
    let mut mesh = Mesh::default();
    for index in 0..triangles {
        let centre = dice.point(4.0);
        let size = 0.02 + dice.unit().powi(4) * 3.0;
        mesh.positions.extend([0; 3].map(|_| centre + dice.point(size)));
        mesh.triangles.push([3 * index, 3 * index + 1, 3 * index + 2]);
    }
    mesh
}

/// The mesh with every corner on a way of its own, of which every third triangle's have none.
fn bending(mesh: Mesh, dice: &mut Dice) -> Mesh {
    let mut end = || {
        let corners = mesh.positions.iter().enumerate();
        let moved = |(index, &corner): (usize, &Vec3)| {
            if index / 3 % 3 == 0 { corner } else { corner + dice.point(1.0) }
        };
        Corners { positions: corners.map(moved).collect(), ..Corners::default() }
    };
    let bend = Bend { open: end(), close: end() };
    Mesh { bend: Some(Box::new(bend)), ..mesh }
}

/// A sphere of longitude and latitude strips whose corners are shared by position.
fn sphere(rings: u32) -> Mesh {
    let columns = rings * 2;
    let mut mesh = Mesh::default();
    for ring in 0..=rings {
        for column in 0..columns {
            let (theta, phi) = (
                std::f32::consts::PI * ring as f32 / rings as f32,
                std::f32::consts::TAU * column as f32 / columns as f32,
            );
            // The poles are one point each, exactly, or the sphere would have holes of one ulp.
            let radius = if ring == 0 || ring == rings { 0.0 } else { theta.sin() };
            mesh.positions.push(Vec3::new(radius * phi.cos(), theta.cos(), radius * phi.sin()));
        }
    }
    for ring in 0..rings {
        for column in 0..columns {
            let corner = |ring: u32, column: u32| ring * columns + column % columns;
            let (a, b) = (corner(ring, column), corner(ring, column + 1));
            let (c, d) = (corner(ring + 1, column + 1), corner(ring + 1, column));
            mesh.triangles.extend([[a, b, c], [a, c, d]]);
        }
    }
    mesh
}

fn gpu() -> Option<Gpu> {
    let gpu = Gpu::open(&AdapterChoice::Strongest, Units::Ordinary);
    if let Err(fault) = &gpu {
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = writeln!(std::io::stderr(), "NOT CHECKED: {fault}");
    }
    gpu.ok()
}

#[test]
fn the_walk_finds_what_brute_force_finds() {
    let Some(gpu) = gpu() else { return };
    let mut dice = Dice(7);
    let spin = |dice: &mut Dice| {
        let turn = Quat::from_rotation_y(dice.unit() * 6.0) * Quat::from_rotation_x(dice.unit() * 6.0);
        let scale = Vec3::new(0.3 + dice.unit(), 0.3 + dice.unit(), -0.3 - dice.unit());
        Affine3A::from_scale_rotation_translation(scale, turn, dice.point(3.0))
    };
    let alone = scene_of(vec![heap(400, &mut dice)], &[(0, Affine3A::IDENTITY)]);
    let mut places: Vec<(u32, Affine3A)> = (0..9).map(|i| (i % 2, spin(&mut dice))).collect();
    places.push((2, Affine3A::IDENTITY));
    let instanced = scene_of(vec![heap(30, &mut dice), heap(20, &mut dice), heap(50, &mut dice)], &places);
    let mut moving = instanced.clone();
    for instance in moving.instances.iter_mut().step_by(2) {
        let double = |map: Affine3A| DAffine3 {
            matrix3: map.matrix3.as_dmat3(),
            translation: map.translation.as_dvec3(),
        };
        let [open, close] = [(); 2].map(|()| double(spin(&mut dice)));
        instance.sweep = Sweep::between(&open, &close).map(Box::new);
    }
    let bent = |scene: &Scene, dice: &mut Dice| {
        let mut scene = scene.clone();
        scene.meshes.iter_mut().for_each(|mesh| *mesh = std::sync::Arc::new(bending((**mesh).clone(), dice)));
        scene
    };
    let (alone_bending, moving_bending) = (bent(&alone, &mut dice), bent(&moving, &mut dice));
    let scenes = [
        ("one tree", alone),
        ("instances", instanced),
        ("moving", moving),
        ("one tree, bending", alone_bending),
        ("moving, bending", moving_bending),
    ];
    for (name, scene) in scenes {
        let rays: Vec<(Vec3, Vec3)> = (0..500_000)
            .map(|i| {
                let direction = dice.point(1.0).normalize_or(Vec3::X);
                // Some along the axes, where slabs have no extent to divide by.
                (dice.point(8.0), if i % 50 == 0 { Vec3::AXES[i % 3] } else { direction })
            })
            .collect();
        let found = closest_hits(&gpu, &scene, &rays);
        let bvh = Bvh::new(&scene);
        let mut differ = 0;
        for (sample, (&(origin, direction), found)) in (0..).zip(rays.iter().zip(&found)) {
            let [time, _] = Sampler { key: 0, sample }.pair(2);
            let ray = Ray { origin, direction, time, skip: None };
            let truth = bvh.closest_by_brute_force(&ray, f32::INFINITY);
            let hit = found[1] != u32::MAX;
            let same = truth.is_some_and(|truth| hit && truth.face.triangle == found[1])
                || (truth.is_none() && !hit);
            differ += usize::from(!same);
        }
        eprintln!("{name}: {differ} of {} rays differ from brute force", rays.len());
        // Instances are met in object space on the GPU and in world space on the CPU: edges may fall either way.
        assert!(differ <= rays.len() / 20_000, "{name}: {differ} rays differ");
    }
}

#[test]
fn no_ray_escapes_a_closed_sphere() {
    let Some(gpu) = gpu() else { return };
    let mut dice = Dice(3);
    let mesh = sphere(40);
    let corners = mesh.positions.clone();
    let edges: Vec<Vec3> = mesh
        .triangles
        .iter()
        .map(|t| corners[t[0] as usize].lerp(corners[t[1] as usize], dice.unit()))
        .collect();
    let scene = scene_of(vec![mesh], &[(0, Affine3A::IDENTITY)]);
    let rays: Vec<(Vec3, Vec3)> = (0..300_000)
        .map(|i| {
            let origin = dice.point(0.4);
            let target = match i % 3 {
                0 => corners[i / 3 % corners.len()],
                1 => edges[i / 3 % edges.len()],
                _ => origin + dice.point(1.0),
            };
            (origin, (target - origin).normalize_or(Vec3::X))
        })
        .collect();
    let escaped = closest_hits(&gpu, &scene, &rays).iter().filter(|hit| hit[1] == u32::MAX).count();
    assert_eq!(escaped, 0, "of {} rays from inside", rays.len());
}

/// Every plane of a bundled scene, one block of samples.
fn picture(gpu: &Gpu, name: &str) -> TilePlanes {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/scenes").join(name);
    let options = ImportOptions { environment: EnvironmentChoice::Neutral, ..ImportOptions::default() };
    let document = Document::open(&path, &options).expect("the scene is sound");
    let packed = pack(&document.scene_at(0.4, 1.0 / 24.0).expect("the instant exists")).expect("packs");
    let kernels = KernelSet::build(gpu).expect("compiles");
    let mut pool = Pool::new(gpu, 1 << 14, true);
    let stage = Stage::upload(gpu, &packed, None).expect("fits");
    let bindings = pool.bind(gpu, &kernels, &stage);
    let size = FrameSize::new(48, 32).expect("in range");
    let planes = Plane::ALL.into_iter().fold(PlaneSet::DEFAULT, PlaneSet::with);
    let draft = SettingsDraft { spp: BLOCK_SPP, planes, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft).expect("valid");
    let order = TileOrder {
        frame: FrameIndex(0),
        rect: TileRect { x: 0, y: 0, width: size.width(), height: size.height() },
        margin_px: 0,
        blocks: BlockRange::all(settings.spp),
        settings,
    };
    let tracer = Tracer { gpu, kernels: &kernels, bindings: &bindings, stage: &stage };
    let planes = pool.render_block(&tracer, &order, 0, &mut Tally::default()).expect("renders");
    planes.expect("there is no brake")
}

/// GPUs read buffers and software Vulkan reads pictures: whichever this machine has, the other way must give the same.
#[test]
fn both_ways_of_reading_the_arrays_give_the_same_bits() {
    let Some(mut gpu) = gpu() else { return };
    for name in ["studio.glb", "tiny.glb"] {
        let [buffers, pictures] = [Arrays::Buffers, Arrays::Pictures].map(|arrays| {
            gpu.arrays = arrays;
            picture(&gpu, name)
        });
        for plane in Plane::ALL {
            let bits = |planes: &TilePlanes| -> Vec<u32> {
                planes.plane(plane).expect("asked for").iter().map(|value| value.to_bits()).collect()
            };
            let lit = bits(&buffers).iter().any(|&bits| bits != 0);
            assert!(lit || plane == Plane::Motion, "{name}: {plane:?} shows nothing");
            assert!(bits(&buffers) == bits(&pictures), "{name}: {plane:?} differs");
        }
    }
}
