//! How a frame is to be rendered. Built once from a [`SettingsDraft`]; once it exists, it is right.

use serde::{Deserialize, Serialize};

use crate::{BlockRange, NetworkId, Plane, PlaneSet};

/// Pixels of a frame, each side 1 to 65 536.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct FrameSize {
    width: u32,
    height: u32,
}

/// Pixel reconstruction filter, applied by filter importance sampling so that pixels stay independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Filter {
    /// Blackman–Harris, 1.5 px wide.
    BlackmanHarris,
    /// The pixel's own square.
    Box,
}

/// Which GGX reflection model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Microfacet {
    /// Energy-conserving: single scattering scaled up by what multiple scattering would return.
    Multi,
    /// Single scattering only.
    Single,
}

/// Who denoises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Denoise {
    /// Nobody.
    Off,
    /// Each node its tiles.
    Node,
    /// The artist's machine the whole frame.
    Local,
}

/// Settings as a person or a stranger's message gives them; [`RenderSettings::new`] parses them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsDraft {
    /// Pixels.
    pub size: FrameSize,
    /// Samples per pixel, 1 to 1 048 576.
    pub spp: u32,
    /// Seed of all random numbers.
    pub seed: u32,
    /// Scattering events after which a path ends; direct light is still gathered at the last. At most 1024.
    pub max_bounces: u32,
    /// Pixel filter.
    pub filter: Filter,
    /// Reflection model.
    pub microfacet: Microfacet,
    /// Largest radiance that an indirect contribution may have in a scene of ordinary brightness; 0 = no clamp. What it is in this frame:
    /// [`RenderSettings::indirect_limit`].
    pub clamp_indirect: f32,
    /// Who denoises.
    pub denoise: Denoise,
    /// With which network; [`NetworkId::NONE`] where nobody does.
    pub network: NetworkId,
    /// One exposure scale for the whole frame, for the clamp and the denoiser; within [`RenderSettings::EXPOSURE_SCALE`].
    pub exposure_scale: f32,
    /// What comes back besides radiance.
    pub planes: PlaneSet,
}

/// Checked settings of a render; dereferences to the [`SettingsDraft`] it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SettingsDraft", into = "SettingsDraft")]
pub struct RenderSettings(SettingsDraft);

/// Frames `first..=last` with a step, e.g. `1-24`, `1-9x2`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRange(Vec<u32>);

/// A setting that cannot be rendered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// Width or height out of range.
    #[error("a frame of {0}x{1} pixels: each side must be 1 to 65536")]
    Size(u32, u32),
    /// spp out of range.
    #[error("{0} samples per pixel: must be 1 to 1048576")]
    Spp(u32),
    /// max_bounces out of range.
    #[error("{0} bounces: must be at most 1024")]
    Bounces(u32),
    /// Clamp or exposure scale is not a usable number.
    #[error("{name} is {value}: must be a finite number {rule}")]
    Number {
        /// Which setting.
        name: &'static str,
        /// What was given.
        value: f32,
        /// What is allowed.
        rule: &'static str,
    },
    /// The denoiser's colours are no plane that can be ordered.
    #[error("denoised colours cannot be ordered as a plane")]
    Planes,
    /// Denoising without a network or without the planes that it looks at.
    #[error("denoising needs a network and the planes that it looks at")]
    Denoise,
    /// A frame list that cannot be read.
    #[error("\"{0}\" is not a list of frames such as 1-24 or 1,5-9x2")]
    Frames(String),
}

impl FrameSize {
    /// Longest side.
    pub const SIDE_MAX: u32 = 65_536;

    /// A frame of `width` by `height` pixels.
    pub fn new(width: u32, height: u32) -> Result<Self, SettingsError> {
        let fits = |side| (1..=Self::SIDE_MAX).contains(&side);
        if fits(width) && fits(height) {
            Ok(Self { width, height })
        } else {
            Err(SettingsError::Size(width, height))
        }
    }

