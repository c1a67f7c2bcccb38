//! Shapes as indexed triangles: metres, y up, counter-clockwise seen from outside.

use std::collections::BTreeMap;
use std::f32::consts::{PI, TAU};

use glam::{Affine3A, Vec2, Vec3, Vec4};

use crate::noise::Noise;
use crate::rng::Rng;

/// Triangles. Normals, texture coordinates and colours are for every corner or for none.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    pub(super) positions: Vec<Vec3>,
    pub(super) normals: Vec<Vec3>,
    pub(super) uvs: Vec<Vec2>,
    pub(super) colors: Vec<Vec4>,
    pub(super) triangles: Vec<[u32; 3]>,
}

impl Shape {
    /// A grid of `columns` × `rows` cells over the unit square; normals follow from the places, on the side of ∂u × ∂v.
    pub(super) fn grid(columns: usize, rows: usize, uv_scale: Vec2, at: impl Fn(f32, f32) -> Vec3) -> Self {
        let mut shape = Self::default();
        for row in 0..=rows {
            for column in 0..=columns {
                let (u, v) = (column as f32 / columns as f32, row as f32 / rows as f32);
                let step = 0.2 / columns.max(rows) as f32;
                // Inside the square, because poles have no tangents of their own.
                let (mu, mv) = (u.clamp(step, 1.0 - step), v.clamp(step, 1.0 - step));
                let along_u = at(mu + step, mv) - at(mu - step, mv);
                let along_v = at(mu, mv + step) - at(mu, mv - step);
                let place = at(u, v);
                shape.positions.push(place);
                shape.normals.push(along_u.cross(along_v).normalize_or(place.normalize_or(Vec3::Y)));
                shape.uvs.push(Vec2::new(u, 1.0 - v) * uv_scale);
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let corner = (row * (columns + 1) + column) as u32;
                let above = corner + columns as u32 + 1;
                shape.add_if_wide([corner, corner + 1, above + 1]);
                shape.add_if_wide([corner, above + 1, above]);
            }
        }
        shape
    }

    /// Poles make triangles without area; they are left out.
    fn add_if_wide(&mut self, triangle: [u32; 3]) {
        let [a, b, c] = triangle.map(|corner| self.positions[corner as usize]);
        if (b - a).cross(c - a).length() > 1e-9 {
            self.triangles.push(triangle);
        }
    }

    /// Both shapes in one; the other must have the same attributes.
    pub(super) fn join(&mut self, other: &Self) {
        let first = self.positions.len() as u32;
        self.positions.extend(&other.positions);
        self.normals.extend(&other.normals);
        self.uvs.extend(&other.uvs);
        self.colors.extend(&other.colors);
        self.triangles.extend(other.triangles.iter().map(|triangle| triangle.map(|corner| corner + first)));
    }

    /// The shape moved, turned and scaled.
    pub(super) fn moved(mut self, by: Affine3A) -> Self {
        let normal_matrix = by.matrix3.inverse().transpose();
        self.positions.iter_mut().for_each(|place| *place = by.transform_point3(*place));
        self.normals.iter_mut().for_each(|normal| *normal = (normal_matrix * *normal).normalize_or(Vec3::Y));
        self
    }

    /// The shape at a place.
    pub(super) fn shifted(self, by: Vec3) -> Self {
        self.moved(Affine3A::from_translation(by))
    }

    /// The shape without shared corners, so that each triangle is flat.
    pub(super) fn faceted(self) -> Self {
        let mut shape = Self::default();
        for triangle in &self.triangles {
            let [a, b, c] = triangle.map(|corner| self.positions[corner as usize]);
            let normal = (b - a).cross(c - a).normalize_or(Vec3::Y);
            let first = shape.positions.len() as u32;
            for &corner in triangle {
                shape.positions.push(self.positions[corner as usize]);
                shape.normals.push(normal);
                shape.uvs.extend(self.uvs.get(corner as usize));
                shape.colors.extend(self.colors.get(corner as usize));
            }
            shape.triangles.push([first, first + 1, first + 2]);
        }
        shape
    }

