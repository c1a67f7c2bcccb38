//! At the bottom: exposure, view, zoom, overlay, and the way to everything else.

use eframe::egui::{self, Align, Layout, RichText, Ui};
use frame::TileStage;

use crate::command::Command;
use crate::compare::Mode;
use crate::desk::Desk;
use crate::live::{Growth, Tile};
use crate::panel::views;
use crate::theme;
use crate::view::Channel;
use crate::words::{fill, say};

/// A line shorter than this, in points, leaves out what is in the palette as well.
const NARROW: f32 = 1000.0;
/// One shorter than this has no room beside a comparison or a progress for what keys do as well.
const TIGHT: f32 = 900.0;

/// The line; what was clicked comes back as commands.
pub fn show(desk: &mut Desk, ui: &mut Ui) -> Vec<Command> {
    let mut commands = Vec::new();
    let width = ui.available_width();
    let is_narrow = width < NARROW;
    let is_tight = width < TIGHT && (desk.second.is_some() || desk.growth.is_some());
    ui.horizontal_centered(|ui| {
        exposure(desk, is_tight, ui, &mut commands);
        ui.separator();
        views::show(desk, is_narrow, ui, &mut commands);
        // Beside both there is no room for these either.
        if !is_tight || desk.second.is_none() || desk.growth.is_none() {
            channel(desk, ui, &mut commands);
            ui.separator();
        }
        zoom(desk, is_tight, ui, &mut commands);
        if desk.second.is_some() {
            ui.separator();
            comparing(desk, ui, &mut commands);
        }
        if let Some(growth) = &desk.growth {
            ui.separator();
            let colour = match (growth.is_open, growth.is_lost) {
                (true, _) => theme::GOLD,
                (false, true) => theme::TERRACOTTA,
                (false, false) => theme::MALACHITE,
            };
            let words = progress(growth);
            ui.label(RichText::new(words).color(colour));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let keys = if cfg!(target_os = "macos") { "Cmd+P" } else { "Ctrl+P" };
            let words = if is_narrow { keys.to_owned() } else { fill("status.commands", &[("keys", keys)]) };
            if ui.button(words).on_hover_text(say("status.commands.hint")).clicked() {
                commands.push(Command::Palette);
            }
            // A finished file has no tiles to outline.
            if desk.growth.is_some() && !is_narrow {
                let overlay = ui.button(fill("status.overlay", &[("name", desk.overlay.name())]));
                if overlay.on_hover_text(say("status.overlay.hint")).clicked() {
                    commands.push(Command::NextOverlay);
                }
            }
        });
    });
    commands
}

/// How far a picture that grows is.
fn progress(growth: &Growth) -> String {
    let all = growth.tiles.len().to_string();
    let is_finished = |tile: &&Tile| tile.is_checked || tile.stage >= TileStage::Denoised;
    if growth.is_lost {
        return fill("status.lost", &[("all", &all)]);
    }
    match (growth.is_open, growth.is_cut(), growth.tiles.iter().filter(is_finished).count()) {
        (false, ..) => fill("status.complete", &[("all", &all)]),
        (true, false, _) => fill("status.growing", &[("all", &all)]),
        (true, true, 0) => {
            let begun = growth.count(TileStage::InFlight).to_string();
            fill("status.begun", &[("begun", &begun), ("all", &all)])
        }
        (true, true, finished) => {
            fill("status.finished", &[("finished", &finished.to_string()), ("all", &all)])
        }
    }
}

fn exposure(desk: &mut Desk, is_tight: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.label(RichText::new("EV").color(theme::MUTED));
    let number = egui::DragValue::new(&mut desk.view.ev)
        .speed(0.02)
        .range(-20.0..=20.0)
        .custom_formatter(|ev, _| format!("{ev:+.1}"));
    let number = ui.add(number).on_hover_text(say("status.exposure.hint"));
    number.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, say("status.exposure")));
    if (desk.view.ev, desk.view.offset, desk.view.gamma) != (0.0, 0.0, 1.0) {
        if desk.view.offset != 0.0 {
            ui.label(
                RichText::new(fill("status.offset", &[("value", &format!("{:+.2}", desk.view.offset))]))
                    .color(theme::MUTED),
            );
        }
        if desk.view.gamma != 1.0 {
            ui.label(
                RichText::new(fill("status.gamma", &[("value", &format!("{:.2}", desk.view.gamma))]))
                    .color(theme::MUTED),
            );
        }
        if !is_tight && ui.button(say("status.reset")).clicked() {
            commands.push(Command::ResetView);
        }
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
            egui::WidgetInfo::selected(kind, true, is_on, fill("status.channel", &[("name", channel.name())]))
        });
        if response.clicked() {
            commands.push(Command::See(channel));
        }
    }
    ui.spacing_mut().item_spacing.x = 8.0;
}

fn zoom(desk: &Desk, is_tight: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    if !is_tight && ui.button(say("status.fit")).on_hover_text(say("status.fit.hint")).clicked() {
        commands.push(Command::Fit);
    }
    if !is_tight && ui.button("1:1").on_hover_text(say("status.one.hint")).clicked() {
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
        (say("status.wipe"), Command::Wipe, matches!(desk.mode, Mode::Wipe(_))),
        (say("status.difference"), Command::Difference, desk.mode == Mode::Difference),
        ("B", Command::Flip, desk.mode == Mode::Second),
    ];
    for (name, command, is_on) in all {
        if ui.selectable_label(is_on, name).on_hover_text(command.name()).clicked() {
            commands.push(command);
        }
    }
}
