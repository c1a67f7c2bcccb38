//! Pictures that grow: received over loopback by tev's own operations, and kept with what was told of them.
//!
//! Only this machine may connect, only four senders at a time, and only creating, updating and closing is taken
//! ([`frame::tev`]): nobody can make the viewer open a file. A sender that is faster than the window waits. A picture whose sender
//! goes without a word grows no longer.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

use frame::TileStage;
use frame::tev::{Packet, PacketError};
use frame::{FrameIndex, FrameSize, TileGrid, TileIndex, TileRect};

/// Packets that wait for the window.
const WAITING_MAX: usize = 16;
const SENDERS_MAX: usize = 4;
/// Rectangles that are remembered of one picture.
const TILES_MAX: usize = 1 << 16;

/// A socket that takes pictures.
pub struct Listener {
    /// Where senders connect.
    pub address: SocketAddr,
    deliveries: Receiver<Delivery>,
}

/// What came over a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Tells connections apart.
    pub sender: u64,
    /// What it is.
    pub what: Delivered,
}

/// What can come over a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivered {
    /// A packet.
    Packet(Packet),
    /// A new picture that is not taken, and why.
    Refused(PacketError),
    /// Nothing more: the connection has ended.
    Gone,
}

/// What is known of a picture that grows.
#[derive(Debug)]
pub struct Growth {
    /// How its sender calls it.
    pub name: String,
    /// Which frame of a render it is; 0 where nobody said.
    pub frame: FrameIndex,
    /// The tiles into which it is cut, or, where nobody told its cut, rectangles in the order in which they first came.
    pub tiles: Vec<Tile>,
    /// How often any rectangle came.
    pub updates: u64,
    /// Whether more may come.
    pub is_open: bool,
    /// Whether its sender went before it had said that nothing more comes.
    pub is_lost: bool,
    /// The connection over which it comes.
    sender: Option<u64>,
    grid: Option<TileGrid>,
}

/// A rectangle that came, or one that will.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    /// Which pixels.
    pub rect: TileRect,
    /// How often any of them came.
    pub updates: u32,
    /// When they came last.
    pub at: Option<Instant>,
    /// How far it is.
    pub stage: TileStage,
    /// Whether all its samples came with receipts that were checked.
    pub is_checked: bool,
    /// Work on it so far, seconds, where that was told.
    pub seconds: Option<f32>,
}

/// What a packet changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There is another picture.
    Picture,
    /// There are other numbers in a rectangle.
    Pixels(TileRect),
    /// More is known of tiles.
    Tiles,
    /// Nothing more comes.
    End,
}

impl Listener {
    /// Listens on a loopback address, port 0 for any that is free; `wake` is called after every packet.
    ///
    /// # Errors
    /// When the address is not loopback or is taken.
    pub fn open(address: SocketAddr, wake: impl Fn() + Send + Clone + 'static) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "only this machine may send pictures; use a loopback address";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let (sender, deliveries) = sync_channel(WAITING_MAX);
        let (senders, numbers) = (Arc::new(AtomicUsize::new(0)), AtomicU64::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if senders.fetch_add(1, Ordering::Relaxed) >= SENDERS_MAX {
                    senders.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (sender, wake, senders) = (sender.clone(), wake.clone(), Arc::clone(&senders));
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    let deliver = |what| {
                        let is_taken = sender.send(Delivery { sender: number, what }).is_ok();
                        wake();
                        is_taken
                    };
                    take(stream, deliver);
                    senders.fetch_sub(1, Ordering::Relaxed);
                    deliver(Delivered::Gone);
                });
            }
        });
        Ok(Self { address, deliveries })
    }

    /// What waits.
    pub fn next(&self) -> Option<Delivery> {
        self.deliveries.try_recv().ok()
    }
}

/// Reads packets until the sender goes, sends what cannot be read any further, or nobody takes them.
fn take(mut stream: TcpStream, deliver: impl Fn(Delivered) -> bool) {
    loop {
        let mut head = [0; 4];
        let Ok(length) = stream
            .read_exact(&mut head)
            .map_err(drop)
            .and_then(|()| Packet::length_after(head).map_err(drop))
        else {
            return;
        };
        // Grows with what really comes, not with what was announced.
        let mut body = Vec::new();
        match (&mut stream).take(length as u64).read_to_end(&mut body) {
            Ok(read) if read == length => {}
            _ => return,
        }
        let what = match Packet::read(&body) {
            Ok(packet) => Delivered::Packet(packet),
            // Somebody waits for this picture, and would look at an empty window.
            Err(error @ PacketError::TooLarge { .. }) => Delivered::Refused(error),
            Err(error) => {
                tracing::warn!(%error, "a packet was refused");
                continue;
            }
        };
        if !deliver(what) {
            return;
        }
    }
}

