//! An adapter's temperature and free memory: NVIDIA's library where there is one, the kernel's own files on Linux.

use std::path::{Path, PathBuf};

use frame::{AdapterCard, AdapterClass};
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;

use crate::earn::signals::{GpuMemory, Sensed};

const HWMON: &str = "/sys/class/hwmon";
const CARDS: &str = "/sys/class/drm";

/// Whoever knows how hot the adapter is.
pub(super) enum Thermometer {
    /// NVIDIA's management library, and the card's number there.
    Nvidia(Box<Nvml>, u32),
    /// A sensor of the kernel: a file with thousandths of a degree.
    Kernel {
        sensor: Option<PathBuf>,
        /// The card's folder with its memory's size and use.
        card: Option<PathBuf>,
    },
}

impl Thermometer {
    /// The one that belongs to this adapter. Of several with one name only their places on the bus tell which is which.
    pub(super) fn of(adapter: &AdapterCard, pci_bus_id: &str) -> Self {
        let name = adapter.name.to_lowercase();
        let is_nvidia = name.contains("nvidia") || name.contains("geforce");
        if is_nvidia && let Some((library, number)) = nvidia(&name, pci_bus_id) {
            return Self::Nvidia(Box::new(library), number);
        }
        let places = (Path::new(HWMON), Path::new(CARDS));
        Self::kernel(places, &name, adapter.class, pci_bus_id)
    }

    /// `places` are the kernel's folders of sensors and of cards.
    fn kernel(places: (&Path, &Path), name: &str, class: AdapterClass, pci_bus_id: &str) -> Self {
        let drivers: &[&str] = match class {
            // A software adapter heats the processor.
            AdapterClass::Cpu => &["coretemp", "k10temp", "zenpower", "cpu_thermal"],
            _ if name.contains("amd") || name.contains("radeon") => &["amdgpu", "radeon"],
            _ if name.contains("intel") => &["i915", "xe"],
            _ if name.contains("nvidia") || name.contains("geforce") => &["nouveau"],
            _ => &[],
        };
        let sensor = folders(places.0).into_iter().find(|folder| {
            let driver = std::fs::read_to_string(folder.join("name")).unwrap_or_default();
            let is_driver = drivers.contains(&driver.trim()) && folder.join("temp1_input").is_file();
            is_driver && sits_at(folder, pci_bus_id)
        });
        let has_memory = |folder: &PathBuf| {
            folder.join("device/mem_info_vram_total").is_file() && sits_at(folder, pci_bus_id)
        };
        let card = (class == AdapterClass::Discrete && drivers.contains(&"amdgpu"))
            .then(|| folders(places.1).into_iter().find(has_memory))
            .flatten();
        let sensor = sensor.map(|folder| folder.join("temp1_input"));
        Self::Kernel { sensor, card: card.map(|folder| folder.join("device")) }
    }

    pub(super) fn celsius(&self) -> Sensed<f32> {
        match self {
            Self::Nvidia(library, number) => {
                let device = library.device_by_index(*number);
                let celsius = device.and_then(|device| device.temperature(TemperatureSensor::Gpu));
                celsius.ok().map(|celsius| celsius as f32).into()
            }
            Self::Kernel { sensor, .. } => {
                sensor.as_deref().and_then(number).map(|thousandths| thousandths as f32 / 1000.0).into()
            }
        }
    }

    pub(super) fn memory(&self) -> Sensed<GpuMemory> {
        let memory = |free: u64, total: u64| GpuMemory {
            free_mib: (free >> 20) as u32,
            total_mib: (total >> 20) as u32,
        };
        match self {
            Self::Nvidia(library, number) => {
                let told = library.device_by_index(*number).and_then(|device| device.memory_info());
                told.ok().map(|told| memory(told.free, told.total)).into()
            }
            Self::Kernel { card, .. } => card
                .as_deref()
                .and_then(|card| {
                    let total = number(&card.join("mem_info_vram_total"))?;
                    let used = number(&card.join("mem_info_vram_used"))?;
                    Some(memory(total.saturating_sub(used), total))
                })
                .into(),
        }
    }
}

