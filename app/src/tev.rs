//! Feeds a growing picture to programs that show it: an artist's tev, or the project's own viewer, both by tev's operations.
//!
//! There is no encryption and no password in that protocol: it goes to this machine only, unless a person insists. Packets are
//! framed by [`frame::tev`] and not by the crate `tev_client`, which has only the sending half, whereas the viewer needs the same
//! bytes read within limits. Sending never holds up a render: a thread does it, the newest picture of a tile replaces the one that
//! still waits, and a program that goes away is told once and forgotten.

mod outbox;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use frame::tev::{Packet, TEV_PORT};
use frame::{FrameIndex, FrameSize, LiveEvent, TileGrid, TileIndex, TileRect, TileStage};

use crate::event::{Audience, Event};
use crate::fault::Fault;
use crate::sight::{Sight, Work};
use outbox::Outbox;

/// Edge of what goes in one packet.
const PIECE_PX: u32 = 1024;
/// Edge of the pieces of a frame whose tiles were never seen.
const TILE_PX: u32 = 256;
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// A frame of which nothing was seen for so long gives way to another: it may have failed.
const STILL_TIME: Duration = Duration::from_secs(10);

/// Which program shows the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// tev. It is asked to open the finished file in the growing picture's place, if it is on this machine.
    Tev {
        /// Whether it is.
        is_here: bool,
    },
    /// The project's own viewer, which keeps what it has and also wants to know samples and how far each tile is.
    Viewer,
}

/// A connection to such a program.
pub struct Feed {
    title: String,
    screen: Screen,
    outbox: Outbox,
    /// Frames that are shown there and not finished.
    open: BTreeMap<FrameIndex, Shown>,
    /// How frames are cut, as soon as that is told.
    grid: Option<TileGrid>,
    /// Tiles of unfinished frames that somebody works on.
    leased: BTreeSet<(FrameIndex, TileIndex)>,
    is_told: bool,
}

/// What was sent of a frame.
struct Shown {
    grid: TileGrid,
    /// Pieces by their corner, with the hash of their pixels.
    pieces: BTreeMap<(u32, u32), (TileRect, u64)>,
    /// When the last of them was seen.
    at: Instant,
}

/// Passes everything on to another audience, and shows the picture on the side.
pub struct Watched<'a> {
    inner: &'a mut dyn Audience,
    feeds: Vec<Feed>,
}

impl Feed {
    /// Connects to a running tev; `title` is how its pictures are called.
    ///
    /// # Errors
    /// When nobody listens there, or when that is another machine and `allow_remote` was not said.
    pub fn tev(address: &str, allow_remote: bool, title: &str) -> Result<Self, Fault> {
        let address =
            if address.contains(':') { address.to_owned() } else { format!("{address}:{TEV_PORT}") };
        let found: Vec<SocketAddr> = address
            .to_socket_addrs()
            .map_err(|error| Fault::usage(format!("{address} is no address: {error}"), "write HOST:PORT"))?
            .collect();
        let is_here = !found.is_empty() && found.iter().all(|address| address.ip().is_loopback());
        if !is_here && !allow_remote {
            let what = format!("{address} is another machine, and pictures would go there unprotected");
            return Err(Fault::usage(what, "use a tev on this machine, or say --tev-allow-remote"));
        }
        let stream = found.iter().find_map(|address| TcpStream::connect_timeout(address, CONNECT_TIME).ok());
        let stream = stream.ok_or_else(|| {
            Fault::network(format!("no tev listens at {address}"), "start tev first, or name its HOST:PORT")
        })?;
        Ok(Self::new(stream, Screen::Tev { is_here }, title))
    }

    /// Starts the viewer that lies beside this program and connects to it. `output` is where the picture will be, with `####`
    /// for the frame's number: a viewer that is killed shows that file when it is started again.
    ///
    /// # Errors
    /// When there is none, or when it cannot open a window.
    pub fn viewer(title: &str, output: Option<&Path>) -> Result<Self, Fault> {
        let program = viewer_beside()?;
        let cannot = |why: &dyn std::fmt::Display| {
            Fault::failure(
                format!("the viewer cannot be started: {why}"),
                "see `tessera doctor`, or leave --viewer out",
            )
        };
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0"])
            .args(output.into_iter().flat_map(|output| [OsStr::new("--output"), output.as_os_str()]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| cannot(&error))?;
        let out = child.stdout.take().expect("it was asked for");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).map_err(|error| cannot(&error))?;
        let address = line.trim().strip_prefix("listening ").and_then(|text| text.parse::<SocketAddr>().ok());
        let address = address.ok_or_else(|| cannot(&"it opened no window"))?;
        let stream = TcpStream::connect_timeout(&address, CONNECT_TIME).map_err(|error| cannot(&error))?;
        Ok(Self::new(stream, Screen::Viewer, title))
    }

