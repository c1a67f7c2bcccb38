//! UDP sockets with buffers large enough for QUIC.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use quinn::{Endpoint, EndpointConfig, ServerConfig, TokioRuntime};
use socket2::{Domain, Protocol, Socket, Type};

use super::LinkFault;
use super::limits::SOCKET_BUFFER_BYTES;

/// An endpoint at this address, listening when given a configuration.
pub(super) fn endpoint(
    at: SocketAddr,
    config: EndpointConfig,
    server: Option<ServerConfig>,
) -> Result<Endpoint, LinkFault> {
    let fault = |error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::AddrInUse => "another program uses it".to_owned(),
            ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
            ErrorKind::PermissionDenied => "permission is denied".to_owned(),
            _ => error.to_string(),
        };
        LinkFault::Socket { address: at, why }
    };
    let domain = if at.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP)).map_err(fault)?;
    // The system may grant less, which costs speed and nothing else.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    tracing::debug!(
        receive_bytes = socket.recv_buffer_size().unwrap_or(0),
        send_bytes = socket.send_buffer_size().unwrap_or(0),
        "socket buffers"
    );
    socket.bind(&at.into()).map_err(fault)?;
    Endpoint::new(config, server, socket.into(), Arc::new(TokioRuntime)).map_err(fault)
}
