//! Packages of the headless node: deb and rpm from a program that is already built, and a trial of the deb on this machine.
//!
//! The system's own tools pack (`dpkg-deb`, `rpmbuild`); this file only lays out what goes in. The desktop's packages ([`app`]) are its bundler's.

mod addon;
mod app;
mod manifests;
mod trial;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{is_installed, output_of, program_path, release_path, run_step};

pub(crate) use addon::pack as addon;
pub(crate) use app::{pack_all as app, try_deb as try_app};
pub(crate) use trial::run as try_deb;

const FROM: &str = "installers/linux";
const OUT: &str = "target/package";
const NAME: &str = "tessera-node";

/// Which program goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As `cargo build` leaves it; for trials.
    Debug,
    /// As `cargo build --release` leaves it; for people.
    Release,
}

impl Profile {
    /// Where cargo leaves its programs, below the target folder.
    fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// Where each shell finds completions, below `/usr/share`.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "bash-completion/completions/tessera"),
    ("zsh", "zsh/vendor-completions/_tessera"),
    ("fish", "fish/vendor_completions.d/tessera.fish"),
];

/// Packs a deb and says where it is.
pub(crate) fn deb(profile: Profile) -> Result<PathBuf> {
    needs("dpkg-deb", "dpkg")?;
    let architecture = output_of(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    let stage = stage(profile)?;
    let control = stage.join("DEBIAN");
    fs::create_dir_all(&control)?;
    let size_kib = size_of(&stage)? >> 10;
    fs::write(control.join("control"), control_text(&version(), architecture, size_kib))?;
    fs::write(control.join("conffiles"), "/etc/tessera/node.env\n/etc/tessera/rules.toml\n")?;
    for script in ["postinst", "prerm", "postrm"] {
        place(&Path::new(FROM).join(script), &control.join(script), 0o755)?;
    }
    let file = Path::new(OUT).join(format!("{NAME}_{}_{architecture}.deb", version()));
    let mut pack = Command::new("dpkg-deb");
    pack.args(["--build", "--root-owner-group"]).arg(&stage).arg(&file);
    run_step("deb", &mut pack)?;
    eprintln!("   {}", file.display());
    Ok(file)
}

/// Packs an rpm and says where it is.
pub(crate) fn rpm(profile: Profile) -> Result<PathBuf> {
    needs("rpmbuild", "rpm")?;
    let stage = fs::canonicalize(stage(profile)?)?;
    let top = stage.parent().context("a stage lies in a folder")?.join("rpm");
    fs::create_dir_all(&top)?;
    let template = fs::read_to_string(Path::new(FROM).join("tessera-node.spec"))?;
    let spec = template.replace("@VERSION@", &version()).replace("@STAGE@", &stage.display().to_string());
    let spec_path = top.join("tessera-node.spec");
    fs::write(&spec_path, spec)?;
    let mut pack = Command::new("rpmbuild");
    pack.arg("-bb").arg("--define").arg(format!("_topdir {}", top.display())).arg(&spec_path);
    run_step("rpm", &mut pack)?;
    let machine = std::env::consts::ARCH;
    let file = top.join(format!("RPMS/{machine}/{NAME}-{}-1.{machine}.rpm", version()));
    if !file.is_file() {
        bail!("rpmbuild left no {}", file.display());
    }
    eprintln!("   {}", file.display());
    Ok(file)
}

/// The workspace's version: every package and manifest has this one.
fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

fn needs(program: &str, package: &str) -> Result<()> {
    if is_installed(program) {
        return Ok(());
    }
    bail!("{program} is not installed; on Debian: apt-get install {package}")
}

/// Lays out the package's files as they will lie on the machine.
fn stage(profile: Profile) -> Result<PathBuf> {
    let (program, build) = match profile {
        Profile::Debug => (program_path(), "cargo build --package cli"),
        Profile::Release => (release_path(), "cargo build --release --package cli"),
    };
    if !program.is_file() {
        bail!("there is no {}; build it first with `{build}`", program.display());
    }
    let stage = Path::new(OUT).join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let binary = stage.join("usr/bin/tessera");
    place(&program, &binary, 0o755)?;
    if is_installed("strip") {
        run_step("strip", Command::new("strip").arg("--strip-debug").arg(&binary))?;
    }
    hand_to_shells(&program, &stage)?;
    let documents = stage.join("usr/share/doc").join(NAME);
    let rules = output_of(Command::new(&program).args(["node", "rules"]))?;
    place(
        &Path::new(FROM).join("tessera-node.service"),
        &stage.join("usr/lib/systemd/system/tessera-node.service"),
        0o644,
    )?;
    place(&Path::new(FROM).join("node.env"), &stage.join("etc/tessera/node.env"), 0o640)?;
    fs::write(stage.join("etc/tessera/rules.toml"), rules)?;
    for document in ["LICENSE-MIT", "LICENSE-APACHE"] {
        place(Path::new(document), &documents.join(document), 0o644)?;
    }
    let copyright =
        "Tessera is licensed under MIT OR Apache-2.0, at your choice; both texts lie beside this file.\n";
    fs::write(documents.join("copyright"), copyright)?;
    Ok(stage)
}

/// Completions and manual pages, which the program makes itself, where shells and `man` look.
fn hand_to_shells(program: &Path, stage: &Path) -> Result<()> {
    for (shell, file) in COMPLETIONS {
        let file = stage.join("usr/share").join(file);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(&file, output_of(Command::new(program).args(["completions", shell]))?)?;
        set_mode(&file, 0o644)?;
    }
    let pages = stage.join("usr/share/man/man1");
    run_step("pages", Command::new(program).args(["man", "-o"]).arg(&pages))?;
    // Debian's policy (12.1) wants pages packed, without the packer's clock in them.
    run_step("gzip", Command::new("gzip").arg("-9nr").arg(&pages))
}

fn place(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let folder = to.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder)?;
    fs::copy(from, to).with_context(|| format!("could not copy {}", from.display()))?;
    set_mode(to, mode)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    Ok(())
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> Result<()> {
    Ok(())
}

fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() { size_of(&path)? } else { fs::metadata(&path)?.len() };
    }
    Ok(bytes)
}

fn control_text(version: &str, architecture: &str, size_kib: u64) -> String {
    format!(
        "Package: {NAME}\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: The Tessera authors <nobody@localhost>\n\
         Installed-Size: {size_kib}\n\
         Depends: libc6 (>= 2.36), libgcc-s1, libvulkan1, passwd\n\
         Recommends: mesa-vulkan-drivers | vulkan-icd\n\
         Section: graphics\n\
         Priority: optional\n\
         Description: renders tiles for a Tessera coordinator's artists\n \
         The program tessera and a hardened service that lends this machine's GPU\n \
         to a coordinator's artists, by rules that its owner sets.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_file_has_one_field_a_line_and_an_indented_description() {
        let control = control_text("1.2.3", "amd64", 42);
        assert!(control.contains("\nVersion: 1.2.3\nArchitecture: amd64\n"));
        for line in control.lines() {
            assert!(line.starts_with(' ') || line.contains(": "), "{line}");
        }
        assert!(control.ends_with("sets.\n"));
    }
}
