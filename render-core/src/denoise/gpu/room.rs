//! Buffers for one region, and what each kernel is bound to.

use shaders::denoise::{DenoiseKernel, Matrices, NOISY_VALUES, Source, Stored, Work};

use super::guard::{self, GUARD, Made};
use super::packed::CHANNELS;
use crate::denoise::network::{ALIGNMENT_PX, CONVOLUTIONS, HEADS, LEVELS, Shape, Source as From, UNSHUFFLED};
use crate::gpu::{Buffer, Gpu, StepBindings, StepPipeline};

/// Memory for regions of up to so many pixels.
pub(super) struct Room {
    pub(super) pixels: u64,
    pub(super) noisy: Buffer,
    pub(super) picture: Buffer,
    pub(super) readback: Buffer,
    #[cfg_attr(not(test), expect(dead_code, reason = "bindings keep them; the proof reads them back"))]
    pub(super) features: Buffer,
    #[cfg_attr(not(test), expect(dead_code, reason = "bindings keep them; the proof reads them back"))]
    pub(super) layers: Vec<Buffer>,
    #[cfg_attr(not(test), expect(dead_code, reason = "bindings keep them; the proof reads them back"))]
    pub(super) heads: Vec<Buffer>,
    pub(super) bound: Bound,
}

/// What all regions share.
pub(super) struct Told<'a> {
    pub(super) weights: &'a Buffer,
    /// Where convolutions multiply matrices.
    pub(super) matrices: Option<&'a Buffer>,
    pub(super) steps: &'a Buffer,
}

/// Bindings of all steps of a region.
pub(super) struct Bound {
    pub(super) prepare: StepBindings,
    /// What is pooled before a convolution, where that is a step of its own.
    pub(super) pools: Vec<Option<StepBindings>>,
    pub(super) convolutions: Vec<StepBindings>,
    pub(super) heads: Vec<StepBindings>,
    pub(super) pyramid: StepBindings,
    /// From level 1 on.
    pub(super) levels: Vec<StepBindings>,
    pub(super) finish: StepBindings,
    /// As [`GUARD`].
    pub(super) guard: [StepBindings; GUARD.len()],
}

/// Which kernels a network needs and how large its layers are.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) shape: Shape,
    pub(super) stored: Stored,
    pub(super) way: Way,
}

/// How convolutions are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// In tiles.
    Tiles,
    /// In lanes that hand kernels to each other.
    Lanes,
    /// In matrices.
    Matrices(Matrices),
}

impl Way {
    /// The best that was opened.
    pub(super) fn of(gpu: &Gpu) -> Self {
        match gpu.matrices {
            Some(units) => Self::Matrices(units),
            None if gpu.shares_lanes => Self::Lanes,
            None => Self::Tiles,
        }
    }
}

/// Pipelines, each under its kernel.
pub(super) struct Pipelines(Vec<(DenoiseKernel, StepPipeline)>);

impl Pipelines {
    pub(super) fn build(gpu: &Gpu, form: Form) -> Self {
        let taps = form.taps();
        let mut kernels = vec![DenoiseKernel::Prepare, form.head()];
        if form.way == Way::Lanes {
            kernels.push(DenoiseKernel::Pool);
        }
        kernels.extend((0..CONVOLUTIONS.len()).map(|at| form.convolution(at)));
        kernels.extend([
            DenoiseKernel::Pyramid { taps },
            DenoiseKernel::Level { taps },
            DenoiseKernel::Finish { taps },
        ]);
        kernels.extend(GUARD.map(|(kernel, _)| kernel));
        let mut pipelines: Vec<(DenoiseKernel, StepPipeline)> = Vec::new();
        for kernel in kernels {
            if pipelines.iter().all(|(known, _)| *known != kernel) {
                pipelines.push((kernel, StepPipeline::build(gpu, kernel, form.stored)));
            }
        }
        Self(pipelines)
    }

    pub(super) fn of(&self, kernel: DenoiseKernel) -> &StepPipeline {
        let found = self.0.iter().find(|(known, _)| *known == kernel);
        &found.expect("build made all that a shape has").1
    }
}

