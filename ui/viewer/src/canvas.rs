//! The one module that speaks to the GPU: pictures as textures, and the picture drawn by our own shader.
//!
//! A picture is cut into squares of texels ([`crate::levels`]), so that only what is seen is uploaded, as coarsely as it is seen, and a
//! tile that grows touches nothing but itself. Squares that are not seen stay while there is room. Light stays what the file holds:
//! halves where all its numbers are halves, else floats. The shader (`shaders/view/picture.wgsl`) does the rest.

mod configured;
mod made;

use std::collections::{HashMap, HashSet};

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait};
use eframe::{CreationContext, egui};
use frame::TileRect;
use half::f16;
use shaders::view::{CONFIGURED, PICTURE, Square, View};
use wgpu::util::DeviceExt;

use crate::colour::Way;
use crate::levels::{self, Place, Source, What};
use configured::Configured;
use made::{layout, new_texture, pipeline, texture, uniform};

/// Pixels of which texels are made before the next frame is shown.
const UPLOAD_PX_MAX: usize = 16 << 20;
/// Bytes of squares that stay on the GPU, unless more is seen.
const BYTES_MAX: usize = 512 << 20;

/// Changed rectangles of a square that are told apart.
const STALE_MAX: usize = 256;

/// The picture's place on the GPU.
pub struct Canvas {
    /// Bytes of squares that stay there; what is seen stays in any case.
    pub bytes_max: usize,
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::RenderPipeline,
    /// For the configuration's view that was shown last.
    configured: Option<Configured>,
    view: wgpu::Buffer,
    view_group: wgpu::BindGroup,
    view_layout: wgpu::BindGroupLayout,
    square_layout: wgpu::BindGroupLayout,
    format: wgpu::TextureFormat,
    /// Stands where a picture has no pixels.
    nothing: wgpu::TextureView,
    squares: HashMap<(What, Place), OnGpu>,
    /// Frames that were drawn.
    turn: u64,
}

