//! Contact sheets: a small picture of every frame, for a wall of them.
//!
//! What grows is painted from sights, in memory, as long as the render runs ([`Sheet`]); what lies in a file is made small once and kept until the
//! file changes ([`Prints`]). Both are bounded, and both are asked for one frame at a time: a film of a thousand frames costs what is looked at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use frame::{FrameIndex, FrameSize, TileRect};

use super::shrunk::Shrunk;
use crate::pictures;
use crate::sight::Sight;

/// Longest edge of a small picture.
const EDGE_MAX: u32 = 128;
/// Small pictures of one running render, bytes: more than a thousand frames.
const SHEET_BYTES_MAX: usize = 64 << 20;
/// Small pictures of files that are kept; a wall shows far fewer at once.
const PRINTS_MAX: usize = 512;
/// Largest picture that a preview may decode to, bytes.
const PREVIEW_BYTES_MAX: u64 = 1 << 30;

/// The growing frames of one render.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    frames: BTreeMap<FrameIndex, Growing>,
    bytes: usize,
    /// Counts changes.
    version: u32,
}

#[derive(Debug)]
struct Growing {
    picture: Shrunk,
    /// Even, so that it is never taken for a file's.
    version: u32,
}

impl Sheet {
    /// Takes a rectangle of light.
    pub(super) fn see(&mut self, sight: &Sight<'_>) {
        self.version = self.version.wrapping_add(2);
        let known = self.frames.get(&sight.frame).is_some_and(|frame| frame.picture.size() == sight.size);
        if !known {
            self.forget(sight.frame);
            let picture = Shrunk::new(sight.size, EDGE_MAX);
            self.bytes += picture.rgba().len();
            self.frames.insert(sight.frame, Growing { picture, version: self.version });
            self.make_room(sight.frame);
        }
        if let Some(frame) = self.frames.get_mut(&sight.frame) {
            frame.picture.paint(sight.rect, sight.rgba);
            frame.version = self.version;
        }
    }

    /// A frame has its picture elsewhere.
    pub(super) fn forget(&mut self, frame: FrameIndex) {
        if let Some(gone) = self.frames.remove(&frame) {
            self.bytes -= gone.picture.rgba().len();
        }
    }

    /// A frame's picture; nothing where there is none.
    fn packet(&self, frame: FrameIndex, known: u32) -> Option<Vec<u8>> {
        let frame = self.frames.get(&frame)?;
        Some(packet(frame.version, known, frame.picture.kept(), frame.picture.rgba()))
    }

    /// Lets go of what has not changed for longest.
    fn make_room(&mut self, but: FrameIndex) {
        while self.bytes > SHEET_BYTES_MAX {
            let others = self.frames.iter().filter(|(frame, _)| **frame != but);
            let Some(oldest) = others.min_by_key(|(_, growing)| growing.version).map(|(frame, _)| *frame)
            else {
                return;
            };
            self.forget(oldest);
        }
    }
}

/// Where a frame's picture may be found, best first.
pub(super) struct Places {
    /// Of a frame that is whole: its preview and its picture.
    pub(super) whole: Vec<PathBuf>,
    /// Of one that is not.
    pub(super) partial: Option<PathBuf>,
}

impl Places {
    /// The newest picture of a frame, as a window reads it: little-endian 32-bit numbers (version, columns, rows), then four bytes a pixel.
    /// Nothing where there is none, and the version alone where that is `known`.
    pub(super) fn packet(
        &self,
        frame: FrameIndex,
        sheet: Option<&Mutex<Sheet>>,
        prints: &Prints,
        known: u32,
    ) -> Vec<u8> {
        let grown = || {
            let sheet = sheet?.lock().unwrap_or_else(PoisonError::into_inner);
            sheet.packet(frame, known)
        };
        let whole = self.whole.iter().find_map(|path| prints.packet(path, known));
        let partial = || prints.packet(self.partial.as_deref()?, known);
        whole.or_else(grown).or_else(partial).unwrap_or_default()
    }
}

/// Small pictures of files.
#[derive(Debug, Default)]
pub(super) struct Prints(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    prints: BTreeMap<PathBuf, Print>,
    /// Counts looks.
    looks: u64,
}

#[derive(Debug)]
struct Print {
    version: u32,
    size: (u32, u32),
    rgba: Vec<u8>,
    looked_at: u64,
}

impl Prints {
    /// A file's picture; nothing where there is no file, or none that can be read. One file is read at a time: whoever looks at many waits.
    fn packet(&self, path: &Path, known: u32) -> Option<Vec<u8>> {
        let version = version_of(path)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.looks += 1;
        let looked_at = kept.looks;
        if kept.prints.get(path).is_none_or(|print| print.version != version) {
            // What cannot be read is kept too, as an empty picture: it is not tried again before the file changes.
            let (size, rgba) = small(path).unwrap_or_default();
            kept.prints.insert(path.to_owned(), Print { version, size, rgba, looked_at });
            while kept.prints.len() > PRINTS_MAX {
                let oldest = kept.prints.iter().min_by_key(|(_, print)| print.looked_at);
                let Some(oldest) = oldest.map(|(path, _)| path.clone()) else { break };
                kept.prints.remove(&oldest);
            }
        }
        let print = kept.prints.get_mut(path)?;
        print.looked_at = looked_at;
        (!print.rgba.is_empty()).then(|| packet(version, known, print.size, &print.rgba))
    }
}

/// What changes with the file; odd. Nothing where there is no file.
fn version_of(path: &Path) -> Option<u32> {
    let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let modified = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let nanos = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let hash = blake3::hash(format!("{nanos} {}", about.len()).as_bytes());
    let (bytes, _) = hash.as_bytes().split_first_chunk::<4>()?;
    Some(u32::from_le_bytes(*bytes) | 1)
}

/// A small picture of a PNG or an EXR.
fn small(path: &Path) -> Option<((u32, u32), Vec<u8>)> {
    if path.extension().is_some_and(|ending| ending == "exr") {
        let colours = pictures::read(path).ok()?.colours()?;
        let (width, height) = (colours.width, colours.height);
        let mut shrunk = Shrunk::new(FrameSize::new(width, height).ok()?, EDGE_MAX);
        shrunk.paint(TileRect { x: 0, y: 0, width, height }, &colours.rgba);
        return Some((shrunk.kept(), shrunk.rgba().to_vec()));
    }
    let mut reader = image::ImageReader::open(path).ok()?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(PREVIEW_BYTES_MAX);
    reader.limits(limits);
    let whole = reader.decode().ok()?;
    let is_small = whole.width().max(whole.height()) <= EDGE_MAX;
    let shrunk = if is_small { whole } else { whole.thumbnail(EDGE_MAX, EDGE_MAX) }.into_rgba8();
    Some((shrunk.dimensions(), shrunk.into_raw()))
}

fn packet(version: u32, known: u32, (width, height): (u32, u32), rgba: &[u8]) -> Vec<u8> {
    let head = [version, width, height];
    let head = if version == known { &head[..1] } else { &head };
    let mut bytes: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
    if version != known {
        bytes.extend_from_slice(rgba);
    }
    bytes
}

#[cfg(test)]
mod tests;
