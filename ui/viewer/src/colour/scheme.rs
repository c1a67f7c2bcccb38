//! The configuration on the desk: its displays and views, which one is looked through, and the way that is there for it.

use serde::{Deserialize, Serialize};

use super::bureau::Answer;
use super::space::Space;
use super::{Choice, Display, Way, ocio};
use crate::trouble::Trouble;

/// What of it is kept over a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What it was asked for by.
    pub source: String,
    /// Its view; none means that a built-in one was chosen.
    pub chosen: Option<Choice>,
}

/// A way and what it is of.
pub struct Made {
    /// From this space.
    pub from: Space,
    /// To this view.
    pub to: Choice,
    /// Another for every way.
    pub stamp: u64,
    /// The way.
    pub way: Way,
}

/// Nothing while there is no configuration.
#[derive(Default)]
pub struct Scheme {
    /// What it was asked for by.
    pub source: Option<String>,
    /// Its displays; none without a configuration.
    pub displays: Vec<Display>,
    /// The view that a person looks through; none while it is a built-in one.
    pub chosen: Option<Choice>,
    /// The one that was chosen and cannot be shown.
    refused: Option<Choice>,
    /// The display of which views are offered first.
    display: String,
    made: Option<Made>,
    stamps: u64,
}

impl Scheme {
    /// How people call it.
    pub fn name(&self) -> String {
        self.source.as_deref().map(ocio::name).unwrap_or_default()
    }

    /// The display of which views are offered first.
    pub fn display(&self) -> Option<&Display> {
        self.displays.iter().find(|display| display.name == self.display).or(self.displays.first())
    }

    /// Every view of every display.
    pub fn choices(&self) -> impl Iterator<Item = Choice> {
        self.displays.iter().flat_map(Display::choices)
    }

    /// Looks through a view of the configuration, or through a built-in one.
    pub fn choose(&mut self, choice: Option<Choice>) {
        if let Some(choice) = &choice {
            self.display.clone_from(&choice.display);
        }
        (self.chosen, self.refused) = (choice, None);
    }

    /// Looks through a built-in view, since what was chosen cannot be shown. It stays the choice for the next start.
    pub fn refuse(&mut self) {
        self.refused = self.chosen.take().or(self.refused.take());
    }

    /// The way that is there for what is chosen; while a view's own is still being made, the one before.
    pub fn way(&self, from: &Space) -> Option<&Made> {
        self.made.as_ref().filter(|made| self.chosen.is_some() && made.from == *from)
    }

    /// The view for which a way has to be made.
    pub fn wanted(&self, from: &Space) -> Option<Choice> {
        let is_made = |choice: &&Choice| self.way(from).is_some_and(|made| made.to == **choice);
        self.chosen.as_ref().filter(|choice| !is_made(choice)).cloned()
    }

    /// Takes what was read and made; says what went wrong. A view that was kept for this configuration comes back.
    pub fn take(&mut self, answer: Answer, kept: Option<&Kept>) -> Option<Trouble> {
        match answer {
            Answer::Closed(trouble) => return Some(trouble),
            Answer::Opened { source, displays, usual } => {
                let kept = kept.filter(|kept| kept.source == source).map(|kept| kept.chosen.clone());
                let is_there = |choice: &Option<Choice>| choice.as_ref().is_none_or(|it| it.is_in(&displays));
                let chosen = kept.filter(is_there).unwrap_or(Some(usual));
                (self.source, self.displays) = (Some(source), displays);
                self.choose(chosen);
            }
            Answer::Made { from, to, way: Ok(way) } => {
                self.stamps += 1;
                self.made = Some(Made { from, to, stamp: self.stamps, way });
            }
            // It is not asked for again and again.
            Answer::Made { to, way: Err(trouble), .. } if self.chosen.as_ref() == Some(&to) => {
                self.refuse();
                return Some(trouble);
            }
            Answer::Made { .. } => {}
        }
        None
    }

    /// What of it is kept.
    pub fn kept(&self) -> Option<Kept> {
        let source = self.source.clone()?;
        Some(Kept { source, chosen: self.chosen.clone().or(self.refused.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn choice(view: &str) -> Choice {
        Choice { display: "screen".into(), view: view.into() }
    }

    fn opened() -> Answer {
        let displays = vec![Display { name: "screen".into(), views: vec!["film".into(), "raw".into()] }];
        Answer::Opened { source: "a.ocio".into(), displays, usual: choice("film") }
    }

    fn made(view: &str) -> Answer {
        let code = Arc::new(|rgb: [f32; 3]| rgb);
        let way = Way { code, wgsl: String::new(), constants: Vec::new(), tables: Vec::new() };
        Answer::Made { from: Space::default(), to: choice(view), way: Ok(way) }
    }

    #[test]
    fn a_configurations_own_view_is_chosen_unless_another_was_kept_for_it() {
        let kept = |source: &str, chosen| Kept { source: source.into(), chosen };
        for (kept, expected) in [
            (None, Some(choice("film"))),
            (Some(kept("a.ocio", Some(choice("raw")))), Some(choice("raw"))),
            (Some(kept("a.ocio", None)), None),
            (Some(kept("a.ocio", Some(choice("gone")))), Some(choice("film"))),
            (Some(kept("b.ocio", Some(choice("raw")))), Some(choice("film"))),
        ] {
            let mut scheme = Scheme::default();
            assert_eq!(scheme.take(opened(), kept.as_ref()), None);
            assert_eq!(scheme.chosen, expected, "{kept:?}");
        }
    }

    #[test]
    fn the_way_before_is_seen_until_the_next_is_made_and_never_for_another_space() {
        let mut scheme = Scheme::default();
        let space = Space::default();
        scheme.take(opened(), None);
        assert!(scheme.way(&space).is_none() && scheme.wanted(&space) == Some(choice("film")));
        scheme.take(made("film"), None);
        assert!(scheme.wanted(&space).is_none());
        scheme.choose(Some(choice("raw")));
        assert_eq!(scheme.wanted(&space), Some(choice("raw")));
        assert_eq!(scheme.way(&space).map(|made| made.to.clone()), Some(choice("film")));
        assert!(scheme.way(&Space { name: "lin_ap1_scene".into() }).is_none());
        scheme.choose(None);
        assert!(scheme.way(&space).is_none() && scheme.wanted(&space).is_none());
    }

    #[test]
    fn a_view_that_cannot_be_made_gives_way_to_a_built_in_one() {
        let mut scheme = Scheme::default();
        scheme.take(opened(), None);
        let trouble = Trouble { what: "A table is missing.".into(), advice: "Find it.".into() };
        let refused =
            |view| Answer::Made { from: Space::default(), to: choice(view), way: Err(trouble.clone()) };
        assert_eq!(scheme.take(refused("raw"), None), None, "nobody looks through that one any more");
        assert_eq!(scheme.take(refused("film"), None), Some(trouble.clone()));
        assert_eq!(scheme.chosen, None);
        let kept = |scheme: &Scheme| scheme.kept().and_then(|kept| kept.chosen);
        assert_eq!(kept(&scheme), Some(choice("film")), "nobody chose another");
        scheme.choose(None);
        assert_eq!(kept(&scheme), None);
    }
}
