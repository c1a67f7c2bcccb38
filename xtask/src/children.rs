//! Child processes that never outlive their parent: stopped when dropped, and when this process is interrupted.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Exit code of a program that a person interrupted.
const INTERRUPTED: i32 = 130;

/// The processes started through it. Dropping it stops them; so does an interrupt.
pub(crate) struct Children {
    running: Arc<Mutex<Vec<Named>>>,
}

struct Named {
    name: String,
    child: Child,
}

impl Children {
    /// Takes over interrupt and termination signals, so it can be made once in a process.
    pub(crate) fn new() -> Result<Self> {
        let running: Arc<Mutex<Vec<Named>>> = Arc::default();
        let seen = Arc::clone(&running);
        ctrlc::set_handler(move || {
            eprintln!("\ninterrupted: stopping what was started");
            stop_all(&seen);
            std::process::exit(INTERRUPTED);
        })
        .context("could not watch for interrupts")?;
        Ok(Self { running })
    }

    /// Starts `command` and leaves it running under `name`.
    pub(crate) fn start(&self, name: &str, command: &mut Command) -> Result<()> {
        let child = command.spawn().with_context(|| format!("could not start the {name}"))?;
        self.lock().push(Named { name: name.to_owned(), child });
        Ok(())
    }

    /// Starts `command` under `name` and waits at most `patience` for its first line on standard output; the rest is drained.
    pub(crate) fn start_and_read_line(
        &self,
        name: &str,
        command: &mut Command,
        patience: Duration,
    ) -> Result<String> {
        let mut child =
            command.stdout(Stdio::piped()).spawn().with_context(|| format!("could not start the {name}"))?;
        let stdout = child.stdout.take().with_context(|| format!("the {name} has no standard output"))?;
        self.lock().push(Named { name: name.to_owned(), child });
        let lines = lines_of(stdout);
        match lines.recv_timeout(patience) {
            Ok(line) => Ok(line),
            Err(_) => bail!("the {name} said nothing within {} s", patience.as_secs()),
        }
    }

    /// Runs `command` to its end; meanwhile fails if one of the others ends.
    pub(crate) fn run_beside(&self, name: &str, command: &mut Command) -> Result<ExitStatus> {
        self.start(name, command)?;
        loop {
            let mut running = self.lock();
            let ended = running.iter_mut().position(|one| !matches!(one.child.try_wait(), Ok(None)));
            if let Some(index) = ended {
                let mut one = running.remove(index);
                let status = one.child.wait().with_context(|| format!("the {} got lost", one.name))?;
                if one.name == name {
                    return Ok(status);
                }
                bail!("the {} ended early ({status})", one.name);
            }
            drop(running);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Named>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        stop_all(&self.running);
    }
}

fn stop_all(running: &Mutex<Vec<Named>>) {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    for one in running.iter_mut().rev() {
        ask_to_stop(&one.child);
    }
    let deadline = Instant::now() + Duration::from_secs(3);
    for mut one in running.drain(..) {
        while matches!(one.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        // A program that has ended cannot be killed, and that is what was wanted.
        let _ = one.child.kill();
        let _ = one.child.wait();
    }
}

/// A polite request first, where the system has one, so that the programs can say goodbye to each other.
#[cfg(unix)]
fn ask_to_stop(child: &Child) {
    let _ = signal("TERM", child.id());
}

/// Sends a signal by the shell's own word: an empty Debian has no program called `kill`.
#[cfg(unix)]
fn signal(name: &str, pid: u32) -> std::io::Result<ExitStatus> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$0\" \"$1\"", name, &pid.to_string()]).stderr(Stdio::null()).status()
}

#[cfg(not(unix))]
fn ask_to_stop(_child: &Child) {}

fn lines_of(stdout: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        // Reading goes on after the first line, or the program would stop at a full pipe.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    receive
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Without the signal handler, which a process can have only once.
    fn children() -> Children {
        Children { running: Arc::default() }
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn is_running(pid: u32) -> bool {
        signal("0", pid).is_ok_and(|status| status.success())
    }

    #[test]
    fn dropping_stops_the_child() {
        let children = children();
        children.start("sleeper", &mut shell("exec sleep 60")).expect("there is a shell");
        let pid = children.lock()[0].child.id();
        assert!(is_running(pid));
        drop(children);
        assert!(!is_running(pid));
    }

    #[test]
    fn a_child_is_asked_before_it_is_killed() {
        let told = tempfile::NamedTempFile::new().expect("a temporary file");
        let children = children();
        let script = "trap 'echo goodbye > \"$0\"; exit' TERM; echo ready; while :; do sleep 0.05; done";
        let mut asked = Command::new("sh");
        asked.args(["-c", script]).arg(told.path());
        children.start_and_read_line("polite", &mut asked, Duration::from_secs(10)).expect("it is ready");
        drop(children);
        assert_eq!(std::fs::read_to_string(told.path()).expect("it is there"), "goodbye\n");
    }

    #[test]
    fn first_line_is_read_and_the_rest_does_not_stop_the_child() {
        let children = children();
        let script = "echo hello; yes | head -c 300000; exec sleep 60";
        let line = children.start_and_read_line("talker", &mut shell(script), Duration::from_secs(10));
        assert_eq!(line.expect("it says hello at once"), "hello");
    }

    #[test]
    fn silence_is_a_failure_that_names_the_child() {
        let children = children();
        let error = children
            .start_and_read_line("mute", &mut shell("exec sleep 60"), Duration::from_millis(50))
            .expect_err("it says nothing");
        assert!(error.to_string().contains("mute"));
    }

    #[test]
    fn early_end_of_a_neighbour_ends_the_run() {
        let children = children();
        children.start("node", &mut shell("exit 3")).expect("there is a shell");
        let error = children.run_beside("artist", &mut shell("exec sleep 60")).expect_err("the node is gone");
        assert!(error.to_string().contains("node ended early"));
    }
}
