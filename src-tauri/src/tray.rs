//! The tray icon: what the program does at a glance, and every action of its menu is in the window too.
//!
//! Linux trays report no clicks on the icon, so the first line of the menu opens the window.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use app::desk::{AskedWord, Card, Desk, EarnPhase, EarnState, Outcome};
use tauri::image::Image;
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager};

use crate::traymenu::{self, Items};
use crate::words::Words;
use crate::{trayhost, window};

/// The reason of a node whose coordinator does not answer.
const OFFLINE: &str = "offline";
/// Time for a desktop that begins, or whose panel starts again, to have its tray.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glyph {
    Off,
    Ready,
    Earning,
    Quarter(u8),
    /// Nobody answers where work should come from.
    Offline,
    Paused,
    Attention,
}

/// The icon, if the system has had a place for one.
#[derive(Default)]
pub(crate) struct Tray {
    raised: Mutex<Option<Raised>>,
    // Asked in the window's thread, for which whoever holds the icon may be waiting.
    has_icon: AtomicBool,
    has_host: AtomicBool,
}

/// The pictures of the icon, in a folder of this start's own: panels remember what they once read under a name.
#[derive(Default)]
struct Pictures(OnceLock<Option<PathBuf>>);

impl Pictures {
    fn folder(&self, app: &AppHandle) -> Option<PathBuf> {
        let find = || {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Some(app.path().runtime_dir().ok()?.join(format!("tessera-tray-{}", since.as_millis())))
        };
        self.0.get_or_init(find).clone()
    }
}

/// Takes the pictures away.
pub(crate) fn leave(app: &AppHandle) {
    if let Some(Some(folder)) = app.state::<Pictures>().0.get() {
        // They go with the session at the latest.
        let _ = std::fs::remove_dir_all(folder);
    }
}

struct Raised {
    icon: TrayIcon,
    items: Items,
    shown: Option<Shown>,
}

/// Everything that the icon and its menu show.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    glyph: Glyph,
    /// The one sentence.
    said: String,
    /// The same sentence in another language is other words in every item.
    language: String,
    can: Can,
    /// Whether there is a picture, and a viewer to show it.
    has_picture: bool,
}

/// What can be asked of earning now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Can {
    pause: bool,
    finish: bool,
    /// End a pause, or begin to earn.
    resume: bool,
    is_on: bool,
}

impl Tray {
    /// Whether closing the window leaves something to click on.
    pub(crate) fn is_there(&self) -> bool {
        self.has_icon.load(Ordering::Acquire) && self.has_host.load(Ordering::Acquire)
    }
}

/// Puts the icon up where there is a host for it, now or later: at login a program may be there before the panel is.
pub(crate) fn begin(app: &AppHandle) {
    app.manage(Tray::default());
    app.manage(Pictures::default());
    let is_there = trayhost::is_there();
    hosted(app, is_there);
    let mut before = is_there;
    let app = app.clone();
    trayhost::follow(move |is_there| {
        if std::mem::replace(&mut before, is_there) == is_there {
            return;
        }
        let there = app.clone();
        // A program that ends needs no icon.
        let _ = app.run_on_main_thread(move || hosted(&there, is_there));
    });
}

/// A host is there, or none: in the window's thread.
fn hosted(app: &AppHandle, is_there: bool) {
    let tray = app.state::<Tray>();
    tray.has_host.store(is_there, Ordering::Release);
    if is_there && !tray.has_icon.load(Ordering::Acquire) {
        match build(app) {
            Ok(raised) => {
                *tray.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
                tray.has_icon.store(true, Ordering::Release);
            }
            Err(error) => tracing::warn!(%error, "no tray icon"),
        }
    }
    if !tray.is_there() {
        tracing::info!("this desktop has no tray: closing the window ends the program");
        show_window_unless_it_comes(app);
    }
    // Whoever listens shows the icon's words; this thread must not wait for them.
    app.state::<Desk>().bell().ring();
}

