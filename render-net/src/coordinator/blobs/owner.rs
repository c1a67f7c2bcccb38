//! Whose an object is, as its file's name says it: so that accounts outlive a restart without a database of their own.

use frame::NodeId;

use crate::wire::ObjectName;

/// Whose an object is, by the first eight bytes of a key: enough for an account, and a file's name stays short.
///
/// An object only ever goes on to a later state, and later ones are greater, here and in the order of file names: of two files of one object the
/// greater is the newer, and whoever lists names in their order cannot miss an object that is passed on meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::coordinator) enum Owner {
    /// Stored by a program that did not note it.
    Unknown,
    /// Who stored it.
    Peer(u64),
    /// The artist to whom it was delivered.
    Result(u64),
    /// Nobody's any more.
    Spare,
}

impl Owner {
    pub(super) fn peer(peer: NodeId) -> Self {
        Owner::Peer(tag(peer))
    }

    pub(super) fn result(artist: NodeId) -> Self {
        Owner::Result(tag(artist))
    }

    pub(super) fn is_result(self) -> bool {
        matches!(self, Owner::Result(_))
    }

    /// The file's name of an object of this owner.
    pub(super) fn file_name(self, name: &str) -> String {
        match self {
            Owner::Unknown => name.to_owned(),
            Owner::Peer(tag) => format!("{name}.{tag:016x}"),
            Owner::Result(tag) => format!("{name}.r{tag:016x}"),
            Owner::Spare => format!("{name}.spare"),
        }
    }

    /// The object and its owner, from a file's name.
    pub(super) fn of_file(file: &str) -> Option<(ObjectName, Self)> {
        let (name, owner) = file.split_once('.').unwrap_or((file, ""));
        let tag = |text| u64::from_str_radix(text, 16).ok();
        let owner = match (owner, owner.strip_prefix('r')) {
            ("", _) => Owner::Unknown,
            ("spare", _) => Owner::Spare,
            (_, Some(artist)) => Owner::Result(tag(artist)?),
            (peer, None) => Owner::Peer(tag(peer)?),
        };
        Some((name.parse().ok()?, owner))
    }
}

fn tag(peer: NodeId) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = peer.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_their_file_names_have_one_order_and_read_back() {
        let (node, artist) = (NodeId([0xff; 32]), NodeId([1; 32]));
        let owners =
            [Owner::Unknown, Owner::peer(artist), Owner::peer(node), Owner::result(artist), Owner::Spare];
        let name = ObjectName::of(b"sealed");
        let files = owners.map(|owner| owner.file_name(&name.to_string()));
        assert!(owners.is_sorted() && files.is_sorted(), "{files:?}");
        for (owner, file) in owners.into_iter().zip(&files) {
            assert_eq!(Owner::of_file(file), Some((name, owner)));
        }
        for other in ["unfinished", "probe", &format!("{name}.x"), &format!("{name}.spare.old")] {
            assert_eq!(Owner::of_file(other), None, "{other}");
        }
    }
}
