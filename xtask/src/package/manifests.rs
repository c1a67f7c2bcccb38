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
    fn the_container_has_the_workspaces_version() {
        let label = format!("org.opencontainers.image.version=\"{VERSION}\"");
        assert!(read("container/Containerfile").contains(&label), "the container's label");
    }

    #[test]
    fn the_containers_build_keeps_its_health_check() {
        let container = read("container/Containerfile");
        // Podman's own image format has none: it is dropped with a warning.
        assert!(container.contains("\nHEALTHCHECK "));
        assert!(container.contains("podman build --format docker "));
    }

    fn bundle() -> serde_json::Value {
        serde_json::from_str(&read("app/bundle.json")).expect("the bundler's settings are JSON")
    }

    /// Every file that the bundler's settings name, but for those that are made while packing.
    fn named_files(settings: &serde_json::Value, found: &mut Vec<String>) {
        match settings {
            serde_json::Value::String(text) if text.starts_with("../") => found.push(text.clone()),
            serde_json::Value::Array(all) => all.iter().for_each(|one| named_files(one, found)),
            serde_json::Value::Object(all) => all.values().for_each(|one| named_files(one, found)),
            _ => {}
        }
    }

    #[test]
    fn every_file_that_a_bundler_wants_is_there() {
        let mut files = Vec::new();
        named_files(&bundle(), &mut files);
        assert!(files.len() > 10, "they are found: {files:?}");
        for file in files.iter().filter(|file| !file.starts_with("../target/")) {
            assert!(repository_root().join("src-tauri").join(file).is_file(), "{file}");
        }
    }

    #[test]
    fn windows_and_macos_have_icons_of_their_own_kind_and_per_account_installers() {
        let bundle = &bundle()["bundle"];
        for end in [".ico", ".icns", "-512.png"] {
            let has = bundle["icon"].as_array().expect("icons").iter().filter_map(|icon| icon.as_str());
            assert_eq!(has.filter(|icon| icon.ends_with(end)).count(), 1, "{end}");
        }
        assert_eq!(bundle["windows"]["nsis"]["installMode"], "currentUser");
        assert_eq!(bundle["windows"]["allowDowngrades"], false);
        assert_eq!(bundle["macOS"]["hardenedRuntime"], true);
        let upgrade = bundle["windows"]["wix"]["upgradeCode"].as_str().expect("a code that never changes");
        assert_eq!(upgrade, "8f1c7d64-2f0e-5b0c-9a35-6f3f1d0b7a21", "another one would be another program");
    }

    #[test]
    fn updates_are_bound_to_their_version_and_no_key_stands_in_the_tree() {
        let path = repository_root().join("src-tauri/tauri.conf.json");
        let config = std::fs::read_to_string(path).expect("it is there");
        let config: serde_json::Value = serde_json::from_str(&config).expect("JSON");
        let updater = &config["plugins"]["updater"];
        assert_eq!(updater["requireSignedVersion"], true);
        assert_eq!(
            (&updater["pubkey"], updater["endpoints"].as_array().map(Vec::len)),
            (&"".into(), Some(0))
        );
        for name in ["allowDowngrades", "dangerousInsecureTransportProtocol", "dangerousAcceptInvalidCerts"] {
            assert!(updater[name].is_null(), "{name}");
        }
    }

    #[test]
    fn macos_asks_for_the_network_by_the_name_that_is_announced_and_has_no_exceptions() {
        let info = read("app/macos/Info.plist");
        let announced = std::fs::read_to_string(repository_root().join("render-net/src/nearby/mdns.rs"));
        assert!(announced.expect("it is there").contains("\"_tessera._udp.local.\""));
        assert!(
            info.contains("<string>_tessera._udp</string>")
                && info.contains("NSLocalNetworkUsageDescription")
        );
        assert!(read("app/macos/Entitlements.plist").contains("<dict/>"));
    }

    #[test]
    fn nsis_reads_the_hooks_of_the_windows_installer() {
        if !is_installed_nsis() {
            eprintln!("NOT CHECKED: the Windows installer's hooks, for makensis is not installed");
            return;
        }
        let place = tempfile::tempdir().expect("a temporary folder");
        let root = repository_root();
        let define = |name: &str, path: &Path| format!("-D{name}={}", path.display());
        let mut compiler = std::process::Command::new("makensis");
        compiler.args(["-V2", "-WX"]);
        compiler.arg(define("OUT", &place.path().join("out.exe")));
        compiler.arg(define("ICON", &root.join("assets/icons/tessera.ico")));
        compiler.arg(define("HOOKS", &root.join("installers/app/windows/hooks.nsh")));
        compiler.arg(root.join("installers/app/windows/try-hooks.nsi"));
        let said = crate::process::output_of(&mut compiler).expect("it is compiled without a warning");
        assert!(place.path().join("out.exe").is_file(), "{said}");
    }

    fn is_installed_nsis() -> bool {
        std::process::Command::new("makensis").arg("-VERSION").output().is_ok()
    }

    #[test]
    fn what_a_file_manager_opens_reaches_the_programs() {
        // The desktop takes links too, which only %U hands over.
        assert_eq!(value(&read("app/tessera.desktop"), "Exec="), "{{exec}} %U");
        assert_eq!(value(&read("app/tessera-viewer.desktop"), "Exec="), "tessera-viewer %F");
        let bundle = bundle();
        for kind in ["deb", "rpm"] {
            let template = &bundle["bundle"]["linux"][kind]["desktopTemplate"];
            assert_eq!(template, "../installers/app/tessera.desktop", "{kind}");
        }
    }

    #[test]
    fn an_rpm_needs_things_by_names_that_fedora_and_opensuse_share() {
        let spec = read("linux/tessera-node.spec");
        // Packages are called differently there; what is in them is not.
        for need in ["Requires:       libvulkan.so.1()(64bit)", "Requires(pre):  /usr/sbin/useradd"] {
            assert!(spec.contains(need), "{need}");
        }
        for name in ["vulkan-loader", "shadow-utils"] {
            assert!(!spec.contains(name), "{name} is Fedora's name alone");
        }
        // The C library that the program was linked with is found by rpmbuild.
        assert!(
            !spec.contains("\nAuto"),
            "needs are looked up in the program, and a config file is needed by its own package"
        );
    }

    #[test]
    fn a_machine_without_a_group_of_gpus_starts_the_service_all_the_same() {
        // A unit that names a group which is not there ends with 216/GROUP before the program starts.
        assert!(!read("linux/tessera-node.service").contains("\nSupplementaryGroups="));
        for script in ["postinst", "tessera-node.spec"] {
            let script = read(&format!("linux/{script}"));
            let groups =
                script.split_once("for group in video render; do").expect("the account is put in them").1;
            assert!(groups.contains("getent group") && groups.contains("usermod --append --groups"));
        }
    }

    #[test]
    fn drivers_find_the_folder_whose_lack_they_call_an_error() {
        // A display library that Mesa asks writes "error: XDG_RUNTIME_DIR is invalid or not set" into a service's log.
        let unit = read("linux/tessera-node.service");
        assert!(
            unit.contains("XDG_RUNTIME_DIR=/run/tessera-node\n")
                && unit.contains("\nRuntimeDirectory=tessera-node\n")
        );
        assert!(read("container/Containerfile").contains("XDG_RUNTIME_DIR=/var/lib/tessera-node\n"));
    }

    #[test]
    fn an_upgrade_restarts_a_service_that_runs() {
        for script in ["postinst", "tessera-node.spec"] {
            assert!(
                read(&format!("linux/{script}")).contains("systemctl try-restart tessera-node.service"),
                "{script}"
            );
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
