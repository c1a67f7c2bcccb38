//! The denoiser: which networks this program knows, and who runs one here.
//!
//! A network is named by the hash of its file, so that a node and an artist mean the same one. `docs/denoiser.md` defines what comes out.

mod carried;
mod file;
mod here;

use std::path::Path;
use std::sync::Arc;

use frame::{Denoise, DenoiseFault, DenoisingRenderer, NetworkId, TileDenoiser, TileRenderer};
use render_core::AdapterChoice;
use render_core::denoise::Weights;

pub use carried::{Carried, NetworkChoice};
pub use file::denoise_file;

use crate::fault::{Fault, quoted};

/// Who denoises when nobody says.
pub const DENOISE_DEFAULT: Denoise = Denoise::Node;
/// Whether frames of an animation are steadied when nobody says (`docs/decisions/0010-neighbours-in-time-steady-a-frame.md`).
pub const STEADY_DEFAULT: bool = true;
/// Pixels around a tile that a node traces for the denoiser: what they cost and what they are worth is in `docs/measurements.md`.
pub const MARGIN_PX: u32 = 16;

/// The hash at the end of a file of weights.
const ID_BYTES: usize = 32;

/// A network, ready to be run.
#[derive(Clone, Debug)]
pub struct Network {
    id: NetworkId,
    weights: Arc<Weights>,
}

/// A renderer that also denoises, with whichever of these networks an order names.
pub(crate) fn denoising(
    renderer: Box<dyn TileRenderer>,
    adapter: &AdapterChoice,
    networks: &[Network],
) -> Box<dyn TileRenderer> {
    let denoisers = networks.iter().map(|network| network.on(adapter)).collect();
    let told = |fault: &DenoiseFault| tracing::warn!(%fault, "a tile is returned noisy");
    Box::new(DenoisingRenderer::new(renderer, denoisers, Box::new(told)))
}

impl Network {
    /// The one that a person names, else the usual one.
    ///
    /// # Errors
    /// No file of weights.
    pub fn choose(named: Option<&NetworkChoice>, usual: Carried) -> Result<Self, Fault> {
        match named {
            Some(NetworkChoice::File(path)) => Self::read(path),
            Some(NetworkChoice::Carried(carried)) => Ok(Self::carried(*carried)),
            None => Ok(Self::carried(usual)),
        }
    }

    /// All that this program can run: the one in a file that a person names and those that it carries.
    ///
    /// # Errors
    /// No file of weights.
    pub fn all(named: Option<&Path>) -> Result<Vec<Self>, Fault> {
        let named = named.map(Self::read).transpose()?;
        Ok(named.into_iter().chain(Carried::ALL.map(Self::carried)).collect())
    }

    /// One that the program carries.
    pub fn carried(carried: Carried) -> Self {
        Self::from_bytes(carried.bytes()).expect("a test reads what the program carries")
    }

    fn read(path: &Path) -> Result<Self, Fault> {
        let bytes = std::fs::read(path).map_err(|error| Fault::file("read", path, &error))?;
        Self::from_bytes(&bytes).map_err(|why| {
            let what = format!("{} cannot be used: {why}", quoted(path));
            Fault::failure(what, "name a file of weights that the training wrote (.tdn)")
        })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let weights = Weights::from_bytes(bytes).map_err(|error| error.to_string())?;
        let id = bytes.last_chunk::<ID_BYTES>().ok_or("it has no checksum")?;
        Ok(Self { id: NetworkId(*id), weights: Arc::new(weights) })
    }

    /// Which one it is.
    pub fn id(&self) -> NetworkId {
        self.id
    }

    /// What the training called it.
    pub fn name(&self) -> &str {
        self.weights.name()
    }

    /// Whoever runs it on this computer: on its strongest adapter, or on its processor.
    pub fn here(&self) -> Box<dyn TileDenoiser> {
        self.on(&AdapterChoice::default())
    }

    /// Whoever runs it on this adapter, or on the processor where that is one.
    pub fn on(&self, adapter: &AdapterChoice) -> Box<dyn TileDenoiser> {
        Box::new(here::Here::new(self.id, Arc::clone(&self.weights), adapter.clone()))
    }
}

#[cfg(test)]
pub(crate) mod tests;
