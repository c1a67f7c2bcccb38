//! The Blender add-on (`integrations/blender`) by its own tests, against this program: the parts that know nothing of Blender with any Python 3,
//! the rest in a real Blender without a window, where there is one.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Without other work one run takes a minute. A Blender that hangs must not hold up everything else.
const PATIENCE: Duration = Duration::from_secs(600);

#[test]
fn what_knows_nothing_of_blender_holds() {
    let python = if cfg!(windows) { "python" } else { "python3" };
    let is_there = Command::new(python).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !is_there.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no {python} is installed, so the Blender add-on was not tried");
        return;
    }
    run(Path::new(python), "test_plain.py");
}

#[test]
fn blender_renders_and_sends_with_it() {
    let Some(python) = blender() else {
        // `./tessera-dev test` says so where it fetched one.
        assert!(
            std::env::var_os("TESSERA_NEEDS_BLENDER").is_none(),
            "there is no Blender, and there should be"
        );
        eprintln!("SKIPPED: no Blender is in .cache/blender, so the add-on was not tried in one");
        return;
    };
    run(&python, "test_in_blender.py");
    run(&python, "test_shutter_in_blender.py");
}

/// A Python that has Blender as a module: as `tessera-dev` leaves it, or another by name.
fn blender() -> Option<PathBuf> {
    let named = std::env::var_os("TESSERA_BLENDER_PYTHON").map(PathBuf::from);
    named.or_else(|| Some(root().join(".cache/blender/bin/python"))).filter(|python| python.is_file())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(python: &Path, tests: &str) {
    let tests = root().join("integrations/blender/tests").join(tests);
    let mut child = Command::new(python)
        .arg(tests)
        .env("TESSERA", env!("CARGO_BIN_EXE_tessera"))
        .env("TESSERA_BRIEF", "1")
        // Nothing is left in the tree.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .spawn()
        .expect("python starts");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be asked") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("a child can be ended");
            panic!("{python:?} was not done after {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(status.success(), "the add-on's own tests failed; what they said stands above");
}
