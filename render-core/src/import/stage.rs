//! Everything of a file that is needed to make its scene at an instant.

mod moving;
mod shutter;

use std::collections::HashMap;
use std::sync::Arc;

use glam::{Affine3A, DAffine3};
use gltf::json::Root;

use super::accessor::Accessors;
use super::animation::{Animation, Pose};
use super::camera::{self, Eye};
use super::deform::Skin;
use super::fault::{ImportError, Warnings, broken, place_of};
use super::flat::thickened;
use super::geometry::Parts;
use super::lens::LensWish;
use super::light::Lamp;
use super::limits::{Limits, PlaceBudgets};
use super::part::Part;
use super::rigid::rigid_sweep;
use super::tree::{Tree, single};
use crate::scene::{Camera, Environment, Instance, Light, Material, Mesh, Scene, Sweep, Texture};
use moving::{Moving, State, States};
use shutter::Shutter;

/// The content of a file, decoded.
#[derive(Debug, Default)]
pub(super) struct Stage {
    pub(super) tree: Tree,
    pub(super) animation: Option<Animation>,
    pub(super) skins: Vec<Skin>,
    pub(super) eyes: Vec<Eye>,
    /// The chosen one of them.
    pub(super) eye: Option<Eye>,
    pub(super) lens_wish: LensWish,
    /// Used where the file has no camera.
    pub(super) framing: Camera,
    pub(super) lamps: Vec<Lamp>,
    pub(super) textures: Vec<Arc<Texture>>,
    pub(super) materials: Vec<Material>,
    pub(super) material_names: Vec<String>,
    pub(super) environment: Environment,
    /// Whether moving meshes remember their corners of a frame earlier.
    pub(super) corner_motion: bool,
    /// How long the shutter is open, frames.
    pub(super) shutter: f32,
    /// Filled by [`Self::populate`].
    pub(super) meshes: Vec<Shape>,
    pub(super) actors: Vec<Actor>,
}

/// A mesh of the scene.
#[derive(Debug)]
pub(super) enum Shape {
    Still(Arc<Mesh>),
    Moving(Box<Moving>),
}

/// A node that shows meshes.
#[derive(Debug)]
pub(super) struct Actor {
    node: usize,
    /// The node's name, or its mesh's: exporters that place a mesh many times often name only that.
    name: String,
    meshes: Vec<usize>,
    /// Skinned meshes follow their joints, not their node.
    skinned: bool,
    node_from_instance: Vec<DAffine3>,
}

impl Stage {
    /// Decodes the meshes that the default scene shows.
    pub(super) fn populate(
        &mut self,
        root: &Root,
        accessors: &Accessors,
        limits: &Limits,
        warnings: &mut Warnings,
    ) -> Result<(), ImportError> {
        let mut parts =
            Parts { accessors, materials: &self.materials, limits, triangles_left: limits.triangles };
        let mut known: HashMap<usize, Vec<Arc<Part>>> = HashMap::new();
        let mut still: HashMap<*const Part, usize> = HashMap::new();
        let mut budgets = PlaceBudgets::new(limits);
        for &node in &self.tree.visible {
            let Some(index) = self.tree.nodes[node].mesh else { continue };
            let json = &root.meshes[index];
            let place = place_of("mesh", index, json.name.as_deref());
            if let std::collections::hash_map::Entry::Vacant(slot) = known.entry(index) {
                let mut list = Vec::new();
                for (number, primitive) in json.primitives.iter().enumerate() {
                    let place = format!("{place}, primitive {number}");
                    list.extend(parts.read(primitive, &place, warnings)?.map(Arc::new));
                }
                slot.insert(list);
            }
            let node_from_instance = self.tree.instances(node, accessors, limits)?;
            let joints = self.tree.nodes[node].skin.map_or(0, |skin| self.skins[skin].joints());
            for part in known[&index].iter().filter(|part| part.moves(joints > 0)) {
                // Each node that shows a moving mesh has a copy of its own, and a state for each joint.
                let copied = part.base.triangles.len().max(part.base.positions.len()) + joints;
                parts.spend(copied as u64, &self.tree.place(node))?;
            }
            let skin = self.skin_of(node, &known[&index], warnings)?;
            self.spend(node, &known[&index], node_from_instance.len() as u64, &mut budgets)?;
            if known[&index].is_empty() {
                continue;
            }
            let mut meshes = Vec::new();
            for part in &known[&index] {
                let follows = skin.filter(|_| part.influences.is_some());
                if !part.moves(follows.is_some()) {
                    let next = self.meshes.len();
                    let slot = *still.entry(Arc::as_ptr(part)).or_insert(next);
                    if slot == next {
                        self.meshes.push(Shape::Still(Arc::new(part.base.clone())));
                    }
                    meshes.push(slot);
                    continue;
                }
                let mut weights_at_rest = json.weights.clone().unwrap_or_default();
                weights_at_rest.resize(part.morphs.len(), 0.0);
                if weights_at_rest.iter().any(|weight| !weight.is_finite()) {
                    return Err(broken(&place, "a morph weight is not finite"));
                }
                meshes.push(self.meshes.len());
                let moving = Moving::new(Arc::clone(part), node, follows, weights_at_rest);
                self.meshes.push(Shape::Moving(Box::new(moving)));
            }
            let own = Some(&self.tree.nodes[node].name).filter(|name| !name.is_empty());
            let name = own.or(json.name.as_ref()).cloned().unwrap_or_default();
            self.actors.push(Actor { node, name, meshes, skinned: skin.is_some(), node_from_instance });
        }
        if self.meshes.is_empty() {
            warnings.warn("", "the scene has no triangles");
        }
        self.name_flattened(warnings)
    }

