//! A release of small files that stand for packages, signed with keys of the test's own.

use std::process::Command;

use saphyr::{LoadableYamlNode, Yaml};

use super::*;
use crate::process::{is_installed, output_of, repository_root};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Tests run in the crate's folder; the tasks in the repository's.
fn at_root() {
    std::env::set_current_dir(repository_root()).expect("the repository is there");
}

fn options(folder: &Path) -> Options {
    Options {
        folder: folder.into(),
        url: "https://files.example/v1".into(),
        home: "https://tessera.example".into(),
        channel: Channel::Stable,
        date: "2026-11-29".into(),
    }
}

fn packages() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a temporary folder");
    for name in [
        format!("Tessera_{VERSION}_amd64.deb"),
        format!("Tessera_{VERSION}_amd64.AppImage"),
        format!("Tessera_{VERSION}_x64-setup.exe"),
        format!("Tessera_{VERSION}_aarch64.dmg"),
        format!("Tessera_{VERSION}_x64.dmg"),
        format!("Tessera_{VERSION}_aarch64.app.tar.gz"),
    ] {
        fs::write(place.path().join(&name), &name).expect("it can be written");
    }
    place
}

/// A signer with a new key; `None` where Tauri's signer is not installed, which is said.
fn signer(place: &Path, name: &str) -> Option<Signer> {
    let Ok(tauri) = fs::canonicalize("ui/desktop/node_modules/.bin/tauri") else {
        eprintln!("NOT CHECKED: signatures, for ui/desktop/node_modules is not there");
        return None;
    };
    let key = place.join(name);
    let mut made = Command::new(tauri);
    made.args(["signer", "generate", "--ci", "--password", "", "--write-keys"]).arg(&key);
    output_of(&mut made).expect("a key is made");
    let public = fs::read_to_string(place.join(format!("{name}.pub"))).expect("with its public half");
    let mut signer = Signer::new(true, Some(&public)).expect("they are keys");
    signer.surroundings = vec![
        ("TAURI_SIGNING_PRIVATE_KEY_PATH".into(), key.display().to_string()),
        ("TAURI_SIGNING_PRIVATE_KEY_PASSWORD".into(), String::new()),
    ];
    Some(signer)
}

#[test]
fn a_release_needs_secure_addresses_and_a_day() {
    let right = ["out", "--url", "https://a.example/", "--home", "https://b.example", "--date", "2026-11-29"];
    let options = Options::parse(&right).expect("all is there");
    assert_eq!((options.url.as_str(), options.channel), ("https://a.example", Channel::Stable));
    let with = |at: usize, word: &'static str| {
        let mut words = right;
        words[at] = word;
        Options::parse(&words)
    };
    assert!(with(2, "http://a.example").is_none() && with(4, "b.example").is_none());
    assert!(with(6, "29.11.2026").is_none() && with(0, "--url").is_none());
    assert!(Options::parse(&right[..5]).is_none());
}

#[test]
fn the_list_names_each_signed_package_and_programs_would_take_each() {
    at_root();
    let place = packages();
    let Some(signer) = signer(place.path(), "makers") else { return };
    let options = options(place.path());
    let packages = packages::in_folder(place.path(), VERSION).expect("all of this version");
    let image = packages.iter().find(|package| package.kind == packages::Kind::AppImage).expect("one");
    let app = packages.iter().find(|package| package.name.contains(".app.")).expect("one");
    for package in [image, app] {
        assert!(signer.sign(&package.path, VERSION).expect("it is signed"));
    }
    let list = list::of(&options, &packages, VERSION, &signer).expect("a list");
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!((&list["version"], &list["pub_date"]), (&VERSION.into(), &"2026-11-29T00:00:00Z".into()));
    let platforms = list["platforms"].as_object().expect("an object");
    let names: Vec<&String> = platforms.keys().collect();
    assert_eq!(names, ["darwin-aarch64-app", "linux-x86_64-appimage"], "what is not signed is in no list");
    let line = &platforms["linux-x86_64-appimage"];
    assert_eq!(line["url"], format!("https://files.example/v1/Tessera_{VERSION}_amd64.AppImage"));
    let kept = fs::read_to_string(signing::beside(&image.path)).expect("it was signed");
    assert_eq!(line["signature"], kept.trim());
}

