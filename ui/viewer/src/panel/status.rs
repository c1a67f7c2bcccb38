//! At the bottom: exposure, view, zoom, overlay, and the way to everything else.

use eframe::egui::{self, Align, Layout, RichText, Ui};
use frame::tev::TileStage;

use crate::command::Command;
use crate::compare::Mode;
use crate::desk::Desk;
use crate::live::{Growth, Tile};
use crate::theme;
use crate::view::{Channel, Transform};

/// A line shorter than this, in points, leaves out what is in the palette as well.
const NARROW: f32 = 1000.0;

/// The line; what was clicked comes back as commands.
pub fn show(desk: &mut Desk, ui: &mut Ui) -> Vec<Command> {
    let mut commands = Vec::new();
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal_centered(|ui| {
        exposure(desk, ui, &mut commands);
        ui.separator();
        transform(desk, ui, &mut commands);
        channel(desk, ui, &mut commands);
        ui.separator();
        zoom(desk, ui, &mut commands);
        if desk.second.is_some() {
            ui.separator();
            comparing(desk, ui, &mut commands);
        }
        if let Some(growth) = &desk.growth {
            ui.separator();
            let colour = if growth.is_open { theme::GOLD } else { theme::MALACHITE };
            let words = progress(growth);
            ui.label(RichText::new(words).color(colour));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let keys = if cfg!(target_os = "macos") { "Cmd+P" } else { "Ctrl+P" };
            let words = if is_narrow { keys.to_owned() } else { format!("Commands  {keys}") };
            if ui.button(words).on_hover_text("All commands by name").clicked() {
                commands.push(Command::Palette);
            }
            // A finished file has no tiles to outline.
            if desk.growth.is_some() && !is_narrow {
                let overlay = ui.button(format!("Overlay: {}", desk.overlay.name()));
                if overlay.on_hover_text("What is drawn over the picture").clicked() {
                    commands.push(Command::NextOverlay);
                }
            }
        });
    });
    commands
}

/// How far a picture that grows is.
fn progress(growth: &Growth) -> String {
    let all = growth.tiles.len();
    let is_finished = |tile: &&Tile| tile.is_checked || tile.stage >= TileStage::Denoised;
    match (growth.is_open, growth.is_cut(), growth.tiles.iter().filter(is_finished).count()) {
        (false, ..) => format!("complete · {all} tiles"),
        (true, false, _) => format!("growing · {all} tiles so far"),
        (true, true, 0) => format!("{}/{all} tiles begun", growth.count(TileStage::InFlight)),
        (true, true, finished) => format!("{finished}/{all} tiles"),
    }
}

fn exposure(desk: &mut Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.label(RichText::new("EV").color(theme::MUTED));
    let number = egui::DragValue::new(&mut desk.view.ev)
        .speed(0.02)
        .range(-20.0..=20.0)
        .custom_formatter(|ev, _| format!("{ev:+.1}"));
    let number = ui.add(number).on_hover_text("Exposure in stops; drag, or E and Shift+E");
    number.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Exposure"));
    if (desk.view.ev, desk.view.offset, desk.view.gamma) != (0.0, 0.0, 1.0) {
        if desk.view.offset != 0.0 {
            ui.label(RichText::new(format!("offset {:+.2}", desk.view.offset)).color(theme::MUTED));
        }
        if desk.view.gamma != 1.0 {
            ui.label(RichText::new(format!("gamma {:.2}", desk.view.gamma)).color(theme::MUTED));
        }
        if ui.button("Reset").clicked() {
            commands.push(Command::ResetView);
        }
    }
}

fn transform(desk: &Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.label(RichText::new("View").color(theme::MUTED));
    let shown = desk.effective_view().transform;
    let combo = egui::ComboBox::from_id_salt("view").width(108.0).selected_text(shown.name());
    let response = combo.show_ui(ui, |ui| {
        for transform in Transform::ALL {
            if ui.selectable_label(desk.view.transform == transform, transform.name()).clicked() {
                commands.push(Command::Through(transform));
            }
        }
    });
    let label = format!("View {}", shown.name());
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &label));
    if shown != desk.view.transform {
        response.response.on_hover_text("These are numbers, not light: they are shown as they are");
    }
}

fn channel(desk: &Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    let all = [
        (Channel::Red, "R"),
        (Channel::Green, "G"),
        (Channel::Blue, "B"),
        (Channel::Alpha, "A"),
        (Channel::Luminance, "L"),
    ];
    ui.spacing_mut().item_spacing.x = 3.0;
    for (channel, letter) in all {
        let is_on = desk.view.channel == channel;
        let response = ui.selectable_label(is_on, letter).on_hover_text(channel.name());
        response.widget_info(|| {
            let kind = egui::Role::Button;
            egui::WidgetInfo::selected(kind, true, is_on, format!("Channel {}", channel.name()))
        });
        if response.clicked() {
            commands.push(Command::See(channel));
        }
    }
    ui.spacing_mut().item_spacing.x = 8.0;
}

fn zoom(desk: &Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    if ui.button("Fit").on_hover_text("All of the picture (F)").clicked() {
        commands.push(Command::Fit);
    }
    if ui.button("1:1").on_hover_text("A screen pixel for each of the picture's (1)").clicked() {
        commands.push(Command::Zoom(1));
    }
    let zoom = desk.camera.map_or("–".to_owned(), |camera| percent(camera.zoom));
    let text = RichText::new(zoom).font(theme::numbers(12.5)).color(theme::MUTED);
    ui.add_sized([54.0, 20.0], egui::Label::new(text));
}

fn percent(zoom: f32) -> String {
    if zoom < 0.1 { format!("{:.1} %", zoom * 100.0) } else { format!("{:.0} %", zoom * 100.0) }
}

fn comparing(desk: &Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    let all = [
        ("Wipe", Command::Wipe, matches!(desk.mode, Mode::Wipe(_))),
        ("Difference", Command::Difference, desk.mode == Mode::Difference),
        ("B", Command::Flip, desk.mode == Mode::Second),
    ];
    for (name, command, is_on) in all {
        if ui.selectable_label(is_on, name).on_hover_text(command.name()).clicked() {
            commands.push(command);
        }
    }
}
