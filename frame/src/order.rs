//! What is asked of a renderer and what it gives back: the one seam between light and network.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::{BlockRange, FrameIndex, RenderSettings, SceneBlob, TilePlanes, TileRect, TreeNode};

/// What to render: some sample blocks of one rectangle of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TileOrder {
    /// Which frame; part of the random numbers' key.
    pub frame: FrameIndex,
    /// Pixels to return.
    pub rect: TileRect,
    /// Pixels around `rect` that the denoiser needs; 0 when nobody denoises on the node.
    pub margin_px: u32,
    /// Which samples.
    pub blocks: BlockRange,
    /// How.
    pub settings: RenderSettings,
}

/// The sum over one node of the summation tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    /// Which samples are in the sum.
    pub node: TreeNode,
    /// The sums.
    pub planes: TilePlanes,
}

/// Whether the renderer should go on; break when the lease is lost or the owner wants the GPU back.
pub type Flow = ControlFlow<()>;

/// How an owner takes the GPU back in the middle of a block; clones share the one brake.
#[derive(Clone, Debug, Default)]
pub struct Brake(Arc<AtomicBool>);

impl Brake {
    /// Wants the GPU back.
    pub fn pull(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Lets work go on.
    pub fn release(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether the GPU is wanted back.
    pub fn is_pulled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The kind of processor behind an adapter, for prices and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AdapterClass {
    /// A card of its own.
    Discrete,
    /// Part of the processor package.
    Integrated,
    /// A virtual machine's.
    Virtual,
    /// Software on the CPU.
    Cpu,
    /// The driver does not say.
    Other,
}

/// What a renderer runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterCard {
    /// As the driver names it.
    pub name: String,
    /// Vulkan, Metal, DX12, or "none" for a renderer without GPU.
    pub backend: String,
    /// Driver and its version.
    pub driver: String,
    /// Kind.
    pub class: AdapterClass,
}

/// Why a tile could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderFault {
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
    /// The packed scene is not usable: the artist's side or the transport is at fault.
    #[error("the packed scene is damaged: {0}")]
    BadScene(String),
    /// The order does not fit its frame.
    #[error("the order is not valid: {0}")]
    BadOrder(String),
    /// The scene does not fit this adapter.
    #[error(
        "the scene needs {} MiB of GPU memory and {} MiB are available ({what})", .needed_bytes.div_ceil(1 << 20), .available_bytes >> 20
    )]
    OutOfMemory {
        /// Estimated need.
        needed_bytes: u64,
        /// What the adapter or its owner allows.
        available_bytes: u64,
        /// Which limit.
        what: String,
    },
    /// The device was lost and could not be had again.
    #[error("the GPU was lost: {0}")]
    DeviceLost(String),
}

/// Renders tiles: light on one side, network and files on the other, and this between them.
pub trait TileRenderer: Send {
    /// What this renderer runs on.
    fn adapter(&self) -> AdapterCard;

    /// Renders `order` of `scene`; returns the sums of [`BlockRange::maximal_nodes`], in order, over exactly `order.rect`.
    /// Whoever denoises adds [`crate::Plane::Denoised`] where [`RenderSettings::may_come_denoised`] allows it.
    ///
    /// `progress` gets each finished block as a level-0 partial as soon as it exists, for previews, and says whether to go on.
    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault>;

    /// Takes a brake. Who can looks at it between two pieces of GPU work, a fraction of a second apart, and ends with
    /// [`RenderFault::Stopped`] when it is pulled; the block at work is lost then. Others end after that block.
    fn heed(&mut self, _brake: &Brake) {}

    /// Nothing will be rendered for a while: gives back what a scene takes on the device.
    fn rest(&mut self) {}
}
