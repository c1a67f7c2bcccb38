//! Tells the page, the tray and the system's notifications when something at the desk has changed.

use std::collections::BTreeSet;
use std::time::Duration;

use app::desk::{Card, Desk, Outcome};
use tauri::{AppHandle, Emitter, Manager};

use crate::window::MAIN;
use crate::words::Words;
use crate::{notice, tray};

/// The event that tells the page to ask again.
pub(crate) const CHANGED: &str = "changed";
/// Least time between two of them: ten pictures a second are enough to see a mosaic grow.
const GAP: Duration = Duration::from_millis(100);

/// Listens to the desk's bell for as long as the program runs.
pub(crate) fn begin(app: AppHandle) {
    let listen = move || {
        let bell = app.state::<Desk>().bell();
        let (mut known, mut running) = (0, BTreeSet::new());
        loop {
            known = bell.wait(known);
            // Nobody may be there to hear it while the page loads.
            let _ = app.emit(CHANGED, ());
            tray::refresh(&app);
            let cards = app.state::<Desk>().renders().cards();
            for card in ended(&cards, &mut running) {
                announce(&app, card);
            }
            std::thread::sleep(GAP);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("herald".into()).spawn(listen) {
        tracing::error!(%error, "the window will not follow what happens");
    }
}

/// Renders that ran the last time and do not any more.
fn ended<'a>(cards: &'a [Card], running: &mut BTreeSet<String>) -> Vec<&'a Card> {
    let now = |card: &&Card| card.outcome == Outcome::Running;
    let over: Vec<&Card> = cards.iter().filter(|card| !now(card) && running.contains(&card.id)).collect();
    *running = cards.iter().filter(now).map(|card| card.id.clone()).collect();
    over
}

/// One notification a render, and only to somebody who is not looking.
fn announce(app: &AppHandle, card: &Card) {
    let is_seen = app.get_webview_window(MAIN).is_some_and(|window| window.is_focused().unwrap_or(false));
    let key = match card.outcome {
        Outcome::Done => "notice.done",
        Outcome::Failed => "notice.failed",
        _ => return,
    };
    if is_seen {
        return;
    }
    let words = Words::of(&app.state::<Desk>().settings());
    notice::tell(app, words.say(key, &[("name", &card.name())]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::desk::Order;

    #[test]
    fn each_render_ends_once() {
        let mut card = Card::begin("r1".into(), Order::default(), 0.0);
        let mut running = BTreeSet::new();
        assert!(ended(std::slice::from_ref(&card), &mut running).is_empty());
        card.outcome = Outcome::Done;
        assert_eq!(ended(std::slice::from_ref(&card), &mut running).len(), 1);
        assert!(ended(std::slice::from_ref(&card), &mut running).is_empty());
    }
}
