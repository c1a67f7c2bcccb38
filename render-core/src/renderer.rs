//! The GPU path tracer as a [`TileRenderer`]: upload, trace, add up along the summation tree.

use frame::{
    AdapterCard, AdapterClass, BlockRange, Brake, Flow, Partial, RenderFault, SceneBlob, SceneId, TileOrder,
    TileRenderer, TreeNode, blocks::block_count,
};
use shaders::layout::PATH_FIELDS;

use crate::gpu::{AdapterChoice, Bindings, Gpu, GpuFault, KernelSet, Seat, Units};
use crate::pack::PackedScene;
use crate::stage::Stage;
use crate::trace::{Pool, Tally, Tracer, order_fault};

/// How to open a renderer.
#[derive(Clone, Debug, Default)]
pub struct RendererOptions {
    /// Which GPU.
    pub adapter: AdapterChoice,
    /// Most memory that a scene may take on it, bytes; `None`: what the adapter has.
    pub memory_limit: Option<u64>,
}

/// Renders tiles on one GPU; keeps the last scene uploaded.
pub struct GpuRenderer {
    options: RendererOptions,
    seat: Seat,
    device: Option<Device>,
    tally: Tally,
    brake: Option<Brake>,
}

/// Everything that dies with a lost device.
struct Device {
    gpu: Gpu,
    kernels: KernelSet,
    pool: Pool,
    scene: Option<(SceneId, Stage, Bindings)>,
}

/// Paths in flight: enough to fill a GPU, few enough for a CPU's caches.
const PATHS_GPU: u32 = 1 << 19;
const PATHS_CPU: u32 = 1 << 16;

impl GpuRenderer {
    /// Opens an adapter and compiles the kernels.
    pub fn open(options: RendererOptions) -> Result<Self, GpuFault> {
        let device = Device::on(Gpu::open(&options.adapter, Units::Ordinary)?, 1)?;
        Ok(Self {
            seat: device.gpu.seat().clone(),
            options,
            device: Some(device),
            tally: Tally::default(),
            brake: None,
        })
    }

    /// Another bound on what a scene may take, bytes; heeded by the next scene that is not there yet.
    pub fn limit_memory(&mut self, bytes: Option<u64>) {
        self.options.memory_limit = bytes;
    }

    /// Where the adapter sits; empty where its driver does not tell.
    pub fn pci_bus_id(&self) -> &str {
        &self.seat.pci_bus_id
    }

    /// Rays and samples since opening.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    fn render_on_device(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, Trouble> {
        let device = match &mut self.device {
            Some(device) => device,
            // A smaller pool after a loss: a driver that was reset once is given shorter work.
            none => {
                none.insert(Device::on(Gpu::reopen(&self.options.adapter, &self.seat, Units::Ordinary)?, 4)?)
            }
        };
        device.show(scene, self.options.memory_limit)?;
        device.pool.heed(self.brake.as_ref());
        device.render(order, &mut self.tally, progress)
    }
}

/// What stops a tile: something for the caller, or a GPU that may be had again.
enum Trouble {
    Fault(RenderFault),
    Gpu(GpuFault),
}

