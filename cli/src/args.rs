//! The argument surface: every command and flag, and the examples that its help opens with.
//!
//! Only the shape of a command line is known here; `verb` turns it into work. A test runs every example's words
//! through the parser, so help cannot rot.

mod examples;
mod looks;
mod market;
mod node;
mod openjd;
mod screens;

use std::path::PathBuf;

use app::denoiser::NetworkChoice;
use clap::{Args, Parser, Subcommand};

pub(crate) use looks::Looks;
#[cfg(test)]
pub(crate) use looks::Steady;
pub(crate) use market::Market;
pub(crate) use node::{Node, NodeRules, NodeWord, PauseEnd};
pub(crate) use openjd::{OpenJdVerb, TemplateWish};
pub(crate) use screens::Screens;

/// Renders glTF scenes on this computer or on a farm of strangers' GPUs, sealed end to end.
#[derive(Debug, Parser)]
#[command(name = "tessera", version, before_help = examples::TOP, arg_required_else_help = false)]
pub(crate) struct Line {
    /// Print one JSON object per line on standard output; talk goes to standard error.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Render a scene on this computer.
    #[command(before_help = examples::RENDER, allow_negative_numbers = true)]
    Render(Render),
    /// Run a coordinator: the meeting point of artists and nodes. It only ever holds sealed data.
    #[command(before_help = examples::COORDINATOR)]
    Coordinator(Coordinator),
    /// Find the coordinators that announce themselves on this network.
    #[command(before_help = examples::NEARBY)]
    Nearby(Nearby),
    /// Share this computer's GPU: render tiles for a coordinator's artists.
    #[command(before_help = examples::NODE, allow_negative_numbers = true)]
    Node(Node),
    /// Run a referee: it judges what artists who name it refuse of nodes' work, and renders pixels of that again.
    #[command(before_help = examples::REFEREE)]
    Referee(Referee),
    /// Send a scene to a coordinator's nodes, follow the render and collect the pictures.
    #[command(before_help = examples::SUBMIT, allow_negative_numbers = true)]
    Submit(Submit),
    /// Say how long a render will take and what it will cost, before anything is sent.
    #[command(before_help = examples::QUOTE, allow_negative_numbers = true)]
    Quote(Quote),
    /// Fetch the pictures of a job that was submitted earlier, waiting for the rest of it.
    #[command(before_help = examples::COLLECT)]
    Collect(Collect),
    /// Follow the jobs that you have at a coordinator, or look on at somebody's job with a view-only link.
    #[command(before_help = examples::WATCH)]
    Watch(Watch),
    /// List your jobs.
    #[command(before_help = examples::JOBS)]
    Jobs(Jobs),
    /// Have nodes begin no more of a job for now: what they hold is finished and paid.
    #[command(before_help = examples::PAUSE)]
    Pause(JobNamed),
    /// Go on with a job that was paused.
    #[command(before_help = examples::RESUME)]
    Resume(JobNamed),
    /// Stop a job and keep what is done.
    #[command(before_help = examples::CANCEL)]
    Cancel(JobNamed),
    /// Make a view-only link to a job: whoever has it sees the pictures grow and nothing else.
    #[command(before_help = examples::SHARE)]
    Share(Share),
    /// Show what this node earned: held, posted and paid.
    #[command(before_help = examples::EARNINGS)]
    Earnings(Earnings),
    /// Print every ledger line of this node.
    #[command(before_help = examples::STATEMENT)]
    Statement(Statement),
    /// Check the receipts in an EXR, or a receipt file, without any network.
    #[command(before_help = examples::VERIFY)]
    Verify(Verify),
    /// Measure how fast this adapter renders.
    #[command(before_help = examples::BENCH, allow_negative_numbers = true)]
    Bench(Bench),
    /// Look into scene files.
    #[command(before_help = examples::SCENE, subcommand)]
    Scene(SceneVerb),
    /// Look into EXR files.
    #[command(before_help = examples::EXR, subcommand)]
    Exr(ExrVerb),
    /// Make and check job templates of Open Job Description, for render farms that are there already.
    #[command(before_help = examples::OPENJD, subcommand)]
    Openjd(OpenJdVerb),
    /// Show what this computer offers and what is missing; safe to paste in public.
    #[command(before_help = examples::DOCTOR)]
    Doctor(Doctor),
    /// Run a whole market in one process: coordinator, nodes and artist, with a small scene.
    #[command(before_help = examples::DEMO, allow_negative_numbers = true)]
    Demo(Demo),
    /// Print what a shell needs to complete this program's words.
    #[command(before_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page, or write the pages of all commands into a folder.
    #[command(before_help = examples::MAN)]
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    /// Scene file: .glb, .gltf, or what Blender reads (.blend, .fbx, .obj, .usd…) where that is installed.
    pub(crate) scene: PathBuf,
    /// Picture to write; #### stands for the frame number.
    #[arg(short, long, value_name = "OUT.exr")]
    pub(crate) output: PathBuf,
    /// Render without network and sealing.
    #[arg(long)]
    pub(crate) direct: bool,
    /// Tell an Open Job Description runtime of progress, status and failure, by its own lines on standard output.
    #[arg(long)]
    pub(crate) openjd: bool,
    #[command(flatten)]
    pub(crate) screens: Screens,
    #[command(flatten)]
    pub(crate) looks: Looks,
}

