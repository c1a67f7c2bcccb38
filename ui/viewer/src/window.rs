//! The window: lays panels around the picture, turns keys into commands, and takes files and packets as they come.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui::{self, Panel, Ui};

use crate::canvas::Canvas;
use crate::colour::Generator;
use crate::colour::bureau::{Bureau, Open};
use crate::colour::ocio::{BROUGHT, Ocio};
use crate::command::Command;
use crate::desk::Desk;
use crate::live::{Change, Listener};
use crate::measure::Measured;
use crate::panel::palette::Sheet;
use crate::panel::{self, carried, inspect, layers, palette, stage, status};
use crate::reads::{Read, Reads};
use crate::settings::Settings;
use crate::shown::Side;
use crate::theme;
use crate::watch::{self, Watcher};

/// Packets that are taken between two frames.
const DELIVERIES_MAX: usize = 64;
/// Settings are written once they have stayed the same for so long.
const SETTLED_AFTER: Duration = Duration::from_millis(400);

/// What the window is called while nothing lies in it.
pub const TITLE: &str = "Tessera viewer";

/// The program's window.
pub struct Window {
    /// What lies on the desk.
    pub desk: Desk,
    /// What of it is on the GPU.
    pub canvas: Canvas,
    listener: Option<Listener>,
    reads: Reads,
    measured: Measured,
    sheet: Option<Sheet>,
    filter: String,
    is_bare: bool,
    focus_filter: bool,
    /// The picture's name, as the window's title has it.
    titled: String,
    kept: Option<Kept>,
    watcher: Option<Watcher>,
    bureau: Option<Bureau>,
    /// The file that a picture growing here will be in, with `####` for the frame's number.
    output: Option<PathBuf>,
}

/// Settings as they are in their file, and as they are about to be.
struct Kept {
    path: PathBuf,
    /// As they were at the start.
    found: Settings,
    written: Settings,
    wanted: (Settings, Instant),
}

impl Window {
    /// A window with nothing on its desk.
    ///
    /// # Errors
    /// A sentence when there is no GPU to draw with.
    pub fn new(context: &eframe::CreationContext<'_>, listener: Option<Listener>) -> Result<Self, String> {
        theme::apply(&context.egui_ctx);
        Ok(Self {
            desk: Desk::default(),
            canvas: Canvas::new(context)?,
            listener,
            reads: Reads::default(),
            measured: Measured::default(),
            sheet: None,
            filter: String::new(),
            is_bare: false,
            focus_filter: false,
            titled: String::new(),
            kept: None,
            watcher: None,
            bureau: None,
            output: None,
        })
    }

    /// Takes settings from a file, and keeps them in it from now on.
    pub fn keep(&mut self, path: PathBuf) {
        let settings = Settings::read(&path);
        settings.lay(&mut self.desk);
        let (found, written) = (settings.clone(), settings.clone());
        self.kept = Some(Kept { path, found, written, wanted: (settings, Instant::now()) });
    }

    /// Opens what was open when the window was killed; nothing if it was closed.
    pub fn reopen(&mut self, context: &egui::Context) {
        if self.kept.as_ref().is_some_and(|kept| kept.found.is_open) {
            self.run(Command::LastPictures, context);
        }
    }

    /// Remembers which file a picture that grows here will be in: after a kill that one is opened.
    pub fn expect(&mut self, output: PathBuf) {
        self.output = Some(std::path::absolute(&output).unwrap_or(output));
    }

    /// Shows files anew when they change on disk: growing ones, or all of them.
    pub fn watch(&mut self, watches_all: bool, context: &egui::Context) {
        let context = context.clone();
        self.watcher = Some(Watcher::start(watches_all, move || context.request_repaint()));
    }

    /// Offers the views of a colour configuration, the path of a file or `ocio://NAME`, as soon as it is read.
    pub fn configure(&mut self, source: &str, context: &egui::Context) {
        let path = Some(source).filter(|source| !source.starts_with(BROUGHT)).map(std::path::absolute);
        // Another start, from another folder, is to know it again; so are its tables, which lie beside it.
        let source = path.and_then(Result::ok).map_or(source.to_owned(), |path| path.display().to_string());
        let context = context.clone();
        let open: Box<Open> = Box::new(|source| Ok(Box::new(Ocio::open(source)?) as Box<dyn Generator>));
        self.bureau = Some(Bureau::start(source, open, move || context.request_repaint()));
    }

