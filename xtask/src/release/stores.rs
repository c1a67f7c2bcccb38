//! What stores want: the templates in `installers/stores`, filled in from its facts and from the packages of a release.
//!
//! A store whose package is not there gets nothing, and that is said: a manifest with a hole in it would only fail elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::packages::{Arch, Kind, Package};
use super::{Options, put};

const FROM: &str = "installers/stores";
/// A store's folder, and what it cannot do without.
const STORES: [(&str, &[Kind]); 3] = [
    ("winget", &[Kind::Nsis]),
    ("homebrew", &[Kind::Dmg(Arch::Arm), Kind::Dmg(Arch::Intel)]),
    ("flathub", &[Kind::Deb]),
];

/// Writes what can be filled in below `stores/` of the release.
pub(super) fn write(options: &Options, packages: &[Package], version: &str) -> Result<()> {
    let values = values(options, packages, version)?;
    for (store, needs) in STORES {
        if needs.iter().any(|kind| packages.iter().all(|package| package.kind != *kind)) {
            eprintln!("== NOTHING FOR {store}: its package is not in this release");
            continue;
        }
        for (name, text) in filled(&Path::new(FROM).join(store), &values)? {
            put(&options.folder.join("stores").join(store).join(name), &text)?;
        }
    }
    Ok(())
}

/// A store's files by name, with nothing left to fill in.
pub(super) fn filled(template: &Path, values: &BTreeMap<String, String>) -> Result<Vec<(String, String)>> {
    let listed = fs::read_dir(template).with_context(|| format!("there is no {}", template.display()))?;
    let mut files = Vec::new();
    for entry in listed {
        let entry = entry?;
        let name = fill(&entry.file_name().to_string_lossy(), values)?;
        files.push((name, fill(&fs::read_to_string(entry.path())?, values)?));
    }
    files.sort();
    Ok(files)
}

/// Everything that a template may ask for: the facts, and of each package its address and hash.
pub(super) fn values(
    options: &Options,
    packages: &[Package],
    version: &str,
) -> Result<BTreeMap<String, String>> {
    let facts = fs::read_to_string(Path::new(FROM).join("facts.toml")).context("the facts for stores")?;
    let mut values: BTreeMap<String, String> = toml::from_str(&facts)?;
    for package in packages {
        let name = match package.kind {
            Kind::Nsis => "nsis",
            Kind::Deb => "deb",
            Kind::Dmg(Arch::Arm) => "dmg-arm",
            Kind::Dmg(Arch::Intel) => "dmg-intel",
            Kind::Plain | Kind::AppImage | Kind::Msi | Kind::App(_) => continue,
        };
        // winget compares hashes in capitals; everybody else takes them so too.
        let hash = if name == "nsis" { package.sha256.to_uppercase() } else { package.sha256.clone() };
        values.insert(format!("{name}.url"), format!("{}/{}", options.url, package.name));
        values.insert(format!("{name}.sha256"), hash);
    }
    for (name, value) in
        [("version", version), ("url", &options.url), ("home", &options.home), ("date", &options.date)]
    {
        values.insert(name.into(), value.into());
    }
    if let Some((name, _)) = values.iter().find(|(_, value)| value.contains(['"', '\\', '\n', '<', '&'])) {
        bail!("the value of {name} would have to be written differently in each format");
    }
    Ok(values)
}

/// Puts the value in the place of each `@name@`.
fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String> {
    let mut rest = text;
    let mut out = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once('@') {
        let (name, behind) = after.split_once('@').context("an @ without a second one")?;
        out.push_str(before);
        out.push_str(values.get(name).with_context(|| format!("nothing is known of @{name}@"))?);
        rest = behind;
    }
    Ok(out + rest)
}
