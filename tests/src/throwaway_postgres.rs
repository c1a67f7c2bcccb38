//! A PostgreSQL server for tests: made in a temporary folder, gone with the test program however that ends.
//!
//! Test programs of several crates take this file in. A shell script owns the server: it lives as long as the pipe to it is open,
//! so a killed test leaves nothing behind. The server refuses to run as root; then it runs as `nobody`.
#![allow(dead_code, unreachable_pub, reason = "each test program takes its part of this file in")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// The password of every throw-away server: whatever is printed may not hold it.
pub const PASSWORD: &str = "canary-of-a-password";

/// A running server.
#[derive(Debug)]
pub struct Server {
    port: u16,
    script: Mutex<(Child, Option<ChildStdin>, BufReader<ChildStdout>)>,
}

/// `$1` = the programs' folder, `$2` = the port, `$3` = settings.
const SCRIPT: &str = r#"
trap : INT TERM HUP
bin=$1 port=$2 settings=$3
dir=$(mktemp -d "${TMPDIR:-/tmp}/tessera-postgres.XXXXXX") || exit 1
cd "$dir"
printf %s "$PASSWORD" >password
"$bin/initdb" -D data -U tessera --pwfile=password -A scram-sha-256 -E UTF8 --locale=C --no-sync >log 2>&1 || { cat log >&2; rm -rf "$dir"; exit 1; }
start() {
  "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$dir" \
    -c max_connections=60 $settings >>log 2>&1 </dev/null & pid=$!
  until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
    kill -0 $pid 2>/dev/null || { cat log >&2; rm -rf "$dir"; exit 1; }
    sleep 0.05
  done
}
start
echo "ready"
while read -r word; do
  case $word in
    stop) kill -INT $pid; wait $pid ;;
    crash) kill -QUIT $pid; wait $pid ;;
    start) start ;;
  esac
  echo "$word"
done
kill -QUIT $pid 2>/dev/null
wait $pid
cd /
rm -rf "$dir"
"#;

/// The server that all tests of this program share, each in a schema of its own; says loudly when there is none.
pub fn shared() -> Option<&'static Server> {
    static SHARED: OnceLock<Option<Server>> = OnceLock::new();
    SHARED.get_or_init(|| Server::start("-c fsync=off")).as_ref()
}

/// A name that no other test of this program has.
pub fn fresh_schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("farm_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Server {
    /// Starts one with these settings (`-c NAME=VALUE …`); `None` where PostgreSQL is not installed.
    pub fn start(settings: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("TESSERA_NEEDS_POSTGRES").is_none(),
                "PostgreSQL's server is not installed"
            );
            // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
            let told = "SKIPPED: PostgreSQL's server is not installed, so nothing was tried with it";
            let _ = writeln!(std::io::stderr(), "{told}");
            return None;
        };
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let mut command = unprivileged();
        command.args(["-c", SCRIPT, "postgres"]).arg(programs).arg(port.to_string()).arg(settings);
        command.env("PASSWORD", PASSWORD).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().expect("there is a shell");
        let input = script.stdin.take();
        let output = BufReader::new(script.stdout.take().expect("it is piped"));
        let server = Self { port, script: Mutex::new((script, input, output)) };
        server.hear("ready");
        Some(server)
    }

    /// The address of a schema on it, with the password.
    pub fn address(&self, schema: &str) -> String {
        self.address_for("tessera", PASSWORD, schema)
    }

    /// The same for any user.
    pub fn address_for(&self, user: &str, password: &str, schema: &str) -> String {
        let port = self.port;
        format!("postgres://{user}:{password}@127.0.0.1:{port}/postgres?options=-csearch_path%3D{schema}")
    }

    /// The address of a schema on it, without a password.
    pub fn address_without_password(&self, schema: &str) -> String {
        self.address(schema).replace(&format!(":{PASSWORD}"), "")
    }

    /// Shuts it down, ending what runs; `crash` as a power cut would.
    pub fn stop(&self, crash: bool) {
        self.tell(if crash { "crash" } else { "stop" });
    }

    /// Starts it again where it was.
    pub fn start_again(&self) {
        self.tell("start");
    }

    fn tell(&self, word: &str) {
        let mut script = self.script.lock().expect("no test panics with it");
        let input = script.1.as_mut().expect("it is open until the end");
        writeln!(input, "{word}").expect("the script lives");
        drop(script);
        self.hear(word);
    }

    fn hear(&self, word: &str) {
        let mut script = self.script.lock().expect("no test panics with it");
        let mut line = String::new();
        script.2.read_line(&mut line).expect("the script speaks");
        assert_eq!(line.trim(), word, "the server's script has ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let script = self.script.get_mut().expect("no test panics with it");
        drop(script.1.take());
        // Whatever became of it, it has ended.
        let _ = script.0.wait();
    }
}

/// Where the newest installed server is.
fn programs() -> Option<PathBuf> {
    let has_server = |folder: &PathBuf| folder.join("postgres").exists() && folder.join("initdb").exists();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        debian.map(|version| version.path().join("bin")).filter(has_server).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.pop().or_else(|| std::env::split_paths(&path).find(has_server))
}

/// A shell, as somebody who is not root.
fn unprivileged() -> Command {
    let user = Command::new("id").arg("-u").output().map(|told| told.stdout).unwrap_or_default();
    if user.trim_ascii() != b"0" {
        return Command::new("sh");
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh"]);
    command
}
