//! On the left: the picture's layers.

use eframe::egui::{self, Align, Layout, RichText, Ui};

use crate::desk::Desk;
use crate::theme;
use crate::words::{fill, say};

/// Layers, and a field that filters them; `focus` puts the caret into it.
pub fn show(desk: &mut Desk, filter: &mut String, focus: bool, ui: &mut Ui) {
    let Some(first) = &desk.first else {
        ui.label(RichText::new(say("layers.title")).strong());
        ui.label(RichText::new(say("layers.none")).color(theme::MUTED));
        return;
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(say("layers.title")).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(first.picture.layers.len().to_string()).color(theme::MUTED));
        });
    });
    if first.picture.layers.len() > 6 || !filter.is_empty() || focus {
        let hint = RichText::new(say("layers.find")).color(theme::MUTED);
        let field = egui::TextEdit::singleline(filter).hint_text(hint).desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say("layers.find")));
        if focus {
            field.request_focus();
        }
    }
    ui.add_space(2.0);
    let wanted = filter.to_lowercase();
    let mut chosen = None;
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        for (at, layer) in first.picture.layers.iter().enumerate() {
            if !layer.name.to_lowercase().contains(&wanted) {
                continue;
            }
            let names: Vec<&str> = layer.channels.iter().map(|channel| channel.name.as_str()).collect();
            if row(ui, at == desk.layer, &layer.name, &names.join(" ")).clicked() {
                chosen = Some(at);
            }
        }
    });
    desk.layer = chosen.unwrap_or(desk.layer);
}

fn row(ui: &mut Ui, is_chosen: bool, name: &str, channels: &str) -> egui::Response {
    let (rect, response) =
        ui.allocate_exact_size(egui::vec2(ui.available_width(), 26.0), egui::Sense::click());
    response.widget_info(|| {
        egui::WidgetInfo::selected(
            egui::Role::Button,
            true,
            is_chosen,
            fill("layers.layer", &[("name", name)]),
        )
    });
    let painter = ui.painter_at(rect);
    if is_chosen || response.hovered() || response.has_focus() {
        let fill = if is_chosen { ui.visuals().selection.bg_fill } else { theme::RAISED };
        painter.rect_filled(rect, 6.0, fill);
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme::SMALT);
        painter.rect_stroke(rect, 6.0, stroke, egui::StrokeKind::Inside);
    }
    let channels_width = painter
        .layout_no_wrap(channels.to_owned(), theme::numbers(11.0), theme::MUTED)
        .size()
        .x
        .min(rect.width() * 0.4);
    let at = rect.right_center() - egui::vec2(8.0, 0.0);
    painter.text(at, egui::Align2::RIGHT_CENTER, channels, theme::numbers(11.0), theme::MUTED);
    let names = rect.with_max_x(rect.right() - channels_width - 14.0);
    let at = rect.left_center() + egui::vec2(8.0, 0.0);
    let font = egui::FontId::proportional(13.5);
    ui.painter_at(names).text(at, egui::Align2::LEFT_CENTER, name, font, theme::TEXT);
    response.on_hover_text(format!("{name}: {channels}"))
}
