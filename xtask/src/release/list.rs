//! The updater's list: which version there is, and for each system the package's address and signature.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use serde::Serialize;

use super::Options;
use super::packages::Package;
use super::signing::{Signer, beside};

#[derive(Serialize)]
struct List<'a> {
    version: &'a str,
    pub_date: String,
    platforms: BTreeMap<&'a str, Line>,
}

#[derive(Serialize)]
struct Line {
    url: String,
    signature: String,
}

/// The list of these packages, as JSON. What is not signed stands in none, because programs would refuse it.
pub(super) fn of(options: &Options, packages: &[Package], version: &str, signer: &Signer) -> Result<String> {
    let mut platforms = BTreeMap::new();
    for package in packages {
        let signature = beside(&package.path);
        let Some(platform) = package.kind.platform().filter(|_| signature.is_file()) else { continue };
        signer.check(&package.path, version)?;
        let signature = fs::read_to_string(signature)?.trim().to_owned();
        platforms.insert(platform, Line { url: format!("{}/{}", options.url, package.name), signature });
    }
    let list = List { version, pub_date: format!("{}T00:00:00Z", options.date), platforms };
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}
