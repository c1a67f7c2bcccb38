//! Programs that run, by name.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use crate::earn::signals::ProgramName;

/// The names of everything that runs, each once, sorted.
///
/// Linux cuts a process's name at 15 letters, so the name of its file is there as well.
pub fn running() -> Vec<ProgramName> {
    let mut system = System::new();
    let wanted = ProcessRefreshKind::nothing().with_exe(UpdateKind::OnlyIfNotSet);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, wanted);
    let names = |process: &sysinfo::Process| {
        let file = process.exe().and_then(|path| path.file_name()).map(|name| name.to_owned());
        [Some(process.name().to_owned()), file].into_iter().flatten()
    };
    let mut running: Vec<ProgramName> = system
        .processes()
        .values()
        .filter(|process| process.thread_kind().is_none())
        .flat_map(names)
        .map(|name| ProgramName::new(&name.to_string_lossy()))
        .collect();
    running.sort();
    running.dedup();
    running
}

/// The name of a process; "a program" where it has gone or hides.
#[cfg(any(windows, test))]
pub(super) fn name_of(process: u32) -> ProgramName {
    let (mut system, process) = (System::new(), sysinfo::Pid::from_u32(process));
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[process]),
        true,
        ProcessRefreshKind::nothing(),
    );
    let name = system.process(process).map(|process| process.name().to_string_lossy().into_owned());
    ProgramName::new(&name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_a_name_as_long_as_it_is_there() {
        let own = name_of(std::process::id());
        assert!(running().iter().any(|name| name.is_same(&own)), "{own} is missing");
        assert_eq!(name_of(u32::MAX).to_string(), "a program");
    }

    #[test]
    fn this_test_itself_is_among_the_running_programs() {
        let path = std::env::current_exe().expect("a test is a program");
        let own = path.file_name().expect("a file").to_string_lossy();
        let own = ProgramName::new(&own);
        assert!(running().iter().any(|name| name.is_same(&own)), "{own} is missing");
    }
}
