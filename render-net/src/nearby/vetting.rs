//! What is kept of all that is said on a network, where anybody may say anything.
//!
//! Bounds: [`HEARD_MAX`] sayings are listened to, [`KEPT_MAX`] announcements kept, [`ADDRESSES_MAX`] addresses tried for each. An address
//! counts only when it lies on a network that this computer is part of, so that nobody can send us elsewhere. A name
//! is shown to people, so it must be one that shows as it is.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::announcement::{Announcement, Tag, is_name};

/// Most sayings that are listened to.
pub(super) const HEARD_MAX: usize = 256;
/// Most announcements that are kept.
pub(super) const KEPT_MAX: usize = 16;
/// Most addresses of one announcement.
pub(super) const ADDRESSES_MAX: usize = 4;

/// One saying, as the driver hands it in.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Name of the instance.
    pub name: &'a str,
    /// UDP port.
    pub port: u16,
    /// Addresses.
    pub addresses: &'a [IpAddr],
    /// What it says of its version.
    pub version: Option<&'a [u8]>,
    /// What it says of its tag.
    pub tag: Option<&'a [u8]>,
}

/// The addresses that are one network of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// An address in it.
    pub address: IpAddr,
    /// Leading bits that all its addresses share.
    pub prefix_bits: u8,
}

/// Listens to sayings and keeps those that make sense.
#[derive(Clone, Debug)]
pub struct Vetting {
    subnets: Vec<Subnet>,
    heard: usize,
    kept: Vec<Announcement>,
    refused: BTreeSet<String>,
}

/// What was kept in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Announcements, sorted by name.
    pub announcements: Vec<Announcement>,
    /// How many more were heard that make no sense or are too many.
    pub left_out: u32,
}

impl Vetting {
    /// Hears nothing yet; `subnets` are the networks of this computer.
    pub fn new(subnets: Vec<Subnet>) -> Self {
        Self { subnets, heard: 0, kept: Vec::new(), refused: BTreeSet::new() }
    }

    /// Hears one saying; a later one of a name replaces the earlier. `false` once enough was heard.
    pub fn hear(&mut self, told: &Told<'_>) -> bool {
        if self.heard == HEARD_MAX {
            return false;
        }
        self.heard += 1;
        let place = self.kept.iter().position(|kept| kept.name == told.name);
        match (self.sense_of(told), place) {
            (Some(announcement), Some(at)) => self.kept[at] = announcement,
            (Some(announcement), None) if self.kept.len() < KEPT_MAX => {
                self.refused.remove(told.name);
                self.kept.push(announcement);
            }
            (None, Some(_)) => {}
            (_, None) => drop(self.refused.insert(told.name.to_owned())),
        }
        true
    }

    /// What was kept.
    pub fn done(mut self) -> Heard {
        self.kept.sort_by(|a, b| a.name.cmp(&b.name));
        Heard { announcements: self.kept, left_out: self.refused.len() as u32 }
    }

    fn sense_of(&self, told: &Told<'_>) -> Option<Announcement> {
        if told.port == 0 || !is_name(told.name) {
            return None;
        }
        let version = std::str::from_utf8(told.version?).ok()?.parse().ok()?;
        let tag = Tag::from_text(told.tag?)?;
        let mut addresses: Vec<IpAddr> =
            told.addresses.iter().copied().filter(|ip| self.is_near(*ip)).collect();
        // Version 4 first, because its addresses change less often.
        addresses.sort();
        addresses.dedup();
        addresses.truncate(ADDRESSES_MAX);
        let name = told.name.to_owned();
        (!addresses.is_empty()).then_some(Announcement { name, addresses, port: told.port, version, tag })
    }

    /// Whether an address can be a neighbour's. Those of IPv6 that hold on one wire only need that wire's name, which nobody can keep.
    fn is_near(&self, ip: IpAddr) -> bool {
        let wire_only = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
        !ip.is_unspecified()
            && !ip.is_multicast()
            && !wire_only
            && self.subnets.iter().any(|subnet| subnet.contains(ip))
    }
}

