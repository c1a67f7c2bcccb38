//! Names of things, as newtypes, so that a job can never be passed where a node is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One number in the animation's frame numbering; frame `n` shows the instant `n / fps` seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FrameIndex(pub u32);

/// Row-major index of a tile in its frame's [`crate::TileGrid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TileIndex(pub u32);

/// A job: one artist's request to render some frames of some scenes. Random, 128 bit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId(pub [u8; 16]);

/// A lease: permission for one node to render one piece of work until a deadline. Doubles as fencing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeaseId(pub u64);

/// An identity (artist, node or coordinator): its Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(pub [u8; 32]);

/// The content name of an opened scene: BLAKE3 over its [`crate::SceneBlob`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SceneId(pub [u8; 32]);

/// A denoiser's network: the hash at the end of its file of weights (`docs/denoiser.md`, section 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkId(pub [u8; 32]);

impl NetworkId {
    /// No network, where nobody denoises.
    pub const NONE: NetworkId = NetworkId([0; 32]);
}

macro_rules! hex_id {
    ($name:ident, $bytes:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_hex::<$bytes>(text).map(Self)
            }
        }
    };
}

hex_id!(JobId, 16);
hex_id!(NodeId, 32);
hex_id!(SceneId, 32);
hex_id!(NetworkId, 32);

/// The text is not the expected number of hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} hexadecimal digits")]
pub struct NotAnId {
    /// How many digits the identifier has.
    pub digits: usize,
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], NotAnId> {
    let fault = NotAnId { digits: N * 2 };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(fault);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = (pair[0] as char).to_digit(16).ok_or(fault)?;
        let low = (pair[1] as char).to_digit(16).ok_or(fault)?;
        *byte = (high << 4 | low) as u8;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = JobId([0x5a; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn text_of_the_wrong_length_or_alphabet_is_refused() {
        for text in ["", "00", "zz000000000000000000000000000000", "é0000000000000000000000000000000"] {
            assert_eq!(text.parse::<JobId>(), Err(NotAnId { digits: 32 }), "{text}");
        }
    }
}
