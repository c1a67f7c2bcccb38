//! The GPU behind plain words: open an adapter, hold buffers, record dispatches, read back. No wgpu type leaves this module.
//!
//! Requires only what software Vulkan offers (128 MiB bindings, 16 storage buffers, 256 threads a workgroup) and takes
//! more where there is more. A lost device shows as [`GpuFault::Lost`] at the next wait; nothing here panics on it. So does one whose
//! driver does not come back: no wait is without an end ([`work::SUBMISSION_MAX`], [`driver`]).

mod adapter;
mod driver;
mod kernel;
mod steps;
mod units;
mod work;

pub(crate) use adapter::Seat;
pub use adapter::{AdapterChoice, AdapterReport, adapter_class, adapters};
pub use driver::is_called;
pub(crate) use kernel::{Bindings, KernelSet, Pipeline};
pub(crate) use steps::{STEP_STRIDE, StepBindings, StepPipeline};
pub use units::Units;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use frame::AdapterCard;
use shaders::Arrays;
use shaders::denoise::Matrices;
use shaders::layout::ARRAY_ROW_BITS;

/// An opened adapter.
pub(crate) struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    seat: Seat,
    limits: wgpu::Limits,
    /// How kernels read the scene's arrays on it.
    pub(crate) arrays: Arrays,
    /// Whether kernels let lanes hand numbers to each other.
    pub(crate) shares_lanes: bool,
    /// What its matrix units multiply, where they were asked for.
    pub(crate) matrices: Option<Matrices>,
    /// What went wrong first, if anything did.
    fault: Arc<Mutex<Option<GpuFault>>>,
    /// The longest that a submission is waited for.
    patience: Duration,
}

/// Why the GPU cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuFault {
    /// There is none.
    #[error("no usable GPU was found")]
    NoAdapter,
    /// None of that name or number.
    #[error("no GPU is called \"{wanted}\"; there are: {found}")]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// The one that was lost did not come back; another is not taken in its place.
    #[error("{name} did not come back, and no other is taken in its place; there are: {found}")]
    Gone {
        /// Its name.
        name: String,
        /// What there is.
        found: String,
    },
    /// A driver hangs while its adapters are listed or one of them is opened.
    #[error("the driver of {of} did not answer within {seconds} s")]
    Silent {
        /// The adapter's name, or the interface, as Vulkan, when it does not even say what there is.
        of: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The adapter lacks something that the kernels need.
    #[error("{adapter} cannot run the kernels: {what}")]
    TooWeak {
        /// Its name.
        adapter: String,
        /// What is missing.
        what: String,
    },
    /// Memory ran out.
    #[error("the GPU's memory ran out: {0}")]
    OutOfMemory(String),
    /// The device went away (reset, unplugged, driver crash).
    #[error("the GPU was lost: {0}")]
    Lost(String),
}

/// A buffer on the device.
pub(crate) struct Buffer {
    inner: wgpu::Buffer,
}

/// A picture on the device.
pub(crate) struct Picture {
    view: wgpu::TextureView,
}

/// Shape of a picture to be uploaded.
pub(crate) struct PictureShape {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 0: no array.
    pub(crate) layers: u32,
    pub(crate) texels: Texels,
}

/// What a pixel of a picture holds, four of each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texels {
    Bytes,
    Floats,
    Words,
}

/// Work being written down, to be submitted at once.
pub(crate) struct Recording {
    encoder: wgpu::CommandEncoder,
}

/// How many groups of 64 threads a dispatch has.
pub(crate) enum Groups<'a> {
    /// For this many threads.
    Threads(u32),
    /// As a kernel wrote at this byte of the buffer.
    Indirect(&'a Buffer, u64),
}

impl Gpu {
    /// Opens an adapter.
    pub(crate) fn open(choice: &AdapterChoice, units: Units) -> Result<Self, GpuFault> {
        let (adapter, card) = adapter::find(choice)?;
        Self::of(&adapter, &card, units)
    }

