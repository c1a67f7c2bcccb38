//! The file of one crop: blocks of independent samples of the same pixels, as sums.
//!
//! Eight bytes `TESSCROP`, a little-endian u32, that many bytes of JSON ([`Header`]), then for each block the bytes of
//! [`frame::TilePlanes::to_bytes`]: plane by plane, row by row, f32 little-endian.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use frame::{PlaneSet, TilePlanes, TileRect};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"TESSCROP";

/// What a record says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Seed of the scene.
    pub seed: u64,
    /// Which of its cameras.
    pub view: u32,
    /// Kind of place.
    pub kind: String,
    /// Pixels of the frame that the crop is cut from.
    pub frame: [u32; 2],
    /// x, y, width and height of the crop.
    pub rect: [u32; 4],
    /// Samples per pixel of each block.
    pub blocks: Vec<u32>,
    /// The planes of each block, in order.
    pub planes: Vec<PlaneLine>,
}

/// One plane of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaneLine {
    /// Its name, as in the page on denoising.
    pub name: String,
    /// Values per pixel.
    pub channels: usize,
}

/// Names of the planes of a set, in its order.
pub fn plane_lines(planes: PlaneSet) -> Vec<PlaneLine> {
    let line =
        |plane: frame::Plane| PlaneLine { name: snake(&format!("{plane:?}")), channels: plane.channels() };
    planes.iter().map(line).collect()
}

/// The records of a scene that a folder does not hold yet: where a run goes on that was stopped.
pub fn missing(folder: &Path, seed: u64, views: u32) -> Vec<(u32, PathBuf)> {
    let path = |view| (view, folder.join(format!("{seed:08}-{view}.crop")));
    (0..views).map(path).filter(|(_, path)| !path.exists()).collect()
}

/// Writes a record beside its place and then moves it there, so that a file that exists is whole.
pub fn write(path: &Path, header: &Header, blocks: &[TilePlanes]) -> io::Result<()> {
    let text = serde_json::to_vec(header)?;
    let unfinished = path.with_extension("unfinished");
    let mut file = io::BufWriter::new(std::fs::File::create(&unfinished)?);
    file.write_all(MAGIC)?;
    file.write_all(&(text.len() as u32).to_le_bytes())?;
    file.write_all(&text)?;
    for block in blocks {
        file.write_all(&block.to_bytes())?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
    std::fs::rename(unfinished, path)
}

/// Reads a record whose planes are [`PlaneSet::DEFAULT`]; `None` when it is not one.
pub fn read(bytes: &[u8]) -> Option<(Header, Vec<TilePlanes>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (text, mut rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(text).ok()?;
    let [x, y, width, height] = header.rect;
    let rect = TileRect { x, y, width, height };
    let size = rect.pixels() * PlaneSet::DEFAULT.channels() * 4;
    let mut blocks = Vec::new();
    for _ in &header.blocks {
        let (block, after) = rest.split_at_checked(size)?;
        blocks.push(TilePlanes::from_bytes(rect, PlaneSet::DEFAULT, block)?);
        rest = after;
    }
    rest.is_empty().then_some((header, blocks))
}

/// `LuminanceSquared` becomes `luminance_squared`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use frame::Plane;

    use super::*;

    #[test]
    fn a_record_reads_back_and_a_cut_one_does_not() {
        let rect = TileRect { x: 3, y: 4, width: 5, height: 2 };
        let mut block = TilePlanes::zeroed(rect, PlaneSet::DEFAULT);
        block.plane_mut(Plane::Radiance).expect("present")[7] = 2.5;
        let header = Header {
            seed: 9,
            view: 1,
            kind: "room".into(),
            frame: [20, 10],
            rect: [3, 4, 5, 2],
            blocks: vec![1, 16],
            planes: plane_lines(PlaneSet::DEFAULT),
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.crop");
        let blocks = vec![block.clone(), block];
        write(&path, &header, &blocks).expect("it can be written");
        let bytes = std::fs::read(&path).expect("it is there");
        assert_eq!(read(&bytes), Some((header, blocks)));
        assert_eq!(read(&bytes[..bytes.len() - 1]), None);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_run_goes_on_with_the_records_that_are_not_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let views = |seed| -> Vec<u32> {
            missing(folder.path(), seed, 3).into_iter().map(|(view, _)| view).collect()
        };
        std::fs::write(folder.path().join("00000007-1.crop"), "whole").expect("it can be written");
        std::fs::write(folder.path().join("00000007-2.unfinished"), "half").expect("it can be written");
        assert_eq!((views(7), views(8)), (vec![0, 2], vec![0, 1, 2]));
    }

    #[test]
    fn planes_have_the_names_that_the_training_asks_for() {
        let names: Vec<String> = plane_lines(PlaneSet::DEFAULT).into_iter().map(|line| line.name).collect();
        assert_eq!(names, ["radiance", "alpha", "albedo", "normal", "depth", "hits", "luminance_squared"]);
    }
}
