//! A scene full of unmistakable bytes, and the search for them in files, memory and traffic.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;

use crate::program::Place;

/// Bytes that are nowhere else, with names to tell.
pub(crate) struct Canaries {
    needles: Vec<(String, Vec<u8>)>,
    scene_needles: usize,
}

/// A capture of the traffic of one UDP port on loopback.
pub(crate) struct Tap(Option<(Child, std::path::PathBuf)>);

/// Where tcpdump may lie although a plain user's path does not name it.
const TCPDUMP: [&str; 2] = ["tcpdump", "/usr/sbin/tcpdump"];
/// How long it may take to begin to listen.
const LISTENING_AFTER: Duration = Duration::from_secs(10);

const NAMES: [&str; 4] =
    ["CANARY-node-5d1f", "CANARY-mesh-9b02", "CANARY-material-77e4", "CANARY-camera-c310"];
const TEXTURE_PX: u32 = 16;
const MEMORY_STEP: usize = 1 << 20;

impl Canaries {
    /// Writes a lamp that looks like nobody else's, and remembers what would give it away.
    pub(crate) fn plant(place: &Place, name: &str) -> Self {
        let mut chance = Chance(0x9e37_79b9);
        // Corners of a rough square before the camera, in no regular place.
        let corners: Vec<[f32; 3]> = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
            .map(|[x, y]| [x + 0.1 * chance.next(), y + 0.1 * chance.next(), 0.1 * chance.next()])
            .to_vec();
        let texels: Vec<u8> = (0..TEXTURE_PX * TEXTURE_PX)
            .flat_map(|_| [chance.byte(), chance.byte(), chance.byte(), 255])
            .collect();
        let corner_bytes: Vec<u8> =
            corners.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        place.write(name, gltf(&corner_bytes, &png(&texels)).as_bytes());
        let mut needles: Vec<(String, Vec<u8>)> =
            NAMES.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect();
        for (at, corner) in corner_bytes.chunks_exact(12).enumerate() {
            needles.push((format!("corner {at}"), corner.to_vec()));
        }
        for (at, row) in texels.chunks_exact(4 * TEXTURE_PX as usize).enumerate() {
            needles.push((format!("texel row {at}"), row[..32].to_vec()));
        }
        needles.push(("output name".into(), b"CANARY-output".to_vec()));
        let scene_needles = corners.len() + TEXTURE_PX as usize;
        Self { needles, scene_needles }
    }

    /// Everything that is searched for, one piece after the other.
    pub(crate) fn needles(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.needles.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// How many needles come from arrays that a renderer must hold.
    pub(crate) fn scene_count(&self) -> usize {
        self.scene_needles
    }

    /// Adds the float channels of the finished picture, which has one sample block: its means are its sums times a constant, so both are
    /// looked for.
    pub(crate) fn add_pixels(&mut self, place: &Place, file: &str) {
        let read = frame::exr::read(&place.path(file), &frame::exr::ReadLimits::default());
        let picture = read.expect("the picture was just written");
        let part = &picture.parts[0];
        for channel in ["normal.X", "depth.Z"] {
            let samples = part.channel(channel).expect("a default layer");
            let middle =
                part.info.width as usize * (part.info.height as usize / 2) + part.info.width as usize / 2;
            for (what, factor) in [("mean", 1.0f32), ("sum", 16.0)] {
                let bytes: Vec<u8> =
                    (middle..middle + 4).flat_map(|at| (samples.number(at) * factor).to_le_bytes()).collect();
                if is_distinct(&bytes) {
                    self.needles.push((format!("{channel} {what}"), bytes));
                }
            }
        }
    }

    /// The canaries in these bytes.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let found = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
        self.needles.iter().filter(|(_, needle)| found(needle)).map(|(name, _)| name.clone()).collect()
    }

    /// The canaries in these files, and in all files of these folders and their names.
    pub(crate) fn found_in_files(&self, place: &Place, names: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for name in names {
            self.search_path(&place.path(name), &mut found);
        }
        found
    }

    /// The canaries in a process's memory; empty where the system does not show it.
    pub(crate) fn found_in_memory(&self, process: u32) -> Vec<String> {
        let Ok(maps) = std::fs::read_to_string(format!("/proc/{process}/maps")) else { return Vec::new() };
        let mut memory =
            std::fs::File::open(format!("/proc/{process}/mem")).expect("a child's memory can be read");
        let mut found = std::collections::BTreeSet::new();
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let Some((start, end)) = range.split_once('-') else { continue };
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            if rights.starts_with('r') {
                self.search_range(&mut memory, address(start), address(end), &mut found);
            }
        }
        found.into_iter().collect()
    }

    fn search_range(
        &self,
        memory: &mut std::fs::File,
        start: u64,
        end: u64,
        found: &mut std::collections::BTreeSet<String>,
    ) {
        let mut at = start;
        let mut buffer = vec![0; MEMORY_STEP];
        while at < end {
            let length = ((end - at) as usize).min(MEMORY_STEP);
            // Some ranges (device memory, guard pages) cannot be read.
            let read =
                memory.seek(SeekFrom::Start(at)).and_then(|_| memory.read_exact(&mut buffer[..length]));
            if read.is_err() {
                return;
            }
            found.extend(self.found_in(&buffer[..length]));
            // Steps overlap so that no needle lies across a border.
            at += if length < MEMORY_STEP { length as u64 } else { (MEMORY_STEP - 64) as u64 };
        }
    }

    fn search_path(&self, path: &Path, found: &mut Vec<String>) {
        found.extend(self.found_in(path.file_name().expect("a name").as_encoded_bytes()));
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("the folder is there") {
                self.search_path(&entry.expect("it can be listed").path(), found);
            }
        } else {
            found.extend(self.found_in(&std::fs::read(path).expect("the file is there")));
        }
    }
}

