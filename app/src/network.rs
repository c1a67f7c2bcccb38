//! What can go wrong between machines, for people; and how to wait for them.

mod waiting;

use render_net::artist::ArtistFault;
use render_net::coordinator::{BucketFault, CoordinatorFault};
use render_net::identity::CoordinatorAddress;
use render_net::link::LinkFault;
use render_net::nearby::NearbyFault;
use render_net::node::NodeFault;
use render_net::referee::RefereeFault;
use render_net::store::StoreFault;
use render_net::wire::Refusal;

use crate::fault::{Exit, Fault};
pub(crate) use waiting::runtime;

/// For whatever is wrong with a data folder.
const MEND: &str = "free space on its disk and check its permissions, or choose another folder with --data";
const AGAIN: &str = "try again; report it when it stays, with TESSERA_LOG=debug";

/// Reads a coordinator's address as people paste it.
pub(crate) fn address(text: &str) -> Result<CoordinatorAddress, Fault> {
    text.trim()
        .parse()
        .map_err(|error: render_net::identity::AddressFault| told(Exit::Usage, &error.to_string(), AGAIN))
}

pub(crate) fn link_fault(fault: &LinkFault) -> Fault {
    match fault {
        LinkFault::Refused(refusal) => refusal_fault(refusal),
        LinkFault::Lost { .. } | LinkFault::Timeout => told(
            Exit::Network,
            &fault.to_string(),
            "check that the coordinator runs and that the network is up, then try again",
        ),
        _ => told(Exit::Network, &fault.to_string(), AGAIN),
    }
}

pub(crate) fn artist_fault(fault: &ArtistFault) -> Fault {
    let text = fault.to_string();
    match fault {
        ArtistFault::Link(fault) => link_fault(fault),
        ArtistFault::Identity(_) | ArtistFault::Data(_) => told(Exit::Failure, &text, MEND),
        ArtistFault::Unheard { job, .. } => Fault::new(
            Exit::Network,
            text,
            format!("`tessera collect {job}` fetches it and `tessera cancel {job}` ends it"),
        ),
        ArtistFault::NotSubmitted => {
            Fault::new(Exit::Interrupted, text, "submit again; what was uploaded is known")
        }
        ArtistFault::NoSuchJob => Fault::usage(text, "see `tessera jobs`, and give the same --data as then"),
        ArtistFault::Damaged => Fault::failure(text, "submit the scene again"),
        ArtistFault::BadCard => told(Exit::Usage, &text, AGAIN),
        ArtistFault::BadReferee => told(Exit::Network, &text, AGAIN),
        ArtistFault::Shape(_) | ArtistFault::TileTooLarge { .. } | ArtistFault::TooMany(_) => {
            told(Exit::Usage, &text, "choose other --size, --tile, --spp or --frames")
        }
        ArtistFault::Scene(_) => told(Exit::Scene, &text, "see `tessera scene check`"),
        ArtistFault::Collector(_) => told(Exit::Failure, &text, AGAIN),
        ArtistFault::Stopped => told(Exit::Interrupted, &text, "`tessera jobs` shows it"),
    }
}

pub(crate) fn node_fault(fault: &NodeFault) -> Fault {
    match fault {
        NodeFault::Link(fault) => link_fault(fault),
        NodeFault::Identity(_) | NodeFault::Data(_) => told(Exit::Failure, &fault.to_string(), MEND),
    }
}

pub(crate) fn referee_fault(fault: &RefereeFault) -> Fault {
    match fault {
        RefereeFault::Link(fault) => link_fault(fault),
        RefereeFault::Identity(_) => told(Exit::Failure, &fault.to_string(), MEND),
        RefereeFault::Renderer(why) => Fault::failure(
            format!("what was refused cannot be rendered again here: {why}"),
            "see `tessera doctor`, and start the referee again",
        ),
    }
}

