//! Which key does what: our own keys, and those of two programs that people's fingers know.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::shown::Side;
use crate::view::{Channel, Transform};

/// Whose keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Preset {
    /// Ours.
    #[default]
    Tessera,
    /// Like tev.
    Tev,
    /// Like RV.
    Rv,
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const COMMAND: Modifiers = Modifiers::COMMAND;
const COMMAND_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// In every preset, because every program has them.
const SHARED: &[(Modifiers, Key, Command)] = &[
    (COMMAND, Key::P, Command::Palette),
    (COMMAND_SHIFT, Key::P, Command::Palette),
    (SHIFT, Key::Questionmark, Command::Keys),
    (NONE, Key::Questionmark, Command::Keys),
    (COMMAND, Key::F, Command::FilterLayers),
    (COMMAND, Key::C, Command::CopyPixel),
    (NONE, Key::F5, Command::Reload),
    (NONE, Key::F6, Command::Wipe),
    (SHIFT, Key::F6, Command::TurnWipe(15.0)),
    (COMMAND_SHIFT, Key::F6, Command::TurnWipe(-15.0)),
    (COMMAND_SHIFT, Key::T, Command::LastPictures),
    (COMMAND, Key::K, Command::NextPreset),
    (NONE, Key::CloseBracket, Command::NextLayer),
    (NONE, Key::OpenBracket, Command::PreviousLayer),
];

/// As in RV and like programs, and ours: tev has other uses for most of them.
const MOVES: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::ArrowLeft, Command::Look(-1, 0)),
    (NONE, Key::ArrowRight, Command::Look(1, 0)),
    (NONE, Key::ArrowUp, Command::Look(0, -1)),
    (NONE, Key::ArrowDown, Command::Look(0, 1)),
    (NONE, Key::Z, Command::Nearer(true)),
    (SHIFT, Key::Z, Command::Nearer(false)),
    (NONE, Key::F, Command::Fit),
    (NONE, Key::Num1, Command::Zoom(1)),
    (NONE, Key::Num2, Command::Zoom(2)),
    (NONE, Key::Num3, Command::Zoom(3)),
    (NONE, Key::Num4, Command::Zoom(4)),
    (NONE, Key::Num5, Command::Zoom(5)),
    (NONE, Key::Num6, Command::Zoom(6)),
    (NONE, Key::Num7, Command::Zoom(7)),
    (NONE, Key::Num8, Command::Zoom(8)),
    (COMMAND, Key::Num2, Command::ZoomOut(2)),
    (COMMAND, Key::Num3, Command::ZoomOut(3)),
    (COMMAND, Key::Num4, Command::ZoomOut(4)),
    (COMMAND, Key::Num5, Command::ZoomOut(5)),
    (COMMAND, Key::Num6, Command::ZoomOut(6)),
    (COMMAND, Key::Num7, Command::ZoomOut(7)),
    (COMMAND, Key::Num8, Command::ZoomOut(8)),
    (NONE, Key::H, Command::Panels),
    (NONE, Key::K, Command::NextPreset),
];

const TESSERA: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::E, Command::Exposure(0.5)),
    (SHIFT, Key::E, Command::Exposure(-0.5)),
    (NONE, Key::Period, Command::Exposure(0.1)),
    (NONE, Key::Comma, Command::Exposure(-0.1)),
    (NONE, Key::Plus, Command::Offset(0.01)),
    (NONE, Key::Minus, Command::Offset(-0.01)),
    (NONE, Key::Num0, Command::ResetView),
    (NONE, Key::R, Command::See(Channel::Red)),
    (NONE, Key::G, Command::See(Channel::Green)),
    (NONE, Key::B, Command::See(Channel::Blue)),
    (NONE, Key::A, Command::See(Channel::Alpha)),
    (NONE, Key::L, Command::See(Channel::Luminance)),
    (NONE, Key::C, Command::See(Channel::Colour)),
    (NONE, Key::T, Command::NextTransform),
    (SHIFT, Key::T, Command::PreviousTransform),
    (NONE, Key::W, Command::Wipe),
    (SHIFT, Key::W, Command::TurnWipe(15.0)),
    (COMMAND_SHIFT, Key::W, Command::TurnWipe(-15.0)),
    (NONE, Key::D, Command::Difference),
    (NONE, Key::X, Command::Flip),
    (NONE, Key::O, Command::NextOverlay),
    (NONE, Key::I, Command::Attributes),
];