    /// Columns.
    pub fn width(self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(self) -> u32 {
        self.height
    }

    /// Number of pixels.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

impl TryFrom<(u32, u32)> for FrameSize {
    type Error = SettingsError;

    fn try_from((width, height): (u32, u32)) -> Result<Self, SettingsError> {
        Self::new(width, height)
    }
}

impl From<FrameSize> for (u32, u32) {
    fn from(size: FrameSize) -> Self {
        (size.width, size.height)
    }
}

impl SettingsDraft {
    /// The contract's defaults for a frame of this size.
    pub fn defaults(size: FrameSize) -> Self {
        Self {
            size,
            spp: 64,
            seed: 0,
            max_bounces: 8,
            filter: Filter::BlackmanHarris,
            microfacet: Microfacet::Multi,
            clamp_indirect: 10.0,
            denoise: Denoise::Off,
            network: NetworkId::NONE,
            exposure_scale: 1.0,
            planes: PlaneSet::DEFAULT,
        }
    }
}

impl Denoise {
    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Denoise::Off => "off",
            Denoise::Node => "node",
            Denoise::Local => "local",
        }
    }
}

impl RenderSettings {
    /// Smallest and largest exposure scale.
    pub const EXPOSURE_SCALE: std::ops::RangeInclusive<f32> = 1e-6..=1e6;

    /// Checks every value.
    pub fn new(draft: SettingsDraft) -> Result<Self, SettingsError> {
        if !(1..=1 << 20).contains(&draft.spp) {
            return Err(SettingsError::Spp(draft.spp));
        }
        if draft.max_bounces > 1024 {
            return Err(SettingsError::Bounces(draft.max_bounces));
        }
        let number = |name, value: f32, good: bool, rule| {
            if value.is_finite() && good { Ok(()) } else { Err(SettingsError::Number { name, value, rule }) }
        };
        number("clamp_indirect", draft.clamp_indirect, draft.clamp_indirect >= 0.0, "from 0")?;
        let in_range = Self::EXPOSURE_SCALE.contains(&draft.exposure_scale);
        number("exposure_scale", draft.exposure_scale, in_range, "from 0.000001 to 1000000")?;
        if draft.planes.contains(Plane::Denoised) {
            return Err(SettingsError::Planes);
        }
        let can_denoise = draft.network != NetworkId::NONE && draft.planes.covers(PlaneSet::DEFAULT);
        if draft.denoise != Denoise::Off && !can_denoise {
            return Err(SettingsError::Denoise);
        }
        Ok(Self(draft))
    }

    /// The settings of one frame, which has an exposure of its own.
    ///
    /// # Errors
    /// [`SettingsError::Number`] outside of [`Self::EXPOSURE_SCALE`].
    pub fn with_exposure_scale(self, exposure_scale: f32) -> Result<Self, SettingsError> {
        Self::new(SettingsDraft { exposure_scale, ..self.0 })
    }

    /// Largest channel of an indirect contribution in this frame, in the scene's own units; `None`: there is no limit. A scene whose lights are told in
    /// lux is hundreds of times as bright as one of ordinary brightness, and so is its limit. A darker scene keeps the plain number: pictures that
    /// are mostly black have a large scale, and would lose the light of their few bright parts.
    pub fn indirect_limit(&self) -> Option<f32> {
        (self.clamp_indirect > 0.0).then(|| self.clamp_indirect / self.exposure_scale.min(1.0))
    }

    /// Whether the frame's exposure changes any number of it.
    pub fn needs_exposure(&self) -> bool {
        self.denoise != Denoise::Off || self.clamp_indirect > 0.0
    }

    /// The planes of a picture of unfinished work: where it may be denoised, all that a denoiser looks at.
    pub fn preview_planes(&self) -> PlaneSet {
        if self.denoise == Denoise::Off { PlaneSet::BEAUTY } else { PlaneSet::DEFAULT }
    }

    /// Whether whoever renders these blocks of a tile may send denoised colours with them: a node that has all samples.
    pub fn may_come_denoised(&self, blocks: BlockRange) -> bool {
        self.denoise == Denoise::Node && blocks == BlockRange::all(self.spp)
    }
}

impl std::ops::Deref for RenderSettings {
    type Target = SettingsDraft;

    fn deref(&self) -> &SettingsDraft {
        &self.0
    }
}

impl TryFrom<SettingsDraft> for RenderSettings {
    type Error = SettingsError;

    fn try_from(draft: SettingsDraft) -> Result<Self, SettingsError> {
        Self::new(draft)
    }
}

impl From<RenderSettings> for SettingsDraft {
    fn from(settings: RenderSettings) -> Self {
        settings.0
    }
}

impl FrameRange {
    /// Most frames in one job.
    pub const FRAMES_MAX: usize = 100_000;

    /// The frames, ascending, each once.
    pub fn frames(&self) -> &[u32] {
        &self.0
    }
}

