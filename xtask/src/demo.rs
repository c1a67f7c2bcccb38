//! The demo: a coordinator, two nodes and an artist on loopback render a bundled scene, sealed all the way.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::children::Children;
use crate::process::{cargo, program_path, run_step};

const SCENE: &str = "assets/scenes/studio.glb";
const OUT: &str = "target/demo";
const NODES: usize = 2;
const RENDER_FLAGS: &[&str] = &["--size", "640x360", "--spp", "32"];

/// Builds the program, renders through the farm, says where the pictures are, and stops what it started.
pub(crate) fn run() -> Result<()> {
    run_step("build", &mut cargo(["build", "--locked", "--package", "cli", "--bin", "tessera"]))?;
    let tessera = program_path();
    let place = Place::new(Path::new(OUT))?;
    let children = Children::new()?;
    let started = Instant::now();

    let coordinator = children.start_and_read_line(
        "coordinator",
        Command::new(&tessera)
            .args(["coordinator", "--listen", "127.0.0.1:0", "--data"])
            .arg(place.scratch.join("coordinator"))
            .stderr(place.log("coordinator")?),
        Duration::from_secs(20),
    );
    let address = coordinator.with_context(|| format!("see {}", place.log_path("coordinator").display()))?;
    if !address.starts_with("tessera://") {
        bail!("the coordinator's first line should be its address, but it is: {address}");
    }
    eprintln!("== coordinator is up: {address}");
    for number in 1..=NODES {
        let name = format!("node-{number}");
        let mut node = Command::new(&tessera);
        node.args(["node", "--coordinator", &address, "--data"]).arg(place.scratch.join(&name));
        children.start(&name, node.stdout(place.log(&format!("{name}.out"))?).stderr(place.log(&name)?))?;
        eprintln!("== {name} is up");
    }
    render(&children, &tessera, &address, &place)?;
    drop(children);
    say_where(&tessera, &place, started.elapsed())
}

fn render(children: &Children, tessera: &Path, address: &str, place: &Place) -> Result<()> {
    eprintln!("== submitting {SCENE}");
    let mut submit = Command::new(tessera);
    submit.args(["submit", SCENE, "--coordinator", address]).args(RENDER_FLAGS);
    submit.arg("--data").arg(place.scratch.join("artist"));
    submit.arg("-o").arg(&place.exr);
    let status = children.run_beside("artist", &mut submit).with_context(|| place.logs_hint())?;
    if !status.success() {
        bail!("the render failed ({status}); {}", place.logs_hint());
    }
    Ok(())
}

fn say_where(tessera: &Path, place: &Place, took: Duration) -> Result<()> {
    let png = place.exr.with_extension("png");
    run_step("preview", Command::new(tessera).args(["exr", "to-png"]).arg(&place.exr).arg("-o").arg(&png))?;
    run_step("receipts, checked offline", Command::new(tessera).arg("verify").arg(&place.exr))?;
    eprintln!("\nrendered by {NODES} nodes through a coordinator in {:.0} s", took.as_secs_f64());
    eprintln!("  picture  {}", place.exr.display());
    eprintln!("  preview  {}", png.display());
    eprintln!("everything that was started is stopped again");
    Ok(())
}

/// Where the demo writes: pictures and logs stay, the scratch folders go when this is dropped.
struct Place {
    exr: PathBuf,
    logs: PathBuf,
    scratch: PathBuf,
}

impl Place {
    fn new(out: &Path) -> Result<Self> {
        let logs = out.join("logs");
        let scratch = out.join(format!("scratch-{}", std::process::id()));
        for folder in [&logs, &scratch] {
            fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
        }
        Ok(Self { exr: out.join("studio.exr"), logs, scratch })
    }

    fn log_path(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    fn log(&self, name: &str) -> Result<File> {
        let path = self.log_path(name);
        File::create(&path).with_context(|| format!("could not write {}", path.display()))
    }

    fn logs_hint(&self) -> String {
        format!("what each program said is in {}", self.logs.display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Scratch that stays behind harms nobody; the picture is already safe.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