/// tev's own list, of which two pictures, A and B, are its first and second. What tev has no key for (overlay, wipe, difference) has one
/// that tev does not use.
const TEV: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::E, Command::Exposure(0.5)),
    (SHIFT, Key::E, Command::Exposure(-0.5)),
    (NONE, Key::O, Command::Offset(0.1)),
    (SHIFT, Key::O, Command::Offset(-0.1)),
    (NONE, Key::G, Command::Gamma(0.1)),
    (SHIFT, Key::G, Command::Gamma(-0.1)),
    (NONE, Key::R, Command::ResetView),
    (COMMAND, Key::R, Command::Reload),
    (SHIFT, Key::ArrowRight, Command::NextTransform),
    (SHIFT, Key::ArrowLeft, Command::PreviousTransform),
    (SHIFT, Key::D, Command::NextTransform),
    (SHIFT, Key::A, Command::PreviousTransform),
    (NONE, Key::ArrowRight, Command::NextLayer),
    (NONE, Key::ArrowLeft, Command::PreviousLayer),
    (NONE, Key::D, Command::NextLayer),
    (NONE, Key::A, Command::PreviousLayer),
    (NONE, Key::ArrowDown, Command::Flip),
    (NONE, Key::ArrowUp, Command::Flip),
    (NONE, Key::S, Command::Flip),
    (NONE, Key::W, Command::Flip),
    (NONE, Key::Num1, Command::Only(Side::First)),
    (NONE, Key::Num2, Command::Only(Side::Second)),
    (NONE, Key::H, Command::Look(-1, 0)),
    (NONE, Key::L, Command::Look(1, 0)),
    (NONE, Key::K, Command::Look(0, -1)),
    (NONE, Key::J, Command::Look(0, 1)),
    (NONE, Key::Plus, Command::Nearer(true)),
    (NONE, Key::Equals, Command::Nearer(true)),
    (NONE, Key::Minus, Command::Nearer(false)),
    (COMMAND, Key::Num0, Command::Zoom(1)),
    (COMMAND, Key::Num9, Command::Fit),
    (NONE, Key::F, Command::Fit),
    (COMMAND, Key::D, Command::Difference),
    (NONE, Key::I, Command::Attributes),
    (NONE, Key::V, Command::NextOverlay),
    (COMMAND, Key::B, Command::Panels),
];

const RV: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::E, Command::Exposure(0.5)),
    (SHIFT, Key::E, Command::Exposure(-0.5)),
    (NONE, Key::Y, Command::Gamma(0.1)),
    (SHIFT, Key::Y, Command::Gamma(-0.1)),
    (NONE, Key::Home, Command::ResetView),
    (NONE, Key::R, Command::See(Channel::Red)),
    (NONE, Key::G, Command::See(Channel::Green)),
    (NONE, Key::B, Command::See(Channel::Blue)),
    (NONE, Key::A, Command::See(Channel::Alpha)),
    (NONE, Key::L, Command::See(Channel::Luminance)),
    (NONE, Key::C, Command::See(Channel::Colour)),
    (NONE, Key::D, Command::Difference),
    (NONE, Key::X, Command::Flip),
    (NONE, Key::F4, Command::Attributes),
    (NONE, Key::T, Command::NextTransform),
    (NONE, Key::N, Command::Through(Transform::Raw)),
    (NONE, Key::O, Command::NextOverlay),
];