#[test]
fn a_release_that_programs_would_refuse_is_refused() {
    at_root();
    let place = packages();
    let Some(makers) = signer(place.path(), "makers") else { return };
    let stranger = signer(place.path(), "stranger").expect("the signer is there");
    let image = place.path().join(format!("Tessera_{VERSION}_amd64.AppImage"));
    assert!(stranger.sign(&image, VERSION).expect("its own is right for itself"));
    let refused = makers.sign(&image, VERSION).expect_err("it is another key's");
    assert!(refused.to_string().contains("would refuse"), "{refused}");
    fs::remove_file(signing::beside(&image)).expect("it was signed");
    assert!(makers.sign(&image, "0.0.9").is_ok());
    let refused = makers.sign(&image, VERSION).expect_err("it is signed as an old one");
    assert!(refused.to_string().contains("signed as version 0.0.9"), "{refused}");
    fs::remove_file(signing::beside(&image)).expect("it was signed");
    makers.sign(&image, VERSION).expect("it is signed");
    fs::write(&image, "changed").expect("it can be written");
    assert!(makers.check(&image, VERSION).is_err());
}

#[test]
fn without_a_key_nothing_is_signed_and_half_a_pair_is_refused() {
    let place = packages();
    let image = place.path().join(format!("Tessera_{VERSION}_amd64.AppImage"));
    assert!(!Signer::new(false, None).expect("no keys").sign(&image, VERSION).expect("it says so"));
    assert!(Signer::new(true, None).is_err());
    assert!(Signer::new(false, Some("bm9uZQ==")).is_err(), "a public key that is none");
}

/// Each store's files, filled in.
fn filled(store: &str) -> Vec<(String, String)> {
    at_root();
    let place = packages();
    let packages = packages::in_folder(place.path(), VERSION).expect("all of this version");
    let values = stores::values(&options(place.path()), &packages, VERSION).expect("facts and packages");
    let files =
        stores::filled(&Path::new("installers/stores").join(store), &values).expect("nothing is missing");
    for (name, text) in &files {
        assert!(!name.contains('@') && !text.contains('@'), "{name} has something left to fill in");
    }
    files
}

fn yaml(text: &str) -> Yaml<'_> {
    Yaml::load_from_str(text).expect("it is YAML").remove(0)
}