    /// Takes what was read of the configuration, and asks for the view that is looked through.
    fn take_views(&mut self) {
        let Some(bureau) = &mut self.bureau else { return };
        let kept = self.kept.as_ref().and_then(|kept| kept.found.scheme.as_ref());
        while let Some(answer) = bureau.answer() {
            if let Some(trouble) = self.desk.scheme.take(answer, kept) {
                self.desk.fail_scheme(trouble);
            }
        }
        let space = self.desk.space();
        if let Some(wanted) = self.desk.scheme.wanted(&space) {
            bureau.ask(space, wanted);
        }
    }

    /// Names the window after its picture: several of them lie side by side in a task bar.
    fn entitle(&mut self, context: &egui::Context) {
        let [first, _] = self.desk.shown();
        let name = first.map(|shown| shown.picture.name.clone()).unwrap_or_default();
        if name != self.titled {
            let title = if name.is_empty() { TITLE.to_owned() } else { format!("{name} - {TITLE}") };
            context.send_viewport_cmd(egui::ViewportCommand::Title(title));
            self.titled = name;
        }
    }

    /// Writes settings that have stayed the same for a while, or at once.
    fn save(&mut self, context: &egui::Context, at_once: bool) {
        let files = self.files_shown();
        let Some(kept) = &mut self.kept else { return };
        let mut now = Settings::of(&self.desk);
        now.files = files;
        now.is_open = now.files[0].is_some();
        if now.files[0].is_none() {
            // An empty desk has nothing to come back to.
            (now.files, now.layer) = (kept.written.files.clone(), now.layer.or(kept.written.layer.clone()));
        }
        // Without a configuration nothing was chosen of it.
        now.scheme = now.scheme.or_else(|| kept.written.scheme.clone());
        now.is_open &= !at_once;
        if now != kept.wanted.0 {
            kept.wanted = (now, Instant::now());
        }
        if kept.wanted.0 == kept.written {
            return;
        }
        if !at_once && kept.wanted.1.elapsed() < SETTLED_AFTER {
            context.request_repaint_after(SETTLED_AFTER);
            return;
        }
        if let Err(error) = kept.wanted.0.write(&kept.path) {
            tracing::warn!(%error, "settings are not kept");
        }
        // One that cannot be written is not tried again before something changes.
        kept.written = kept.wanted.0.clone();
    }

    fn take_changes(&mut self, context: &egui::Context) {
        let Some(watcher) = &self.watcher else { return };
        watcher.ask(Settings::of(&self.desk).files);
        let changed: Vec<_> = std::iter::from_fn(|| watcher.next()).collect();
        for (side, path) in changed {
            self.read(side, path, context);
        }
    }

    /// Reads a file on another thread.
    pub fn read(&mut self, side: Side, path: PathBuf, context: &egui::Context) {
        // Another start, from another folder, is to find it again.
        let path = std::path::absolute(&path).unwrap_or(path);
        let context = context.clone();
        self.reads.ask(side, path, move || context.request_repaint());
    }

    fn take_files(&mut self, context: &egui::Context) {
        let context = context.clone();
        let wake = move || context.request_repaint();
        while let Some(Read { side, path, picture }) = self.reads.next(wake.clone()) {
            match picture {
                Ok(picture) => self.desk.put(side, picture, Some(path)),
                Err(trouble) => self.desk.fail(side, trouble),
            }
        }
    }

    fn take_deliveries(&mut self, context: &egui::Context) {
        let Some(listener) = &self.listener else { return };
        // For the moment in which a picture is copied to be compared, what comes waits.
        for _ in 0..DELIVERIES_MAX {
            if self.measured.is_copying() {
                return;
            }
            let Some(delivery) = listener.next() else { return };
            match self.desk.take(delivery, Instant::now()) {
                // It came later than what was asked for before.
                Some(Change::Picture) => self.reads.forget(Side::First),
                Some(Change::Pixels(rect)) => {
                    if let Some(first) = &self.desk.first {
                        self.canvas.update(first.stamp, rect);
                    }
                }
                _ => {}
            }
        }
        context.request_repaint();
    }

    fn take_drops(&mut self, context: &egui::Context) {
        let (dropped, shift) =
            context.input(|input| (input.raw.dropped_files.clone(), input.modifiers.shift));
        let first = if shift && self.desk.first.is_some() { Side::Second } else { Side::First };
        for (file, side) in dropped.iter().zip([first, Side::Second]) {
            self.read(side, file.path().to_owned(), context);
        }
    }

