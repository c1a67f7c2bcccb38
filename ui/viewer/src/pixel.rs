//! What is known of one pixel, as lines of text: the exact numbers first, then what the screen makes of them.

use frame::exr::Samples;

use crate::picture::Picture;

/// A name and a value.
pub type Line = (String, String);

/// All channels of a pixel's layer, and the display's values.
pub fn lines(picture: &Picture, layer: usize, x: u32, y: u32) -> Vec<Line> {
    let at = y as usize * picture.width as usize + x as usize;
    let channels = &picture.layers[layer].channels;
    channels.iter().map(|channel| (channel.name.clone(), number(&channel.samples, at))).collect()
}

/// What the screen shows, in steps of 255.
pub fn display(shown: [f32; 3]) -> String {
    let [red, green, blue] = shown.map(|code| (code * 255.0).round() as u8);
    format!("{red} {green} {blue}")
}

/// Stops above middle grey.
pub fn stops(light: [f32; 4]) -> Option<String> {
    let luminance = crate::view::luminance([light[0], light[1], light[2]]);
    (luminance > 0.0 && luminance.is_finite())
        .then(|| format!("{:+.2} EV", (luminance / crate::view::MIDDLE_GREY).log2()))
}

/// Samples of the pixel, where the picture has such a layer.
pub fn samples(picture: &Picture, x: u32, y: u32) -> Option<u32> {
    let layer = picture.layers.iter().find(|layer| layer.name == "samples")?;
    let at = y as usize * picture.width as usize + x as usize;
    Some(layer.channels.first()?.samples.number(at) as u32)
}

/// Everything as text to be pasted elsewhere.
pub fn text(picture: &Picture, layer: usize, x: u32, y: u32) -> String {
    let name = &picture.layers[layer].name;
    let values = lines(picture, layer, x, y).into_iter().map(|(name, value)| format!(" {name} {value}"));
    format!("{} {name} x {x} y {y}:{}", picture.name, values.collect::<String>())
}

fn number(samples: &Samples, at: usize) -> String {
    match samples {
        Samples::Uint(values) => values[at].to_string(),
        // The shortest text that is exactly this number.
        Samples::Half(values) => short(values[at].to_f32()),
        Samples::Float(values) => short(values[at]),
    }
}

fn short(value: f32) -> String {
    let magnitude = value.abs();
    if value != 0.0 && value.is_finite() && !(1e-4..1e7).contains(&magnitude) {
        return format!("{value:e}");
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::tests::made;
    use crate::view::{Transform, View};

    #[test]
    fn numbers_are_the_files_own() {
        let picture =
            made(2, 2, &[("beauty", &["R", "G", "B", "A"], |at, pixel| (at + 4 * pixel) as f32 / 8.0)]);
        let values: Vec<String> = lines(&picture, 0, 1, 1).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["1.5", "1.625", "1.75", "1.875"]);
        assert_eq!(text(&picture, 0, 1, 1), "made.exr beauty x 1 y 1: R 1.5 G 1.625 B 1.75 A 1.875");
        assert_eq!([short(1e-8), short(0.0), short(f32::INFINITY)], ["1e-8", "0", "inf"]);
    }

    #[test]
    fn the_screens_value_is_that_of_the_view() {
        let view = View { transform: Transform::Raw, ..View::default() };
        assert_eq!(display(view.shown([0.0, 0.5, 2.0, 1.0])), "0 128 255");
        assert_eq!(stops([0.36, 0.36, 0.36, 1.0]).as_deref(), Some("+1.00 EV"));
        assert_eq!(stops([0.0; 4]), None);
    }

    #[test]
    fn samples_are_read_from_their_layer() {
        let picture = made(
            2,
            1,
            &[("beauty", &["R"], |_, _| 0.0), ("samples", &["N"], |_, pixel| 64.0 + pixel as f32)],
        );
        assert_eq!(samples(&picture, 1, 0), Some(65));
    }
}