impl From<RenderFault> for Trouble {
    fn from(fault: RenderFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<GpuFault> for Trouble {
    fn from(fault: GpuFault) -> Self {
        Self::Gpu(fault)
    }
}

impl TileRenderer for GpuRenderer {
    fn adapter(&self) -> AdapterCard {
        self.seat.card.clone()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        if let Some(fault) = order_fault(order) {
            return Err(RenderFault::BadOrder(fault));
        }
        let mut first_loss = None;
        loop {
            match self.render_on_device(scene, order, progress) {
                Ok(partials) => return Ok(partials),
                Err(Trouble::Fault(fault)) => return Err(fault),
                Err(Trouble::Gpu(fault)) => {
                    tracing::warn!(%fault, "the GPU failed in the middle of a tile");
                    self.device = None;
                    if first_loss.replace(fault.clone()).is_some() {
                        return Err(RenderFault::DeviceLost(fault.to_string()));
                    }
                }
            }
        }
    }

    fn heed(&mut self, brake: &Brake) {
        self.brake = Some(brake.clone());
    }

    fn rest(&mut self) {
        if let Some(device) = &mut self.device {
            device.scene = None;
        }
    }
}

impl Device {
    fn on(gpu: Gpu, divisor: u32) -> Result<Self, GpuFault> {
        let kernels = KernelSet::build(&gpu)?;
        let on_cpu = gpu.card().class == AdapterClass::Cpu;
        let wanted = if on_cpu { PATHS_CPU } else { PATHS_GPU };
        let fits = gpu.binding_bytes_max() / (u64::from(PATH_FIELDS) * 16);
        let capacity = u64::from(wanted / divisor).min(fits) as u32;
        let pool = Pool::new(&gpu, capacity, on_cpu);
        gpu.check()?;
        Ok(Self { gpu, kernels, pool, scene: None })
    }

    /// Makes sure that this scene is on the device.
    fn show(&mut self, blob: &SceneBlob, memory_limit: Option<u64>) -> Result<(), Trouble> {
        if self.scene.as_ref().is_some_and(|(id, ..)| *id == blob.id()) {
            return Ok(());
        }
        // The old scene goes first, so that both need not fit at once.
        self.scene = None;
        let packed = PackedScene::from_blob(blob)?;
        let stage = Stage::upload(&self.gpu, &packed, memory_limit)?;
        let bindings = self.pool.bind(&self.gpu, &self.kernels, &stage);
        self.gpu.check()?;
        self.scene = Some((blob.id(), stage, bindings));
        Ok(())
    }

    fn render(
        &mut self,
        order: &TileOrder,
        tally: &mut Tally,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, Trouble> {
        let Some((_, stage, bindings)) = &self.scene else {
            return Err(RenderFault::BadScene("it was not uploaded".into()).into());
        };
        let tracer = Tracer { gpu: &self.gpu, kernels: &self.kernels, bindings, stage };
        let mut sums = Sums::new(order);
        for block in order.blocks.first..order.blocks.end() {
            let Some(planes) = self.pool.render_block(&tracer, order, block, tally)? else {
                return Err(RenderFault::Stopped.into());
            };
            let partial = Partial { node: TreeNode { level: 0, index: block }, planes };
            if progress(&partial).is_break() {
                return Err(RenderFault::Stopped.into());
            }
            sums.add(partial);
        }
        Ok(sums.into_partials())
    }
}

/// Adds blocks up to the maximal tree nodes of an order, as they come.
struct Sums {
    blocks: u32,
    wanted: Vec<TreeNode>,
    open: Vec<Partial>,
}

impl Sums {
    fn new(order: &TileOrder) -> Self {
        let blocks = block_count(order.settings.spp);
        let wanted = order.blocks.maximal_nodes(blocks);
        Self { blocks, wanted, open: Vec::new() }
    }

    /// Blocks come in ascending order, so a finished sibling is always the last one open.
    fn add(&mut self, mut partial: Partial) {
        while !self.wanted.contains(&partial.node) {
            let Some(parent) = partial.node.parent(self.blocks) else { break };
            if partial.node.is_left() {
                let sibling: BlockRange = partial.node.sibling().blocks(self.blocks);
                if sibling.count > 0 {
                    break;
                }
            } else if let Some(mut left) = self.open.pop() {
                left.planes.add_right(&partial.planes);
                partial.planes = left.planes;
            }
            partial.node = parent;
        }
        self.open.push(partial);
    }

    fn into_partials(self) -> Vec<Partial> {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use frame::{FrameIndex, FrameSize, RenderSettings, SettingsDraft, TileRect};

    use super::*;

    #[test]
    fn after_a_loss_no_other_adapter_goes_on_under_the_old_name() {
        let Ok(mut renderer) = GpuRenderer::open(RendererOptions::default()) else { return };
        let size = FrameSize::new(4, 4).expect("in range");
        let settings = RenderSettings::new(SettingsDraft::defaults(size)).expect("valid");
        let order = TileOrder {
            frame: FrameIndex(0),
            rect: TileRect { x: 0, y: 0, width: 4, height: 4 },
            margin_px: 0,
            blocks: BlockRange::all(settings.spp),
            settings,
        };
        let no_scene = SceneBlob::new(Vec::new());
        let render = |renderer: &mut GpuRenderer| {
            renderer.render(&no_scene, &order, &mut |_| Flow::Continue(())).expect_err("there is no scene")
        };
        renderer.device = None;
        assert!(matches!(render(&mut renderer), RenderFault::BadScene(_)), "it is opened again");
        assert!(renderer.device.is_some());
        renderer.device = None;
        renderer.seat.pci_bus_id = "another place".into();
        let RenderFault::DeviceLost(why) = render(&mut renderer) else { panic!("another adapter went on") };
        assert!(why.starts_with(&renderer.adapter().name), "{why}");
        assert!(renderer.device.is_none());
    }
}