    /// Sends over a stream that is connected already.
    pub fn new(stream: TcpStream, screen: Screen, title: &str) -> Self {
        let outbox = Outbox::open(stream);
        Self {
            title: title.to_owned(),
            screen,
            outbox,
            open: BTreeMap::new(),
            grid: None,
            leased: BTreeSet::new(),
            is_told: false,
        }
    }

    fn name(&self, frame: FrameIndex) -> String {
        format!("{} frame {}", self.title, frame.0)
    }

    fn channels(&self) -> Vec<String> {
        let names: &[&str] = match self.screen {
            Screen::Tev { .. } => &["R", "G", "B", "A"],
            Screen::Viewer => &["R", "G", "B", "A", "samples.N"],
        };
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn see(&mut self, sight: &Sight<'_>) {
        if !self.shows(sight.frame, TileGrid::new(sight.size, sight.edge_px, 0)) {
            return;
        }
        let (name, channels) = (self.name(sight.frame), self.channels());
        let Some(shown) = self.open.get_mut(&sight.frame) else { return };
        shown.at = Instant::now();
        for rect in shown.pieces(sight) {
            let rgba = sight.rect.crop(sight.rgba, 4, rect).expect("pieces lie inside");
            let hash = blake3::hash(&rgba.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
            let hash = u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight of 32"));
            if shown.pieces.insert((rect.x, rect.y), (rect, hash)) == Some((rect, hash)) {
                continue;
            }
            let values = match self.screen {
                Screen::Tev { .. } => rgba,
                Screen::Viewer => {
                    let samples = sight.samples as f32;
                    rgba.chunks_exact(4)
                        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[3], samples])
                        .collect()
                }
            };
            let (name, channels) = (name.clone(), channels.clone());
            self.outbox.put(Packet::Update { name, rect, channels, values });
        }
        let tiles = sight.tile.map_or(0..shown.grid.len(), |tile| tile.0..tile.0 + 1);
        let stage = TileStage::from(sight.stage);
        for tile in tiles {
            self.tell(sight.frame, TileIndex(tile), stage, sight.work);
        }
    }

    /// Whether a frame is shown, which it may begin to be now.
    fn shows(&mut self, frame: FrameIndex, grid: TileGrid) -> bool {
        if self.open.contains_key(&frame) {
            return true;
        }
        if self.screen == Screen::Viewer {
            // It shows one picture, and one that jumps between frames which grow side by side shows none.
            if self.open.values().any(|shown| shown.at.elapsed() < STILL_TIME) {
                return false;
            }
            self.open.clear();
        }
        let (name, channels) = (self.name(frame), self.channels());
        let (width, height) = (grid.frame().width(), grid.frame().height());
        self.outbox.put(Packet::Create { name: name.clone(), width, height, channels });
        self.open.insert(frame, Shown { grid, pieces: BTreeMap::new(), at: Instant::now() });
        if self.screen == Screen::Viewer {
            self.outbox.put(Packet::Cut { name, frame, edge_px: grid.edge_px() });
            let leased: Vec<TileIndex> =
                self.leased.iter().filter(|(leased, _)| *leased == frame).map(|(_, tile)| *tile).collect();
            for tile in leased {
                self.tell(frame, tile, TileStage::InFlight, Work::default());
            }
        }
        true
    }

    /// Tells our viewer how far a tile is; a tev has no word for that.
    fn tell(&self, frame: FrameIndex, tile: TileIndex, stage: TileStage, work: Work) {
        if self.screen == Screen::Viewer && self.open.contains_key(&frame) {
            let (name, Work { is_checked, seconds }) = (self.name(frame), work);
            self.outbox.put(Packet::Tile { name, tile, stage, is_checked, seconds });
        }
    }

