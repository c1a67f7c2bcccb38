//! Programs that look on while a picture is rendered: what they have in the end is what is in the file, and nothing that
//! happens to them stops a render.

#[path = "support/farm.rs"]
mod farm;
#[path = "support/program.rs"]
mod program;
#[path = "support/screen.rs"]
mod screen;

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use farm::{CoordinatorProcess, Running, gpu_is_there, node};
use frame::exr::{ReadLimits, Samples};
use frame::tev::{Packet, PacketError};
use program::{Ended, Place};
use screen::{FakeTev, Shown, outside_address};

/// For what takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOKS: [&str; 6] = ["--size", "72x48", "--spp", "96", "--tile", "24"];
/// What tells tev to open a file; nobody of ours reads it.
const OPENS: Result<Packet, PacketError> = Err(PacketError::Operation(7));

fn render(place: &Place, more: &[&str]) -> Ended {
    place.run(&[&["render", "lamp.gltf", "-o", "out.exr"], &LOOKS[..], more].concat())
}

/// Submits the lamp; gives the job.
fn submitted(place: &Place, coordinator: &CoordinatorProcess) -> String {
    let line =
        ["submit", "lamp.gltf", "-o", "out.exr", "--coordinator", &coordinator.address, "--data", "artist"];
    let posted = place.run(&[&line[..], &LOOKS[..], &["--detach"]].concat());
    assert_eq!(posted.exit, 0, "{}", posted.talk);
    posted.data.trim().to_owned()
}

/// Warnings among the lines of `--json`.
fn warnings(ended: &Ended) -> Vec<String> {
    let lines = ended.data.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        line
    });
    lines
        .filter(|line| line["event"] == "warning")
        .filter_map(|line| line["message"].as_str().map(str::to_owned))
        .collect()
}

/// tev's picture is the file's beauty. A file holds beauty as halves, which the contract says, and tev is sent the floats that
/// these were rounded from: so each is compared after the same rounding, to the bit, and nothing is compared with a tolerance.
fn assert_shows_the_file(place: &Place, file: &str, shown: &Shown) {
    let read = frame::exr::read(&place.path(file), &ReadLimits::default()).expect("it was written");
    let part = &read.parts[0];
    assert_eq!((part.info.width, part.info.height), (shown.width, shown.height));
    for (at, name) in ["R", "G", "B", "A"].into_iter().enumerate() {
        let Some(Samples::Half(file)) = part.channel(name) else { panic!("{name} is stored as halves") };
        let sent = shown.rgba.iter().skip(at).step_by(4).map(|&value| half::f16::from_f32(value));
        for (pixel, (sent, file)) in sent.zip(file).enumerate() {
            assert_eq!(sent.to_bits(), file.to_bits(), "{name} of pixel {pixel}: {sent} and {file}");
        }
    }
    assert!(shown.times.iter().all(|&times| times > 0), "every pixel came");
}

/// Created once, every update after it, then the finished file and the end.
fn assert_in_order(got: &[Result<Packet, PacketError>]) {
    let is_create = |packet: &&Result<Packet, PacketError>| matches!(packet, Ok(Packet::Create { .. }));
    assert_eq!(got.iter().filter(is_create).count(), 1);
    let [.., opens, Ok(Packet::Close { .. })] = got else { panic!("it ends with the end: {:?}", got.last()) };
    assert_eq!(*opens, OPENS);
}

#[test]
fn tev_shows_the_picture_that_is_in_the_file_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    // Here tiles are seen after each pass; a node sends each of the six once, denoised.
    for (more, updates) in [(&["--direct"][..], 7), (&[], 6)] {
        let (place, tev) = (Place::new(), FakeTev::start());
        let ended = render(&place, &[&["--json", "--tev", &tev.address.to_string()], more].concat());
        assert_eq!((ended.exit, warnings(&ended)), (0, Vec::new()), "{more:?}: {}", ended.talk);
        let got = tev.got();
        assert_in_order(&got);
        let shown = Shown::of(&got);
        assert_eq!(shown.name, "out.exr frame 0");
        assert!(shown.updates >= updates, "{more:?}: {} updates", shown.updates);
        assert_shows_the_file(&place, "out.exr", &shown);
    }
}

#[test]
fn tev_shows_a_farms_job_that_is_watched_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let (place, tev) = (Place::new(), FakeTev::start());
    let coordinator = CoordinatorProcess::start(&place, 0);
    let job = &submitted(&place, &coordinator);
    let node = node(&place, &coordinator.address, "node-0");
    let ended = place.run(&["watch", job, "--data", "artist", "--json", "--tev", &tev.address.to_string()]);
    assert_eq!((ended.exit, warnings(&ended)), (0, Vec::new()), "{}", ended.talk);
    let got = tev.got();
    assert_in_order(&got);
    let shown = Shown::of(&got);
    assert_eq!(shown.name, format!("{job} frame 0"));
    assert_shows_the_file(&place, "out.exr", &shown);
    drop(node);
}

#[test]
fn tev_shows_a_picture_from_the_moment_that_it_is_submitted_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let (place, tev) = (Place::new(), FakeTev::start());
    let coordinator = CoordinatorProcess::start(&place, 0);
    let node = node(&place, &coordinator.address, "node-0");
    let line =
        ["submit", "lamp.gltf", "-o", "out.exr", "--coordinator", &coordinator.address, "--data", "artist"];
    let address = tev.address.to_string();
    let ended = place.run(&[&line[..], &LOOKS[..], &["--json", "--tev", &address]].concat());
    assert_eq!((ended.exit, warnings(&ended)), (0, Vec::new()), "{}", ended.talk);
    let got = tev.got();
    assert_in_order(&got);
    let shown = Shown::of(&got);
    assert_eq!(shown.name, "out.exr frame 0");
    assert_shows_the_file(&place, "out.exr", &shown);
    drop(node);
}

