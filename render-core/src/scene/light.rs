//! Lights without a surface, and the environment.

use std::sync::Arc;

use glam::Vec3;

use super::Sweep;

/// A punctual light (`KHR_lights_punctual`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// Shape of its light.
    pub kind: LightKind,
    /// Radiant intensity (W/sr, point and spot) or irradiance (W/m², directional): colour times intensity of the file.
    pub color: Vec3,
    /// World position, metres; unused for directional lights.
    pub position: Vec3,
    /// Unit direction in which it shines; unused for point lights.
    pub direction: Vec3,
    /// What softens its shadows; 0 = nothing. Point and spot: radius of a disc around its position that faces whatever it
    /// shines on, metres. Directional: half the angle under which it is seen, radians, at most π/2.
    pub size: f32,
    /// Where it stands instead while the shutter is open, as a map of space that takes the origin to its place and -z to where it shines; `None`: it
    /// stands still.
    pub sweep: Option<Sweep>,
}

/// Shape of a punctual light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LightKind {
    /// Parallel light.
    Directional,
    /// The same in all directions.
    Point,
    /// Inside a cone; between the angles it falls as a², a = (cos t - cos outer) / (cos inner - cos outer).
    Spot {
        /// Cosine of the angle where it begins to fall.
        cos_inner: f32,
        /// Cosine of the angle where it ends.
        cos_outer: f32,
    },
}

/// What rays see that hit nothing.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Environment {
    /// Pixels in equirectangular projection: u = 0.5 + atan2(z, x) / 2π, v = acos(y) / π, row 0 = +y, bilinear.
    /// `None`: [`Self::strength`] alone is the radiance from everywhere.
    pub map: Option<Arc<EnvironmentMap>>,
    /// Radiance per unit of the map's pixels (or of white).
    pub strength: Vec3,
    /// Turns the map about +y by this angle, radians: direction d looks up the map at d turned by -angle.
    pub rotation: f32,
}

/// The pixels of an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvironmentMap {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Linear RGB, row by row, finite and not negative.
    pub pixels: Vec<Vec3>,
}

impl Light {
    /// As it is at a time, 0 to 1 while the shutter is open.
    pub fn at(&self, time: f32) -> Self {
        let Some(sweep) = &self.sweep else { return *self };
        let stands = sweep.at(time);
        let direction = Vec3::from(-stands.matrix3.z_axis).normalize();
        Self { position: stands.translation.into(), direction, ..*self }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let cone = match self.kind {
            LightKind::Spot { cos_inner, cos_outer } => {
                cos_inner > cos_outer && cos_outer >= -1.0 && cos_inner <= 1.0
            }
            _ => true,
        };
        let finite = self.color.is_finite() && self.position.is_finite() && self.direction.is_finite();
        let bright = self.color.cmpge(Vec3::ZERO).all();
        let largest =
            if self.kind == LightKind::Directional { std::f32::consts::FRAC_PI_2 } else { f32::MAX };
        let size = (0.0..=largest).contains(&self.size);
        if cone && finite && bright && size {
            Ok(())
        } else {
            Err("its colour, place, cone or size is not usable".into())
        }
    }
}

impl Environment {
    pub(super) fn check(&self) -> Result<(), String> {
        let usable = |v: &Vec3| v.is_finite() && v.cmpge(Vec3::ZERO).all();
        let map = self.map.as_ref().is_none_or(|map| {
            map.width > 0
                && map.pixels.len() == map.width as usize * map.height as usize
                && map.pixels.iter().all(usable)
        });
        if map && usable(&self.strength) && self.rotation.is_finite() {
            Ok(())
        } else {
            Err("a value is negative or not finite".into())
        }
    }
}
