//! Colours and sizes. Around the picture everything is exactly grey: a tint beside it would change how it is seen.

use eframe::egui::{self, Color32, CornerRadius, FontId, Margin, Stroke, TextStyle, Vec2};

/// Around the picture: the same red, green and blue.
pub const SURROUND: Color32 = Color32::from_rgb(0x1E, 0x1E, 0x1E);
/// Behind panels.
pub const PANEL: Color32 = Color32::from_rgb(0x20, 0x22, 0x26);
/// Deepest: fields, histogram.
pub const GROUND: Color32 = Color32::from_rgb(0x17, 0x18, 0x1B);
/// Raised: buttons.
pub const RAISED: Color32 = Color32::from_rgb(0x2B, 0x2E, 0x34);
/// Lines between things.
pub const LINE: Color32 = Color32::from_rgb(0x36, 0x39, 0x40);
/// Words.
pub const TEXT: Color32 = Color32::from_rgb(0xEC, 0xEA, 0xE4);
/// Words that matter less.
pub const MUTED: Color32 = Color32::from_rgb(0xA3, 0xA2, 0x9C);
/// Your work.
pub const GOLD: Color32 = Color32::from_rgb(0xE3, 0xB3, 0x41);
/// Action and focus.
pub const SMALT: Color32 = Color32::from_rgb(0x7A, 0xA7, 0xFF);
/// Finished.
pub const MALACHITE: Color32 = Color32::from_rgb(0x4C, 0xC3, 0x8A);
/// A problem.
pub const TERRACOTTA: Color32 = Color32::from_rgb(0xF0, 0x80, 0x5A);

/// The surround as the shader draws it where a picture is empty.
pub fn surround() -> f32 {
    f32::from(SURROUND.r()) / 255.0
}

/// Numbers: every digit is as wide as every other.
pub fn numbers(size: f32) -> FontId {
    FontId::monospace(size)
}

/// Dresses a window.
pub fn apply(context: &egui::Context) {
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(11.0)),
            (TextStyle::Body, FontId::proportional(13.5)),
            (TextStyle::Button, FontId::proportional(13.5)),
            (TextStyle::Heading, FontId::proportional(17.0)),
            (TextStyle::Monospace, FontId::monospace(12.5)),
        ]
        .into();
        style.spacing.item_spacing = Vec2::new(8.0, 5.0);
        style.spacing.button_padding = Vec2::new(8.0, 4.0);
        style.spacing.interact_size.y = 24.0;
        // Menus as long as the views of a colour configuration; egui cuts them at 400 points.
        style.spacing.default_area_size.y = 640.0;
        style.spacing.window_margin = Margin::same(14);
        style.animation_time = 0.1;
        dress(&mut style.visuals);
    });
}

fn dress(visuals: &mut egui::Visuals) {
    visuals.override_text_color = None;
    visuals.panel_fill = PANEL;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = GROUND;
    visuals.faint_bg_color = RAISED;
    visuals.hyperlink_color = SMALT;
    visuals.weak_text_color = Some(MUTED);
    visuals.warn_fg_color = GOLD;
    visuals.error_fg_color = TERRACOTTA;
    visuals.selection.bg_fill = Color32::from_rgb(0x33, 0x47, 0x6E);
    visuals.selection.stroke = Stroke::new(1.0, SMALT);
    let widgets = &mut visuals.widgets;
    for (look, fill) in [
        (&mut widgets.noninteractive, PANEL),
        (&mut widgets.inactive, RAISED),
        (&mut widgets.hovered, Color32::from_rgb(0x36, 0x3A, 0x42)),
        (&mut widgets.active, Color32::from_rgb(0x3F, 0x44, 0x4E)),
        (&mut widgets.open, RAISED),
    ] {
        (look.bg_fill, look.weak_bg_fill) = (fill, fill);
        look.corner_radius = CornerRadius::same(6);
        look.fg_stroke = Stroke::new(1.0, TEXT);
        look.bg_stroke = Stroke::NONE;
        look.expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, LINE);
    widgets.hovered.bg_stroke = Stroke::new(1.0, SMALT);
    widgets.active.bg_stroke = Stroke::new(1.0, SMALT);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast of two colours after WCAG 2.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let linear = |code: u8| {
            let code = f32::from(code) / 255.0;
            if code <= 0.040_45 { code / 12.92 } else { ((code + 0.055) / 1.055).powf(2.4) }
        };
        let light = |colour: Color32| {
            0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b()) + 0.05
        };
        let (one, other) = (light(one), light(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn words_are_readable_and_the_surround_is_grey() {
        assert!(SURROUND.r() == SURROUND.g() && SURROUND.g() == SURROUND.b());
        for words in [TEXT, MUTED, GOLD, SMALT, MALACHITE, TERRACOTTA] {
            for behind in [PANEL, GROUND, SURROUND] {
                assert!(
                    contrast(words, behind) >= 4.5,
                    "{words:?} on {behind:?}: {}",
                    contrast(words, behind)
                );
            }
        }
    }
}
