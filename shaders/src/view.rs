//! How the viewer shows a picture: its shader and the host twins of the two structs that it reads.

use bytemuck::{Pod, Zeroable};

/// Vertex and fragment shader: entry points `corner` and `shade`.
pub const PICTURE: &str =
    concat!(include_str!("../view/picture.wgsl"), include_str!("../view/unconfigured.wgsl"));
/// [`View::transform`] of a view that is not built in.
pub const CONFIGURED: u32 = 5;

/// The same for a view that is not built in: with its own `fn configured(rgb: vec3<f32>) -> vec3<f32>`, whose resources are in group 2.
pub fn configured(wgsl: &str) -> String {
    format!("{}\n{wgsl}", include_str!("../view/picture.wgsl"))
}

/// How all squares of a picture are shown.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct View {
    /// Picture coordinates of the viewport's upper left corner, pixels.
    pub origin: [f32; 2],
    /// Screen pixels of the viewport.
    pub viewport: [f32; 2],
    /// Picture pixels per screen pixel.
    pub step: f32,
    /// Factor on light.
    pub gain: f32,
    /// 1 / gamma.
    pub inverse_gamma: f32,
    /// Where the second picture begins: along `across`, from the picture's corner, picture pixels.
    pub wipe: f32,
    /// 0 AgX, 1 Khronos PBR Neutral, 2 sRGB, 3 raw, 4 false colour, 5 what `configured` says.
    pub transform: u32,
    /// 0 colour, 1 to 4 red, green, blue, alpha, 5 luminance.
    pub channel: u32,
    /// 0 the first picture, 1 the second, 2 a wipe.
    pub mode: u32,
    /// Texels per screen pixel and axis, 1 or more.
    pub taps: u32,
    /// 1 when the screen's format encodes sRGB by itself.
    pub encodes: u32,
    /// 1 when a pixel whose four values are 0 has nothing in it.
    pub has_holes: u32,
    /// Grey of such pixels, as the screen shows it.
    pub ground: f32,
    /// What is added to light after the gain.
    pub offset: f32,
    /// The direction into the second picture, of length 1.
    pub across: [f32; 2],
}

/// Where a square of a picture lies in it and how coarse it is, pixels of the picture.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
pub struct Square {
    /// Upper left corner.
    pub origin: [f32; 2],
    /// Columns and rows.
    pub size: [f32; 2],
    /// Edge of a texel.
    pub texel: f32,
    /// So that it is as long as the shader's.
    pub padding: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structs_lie_as_the_shader_reads_them() {
        let module = naga::front::wgsl::parse_str(PICTURE).expect("the shader is well formed");
        let size = |name: &str| {
            let found = module.types.iter().find(|(_, kind)| kind.name.as_deref() == Some(name));
            let (_, kind) = found.expect("the shader has it");
            let naga::TypeInner::Struct { members, span } = &kind.inner else { unreachable!("a struct") };
            (*span as usize, members.iter().map(|member| member.offset as usize).collect::<Vec<_>>())
        };
        let (view, offsets) = size("View");
        assert_eq!(view, size_of::<View>());
        let last = std::mem::offset_of!(View, across);
        let middle = std::mem::offset_of!(View, transform);
        assert_eq!((offsets[6], offsets.last().copied()), (middle, Some(last)));
        let (square, offsets) = size("Square");
        assert_eq!((square, offsets[2]), (size_of::<Square>(), std::mem::offset_of!(Square, texel)));
    }
}