    /// Opens the adapter that was lost, and no other.
    pub(crate) fn reopen(choice: &AdapterChoice, was: &Seat, units: Units) -> Result<Self, GpuFault> {
        let (adapter, card) = adapter::find_again(choice, was)?;
        Self::of(&adapter, &card, units)
    }

    fn of(adapter: &wgpu::Adapter, card: &AdapterCard, units: Units) -> Result<Self, GpuFault> {
        let limits = adapter::wanted_limits(adapter, card)?;
        let shares_lanes = adapter::shares_lanes(adapter, card);
        let matrices = match units {
            Units::Ordinary => None,
            Units::Matrix => Some(units::matrices(adapter, &limits).ok_or_else(|| units::lacking(card))?),
        };
        let mut features = if shares_lanes { wgpu::Features::SUBGROUP } else { wgpu::Features::empty() };
        features |= matrices.map_or(wgpu::Features::empty(), units::features);
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("tessera"),
            required_features: features,
            experimental_features: units::experiments(units),
            required_limits: limits.clone(),
            memory_hints: wgpu::MemoryHints::Performance,
            ..Default::default()
        };
        let opening = adapter.clone();
        let opened =
            driver::ask(&card.name, move || pollster::block_on(opening.request_device(&descriptor)))?;
        let (device, queue) = opened
            .map_err(|fault| GpuFault::TooWeak { adapter: card.name.clone(), what: fault.to_string() })?;
        let fault = Arc::new(Mutex::new(None));
        let lost = Arc::clone(&fault);
        device.set_device_lost_callback(move |reason, message| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&lost, GpuFault::Lost(message));
            }
        });
        let uncaptured = Arc::clone(&fault);
        device.on_uncaptured_error(Arc::new(move |error| {
            let what = error.to_string();
            let fault = match error {
                wgpu::Error::OutOfMemory { .. } => GpuFault::OutOfMemory(what),
                _ => GpuFault::Lost(what),
            };
            note(&uncaptured, fault);
        }));
        let arrays = adapter::arrays_for(card, &limits);
        let seat = Seat::of(adapter, card);
        Ok(Self {
            device,
            queue,
            seat,
            limits,
            arrays,
            shares_lanes,
            matrices,
            fault,
            patience: work::SUBMISSION_MAX,
        })
    }

    /// What this is.
    pub(crate) fn card(&self) -> &AdapterCard {
        &self.seat.card
    }

    /// By what it is known again.
    pub(crate) fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Largest storage binding, bytes.
    pub(crate) fn binding_bytes_max(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size
    }

    /// Largest array of a scene, bytes.
    pub(crate) fn array_bytes_max(&self) -> u64 {
        let binding = self.binding_bytes_max();
        match self.arrays {
            Arrays::Buffers => binding,
            // As many rows of whole texels as a picture may have.
            Arrays::Pictures => binding.min(u64::from(self.side_max()) << (ARRAY_ROW_BITS + 4)),
        }
    }

    /// Most layers of a picture.
    pub(crate) fn layers_max(&self) -> u32 {
        self.limits.max_texture_array_layers
    }

    /// Longest side of a picture.
    pub(crate) fn side_max(&self) -> u32 {
        self.limits.max_texture_dimension_2d
    }

    /// The first fault since opening, if there was one.
    pub(crate) fn check(&self) -> Result<(), GpuFault> {
        match self.fault.lock() {
            Ok(fault) => fault.clone().map_or(Ok(()), Err),
            Err(_) => Err(GpuFault::Lost("an earlier call panicked".into())),
        }
    }

    /// A storage buffer with this content; never empty, because an empty buffer cannot be bound.
    pub(crate) fn upload(&self, label: &str, bytes: &[u8]) -> Buffer {
        let buffer = self.storage(label, bytes.len() as u64);
        let whole = bytes.len() / 4 * 4;
        self.queue.write_buffer(&buffer.inner, 0, &bytes[..whole]);
        buffer
    }

    /// A zeroed storage buffer.
    pub(crate) fn storage(&self, label: &str, size: u64) -> Buffer {
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::INDIRECT
            | wgpu::BufferUsages::COPY_DST
            | wgpu::BufferUsages::COPY_SRC;
        self.buffer(label, size.max(64).next_multiple_of(16), usage)
    }

    /// A buffer of constants.
    pub(crate) fn uniform(&self, label: &str, size: u64) -> Buffer {
        self.buffer(label, size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)
    }

    /// A buffer that the host can read after a wait.
    pub(crate) fn readback(&self, label: &str, size: u64) -> Buffer {
        self.buffer(label, size, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)
    }

    fn buffer(&self, label: &str, size: u64, usage: wgpu::BufferUsages) -> Buffer {
        let descriptor =
            wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
        Buffer { inner: self.device.create_buffer(&descriptor) }
    }

    /// Overwrites the beginning of a buffer before the next submission.
    pub(crate) fn write(&self, buffer: &Buffer, bytes: &[u8]) {
        self.write_at(buffer, 0, bytes);
    }

    /// Overwrites a buffer from this byte on before the next submission.
    pub(crate) fn write_at(&self, buffer: &Buffer, at: u64, bytes: &[u8]) {
        self.queue.write_buffer(&buffer.inner, at, bytes);
    }

    /// A picture with this content, rows one after another, layers one after another; missing bytes are zero.
    pub(crate) fn picture(&self, label: &str, shape: &PictureShape, bytes: &[u8]) -> Picture {
        let (format, pixel_size) = match shape.texels {
            Texels::Bytes => (wgpu::TextureFormat::Rgba8Unorm, 4),
            Texels::Floats => (wgpu::TextureFormat::Rgba32Float, 16),
            Texels::Words => (WORD_FORMAT, 16),
        };
        let usage = match shape.texels {
            Texels::Words => wgpu::TextureUsages::STORAGE_BINDING,
            _ => wgpu::TextureUsages::TEXTURE_BINDING,
        };
        let size = wgpu::Extent3d {
            width: shape.width,
            height: shape.height,
            depth_or_array_layers: shape.layers.max(1),
        };
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some(label),
            size,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: usage | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let row = u64::from(shape.width) * pixel_size;
        let layer = row as usize * shape.height as usize;
        for (index, bytes) in bytes.chunks(layer.max(1)).enumerate() {
            let rows = bytes.len() / row as usize;
            let upload = |y: u32, height: u32, bytes: &[u8]| {
                let target = wgpu::TexelCopyTextureInfo {
                    texture: &texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: 0, y, z: index as u32 },
                    aspect: wgpu::TextureAspect::All,
                };
                let layout = wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(row as u32),
                    rows_per_image: None,
                };
                let size = wgpu::Extent3d { width: shape.width, height, depth_or_array_layers: 1 };
                self.queue.write_texture(target, bytes, layout, size);
            };
            if rows > 0 {
                upload(0, rows as u32, &bytes[..rows * row as usize]);
            }
            let rest = &bytes[rows * row as usize..];
            if !rest.is_empty() {
                let mut last = rest.to_vec();
                last.resize(row as usize, 0);
                upload(rows as u32, 1, &last);
            }
        }
        let dimension = if shape.layers > 0 {
            wgpu::TextureViewDimension::D2Array
        } else {
            wgpu::TextureViewDimension::D2
        };
        let view = texture
            .create_view(&wgpu::TextureViewDescriptor { dimension: Some(dimension), ..Default::default() });
        Picture { view }
    }

    /// Takes the device away, as a driver may.
    #[cfg(test)]
    pub(crate) fn lose(&self) {
        self.device.destroy();
    }

    /// Waits no longer than this, as for a driver that does not come back.
    #[cfg(test)]
    pub(crate) fn wait_at_most(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Starts writing work down.
    pub(crate) fn record(&self) -> Recording {
        Recording {
            encoder: self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: None }),
        }
    }
}

/// What the arrays' pictures hold (`shaders/lib/arrays_pictures.wgsl`).
const WORD_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba32Uint;

/// Keeps the first fault.
fn note(place: &Mutex<Option<GpuFault>>, fault: GpuFault) {
    if let Ok(mut place) = place.lock() {
        place.get_or_insert(fault);
    }
}
