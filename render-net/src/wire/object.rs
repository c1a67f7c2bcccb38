//! Names of stored objects: BLAKE3 over the ciphertext, so that whoever fetches can check and whoever stores learns nothing.

use std::fmt;
use std::str::FromStr;

use frame::id::NotAnId;
use serde::{Deserialize, Serialize};

/// Content name of a stored ciphertext.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectName(pub [u8; 32]);

impl ObjectName {
    /// The name of these bytes.
    pub fn of(ciphertext: &[u8]) -> Self {
        Self(*blake3::hash(ciphertext).as_bytes())
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectName({self})")
    }
}

impl FromStr for ObjectName {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let fault = NotAnId { digits: 64 };
        blake3::Hash::from_hex(text).map(|hash| Self(*hash.as_bytes())).map_err(|_| fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_paths_are_not_names() {
        let name = ObjectName::of(b"sealed");
        assert_eq!(name.to_string().parse(), Ok(name));
        for bad in ["", "..", "../../etc/passwd", &"g".repeat(64), &"0".repeat(63)] {
            assert!(bad.parse::<ObjectName>().is_err(), "{bad}");
        }
    }
}
