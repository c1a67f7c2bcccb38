//! How somebody finds a coordinator on the own network: multicast DNS (RFC 6762) with service discovery (RFC 6763).
//!
//! Finding is never trust. A coordinator that is asked to announces a port, a version and a [`Tag`] ([`Announcer`]); whoever looks
//! ([`look`]) hears what anybody may have said, and keeps what makes sense ([`Vetting`]). Then it learns by a handshake which key answers there ([`meet`]) and
//! shows the key's [`PairingCode`], which people compare before the address with that key is kept. From
//! then on only that key is accepted, as for an address that somebody pasted.
//!
//! Rules are in `announcement` and `vetting`, without socket and clock; `mdns` is the thin driver, and alone names the library.

mod announcement;
mod mdns;
mod vetting;

use std::net::SocketAddr;

use crate::identity::{CoordinatorAddress, PairingCode};
use crate::link::{LinkFault, key_at};
use crate::wire::VERSION;

pub use announcement::{Announcement, NAME_BYTES_MAX, Tag, is_name};
pub use mdns::{Announcer, NearbyFault, Reach, look};
pub use vetting::{Heard, Subnet, Told, Vetting};

/// A coordinator that was found and whose key is proven, though by nobody known to be the right one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// How to reach it, with the key that answered.
    pub address: CoordinatorAddress,
    /// What people compare.
    pub code: PairingCode,
}

/// Learns who answers where an announcement points.
///
/// # Errors
/// The fault of the last address that was tried; [`LinkFault::VersionMismatch`] before anything is tried; a key other than the announced one.
pub async fn meet(announcement: &Announcement) -> Result<Met, LinkFault> {
    if announcement.version != VERSION {
        return Err(LinkFault::VersionMismatch);
    }
    let mut fault = LinkFault::NoAnswer;
    for &ip in &announcement.addresses {
        let key = match key_at(SocketAddr::new(ip, announcement.port)).await {
            Ok(key) if announcement.tag.fits(key) => key,
            Ok(_) => {
                fault = LinkFault::Protocol("another key answers than the one that was announced".to_owned());
                continue;
            }
            Err(other) => {
                fault = other;
                continue;
            }
        };
        let address = CoordinatorAddress::new(&ip.to_string(), announcement.port, key)
            .map_err(|fault| LinkFault::Protocol(fault.to_string()))?;
        // The code is slow on purpose, and others are spoken with meanwhile.
        let code = tokio::task::spawn_blocking(move || PairingCode::of(key)).await;
        let code = code.map_err(|_| LinkFault::Lost { why: "the program ends".to_owned() })?;
        return Ok(Met { address, code });
    }
    Err(fault)
}

#[cfg(test)]
mod tests;