#[test]
fn who_submits_and_leaves_shows_nothing_and_is_told_so_before_anything_is_sent() {
    let place = Place::new();
    let nowhere = format!("tessera://127.0.0.1:9#{}", "ab".repeat(32));
    for screen in [&["--viewer"][..], &["--tev"]] {
        let line = ["submit", "lamp.gltf", "-o", "out.exr", "--coordinator", &nowhere, "--detach"];
        let ended = place.run(&[&line[..], screen].concat());
        assert_eq!(ended.exit, 2, "{}", ended.talk);
        assert!(
            ended.talk.contains("--detach") && ended.talk.contains("tessera watch JOB"),
            "{}",
            ended.talk
        );
    }
}

#[test]
fn who_has_a_view_only_link_sees_the_picture_that_is_in_the_artists_file_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let (place, tev) = (Place::new(), FakeTev::start());
    let coordinator = CoordinatorProcess::start(&place, 0);
    let job = &submitted(&place, &coordinator);
    let shared = place.run(&["share", job, "--data", "artist"]);
    assert_eq!(shared.exit, 0, "{}", shared.talk);
    let link = shared.data.trim();
    assert!(link.starts_with("tessera://127.0.0.1:") && link.contains(&format!("/view/{job}#k=")), "{link}");
    let node = node(&place, &coordinator.address, "node-0");
    // Only the artist admits nodes.
    let mut collecting = Running::start(place.command(&["collect", job, "--data", "artist"]));
    let ended = place.run(&["watch", link, "--json", "--tev", &tev.address.to_string()]);
    assert_eq!((ended.exit, warnings(&ended)), (0, Vec::new()), "{}", ended.talk);
    assert!(ended.data.contains(r#""event":"frame_seen","frame":0"#), "{}", ended.data);
    assert!(!ended.talk.contains("#k="), "the key is in no log");
    let shown = Shown::of(&tev.got());
    assert_eq!(collecting.wait(PATIENCE), Some(0));
    assert_shows_the_file(&place, "out.exr", &shown);

    let withdrawn = place.run(&["share", job, "--revoke", "--data", "artist"]);
    assert_eq!(withdrawn.exit, 0, "{}", withdrawn.talk);
    let ended = place.run(&["watch", link]);
    assert_eq!(ended.exit, 4, "{}", ended.talk);
    assert!(ended.talk.contains("withdrawn") && ended.talk.contains("ask the artist"), "{}", ended.talk);
    drop(node);
}

#[test]
fn a_tev_that_dies_or_was_never_there_stops_no_render_on_a_gpu() {
    if !gpu_is_there() {
        return;
    }
    let place = Place::new();
    let dying = FakeTev::dying_after(2);
    let ended = render(&place, &["--json", "--tev", &dying.address.to_string()]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    let told = warnings(&ended);
    assert!(told.len() == 1 && told[0].starts_with("the picture is no longer shown"), "{told:?}");
    assert_eq!(dying.got().len(), 2, "it died while the picture grew");
    assert_eq!(place.run(&["exr", "check", "out.exr"]).exit, 0);

    std::fs::remove_file(place.path("out.exr")).expect("it was written");
    // A port that was free a moment ago.
    let nobody =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let ended = render(&place, &["--tev", &nobody.to_string()]);
    assert_eq!(ended.exit, 0, "{}", ended.talk);
    let told: Vec<&str> = ended.talk.lines().filter(|line| line.contains("not shown")).collect();
    assert!(told.len() == 1 && told[0].contains("no tev listens"), "{}", ended.talk);
    assert_eq!(place.run(&["exr", "check", "out.exr"]).exit, 0);
}

#[test]
fn another_machine_gets_nothing_unless_that_was_said() {
    let Some(ip) = outside_address() else {
        // Past the test runner, which keeps what a passing test prints to itself; a closed standard error is no fault.
        let _ = writeln!(std::io::stderr(), "SKIPPED: this machine has no address but loopback");
        return;
    };
    let place = Place::new();
    let listener = TcpListener::bind((ip, 0)).expect("a free port");
    listener.set_nonblocking(true).expect("it can be asked");
    let address = listener.local_addr().expect("it is bound").to_string();
    let job = "00112233445566778899aabbccddeeff";
    let nowhere = format!("tessera://127.0.0.1:9#{}", "ab".repeat(32));
    for line in [
        &["render", "lamp.gltf", "-o", "out.exr", "--tev", &address][..],
        &["watch", job, "--data", "artist", "--tev", &address],
        &["submit", "lamp.gltf", "-o", "out.exr", "--coordinator", &nowhere, "--tev", &address],
    ] {
        let ended = place.run(line);
        assert_eq!(ended.exit, 2, "{}", ended.talk);
        assert!(
            ended.talk.contains("another machine") && ended.talk.contains("--tev-allow-remote"),
            "{}",
            ended.talk
        );
        std::thread::sleep(Duration::from_millis(100));
        let came = listener.accept().map_err(|error| error.kind());
        assert_eq!(came.err(), Some(std::io::ErrorKind::WouldBlock), "nobody even connected");
        assert!(!place.path("out.exr").exists());
    }
}
