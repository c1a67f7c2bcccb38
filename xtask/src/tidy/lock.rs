//! The fuzz targets are a workspace of their own, whose lock file nobody's build reads: it has to name what our crates depend on today.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::{Finding, ListedFile};

const LOCK: &str = "fuzz/Cargo.lock";

/// Finds dependencies of our crates that the fuzz targets' lock file does not know of.
pub(super) fn check(files: &[ListedFile]) -> Vec<Finding> {
    let text = |path: &str| files.iter().find(|file| file.path == path).and_then(|file| file.text.as_deref());
    let Some(lock) = text(LOCK) else { return Vec::new() };
    let Some(locked) = locked(lock) else {
        return vec![Finding::broken(LOCK, 0, "it is no lock file")];
    };
    let mut findings = Vec::new();
    for (name, known) in &locked {
        let Some(manifest) = text(&format!("{name}/Cargo.toml")) else { continue };
        for missing in dependencies(manifest).difference(known) {
            let said = format!(
                "{name} depends on {missing}, and it does not say so: cargo check --manifest-path fuzz/Cargo.toml"
            );
            findings.push(Finding::broken(LOCK, 0, said));
        }
    }
    findings
}

/// What each package without a source (ours) depends on.
fn locked(lock: &str) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let lock: Table = lock.parse().ok()?;
    let ours = lock.get("package")?.as_array()?.iter().filter(|package| package.get("source").is_none());
    let named = ours.filter_map(|package| {
        let dependencies = package.get("dependencies").and_then(Value::as_array);
        // A name that several versions have is followed by the version.
        let names = dependencies.into_iter().flatten().filter_map(Value::as_str);
        let names = names.filter_map(|name| name.split(' ').next()).map(str::to_owned).collect();
        Some((package.get("name")?.as_str()?.to_owned(), names))
    });
    Some(named.collect())
}

/// What a crate depends on when it is used, on any system; nothing that is optional.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let Ok(manifest) = manifest.parse::<Table>() else { return BTreeSet::new() };
    let targets = manifest.get("target").and_then(Value::as_table);
    let of_targets = targets.into_iter().flatten().filter_map(|(_, target)| target.get("dependencies"));
    let tables = manifest.get("dependencies").into_iter().chain(of_targets).filter_map(Value::as_table);
    let is_optional = |value: &Value| value.get("optional").and_then(Value::as_bool) == Some(true);
    tables.flatten().filter(|(_, value)| !is_optional(value)).map(|(name, _)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{ListedFile, check};

    fn file(path: &str, text: &str) -> ListedFile {
        ListedFile { path: path.to_owned(), bytes: text.len() as u64, text: Some(text.to_owned()) }
    }

    #[test]
    fn a_dependency_that_the_fuzzers_lock_does_not_know_is_found() {
        let lock = file(
            "fuzz/Cargo.lock",
            "[[package]]\nname = \"net\"\nversion = \"0.1.0\"\ndependencies = [\"quinn\", \"rand 0.9.1\"]\n\
             [[package]]\nname = \"quinn\"\nversion = \"1.0.0\"\nsource = \"registry\"",
        );
        let manifest = |more: &str| {
            file("net/Cargo.toml", &format!("[dependencies]\nquinn = \"1\"\nrand.workspace = true\n{more}"))
        };
        let fine = "[dev-dependencies]\nproptest = \"1\"";
        assert!(check(&[file("fuzz/Cargo.lock", "")]).len() == 1, "no packages, no lock");
        let found = |more: &str| {
            check(&[file("fuzz/Cargo.lock", lock.text.as_deref().unwrap_or_default()), manifest(more)]).len()
        };
        assert_eq!(found(fine), 0);
        assert_eq!(found("extra = { version = \"1\", optional = true }"), 0);
        assert_eq!(found("serde = \"1\""), 1);
        assert_eq!(found("[target.'cfg(unix)'.dependencies]\nlibc = \"1\""), 1);
    }
}
