//! The desktop program `tessera-desktop`: a window and a tray over `app`.
//!
//! Nothing of the work is done here. A command is one line over [`app::desk`]; what is left is what only a shell can do:
//! windows, the tray, dialogs, other programs, and the one instance that a second start hands its files to.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arrivals;
mod choosing;
mod closing;
mod commands;
mod composing;
mod extent;
mod herald;
mod notice;
mod pixels;
mod screen;
mod succession;
mod tray;
mod trayhost;
mod traymenu;
mod updating;
mod window;
mod words;

use std::process::ExitCode;

use app::desk::Desk;
use tauri::Manager;
use tauri_plugin_autostart::MacosLauncher;

use arrivals::Arrivals;
use succession::Succession;

/// The word on the command line that starts the program without showing its window: how the system starts it at login.
const HIDDEN: &str = "--hidden";

fn main() -> ExitCode {
    if let Some(ended) = arrivals::restarted_readably() {
        return ended;
    }
    listen_to_logs();
    composing::settle();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen::tell(&succession::begin_again(error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    screen::find()?;
    let autostart = tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec![HIDDEN]));
    let remembered = extent::left_to_the_plugin();
    tauri::Builder::default()
        // First of all, so that a second start ends before it opens anything.
        .plugin(succession::watch())
        .plugin(tauri_plugin_single_instance::init(arrivals::from_second_start))
        .plugin(memory())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(remembered).build())
        .plugin(notice::plugin())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(autostart)
        .plugin(updating::plugin())
        .manage(updating::Found::default())
        .manage(Arrivals::of_this_start())
        .manage(Succession::default())
        .invoke_handler(pixels::handler())
        .setup(|app| {
            tray::begin(app.handle());
            if !arrivals::words().any(|word| word == HIDDEN) {
                window::open(app.handle())?;
            }
            herald::begin(app.handle().clone());
            updating::begin(app.handle().clone());
            app.state::<Desk>().renders().take_up();
            if let Err(fault) = app.state::<Desk>().earn_again() {
                tracing::warn!(%fault, "earning did not start again");
            }
            Ok(())
        })
        .on_window_event(closing::heard)
        .build(tauri::generate_context!())?
        .run(|app, event| match event {
            // Without a window it goes on in the tray; a person's wish to quit comes with a code.
            tauri::RunEvent::ExitRequested { code: None, api, .. }
                if app.state::<tray::Tray>().is_there() =>
            {
                api.prevent_exit();
            }
            #[cfg(target_os = "macos")]
            tauri::RunEvent::Opened { urls } => arrivals::from_the_system(app, &urls),
            #[cfg(target_os = "macos")]
            tauri::RunEvent::Reopen { .. } => window::show(app),
            tauri::RunEvent::Exit => leave(app),
            _ => {}
        });
    Ok(())
}

/// Keeps what is done; whoever starts the program meanwhile gets another one.
fn leave(app: &tauri::AppHandle) {
    tracing::info!("the program ends");
    app.state::<Succession>().begin();
    app.state::<Desk>().leave();
    tray::leave(app);
    succession::hand_over(app);
    app::gpu::leave_a_hanging_driver(0);
}

/// Opens the desk. Plugins begin one after the other, and a second start has ended by then: two programs never hold one memory.
fn memory() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri::plugin::Builder::new("memory")
        .setup(|app, _| {
            succession::is_alone();
            let desk = Desk::open(None).map_err(|fault| fault.to_string())?;
            app.manage(desk);
            Ok(())
        })
        .build()
}

fn listen_to_logs() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TESSERA_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,tessera_desktop=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

#[cfg(test)]
mod tests;