pub(crate) fn coordinator_fault(fault: &CoordinatorFault) -> Fault {
    let text = fault.to_string();
    match fault {
        CoordinatorFault::Store(StoreFault::NoRoom) => Fault::failure(
            "the coordinator's folder has no room, because the disk is full",
            "free some space, or choose another folder with --data",
        ),
        CoordinatorFault::Store(StoreFault::Away(_) | StoreFault::Unsafe(_)) => {
            told(Exit::Network, &text, AGAIN)
        }
        CoordinatorFault::Bucket(fault) if fault.is_passing() => bucket_fault(Exit::Network, fault),
        CoordinatorFault::Bucket(fault) => bucket_fault(Exit::Failure, fault),
        CoordinatorFault::Listen(_) => told(Exit::Network, &text, "choose another --listen address"),
        _ => told(Exit::Failure, &text, MEND),
    }
}

pub(crate) fn bucket_fault(exit: Exit, fault: &BucketFault) -> Fault {
    told(exit, &fault.to_string(), AGAIN)
}

/// A running coordinator that cannot go on.
pub(crate) fn coordinator_broke() -> Fault {
    Fault::failure(
        "the coordinator cannot go on, because what keeps its ledger broke down",
        "start it again, and report this with TESSERA_LOG=debug when it stays",
    )
}

pub(crate) fn nearby_fault(fault: &NearbyFault) -> Fault {
    told(Exit::Network, &fault.to_string(), AGAIN)
}

fn refusal_fault(refusal: &Refusal) -> Fault {
    let text = refusal.to_string();
    match refusal {
        Refusal::Credit { .. } => Fault::new(
            Exit::Credit,
            text,
            "lower --max-price, --spp or --size, or ask the coordinator for credit",
        ),
        Refusal::NoSuchJob | Refusal::JobEnded => Fault::network(text, "see `tessera jobs`"),
        Refusal::NoView => Fault::network(text, "ask the artist for a new link"),
        Refusal::NoRoom | Refusal::Busy { .. } | Refusal::Limit { .. } => {
            Fault::network(text, "try again later")
        }
        _ => told(Exit::Network, &text, AGAIN),
    }
}

/// Splits "what happened: what to do" (or with a semicolon) where a library says both; else adds `advice`.
fn told(exit: Exit, text: &str, advice: &str) -> Fault {
    const VERBS: [&str; 9] =
        ["check ", "copy ", "try ", "bring ", "stop ", "use ", "choose ", "let ", "ask "];
    let cut = text.rmatch_indices([':', ';']).find(|(at, _)| {
        let rest = text[at + 1..].trim_start();
        VERBS.iter().any(|verb| rest.starts_with(verb))
    });
    match cut {
        Some((at, _)) => Fault::new(exit, text[..at].trim_end(), text[at + 1..].trim()),
        None => Fault::new(exit, text, advice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_and_what_to_do_are_told_apart() {
        let fault = link_fault(&LinkFault::NoAnswer);
        assert_eq!(
            (fault.what.as_str(), fault.advice.as_str(), fault.exit),
            ("nobody answers", "check that the coordinator runs and that UDP is let through", Exit::Network)
        );
        let fault = link_fault(&LinkFault::Protocol("x: y".into()));
        assert_eq!(fault.what, "the other side broke the protocol: x: y");
    }

    #[test]
    fn too_little_credit_has_its_own_exit() {
        let refusal = Refusal::Credit { needed: 2, available: 1 };
        assert_eq!(link_fault(&LinkFault::Refused(refusal)).exit, Exit::Credit);
    }

    #[test]
    fn a_referee_that_cannot_be_had_is_told_with_what_to_do() {
        let fault = link_fault(&LinkFault::Refused(Refusal::NoReferee));
        assert_eq!(
            (fault.exit, fault.advice.as_str()),
            (Exit::Network, "let it run there, and try again"),
            "{fault}"
        );
        let fault = artist_fault(&ArtistFault::BadReferee);
        assert_eq!(
            (fault.exit, fault.advice.as_str()),
            (Exit::Network, "ask the referee for its key again"),
            "{fault}"
        );
    }

    #[test]
    fn a_wrong_address_is_a_usage_error() {
        assert_eq!(address("farm.example").expect_err("no scheme").exit, Exit::Usage);
    }
}
