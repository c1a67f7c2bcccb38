//! The eye.

use glam::Affine3A;

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
    /// Radius of the lens, metres; 0 = pinhole.
    pub lens_radius: f32,
    /// Distance of the plane in focus, metres.
    pub focus_distance: f32,
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
            lens_radius: 0.0,
            focus_distance: 1.0,
        }
    }
}

impl Camera {
    pub(super) fn check(&self) -> Result<(), String> {
        let size = match self.projection {
            Projection::Perspective { fov_y } => fov_y > 0.0 && fov_y < std::f32::consts::PI,
            Projection::Orthographic { half_height } => half_height > 0.0 && half_height.is_finite(),
        };
        let lens = self.lens_radius >= 0.0 && self.lens_radius.is_finite() && self.focus_distance > 0.0;
        let placed = self.world_from_camera.is_finite() && self.world_from_camera_before.is_finite();
        if size && lens && placed {
            Ok(())
        } else {
            Err("its field of view, lens or place is not usable".into())
        }
    }
}