    /// The shape with normals that are the mean of the triangles around each place, weighted by area. For surfaces with detail that is
    /// finer than their triangles, whose own normals would turn away from them.
    pub(super) fn smoothed(mut self) -> Self {
        let place_of = |place: Vec3| (place * 4096.0).round().as_ivec3().to_array();
        let mut sums: BTreeMap<[i32; 3], Vec3> = BTreeMap::new();
        for triangle in &self.triangles {
            let [a, b, c] = triangle.map(|corner| self.positions[corner as usize]);
            for corner in [a, b, c] {
                *sums.entry(place_of(corner)).or_default() += (b - a).cross(c - a);
            }
        }
        for (place, normal) in self.positions.iter().zip(&mut self.normals) {
            *normal = sums.get(&place_of(*place)).map_or(*normal, |sum| sum.normalize_or(*normal));
        }
        self
    }

    /// A colour for every corner, from its place.
    pub(super) fn colored(mut self, color: impl Fn(Vec3) -> Vec4) -> Self {
        self.colors = self.positions.iter().map(|&place| color(place)).collect();
        self
    }

    /// Lowest and highest corner of the box around it.
    pub(super) fn bounds(&self) -> (Vec3, Vec3) {
        self.positions
            .iter()
            .fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), &at| (low.min(at), high.max(at)))
    }

    /// The shape stood on y = 0, centred, and scaled so that its largest side is 1.
    pub(super) fn stood(self) -> Self {
        let (low, high) = self.bounds();
        let scale = 1.0 / (high - low).max_element().max(1e-6);
        let foot = Vec3::new((low.x + high.x) * 0.5, low.y, (low.z + high.z) * 0.5);
        self.moved(Affine3A::from_scale(Vec3::splat(scale)) * Affine3A::from_translation(-foot))
    }
}

/// A box between two corners with texture coordinates in metres.
pub(super) fn slab(low: Vec3, high: Vec3) -> Shape {
    let mut shape = Shape::default();
    let size = high - low;
    for axis in 0..3 {
        for side in [false, true] {
            let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
            let first = shape.positions.len() as u32;
            for (u, v) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] {
                let mut place = low;
                place[axis] = if side { high[axis] } else { low[axis] };
                place[a] += u * size[a];
                place[b] += v * size[b];
                let mut normal = Vec3::ZERO;
                normal[axis] = if side { 1.0 } else { -1.0 };
                shape.positions.push(place);
                shape.normals.push(normal);
                // Upright on walls: v follows height.
                let (x, y) = if a == 1 { (v * size[b], u * size[a]) } else { (u * size[a], v * size[b]) };
                shape.uvs.push(Vec2::new(x, -y));
            }
            let corners = |order: [u32; 3]| order.map(|corner| first + corner);
            if side {
                shape.triangles.extend([corners([0, 1, 2]), corners([0, 2, 3])]);
            } else {
                shape.triangles.extend([corners([0, 2, 1]), corners([0, 3, 2])]);
            }
        }
    }
    shape
}

/// A flat rectangle in the xy plane around the origin that faces +z; texture coordinates span it once.
pub(super) fn card(width: f32, height: f32) -> Shape {
    Shape::grid(1, 1, Vec2::ONE, |u, v| Vec3::new((u - 0.5) * width, (v - 0.5) * height, 0.0))
}

/// A superquadric of radius 1: exponents near 0 are boxes, 1 is round, 2 is a diamond.
pub(super) fn superquadric(across: f32, up: f32, columns: usize, rows: usize) -> Shape {
    let power = |value: f32, exponent: f32| value.signum() * value.abs().powf(exponent);
    let lifted = |u: f32, v: f32, across: f32, up: f32| {
        let (around, height) = (-u * TAU, (v - 0.5) * PI);
        let (sin_a, cos_a) = around.sin_cos();
        let (sin_h, cos_h) = height.sin_cos();
        let flat = power(cos_h.max(0.0), up);
        Vec3::new(flat * power(cos_a, across), power(sin_h, up), flat * power(sin_a, across))
    };
    let mut shape = Shape::grid(columns, rows, Vec2::new(4.0, 2.0), |u, v| lifted(u, v, across, up));
    // Barr's normals (1981), because differences fail at the cusps: the same curve with what is left to 2.
    for (index, normal) in shape.normals.iter_mut().enumerate() {
        let (column, row) = (index % (columns + 1), index / (columns + 1));
        let (u, v) = (column as f32 / columns as f32, row as f32 / rows as f32);
        *normal = lifted(u, v, 2.0 - across, 2.0 - up).normalize_or(*normal);
    }
    shape
}

