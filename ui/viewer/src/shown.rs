//! What is shown: one of two pictures, and a layer of it.

use crate::picture::Picture;

/// Which of two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first, A.
    First,
    /// The second, B.
    Second,
}

/// A layer of a picture that is to be on the GPU; another `stamp` says that everything in it is new.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// Which of its layers.
    pub layer: usize,
    /// Tells pictures apart.
    pub stamp: u64,
}
