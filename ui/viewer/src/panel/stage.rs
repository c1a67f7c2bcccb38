//! In the middle: the picture, what is drawn over it, and what the mouse does to it.

use std::time::{Duration, Instant};

use eframe::egui::{self, Align2, Color32, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use shaders::view::View as ShaderView;

use crate::camera::Camera;
use crate::canvas::Canvas;
use crate::compare::Mode;
use crate::desk::{Desk, Overlay};
use crate::{pixel, theme};

/// Screen pixels per picture pixel from which numbers fit into pixels.
const NUMBERS_FROM: f32 = 56.0;
/// How long a tile that has just come is lit.
const GLOW: Duration = Duration::from_millis(900);

/// The picture, filling what is left of the window.
pub fn show(desk: &mut Desk, canvas: &mut Canvas, ui: &mut Ui) {
    let rect = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(rect, Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, described(desk)));
    ui.painter().rect_filled(rect, 0.0, theme::SURROUND);
    let scale = ui.ctx().pixels_per_point();
    desk.window = [rect.width() * scale, rect.height() * scale];
    if desk.first.is_none() {
        empty(desk, ui, rect);
        return;
    }
    look(desk, &response, rect, scale, ui);
    let view = shader_view(desk);
    if !canvas.draw(ui.painter(), rect, desk.shown(), view) {
        ui.ctx().request_repaint();
    }
    let painter = ui.painter_at(rect);
    tiles(desk, &painter, rect, scale, ui.ctx());
    wipe(desk, &painter, rect, scale);
    numbers(desk, &painter, rect, scale);
    trouble(desk, ui, rect);
}

fn described(desk: &Desk) -> String {
    let Some(first) = &desk.first else { return "Picture: none".into() };
    let layer = &first.picture.layers[desk.layer].name;
    format!(
        "Picture {}, layer {layer}, {} by {}",
        first.picture.name, first.picture.width, first.picture.height
    )
}

/// Panning, zooming, moving the wipe.
fn look(desk: &mut Desk, response: &egui::Response, rect: Rect, scale: f32, ui: &Ui) {
    let Some(size) =
        desk.first.as_ref().map(|first| [first.picture.width as f32, first.picture.height as f32])
    else {
        return;
    };
    let window = desk.window;
    let fit = Camera::fit(size, window);
    let mut camera = desk.camera.filter(|camera| !camera.is_fit).unwrap_or(fit);
    let place = |at: egui::Pos2| [(at.x - rect.left()) * scale, (at.y - rect.top()) * scale];
    desk.pointer = response.hover_pos().map(place);
    let is_wiping = matches!(desk.mode, Mode::Wipe(_))
        && (ui.input(|input| input.modifiers.alt) || response.dragged_by(egui::PointerButton::Secondary));
    if response.dragged() && is_wiping {
        if let Some(at) = response.interact_pointer_pos() {
            let share = camera.picture_from_window(place(at), window)[0] / size[0];
            desk.mode = Mode::Wipe(share.clamp(0.0, 1.0));
        }
    } else if response.dragged() {
        let by = response.drag_delta() * scale;
        camera.pan([by.x, by.y]);
    }
    if let Some(at) = desk.pointer {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = (scroll / 240.0).exp2() * pinch;
        if factor != 1.0 {
            camera.zoom_at(factor, at, window);
        }
    }
    if response.double_clicked() {
        camera = fit;
    }
    desk.camera = Some(camera);
}

fn shader_view(desk: &Desk) -> ShaderView {
    let Some((camera, first)) = desk.camera.zip(desk.first.as_ref()) else { return ShaderView::default() };
    let layer = &first.picture.layers[desk.layer];
    let view = desk.effective_view();
    let line = match desk.mode {
        Mode::Wipe(share) => (share * first.picture.width as f32).floor(),
        _ => 0.0,
    };
    ShaderView {
        origin: camera.picture_from_window([0.0, 0.0], desk.window),
        viewport: desk.window,
        step: 1.0 / camera.zoom,
        gain: view.gain(),
        offset: view.offset,
        inverse_gamma: 1.0 / view.gamma,
        wipe: line,
        transform: view.transform as u32,
        channel: view.channel as u32,
        mode: desk.mode.number(),
        // The mean of two objects' numbers is no object: only light is averaged.
        taps: if layer.is_light { camera.taps() } else { 1 },
        has_holes: u32::from(layer.has_alpha()),
        ground: theme::surround(),
        encodes: 0,
    }
}

