//! Looks for coordinators on the own network.
//!
//! What is found is shown with the code of its key and trusted by nobody: people compare the code with the one that the coordinator shows, and then
//! keep the address, which holds the key. From then on it is an address like any other.

use std::time::Duration;

use render_net::identity::CoordinatorAddress;
use render_net::nearby::{Announcement, Heard, Met, Reach};
use render_net::{link::LinkFault, nearby};
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio::task::JoinSet;

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::network::{link_fault, nearby_fault, runtime};

/// Time in which coordinators answer a look around; they are asked at once and again after one second.
pub const PATIENCE_USUAL: Duration = Duration::from_secs(3);

/// What a look around gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Nearby {
    /// Coordinators that answered, sorted by name.
    pub coordinators: Vec<Found>,
    /// Coordinators that announce themselves and could not be spoken with, in sentences.
    pub silent: Vec<String>,
    /// Announcements that make no sense or are too many.
    pub left_out: u32,
}

/// A coordinator that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Found {
    /// As it calls itself.
    pub name: String,
    /// Address and port.
    pub place: String,
    /// What people compare: six groups of three digits.
    pub code: String,
    /// The whole address with the key, to be kept once the codes were compared.
    pub address: String,
    /// Whether its key is that of an address that was kept before: then there is nothing to compare.
    pub is_known: bool,
}

/// Looks around. `known` are addresses that were kept before.
///
/// # Errors
/// No network, or no multicast. Nobody being there is none.
pub fn look(known: &[String], patience: Duration) -> Result<Nearby, Fault> {
    look_in(Reach::Network, known, patience)
}

fn look_in(reach: Reach, known: &[String], patience: Duration) -> Result<Nearby, Fault> {
    runtime()?.block_on(async {
        let heard = nearby::look(reach, patience).await.map_err(|fault| nearby_fault(&fault))?;
        Ok(meet_all(heard, known).await)
    })
}

/// Tells every coordinator that is found.
///
/// # Errors
/// As [`look`].
pub fn list(patience: Duration, audience: &mut dyn Audience) -> Result<Exit, Fault> {
    let nearby = look(&[], patience)?;
    for Found { name, code, address, .. } in nearby.coordinators {
        audience.hear(&Event::CoordinatorFound { name, address, code });
    }
    let mut warn = |message: String| audience.hear(&frame::LiveEvent::Warning { message }.into());
    nearby.silent.into_iter().for_each(&mut warn);
    if nearby.left_out > 0 {
        warn(format!("{} announcements that make no sense, or are too many, were left out", nearby.left_out));
    }
    Ok(Exit::Done)
}

/// Speaks with all of them at once, so that silent ones hold up nobody.
async fn meet_all(heard: Heard, known: &[String]) -> Nearby {
    let mut meetings = JoinSet::new();
    for announcement in heard.announcements {
        meetings.spawn(async move { (nearby::meet(&announcement).await, announcement) });
    }
    let mut met = meetings.join_all().await;
    met.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    sorted_out(met, heard.left_out, known)
}

fn sorted_out(met: Vec<(Result<Met, LinkFault>, Announcement)>, left_out: u32, known: &[String]) -> Nearby {
    let keys: Vec<_> =
        known.iter().filter_map(|text| text.parse().ok()).map(|at: CoordinatorAddress| at.key()).collect();
    let mut nearby = Nearby { left_out, ..Nearby::default() };
    for (met, announcement) in met {
        let name = announcement.name;
        match met {
            Ok(Met { address, code }) => nearby.coordinators.push(Found {
                name,
                place: address.place(),
                code: code.to_string(),
                is_known: keys.contains(&address.key()),
                address: address.to_string(),
            }),
            Err(fault) => {
                let why = link_fault(&fault).what;
                nearby.silent.push(format!("\"{name}\" announces itself: {why}"));
            }
        }
    }
    nearby
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use frame::NodeId;
    use render_net::identity::PairingCode;
    use render_net::nearby::Tag;

    use super::*;

    fn announcement(name: &str) -> Announcement {
        let tag = Tag::fresh(NodeId([1; 32]));
        Announcement {
            name: name.into(),
            addresses: vec![Ipv4Addr::LOCALHOST.into()],
            port: 1,
            version: 2,
            tag,
        }
    }

    #[test]
    fn the_found_the_known_and_the_silent_are_told_apart() {
        let at = |host: &str, key: u8| CoordinatorAddress::new(host, 7411, NodeId([key; 32])).expect("valid");
        let code = PairingCode::of(NodeId([1; 32]));
        let met = vec![
            (Ok(Met { address: at("10.0.0.4", 1), code }), announcement("A")),
            (Ok(Met { address: at("fd00::4", 2), code }), announcement("B")),
            (Err(LinkFault::NoAnswer), announcement("C")),
        ];
        // Kept with an address that the coordinator no longer has, beside something that is none.
        let known = [at("10.0.0.9", 2).to_string(), "nonsense".to_owned()];
        let nearby = sorted_out(met, 3, &known);
        let rows: Vec<_> = nearby
            .coordinators
            .iter()
            .map(|row| (row.place.as_str(), row.is_known, row.code.len()))
            .collect();
        assert_eq!(rows, [("10.0.0.4:7411", false, 23), ("[fd00::4]:7411", true, 23)]);
        assert_eq!(nearby.coordinators[1].address.parse(), Ok(at("fd00::4", 2)));
        assert_eq!(nearby.silent, ["\"C\" announces itself: nobody answers"]);
        assert_eq!(nearby.left_out, 3);
    }
}
