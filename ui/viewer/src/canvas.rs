//! The one module that speaks to the GPU: pictures as textures, and the picture drawn by our own shader.
//!
//! A picture is cut into squares, so that one larger than a texture may be can be shown, only what is seen is uploaded, and a tile that
//! grows touches nothing but itself. Light stays what the file holds: halves where all its numbers are halves, else floats. The
//! shader (`shaders/view/picture.wgsl`) does the rest.

use std::collections::HashMap;

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait};
use eframe::{CreationContext, egui};
use frame::TileRect;
use shaders::view::{PICTURE, Square, View};
use wgpu::util::DeviceExt;

use crate::picture::Picture;

/// Edge of a square, pixels: 16 MiB of floats.
const EDGE_PX: u32 = 1024;
/// Pixels that are uploaded before the next frame is shown.
const UPLOAD_PX_MAX: usize = 16 << 20;

/// Which of two pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first, A.
    First,
    /// The second, B.
    Second,
}

/// A layer of a picture that is to be on the GPU; another `stamp` says that everything in it is new.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// Which of its layers.
    pub layer: usize,
    /// Tells pictures apart.
    pub stamp: u64,
}

/// The picture's place on the GPU.
pub struct Canvas {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    view: wgpu::Buffer,
    view_group: wgpu::BindGroup,
    square_layout: wgpu::BindGroupLayout,
    /// Stands where a picture has no pixels.
    nothing: wgpu::TextureView,
    squares: HashMap<(u32, u32), OnGpu>,
    held: [Option<(u64, usize)>; 2],
    encodes: bool,
}

struct OnGpu {
    textures: [Option<wgpu::Texture>; 2],
    group: wgpu::BindGroup,
}

