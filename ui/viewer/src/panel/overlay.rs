//! Over the picture: what is known of each tile while it grows. Every state has a shape beside its colour, so that nobody has to
//! tell colours apart.

use std::time::{Duration, Instant};

use eframe::egui::{self, Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};
use frame::TileStage;

use crate::desk::{Desk, Overlay};
use crate::live::{Growth, Tile};
use crate::words::{fill, say};
use crate::{pixel, theme};

/// How long a tile that has just come is lit.
const GLOW: Duration = Duration::from_millis(900);
/// Width of a tile, points, from which its mark, and its mark and word, fit into it.
const MARK_FROM: f32 = 22.0;
const WORD_FROM: f32 = 84.0;
/// The most and least that a tint covers of the picture.
const TINT: std::ops::RangeInclusive<f32> = 0.05..=0.45;

/// What a tile is shown to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As far as this.
    At(TileStage),
    /// All its samples came with receipts that were checked.
    Verified,
}

impl State {
    const ALL: [Self; 6] = [
        Self::At(TileStage::Queued),
        Self::At(TileStage::InFlight),
        Self::At(TileStage::Noisy),
        Self::At(TileStage::Denoised),
        Self::At(TileStage::Done),
        Self::Verified,
    ];

    /// Of a tile.
    pub fn of(tile: &Tile) -> Self {
        if tile.is_checked { Self::Verified } else { Self::At(tile.stage) }
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::At(TileStage::Queued) => say("state.queued"),
            Self::At(TileStage::InFlight) => say("state.in_flight"),
            Self::At(TileStage::Noisy) => say("state.noisy"),
            Self::At(TileStage::Denoised) => say("state.denoised"),
            Self::At(TileStage::Done) => say("state.done"),
            Self::Verified => say("state.verified"),
        }
    }

    fn colour(self) -> Color32 {
        match self {
            Self::At(TileStage::Queued) => theme::MUTED,
            Self::At(TileStage::InFlight | TileStage::Noisy | TileStage::Denoised) => theme::GOLD,
            Self::At(TileStage::Done) => theme::TEXT,
            Self::Verified => theme::MALACHITE,
        }
    }

    /// Its mark in a square, twice: a dark one below keeps it visible over anything.
    fn mark(self, square: Rect) -> Vec<Shape> {
        let dark = self.shape(square.translate(vec2(1.0, 1.0)), Color32::from_black_alpha(200));
        [dark, self.shape(square, self.colour())].concat()
    }

    fn shape(self, square: Rect, colour: Color32) -> Vec<Shape> {
        let (middle, stroke) = (square.center(), Stroke::new(1.6, colour));
        let at = |x: f32, y: f32| square.min + vec2(x, y) * square.width();
        match self {
            Self::At(TileStage::Queued) => {
                vec![Shape::rect_stroke(square.shrink(1.0), 1.0, stroke, StrokeKind::Inside)]
            }
            Self::At(TileStage::InFlight) => {
                let corners = vec![at(0.15, 0.0), at(0.95, 0.5), at(0.15, 1.0)];
                vec![Shape::convex_polygon(corners, colour, Stroke::NONE)]
            }
            Self::At(TileStage::Noisy) => [(0.2, 0.75), (0.8, 0.75), (0.5, 0.2)]
                .map(|(x, y)| Shape::circle_filled(at(x, y), square.width() * 0.17, colour))
                .into(),
            Self::At(TileStage::Denoised) => {
                vec![Shape::circle_filled(middle, square.width() * 0.45, colour)]
            }
            Self::At(TileStage::Done) => vec![Shape::rect_filled(square.shrink(1.0), 1.0, colour)],
            Self::Verified => {
                let line = vec![at(0.0, 0.55), at(0.38, 0.92), at(1.0, 0.1)];
                vec![Shape::line(line, Stroke::new(2.2, colour))]
            }
        }
    }
}

