//! Project tasks: what people and continuous integration run from the repository's root as `cargo xtask VERB`.
//!
//! Nothing here ships. The verbs run cargo, git and the built `tessera` program as child processes and work alike on
//! Linux, Windows and macOS, except `fresh-root`, which needs Debian's debootstrap.

mod check;
mod children;
mod demo;
mod desktop;
mod fresh_root;
mod manual;
mod network_cost;
mod package;
mod process;
mod references;
mod release;
mod scenes;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

const USAGE: &str = "\
Usage: cargo xtask VERB

  demo                 render a bundled scene through a coordinator and two nodes on this machine
  test, check          format, house rules, lints, licences, spelling and all tests
  check --no-tests     the same without the tests
  tidy                 only the house rules: ranks, lengths, names, words, assets
  references [--spp N] [--again] [--write-docs] [NAME …]
                       render the shared reference scenes and hold each to its tolerance
  network-cost [--size WxH] [--spp N] [--rounds N]
                       time a render through the network's whole path against --direct
  package deb|rpm [--debug]
                       pack the headless node from the program that is built (Linux)
  package try-deb [--debug]
                       install, start, remove and purge the deb on this machine (root)
  manual               put the pictures that the tests took into docs/manual
  package app [--debug]
                       pack the desktop program and the viewer that are built, as this system's bundler can
  package try-app [--debug]
                       install, start and purge the desktop's deb on this machine (root, Xvfb, xdotool)
  package addon        pack the Blender add-on that is committed
  release FOLDER --url URL --home URL --date YYYY-MM-DD [--channel stable|preview]
                       from a folder of packages: signatures, hashes, the updater's list, what stores want
  scenes               write the bundled scenes into assets/scenes anew
  fresh-root FOLDER [demo|test]
                       run tessera-dev's verbs, twice each, in an empty Debian made in FOLDER (root, long)
";

fn main() -> ExitCode {
    #[cfg(windows)]
    process::step_aside();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<ExitCode> {
    std::env::set_current_dir(process::repository_root())?;
    match words {
        ["demo"] => demo::run()?,
        ["manual"] => manual::pictures()?,
        ["test" | "check"] => check::run(check::Tests::Run)?,
        ["check", "--no-tests"] => check::run(check::Tests::Skip)?,
        ["tidy"] => tidy::run()?,
        ["references", words @ ..] => match references::Options::parse(words) {
            Some(options) => references::run(&options)?,
            None => return Ok(misused(words)),
        },
        ["network-cost", words @ ..] => match network_cost::Options::parse(words) {
            Some(options) => network_cost::run(&options)?,
            None => return Ok(misused(words)),
        },
        ["package", kind, words @ ..] => {
            let profile = match words {
                [] => package::Profile::Release,
                ["--debug"] => package::Profile::Debug,
                _ => return Ok(misused(words)),
            };
            match *kind {
                "deb" => drop(package::deb(profile)?),
                "rpm" => drop(package::rpm(profile)?),
                "app" => package::app(profile)?,
                "addon" => package::addon()?,
                "try-app" => package::try_app(profile)?,
                "try-deb" => package::try_deb(profile)?,
                _ => return Ok(misused(&[kind])),
            }
        }
        ["release", words @ ..] => match release::Options::parse(words) {
            Some(options) => release::run(&options)?,
            None => return Ok(misused(words)),
        },
        ["fresh-root", folder] => fresh_root::run(Path::new(folder), &["demo", "test"])?,
        ["fresh-root", folder, verb @ ("demo" | "test")] => fresh_root::run(Path::new(folder), &[verb])?,
        ["scenes"] => scenes::run()?,
        [] | ["help" | "--help" | "-h"] => eprint!("{USAGE}"),
        _ => return Ok(misused(words)),
    }
    Ok(ExitCode::SUCCESS)
}

fn misused(words: &[&str]) -> ExitCode {
    eprint!("xtask: unknown verb or option: {}\n\n{USAGE}", words.join(" "));
    ExitCode::from(2)
}
