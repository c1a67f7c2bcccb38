//! The picture's pipeline for a view that a colour configuration describes: our shader with the configuration's own function in it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wgpu::util::DeviceExt;

use super::made::{layout, pipeline};
use crate::colour::{Table, Way};

/// On the GPU, ready to draw with.
pub(super) struct Configured {
    pub(super) stamp: u64,
    pub(super) pipeline: wgpu::RenderPipeline,
    /// Constants and tables, in group 2.
    pub(super) group: wgpu::BindGroup,
}

impl Configured {
    /// Compiles the shader and uploads its tables.
    ///
    /// # Errors
    /// What the GPU or its driver does not take, in its own words.
    pub(super) fn new(
        (device, queue): (&wgpu::Device, &wgpu::Queue),
        groups: [&wgpu::BindGroupLayout; 2],
        format: wgpu::TextureFormat,
        (stamp, way): (u64, &Way),
    ) -> Result<Self, String> {
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let mut entries: Vec<_> = way.tables.iter().map(entry).collect();
        if !way.constants.is_empty() {
            entries.push(super::made::uniform(0));
        }
        let own = layout(device, &entries);
        let group = bound(device, queue, &own, way);
        let source = shaders::view::configured(&way.wgsl);
        let pipeline = pipeline(device, &source, &[Some(groups[0]), Some(groups[1]), Some(&own)], format);
        let errors = [now(memory.pop()), now(scope.pop())];
        match errors.into_iter().flatten().next() {
            Some(error) => Err(error.to_string()),
            None => Ok(Self { stamp, pipeline, group }),
        }
    }
}

fn bound(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    layout: &wgpu::BindGroupLayout,
    way: &Way,
) -> wgpu::BindGroup {
    let label = Some("a configured view");
    let constants = (!way.constants.is_empty()).then(|| {
        let contents = way.constants.as_slice();
        let usage = wgpu::BufferUsages::UNIFORM;
        device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label, contents, usage })
    });
    let textures: Vec<_> =
        way.tables.iter().map(|table| (table.binding, uploaded(device, queue, table))).collect();
    let views: Vec<_> = textures
        .iter()
        .map(|(binding, texture)| (*binding, texture.create_view(&wgpu::TextureViewDescriptor::default())))
        .collect();
    let mut entries: Vec<_> = views
        .iter()
        .map(|(binding, view)| wgpu::BindGroupEntry {
            binding: *binding,
            resource: wgpu::BindingResource::TextureView(view),
        })
        .collect();
    entries.extend(
        constants
            .as_ref()
            .map(|buffer| wgpu::BindGroupEntry { binding: 0, resource: buffer.as_entire_binding() }),
    );
    device.create_bind_group(&wgpu::BindGroupDescriptor { label, layout, entries: &entries })
}

fn entry(table: &Table) -> wgpu::BindGroupLayoutEntry {
    let view_dimension = match table.dimensions {
        1 => wgpu::TextureViewDimension::D1,
        2 => wgpu::TextureViewDimension::D2,
        _ => wgpu::TextureViewDimension::D3,
    };
    let ty = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: false },
        view_dimension,
        multisampled: false,
    };
    let visibility = wgpu::ShaderStages::FRAGMENT;
    wgpu::BindGroupLayoutEntry { binding: table.binding, visibility, ty, count: None }
}

fn uploaded(device: &wgpu::Device, queue: &wgpu::Queue, table: &Table) -> wgpu::Texture {
    let dimension = match table.dimensions {
        1 => wgpu::TextureDimension::D1,
        2 => wgpu::TextureDimension::D2,
        _ => wgpu::TextureDimension::D3,
    };
    let [width, height, depth_or_array_layers] = table.size;
    let format = if table.is_rgba { wgpu::TextureFormat::Rgba32Float } else { wgpu::TextureFormat::R32Float };
    let descriptor = wgpu::TextureDescriptor {
        label: Some("a table of a configured view"),
        size: wgpu::Extent3d { width, height, depth_or_array_layers },
        mip_level_count: 1,
        sample_count: 1,
        dimension,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    };
    device.create_texture_with_data(queue, &descriptor, wgpu::util::TextureDataOrder::default(), &table.bytes)
}

/// What an error scope has caught: there it is known at once.
fn now(caught: impl Future<Output = Option<wgpu::Error>>) -> Option<wgpu::Error> {
    match pin!(caught).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(error) => error,
        Poll::Pending => None,
    }
}
