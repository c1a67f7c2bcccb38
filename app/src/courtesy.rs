//! Work that gives way: reading and sealing a scene for others, and all that is rendered for others, takes what windows and their owner leave of the processor.
//!
//! On software Vulkan a tile fills every core, and a window that waits its turn among its threads stutters. Whoever has to answer at once (the window,
//! the steward that notices a touch, the link to the coordinator) stays as it is, and so does a render on this computer: its person waits for it. With it
//! giving way, its first tile came 4.3 and 5.3 s after the click instead of 3.3 to 3.6 s, where the window itself is drawn by the processor.

use std::panic::resume_unwind;

use frame::TileRenderer;
use thread_priority::{ThreadPriority, set_current_thread_priority};

use crate::before_each::before_each;

/// Of 0 to 99, where the middle is usual: five steps nicer on Linux, "below normal" on Windows.
const PRIORITY: u8 = 35;

/// The calling thread gives way from now on; on Linux so does every thread that it starts, also those of a driver.
pub(crate) fn give_way() {
    let priority = PRIORITY.try_into().map(ThreadPriority::Crossplatform);
    let set = priority
        .and_then(|priority| set_current_thread_priority(priority).map_err(|error| format!("{error:?}")));
    if let Err(error) = set {
        // Then everything is only less smooth.
        tracing::debug!(error, "a thread does not give way");
    }
}

/// Does something on a thread that gives way, and waits for it.
pub(crate) fn giving_way<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let polite = || {
        give_way();
        work()
    };
    std::thread::scope(|scope| scope.spawn(polite).join().unwrap_or_else(|panic| resume_unwind(panic)))
}

/// A renderer whose thread gives way from the first tile on.
pub(crate) fn polite(renderer: Box<dyn TileRenderer>) -> Box<dyn TileRenderer> {
    let mut polite = None;
    before_each(renderer, move |_| {
        let thread = std::thread::current().id();
        if polite.replace(thread) != Some(thread) {
            give_way();
        }
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// How nice the calling thread is: proc(5), the nineteenth field, the seventeenth after the name.
    fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux has it");
        let after_name = stat.rsplit(") ").next().expect("a name in brackets");
        after_name.split(' ').nth(16).and_then(|field| field.parse().ok()).expect("a number")
    }

    #[test]
    fn work_and_what_it_starts_give_way_and_who_asked_for_it_does_not() {
        let before = niceness();
        let inside = giving_way(|| {
            let child = std::thread::spawn(niceness).join().expect("it only looks");
            [niceness(), child]
        });
        assert!(inside[0] > before && inside[0] < 19, "{inside:?}");
        assert_eq!((inside[1], niceness()), (inside[0], before));
    }
}