impl Tap {
    /// Listens; what cannot be heard on this machine is said aloud when the tap is closed.
    pub(crate) fn open(place: &Place, port: u16) -> Self {
        let (file, talk) = (place.path(&format!("traffic-{port}.pcap")), format!("tcpdump-{port}.log"));
        let start = |program: &&str| {
            let mut command = Command::new(program);
            // The filter is compiled before the file is made, so once the file is there nothing is missed.
            command.args(["-i", "lo", "-s", "0", "-U", "-w"]).arg(&file);
            command.args(["udp", "port", &port.to_string()]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(place.log(&talk)).spawn().ok()
        };
        let Some(mut child) = TCPDUMP.iter().find_map(start) else {
            say_aloud("SKIPPED: no tcpdump here, so the traffic was not searched");
            return Self(None);
        };
        let began = Instant::now();
        let listening =
            || std::fs::read_to_string(place.path(&talk)).unwrap_or_default().contains("listening on");
        while !listening()
            && began.elapsed() < LISTENING_AFTER
            && child.try_wait().is_ok_and(|end| end.is_none())
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        if !listening() {
            let _ = child.kill();
            child.wait().expect("a child can be waited for");
            let why = std::fs::read_to_string(place.path(&talk)).unwrap_or_default();
            say_aloud(&format!(
                "SKIPPED: tcpdump may not listen here, so the traffic was not searched: {}",
                why.trim()
            ));
            return Self(None);
        }
        Self(Some((child, file)))
    }

    /// What was captured; `None` when this account may not listen.
    pub(crate) fn close(self) -> Option<Vec<u8>> {
        let (mut child, file) = self.0?;
        // The last packets are on their way to the file.
        std::thread::sleep(Duration::from_millis(1000));
        assert!(child.try_wait().is_ok_and(|end| end.is_none()), "it has listened to the end");
        child.kill().expect("a child can be killed");
        child.wait().expect("a child can be waited for");
        Some(std::fs::read(file).expect("tcpdump made its file before it said that it listens"))
    }
}

/// Past the test runner, which keeps what a passing test prints to itself.
fn say_aloud(text: &str) {
    // A closed standard error is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn is_distinct(bytes: &[u8]) -> bool {
    let different: std::collections::BTreeSet<&u8> = bytes.iter().collect();
    different.len() >= 9
}

fn png(rgba: &[u8]) -> Vec<u8> {
    let picture =
        image::RgbaImage::from_raw(TEXTURE_PX, TEXTURE_PX, rgba.to_vec()).expect("the texels fill it");
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a small picture can be encoded");
    bytes.into_inner()
}

fn gltf(corners: &[u8], png: &[u8]) -> String {
    let coded = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let uvs: Vec<u8> =
        [0.0f32, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0].iter().flat_map(|uv| uv.to_le_bytes()).collect();
    let indices: Vec<u8> = [0u16, 1, 2, 0, 2, 3].iter().flat_map(|index| index.to_le_bytes()).collect();
    let buffer = [corners, &uvs, &indices].concat();
    let view = |offset: usize, length: usize| serde_json::json!({"buffer": 0, "byteOffset": offset, "byteLength": length});
    serde_json::json!({
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, 1]}],
        "nodes": [
            {"mesh": 0, "name": NAMES[0]},
            {"camera": 0, "name": NAMES[3], "translation": [0.1, 0.2, 3.0]}
        ],
        "cameras": [{"type": "perspective", "name": NAMES[3], "perspective": {"yfov": 0.6, "znear": 0.1}}],
        "materials": [{
            "name": NAMES[2],
            "doubleSided": true,
            "emissiveFactor": [1, 1, 1],
            "emissiveTexture": {"index": 0},
            "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}
        }],
        "textures": [{"source": 0}],
        "images": [{"uri": format!("data:image/png;base64,{}", coded(png))}],
        "meshes": [{"name": NAMES[1], "primitives": [
            {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}
        ]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5126, "count": 4, "type": "VEC2"},
            {"bufferView": 2, "componentType": 5123, "count": 6, "type": "SCALAR"}
        ],
        "bufferViews": [view(0, 48), view(48, 32), view(80, 12)],
        "buffers": [{
            "byteLength": buffer.len(),
            "uri": format!("data:application/octet-stream;base64,{}", coded(&buffer))
        }]
    })
    .to_string()
}

/// Numbers without pattern (xorshift32, Marsaglia 2003).
struct Chance(u32);

impl Chance {
    fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn next(&mut self) -> f32 {
        self.word() as f32 / u32::MAX as f32
    }

    fn byte(&mut self) -> u8 {
        (self.word() >> 11) as u8
    }
}
