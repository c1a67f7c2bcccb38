//! In the middle: the picture, what is drawn over it, and what the mouse does to it.

use eframe::egui::{self, Align2, Color32, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use shaders::view::{CONFIGURED, View as ShaderView};

use crate::camera::Camera;
use crate::canvas::Canvas;
use crate::command::Command;
use crate::compare::{Mode, Wipe};
use crate::desk::Desk;
use crate::drops;
use crate::panel::overlay::{self, shadowed};
use crate::theme;
use crate::trouble::Trouble;
use crate::words::{fill, say};

/// Screen pixels per picture pixel from which numbers fit into pixels.
const NUMBERS_FROM: f32 = 56.0;

/// Where the line between two pictures is turned: so far from where it turns, and taken from so far, points.
const HANDLE_AWAY: f32 = 90.0;
const HANDLE_REACH: f32 = 14.0;

/// The picture, filling what is left of the window.
pub fn show(desk: &mut Desk, canvas: &mut Canvas, ui: &mut Ui) {
    let rect = ui.available_rect_before_wrap();
    ui.advance_cursor_after_rect(rect);
    let response = ui.interact(rect, id(), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, described(desk)));
    ui.painter().rect_filled(rect, 0.0, theme::SURROUND);
    let scale = ui.ctx().pixels_per_point();
    desk.window = [rect.width() * scale, rect.height() * scale];
    if desk.first.is_none() {
        empty(desk, ui, rect);
        return;
    }
    look(desk, &response, rect, scale, ui);
    let refused = desk.way().map(|made| canvas.configure(made.stamp, &made.way)).and_then(Result::err);
    if let Some(why) = refused {
        tracing::warn!(%why, "the graphics driver does not take a view");
        let (what, advice) = (say("trouble.ocio.driver").into(), say("trouble.ocio.driver.advice").into());
        desk.fail_scheme(Trouble { what, advice });
    }
    let view = shader_view(desk);
    if !canvas.draw(ui.painter(), rect, desk.sources(), view) {
        ui.ctx().request_repaint();
    }
    let painter = ui.painter_at(rect);
    if let Some(camera) = desk.camera {
        overlay::show(desk, ui, rect, |place| on_screen(camera, desk.window, rect, scale, place));
    }
    wipe(desk, &painter, rect, scale);
    numbers(desk, &painter, rect, scale);
    focus(&response, ui, rect);
    trouble(desk, ui, rect);
}

/// Who has the keyboard's focus while arrows move the picture.
pub fn id() -> egui::Id {
    egui::Id::unique("picture")
}

/// The focus is seen; arrows stay with the picture, and the tab key leaves it.
fn focus(response: &egui::Response, ui: &Ui, rect: Rect) {
    if !response.has_focus() {
        return;
    }
    let arrows = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, theme::SMALT), StrokeKind::Inside);
}