impl Growth {
    /// Of a picture that was just created.
    pub fn new(name: &str) -> Self {
        let (frame, grid) = (FrameIndex(0), None);
        let (is_open, is_lost, sender) = (true, false, None);
        Self { name: name.to_owned(), frame, tiles: Vec::new(), updates: 0, is_open, is_lost, sender, grid }
    }

    /// Learns over which connection it comes now; one that was given up because its sender went may go on over another.
    pub fn comes_from(&mut self, sender: u64) {
        self.sender = Some(sender);
        self.is_open |= self.is_lost;
        self.is_lost = false;
    }

    /// Learns that a connection has ended; says whether more of this picture should have come over it.
    pub fn lose(&mut self, sender: u64) -> bool {
        let is_its_own = self.is_open && self.sender == Some(sender);
        self.is_open &= !is_its_own;
        self.is_lost |= is_its_own;
        is_its_own
    }

    /// Learns how the picture is cut; a cut into too many tiles is left out.
    pub fn cut(&mut self, frame: FrameIndex, size: FrameSize, edge_px: u32) {
        let grid = TileGrid::new(size, edge_px, 0);
        if grid.len() as usize > TILES_MAX {
            return;
        }
        let rects = (0..grid.len()).filter_map(|tile| grid.rect(TileIndex(tile)));
        self.tiles = rects.map(|rect| Tile::new(rect, TileStage::Queued)).collect();
        (self.frame, self.grid) = (frame, Some(grid));
    }

    /// Learns how far a tile is; it never goes back.
    pub fn tell(&mut self, tile: TileIndex, stage: TileStage, is_checked: bool, seconds: Option<f32>) {
        let Some(tile) = self.tiles.get_mut(tile.0 as usize).filter(|_| self.grid.is_some()) else { return };
        tile.stage = tile.stage.max(stage);
        tile.is_checked |= is_checked;
        tile.seconds = seconds.or(tile.seconds);
    }

    /// Notes that a rectangle came.
    pub fn note(&mut self, rect: TileRect, at: Instant) {
        self.updates += 1;
        let touched = |tile: &&mut Tile| tile.rect.intersection(rect).pixels() > 0;
        let same = |tile: &&mut Tile| tile.rect == rect;
        if self.grid.is_some() {
            self.tiles.iter_mut().filter(touched).for_each(|tile| tile.note(at));
        } else if let Some(tile) = self.tiles.iter_mut().find(same) {
            tile.note(at);
        } else if self.tiles.len() < TILES_MAX {
            let mut tile = Tile::new(rect, TileStage::Noisy);
            tile.note(at);
            self.tiles.push(tile);
        }
    }

    /// The tile of a pixel, if anything came of it.
    pub fn tile_at(&self, x: u32, y: u32) -> Option<(usize, &Tile)> {
        let pixel = TileRect { x, y, width: 1, height: 1 };
        let mut all = self.tiles.iter().enumerate();
        all.find(|(_, tile)| (tile.updates > 0 || self.grid.is_some()) && tile.rect.contains(pixel))
    }

    /// Tiles that are at least so far.
    pub fn count(&self, at_least: TileStage) -> usize {
        self.tiles.iter().filter(|tile| tile.stage >= at_least).count()
    }

    /// Whether its sender told how it is cut, and so how far each tile is.
    pub fn is_cut(&self) -> bool {
        self.grid.is_some()
    }
}

impl Tile {
    fn new(rect: TileRect, stage: TileStage) -> Self {
        Self { rect, updates: 0, at: None, stage, is_checked: false, seconds: None }
    }