impl Subnet {
    /// Whether an address lies in it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let differing = |a: u128, b: u128, width: u32| {
            let bits = u32::from(self.prefix_bits).min(width);
            // A network of no common bits would be the whole world, and is more likely a tunnel than neighbours.
            bits == 0 || (a ^ b) >> (width - bits) != 0
        };
        match (self.address, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => !differing(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => !differing(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use frame::NodeId;

    fn vetting() -> Vetting {
        let subnet = |address: &str, prefix_bits| Subnet { address: ip(address), prefix_bits };
        Vetting::new(vec![subnet("192.168.7.20", 24), subnet("fd00::1", 64), subnet("fe80::1", 64)])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// A saying that owns its parts, so that a test can change them.
    struct Saying {
        name: String,
        port: u16,
        addresses: Vec<IpAddr>,
        version: Option<String>,
        tag: Option<String>,
    }

    impl Saying {
        fn good() -> Self {
            let (version, tag) = (Some("2".into()), Some(Tag::fresh(NodeId([1; 32])).to_text()));
            Self { name: "Farm".into(), port: 7411, addresses: vec![ip("192.168.7.4")], version, tag }
        }

        fn told(&self) -> Told<'_> {
            Told {
                name: &self.name,
                port: self.port,
                addresses: &self.addresses,
                version: self.version.as_deref().map(str::as_bytes),
                tag: self.tag.as_deref().map(str::as_bytes),
            }
        }
    }

    /// What is heard when one good saying is changed.
    fn heard_with(change: impl FnOnce(&mut Saying)) -> Heard {
        let (mut vetting, mut saying) = (vetting(), Saying::good());
        change(&mut saying);
        assert!(vetting.hear(&saying.told()));
        vetting.done()
    }

    #[test]
    fn what_makes_sense_is_kept() {
        let heard = heard_with(|_| {});
        assert_eq!((heard.announcements.len(), heard.left_out), (1, 0));
        let kept = &heard.announcements[0];
        assert_eq!((kept.name.as_str(), kept.port, kept.version), ("Farm", 7411, 2));
        assert!(kept.tag.fits(NodeId([1; 32])));
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let none = Heard { announcements: Vec::new(), left_out: 1 };
        for name in ["a\u{1b}[2Jb", "a\u{202e}b", "", &"x".repeat(200)] {
            assert_eq!(heard_with(|saying| saying.name = name.into()), none, "{name:?}");
        }
        assert_eq!(heard_with(|saying| saying.port = 0), none);
        assert_eq!(heard_with(|saying| saying.addresses.clear()), none);
        for version in ["", "-1", "256", "two", "2 "] {
            assert_eq!(heard_with(|saying| saying.version = Some(version.into())), none, "{version:?}");
        }
        assert_eq!(heard_with(|saying| saying.version = None), none);
        assert_eq!(heard_with(|saying| saying.tag = Some("f".repeat(4000))), none);
        assert_eq!(heard_with(|saying| saying.tag = None), none);
    }

    #[test]
    fn only_neighbours_addresses_are_kept_and_few_of_them() {
        for far in
            ["8.8.8.8", "192.168.8.4", "127.0.0.1", "0.0.0.0", "224.0.0.251", "::1", "fe80::5", "2001:db8::1"]
        {
            assert_eq!(heard_with(|saying| saying.addresses = vec![ip(far)]).left_out, 1, "{far}");
        }
        let mixed =
            heard_with(|saying| saying.addresses = ["fd00::9", "8.8.8.8", "192.168.7.4"].map(ip).to_vec());
        assert_eq!(mixed.announcements[0].addresses, ["192.168.7.4", "fd00::9"].map(ip));
        let many = heard_with(|saying| {
            saying.addresses = (1..=200).map(|last| ip(&format!("192.168.7.{last}"))).collect();
        });
        assert_eq!(many.announcements[0].addresses.len(), ADDRESSES_MAX);
    }

    #[test]
    fn a_flood_ends_at_its_bounds() {
        let (mut vetting, mut saying) = (vetting(), Saying::good());
        let mut listened = 0;
        for number in 0..100_000 {
            saying.name = format!("Farm {number}");
            listened += usize::from(vetting.hear(&saying.told()));
        }
        assert_eq!(listened, HEARD_MAX);
        let heard = vetting.done();
        assert_eq!((heard.announcements.len(), heard.left_out as usize), (KEPT_MAX, HEARD_MAX - KEPT_MAX));
    }

    #[test]
    fn a_later_saying_of_a_name_replaces_the_earlier() {
        let (mut vetting, mut saying) = (vetting(), Saying::good());
        for (port, address) in [(1, "8.8.8.8"), (2, "192.168.7.4"), (3, "192.168.7.5"), (4, "8.8.8.8")] {
            saying.port = port;
            saying.addresses = vec![ip(address)];
            vetting.hear(&saying.told());
        }
        let heard = vetting.done();
        assert_eq!((heard.announcements.len(), heard.left_out), (1, 0));
        assert_eq!(heard.announcements[0].port, 3);
    }

    #[test]
    fn a_network_of_no_common_bits_holds_nobody() {
        assert!(!Subnet { address: ip("10.0.0.1"), prefix_bits: 0 }.contains(ip("10.0.0.2")));
        assert!(Subnet { address: ip("10.0.0.1"), prefix_bits: 32 }.contains(ip("10.0.0.1")));
        assert!(!Subnet { address: ip("10.0.0.1"), prefix_bits: 24 }.contains(ip("fd00::1")));
    }
}
