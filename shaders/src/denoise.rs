//! The denoiser's kernels (docs/denoiser.md). Their innermost loops are written out here, text in and text out, because what
//! naga makes of a loop hides from drivers that its length is known.

mod matrices;

use std::fmt::Write as _;

use bytemuck::{Pod, Zeroable};

use crate::bindings::{Binding, bindings_in};

pub use matrices::{CHUNK, Matrices};

macro_rules! part {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/denoise/", $name, ".wgsl"))
    };
}
use part;

/// How blocks of channels lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stored {
    /// As half floats: the product.
    Half,
    /// As floats: the proof.
    Full,
}

impl Stored {
    /// Bytes of a block of four channels.
    pub fn block_size(self) -> u64 {
        match self {
            Self::Half => 8,
            Self::Full => 16,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Half => part!("stored_half"),
            Self::Full => part!("stored_full"),
        }
    }
}

/// Where a convolution reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A layer of its own size.
    Plain,
    /// A layer twice as wide and high, of which it takes the largest of 2×2.
    Pooled,
    /// A layer half as wide and high, doubled, and one of its own size.
    Joined,
}

/// How a convolution's work is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// In tiles held in workgroup memory, so many times eight channels to a workgroup (1 to 4): for GPUs.
    Tiles {
        /// Groups of eight output channels.
        groups: u32,
    },
    /// In lanes that hand kernels to each other: for software Vulkan whose subgroups have eight lanes or more.
    Lanes,
    /// In matrices, so many times as many channels to a workgroup as a matrix has rows (1 to 4): for GPUs with units for them.
    Matrices {
        /// What the units multiply.
        units: Matrices,
        /// Groups of output channels.
        groups: u32,
    },
}

/// One kernel of the denoiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DenoiseKernel {
    /// Features of the traced planes.
    Prepare,
    /// 3×3 convolution and ReLU.
    Convolution {
        /// Where it reads.
        source: Source,
        /// How its work is laid out.
        work: Work,
    },
    /// Pooling by itself, where [`Source::Pooled`] reads too slowly.
    Pool,
    /// 1×1 convolution.
    Head {
        /// Whether lanes hand kernels to each other, as with [`Work::Lanes`].
        lanes: bool,
    },
    /// Weighted light on five scales.
    Pyramid {
        /// Taps of the filter, 9 or 25.
        taps: u32,
    },
    /// A coarser level of the filter.
    Level {
        /// Taps of the filter, 9 or 25.
        taps: u32,
    },
    /// The finest level and the albedo.
    Finish {
        /// Taps of the filter, 9 or 25.
        taps: u32,
    },
    /// The guard: noise of each cell.
    GuardNoise,
    /// The guard: filtered and traced colour, mixed.
    GuardTrust,
    /// The guard: what each cell lost.
    GuardEnergy,
    /// The guard: what was lost, given back.
    GuardGive,
}

/// What a kernel is told (`shaders/denoise/layer.wgsl`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
#[expect(missing_docs, reason = "the kernels' text says what each is")]
pub struct Layer {
    pub width: u32,
    pub height: u32,
    pub first_row: u32,
    pub blocks_a: u32,
    pub blocks_b: u32,
    pub blocks: u32,
    pub weights_at: u32,
    pub level_at: u32,
    pub filtered_at: u32,
    pub coarser_at: u32,
    pub traced_width: u32,
    pub traced_height: u32,
    pub kept_x: u32,
    pub kept_y: u32,
    pub kept_width: u32,
    pub kept_height: u32,
    pub exposure: f32,
    pub top: u32,
    pub matrices_at: u32,
    pub spare: u32,
}

/// Numbers a pixel in the traced planes.
pub const NOISY_VALUES: usize = 13;

/// Places that one thread of a convolution or head makes.
const PLACES: usize = 4;

