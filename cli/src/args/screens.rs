//! Where a growing picture is shown while it is rendered.

use std::path::Path;

use app::tev::{Feed, Watched};
use app::{Audience, Exit, Fault};
use clap::Args;

/// Where a growing picture is shown.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Looking on")]
pub(crate) struct Screens {
    /// Show the growing picture in a running tev [default: 127.0.0.1:14158].
    #[arg(long, value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:14158")]
    pub(crate) tev: Option<String>,
    /// Allow a tev on another machine: pictures go there unprotected.
    #[arg(long, requires = "tev")]
    pub(crate) tev_allow_remote: bool,
    /// Show the growing picture in the viewer.
    #[arg(long)]
    pub(crate) viewer: bool,
}

impl Screens {
    /// Whether anything is to be shown.
    pub(crate) fn any(&self) -> bool {
        self.tev.is_some() || self.viewer
    }

    /// The audience with these screens beside it; `name` is how pictures are called, and `output` where they will be.
    pub(crate) fn beside<'a>(
        &self,
        name: &Path,
        output: Option<&Path>,
        audience: &'a mut dyn Audience,
    ) -> Result<Watched<'a>, Fault> {
        let title = name.file_name().unwrap_or(name.as_os_str()).to_string_lossy();
        let mut feeds = Vec::new();
        if let Some(address) = &self.tev {
            feeds.extend(there(Feed::tev(address, self.tev_allow_remote, &title), audience)?);
        }
        if self.tev_allow_remote {
            let message = "pictures may go to tev on another machine without any protection".to_owned();
            audience.hear(&frame::LiveEvent::Warning { message }.into());
        }
        if self.viewer {
            feeds.extend(there(Feed::viewer(&title, output), audience)?);
        }
        Ok(Watched::new(audience, feeds))
    }
}

/// A screen that is not there is told in a sentence and holds nothing up; what was asked for wrongly is refused.
fn there(screen: Result<Feed, Fault>, audience: &mut dyn Audience) -> Result<Option<Feed>, Fault> {
    match screen {
        Ok(feed) => Ok(Some(feed)),
        Err(fault) if fault.exit == Exit::Usage => Err(fault),
        Err(Fault { what, advice, .. }) => {
            let message = format!("the picture is not shown while it grows: {what}; {advice}");
            audience.hear(&frame::LiveEvent::Warning { message }.into());
            Ok(None)
        }
    }
}
