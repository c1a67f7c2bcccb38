//! Over everything, while files are carried over the window: what becomes of them when they are let go.

use std::path::PathBuf;

use eframe::egui::{self, Align2, Area, Color32, Frame, Id, Margin, Order, RichText, Stroke, StrokeKind};

use crate::theme;
use crate::words::{fill, say};

/// Letters of a name that are shown; the middle of a longer one is left out.
const NAME_LETTERS: usize = 48;

/// Darkens the window and says it, where files are carried.
pub fn show(context: &egui::Context) {
    let files: Vec<Option<PathBuf>> =
        context.input(|input| input.raw.hovered_files.iter().map(|file| file.path.clone()).collect());
    let Some(words) = words(&files) else { return };
    let screen = context.content_rect();
    let layer = egui::LayerId::new(Order::Foreground, Id::unique("carried veil"));
    let painter = context.layer_painter(layer);
    painter.rect_filled(screen, 0.0, Color32::from_black_alpha(190));
    painter.rect_stroke(screen.shrink(3.0), 6.0, Stroke::new(2.0, theme::SMALT), StrokeKind::Inside);
    let area = Area::new(Id::unique("carried")).order(Order::Tooltip).interactable(false);
    area.anchor(Align2::CENTER_CENTER, [0.0, 0.0]).show(context, |ui| {
        let frame =
            Frame::new().fill(theme::PANEL).corner_radius(10.0).inner_margin(Margin::symmetric(20, 14));
        frame.show(ui, |ui| ui.label(RichText::new(words).heading().color(theme::TEXT)));
    });
}

/// Of one file, two that are compared, or more, of which the first two are; nothing of none.
fn words(files: &[Option<PathBuf>]) -> Option<String> {
    let name = |file: &Option<PathBuf>| {
        let name = file.as_ref().and_then(|path| path.file_name());
        name.map_or_else(|| say("carried.unnamed").to_owned(), |name| shortened(&name.to_string_lossy()))
    };
    let words = match files {
        [] => return None,
        [one] => fill("carried.one", &[("name", &name(one))]),
        [a, b] => fill("carried.two", &[("a", &name(a)), ("b", &name(b))]),
        [a, b, rest @ ..] => {
            let count = rest.len().to_string();
            fill("carried.more", &[("a", &name(a)), ("b", &name(b)), ("count", &count)])
        }
    };
    Some(words)
}

fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME_LETTERS {
        return name.to_owned();
    }
    let (start, end) = (&letters[..NAME_LETTERS / 2], &letters[letters.len() - NAME_LETTERS / 2..]);
    start.iter().chain(['…'].iter()).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_two_and_more_files_are_told_by_name_and_none_say_nothing() {
        let files = |names: &[&str]| names.iter().map(|name| Some(PathBuf::from(name))).collect::<Vec<_>>();
        assert_eq!(words(&[]), None);
        let one = words(&files(&["pictures/a.exr"])).expect("there is one");
        assert!(one.contains("a.exr") && !one.contains("pictures"), "{one}");
        let more = words(&files(&["a.exr", "b.exr", "c.exr", "d.exr"])).expect("there are four");
        assert!(more.contains("a.exr") && more.contains("b.exr") && more.contains('2'), "{more}");
        assert!(!more.contains("c.exr"), "{more}");
        assert!(words(&[None]).is_some_and(|words| !words.contains('{')), "a name that is not told");
        let long = "ä".repeat(200);
        assert!(words(&files(&[&long])).expect("there is one").chars().count() < 120);
    }
}
