//! Every example that a help opens with does what it says, in the order in which a person would try them.
//!
//! Only what makes a run long or belongs to another machine is put in place of an example's own words: sizes, samples, the farm's address,
//! jobs and links. Windows and tev have tests of their own (`viewer_gpu`, `screens_gpu`), so their flags are left out.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;

use std::process::{Command, Stdio};
use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node, wait_until};
use program::Place;

/// For what takes seconds.
const PATIENCE: Duration = Duration::from_secs(180);
const SMALL: [&str; 4] = ["--size", "48x32", "--spp", "2"];
/// What an example's job, link and address are called in the help.
const JOB: &str = "00112233445566778899aabbccddeeff";

/// A shell's words; examples quote with '…' alone.
fn words(example: &str) -> Vec<String> {
    let pieces = example.split('\'').enumerate();
    let mut words: Vec<String> = Vec::new();
    for (number, piece) in pieces {
        if number % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The examples of a command and of all commands below it.
fn examples_of(place: &Place, command: &[String], found: &mut Vec<Vec<String>>) {
    let asked: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = place.run(&asked).data;
    let opens = help.lines().skip(1).take_while(|line| line.starts_with("  tessera "));
    for example in opens {
        let example = words(example);
        if !found.contains(&example) {
            found.push(example);
        }
    }
    let verbs =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for verb in verbs.filter(|line| line.starts_with("  ") && !line.starts_with("    ")) {
        let verb = verb.split_whitespace().next().unwrap_or_default();
        if verb != "help" {
            examples_of(place, &[command, &[verb.to_owned()]].concat(), found);
        }
    }
}

/// What the examples speak of.
fn furnish(place: &Place) {
    let lamp = include_str!("../../tests/scenes/lamp.gltf").replace("\"eye\"", "\"Main\"");
    place.write("scene.gltf", lamp.as_bytes());
    place.write("scene.glb", lamp.as_bytes());
    place.write("small.tdn", include_bytes!("../../assets/denoiser/small.tdn"));
    let sky = image::Rgb32FImage::from_pixel(8, 4, image::Rgb([0.5, 0.6, 0.8]));
    sky.save(place.path("studio.hdr")).expect("the sky can be written");
    let layers = "beauty,albedo,normal,depth,variance,samples";
    for more in [&["-o", "reference.exr"][..], &["-o", "noisy.exr", "--denoise", "off", "--layers", layers]] {
        let line = [&["render", "scene.glb", "--direct"], &SMALL[..], more].concat();
        assert_eq!(place.run(&line).exit, 0, "{more:?}");
    }
    let rules = place.run(&["node", "rules"]);
    place.write("rules.toml", rules.data.as_bytes());
}

/// The farm that the examples speak to, and what they are to say in place of what they cannot know.
struct Farm<'a> {
    place: &'a Place,
    coordinator: CoordinatorProcess,
    job: String,
    /// A job for a node that never comes: only what is not over can be paused.
    open: String,
    link: String,
}

impl<'a> Farm<'a> {
    fn open(place: &'a Place) -> Self {
        let coordinator = CoordinatorProcess::start(place, 0);
        let handed_in = |output: &str, more: &[&str]| {
            let line =
                ["submit", "scene.glb", "-o", output, "--detach", "--coordinator", &coordinator.address];
            place.run(&[&line[..], more, &SMALL[..]].concat()).data.trim().to_owned()
        };
        let job = handed_in("earlier.exr", &[]);
        let nobody = "ab".repeat(32);
        let open = handed_in("never.exr", &["--nodes", &nobody]);
        let link = place.run(&["share", &job]).data.trim().to_owned();
        assert!(link.contains("/view/"), "{link}");
        Self { place, coordinator, job, open, link }
    }

    /// The example's words as they can be run here.
    fn at_home(&self, example: &[String]) -> Vec<String> {
        let mut home: Vec<String> = Vec::new();
        for word in &example[1..] {
            home.push(match word.as_str() {
                "--viewer" | "--tev" => continue,
                JOB if ["pause", "resume"].contains(&example[1].as_str()) => self.open.clone(),
                JOB => self.job.clone(),
                listen if listen.ends_with(":7411") => listen.replace(":7411", ":0"),
                "9463" | "9464" => "0".to_owned(),
                "/var/lib/tessera" => "rig".to_owned(),
                link if link.contains("/view/") => self.link.clone(),
                farm if farm.starts_with("tessera://") => self.coordinator.address.clone(),
                other => other.to_owned(),
            });
        }
        match home[0].as_str() {
            "bench" => home.extend(["--seconds", "0.3"].map(str::to_owned)),
            // How long it listens is its own word.
            "nearby" => home.iter_mut().filter(|word| *word == "10").for_each(|word| *word = "1".to_owned()),
            _ => {}
        }
        if ["render", "submit", "quote", "demo"].contains(&home[0].as_str()) {
            home.retain(|word| {
                !["--size", "960x540", "3840x2160", "--spp", "256", "1024"].contains(&word.as_str())
            });
            home.extend(SMALL.map(str::to_owned));
        }
        home
    }

    fn command(&self, words: &[String]) -> Command {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.place.command(&words)
    }

    /// Runs what ends by itself.
    fn run(&self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = self.place.run(&words);
        assert_eq!(ended.exit, 0, "{words:?}: {}", ended.talk);
    }

    /// Runs what goes on until it is stopped, and stops it as Ctrl-C does.
    fn run_until_stopped(&self, words: &[String]) {
        let log = "goes-on.log";
        let _ = std::fs::remove_file(self.place.path(log));
        let mut command = self.command(words);
        command.stdout(self.place.log(log)).stderr(self.place.log(log));
        let mut running = Running::start(command);
        let spoke = || std::fs::read_to_string(self.place.path(log)).is_ok_and(|text| !text.is_empty());
        wait_until(&format!("{words:?}: its first word"), PATIENCE, spoke);
        std::thread::sleep(Duration::from_millis(500));
        let told = std::fs::read_to_string(self.place.path(log)).expect("it was written");
        interrupt(&running);
        let exit = running.wait(PATIENCE);
        assert!(matches!(exit, Some(0 | 130)), "{words:?} ended with {exit:?} after: {told}");
    }
}

fn interrupt(running: &Running) {
    let told = Command::new("kill").args(["-INT", &running.0.id().to_string()]).stdin(Stdio::null()).status();
    assert!(told.expect("kill is there").success());
}

/// Whether it goes on until somebody stops it.
fn goes_on(words: &[String]) -> bool {
    let line: Vec<&str> = words.iter().map(String::as_str).collect();
    match line[..] {
        ["coordinator" | "referee", ..] => true,
        ["node", flag, ..] => flag.starts_with("--"),
        ["watch", address, ..] => address.starts_with("tessera://") && !address.contains("/view/"),
        _ => false,
    }
}

#[cfg(unix)]
#[test]
fn every_example_of_the_help_runs_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    furnish(&place);
    let mut examples = Vec::new();
    examples_of(&place, &[], &mut examples);
    assert!(examples.len() > 60, "only {} examples were found", examples.len());
    let farm = Farm::open(&place);
    // Nodes that are started by examples are alone at first, then one works in the usual place for the rest.
    let (owners, rest): (Vec<_>, Vec<_>) = examples
        .iter()
        .map(|one| farm.at_home(one))
        .partition(|words| words[0] == "node" && words[1].starts_with("--"));
    assert!(owners.len() >= 4);
    owners.iter().for_each(|words| farm.run_until_stopped(words));
    let mut usual = place.command(&["node", "--coordinator", &farm.coordinator.address, "--json"]);
    usual.stdout(place.log("usual.events")).stderr(place.log("usual.log"));
    let _usual = Running::start(usual);
    let _named = node(&place, &farm.coordinator.address, "node");
    let joined =
        |name: &str| std::fs::read_to_string(place.path(name)).is_ok_and(|text| text.contains("node_ready"));
    wait_until("both nodes are there", PATIENCE, || joined("usual.events") && joined("node.events"));
    let ends_it = |words: &[String]| {
        (words[0] == "node" && words[1] == "finish")
            || words[0] == "cancel"
            || words.contains(&"--revoke".to_owned())
    };
    let (last, first): (Vec<_>, Vec<_>) = rest.into_iter().partition(|words| ends_it(words));
    for words in first.iter().chain(&last) {
        if goes_on(words) { farm.run_until_stopped(words) } else { farm.run(words) }
    }
}

