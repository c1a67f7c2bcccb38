//! Noise that textures and shapes are made of: gradient noise (Perlin 2002) and cells (Worley 1996), hashed anew here.

use glam::{Vec2, Vec3};

use crate::rng::mix;

/// A field of random numbers; two seeds have nothing to do with each other.
#[derive(Clone, Copy, Debug)]
pub struct Noise(pub u64);

/// The nearest cell point to a place.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Distance to the nearest point.
    pub near: f32,
    /// Distance to the second nearest.
    pub second: f32,
    /// Random number of the nearest point's cell, in [0, 1).
    pub id: f32,
}

impl Noise {
    /// Random bits of a lattice point.
    fn bits(self, x: i32, y: i32, z: i32) -> u64 {
        let along = |value: i32, prime: u64| (value as u64).wrapping_mul(prime);
        mix(self.0
            ^ along(x, 0x9e37_79b9_7f4a_7c15)
            ^ along(y, 0xc2b2_ae3d_27d4_eb4f)
            ^ along(z, 0x1656_67b1_9e37_79f9))
    }

    /// A number in [0, 1) for each lattice point.
    pub fn at(self, x: i32, y: i32) -> f32 {
        (self.bits(x, y, 0) >> 40) as f32 / (1 << 24) as f32
    }

    /// Gradient noise, about -1 to 1.
    pub fn gradient(self, p: Vec3) -> f32 {
        let base = p.floor();
        let (cell, f) = (base.as_ivec3(), p - base);
        let s = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
        let corner = |dx: i32, dy: i32, dz: i32| {
            let bits = self.bits(cell.x + dx, cell.y + dy, cell.z + dz);
            let byte = |at: u32| ((bits >> at) & 0xff) as f32 / 127.5 - 1.0;
            Vec3::new(byte(0), byte(8), byte(16)).dot(f - Vec3::new(dx as f32, dy as f32, dz as f32))
        };
        let mixed = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let plane = |dz: i32| {
            mixed(
                mixed(corner(0, 0, dz), corner(1, 0, dz), s.x),
                mixed(corner(0, 1, dz), corner(1, 1, dz), s.x),
                s.y,
            )
        };
        mixed(plane(0), plane(1), s.z) * 1.2
    }

    /// Octaves of [`Self::gradient`], each twice as fine and half as strong.
    pub fn fractal(self, p: Vec3, octaves: u32) -> f32 {
        let (mut sum, mut scale) = (0.0, 1.0);
        for octave in 0..octaves {
            sum += Self(self.0.wrapping_add(u64::from(octave))).gradient(p / scale) * scale;
            scale *= 0.5;
        }
        sum
    }

    /// Cells around jittered points, one in each unit square.
    pub fn cells(self, p: Vec2) -> Cell {
        let base = p.floor().as_ivec2();
        let mut found = Cell { near: f32::INFINITY, second: f32::INFINITY, id: 0.0 };
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (x, y) = (base.x + dx, base.y + dy);
                let bits = self.bits(x, y, 1);
                let part = |at: u32| ((bits >> at) & 0xffff) as f32 / 65536.0;
                let distance = (Vec2::new(x as f32 + part(0), y as f32 + part(16)) - p).length();
                if distance < found.near {
                    found = Cell { near: distance, second: found.near, id: part(32) };
                } else {
                    found.second = found.second.min(distance);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_no_jumps_and_stays_bounded() {
        let noise = Noise(5);
        for step in 0..2000 {
            let p = Vec3::new(step as f32 * 0.013 - 9.0, 0.4, 7.1);
            let (a, b) = (noise.gradient(p), noise.gradient(p + Vec3::X * 1e-3));
            assert!((a - b).abs() < 0.02 && a.abs() < 2.5, "{a} {b}");
        }
    }

    #[test]
    fn nearest_cell_is_nearer_than_the_second() {
        let noise = Noise(9);
        for step in 0..500 {
            let cell = noise.cells(Vec2::new(step as f32 * 0.37, step as f32 * 0.11));
            assert!(cell.near <= cell.second && cell.near < 1.5, "{cell:?}");
        }
    }
}