/// Characters that are not on the same key of every keyboard: what is typed counts, not where.
const TYPED: &[(&str, Command)] = &[(")", Command::Gamma(0.1)), ("(", Command::Gamma(-0.1))];

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tessera, Self::Tev, Self::Rv];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tessera => "Tessera",
            Self::Tev => "tev",
            Self::Rv => "RV",
        }
    }

    /// The one after it.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }

    /// Keys and what they do, those with more modifiers first: the shorter would take their presses.
    pub fn bindings(self) -> Vec<(KeyboardShortcut, Command)> {
        let own = match self {
            Self::Tessera => TESSERA,
            Self::Tev => TEV,
            Self::Rv => RV,
        };
        let moves = if self == Self::Tev { &[][..] } else { MOVES };
        let all = own.iter().chain(moves).chain(SHARED);
        let mut all: Vec<_> = all
            .map(|(modifiers, key, command)| (KeyboardShortcut::new(*modifiers, *key), *command))
            .collect();
        let count = |modifiers: Modifiers| u8::from(modifiers.command) + u8::from(modifiers.shift);
        all.sort_by_key(|(shortcut, _)| std::cmp::Reverse(count(shortcut.modifiers)));
        all
    }

    /// Characters and what they do.
    pub fn typed(self) -> &'static [(&'static str, Command)] {
        if self == Self::Tessera { TYPED } else { &[] }
    }

    /// The keys of a command as text.
    pub fn keys_of(self, command: Command) -> String {
        let all = self.bindings().into_iter().filter(|(_, bound)| *bound == command);
        let mut texts: Vec<String> = all.map(|(shortcut, _)| text(shortcut)).collect();
        let typed = self.typed().iter().filter(|(_, bound)| *bound == command);
        texts.extend(typed.map(|(character, _)| (*character).to_owned()));
        texts.dedup();
        texts.join("  ")
    }
}

fn text(shortcut: KeyboardShortcut) -> String {
    let KeyboardShortcut { modifiers, logical_key } = shortcut;
    let mut text = String::new();
    if modifiers.command {
        text += if cfg!(target_os = "macos") { "Cmd+" } else { "Ctrl+" };
    }
    if logical_key == Key::Questionmark {
        return text + "?";
    }
    if modifiers.shift {
        text += "Shift+";
    }
    let symbol = match logical_key {
        // The toolkit's own signs for these are in none of its fonts.
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        key => key.symbol_or_name(),
    };
    text + symbol
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for preset in Preset::ALL {
            let bindings = preset.bindings();
            for (at, (shortcut, command)) in bindings.iter().enumerate() {
                let other = bindings[at + 1..].iter().find(|(other, _)| other == shortcut);
                assert_eq!(other, None, "{}: {shortcut:?} is {command:?}", preset.name());
            }
        }
    }

    #[test]
    fn what_has_no_key_is_in_the_palette() {
        for preset in Preset::ALL {
            for (_, command) in preset.bindings() {
                assert!(Command::ALL.contains(&command), "{command:?}");
            }
            assert_eq!(preset.keys_of(Command::Palette).split("  ").count(), 2, "both chords");
        }
    }

    #[test]
    fn what_people_rely_on_has_a_key_in_every_preset() {
        let always = [
            Command::Palette,
            Command::Keys,
            Command::NextPreset,
            Command::Fit,
            Command::Zoom(1),
            Command::Nearer(true),
            Command::Nearer(false),
            Command::Look(-1, 0),
            Command::Look(1, 0),
            Command::Look(0, -1),
            Command::Look(0, 1),
            Command::Exposure(0.5),
            Command::Exposure(-0.5),
            Command::Gamma(0.1),
            Command::Gamma(-0.1),
            Command::ResetView,
            Command::NextTransform,
            Command::NextLayer,
            Command::PreviousLayer,
            Command::Wipe,
            Command::Difference,
            Command::Flip,
            Command::NextOverlay,
            Command::Attributes,
            Command::Panels,
        ];
        for preset in Preset::ALL {
            for command in always {
                assert!(!preset.keys_of(command).is_empty(), "{}: {command:?}", preset.name());
            }
        }
        assert_eq!(Preset::Tessera.keys_of(Command::Gamma(-0.1)), "(");
    }

    #[test]
    fn tab_moves_the_focus_and_is_no_command() {
        for preset in Preset::ALL {
            let bindings = preset.bindings();
            assert!(bindings.iter().all(|(shortcut, _)| shortcut.logical_key != Key::Tab));
        }
    }

    #[test]
    fn r_is_red_for_us_and_rv_and_reset_for_tev() {
        let of = |preset: Preset| {
            let all = preset.bindings().into_iter();
            all.filter(|(shortcut, _)| *shortcut == KeyboardShortcut::new(NONE, Key::R))
                .map(|(_, command)| command)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Preset::Tessera), [Command::See(Channel::Red)]);
        assert_eq!(of(Preset::Rv), [Command::See(Channel::Red)]);
        assert_eq!(of(Preset::Tev), [Command::ResetView]);
    }
}
