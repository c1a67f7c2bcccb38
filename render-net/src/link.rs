//! How machines talk: QUIC connections between proven keys, one request and one response per stream.
//!
//! Nodes and artists dial ([`Link::connect`]); a coordinator listens ([`Listener`]). Both sides prove their
//! [`NodeId`] in the handshake, before any stream exists. Requests and bulk objects share one form ([`crate::wire`]); every wait has
//! an end, every length a limit ([`limits`]). Only this module and its parts name the transport library.
//!
//! A link never reconnects by itself and never decides who may do what: its users do.
//!
//! Sources: QUIC, RFC 9000 and 9001; raw public keys in TLS, RFC 7250.

mod exchange;
mod fault;
mod handshake;
pub mod limits;
mod pace;
mod probe;
mod restart;
mod socket;
mod uplink;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use frame::NodeId;
use tokio::time::timeout;

pub use exchange::{Arriving, Memory, Responder};
pub use fault::LinkFault;
pub use probe::key_at;
pub use uplink::{RATE_MIN_BYTES_PER_S, Uplink};

use crate::identity::{CoordinatorAddress, Identity};
use crate::wire::{Message, ObjectName, Preview, Request, Response};
use exchange::{Outgoing, read_message, read_object, write_object};
use limits::{CALL_TIMEOUT, HANDSHAKE_TIMEOUT, Role};
use pace::PaceLimits;

/// A connection to a peer whose key is proven. Cheap to clone; the last clone's end closes it.
#[derive(Clone, Debug)]
pub struct Link {
    connection: quinn::Connection,
    peer: NodeId,
    uplink: Uplink,
    // A dialler's socket lives as long as its link.
    _endpoint: quinn::Endpoint,
}

/// Waits for callers.
#[derive(Clone, Debug)]
pub struct Listener {
    endpoint: quinn::Endpoint,
    id: NodeId,
}

/// A caller whose key is not proven yet.
#[derive(Debug)]
pub struct Caller {
    connecting: quinn::Connecting,
    endpoint: quinn::Endpoint,
}

/// Which stream goes first when they compete; strict between levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Scenes for later.
    Prefetch = 0,
    /// Scenes.
    Scene = 20,
    /// Finished tiles.
    Result = 50,
    /// Pictures of unfinished tiles.
    Preview = 60,
    /// Leases and heartbeats.
    Lease = 90,
    /// Everything else that is short.
    Control = 100,
}

/// Two ends of one connection within this process, for tests of what is built on links.
#[derive(Debug)]
pub struct LoopbackPair {
    /// The end that dialled.
    pub dialler: Link,
    /// The end that listened.
    pub listener: Link,
}

impl Link {
    /// Connects to a coordinator and proves both keys.
    ///
    /// # Errors
    /// Unknown host, no answer, somebody else's key, another version.
    pub async fn connect(identity: &Identity, address: &CoordinatorAddress) -> Result<Self, LinkFault> {
        Self::connect_as(identity, address, handshake::ALPN).await
    }

    /// The same link, whose objects are sent over this line.
    pub fn over(self, uplink: Uplink) -> Self {
        Self { uplink, ..self }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> NodeId {
        self.peer
    }

    /// The other end's address as seen from here.
    pub fn remote_address(&self) -> SocketAddr {
        self.connection.remote_address()
    }

    /// Grants a registered peer the larger windows.
    pub fn trust(&self) {
        self.connection.set_receive_window(quinn::VarInt::from_u32(limits::TRUSTED_WINDOW_BYTES));
        self.connection.set_send_window(u64::from(limits::TRUSTED_WINDOW_BYTES));
    }

    /// Sends a request and waits for its response, longer for requests that ask to be kept waiting.
    ///
    /// # Errors
    /// A refusal comes as [`LinkFault::Refused`].
    pub async fn call(&self, request: &Request) -> Result<Response, LinkFault> {
        let exchange = async {
            let (mut send, mut receive) = self.open(priority(request)).await?;
            send.write_all(&request.encode()?).await?;
            send.finish();
            read_message::<Response>(&mut receive).await
        };
        match timeout(patience(request), exchange).await {
            Ok(Ok(Response::Refused(refusal))) => Err(refusal.into()),
            Ok(result) => result,
            Err(_) => Err(LinkFault::Timeout),
        }
    }

    /// Stores sealed bytes at the other end and returns their name.
    ///
    /// # Errors
    /// As [`Self::call`]; also when the transfer is too slow.
    pub async fn put(&self, sealed: &[u8], priority: Priority) -> Result<ObjectName, LinkFault> {
        let name = ObjectName::of(sealed);
        let request = Request::Put { name, size_bytes: sealed.len() as u64 };
        self.send_object(&request, sealed, priority).await.map(|()| name)
    }

    /// Shows a sealed picture of unfinished work; what is in `preview` must be its name.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn show(&self, preview: Preview, sealed: &[u8]) -> Result<(), LinkFault> {
        let request = Request::Show { preview, size_bytes: sealed.len() as u64 };
        self.send_object(&request, sealed, Priority::Preview).await
    }

