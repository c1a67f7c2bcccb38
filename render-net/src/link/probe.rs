//! Learns who answers at an address, and trusts nobody for it.
//!
//! Nothing is asked and nothing is told: the handshake proves that the other side holds its key, and the connection ends. The caller
//! shows an identity that lives only for this call, so that looking around tells nobody who looks.

use std::net::SocketAddr;
use std::time::Duration;

use frame::NodeId;
use tokio::time::timeout;

use super::limits::Role;
use super::{LinkFault, dial, fault, handshake};
use crate::identity::Identity;

/// Longest wait for the goodbye to be sent.
const GOODBYE: Duration = Duration::from_millis(200);

/// The key of whoever answers at this address.
///
/// # Errors
/// No answer, another version, or no key of ours.
pub async fn key_at(place: SocketAddr) -> Result<NodeId, LinkFault> {
    let keyless = || LinkFault::Protocol("it has no key".to_owned());
    let tls = handshake::anybody(&Identity::generate(), handshake::ALPN)
        .map_err(|error| LinkFault::Protocol(error.to_string()))?;
    // Whoever answers is a stranger and gets a stranger's windows.
    let transport = Role::Listener.limits().transport();
    let (connection, endpoint) = dial(place, tls, transport, keyless()).await?;
    let key = handshake::peer(&connection);
    connection.close(fault::CLOSE_DONE.into(), b"only looked");
    let _ = timeout(GOODBYE, endpoint.wait_idle()).await;
    key.ok_or_else(keyless)
}
