//! What decides about updates: where they may come from, when it is looked for them, and when one may be installed.
//!
//! An update is installed while nothing is rendered, for the person or for others, and never otherwise. Nothing here has a clock, a
//! socket or a file: whoever drives it tells how things are.

use serde::{Deserialize, Serialize};
use specta::Type;

/// Between two looks that nobody asked for, seconds; and after one that reached nobody, for a computer may start before its network.
const LOOK_EVERY_S: f64 = 86_400.0;
const TRY_EVERY_S: f64 = 3_600.0;

/// Which updates the person wants to be looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdateChannel {
    /// None, unless they press the button.
    #[default]
    Never,
    /// Releases.
    Stable,
    /// Releases, and what will become one.
    Preview,
}

/// How this program came onto the computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a package that the system's package manager looks after: deb, rpm, Flatpak.
    System,
    /// From a package that can be replaced by a newer one: AppImage, NSIS, MSI, app.
    Package,
    /// From none: built here, or unpacked by hand.
    Built,
}

/// Where this program's updates come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UpdateSource {
    /// Nobody named a place and a key when it was built: it cannot be updated from within.
    #[default]
    Nowhere,
    /// The system's package manager updates it.
    System,
    /// It was not installed from a package, so there is none to replace.
    Built,
    /// The place that was named when it was built.
    Place,
}

impl UpdateSource {
    /// The source of a program that came so, and that knows a place or not.
    pub fn of(origin: Origin, knows_place: bool) -> Self {
        match origin {
            Origin::System => Self::System,
            Origin::Package | Origin::Built if !knows_place => Self::Nowhere,
            Origin::Built => Self::Built,
            Origin::Package => Self::Place,
        }
    }
}

impl UpdateChannel {
    /// The channel's name in an address. Who looks by hand without having chosen one gets releases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never | Self::Stable => "stable",
            Self::Preview => "preview",
        }
    }

    /// Whether it is time to look without being asked: at the start of the program, and a day after the last look, or an hour where it
    /// reached nobody.
    pub fn is_due(self, looked_s: Option<f64>, reached_nobody: bool, now_s: f64) -> bool {
        let every_s = if reached_nobody { TRY_EVERY_S } else { LOOK_EVERY_S };
        // A clock that was set back is no reason to ask again and again, nor never to ask.
        self != Self::Never && looked_s.is_none_or(|looked_s| (now_s - looked_s).abs() >= every_s)
    }
}

/// What is rendered now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// A render of the person's own.
    pub render: bool,
    /// A tile of somebody else's: being fetched, rendered or sent.
    pub tile: bool,
    /// The node takes tiles, now or as soon as there are some.
    pub takes_tiles: bool,
}

/// What the person said to an update, and what happened since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Consent {
    /// They want to be asked again when it had to wait.
    pub asks_again: bool,
    /// They were asked again, and agreed.
    pub agreed_again: bool,
    /// It had to wait for work.
    pub has_waited: bool,
    /// The node was told to finish its tile and take no other.
    pub told_to_finish: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait until the person's own renders are over.
    WaitForRender,
    /// Wait until the tile is finished and sent.
    WaitForTile,
    /// Tell the node to finish its tile and to take no other; then wait.
    Finish,
    /// Ask the person; meanwhile the node works on.
    Ask,
    /// Install it now.
    Install,
}

