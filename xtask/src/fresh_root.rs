//! The README's two commands in an empty Debian, twice each: a long check, run by hand, as root, on a Debian host.
//!
//! The new root holds Debian's minimal packages and git, a clone of this repository's last commit, and the host's Rust
//! toolchain. Its mounts live in a namespace of their own and end with it; nothing of the host is written to.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::{output_of, run_step};

const DEFAULT_MIRROR: &str = "http://deb.debian.org/debian";
/// What somebody who can clone a repository over https has.
const PACKAGES: &str = "--include=git,ca-certificates";
/// Where the clone lies in the new root.
const CLONE: &str = "opt/tessera";

/// Makes the root in `folder` and runs `verbs` of `tessera-dev` in it, each twice.
pub(crate) fn run(folder: &Path, verbs: &[&str]) -> Result<()> {
    if folder.exists() {
        bail!("{} is already there; name a folder that is not, or remove it", folder.display());
    }
    bootstrap(folder)?;
    bring_rust(folder)?;
    clone(folder)?;
    let mut table = String::from("| command | run | result | seconds |\n|---|---|---|---|\n");
    let mut failed = 0;
    for verb in verbs {
        for run in ["first", "second"] {
            eprintln!("== ./tessera-dev {verb}, {run} run in {}", folder.display());
            let started = Instant::now();
            let status = inside(folder, &format!("cd /{CLONE} && ./tessera-dev {verb}")).status();
            let status = status.context("could not start unshare and chroot")?;
            failed += usize::from(!status.success());
            let seconds = started.elapsed().as_secs_f64();
            table.push_str(&format!("| ./tessera-dev {verb} | {run} | {status} | {seconds:.0} |\n"));
        }
    }
    eprintln!("\n{table}\nThe root stays in {} for a look; remove it when done.", folder.display());
    if failed > 0 {
        bail!("{failed} runs failed");
    }
    Ok(())
}

fn bootstrap(folder: &Path) -> Result<()> {
    let mirror = std::env::var("TESSERA_DEBIAN_MIRROR").unwrap_or_else(|_| DEFAULT_MIRROR.to_owned());
    let mut debootstrap = Command::new("debootstrap");
    debootstrap.args(["--variant=minbase", PACKAGES, "bookworm"]).arg(folder).arg(mirror);
    run_step("an empty Debian 12", &mut debootstrap)
        .context("this needs root and Debian's package debootstrap")?;
    // The host's way to the network: names, and whom to trust.
    for file in ["etc/resolv.conf", "etc/hosts", "etc/ssl/certs/ca-certificates.crt"] {
        let from = Path::new("/").join(file);
        if from.exists() {
            std::fs::copy(&from, folder.join(file))
                .with_context(|| format!("could not copy {}", from.display()))?;
        }
    }
    Ok(())
}

/// Copies the toolchain in use as the root's own `cargo`, `rustc`, `rustfmt` and `clippy`, and the registries' settings.
fn bring_rust(folder: &Path) -> Result<()> {
    let sysroot = output_of(Command::new("rustc").args(["--print", "sysroot"]))?;
    let toolchain = folder.join("opt/rust");
    run_step("the Rust toolchain", Command::new("cp").arg("-a").arg(sysroot.trim()).arg(&toolchain))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let settings = home.map(|home| home.join("config.toml")).filter(|file| file.exists());
    if let Some(settings) = settings {
        let cargo_home = folder.join("opt/cargo");
        std::fs::create_dir_all(&cargo_home).context("could not make the root's cargo folder")?;
        std::fs::copy(settings, cargo_home.join("config.toml")).context("could not copy cargo's settings")?;
    }
    Ok(())
}

fn clone(folder: &Path) -> Result<()> {
    let target = folder.join(CLONE);
    run_step(
        "a fresh clone",
        Command::new("git").args(["clone", "--quiet", "--no-hardlinks", "."]).arg(target),
    )
}

/// A shell command in the root, with an environment as bare as a new machine's.
fn inside(folder: &Path, command: &str) -> Command {
    let mount_and_enter = r#"set -e
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        exec chroot "$1" /usr/bin/env -i HOME=/tmp CARGO_HOME=/opt/cargo TERM=dumb LANG=C.UTF-8 \
            PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -c "$2""#;
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "sh", "-c", mount_and_enter, "sh"]).arg(folder).arg(command);
    unshare
}
