//! From scene-linear light to what a screen shows: exposure, channel, view transform, gamma.
//!
//! Everything is plain arithmetic on one pixel, so that the number in the inspector is the one on the screen: the shader
//! (`shaders/view/picture.wgsl`) is its twin, and a test holds both together.
//! Sources: AgX after T. Sobotka (inset primaries, 16.5 stops, power sigmoid); Khronos PBR Neutral, specification of
//! 2024; IEC 61966-2-1.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::words::say;

/// Stops of exposure that make sense.
pub const EV: RangeInclusive<f32> = -20.0..=20.0;
/// Gamma that makes sense.
pub const GAMMA: RangeInclusive<f32> = 0.2..=5.0;
/// Offsets that make sense.
pub const OFFSET: RangeInclusive<f32> = -4.0..=4.0;

/// How a picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Stops of exposure.
    pub ev: f32,
    /// What is added to light after exposure.
    pub offset: f32,
    /// Exponent that is undone last; 1 changes nothing.
    pub gamma: f32,
    /// What is seen of a pixel.
    pub channel: Channel,
    /// From light to display.
    pub transform: Transform,
}

/// What is seen of a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u32)]
pub enum Channel {
    /// All of it.
    #[default]
    Colour = 0,
    /// Red as grey.
    Red = 1,
    /// Green as grey.
    Green = 2,
    /// Blue as grey.
    Blue = 3,
    /// Coverage as grey.
    Alpha = 4,
    /// Luminance as grey.
    Luminance = 5,
}

/// From light to display.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u32)]
pub enum Transform {
    /// A film-like curve that keeps bright colours from clipping.
    #[default]
    AgX = 0,
    /// Colours as they are up to 0.8, compressed above.
    Neutral = 1,
    /// Cut off at 1.
    Srgb = 2,
    /// The numbers themselves.
    Raw = 3,
    /// Stops as colours.
    FalseColour = 4,
}

/// Where numbers have no place on a screen: infinities and NaN.
pub const NOT_A_NUMBER: [f32; 3] = [1.0, 0.0, 1.0];
/// What a white patch of 18 % reflects.
pub const MIDDLE_GREY: f32 = 0.18;
const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];
/// AgX compresses colours towards grey before the curve and takes that back after it; rows sum to 1, so greys stay grey.
const INSET: [[f32; 3]; 3] = [
    [0.842_364_16, 0.078_422_9, 0.079_212_94],
    [0.042_329_81, 0.878_501_1, 0.079_169_06],
    [0.042_377_68, 0.078_437_35, 0.879_184_97],
];
const OUTSET: [[f32; 3]; 3] = [
    [1.197_042_3, -0.098_017_26, -0.099_025_01],
    [-0.052_904_067, 1.151_860_5, -0.098_956_45],
    [-0.052_978_86, -0.098_039_82, 1.151_018_7],
];
/// Makes the sigmoid's toe end at 0 and its shoulder at 1.
const TOE_SCALE: f32 = 0.512_277_4;
const SHOULDER_SCALE: f32 = 0.541_464_16;
/// Six stops below middle grey to six above it, two apart.
const STOP_COLOURS: [[f32; 3]; 7] = [
    [0.06, 0.03, 0.16],
    [0.20, 0.22, 0.62],
    [0.12, 0.55, 0.66],
    [0.50, 0.50, 0.50],
    [0.84, 0.72, 0.22],
    [0.87, 0.34, 0.16],
    [1.00, 0.94, 0.90],
];

impl Default for View {
    fn default() -> Self {
        Self { ev: 0.0, offset: 0.0, gamma: 1.0, channel: Channel::Colour, transform: Transform::AgX }
    }
}

impl Transform {
    /// All, in the order in which they follow each other.
    pub const ALL: [Self; 5] = [Self::AgX, Self::Neutral, Self::Srgb, Self::Raw, Self::FalseColour];

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AgX => say("view.agx"),
            Self::Neutral => say("view.neutral"),
            Self::Srgb => say("view.srgb"),
            Self::Raw => say("view.raw"),
            Self::FalseColour => say("view.false"),
        }
    }
}

impl Channel {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => say("channel.colour"),
            Self::Red => say("channel.red"),
            Self::Green => say("channel.green"),
            Self::Blue => say("channel.blue"),
            Self::Alpha => say("channel.alpha"),
            Self::Luminance => say("channel.luminance"),
        }
    }
}

