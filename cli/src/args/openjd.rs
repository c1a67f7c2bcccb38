//! The arguments of `tessera openjd`: what a job template is to render, and on whose machines.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Looks, Market, examples};

#[derive(Debug, Subcommand)]
pub(crate) enum OpenJdVerb {
    /// Write a job template that renders just this: a task for each frame on a farm's workers, or one task that hands all of it to a
    /// Tessera coordinator. The scene is not opened: it may lie where only the workers see it.
    #[command(before_help = examples::OPENJD_TEMPLATE)]
    Template(Box<TemplateWish>),
    /// Say whether a template of jobs or environments is valid, and what is wrong with it.
    #[command(before_help = examples::OPENJD_CHECK)]
    Check {
        /// The template: JSON when it ends in .json, else YAML.
        template: PathBuf,
    },
}

#[derive(Clone, Debug, Args)]
#[command(
    mut_arg("referee", |one| one.help("Who judges what is refused, by its key, as `tessera referee` prints it [default: nobody]")),
    mut_arg("data", |one| one.help("Folder of the artist's identity, as workers see it [default: the usual one of the account that they run as]")),
)]
pub(crate) struct TemplateWish {
    /// Scene file: .glb, .gltf, or what Blender reads (.blend, .fbx, .obj, .usd…) where that is installed.
    pub(crate) scene: PathBuf,
    /// Picture that the job writes; #### stands for the frame number.
    #[arg(short, long, value_name = "OUT.exr")]
    pub(crate) output: PathBuf,
    /// Write the template to this file [default: YAML on standard output].
    #[arg(long, value_name = "FILE.yaml|FILE.json")]
    pub(crate) save: Option<PathBuf>,
    /// Write a job bundle of AWS Deadline Cloud: the template and its values, in a folder of their own.
    #[arg(long, value_name = "DIR", conflicts_with = "save")]
    pub(crate) bundle: Option<PathBuf>,
    /// Frames that a task renders one after the other, so that the scene is opened once for them [default: 1].
    #[arg(long, value_name = "N", requires = "frames", conflicts_with = "coordinator",
          value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub(crate) chunk: Option<u32>,
    /// Let workers without a GPU take tasks too; they need software Vulkan, and are slow.
    #[arg(long, conflicts_with = "coordinator")]
    pub(crate) cpu_workers: bool,
    /// Hand the job to this coordinator's nodes: tessera://HOST:PORT#KEY.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) coordinator: Option<String>,
    /// Take what nodes send without rendering some of its pixels again.
    #[arg(long, requires = "coordinator")]
    pub(crate) no_audit: bool,
    #[command(flatten)]
    pub(crate) market: Market,
    #[command(flatten)]
    pub(crate) looks: Looks,
}
