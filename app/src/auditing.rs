//! Renders some pixels of what nodes send again, on this computer's own GPU.

use render_net::audit::Auditor;

use crate::courtesy::polite;
use crate::gpu;

/// An auditor on the adapter that is asked for, or the strongest; it is opened when the first result comes, and gives way to the person's own work.
pub(crate) fn auditor(adapter: Option<&str>) -> Auditor {
    let adapter = adapter.map(str::to_owned);
    Auditor::new(Box::new(move || {
        let opened = gpu::open_renderer(adapter.as_deref(), None).map_err(|fault| fault.what)?;
        Ok(polite(Box::new(opened)))
    }))
}