/// Decides whether an update that the person wants may be installed now.
pub(super) fn step(work: Work, consent: Consent) -> Step {
    if work.render {
        return Step::WaitForRender;
    }
    // Told once: a person who says "earn" after that has the last word, and the update waits for a gap between two tiles.
    if work.takes_tiles && work.tile && !consent.told_to_finish {
        return Step::Finish;
    }
    if work.tile {
        return Step::WaitForTile;
    }
    if consent.has_waited && consent.asks_again && !consent.agreed_again {
        return Step::Ask;
    }
    Step::Install
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that can be going on, and everything that can have been said.
    fn all() -> Vec<(Work, Consent)> {
        let bit = |number: u32, place: u32| number >> place & 1 == 1;
        let work = |n| Work { render: bit(n, 0), tile: bit(n, 1), takes_tiles: bit(n, 2) };
        let consent = |n| Consent {
            asks_again: bit(n, 3),
            agreed_again: bit(n, 4),
            has_waited: bit(n, 5),
            told_to_finish: bit(n, 6),
        };
        (0..1 << 7).map(|number| (work(number), consent(number))).collect()
    }

    #[test]
    fn nothing_is_installed_and_nobody_is_asked_while_anything_is_rendered() {
        for (work, consent) in all().into_iter().filter(|(work, _)| work.render || work.tile) {
            let step = step(work, consent);
            assert!(!matches!(step, Step::Install | Step::Ask), "{work:?} {consent:?} {step:?}");
        }
    }

    #[test]
    fn an_update_never_waits_without_work_in_its_way() {
        for (work, consent) in all().into_iter().filter(|(work, _)| !work.render && !work.tile) {
            let step = step(work, consent);
            assert!(matches!(step, Step::Install | Step::Ask), "{work:?} {consent:?} {step:?}");
        }
    }

    #[test]
    fn the_node_goes_on_earning_while_a_render_is_in_the_way_and_is_told_once_to_finish_its_tile() {
        let busy = Work { render: true, tile: true, takes_tiles: true };
        let tile = Work { render: false, ..busy };
        let told = Consent { told_to_finish: true, has_waited: true, ..Consent::default() };
        assert_eq!(step(busy, Consent::default()), Step::WaitForRender);
        assert_eq!(step(tile, Consent::default()), Step::Finish);
        assert_eq!(step(tile, told), Step::WaitForTile);
        let held = Work { takes_tiles: false, ..tile };
        assert_eq!(step(held, Consent::default()), Step::WaitForTile, "somebody paused it meanwhile");
    }

    #[test]
    fn who_wants_to_be_asked_again_is_asked_once_and_only_after_a_wait() {
        let (free, asks) = (Work::default(), Consent { asks_again: true, ..Consent::default() });
        assert_eq!(step(free, asks), Step::Install, "they have just pressed the button");
        let waited = Consent { has_waited: true, ..asks };
        assert_eq!(step(free, waited), Step::Ask);
        assert_eq!(step(free, Consent { agreed_again: true, ..waited }), Step::Install);
        assert_eq!(step(free, Consent { asks_again: false, ..waited }), Step::Install);
    }

    #[test]
    fn packages_of_the_system_and_builds_without_a_key_offer_nothing() {
        assert_eq!(UpdateSource::of(Origin::System, true), UpdateSource::System);
        assert_eq!(UpdateSource::of(Origin::System, false), UpdateSource::System);
        assert_eq!(UpdateSource::of(Origin::Package, false), UpdateSource::Nowhere);
        assert_eq!(UpdateSource::of(Origin::Built, false), UpdateSource::Nowhere);
        assert_eq!(UpdateSource::of(Origin::Built, true), UpdateSource::Built);
        assert_eq!(UpdateSource::of(Origin::Package, true), UpdateSource::Place);
    }

    #[test]
    fn nobody_looks_unasked_who_did_not_choose_a_channel() {
        assert_eq!(UpdateChannel::default(), UpdateChannel::Never);
        let (never, stable) = (UpdateChannel::Never, UpdateChannel::Stable);
        assert!(!never.is_due(None, true, 1e9) && !never.is_due(Some(0.0), false, 1e9));
        assert!(stable.is_due(None, false, 5.0));
        assert!(!stable.is_due(Some(5.0), false, 86_000.0) && stable.is_due(Some(5.0), false, 86_405.0));
        assert!(!stable.is_due(Some(5.0), true, 3_000.0) && stable.is_due(Some(5.0), true, 3_605.0));
        assert!(!stable.is_due(Some(100.0), false, 50.0), "a clock that went back a little");
    }
}
