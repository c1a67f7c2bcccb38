//! The viewer: pictures as scene-linear light, finished or growing.
//!
//! A process of its own, so that whatever happens to it no render stops. The core knows no window: [`picture`], [`view`],
//! [`camera`], [`levels`], [`compare`], [`histogram`], [`pixel`] and [`desk`] are plain functions on numbers; [`canvas`] alone speaks to
//! the GPU; [`window`] and its panels only lay out what the desk says and hand it commands.

pub mod camera;
pub mod canvas;
pub mod colour;
pub mod command;
pub mod compare;
pub mod desk;
mod drops;
pub mod histogram;
pub mod keys;
pub mod levels;
pub mod live;
pub mod measure;
pub mod panel;
pub mod picture;
pub mod pixel;
pub mod reads;
pub mod settings;
pub mod shown;
pub mod theme;
pub mod trouble;
pub mod view;
pub mod watch;
pub mod window;
pub mod words;
