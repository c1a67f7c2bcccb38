//! A scene being set up: what stands where, what shines, and where a camera has something to look at.

use std::f32::consts::PI;
use std::ops::Range;

use glam::{Affine3A, Mat3, Quat, Vec3};
use serde_json::json;

use super::glb::{Glb, Pose};
use super::material::{Look, Palette};
use super::shape::{Shape, ball, card};
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
    meshes: Vec<Vec<[Vec3; 3]>>,
    placed: Vec<Placed>,
    corners: Vec<[Vec3; 3]>,
    aims: Vec<Aim>,
    cameras: Vec<String>,
}

/// Something that a camera may look at.
#[derive(Clone, Copy, Debug)]
struct Aim {
    at: Vec3,
    radius: f32,
}

/// A thing in the way of sight: the box around it and its triangles.
#[derive(Clone, Debug)]
struct Placed {
    low: Vec3,
    high: Vec3,
    triangles: Range<usize>,
}

/// Instances whose triangles are kept for sight; what is scattered beyond is looked through.
const SIGHT_INSTANCES_MAX: usize = 80;
/// Tries to stand a camera before the best one is taken.
const CAMERA_TRIES: usize = 24;

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
            meshes: Vec::new(),
            placed: Vec::new(),
            corners: Vec::new(),
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
        self.meshes.push(
            shape.triangles.iter().map(|one| one.map(|corner| shape.positions[corner as usize])).collect(),
        );
        index
    }

    /// Stands a mesh somewhere; it is in the way of sight.
    pub(super) fn place(&mut self, mesh: usize, pose: Pose) {
        self.glb.place(mesh, pose);
        self.block(mesh, pose);
    }

    /// Stands a mesh in many places.
    pub(super) fn scatter(&mut self, mesh: usize, poses: &[Pose]) {
        if poses.is_empty() {
            return;
        }
        self.glb.scatter(mesh, poses);
        poses.iter().take(SIGHT_INSTANCES_MAX).for_each(|&pose| self.block(mesh, pose));
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
        if let Some(last) = self.placed.last() {
            self.aims.push(Aim {
                at: (last.low + last.high) * 0.5,
                radius: (last.high - last.low).length() * 0.5,
            });
        }
    }

    fn block(&mut self, mesh: usize, pose: Pose) {
        let world = Affine3A::from_scale_rotation_translation(pose.scale, pose.turn, pose.at);
        let first = self.corners.len();
        let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
        for triangle in &self.meshes[mesh] {
            let triangle = triangle.map(|corner| world.transform_point3(corner));
            low = triangle.iter().fold(low, |low, &corner| low.min(corner));
            high = triangle.iter().fold(high, |high, &corner| high.max(corner));
            self.corners.push(triangle);
        }
        self.placed.push(Placed { low, high, triangles: first..self.corners.len() });
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

    /// The first thing along a ray: its distance, and whether it is seen from the front.
    fn first_hit(&self, from: Vec3, along: Vec3) -> Option<(f32, bool)> {
        let inverse = along.recip();
        let mut nearest: Option<(f32, bool)> = None;
        for placed in &self.placed {
            let (a, b) = ((placed.low - from) * inverse, (placed.high - from) * inverse);
            let (enter, leave) = (a.min(b).max_element(), a.max(b).min_element());
            let limit = nearest.map_or(f32::INFINITY, |hit| hit.0);
            // Flat things have boxes without depth.
            if enter > leave * 1.0001 + 1e-4 || leave < -1e-4 || enter > limit {
                continue;
            }
            for &[a, b, c] in &self.corners[placed.triangles.clone()] {
                let limit = nearest.map_or(f32::INFINITY, |hit| hit.0);
                nearest = crossing(from, along, [a, b, c]).filter(|hit| hit.0 < limit).or(nearest);
            }
        }
        nearest
    }

    /// How well a camera stands: rays over its view that meet the front of something, none if it is too near or inside.
    fn sight(&self, from: Vec3, turn: Quat, fov_y: f32, distance: f32) -> f32 {
        let reach = (fov_y * 0.5).tan();
        let mut seen = 0.0;
        for row in -1..=1 {
            for column in -1..=1 {
                let along = turn * Vec3::new(column as f32 * reach, row as f32 * reach, -1.3).normalize();
                match self.first_hit(from, along) {
                    Some((at, _)) if at < distance * 0.2 => seen -= 1.0,
                    Some((_, false)) => seen -= 0.5,
                    Some(_) => seen += 1.0,
                    None => {}
                }
            }
        }
        // The middle has to show what was aimed at.
        match self.first_hit(from, turn * Vec3::NEG_Z) {
            Some((at, true)) if at > distance * 0.45 => seen,
            _ => seen - 3.0,
        }
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
                let seen = self.sight(pose.at, pose.turn, fov_y, distance);
                if seen > best.0 {
                    best = (seen, pose, fov_y);
                }
                if seen >= 6.0 {
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
        // A little over half show the thing whole and more; the rest is close to its surface.
        let share = if rng.chance(0.4) { rng.log_between(0.15, 0.7) } else { rng.log_between(0.8, 4.0) };
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

/// Where a ray crosses a triangle (Möller & Trumbore 1997), and whether from its front.
fn crossing(from: Vec3, along: Vec3, [a, b, c]: [Vec3; 3]) -> Option<(f32, bool)> {
    let (ab, ac) = (b - a, c - a);
    let across = along.cross(ac);
    let area = ab.dot(across);
    if area.abs() < 1e-12 {
        return None;
    }
    let start = from - a;
    let u = start.dot(across) / area;
    let turned = start.cross(ab);
    let v = along.dot(turned) / area;
    let at = ac.dot(turned) / area;
    (u >= 0.0 && v >= 0.0 && u + v <= 1.0 && at > 1e-4).then_some((at, area > 0.0))
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

    #[test]
    fn ray_meets_the_nearest_front() {
        let mut stage = Stage::new(Rng::new(1));
        let mesh = stage.mesh(ball(32, 16), 0);
        stage.place(mesh, Pose::at(Vec3::new(0.0, 0.0, -5.0)));
        stage.place(mesh, Pose::at(Vec3::new(0.0, 0.0, -3.0)));
        let (distance, front) =
            stage.first_hit(Vec3::new(0.01, 0.01, 0.0), Vec3::NEG_Z).expect("a ball is there");
        assert!((distance - 2.0).abs() < 0.05 && front, "{distance}");
        assert!(!stage.first_hit(Vec3::new(0.0, 0.01, -3.0), Vec3::NEG_Z).expect("the ball around").1);
    }
}
