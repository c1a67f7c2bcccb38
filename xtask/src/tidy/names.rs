//! Names of files: the subject says what is inside, a drawer does not.

use super::Finding;

const DRAWERS: &[&str] = &["utils", "util", "common", "manager", "helper", "helpers", "types", "misc", "mod"];

/// Finds source files whose name is a drawer's.
pub(super) fn check(path: &str) -> Vec<Finding> {
    let Some(name) = path.rsplit('/').next() else { return Vec::new() };
    let Some((stem, "rs" | "wgsl" | "ts" | "py")) = name.split_once('.') else { return Vec::new() };
    if !DRAWERS.contains(&stem) {
        return Vec::new();
    }
    vec![Finding::broken(path, 0, format!("'{stem}' names a drawer, not a subject: say what is in it"))]
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn drawers_are_found_and_subjects_are_not() {
        assert_eq!(check("frame/src/utils.rs").len(), 1);
        assert_eq!(check("frame/src/film/mod.rs").len(), 1);
        assert!(check("frame/src/film.rs").is_empty());
        assert!(check("docs/common.md").is_empty());
    }
}
