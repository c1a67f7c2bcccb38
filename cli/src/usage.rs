//! Command lines that cannot be understood, answered in one sentence and one advice instead of the parser's page.

use std::process::ExitCode;

use app::{Exit, Fault};
use clap::error::ErrorKind;

use crate::speak::{self, Voice};

/// Answers what the parser made of a line that is no command: help and version, or a fault.
pub(crate) fn answer(error: &clap::Error, voice: Voice) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Nothing is left to do when even help cannot be written, as into a closed pipe.
        let _ = error.print();
        return ExitCode::from(Exit::Done as u8);
    }
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let fault = fault(error, words);
    speak::fault(&fault, voice);
    ExitCode::from(fault.exit as u8)
}

fn fault(error: &clap::Error, words: impl Iterator<Item = String>) -> Fault {
    let verbs: Vec<String> = words
        .take_while(|word| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'))
        .filter(|word| !word.starts_with('-'))
        .take(2)
        .collect();
    let known = known_path(&verbs);
    let help = if known.is_empty() { "tessera --help".into() } else { format!("tessera {known} --help") };
    let what = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "no command was given".to_owned()
        }
        _ => first_sentence(&error.render().to_string()),
    };
    Fault::usage(what, format!("see `{help}`"))
}

/// The longest part of `verbs` that names a command.
fn known_path(verbs: &[String]) -> String {
    use clap::CommandFactory;
    let mut command = crate::args::Line::command();
    let mut path: Vec<&str> = Vec::new();
    for verb in verbs {
        let Some(next) = command.find_subcommand(verb).cloned() else { break };
        command = next;
        path.push(verb);
    }
    path.join(" ")
}

/// The parser's first paragraph on one line, without its label.
fn first_sentence(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    words.join(" ").trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn told(line: &str) -> Fault {
        let error = crate::args::Line::try_parse_from(line.split(' ')).expect_err("not a command");
        fault(&error, line.split(' ').skip(1).map(str::to_owned))
    }

    #[test]
    fn each_wrong_line_is_one_sentence_and_the_right_help() {
        assert_eq!(
            told("tessera guess a.glb").to_string(),
            "unrecognized subcommand 'guess'; see `tessera --help`"
        );
        assert_eq!(told("tessera").what, "no command was given");
        let missing = told("tessera render a.glb");
        assert_eq!(
            missing.to_string(),
            "the following required arguments were not provided: --output <OUT.exr>; see `tessera render --help`"
        );
        let size = told("tessera render a.glb -o b.exr --size 5");
        assert!(size.what.contains("'5'") && size.what.contains("1920x1080"), "{}", size.what);
        for line in ["tessera demo --thieves 2", "tessera exr what", "tessera render a -o b.exr --frames 9-1"]
        {
            let fault = told(line);
            assert_eq!(fault.exit, Exit::Usage);
            assert!(!fault.what.contains('\n') && !fault.what.is_empty(), "{line}: {}", fault.what);
        }
    }
}
