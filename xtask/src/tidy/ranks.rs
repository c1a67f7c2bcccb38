//! Crates depend only on lower ranks; the table in `ARCHITECTURE.md` gives them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for an ordinary dependency, `dev` or `build` otherwise.
    kind: Option<String>,
    /// Present only for crates of this workspace.
    path: Option<String>,
}

/// A row's rank; tests and tools have none: they may use every crate, and no crate may use them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Product(u32),
    Outside,
}

/// Compares `cargo metadata --no-deps` with the table in the architecture page.
pub(super) fn check(architecture: &str, metadata_json: &str) -> Result<Vec<Finding>> {
    let metadata: Metadata =
        serde_json::from_str(metadata_json).context("cargo metadata is not what it used to be")?;
    let ranks = ranks_of(architecture);
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let Some(&rank) = ranks.get(package.name.as_str()) else {
            findings.push(Finding::broken(
                "ARCHITECTURE.md",
                0,
                format!("crate {} has no rank in the table", package.name),
            ));
            continue;
        };
        let ours = package
            .dependencies
            .iter()
            .filter(|one| one.path.is_some() && one.kind.as_deref() != Some("dev"));
        for dependency in ours {
            if !may_use(rank, ranks.get(dependency.name.as_str()).copied()) {
                let said =
                    format!("{} may not depend on {}: not a lower rank", package.name, dependency.name);
                findings.push(Finding::broken(&format!("{}/Cargo.toml", package.name), 0, said));
            }
        }
    }
    Ok(findings)
}

fn may_use(user: Rank, used: Option<Rank>) -> bool {
    match (user, used) {
        (Rank::Outside, Some(_)) => true,
        (Rank::Product(user), Some(Rank::Product(used))) => used < user,
        _ => false,
    }
}

/// Rows look like ``| 1 | `render-core/` | …``; a dash instead of the number stands for tests and tools.
fn ranks_of(architecture: &str) -> BTreeMap<&str, Rank> {
    let mut ranks = BTreeMap::new();
    for line in architecture.lines() {
        let mut cells = line.trim().trim_start_matches('|').split('|').map(str::trim);
        let (Some(rank), Some(crates)) = (cells.next(), cells.next()) else { continue };
        let rank = match rank.parse() {
            Ok(number) => Rank::Product(number),
            Err(_) if rank == "–" => Rank::Outside,
            Err(_) => continue,
        };
        // Odd parts of a split at backticks stand between two of them.
        for folder in crates.split('`').skip(1).step_by(2) {
            let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or(folder);
            ranks.insert(name, rank);
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::check;

    const TABLE: &str = "| rank | crate | for |\n|---|---|---|\n| 0 | `frame/` | words |\n| 1 | `render-core/` | light |\n\
                         | 1 | `render-net/` | links |\n| – | `tests/`, `xtask/` | tools |\n";

    fn findings(user: &str, used: &str, kind: &str) -> usize {
        let json = format!(
            r#"{{"packages":[{{"name":"{user}","dependencies":[{{"name":"{used}","kind":{kind},"path":"x"}},{{"name":"serde","kind":null,"path":null}}]}}]}}"#
        );
        check(TABLE, &json).expect("the JSON above is well formed").len()
    }

    #[test]
    fn dependency_may_point_down_only() {
        assert_eq!(findings("render-core", "frame", "null"), 0);
        assert_eq!(findings("frame", "render-core", "null"), 1);
        assert_eq!(findings("render-core", "render-net", "null"), 1);
        assert_eq!(findings("render-core", "tests", "\"build\""), 1);
    }

    #[test]
    fn tools_and_tests_may_use_everything() {
        assert_eq!(findings("xtask", "render-net", "null"), 0);
        assert_eq!(findings("frame", "render-core", "\"dev\""), 0);
    }

    #[test]
    fn crate_without_a_rank_is_found() {
        assert_eq!(findings("stranger", "frame", "null"), 1);
    }
}
