//! A scene being set up: what stands where, what shines, and where a camera has something to look at.

use std::f32::consts::PI;

use glam::{Mat3, Quat, Vec3};
use serde_json::json;

use super::glb::{Glb, Pose};
use super::material::{Look, Palette};
use super::shape::{Shape, ball, card};
use super::sight::Sight;
use super::texture::hue;
use super::{Made, Sky};
use crate::rng::Rng;

/// The scene so far, with its random numbers.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) rng: Rng,
    pub(super) glb: Glb,
    pub(super) palette: Palette,
    pub(super) sky: Option<Sky>,
    /// Factor of every light, over some stops around 1.
    level: f32,
    sight: Sight,
    aims: Vec<Aim>,
    cameras: Vec<String>,
}

/// Something that a camera may look at.
#[derive(Clone, Copy, Debug)]
struct Aim {
    at: Vec3,
    radius: f32,
}

/// Instances whose triangles are kept for sight; what is scattered beyond is looked through.
const SIGHT_INSTANCES_MAX: usize = 80;
/// Tries to stand a camera before the best one is taken.
const CAMERA_TRIES: usize = 24;
/// Worth of a view that is taken at once: most rays meet something, of three things or more.
const GOOD_VIEW: f32 = 10.0;

impl Stage {
    pub(super) fn new(mut rng: Rng) -> Self {
        let level = rng.between(-4.0, 4.0).exp2();
        let palette = Palette::new(&mut rng);
        Self {
            rng,
            glb: Glb::default(),
            palette,
            sky: None,
            level,
            sight: Sight::default(),
            aims: Vec::new(),
            cameras: Vec::new(),
        }
    }

    /// The finished scene.
    pub(super) fn finish(self, kind: &'static str) -> Made {
        Made { glb: self.glb.finish(kind), kind, cameras: self.cameras, sky: self.sky }
    }

    /// A new material.
    pub(super) fn dress(&mut self, look: Look) -> usize {
        self.palette.material(&mut self.glb, &mut self.rng, look)
    }

    /// Adds a mesh; some get a colour at every corner.
    pub(super) fn mesh(&mut self, shape: Shape, material: usize) -> usize {
        let shape = if self.rng.chance(0.08) && shape.colors.is_empty() {
            let (a, b, wave) = (hue(self.rng.unit()), hue(self.rng.unit()), self.rng.log_between(0.5, 8.0));
            shape.colored(|at| a.lerp(b, (at.dot(Vec3::ONE) * wave).sin() * 0.5 + 0.5).extend(1.0))
        } else {
            shape
        };
        let index = self.glb.add_mesh(&shape, material);
        self.sight.add_mesh(&shape);
        index
    }

    /// Stands a mesh somewhere; it is in the way of sight.
    pub(super) fn place(&mut self, mesh: usize, pose: Pose) {
        self.glb.place(mesh, pose);
        self.sight.place(mesh, pose);
    }

    /// Stands a mesh in many places.
    pub(super) fn scatter(&mut self, mesh: usize, poses: &[Pose]) {
        if poses.is_empty() {
            return;
        }
        self.glb.scatter(mesh, poses);
        poses.iter().take(SIGHT_INSTANCES_MAX).for_each(|&pose| self.sight.place(mesh, pose));
    }

    /// Adds a shape in a new material, and stands it where it can be looked at.
    pub(super) fn show(&mut self, shape: Shape, look: Look, pose: Pose) {
        let material = self.dress(look);
        let mesh = self.mesh(shape, material);
        self.place(mesh, pose);
        self.aim_at_last();
    }

    /// Adds a shape in a new material as a part of the surroundings.
    pub(super) fn build(&mut self, shape: Shape, look: Look) {
        let material = self.dress(look);
        let mesh = self.mesh(shape, material);
        self.place(mesh, Pose::at(Vec3::ZERO));
    }

    /// Lets cameras look at this place.
    pub(super) fn aim(&mut self, at: Vec3, radius: f32) {
        self.aims.push(Aim { at, radius });
    }

    /// Lets cameras look at what was placed last.
    pub(super) fn aim_at_last(&mut self) {
        if let Some((low, high)) = self.sight.last() {
            self.aims.push(Aim { at: (low + high) * 0.5, radius: (high - low).length() * 0.5 });
        }
    }

    /// A colour of light: often nearly white, sometimes saturated.
    pub(super) fn light_color(&mut self) -> Vec3 {
        let warm = Vec3::new(1.0, 0.75, 0.5).lerp(Vec3::new(0.75, 0.87, 1.0), self.rng.unit());
        if self.rng.chance(0.2) {
            hue(self.rng.unit()).lerp(Vec3::ONE, self.rng.between(0.0, 0.6))
        } else {
            warm
        }
    }

    /// A bare bulb that gives about `irradiance` at `distance`.
    pub(super) fn bulb(&mut self, at: Vec3, irradiance: f32, distance: f32) {
        let color = self.light_color();
        let intensity = irradiance * distance * distance * self.level;
        let light = json!({"type": "point", "color": color.to_array(), "intensity": intensity});
        self.glb.light(light, Pose::at(at));
    }

