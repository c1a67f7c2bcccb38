//! The menu of views: the built-in ones, then those of the colour configuration's display, then its other displays.

use eframe::egui::{self, RichText, Ui};

use crate::colour::Choice;
use crate::command::Command;
use crate::desk::Desk;
use crate::theme;
use crate::view::Transform;
use crate::words::{fill, say};

/// Width of the closed menu, points, and letters of a view's name that fit into it.
const CLOSED: (f32, usize) = (108.0, 10);
/// The same where names are those of a configuration and the line has room.
const CLOSED_WIDE: (f32, usize) = (170.0, 24);
/// What the window has beside the open menu, points.
const AROUND: f32 = 90.0;

/// The menu; what was clicked comes back as commands.
pub fn show(desk: &Desk, is_narrow: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.label(RichText::new(say("status.view")).color(theme::MUTED));
    let shown = shown(desk);
    let has_scheme = !desk.scheme.displays.is_empty();
    let (width, letters) = if has_scheme && !is_narrow { CLOSED_WIDE } else { CLOSED };
    let height = ui.ctx().content_rect().height() - AROUND;
    let combo = egui::ComboBox::from_id_salt("view").width(width).height(height);
    let response = combo.selected_text(shortened(&shown, letters)).show_ui(ui, |ui| {
        if has_scheme {
            heading(ui, say("view.built_in"));
        }
        for transform in Transform::ALL {
            let is_on = desk.scheme.chosen.is_none() && desk.view.transform == transform;
            if ui.selectable_label(is_on, transform.name()).clicked() {
                commands.push(Command::Through(transform));
            }
        }
        configured(desk, ui, commands);
    });
    let response = response.response;
    let label = fill("status.view.label", &[("name", &shown)]);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &label));
    if let Some(why) = why(desk) {
        response.on_hover_text(why);
    }
}

/// The view that is seen, which may not be the one that was chosen.
fn shown(desk: &Desk) -> String {
    match desk.way() {
        Some(made) => made.to.view.clone(),
        None => desk.effective_view().transform.name().to_owned(),
    }
}

/// What there is to say of it.
fn why(desk: &Desk) -> Option<String> {
    if let Some(made) = desk.way() {
        let (scheme, space) = (desk.scheme.name(), made.from.name.as_str());
        let values = [
            ("view", made.to.view.as_str()),
            ("display", &made.to.display),
            ("scheme", &scheme),
            ("space", space),
        ];
        return Some(fill("status.view.configured", &values));
    }
    let is_other = desk.scheme.chosen.is_some() || desk.effective_view().transform != desk.view.transform;
    let is_light = desk.first.as_ref().is_none_or(|first| first.picture.layers[desk.layer].is_light);
    (is_other && !is_light).then(|| say("status.view.numbers").into())
}

fn configured(desk: &Desk, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(display) = desk.scheme.display() else { return };
    let all: Vec<Choice> = desk.scheme.choices().collect();
    let mut offer = |ui: &mut Ui, name: &str, choice: &Choice, is_on: bool| {
        let at = all.iter().position(|other| other == choice).and_then(|at| u16::try_from(at).ok());
        if ui.selectable_label(is_on, name).clicked() {
            commands.extend(at.map(Command::Configured));
        }
    };
    ui.separator();
    heading(ui, &fill("view.display", &[("name", &display.name)]));
    for choice in display.choices() {
        offer(ui, &choice.view, &choice, desk.scheme.chosen.as_ref() == Some(&choice));
    }
    let others: Vec<_> = desk.scheme.displays.iter().filter(|other| other.name != display.name).collect();
    if !others.is_empty() {
        ui.separator();
        heading(ui, say("view.displays"));
    }
    for other in others {
        // The same view on the other display where it has one of that name.
        let same =
            Choice { display: other.name.clone(), view: desk.scheme.chosen.clone().unwrap_or_default().view };
        let choice = if same.is_in(&desk.scheme.displays) { same } else { other.first() };
        offer(ui, &other.name, &choice, false);
    }
}

fn heading(ui: &mut Ui, words: &str) {
    ui.label(RichText::new(words).color(theme::MUTED).small());
}

fn shortened(name: &str, letters: usize) -> String {
    match name.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name.to_owned(),
    }
}
