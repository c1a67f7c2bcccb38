//! Holds the templates in `installers/` to the workspace: their version, and that a release has something to fill in.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::process::repository_root;

    const VERSION: &str = env!("CARGO_PKG_VERSION");

    fn read(path: &str) -> String {
        let file = repository_root().join("installers").join(path);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The word behind `key` on its line, without quotes.
    fn value<'text>(text: &'text str, key: &str) -> &'text str {
        let line = text.lines().find_map(|line| line.trim_start().strip_prefix(key));
        line.unwrap_or_else(|| panic!("no {key}")).trim().trim_matches('"')
    }

    #[test]
    fn every_manifest_has_the_workspaces_version() {
        for (path, key) in [
            ("winget/Tessera.Tessera.yaml", "PackageVersion:"),
            ("homebrew/tessera.rb", "version "),
            ("flathub/org.tessera.Tessera.yaml", "x-version:"),
        ] {
            assert_eq!(value(&read(path), key), VERSION, "{path}");
        }
        let label = format!("org.opencontainers.image.version=\"{VERSION}\"");
        assert!(read("container/Containerfile").contains(&label), "the container's label");
    }

    #[test]
    fn addresses_in_templates_are_of_the_same_version_and_are_still_to_be_filled_in() {
        for path in ["winget/Tessera.Tessera.yaml", "homebrew/tessera.rb", "flathub/org.tessera.Tessera.yaml"]
        {
            let text = read(path);
            let addresses: Vec<&str> =
                text.lines().filter(|line| line.contains("https://RELEASES/")).collect();
            assert!(!addresses.is_empty() && text.contains("SHA256"), "{path}");
            for address in addresses {
                assert!(address.contains(VERSION) || address.contains("#{version}"), "{path}: {address}");
            }
        }
    }

    #[test]
    fn what_a_file_manager_opens_reaches_the_programs() {
        // The desktop takes links too, which only %U hands over.
        assert_eq!(value(&read("app/tessera.desktop"), "Exec="), "{{exec}} %U");
        assert_eq!(value(&read("app/tessera-viewer.desktop"), "Exec="), "tessera-viewer %F");
        let bundle: serde_json::Value =
            serde_json::from_str(&read("app/bundle.json")).expect("the bundler's settings are JSON");
        for kind in ["deb", "rpm"] {
            let template = &bundle["bundle"]["linux"][kind]["desktopTemplate"];
            assert_eq!(template, "../installers/app/tessera.desktop", "{kind}");
        }
    }

    #[test]
    fn a_unit_names_only_what_the_packages_bring() {
        let unit = read("linux/tessera-node.service");
        assert!(value(&unit, "ExecStart=").starts_with("/usr/bin/tessera "));
        assert_eq!(value(&unit, "EnvironmentFile="), "/etc/tessera/node.env");
        let spec = read("linux/tessera-node.spec");
        for file in ["/usr/bin/tessera", "/etc/tessera/node.env", "/etc/tessera/rules.toml"] {
            assert!(spec.contains(file) && unit.contains(file), "{file}");
        }
        assert!(
            Path::new(value(&unit, "Environment=TESSERA_DATA=").split(' ').next().unwrap_or_default())
                .starts_with("/var/lib/tessera-node")
        );
    }
}