    /// A spot light toward a place.
    pub(super) fn spot(&mut self, at: Vec3, toward: Vec3, irradiance: f32) {
        let color = self.light_color();
        let outer = self.rng.between(0.15, 1.2);
        let inner = outer * self.rng.pick(&[0.0, 0.5, 0.95]);
        let intensity = irradiance * (toward - at).length_squared() * self.level;
        let light = json!({
            "type": "spot",
            "color": color.to_array(),
            "intensity": intensity,
            "spot": {"innerConeAngle": inner, "outerConeAngle": outer},
        });
        self.glb.light(light, Pose::at(at).turned(turn_toward(toward - at)));
    }

    /// Light from far away along a direction.
    pub(super) fn sun(&mut self, along: Vec3, irradiance: f32) {
        let color = self.light_color();
        let light =
            json!({"type": "directional", "color": color.to_array(), "intensity": irradiance * self.level});
        self.glb.light(light, Pose::at(Vec3::ZERO).turned(turn_toward(along)));
    }

    /// A shining card at a place that faces a direction and gives about `irradiance` at `distance`.
    pub(super) fn panel(&mut self, at: Vec3, facing: Vec3, size: (f32, f32), irradiance: f32, distance: f32) {
        let radiance = irradiance * distance * distance / (size.0 * size.1) * self.level;
        let color = self.light_color() * radiance;
        let material = self.palette.glow(&mut self.glb, &mut self.rng, color);
        let mesh = self.mesh(card(size.0, size.1), material);
        // A card faces +z, and a turn toward a direction carries -z.
        self.place(mesh, Pose::at(at).turned(turn_toward(-facing)));
    }

    /// A shining ball that gives about `irradiance` at `distance`.
    pub(super) fn lamp(&mut self, at: Vec3, radius: f32, irradiance: f32, distance: f32) {
        let radiance = irradiance * distance * distance / (PI * radius * radius) * self.level;
        let color = self.light_color() * radiance;
        let material = self.palette.glow(&mut self.glb, &mut self.rng, color);
        let mesh = self.mesh(ball(16, 8), material);
        self.place(mesh, Pose::at(at).scaled(radius));
    }

    /// Puts the scene under a sky made for a mean radiance.
    pub(super) fn under(&mut self, make: fn(&mut Rng, f32) -> Sky, radiance: f32) {
        self.sky = Some(make(&mut self.rng, radiance * self.level));
    }

    /// Stands two or three cameras in a box, each with free sight of something.
    pub(super) fn look(&mut self, low: Vec3, high: Vec3) {
        if self.aims.is_empty() {
            self.aim((low + high) * 0.5, 1.0);
        }
        for index in 0..self.rng.count(2, 3) {
            let mut best = (f32::NEG_INFINITY, Pose::at(Vec3::ZERO), 1.0);
            for _ in 0..CAMERA_TRIES {
                let (pose, fov_y, distance) = self.candidate(low, high);
                let seen = self.sight.worth(pose, fov_y, distance);
                if seen > best.0 {
                    best = (seen, pose, fov_y);
                }
                if seen >= GOOD_VIEW {
                    break;
                }
            }
            self.eye(&format!("eye {index}"), best.2, best.1);
        }
    }

    /// Stands a camera.
    pub(super) fn eye(&mut self, name: &str, fov_y: f32, pose: Pose) {
        self.glb.camera(name, fov_y, pose);
        self.cameras.push(name.to_owned());
    }

    fn candidate(&mut self, low: Vec3, high: Vec3) -> (Pose, f32, f32) {
        let aim = self.rng.pick(&self.aims);
        let rng = &mut self.rng;
        let fov_y = rng.between(20.0, 75.0).to_radians();
        // Most show the thing whole and what is around it; the rest is close to its surface.
        let share = if rng.chance(0.2) { rng.log_between(0.2, 0.8) } else { rng.log_between(1.0, 6.0) };
        let middle = aim.at + rng.direction() * aim.radius * 0.3;
        let distance = (aim.radius * share / (fov_y * 0.5).tan()).max(0.08) + aim.radius * 0.6;
        let mut away = rng.direction();
        away.y = away.y.abs() * rng.between(0.1, 1.0);
        let from = (middle + away.normalize_or(Vec3::Z) * distance).clamp(low, high);
        let roll = if rng.chance(0.15) { rng.between(-0.3, 0.3) } else { 0.0 };
        let turn = turn_toward(middle - from) * Quat::from_rotation_z(roll);
        (Pose::at(from).turned(turn), fov_y, (middle - from).length().max(0.05))
    }
}

/// The turn that carries -z to a direction, with +y kept up as far as it goes.
pub(super) fn turn_toward(along: Vec3) -> Quat {
    let back = -along.normalize_or(Vec3::NEG_Z);
    let up = if back.y.abs() > 0.999 { Vec3::X } else { Vec3::Y };
    let right = up.cross(back).normalize_or(Vec3::X);
    Quat::from_mat3(&Mat3::from_cols(right, back.cross(right), back)).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_carry_the_view_axis_to_the_direction() {
        for along in [Vec3::X, Vec3::Y, Vec3::NEG_Y, Vec3::new(1.0, -2.0, 0.5)] {
            assert!((turn_toward(along) * Vec3::NEG_Z - along.normalize()).length() < 1e-5, "{along}");
        }
    }
}
