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
    /// The first left of a line, the second right of it; the line's place as a share of the width.
    Wipe(f32),
    /// The distance of each value.
    Difference,
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

    /// The pixel that is seen, of both pictures' light at a column.
    pub fn light(self, x: u32, width: u32, first: [f32; 4], second: [f32; 4]) -> [f32; 4] {
        match self {
            Self::First => first,
            Self::Second => second,
            Self::Wipe(share) if (x as f32) < (share * width as f32).floor() => first,
            Self::Wipe(_) => second,
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
        let seen = |x| Mode::Wipe(0.5).light(x, 10, [1.0; 4], [2.0; 4])[0];
        assert_eq!([seen(0), seen(4), seen(5), seen(9)], [1.0, 1.0, 2.0, 2.0]);
        assert_eq!(
            Mode::Difference.light(0, 1, [1.0, 2.0, 3.0, 1.0], [4.0, 2.0, 1.0, 0.5]),
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
