//! The arguments of `tessera node`: to run one, and to ask or tell the one that runs. Everything can be set by environment too, for services.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::examples;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Node {
    /// Ask or tell the node that runs.
    #[command(subcommand)]
    pub(crate) word: Option<NodeWord>,
    /// The coordinator's address, as it prints it: tessera://HOST:PORT#KEY.
    #[arg(
        long,
        value_name = "ADDRESS",
        required = true,
        env = "TESSERA_COORDINATOR",
        hide_env_values = true
    )]
    pub(crate) coordinator: Option<String>,
    /// When this computer may work [default: never on battery, below 75 °C, while 2 GiB of disk are free].
    #[arg(long, value_name = "FILE.toml", env = "TESSERA_RULES")]
    pub(crate) rules: Option<PathBuf>,
    /// Folder for the node's identity.
    #[arg(long, value_name = "DIR", env = "TESSERA_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// Adapter to render with: its number or part of its name [default: the strongest]. Given again, another adapter is a node beside it, with a
    /// folder in this one's; `all`: every GPU that can render.
    #[arg(long, value_name = "INDEX|NAME|all", env = "TESSERA_GPU")]
    pub(crate) gpu: Vec<String>,
    /// Micro-credits asked for a million samples.
    #[arg(long, value_name = "N", env = "TESSERA_PRICE", default_value_t = app::sharing::PRICE_USUAL)]
    pub(crate) price: u64,
    /// GPU memory that scenes may take, MiB [default: what the adapter allows].
    #[arg(long, value_name = "MIB", env = "TESSERA_VRAM_LIMIT")]
    pub(crate) vram_limit: Option<u32>,
    /// Work only for jobs of which one of these is the referee, by their keys [default: those of --rules, else for all].
    #[arg(long, value_name = "KEY", value_delimiter = ',', env = "TESSERA_REFEREE")]
    pub(crate) referee: Vec<frame::NodeId>,
    /// Weights of a denoiser beside those that the program carries, for jobs that name it.
    #[arg(long, value_name = "FILE.tdn")]
    pub(crate) weights: Option<PathBuf>,
    /// Serve metrics for Prometheus and a health check over HTTP, at /metrics and /healthz: a port of this computer alone, or IP:PORT.
    #[arg(long, value_name = "PORT|IP:PORT", env = "TESSERA_METRICS", value_parser = app::metrics::address)]
    pub(crate) metrics: Option<std::net::SocketAddr>,
    /// Leave when there is nothing to do.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NodeWord {
    /// Say whether the node works, and why or why not, for each GPU's where there are several; ends with 1 when none runs.
    #[command(before_help = examples::NODE_STATUS)]
    Status(NodeFolder),
    /// Pause: the GPU is free within half a second, finished work is kept.
    #[command(before_help = examples::NODE_PAUSE)]
    Pause(NodePause),
    /// Work again, whenever the rules allow.
    #[command(before_help = examples::NODE_RESUME)]
    Resume(NodeFolder),
    /// Finish the tile that is being rendered, then pause until resumed or started again.
    #[command(before_help = examples::NODE_FINISH)]
    Finish(NodeFinish),
    /// Print a rules file with the usual values, or check one.
    #[command(before_help = examples::NODE_RULES)]
    Rules(NodeRules),
}

#[derive(Debug, Args)]
pub(crate) struct NodeFolder {
    /// The node's data folder.
    #[arg(long, value_name = "DIR", env = "TESSERA_DATA")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct NodeFinish {
    /// Wait until the tile is finished and sent, and at most so long.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) wait: Option<u64>,
    #[command(flatten)]
    pub(crate) folder: NodeFolder,
}

#[derive(Debug, Args)]
pub(crate) struct NodePause {
    /// Until when [default: until `tessera node resume`].
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) until: Option<PauseEnd>,
    #[command(flatten)]
    pub(crate) folder: NodeFolder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PauseEnd {
    /// For an hour.
    Hour,
    /// Until you were away and are back.
    Back,
    /// Until tomorrow at six.
    Tomorrow,
}

#[derive(Debug, Args)]
pub(crate) struct NodeRules {
    /// The file to check; none = print the usual rules.
    pub(crate) file: Option<PathBuf>,
    /// The usual rules of a computer that somebody sits at.
    #[arg(long)]
    pub(crate) desktop: bool,
}