fn on_screen(camera: Camera, desk: &Desk, rect: Rect, scale: f32, place: [f32; 2]) -> egui::Pos2 {
    let [x, y] = camera.window_from_picture(place, desk.window);
    pos2(rect.left() + x / scale, rect.top() + y / scale)
}

/// Outlines of tiles: gold while they come, green when nothing more comes.
fn tiles(desk: &Desk, painter: &egui::Painter, rect: Rect, scale: f32, context: &egui::Context) {
    let Some((camera, growth)) = desk.camera.zip(desk.growth.as_ref()) else { return };
    let is_seen = match desk.overlay {
        Overlay::Nothing => false,
        Overlay::Growing => growth.is_open,
        Overlay::Tiles => true,
    };
    if !is_seen {
        return;
    }
    let now = Instant::now();
    for tile in &growth.tiles {
        let part = tile.rect;
        let corner = |x: u32, y: u32| on_screen(camera, desk, rect, scale, [x as f32, y as f32]);
        let outline =
            Rect::from_two_pos(corner(part.x, part.y), corner(part.x + part.width, part.y + part.height));
        if !outline.intersects(rect) {
            continue;
        }
        let age = now.saturating_duration_since(tile.at);
        let glow = 1.0 - (age.as_secs_f32() / GLOW.as_secs_f32()).min(1.0);
        if glow > 0.0 && growth.is_open {
            let stroke = Stroke::new(1.0 + glow, theme::GOLD.gamma_multiply(0.35 + 0.65 * glow));
            painter.rect_stroke(outline.shrink(1.0), 3.0, stroke, StrokeKind::Inside);
            context.request_repaint_after(Duration::from_millis(50));
        } else if desk.overlay == Overlay::Tiles {
            let colour = if growth.is_open { theme::MUTED } else { theme::MALACHITE };
            painter.rect_stroke(
                outline,
                0.0,
                Stroke::new(1.0, colour.gamma_multiply(0.6)),
                StrokeKind::Inside,
            );
        }
        if desk.overlay == Overlay::Tiles && outline.width() > 60.0 {
            let samples =
                desk.first.as_ref().and_then(|first| pixel::samples(&first.picture, part.x, part.y));
            let text =
                samples.map_or_else(|| format!("×{}", tile.updates), |samples| format!("{samples} spp"));
            let at = outline.left_top() + vec2(5.0, 4.0);
            shadowed(painter, at, Align2::LEFT_TOP, &text, 11.0, theme::TEXT);
        }
    }
}

/// Words that can be read over anything.
fn shadowed(painter: &egui::Painter, at: egui::Pos2, align: Align2, text: &str, size: f32, colour: Color32) {
    let font = theme::numbers(size);
    painter.text(at + vec2(1.0, 1.0), align, text, font.clone(), Color32::from_black_alpha(200));
    painter.text(at, align, text, font, colour);
}

fn wipe(desk: &Desk, painter: &egui::Painter, rect: Rect, scale: f32) {
    let Some(((first, second), camera)) = desk.first.as_ref().zip(desk.second.as_ref()).zip(desk.camera)
    else {
        return;
    };
    let label = |at: egui::Pos2, align: Align2, text: &str| {
        let galley = painter.layout_no_wrap(text.to_owned(), egui::FontId::proportional(12.5), theme::TEXT);
        let place = align.anchor_size(at, galley.size() + vec2(16.0, 8.0));
        painter.rect_filled(place, 6.0, Color32::from_black_alpha(170));
        painter.galley(place.min + vec2(8.0, 4.0), galley, theme::TEXT);
    };
    let (a, b) = (format!("A  {}", first.picture.name), format!("B  {}", second.picture.name));
    let (left, right) = (rect.left_top() + vec2(12.0, 12.0), rect.right_top() + vec2(-12.0, 12.0));
    match desk.mode {
        Mode::First => label(left, Align2::LEFT_TOP, &a),
        Mode::Second => label(left, Align2::LEFT_TOP, &b),
        Mode::Difference => label(left, Align2::LEFT_TOP, "Difference  |A − B|"),
        Mode::Wipe(share) => {
            label(left, Align2::LEFT_TOP, &a);
            label(right, Align2::RIGHT_TOP, &b);
            let column = (share * first.picture.width as f32).floor();
            let x = on_screen(camera, desk, rect, scale, [column, 0.0]).x;
            if rect.x_range().contains(x) {
                painter.vline(x, rect.y_range(), Stroke::new(3.0, Color32::from_black_alpha(120)));
                painter.vline(x, rect.y_range(), Stroke::new(1.0, theme::TEXT));
                painter.circle(pos2(x, rect.center().y), 6.0, theme::PANEL, Stroke::new(1.5, theme::TEXT));
            }
        }
    }
}

