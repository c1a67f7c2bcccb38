//! What the denoiser learns from: seeded procedural scenes, and crops of them traced on the GPU path.
//!
//! [`scene::make`] writes a whole glTF file for a seed, [`crop`] renders pieces of it block by block, and [`record`] is the
//! file that the training reads. Nothing here ships with the product, and nothing is learned from a scene that was not made here.

pub mod crop;
pub mod noise;
pub mod record;
pub mod rng;
pub mod scene;
