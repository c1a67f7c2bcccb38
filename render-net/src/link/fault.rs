//! What can go wrong on a link, told apart by what the caller does about it.

use std::net::SocketAddr;

use frame::NodeId;

use crate::wire::{Refusal, WireFault};

/// Why two machines cannot talk, or stopped talking.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// The host name has no address.
    #[error("the host \"{host}\" is not known: check the address and the network")]
    UnknownHost {
        /// As asked.
        host: String,
    },
    /// A local socket cannot be had.
    #[error("the UDP port {address} cannot be opened: {why}")]
    Socket {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// Nobody answers.
    #[error("nobody answers: check that the coordinator runs and that UDP is let through")]
    NoAnswer,
    /// Somebody else answers.
    #[error(
        "another machine answers there (its key is not {expected}): copy the coordinator's address again"
    )]
    WrongKey {
        /// Whom the caller wanted.
        expected: NodeId,
    },
    /// The other side speaks another major version.
    #[error(
        "version mismatch: the other side speaks another version of Tessera; bring both to the same version"
    )]
    VersionMismatch,
    /// The other side is full.
    #[error("the coordinator has no room for more connections: try again later")]
    Busy,
    /// The same key is connected too often.
    #[error("too many programs with the same key are connected to the coordinator: stop some of them")]
    Crowded,
    /// The link was there and is gone.
    #[error("the connection was lost: {why}")]
    Lost {
        /// As the transport tells it.
        why: String,
    },
    /// No reply in time; the link itself may be well.
    #[error("the other side did not reply in time")]
    Timeout,
    /// The peer sent what the protocol does not allow.
    #[error("the other side broke the protocol: {0}")]
    Protocol(String),
    /// The peer understood and says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// More bytes than allowed.
    #[error("{claimed} bytes were announced and {limit} are allowed")]
    TooLarge {
        /// What was announced.
        claimed: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The blob is not what its name says.
    #[error("the bytes received do not fit their name")]
    WrongContent,
}

/// The TLS alert no_application_protocol (RFC 7301) as a QUIC error code (RFC 9001, section 4.8).
const NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;
/// Code of a stream that ends before all was sent on it.
pub(crate) const CUT_SHORT: u32 = 2;
/// Application close code for a frame of another version.
pub(crate) const CLOSE_VERSION: u32 = 1;
/// Application close code for an orderly end.
pub(crate) const CLOSE_DONE: u32 = 0;
/// Application close code for one connection too many of a key.
pub(crate) const CLOSE_CROWDED: u32 = 2;

impl LinkFault {
    /// Whether trying again later can help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::UnknownHost { .. }
                | Self::NoAnswer
                | Self::Busy
                | Self::Crowded
                | Self::Lost { .. }
                | Self::Timeout
        )
    }

    /// The other side gave up in the middle of something: it stopped, or its own patience ended.
    pub(crate) fn cut_off() -> Self {
        Self::Lost { why: "the other side broke off before the end".to_owned() }
    }

    pub(crate) fn of_connection(error: &quinn::ConnectionError) -> Self {
        use quinn::ConnectionError as E;
        let is_alpn = |code: u64| code == NO_APPLICATION_PROTOCOL;
        match error {
            E::VersionMismatch => Self::VersionMismatch,
            E::TransportError(error) if is_alpn(u64::from(error.code)) => Self::VersionMismatch,
            E::ConnectionClosed(close) if is_alpn(u64::from(close.error_code)) => Self::VersionMismatch,
            E::ConnectionClosed(close)
                if close.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED =>
            {
                Self::Busy
            }
            E::ApplicationClosed(close) if close.error_code == CLOSE_VERSION.into() => Self::VersionMismatch,
            E::ApplicationClosed(close) if close.error_code == CLOSE_CROWDED.into() => Self::Crowded,
            E::TimedOut => Self::Lost { why: "nothing was heard for too long".to_owned() },
            other => Self::Lost { why: other.to_string() },
        }
    }
}

impl From<quinn::ConnectionError> for LinkFault {
    fn from(error: quinn::ConnectionError) -> Self {
        Self::of_connection(&error)
    }
}

impl From<quinn::WriteError> for LinkFault {
    fn from(error: quinn::WriteError) -> Self {
        match error {
            quinn::WriteError::ConnectionLost(error) => error.into(),
            other => Self::Lost { why: other.to_string() },
        }
    }
}

impl From<quinn::ReadError> for LinkFault {
    fn from(error: quinn::ReadError) -> Self {
        match error {
            quinn::ReadError::ConnectionLost(error) => error.into(),
            quinn::ReadError::Reset(_) => Self::cut_off(),
            other => Self::Lost { why: other.to_string() },
        }
    }
}

impl From<quinn::ReadExactError> for LinkFault {
    fn from(error: quinn::ReadExactError) -> Self {
        match error {
            quinn::ReadExactError::FinishedEarly(_) => Self::cut_off(),
            quinn::ReadExactError::ReadError(error) => error.into(),
        }
    }
}

impl From<WireFault> for LinkFault {
    fn from(fault: WireFault) -> Self {
        match fault {
            WireFault::Version { .. } => Self::VersionMismatch,
            other => Self::Protocol(other.to_string()),
        }
    }
}
