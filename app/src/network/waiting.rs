//! A runtime that may be waited for anywhere.
//!
//! A window's commands are themselves run by a runtime. There, a plain one refuses to wait, and to end.

use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use crate::fault::Fault;

/// A runtime for everything that speaks with other machines.
pub(crate) struct Waiting(Option<Runtime>);

/// Starts one.
pub(crate) fn runtime() -> Result<Waiting, Fault> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Fault::failure(
            format!("the system gives no threads for the network: {error}"),
            "close other programs",
        )
    })?;
    Ok(Waiting(Some(runtime)))
}

impl Waiting {
    /// Waits for `work`.
    pub(crate) fn block_on<F: Future>(&self, work: F) -> F::Output {
        let runtime = self.0.as_ref().expect("only its end takes it");
        aside(|| runtime.block_on(work))
    }

    /// Ends it, and what is still in a blocking call after `patience` is left to the end of the process.
    pub(crate) fn shutdown_timeout(mut self, patience: Duration) {
        let runtime = self.0.take().expect("only its end takes it");
        aside(|| runtime.shutdown_timeout(patience));
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            aside(|| drop(runtime));
        }
    }
}

/// Does what blocks; a runtime that this thread belongs to moves its other work to another thread first.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current() {
        Ok(outer) if outer.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_and_ends_inside_another_runtime_too() {
        let outer = Builder::new_multi_thread().build().expect("there are threads");
        let inside = outer.spawn(async {
            let waiting = runtime().expect("there are threads");
            let answer = waiting.block_on(async { 7 });
            drop(waiting);
            answer
        });
        assert_eq!(outer.block_on(inside).expect("it does not panic"), 7);
    }
}
