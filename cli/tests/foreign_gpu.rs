//! Scenes of other programs, opened by way of a real Blender where there is one.

#![cfg(unix)]

#[path = "support/program.rs"]
mod program;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use frame::exr::{self, ReadLimits};
use program::{Ended, Place};

/// A folder with a room in all formats, and a program that behaves like Blender's.
struct Studio {
    place: Place,
}

impl Studio {
    fn new() -> Option<Self> {
        let Some(python) = blender_python() else {
            assert!(
                std::env::var_os("TESSERA_NEEDS_BLENDER").is_none(),
                "there is no Blender, and there should be"
            );
            eprintln!("SKIPPED: no Blender is in .cache/blender, so no scene of another program was opened");
            return None;
        };
        let place = Place::new();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/room.py");
        let made = Command::new(&python).arg(script).arg(place.folder()).output().expect("python starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Blender as a module of Python takes the script and its words, and not what Blender's program takes before them.
        let python = python.display();
        let program = format!(
            "#!/bin/sh\nwhile [ \"$1\" != --python ]; do shift; done; shift\nexec '{python}' \"$@\"\n"
        );
        place.write("blender", program.as_bytes());
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(place.path("blender"), runs).expect("it is ours");
        Some(Self { place })
    }

    fn run(&self, words: &[&str]) -> Ended {
        let mut command = self.place.command(words);
        command.env("TESSERA_BLENDER", self.place.path("blender"));
        command.env("XDG_CACHE_HOME", self.place.path(".kept"));
        let output = command.output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Ended {
            exit: output.status.code().unwrap_or(-1),
            data: text(output.stdout),
            talk: text(output.stderr),
        }
    }
}

fn blender_python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = std::env::var_os("TESSERA_BLENDER_PYTHON").map(PathBuf::from);
    let python =
        named.or_else(|| Some(root.join(".cache/blender/bin/python"))).filter(|python| python.is_file())?;
    // Its own name and not what it links to, for beside it lies what makes it know Blender.
    std::path::absolute(python).ok()
}

#[test]
fn scenes_of_other_programs_are_opened_through_blender() {
    let Some(studio) = Studio::new() else { return };
    for name in [
        "room.blend",
        "room.fbx",
        "room.obj",
        "room.usda",
        "room.usdc",
        "room.usdz",
        "room.abc",
        "room.ply",
        "room.stl",
    ] {
        let ended = studio.run(&["scene", "check", name]);
        assert_eq!(ended.exit, 0, "{name}: {}", ended.talk);
        assert!(ended.data.contains("12 triangles"), "{name}: {}", ended.data);
    }
    let checked = studio.run(&["scene", "check", "room.blend"]);
    assert!(checked.data.contains("used: Eye"), "the camera that renders in Blender: {}", checked.data);
    let moving = studio.run(&["scene", "check", "moving.blend"]);
    assert!(moving.data.contains("animation: 1.0"), "{}", moving.data);
    assert!(moving.data.contains("--fps 30"), "{}", moving.data);
    let words = ["--size", "48x36", "--spp", "4", "--denoise", "off", "--direct"];
    let ended = studio.run(&[&["render", "room.blend", "-o", "room.exr"][..], &words].concat());
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    let [r, g, b] = corner(&studio.place.path("room.exr"));
    assert!((r - 1.0).abs() < 0.01 && (g - 0.5).abs() < 0.01 && (b - 0.25).abs() < 0.01, "{r} {g} {b}");
    // Somebody's own sky stands before the file's.
    let ended =
        studio.run(&[&["render", "room.blend", "-o", "dark.exr", "--env", "none"][..], &words].concat());
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    assert_eq!(corner(&studio.place.path("dark.exr")), [0.0; 3]);
}

#[test]
fn what_blender_cannot_read_is_told_in_a_sentence() {
    let Some(studio) = Studio::new() else { return };
    studio.place.write("text.blend", b"no scene");
    let half = std::fs::read(studio.place.path("room.fbx")).expect("it is there");
    studio.place.write("half.fbx", &half[..half.len() / 2]);
    studio.place.write("empty.obj", b"# nothing\n");
    for name in ["text.blend", "half.fbx", "empty.obj"] {
        let ended = studio.run(&["render", name, "-o", "a.exr", "--direct"]);
        assert_eq!(ended.exit, 3, "{name}: {}", ended.talk);
        assert!(ended.talk.contains("Blender could not make glTF of"), "{}", ended.talk);
        assert!(!ended.talk.contains("Traceback"), "{}", ended.talk);
    }
    assert!(!studio.place.path("a.exr").exists());
}

/// The first pixel's colour.
fn corner(picture: &Path) -> [f32; 3] {
    let read = exr::read(picture, &ReadLimits::default()).expect("it was written");
    ["R", "G", "B"].map(|name| read.parts[0].channel(name).expect("beauty is there").number(0))
}