impl DenoiseKernel {
    /// Name for labels and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Convolution { source: Source::Plain, .. } => "convolution",
            Self::Convolution { source: Source::Pooled, .. } => "pooled convolution",
            Self::Convolution { source: Source::Joined, .. } => "joined convolution",
            Self::Pool => "pool",
            Self::Head { .. } => "head",
            Self::Pyramid { .. } => "pyramid",
            Self::Level { .. } => "level",
            Self::Finish { .. } => "finish",
            Self::GuardNoise => "guard noise",
            Self::GuardTrust => "guard trust",
            Self::GuardEnergy => "guard energy",
            Self::GuardGive => "guard give",
        }
    }

    /// The whole WGSL text.
    pub fn source(self, stored: Stored) -> String {
        let enables = match self {
            Self::Convolution { work: Work::Matrices { units, .. }, .. } => units.enables(),
            _ => "",
        };
        let common = [enables, part!("layer"), stored.text()].concat();
        let own = match self {
            Self::Prepare => [part!("noisy"), part!("prepare")].concat(),
            Self::Convolution { source, work } => convolution(source, work),
            Self::Pool => [part!("source_pooled"), part!("pool")].concat(),
            Self::Head { lanes } => head(lanes),
            Self::Pyramid { taps } => {
                format!("const TAPS: u32 = {taps}u;\n") + part!("noisy") + part!("pyramid")
            }
            Self::Level { taps } => filter(taps) + part!("level"),
            Self::Finish { taps } => {
                let albedo = averaged(9, "albedos", "vec3<f32>", taps + 2);
                filter(taps) + part!("noisy") + &part!("finish").replace("/*albedo*/", &albedo)
            }
            Self::GuardNoise => {
                [part!("noisy"), part!("guard"), part!("cell_sum"), part!("guard_noise")].concat()
            }
            Self::GuardTrust => {
                [part!("noisy"), part!("guard"), part!("cell_seen"), part!("guard_trust")].concat()
            }
            Self::GuardEnergy => {
                [part!("noisy"), part!("guard"), part!("cell_sum"), part!("guard_energy")].concat()
            }
            Self::GuardGive => [part!("cell_seen"), part!("guard_give")].concat(),
        };
        common + &own
    }

    /// All resources that the text declares, by number.
    ///
    /// # Panics
    /// When the text is not valid WGSL, which a test rules out.
    pub fn bindings(self, stored: Stored) -> Vec<Binding> {
        bindings_in(&self.source(stored))
    }

    /// Places of the written layer that a workgroup makes, across and down.
    pub fn places(self) -> [u32; 2] {
        match self {
            Self::Prepare | Self::Pool => [16, 4],
            Self::Head { .. } => [16, 16],
            Self::Convolution { work: Work::Lanes, .. } => [8, 16],
            // Pixels of the finest level are 2×2 to a thread.
            Self::Pyramid { .. } => [16, 16],
            // A cell.
            Self::GuardNoise | Self::GuardEnergy | Self::GuardGive => [16, 16],
            Self::Convolution { .. } | Self::Level { .. } | Self::Finish { .. } | Self::GuardTrust => [16, 8],
        }
    }
}

fn convolution(source: Source, work: Work) -> String {
    let reads = match source {
        Source::Plain => part!("source_plain"),
        Source::Pooled => part!("source_pooled"),
        Source::Joined => part!("source_joined"),
    };
    reads.to_owned()
        + &match work {
            Work::Tiles { groups } => {
                let text = written_out(part!("convolution"), &tile_products());
                format!("const GROUPS: u32 = {groups}u;\n{text}")
            }
            Work::Lanes => {
                let mut rows = String::new();
                for row in 0..PLACES + 2 {
                    put(&mut rows, format_args!("let y_{row} = row(y, {});", row as isize - 1));
                }
                written_out(part!("convolution_lanes"), &lane_products()).replace("/*rows*/", &rows)
            }
            Work::Matrices { units, groups } => units.convolution(groups),
        }
}

fn head(lanes: bool) -> String {
    let lane = if lanes { "@builtin(subgroup_invocation_id) lane: u32," } else { "" };
    written_out(part!("head"), &head_products(lanes)).replace("/*lane*/", lane)
}

/// The text with its sums, its products and its stores put in.
fn written_out(text: &str, products: &str) -> String {
    let mut sums = String::new();
    let mut keep = String::new();
    for place in 0..PLACES {
        for half in 0..2 {
            put(&mut sums, format_args!("var sum_{place}_{half} = bias_{half};"));
            put(&mut keep, format_args!("keep(block_out + {half}u, x, y + {place}u, sum_{place}_{half});"));
        }
    }
    text.replace("/*sums*/", &sums).replace("/*products*/", products).replace("/*keep*/", &keep)
}