/// Without a tray a window that is away cannot be called back: it is shown, unless a tray comes soon.
fn show_window_unless_it_comes(app: &AppHandle) {
    let app = app.clone();
    let wait = move || {
        std::thread::sleep(PATIENCE);
        if !window::is_out(&app) && !app.state::<Tray>().is_there() {
            window::show(&app);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("patience".into()).spawn(wait) {
        tracing::error!(%error, "a window that is away may stay away");
    }
}

fn build(app: &AppHandle) -> tauri::Result<Raised> {
    let words = Words::of(&app.state::<Desk>().settings());
    let (menu, items) = traymenu::build(app, &words)?;
    let mut icon = TrayIconBuilder::with_id("tessera")
        .icon(glyph(Glyph::Off)?)
        .tooltip("Tessera")
        .menu(&menu)
        .on_menu_event(traymenu::chosen);
    if let Some(folder) = app.state::<Pictures>().folder(app) {
        icon = icon.temp_dir_path(folder);
    }
    Ok(Raised { icon: icon.build(app)?, items, shown: None })
}

/// Shows how things are now.
pub(crate) fn refresh(app: &AppHandle) {
    let tray = app.state::<Tray>();
    let mut raised = tray.raised.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(raised) = raised.as_mut() else { return };
    let desk = app.state::<Desk>();
    let words = Words::of(&desk.settings());
    let earning = desk.earning().state();
    let cards = desk.renders().cards();
    let (glyph_now, said) = status(&cards, &earning, &words);
    let (language, can) = (words.say("tray.open", &[]), Can::of(&earning));
    // Whether it is still there is seen when somebody wants it: this happens ten times a second.
    let has_picture = cards.iter().any(|card| !card.picture.is_empty());
    let shown = Shown { glyph: glyph_now, said, language, can, has_picture };
    if raised.shown.as_ref() == Some(&shown) {
        return;
    }
    let done = speak(app, raised, &shown, &words).and_then(|()| show(raised, &shown, &words));
    if let Err(error) = done {
        tracing::debug!(%error, "the tray did not take its words");
    }
    raised.shown = Some(shown);
}

/// Another language has another menu: on Linux the name of a menu inside it is heard only when it is made.
fn speak(app: &AppHandle, raised: &mut Raised, now: &Shown, words: &Words) -> tauri::Result<()> {
    if raised.shown.as_ref().is_some_and(|before| before.language == now.language) {
        return Ok(());
    }
    let (menu, items) = traymenu::build(app, words)?;
    raised.icon.set_menu(Some(menu))?;
    raised.items = items;
    raised.shown = None;
    Ok(())
}

/// Sets what is new, and nothing else: each of these waits for the window's thread, which has the page to draw.
fn show(raised: &Raised, shown: &Shown, words: &Words) -> tauri::Result<()> {
    let (items, can) = (&raised.items, shown.can);
    let is_new = |is_same: fn(&Shown, &Shown) -> bool| {
        raised.shown.as_ref().is_none_or(|before| !is_same(before, shown))
    };
    if is_new(|before, now| before.said == now.said) {
        items.status.set_text(&shown.said)?;
        raised.icon.set_tooltip(Some(&shown.said))?;
    }
    if is_new(|before, now| before.glyph == now.glyph) {
        raised.icon.set_icon(Some(glyph(shown.glyph)?))?;
    }
    if is_new(|before, now| before.can.is_on == now.can.is_on) {
        items.resume.set_text(words.say(if can.is_on { "tray.resume" } else { "tray.earn" }, &[]))?;
    }
    if is_new(|before, now| before.has_picture == now.has_picture) {
        items.viewer.set_enabled(shown.has_picture)?;
    }
    if is_new(|before, now| before.can == now.can) {
        items.pause.set_enabled(can.pause)?;
        for item in [&items.hour, &items.back, &items.tomorrow] {
            item.set_enabled(can.pause)?;
        }
        items.finish.set_enabled(can.finish)?;
        items.resume.set_enabled(can.resume)?;
    }
    Ok(())
}

impl Can {
    fn of(earning: &EarnState) -> Self {
        let is_up = earning.is_on() && earning.phase != EarnPhase::Stopping;
        Self {
            pause: is_up,
            finish: is_up && earning.is_rendering && earning.asked == AskedWord::Earn,
            resume: !earning.is_on() || earning.asked != AskedWord::Earn,
            is_on: earning.is_on(),
        }
    }
}

/// The one sentence and the one sign.
fn status(cards: &[Card], earning: &EarnState, words: &Words) -> (Glyph, String) {
    if let Some(card) = cards.iter().find(|card| card.outcome == Outcome::Running && !card.is_watched()) {
        let percent = format!("{:.0}", (card.done * 100.0).floor());
        let quarter = 1 + (card.done * 4.0).min(3.0) as u8;
        let facts = [("name", card.name()), ("percent", percent)];
        let facts = facts.each_ref().map(|(key, fact)| (*key, fact.as_str()));
        return match card.is_paused {
            true => (Glyph::Paused, words.say("tray.rendering.paused", &facts)),
            false => (Glyph::Quarter(quarter), words.say("tray.rendering", &facts)),
        };
    }
    let glyph = match earning.phase {
        EarnPhase::Off => Glyph::Off,
        EarnPhase::Working => Glyph::Earning,
        EarnPhase::Waiting if earning.because.key == OFFLINE => Glyph::Offline,
        EarnPhase::Waiting | EarnPhase::Starting | EarnPhase::Stopping => Glyph::Ready,
        EarnPhase::Paused => Glyph::Paused,
        EarnPhase::Failed => Glyph::Attention,
    };
    (glyph, words.earning(earning))
}

fn glyph(glyph: Glyph) -> tauri::Result<Image<'static>> {
    macro_rules! icon {
        ($name:literal) => {
            include_bytes!(concat!("../../assets/icons/tray-", $name, ".png")).as_slice()
        };
    }
    Image::from_bytes(match glyph {
        Glyph::Off => icon!("off"),
        Glyph::Ready => icon!("ready"),
        Glyph::Earning => icon!("earning"),
        Glyph::Quarter(1) => icon!("quarter-1"),
        Glyph::Quarter(2) => icon!("quarter-2"),
        Glyph::Quarter(3) => icon!("quarter-3"),
        Glyph::Quarter(_) => icon!("quarter-4"),
        Glyph::Offline => icon!("offline"),
        Glyph::Paused => icon!("paused"),
        Glyph::Attention => icon!("attention"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::desk::{Because, Order, Settings};
    use app::earn::Reason;

    #[test]
    fn a_render_comes_first_and_its_quarter_follows_it() {
        let words = Words::of(&Settings::default());
        let mut card =
            Card::begin("r1".into(), Order { scene: "a/vase.glb".into(), ..Order::default() }, 0.0);
        card.done = 0.653;
        let earning = EarnState { phase: EarnPhase::Working, ..EarnState::default() };
        let (shape, said) = status(std::slice::from_ref(&card), &earning, &words);
        assert_eq!(shape, Glyph::Quarter(3));
        assert!(said.contains("vase.glb") && said.contains("65"), "{said}");
        card.is_paused = true;
        let (shape, said) = status(std::slice::from_ref(&card), &earning, &words);
        assert!(shape == Glyph::Paused && said.contains("paused"), "{said}");
        card.outcome = Outcome::Done;
        assert_eq!(status(&[card], &earning, &words).0, Glyph::Earning);
    }

    #[test]
    fn a_coordinator_that_is_away_has_a_sign_of_its_own() {
        let words = Words::of(&Settings::default());
        let waiting = |reason: &Reason| {
            let because = Because::of(reason);
            status(&[], &EarnState { phase: EarnPhase::Waiting, because, ..EarnState::default() }, &words).0
        };
        assert_eq!(
            (waiting(&Reason::Offline), waiting(&Reason::NoWork { is_judged: false })),
            (Glyph::Offline, Glyph::Ready)
        );
    }

    #[test]
    fn the_menu_offers_what_can_be_asked_now() {
        let of = |phase, is_rendering, asked| {
            let can = Can::of(&EarnState { phase, is_rendering, asked, ..EarnState::default() });
            (can.pause, can.finish, can.resume)
        };
        assert_eq!(of(EarnPhase::Off, false, AskedWord::Earn), (false, false, true), "it can be started");
        assert_eq!(of(EarnPhase::Working, true, AskedWord::Earn), (true, true, false));
        assert_eq!(of(EarnPhase::Working, true, AskedWord::Finishing), (true, false, true), "and taken back");
        assert_eq!(of(EarnPhase::Paused, false, AskedWord::PauseHour), (true, false, true));
        assert_eq!(of(EarnPhase::Waiting, false, AskedWord::Earn), (true, false, false));
        assert_eq!(of(EarnPhase::Stopping, false, AskedWord::Earn), (false, false, false));
    }
}
