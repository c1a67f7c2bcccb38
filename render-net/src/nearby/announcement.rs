//! What a coordinator says of itself on the network: as little as finds it.

use std::net::IpAddr;

use frame::NodeId;

/// What an announcement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// How it calls itself; anybody may call himself the same.
    pub name: String,
    /// Where it can be reached, the best first; never empty.
    pub addresses: Vec<IpAddr>,
    /// UDP port; never 0.
    pub port: u16,
    /// Version of the messages that it speaks.
    pub version: u8,
    /// By which those who know its key recognise it.
    pub tag: Tag,
}

/// A salt, and the beginning of the hash of salt and key. Who knows the key recognises its coordinator; to others two announcements
/// of one coordinator look unrelated. This is a help and no proof: anybody can repeat a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    salt: [u8; 8],
    prefix: [u8; 8],
}

/// Longest name: it is one label of a domain name, and leaves room for the number that tells two of a name apart.
pub const NAME_BYTES_MAX: usize = 48;

/// Keys of the announcement's entries (TXT record, RFC 6763, section 6).
pub(super) const VERSION_KEY: &str = "v";
pub(super) const TAG_KEY: &str = "tag";

impl Tag {
    /// A tag with a new salt.
    pub fn fresh(key: NodeId) -> Self {
        let mut salt = [0; 8];
        crate::seal::fill_random(&mut salt);
        Self { salt, prefix: prefix(salt, key) }
    }

    /// Whether this may be the tag of `key`.
    pub fn fits(&self, key: NodeId) -> bool {
        self.prefix == prefix(self.salt, key)
    }

    /// The tag as 32 hexadecimal digits.
    pub fn to_text(self) -> String {
        let value = u128::from_be_bytes(self.bytes());
        format!("{value:032x}")
    }

    /// A tag from its 32 hexadecimal digits.
    pub fn from_text(text: &[u8]) -> Option<Self> {
        // The number parser alone would take a sign as well.
        if text.len() != 32 || !text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let value = u128::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()?.to_be_bytes();
        let [mut salt, mut tail] = [[0; 8]; 2];
        salt.copy_from_slice(&value[..8]);
        tail.copy_from_slice(&value[8..]);
        Some(Self { salt, prefix: tail })
    }

    /// A few digits to tell announcements apart by.
    pub fn short(&self) -> String {
        self.to_text()[28..].to_owned()
    }

    fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.salt);
        bytes[8..].copy_from_slice(&self.prefix);
        bytes
    }
}

/// Whether a coordinator may be called so: something short that a terminal and a window show as it is.
pub fn is_name(text: &str) -> bool {
    let shows = |letter: char| !letter.is_control() && !is_invisible(letter);
    !text.trim().is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(shows)
}

/// Letters without a shape that join or turn others (Unicode's general category Cf and line separators, those in use).
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn prefix(salt: [u8; 8], key: NodeId) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new_derive_key("tessera 1 announcement tag");
    hasher.update(&salt).update(&key.0);
    let mut prefix = [0; 8];
    hasher.finalize_xof().fill(&mut prefix);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_recognised_by_its_key_alone() {
        let (key, other) = (NodeId([1; 32]), NodeId([2; 32]));
        let tag = Tag::fresh(key);
        assert!(tag.fits(key) && !tag.fits(other));
        assert_ne!(Tag::fresh(key), tag, "two announcements of one coordinator look unrelated");
    }

    #[test]
    fn a_tag_reads_back_from_its_text_and_nothing_else_does() {
        let tag = Tag::fresh(NodeId([1; 32]));
        assert_eq!(Tag::from_text(tag.to_text().as_bytes()), Some(tag));
        for wrong in ["", "00", "+0000000000000000000000000000000", &"g".repeat(32), &"0".repeat(33)] {
            assert_eq!(Tag::from_text(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(Tag::from_text(&[0xff; 32]), None);
    }

    #[test]
    fn names_are_short_and_show_as_they_are() {
        for good in ["Tessera 3f9a", "Schnittplatz Süd", "編集室", "a.b\\c"] {
            assert!(is_name(good), "{good}");
        }
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        for bad in ["", "  ", "a\nb", "a\u{1b}[31m", "a\u{202e}b", "a\u{200b}b", "\u{feff}", &long] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
