//! The flags that say on what terms a job is given to strangers, shared by every command that speaks of such a job.

use std::path::PathBuf;

use app::commission::{PRICE_MAX_USUAL, Terms};
use clap::Args;

/// Who may render, for how much, and who judges.
#[derive(Clone, Debug, Args)]
pub(crate) struct Market {
    /// Most micro-credits that a million samples may cost [default: 10000].
    #[arg(long, value_name = "N", requires = "coordinator")]
    pub(crate) max_price: Option<u64>,
    /// Only these nodes, by their keys.
    #[arg(long, value_name = "KEY", value_delimiter = ',', requires = "coordinator")]
    pub(crate) nodes: Vec<frame::NodeId>,
    /// Who judges what is refused, by its key, as `tessera referee` prints it; it can open the scene and the pictures
    /// [default: nobody, and your word stands].
    #[arg(long, value_name = "KEY", requires = "coordinator")]
    pub(crate) referee: Option<frame::NodeId>,
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR", requires = "coordinator")]
    pub(crate) data: Option<PathBuf>,
}

impl Market {
    /// The terms that a job is posted with.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            price_max: self.max_price.unwrap_or(PRICE_MAX_USUAL),
            nodes: self.nodes.clone(),
            referee: self.referee,
        }
    }
}
