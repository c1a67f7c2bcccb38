//! A shelf and a Blender of the tests' own: a shell script that makes a scene as `whole.py` would. The real one is tried in
//! `cli/tests/foreign_gpu.rs`.

#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::fault::Exit;

/// A folder with a scene of another program, a shelf, and a Blender that counts its runs.
struct Studio {
    folder: tempfile::TempDir,
    source: PathBuf,
}

impl Studio {
    fn new(does: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut studio = Self { folder, source: PathBuf::new() };
        studio.source = studio.at("room.blend");
        for (name, text) in [("room.blend", "a room"), ("wood.png", "wood")] {
            std::fs::write(studio.at(name), text).expect("it can be written");
        }
        studio.has_blender(does);
        studio
    }

    /// One that writes what this tells, with `HERE` for the folder and `WORK` for where it works.
    fn telling(told: &str) -> Self {
        let studio = Self::new("");
        let told = told.replace("HERE/", &studio.at("").display().to_string()).replace("WORK", "$PWD");
        studio.has_blender(&format!("echo glb > room.glb\ncat > told.json <<END\n{told}\nEND"));
        studio
    }

    fn has_blender(&self, does: &str) {
        let script = format!("#!/bin/sh\necho run >> '{}'\n{does}\n", self.at("runs").display());
        std::fs::write(self.at("blender"), script).expect("it can be written");
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.at("blender"), runs).expect("it is ours");
    }

    /// By its own name, also where the system's temporary folder is behind a link, as on macOS.
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join(name)
    }

    fn bring(&self) -> Result<Brought, Fault> {
        bring_to(&self.at("shelf"), &self.source, || Some(self.at("blender")))
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.at("runs")).unwrap_or_default().lines().count()
    }

    fn shelved(&self) -> usize {
        std::fs::read_dir(self.at("shelf")).map_or(0, Iterator::count)
    }
}

const TOLD: &str = r#"{"camera": "Eye", "env": {"file": "WORK/room.exr", "strength": 2.0, "rotate_deg": 90.0},
    "shutter": 0.5, "fps": 30.0, "warnings": ["The hair of \"cat\" is left out"], "used": ["HERE/wood.png"]}"#;

const TOLD_NOTHING: &str =
    r#"{"camera": null, "env": null, "shutter": 0.0, "fps": null, "warnings": [], "used": []}"#;

#[test]
fn what_was_made_is_used_until_the_file_or_what_it_consists_of_changes() {
    let studio = Studio::telling(TOLD);
    let first = studio.bring().expect("it is made");
    assert_eq!(first.scene.file_name(), Some("room.glb".as_ref()));
    assert_eq!(std::fs::read_to_string(&first.scene).expect("it is there"), "glb\n");
    assert_eq!(studio.bring().expect("it is found").told, first.told);
    assert_eq!(studio.runs(), 1);
    std::fs::write(&studio.source, "a larger room").expect("it can be written");
    studio.bring().expect("it is made anew");
    assert_eq!(studio.runs(), 2);
    std::fs::write(studio.at("wood.png"), "oak wood").expect("it can be written");
    studio.bring().expect("it is made anew");
    std::fs::remove_file(studio.at("wood.png")).expect("it is there");
    studio.bring().expect("it is made anew");
    assert_eq!((studio.runs(), studio.shelved()), (4, 1));
}

#[test]
fn what_nobody_asked_for_is_as_in_the_file() {
    let brought = Studio::telling(TOLD).bring().expect("it is made");
    let mut options = ImportOptions { environment_strength: 3.0, ..ImportOptions::default() };
    brought.complete(&mut options);
    assert_eq!(options.camera.as_deref(), Some("Eye"));
    let sky = brought.scene.with_file_name("room.exr");
    assert_eq!(options.environment, EnvironmentChoice::File(sky));
    assert_eq!(options.environment_strength, 6.0);
    assert!((options.environment_rotation - 90f32.to_radians()).abs() < 1e-6);
    let mut asked = ImportOptions {
        camera: Some("Other".into()),
        environment: EnvironmentChoice::None,
        ..ImportOptions::default()
    };
    brought.complete(&mut asked);
    assert_eq!((asked.camera.as_deref(), asked.environment), (Some("Other"), EnvironmentChoice::None));
    let told: Vec<String> = brought.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("cat") && told[1].contains("--fps 30") && told[2].contains("--shutter 0.5"));
}

#[test]
fn a_blender_that_fails_is_told_with_its_last_words_and_leaves_nothing() {
    let studio = Studio::new("echo starting; echo 'Wrong header.'; echo; exit 1");
    let fault = studio.bring().expect_err("nothing was made");
    assert_eq!(fault.exit, Exit::Scene);
    assert_eq!(fault.what, "Blender could not make glTF of \"room.blend\": Wrong header");
    assert_eq!(studio.shelved(), 0);
    // One that says that all is well, and is not to be believed.
    assert!(Studio::new("exit 0").bring().is_err());
}

#[test]
fn without_blender_one_is_told_what_to_do_and_with_a_wrong_path_what_is_wrong() {
    let studio = Studio::new("");
    let fault = bring_to(&studio.at("shelf"), &studio.source, || None).expect_err("there is none");
    assert!(fault.what.contains("no Blender was found") && fault.advice.contains("TESSERA_BLENDER"));
    let nowhere = bring_to(&studio.at("shelf"), &studio.source, || Some("/no/where/blender".into()));
    assert!(nowhere.expect_err("it cannot start").what.contains("could not start"));
    let missing = bring_to(&studio.at("shelf"), &studio.at("other.blend"), || None);
    assert!(missing.expect_err("it is not there").what.contains("could not read"));
}

#[test]
fn a_shelf_does_not_grow_for_ever() {
    let mut studio = Studio::telling(TOLD);
    for number in 0..12 {
        studio.source = studio.at(&format!("room{number}.blend"));
        std::fs::write(&studio.source, "a room").expect("it can be written");
        studio.has_blender(&format!("echo glb > room{number}.glb; echo '{TOLD_NOTHING}' > told.json"));
        studio.bring().expect("it is made");
    }
    assert_eq!(studio.shelved(), 8);
    assert!(studio.bring().is_ok());
}

#[test]
fn names_tell_scenes_of_other_programs() {
    for name in ["a.blend", "b.FBX", "/x/c d.usdz"] {
        assert!(is_foreign(Path::new(name)), "{name}");
    }
    for name in ["a.glb", "b.gltf", "blend", "c.blend1"] {
        assert!(!is_foreign(Path::new(name)), "{name}");
    }
}