impl Canvas {
    /// On the window's own device.
    ///
    /// # Errors
    /// A sentence when the window is not drawn by a GPU that we know.
    pub fn new(context: &CreationContext<'_>) -> Result<Self, String> {
        let state = context.wgpu_render_state.as_ref().ok_or("the window has no GPU device")?;
        let (device, queue) = (state.device.clone(), state.queue.clone());
        let view = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("how the picture is shown"),
            size: size_of::<View>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let view_layout = layout(&device, &[uniform(0)]);
        let square_layout = layout(&device, &[uniform(0), texture(1), texture(2)]);
        let view_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("how the picture is shown"),
            layout: &view_layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: view.as_entire_binding() }],
        });
        let pipeline = pipeline(&device, &[Some(&view_layout), Some(&square_layout)], state.target_format);
        let nothing = new_texture(&device, 1, 1, wgpu::TextureFormat::Rgba16Float);
        Ok(Self {
            pipeline,
            view,
            view_group,
            square_layout,
            nothing: nothing.create_view(&wgpu::TextureViewDescriptor::default()),
            squares: HashMap::new(),
            held: [None; 2],
            encodes: state.target_format.is_srgb(),
            device,
            queue,
        })
    }

    /// Draws what is seen of one or two pictures into a rectangle of the window; false while parts of it are still to be uploaded.
    pub fn draw(
        &mut self,
        painter: &egui::Painter,
        rect: egui::Rect,
        shown: [Option<Shown<'_>>; 2],
        mut view: View,
    ) -> bool {
        for side in 0..2 {
            let asked = shown[side].map(|shown| (shown.stamp, shown.layer));
            if self.held[side] != asked {
                self.squares.values_mut().for_each(|square| square.textures[side] = None);
                self.held[side] = asked;
                if asked.is_none() {
                    self.squares.clear();
                }
            }
        }
        view.encodes = u32::from(self.encodes);
        let end = [0, 1].map(|axis| view.origin[axis] + view.viewport[axis] * view.step);
        let size = shown.iter().flatten().fold([0, 0], |size, shown| {
            [size[0].max(shown.picture.width), size[1].max(shown.picture.height)]
        });
        let (mut groups, mut uploaded, mut is_whole) = (Vec::new(), 0, true);
        for (column, row) in seen(view.origin, end, size) {
            if uploaded >= UPLOAD_PX_MAX && shown_misses(&self.squares, &shown, (column, row)) {
                is_whole = false;
                continue;
            }
            uploaded += self.prepare((column, row), &shown, size);
            groups.push(self.squares[&(column, row)].group.clone());
        }
        self.queue.write_buffer(&self.view, 0, bytemuck::bytes_of(&view));
        let paint = Paint { pipeline: self.pipeline.clone(), view: self.view_group.clone(), groups };
        painter.add(Callback::new_paint_callback(rect, paint));
        is_whole
    }

    /// Uploads a rectangle that has changed, wherever it is on the GPU already.
    pub fn update(&self, side: Side, shown: Shown<'_>, rect: TileRect) {
        if self.held[side as usize] != Some((shown.stamp, shown.layer)) {
            return;
        }
        for (&(column, row), square) in &self.squares {
            let Some(texture) = &square.textures[side as usize] else { continue };
            let whole = part((column, row), [shown.picture.width, shown.picture.height]);
            let changed = whole.intersection(rect);
            if changed.pixels() > 0 {
                self.write(texture, shown, changed, (changed.x - whole.x, changed.y - whole.y));
            }
        }
    }

    /// Makes a square ready to be drawn; says how many pixels that took.
    fn prepare(&mut self, at: (u32, u32), shown: &[Option<Shown<'_>>; 2], size: [u32; 2]) -> usize {
        if !shown_misses(&self.squares, shown, at) {
            return 0;
        }
        let mut uploaded = 0;
        let mut textures = self.squares.remove(&at).map_or([None, None], |square| square.textures);
        for (texture, shown) in textures.iter_mut().zip(shown) {
            let Some(shown) = shown.filter(|_| texture.is_none()) else { continue };
            let rect = part(at, [shown.picture.width, shown.picture.height]);
            if rect.pixels() == 0 {
                continue;
            }
            let is_half = shown.picture.layers[shown.layer].is_half();
            let format =
                if is_half { wgpu::TextureFormat::Rgba16Float } else { wgpu::TextureFormat::Rgba32Float };
            let made = new_texture(&self.device, rect.width, rect.height, format);
            self.write(&made, shown, rect, (0, 0));
            uploaded += rect.pixels();
            *texture = Some(made);
        }
        let square = self.bound(at, textures, size);
        self.squares.insert(at, square);
        uploaded
    }

    fn bound(&self, at: (u32, u32), textures: [Option<wgpu::Texture>; 2], size: [u32; 2]) -> OnGpu {
        let rect = part(at, size);
        let square =
            Square { origin: [rect.x as f32, rect.y as f32], size: [rect.width as f32, rect.height as f32] };
        let buffer = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("where a square lies"),
            contents: bytemuck::bytes_of(&square),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let views = textures.each_ref().map(|texture| {
            let view =
                texture.as_ref().map(|texture| texture.create_view(&wgpu::TextureViewDescriptor::default()));
            view.unwrap_or_else(|| self.nothing.clone())
        });
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("a square of the picture"),
            layout: &self.square_layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&views[0]) },
                wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::TextureView(&views[1]) },
            ],
        });
        OnGpu { textures, group }
    }

    fn write(&self, texture: &wgpu::Texture, shown: Shown<'_>, rect: TileRect, (x, y): (u32, u32)) {
        let (layer, width) = (&shown.picture.layers[shown.layer], shown.picture.width);
        let size = wgpu::Extent3d { width: rect.width, height: rect.height, depth_or_array_layers: 1 };
        let target = wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        };
        let rows = |texel_bytes: u32| wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(texel_bytes * rect.width),
            rows_per_image: Some(rect.height),
        };
        match texture.format() {
            wgpu::TextureFormat::Rgba16Float => {
                let texels = layer.rgba_half(width, rect);
                self.queue.write_texture(target, bytemuck::cast_slice(&texels), rows(8), size);
            }
            _ => {
                let texels = layer.rgba(width, rect);
                self.queue.write_texture(target, bytemuck::cast_slice(&texels), rows(16), size);
            }
        }
    }
}

