//! How channels are named, and how our own attributes are.

use std::str::FromStr;

/// How channels are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// For compositors: beauty at the root, the rest `layer.channel`.
    #[default]
    Comp,
    /// As Blender's multilayer reader expects: `ViewLayer.Pass.channel`.
    Blender,
}

/// A word that is not one of the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{found}\" is not one of {choices}")]
pub struct NotAnOption {
    found: String,
    choices: &'static str,
}

/// What every name in [`Layout::Blender`] begins with: Blender's own name for its first view layer.
pub(super) const VIEW_LAYER: &str = "ViewLayer.";
/// The name of the attribute that holds what [`super::write_sealed`] was given.
pub(super) const RECEIPTS_ATTRIBUTE: &str = "tessera/receipts";
/// The name of the attribute that counts the pixels without any sample.
pub(super) const EMPTY_PIXELS_ATTRIBUTE: &str = "tessera/pixels_without_samples";

impl FromStr for Layout {
    type Err = NotAnOption;

    fn from_str(text: &str) -> Result<Self, NotAnOption> {
        match text {
            "comp" => Ok(Self::Comp),
            "blender" => Ok(Self::Blender),
            _ => Err(NotAnOption::among("comp, blender", text)),
        }
    }
}

impl NotAnOption {
    pub(super) fn among(choices: &'static str, found: &str) -> Self {
        Self { found: found.to_owned(), choices }
    }
}
