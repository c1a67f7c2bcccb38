//! The Blender that the person has: where it is, and a run of it.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Told;
use crate::fault::{Fault, one_line, quoted};

macro_rules! conversion {
    ($name:literal) => {
        include_str!(concat!("../../../integrations/blender/tessera/conversion/", $name, ".py"))
    };
}

/// What Blender runs: this file, and beside it the add-on's conversion.
pub(super) const SCRIPTS: [(&str, &str); 9] = [
    ("whole.py", include_str!("whole.py")),
    ("conversion/__init__.py", conversion!("__init__")),
    ("conversion/camera.py", conversion!("camera")),
    ("conversion/errand.py", conversion!("errand")),
    ("conversion/export.py", conversion!("export")),
    ("conversion/lights.py", conversion!("lights")),
    ("conversion/materials.py", conversion!("materials")),
    ("conversion/objects.py", conversion!("objects")),
    ("conversion/world.py", conversion!("world")),
];

/// A file that takes longer is not worth waiting for without a word.
const LONGEST: Duration = Duration::from_secs(600);
const BEAT: Duration = Duration::from_millis(20);
/// Letters of Blender's last line that are shown.
const LINE_MAX: usize = 300;

/// Where Blender is: where `TESSERA_BLENDER` says, in the path, or in a place where it is usually installed.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TESSERA_BLENDER").filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let name = format!("blender{}", std::env::consts::EXE_SUFFIX);
    let in_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).map(|folder| folder.join(&name)).collect::<Vec<_>>());
    in_path.chain(usual_places()).find(|program| program.is_file())
}

#[cfg(target_os = "macos")]
fn usual_places() -> Vec<PathBuf> {
    let of_home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("Applications"));
    let folders = [Some(PathBuf::from("/Applications")), of_home];
    folders.into_iter().flatten().map(|folder| folder.join("Blender.app/Contents/MacOS/Blender")).collect()
}

#[cfg(windows)]
fn usual_places() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(|base| Path::new(&base).join("Blender Foundation"));
    let entries = folder("ProgramFiles").and_then(|folder| std::fs::read_dir(folder).ok());
    let mut programs: Vec<PathBuf> =
        entries.into_iter().flatten().flatten().map(|entry| entry.path().join("blender.exe")).collect();
    // "Blender 4.5" before "Blender 4.2".
    programs.sort();
    programs.reverse();
    programs
}

#[cfg(not(any(target_os = "macos", windows)))]
fn usual_places() -> Vec<PathBuf> {
    let flatpak = "flatpak/exports/bin/org.blender.Blender";
    let of_home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share").join(flatpak));
    [Some("/snap/bin/blender".into()), Some(Path::new("/var/lib").join(flatpak)), of_home]
        .into_iter()
        .flatten()
        .collect()
}

/// Has Blender write `scene`, and what it tells of it, in `folder`, which is for this run alone.
pub(super) fn convert(program: &Path, source: &Path, scene: &Path, folder: &Path) -> Result<Told, Fault> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).map_err(|error| Fault::file("write", &path, &error))
    };
    for (name, text) in SCRIPTS {
        write(name, text)?;
    }
    let told = folder.join("told.json");
    let wish = serde_json::json!({ "source": source, "glb": scene, "told": told });
    write("wish.json", &wish.to_string())?;
    let log = folder.join("blender.log");
    let status = run(program, folder, &log)?;
    let read = std::fs::read(&told).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match (status, read) {
        (Some(status), Some(told)) if status.success() && scene.is_file() => Ok(told),
        (status, _) => Err(failed(source, status, &log)),
    }
}

/// What it ended with; nothing when it took too long.
fn run(program: &Path, folder: &Path, log: &Path) -> Result<Option<ExitStatus>, Fault> {
    let file = |error| Fault::file("write", log, &error);
    let said = File::create(log).map_err(file)?;
    let errors = said.try_clone().map_err(file)?;
    let mut blender = Command::new(program);
    let words =
        ["--background", "--factory-startup", "--disable-autoexec", "--python-exit-code", "1", "--python"];
    blender
        .args(words.map(OsString::from))
        .arg(folder.join("whole.py"))
        .arg("--")
        .arg(folder.join("wish.json"));
    blender.stdin(Stdio::null()).stdout(said).stderr(errors).current_dir(folder);
    apart(&mut blender);
    let mut child = blender.spawn().map_err(|error| Fault::file("start", program, &error))?;
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if began.elapsed() < LONGEST => std::thread::sleep(BEAT),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Ok(None);
            }
        }
    }
}

/// Ctrl-C means this program, which decides itself what becomes of its work; and no console comes up for it.
fn apart(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    #[cfg(not(any(unix, windows)))]
    let _ = command;
}

fn failed(source: &Path, status: Option<ExitStatus>, log: &Path) -> Fault {
    let name = quoted(Path::new(source.file_name().unwrap_or_default()));
    let said =
        std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let why: String = match (status, last) {
        (None, _) => format!("it took longer than {} s", LONGEST.as_secs()),
        (Some(_), Some(line)) => one_line(line).trim_end_matches('.').chars().take(LINE_MAX).collect(),
        (Some(status), None) => format!("it ended with {status}"),
    };
    Fault::scene(
        format!("Blender could not make glTF of {name}: {why}"),
        "open the file in Blender and export it as glTF (.glb), or repair it there",
    )
}
