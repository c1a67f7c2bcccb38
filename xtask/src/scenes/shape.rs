//! The shapes of the bundled scenes, as indexed triangles with smooth normals; metres, y up, counter-clockwise outside.

use std::f64::consts::{PI, TAU};

use glam::{DVec2, DVec3};

/// Triangles with a normal for each vertex; texture coordinates for all vertices or for none.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) positions: Vec<DVec3>,
    pub(super) normals: Vec<DVec3>,
    pub(super) uvs: Vec<DVec2>,
    pub(super) triangles: Vec<[u16; 3]>,
}

impl Shape {
    /// A grid of `columns` × `rows` cells; `at` gives position and normal for a place in the unit square.
    fn grid(columns: usize, rows: usize, at: impl Fn(f64, f64) -> (DVec3, DVec3)) -> Self {
        let mut shape = Self::default();
        shape.add_grid(columns, rows, at);
        shape
    }

    fn add_grid(&mut self, columns: usize, rows: usize, at: impl Fn(f64, f64) -> (DVec3, DVec3)) {
        let first = self.positions.len();
        for row in 0..=rows {
            for column in 0..=columns {
                let (position, normal) = at(fraction(column, columns), fraction(row, rows));
                self.positions.push(position);
                self.normals.push(normal.normalize_or(DVec3::Y));
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let corner = first + row * (columns + 1) + column;
                let [a, b, c, d] =
                    [corner, corner + 1, corner + columns + 1, corner + columns + 2].map(index);
                self.add_if_wide([a, b, d]);
                self.add_if_wide([a, d, c]);
            }
        }
    }

    /// Poles of spheres and axes of vases make triangles without area; they are left out.
    fn add_if_wide(&mut self, triangle: [u16; 3]) {
        let [a, b, c] = triangle.map(|one| self.positions[usize::from(one)]);
        if (b - a).cross(c - a).length() > 1e-9 {
            self.triangles.push(triangle);
        }
    }
}

/// A ball of radius 1 around the origin.
pub(super) fn ball(columns: usize, rows: usize) -> Shape {
    Shape::grid(columns, rows, |u, v| {
        let (around, down) = (-u * TAU, v * PI);
        let place = DVec3::new(around.cos() * down.sin(), -down.cos(), around.sin() * down.sin());
        (place, place)
    })
}

/// A vessel turned on the y axis: `profile` gives (radius, height) for 0 at the foot to 1 at its inner end.
pub(super) fn turned(columns: usize, rows: usize, profile: impl Fn(f64) -> DVec2) -> Shape {
    Shape::grid(columns, rows, |u, v| {
        let around = -u * TAU;
        let (here, step) = (profile(v), 1e-4);
        let along = profile((v + step).min(1.0)) - profile((v - step).max(0.0));
        let outward = DVec2::new(along.y, -along.x);
        let turn = |flat: DVec2| DVec3::new(around.cos() * flat.x, flat.y, around.sin() * flat.x);
        (turn(here), turn(outward))
    })
}

/// A torus knot that winds `p` times around the z axis and `q` times through it; about 1 in radius.
pub(super) fn knot(p: f64, q: f64, thickness: f64, columns: usize, rows: usize) -> Shape {
    let line = |at: f64| {
        let ring = (2.0 + (q * at).cos()) / 3.0;
        DVec3::new(ring * (p * at).cos(), ring * (p * at).sin(), -(q * at).sin() / 3.0)
    };
    Shape::grid(columns, rows, |u, v| {
        let (at, around) = (u * TAU, v * TAU);
        let tangent = (line(at + 1e-4) - line(at - 1e-4)).normalize();
        let side = tangent.cross(line(at)).normalize();
        let up = side.cross(tangent);
        let outward = side * around.cos() + up * around.sin();
        (line(at) + outward * thickness, outward)
    })
}

