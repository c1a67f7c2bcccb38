//! Which GPUs there are, and which one to take.

use frame::{AdapterCard, AdapterClass};
use serde::Serialize;
use shaders::Arrays;
use shaders::layout::ARRAYS_PICTURED;

use super::{GpuFault, driver};

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
    /// That, where it is no adapter but an interface, as Vulkan, of which a driver does not say what there is.
    #[serde(skip)]
    pub silent: Option<GpuFault>,
}

/// What was found on this computer.
#[derive(Default)]
struct Found {
    /// Strongest first.
    adapters: Vec<(wgpu::Adapter, AdapterCard)>,
    /// What is silent: an interface, and the fault that says so.
    silent: Vec<(String, GpuFault)>,
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

/// All adapters, strongest first; their places are their numbers. After them comes every interface that is silent.
pub fn adapters() -> Vec<AdapterReport> {
    let report = |(adapter, card): (wgpu::Adapter, AdapterCard)| {
        let limits = adapter.limits();
        AdapterReport {
            binding_bytes_max: limits.max_storage_buffer_binding_size,
            buffer_bytes_max: limits.max_buffer_size,
            refused: wanted_limits(&adapter, &card).err().map(|fault| fault.to_string()),
            silent: None,
            pci_bus_id: adapter.get_info().device_pci_bus_id,
            card,
        }
    };
    let Found { adapters, silent } = all();
    adapters.into_iter().map(report).chain(silent.into_iter().map(report_of_silence)).collect()
}

fn report_of_silence((interface, fault): (String, GpuFault)) -> AdapterReport {
    AdapterReport {
        card: AdapterCard {
            name: interface.clone(),
            backend: interface,
            driver: String::new(),
            class: AdapterClass::Other,
        },
        pci_bus_id: String::new(),
        binding_bytes_max: 0,
        buffer_bytes_max: 0,
        refused: Some(fault.to_string()),
        silent: Some(fault),
    }
}

/// What kind of processor is behind the chosen adapter; `None` when there is no such adapter.
pub fn adapter_class(choice: &AdapterChoice) -> Option<AdapterClass> {
    find(choice).ok().map(|(_, card)| card.class)
}

pub(super) fn find(choice: &AdapterChoice) -> Result<(wgpu::Adapter, AdapterCard), GpuFault> {
    let mut found = all();
    let at = choose(choice, &found.cards(), found.silence())?;
    Ok(found.adapters.swap_remove(at))
}

/// The adapter that was opened by this choice before; nothing else, whatever has become first, or has its number, since.
pub(super) fn find_again(
    choice: &AdapterChoice,
    was: &Seat,
) -> Result<(wgpu::Adapter, AdapterCard), GpuFault> {
    let mut found = all();
    let seats: Vec<Seat> = found.adapters.iter().map(|(adapter, card)| Seat::of(adapter, card)).collect();
    let cards = found.cards();
    match (at_again(chosen(choice, &cards), was, &seats), found.silence()) {
        (Some(at), _) => Ok(found.adapters.swap_remove(at)),
        (None, Some(silence)) => Err(silence.clone()),
        (None, None) => {
            let found = if cards.is_empty() { "none".to_owned() } else { names(&cards) };
            Err(GpuFault::Gone { name: was.card.name.clone(), found })
        }
    }
}

impl Found {
    fn cards(&self) -> Vec<AdapterCard> {
        self.adapters.iter().map(|(_, card)| card.clone()).collect()
    }

