//! All device code (WGSL), by kernel, and the host twins of its structs. Creates no GPU object.
//!
//! A kernel's text is its subjects (`lib/`) followed by its own file (`trace/`), in the order that
//! [`Kernel::source`] joins them. All kernels share one bind group; [`Kernel::bindings`] reads it off the text.
//! [`denoise`] holds the denoiser's, whose loops are written out by the host.

mod bindings;
pub mod denoise;
pub mod layout;
pub mod view;

pub use bindings::{Binding, BindingKind};

macro_rules! lib {
    ($name:literal) => {
        include_str!(concat!("../lib/", $name, ".wgsl"))
    };
}

/// One compute kernel.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// Name for labels and reports.
    pub name: &'static str,
    /// Entry points in the text.
    pub entry_points: &'static [&'static str],
    parts: &'static [&'static str],
}

/// How kernels read the scene's nodes, triangles, instances, materials and lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrays {
    /// As storage buffers: for GPUs.
    Buffers,
    /// As pictures of four words a texel, rows of 2^[`layout::ARRAY_ROW_BITS`]: for software Vulkan, which reads a texel in one
    /// go but a buffer word by word.
    Pictures,
}

impl Arrays {
    fn text(self) -> &'static str {
        match self {
            Self::Buffers => lib!("arrays_buffers"),
            Self::Pictures => lib!("arrays_pictures"),
        }
    }
}

impl Kernel {
    /// The whole WGSL text, reading the scene's arrays in this way.
    pub fn source(&self, arrays: Arrays) -> String {
        arrays.text().to_owned() + &self.parts.concat()
    }
}

macro_rules! trace {
    ($name:literal) => {
        include_str!(concat!("../trace/", $name, ".wgsl"))
    };
}

const WALK: [&str; 8] = [
    lib!("scene"),
    lib!("rng"),
    lib!("warp"),
    lib!("time"),
    lib!("sweep"),
    lib!("bend"),
    lib!("traverse"),
    lib!("texture"),
];

/// Starts camera rays.
pub const GENERATE: Kernel = Kernel {
    name: "generate",
    entry_points: &["main"],
    parts: &[lib!("scene"), lib!("rng"), lib!("warp"), lib!("time"), trace!("generate")],
};

/// Closest hits.
pub const EXTEND: Kernel = Kernel {
    name: "extend",
    entry_points: &["main"],
    parts: &[WALK[0], WALK[1], WALK[2], WALK[3], WALK[4], WALK[5], WALK[6], WALK[7], trace!("extend")],
};

/// Sky, emission, direct light, next direction, roulette.
pub const SHADE: Kernel = Kernel {
    name: "shade",
    entry_points: &["main"],
    parts: &[
        lib!("scene"),
        lib!("rng"),
        lib!("warp"),
        lib!("time"),
        lib!("sweep"),
        lib!("bend"),
        "const SHADOW: bool = false;\n",
        lib!("traverse"),
        lib!("texture"),
        lib!("surface"),
        lib!("microfacet"),
        lib!("film"),
        lib!("sheen"),
        lib!("lobes"),
        lib!("bsdf"),
        lib!("light"),
        trace!("shade"),
    ],
};

/// Visibility of light samples.
pub const SHADOW: Kernel = Kernel {
    name: "shadow",
    entry_points: &["main"],
    parts: &[WALK[0], WALK[1], WALK[2], WALK[3], WALK[4], WALK[5], WALK[6], WALK[7], trace!("shadow")],
};

/// Queue swaps and dispatch sizes.
pub const ADVANCE: Kernel = Kernel {
    name: "advance",
    entry_points: &["next_rays", "next_shadows"],
    parts: &[lib!("scene"), trace!("advance")],
};

/// Ordered sums of a block's samples, and their ids by rank.
pub const RESOLVE: Kernel = Kernel {
    name: "resolve",
    entry_points: &["main", "rank"],
    parts: &[lib!("scene"), lib!("warp"), trace!("resolve")],
};

/// All kernels of the path tracer.
pub const KERNELS: [Kernel; 6] = [GENERATE, EXTEND, SHADE, SHADOW, ADVANCE, RESOLVE];
