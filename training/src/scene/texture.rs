//! Textures: a field of heights and cell numbers from a pattern, and the pictures that are made of it.

use glam::{Vec2, Vec3};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::glyph;
use crate::noise::Noise;
use crate::rng::Rng;

/// What a field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Clouds,
    Ridges,
    Cells,
    Cracks,
    Bricks,
    Tiles,
    Checker,
    Stripes,
    Wood,
    Letters,
    Dots,
    Weave,
    Grain,
    Scratches,
}

impl Pattern {
    pub(super) const ALL: [Self; 14] = [
        Self::Clouds,
        Self::Ridges,
        Self::Cells,
        Self::Cracks,
        Self::Bricks,
        Self::Tiles,
        Self::Checker,
        Self::Stripes,
        Self::Wood,
        Self::Letters,
        Self::Dots,
        Self::Weave,
        Self::Grain,
        Self::Scratches,
    ];
}

/// A square of heights in [0, 1] and of numbers in [0, 1) that are constant in each brick, cell or letter.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pattern: Pattern,
    side: usize,
    texels: Vec<(f32, f32)>,
}

/// A square picture, 8 bits a channel.
pub(super) struct Picture {
    name: String,
    side: usize,
    texels: Vec<[u8; 4]>,
}

impl Field {
    pub(super) fn new(rng: &mut Rng, pattern: Pattern, side: usize) -> Self {
        let (noise, scale) = (Noise(rng.bits()), rng.log_between(2.0, 14.0));
        let (dirt, shift) = (if rng.chance(0.6) { rng.between(0.0, 0.4) } else { 0.0 }, rng.unit());
        let sample = |at: Vec2| {
            let (height, id) = pattern_at(pattern, noise, at, scale, shift);
            let stain = if dirt > 0.0 { noise.fractal((at * 3.0).extend(5.0), 4) * dirt } else { 0.0 };
            ((height + stain).clamp(0.0, 1.0), id)
        };
        let texel = |index: usize| {
            sample(Vec2::new((index % side) as f32 + 0.5, (index / side) as f32 + 0.5) / side as f32)
        };
        Self { pattern, side, texels: (0..side * side).map(texel).collect() }
    }

    /// Colours: the height runs along a ramp, and each cell leans to a colour of its own.
    pub(super) fn colors(&self, rng: &mut Rng) -> Picture {
        let ramp: Vec<Vec3> = (0..rng.count(2, 4)).map(|_| color(rng)).collect();
        let (lean, sharp) = (rng.between(0.0, 0.7), rng.chance(0.3));
        let own = rng.bits();
        self.picture(|height, id| {
            let place = (if sharp { (height * 4.0).round() / 4.0 } else { height }) * (ramp.len() - 1) as f32;
            let index = (place as usize).min(ramp.len() - 2);
            let base = ramp[index].lerp(ramp[index + 1], place - index as f32);
            let tint = color(&mut Rng::new(own ^ u64::from(id.to_bits())));
            base.lerp(tint, if id > 0.0 { lean } else { 0.0 }).extend(1.0).to_array()
        })
    }

    /// Green = roughness, blue = metallic, red = a mask of its own for the slots that read red.
    pub(super) fn roughness(&self, rng: &mut Rng) -> Picture {
        let (low, high) = (rng.between(0.0, 0.6), rng.between(0.3, 1.0));
        let threshold = rng.between(0.2, 0.8);
        self.picture(|height, id| {
            let metallic = if height > threshold { 1.0 } else { 0.0 };
            [height, low + (high - low) * height, metallic, 1.0 - 0.5 * id]
        })
    }

    /// Tangent-space normals of the heights.
    pub(super) fn normals(&self, rng: &mut Rng) -> Picture {
        let (strength, side) = (rng.log_between(0.5, 6.0), self.side);
        let height = |x: usize, y: usize| self.texels[(y % side) * side + x % side].0;
        let texel = |index: usize| {
            let (x, y) = (index % side, index / side);
            let slope_x = height(x + 1, y) - height(x + side - 1, y);
            let slope_y = height(x, y + 1) - height(x, y + side - 1);
            let normal = Vec3::new(-slope_x * strength, slope_y * strength, 1.0).normalize();
            let code = |value: f32| ((value * 0.5 + 0.5) * 255.0).round() as u8;
            [code(normal.x), code(normal.y), code(normal.z), 255]
        };
        Picture { name: self.name(), side, texels: (0..side * side).map(texel).collect() }
    }