/// Whether a device of the kernel is at that place of the bus; what does not tell its place may be.
fn sits_at(folder: &Path, pci_bus_id: &str) -> bool {
    let told = std::fs::canonicalize(folder.join("device")).ok();
    let place = told.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    // Only what looks like a place is compared: 0000:01:00.0.
    let place = place.filter(|place| place.split(':').count() == 3);
    pci_bus_id.is_empty() || place.is_none_or(|place| place.eq_ignore_ascii_case(pci_bus_id))
}

/// The card at that place; else of that name; else the only one there is when names differ between drivers.
fn nvidia(name: &str, pci_bus_id: &str) -> Option<(Nvml, u32)> {
    let library = Nvml::init().ok()?;
    let placed = library.device_by_pci_bus_id(pci_bus_id).and_then(|device| device.index());
    if let Ok(number) = placed {
        return Some((library, number));
    }
    let count = library.device_count().ok()?;
    let is_it = |number: &u32| {
        let told = library.device_by_index(*number).and_then(|device| device.name());
        told.is_ok_and(|told| name.contains(&told.to_lowercase()) || told.to_lowercase().contains(name))
    };
    let number = (0..count).find(is_it).or((count == 1).then_some(0))?;
    Some((library, number))
}

fn number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

fn folders(place: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read_for_the_adapter_they_belong_to() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let write = |path: &str, text: &str| {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("hwmon/hwmon0/name", "coretemp\n");
        write("hwmon/hwmon0/temp1_input", "41000\n");
        write("hwmon/hwmon1/name", "amdgpu\n");
        write("hwmon/hwmon1/temp1_input", "66500\n");
        write("drm/card0/device/mem_info_vram_total", "8589934592\n");
        write("drm/card0/device/mem_info_vram_used", "1073741824\n");
        let of = |name: &str, class| {
            let (hwmon, cards) = (place.path().join("hwmon"), place.path().join("drm"));
            Thermometer::kernel((&hwmon, &cards), name, class, "")
        };
        let radeon = of("amd radeon rx 7800", AdapterClass::Discrete);
        assert_eq!(radeon.celsius(), Sensed::Known(66.5));
        assert_eq!(radeon.memory(), Sensed::Known(GpuMemory { free_mib: 7168, total_mib: 8192 }));
        let software = of("llvmpipe", AdapterClass::Cpu);
        assert_eq!((software.celsius(), software.memory()), (Sensed::Known(41.0), Sensed::Unknown));
        assert_eq!(of("intel arc", AdapterClass::Discrete).celsius(), Sensed::Unknown);
    }

    #[cfg(unix)]
    #[test]
    fn of_two_equal_cards_each_has_its_own_files() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (hwmon, cards) = (place.path().join("hwmon"), place.path().join("drm"));
        for (at, bus, heat, used) in
            [(0, "0000:03:00.0", "50000\n", "0"), (1, "0000:0b:00.0", "70000\n", "1073741824")]
        {
            let device = place.path().join("devices").join(bus);
            let (sensor, card) = (hwmon.join(format!("hwmon{at}")), cards.join(format!("card{at}")));
            for folder in [&device, &sensor, &card] {
                std::fs::create_dir_all(folder).expect("a folder");
            }
            let files = [
                (sensor.join("name"), "amdgpu\n"),
                (sensor.join("temp1_input"), heat),
                (device.join("mem_info_vram_total"), "2147483648"),
                (device.join("mem_info_vram_used"), used),
            ];
            files.iter().for_each(|(path, text)| std::fs::write(path, text).expect("a file"));
            for folder in [&sensor, &card] {
                std::os::unix::fs::symlink(&device, folder.join("device")).expect("a link");
            }
        }
        let at = |bus: &str| {
            let card = Thermometer::kernel((&hwmon, &cards), "amd radeon", AdapterClass::Discrete, bus);
            (card.celsius(), card.memory().known().map(|memory| memory.free_mib))
        };
        assert_eq!(at("0000:03:00.0"), (Sensed::Known(50.0), Some(2048)));
        assert_eq!(at("0000:0B:00.0"), (Sensed::Known(70.0), Some(1024)));
        assert_eq!(at("0000:0c:00.0"), (Sensed::Unknown, None), "a third card has no files of these");
    }
}