    fn note(&mut self, at: Instant) {
        (self.updates, self.at) = (self.updates + 1, Some(at));
        self.stage = self.stage.max(TileStage::Noisy);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use super::*;

    fn names() -> Vec<String> {
        ["R", "G", "B", "A", "samples.N"].map(str::to_owned).into()
    }

    fn update(rect: TileRect, value: f32) -> Packet {
        let values = vec![value; rect.pixels() * 5];
        Packet::Update { name: "frame".into(), rect, channels: names(), values }
    }

    #[test]
    fn tiles_are_counted_and_found_again() {
        let (mut growth, rect) = (Growth::new("frame"), TileRect { x: 4, y: 4, width: 4, height: 4 });
        growth.note(rect, Instant::now());
        growth.note(rect, Instant::now());
        assert_eq!(growth.tile_at(5, 5).map(|(at, tile)| (at, tile.updates)), Some((0, 2)));
        assert_eq!(growth.updates, 2);
        assert!(growth.tile_at(0, 0).is_none() && growth.is_open);
    }

    #[test]
    fn tiles_that_were_told_of_wait_and_go_forward_only() {
        let mut growth = Growth::new("frame");
        growth.tell(TileIndex(0), TileStage::Done, true, None);
        assert!(growth.tiles.is_empty(), "nothing is known of a cut yet");
        growth.cut(FrameIndex(7), FrameSize::new(20, 8).expect("in range"), 8);
        assert_eq!((growth.tiles.len(), growth.count(TileStage::InFlight)), (3, 0));
        growth.tell(TileIndex(1), TileStage::InFlight, false, None);
        let half = TileRect { x: 8, y: 0, width: 4, height: 8 };
        growth.note(half, Instant::now());
        growth.tell(TileIndex(1), TileStage::Denoised, true, Some(1.5));
        growth.tell(TileIndex(1), TileStage::Noisy, false, None);
        growth.tell(TileIndex(99), TileStage::Done, true, None);
        let tile = growth.tile_at(9, 3).map(|(at, tile)| (at, tile.stage, tile.is_checked, tile.seconds));
        assert_eq!(tile, Some((1, TileStage::Denoised, true, Some(1.5))));
        assert_eq!((growth.tiles.len(), growth.tiles[1].updates), (3, 1), "a part is no tile of its own");
        let mut large = Growth::new("large");
        large.cut(FrameIndex(0), FrameSize::new(16384, 16384).expect("in range"), 8);
        assert!(large.tiles.is_empty(), "four million tiles are nobody's overlay");
    }

    #[test]
    fn packets_come_over_loopback_and_refused_ones_do_no_harm() {
        let listener = Listener::open(([127, 0, 0, 1], 0).into(), || ()).expect("a free port");
        let mut stream = TcpStream::connect(listener.address).expect("it listens");
        let rect = TileRect { x: 0, y: 0, width: 2, height: 2 };
        stream.write_all(&Packet::open_file("secret.exr")).expect("it is read");
        stream.write_all(&update(rect, 3.0).to_bytes()).expect("it is read");
        let packet = Delivered::Packet(update(rect, 3.0));
        assert_eq!(next(&listener), Delivery { sender: 0, what: packet }, "and the file was not opened");
    }

    fn next(listener: &Listener) -> Delivery {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match listener.next() {
                Some(delivery) => return delivery,
                None => assert!(Instant::now() < until, "something came"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_picture_that_is_too_large_and_a_sender_that_goes_are_told() {
        let listener = Listener::open(([127, 0, 0, 1], 0).into(), || ()).expect("a free port");
        for sender in 0..2 {
            let mut stream = TcpStream::connect(listener.address).expect("it listens");
            let (width, height) = (60_000, 60_000);
            let create = Packet::Create { name: "frame".into(), width, height, channels: names() };
            stream.write_all(&create.to_bytes()).expect("it is read");
            let refused = Delivered::Refused(PacketError::TooLarge { width, height, channels: 5 });
            assert_eq!(next(&listener), Delivery { sender, what: refused });
            drop(stream);
            assert_eq!(next(&listener), Delivery { sender, what: Delivered::Gone });
        }
    }

    #[test]
    fn a_picture_ends_with_its_own_sender_only_and_goes_on_with_another() {
        let mut growth = Growth::new("frame");
        growth.comes_from(3);
        assert!(!growth.lose(2) && growth.is_open);
        assert!(growth.lose(3) && growth.is_lost && !growth.is_open);
        growth.comes_from(4);
        assert!(growth.is_open && !growth.is_lost);
        growth.is_open = false;
        assert!(!growth.lose(4) && !growth.is_lost, "it was complete");
        growth.comes_from(5);
        assert!(!growth.is_open, "and stays so");
    }

    #[test]
    fn the_world_cannot_send_pictures() {
        assert!(Listener::open(([0, 0, 0, 0], 0).into(), || ()).is_err());
    }
}
