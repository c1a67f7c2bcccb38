//! The parts of the window around the picture and over it. Each shows what the desk says and gives back commands.

pub mod carried;
pub mod inspect;
pub mod layers;
pub mod overlay;
pub mod palette;
pub mod stage;
pub mod status;
pub mod views;

use eframe::egui::{Frame, Margin};

use crate::theme;

/// The frame of a panel.
pub(crate) fn frame() -> Frame {
    Frame::new().fill(theme::PANEL).inner_margin(Margin::symmetric(12, 10))
}
