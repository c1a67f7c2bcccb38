//! On the right: the pixel under the pointer, how bright the picture is, and how far two pictures are apart.

use eframe::egui::{self, Align, Layout, RichText, Ui, vec2};

use crate::desk::Desk;
use crate::histogram::{BINS, Histogram, STOPS};
use crate::live::Growth;
use crate::measure::{Against, Measured};
use crate::panel::overlay::State;
use crate::words::{fill, say};
use crate::{pixel, theme};

/// All of it, from top to bottom.
pub fn show(desk: &Desk, measured: &Measured, ui: &mut Ui) {
    pixel_lines(desk, ui);
    ui.add_space(8.0);
    if let Some(histogram) = &measured.histogram {
        ui.label(RichText::new(say("inspect.histogram")).strong());
        histogram_plot(histogram, desk, ui);
    }
    if let Some(against) = &measured.against {
        ui.add_space(8.0);
        ui.label(RichText::new(say("inspect.against")).strong());
        let numbers = match against {
            Against::Pending => ["…"; 4].map(str::to_owned),
            Against::Apart(error) => [
                format!("{:.3e}", error.mse),
                format!("{:.2} dB", error.psnr),
                format!("{:.3e}", error.relmse),
                format!("{:.4}", error.max_abs),
            ],
            Against::Not(_) => Default::default(),
        };
        if let Against::Not(why) = against {
            ui.label(RichText::new(why).color(theme::MUTED));
        } else {
            for (name, number) in ["MSE", "PSNR", "relMSE", say("inspect.largest")].into_iter().zip(&numbers)
            {
                line(ui, name, number, theme::TEXT);
            }
        }
    }
    if let Some(note) = desk.first.as_ref().and_then(|first| first.picture.note.as_ref()) {
        ui.add_space(8.0);
        ui.label(RichText::new(&note.what).color(theme::GOLD));
        ui.label(RichText::new(&note.advice).color(theme::MUTED));
    }
}

fn pixel_lines(desk: &Desk, ui: &mut Ui) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(say("inspect.pixel")).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let place = desk.pixel().map_or("–".to_owned(), |(x, y)| format!("x {x}  y {y}"));
            ui.label(RichText::new(place).font(theme::numbers(12.0)).color(theme::MUTED));
        });
    });
    let (Some(first), Some((x, y))) = (&desk.first, desk.pixel()) else {
        ui.label(RichText::new(say("inspect.point")).color(theme::MUTED));
        // As high as the lines that come here, so that nothing below jumps.
        ui.add_space(94.0);
        return;
    };
    let top = ui.cursor().top();
    let colour = |name: &str| match name {
        "R" | "X" => theme::TERRACOTTA,
        "G" | "Y" => theme::MALACHITE,
        "B" => theme::SMALT,
        _ => theme::TEXT,
    };
    for (name, value) in pixel::lines(&first.picture, desk.layer, x, y) {
        line(ui, &name, &value, colour(&name));
    }
    if let Some(second) = desk.second.as_ref().filter(|it| x < it.picture.width && y < it.picture.height) {
        // Rounded: three exact halves are wider than the panel, and flipping to B shows them.
        let light = second.picture.light(desk.partner(), x, y);
        let count = second.picture.layers[desk.partner()].channels.len().min(3);
        let values: Vec<String> = light[..count].iter().map(|value| format!("{value:.3}")).collect();
        line(ui, say("inspect.in_b"), &values.join(" "), theme::MUTED);
    }
    if let Some(light) = desk.light(x, y) {
        line(ui, say("inspect.screen"), &pixel::display(desk.screen(light)), theme::MUTED);
        if first.picture.layers[desk.layer].is_light {
            line(
                ui,
                say("inspect.light"),
                &pixel::stops(light).unwrap_or(say("inspect.light.none").into()),
                theme::MUTED,
            );
        }
    }
    if let Some(samples) = pixel::samples(&first.picture, x, y) {
        line(ui, say("inspect.samples"), &samples.to_string(), theme::MUTED);
    }
    if let Some((at, tile)) = desk.growth.as_ref().and_then(|growth| growth.tile_at(x, y)) {
        let (at, times) = (at.to_string(), tile.updates.to_string());
        let words = match tile.updates {
            0 => at,
            1 => fill("inspect.tile.once", &[("tile", &at)]),
            _ => fill("inspect.tile.times", &[("tile", &at), ("times", &times)]),
        };
        line(ui, say("inspect.tile"), &words, theme::MUTED);
        if desk.growth.as_ref().is_some_and(Growth::is_cut) {
            let work = tile.seconds.map(|seconds| format!(" · {seconds:.2} s")).unwrap_or_default();
            line(ui, say("inspect.state"), &format!("{}{work}", State::of(tile).name()), theme::MUTED);
        }
    }
    ui.add_space((114.0 - (ui.cursor().top() - top)).max(0.0));
}

fn line(ui: &mut Ui, name: &str, value: &str, colour: egui::Color32) {
    let size = vec2(ui.available_width(), 17.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.label(RichText::new(name).color(theme::MUTED));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(value).font(theme::numbers(12.5)).color(colour));
        });
    });
}

fn histogram_plot(histogram: &Histogram, desk: &Desk, ui: &mut Ui) {
    let size = vec2(ui.available_width(), 92.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, say("inspect.histogram")));
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 6.0, theme::GROUND);
    let inner = rect.shrink2(vec2(6.0, 6.0));
    let at = |stops: f32| inner.left() + (stops + STOPS) / (2.0 * STOPS) * inner.width();
    for stops in [-4.0, 0.0, 4.0] {
        painter.vline(at(stops), inner.y_range(), egui::Stroke::new(1.0, theme::LINE));
    }
    let colours = [theme::TERRACOTTA, theme::MALACHITE, theme::SMALT, theme::TEXT];
    let width = inner.width() / BINS as f32;
    for (colour, tint) in colours.into_iter().enumerate().take(4) {
        let heights = histogram.heights(colour);
        let points = heights.iter().enumerate().map(|(bin, height)| {
            let x = inner.left() + (bin as f32 + 0.5) * width;
            egui::pos2(x, inner.bottom() - height * inner.height())
        });
        let stroke = egui::Stroke::new(1.2, tint.gamma_multiply(if colour == 3 { 0.9 } else { 0.75 }));
        painter.line(points.collect(), stroke);
    }
    // Where white is now: exposure moves the line, not the light.
    let white = at((desk.view.white() / crate::view::MIDDLE_GREY).log2());
    if inner.x_range().contains(white) {
        painter.vline(white, inner.y_range(), egui::Stroke::new(1.0, theme::GOLD));
    }
    let share =
        |count: u32| format!("{:.1} %", 100.0 * f64::from(count) / f64::from(histogram.pixels.max(1)));
    line(ui, say("inspect.above"), &share(histogram.above), theme::GOLD);
    line(ui, say("inspect.black"), &share(histogram.black), theme::MUTED);
}