/// A column of three taps of one input block: six places above each other serve it.
fn tile_products() -> String {
    let mut text = String::new();
    for row in 0..PLACES + 2 {
        put(&mut text, format_args!("let x_{row} = tile[strip][{row}u][thread.x + dx];"));
    }
    for (dy, half) in (0..3).flat_map(|dy| [(dy, 0), (dy, 1)]) {
        products(&mut text, half, dy, |channel| {
            format!("kernels[kernel][{}u]", (2 * dy + half) * 4 + channel)
        });
    }
    text
}

/// The same, with kernels out of the lanes.
fn lane_products() -> String {
    let mut text = String::new();
    for row in 0..PLACES + 2 {
        put(&mut text, format_args!("let x_{row} = source(block, column, y_{row});"));
    }
    for dy in 0..3 {
        put(&mut text, format_args!("let held_{dy} = weights[kernel + {}u];", 8 * dy));
        for half in 0..2 {
            let vector = |channel| format!("subgroupBroadcast(held_{dy}, {}u)", 4 * half + channel);
            products(&mut text, half, dy, vector);
        }
    }
    text
}

fn head_products(lanes: bool) -> String {
    let mut text = String::new();
    for row in 0..PLACES {
        put(&mut text, format_args!("let x_{row} = source(block, x, y + {row}u);"));
    }
    if lanes {
        put(&mut text, format_args!("let held = weights[kernel + lane % 8u];"));
    }
    for half in 0..2 {
        let vector = |channel| match lanes {
            true => format!("subgroupBroadcast(held, {}u)", 4 * half + channel),
            false => format!("weights[kernel + {}u]", 4 * half + channel),
        };
        products(&mut text, half, 0, vector);
    }
    text
}

/// Four input channels of each place times four vectors of kernels, onto the sums.
fn products(text: &mut String, half: usize, first_row: usize, vector: impl Fn(usize) -> String) {
    put(text, format_args!("{{"));
    for channel in 0..4 {
        put(text, format_args!("let k_{channel} = {};", vector(channel)));
    }
    for place in 0..PLACES {
        for (channel, letter) in ["x", "y", "z", "w"].iter().enumerate() {
            let sum = format!("sum_{place}_{half}");
            let from = format!("x_{}.{letter}", place + first_row);
            put(text, format_args!("{sum} = fma(vec4<f32>({from}), k_{channel}, {sum});"));
        }
    }
    put(text, format_args!("}}"));
}

/// The levels' common part for so many taps.
fn filter(taps: u32) -> String {
    let radius = if taps == 25 { 2 } else { 1 };
    let averaged = averaged(taps, "blended", "vec4<f32>", 0);
    format!("const TAPS: u32 = {taps}u;\nconst RADIUS: u32 = {radius}u;\n")
        + &part!("filter").replace("/*averaged*/", &averaged)
}

/// The mean of a held neighbourhood by the softmax of the logits from this channel on: `sum`, `total`, and the part `middle`.
fn averaged(taps: u32, held: &str, shape: &str, first_channel: u32) -> String {
    let side = if taps == 25 { 5 } else { 3 };
    let blocks = first_channel / 4..(first_channel + taps).div_ceil(4);
    let mut text = String::new();
    for block in blocks {
        put(&mut text, format_args!("let logits_{block} = logit_block({block}u, x, y);"));
    }
    let logit = |tap: u32| {
        let channel = first_channel + tap;
        format!("logits_{}.{}", channel / 4, ["x", "y", "z", "w"][channel as usize % 4])
    };
    put(&mut text, format_args!("var most = {};", logit(0)));
    for tap in 1..taps {
        put(&mut text, format_args!("most = max(most, {});", logit(tap)));
    }
    put(&mut text, format_args!("var total = 0.0;\nvar sum = {shape}(0.0);\nvar share = 0.0;"));
    for tap in 0..taps {
        let place = format!("{held}[thread.y + {}u][thread.x + {}u]", tap / side, tap % side);
        put(
            &mut text,
            format_args!("share = exp({} - most);\ntotal += share;\nsum += share * {place};", logit(tap)),
        );
        if tap == taps / 2 {
            put(&mut text, format_args!("let middle = share;"));
        }
    }
    text
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
