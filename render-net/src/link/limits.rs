//! Every limit of the transport, in one place.
//!
//! The transport library's defaults are made for friends: an unlimited connection window and 250 MB of stream windows per peer.
//! Strangers connect here, so what one of them can make this side hold is bounded: by the windows, not by the counts of streams.

use std::time::Duration;

use quinn::{AckFrequencyConfig, IdleTimeout, TransportConfig, VarInt};

/// Which side of a link this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A node or an artist: trusts the coordinator with its memory and wants speed.
    Dialler,
    /// A coordinator: strangers connect to it.
    Listener,
}

/// Windows and counts of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) stream_receive_window_bytes: u32,
    pub(crate) receive_window_bytes: u32,
    pub(crate) send_window_bytes: u32,
    pub(crate) streams_bidi: u32,
    pub(crate) streams_uni: u32,
    pub(crate) keep_alive: Option<Duration>,
}

const KIB: u32 = 1024;
const MIB: u32 = 1024 * KIB;

/// 8 MiB is about 670 Mbit/s at 100 ms on one stream.
pub(crate) const DIALLER: Limits = Limits {
    stream_receive_window_bytes: 8 * MIB,
    receive_window_bytes: 32 * MIB,
    send_window_bytes: 32 * MIB,
    streams_bidi: 64,
    streams_uni: 128,
    keep_alive: Some(Duration::from_secs(5)),
};

/// What a stranger gets at first: 1,000 of them hold at most 384 MiB.
pub(crate) const LISTENER: Limits = Limits {
    stream_receive_window_bytes: MIB,
    receive_window_bytes: 256 * KIB,
    send_window_bytes: 128 * KIB,
    streams_bidi: 16,
    streams_uni: 32,
    keep_alive: None,
};

/// Connection windows of a peer that has registered.
pub(crate) const TRUSTED_WINDOW_BYTES: u32 = 4 * MIB;

/// A peer that says nothing for so long is gone.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// From the first packet to a proven peer.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// What is asked of the system for each socket; it may grant less.
pub(crate) const SOCKET_BUFFER_BYTES: usize = 8 * MIB as usize;

/// Handshakes that wait to be accepted, and bytes buffered for each and for all.
pub(crate) const INCOMING_MAX: usize = 4096;
pub(crate) const INCOMING_BUFFER_BYTES: u64 = 64 * KIB as u64;
pub(crate) const INCOMING_BUFFERS_BYTES: u64 = 64 * MIB as u64;
/// Above so many open connections a caller must prove its address before the handshake costs anything.
pub(crate) const CONNECTIONS_BEFORE_RETRY: usize = 256;
/// Most connections of a listener.
pub(crate) const CONNECTIONS_MAX: usize = 4096;

/// Longest wait for a reply unless the caller says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest pause within a bulk transfer.
pub(crate) const BULK_PAUSE_MAX: Duration = Duration::from_secs(20);
/// Slowest bulk transfer that is tolerated as a whole: a line of 128 kbit/s carries seven such at once.
pub(crate) const BULK_BYTES_PER_SECOND_MIN: u64 = 2 * KIB as u64;
/// In so much waiting for the bytes of one body …
pub(crate) const PACE_TIME: Duration = Duration::from_secs(30);
/// … so many must move: half of what is asked of the transfer as a whole …
pub(crate) const PACE_BYTES: u64 = 30 * KIB as u64;
/// … and at least this part of what is held in memory for it, as a divisor: 8.5 KiB/s once 64 MiB are, half a line of 128 kbit/s.
pub(crate) const PACE_SHARE: u64 = 256;

impl Role {
    pub(crate) fn limits(self) -> Limits {
        match self {
            Role::Dialler => DIALLER,
            Role::Listener => LISTENER,
        }
    }
}

impl Limits {
    /// The transport's settings.
    pub(crate) fn transport(self) -> TransportConfig {
        let idle = IdleTimeout::try_from(IDLE_TIMEOUT).expect("30 s is below the format's limit");
        // Acknowledgement frequency stays off: it made quinn-proto panic (RUSTSEC-2026-0340, fixed in 0.11.18) and brings us nothing.
        let ack_frequency: Option<AckFrequencyConfig> = None;
        let mut transport = TransportConfig::default();
        transport
            .stream_receive_window(VarInt::from_u32(self.stream_receive_window_bytes))
            .receive_window(VarInt::from_u32(self.receive_window_bytes))
            .send_window(u64::from(self.send_window_bytes))
            .max_concurrent_bidi_streams(VarInt::from_u32(self.streams_bidi))
            .max_concurrent_uni_streams(VarInt::from_u32(self.streams_uni))
            .max_idle_timeout(Some(idle))
            .keep_alive_interval(self.keep_alive)
            .ack_frequency_config(ack_frequency)
            .datagram_receive_buffer_size(None)
            .allow_spin(false);
        transport
    }
}

/// The longest that a bulk transfer of this length may take as a whole.
pub(crate) fn bulk_timeout(length_bytes: u64) -> Duration {
    BULK_PAUSE_MAX + Duration::from_secs(length_bytes / BULK_BYTES_PER_SECOND_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_the_audited_ones() {
        // The debug text is the only view that the library gives of its settings.
        let text = format!("{:?}", LISTENER.transport());
        for pinned in [
            "stream_receive_window: 1048576",
            "receive_window: 262144",
            "send_window: 131072",
            "max_concurrent_bidi_streams: 16",
            "max_concurrent_uni_streams: 32",
            "max_idle_timeout: Some(30000)",
            "keep_alive_interval: None",
            "ack_frequency_config: None",
            "datagram_receive_buffer_size: None",
            "allow_spin: false",
        ] {
            assert!(text.contains(pinned), "{pinned} in {text}");
        }
        let text = format!("{:?}", DIALLER.transport());
        for pinned in [
            "stream_receive_window: 8388608",
            "receive_window: 33554432",
            "send_window: 33554432",
            "keep_alive_interval: Some(5s)",
        ] {
            assert!(text.contains(pinned), "{pinned} in {text}");
        }
    }

    #[test]
    fn a_thousand_strangers_fit_into_memory() {
        let each = LISTENER.receive_window_bytes + LISTENER.send_window_bytes;
        assert!(u64::from(each) * 1000 <= 384 * 1024 * 1024);
    }
}