    fn keys(&mut self, context: &egui::Context) {
        let is_writing = context.text_edit_focused();
        // Shift alone: with another key it is part of that key's meaning.
        self.desk.is_reference_held = !is_writing
            && self.sheet.is_none()
            && context.input(|input| input.modifiers.shift_only() && input.keys_down.is_empty());
        if is_writing {
            return;
        }
        // A control that has the focus keeps the arrows, by which the next one is reached.
        let is_elsewhere = context.memory(|memory| memory.focused().is_some_and(|id| id != stage::id()));
        for (shortcut, command) in self.desk.preset.bindings() {
            let is_arrow = matches!(command, Command::Look(..)) && is_elsewhere;
            if !is_arrow && context.input_mut(|input| input.consume_shortcut(&shortcut)) {
                self.run(command, context);
            }
        }
        for (text, command) in self.desk.preset.typed() {
            let is_it = |event: &egui::Event| matches!(event, egui::Event::Text(typed) if typed == text);
            if context.input(|input| input.events.iter().any(is_it)) {
                self.run(*command, context);
            }
        }
    }

    /// Does what a command says.
    pub fn run(&mut self, command: Command, context: &egui::Context) {
        if self.desk.run(command) {
            return;
        }
        match command {
            Command::Palette => self.sheet = Some(Sheet::Commands { text: String::new(), chosen: 0 }),
            Command::Keys => self.sheet = Some(Sheet::Keys),
            Command::Attributes => self.sheet = Some(Sheet::Attributes { text: String::new() }),
            Command::FilterLayers => (self.is_bare, self.focus_filter) = (false, true),
            Command::Panels => self.is_bare = !self.is_bare,
            Command::CopyPixel => {
                if let (Some(first), Some((x, y))) = (&self.desk.first, self.desk.pixel()) {
                    context.copy_text(crate::pixel::text(&first.picture, self.desk.layer, x, y));
                }
            }
            Command::Reload => self.read_all(self.files_shown(), context),
            Command::LastPictures => {
                let files = self.kept.as_ref().map(|kept| kept.found.files.clone());
                self.read_all(files.unwrap_or_default(), context);
            }
            _ => {}
        }
    }

    /// Files of A and B, the one that a growing picture will be in among them.
    fn files_shown(&self) -> [Option<PathBuf>; 2] {
        let mut files = Settings::of(&self.desk).files;
        if let Some((growth, output)) = self.desk.growth.as_ref().zip(self.output.as_ref()) {
            files[0] = watch::growing(output, growth.frame.0);
        }
        files
    }

    fn read_all(&mut self, paths: [Option<PathBuf>; 2], context: &egui::Context) {
        for (path, side) in paths.into_iter().zip([Side::First, Side::Second]) {
            if let Some(path) = path {
                self.read(side, path, context);
            }
        }
    }
}

impl eframe::App for Window {
    /// Also where the window is hidden, and nothing is drawn: a sender that nobody listens to gives up.
    fn logic(&mut self, context: &egui::Context, _: &mut eframe::Frame) {
        self.take_files(context);
        self.take_deliveries(context);
        self.take_changes(context);
        self.take_views();
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let context = ui.ctx().clone();
        self.take_drops(&context);
        self.keys(&context);
        let waking = context.clone();
        self.measured.measure(&self.desk, move |after| waking.request_repaint_after(after));
        let mut commands = Vec::new();
        let bottom =
            Panel::bottom("status").frame(panel::frame().inner_margin(egui::Margin::symmetric(12, 4)));
        bottom.exact_size(38.0).show(ui, |ui| commands = status::show(&mut self.desk, ui));
        if !self.is_bare {
            let focus = std::mem::take(&mut self.focus_filter);
            let left = Panel::left("layers").frame(panel::frame()).default_size(200.0).min_size(160.0);
            left.show(ui, |ui| {
                // A panel is as wide as what is in it, and an empty one would be drawn in.
                ui.set_min_width(ui.available_width());
                layers::show(&mut self.desk, &mut self.filter, focus, ui);
            });
            let right = Panel::right("inspect").frame(panel::frame()).default_size(230.0).min_size(200.0);
            right.show(ui, |ui| inspect::show(&self.desk, &self.measured, ui));
        }
        let middle = egui::CentralPanel::default().frame(egui::Frame::new().fill(theme::SURROUND));
        middle.show(ui, |ui| stage::show(&mut self.desk, &mut self.canvas, ui));
        if let Some(sheet) = &mut self.sheet {
            let (command, goes) = palette::show(sheet, &self.desk, &context);
            if goes {
                self.sheet = None;
            }
            commands.extend(command);
        }
        carried::show(&context);
        for command in commands {
            self.run(command, &context);
        }
        self.entitle(&context);
        self.save(&context, false);
    }

    fn on_exit(&mut self) {
        self.save(&egui::Context::default(), true);
    }
}
