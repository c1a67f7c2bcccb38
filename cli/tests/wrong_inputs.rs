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
    let lines: [(&[&str], &str); 28] = [
        (&[], "no command"),
        (&["guess", "a.glb"], "guess"),
        (&["quote", "lamp.gltf", "--max-price", "5"], "--coordinator"),
        (&["quote", "lamp.gltf", "--referee", "00"], "--referee"),
        (&["quote", "lamp.gltf", "-o", "a.exr"], "-o"),
        (&["quote", "lamp.gltf", "--coordinator", "farm.example"], "tessera://"),
        (&["share", "00"], "share"),
        (&["submit", "lamp.gltf", "--coordinator", "x", "-o", "a.exr", "--referee", "me"], "--referee"),
        (&["referee", "--data", "r"], "--coordinator"),
        (&["node", "--coordinator", "x", "--referee", "me"], "--referee"),
        (&["referee", "--coordinator", "farm.example", "--data", "r"], "tessera://"),
        (&["render", "a.glb"], "--output"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--size", "0x5"], "1 to 65536"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--size", "big"], "1920x1080"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--spp", "0"], "samples per pixel"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--frames", "9-1"], "9-1"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--frames", "1-3"], "####"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.png"], ".exr"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--layers", "beauty,smell"], "smell"),
        (
            &["render", "lamp.gltf", "--direct", "-o", "a.exr", "--compression", "dwaa"],
            "--layers beauty,noisy,albedo,depth",
        ),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--denoise", "farm"], "node, local, off"),
        (&["render", "lamp.gltf", "-o", "a.exr", "--denoise", "off", "--weights", "a.tdn"], "--weights"),
        (&["exr", "denoise", "a.exr", "-o", "b.exr", "--exposure", "0"], "above 0"),
        (&["render", "lamp.gltf", "--direct", "-o", "a.exr", "--camera", "Nobody"], "Nobody"),
        (&["demo", "--liars", "2"], "--liars"),
        (&["coordinator", "--listen", "127.0.0.1:0", "--data", "c", "--announce"], "--listen 0.0.0.0"),
        (&["coordinator", "--listen", "0.0.0.0:0", "--data", "c", "--announce", "a\nb"], "name"),
        (&["nearby", "--seconds", "0"], "--seconds"),
    ];
    for (line, word) in lines {
        assert_told(&place, line, 2, &[word]);
    }
}

#[test]
fn weights_that_are_none_are_told_before_anything_is_rendered() {
    let place = Place::new();
    place.write("text.tdn", b"hello, I am no network\n");
    let mut network = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/denoiser/tiny.tdn"))
        .expect("the repository has it");
    network[5000] ^= 1;
    place.write("damaged.tdn", &network);
    for file in ["missing.tdn", "text.tdn", "damaged.tdn"] {
        for mode in ["node", "local"] {
            let line = ["render", "lamp.gltf", "-o", "a.exr", "--denoise", mode, "--weights", file];
            assert_told(&place, &line, 1, &[file]);
        }
        let address =
            "tessera://127.0.0.1:1#0000000000000000000000000000000000000000000000000000000000000000";
        assert_told(&place, &["node", "--coordinator", address, "--data", "n", "--weights", file], 1, &[]);
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

/// A PNG of one flat colour, square.
fn flat_png(side_px: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::new(side_px, side_px);
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::NoFilter,
    );
    picture.write_with_encoder(encoder).expect("a picture can be encoded");
    bytes.into_inner()
}

/// The lamp, changed.
fn lamp(place: &Place, name: &str, change: impl FnOnce(&mut serde_json::Value)) {
    let whole = std::fs::read(place.path("lamp.gltf")).expect("the scene is there");
    let mut scene: serde_json::Value = serde_json::from_slice(&whole).expect("JSON");
    change(&mut scene);
    place.write(name, scene.to_string().as_bytes());
}

#[test]
fn pictures_that_are_traps_and_numbers_that_are_none_end_with_three() {
    let place = Place::new();
    place.write("bomb.png", &flat_png(10_000));
    let mut huge = flat_png(1);
    huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    // The checksum of the changed header (PNG specification, annex D, over "IHDR" and its 13 bytes).
    let checksum = crc32(&huge[12..29]).to_be_bytes();
    huge[29..33].copy_from_slice(&checksum);
    place.write("huge.png", &huge);
    for name in ["bomb", "huge"] {
        lamp(&place, &format!("{name}.gltf"), |scene| {
            scene["images"] = serde_json::json!([{ "uri": format!("{name}.png") }]);
            scene["textures"] = serde_json::json!([{ "source": 0 }]);
            scene["materials"][0]["emissiveTexture"] = serde_json::json!({ "index": 0 });
        });
    }
    lamp(&place, "infinite.gltf", |scene| {
        scene["nodes"][0]["translation"] = serde_json::json!([0, 1e300, 0]);
    });
    let whole = std::fs::read_to_string(place.path("lamp.gltf")).expect("the scene is there");
    let nan = whole.replacen("0.3", "NaN", 1);
    assert_ne!(nan, whole, "the scene has the place to change");
    place.write("nan.gltf", nan.as_bytes());
    let mut glb = vec![0; 8];
    glb[..4].copy_from_slice(b"glTF");
    glb[4] = 2;
    place.write("cut.glb", &glb);
    for (file, words) in [
        ("bomb.gltf", &["10000 × 10000", "KiB", "MiB"][..]),
        ("huge.gltf", &["60000 × 60000", "limit"]),
        ("infinite.gltf", &["node 0", "not finite"]),
        ("nan.gltf", &["nan.gltf", "not valid JSON"]),
        ("cut.glb", &["cut.glb"]),
    ] {
        let mut line = vec!["render", "--direct", "--size", "8x8", "-o", "a.exr", file];
        assert_told(&place, &line, 3, words);
        line = vec!["scene", "check", file];
        assert_told(&place, &line, 3, words);
    }
}

/// The checksum of PNG chunks (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(
            sum ^ u32::from(byte),
            |sum, _| if sum & 1 == 1 { 0xEDB8_8320 ^ (sum >> 1) } else { sum >> 1 },
        )
    })
}

