//! Lists and byte strings that carry their own limit, so that a stranger's message cannot hold more than was agreed.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// At most `MAX` values; checked when made and when decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", into = "Vec<T>")]
#[serde(bound(serialize = "T: Clone + Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Bounded<T, const MAX: usize>(Vec<T>);

/// Sealed, signed or otherwise opaque bytes that only their endpoints understand, at most `MAX` of them.
pub type Opaque<const MAX: usize> = Bounded<u8, MAX>;

/// A list is longer than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} values where at most {max} are allowed")]
pub struct TooLong {
    /// How many there were.
    pub count: usize,
    /// How many there may be.
    pub max: usize,
}

impl<T, const MAX: usize> Bounded<T, MAX> {
    /// The limit.
    pub const MAX: usize = MAX;

    /// Takes the values if there are not too many.
    pub fn new(values: Vec<T>) -> Result<Self, TooLong> {
        if values.len() > MAX { Err(TooLong { count: values.len(), max: MAX }) } else { Ok(Self(values)) }
    }

    /// The values up to the limit; the rest is dropped.
    pub fn cut(mut values: Vec<T>) -> Self {
        values.truncate(MAX);
        Self(values)
    }

    /// The values.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for Bounded<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MAX: usize> TryFrom<Vec<T>> for Bounded<T, MAX> {
    type Error = TooLong;

    fn try_from(values: Vec<T>) -> Result<Self, TooLong> {
        Self::new(values)
    }
}

impl<T, const MAX: usize> From<Bounded<T, MAX>> for Vec<T> {
    fn from(values: Bounded<T, MAX>) -> Self {
        values.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_over_its_limit_is_refused_when_decoded() {
        let long = postcard::to_stdvec(&vec![7u8; 5]).expect("encodes");
        assert!(postcard::from_bytes::<Opaque<4>>(&long).is_err());
        let fits = postcard::from_bytes::<Opaque<5>>(&long).expect("five fit in five");
        assert_eq!(&*fits, [7; 5]);
    }
}
