//! Views that a colour configuration describes, beside the built-in ones: displays, views, and the way from a picture's light to each.
//!
//! A [`Generator`] reads a configuration and makes a [`Way`]: arithmetic for the inspector's numbers, and the same as shader text and
//! tables for the screen. [`ocio`] is the only one. What it reads is anybody's input: [`guard`] bounds it before, and [`bureau`] has it
//! read on a thread of its own, where neither a panic nor a slow file stops the window.

pub mod bureau;
mod guard;
pub mod ocio;
pub mod scheme;
pub mod space;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::trouble::Trouble;
use space::Space;

/// A display, and what it can be looked at through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// Its name in the configuration.
    pub name: String,
    /// Names of its views, in the configuration's order.
    pub views: Vec<String>,
}

/// A view on a display, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The display.
    pub display: String,
    /// The view.
    pub view: String,
}

/// Reads one configuration.
pub trait Generator: Send {
    /// Displays with at least one view each, in the configuration's order.
    fn displays(&self) -> &[Display];

    /// The view that the configuration has chosen for who has not.
    fn usual(&self) -> Choice;

    /// The way from a picture's light to what a display shows of it.
    ///
    /// # Errors
    /// [`Trouble`], for people: the configuration does not know the space, the view cannot be made, a file of it is missing.
    fn way(&self, from: &Space, to: &Choice) -> Result<Way, Trouble>;
}

/// From light to what a display shows, twice the same: as arithmetic and as a shader.
#[derive(Clone)]
pub struct Way {
    /// Code values, 0 to 1 on the screen, of a colour in the picture's space.
    pub code: Arc<dyn Fn([f32; 3]) -> [f32; 3] + Send + Sync>,
    /// WGSL with `fn configured(rgb: vec3<f32>) -> vec3<f32>`, whose resources are in group 2.
    pub wgsl: String,
    /// Constants at binding 0; empty when there are none.
    pub constants: Vec<u8>,
    /// Tables, each at its own binding.
    pub tables: Vec<Table>,
}

/// Numbers that the shader looks up.
#[derive(Clone)]
pub struct Table {
    /// In group 2.
    pub binding: u32,
    /// 1, 2 or 3.
    pub dimensions: u32,
    /// Texels along each axis, 1 along those that it does not have.
    pub size: [u32; 3],
    /// Four floats a texel, else one.
    pub is_rgba: bool,
    /// The texels, little-endian floats.
    pub bytes: Vec<u8>,
}

impl Choice {
    /// Whether there is such a view.
    pub fn is_in(&self, displays: &[Display]) -> bool {
        displays.iter().any(|display| display.name == self.display && display.views.contains(&self.view))
    }
}

impl Display {
    /// All its views.
    pub fn choices(&self) -> Vec<Choice> {
        self.views.iter().map(|view| Choice { display: self.name.clone(), view: view.clone() }).collect()
    }

    /// Its first view.
    pub fn first(&self) -> Choice {
        Choice { display: self.name.clone(), view: self.views.first().cloned().unwrap_or_default() }
    }
}
