//! Two pictures at once: which of them is seen where, and how far they are apart.

use frame::compare::CompareError;

use crate::picture::Picture;

/// What is seen of two pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Mode {
    /// The first.
    #[default]
    First,
    /// The second.
    Second,
    /// The first on one side of a line, the second on the other.
    Wipe(Wipe),
    /// The distance of each value.
    Difference,
}

/// A line between two pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wipe {
    /// What it goes through and turns about, as shares of the picture's width and height.
    pub at: [f32; 2],
    /// Degrees from upright, clockwise; at 0 the second picture is on the right, at 90 below.
    pub turn: f32,
}

impl Default for Wipe {
    fn default() -> Self {
        Self::upright(0.5)
    }
}

impl Wipe {
    /// A column at a share of the width.
    pub fn upright(share: f32) -> Self {
        Self { at: [share, 0.5], turn: 0.0 }
    }

    /// Turned by so many degrees.
    pub fn turned(self, by: f32) -> Self {
        Self { turn: (self.turn + by + 180.0).rem_euclid(360.0) - 180.0, ..self }
    }

    /// The direction into the second picture, of length 1, and how far the line is from the picture's corner along it, pixels.
    pub fn line(self, size: [f32; 2]) -> ([f32; 2], f32) {
        let at = [self.at[0] * size[0], self.at[1] * size[1]];
        if self.turn == 0.0 {
            // Between two columns of pixels, never through one.
            return ([1.0, 0.0], at[0].floor());
        }
        let (sine, cosine) = self.turn.to_radians().sin_cos();
        ([cosine, sine], at[0] * cosine + at[1] * sine)
    }

    /// The second picture is seen there.
    fn is_beyond(self, x: u32, y: u32, size: [u32; 2]) -> bool {
        let (across, offset) = self.line(size.map(|side| side as f32));
        (x as f32 + 0.5) * across[0] + (y as f32 + 0.5) * across[1] >= offset
    }
}

impl Mode {
    /// Its number in the shader, to which a difference is a picture like others.
    pub fn number(self) -> u32 {
        match self {
            Self::First | Self::Difference => 0,
            Self::Second => 1,
            Self::Wipe(_) => 2,
        }
    }

    /// The pixel that is seen, of both pictures' light there; the size is the first one's.
    pub fn light(self, (x, y): (u32, u32), size: [u32; 2], first: [f32; 4], second: [f32; 4]) -> [f32; 4] {
        match self {
            Self::First => first,
            Self::Second => second,
            Self::Wipe(wipe) if wipe.is_beyond(x, y, size) => second,
            Self::Wipe(_) => first,
            Self::Difference => {
                let apart: [f32; 4] = std::array::from_fn(|at| (first[at] - second[at]).abs());
                [apart[0], apart[1], apart[2], 1.0]
            }
        }
    }
}

/// Whether a second picture can be compared with the first pixel by pixel.
///
/// # Errors
/// When their sizes differ.
pub fn same_size(first: &Picture, second: &Picture) -> Result<(), CompareError> {
    match (first.width, first.height) == (second.width, second.height) {
        true => Ok(()),
        false => Err(CompareError::Size(second.width, second.height, first.width, first.height)),
    }
}

/// The layer of the second picture that belongs to one of the first: the one of the same name, else its first.
pub fn partner(first: &Picture, layer: usize, second: &Picture) -> usize {
    let name = &first.layers[layer].name;
    second.layers.iter().position(|layer| layer.name == *name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::made;
    use frame::compare::compare_colours;

    #[test]
    fn a_wipe_shows_one_left_and_the_other_right() {
        let seen = |x, y, turn| {
            let wipe = Wipe::default().turned(turn);
            Mode::Wipe(wipe).light((x, y), [10, 10], [1.0; 4], [2.0; 4])[0]
        };
        assert_eq!(
            [seen(0, 3, 0.0), seen(4, 3, 0.0), seen(5, 3, 0.0), seen(9, 3, 0.0)],
            [1.0, 1.0, 2.0, 2.0]
        );
        assert_eq!([seen(9, 0, 90.0), seen(0, 9, 90.0)], [1.0, 2.0], "B is below");
        assert_eq!([seen(0, 5, -180.0), seen(9, 5, 180.0)], [2.0, 1.0], "B is on the left");
        assert_eq!([seen(0, 8, 45.0), seen(9, 2, 45.0), seen(8, 0, 45.0)], [1.0, 2.0, 1.0], "a slope");
        assert_eq!(Wipe::default().turned(190.0).turn, -170.0);
        assert_eq!(
            Mode::Difference.light((0, 0), [1, 1], [1.0, 2.0, 3.0, 1.0], [4.0, 2.0, 1.0, 0.5]),
            [3.0, 0.0, 2.0, 1.0]
        );
    }

    #[test]
    fn metrics_are_those_of_the_reference_harness() {
        let first = made(16, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.0)]);
        let second = made(16, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.5)]);
        let error = compare_colours(&second.colours(0), &first.colours(0)).expect("of one size");
        assert!((error.mse - 0.25).abs() < 1e-9, "{}", error.mse);
        assert!((error.relmse - 0.25 / (1.0 + 1e-4)).abs() < 1e-6, "{}", error.relmse);
        let other = made(8, 16, &[("beauty", &["R", "G", "B"], |_, _| 1.0)]);
        assert!(same_size(&first, &second).is_ok() && same_size(&first, &other).is_err());
    }

    #[test]
    fn layers_are_compared_by_name() {
        let first = made(1, 1, &[("beauty", &["R"], |_, _| 0.0), ("depth", &["Z"], |_, _| 0.0)]);
        let second = made(1, 1, &[("depth", &["Z"], |_, _| 0.0), ("beauty", &["R"], |_, _| 0.0)]);
        assert_eq!([partner(&first, 0, &second), partner(&first, 1, &second)], [1, 0]);
    }
}