fn described(desk: &Desk) -> String {
    let Some(first) = &desk.first else { return say("stage.none").into() };
    let layer = &first.picture.layers[desk.layer].name;
    let (width, height) = (first.picture.width.to_string(), first.picture.height.to_string());
    let values = [
        ("name", first.picture.name.as_str()),
        ("layer", layer.as_str()),
        ("width", width.as_str()),
        ("height", height.as_str()),
    ];
    fill("stage.picture", &values)
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
    let wipe = if let Mode::Wipe(wipe) = desk.mode { Some(wipe) } else { None };
    let on_screen = |place| on_screen(camera, window, rect, scale, place);
    if response.drag_started() {
        let from = ui.input(|input| input.pointer.press_origin());
        let handle = wipe.map(|wipe| handles(wipe, size, on_screen)[1]);
        desk.is_turning =
            from.zip(handle).is_some_and(|(from, handle)| from.distance(handle) <= HANDLE_REACH);
    }
    let moves = ui.input(|input| input.modifiers.alt) || response.dragged_by(egui::PointerButton::Secondary);
    let pulled = response.interact_pointer_pos().filter(|_| response.dragged() && (moves || desk.is_turning));
    if let Some((wipe, at)) = wipe.zip(pulled) {
        if desk.is_turning {
            let away = at - handles(wipe, size, on_screen)[0];
            let turn = (-away.x).atan2(away.y).to_degrees();
            desk.mode = Mode::Wipe(Wipe { turn: 0.0, ..wipe }.turned(turn.round()));
        } else {
            let at = camera.picture_from_window(place(at), window);
            let at = [0, 1].map(|axis| (at[axis] / size[axis]).clamp(0.0, 1.0));
            desk.mode = Mode::Wipe(Wipe { at, ..wipe });
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
    let (across, wipe) = match desk.seen() {
        Mode::Wipe(wipe) => wipe.line([first.picture.width as f32, first.picture.height as f32]),
        _ => ([1.0, 0.0], 0.0),
    };
    ShaderView {
        origin: camera.picture_from_window([0.0, 0.0], desk.window),
        viewport: desk.window,
        step: camera.step(),
        gain: view.gain(),
        offset: view.offset,
        inverse_gamma: 1.0 / view.gamma,
        wipe,
        across,
        transform: if desk.way().is_some() { CONFIGURED } else { view.transform as u32 },
        channel: view.channel as u32,
        mode: desk.seen().number(),
        // The mean of two objects' numbers is no object: only light is averaged, here as in texels.
        taps: if layer.is_light { camera.taps() } else { 1 },
        has_holes: u32::from(layer.has_alpha()),
        ground: theme::surround(),
        encodes: 0,
    }
}

fn on_screen(camera: Camera, window: [f32; 2], rect: Rect, scale: f32, place: [f32; 2]) -> egui::Pos2 {
    let [x, y] = camera.window_from_picture(place, window);
    pos2(rect.left() + x / scale, rect.top() + y / scale)
}

/// Where the line between two pictures turns, and where it is taken to turn it.
fn handles(wipe: Wipe, size: [f32; 2], on_screen: impl Fn([f32; 2]) -> egui::Pos2) -> [egui::Pos2; 2] {
    let (across, offset) = wipe.line(size);
    let at = [wipe.at[0] * size[0], wipe.at[1] * size[1]];
    // An upright line lies between two columns, a little beside what it was drawn to.
    let beside = offset - (at[0] * across[0] + at[1] * across[1]);
    let middle = on_screen([0, 1].map(|axis| at[axis] + beside * across[axis]));
    [middle, middle + vec2(-across[1], across[0]) * HANDLE_AWAY]
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
    match desk.seen() {
        Mode::First => label(left, Align2::LEFT_TOP, &a),
        Mode::Second => label(left, Align2::LEFT_TOP, &b),
        Mode::Difference => label(left, Align2::LEFT_TOP, say("stage.difference")),
        Mode::Wipe(wipe) => {
            let size = [first.picture.width as f32, first.picture.height as f32];
            let [middle, handle] =
                handles(wipe, size, |place| on_screen(camera, desk.window, rect, scale, place));
            let along = (handle - middle).normalized();
            // Each name is on its picture's side.
            let below = (rect.left_bottom() + vec2(12.0, -12.0), Align2::LEFT_BOTTOM);
            let (left, right) = ((left, Align2::LEFT_TOP), (right, Align2::RIGHT_TOP));
            let [place_a, place_b] = match (along.y.abs() >= along.x.abs(), along.y > 0.0, along.x < 0.0) {
                (true, true, _) => [left, right],
                (true, false, _) => [right, left],
                (false, _, true) => [left, below],
                (false, _, false) => [below, left],
            };
            label(place_a.0, place_a.1, &a);
            label(place_b.0, place_b.1, &b);
            let far = along * 2.0 * (rect.size().length() + middle.distance(rect.center()));
            let ends = [middle - far, middle + far];
            painter.line_segment(ends, Stroke::new(3.0, Color32::from_black_alpha(120)));
            painter.line_segment(ends, Stroke::new(1.0, theme::TEXT));
            for (at, radius) in [(middle, 6.0), (handle, 4.5)] {
                painter.circle(at, radius, theme::PANEL, Stroke::new(1.5, theme::TEXT));
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
            let middle = on_screen(camera, desk.window, rect, scale, [x as f32 + 0.5, y as f32 + 0.5]);
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
fn trouble(desk: &mut Desk, ui: &mut Ui, rect: Rect) {
    let Some(trouble) = &desk.trouble else { return };
    let mut is_read = false;
    let width = (rect.width() - 32.0).min(560.0);
    let place =
        Rect::from_min_size(pos2(rect.center().x - width / 2.0, rect.bottom() - 156.0), vec2(width, 140.0));
    ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
        let frame = egui::Frame::new().fill(theme::PANEL).stroke(Stroke::new(1.0, theme::TERRACOTTA));
        frame.inner_margin(12).corner_radius(8).show(ui, |ui| {
            ui.label(RichText::new(&trouble.what).color(theme::TERRACOTTA));
            ui.label(RichText::new(&trouble.advice).color(theme::TEXT));
            is_read = ui.button(say("stage.close")).clicked();
        });
    });
    if is_read {
        desk.trouble = None;
    }
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
        Some(trouble) => (trouble.what.clone(), trouble.advice.clone()),
        None => {
            let keys = desk.preset.keys_of(Command::LastPictures);
            let (title, start) = match drops::are_heard() {
                true => ("stage.drop", "stage.start"),
                false => ("stage.empty", "stage.start.only"),
            };
            (say(title).to_owned(), fill(start, &[("keys", &keys)]))
        }
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
