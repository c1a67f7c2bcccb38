//! This computer's GPUs: told apart, opened, and said in people's words why one cannot be used.

mod leaving;
mod reserved;

use render_core::{AdapterChoice, AdapterReport, GpuFault, GpuRenderer, RendererOptions};

use crate::fault::Fault;
pub use leaving::leave_a_hanging_driver;
pub use reserved::Reserved;
pub(crate) use reserved::Standby;

/// A piece of hardware, through the best of the drivers that offer it.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// Its name, and which of that name it is from the second on: `Card`, `Card #2`.
    pub key: String,
    /// Its number among all adapters, as `--gpu` takes it.
    pub index: usize,
    /// What its driver says of it.
    pub report: AdapterReport,
}

/// This computer's GPUs, strongest first. One that two drivers offer, as Vulkan and DX12 do on Windows, is here once.
pub fn all() -> Vec<Gpu> {
    told_apart(&render_core::adapters())
}

/// The GPU of this key; the strongest for an empty one.
///
/// # Errors
/// It is not there, or there is none at all.
pub fn keyed(key: &str) -> Result<Gpu, Fault> {
    let mut gpus = all();
    let silence = gpus.iter().find_map(silence);
    let at = if key.is_empty() { Some(0) } else { gpus.iter().position(|gpu| gpu.key == key) };
    match at {
        Some(at) if at < gpus.len() => Ok(gpus.swap_remove(at)),
        _ if gpus.is_empty() => Err(gpu_fault(&GpuFault::NoAdapter)),
        _ => Err(silence.unwrap_or_else(|| {
            Fault::failure(
                format!("the GPU \"{key}\" is not there any more"),
                "connect it again, or switch it off in the list of GPUs",
            )
        })),
    }
}

/// The fault of a driver that does not say what there is; `None` for a GPU.
fn silence(gpu: &Gpu) -> Option<Fault> {
    gpu.report.silent.as_ref().map(gpu_fault)
}

/// Every GPU that can render.
///
/// # Errors
/// There is none.
pub fn usable() -> Result<Vec<Gpu>, Fault> {
    usable_of(&all())
}

fn usable_of(all: &[Gpu]) -> Result<Vec<Gpu>, Fault> {
    let usable: Vec<Gpu> = all.iter().filter(|gpu| gpu.report.refused.is_none()).cloned().collect();
    match all.iter().find_map(silence) {
        _ if !usable.is_empty() => Ok(usable),
        Some(silence) => Err(silence),
        None => Err(gpu_fault(&GpuFault::NoAdapter)),
    }
}

/// The GPUs that a person asked for by numbers and parts of names, each once.
///
/// # Errors
/// One that is not there.
pub fn meant(asked: &[String]) -> Result<Vec<Gpu>, Fault> {
    let reports = render_core::adapters();
    let gpus = told_apart(&reports);
    let mut meant: Vec<Gpu> = Vec::new();
    for one in asked {
        let found = match choice(Some(one)) {
            AdapterChoice::Index(index) => gpus.iter().find(|gpu| gpu.index == index),
            _ => gpus.iter().find(|gpu| gpu.key.to_lowercase().contains(&one.to_lowercase())),
        };
        let gpu = found.ok_or_else(|| {
            if let Some(silence) = gpus.iter().find_map(silence) {
                return silence;
            }
            let names: Vec<String> = gpus.iter().map(|gpu| format!("{} ({})", gpu.index, gpu.key)).collect();
            gpu_fault(&GpuFault::NotFound { wanted: one.clone(), found: names.join(", ") })
        })?;
        if meant.iter().all(|other| other.key != gpu.key) {
            meant.push(gpu.clone());
        }
    }
    Ok(meant)
}

/// Adapters at the same place of the bus are one piece of hardware. Where drivers do not tell the place, the second of a name at one driver is
/// taken to be the second of that name at another.
fn told_apart(reports: &[AdapterReport]) -> Vec<Gpu> {
    let mut found: Vec<(String, Gpu)> = Vec::new();
    for (index, report) in reports.iter().enumerate() {
        let is_twin = |other: &&AdapterReport| {
            other.card.name == report.card.name && other.card.backend == report.card.backend
        };
        let place = if report.pci_bus_id.is_empty() {
            format!("{} {}", report.card.name, reports[..index].iter().filter(is_twin).count())
        } else {
            report.pci_bus_id.clone()
        };
        match found.iter_mut().find(|(known, _)| *known == place) {
            Some((_, gpu)) if gpu.report.refused.is_some() && report.refused.is_none() => {
                (gpu.index, gpu.report) = (index, report.clone());
            }
            Some(_) => {}
            None => {
                let before = found.iter().filter(|(_, gpu)| gpu.report.card.name == report.card.name).count();
                let name = report.card.name.clone();
                let key = if before == 0 { name } else { format!("{name} #{}", before + 1) };
                found.push((place, Gpu { key, index, report: report.clone() }));
            }
        }
    }
    found.into_iter().map(|(_, gpu)| gpu).collect()
}