impl Form {
    pub(super) fn taps(self) -> u32 {
        self.shape.taps() as u32
    }

    /// The kernel of a convolution.
    pub(super) fn convolution(self, at: usize) -> DenoiseKernel {
        let source = match CONVOLUTIONS[at].source {
            From::Pooled(_) if !self.pools(at) => Source::Pooled,
            From::Features | From::Plain(_) | From::Pooled(_) => Source::Plain,
            From::Joined { .. } => Source::Joined,
        };
        let groups = self.groups_together(at);
        let work = match self.way {
            Way::Lanes => Work::Lanes,
            Way::Tiles => Work::Tiles { groups },
            Way::Matrices(units) => Work::Matrices { units, groups },
        };
        DenoiseKernel::Convolution { source, work }
    }

    /// Whether a convolution's input is pooled in a step of its own.
    pub(super) fn pools(self, at: usize) -> bool {
        self.way == Way::Lanes && matches!(CONVOLUTIONS[at].source, From::Pooled(_))
    }

    /// The kernel of all heads.
    pub(super) fn head(self) -> DenoiseKernel {
        DenoiseKernel::Head { lanes: self.way == Way::Lanes }
    }

    /// Workgroups that share the places of a convolution, each with some of its channels.
    pub(super) fn depth(self, at: usize) -> u32 {
        self.groups(at) / self.groups_together(at)
    }

    /// Groups of channels of a convolution, the last one filled up.
    fn groups(self, at: usize) -> u32 {
        let channels = match self.way {
            Way::Tiles | Way::Lanes => CHANNELS,
            Way::Matrices(units) => units.side as usize,
        };
        self.shape.channels(at).div_ceil(channels) as u32
    }

    /// As many of them to a workgroup as divide the layer.
    fn groups_together(self, at: usize) -> u32 {
        if self.way == Way::Lanes {
            return 1;
        }
        let groups = self.groups(at);
        (1..=4).rev().find(|&most| groups.is_multiple_of(most)).unwrap_or(1)
    }

    /// Channels of a head with those that fill it up.
    pub(super) fn head_channels(self, level: usize) -> usize {
        self.shape.head_channels(level).next_multiple_of(CHANNELS)
    }

    /// Most pixels of a region whose buffers each fit a binding and all fit the memory.
    pub(super) fn pixels_max(self, binding_bytes: u64, memory_bytes: u64) -> u64 {
        let largest = self.sizes().fold(0.0, f64::max);
        let all: f64 = self.sizes().sum();
        (binding_bytes as f64 / largest).min(memory_bytes as f64 / all) as u64
    }

    /// Bytes of each buffer for one pixel of a region.
    fn sizes(self) -> impl Iterator<Item = f64> {
        let blocks = move |channels: usize, level: usize| {
            (self.stored.block_size() * channels as u64 / 4) as f64 / f64::from(1 << (2 * level))
        };
        let layers =
            (0..CONVOLUTIONS.len()).map(move |at| blocks(self.shape.channels(at), CONVOLUTIONS[at].level));
        let heads = HEADS.iter().enumerate();
        let heads = heads
            .map(move |(level, head)| blocks(self.head_channels(level), CONVOLUTIONS[head.source].level));
        let cells = 36.0 / f64::from(ALIGNMENT_PX * ALIGNMENT_PX);
        let planes = [4.0 * NOISY_VALUES as f64, 16.0, 12.0, 16.0 * 4.0 / 3.0, 16.0 / 3.0, cells];
        let pools = (0..CONVOLUTIONS.len()).filter(move |&at| self.pools(at));
        let pools = pools.map(move |at| blocks(self.shape.channels_in(at), CONVOLUTIONS[at].level));
        layers.chain(pools).chain(heads).chain([blocks(UNSHUFFLED, 1)]).chain(planes)
    }
}

