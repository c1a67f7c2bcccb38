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

    /// Windows tells that something fills the screen, not what.
    #[cfg(windows)]
    #[expect(unsafe_code, reason = "the system's call has no safe wrapper; see SAFETY")]
    pub(super) fn full_screen(&mut self) -> Sensed<Option<ProgramName>> {
        use windows_sys::Win32::UI::Shell::{
            QUNS_BUSY, QUNS_PRESENTATION_MODE, QUNS_RUNNING_D3D_FULL_SCREEN, SHQueryUserNotificationState,
        };
        let mut state = 0;
        // SAFETY: the call writes one number to the place that it is given, which lives until it returns.
        let outcome = unsafe { SHQueryUserNotificationState(&mut state) };
        if outcome < 0 {
            return Sensed::Unknown;
        }
        let fills = [QUNS_BUSY, QUNS_RUNNING_D3D_FULL_SCREEN, QUNS_PRESENTATION_MODE].contains(&state);
        Sensed::Known(fills.then(|| ProgramName::new("a program")))
    }

    /// macOS tells it only to programs that may record the screen, which a node has no business asking for.
    #[cfg(not(windows))]
    pub(super) fn full_screen(&mut self) -> Sensed<Option<ProgramName>> {
        Sensed::Unknown
    }
}
