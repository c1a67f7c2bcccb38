//! Whether two files have the same channels with the same bits, looked at band by band.

use super::Difference;
use crate::exr::{ExrFile, ExrInfo, PartInfo};

/// The channels of two files, and the first of their samples that differ.
pub(super) struct Bits {
    /// Channels that both have alike, in the order of parts and names.
    pairs: Vec<Pair>,
    /// The position of the first channel in which something differs, with what is first in it.
    first: Option<(usize, Difference)>,
    /// Channels that only one of the files has, or with another size or storage.
    unmatched: Vec<String>,
}

struct Pair {
    part: usize,
    name: String,
    width: usize,
}

impl Bits {
    pub(super) fn of(left: &ExrInfo, right: &ExrInfo) -> Self {
        let mut bits = Self { pairs: Vec::new(), first: None, unmatched: Vec::new() };
        for part in 0..left.parts.len().max(right.parts.len()) {
            let (left, right) = (left.parts.get(part), right.parts.get(part));
            let names = |part: Option<&PartInfo>| -> Vec<String> {
                let channels = part.into_iter().flat_map(|part| &part.channels);
                channels.map(|channel| channel.name.clone()).collect()
            };
            let mut all = [names(left), names(right)].concat();
            all.sort();
            all.dedup();
            for name in all {
                match left.zip(right).filter(|(left, right)| are_alike(left, right, &name)) {
                    Some((left, _)) => bits.pairs.push(Pair { part, name, width: left.width as usize }),
                    None => bits.unmatched.push(name),
                }
            }
        }
        bits
    }

    /// The next rows of both files, of which `top` is the first.
    pub(super) fn add(&mut self, top: u32, left: &ExrFile, right: &ExrFile) {
        // A later channel does not matter any more, and in an earlier one the first row counts.
        let open = self.first.as_ref().map_or(self.pairs.len(), |(at, _)| *at);
        for (at, pair) in self.pairs[..open].iter().enumerate() {
            if let Some(found) = pair.first_in(top, left, right) {
                self.first = Some((at, found));
                return;
            }
        }
    }

    pub(super) fn finish(self) -> (Option<Difference>, Vec<String>) {
        (self.first.map(|(_, difference)| difference), self.unmatched)
    }
}

impl Pair {
    fn first_in(&self, top: u32, left: &ExrFile, right: &ExrFile) -> Option<Difference> {
        let one = left.parts.get(self.part)?.channel(&self.name)?;
        let other = right.parts.get(self.part)?.channel(&self.name)?;
        let at = (0..one.len().min(other.len())).find(|&at| one.bits(at) != other.bits(at))?;
        Some(Difference {
            channel: self.name.clone(),
            x: at % self.width,
            y: top as usize + at / self.width,
            left: one.number(at).to_string(),
            right: other.number(at).to_string(),
        })
    }
}

fn are_alike(left: &PartInfo, right: &PartInfo, name: &str) -> bool {
    let kind = |part: &PartInfo| {
        part.channels.iter().find(|channel| channel.name == name).map(|channel| channel.kind)
    };
    (left.width, left.height) == (right.width, right.height)
        && kind(left).is_some()
        && kind(left) == kind(right)
}