impl Room {
    /// Takes the memory.
    pub(super) fn new(
        gpu: &Gpu,
        pipelines: &Pipelines,
        form: Form,
        Told { weights, matrices, steps }: Told<'_>,
        pixels: u64,
    ) -> Self {
        let blocks = |label: &str, channels: usize, level: usize| {
            gpu.storage(label, form.stored.block_size() * (channels as u64 / 4) * (pixels >> (2 * level)))
        };
        let noisy = gpu.storage("noisy planes", 4 * NOISY_VALUES as u64 * pixels);
        let picture = gpu.storage("filtered picture", 16 * pixels);
        let pyramid = gpu.storage("pyramid", 16 * (level_at(pixels, LEVELS)));
        let filtered = gpu.storage("filtered light", 16 * (level_at(pixels, LEVELS) - pixels));
        let features = blocks("features", UNSHUFFLED, 1);
        let layers: Vec<_> = (0..CONVOLUTIONS.len())
            .map(|at| blocks(CONVOLUTIONS[at].name, form.shape.channels(at), CONVOLUTIONS[at].level))
            .collect();
        let heads: Vec<_> = (0..LEVELS)
            .map(|level| {
                let head = HEADS[level];
                blocks(head.name, form.head_channels(level), CONVOLUTIONS[head.source].level)
            })
            .collect();
        let bind = |kernel, buffers: &[(&str, &Buffer)]| pipelines.of(kernel).bind(gpu, steps, buffers);
        let pooled: Vec<_> = (0..CONVOLUTIONS.len())
            .map(|at| {
                form.pools(at).then(|| blocks("pooled", form.shape.channels_in(at), CONVOLUTIONS[at].level))
            })
            .collect();
        let pool = |at: usize| {
            let (From::Pooled(from), Some(pooled)) = (CONVOLUTIONS[at].source, &pooled[at]) else {
                return None;
            };
            Some(bind(DenoiseKernel::Pool, &[("source_a", &layers[from]), ("result", pooled)]))
        };
        let convolution = |at: usize| {
            let (a, b) = read_by(at, &features, &layers, &pooled);
            let mut buffers =
                vec![("weights", weights), ("source_a", a), ("source_b", b), ("result", &layers[at])];
            buffers.extend(matrices.map(|matrices| ("matrices", matrices)));
            bind(form.convolution(at), &buffers)
        };
        let head = |level: usize| {
            let from = &layers[HEADS[level].source];
            let buffers = [("weights", weights), ("source_a", from), ("result", &heads[level])];
            bind(form.head(), &buffers)
        };
        let taps = form.taps();
        let light = |level: usize| {
            [
                ("noisy", &noisy),
                ("logits", &heads[level]),
                ("pyramid", &pyramid),
                ("filtered", &filtered),
                ("picture", &picture),
            ]
        };
        let made = Made { noisy: &noisy, picture: &picture, pyramid: &pyramid };
        let bound = Bound {
            prepare: bind(DenoiseKernel::Prepare, &[("noisy", &noisy), ("features", &features)]),
            pools: (0..CONVOLUTIONS.len()).map(pool).collect(),
            convolutions: (0..CONVOLUTIONS.len()).map(convolution).collect(),
            heads: (0..LEVELS).map(head).collect(),
            pyramid: bind(DenoiseKernel::Pyramid { taps }, &light(0)),
            levels: (1..LEVELS).map(|level| bind(DenoiseKernel::Level { taps }, &light(level))).collect(),
            finish: bind(DenoiseKernel::Finish { taps }, &light(0)),
            guard: guard::bound(gpu, &made, pixels, bind),
        };
        let readback = gpu.readback("guarded", 12 * pixels);
        Self { pixels, noisy, picture, readback, features, layers, heads, bound }
    }
}

/// What a convolution reads; twice the same where that is one thing.
fn read_by<'a>(
    at: usize,
    features: &'a Buffer,
    layers: &'a [Buffer],
    pooled: &'a [Option<Buffer>],
) -> (&'a Buffer, &'a Buffer) {
    match CONVOLUTIONS[at].source {
        From::Features => (features, features),
        From::Plain(from) | From::Pooled(from) => {
            let from = pooled[at].as_ref().unwrap_or(&layers[from]);
            (from, from)
        }
        From::Joined { coarse, fine } => (&layers[coarse], &layers[fine]),
    }
}

/// Pixels of all levels before this one.
pub(super) fn level_at(pixels: u64, level: usize) -> u64 {
    (0..level).map(|level| pixels >> (2 * level)).sum()
}