#[cfg(unix)]
#[test]
fn a_render_that_is_stopped_says_what_is_kept_and_ends_with_130_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    for more in [&[][..], &["--direct"]] {
        let place = Place::new();
        let line = [
            "render",
            "lamp.gltf",
            "-o",
            "out.exr",
            "--size",
            "256x192",
            "--spp",
            "512",
            "--tile",
            "32",
            "--json",
        ];
        let mut command = place.command(&[&line[..], more].concat());
        command.stdout(place.log("events")).stderr(place.log("talk"));
        let mut running = Running::start(command);
        let begun =
            || std::fs::read_to_string(place.path("events")).is_ok_and(|text| text.contains("tile_done"));
        wait_until("a tile is done", PATIENCE, begun);
        interrupt(&running);
        assert_eq!(running.wait(PATIENCE), Some(130), "{more:?}");
        let events = std::fs::read_to_string(place.path("events")).expect("it was written");
        let lines: Vec<serde_json::Value> =
            events.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
        assert!(lines.iter().all(|line| line["schema"] == 1 && line["event"].is_string()), "{events}");
        assert_eq!(lines.last().map(|line| &line["exit"]), Some(&130.into()), "{events}");
        assert!(place.files().contains(&"out.partial.exr".to_owned()), "{:?}", place.files());
        assert_eq!(place.run(&["exr", "info", "out.partial.exr"]).exit, 0);
    }
}

/// One tile of thousands of samples: what is seen of it before it is finished is a look and no picture.
#[cfg(unix)]
#[test]
fn a_render_that_is_stopped_before_its_first_tile_leaves_no_picture_and_says_so_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let mut command = place.command(&[
        "render",
        "lamp.gltf",
        "-o",
        "out.exr",
        "--size",
        "96x64",
        "--spp",
        "65536",
        "--json",
    ]);
    command.stdout(place.log("events")).stderr(place.log("talk"));
    let mut running = Running::start(command);
    let events = || std::fs::read_to_string(place.path("events")).unwrap_or_default();
    wait_until("the growing picture is there", PATIENCE, || events().contains("partial_written"));
    assert!(place.files().contains(&"out.partial.exr".to_owned()), "{:?}", place.files());
    interrupt(&running);
    assert_eq!(running.wait(PATIENCE), Some(130), "{}", events());
    assert!(!events().contains("tile_done"), "it is stopped before: {}", events());
    assert!(events().contains("no tile was finished yet, so no picture is left"), "{}", events());
    let left: Vec<_> = place.files().into_iter().filter(|name| name.starts_with("out")).collect();
    assert_eq!(left, Vec::<String>::new());
}