/// Numbers inside pixels, once they are large enough.
fn numbers(desk: &Desk, painter: &egui::Painter, rect: Rect, scale: f32) {
    let Some((camera, first)) = desk.camera.zip(desk.first.as_ref()) else { return };
    let side = camera.zoom / scale;
    if side < NUMBERS_FROM {
        return;
    }
    let start = camera.picture_from_window([0.0, 0.0], desk.window).map(|at| at.max(0.0) as u32);
    let end = camera.picture_from_window(desk.window, desk.window);
    let end = [end[0].clamp(0.0, first.picture.width as f32), end[1].clamp(0.0, first.picture.height as f32)];
    for y in start[1]..end[1].ceil() as u32 {
        for x in start[0]..end[0].ceil() as u32 {
            let Some(light) = desk.light(x, y) else { continue };
            let middle = on_screen(camera, desk, rect, scale, [x as f32 + 0.5, y as f32 + 0.5]);
            let colours = [theme::TERRACOTTA, theme::MALACHITE, theme::SMALT];
            let count = if first.picture.layers[desk.layer].channels.len() == 1 { 1 } else { 3 };
            for (row, value) in light.iter().take(count).enumerate() {
                let at = middle + vec2(0.0, (row as f32 - (count as f32 - 1.0) / 2.0) * 14.0);
                let colour = if count == 1 { theme::TEXT } else { colours[row] };
                shadowed(painter, at, Align2::CENTER_CENTER, &format!("{value:.3}"), 11.0, colour);
            }
        }
    }
}

/// What went wrong, over the lower edge of the picture, which stays.
fn trouble(desk: &Desk, ui: &mut Ui, rect: Rect) {
    let Some(trouble) = &desk.trouble else { return };
    let width = (rect.width() - 32.0).min(560.0);
    let place =
        Rect::from_min_size(pos2(rect.center().x - width / 2.0, rect.bottom() - 96.0), vec2(width, 80.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        let frame = egui::Frame::new().fill(theme::PANEL).stroke(Stroke::new(1.0, theme::TERRACOTTA));
        frame.inner_margin(12).corner_radius(8).show(ui, |ui| {
            ui.label(RichText::new(&trouble.what).color(theme::TERRACOTTA));
            ui.label(RichText::new(&trouble.advice).color(theme::TEXT));
        });
    });
}

/// What is seen before there is a picture: a mosaic that waits.
fn empty(desk: &Desk, ui: &mut Ui, rect: Rect) {
    let painter = ui.painter_at(rect);
    let (columns, rows) = (12, 7);
    let side = (rect.width() / (columns as f32 + 4.0)).min(rect.height() / (rows as f32 + 4.0)).floor();
    let corner = rect.center() - vec2(side * columns as f32, side * rows as f32) / 2.0;
    for row in 0..rows {
        for column in 0..columns {
            let at = corner + vec2(column as f32, row as f32) * side;
            let tile = Rect::from_min_size(at, vec2(side, side)).shrink(2.0);
            painter.rect_stroke(tile, 4.0, Stroke::new(1.0, Color32::from_gray(0x2A)), StrokeKind::Inside);
        }
    }
    let (title, what) = match &desk.trouble {
        Some(trouble) => (trouble.what.as_str(), trouble.advice.as_str()),
        None => (
            "Drop an EXR here",
            "or start with  tessera-viewer FILE.exr  ·  open the last ones again: Ctrl+Shift+T",
        ),
    };
    let colour = if desk.trouble.is_some() { theme::TERRACOTTA } else { theme::TEXT };
    let place = Rect::from_center_size(rect.center(), vec2((rect.width() - 40.0).min(640.0), 110.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        let frame = egui::Frame::new().fill(theme::SURROUND).inner_margin(16).corner_radius(10);
        ui.vertical_centered(|ui| {
            frame.show(ui, |ui| {
                ui.label(RichText::new(title).size(19.0).color(colour));
                ui.label(RichText::new(what).color(theme::MUTED));
            });
        });
    });
}
