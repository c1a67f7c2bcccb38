//! Trees, their triangles, and instances.

use glam::{Affine3A, Vec3};
use shaders::layout::{Instance, NONE, TRIANGLE_CLOSING_SHIFT};

use super::part::{self, Loose, number};
use super::{PackFault, PackedScene, sweep};
use crate::bvh::{Bvh, transformed_box};
use crate::lights::LightTable;
use crate::scene::{Instance as PlacedMesh, Scene};

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
        let sweep = sweep::lay(instance.sweep.as_deref(), packer.packed)?;
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

impl Packer<'_> {
    /// All meshes that stand alone, in world space, under one tree.
    fn add_baked(&mut self, instances: &[usize], went: &mut [Placed]) -> Result<(), PackFault> {
        let mut loose = Vec::new();
        for &index in instances {
            let instance = &self.scene.instances[index];
            let (stands, id) = (&instance.world_from_object, instance.object_id);
            let known = (self.scene, self.lights);
            let part = part::lay(known, self.packed, instance.mesh, stands, id, &mut loose)?;
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
        let part =
            part::lay((self.scene, self.lights), self.packed, mesh, &Affine3A::IDENTITY, 0, &mut loose)?;
        self.add_tree(&loose, part)
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
        let mut bvh = if loose.iter().any(|triangle| triangle.closing.is_some()) {
            Bvh::of_boxes(&loose.iter().map(Loose::bounds).collect::<Vec<_>>())?
        } else {
            Bvh::of_triangles(&loose.iter().map(|triangle| triangle.corners).collect::<Vec<_>>())?
        };
        let root = number(self.packed.nodes.len(), "nodes")?;
        let first = number(self.packed.triangles.len(), "triangles")?;
        bvh.relocate(root, first);
        self.packed.nodes.append(&mut bvh.nodes);
        // Behind the tree's triangles lie those that some of them become.
        let mut closing = Vec::new();
        for &index in &bvh.order {
            let triangle = &loose[index as usize];
            let mut flags = triangle.flags;
            if let Some(corners) = &triangle.closing {
                flags |= closing_bits(first as usize + loose.len() + closing.len())?;
                closing.push(triangle.words(corners, triangle.flags));
            }
            self.packed.triangles.push(triangle.words(&triangle.corners, flags));
        }
        self.packed.triangles.append(&mut closing);
        Ok(Tree { root, part, low: bvh.low, high: bvh.high })
    }
}

/// The number of the triangle that another one becomes, as its flags hold it.
fn closing_bits(number: usize) -> Result<u32, PackFault> {
    let number = u32::try_from(number).ok().filter(|number| number.leading_zeros() >= TRIANGLE_CLOSING_SHIFT);
    number.map(|number| number << TRIANGLE_CLOSING_SHIFT).ok_or(PackFault::TooMany("triangles"))
}

/// The three rows of an affine map.
pub(super) fn rows(map: &Affine3A) -> [[f32; 4]; 3] {
    let (m, t) = (map.matrix3, map.translation);
    [0, 1, 2].map(|i| [m.x_axis[i], m.y_axis[i], m.z_axis[i], t[i]])
}