/// All of it, and in words below what it means; `place` says where on the screen a place of the picture is.
pub fn show(desk: &Desk, ui: &Ui, rect: Rect, place: impl Fn([f32; 2]) -> Pos2) {
    let Some(growth) = &desk.growth else { return };
    let painter = ui.painter_at(rect);
    let (now, range) = (Instant::now(), range(desk, growth));
    for tile in &growth.tiles {
        let part = tile.rect;
        let outline = Rect::from_two_pos(
            place([part.x as f32, part.y as f32]),
            place([(part.x + part.width) as f32, (part.y + part.height) as f32]),
        );
        if !outline.intersects(rect) {
            continue;
        }
        match desk.overlay {
            Overlay::Nothing => {}
            Overlay::Growing => arriving(growth, tile, now, &painter, outline, ui.ctx()),
            Overlay::Stages => state(State::of(tile), &painter, outline),
            Overlay::Samples | Overlay::Seconds => tinted(desk, tile, range, &painter, outline),
        }
    }
    written(&legend(desk, growth, range), ui, rect);
}

/// Outlines of tiles that have just come, and faint ones of those that have not: the mosaic before its picture.
fn arriving(
    growth: &Growth,
    tile: &Tile,
    now: Instant,
    painter: &Painter,
    outline: Rect,
    context: &egui::Context,
) {
    if !growth.is_open {
        return;
    }
    let Some(at) = tile.at else {
        let colour = match tile.stage {
            TileStage::Queued => Color32::from_gray(0x2A),
            _ => theme::GOLD.gamma_multiply(0.35),
        };
        let inside = outline.shrink((outline.width() * 0.02).min(2.0));
        painter.rect_stroke(inside, 4.0, Stroke::new(1.0, colour), StrokeKind::Inside);
        return;
    };
    let age = now.saturating_duration_since(at);
    let glow = 1.0 - (age.as_secs_f32() / GLOW.as_secs_f32()).min(1.0);
    if glow > 0.0 {
        let stroke = Stroke::new(1.0 + glow, theme::GOLD.gamma_multiply(0.35 + 0.65 * glow));
        painter.rect_stroke(outline.shrink(1.0), 3.0, stroke, StrokeKind::Inside);
        context.request_repaint_after(Duration::from_millis(50));
    }
}

fn state(state: State, painter: &Painter, outline: Rect) {
    let waits = state == State::At(TileStage::Queued);
    let colour = state.colour().gamma_multiply(if waits { 0.2 } else { 0.55 });
    painter.rect_stroke(outline, 0.0, Stroke::new(1.0, colour), StrokeKind::Inside);
    if outline.width().min(outline.height()) < MARK_FROM {
        return;
    }
    let square = Rect::from_min_size(outline.min + vec2(5.0, 5.0), vec2(10.0, 10.0));
    painter.extend(state.mark(square));
    // Most tiles wait at first, and the legend says what their mark means.
    if outline.width() >= WORD_FROM && !waits {
        let at = square.right_center() + vec2(5.0, 0.0);
        shadowed(painter, at, Align2::LEFT_CENTER, state.name(), 11.0, theme::TEXT);
    }
}

/// A tile with its number, the more tinted the larger that is.
fn tinted(desk: &Desk, tile: &Tile, range: Option<(f32, f32)>, painter: &Painter, outline: Rect) {
    let Some((value, (least, most))) = value(desk, tile).zip(range) else { return };
    // Where all are equal there is nothing to tell apart, and the picture is seen best.
    let share = if most > least { (value - least) / (most - least) } else { 0.0 };
    let tint = TINT.start() + (TINT.end() - TINT.start()) * share;
    painter.rect_filled(outline, 0.0, theme::GOLD.gamma_multiply(tint));
    painter.rect_stroke(outline, 0.0, Stroke::new(1.0, theme::GOLD.gamma_multiply(0.5)), StrokeKind::Inside);
    if outline.width() > 40.0 && outline.height() > 18.0 {
        let at = outline.left_top() + vec2(5.0, 4.0);
        shadowed(painter, at, Align2::LEFT_TOP, &number(desk.overlay, value), 11.0, theme::TEXT);
    }
}

/// The number that the overlay shows of a tile.
fn value(desk: &Desk, tile: &Tile) -> Option<f32> {
    match desk.overlay {
        Overlay::Samples => {
            let picture = &desk.first.as_ref()?.picture;
            let samples = pixel::samples(picture, tile.rect.x, tile.rect.y)?;
            (tile.updates > 0).then_some(samples as f32)
        }
        Overlay::Seconds => tile.seconds,
        Overlay::Growing | Overlay::Stages | Overlay::Nothing => None,
    }
}

