//! Trees, triangles, instances and vertex attributes.

use glam::{Affine3A, Vec3, Vec4};
use shaders::layout::{self, Instance, NONE, Part};

use super::{PackFault, PackedScene, sweep};
use crate::bvh::{Bvh, transformed_box};
use crate::lights::{LightTable, mean_emission};
use crate::scene::{AlphaMode, Instance as PlacedMesh, Mesh, Scene, Sweep};

/// Where an instance went; all 0 for one that is flat, of which nothing is asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Placed {
    /// The part that its triangles became.
    pub(super) part: u32,
    /// Word at which its sweep lies, or [`NONE`].
    pub(super) sweep: u32,
}

/// Returns where each instance went.
pub(super) fn pack(
    scene: &Scene,
    lights: &LightTable,
    packed: &mut PackedScene,
) -> Result<Vec<Placed>, PackFault> {
    let mut uses = vec![0u32; scene.meshes.len()];
    let placed: Vec<usize> =
        (0..scene.instances.len()).filter(|&index| !scene.instances[index].is_flat()).collect();
    for &index in &placed {
        uses[scene.instances[index].mesh as usize] += 1;
    }
    let moves = |index: usize| {
        let instance = &scene.instances[index];
        instance.sweep.is_some() || instance.world_from_object != instance.world_from_object_before
    };
    let alone = |index: usize| uses[scene.instances[index].mesh as usize] == 1 && !moves(index);
    let (baked, shared): (Vec<usize>, Vec<usize>) = placed.into_iter().partition(|&index| alone(index));

    let mut went = vec![Placed::default(); scene.instances.len()];
    let mut packer = Packer { scene, lights, packed, placed: Vec::new() };
    if !baked.is_empty() || shared.is_empty() {
        packer.add_baked(&baked, &mut went)?;
    }
    let mut trees: Vec<Option<Tree>> = vec![None; scene.meshes.len()];
    for index in shared {
        let instance = &scene.instances[index];
        let tree = match trees[instance.mesh as usize] {
            Some(tree) => tree,
            None => *trees[instance.mesh as usize].insert(packer.add_shared(instance.mesh)?),
        };
        let sweep = packer.add_sweep(instance.sweep.as_deref())?;
        went[index] = Placed { part: tree.part, sweep };
        packer.place(tree, instance, sweep);
    }
    packer.finish()?;
    Ok(went)
}

/// A tree that has been laid down.
#[derive(Clone, Copy)]
struct Tree {
    root: u32,
    part: u32,
    low: Vec3,
    high: Vec3,
}

struct Packer<'a> {
    scene: &'a Scene,
    lights: &'a LightTable,
    packed: &'a mut PackedScene,
    placed: Vec<(Instance, (Vec3, Vec3))>,
}

/// A triangle before its tree decides its place.
struct Loose {
    corners: [Vec3; 3],
    part: u32,
    number: u32,
    flags: u32,
}

