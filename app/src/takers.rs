//! Who would take a job, and a sentence on why nobody does: it would else stand still without a word.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use frame::LiveEvent;
use render_net::artist::{Artist, JobTicket};
use render_net::wire::{Offers, OffersWanted};

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::sight::Sight;

/// How long nobody may begin a tile before it is asked why: nodes that suit are there within a second or two.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same once somebody has: a tile may take long, and its node may have gone.
const PATIENCE_AT_WORK: Duration = Duration::from_secs(60);
/// Time between two questions.
const ASK_GAP: Duration = Duration::from_secs(20);

/// An audience that hears of a job from whoever gathers it and from whoever asks why nobody takes it.
pub(crate) struct Ear<'a> {
    audience: Mutex<&'a mut dyn Audience>,
    heard: Mutex<Heard>,
}

/// What was heard of nodes.
#[derive(Clone, Copy)]
struct Heard {
    /// The last sign of one, or when it was first listened for.
    at: Instant,
    /// Whether there ever was any.
    any: bool,
    /// Whether the job is paused.
    is_paused: bool,
}

impl<'a> Ear<'a> {
    /// Passes everything on.
    pub(crate) fn new(audience: &'a mut dyn Audience) -> Self {
        let heard = Heard { at: Instant::now(), any: false, is_paused: false };
        Self { audience: Mutex::new(audience), heard: Mutex::new(heard) }
    }

    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn note(&mut self, event: &Event, now: Instant) {
        match event {
            Event::JobPaused { is_paused, .. } => (self.is_paused, self.at) = (*is_paused, now),
            Event::Live(
                LiveEvent::TileLeased { .. } | LiveEvent::TileRefined { .. } | LiveEvent::TileDone { .. },
            ) => (self.any, self.at) = (true, now),
            _ => {}
        }
    }

    /// How long nothing is to be wondered at; nothing while the artist wants no work.
    fn patience(&self, now: Instant) -> Option<Duration> {
        let patience = if self.any { PATIENCE_AT_WORK } else { PATIENCE };
        let left = patience.saturating_sub(now.saturating_duration_since(self.at));
        (!self.is_paused).then_some(left)
    }
}

impl Audience for &Ear<'_> {
    fn hear(&mut self, event: &Event) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).note(event, Instant::now());
        self.audience.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
    }

    fn watches(&self) -> bool {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner).watches()
    }

    fn see(&mut self, sight: &Sight<'_>) {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner).see(sight);
    }
}

/// Tells why nobody works on a job, whenever that is so and the reason is another one than before.
pub(crate) async fn tell_why_nobody_comes(
    artist: &Artist,
    ticket: &JobTicket,
    mut ear: &Ear<'_>,
) -> Infallible {
    let wanted = OffersWanted {
        price_max: ticket.post.price_max,
        memory_mib: ticket.post.memory_mib,
        nodes_allowed: ticket.post.nodes_allowed.clone(),
        referee: artist.referee(ticket.job()).ok().flatten(),
    };
    let mut told = String::new();
    loop {
        match ear.heard().patience(Instant::now()) {
            Some(Duration::ZERO) => {}
            left => {
                tokio::time::sleep(left.unwrap_or(PATIENCE)).await;
                continue;
            }
        }
        // A coordinator that cannot be asked is told of by whoever follows the job.
        if let Ok((offers, _)) = artist.offers(wanted.clone()).await {
            let why = suits(&offers, &wanted).err().map(|fault| fault.what).unwrap_or_default();
            if !why.is_empty() && why != told && ear.heard().patience(Instant::now()) == Some(Duration::ZERO)
            {
                let message = format!("no node works on this job: {why}");
                ear.hear(&LiveEvent::Warning { message }.into());
            }
            told = why;
        }
        tokio::time::sleep(ASK_GAP).await;
    }
}

/// Nobody would work.
pub(crate) fn nobody() -> Fault {
    Fault::network(
        "no node works or waits at this coordinator now",
        "ask again later, or render on this computer",
    )
}

