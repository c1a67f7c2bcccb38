//! Runs the built program in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A fresh folder with a small scene in it.
pub(crate) struct Place(tempfile::TempDir);

/// How a run ended.
#[allow(dead_code, reason = "each test program uses its part of this")]
pub(crate) struct Ended {
    pub(crate) exit: i32,
    /// Standard output.
    pub(crate) data: String,
    /// Standard error.
    pub(crate) talk: String,
}

#[allow(dead_code, reason = "each test program uses its part of this")]
impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a temporary folder"));
        place.write("lamp.gltf", include_bytes!("../../../tests/scenes/lamp.gltf"));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a temporary folder can be written");
    }

    /// A file that a process writes to; what is there already stays.
    pub(crate) fn log(&self, name: &str) -> std::fs::File {
        let opened = std::fs::File::options().append(true).create(true).open(self.path(name));
        opened.expect("a temporary folder can be written")
    }

    /// Names of all files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder()).expect("the folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("it can be listed").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program with these words, in this folder, with its data kept inside the folder's neighbourhood.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tessera"));
        command.args(words).current_dir(self.folder()).stdin(Stdio::null());
        command.env("XDG_DATA_HOME", self.path(".data")).env("HOME", self.folder());
        // Software Vulkan compiles kernels for seconds; all tests share what it keeps of them.
        command.env("MESA_SHADER_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/shaders"));
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        let output = self.command(words).output().expect("the program starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Ended {
            exit: output.status.code().unwrap_or(-1),
            data: text(output.stdout),
            talk: text(output.stderr),
        }
    }
}
