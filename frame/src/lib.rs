//! The vocabulary of Tessera: what is asked of a renderer, what comes back, and how it fits together.
//!
//! Every other crate speaks in these words. This crate never touches a GPU, a socket or a clock; the only
//! files it knows are pictures ([`exr`]), and what Windows asks of whoever replaces a file ([`patience`]).
//!
//! The one idea that everything rests on: *any sample is a pure function* of scene, settings, frame, pixel
//! and sample index, and samples are added up along one fixed tree ([`blocks`]). So a frame may be cut into
//! tiles and sample ranges in any way, rendered anywhere and in any order, and still give the same bits.

pub mod blocks;
pub mod compare;
pub mod exr;
pub mod film;
mod glance;
pub mod history;
pub mod id;
pub mod live;
pub mod noisy;
pub mod order;
pub mod patience;
pub mod plane;
pub mod planes;
pub mod ranks;
pub mod scene_blob;
pub mod settings;
pub mod tev;
pub mod tile;

pub use blocks::{BLOCK_SPP, BlockRange, TreeNode};
pub use film::{Film, FilmError, FilmProgress, Merged, Picture, PictureShape, TileState};
pub use history::{HistoryFault, Neighbours};
pub use id::{FrameIndex, JobId, LeaseId, NetworkId, NodeId, SceneId, TileIndex};
pub use live::{LiveEvent, TileStage};
pub use noisy::{DenoiseFault, DenoisingRenderer, Noisy, NoisyPlanes, TileDenoiser};
pub use order::{AdapterCard, AdapterClass, Brake, Flow, Partial, RenderFault, TileOrder, TileRenderer};
pub use plane::{Plane, PlaneSet};
pub use planes::TilePlanes;
pub use scene_blob::{SceneBlob, Section};
pub use settings::{
    Denoise, Filter, FrameRange, FrameSize, Microfacet, RenderSettings, SettingsDraft, SettingsError,
};
pub use tile::{TileGrid, TileRect};
