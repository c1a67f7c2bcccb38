//! The code by which two people make sure that they mean the same key.
//!
//! A key found on a network belongs to whoever answered first. So both machines show the key's code, people compare, and only then
//! is the key kept. The code is public and always the same for a key; nothing in it is secret. It is shorter than a key because it
//! costs [`STEPS`] hashes, one after the other, to learn the code of a key: whoever grinds keys for a wanted code pays them for every
//! try. `docs/decisions/0008-found-on-the-network-compared-by-people.md` counts the bits.

use std::fmt;

use frame::NodeId;

/// Hashes in a chain for one code: 20 bits of work on top of the digits.
const STEPS: u32 = 1 << 20;
/// Groups of three digits.
const GROUPS: usize = 6;
const LABEL: &str = "tessera 1 pairing code";

/// Six groups of three decimal digits that stand for a key, as `482 193 551 204 773 006`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairingCode([u16; GROUPS]);

impl PairingCode {
    /// The code of a key. Takes about a tenth of a second of one processor, on purpose.
    pub fn of(key: NodeId) -> Self {
        let mut link = blake3::derive_key(LABEL, &key.0);
        // The key is part of every step, so that chains of two keys never join.
        let mut step = [0; 64];
        step[32..].copy_from_slice(&key.0);
        for _ in 0..STEPS {
            step[..32].copy_from_slice(&link);
            link = blake3::hash(&step).into();
        }
        let mut groups = [0; GROUPS];
        // Four bytes a group: the remainder favours some numbers by less than one in four million.
        for (group, bytes) in groups.iter_mut().zip(link.as_chunks::<4>().0) {
            *group = (u32::from_le_bytes(*bytes) % 1000) as u16;
        }
        Self(groups)
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{group:03}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_same_code_everywhere_and_for_ever() {
        assert_eq!(PairingCode::of(NodeId([7; 32])).to_string(), "115 180 048 901 255 681");
    }

    #[test]
    fn a_key_that_differs_in_one_bit_has_another_code() {
        let code = PairingCode::of(NodeId([7; 32]));
        for bit in [0, 100, 255] {
            let mut key = NodeId([7; 32]);
            key.0[bit / 8] ^= 1 << (bit % 8);
            let other = PairingCode::of(key);
            let same = code.0.iter().zip(other.0).filter(|(a, b)| **a == *b).count();
            assert!(same <= 1, "{code} and {other}");
        }
    }

    #[test]
    fn a_code_is_written_as_six_groups_of_three_digits() {
        assert_eq!(PairingCode([0, 7, 42, 999, 100, 1]).to_string(), "000 007 042 999 100 001");
    }
}
