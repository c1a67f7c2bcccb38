//! The tray icon: what the program does at a glance, and every action of its menu is in the window too.
//!
//! Linux trays report no clicks on the icon, so the first line of the menu opens the window.

use std::sync::{Mutex, PoisonError};

use app::desk::{Card, Desk, EarnPhase, EarnState, Outcome};
use tauri::image::Image;
use tauri::menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager, Wry};

use crate::words::Words;
use crate::{trayhost, window};

/// What the icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glyph {
    Off,
    Ready,
    Earning,
    Quarter(u8),
    Paused,
    Attention,
}

/// The icon, if the system has a place for one.
pub(crate) struct Tray(Mutex<Option<Raised>>);

struct Raised {
    icon: TrayIcon,
    status: MenuItem<Wry>,
    pause: MenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
    shown: Option<(Glyph, String)>,
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
    let (status, pause, open, quit) = (item("status")?, item("pause")?, item("open")?, item("quit")?);
    let line = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&status, &pause, &line, &open, &quit])?;
    let icon = TrayIconBuilder::with_id("tessera")
        .icon(glyph(Glyph::Off)?)
        .tooltip("Tessera")
        .menu(&menu)
        .on_menu_event(chosen)
        .build(app)?;
    Ok(Raised { icon, status, pause, open, quit, shown: None })
}

#[expect(clippy::needless_pass_by_value, reason = "the menu hands it over")]
fn chosen(app: &AppHandle, event: MenuEvent) {
    let desk = app.state::<Desk>();
    match event.id().as_ref() {
        "pause" if desk.earning().state().is_on() => desk.earning().pause(),
        "pause" => {
            if let Err(fault) = desk.earn() {
                tracing::warn!(%fault, "earning did not start");
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
    let (shape, said) = status(&desk.renders().cards(), &earning, &words);
    if raised.shown.as_ref() == Some(&(shape, said.clone())) {
        return;
    }
    let pause = if earning.is_on() { "tray.pause" } else { "tray.earn" };
    let set = || -> tauri::Result<()> {
        raised.status.set_text(&said)?;
        raised.pause.set_text(words.say(pause, &[]))?;
        raised.open.set_text(words.say("tray.open", &[]))?;
        raised.quit.set_text(words.say("tray.quit", &[]))?;
        raised.icon.set_tooltip(Some(&said))?;
        raised.icon.set_icon(Some(glyph(shape)?))
    };
    if let Err(error) = set() {
        tracing::debug!(%error, "the tray did not take its words");
    }
    raised.shown = Some((shape, said));
}

/// The one sentence and the one sign.
fn status(cards: &[Card], earning: &EarnState, words: &Words) -> (Glyph, String) {
    if let Some(card) = cards.iter().find(|card| card.outcome == Outcome::Running) {
        let percent = format!("{:.0}", (card.done * 100.0).floor());
        let quarter = 1 + (card.done * 4.0).min(3.0) as u8;
        let said = words.say("tray.rendering", &[("name", &card.name()), ("percent", &percent)]);
        return (Glyph::Quarter(quarter), said);
    }
    match earning.phase {
        EarnPhase::Working => (Glyph::Earning, words.say("tray.earning", &[])),
        EarnPhase::Waiting | EarnPhase::Starting => (Glyph::Ready, words.say("tray.waiting", &[])),
        EarnPhase::Paused => (Glyph::Paused, words.say("tray.paused", &[])),
        EarnPhase::Failed => (Glyph::Attention, words.say("tray.failed", &[])),
        EarnPhase::Off => (Glyph::Off, words.say("tray.off", &[])),
    }
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
        Glyph::Paused => icon!("paused"),
        Glyph::Attention => icon!("attention"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::desk::{Order, Settings};

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
        card.outcome = Outcome::Done;
        assert_eq!(status(&[card], &earning, &words).0, Glyph::Earning);
    }
}
