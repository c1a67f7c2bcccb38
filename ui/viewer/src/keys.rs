//! Which key does what: our own keys, and those of two programs that people's fingers know.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Serialize};

use crate::command::Command;
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
    (COMMAND_SHIFT, Key::T, Command::LastPictures),
    (NONE, Key::Tab, Command::Panels),
    (NONE, Key::CloseBracket, Command::NextLayer),
    (NONE, Key::OpenBracket, Command::PreviousLayer),
    (NONE, Key::Num1, Command::Zoom(1)),
    (NONE, Key::Num2, Command::Zoom(2)),
    (NONE, Key::Num4, Command::Zoom(4)),
    (NONE, Key::Num8, Command::Zoom(8)),
];

const TESSERA: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::E, Command::Exposure(0.5)),
    (SHIFT, Key::E, Command::Exposure(-0.5)),
    (NONE, Key::Period, Command::Exposure(0.1)),
    (NONE, Key::Comma, Command::Exposure(-0.1)),
    (NONE, Key::Plus, Command::Offset(0.01)),
    (NONE, Key::Minus, Command::Offset(-0.01)),
    (NONE, Key::Num0, Command::ResetView),
    (SHIFT, Key::Num0, Command::Gamma(0.1)),
    (SHIFT, Key::Num9, Command::Gamma(-0.1)),
    (NONE, Key::R, Command::See(Channel::Red)),
    (NONE, Key::G, Command::See(Channel::Green)),
    (NONE, Key::B, Command::See(Channel::Blue)),
    (NONE, Key::A, Command::See(Channel::Alpha)),
    (NONE, Key::L, Command::See(Channel::Luminance)),
    (NONE, Key::C, Command::See(Channel::Colour)),
    (NONE, Key::T, Command::NextTransform),
    (NONE, Key::F, Command::Fit),
    (NONE, Key::W, Command::Wipe),
    (NONE, Key::F6, Command::Wipe),
    (NONE, Key::D, Command::Difference),
    (NONE, Key::X, Command::Flip),
    (NONE, Key::O, Command::NextOverlay),
    (NONE, Key::I, Command::Attributes),
    (NONE, Key::K, Command::NextPreset),
];

const TEV: &[(Modifiers, Key, Command)] = &[
    (NONE, Key::E, Command::Exposure(0.5)),
    (SHIFT, Key::E, Command::Exposure(-0.5)),
    (NONE, Key::R, Command::ResetView),
    (NONE, Key::G, Command::Gamma(0.1)),
    (SHIFT, Key::G, Command::Gamma(-0.1)),
    (NONE, Key::F, Command::Fit),
    (NONE, Key::T, Command::NextTransform),
    (NONE, Key::X, Command::Flip),
    (NONE, Key::W, Command::Wipe),
    (NONE, Key::D, Command::Difference),
    (NONE, Key::I, Command::Attributes),
    (NONE, Key::O, Command::Offset(0.01)),
    (SHIFT, Key::O, Command::Offset(-0.01)),
    (NONE, Key::V, Command::NextOverlay),
    (NONE, Key::K, Command::NextPreset),
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
    (NONE, Key::F, Command::Fit),
    (NONE, Key::F6, Command::Wipe),
    (NONE, Key::D, Command::Difference),
    (NONE, Key::X, Command::Flip),
    (NONE, Key::F4, Command::Attributes),
    (NONE, Key::T, Command::NextTransform),
    (NONE, Key::N, Command::Through(Transform::Raw)),
    (NONE, Key::O, Command::NextOverlay),
    (NONE, Key::K, Command::NextPreset),
];

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
        let all = own.iter().chain(SHARED);
        let mut all: Vec<_> = all
            .map(|(modifiers, key, command)| (KeyboardShortcut::new(*modifiers, *key), *command))
            .collect();
        let count = |modifiers: Modifiers| u8::from(modifiers.command) + u8::from(modifiers.shift);
        all.sort_by_key(|(shortcut, _)| std::cmp::Reverse(count(shortcut.modifiers)));
        all
    }

    /// The keys of a command as text.
    pub fn keys_of(self, command: Command) -> String {
        let all = self.bindings().into_iter().filter(|(_, bound)| *bound == command);
        let mut texts: Vec<String> = all.map(|(shortcut, _)| text(shortcut)).collect();
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
    match logical_key {
        Key::Questionmark => return text + "?",
        Key::Num0 if modifiers.shift => return text + ")",
        Key::Num9 if modifiers.shift => return text + "(",
        _ => {}
    }
    if modifiers.shift {
        text += "Shift+";
    }
    let symbol = logical_key.symbol_or_name();
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
    fn r_is_red_for_us_and_rv_and_reset_for_tev() {
        let of = |preset: Preset| {
            let all = preset.bindings().into_iter();
            all.filter(|(shortcut, _)| shortcut.logical_key == Key::R)
                .map(|(_, command)| command)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Preset::Tessera), [Command::See(Channel::Red)]);
        assert_eq!(of(Preset::Rv), [Command::See(Channel::Red)]);
        assert_eq!(of(Preset::Tev), [Command::ResetView]);
    }
}
