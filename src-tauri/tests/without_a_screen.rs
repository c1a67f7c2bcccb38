//! A start where no window can be opened.

use std::process::Command;

#[test]
#[cfg(target_os = "linux")]
fn without_a_screen_the_program_says_so_and_what_to_do() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_tessera-desktop"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no screen") && said.contains("tessera render"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
