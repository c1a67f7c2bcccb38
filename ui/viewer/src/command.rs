//! Everything that can be done in the viewer, by name: keys, palette and buttons all give one of these.

use crate::colour::Choice;
use crate::shown::Side;
use crate::view::{Channel, Transform};
use crate::words::{fill, say};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Changes exposure by stops.
    Exposure(f32),
    /// Changes what is added to light.
    Offset(f32),
    /// Exposure 0, offset 0 and gamma 1.
    ResetView,
    /// Changes gamma.
    Gamma(f32),
    /// Shows this of each pixel; once more shows colour again.
    See(Channel),
    /// Shows through this built-in view.
    Through(Transform),
    /// Shows through this one of the configuration's views, counted over all its displays.
    Configured(u16),
    /// Shows through the next view.
    NextTransform,
    /// Shows through the view before.
    PreviousTransform,
    /// Shows the next layer.
    NextLayer,
    /// Shows the layer before.
    PreviousLayer,
    /// Goes to the field that filters layers.
    FilterLayers,
    /// Shows all of the picture.
    Fit,
    /// Shows one picture pixel as so many screen pixels.
    Zoom(u8),
    /// Shows so many picture pixels as one screen pixel.
    ZoomOut(u8),
    /// Comes nearer or goes away by a step.
    Nearer(bool),
    /// Shows what lies in this direction: steps to the right, steps down.
    Look(i8, i8),
    /// A line with one picture on each side of it.
    Wipe,
    /// Turns that line by degrees, clockwise.
    TurnWipe(f32),
    /// How far the pictures are apart.
    Difference,
    /// Shows the other picture.
    Flip,
    /// Shows this picture alone.
    Only(Side),
    /// Shows the next overlay.
    NextOverlay,
    /// Copies the pixel under the pointer as text.
    CopyPixel,
    /// Reads the files again.
    Reload,
    /// Opens the pictures that lay on the desk when it was last left.
    LastPictures,
    /// Shows what the file says about itself.
    Attributes,
    /// Hides or shows everything around the picture.
    Panels,
    /// Lists all commands.
    Palette,
    /// Lists all keys.
    Keys,
    /// Uses the keys of the next program.
    NextPreset,
}

impl Command {
    /// All that a person can choose by name, whatever the configuration is.
    pub const ALL: &[Self] = &[
        Self::Exposure(0.5),
        Self::Exposure(-0.5),
        Self::Exposure(0.1),
        Self::Exposure(-0.1),
        Self::Gamma(0.1),
        Self::Gamma(-0.1),
        Self::Offset(0.01),
        Self::Offset(-0.01),
        Self::Offset(0.1),
        Self::Offset(-0.1),
        Self::ResetView,
        Self::See(Channel::Colour),
        Self::See(Channel::Red),
        Self::See(Channel::Green),
        Self::See(Channel::Blue),
        Self::See(Channel::Alpha),
        Self::See(Channel::Luminance),
        Self::Through(Transform::AgX),
        Self::Through(Transform::Neutral),
        Self::Through(Transform::Srgb),
        Self::Through(Transform::Raw),
        Self::Through(Transform::FalseColour),
        Self::NextTransform,
        Self::PreviousTransform,
        Self::NextLayer,
        Self::PreviousLayer,
        Self::FilterLayers,
        Self::Fit,
        Self::Zoom(1),
        Self::Zoom(2),
        Self::Zoom(3),
        Self::Zoom(4),
        Self::Zoom(5),
        Self::Zoom(6),
        Self::Zoom(7),
        Self::Zoom(8),
        Self::ZoomOut(2),
        Self::ZoomOut(3),
        Self::ZoomOut(4),
        Self::ZoomOut(5),
        Self::ZoomOut(6),
        Self::ZoomOut(7),
        Self::ZoomOut(8),
        Self::Nearer(true),
        Self::Nearer(false),
        Self::Look(-1, 0),
        Self::Look(1, 0),
        Self::Look(0, -1),
        Self::Look(0, 1),
        Self::Wipe,
        Self::TurnWipe(15.0),
        Self::TurnWipe(-15.0),
        Self::Difference,
        Self::Flip,
        Self::Only(Side::First),
        Self::Only(Side::Second),
        Self::NextOverlay,
        Self::CopyPixel,
        Self::Reload,
        Self::LastPictures,
        Self::Attributes,
        Self::Panels,
        Self::Palette,
        Self::Keys,
        Self::NextPreset,
    ];