#[test]
fn scenes_without_camera_or_triangles_are_told_and_shown_all_the_same() {
    let place = Place::new();
    lamp(&place, "nobody.gltf", |scene| {
        scene["nodes"].as_array_mut().expect("nodes").iter_mut().for_each(|node| {
            node.as_object_mut().expect("a node").remove("camera");
        });
        scene.as_object_mut().expect("a scene").remove("cameras");
    });
    lamp(&place, "nothing.gltf", |scene| {
        scene["nodes"].as_array_mut().expect("nodes").iter_mut().for_each(|node| {
            node.as_object_mut().expect("a node").remove("mesh");
        });
        scene.as_object_mut().expect("a scene").remove("meshes");
    });
    for (file, word) in [("nobody.gltf", "no camera"), ("nothing.gltf", "no triangles")] {
        let ended = place.run(&["scene", "check", file]);
        assert_eq!(ended.exit, 0, "{}", ended.talk);
        assert!(ended.data.contains(word), "{file}: {}", ended.data);
    }
}

/// A full disk: a tiny one of this test's own, in a namespace of its own, as root or as anybody whom the system lets.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_what_was_there_stays() {
    let place = Place::new();
    place.write("old.exr", b"the picture of yesterday");
    // A picture from elsewhere, so that no renderer is needed: the preview is what does not fit.
    paint(&place, "whole.exr");
    let script = "mkdir full && mount -t tmpfs -o size=16k tmpfs full && cp old.exr full/a.png && \
        head -c 12288 /dev/zero >full/fill && touch mounted; \
        \"$0\" exr to-png whole.exr -o full/a.png; code=$?; \
        ls -A full >left.txt; cp full/a.png kept.png; \
        \"$0\" coordinator --listen 127.0.0.1:0 --data full/farm; echo \"coordinator $?\" >&2; exit $code";
    let mut command = std::process::Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(env!("CARGO_BIN_EXE_tessera"));
    let output = command.current_dir(place.folder()).env("HOME", place.folder()).output();
    if !place.path("mounted").exists() {
        use std::io::Write;
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no disk can be made here, so none was full");
        return;
    }
    let output = output.expect("the script ran");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{talk}");
    assert!(talk.contains("\"full/a.png\": the disk is full"), "{talk}");
    assert_eq!(std::fs::read(place.path("kept.png")).expect("kept"), b"the picture of yesterday");
    assert_eq!(std::fs::read_to_string(place.path("left.txt")).expect("listed"), "a.png\nfill\n");
    assert!(talk.contains("identity.key cannot be written: the disk is full"), "{talk}");
    assert!(talk.contains("coordinator 1"), "{talk}");
    assert_eq!(talk.matches("  help: free ").count(), 2, "{talk}");
}

/// A picture of noise, large enough not to fit a tiny disk as PNG.
#[cfg(target_os = "linux")]
fn paint(place: &Place, name: &str) {
    use frame::{
        Film, FrameSize, Partial, Plane, RenderSettings, SettingsDraft, TileGrid, TileIndex, TilePlanes,
        TreeNode,
    };
    let size = FrameSize::new(128, 128).expect("in range");
    let settings =
        RenderSettings::new(SettingsDraft { spp: 1, ..SettingsDraft::defaults(size) }).expect("valid");
    let mut film = Film::new(TileGrid::new(size, 128, 0), settings);
    let rect = film.grid().rect(TileIndex(0)).expect("the only tile");
    let mut planes = TilePlanes::zeroed(rect, settings.planes);
    let noise = |at: usize| (at as u32).wrapping_mul(2_654_435_769) as f32 / u32::MAX as f32;
    let radiance = planes.plane_mut(Plane::Radiance).expect("always there");
    radiance.iter_mut().enumerate().for_each(|(at, value)| *value = noise(at));
    planes.plane_mut(Plane::Alpha).expect("always there").fill(1.0);
    film.merge(TileIndex(0), Partial { node: TreeNode { level: 0, index: 0 }, planes }).expect("it fits");
    frame::exr::write(&place.path(name), &film.picture(), &frame::exr::ExrOptions::default())
        .expect("written");
}

