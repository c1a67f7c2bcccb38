//! Meshes that morph or are skinned, and what they look like in the states that a scene needs.

use std::sync::{Arc, Mutex, PoisonError};

use glam::Affine3A;

use crate::import::deform::deformed;
use crate::import::part::Part;
use crate::scene::{Bend, Corners, Mesh};

/// A mesh that morphs or is skinned, for one node.
#[derive(Debug)]
pub(in crate::import) struct Moving {
    pub(super) part: Arc<Part>,
    pub(super) node: usize,
    pub(super) skin: Option<usize>,
    pub(super) weights_at_rest: Vec<f32>,
    /// The last states and their mesh, so that what stands still stays the same mesh.
    last: Mutex<Option<(Vec<u32>, Arc<Mesh>)>>,
}

/// What a moving mesh follows.
pub(super) struct State {
    pub(super) weights: Vec<f32>,
    pub(super) joints: Option<Vec<Affine3A>>,
}

/// The states of a mesh that a scene shows.
pub(super) struct States {
    pub(super) now: State,
    /// A frame earlier, where that is to be remembered.
    pub(super) before: Option<State>,
    /// As the shutter opens and as it closes.
    pub(super) ends: Option<[State; 2]>,
}

impl State {
    fn bits(&self) -> Vec<u32> {
        let matrices = self.joints.iter().flatten().flat_map(|joint| joint.to_cols_array());
        self.weights.iter().copied().chain(matrices).map(f32::to_bits).collect()
    }
}

impl Moving {
    pub(super) fn new(part: Arc<Part>, node: usize, skin: Option<usize>, weights_at_rest: Vec<f32>) -> Self {
        Self { part, node, skin, weights_at_rest, last: Mutex::new(None) }
    }

    /// The mesh in a state; with its corners of the state before, where that is another, and its bend, where the ends of the shutter differ.
    pub(super) fn at(&self, states: &States) -> Arc<Mesh> {
        let now = states.now.bits();
        let before = states.before.as_ref().filter(|before| before.bits() != now);
        let ends = states.ends.as_ref().filter(|[open, close]| open.bits() != close.bits());
        // All states are of one length, so that the number of them tells which there are.
        let others = before.into_iter().chain(ends.into_iter().flatten());
        let key: Vec<u32> = now.into_iter().chain(others.flat_map(State::bits)).collect();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, mesh)) if *known == key => Arc::clone(mesh),
            _ => {
                let shape = |state: &State| deformed(&self.part, &state.weights, state.joints.as_deref());
                let positions_before = before.map_or_else(Vec::new, |before| shape(before).positions);
                let bend = ends.map(|[open, close]| {
                    Box::new(Bend { open: corners(shape(open)), close: corners(shape(close)) })
                });
                let mesh = Arc::new(Mesh { positions_before, bend, ..shape(&states.now) });
                *last = Some((key, Arc::clone(&mesh)));
                mesh
            }
        }
    }
}

fn corners(mesh: Mesh) -> Corners {
    let Mesh { positions, normals, tangents, .. } = mesh;
    Corners { positions, normals, tangents }
}
