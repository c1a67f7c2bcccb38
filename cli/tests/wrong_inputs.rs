//! Wrong command lines and wrong files: one sentence, one advice, the right exit code, nothing left behind.

#[path = "support/program.rs"]
mod program;

use program::Place;

fn assert_told(place: &Place, line: &[&str], exit: i32, words: &[&str]) {
    let before = place.files();
    let ended = place.run(line);
    let said = &ended.talk;
    assert_eq!(ended.exit, exit, "{line:?}: {said}");
    let told: Vec<&str> = said
        .lines()
        // Software Vulkan complains about this on machines without a desktop session; it is harmless.
        .filter(|text| text.starts_with("error: ") && !text.contains("XDG_RUNTIME_DIR"))
        .collect();
    assert_eq!(told.len(), 1, "{line:?} tells one error: {said}");
    assert_eq!(said.lines().filter(|text| text.starts_with("  help: ")).count(), 1, "{line:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{line:?} says {word:?}: {said}");
    }
    assert_eq!(place.files(), before, "{line:?} leaves nothing behind");
}

#[test]
fn command_lines_that_make_no_sense_are_usage_errors() {
    let place = Place::new();
    let lines: [(&[&str], &str); 14] = [
        (&[], "no command"),
        (&["quote", "a.glb"], "quote"),
        (&["share", "00"], "share"),
        (&["render", "a.glb"], "--output"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--size", "0x5"], "1 to 65536"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--size", "big"], "1920x1080"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--spp", "0"], "samples per pixel"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--frames", "9-1"], "9-1"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--frames", "1-3"], "####"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.png"], ".exr"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--layers", "beauty,smell"], "smell"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--denoise", "node"], "denoiser"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--camera", "Nobody"], "Nobody"),
        (&["demo", "--liars", "2"], "--liars"),
    ];
    for (line, word) in lines {
        assert_told(&place, line, 2, &[word]);
    }
}

#[test]
fn scenes_that_are_none_end_with_three() {
    let place = Place::new();
    place.write("text.glb", b"hello, I am not a scene\n");
    place.write("empty.glb", b"");
    let whole = std::fs::read(place.path("lamp.gltf")).expect("the scene is there");
    place.write("cut.gltf", &whole[..whole.len() / 2]);
    let mut outside: serde_json::Value = serde_json::from_slice(&whole).expect("JSON");
    outside["buffers"][0]["uri"] = "../secret.bin".into();
    place.write("outside.gltf", outside.to_string().as_bytes());
    for verb in [&["scene", "check"][..], &["render", "--direct", "-o", "a.exr"]] {
        for (file, word) in [
            ("missing.glb", "missing.glb"),
            ("text.glb", "text.glb"),
            ("empty.glb", "empty.glb"),
            ("cut.gltf", "cut.gltf"),
            ("outside.gltf", "secret.bin"),
        ] {
            let line: Vec<&str> = verb.iter().copied().chain([file]).collect();
            assert_told(&place, &line, 3, &[word]);
        }
    }
}

#[test]
fn outputs_that_cannot_be_written_are_told_before_rendering() {
    let place = Place::new();
    std::fs::create_dir(place.path("folder.exr")).expect("a new folder");
    assert_told(
        &place,
        &["render", "lamp.gltf", "--direct", "-o", "no/where/a.exr"],
        1,
        &["does not exist", "-o"],
    );
    assert_told(&place, &["render", "lamp.gltf", "--direct", "-o", "folder.exr"], 1, &["folder"]);
}

#[test]
fn coordinators_that_cannot_be_had_are_network_faults() {
    let place = Place::new();
    let key = "ab".repeat(32);
    let taken = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let silent = format!("tessera://127.0.0.1:{port}#{key}");
    let listen = format!("127.0.0.1:{port}");
    let mut ended = place.run(&["coordinator", "--listen", &listen, "--data", "c"]);
    assert_eq!((ended.exit, ended.talk.lines().count()), (4, 2), "{}", ended.talk);
    ended = place.run(&["jobs", "--data", "a"]);
    assert_eq!((ended.exit, ended.data.as_str()), (0, ""), "no jobs, nothing to ask: {}", ended.talk);
    ended = place.run(&["watch", &silent, "--data", "a"]);
    assert_eq!(ended.exit, 4, "{}", ended.talk);
    assert!(ended.talk.contains("nobody answers"), "{}", ended.talk);
    for (line, exit) in [
        (&["watch", "farm.example", "--data", "a"][..], 2),
        (&["collect", "00112233445566778899aabbccddeeff", "--data", "a"], 2),
        (&["collect", "nonsense"], 2),
        (&["earnings", "--coordinator", &silent, "--data", "nobody"], 2),
        (&["coordinator", "--store", "postgres://x", "--data", "c"], 2),
        (&["coordinator", "--blobs", "s3://bucket/x", "--data", "c"], 2),
        (&["submit", "lamp.gltf", "-o", "a.exr", "--coordinator", "tessera://x"], 2),
    ] {
        assert_told(&place, line, exit, &[]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_gpu_a_driver_is_asked_for() {
    let place = Place::new();
    let mut command = place.command(&["render", "lamp.gltf", "--direct", "-o", "a.exr"]);
    let output = command.env("VK_DRIVER_FILES", "/dev/null").env("VK_ICD_FILENAMES", "/dev/null").output();
    let output = output.expect("the program starts");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("no usable GPU") && talk.contains("mesa-vulkan-drivers"), "{talk}");
    assert!(!place.path("a.exr").exists());
}

#[test]
fn pictures_that_are_none_are_told() {
    let place = Place::new();
    place.write("text.exr", b"not a picture");
    for line in [
        &["exr", "info", "text.exr"][..],
        &["exr", "check", "text.exr"],
        &["exr", "diff", "text.exr", "text.exr"],
        &["exr", "to-png", "text.exr"],
        &["exr", "info", "missing.exr"],
    ] {
        assert_told(&place, line, 1, &[line[2]]);
    }
}

#[test]
fn with_json_a_fault_is_one_line_of_json() {
    let place = Place::new();
    let ended = place.run(&["scene", "check", "missing.glb", "--json"]);
    assert_eq!(ended.exit, 3);
    let lines: Vec<&str> = ended.data.lines().collect();
    assert_eq!(lines.len(), 1, "{}", ended.data);
    let line: serde_json::Value = serde_json::from_str(lines[0]).expect("JSON");
    assert_eq!((&line["schema"], &line["event"], &line["exit"]), (&1.into(), &"error".into(), &3.into()));
}

#[test]
fn help_opens_with_examples() {
    let place = Place::new();
    for line in [&["--help"][..], &["render", "--help"], &["exr", "diff", "--help"]] {
        let ended = place.run(line);
        assert_eq!(ended.exit, 0);
        assert!(ended.data.starts_with("Examples:\n  tessera "), "{}", ended.data);
    }
}
