//! What shells and `man` get from the program works in them.

#[path = "support/program.rs"]
mod program;

use std::io::Write;
use std::process::Command;

use program::Place;

/// Runs a shell's script beside the completions in `tessera.SHELL`; nothing where that shell is not installed, which is said aloud.
fn in_shell(place: &Place, shell: &str, words: &[&str]) -> Option<String> {
    let completions = place.run(&["completions", shell]);
    assert_eq!(completions.exit, 0, "{}", completions.talk);
    place.write(&format!("tessera.{shell}"), completions.data.as_bytes());
    let mut command = Command::new(shell);
    // Nobody's own settings, and no window or terminal.
    command.args(words).current_dir(place.folder()).env("HOME", place.folder()).env("TERM", "dumb");
    match command.output() {
        Ok(output) => {
            let talk = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && talk.is_empty(), "{shell}: {talk}");
            Some(String::from_utf8(output.stdout).expect("a shell speaks UTF-8"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: no {shell} on this machine, so its completions were not loaded"
            );
            None
        }
        Err(error) => panic!("{shell}: {error}"),
    }
}

#[test]
fn bash_completes_verbs_and_flags() {
    let place = Place::new();
    let script = "source tessera.bash\n\
        ask() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _tessera tessera \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; echo \"${COMPREPLY[@]}\"; }\n\
        ask tessera exr to\nask tessera render --denoi";
    let Some(told) = in_shell(&place, "bash", &["--norc", "--noprofile", "-c", script]) else { return };
    assert_eq!(told.lines().collect::<Vec<_>>(), ["to-png", "--denoise"], "{told}");
}

#[test]
fn zsh_loads_its_completions() {
    let place = Place::new();
    let script = "autoload -U compinit && compinit -u -d dump && source ./tessera.zsh && (( $+functions[_tessera] )) && print $_comps[tessera]";
    let Some(told) = in_shell(&place, "zsh", &["-f", "-c", script]) else { return };
    assert_eq!(told.trim(), "_tessera");
}

#[test]
fn fish_completes_verbs_and_flags() {
    let place = Place::new();
    let script = "source tessera.fish; complete -C 'tessera exr to'; complete -C 'tessera render --denoi'";
    let Some(told) = in_shell(&place, "fish", &["--no-config", "-c", script]) else { return };
    let offered: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(offered, ["to-png", "--denoise"], "{told}");
}

#[test]
fn every_command_has_a_page() {
    let place = Place::new();
    assert_eq!(place.run(&["man", "-o", "pages"]).exit, 0);
    for page in ["tessera.1", "tessera-render.1", "tessera-node-status.1", "tessera-exr-to-png.1"] {
        let text = std::fs::read_to_string(place.path("pages").join(page)).expect(page);
        for part in [".SH NAME", ".SH SYNOPSIS", ".SH EXAMPLES", ".SH \"EXIT STATUS\""] {
            assert!(text.contains(part), "{page} lacks {part}: {text}");
        }
    }
    let printed = place.run(&["man"]);
    assert_eq!(printed.data, std::fs::read_to_string(place.path("pages/tessera.1")).expect("it is there"));
}