    /// Why something may be missing.
    fn silence(&self) -> Option<&GpuFault> {
        self.silent.first().map(|(_, fault)| fault)
    }
}

/// The place of the chosen one. What is missing beside a silent driver may well be one of its adapters.
fn choose(
    choice: &AdapterChoice,
    cards: &[AdapterCard],
    silence: Option<&GpuFault>,
) -> Result<usize, GpuFault> {
    match (chosen(choice, cards), silence) {
        (Some(at), _) => Ok(at),
        (None, Some(silence)) => Err(silence.clone()),
        (None, None) if cards.is_empty() => Err(GpuFault::NoAdapter),
        (None, None) => {
            let wanted = match choice {
                AdapterChoice::Index(index) => index.to_string(),
                AdapterChoice::Name(name) => name.clone(),
                AdapterChoice::Strongest => String::new(),
            };
            Err(GpuFault::NotFound { wanted, found: names(cards) })
        }
    }
}

/// Where the adapter that sat there is now. What was chosen comes first: drivers that do not tell the place cannot tell two of a kind apart.
fn at_again(chosen: Option<usize>, was: &Seat, seats: &[Seat]) -> Option<usize> {
    chosen.filter(|&at| seats.get(at) == Some(was)).or_else(|| seats.iter().position(|seat| seat == was))
}

fn chosen(choice: &AdapterChoice, cards: &[AdapterCard]) -> Option<usize> {
    match choice {
        AdapterChoice::Strongest => Some(0).filter(|_| !cards.is_empty()),
        AdapterChoice::Index(index) => Some(*index).filter(|&index| index < cards.len()),
        AdapterChoice::Name(name) => {
            let wanted = name.to_lowercase();
            cards.iter().position(|card| card.name.to_lowercase().contains(&wanted))
        }
    }
}

fn names(cards: &[AdapterCard]) -> String {
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
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

/// Asks each interface apart: a driver that hangs hides what its interface has, and no more.
fn all() -> Found {
    let mut found = Found::default();
    // OpenGL probes write to the log without a display and lack what the kernels need.
    let interfaces = [
        ("Vulkan", wgpu::Backends::VULKAN),
        ("Metal", wgpu::Backends::METAL),
        ("DX12", wgpu::Backends::DX12),
    ];
    for (name, backends) in interfaces {
        if !wgpu::Instance::enabled_backend_features().contains(backends) {
            continue;
        }
        match driver::ask(name, move || listed(backends)) {
            Ok(adapters) => found.adapters.extend(adapters),
            Err(fault) => {
                tracing::warn!(%fault, "adapters may be missing");
                found.silent.push((name.to_owned(), fault));
            }
        }
    }
    found.adapters.sort_by_key(|(_, card)| strength(card.class));
    found
}

fn listed(backends: wgpu::Backends) -> Vec<(wgpu::Adapter, AdapterCard)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    // The validation of indirect calls adds a dispatch before each; our own kernels clamp their counts.
    descriptor.flags =
        if cfg!(debug_assertions) { wgpu::InstanceFlags::default() } else { wgpu::InstanceFlags::empty() };
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION);
    let instance = wgpu::Instance::new(descriptor);
    let adapters = pollster::block_on(instance.enumerate_adapters(backends));
    adapters.into_iter().map(|adapter| (adapter.clone(), card_of(&adapter.get_info()))).collect()
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

    fn card(name: &str) -> AdapterCard {
        AdapterCard {
            name: name.into(),
            backend: "Vulkan".into(),
            driver: "1".into(),
            class: AdapterClass::Discrete,
        }
    }

    fn seat(name: &str, pci_bus_id: &str) -> Seat {
        Seat { card: card(name), pci_bus_id: pci_bus_id.into() }
    }

    #[test]
    fn beside_a_silent_driver_another_adapter_is_taken_and_what_is_missing_is_put_down_to_it() {
        let silence = GpuFault::Silent { of: "Vulkan".into(), seconds: 60 };
        let cards = [card("Card"), card("Chip")];
        let choose = |choice: &str, cards: &[AdapterCard]| {
            let choice =
                if choice.is_empty() { AdapterChoice::Strongest } else { choice.parse().expect("any is") };
            [super::choose(&choice, cards, None), super::choose(&choice, cards, Some(&silence))]
        };
        assert_eq!(choose("", &cards), [Ok(0), Ok(0)]);
        assert_eq!(choose("chip", &cards), [Ok(1), Ok(1)]);
        assert_eq!(choose("1", &cards), [Ok(1), Ok(1)]);
        let missing = GpuFault::NotFound { wanted: "Other".into(), found: "Card, Chip".into() };
        assert_eq!(choose("Other", &cards), [Err(missing), Err(silence.clone())]);
        assert_eq!(choose("", &[]), [Err(GpuFault::NoAdapter), Err(silence)]);
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