/// A ball of radius 1.
pub(super) fn ball(columns: usize, rows: usize) -> Shape {
    superquadric(1.0, 1.0, columns, rows)
}

/// A ball whose surface is moved by noise.
pub(super) fn rock(rng: &mut Rng, columns: usize, rows: usize) -> Shape {
    let (noise, frequency) = (Noise(rng.bits()), rng.log_between(0.8, 4.0));
    let (strength, octaves) = (rng.log_between(0.05, 0.6), rng.count(1, 4) as u32);
    Shape::grid(columns, rows, Vec2::new(4.0, 2.0), |u, v| {
        let (around, down) = (-u * TAU, (v - 0.5) * PI);
        // At a pole the cosine may be a trace below zero, which would turn the slivers there inside out.
        let flat = down.cos().max(0.0);
        let place = Vec3::new(around.cos() * flat, down.sin(), around.sin() * flat);
        place * (1.0 + strength * noise.fractal(place * frequency, octaves)).max(0.1)
    })
    .smoothed()
}

/// A vessel turned on the y axis with a random profile.
pub(super) fn vase(rng: &mut Rng, columns: usize, rows: usize) -> Shape {
    let waves: [(f32, f32, f32); 3] = std::array::from_fn(|at| {
        (
            rng.between(0.0, 0.3) / (at + 1) as f32,
            rng.between(0.5, 2.5) * (at + 1) as f32,
            rng.between(0.0, TAU),
        )
    });
    let radius = move |v: f32| {
        let wave: f32 = waves.iter().map(|(size, turns, start)| size * (v * turns * TAU + start).sin()).sum();
        (0.4 + wave).max(0.05)
    };
    Shape::grid(columns, rows, Vec2::new(4.0, 2.0), |u, v| {
        let around = -u * TAU;
        // Closed below and above by short discs.
        let (flat, y) = match v {
            v if v < 0.08 => (radius(0.0) * v / 0.08, 0.0),
            v if v > 0.92 => (radius(1.0) * (1.0 - v) / 0.08, 1.0),
            v => (radius((v - 0.08) / 0.84), (v - 0.08) / 0.84),
        };
        Vec3::new(around.cos() * flat, y * 1.4, around.sin() * flat)
    })
    .smoothed()
}

/// A torus around the y axis, or a knot that winds `p` times around and `q` times through it.
pub(super) fn knot(p: f32, q: f32, thickness: f32, columns: usize, rows: usize) -> Shape {
    let line = move |at: f32| {
        let ring = (2.0 + (q * at).cos()) / 3.0;
        Vec3::new(ring * (p * at).cos(), -(q * at).sin() / 3.0, ring * (p * at).sin())
    };
    Shape::grid(columns, rows, Vec2::new(12.0, 1.0), |u, v| {
        let (at, around) = (u * TAU, v * TAU);
        let tangent = (line(at + 1e-2) - line(at - 1e-2)).normalize();
        let side = tangent.cross(Vec3::Y).normalize_or(Vec3::X);
        let up = side.cross(tangent);
        line(at) + (side * around.cos() + up * around.sin()) * thickness
    })
}

/// A random star-like outline pulled up along y, perhaps twisted and tapered.
pub(super) fn prism(rng: &mut Rng) -> Shape {
    let (corners, dent) = (rng.count(3, 9), if rng.chance(0.5) { rng.between(0.3, 0.9) } else { 1.0 });
    let (twist, taper) = (if rng.chance(0.4) { rng.between(-2.0, 2.0) } else { 0.0 }, rng.between(0.4, 1.0));
    let (height, points) = (rng.log_between(0.3, 3.0), if dent < 1.0 { corners * 2 } else { corners });
    let outline = move |index: usize, v: f32| {
        let reach = if dent < 1.0 && index % 2 == 1 { dent } else { 1.0 } * (1.0 - (1.0 - taper) * v);
        let around = -(index as f32 / points as f32) * TAU + twist * v;
        Vec3::new(around.cos() * reach, v * height, around.sin() * reach)
    };
    let rows = if twist == 0.0 { 1 } else { 8 };
    let side = Shape::grid(points, rows, Vec2::new(points as f32, 2.0), move |u, v| {
        let place = u * points as f32;
        let (index, part) = (place.floor() as usize, place.fract());
        outline(index % points, v).lerp(outline((index + 1) % points, v), part)
    });
    let cap = |v: f32| {
        Shape::grid(points, 1, Vec2::ONE, move |u, ring| {
            let place = u * points as f32;
            let rim = outline(place.round() as usize % points, v);
            let centre = Vec3::new(0.0, rim.y, 0.0);
            if v > 0.5 { rim.lerp(centre, ring) } else { centre.lerp(rim, ring) }
        })
    };
    let mut shape = side;
    shape.join(&cap(0.0));
    shape.join(&cap(1.0));
    shape.faceted()
}