    fn hear(&mut self, event: &Event) -> Option<Event> {
        match event {
            Event::RenderStarted { width, height, tile_px, .. } => {
                let size = FrameSize::new(*width, *height).ok();
                self.grid = size.map(|size| TileGrid::new(size, *tile_px, 0));
            }
            Event::FrameSeen { frame } => self.whole(FrameIndex(*frame), None),
            Event::Live(event) => self.live(event),
            _ => {}
        }
        let why = self.outbox.fault().filter(|_| !self.is_told)?;
        self.is_told = true;
        let message = format!("the picture is no longer shown while it grows: {why}");
        Some(LiveEvent::Warning { message }.into())
    }

    fn live(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::FrameStarted { frame } => {
                // Its tiles are seen to wait; a tev has nothing to show yet.
                if let (Screen::Viewer, Some(grid)) = (self.screen, self.grid) {
                    self.shows(*frame, grid);
                }
            }
            LiveEvent::TileLeased { frame, tile, .. } => {
                self.leased.insert((*frame, *tile));
                self.tell(*frame, *tile, TileStage::InFlight, Work::default());
            }
            LiveEvent::FrameWritten { frame, file } => self.whole(*frame, Some(file)),
            // Nothing is told after the end: what has not gone yet goes before it, and whether that failed is known then.
            LiveEvent::Finished { .. } => self.outbox.empty(),
            _ => {}
        }
    }

    /// A frame is whole, and in a file where it is ours.
    fn whole(&mut self, frame: FrameIndex, file: Option<&str>) {
        self.leased.retain(|(leased, _)| *leased != frame);
        if self.open.remove(&frame).is_none() {
            return;
        }
        let name = self.name(frame);
        match (self.screen, file) {
            (Screen::Tev { is_here: true }, Some(file)) => {
                if let Ok(path) = std::path::absolute(Path::new(file)) {
                    self.outbox.put_bytes(Packet::open_file(&path.to_string_lossy()));
                }
                self.outbox.put(Packet::Close { name });
            }
            // Closing would take the picture away from somebody who cannot open its file.
            (Screen::Tev { .. }, _) => {}
            (Screen::Viewer, _) => self.outbox.put(Packet::Close { name }),
        }
    }
}

impl Shown {
    /// The parts in which a sight is sent: a whole frame along the tiles that were sent before, so that what has not changed
    /// is known.
    fn pieces(&self, sight: &Sight<'_>) -> Vec<TileRect> {
        if sight.tile.is_some() {
            return sight.rect.cut(PIECE_PX);
        }
        let known: Vec<TileRect> = self.pieces.values().map(|(rect, _)| *rect).collect();
        match known.iter().map(|rect| rect.pixels()).sum::<usize>() == sight.rect.pixels() {
            true => known,
            false => sight.rect.cut(TILE_PX),
        }
    }
}

impl<'a> Watched<'a> {
    /// An audience with these screens beside it.
    pub fn new(inner: &'a mut dyn Audience, feeds: Vec<Feed>) -> Self {
        Self { inner, feeds }
    }
}

impl Audience for Watched<'_> {
    fn hear(&mut self, event: &Event) {
        for feed in &mut self.feeds {
            if let Some(warning) = feed.hear(event) {
                self.inner.hear(&warning);
            }
        }
        self.inner.hear(event);
    }

    fn watches(&self) -> bool {
        self.inner.watches() || self.feeds.iter().any(|feed| feed.outbox.fault().is_none())
    }

    fn see(&mut self, sight: &Sight<'_>) {
        if self.inner.watches() {
            self.inner.see(sight);
        }
        self.feeds.iter_mut().for_each(|feed| feed.see(sight));
    }
}

/// The viewer program in this program's folder, or where the desktop's package has it when this is the command line that it brings
/// (`/usr/lib/tessera/tessera`).
///
/// # Errors
/// When it is in neither.
pub fn viewer_beside() -> Result<PathBuf, Fault> {
    let name = format!("tessera-viewer{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe().unwrap_or_default();
    let places = program.parent().into_iter().flat_map(|here| [here.to_owned(), here.join("../../bin")]);
    places.map(|place| place.join(&name)).find(|path| path.exists()).ok_or_else(|| {
        let what = format!("the viewer, {name}, does not lie beside this program");
        Fault::failure(what, "install it, or build it with `cargo build -p tessera-viewer`")
    })
}

#[cfg(test)]
pub(crate) mod tests;