    /// Colours that are only there where the field is high: an alpha of 0 or 1, or soft.
    pub(super) fn cutout(&self, rng: &mut Rng) -> Picture {
        let (front, soft, level) = (color(rng), rng.chance(0.4), rng.between(0.35, 0.6));
        self.picture(|height, id| {
            let alpha = if soft { height } else { f32::from(height > level) };
            (front * (0.6 + 0.4 * id)).extend(alpha).to_array()
        })
    }

    fn name(&self) -> String {
        format!("{:?}", self.pattern)
    }

    fn picture(&self, texel: impl Fn(f32, f32) -> [f32; 4]) -> Picture {
        let code = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        let texels = self.texels.iter().map(|&(height, id)| texel(height, id).map(code)).collect();
        Picture { name: self.name(), side: self.side, texels }
    }
}

impl Picture {
    /// A leaf with a stalk and veins on nothing: its outline is the alpha.
    pub(super) fn leaf(rng: &mut Rng, side: usize) -> Self {
        let (width, point, teeth) = (rng.between(0.25, 0.85), rng.between(0.6, 2.5), rng.count(0, 9) as f32);
        let (hue, veins) =
            (color(rng) * Vec3::new(0.6, 1.0, 0.5) + Vec3::new(0.0, 0.12, 0.0), rng.between(4.0, 12.0));
        let texel = |index: usize| {
            let (u, v) = ((index % side) as f32 / side as f32, 1.0 - (index / side) as f32 / side as f32);
            let across = (u - 0.5).abs() * 2.0;
            let along = (v * (1.0 - v) * 4.0).max(0.0).powf(point) * width;
            let edge = along * (1.0 - 0.15 * (v * teeth * 6.0).fract());
            let there = across < edge || (across < 0.03 && v < 0.3);
            let vein = across < 0.03 || ((v * veins + across * 1.5).fract() < 0.12);
            let shade = hue * if vein { 1.35 } else { 0.8 + 0.3 * v };
            let code = |value: f32| (value.clamp(0.0, 1.0) * 255.0) as u8;
            [code(shade.x), code(shade.y), code(shade.z), if there { 255 } else { 0 }]
        };
        Self { name: "Leaf".into(), side, texels: (0..side * side).map(texel).collect() }
    }

    /// The pattern that it was made of.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The picture as a PNG.
    pub(super) fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Sub);
        let side = self.side as u32;
        encoder
            .write_image(self.texels.as_flattened(), side, side, ExtendedColorType::Rgba8)
            .expect("memory takes every byte");
        bytes
    }
}

/// A colour as sRGB code values: often dull and warm as most things are, sometimes saturated, sometimes black or white.
pub(super) fn color(rng: &mut Rng) -> Vec3 {
    let value = match rng.below(10) {
        0 => rng.between(0.02, 0.12),
        1 => rng.between(0.9, 0.99),
        _ => rng.between(0.2, 0.9),
    };
    let saturation = if rng.chance(0.35) { rng.between(0.4, 1.0) } else { rng.between(0.0, 0.35) };
    let at = match rng.below(10) {
        0..4 => rng.between(0.02, 0.15),
        4 => rng.between(0.2, 0.4),
        _ => rng.unit(),
    };
    hue(at).lerp(Vec3::ONE, 1.0 - saturation) * value
}

/// A fully saturated colour of this hue in [0, 1).
pub(super) fn hue(at: f32) -> Vec3 {
    let channel = |shift: f32| (((at + shift).fract() * 6.0 - 3.0).abs() - 1.0).clamp(0.0, 1.0);
    Vec3::new(channel(0.0), channel(2.0 / 3.0), channel(1.0 / 3.0))
}