#[derive(Debug, Args)]
pub(crate) struct Coordinator {
    /// Address to listen on; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:7411")]
    pub(crate) listen: std::net::SocketAddr,
    /// Name or IP address under which others reach it, for the address that it prints [default: where it listens].
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Folder for its identity, ledger and sealed data.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where jobs and ledger are kept: sqlite, or postgres://USER@HOST:PORT/DATABASE, which several coordinators may share.
    /// Put the password into PGPASSWORD: others on this computer can read a command line.
    #[arg(long, value_name = "sqlite|postgres://…", default_value = "sqlite")]
    pub(crate) store: String,
    /// Folder or S3 bucket for sealed data; keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY [default: a folder in --data].
    #[arg(long, value_name = "DIR|s3://BUCKET/PREFIX")]
    pub(crate) blobs: Option<String>,
    /// Most sealed data that it keeps, GiB. Results that their artists have make room for new ones.
    #[arg(long, value_name = "GIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) store_max: u32,
    /// Most of it that one artist or node may store, GiB.
    #[arg(long, value_name = "GIB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) peer_max: u32,
    /// A node that is silent for so long loses the work that it holds.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) lapse: u32,
    /// Let computers on the same network find it, under NAME [default name: one that says nothing]. It prints a code that people compare.
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    pub(crate) announce: Option<Option<String>>,
    /// Serve metrics for Prometheus and a health check over HTTP, at /metrics and /healthz: a port of this computer alone, or IP:PORT.
    #[arg(long, value_name = "PORT|IP:PORT", value_parser = app::metrics::address)]
    pub(crate) metrics: Option<std::net::SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct Nearby {
    /// How long to listen.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Referee {
    /// The coordinator's address, as it prints it: tessera://HOST:PORT#KEY.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: String,
    /// Folder for its identity: the key that it prints, by which artists name it.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Adapter to render with: its number or part of its name [default: the strongest].
    #[arg(long, value_name = "INDEX|NAME")]
    pub(crate) gpu: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Scene file: .glb, .gltf, or what Blender reads (.blend, .fbx, .obj, .usd…) where that is installed.
    pub(crate) scene: PathBuf,
    /// The coordinator's address, as it prints it: tessera://HOST:PORT#KEY.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: String,
    /// Picture to write; #### stands for the frame number.
    #[arg(short, long, value_name = "OUT.exr")]
    pub(crate) output: PathBuf,
    /// Print the job's id and leave it to the nodes that are there; `tessera collect` fetches the pictures, and lets in nodes that came later.
    #[arg(long)]
    pub(crate) detach: bool,
    /// Tell an Open Job Description runtime of progress, status and failure, by its own lines on standard output.
    #[arg(long)]
    pub(crate) openjd: bool,
    /// Take what nodes send without rendering some of its pixels again.
    #[arg(long)]
    pub(crate) no_audit: bool,
    #[command(flatten)]
    pub(crate) market: Market,
    #[command(flatten)]
    pub(crate) screens: Screens,
    #[command(flatten)]
    pub(crate) looks: Looks,
}

#[derive(Debug, Args)]
#[command(mut_arg("referee", |one| one.help("Who would judge what is refused, by its key: nodes that ask for this one count too")))]
pub(crate) struct Quote {
    /// Scene file: .glb, .gltf, or what Blender reads (.blend, .fbx, .obj, .usd…) where that is installed.
    pub(crate) scene: PathBuf,
    /// Whose nodes would render it: tessera://HOST:PORT#KEY [default: this computer renders it].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: Option<String>,
    #[command(flatten)]
    pub(crate) market: Market,
    #[command(flatten)]
    pub(crate) looks: Looks,
}

#[derive(Debug, Args)]
pub(crate) struct Collect {
    /// The job's id, as `submit --detach` or `jobs` prints it.
    pub(crate) job: frame::JobId,
    /// Tell an Open Job Description runtime of progress, status and failure, by its own lines on standard output.
    #[arg(long)]
    pub(crate) openjd: bool,
    /// Take what nodes send without rendering some of its pixels again.
    #[arg(long)]
    pub(crate) no_audit: bool,
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The coordinator's address, tessera://HOST:PORT#KEY; or a job's id, to collect its pictures and see them grow; or a
    /// view-only link, tessera://HOST:PORT/view/JOB#….
    pub(crate) address: String,
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) screens: Screens,
}