fn range(desk: &Desk, growth: &Growth) -> Option<(f32, f32)> {
    growth.tiles.iter().filter_map(|tile| value(desk, tile)).fold(None, |range, value| {
        let (least, most) = range.unwrap_or((value, value));
        Some((value.min(least), value.max(most)))
    })
}

fn number(overlay: Overlay, value: f32) -> String {
    match overlay {
        Overlay::Samples => format!("{value} spp"),
        _ if value < 10.0 => format!("{value:.2} s"),
        _ => format!("{value:.0} s"),
    }
}

/// What the overlay says of all tiles: words, and the mark that they explain.
fn legend(desk: &Desk, growth: &Growth, range: Option<(f32, f32)>) -> Vec<(Option<State>, String)> {
    let between = |(least, most): (f32, f32)| match least == most {
        true => number(desk.overlay, least),
        false => {
            let (least, most) = (number(desk.overlay, least), number(desk.overlay, most));
            fill("overlay.range", &[("least", &least), ("most", &most)])
        }
    };
    let words = match desk.overlay {
        Overlay::Growing | Overlay::Nothing => return Vec::new(),
        Overlay::Stages if growth.is_cut() => {
            let count = |state: &State| growth.tiles.iter().filter(|tile| State::of(tile) == *state).count();
            let all = State::ALL.iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0);
            return all.map(|(state, count)| (Some(*state), format!("{count} {}", state.name()))).collect();
        }
        Overlay::Stages => say("overlay.silent").into(),
        Overlay::Samples => range.map_or(say("overlay.samples.none").into(), between),
        Overlay::Seconds => range.map_or(say("overlay.seconds.none").into(), |range| {
            let all: f32 = growth.tiles.iter().filter_map(|tile| tile.seconds).sum();
            let all = number(Overlay::Seconds, all);
            fill("overlay.seconds.all", &[("range", &between(range)), ("all", &all)])
        }),
    };
    vec![(None, words)]
}

/// The legend, over the lower left corner of the picture.
fn written(legend: &[(Option<State>, String)], ui: &Ui, rect: Rect) {
    if legend.is_empty() {
        return;
    }
    let painter = ui.painter_at(rect);
    let font = egui::FontId::proportional(12.5);
    let layout = |words: &String| painter.layout_no_wrap(words.clone(), font.clone(), theme::TEXT);
    let parts: Vec<_> = legend.iter().map(|(mark, words)| (*mark, layout(words))).collect();
    let mark_width = |mark: &Option<State>| if mark.is_some() { 16.0 } else { 0.0 };
    let width: f32 = parts.iter().map(|(mark, galley)| mark_width(mark) + galley.size().x + 14.0).sum();
    let height = parts.iter().fold(0.0f32, |most, (_, galley)| most.max(galley.size().y)) + 10.0;
    let corner = pos2(rect.left() + 12.0, rect.bottom() - 12.0 - height);
    let place = Rect::from_min_size(corner, vec2(width + 2.0, height));
    let response = ui.interact(place, egui::Id::unique("legend"), egui::Sense::hover());
    let words: Vec<&str> = legend.iter().map(|(_, words)| words.as_str()).collect();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words.join(", ")));
    painter.rect_filled(place, 6.0, Color32::from_black_alpha(170));
    let mut x = place.left() + 8.0;
    for (mark, galley) in parts {
        if let Some(state) = mark {
            painter
                .extend(state.mark(Rect::from_min_size(pos2(x, place.center().y - 5.0), vec2(10.0, 10.0))));
        }
        x += mark_width(&mark);
        let next = x + galley.size().x + 14.0;
        painter.galley(pos2(x, place.top() + 5.0), galley, theme::TEXT);
        x = next;
    }
}

/// Words that can be read over anything.
pub fn shadowed(painter: &Painter, at: Pos2, align: Align2, text: &str, size: f32, colour: Color32) {
    let font = theme::numbers(size);
    painter.text(at + vec2(1.0, 1.0), align, text, font.clone(), Color32::from_black_alpha(200));
    painter.text(at, align, text, font, colour);
}