fn word<'a>(yaml: &'a Yaml<'_>, key: &str) -> &'a str {
    yaml.as_mapping_get(key).and_then(Yaml::as_str).unwrap_or_else(|| panic!("no {key}"))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[test]
fn winget_gets_three_files_that_its_schema_takes() {
    let files = filled("winget");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let id = "Tessera.Tessera";
    assert_eq!(
        names,
        [format!("{id}.installer.yaml"), format!("{id}.locale.en-US.yaml"), format!("{id}.yaml")]
    );
    let kinds = ["installer", "defaultLocale", "version"];
    // What the schemas of version 1.10 require of each file.
    let needed: [&[&str]; 3] = [
        &["PackageIdentifier", "PackageVersion", "ManifestType", "ManifestVersion"],
        &["PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
        &["DefaultLocale"],
    ];
    for ((name, text), (kind, needed)) in files.iter().zip(kinds.into_iter().zip(needed)) {
        let manifest = yaml(text);
        assert_eq!((word(&manifest, "ManifestType"), word(&manifest, "ManifestVersion")), (kind, "1.10.0"));
        assert_eq!((word(&manifest, "PackageIdentifier"), word(&manifest, "PackageVersion")), (id, VERSION));
        for key in needed {
            assert!(!word(&manifest, key).is_empty(), "{name}: {key}");
        }
    }
    let locale = yaml(&files[1].1);
    assert!((3..=256).contains(&word(&locale, "ShortDescription").len()));
    let installer = yaml(&files[0].1);
    let first = installer.as_mapping_get("Installers").and_then(|all| all.as_sequence_get(0)).expect("one");
    assert!(is_hash(word(first, "InstallerSha256")));
    assert!(word(first, "InstallerUrl").ends_with("_x64-setup.exe"));
    assert_eq!((word(first, "Architecture"), word(&installer, "InstallerType")), ("x64", "nullsoft"));
}

#[test]
fn homebrew_gets_a_cask_that_ruby_reads() {
    let files = filled("homebrew");
    let (_, cask) = &files[0];
    assert_eq!(files.len(), 1);
    assert_eq!(cask.split('"').filter(|word| is_hash(word)).count(), 2, "a hash for each processor");
    assert!(cask.contains(&format!("version \"{VERSION}\"")));
    // Homebrew's audit: no article at the beginning, no full stop, not the name, at most 80 letters.
    let desc = cask.lines().find_map(|line| line.trim().strip_prefix("desc ")).expect("a description");
    let desc = desc.trim_matches('"');
    assert!(desc.len() <= 80 && !desc.ends_with('.') && !desc.contains("Tessera"), "{desc}");
    if !is_installed("ruby") {
        eprintln!("NOT CHECKED: the cask's grammar, for ruby is not installed");
        return;
    }
    let place = tempfile::tempdir().expect("a temporary folder");
    let path = place.path().join("tessera.rb");
    fs::write(&path, cask).expect("it can be written");
    let read = output_of(Command::new("ruby").arg("-c").arg(&path)).expect("ruby reads it");
    assert_eq!(read.trim(), "Syntax OK");
}

#[test]
fn flathub_gets_a_manifest_for_the_deb_and_what_its_shop_shows() {
    let files = filled("flathub");
    let [(shown, shop), (name, manifest)] = files.as_slice() else {
        panic!("two files, not {}", files.len())
    };
    assert_eq!(
        (name.as_str(), shown.as_str()),
        ("org.tessera.Tessera.yaml", "org.tessera.Tessera.metainfo.xml")
    );
    let manifest = yaml(manifest);
    assert_eq!(word(&manifest, "id"), "org.tessera.Tessera");
    let module = manifest.as_mapping_get("modules").and_then(|all| all.as_sequence_get(0)).expect("one");
    let source = module.as_mapping_get("sources").and_then(|all| all.as_sequence_get(0)).expect("the deb");
    assert!(is_hash(word(source, "sha256")) && word(source, "url").ends_with("_amd64.deb"));
    assert!(shop.contains(&format!("<release version=\"{VERSION}\" date=\"2026-11-29\"/>")));
    let balance = |mark: &str| shop.matches(mark).count();
    assert_eq!((balance("<component "), balance("</component>")), (1, 1));
    assert!(shop.contains("<id>org.tessera.Tessera</id>"));
}

#[test]
fn what_continuous_integration_does_at_a_release_is_yaml_for_three_systems() {
    at_root();
    let text = fs::read_to_string(".github/workflows/release.yml").expect("it is there");
    let workflow = yaml(&text);
    let jobs = workflow.as_mapping_get("jobs").expect("jobs");
    let build = jobs.as_mapping_get("build").expect("a job that builds");
    let matrix =
        build.as_mapping_get("strategy").and_then(|it| it.as_mapping_get("matrix")).expect("a matrix");
    let systems = matrix.as_mapping_get("include").and_then(Yaml::as_vec).expect("systems");
    let runs: Vec<&str> = systems.iter().map(|system| word(system, "os")).collect();
    for system in ["ubuntu", "windows", "macos"] {
        assert!(runs.iter().any(|run| run.starts_with(system)), "{system}: {runs:?}");
    }
    assert!(text.contains("cargo xtask release"), "and what is made of it all");
    for (at, secret) in text.match_indices("secrets.").map(|(at, _)| (at, &text[at..])) {
        assert!(
            text[..at].ends_with("${{ "),
            "secrets are only named: {}",
            secret.lines().next().unwrap_or("")
        );
    }
}