/// A square of one source.
struct OnGpu {
    texture: wgpu::Texture,
    /// Its pixels.
    part: TileRect,
    /// Pixels at its end that never came: there is nothing to show in their place yet.
    missing: Option<TileRect>,
    /// Pixels that have changed since they came.
    stale: Vec<TileRect>,
    /// The last frame in which it was drawn.
    turn: u64,
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
        let groups = [Some(&view_layout), Some(&square_layout)];
        let pipeline = pipeline(&device, PICTURE, &groups, state.target_format);
        let nothing = new_texture(&device, 1, 1, wgpu::TextureFormat::Rgba16Float);
        Ok(Self {
            bytes_max: BYTES_MAX,
            pipeline,
            configured: None,
            view,
            view_group,
            view_layout,
            square_layout,
            format: state.target_format,
            nothing: nothing.create_view(&wgpu::TextureViewDescriptor::default()),
            squares: HashMap::new(),
            turn: 0,
            device,
            queue,
        })
    }

    /// Gets ready to draw with a configuration's view; another `stamp` says that it is another one.
    ///
    /// # Errors
    /// What the GPU does not take.
    pub fn configure(&mut self, stamp: u64, way: &Way) -> Result<(), String> {
        if self.configured.as_ref().is_none_or(|configured| configured.stamp != stamp) {
            let groups = [&self.view_layout, &self.square_layout];
            let gpu = (&self.device, &self.queue);
            self.configured = Some(Configured::new(gpu, groups, self.format, (stamp, way))?);
        }
        Ok(())
    }

    /// Draws what is seen of one or two sources into a rectangle of the window; false while parts of it are still to be uploaded.
    pub fn draw(
        &mut self,
        painter: &egui::Painter,
        rect: egui::Rect,
        sources: [Option<Source<'_>>; 2],
        mut view: View,
    ) -> bool {
        self.turn += 1;
        self.forget(&sources);
        view.encodes = u32::from(self.format.is_srgb());
        let end = [0, 1].map(|axis| view.origin[axis] + view.viewport[axis] * view.step);
        let size = sources.iter().flatten().map(Source::size);
        let size = size.fold([0; 2], |most, size| [most[0].max(size[0]), most[1].max(size[1])]);
        let level = levels::level(view.step);
        let (mut budget_px, mut is_whole, mut drawn) = (UPLOAD_PX_MAX, true, Vec::new());
        for place in levels::seen(level, view.origin, end, size) {
            let mut part = place.part(size);
            for source in sources.iter().flatten() {
                let (ready, is_all) = self.prepare(source, place, &mut budget_px);
                part.height = part.height.min(ready.saturating_sub(part.y));
                is_whole &= is_all;
            }
            drawn.push((place, part));
        }
        let others = if is_whole { Vec::new() } else { self.others(&sources, level, size) };
        let all = others.into_iter().chain(drawn).filter(|(_, part)| part.pixels() > 0);
        let groups = all.map(|(place, part)| self.bound(place, part, &sources)).collect();
        self.evict();
        self.queue.write_buffer(&self.view, 0, bytemuck::bytes_of(&view));
        let configured = self.configured.as_ref().filter(|_| view.transform == CONFIGURED);
        let paint = Paint {
            pipeline: configured.map_or(&self.pipeline, |configured| &configured.pipeline).clone(),
            configured: configured.map(|configured| configured.group.clone()),
            view: self.view_group.clone(),
            groups,
        };
        painter.add(Callback::new_paint_callback(rect, paint));
        is_whole
    }

    /// Learns that a rectangle of a picture has changed; it is uploaded where and when it is seen.
    pub fn update(&mut self, stamp: u64, rect: TileRect) {
        let is_of = |what: &What| what.iter().flatten().any(|(found, _)| *found == stamp);
        for ((_, place), square) in self.squares.iter_mut().filter(|((what, _), _)| is_of(what)) {
            let changed = levels::whole_texels(rect, place.texel_px(), square.part);
            square.change(changed);
        }
    }

    /// Bytes of all squares, and how many there are.
    pub fn held(&self) -> (usize, usize) {
        (self.squares.values().map(OnGpu::bytes).sum(), self.squares.len())
    }

    /// Drops squares of pictures that are not shown any more; other layers of those that are may come back.
    fn forget(&mut self, sources: &[Option<Source<'_>>; 2]) {
        let shown = sources.iter().flatten().flat_map(Source::what).flatten();
        let stamps: HashSet<u64> = shown.map(|(stamp, _)| stamp).collect();
        self.squares.retain(|(what, _), _| what.iter().flatten().all(|(stamp, _)| stamps.contains(stamp)));
    }

    /// Drops squares that were not seen for longest, until the others fit or all of them are seen.
    fn evict(&mut self) {
        let mut bytes = self.held().0;
        if bytes <= self.bytes_max {
            return;
        }
        let unseen = self.squares.iter().filter(|(_, square)| square.turn != self.turn);
        let mut unseen: Vec<_> = unseen.map(|(key, square)| (square.turn, *key)).collect();
        unseen.sort_by_key(|(turn, _)| *turn);
        for (_, key) in unseen {
            if bytes <= self.bytes_max {
                return;
            }
            bytes -= self.squares.remove(&key).map_or(0, |square| square.bytes());
        }
    }

    /// Makes a square of a source ready, within a budget; says the row of the picture up to which it can be shown, and whether it is
    /// as it should be.
    fn prepare(&mut self, source: &Source<'_>, place: Place, budget_px: &mut usize) -> (u32, bool) {
        let (part, key) = (place.part(source.size()), (source.what(), place));
        if part.pixels() == 0 {
            return (u32::MAX, true);
        }
        let held = self.squares.remove(&key);
        if held.is_none() && *budget_px == 0 {
            return (part.y, false);
        }
        let mut square = held.unwrap_or_else(|| OnGpu::new(&self.device, source, place, part));
        square.turn = self.turn;
        while let Some(stale) = square.missing.or(square.stale.last().copied()).filter(|_| *budget_px > 0) {
            // As many rows of texels as the budget has, and at least one.
            let texel_px = place.texel_px();
            let rows = (*budget_px / stale.width as usize) as u32 / texel_px * texel_px;
            let height = rows.max(texel_px).min(stale.height);
            let band = TileRect { height, ..stale };
            self.write(&square, source, texel_px, band);
            *budget_px = budget_px.saturating_sub(band.pixels());
            let rest = TileRect { y: stale.y + height, height: stale.height - height, ..stale };
            let rest = Some(rest).filter(|rest| rest.height > 0);
            if square.missing.is_some() {
                square.missing = rest;
            } else {
                square.stale.pop();
                square.stale.extend(rest);
            }
        }
        let ready = square.missing.map_or(u32::MAX, |missing| missing.y);
        let is_all = square.missing.is_none() && square.stale.is_empty();
        self.squares.insert(key, square);
        (ready, is_all)
    }

    /// Squares of other levels, which stand for what is still to come; those that are nearest to this level come last and lie above.
    fn others(
        &self,
        sources: &[Option<Source<'_>>; 2],
        level: u32,
        size: [u32; 2],
    ) -> Vec<(Place, TileRect)> {
        let is_there = |source: &Source<'_>, place: Place| {
            let has_pixels = place.part(source.size()).pixels() > 0;
            !has_pixels
                || self.squares.get(&(source.what(), place)).is_some_and(|square| square.missing.is_none())
        };
        let places: HashSet<Place> = self.squares.keys().map(|(_, place)| *place).collect();
        let is_other = |place: &Place| place.level != level;
        let mut others: Vec<Place> = places
            .into_iter()
            .filter(|place| {
                is_other(place) && sources.iter().flatten().all(|source| is_there(source, *place))
            })
            .collect();
        others.sort_by_key(|place| (std::cmp::Reverse(place.level.abs_diff(level)), place.row, place.column));
        others.into_iter().map(|place| (place, place.part(size))).collect()
    }

    fn bound(&self, place: Place, part: TileRect, sources: &[Option<Source<'_>>; 2]) -> wgpu::BindGroup {
        let square = Square {
            origin: [part.x as f32, part.y as f32],
            size: [part.width as f32, part.height as f32],
            texel: place.texel_px() as f32,
            ..Square::default()
        };
        let buffer = self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("where a square lies"),
            contents: bytemuck::bytes_of(&square),
            usage: wgpu::BufferUsages::UNIFORM,
        });
        let views = sources.each_ref().map(|source| {
            let square = source.and_then(|source| self.squares.get(&(source.what(), place)));
            let view =
                square.map(|square| square.texture.create_view(&wgpu::TextureViewDescriptor::default()));
            view.unwrap_or_else(|| self.nothing.clone())
        });
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("a square of the picture"),
            layout: &self.square_layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::TextureView(&views[0]) },
                wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::TextureView(&views[1]) },
            ],
        })
    }

    fn write(&self, square: &OnGpu, source: &Source<'_>, texel_px: u32, rect: TileRect) {
        let (width, height) = (rect.width.div_ceil(texel_px), rect.height.div_ceil(texel_px));
        let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        let [x, y] = [rect.x - square.part.x, rect.y - square.part.y].map(|at| at / texel_px);
        let target = wgpu::TexelCopyTextureInfo {
            texture: &square.texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x, y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        };
        let rows = |texel_bytes: u32| wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(texel_bytes * width),
            rows_per_image: Some(height),
        };
        let texels = source.texels(texel_px, rect);
        match square.texture.format() {
            wgpu::TextureFormat::Rgba16Float => {
                let texels: Vec<f16> = texels.into_iter().map(f16::from_f32).collect();
                self.queue.write_texture(target, bytemuck::cast_slice(&texels), rows(8), size);
            }
            _ => self.queue.write_texture(target, bytemuck::cast_slice(&texels), rows(16), size),
        }
    }
}

