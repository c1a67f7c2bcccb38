//! The tray icon: what the program does at a glance, and every action of its menu is in the window too.
//!
//! Linux trays report no clicks on the icon, so the first line of the menu opens the window.

use std::sync::{Mutex, PoisonError};

use app::desk::{AskedWord, Card, Desk, EarnPhase, EarnState, Outcome};
use app::earn::Wish;
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::words::Words;
use crate::{trayhost, window};

/// The reason of a node whose coordinator does not answer.
const OFFLINE: &str = "offline";

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

/// The icon, if the system has a place for one.
pub(crate) struct Tray(Mutex<Option<Raised>>);

struct Raised {
    icon: TrayIcon,
    items: Items,
    shown: Option<Shown>,
}

struct Items {
    status: MenuItem<Wry>,
    pause: Submenu<Wry>,
    hour: MenuItem<Wry>,
    back: MenuItem<Wry>,
    tomorrow: MenuItem<Wry>,
    finish: MenuItem<Wry>,
    resume: MenuItem<Wry>,
    viewer: MenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

/// Puts the icon up, where there is a host for it.
pub(crate) fn raise(app: &AppHandle) {
    let raised = if trayhost::is_there() {
        build(app).inspect_err(|error| tracing::warn!(%error, "no tray icon")).ok()
    } else {
        tracing::info!("this desktop has no tray: closing the window ends the program");
        None
    };
    app.manage(Tray(Mutex::new(raised)));
    refresh(app);
}

fn build(app: &AppHandle) -> tauri::Result<Raised> {
    let item = |id: &str| MenuItem::with_id(app, id, "", true, None::<&str>);
    let (status, open, quit) = (item("status")?, item("open")?, item("quit")?);
    let (hour, back, tomorrow) =
        (item("pause_hour")?, item("pause_until_back")?, item("pause_until_tomorrow")?);
    let pause = Submenu::with_id_and_items(app, "pause", "", true, &[&hour, &back, &tomorrow])?;
    let (finish, resume, viewer) = (item("finish")?, item("resume")?, item("viewer")?);
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[&status, &line()?, &pause, &finish, &resume, &line()?, &viewer, &open, &quit],
    )?;
    let icon = TrayIconBuilder::with_id("tessera")
        .icon(glyph(Glyph::Off)?)
        .tooltip("Tessera")
        .menu(&menu)
        .on_menu_event(chosen)
        .build(app)?;
    let items = Items { status, pause, hour, back, tomorrow, finish, resume, viewer, open, quit };
    Ok(Raised { icon, items, shown: None })
}

#[expect(clippy::needless_pass_by_value, reason = "the menu hands it over")]
fn chosen(app: &AppHandle, event: MenuEvent) {
    let desk = app.state::<Desk>();
    let earning = desk.earning();
    match event.id().as_ref() {
        "pause_hour" => earning.ask(Wish::PauseHour),
        "pause_until_back" => earning.ask(Wish::PauseUntilBack),
        "pause_until_tomorrow" => earning.ask(Wish::PauseUntilTomorrow),
        "finish" => earning.ask(Wish::FinishThenPause),
        "resume" if earning.state().is_on() => earning.ask(Wish::Earn),
        "resume" => {
            if let Err(fault) = desk.earn() {
                tracing::warn!(%fault, "earning did not start");
                window::show(app);
            }
        }
        "viewer" => {
            if let Err(fault) = desk.show_last_picture() {
                tracing::warn!(%fault, "no picture was shown");
                window::show(app);
            }
        }
        "quit" => app.exit(0),
        _ => window::show(app),
    }
}

/// Shows how things are now.
pub(crate) fn refresh(app: &AppHandle) {
    let tray = app.state::<Tray>();
    let mut raised = tray.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    if let Err(error) = show(raised, &shown, &words) {
        tracing::debug!(%error, "the tray did not take its words");
    }
    raised.shown = Some(shown);
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
    if is_new(|before, now| before.language == now.language && before.can.is_on == now.can.is_on) {
        name(items, can.is_on, words)?;
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

/// The words of everything but the sentence.
fn name(items: &Items, is_on: bool, words: &Words) -> tauri::Result<()> {
    let say = |key: &str| words.say(key, &[]);
    items.pause.set_text(say("tray.pause"))?;
    items.hour.set_text(say("tray.pause.hour"))?;
    items.back.set_text(say("tray.pause.back"))?;
    items.tomorrow.set_text(say("tray.pause.tomorrow"))?;
    items.finish.set_text(say("tray.finish"))?;
    items.resume.set_text(say(if is_on { "tray.resume" } else { "tray.earn" }))?;
    items.viewer.set_text(say("tray.viewer"))?;
    items.open.set_text(say("tray.open"))?;
    items.quit.set_text(say("tray.quit"))
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
