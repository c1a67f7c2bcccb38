//! What every program tells of itself, under the names that Prometheus' own libraries use.

use std::fmt;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::page::{Labels, Page};

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    let version: Labels = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    page.gauges("tessera_build_info", "1, with the program's version.", [(version, 1.0)])?;
    let own = Pid::from_u32(std::process::id());
    let mut system = System::new();
    let only = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, only);
    let Some(process) = system.process(own) else { return Ok(()) };
    page.gauge(
        "process_start_time_seconds",
        "When the program was started, seconds since 1970.",
        process.start_time() as f64,
    )?;
    page.gauge(
        "process_resident_memory_bytes",
        "Main memory that the program holds, bytes.",
        process.memory() as f64,
    )
}