    /// What it does, in the words of the palette.
    pub fn name(self) -> String {
        let by = |key, name, amount: f32| fill(key, &[(name, &amount.abs().to_string())]);
        let named = |key, name| fill(key, &[("name", name)]);
        let plain = match self {
            Self::Exposure(stops) if stops > 0.0 => return by("command.brighter", "stops", stops),
            Self::Exposure(stops) => return by("command.darker", "stops", stops),
            Self::Gamma(amount) if amount > 0.0 => return by("command.gamma.more", "by", amount),
            Self::Gamma(amount) => return by("command.gamma.less", "by", amount),
            Self::Offset(amount) if amount > 0.0 => return by("command.offset.more", "by", amount),
            Self::Offset(amount) => return by("command.offset.less", "by", amount),
            Self::See(channel) => return named("command.channel", channel.name()),
            Self::Through(transform) => return named("command.view", transform.name()),
            Self::Zoom(times) => return by("command.zoom", "times", f32::from(times)),
            Self::ZoomOut(times) => return by("command.zoom.out", "times", f32::from(times)),
            Self::TurnWipe(degrees) if degrees > 0.0 => return by("command.wipe.right", "degrees", degrees),
            Self::TurnWipe(degrees) => return by("command.wipe.left", "degrees", degrees),
            Self::ResetView => "command.reset",
            Self::Configured(_) => "command.view.configured",
            Self::NextTransform => "command.view.next",
            Self::PreviousTransform => "command.view.previous",
            Self::NextLayer => "command.layer.next",
            Self::PreviousLayer => "command.layer.previous",
            Self::FilterLayers => "command.layer.find",
            Self::Fit => "command.fit",
            Self::Nearer(true) => "command.nearer",
            Self::Nearer(false) => "command.farther",
            Self::Look(..0, _) => "command.look.left",
            Self::Look(1.., _) => "command.look.right",
            Self::Look(0, ..0) => "command.look.up",
            Self::Look(0, _) => "command.look.down",
            Self::Wipe => "command.wipe",
            Self::Difference => "command.difference",
            Self::Flip => "command.flip",
            Self::Only(Side::First) => "command.only.a",
            Self::Only(Side::Second) => "command.only.b",
            Self::NextOverlay => "command.overlay",
            Self::CopyPixel => "command.copy",
            Self::Reload => "command.reload",
            Self::LastPictures => "command.last",
            Self::Attributes => "command.attributes",
            Self::Panels => "command.panels",
            Self::Palette => "command.palette",
            Self::Keys => "command.keys",
            Self::NextPreset => "command.preset",
        };
        say(plain).into()
    }
}

/// Commands whose name holds all words of a text, in the order of [`Command::ALL`], and then the configuration's views.
pub fn found(text: &str, views: impl Iterator<Item = Choice>) -> Vec<(Command, String)> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let of = |view: Choice| {
        fill("command.view.of", &[("name", view.view.as_str()), ("display", view.display.as_str())])
    };
    let own = Command::ALL.iter().map(|&command| (command, command.name()));
    let configured = (0..u16::MAX).zip(views).map(|(at, view)| (Command::Configured(at), of(view)));
    let fits = |(_, name): &(Command, String)| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    own.chain(configured).filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_name_of_its_own() {
        let mut names: Vec<String> = Command::ALL.iter().map(|command| command.name()).collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    fn commands(text: &str) -> Vec<Command> {
        let view = |view: &str| Choice { display: "Projector".into(), view: view.into() };
        let views = ["Film", "Neutral light"].map(view).into_iter();
        found(text, views).into_iter().map(|(command, _)| command).collect()
    }

    #[test]
    fn the_palette_finds_words_in_any_order() {
        assert_eq!(commands("pbr neutral"), [Command::Through(Transform::Neutral)]);
        assert_eq!(commands("a b wipe"), [Command::Wipe]);
        assert_eq!(commands("").len(), Command::ALL.len() + 2);
        assert!(commands("no such thing").is_empty());
    }

    #[test]
    fn the_palette_finds_a_configurations_views_by_view_and_display() {
        assert_eq!(commands("projector film"), [Command::Configured(0)]);
        assert_eq!(commands("neutral"), [Command::Through(Transform::Neutral), Command::Configured(1)]);
    }
}