impl OnGpu {
    fn new(device: &wgpu::Device, source: &Source<'_>, place: Place, part: TileRect) -> Self {
        let format = match source.is_half() {
            true => wgpu::TextureFormat::Rgba16Float,
            false => wgpu::TextureFormat::Rgba32Float,
        };
        let [width, height] = [part.width, part.height].map(|side| side.div_ceil(place.texel_px()));
        let texture = new_texture(device, width, height, format);
        Self { texture, part, missing: Some(part), stale: Vec::new(), turn: 0 }
    }

    /// Learns that pixels have changed: those of tiles that lie far apart one by one, many at once together.
    fn change(&mut self, rect: TileRect) {
        let known = self.missing.iter().chain(&self.stale);
        if rect.pixels() == 0 || known.into_iter().any(|known| known.contains(rect)) {
            return;
        }
        self.stale.push(rect);
        if self.stale.len() > STALE_MAX {
            let all = self.stale.drain(..).reduce(levels::around);
            self.stale.extend(all);
        }
    }

    fn bytes(&self) -> usize {
        let texel = if self.texture.format() == wgpu::TextureFormat::Rgba16Float { 8 } else { 16 };
        texel * self.texture.width() as usize * self.texture.height() as usize
    }
}

struct Paint {
    pipeline: wgpu::RenderPipeline,
    configured: Option<wgpu::BindGroup>,
    view: wgpu::BindGroup,
    groups: Vec<wgpu::BindGroup>,
}

impl CallbackTrait for Paint {
    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, _: &CallbackResources) {
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.view, &[]);
        if let Some(configured) = &self.configured {
            pass.set_bind_group(2, configured, &[]);
        }
        for group in &self.groups {
            pass.set_bind_group(1, group, &[]);
            pass.draw(0..4, 0..1);
        }
    }
}
