//! What earlier renders left: work to go on with, and names that are taken.

use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{CARDS_MAX, Card, Order, Outcome, Renders, seconds};
use crate::local;
use crate::output::OutputName;

/// What there is under a picture's name before a render writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing.
    Free,
    /// A picture, finished or growing.
    Written,
    /// A render that is not finished writes it, or will when it goes on.
    Promised,
}

impl Renders {
    /// The list is lost, the work is not: what can be gone on with is remembered again, by what it says of itself.
    pub(super) fn adopt(&self) {
        let folders = std::fs::read_dir(&self.work).into_iter().flatten().flatten();
        let found = folders.filter_map(|folder| {
            let output = local::kept_output(&folder.path())?.display().to_string();
            // Where the scene was is not known any more; the picture's name tells people which it is.
            let order = Order { scene: output.clone(), output, ..Order::default() };
            let began =
                folder.metadata().and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            let card = Card::begin(folder.file_name().into_string().ok()?, order, seconds(began));
            Some(Card { outcome: Outcome::CutOff, is_kept: true, ..card })
        });
        let mut found: Vec<Card> = found.take(CARDS_MAX).collect();
        found.sort_by(|one, other| other.began_s.total_cmp(&one.began_s));
        self.cards.touch(|cards| cards.append(&mut found));
    }

    /// Removes the work of renders that nobody remembers.
    pub(super) fn clear_away(&self) {
        let known: Vec<String> = self.cards.read(|cards| cards.iter().map(|card| card.id.clone()).collect());
        for folder in std::fs::read_dir(&self.work).into_iter().flatten().flatten() {
            if !known.iter().any(|id| folder.file_name() == id.as_str()) {
                // Sealed, and tried again at the next start.
                let _ = std::fs::remove_dir_all(folder.path());
            }
        }
    }

    /// What would be lost or mixed up if a render wrote pictures of this name now.
    pub fn standing(&self, output: &Path) -> Standing {
        if self.writer_of(output).is_some() {
            Standing::Promised
        } else if OutputName::parse(output, 1).is_ok_and(|name| name.is_taken()) {
            Standing::Written
        } else {
            Standing::Free
        }
    }

    /// The unfinished render that writes, or may still write, pictures of this name.
    pub(super) fn writer_of(&self, output: &Path) -> Option<Card> {
        let is_writer = |card: &&Card| {
            let may_go_on = card.outcome == Outcome::Running || card.is_kept || !card.job.is_empty();
            let is_open = card.outcome != Outcome::Done && !card.is_watched();
            is_open && may_go_on && Path::new(&card.order.output) == output
        };
        self.cards.read(|cards| cards.iter().find(is_writer).cloned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Bell;
    use super::*;

    #[test]
    fn a_picture_that_an_unfinished_render_writes_is_promised_and_one_that_runs_keeps_it() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let output = place.path().join("vase.exr");
        let scene = place.path().join("vase.glb").display().to_string();
        let order = Order { scene, output: output.display().to_string(), ..Order::default() };
        let desk = place.path().join("desk");
        crate::places::create_private(&desk).expect("it can be made");
        let renders = Renders::open(
            desk.join("renders.json"),
            desk.join("renders"),
            Arc::new(Bell::new()),
            Arc::default(),
        );
        assert_eq!(renders.standing(&output), Standing::Free);
        let stopped =
            Card { outcome: Outcome::Stopped, is_kept: true, ..Card::begin("r7".into(), order.clone(), 1.0) };
        renders.remember(stopped).expect("it can be written");
        assert_eq!(renders.standing(&output), Standing::Promised);
        let turn = |outcome| renders.cards.touch(|cards| cards[0].outcome = outcome);
        turn(Outcome::Running);
        let refused = renders.start(order).expect_err("two renders cannot write one picture");
        assert!(refused.what.contains("another render"), "{refused}");
        assert_eq!(renders.cards().len(), 1, "and no card pretends");
        turn(Outcome::Done);
        assert_eq!(renders.standing(&output), Standing::Free, "nobody promises it any more");
        std::fs::write(output.with_extension("partial.exr"), "").expect("it can be written");
        assert_eq!(renders.standing(&output), Standing::Written);
    }

    #[test]
    fn work_that_nobody_remembers_goes_when_the_list_was_read() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let work = place.path().join("renders");
        for id in ["r7", "r8"] {
            std::fs::create_dir_all(work.join(id)).expect("it can be made");
        }
        let list = place.path().join("renders.json");
        let known = Card { outcome: Outcome::Stopped, ..Card::begin("r7".into(), Order::default(), 1.0) };
        std::fs::write(&list, serde_json::to_string(&[known]).expect("plain data")).expect("written");
        Renders::open(list, work.clone(), Arc::new(Bell::new()), Arc::default());
        assert!(work.join("r7").exists() && !work.join("r8").exists());
    }
}
