//! Keys as bytes whose order is the order of their parts.

use frame::{JobId, LeaseId, NodeId};

/// A key being put together; numbers are big-endian so that byte order is number order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    /// No parts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a number.
    pub fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    /// Appends a number.
    pub fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    /// Appends bytes of a fixed length.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Appends a job.
    pub fn job(self, job: JobId) -> Self {
        self.bytes(&job.0)
    }

    /// Appends a node or artist.
    pub fn peer(self, peer: NodeId) -> Self {
        self.bytes(&peer.0)
    }

    /// Appends a lease.
    pub fn lease(self, lease: LeaseId) -> Self {
        self.u64(lease.0)
    }
}

impl std::ops::Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The end of the range of all keys that begin with `prefix`.
pub fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // No key is as long as this, so every key that exists comes before it.
    vec![u8::MAX; 128]
}

/// The number at the end of a key.
pub(crate) fn last_u64(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The bytes at the end of a key.
pub(crate) fn last_bytes<const N: usize>(key: &[u8]) -> Option<[u8; N]> {
    key.last_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_past_all_its_keys() {
        assert_eq!(after(&[1, 2]), [1, 3]);
        assert_eq!(after(&[1, 255]), [2]);
        assert!(after(&[255, 255]) > vec![255, 255, 255, 7]);
    }
}