/// Height and cell number of a pattern at a place of the unit square.
fn pattern_at(pattern: Pattern, noise: Noise, at: Vec2, scale: f32, shift: f32) -> (f32, f32) {
    let p = at * scale;
    let flag = |value: bool| if value { 1.0 } else { 0.0 };
    let id = |x: f32, y: f32| noise.at(x as i32, y as i32).max(1e-3);
    match pattern {
        Pattern::Clouds => (noise.fractal(p.extend(0.0), 6) * 0.5 + 0.5, 0.0),
        Pattern::Ridges => (1.0 - noise.fractal(p.extend(0.0), 5).abs() * 1.6, 0.0),
        Pattern::Cells => {
            let cell = noise.cells(p * 1.5);
            (1.0 - cell.near, cell.id.max(1e-3))
        }
        Pattern::Cracks => {
            let cell = noise.cells(p);
            (((cell.second - cell.near) * 8.0).min(1.0), cell.id.max(1e-3))
        }
        Pattern::Bricks => {
            let row = (p.y * 2.0).floor();
            let x = p.x + 0.5 * (row as i32).rem_euclid(2) as f32;
            let (fx, fy) = (x.fract(), (p.y * 2.0).fract());
            let mortar = fx < 0.04 || fy < 0.08;
            (
                if mortar { 0.0 } else { 0.7 + 0.2 * noise.gradient((p * 6.0).extend(2.0)) },
                if mortar { 0.0 } else { id(x.floor(), row) },
            )
        }
        Pattern::Tiles => {
            let joint = p.x.fract() < 0.05 || p.y.fract() < 0.05;
            (flag(!joint) * 0.9, if joint { 0.0 } else { id(p.x.floor(), p.y.floor()) })
        }
        Pattern::Checker => (flag((p.x.floor() + p.y.floor()) as i32 % 2 == 0), 0.0),
        Pattern::Stripes => {
            let along = p.x * shift.mul_add(2.0, 1.0) + p.y * (1.0 - shift);
            (flag(along.fract() < 0.3 + 0.4 * shift), id(along.floor(), 0.0))
        }
        Pattern::Wood => {
            let warp = noise.fractal((at * Vec2::new(2.0, 9.0)).extend(1.0), 4);
            let rings = (at.y * scale * 2.0 + warp * (0.5 + shift)).fract();
            let board = (at.y * 4.0).floor();
            let pore = noise.gradient((at * Vec2::new(12.0, 220.0)).extend(3.0)) * 0.15;
            (rings * 0.7 + 0.2 + pore, id(board, (at.x * 1.5 + board * 0.37).floor()))
        }
        Pattern::Letters => letters(noise, at, scale),
        Pattern::Dots => {
            let (cell, inside) = (p.floor(), p.fract() - 0.5);
            (flag(inside.length() < 0.15 + 0.3 * shift), id(cell.x, cell.y))
        }
        Pattern::Weave => {
            let (x, y) = ((p * 8.0).fract(), (p * 8.0).floor());
            let over = (y.x + y.y) as i32 % 2 == 0;
            let across = if over { x.y } else { x.x };
            ((across * std::f32::consts::PI).sin(), if over { 0.3 } else { 0.7 })
        }
        Pattern::Grain => (noise.at((at.x * 4096.0) as i32, (at.y * 4096.0) as i32), 0.0),
        Pattern::Scratches => {
            let turned = Vec2::from_angle(shift * 6.0).rotate(at);
            let line = noise.gradient((turned * Vec2::new(3.0, 180.0)).extend(0.0));
            (flag(line > 0.35) * 0.8 + 0.1, 0.0)
        }
    }
}

/// Lines of random letters with gaps between words.
fn letters(noise: Noise, at: Vec2, scale: f32) -> (f32, f32) {
    let lines = (scale * 1.2).ceil();
    let place = Vec2::new(at.x * lines * 1.5, at.y * lines);
    let (cell, inside) = (place.floor(), place.fract());
    let which = noise.at(cell.x as i32, cell.y as i32);
    let dot = glyph::dot((which * 260.0) as usize, (inside.x * 6.0) as usize, (inside.y * 9.0) as usize);
    let printed = which > 0.18 && dot;
    (if printed { 0.0 } else { 1.0 }, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_varies_and_becomes_a_png() {
        for (index, pattern) in Pattern::ALL.into_iter().enumerate() {
            let mut rng = Rng::new(index as u64);
            let field = Field::new(&mut rng, pattern, 64);
            let heights = field.texels.iter().map(|texel| texel.0);
            let (low, high) =
                heights.fold((1.0f32, 0.0f32), |(low, high), one| (low.min(one), high.max(one)));
            assert!(high - low > 0.2, "{pattern:?} runs from {low} to {high}");
            let picture = image::load_from_memory(&field.colors(&mut rng).png()).expect("a PNG");
            assert_eq!(picture.into_rgba8().dimensions(), (64, 64));
        }
    }
}
