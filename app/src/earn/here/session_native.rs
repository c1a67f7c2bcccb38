//! The person's session on Windows and macOS.

use crate::earn::signals::{ProgramName, Sensed};

/// The session that this program runs in.
#[derive(Default)]
pub(super) struct Session;

impl Session {
    pub(super) fn refresh(&mut self) {}

    pub(super) fn idle_s(&mut self) -> Sensed<u32> {
        let idle = user_idle3::UserIdle::get_time();
        idle.ok().map(|idle| u32::try_from(idle.as_seconds()).unwrap_or(u32::MAX)).into()
    }

    /// The program in front, if its window covers a screen. What cannot be asked for counts as unknown.
    #[cfg(windows)]
    pub(super) fn full_screen(&mut self) -> Sensed<Option<ProgramName>> {
        filling().map(|process| process.map(super::programs::name_of)).ok().into()
    }

    /// macOS tells it only to programs that may record the screen, which a node has no business asking for.
    #[cfg(not(windows))]
    pub(super) fn full_screen(&mut self) -> Sensed<Option<ProgramName>> {
        Sensed::Unknown
    }
}

/// Windows of the system's own that cover the screen: the desktop.
#[cfg(windows)]
const DESKTOP_CLASSES: [&str; 2] = ["Progman", "WorkerW"];

/// The process in front, if its window covers a whole screen.
#[cfg(windows)]
fn filling() -> winsafe::SysResult<Option<u32>> {
    let Some(front) = winsafe::HWND::GetForegroundWindow() else { return Ok(None) };
    let window = front.GetWindowRect()?;
    let screen = front.MonitorFromWindow(winsafe::co::MONITOR::DEFAULTTONEAREST).GetMonitorInfo()?.rcMonitor;
    let covers = window.left <= screen.left
        && window.top <= screen.top
        && window.right >= screen.right
        && window.bottom >= screen.bottom;
    let is_desktop = DESKTOP_CLASSES.contains(&front.GetClassName()?.as_str());
    let (_, process) = front.GetWindowThreadProcessId();
    Ok((covers && !is_desktop).then_some(process))
}
