//! The packages of a release, known by the names that the bundlers give them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// A file that people install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Hexadecimal, small letters.
    pub(super) sha256: String,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Debian's package of the desktop.
    Deb,
    /// The headless node's deb or rpm, the desktop's rpm, or the Blender add-on: something else updates it, and no store takes it.
    Plain,
    AppImage,
    /// Windows, for one account.
    Nsis,
    /// Windows, for all accounts.
    Msi,
    /// What people open on macOS; it is updated by an [`Kind::App`].
    Dmg(Arch),
    /// The same program as the updater wants it.
    App(Arch),
}

/// A Mac's processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arch {
    Arm,
    Intel,
}

impl Kind {
    /// What a name says; `None`: no package.
    fn of(name: &str) -> Option<Self> {
        let mac = |end: &str| {
            let stem = name.strip_suffix(end)?;
            if stem.ends_with("aarch64") {
                Some(Arch::Arm)
            } else {
                stem.ends_with("x64").then_some(Arch::Intel)
            }
        };
        let ends = |end: &str| name.ends_with(end);
        if let Some(arch) = mac(".dmg") {
            return Some(Self::Dmg(arch));
        }
        if let Some(arch) = mac(".app.tar.gz") {
            return Some(Self::App(arch));
        }
        match name {
            _ if ends("_amd64.deb") && name.starts_with("Tessera_") => Some(Self::Deb),
            _ if ends(".deb") || ends(".rpm") || ends("_blender.zip") => Some(Self::Plain),
            _ if ends("_amd64.AppImage") => Some(Self::AppImage),
            _ if ends("_x64-setup.exe") => Some(Self::Nsis),
            _ if ends("_x64_en-US.msi") => Some(Self::Msi),
            _ => None,
        }
    }

    /// Its name in the updater's list; `None`: it does not update itself.
    pub(super) fn platform(self) -> Option<&'static str> {
        match self {
            Self::AppImage => Some("linux-x86_64-appimage"),
            Self::Nsis => Some("windows-x86_64-nsis"),
            Self::Msi => Some("windows-x86_64-msi"),
            Self::App(Arch::Arm) => Some("darwin-aarch64-app"),
            Self::App(Arch::Intel) => Some("darwin-x86_64-app"),
            Self::Deb | Self::Plain | Self::Dmg(_) => None,
        }
    }
}

/// The packages in a folder, by name; files that are none are left alone.
///
/// # Errors
/// A package of another version, and one that a store would get twice.
pub(super) fn in_folder(folder: &Path, version: &str) -> Result<Vec<Package>> {
    let listed = fs::read_dir(folder).with_context(|| format!("there is no {}", folder.display()))?;
    let mut packages: Vec<Package> = Vec::new();
    for entry in listed {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned) else { continue };
        let Some(kind) = Kind::of(&name) else { continue };
        if !carries(&name, version) {
            bail!("{name} is not of version {version}");
        }
        if let Some(other) = packages.iter().find(|other| other.kind == kind && kind != Kind::Plain) {
            bail!("{name} and {} are the same package", other.name);
        }
        let sha256 = hash(&path)?;
        packages.push(Package { path, name, kind, sha256 });
    }
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(packages)
}

/// Whether the version stands in a name as a whole: 0.1.0 is not in 0.1.01, nor in 10.1.0.
fn carries(name: &str, version: &str) -> bool {
    name.match_indices(version).any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let after = name[at + version.len()..].chars().next();
        before.is_some_and(|c| c == '_' || c == '-') && after.is_some_and(|c| c == '_' || c == '-')
    })
}

fn hash(path: &Path) -> Result<String> {
    let mut digest = Sha256::new();
    let mut file = fs::File::open(path)?;
    std::io::copy(&mut file, &mut digest)?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_bundlers_are_known_and_others_are_left_alone() {
        for (name, kind) in [
            ("Tessera_0.1.0_amd64.deb", Some(Kind::Deb)),
            ("tessera-node_0.1.0_amd64.deb", Some(Kind::Plain)),
            ("Tessera-0.1.0-1.x86_64.rpm", Some(Kind::Plain)),
            ("Tessera_0.1.0_amd64.AppImage", Some(Kind::AppImage)),
            ("Tessera_0.1.0_x64-setup.exe", Some(Kind::Nsis)),
            ("Tessera_0.1.0_x64_en-US.msi", Some(Kind::Msi)),
            ("Tessera_0.1.0_aarch64.dmg", Some(Kind::Dmg(Arch::Arm))),
            ("Tessera_0.1.0_x64.app.tar.gz", Some(Kind::App(Arch::Intel))),
            ("tessera_0.1.0_blender.zip", Some(Kind::Plain)),
            ("Tessera_0.1.0_amd64.AppImage.sig", None),
            ("SHA256SUMS", None),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn a_package_of_another_version_is_refused() {
        let place = tempfile::tempdir().expect("a temporary folder");
        for (name, is_right) in [
            ("Tessera_0.1.0_amd64.deb", true),
            ("Tessera_0.1.01_amd64.deb", false),
            ("Tessera_10.1.0_amd64.deb", false),
            ("Tessera.app_aarch64.dmg", false),
        ] {
            let path = place.path().join(name);
            fs::write(&path, "x").expect("it can be written");
            assert_eq!(in_folder(place.path(), "0.1.0").is_ok(), is_right, "{name}");
            fs::remove_file(path).expect("it is there");
        }
    }

    #[test]
    fn a_hash_is_that_of_sha256sum() {
        let place = tempfile::tempdir().expect("a temporary folder");
        fs::write(place.path().join("Tessera_0.1.0_amd64.deb"), "abc").expect("it can be written");
        let packages = in_folder(place.path(), "0.1.0").expect("one");
        assert_eq!(packages[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