impl View {
    /// The same, each number within what makes sense: a file may hold anything.
    pub fn in_range(self) -> Self {
        let within = |value: f32, range: RangeInclusive<f32>, usual: f32| {
            if value.is_finite() { value.clamp(*range.start(), *range.end()) } else { usual }
        };
        Self {
            ev: within(self.ev, EV, 0.0),
            offset: within(self.offset, OFFSET, 0.0),
            gamma: within(self.gamma, GAMMA, 1.0),
            ..self
        }
    }

    /// Light that becomes 1.
    pub fn white(&self) -> f32 {
        (1.0 - self.offset) / self.gain()
    }

    /// Factor on light.
    pub fn gain(&self) -> f32 {
        self.ev.exp2()
    }

    /// What a screen shows of a pixel, each value 0 to 1.
    pub fn shown(&self, light: [f32; 4]) -> [f32; 3] {
        self.shown_by(light, |rgb| self.display(rgb))
    }

    /// The same, with somebody else's way from light to code values in place of the built-in one.
    pub fn shown_by(&self, light: [f32; 4], code: impl Fn([f32; 3]) -> [f32; 3]) -> [f32; 3] {
        if !light.iter().all(|value| value.is_finite()) {
            return NOT_A_NUMBER;
        }
        let rgb = self.isolated(light);
        // Coverage is no light: it is shown as it is.
        let code = if self.channel == Channel::Alpha { rgb } else { code(rgb) };
        code.map(|value| value.clamp(0.0, 1.0).powf(1.0 / self.gamma))
    }

    fn isolated(&self, [red, green, blue, alpha]: [f32; 4]) -> [f32; 3] {
        let exposed = [red, green, blue].map(|value| value * self.gain() + self.offset);
        match self.channel {
            Channel::Colour => exposed,
            Channel::Red => [exposed[0]; 3],
            Channel::Green => [exposed[1]; 3],
            Channel::Blue => [exposed[2]; 3],
            Channel::Alpha => [alpha; 3],
            Channel::Luminance => [luminance(exposed); 3],
        }
    }

    fn display(&self, rgb: [f32; 3]) -> [f32; 3] {
        match self.transform {
            Transform::AgX => agx(rgb),
            Transform::Neutral => neutral(rgb).map(srgb_from_linear),
            Transform::Srgb => rgb.map(srgb_from_linear),
            Transform::Raw => rgb,
            Transform::FalseColour => false_colour(luminance(rgb)),
        }
    }
}

/// Luminance of a colour in Rec. 709 primaries.
pub fn luminance(rgb: [f32; 3]) -> f32 {
    dot(LUMINANCE, rgb)
}

