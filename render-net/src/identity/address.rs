//! How to reach a coordinator and how to know that it is the right one: `tessera://HOST:PORT#KEY`.

use std::fmt;
use std::str::FromStr;

use frame::NodeId;
use serde::{Deserialize, Serialize};

/// A coordinator's host, UDP port and identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CoordinatorAddress {
    host: String,
    port: u16,
    key: NodeId,
}

/// The text is not a coordinator's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is not a coordinator's address ({why}): copy the line tessera://HOST:PORT#KEY that it prints when it starts"
)]
pub struct AddressFault {
    text: String,
    why: &'static str,
}

const SCHEME: &str = "tessera://";
const HOST_BYTES_MAX: usize = 253;

impl CoordinatorAddress {
    /// From parts; `host` is a name, an IPv4 address, or an IPv6 address without brackets.
    pub fn new(host: &str, port: u16, key: NodeId) -> Result<Self, AddressFault> {
        match host_fault(host) {
            Some(why) => Err(AddressFault { text: host.chars().take(300).collect(), why }),
            None => Ok(Self { host: host.to_owned(), port, key }),
        }
    }

    /// Name or IP address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// UDP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, as people write them.
    pub fn place(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Who must answer there.
    pub fn key(&self) -> NodeId {
        self.key
    }
}

impl FromStr for CoordinatorAddress {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Self, AddressFault> {
        let fault = |why| AddressFault { text: text.chars().take(300).collect(), why };
        let rest =
            text.trim().strip_prefix(SCHEME).ok_or_else(|| fault("it does not start with tessera://"))?;
        let (place, key) = rest.split_once('#').ok_or_else(|| fault("the key after # is missing"))?;
        let key = key.parse().map_err(|_| fault("the key is not 64 hexadecimal digits"))?;
        let (host, port) = place.rsplit_once(':').ok_or_else(|| fault("the port is missing"))?;
        let port = port.parse().map_err(|_| fault("the port is not a number from 0 to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => host,
            None if host.contains(':') => return Err(fault("an IPv6 address needs brackets")),
            None => host,
        };
        match host_fault(host) {
            Some(why) => Err(fault(why)),
            None => Ok(Self { host: host.to_owned(), port, key }),
        }
    }
}

impl fmt::Display for CoordinatorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}#{}", self.place(), self.key)
    }
}

impl TryFrom<String> for CoordinatorAddress {
    type Error = AddressFault;

    fn try_from(text: String) -> Result<Self, AddressFault> {
        text.parse()
    }
}

impl From<CoordinatorAddress> for String {
    fn from(address: CoordinatorAddress) -> String {
        address.to_string()
    }
}

fn host_fault(host: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.is_empty() {
        Some("the host is missing")
    } else if host.len() > HOST_BYTES_MAX || !host.chars().all(allowed) {
        Some("the host is not a name or an IP address")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_from_its_text() {
        for host in ["127.0.0.1", "farm.example.org", "::1"] {
            let address = CoordinatorAddress::new(host, 4433, NodeId([7; 32])).expect("valid");
            assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        let key = "07".repeat(32);
        for (text, why) in [
            (format!("http://a:1#{key}"), "start with"),
            (format!("tessera://a:1{key}"), "after #"),
            (format!("tessera://a:1#{}", &key[1..]), "64 hexadecimal"),
            (format!("tessera://a#{key}"), "port is missing"),
            (format!("tessera://a:70000#{key}"), "65535"),
            (format!("tessera://::1:5#{key}"), "brackets"),
            (format!("tessera://:5#{key}"), "host is missing"),
            (format!("tessera://a b:5#{key}"), "not a name"),
        ] {
            let fault = text.parse::<CoordinatorAddress>().expect_err("refused").to_string();
            assert!(fault.contains(why), "{fault}");
        }
    }
}