impl std::str::FromStr for FrameRange {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let fault = || SettingsError::Frames(text.to_owned());
        let number = |part: &str| part.trim().parse::<u32>().map_err(|_| fault());
        let mut frames = std::collections::BTreeSet::new();
        for part in text.split(',') {
            let (span, step) = match part.split_once('x') {
                Some((span, step)) => (span, number(step)?),
                None => (part, 1),
            };
            let (first, last) = match span.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(span)?, number(span)?),
            };
            let length = (u64::from(last) + 1).saturating_sub(u64::from(first));
            if step == 0 || last < first || length / u64::from(step) > Self::FRAMES_MAX as u64 {
                return Err(fault());
            }
            frames.extend((first..=last).step_by(step as usize));
        }
        if frames.len() > Self::FRAMES_MAX { Err(fault()) } else { Ok(Self(frames.into_iter().collect())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_lists_read_as_people_write_them() {
        let frames = |text: &str| text.parse::<FrameRange>().map(|range| range.0);
        assert_eq!(frames("1-4"), Ok(vec![1, 2, 3, 4]));
        assert_eq!(frames("1,5-9x2"), Ok(vec![1, 5, 7, 9]));
        assert_eq!(frames("3,1,3"), Ok(vec![1, 3]));
        for bad in ["", "a", "4-1", "1-9x0", "-3", "1-4294967295", "1x"] {
            assert!(frames(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_strangers_settings_are_checked_when_decoded() {
        let size = FrameSize::new(4, 4).expect("in range");
        let good = RenderSettings::new(SettingsDraft::defaults(size)).expect("defaults are valid");
        let bytes = postcard::to_stdvec(&good).expect("encodes");
        assert_eq!(postcard::from_bytes::<RenderSettings>(&bytes).expect("decodes"), good);
        let bad = SettingsDraft { spp: 0, ..*good };
        let bytes = postcard::to_stdvec(&bad).expect("encodes");
        assert!(postcard::from_bytes::<RenderSettings>(&bytes).is_err());
    }

    #[test]
    fn unusable_numbers_are_refused() {
        let size = FrameSize::new(4, 4).expect("in range");
        let draft = SettingsDraft::defaults(size);
        for clamp_indirect in [f32::NAN, -1.0, f32::INFINITY] {
            assert!(RenderSettings::new(SettingsDraft { clamp_indirect, ..draft }).is_err());
        }
        for exposure_scale in [f32::NAN, 0.0, -1.0, 2e6, f32::INFINITY] {
            let settings = RenderSettings::new(draft).expect("defaults are valid");
            assert!(settings.with_exposure_scale(exposure_scale).is_err(), "{exposure_scale}");
        }
        assert!(RenderSettings::new(SettingsDraft { max_bounces: 1025, ..draft }).is_err());
    }

    #[test]
    fn denoising_needs_a_network_and_its_planes() {
        let draft = SettingsDraft {
            denoise: Denoise::Node,
            network: NetworkId([1; 32]),
            ..SettingsDraft::defaults(FrameSize::new(4, 4).expect("in range"))
        };
        assert!(RenderSettings::new(draft).is_ok());
        let nameless = SettingsDraft { network: NetworkId::NONE, ..draft };
        let blind = SettingsDraft { planes: PlaneSet::BEAUTY.with(Plane::Albedo), ..draft };
        for bad in [nameless, blind] {
            assert_eq!(RenderSettings::new(bad), Err(SettingsError::Denoise));
        }
        let denoised = SettingsDraft { planes: draft.planes.with(Plane::Denoised), ..draft };
        assert_eq!(RenderSettings::new(denoised), Err(SettingsError::Planes));
        let bytes = postcard::to_stdvec(&denoised).expect("encodes");
        assert!(postcard::from_bytes::<RenderSettings>(&bytes).is_err(), "nor by a stranger");
    }

    #[test]
    fn indirect_light_is_limited_by_what_is_bright_in_the_frame() {
        let size = FrameSize::new(4, 4).expect("in range");
        let limit = |clamp_indirect, exposure_scale| {
            let draft = SettingsDraft { clamp_indirect, ..SettingsDraft::defaults(size) };
            let settings = RenderSettings::new(draft).expect("valid").with_exposure_scale(exposure_scale);
            settings.expect("in range").indirect_limit()
        };
        assert_eq!(limit(10.0, 1.0), Some(10.0));
        assert_eq!(limit(10.0, 0.002), Some(5000.0), "lights in lux");
        assert_eq!(limit(10.0, 200.0), Some(10.0), "mostly black");
        assert_eq!(limit(0.0, 0.002), None);
    }
}
