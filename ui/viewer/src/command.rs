//! Everything that can be done in the viewer, by name: keys, palette and buttons all give one of these.

use crate::canvas::Side;
use crate::view::{Channel, Transform};

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
    /// Shows through this transform.
    Through(Transform),
    /// Shows through the next transform.
    NextTransform,
    /// Shows through the transform before.
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
    /// All that a person can choose by name.
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
        match self {
            Self::Exposure(stops) if stops > 0.0 => format!("Brighter by {stops} stop"),
            Self::Exposure(stops) => format!("Darker by {} stop", -stops),
            Self::Gamma(by) if by > 0.0 => format!("More gamma, {by}"),
            Self::Gamma(by) => format!("Less gamma, {}", -by),
            Self::Offset(by) if by > 0.0 => format!("Raise offset by {by}"),
            Self::Offset(by) => format!("Lower offset by {}", -by),
            Self::ResetView => "Reset exposure, offset and gamma".into(),
            Self::See(channel) => format!("Channel: {}", channel.name()),
            Self::Through(transform) => format!("View: {}", transform.name()),
            Self::NextTransform => "Next view".into(),
            Self::PreviousTransform => "Previous view".into(),
            Self::NextLayer => "Next layer".into(),
            Self::PreviousLayer => "Previous layer".into(),
            Self::FilterLayers => "Find a layer".into(),
            Self::Fit => "Fit picture to window".into(),
            Self::Zoom(times) => format!("Zoom {times}:1"),
            Self::ZoomOut(times) => format!("Zoom 1:{times}"),
            Self::Nearer(true) => "Zoom in".into(),
            Self::Nearer(false) => "Zoom out".into(),
            Self::Look(..0, _) => "Look left".into(),
            Self::Look(1.., _) => "Look right".into(),
            Self::Look(0, ..0) => "Look up".into(),
            Self::Look(0, _) => "Look down".into(),
            Self::Wipe => "Wipe between A and B".into(),
            Self::Difference => "Difference of A and B".into(),
            Self::Flip => "Flip between A and B".into(),
            Self::Only(Side::First) => "Show A alone".into(),
            Self::Only(Side::Second) => "Show B alone".into(),
            Self::NextOverlay => "Next overlay".into(),
            Self::CopyPixel => "Copy pixel as text".into(),
            Self::Reload => "Read the files again".into(),
            Self::LastPictures => "Open the last pictures again".into(),
            Self::Attributes => "File attributes".into(),
            Self::Panels => "Hide or show panels".into(),
            Self::Palette => "Command palette".into(),
            Self::Keys => "List of keys".into(),
            Self::NextPreset => "Keys of the next program".into(),
        }
    }
}

/// Commands whose name holds all words of a text, in the order of [`Command::ALL`].
pub fn found(text: &str) -> Vec<Command> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |command: &Command| {
        let name = command.name().to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    Command::ALL.iter().copied().filter(fits).collect()
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

    #[test]
    fn the_palette_finds_words_in_any_order() {
        assert_eq!(found("neutral"), [Command::Through(Transform::Neutral)]);
        assert_eq!(found("a b wipe"), [Command::Wipe]);
        assert_eq!(found("").len(), Command::ALL.len());
        assert!(found("no such thing").is_empty());
    }
}