fn srgb_from_linear(value: f32) -> f32 {
    let linear = value.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

fn agx(rgb: [f32; 3]) -> [f32; 3] {
    let code = INSET.map(|row| {
        // From ten stops below middle grey to six and a half above it.
        let stops = (dot(row, rgb).max(1e-10) / MIDDLE_GREY).log2();
        sigmoid(((stops + 10.0) / 16.5).clamp(0.0, 1.0))
    });
    OUTSET.map(|row| dot(row, code))
}

/// Slope 2 at middle grey, which becomes code 0.5; a toe of power 3 and a shoulder of power 3.25.
fn sigmoid(place: f32) -> f32 {
    let away = 2.0 * (place - 10.0 / 16.5);
    if away < 0.0 {
        let toe = -away / TOE_SCALE;
        return 0.5 - TOE_SCALE * toe / (1.0 + toe.powi(3)).powf(1.0 / 3.0);
    }
    let shoulder = away / SHOULDER_SCALE;
    0.5 + SHOULDER_SCALE * shoulder / (1.0 + shoulder.powf(3.25)).powf(1.0 / 3.25)
}

fn neutral(rgb: [f32; 3]) -> [f32; 3] {
    const START: f32 = 0.8 - 0.04;
    const ROOM: f32 = 1.0 - START;
    let rgb = rgb.map(|value| value.max(0.0));
    let least = rgb[0].min(rgb[1]).min(rgb[2]);
    let offset = if least < 0.08 { least - 6.25 * least * least } else { 0.04 };
    let lifted = rgb.map(|value| value - offset);
    let peak = lifted[0].max(lifted[1]).max(lifted[2]);
    if peak < START {
        return lifted;
    }
    let new_peak = 1.0 - ROOM * ROOM / (peak + ROOM - START);
    let grey = 1.0 - 1.0 / (0.15 * (peak - new_peak) + 1.0);
    lifted.map(|value| mix(value * (new_peak / peak), new_peak, grey))
}

fn false_colour(light: f32) -> [f32; 3] {
    let stops = (light.max(1e-10) / MIDDLE_GREY).log2();
    let place = ((stops + 6.0) / 2.0).clamp(0.0, 6.0);
    let low = (place as usize).min(5);
    std::array::from_fn(|at| mix(STOP_COLOURS[low][at], STOP_COLOURS[low + 1][at], place - low as f32))
}

fn dot(left: [f32; 3], right: [f32; 3]) -> f32 {
    left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
}

fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: [f32; 3], right: [f32; 3], most: f32) -> bool {
        left.iter().zip(right).all(|(left, right)| (left - right).abs() <= most)
    }

    #[test]
    fn agx_puts_middle_grey_in_the_middle_and_keeps_greys_grey() {
        assert!(near(agx([MIDDLE_GREY; 3]), [0.5; 3], 1e-4));
        let mut before = -1.0;
        for stop in -12..10 {
            let [red, green, blue] = agx([MIDDLE_GREY * (stop as f32).exp2(); 3]);
            assert!((red - green).abs() < 1e-5 && (red - blue).abs() < 1e-5, "{red} {green} {blue}");
            assert!(red >= before, "it only rises");
            before = red;
        }
        assert!(near(agx([0.0; 3]), [0.0; 3], 1e-4), "black");
        assert!(near(agx([1e4; 3]), [1.0; 3], 1e-4), "white");
    }

    #[test]
    fn agx_takes_its_inset_back() {
        for (row, inset) in INSET.iter().enumerate() {
            assert!((inset.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            for column in 0..3 {
                let product: f32 =
                    OUTSET[row].iter().zip(INSET).map(|(out, inset)| out * inset[column]).sum();
                assert!((product - f32::from(row == column)).abs() < 1e-6);
            }
        }
    }

    /// The sixth-degree polynomial by which AgX's curve is commonly approximated, as its author gives it.
    #[test]
    fn agx_has_the_curve_that_others_approximate() {
        for step in 0..=100 {
            let x = step as f32 / 100.0;
            let powers = [-0.002_32, 0.1191, 0.4298, -6.868, 31.96, -40.14, 15.5];
            let approximation = powers.iter().rev().fold(0.0, |sum, power| sum * x + power);
            assert!((sigmoid(x) - approximation).abs() < 0.006, "{x}: {} {approximation}", sigmoid(x));
        }
    }

    #[test]
    fn neutral_is_the_identity_but_for_its_offset_and_never_reaches_one() {
        assert!(near(neutral([0.04; 3]), [0.01; 3], 1e-6), "0.04 - (0.04 - 6.25 · 0.04²)");
        assert!(near(neutral([0.5, 0.3, 0.2]), [0.46, 0.26, 0.16], 1e-6), "an offset of 0.04 up to 0.76");
        assert!(near(neutral([0.8; 3]), [0.76; 3], 1e-6), "where compression begins");
        let bright = neutral([10.0; 3]);
        assert!(near(bright, [1.0 - 0.0576 / (9.96 + 0.24 - 0.76); 3], 1e-6));
        let [red, green, blue] = neutral([1e4, 0.0, 0.0]);
        assert!(red < 1.0 && green > 0.9 && blue > 0.9, "the brightest red is white");
    }

    #[test]
    fn a_stop_more_shows_twice_the_light() {
        let brighter = View { ev: 1.0, transform: Transform::Srgb, ..View::default() };
        let plain = View { transform: Transform::Srgb, ..View::default() };
        assert_eq!(brighter.shown([0.18, 0.1, 0.05, 1.0]), plain.shown([0.36, 0.2, 0.1, 1.0]));
        assert!(near(plain.shown([0.18; 4]), [0.4613; 3], 1e-3), "sRGB of 0.18");
    }

    #[test]
    fn one_channel_is_grey() {
        let light = [0.1, 0.2, 0.4, 0.5];
        let seen = |channel| View { channel, transform: Transform::Raw, ..View::default() }.shown(light);
        assert_eq!(seen(Channel::Red), [0.1; 3]);
        assert_eq!(seen(Channel::Green), [0.2; 3]);
        assert_eq!(seen(Channel::Blue), [0.4; 3]);
        assert_eq!(seen(Channel::Alpha), [0.5; 3]);
        assert!(near(seen(Channel::Luminance), [0.193_18; 3], 1e-6));
    }

    #[test]
    fn false_colour_says_grey_at_middle_grey_and_numbers_that_are_none_are_magenta() {
        assert!(near(false_colour(MIDDLE_GREY), [0.5; 3], 1e-5));
        assert!(near(false_colour(MIDDLE_GREY * 64.0), STOP_COLOURS[6], 1e-5));
        assert_eq!(View::default().shown([f32::NAN, 0.0, 0.0, 1.0]), NOT_A_NUMBER);
    }
}
