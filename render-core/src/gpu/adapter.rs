//! Which GPUs there are, and which one to take.

use frame::{AdapterCard, AdapterClass};
use serde::Serialize;
use shaders::Arrays;
use shaders::layout::ARRAYS_PICTURED;

use super::GpuFault;

/// Which adapter a person wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdapterChoice {
    /// The strongest: discrete before integrated before virtual before software.
    #[default]
    Strongest,
    /// By its number in [`adapters`].
    Index(usize),
    /// By a part of its name, upper and lower case alike.
    Name(String),
}

/// An adapter as `tessera doctor` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct AdapterReport {
    /// What it is.
    pub card: AdapterCard,
    /// Where it sits, as in 0000:01:00.0; empty where the driver does not tell. It stays on this computer.
    pub pci_bus_id: String,
    /// Largest storage binding, bytes.
    pub binding_bytes_max: u64,
    /// Largest buffer, bytes.
    pub buffer_bytes_max: u64,
    /// Why it cannot be used, if it cannot.
    pub refused: Option<String>,
}

/// By what an adapter is known again: what it is, and where it sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) card: AdapterCard,
    /// Empty where the driver does not tell.
    pub(crate) pci_bus_id: String,
}

impl Seat {
    pub(super) fn of(adapter: &wgpu::Adapter, card: &AdapterCard) -> Self {
        Self { card: card.clone(), pci_bus_id: adapter.get_info().device_pci_bus_id }
    }
}

/// What a wgpu device has to offer at the least.
const STORAGE_BUFFERS: u32 = 16;
const BINDING_BYTES: u64 = 128 << 20;

impl std::str::FromStr for AdapterChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Index))
    }
}

/// All adapters, strongest first; their places are their numbers.
pub fn adapters() -> Vec<AdapterReport> {
    let report = |(adapter, card): (wgpu::Adapter, AdapterCard)| {
        let limits = adapter.limits();
        AdapterReport {
            binding_bytes_max: limits.max_storage_buffer_binding_size,
            buffer_bytes_max: limits.max_buffer_size,
            refused: wanted_limits(&adapter, &card).err().map(|fault| fault.to_string()),
            pci_bus_id: adapter.get_info().device_pci_bus_id,
            card,
        }
    };
    all().into_iter().map(report).collect()
}

/// What kind of processor is behind the chosen adapter; `None` when there is no such adapter.
pub fn adapter_class(choice: &AdapterChoice) -> Option<AdapterClass> {
    find(choice).ok().map(|(_, card)| card.class)
}

pub(super) fn find(choice: &AdapterChoice) -> Result<(wgpu::Adapter, AdapterCard), GpuFault> {
    let mut found = all();
    if found.is_empty() {
        return Err(GpuFault::NoAdapter);
    }
    let Some(at) = chosen(choice, &found) else {
        let wanted = match choice {
            AdapterChoice::Index(index) => index.to_string(),
            AdapterChoice::Name(name) => name.clone(),
            AdapterChoice::Strongest => String::new(),
        };
        return Err(GpuFault::NotFound { wanted, found: names(&found) });
    };
    Ok(found.swap_remove(at))
}

/// The adapter that was opened by this choice before; nothing else, whatever has become first, or has its number, since.
pub(super) fn find_again(
    choice: &AdapterChoice,
    was: &Seat,
) -> Result<(wgpu::Adapter, AdapterCard), GpuFault> {
    let mut found = all();
    let seats: Vec<Seat> = found.iter().map(|(adapter, card)| Seat::of(adapter, card)).collect();
    match at_again(chosen(choice, &found), was, &seats) {
        Some(at) => Ok(found.swap_remove(at)),
        None => {
            let found = if found.is_empty() { "none".to_owned() } else { names(&found) };
            Err(GpuFault::Gone { name: was.card.name.clone(), found })
        }
    }
}

/// Where the adapter that sat there is now. What was chosen comes first: drivers that do not tell the place cannot tell two of a kind apart.
fn at_again(chosen: Option<usize>, was: &Seat, seats: &[Seat]) -> Option<usize> {
    chosen.filter(|&at| seats.get(at) == Some(was)).or_else(|| seats.iter().position(|seat| seat == was))
}

fn chosen(choice: &AdapterChoice, found: &[(wgpu::Adapter, AdapterCard)]) -> Option<usize> {
    match choice {
        AdapterChoice::Strongest => Some(0).filter(|_| !found.is_empty()),
        AdapterChoice::Index(index) => Some(*index).filter(|&index| index < found.len()),
        AdapterChoice::Name(name) => {
            let wanted = name.to_lowercase();
            found.iter().position(|(_, card)| card.name.to_lowercase().contains(&wanted))
        }
    }
}

