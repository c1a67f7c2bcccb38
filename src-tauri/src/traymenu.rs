//! The menu of the tray icon: its lines, and what each of them does.

use app::desk::Desk;
use app::earn::Wish;
use tauri::menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tauri::{AppHandle, Manager, Wry};

use crate::window;
use crate::words::Words;

/// The lines that change.
pub(crate) struct Items {
    pub(crate) status: MenuItem<Wry>,
    pub(crate) pause: Submenu<Wry>,
    pub(crate) hour: MenuItem<Wry>,
    pub(crate) back: MenuItem<Wry>,
    pub(crate) tomorrow: MenuItem<Wry>,
    pub(crate) finish: MenuItem<Wry>,
    pub(crate) resume: MenuItem<Wry>,
    pub(crate) viewer: MenuItem<Wry>,
}

/// The menu in somebody's words. The first line and *Resume* get theirs from what is shown.
pub(crate) fn build(app: &AppHandle, words: &Words) -> tauri::Result<(Menu<Wry>, Items)> {
    let say = |key: &str| words.say(key, &[]);
    let item = |id: &str, text: String| MenuItem::with_id(app, id, text, true, None::<&str>);
    let (status, resume) = (item("status", String::new())?, item("resume", String::new())?);
    let hour = item("pause_hour", say("tray.pause.hour"))?;
    let back = item("pause_until_back", say("tray.pause.back"))?;
    let tomorrow = item("pause_until_tomorrow", say("tray.pause.tomorrow"))?;
    let lengths: [&dyn IsMenuItem<Wry>; 3] = [&hour, &back, &tomorrow];
    let pause = Submenu::with_id_and_items(app, "pause", say("tray.pause"), true, &lengths)?;
    let (finish, viewer) = (item("finish", say("tray.finish"))?, item("viewer", say("tray.viewer"))?);
    let (open, quit) = (item("open", say("tray.open"))?, item("quit", say("tray.quit"))?);
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[&status, &line()?, &pause, &finish, &resume, &line()?, &viewer, &open, &quit],
    )?;
    Ok((menu, Items { status, pause, hour, back, tomorrow, finish, resume, viewer }))
}

/// Does what a line says.
#[expect(clippy::needless_pass_by_value, reason = "the menu hands it over")]
pub(crate) fn chosen(app: &AppHandle, event: MenuEvent) {
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