    async fn send_object(
        &self,
        request: &Request,
        sealed: &[u8],
        priority: Priority,
    ) -> Result<(), LinkFault> {
        let exchange = async {
            let (mut send, mut receive) = self.open(priority).await?;
            send.write_all(&request.encode()?).await?;
            // It lies in this side's own memory, which nobody takes from it.
            write_object(&mut send, sealed, &self.uplink, 0, PaceLimits::default()).await?;
            read_message::<Response>(&mut receive).await
        };
        match timeout(limits::bulk_timeout(sealed.len() as u64), exchange).await {
            Ok(Ok(Response::Done)) => Ok(()),
            Ok(Ok(Response::Refused(refusal))) => Err(refusal.into()),
            Ok(Ok(_)) => Err(LinkFault::Protocol("an object was answered with something else".to_owned())),
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(LinkFault::Timeout),
        }
    }

    /// Fetches sealed bytes of at most `limit` bytes and checks that they have this name.
    ///
    /// # Errors
    /// As [`Self::call`]; [`LinkFault::TooLarge`] before anything is read; [`LinkFault::WrongContent`].
    pub async fn fetch(
        &self,
        name: ObjectName,
        limit: u64,
        priority: Priority,
    ) -> Result<Vec<u8>, LinkFault> {
        let asking = async {
            let (mut send, mut receive) = self.open(priority).await?;
            send.write_all(&Request::Fetch(name).encode()?).await?;
            send.finish();
            let response = read_message::<Response>(&mut receive).await?;
            Ok::<_, LinkFault>((response, receive))
        };
        let (response, mut receive) =
            timeout(CALL_TIMEOUT, asking).await.map_err(|_| LinkFault::Timeout)??;
        match response {
            Response::Object { size_bytes } if size_bytes > limit => {
                let _ = receive.stop(fault::CLOSE_DONE.into());
                Err(LinkFault::TooLarge { claimed: size_bytes, limit })
            }
            Response::Object { size_bytes } => {
                read_object(&mut receive, name, size_bytes, &mut (), PaceLimits::default()).await
            }
            Response::Refused(refusal) => Err(refusal.into()),
            _ => Err(LinkFault::Protocol("fetch was answered with something else".to_owned())),
        }
    }

    /// Waits for the peer's next stream. Read it in a task of its own, so that a slow one holds up nobody.
    pub async fn accept(&self) -> Result<Arriving, LinkFault> {
        let (send, receive) = self.connection.accept_bi().await?;
        Ok(Arriving::new(send, receive, self.connection.clone()))
    }

    /// Ends the connection in good order.
    pub fn close(&self) {
        self.connection.close(fault::CLOSE_DONE.into(), b"done");
    }

    /// Ends the connection because the peer has too many of them.
    pub fn close_crowded(&self) {
        self.connection.close(fault::CLOSE_CROWDED.into(), b"too many connections of one key");
    }

    /// Waits until the connection has ended, for whatever reason.
    pub async fn closed(&self) -> LinkFault {
        LinkFault::from(self.connection.closed().await)
    }

    /// A pair of connected ends within this process.
    pub async fn pair_on_loopback(
        dialler: &Identity,
        listener: &Identity,
    ) -> Result<LoopbackPair, LinkFault> {
        let accepting = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), listener)?;
        let address = accepting.address("127.0.0.1")?;
        let far = async {
            let caller = accepting.accept().await.ok_or(LinkFault::NoAnswer)?;
            caller.handshake().await
        };
        let (near, far) = tokio::join!(Self::connect(dialler, &address), far);
        Ok(LoopbackPair { dialler: near?, listener: far? })
    }

    async fn connect_as(
        identity: &Identity,
        address: &CoordinatorAddress,
        alpn: &[u8],
    ) -> Result<Self, LinkFault> {
        let unknown = || LinkFault::UnknownHost { host: address.host().to_owned() };
        let places =
            tokio::net::lookup_host((address.host(), address.port())).await.map_err(|_| unknown())?;
        let mut fault = unknown();
        for place in places {
            match Self::connect_to(identity, place, address.key(), alpn).await {
                Ok(link) => return Ok(link),
                Err(error) => fault = error,
            }
        }
        Err(fault)
    }

    async fn connect_to(
        identity: &Identity,
        place: SocketAddr,
        expected: NodeId,
        alpn: &[u8],
    ) -> Result<Self, LinkFault> {
        let tls = handshake::dialler(identity, expected, alpn)
            .map_err(|error| LinkFault::Protocol(error.to_string()))?;
        let transport = Role::Dialler.limits().transport();
        let (connection, endpoint) = dial(place, tls, transport, LinkFault::WrongKey { expected }).await?;
        Ok(Self { connection, peer: expected, uplink: Uplink::default(), _endpoint: endpoint })
    }

    async fn open(&self, priority: Priority) -> Result<(Outgoing, quinn::RecvStream), LinkFault> {
        let opened = timeout(CALL_TIMEOUT, self.connection.open_bi()).await;
        let (send, receive) = opened.map_err(|_| LinkFault::Timeout)??;
        let send = Outgoing::new(send);
        send.set_priority(priority);
        Ok((send, receive))
    }
}