#[test]
fn another_key_and_another_version_are_told_apart() {
    use render_net::identity::Identity;
    use render_net::link::Listener;
    let place = Place::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let host = |protocol: Option<&[u8]>, told: &Identity| {
        let identity = Identity::generate();
        let at = ([127, 0, 0, 1], 0).into();
        let _inside = runtime.enter();
        let listener = match protocol {
            Some(protocol) => Listener::bind_speaking(at, &identity, protocol),
            None => Listener::bind(at, &identity),
        };
        let listener = listener.expect("a free port");
        let port = listener.local_address().expect("it is bound").port();
        runtime.spawn(async move {
            while let Some(caller) = listener.accept().await {
                tokio::spawn(caller.handshake());
            }
        });
        let key = if protocol.is_some() { identity.id() } else { told.id() };
        format!("tessera://127.0.0.1:{port}#{key}")
    };
    let stranger = Identity::generate();
    let (wrong, future) = (host(None, &stranger), host(Some(b"tessera/99"), &stranger));
    // The data folder is there before, so that nothing else is left behind.
    for party in ["artist", "node"] {
        Identity::open_or_create(&place.path(party)).expect("a new identity");
    }
    for (address, word) in [(&wrong, "another machine answers there"), (&future, "version mismatch")] {
        assert_told(&place, &["watch", address, "--data", "artist"], 4, &[word]);
        assert_told(&place, &["earnings", "--coordinator", address, "--data", "node"], 4, &[word]);
        let line = ["submit", "lamp.gltf", "-o", "a.exr", "--coordinator", address, "--data", "artist"];
        assert_told(&place, &line, 4, &[word]);
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
        (&["coordinator", "--store", "mysql://h/d", "--data", "c"], 2),
        (&["coordinator", "--store", "postgres://u@h:port/d", "--data", "c"], 2),
        (&["coordinator", "--blobs", "gs://bucket/x", "--data", "c"], 2),
        (&["coordinator", "--blobs", "s3://x", "--data", "c"], 2),
        (&["submit", "lamp.gltf", "-o", "a.exr", "--coordinator", "tessera://x"], 2),
    ] {
        assert_told(&place, line, exit, &[]);
    }
}

#[test]
fn a_database_that_is_not_there_is_a_network_fault_and_no_password_is_repeated() {
    let place = Place::new();
    let wrong = [
        ("mysql://u:canary@h/d", 2),
        ("postgres://u:canary@h:port/d", 2),
        ("postgres://u:canary@h/d?sslmode=maybe", 2),
        ("postgres://u:canary@127.0.0.1:1/d", 4),
    ];
    for (store, exit) in wrong {
        let ended = place.run(&["coordinator", "--store", store, "--data", "c"]);
        assert_eq!(ended.exit, exit, "{}", ended.talk);
        assert!(!format!("{}{}", ended.talk, ended.data).contains("canary"), "{}", ended.talk);
    }
}

#[test]
fn a_bucket_that_cannot_be_used_is_told_without_its_keys() {
    let place = Place::new();
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let (nobody, far) = (format!("http://{nobody}"), "http://store.example".to_owned());
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAHUSH"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    for (blobs, keys, endpoint, exit, word) in [
        ("s3://AKIAHUSH:hush@sealed/farm", &keys[..], &nobody, 2, "s3://BUCKET/PREFIX"),
        ("s3://sealed/farm", &keys[..1], &nobody, 2, "AWS_SECRET_ACCESS_KEY"),
        ("s3://sealed/farm", &keys[..], &far, 2, "AWS_ALLOW_HTTP"),
        ("s3://sealed/farm", &keys[..], &nobody, 4, "AWS_ENDPOINT_URL"),
    ] {
        let mut command =
            place.command(&["coordinator", "--listen", "127.0.0.1:0", "--data", "c", "--blobs", blobs]);
        command
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_ENDPOINT_URL_S3")
            .env_remove("AWS_ALLOW_HTTP");
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let output =
            command.envs(keys.iter().copied()).env("AWS_ENDPOINT_URL", endpoint).env("TESSERA_LOG", "debug");
        let output = output.output().expect("the program runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{blobs}: {said}");
        assert!(said.contains(word) && said.contains("  help: "), "{blobs}: {said}");
        assert!(!said.contains("hush") && !said.contains("AKIA"), "{blobs}: {said}");
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
