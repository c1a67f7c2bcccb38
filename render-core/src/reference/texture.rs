//! What a texture shows at a place: the last lines of section 4 of `docs/rendering.md`.

use glam::{Vec2, Vec3, Vec3A, Vec4};

use crate::lights::linear_from_coded;
use crate::scene::{Texture, TextureRef, Wrap};

/// Linear RGBA where `uv` (before the slot's transform) falls.
pub(super) fn look_up(texture: &Texture, slot: &TextureRef, uv: Vec2) -> Vec4 {
    let turned = slot.uv_transform * Vec3A::new(uv.x, uv.y, 1.0);
    let size = Vec2::new(texture.width as f32, texture.height as f32);
    let place = Vec2::new(turned.x, turned.y) * size;
    if slot.nearest {
        let corner = place.floor();
        return texel(texture, slot, corner.x as i64, corner.y as i64);
    }
    let corner = (place - 0.5).floor();
    let part = place - 0.5 - corner;
    let (x, y) = (corner.x as i64, corner.y as i64);
    let row = |y: i64| texel(texture, slot, x, y).lerp(texel(texture, slot, x + 1, y), part.x);
    row(y).lerp(row(y + 1), part.y)
}

fn texel(texture: &Texture, slot: &TextureRef, x: i64, y: i64) -> Vec4 {
    let column = wrapped(x, texture.width, slot.wrap[0]);
    let row = wrapped(y, texture.height, slot.wrap[1]);
    let [r, g, b, a] = texture.texels[row * texture.width as usize + column];
    let color = [r, g, b].map(|code| linear_from_coded(code, texture.srgb));
    Vec3::from(color).extend(f32::from(a) / 255.0)
}

fn wrapped(index: i64, size: u32, wrap: Wrap) -> usize {
    let size = i64::from(size);
    let inside = match wrap {
        Wrap::Repeat => index.rem_euclid(size),
        Wrap::Clamp => index.clamp(0, size - 1),
        Wrap::Mirror => {
            let place = index.rem_euclid(2 * size);
            if place < size { place } else { 2 * size - 1 - place }
        }
    };
    inside as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_wrap_as_asked() {
        let row = |wrap: Wrap| (-4..7).map(|index| wrapped(index, 3, wrap)).collect::<Vec<_>>();
        assert_eq!(row(Wrap::Repeat), [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(row(Wrap::Mirror), [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]);
        assert_eq!(row(Wrap::Clamp), [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn texels_blend_after_decoding() {
        let texels = vec![[0, 0, 0, 0], [255, 255, 255, 255]];
        let texture = Texture { width: 2, height: 1, srgb: true, texels };
        let slot = TextureRef {
            texture: 0,
            uv_set: 0,
            uv_transform: glam::Mat3A::IDENTITY,
            wrap: [Wrap::Clamp; 2],
            nearest: false,
        };
        assert!(look_up(&texture, &slot, Vec2::new(0.5, 0.3)).abs_diff_eq(Vec4::splat(0.5), 1e-6));
        assert_eq!(look_up(&texture, &slot, Vec2::new(0.1, 0.3)), Vec4::ZERO);
    }
}
