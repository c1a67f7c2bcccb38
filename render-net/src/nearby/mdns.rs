//! The thin driver over the multicast DNS library: says and hears, decides nothing.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use if_addrs::{IfAddr, Interface};
use mdns_sd::{
    DaemonEvent, IfKind, IfPredicate, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo,
};
use tokio::time::{Instant, timeout_at};

use super::announcement::{TAG_KEY, Tag, VERSION_KEY};
use super::vetting::{Heard, Subnet, Told, Vetting};
use crate::wire::VERSION;

/// The service's type.
const SERVICE: &str = "_tessera._udp.local.";
/// The port of multicast DNS.
const PORT: u16 = 5353;

/// On which of this computer's networks is spoken and listened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On all but the loopback.
    Network,
    /// On the loopback only, at another port than the usual: for tests.
    Loopback {
        /// UDP port of multicast.
        port: u16,
    },
}

/// Multicast DNS cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NearbyFault {
    /// No interface has an address.
    #[error("this computer is on no network: check its cable or its Wi-Fi")]
    NoNetwork,
    /// The library or the system said no.
    #[error("multicast DNS does not work here ({why}): check that UDP port 5353 is let through")]
    Library {
        /// What was said.
        why: String,
    },
    /// Nothing was sent in time.
    #[error("the announcement was not sent: check that UDP port 5353 is let through")]
    Unsent,
}

/// Announces a coordinator until it is dropped.
pub struct Announcer {
    daemon: ServiceDaemon,
    events: Receiver<DaemonEvent>,
    full_name: String,
}

impl Announcer {
    /// Begins to announce a coordinator that listens at `listen` (as bound: with its real port).
    ///
    /// # Errors
    /// No multicast. Whether the announcement goes out is told by [`Self::sent`].
    pub fn start(name: &str, tag: Tag, listen: SocketAddr, reach: Reach) -> Result<Self, NearbyFault> {
        let daemon = daemon(reach)?;
        let events = daemon.monitor()?;
        // A host name of its own: the computer's name is nobody's business, and the system may answer for it already.
        let host = format!("tessera-{}.local.", tag.to_text());
        let entries = [(VERSION_KEY, VERSION.to_string()), (TAG_KEY, tag.to_text())];
        let fixed = if listen.ip().is_unspecified() { String::new() } else { listen.ip().to_string() };
        let mut service =
            ServiceInfo::new(SERVICE, name, &host, fixed.as_str(), listen.port(), &entries[..])?;
        if fixed.is_empty() {
            service = service.enable_addr_auto();
            // A socket of version 4 hears nothing of version 6.
            let only = if listen.is_ipv4() { IfKind::IPv4 } else { IfKind::All };
            service.set_interfaces(vec![only]);
        }
        let full_name = service.get_fullname().to_owned();
        daemon.register(service)?;
        Ok(Self { daemon, events, full_name })
    }

    /// Waits until the announcement went out, at most so long. Gives the name under which it did: another coordinator may have had the one that was asked for.
    ///
    /// # Errors
    /// It did not.
    pub async fn sent(&self, patience: Duration) -> Result<String, NearbyFault> {
        let until = Instant::now() + patience;
        let mut fault = NearbyFault::Unsent;
        while let Ok(Ok(event)) = timeout_at(until, self.events.recv_async()).await {
            match event {
                DaemonEvent::Announce(full_name, _) => return Ok(instance_name(&full_name)),
                // One of several networks may fail while another works.
                DaemonEvent::Error(error) => fault = error.into(),
                _ => {}
            }
        }
        Err(fault)
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        // The library says goodbye in its own thread, which is given the time for it; what is not said is forgotten in two minutes.
        if let Ok(said) = self.daemon.unregister(&self.full_name) {
            let _ = said.recv_timeout(Duration::from_millis(500));
        }
        let _ = self.daemon.shutdown();
    }
}

/// Listens for announcements, so long.
///
/// # Errors
/// No network, or no multicast.
pub async fn look(reach: Reach, patience: Duration) -> Result<Heard, NearbyFault> {
    let subnets = subnets(reach);
    if subnets.is_empty() {
        return Err(NearbyFault::NoNetwork);
    }
    let until = Instant::now() + patience;
    let daemon = daemon(reach)?;
    let events = daemon.browse(SERVICE)?;
    let mut vetting = Vetting::new(subnets);
    while let Ok(Ok(event)) = timeout_at(until, events.recv_async()).await {
        if let ServiceEvent::ServiceResolved(service) = event
            && !hear(&mut vetting, &service)
        {
            break;
        }
    }
    let _ = daemon.shutdown();
    Ok(vetting.done())
}

fn hear(vetting: &mut Vetting, service: &ResolvedService) -> bool {
    let addresses: Vec<IpAddr> = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr).collect();
    let entry = |key: &str| service.get_property_val(key).flatten();
    vetting.hear(&Told {
        name: &instance_name(&service.fullname),
        port: service.port,
        addresses: &addresses,
        version: entry(VERSION_KEY),
        tag: entry(TAG_KEY),
    })
}

/// The first label of `Name._tessera._udp.local.`, without the backslashes before dots and backslashes.
fn instance_name(full_name: &str) -> String {
    let end = full_name.len().saturating_sub(SERVICE.len() + 1);
    let mut letters = full_name.get(..end).unwrap_or_default().chars();
    let mut name = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next()),
            _ => name.push(letter),
        }
    }
    name
}

/// A daemon on these networks alone.
fn daemon(reach: Reach) -> Result<ServiceDaemon, NearbyFault> {
    let daemon = match reach {
        Reach::Network => ServiceDaemon::new_with_port(PORT)?,
        Reach::Loopback { port } => ServiceDaemon::new_with_port(port)?,
    };
    let unwanted = move |interface: &Interface| interface.is_loopback() == (reach == Reach::Network);
    daemon.disable_interface(IfKind::Predicate(IfPredicate::new(unwanted)))?;
    Ok(daemon)
}

/// The networks that this computer is part of.
fn subnets(reach: Reach) -> Vec<Subnet> {
    let subnet = |interface: Interface| match interface.addr {
        IfAddr::V4(at) => Subnet { address: at.ip.into(), prefix_bits: at.prefixlen },
        IfAddr::V6(at) => Subnet { address: at.ip.into(), prefix_bits: at.prefixlen },
    };
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let wanted = |interface: &Interface| interface.is_loopback() != (reach == Reach::Network);
    interfaces.into_iter().filter(wanted).map(subnet).collect()
}

impl From<mdns_sd::Error> for NearbyFault {
    fn from(error: mdns_sd::Error) -> Self {
        Self::Library { why: error.to_string() }
    }
}

impl std::fmt::Debug for Announcer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Announcer").field("full_name", &self.full_name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::instance_name;

    #[test]
    fn a_name_reads_back_from_the_full_name() {
        assert_eq!(instance_name("Farm (2)._tessera._udp.local."), "Farm (2)");
        assert_eq!(instance_name("a\\.b\\\\c._tessera._udp.local."), "a.b\\c");
        for odd in ["", "x", "ü._tessera._udp.loca", "\\"] {
            let _ = instance_name(odd);
        }
    }
}