impl Packer<'_> {
    /// All meshes that stand alone, in world space, under one tree.
    fn add_baked(&mut self, instances: &[usize], went: &mut [Placed]) -> Result<(), PackFault> {
        let mut loose = Vec::new();
        for &index in instances {
            let instance = &self.scene.instances[index];
            let part =
                self.add_part(instance.mesh, &instance.world_from_object, instance.object_id, &mut loose)?;
            went[index] = Placed { part, sweep: NONE };
        }
        let tree = self.add_tree(&loose, 0)?;
        let here = Affine3A::IDENTITY;
        let everything = PlacedMesh {
            mesh: 0,
            world_from_object: here,
            world_from_object_before: here,
            sweep: None,
            object_id: 0,
        };
        self.place(tree, &everything, NONE);
        Ok(())
    }

    /// One mesh in its own space under its own tree.
    fn add_shared(&mut self, mesh: u32) -> Result<Tree, PackFault> {
        let mut loose = Vec::new();
        let part = self.add_part(mesh, &Affine3A::IDENTITY, 0, &mut loose)?;
        self.add_tree(&loose, part)
    }

    /// Lays down how an instance moves while the shutter is open.
    fn add_sweep(&mut self, sweep: Option<&Sweep>) -> Result<u32, PackFault> {
        let Some(sweep) = sweep else { return Ok(NONE) };
        let first = number(self.packed.attributes.len(), "vertices")?;
        self.packed.attributes.extend(sweep::words(sweep));
        number(self.packed.attributes.len(), "vertices")?;
        Ok(first)
    }

    fn place(&mut self, tree: Tree, stands: &PlacedMesh, sweep: u32) {
        let instance = Instance {
            object_from_world: rows(&stands.world_from_object.inverse()),
            world_from_object: rows(&stands.world_from_object),
            before_from_object: rows(&stands.world_from_object_before),
            root: tree.root,
            object_id: stands.object_id,
            sweep,
            ..Instance::default()
        };
        let bounds = match &stands.sweep {
            Some(sweep) => sweep.bounds(tree.low, tree.high),
            None => transformed_box(&stands.world_from_object, tree.low, tree.high),
        };
        self.placed.push((instance, bounds));
    }

    /// The top-level tree, unless one tree is all there is.
    fn finish(self) -> Result<(), PackFault> {
        let packed = self.packed;
        let first = &self.placed[0].0;
        let stands = first.world_from_object == rows(&Affine3A::IDENTITY) && first.sweep == NONE;
        if self.placed.len() == 1 && stands {
            packed.header.single = 1;
            packed.header.root = first.root;
            packed.instances = vec![*first];
            return Ok(());
        }
        let boxes: Vec<(Vec3, Vec3)> = self.placed.iter().map(|(_, bounds)| *bounds).collect();
        let mut tree = Bvh::of_boxes(&boxes)?;
        packed.header.root = number(packed.nodes.len(), "nodes")?;
        tree.relocate(packed.header.root, 0);
        packed.instances = tree.order.iter().map(|&index| self.placed[index as usize].0).collect();
        packed.nodes.append(&mut tree.nodes);
        number(packed.nodes.len(), "nodes")?;
        Ok(())
    }

    fn add_tree(&mut self, loose: &[Loose], part: u32) -> Result<Tree, PackFault> {
        let corners: Vec<[Vec3; 3]> = loose.iter().map(|triangle| triangle.corners).collect();
        let mut bvh = Bvh::of_triangles(&corners)?;
        let root = number(self.packed.nodes.len(), "nodes")?;
        bvh.relocate(root, number(self.packed.triangles.len(), "triangles")?);
        self.packed.nodes.append(&mut bvh.nodes);
        self.packed.triangles.extend(bvh.order.iter().map(|&index| {
            let Loose { corners: [a, b, c], part, number, flags } = &loose[index as usize];
            let with = |v: &Vec3, bits: u32| [v.x, v.y, v.z, f32::from_bits(bits)];
            [with(a, *part), with(b, *number), with(c, *flags)]
        }));
        Ok(Tree { root, part, low: bvh.low, high: bvh.high })
    }

    /// Lays down a mesh's attributes, moved by `to`, and hands out its triangles.
    fn add_part(
        &mut self,
        mesh: u32,
        to: &Affine3A,
        object_id: u32,
        loose: &mut Vec<Loose>,
    ) -> Result<u32, PackFault> {
        let part = number(self.packed.parts.len(), "meshes")?;
        let mesh = &self.scene.meshes[mesh as usize];
        let material = &self.scene.materials[mesh.material as usize];
        let mirrored = to.matrix3.determinant() < 0.0;
        let mut flags = 0;
        if material.lamp || material.alpha_mode != AlphaMode::Opaque {
            flags |= layout::TRIANGLE_HOLES;
        }
        if mirrored {
            flags |= layout::TRIANGLE_MIRRORED;
        }
        let places: Vec<Vec3> = mesh.positions.iter().map(|&p| to.transform_point3(p)).collect();
        for (index, triangle) in mesh.triangles.iter().enumerate() {
            let corners = triangle.map(|corner| places[corner as usize]);
            loose.push(Loose { corners, part, number: index as u32, flags });
        }
        let record = self.part_record(mesh, to, object_id)?;
        self.packed.parts.push(record);
        number(self.packed.attributes.len(), "vertices")?;
        Ok(part)
    }

    fn part_record(&mut self, mesh: &Mesh, to: &Affine3A, object_id: u32) -> Result<Part, PackFault> {
        // Not normalised here: kernels interpolate first, as for meshes that stay in their own space.
        let normal_from_object = to.matrix3.inverse().transpose();
        let attributes = &mut self.packed.attributes;
        let mut lay = |values: &mut dyn Iterator<Item = f32>, present: bool| {
            let first = if present { number(attributes.len(), "vertices")? } else { NONE };
            attributes.extend(values.map(f32::to_bits));
            Ok::<u32, PackFault>(first)
        };
        let mut normals = mesh.normals.iter().flat_map(|&n| (normal_from_object * n).to_array());
        let normals = lay(&mut normals, !mesh.normals.is_empty())?;
        let mut tangents = mesh.tangents.iter().flat_map(|t| {
            let moved: Vec3 = to.matrix3 * t.truncate();
            moved.extend(t.w).to_array()
        });
        let tangents = lay(&mut tangents, !mesh.tangents.is_empty())?;
        let colors = lay(&mut mesh.colors.iter().flat_map(Vec4::to_array), !mesh.colors.is_empty())?;
        let mut uv = [NONE; Mesh::UV_SETS_MAX];
        for (place, set) in uv.iter_mut().zip(&mesh.uv_sets) {
            *place = lay(&mut set.iter().flat_map(glam::Vec2::to_array), true)?;
        }
        let mut before = mesh.positions_before.iter().flat_map(|&p| to.transform_point3(p).to_array());
        let before = lay(&mut before, !mesh.positions_before.is_empty())?;
        let indices = number(attributes.len(), "vertices")?;
        attributes.extend(mesh.triangles.iter().flatten());
        Ok(Part {
            material: mesh.material,
            object_id,
            light_density: light_density(self.scene, self.lights, mesh.material),
            indices,
            normals,
            tangents,
            colors,
            before,
            uv,
        })
    }
}

/// Density per world area of a light sample on this material: luminance of its mean emission × sides × π / W.
fn light_density(scene: &Scene, lights: &LightTable, material: u32) -> f32 {
    let material = &scene.materials[material as usize];
    if lights.weights_total <= 0.0 {
        return 0.0;
    }
    let sides = if material.double_sided { 2.0 } else { 1.0 };
    let luminance = mean_emission(material, scene).dot(Vec3::new(0.2126, 0.7152, 0.0722));
    std::f32::consts::PI * luminance * sides / lights.weights_total
}

/// The three rows of an affine map.
pub(super) fn rows(map: &Affine3A) -> [[f32; 4]; 3] {
    let (m, t) = (map.matrix3, map.translation);
    [0, 1, 2].map(|i| [m.x_axis[i], m.y_axis[i], m.z_axis[i], t[i]])
}

/// A length as the kernels hold it; [`NONE`] is not a number.
fn number(length: usize, what: &'static str) -> Result<u32, PackFault> {
    u32::try_from(length).ok().filter(|&number| number < NONE).ok_or(PackFault::TooMany(what))
}
