//! What machines do by themselves after some time.

use render_net::node::agent::{Allowance, Input};
use render_net::wire::Committed;

/// What an artist does by itself after some time.
pub(super) enum ArtistErrand {
    /// Looks after what is unanswered.
    Look,
    /// Asks what happened.
    Follow,
    /// A result has arrived here; a referee may have upheld it.
    Collected(Box<Committed>, bool),
}

/// What a node does by itself after some time.
pub(super) enum NodeErrand {
    /// The agent wants to look at the clock.
    Tick(u64),
    /// The pause before connecting is over.
    Connect,
    /// A block is rendered, if this is still the same rendering.
    Block(u64),
    /// News for the agent.
    Hear(Input),
    /// Its owner starts it again.
    Mend,
    /// Its owner comes or goes.
    Owner(Allowance),
}
