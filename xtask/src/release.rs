//! A release: from a folder with the packages that each system has made to everything that is published with them.
//!
//! Checks that all packages are of this version, signs what updates itself, adds up hashes, writes the updater's list of each channel, and fills in what
//! stores want. It fetches and sends nothing; where the files go is up to whoever releases (`installers/README.md`). Without a
//! key nothing is signed, and that is said.

mod list;
mod packages;
mod signing;
mod stores;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use packages::Package;
use signing::Signer;

/// What the person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Holds the packages; what is made is put beside them.
    folder: PathBuf,
    /// Where the folder's files will be found.
    url: String,
    /// The project's page.
    home: String,
    channel: Channel,
    /// Day of the release, as in 2026-11-29.
    date: String,
}

/// Who gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    /// Everybody: the preview's followers too.
    Stable,
    /// Those who asked for what will become a release.
    Preview,
}

impl Channel {
    /// Folders of lists in which it stands.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Self::Stable => &["stable", "preview"],
            Self::Preview => &["preview"],
        }
    }
}

impl Options {
    /// Reads `FOLDER --url URL --home URL --date DAY [--channel stable|preview]`; `None`: not understood.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let (folder, mut rest) = words.split_first()?;
        let (mut url, mut home, mut date, mut channel) = (None, None, None, Channel::Stable);
        while let [name, value, others @ ..] = rest {
            match (*name, *value) {
                ("--url", value) => url = Some(value),
                ("--home", value) => home = Some(value),
                ("--date", value) => date = Some(value),
                ("--channel", "stable") => channel = Channel::Stable,
                ("--channel", "preview") => channel = Channel::Preview,
                _ => return None,
            }
            rest = others;
        }
        let date = date.filter(|date| is_day(date))?;
        let secure = |url: &&str| url.starts_with("https://");
        let (url, home) = (url.filter(secure)?, home.filter(secure)?);
        (rest.is_empty() && !folder.starts_with('-')).then(|| Self {
            folder: folder.into(),
            url: url.trim_end_matches('/').to_owned(),
            home: home.to_owned(),
            channel,
            date: date.to_owned(),
        })
    }
}

/// Whether it is written like 2026-11-29.
fn is_day(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00"
}

/// Makes everything of a release.
pub(crate) fn run(options: &Options) -> Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let packages = packages::in_folder(&options.folder, version)?;
    if packages.is_empty() {
        bail!("there is no package of version {version} in {}", options.folder.display());
    }
    let signer = Signer::from_surroundings()?;
    let mut lines = 0;
    for package in packages.iter().filter(|package| package.kind.platform().is_some()) {
        lines += usize::from(signer.sign(&package.path, version)?);
    }
    if lines > 0 {
        write_lists(options, &packages, version, &signer)?;
    } else {
        eprintln!("== NO LIST OF UPDATES: nothing that updates itself is signed");
    }
    stores::write(options, &packages, version)?;
    let sums = sums_of(&packages);
    let path = options.folder.join("SHA256SUMS");
    put(&path, &sums)?;
    if signer.sign(&path, version)? {
        let signature = signing::plain(&fs::read_to_string(signing::beside(&path))?)?;
        put(&options.folder.join("SHA256SUMS.minisig"), &signature)?;
        fs::remove_file(signing::beside(&path))?;
    }
    Ok(())
}

fn write_lists(options: &Options, packages: &[Package], version: &str, signer: &Signer) -> Result<()> {
    let list = list::of(options, packages, version, signer)?;
    for channel in options.channel.lists() {
        put(&options.folder.join(channel).join("latest.json"), &list)?;
    }
    Ok(())
}

/// As `sha256sum --check` reads it.
fn sums_of(packages: &[Package]) -> String {
    packages.iter().map(|package| format!("{}  {}\n", package.sha256, package.name)).collect()
}

/// Writes a file whole, and says so.
fn put(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    fs::create_dir_all(folder)?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)?;
    eprintln!("   {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests;
