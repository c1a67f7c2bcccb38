//! Work for the device: written down, submitted, and waited for, but not for ever.

use std::time::Duration;

use super::{Bindings, Buffer, Gpu, GpuFault, Groups, Pipeline, Recording, note};

/// The longest that a submission is waited for: as long as a coordinator waits for progress of a lease. They are cut to a fraction of a second,
/// but the first one compiles kernels, which software on a loaded machine does in minutes.
pub(super) const SUBMISSION_MAX: Duration = Duration::from_secs(600);

/// Workgroups along x; `shaders/trace/advance.wgsl` lays its own dispatches out the same way.
const GROUPS_X_MAX: u32 = 32_768;

impl Gpu {
    /// Submits the work and waits for it.
    pub(crate) fn finish(&self, recording: Recording) -> Result<(), GpuFault> {
        self.queue.submit([recording.encoder.finish()]);
        self.wait()
    }

    /// Submits the work, waits for it, and returns the bytes of `readback`.
    pub(crate) fn run(
        &self,
        recording: Recording,
        readback: &Buffer,
        size: u64,
    ) -> Result<Vec<u8>, GpuFault> {
        self.queue.submit([recording.encoder.finish()]);
        let slice = readback.inner.slice(..size);
        let (tell, told) = std::sync::mpsc::channel();
        slice.map_async(wgpu::MapMode::Read, move |result| {
            // Nobody listens any more when the wait below has already failed.
            let _ = tell.send(result.is_ok());
        });
        self.wait()?;
        let lost = || GpuFault::Lost("the device did not finish its work".into());
        if !told.recv().unwrap_or(false) {
            return Err(lost());
        }
        let bytes = slice.get_mapped_range().map_err(|_| lost())?.to_vec();
        readback.inner.unmap();
        Ok(bytes)
    }

    /// Waits for everything that was submitted.
    fn wait(&self) -> Result<(), GpuFault> {
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(self.patience) };
        let waited = self.device.poll(wait);
        self.check()?;
        if waited.is_ok() {
            return Ok(());
        }
        // A queue that goes waits for its work, and without an end: this one stays for as long as the process.
        std::mem::forget(self.queue.clone());
        note(&self.fault, GpuFault::Lost("the device did not finish its work".into()));
        self.check()
    }
}

impl Recording {
    /// One kernel over `groups`.
    pub(crate) fn dispatch(&mut self, pipeline: &Pipeline, bindings: &Bindings, groups: &Groups<'_>) {
        let mut pass = self
            .encoder
            .begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes: None });
        pipeline.bind(&mut pass, bindings);
        match groups {
            Groups::Threads(threads) => {
                let groups = threads.div_ceil(64).max(1);
                pass.dispatch_workgroups(groups.min(GROUPS_X_MAX), groups.div_ceil(GROUPS_X_MAX), 1);
            }
            Groups::Indirect(buffer, offset) => pass.dispatch_workgroups_indirect(&buffer.inner, *offset),
        }
    }

    /// Copies `size` bytes from one place (buffer, byte) to another.
    pub(crate) fn copy(&mut self, from: (&Buffer, u64), to: (&Buffer, u64), size: u64) {
        self.encoder.copy_buffer_to_buffer(&from.0.inner, from.1, &to.0.inner, to.1, size);
    }
}
