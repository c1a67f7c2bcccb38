//! The program `tessera-viewer`: opens pictures, or waits for one that grows.

// From a file manager or the desktop it opens a window and no console beside it.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use eframe::egui;
use viewer::live::Listener;
use viewer::reads;
use viewer::settings::Settings;
use viewer::shown::Side;
use viewer::window::{self, Window};
use viewer::words::{self, Language};

/// Looks at pictures as scene-linear light, finished or growing.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    before_help = "\
Examples:
  tessera-viewer picture.exr
  tessera-viewer v001.exr v002.exr
  tessera-viewer --watch picture.exr
  tessera-viewer --ocio ocio://default picture.exr
  tessera-viewer --listen 127.0.0.1:14159"
)]
struct Arguments {
    /// The picture.
    file: Option<PathBuf>,
    /// Another one to compare it with.
    second: Option<PathBuf>,
    /// Take a growing picture on this address of this computer, by tev's protocol; port 0 takes any and says which.
    #[arg(long, visible_alias = "live", value_name = "HOST:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:14159")]
    listen: Option<SocketAddr>,
    /// The file that the growing picture will be in: opened by F5, and after this window was killed.
    #[arg(long, value_name = "OUT.exr", requires = "listen")]
    output: Option<PathBuf>,
    /// Offer the views of this OpenColorIO configuration, a file or ocio://NAME; "" for none.
    #[arg(long, value_name = "CONFIG", env = "OCIO", hide_env_values = true)]
    ocio: Option<String>,
    /// The window's language, en or de [default: the system's].
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Show files anew when they change on disk; growing ones (.partial.exr) always are.
    #[arg(long)]
    watch: bool,
}

/// A file that no window can show.
const UNREADABLE: u8 = 3;

fn main() -> ExitCode {
    // Windows gives a program of windows no console: started in one, it speaks there.
    #[cfg(windows)]
    let has_console = winsafe::AttachConsole(winsafe::PidParent::Parent).is_ok() || cfg!(debug_assertions);
    let arguments = Arguments::parse();
    words::speak(arguments.language.unwrap_or_else(Language::of_system));
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    if !has_display() {
        return without_display(&arguments);
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let told = format!("error: {error}\n  help: see `tessera doctor` for the graphics driver");
            say(&told);
            #[cfg(windows)]
            if !has_console {
                use winsafe::prelude::Handle;

                // Without a desktop nobody is there to read it.
                let _ = winsafe::HWND::NULL.MessageBox(&told, window::TITLE, winsafe::co::MB::ICONERROR);
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether a window can open; only X11 and Wayland systems can lack one.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Where no window can open, the file at least is checked, and a script can tell what is wrong by the exit code.
fn without_display(arguments: &Arguments) -> ExitCode {
    let files = arguments.file.iter().chain(&arguments.second);
    if let Some(trouble) = files.filter_map(|path| reads::open(path).err()).next() {
        say(&format!("error: {}\n  help: {}", trouble.what, trouble.advice));
        return ExitCode::from(UNREADABLE);
    }
    say(
        "error: there is no display to open a window on\n  help: start it in a desktop session, or use `tessera exr`",
    );
    ExitCode::FAILURE
}

/// What panels show of the window.
const ICON: &[u8] = include_bytes!("../../../assets/icons/tessera-128.png");

fn run(arguments: Arguments) -> Result<(), String> {
    let icon = eframe::icon_data::from_png_bytes(ICON).map_err(|error| error.to_string())?;
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title(window::TITLE)
            .with_app_id("tessera-viewer")
            .with_icon(icon)
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([760.0, 420.0])
            .with_drag_and_drop(true),
        ..eframe::NativeOptions::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |context| {
        let egui = context.egui_ctx.clone();
        let listener = match arguments.listen {
            Some(address) => Some(listen(address, egui.clone())?),
            None => None,
        };
        let mut window = Window::new(context, listener)?;
        if let Some(path) = Settings::usual_file() {
            window.keep(path);
        }
        if let Some(source) = arguments.ocio.filter(|source| !source.is_empty()) {
            window.configure(&source, &egui);
        }
        window.watch(arguments.watch, &egui);
        if let Some(output) = arguments.output {
            window.expect(output);
        }
        if arguments.file.is_none() && arguments.listen.is_none() {
            window.reopen(&egui);
        }
        for (file, side) in [arguments.file, arguments.second].into_iter().zip([Side::First, Side::Second]) {
            if let Some(file) = file {
                window.read(side, file, &egui);
            }
        }
        Ok(Box::new(window))
    });
    eframe::run_native("tessera-viewer", options, create).map_err(|error| error.to_string())
}

/// Listens, and says where as the first line of output, for whoever started this program.
fn listen(address: SocketAddr, context: egui::Context) -> Result<Listener, String> {
    let listener = Listener::open(address, move || context.request_repaint())
        .map_err(|error| format!("{address} cannot be listened on: {error}"))?;
    let mut out = std::io::stdout().lock();
    // Whoever does not read it needs no address.
    let _ = writeln!(out, "listening {}", listener.address).and_then(|()| out.flush());
    Ok(listener)
}

fn say(text: &str) {
    // Nobody may be there to hear it.
    let _ = writeln!(std::io::stderr(), "{text}");
}
