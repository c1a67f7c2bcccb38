//! Over everything, when asked for: all commands by name, all keys, and what the file says about itself.

use eframe::egui::{self, Align, Key, Layout, RichText, Ui};

use crate::command::{Command, found};
use crate::desk::Desk;
use crate::keys::Preset;
use crate::theme;
use crate::words::{fill, say};

/// What lies over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Commands: what was typed, and which one is chosen.
    Commands {
        /// Words of its name.
        text: String,
        /// Place among those found.
        chosen: usize,
    },
    /// Keys.
    Keys,
    /// Attributes: what was typed.
    Attributes {
        /// Part of a name or value.
        text: String,
    },
}

/// Shows the sheet that lies there; gives a command that was chosen, and whether the sheet goes.
pub fn show(sheet: &mut Sheet, desk: &Desk, context: &egui::Context) -> (Option<Command>, bool) {
    let mut command = None;
    let modal = egui::Modal::new(egui::Id::unique("sheet")).show(context, |ui| {
        ui.set_width(460.0);
        match sheet {
            Sheet::Commands { text, chosen } => command = commands(text, chosen, desk, ui),
            Sheet::Keys => keys(desk.preset, ui),
            Sheet::Attributes { text } => attributes(text, desk, ui),
        }
    });
    (command, command.is_some() || modal.should_close())
}

fn field(text: &mut String, label: &str, ui: &mut Ui) -> egui::Response {
    let hint = RichText::new(label).color(theme::MUTED);
    let field = ui.add(egui::TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, label));
    field.request_focus();
    field
}

fn commands(text: &mut String, chosen: &mut usize, desk: &Desk, ui: &mut Ui) -> Option<Command> {
    let (down, up, enter) = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(egui::Modifiers::NONE, key);
        (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter))
    });
    if field(text, say("sheet.command"), ui).changed() {
        *chosen = 0;
    }
    let all = found(text, desk.scheme.choices());
    *chosen = (*chosen + usize::from(down)).saturating_sub(usize::from(up)).min(all.len().saturating_sub(1));
    let mut taken = all.get(*chosen).map(|(command, _)| *command).filter(|_| enter);
    ui.add_space(4.0);
    if all.is_empty() {
        ui.label(RichText::new(say("sheet.command.none")).color(theme::MUTED));
    }
    egui::ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
        for (at, (command, name)) in all.into_iter().enumerate() {
            let response = row(ui, at == *chosen, &name, &desk.preset.keys_of(command));
            if at == *chosen && (down || up) {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                taken = Some(command);
            }
        }
    });
    taken
}

fn row(ui: &mut Ui, is_chosen: bool, name: &str, keys: &str) -> egui::Response {
    let size = egui::vec2(ui.available_width(), 26.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    if is_chosen || response.hovered() {
        let fill = if is_chosen { ui.visuals().selection.bg_fill } else { theme::RAISED };
        ui.painter().rect_filled(rect, 6.0, fill);
    }
    let painter = ui.painter();
    let font = egui::FontId::proportional(13.5);
    painter.text(
        rect.left_center() + egui::vec2(8.0, 0.0),
        egui::Align2::LEFT_CENTER,
        name,
        font,
        theme::TEXT,
    );
    let at = rect.right_center() - egui::vec2(8.0, 0.0);
    painter.text(at, egui::Align2::RIGHT_CENTER, keys, theme::numbers(11.5), theme::MUTED);
    response
}

fn keys(preset: Preset, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(say("sheet.keys")).heading());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(fill("sheet.keys.of", &[("name", preset.name())])).color(theme::MUTED));
        });
    });
    ui.add_space(4.0);
    egui::ScrollArea::vertical().max_height(440.0).auto_shrink([false, true]).show(ui, |ui| {
        let mouse = [
            (say("sheet.move"), say("sheet.move.by")),
            (say("sheet.zoom"), say("sheet.zoom.by")),
            (say("sheet.fit"), say("sheet.fit.by")),
            (say("sheet.wipe"), say("sheet.wipe.by")),
            (say("sheet.wipe.turn"), say("sheet.wipe.turn.by")),
            (say("sheet.reference"), "Shift"),
        ];
        for (name, keys) in mouse {
            line(ui, name, keys);
        }
        ui.separator();
        for command in Command::ALL {
            let keys = preset.keys_of(*command);
            if !keys.is_empty() {
                line(ui, &command.name(), &keys);
            }
        }
    });
}

fn line(ui: &mut Ui, name: &str, keys: &str) {
    ui.horizontal(|ui| {
        ui.label(name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(keys).font(theme::numbers(12.0)).color(theme::GOLD));
        });
    });
}

fn attributes(text: &mut String, desk: &Desk, ui: &mut Ui) {
    ui.label(RichText::new(say("sheet.attributes")).heading());
    field(text, say("sheet.attribute.find"), ui);
    ui.add_space(4.0);
    let wanted = text.to_lowercase();
    let all = desk.first.as_ref().map(|first| first.picture.attributes.as_slice()).unwrap_or_default();
    let fits = |value: &str| value.to_lowercase().contains(&wanted);
    let mut none = true;
    egui::ScrollArea::vertical().max_height(400.0).auto_shrink([false, true]).show(ui, |ui| {
        for (name, value) in all.iter().filter(|(name, value)| fits(name) || fits(value)) {
            none = false;
            ui.label(RichText::new(name).color(theme::MUTED));
            ui.add(egui::Label::new(RichText::new(shortened(value)).font(theme::numbers(12.0))).wrap());
        }
    });
    if none {
        ui.label(RichText::new(say("sheet.attribute.none")).color(theme::MUTED));
    }
}

/// A matte's list of names can have a million characters.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
