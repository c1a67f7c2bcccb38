//! What other programs show of this one: completions in shells, pages in `man`. Both are made from the arguments themselves.

use std::io::{self, Write};
use std::path::Path;

use app::{Exit, Fault};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use roff::{Roff, bold, roman};

use crate::args::Line;

/// Prints a shell's completions.
pub(crate) fn completions(shell: Shell) -> Result<Exit, Fault> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Line::command(), "tessera", &mut text);
    print(&text)
}

/// Prints the program's page, or writes a page for each command into a folder.
pub(crate) fn pages(folder: Option<&Path>) -> Result<Exit, Fault> {
    let mut program = Line::command().disable_help_subcommand(true);
    program.build();
    let Some(folder) = folder else {
        let page = page(&program);
        let page = page.map_err(|error| {
            Fault::failure(format!("the page cannot be made: {error}"), "please report it")
        })?;
        return print(&page);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| write_pages(&program, folder));
    written.map_err(|error| Fault::file("write the pages into", folder, &error))?;
    Ok(Exit::Done)
}

fn write_pages(command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    command.get_subcommands().try_for_each(|verb| write_pages(verb, folder))
}

/// A command's page: what clap knows of it, its examples, and how it ends.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    let mut ours = Roff::new();
    let opens = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    ours.control("SH", ["EXAMPLES"]).control("nf", []);
    for example in opens.lines().filter_map(|line| line.strip_prefix("  ")) {
        ours.text([roman(example)]);
    }
    ours.control("fi", []).control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in ENDS {
        ours.control("TP", []).text([bold((exit as u8).to_string())]).text([roman(meaning)]);
    }
    ours.to_writer(&mut text)?;
    Ok(text)
}

/// What each exit code says, of every command alike.
const ENDS: [(Exit, &str); 9] = [
    (Exit::Done, "Done."),
    (
        Exit::Failure,
        "A failure that has no code of its own, or two pictures that differ by more than they may.",
    ),
    (Exit::Usage, "The command line was not understood."),
    (Exit::Scene, "The scene cannot be rendered."),
    (Exit::Network, "Another machine could not be reached or did not behave."),
    (Exit::Credit, "Not enough credit, or too dear."),
    (Exit::Frames, "Some frames failed; the others are there."),
    (Exit::Verification, "A receipt or a file did not verify."),
    (Exit::Interrupted, "Stopped by a person; it says what is kept."),
];

/// A reader that has seen enough, as `| head` has, is no fault.
fn print(text: &[u8]) -> Result<Exit, Fault> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fault::failure(format!("it cannot be printed: {error}"), "redirect it into a file"))
        }
        _ => Ok(Exit::Done),
    }
}