    /// Charges a node's list of places, which is taken also where nothing stands in them, and the lights there.
    fn spend(
        &self,
        node: usize,
        parts: &[Arc<Part>],
        places: u64,
        budgets: &mut PlaceBudgets,
    ) -> Result<(), ImportError> {
        let place = || self.tree.place(node);
        budgets.instances.spend((parts.len() as u64).max(1), places, place)?;
        let shining = parts.iter().filter(|part| self.shines(&part.base));
        let triangles = shining.map(|part| part.base.triangles.len() as u64).sum();
        budgets.lights.spend(triangles, places, place)
    }

    fn shines(&self, mesh: &Mesh) -> bool {
        self.materials[mesh.material as usize].emissive.max_element() > 0.0
    }

    /// Whether nothing in the scene shines.
    pub(super) fn is_dark(&self) -> bool {
        let glows = |shape: &Shape| match shape {
            Shape::Still(mesh) => self.shines(mesh),
            Shape::Moving(moving) => self.shines(&moving.part.base),
        };
        !self.lamps.iter().any(Lamp::shines) && !self.meshes.iter().any(glows)
    }

    /// Sets up a camera that frames the scene where the file has none.
    pub(super) fn frame_if_blind(&mut self, warnings: &mut Warnings) -> Result<(), ImportError> {
        let worlds = self.moment_at(0.0)?.worlds;
        if let Some(eye) = &self.eye {
            if !eye.has_direction(&worlds[eye.node]) {
                let place = self.tree.place(eye.node);
                return Err(broken(&place, "its camera is flattened to nothing and looks nowhere"));
            }
            return Ok(());
        }
        let scene = self.scene_at(0.0, 0.0)?;
        self.framing = camera::framing(&scene, warnings);
        Ok(())
    }

    pub(super) fn scene_at(&self, seconds: f32, frame_seconds: f32) -> Result<Scene, ImportError> {
        let now = self.moment_at(seconds)?;
        let earlier =
            if frame_seconds == 0.0 { None } else { Some(self.moment_at(seconds - frame_seconds)?) };
        let (worlds, before) = (&now.worlds, &earlier.as_ref().unwrap_or(&now).worlds);
        let shutter = self.shutter_at(seconds, frame_seconds)?;
        let shutter = shutter.as_ref();
        let corners_before = earlier.as_ref().filter(|_| self.corner_motion);
        let mut scene = Scene {
            meshes: self.meshes.iter().map(|shape| self.mesh(shape, &now, corners_before, shutter)).collect(),
            materials: self.materials.clone(),
            textures: self.textures.clone(),
            lights: self.lamps.iter().map(|lamp| self.light(lamp, worlds, shutter)).collect(),
            environment: self.environment.clone(),
            camera: self.camera(worlds, before, shutter),
            material_names: self.material_names.clone(),
            ..Scene::default()
        };
        self.lens_wish.apply(&mut scene.camera);
        for (actor, object_id) in self.actors.iter().zip(1..) {
            scene.object_names.push(actor.name.clone());
            actor.place(object_id, worlds, before, shutter, &mut scene.instances);
        }
        scene.check()?;
        Ok(scene)
    }

    fn camera(&self, worlds: &[DAffine3], before: &[DAffine3], shutter: Option<&Shutter>) -> Camera {
        let Some(eye) = &self.eye else { return self.framing.clone() };
        let sweep = shutter
            .and_then(|shutter| rigid_sweep(&shutter.open.worlds[eye.node], &shutter.close.worlds[eye.node]));
        Camera { sweep, ..eye.placed(&worlds[eye.node], &before[eye.node]) }
    }

