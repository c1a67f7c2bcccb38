//! Calls into a graphics driver, which may never come back.
//!
//! Nobody can end a thread that hangs in a driver. So such a call has a thread of its own: whoever asked waits a while and goes on without
//! it, and the thread stays for as long as the process. Only listing adapters and opening one go this way; both take seconds at the most.
//! Kernels are compiled later, on a processor for minutes, and are waited for elsewhere ([`super::work`]).

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::GpuFault;

/// The longest that a driver is waited for: many times what one takes that wakes a card first, on a loaded machine.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Calls the driver of `of`, a card or an interface as Vulkan, and waits for its answer.
///
/// # Errors
/// [`GpuFault::Silent`] after a minute; at once when an earlier call to it has still not come back.
pub(super) fn ask<T: Send + 'static>(
    of: &str,
    call: impl FnOnce() -> T + Send + 'static,
) -> Result<T, GpuFault> {
    CALLS.ask(of, ANSWER_MAX, call)
}

/// Whether a driver has been called and has not come back.
pub fn is_called() -> bool {
    !CALLS.open().is_empty()
}

static CALLS: Calls = Calls(Mutex::new(Vec::new()));

/// Calls into drivers.
struct Calls(Mutex<Vec<Call>>);

struct Call {
    of: String,
    /// Held by its thread until it comes back.
    open: Weak<()>,
    /// Whether nobody waits for it any more.
    given_up: bool,
}

impl Calls {
    fn ask<T: Send + 'static>(
        &self,
        of: &str,
        patience: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GpuFault> {
        let silent = || GpuFault::Silent { of: of.to_owned(), seconds: ANSWER_MAX.as_secs() };
        if self.open().iter().any(|call| call.given_up && call.of == of) {
            return Err(silent());
        }
        let (answer, answered) = channel();
        let held = Arc::new(());
        let open = Arc::downgrade(&held);
        self.open().push(Call { of: of.to_owned(), open: open.clone(), given_up: false });
        let thread = std::thread::spawn(move || {
            // Nobody listens any more to one that comes too late.
            drop(answer.send(call()));
            drop(held);
        });
        match answered.recv_timeout(patience) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => {
                let mut calls = self.open();
                calls.iter_mut().filter(|call| call.open.ptr_eq(&open)).for_each(|call| call.given_up = true);
                Err(silent())
            }
            // It panicked, and so does whoever asked, as without a thread.
            Err(RecvTimeoutError::Disconnected) => match thread.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => Err(silent()),
            },
        }
    }

    /// Those that have not come back.
    fn open(&self) -> MutexGuard<'_, Vec<Call>> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|call| call.open.strong_count() > 0);
        calls
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_driver_that_never_answers_is_waited_for_once_and_others_are_asked_all_the_same() {
        let calls = Calls(Mutex::default());
        let (come_back, hangs) = channel::<()>();
        let silent = GpuFault::Silent { of: "Vulkan".into(), seconds: 60 };
        let asked = calls.ask("Vulkan", SHORT, move || hangs.recv().is_ok());
        assert_eq!(asked, Err(silent.clone()));
        let began = Instant::now();
        assert_eq!(calls.ask("Vulkan", LONG, || true), Err(silent), "the same thread still hangs in it");
        assert!(began.elapsed() < LONG / 2, "nobody waits for it again");
        assert_eq!(calls.ask("DX12", LONG, || 7), Ok(7));
        assert_eq!(calls.open().iter().filter(|call| call.given_up).count(), 1);
        // It comes back, if much too late.
        drop(come_back);
        while !calls.open().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(calls.ask("Vulkan", LONG, || 8), Ok(8));
    }

    #[test]
    #[should_panic(expected = "a fault in the driver")]
    fn a_panic_of_a_call_is_one_of_whoever_asked() {
        let _ = Calls(Mutex::default()).ask("Vulkan", LONG, || panic!("a fault in the driver"));
    }
}
