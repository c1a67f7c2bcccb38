//! Packets on their way out: a thread writes them, whoever puts them never waits.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use frame::tev::Packet;

/// A program that takes nothing for so long is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What may wait, if not one whole frame is more: a frame of 8192 × 4608 pixels, and a little.
const WAITING_BYTES_MAX: usize = 1 << 30;

/// A packet without pixels.
const SMALL_BYTES: usize = 128;

/// A queue and the thread that empties it; dropped, it first sends what waits.
pub(super) struct Outbox {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    letters: VecDeque<Letter>,
    bytes: usize,
    /// The largest frame, all of which waits when it is denoised at its end.
    frame_bytes: usize,
    is_closed: bool,
    fault: Option<String>,
}

enum Letter {
    Packet(Packet),
    Bytes(Vec<u8>),
}

impl Outbox {
    pub(super) fn open(stream: TcpStream) -> Self {
        let shared = Arc::new(Shared { waiting: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || send(stream, &theirs));
        Self { shared, thread: Some(thread) }
    }

    /// Queues a packet; newer pixels take the place of older ones that have not gone yet.
    pub(super) fn put(&self, packet: Packet) {
        let mut waiting = self.shared.lock();
        if waiting.fault.is_some() {
            return;
        }
        let same = |letter: &&mut Letter| match (letter, &packet) {
            (
                Letter::Packet(Packet::Update { name: old, rect: place, .. }),
                Packet::Update { name, rect, .. },
            ) => old == name && place == rect,
            _ => false,
        };
        let is_update = matches!(packet, Packet::Update { .. });
        match waiting.letters.iter_mut().filter(|_| is_update).find(same) {
            Some(letter) => *letter = Letter::Packet(packet),
            None => waiting.add(Letter::Packet(packet)),
        }
        self.shared.changed.notify_one();
    }

    /// Queues bytes that are a packet already.
    pub(super) fn put_bytes(&self, bytes: Vec<u8>) {
        self.shared.lock().add(Letter::Bytes(bytes));
        self.shared.changed.notify_one();
    }

    /// Sends what waits and then takes nothing any more; waits for that, within the patience.
    pub(super) fn empty(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there has lost pixels on a screen and nothing else.
            let _ = thread.join();
        }
    }

    /// Why nothing is sent any more.
    pub(super) fn fault(&self) -> Option<String> {
        self.shared.lock().fault.clone()
    }
}

impl Waiting {
    fn add(&mut self, letter: Letter) {
        self.bytes += letter.bytes();
        if let Letter::Packet(Packet::Create { width, height, channels, .. }) = &letter {
            let values = (*width as usize).saturating_mul(*height as usize).saturating_mul(channels.len());
            self.frame_bytes = self.frame_bytes.max(values.saturating_mul(4));
        }
        self.letters.push_back(letter);
        // A little more than the frame: what is told of tiles lies between its pieces.
        let most = WAITING_BYTES_MAX.max(self.frame_bytes.saturating_add(self.frame_bytes / 8));
        if self.bytes > most {
            self.fault = Some("it takes pictures too slowly".to_owned());
            (self.letters, self.bytes) = (VecDeque::new(), 0);
        }
    }
}

impl Letter {
    /// About what it takes in memory; the same for the old and the new pixels of a rectangle.
    fn bytes(&self) -> usize {
        match self {
            Letter::Packet(Packet::Update { values, .. }) => 4 * values.len(),
            Letter::Packet(_) => SMALL_BYTES,
            Letter::Bytes(bytes) => bytes.len(),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A panic elsewhere leaves a queue that is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next letter; waits for it, and ends when there will be none.
    fn next(&self) -> Option<Letter> {
        let mut waiting = self.lock();
        loop {
            if let Some(letter) = waiting.letters.pop_front() {
                waiting.bytes -= letter.bytes();
                return Some(letter);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn send(mut stream: TcpStream, shared: &Shared) {
    // Without a time limit a program that hangs would hold this one at its end.
    let mut outcome = stream.set_write_timeout(Some(PATIENCE));
    while outcome.is_ok() {
        let Some(letter) = shared.next() else { break };
        outcome = match letter {
            Letter::Packet(packet) => stream.write_all(&packet.to_bytes()),
            Letter::Bytes(bytes) => stream.write_all(&bytes),
        };
    }
    if let Err(error) = outcome {
        let mut waiting = shared.lock();
        waiting.fault = Some(error.to_string());
        (waiting.letters, waiting.bytes) = (VecDeque::new(), 0);
    }
    // The other side may have gone already.
    let _ = stream.shutdown(Shutdown::Write);
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.empty();
    }
}

#[cfg(test)]
mod tests {
    use frame::TileRect;

    use super::*;

    fn update(pixels: usize) -> Letter {
        let rect = TileRect { x: 0, y: 0, width: 1, height: 1 };
        let values = vec![0.0; pixels];
        Letter::Packet(Packet::Update { name: String::new(), rect, channels: Vec::new(), values })
    }

    #[test]
    fn a_whole_frame_may_wait_however_large_it_is() {
        let channels: Vec<String> = ["R", "G", "B", "A", "samples.N"].map(str::to_owned).into();
        let create = Packet::Create { name: String::new(), width: 16_384, height: 16_384, channels };
        let whole = 16_384 * 16_384 * 5 * 4;
        let mut waiting = Waiting::default();
        waiting.add(Letter::Packet(create));
        // Stands for the pieces that are there already: nobody allocates five gigabytes to count them.
        waiting.bytes = whole - 4;
        waiting.add(update(1));
        assert_eq!((waiting.fault.as_deref(), waiting.letters.len()), (None, 2));
        waiting.bytes = whole + whole / 8;
        waiting.add(update(1));
        assert!(waiting.fault.is_some() && waiting.letters.is_empty());
    }
}
