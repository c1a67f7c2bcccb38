//! Every asset has an origin and a licence: a row of its folder's README.

use super::{Finding, ListedFile};

/// Finds files under `assets/` that no README row of their folder names with an origin and a licence.
pub(super) fn check(files: &[ListedFile]) -> Vec<Finding> {
    let assets =
        files.iter().filter(|file| file.path.starts_with("assets/") && !file.path.ends_with("README.md"));
    assets
        .filter_map(|file| {
            let (folder, name) = file.path.rsplit_once('/')?;
            let readme_path = format!("{folder}/README.md");
            let readme =
                files.iter().find(|other| other.path == readme_path).and_then(|other| other.text.as_deref());
            let told = readme.is_some_and(|text| text.lines().any(|line| is_row_about(line, name)));
            (!told).then(|| {
                Finding::broken(
                    &file.path,
                    0,
                    format!("{readme_path} needs a row: | `{name}` | what | origin | licence |"),
                )
            })
        })
        .collect()
}

/// A table row whose first cell is the file in backticks and whose three others are filled.
fn is_row_about(line: &str, name: &str) -> bool {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    cells.len() >= 4 && cells[0] == format!("`{name}`") && cells[1..].iter().all(|cell| !cell.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{ListedFile, check};

    fn file(path: &str, text: &str) -> ListedFile {
        ListedFile { path: path.to_owned(), bytes: text.len() as u64, text: Some(text.to_owned()) }
    }

    #[test]
    fn asset_without_a_full_row_is_found() {
        let asset = || file("assets/a/x.glb", "");
        let row = "| `x.glb` | a scene | made by `cargo xtask scenes` | CC0-1.0 |";
        assert!(check(&[asset(), file("assets/a/README.md", row)]).is_empty());
        assert_eq!(check(&[asset()]).len(), 1);
        assert_eq!(check(&[asset(), file("assets/README.md", row)]).len(), 1);
        assert_eq!(
            check(&[asset(), file("assets/a/README.md", "| `x.glb` | a scene | | CC0-1.0 |")]).len(),
            1
        );
    }
}