/// At least one node would work; else why not.
pub(crate) fn suits(offers: &Offers, wanted: &OffersWanted) -> Result<(), Fault> {
    let here = offers.here;
    if here == 0 && !wanted.nodes_allowed.is_empty() {
        return Err(Fault::network(
            "none of the nodes that are named works or waits at this coordinator now",
            "check their keys, start them, or leave --nodes out",
        ));
    }
    if here == 0 {
        return Err(nobody());
    }
    if offers.large_enough == 0 {
        let what = format!(
            "the scene needs {} MiB of GPU memory, and none of the {here} nodes that are there lends so much",
            wanted.memory_mib
        );
        return Err(Fault::network(what, "use smaller textures or fewer triangles, or ask again later"));
    }
    if offers.nodes.is_empty() && offers.price_min <= wanted.price_max {
        return Err(Fault::network(
            "the nodes that are there and cheap enough work only where certain referees judge",
            "name one of those with --referee, offer more with --max-price, or ask again later",
        ));
    }
    if offers.nodes.is_empty() {
        let what = format!(
            "the nodes that are there ask at least {} micro-credits for a million samples, and {} are offered",
            offers.price_min, wanted.price_max
        );
        return Err(Fault::new(Exit::Credit, what, "offer more with --max-price, or ask again later"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use frame::{FrameIndex, NodeId, TileIndex};
    use render_net::wire::{Bounded, NodeOffer};

    use super::*;

    fn exit_and_word(offers: &Offers, nodes: usize) -> Option<(Exit, String)> {
        let nodes_allowed = Bounded::cut(vec![NodeId([1; 32]); nodes]);
        let wanted = OffersWanted { price_max: 1000, memory_mib: 512, nodes_allowed, referee: None };
        suits(offers, &wanted).err().map(|fault| (fault.exit, fault.what))
    }

    #[test]
    fn nobody_too_small_too_dear_and_too_choosy_have_a_sentence_each() {
        let mut offers = Offers::default();
        let mut told = vec![exit_and_word(&offers, 0), exit_and_word(&offers, 1)];
        offers.here = 3;
        told.push(exit_and_word(&offers, 0));
        (offers.large_enough, offers.price_min) = (2, 1500);
        told.push(exit_and_word(&offers, 0));
        offers.price_min = 900;
        told.push(exit_and_word(&offers, 0));
        let told: Vec<(Exit, String)> = told.into_iter().flatten().collect();
        let exits: Vec<Exit> = told.iter().map(|(exit, _)| *exit).collect();
        assert_eq!(exits, [Exit::Network, Exit::Network, Exit::Network, Exit::Credit, Exit::Network]);
        let words = ["no node", "named", "512 MiB", "1500", "certain referees"];
        assert!(told.iter().zip(words).all(|((_, what), word)| what.contains(word)), "{told:?}");
        offers.nodes = Bounded::cut(vec![NodeOffer { price: 900, speed: 0, is_busy: false }]);
        assert_eq!(exit_and_word(&offers, 0), None);
    }

    #[test]
    fn it_is_asked_when_nobody_came_and_later_when_somebody_did_and_never_in_a_pause() {
        let start = Instant::now();
        let mut heard = Heard { at: start, any: false, is_paused: false };
        assert_eq!(heard.patience(start), Some(PATIENCE));
        assert_eq!(heard.patience(start + PATIENCE), Some(Duration::ZERO));
        let (frame, tile, node) = (FrameIndex(0), TileIndex(0), NodeId([1; 32]));
        heard.note(&LiveEvent::TileLeased { frame, tile, node }.into(), start + PATIENCE);
        assert_eq!(heard.patience(start + 2 * PATIENCE), Some(PATIENCE_AT_WORK - PATIENCE));
        let paused = |is_paused| Event::JobPaused { job: String::new(), is_paused };
        heard.note(&paused(true), start);
        assert_eq!(heard.patience(start + 2 * PATIENCE_AT_WORK), None);
        heard.note(&paused(false), start);
        assert_eq!(heard.patience(start + PATIENCE_AT_WORK), Some(Duration::ZERO));
    }
}