/// Opens the adapter that a person asked for (its number or part of its name), or the strongest; `memory_limit` bounds what a
/// scene may take on it, bytes.
pub fn open_renderer(asked: Option<&str>, memory_limit: Option<u64>) -> Result<GpuRenderer, Fault> {
    GpuRenderer::open(RendererOptions { adapter: choice(asked), memory_limit })
        .map_err(|fault| gpu_fault(&fault))
}

/// What a person meant: a number, a part of a name, or nothing, which is the strongest.
pub(crate) fn choice(asked: Option<&str>) -> AdapterChoice {
    asked.map_or_else(AdapterChoice::default, |asked| asked.parse().unwrap_or_else(|never| match never {}))
}

/// A GPU's fault, for people.
pub(crate) fn gpu_fault(fault: &GpuFault) -> Fault {
    let what = fault.to_string();
    match fault {
        GpuFault::NoAdapter => Fault::failure(
            what,
            "install its Vulkan driver, or software Vulkan (Debian: mesa-vulkan-drivers); see `tessera doctor`",
        ),
        GpuFault::NotFound { .. } => {
            Fault::usage(what, "choose one of these with --gpu, or leave the flag out")
        }
        GpuFault::Silent { .. } => Fault::failure(
            what,
            "restart the computer, update that driver, or choose another adapter with --gpu",
        ),
        GpuFault::TooWeak { .. } => {
            Fault::failure(what, "update its driver, or choose another adapter with --gpu")
        }
        GpuFault::OutOfMemory(_) => {
            Fault::failure(what, "close other programs that use it, or choose another adapter with --gpu")
        }
        GpuFault::Lost(_) | GpuFault::Gone { .. } => Fault::failure(
            what,
            "update its driver, close other programs that use it, or choose another with --gpu",
        ),
    }
}

#[cfg(test)]
mod tests {
    use frame::{AdapterCard, AdapterClass};

    use super::*;

    fn report(name: &str, backend: &str, place: &str, refused: bool) -> AdapterReport {
        AdapterReport {
            card: AdapterCard {
                name: name.into(),
                backend: backend.into(),
                driver: "1".into(),
                class: AdapterClass::Discrete,
            },
            pci_bus_id: place.into(),
            binding_bytes_max: 1 << 30,
            buffer_bytes_max: 1 << 30,
            refused: refused.then(|| "too weak".into()),
            silent: None,
        }
    }

    fn keys(reports: &[AdapterReport]) -> Vec<(String, usize)> {
        told_apart(reports).into_iter().map(|gpu| (gpu.key, gpu.index)).collect()
    }

    fn pairs<const N: usize>(pairs: [(&str, usize); N]) -> Vec<(String, usize)> {
        pairs.map(|(key, index)| (key.to_owned(), index)).into()
    }

    #[test]
    fn two_cards_of_a_name_are_two_and_one_card_with_two_drivers_is_one() {
        let reports = |places: [&str; 3]| {
            vec![
                report("Card", "Vulkan", places[0], false),
                report("Card", "Vulkan", places[1], false),
                report("Chip", "Vulkan", places[2], false),
                report("Card", "Dx12", places[0], false),
                report("Card", "Dx12", places[1], false),
            ]
        };
        let told = pairs([("Card", 0), ("Card #2", 1), ("Chip", 2)]);
        assert_eq!(keys(&reports(["0000:01:00.0", "0000:02:00.0", "0000:00:02.0"])), told);
        assert_eq!(keys(&reports(["", "", ""])), told, "without their places as well");
    }

    #[test]
    fn a_silent_driver_is_no_gpu_and_says_so() {
        let fault = GpuFault::Silent { of: "Vulkan".into(), seconds: 60 };
        let silent = AdapterReport { silent: Some(fault.clone()), ..report("Vulkan", "Vulkan", "", true) };
        let told = told_apart(&[report("Card", "Dx12", "1", false), silent]);
        assert_eq!(told.iter().map(silence).collect::<Vec<_>>(), [None, Some(gpu_fault(&fault))]);
        assert_eq!(usable_of(&told).map(|usable| usable.len()), Ok(1));
        assert_eq!(usable_of(&told[1..]).map(|usable| usable.len()), Err(gpu_fault(&fault)));
        assert_eq!(usable_of(&[]).map(|usable| usable.len()), Err(gpu_fault(&GpuFault::NoAdapter)));
    }

    #[test]
    fn a_driver_that_cannot_run_the_kernels_gives_way_to_one_that_can() {
        let reports = vec![report("Card", "Vulkan", "1", true), report("Card", "Dx12", "1", false)];
        assert_eq!(keys(&reports), pairs([("Card", 1)]));
        let reports = vec![report("Card", "Vulkan", "1", true), report("Card", "Dx12", "1", true)];
        assert_eq!(keys(&reports), pairs([("Card", 0)]));
    }
}