impl Listener {
    /// Opens a UDP port and waits for callers there.
    pub fn bind(at: SocketAddr, identity: &Identity) -> Result<Self, LinkFault> {
        Self::bind_speaking(at, identity, handshake::ALPN)
    }

    /// The same with another protocol than this version's, for tests of what happens between versions.
    pub fn bind_speaking(at: SocketAddr, identity: &Identity, protocol: &[u8]) -> Result<Self, LinkFault> {
        let tls = handshake::listener(identity, protocol)
            .map_err(|error| LinkFault::Protocol(error.to_string()))?;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
        config
            .transport_config(Arc::new(Role::Listener.limits().transport()))
            .max_incoming(limits::INCOMING_MAX)
            .incoming_buffer_size(limits::INCOMING_BUFFER_BYTES)
            .incoming_buffer_size_total(limits::INCOMING_BUFFERS_BYTES)
            .migration(true);
        let endpoint = socket::endpoint(at, restart::outlived_by(identity), Some(config))?;
        Ok(Self { endpoint, id: identity.id() })
    }

    /// The port that was opened.
    pub fn local_address(&self) -> Result<SocketAddr, LinkFault> {
        self.endpoint.local_addr().map_err(|error| LinkFault::Lost { why: error.to_string() })
    }

    /// What diallers need in order to reach this listener under the given host name.
    pub fn address(&self, host: &str) -> Result<CoordinatorAddress, LinkFault> {
        let port = self.local_address()?.port();
        CoordinatorAddress::new(host, port, self.id).map_err(|fault| LinkFault::Protocol(fault.to_string()))
    }

    /// The next caller; `None` after [`Self::close`]. Under load callers must first prove their address.
    pub async fn accept(&self) -> Option<Caller> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let open = self.endpoint.open_connections();
            if open >= limits::CONNECTIONS_MAX {
                incoming.refuse();
            } else if open >= limits::CONNECTIONS_BEFORE_RETRY && incoming.may_retry() {
                // The answer is a small packet; whoever forged the address never sees it.
                let _ = incoming.retry();
            } else if let Ok(connecting) = incoming.accept() {
                return Some(Caller { connecting, endpoint: self.endpoint.clone() });
            }
        }
    }

    /// Ends all connections and accepts no more.
    pub async fn close(&self) {
        self.endpoint.close(fault::CLOSE_DONE.into(), b"the coordinator stops");
        let _ = timeout(Duration::from_secs(2), self.endpoint.wait_idle()).await;
    }
}

impl Caller {
    /// Finishes the handshake and learns who calls. Do it in a task of its own.
    pub async fn handshake(self) -> Result<Link, LinkFault> {
        let connection =
            timeout(HANDSHAKE_TIMEOUT, self.connecting).await.map_err(|_| LinkFault::NoAnswer)??;
        match handshake::peer(&connection) {
            Some(peer) => Ok(Link { connection, peer, uplink: Uplink::default(), _endpoint: self.endpoint }),
            None => Err(LinkFault::Protocol("the caller has no key".to_owned())),
        }
    }
}

/// Connects from a socket of its own and finishes the handshake; `other_key` is the fault when the key there is not taken.
async fn dial(
    place: SocketAddr,
    tls: quinn::crypto::rustls::QuicClientConfig,
    transport: quinn::TransportConfig,
    other_key: LinkFault,
) -> Result<(quinn::Connection, quinn::Endpoint), LinkFault> {
    let any: IpAddr =
        if place.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let endpoint = socket::endpoint((any, 0).into(), quinn::EndpointConfig::default(), None)?;
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport));
    let connecting = endpoint
        .connect_with(config, place, handshake::SERVER_NAME)
        .map_err(|error| LinkFault::Lost { why: error.to_string() })?;
    match timeout(HANDSHAKE_TIMEOUT, connecting).await {
        Err(_) | Ok(Err(quinn::ConnectionError::TimedOut)) => Err(LinkFault::NoAnswer),
        Ok(Ok(connection)) => Ok((connection, endpoint)),
        Ok(Err(error)) if handshake::is_wrong_key(&error) => Err(other_key),
        Ok(Err(error)) => Err(error.into()),
    }
}

/// How long a response may take: what the request asks to be kept waiting, and the usual time.
fn patience(request: &Request) -> Duration {
    let kept_ms = match request {
        Request::Pull(pull) => pull.wait_ms,
        Request::Follow(follow) => follow.wait_ms,
        Request::FollowView(follow) => follow.wait_ms,
        Request::Attend(attend) => attend.wait_ms,
        _ => 0,
    };
    CALL_TIMEOUT + Duration::from_millis(u64::from(kept_ms))
}

fn priority(request: &Request) -> Priority {
    match request {
        Request::Pull(_) | Request::Heartbeat(_) | Request::Commit(_) => Priority::Lease,
        Request::Preview(_) => Priority::Preview,
        _ => Priority::Control,
    }
}

#[cfg(test)]
mod tests;