fn names(found: &[(wgpu::Adapter, AdapterCard)]) -> String {
    let names: Vec<&str> = found.iter().map(|(_, card)| card.name.as_str()).collect();
    names.join(", ")
}

/// The adapter's own limits where they reach ours.
pub(super) fn wanted_limits(adapter: &wgpu::Adapter, card: &AdapterCard) -> Result<wgpu::Limits, GpuFault> {
    let limits = adapter.limits();
    let weak = |what: String| Err(GpuFault::TooWeak { adapter: card.name.clone(), what });
    if limits.max_storage_buffers_per_shader_stage < STORAGE_BUFFERS {
        return weak(format!(
            "{} storage buffers, {STORAGE_BUFFERS} are needed",
            limits.max_storage_buffers_per_shader_stage
        ));
    }
    if limits.max_storage_buffer_binding_size < BINDING_BYTES {
        return weak(format!(
            "bindings of {} bytes, {BINDING_BYTES} are needed",
            limits.max_storage_buffer_binding_size
        ));
    }
    if !adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::INDIRECT_EXECUTION) {
        return weak("it has no indirect dispatch".into());
    }
    Ok(limits)
}

/// How the kernels had better read a scene's arrays here: docs/decisions/0005.
pub(super) fn arrays_for(card: &AdapterCard, limits: &wgpu::Limits) -> Arrays {
    if card.class == AdapterClass::Cpu && limits.max_storage_textures_per_shader_stage >= ARRAYS_PICTURED {
        Arrays::Pictures
    } else {
        Arrays::Buffers
    }
}

/// Whether kernels had better let lanes hand numbers to each other here: docs/decisions/0007. They count on eight of them.
pub(super) fn shares_lanes(adapter: &wgpu::Adapter, card: &AdapterCard) -> bool {
    card.class == AdapterClass::Cpu
        && adapter.features().contains(wgpu::Features::SUBGROUP)
        && adapter.get_info().subgroup_min_size >= 8
}

fn all() -> Vec<(wgpu::Adapter, AdapterCard)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // OpenGL probes write to the log without a display and lack what the kernels need.
    descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
    // The validation of indirect calls adds a dispatch before each; our own kernels clamp their counts.
    descriptor.flags =
        if cfg!(debug_assertions) { wgpu::InstanceFlags::default() } else { wgpu::InstanceFlags::empty() };
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION);
    let instance = wgpu::Instance::new(descriptor);
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let mut cards: Vec<_> =
        adapters.into_iter().map(|adapter| (card_of(&adapter.get_info()), adapter)).collect();
    cards.sort_by_key(|(card, _)| strength(card.class));
    cards.into_iter().map(|(card, adapter)| (adapter, card)).collect()
}

fn strength(class: AdapterClass) -> u8 {
    match class {
        AdapterClass::Discrete => 0,
        AdapterClass::Integrated => 1,
        AdapterClass::Virtual => 2,
        AdapterClass::Other => 3,
        AdapterClass::Cpu => 4,
    }
}

fn card_of(info: &wgpu::AdapterInfo) -> AdapterCard {
    AdapterCard {
        name: info.name.clone(),
        backend: format!("{:?}", info.backend),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        class: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => AdapterClass::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterClass::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterClass::Virtual,
            wgpu::DeviceType::Cpu => AdapterClass::Cpu,
            wgpu::DeviceType::Other => AdapterClass::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(name: &str, pci_bus_id: &str) -> Seat {
        let card = AdapterCard {
            name: name.into(),
            backend: "Vulkan".into(),
            driver: "1".into(),
            class: AdapterClass::Discrete,
        };
        Seat { card, pci_bus_id: pci_bus_id.into() }
    }

    #[test]
    fn only_the_same_adapter_is_the_one_that_was_lost() {
        let (first, second) = (seat("Card", "0000:01:00.0"), seat("Card", "0000:02:00.0"));
        let other = seat("Chip", "0000:00:02.0");
        let all = [first.clone(), second.clone(), other.clone()];
        assert_eq!(at_again(Some(0), &first, &all), Some(0));
        // The first is gone, so numbers have moved and the strongest is another.
        assert_eq!(at_again(Some(0), &first, &all[1..]), None, "a twin at another place is not it");
        assert_eq!(at_again(Some(1), &second, &all[1..]), Some(0), "it is found under another number");
        assert_eq!(at_again(Some(0), &first, &[other]), None);
        assert_eq!(at_again(None, &first, &[]), None);
    }

    #[test]
    fn of_two_that_do_not_tell_their_place_the_chosen_one_is_taken() {
        let twins = [seat("Card", ""), seat("Card", "")];
        assert_eq!(at_again(Some(1), &twins[1], &twins), Some(1));
        assert_eq!(at_again(Some(1), &twins[1], &twins[..1]), Some(0));
    }
}