#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct JobNamed {
    /// The job's id.
    pub(crate) job: frame::JobId,
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Share {
    /// The job's id.
    pub(crate) job: frame::JobId,
    /// Withdraw the link: whoever has it sees nothing new.
    #[arg(long)]
    pub(crate) revoke: bool,
    /// Folder for your identity and jobs.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Earnings {
    /// The coordinator's address: tessera://HOST:PORT#KEY.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: String,
    /// The node's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Statement {
    /// The coordinator's address: tessera://HOST:PORT#KEY.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: String,
    /// The node's folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// How lines are written; --json gives JSON as well.
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: StatementFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum StatementFormat {
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An EXR with receipts, a receipt file, or a ruling that a node keeps: rulings/COORDINATOR/LEASE.ruling in its data folder.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Adapter: its number or part of its name [default: the strongest].
    #[arg(long, value_name = "INDEX|NAME")]
    pub(crate) gpu: Option<String>,
    /// Seconds to measure each scene.
    #[arg(long, default_value_t = 5.0, value_parser = looks::positive)]
    pub(crate) seconds: f64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SceneVerb {
    /// Say whether a scene will render: cameras, frames, everything unsupported or missing by name, memory needed.
    #[command(before_help = examples::SCENE_CHECK)]
    Check(SceneCheck),
}

#[derive(Debug, Args)]
pub(crate) struct SceneCheck {
    /// Scene file: .glb, .gltf, or what Blender reads (.blend, .fbx, .obj, .usd…) where that is installed.
    pub(crate) scene: PathBuf,
    /// Frames per second of the animation.
    #[arg(long, default_value_t = 24.0, value_parser = looks::positive)]
    pub(crate) fps: f64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExrVerb {
    /// List layers, channels and attributes.
    #[command(before_help = examples::EXR_INFO)]
    Info {
        /// The picture.
        file: PathBuf,
    },
    /// Compare two pictures layer by layer; ends with 1 above --max-rel-mse.
    #[command(before_help = examples::EXR_DIFF)]
    Diff {
        /// One picture.
        a: PathBuf,
        /// The other; errors are relative to this one.
        b: PathBuf,
        /// Largest relative mean square error of the beauty that passes; without it, the command only tells.
        #[arg(long, value_name = "X", value_parser = looks::not_negative)]
        max_rel_mse: Option<f64>,
    },
    /// Decode every pixel and report what is damaged, missing or not finite.
    #[command(before_help = examples::EXR_CHECK)]
    Check {
        /// The picture.
        file: PathBuf,
    },
    /// Denoise a picture that was rendered earlier, from its layers noisy, albedo, normal, depth, variance and samples.
    #[command(before_help = examples::EXR_DENOISE)]
    Denoise {
        /// The noisy picture.
        file: PathBuf,
        /// File to write.
        #[arg(short, long, value_name = "OUT.exr")]
        output: PathBuf,
        /// Network of the denoiser: one that the program carries, or a file of weights [default: quality].
        #[arg(long, value_name = "small|quality|FILE.tdn")]
        weights: Option<NetworkChoice>,
        /// Exposure scale [default: the one that it was rendered with, else from the picture itself].
        #[arg(long, value_name = "X", value_parser = looks::positive)]
        exposure: Option<f64>,
    },
    /// Write the beauty as an 8-bit sRGB picture.
    #[command(before_help = examples::EXR_TO_PNG)]
    ToPng {
        /// The picture.
        file: PathBuf,
        /// File to write [default: the same name with .png].
        #[arg(short, long, value_name = "OUT.png")]
        output: Option<PathBuf>,
        /// Stops of exposure.
        #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_parser = looks::finite)]
        exposure: f64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Nodes in the market.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: u16,
    /// Picture to write.
    #[arg(short, long, value_name = "OUT.exr", default_value = "tessera-demo.exr")]
    pub(crate) output: PathBuf,
    /// Nodes among them that do not render what they are paid for.
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub(crate) liars: u16,
    /// Pixels.
    #[arg(long, value_name = "WxH", default_value = "480x270")]
    pub(crate) size: looks::Size,
    /// Samples per pixel.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) spp: u32,
    /// Adapter for all nodes: its number or part of its name [default: the strongest].
    #[arg(long, value_name = "INDEX|NAME")]
    pub(crate) gpu: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// For which shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Folder for the pages of all commands.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Splits an example as a shell does; examples use no quoting but '…'.
    fn words(example: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for letter in example.trim().chars() {
            match letter {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                _ => words.last_mut().expect("starts with one").push(letter),
            }
        }
        words
    }

    fn all_helps(command: &clap::Command, found: &mut Vec<(String, String)>) {
        let opens = command.get_before_help().map(ToString::to_string).unwrap_or_default();
        found.push((command.get_name().to_owned(), opens));
        command.get_subcommands().for_each(|verb| all_helps(verb, found));
    }

    #[test]
    fn every_help_opens_with_examples_that_parse() {
        let mut helps = Vec::new();
        all_helps(&Line::command(), &mut helps);
        assert!(helps.len() > 20, "all verbs are seen");
        for (verb, opens) in helps {
            let examples: Vec<&str> = opens.lines().filter(|line| line.contains("tessera ")).collect();
            assert!(!examples.is_empty(), "{verb} has no examples");
            for example in examples {
                assert!(example.len() <= 100, "a help of 100 columns breaks this line: {example}");
                Line::try_parse_from(words(example)).unwrap_or_else(|error| panic!("{example}: {error}"));
            }
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Line::command().debug_assert();
    }
}