/// Whether drawing a square would need an upload.
fn shown_misses(
    squares: &HashMap<(u32, u32), OnGpu>,
    shown: &[Option<Shown<'_>>; 2],
    at: (u32, u32),
) -> bool {
    let Some(square) = squares.get(&at) else { return true };
    let has_pixels = |shown: &Shown<'_>| part(at, [shown.picture.width, shown.picture.height]).pixels() > 0;
    (0..2).any(|side| shown[side].as_ref().is_some_and(has_pixels) && square.textures[side].is_none())
}

/// Squares of a picture of this size between two of its places, those in the middle first.
fn seen(start: [f32; 2], end: [f32; 2], size: [u32; 2]) -> Vec<(u32, u32)> {
    let range = |axis: usize| {
        let count = size[axis].div_ceil(EDGE_PX);
        let square = |place: f32| (place / EDGE_PX as f32).max(0.0);
        (square(start[axis]).floor() as u32).min(count)..(square(end[axis]).ceil() as u32).min(count)
    };
    let (columns, rows) = (range(0), range(1));
    let middle = [columns.start + columns.end, rows.start + rows.end].map(i64::from);
    let mut all: Vec<_> = rows.flat_map(|row| columns.clone().map(move |column| (column, row))).collect();
    let away = |at: u32, middle: i64| (2 * i64::from(at) + 1 - middle).pow(2);
    all.sort_by_key(|&(column, row)| away(column, middle[0]) + away(row, middle[1]));
    all
}

/// The pixels of a square; none where the picture has ended.
fn part((column, row): (u32, u32), size: [u32; 2]) -> TileRect {
    let (x, y) = (column * EDGE_PX, row * EDGE_PX);
    let side = |start: u32, size: u32| size.saturating_sub(start).min(EDGE_PX);
    TileRect { x, y, width: side(x, size[0]), height: side(y, size[1]) }
}

struct Paint {
    pipeline: wgpu::RenderPipeline,
    view: wgpu::BindGroup,
    groups: Vec<wgpu::BindGroup>,
}

impl CallbackTrait for Paint {
    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.view, &[]);
        for group in &self.groups {
            pass.set_bind_group(1, group, &[]);
            pass.draw(0..4, 0..1);
        }
    }
}

fn pipeline(
    device: &wgpu::Device,
    layouts: &[Option<&wgpu::BindGroupLayout>],
    format: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    let label = Some("picture");
    let source = wgpu::ShaderSource::Wgsl(PICTURE.into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: layouts,
        immediate_size: 0,
    });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label,
        layout: Some(&layout),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            buffers: &[],
            compilation_options: wgpu::PipelineCompilationOptions::default(),
        },
        primitive: wgpu::PrimitiveState {
            topology: wgpu::PrimitiveTopology::TriangleStrip,
            ..wgpu::PrimitiveState::default()
        },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("shade"),
            targets: &[Some(format.into())],
            compilation_options: wgpu::PipelineCompilationOptions::default(),
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn new_texture(device: &wgpu::Device, width: u32, height: u32, format: wgpu::TextureFormat) -> wgpu::Texture {
    device.create_texture(&wgpu::TextureDescriptor {
        label: Some("a square of the picture"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    })
}

fn layout(device: &wgpu::Device, entries: &[wgpu::BindGroupLayoutEntry]) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("picture"), entries })
}

fn uniform(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::VERTEX_FRAGMENT, ty, count: None }
}

fn texture(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: false },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    wgpu::BindGroupLayoutEntry { binding, visibility: wgpu::ShaderStages::FRAGMENT, ty, count: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_cover_the_picture_once() {
        let size = [2500, 1030];
        let all = seen([-10.0, -10.0], [9000.0, 9000.0], size);
        assert_eq!(all.len(), 6);
        assert_eq!(all.iter().map(|at| part(*at, size).pixels()).sum::<usize>(), 2500 * 1030);
    }

    #[test]
    fn only_what_is_seen_is_drawn_from_the_middle_outwards() {
        let size = [16384, 16384];
        let near = seen([5000.0, 3000.0], [5100.0, 3080.0], size);
        assert_eq!(near, [(4, 2), (4, 3)]);
        let all = seen([0.0, 0.0], [16384.0, 16384.0], size);
        assert_eq!(all.len(), 256);
        assert!([(7, 7), (7, 8), (8, 7), (8, 8)].contains(&all[0]), "{:?}", all[0]);
        assert!(seen([20000.0, 0.0], [21000.0, 9.0], size).is_empty());
    }
}
