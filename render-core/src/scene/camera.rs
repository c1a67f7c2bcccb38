//! The eye.

use glam::{Affine3A, Vec2};

use super::Sweep;

/// A camera that looks along its local -z, x to the right, y up.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    /// Name in the file, for people.
    pub name: String,
    /// Camera to world, rigid: scale has been taken out.
    pub world_from_camera: Affine3A,
    /// The same one frame earlier, for motion vectors.
    pub world_from_camera_before: Affine3A,
    /// Where it stands instead while the shutter is open, rigid too; `None`: it stands still, as `world_from_camera` says.
    pub sweep: Option<Sweep>,
    /// How rays start.
    pub projection: Projection,
    /// Width over height that the file asks for.
    pub aspect: Option<f32>,
    /// How far the picture's middle lies from the camera's axis, in heights of the picture: to the right, up.
    pub shift: Vec2,
    /// What makes near and far blurred; perspective cameras alone use it.
    pub lens: Lens,
}

/// A thin lens and the hole in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lens {
    /// Radius of the circle around the hole, metres; 0 = pinhole, all is sharp.
    pub radius: f32,
    /// Distance of the plane in focus along the camera's axis, metres.
    pub focus_distance: f32,
    /// Corners of the hole, 3 to [`Lens::MOST_BLADES`]; fewer = round.
    pub blades: u32,
    /// Turn of the hole from the camera's right towards its up, radians. Its first corner points there.
    pub rotation: f32,
    /// Width of the hole over its height, as an anamorphic lens has it; the height stays.
    pub squeeze: f32,
}

/// How rays start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Projection {
    /// From one point.
    Perspective {
        /// Vertical field of view, radians, 0 < y < π.
        fov_y: f32,
    },
    /// In parallel.
    Orthographic {
        /// Half the height of what is seen, metres.
        half_height: f32,
    },
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            name: String::new(),
            world_from_camera: Affine3A::IDENTITY,
            world_from_camera_before: Affine3A::IDENTITY,
            sweep: None,
            projection: Projection::Perspective { fov_y: 0.8 },
            aspect: None,
            shift: Vec2::ZERO,
            lens: Lens::default(),
        }
    }
}

impl Default for Lens {
    /// A pinhole.
    fn default() -> Self {
        Self { radius: 0.0, focus_distance: 1.0, blades: 0, rotation: 0.0, squeeze: 1.0 }
    }
}

impl Lens {
    /// Holes with more corners are as good as round.
    pub const MOST_BLADES: u32 = 64;

    /// Height of the picture in the camera whose f-stops photographers mean, metres: 36 × 24 mm.
    const FULL_FRAME_HEIGHT_M: f32 = 0.024;

    /// Radius of the hole that a full-frame camera with this vertical field of view (radians) has at this f-stop, metres.
    ///
    /// Its focal length is half the picture's height over tan(fov_y / 2); the f-stop is focal length over diameter.
    pub fn radius_at(f_stop: f32, fov_y: f32) -> f32 {
        0.5 * Self::FULL_FRAME_HEIGHT_M / (0.5 * fov_y).tan() / (2.0 * f_stop)
    }

    fn check(&self) -> Result<(), String> {
        let radius = self.radius >= 0.0 && self.radius.is_finite();
        let focus = self.focus_distance > 0.0 && self.focus_distance.is_finite();
        let hole = self.blades <= Self::MOST_BLADES && self.rotation.is_finite();
        let squeeze = self.squeeze > 0.0 && self.squeeze.is_finite();
        if radius && focus && hole && squeeze { Ok(()) } else { Err("its lens is not usable".into()) }
    }
}

impl Camera {
    pub(super) fn check(&self) -> Result<(), String> {
        let size = match self.projection {
            Projection::Perspective { fov_y } => fov_y > 0.0 && fov_y < std::f32::consts::PI,
            Projection::Orthographic { half_height } => half_height > 0.0 && half_height.is_finite(),
        };
        let placed = self.world_from_camera.is_finite() && self.world_from_camera_before.is_finite();
        if size && placed && self.shift.is_finite() {
            self.lens.check()
        } else {
            Err("its field of view, shift or place is not usable".into())
        }
    }
}