/// A box with these half sizes whose edges are rounded by `radius`, each bend in `steps` steps.
pub(super) fn rounded_box(half: DVec3, radius: f64, steps: usize) -> Shape {
    let mut shape = Shape::default();
    let inner = half - DVec3::splat(radius);
    // The flat middle is one cell, so the grid lines crowd where the box bends.
    let cells = 2 * steps + 1;
    let line = |at: f64| {
        let step = at * cells as f64;
        let bend = |from_edge: f64| (from_edge / steps as f64 * PI / 4.0).tan();
        if step <= steps as f64 {
            -1.0 - bend(steps as f64 - step)
        } else {
            1.0 + bend(step - steps as f64 - 1.0)
        }
    };
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            shape.add_grid(cells, cells, |u, v| {
                let (u, v) = if sign > 0.0 { (line(u), line(v)) } else { (line(v), line(u)) };
                let mut core = DVec3::ZERO;
                let mut outward = DVec3::ZERO;
                (core[axis], outward[axis]) = (sign * inner[axis], sign);
                for (other, at) in [((axis + 1) % 3, u), ((axis + 2) % 3, v)] {
                    (core[other], outward[other]) =
                        (at.clamp(-1.0, 1.0) * inner[other], at - at.clamp(-1.0, 1.0));
                }
                let outward = outward.normalize();
                (core + outward * radius, outward)
            });
        }
    }
    shape
}

/// A flat rectangle in the xz plane that faces up, with texture coordinates.
pub(super) fn plate(width: f64, depth: f64) -> Shape {
    let mut shape =
        Shape::grid(1, 1, |u, v| (DVec3::new((u - 0.5) * width, 0.0, (0.5 - v) * depth), DVec3::Y));
    shape.uvs = [(0.0, 1.0), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0)].map(DVec2::from).to_vec();
    shape
}

/// A round plate of radius 1 in the xz plane that faces up; texture coordinates span its square.
pub(super) fn disc(columns: usize) -> Shape {
    let mut shape = Shape::grid(columns, 1, |u, v| {
        let around = u * TAU;
        (DVec3::new(around.cos() * (1.0 - v), 0.0, -around.sin() * (1.0 - v)), DVec3::Y)
    });
    shape.uvs = shape.positions.iter().map(|at| DVec2::new(at.x + 1.0, at.z + 1.0) / 2.0).collect();
    shape
}

/// A photographer's sweep: floor towards +z, bent up into a wall at the back; `bend` is the radius.
pub(super) fn sweep(width: f64, depth: f64, height: f64, bend: f64, steps: usize) -> Shape {
    let quarter = bend * PI / 2.0;
    let length = depth + quarter + height;
    // Rows stand only where something bends: floor, the steps of the bend, wall.
    let row_at = move |v: f64| {
        let row = (v * (steps + 2) as f64).round();
        if row < 1.0 {
            0.0
        } else if row > steps as f64 + 1.0 {
            length
        } else {
            depth + quarter * (row - 1.0) / steps as f64
        }
    };
    Shape::grid(1, steps + 2, move |u, v| {
        let (x, run) = ((u - 0.5) * width, row_at(v));
        let angle = ((run - depth) / bend).clamp(0.0, PI / 2.0);
        let (flat, up) = (run.min(depth), (run - depth - quarter).max(0.0));
        let place = DVec3::new(x, bend * (1.0 - angle.cos()) + up, -flat - bend * angle.sin());
        (place, DVec3::new(0.0, angle.cos(), angle.sin()))
    })
}

fn fraction(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no bundled shape has 65,536 vertices; the test counts them"
)]
fn index(vertex: usize) -> u16 {
    vertex as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_shape() -> Vec<(&'static str, Shape)> {
        vec![
            ("ball", ball(16, 8)),
            ("turned", turned(12, 8, |at| DVec2::new(0.5 - 0.2 * at, at))),
            ("knot", knot(2.0, 3.0, 0.2, 64, 8)),
            ("rounded box", rounded_box(DVec3::new(1.0, 0.5, 0.8), 0.2, 3)),
            ("plate", plate(2.0, 1.0)),
            ("disc", disc(24)),
            ("sweep", sweep(4.0, 2.0, 3.0, 1.0, 8)),
        ]
    }

    #[test]
    fn every_triangle_faces_where_its_normals_point() {
        for (name, shape) in every_shape() {
            assert!(shape.positions.len() < 65536, "{name}");
            for triangle in &shape.triangles {
                let [a, b, c] = triangle.map(|one| shape.positions[usize::from(one)]);
                let facing = (b - a).cross(c - a).normalize();
                for vertex in triangle {
                    assert!(facing.dot(shape.normals[usize::from(*vertex)]) > 0.0, "{name}: {facing}");
                }
            }
        }
    }

    #[test]
    fn rounded_box_fills_its_half_sizes() {
        let half = DVec3::new(1.0, 0.5, 0.8);
        let far =
            rounded_box(half, 0.2, 3).positions.into_iter().fold(DVec3::ZERO, |far, at| far.max(at.abs()));
        assert!((far - half).length() < 1e-9, "{far}");
    }
}