/// Cloth that hangs in folds in the xy plane: 1 wide, 1 high, seen from both sides.
pub(super) fn curtain(rng: &mut Rng, columns: usize, rows: usize) -> Shape {
    let (folds, depth, noise) = (rng.between(3.0, 14.0), rng.log_between(0.01, 0.08), Noise(rng.bits()));
    Shape::grid(columns, rows, Vec2::new(3.0, 3.0), move |u, v| {
        let sway = noise.fractal(Vec3::new(u * 4.0, v * 2.0, 0.0), 3) * 0.05;
        let wave = ((u * folds + sway * 6.0) * TAU).sin() * depth * (1.2 - v);
        Vec3::new(u - 0.5 + sway * 0.3, v - 1.0, wave + sway)
    })
}

/// Cloth dropped over something round: 2 wide, around the origin, lowest at 0.
pub(super) fn drape(rng: &mut Rng, cells: usize) -> Shape {
    let (noise, height, folds) = (Noise(rng.bits()), rng.between(0.3, 1.0), rng.count(4, 11) as f32);
    let crease = rng.between(0.02, 0.12);
    Shape::grid(cells, cells, Vec2::new(3.0, 3.0), move |u, v| {
        let flat = Vec2::new(u - 0.5, 0.5 - v) * 2.0;
        let (reach, around) = (flat.length(), flat.y.atan2(flat.x));
        let falling = 1.0 / (1.0 + (reach * 2.2).powi(4));
        let fold = (around * folds).cos() * crease * reach.min(1.0) * (1.0 - falling);
        let wrinkle = noise.fractal(Vec3::new(flat.x * 3.0, 0.0, flat.y * 3.0), 4) * 0.04;
        Vec3::new(flat.x, (falling * height + fold + wrinkle).max(0.002), flat.y)
    })
}

/// Hills over a square of side `size` around the origin; `height` gives metres for a place.
pub(super) fn ground(size: f32, cells: usize, uv_per_m: f32, height: impl Fn(f32, f32) -> f32) -> Shape {
    Shape::grid(cells, cells, Vec2::splat(size * uv_per_m), |u, v| {
        let (x, z) = ((u - 0.5) * size, (0.5 - v) * size);
        Vec3::new(x, height(x, z), z)
    })
    .smoothed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_shapes_face_outwards() {
        let mut rng = Rng::new(4);
        let mut shapes =
            vec![slab(-Vec3::ONE, Vec3::new(1.0, 2.0, 3.0)), ball(16, 8), knot(2.0, 3.0, 0.2, 64, 8)];
        shapes.extend([superquadric(0.3, 2.0, 24, 12), rock(&mut rng, 24, 12), vase(&mut rng, 24, 24)]);
        shapes.extend((0..12).map(|_| prism(&mut rng)));
        for (index, shape) in shapes.iter().enumerate() {
            // The divergence theorem: a closed surface that faces outwards has a positive volume.
            let volume: f32 = shape
                .triangles
                .iter()
                .map(|triangle| {
                    let [a, b, c] = triangle.map(|corner| shape.positions[corner as usize]);
                    a.dot(b.cross(c)) / 6.0
                })
                .sum();
            assert!(volume > 0.01, "shape {index} has volume {volume}");
            let agreeing = shape.triangles.iter().filter(|triangle| {
                let [a, b, c] = triangle.map(|corner| shape.positions[corner as usize]);
                (b - a).cross(c - a).dot(shape.normals[triangle[0] as usize]) >= 0.0
            });
            let share = agreeing.count() as f32 / shape.triangles.len() as f32;
            assert!(share > 0.97, "shape {index}: normals of {share} of the triangles agree");
        }
    }

    #[test]
    fn ground_faces_up() {
        let shape = ground(10.0, 8, 1.0, |x, _| (x * 0.5).sin());
        assert!(shape.normals.iter().all(|normal| normal.y > 0.0));
    }
}
