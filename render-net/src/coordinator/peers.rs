//! Who is here, and what one peer may take: connections, and requests per second. What it stores is the object folder's business.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use frame::NodeId;

use crate::wire::{Refusal, Request};

/// Connections of one identity at a time: an artist has one for each job that it follows, and jobs as many as the market allows.
const LINKS_MAX: u32 = 96;
/// Requests per second that one identity may keep up, and how many may come at once.
const REQUESTS_PER_SECOND: f64 = 2_000.0;
const REQUESTS_AT_ONCE: f64 = 4_000.0;
/// Identities remembered; above, those without connections are forgotten.
const PEERS_MAX: usize = 16_384;

/// Everybody who is or was here since the start.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<BTreeMap<NodeId, Peer>>);

/// Who is connected, by what they asked for last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerCounts {
    /// Nodes.
    pub nodes: u64,
    /// Artists.
    pub artists: u64,
    /// Referees.
    pub referees: u64,
    /// Those who look on, and those who did not say yet.
    pub others: u64,
}

#[derive(Debug)]
struct Peer {
    links: u32,
    role: Role,
    tokens: f64,
    filled: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Node,
    Artist,
    Referee,
    Other,
}

impl Peers {
    /// A new connection; false when the peer has enough.
    pub(super) fn enter(&self, peer: NodeId) -> bool {
        let mut peers = self.0.lock().expect("nobody panics while holding it");
        if peers.len() >= PEERS_MAX {
            peers.retain(|_, peer| peer.links > 0);
        }
        let fresh = Peer { links: 0, role: Role::Other, tokens: REQUESTS_AT_ONCE, filled: Instant::now() };
        let entry = peers.entry(peer).or_insert(fresh);
        let room = entry.links < LINKS_MAX;
        entry.links += u32::from(room);
        room
    }

    /// A connection's end.
    pub(super) fn leave(&self, peer: NodeId) {
        let mut peers = self.0.lock().expect("nobody panics while holding it");
        if let Some(peer) = peers.get_mut(&peer) {
            peer.links = peer.links.saturating_sub(1);
        }
    }

    /// One request; refused when too many came.
    pub(super) fn request(&self, peer: NodeId, request: &Request) -> Result<(), Refusal> {
        let mut peers = self.0.lock().expect("nobody panics while holding it");
        let Some(peer) = peers.get_mut(&peer) else { return Ok(()) };
        let now = Instant::now();
        let gained = now.duration_since(peer.filled).as_secs_f64() * REQUESTS_PER_SECOND;
        peer.tokens = (peer.tokens + gained).min(REQUESTS_AT_ONCE);
        peer.filled = now;
        peer.role = role_of(request).unwrap_or(peer.role);
        if peer.tokens < 1.0 {
            return Err(Refusal::Busy { again_ms: 100 });
        }
        peer.tokens -= 1.0;
        Ok(())
    }

    /// Who has a connection now.
    pub(super) fn count(&self) -> PeerCounts {
        let peers = self.0.lock().expect("nobody panics while holding it");
        let mut counts = PeerCounts::default();
        for peer in peers.values().filter(|peer| peer.links > 0) {
            *match peer.role {
                Role::Node => &mut counts.nodes,
                Role::Artist => &mut counts.artists,
                Role::Referee => &mut counts.referees,
                Role::Other => &mut counts.others,
            } += 1;
        }
        counts
    }
}

/// What only a node, an artist or a referee that is at work asks for.
fn role_of(request: &Request) -> Option<Role> {
    match request {
        Request::Register(_) | Request::Pull(_) => Some(Role::Node),
        Request::PostJob(_) | Request::Follow(_) | Request::Jobs => Some(Role::Artist),
        Request::Attend(_) => Some(Role::Referee),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Terms;

    #[test]
    fn a_peer_cannot_take_more_than_its_share() {
        let (peers, peer) = (Peers::default(), NodeId([1; 32]));
        assert_eq!((0..200).filter(|_| peers.enter(peer)).count(), LINKS_MAX as usize);
        peers.leave(peer);
        assert!(peers.enter(peer));
        let granted = (0..50_000).filter(|_| peers.request(peer, &Request::Ping).is_ok()).count();
        assert!((4_000..49_000).contains(&granted), "{granted}");
        assert!(peers.request(NodeId([2; 32]), &Request::Ping).is_ok());
    }

    #[test]
    fn an_artist_can_follow_as_many_jobs_as_the_market_allows_and_ask_besides() {
        assert!(LINKS_MAX as usize > Terms::default().artist_jobs_max + 8);
    }

    #[test]
    fn peers_are_counted_by_what_they_ask_for_while_they_are_here() {
        let peers = Peers::default();
        let [node, artist, guest] = [1, 2, 3].map(|number| NodeId([number; 32]));
        assert!([node, node, artist, guest].into_iter().all(|peer| peers.enter(peer)));
        let pull = Request::Pull(crate::wire::Pull { capacity: 1, wait_ms: 0 });
        for (peer, request) in [(node, &pull), (artist, &Request::Jobs), (artist, &Request::Balance)] {
            peers.request(peer, request).expect("within its share");
        }
        assert_eq!(peers.count(), PeerCounts { nodes: 1, artists: 1, referees: 0, others: 1 });
        [node, artist, guest].into_iter().for_each(|peer| peers.leave(peer));
        let left = PeerCounts { nodes: 1, ..PeerCounts::default() };
        assert_eq!(peers.count(), left, "it has another connection");
    }
}