    fn light(&self, lamp: &Lamp, worlds: &[DAffine3], shutter: Option<&Shutter>) -> Light {
        let sweep = shutter.and_then(|shutter| {
            rigid_sweep(&shutter.open.worlds[lamp.node], &shutter.close.worlds[lamp.node])
        });
        Light { sweep, ..lamp.placed(&worlds[lamp.node]) }
    }

    fn moment_at(&self, seconds: f32) -> Result<Moment, ImportError> {
        self.moment_around(seconds, seconds)
    }

    /// An end of a shutter's time around a frame: a cut of the camera, or a thing that jumps, is blurred over no way.
    fn moment_around(&self, seconds: f32, frame: f32) -> Result<Moment, ImportError> {
        let pose = Pose::at(&self.tree, self.animation.as_ref(), seconds, frame);
        Ok(Moment { worlds: self.tree.worlds(&pose.locals)?, pose })
    }

    fn mesh(
        &self,
        shape: &Shape,
        now: &Moment,
        before: Option<&Moment>,
        shutter: Option<&Shutter>,
    ) -> Arc<Mesh> {
        let moving = match shape {
            Shape::Still(mesh) => return Arc::clone(mesh),
            Shape::Moving(moving) => moving,
        };
        let state = |moment: &Moment| State {
            weights: moment.pose.weights[moving.node].as_ref().unwrap_or(&moving.weights_at_rest).clone(),
            joints: moving.skin.map(|skin| self.skins[skin].world_from_mesh(&moment.worlds)),
        };
        let ends = shutter.map(|shutter| [&shutter.open, &shutter.close].map(state));
        moving.at(&States { now: state(now), before: before.map(state), ends })
    }

    /// The skin that a node's mesh follows.
    fn skin_of(
        &self,
        node: usize,
        parts: &[Arc<Part>],
        warnings: &mut Warnings,
    ) -> Result<Option<usize>, ImportError> {
        let Some(index) = self.tree.nodes[node].skin else { return Ok(None) };
        let place = self.tree.place(node);
        if parts.iter().all(|part| part.influences.is_none()) {
            warnings.warn(place, "it has a skin, but its mesh follows no joints");
            return Ok(None);
        }
        for part in parts {
            self.skins[index].check(part, &place)?;
        }
        Ok(Some(index))
    }

    fn name_flattened(&self, warnings: &mut Warnings) -> Result<(), ImportError> {
        let worlds = self.moment_at(0.0)?.worlds;
        for actor in &self.actors {
            let mut instances = Vec::new();
            actor.place(1, &worlds, &worlds, None, &mut instances);
            let dropped = actor.meshes.len() * actor.node_from_instance.len() - instances.len();
            if dropped > 0 {
                warnings.warn(
                    self.tree.place(actor.node),
                    "its transform flattens it to nothing, so it is left out",
                );
            }
        }
        Ok(())
    }
}

/// Where all nodes stand, and the morph weights.
pub(super) struct Moment {
    worlds: Vec<DAffine3>,
    pose: Pose,
}

impl Actor {
    /// Adds the actor's instances; those flattened to nothing are left out.
    fn place(
        &self,
        object_id: u32,
        worlds: &[DAffine3],
        before: &[DAffine3],
        shutter: Option<&Shutter>,
        to: &mut Vec<Instance>,
    ) {
        let shutter = shutter.filter(|_| !self.skinned);
        for node_from_instance in &self.node_from_instance {
            let sweep = shutter.and_then(|shutter| {
                let [open, close] = [&shutter.open, &shutter.close]
                    .map(|moment| thickened(moment.worlds[self.node] * *node_from_instance));
                Sweep::between(&open, &close).map(Box::new)
            });
            let [now, before] = [worlds, before].map(|worlds| {
                if self.skinned {
                    Affine3A::IDENTITY
                } else {
                    single(&thickened(worlds[self.node] * *node_from_instance))
                }
            });
            if !invertible(&now) {
                continue;
            }
            let before = if invertible(&before) { before } else { now };
            to.extend(self.meshes.iter().map(|&mesh| Instance {
                mesh: mesh as u32,
                world_from_object: now,
                world_from_object_before: before,
                sweep: sweep.clone(),
                object_id,
            }));
        }
    }
}

fn invertible(matrix: &Affine3A) -> bool {
    // An infinite transform is kept, so that the scene's check names it.
    let determinant = matrix.matrix3.determinant();
    !matrix.is_finite()
        || (!Instance::flattens(matrix) && determinant.is_finite() && matrix.inverse().is_finite())
}
