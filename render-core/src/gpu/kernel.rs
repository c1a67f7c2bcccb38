//! Pipelines and bind groups, made from what the kernels' text declares.

use shaders::{Binding, BindingKind, Kernel};

use super::{Buffer, Gpu, GpuFault, Picture};

/// All kernels of the path tracer, compiled for one device.
pub(crate) struct KernelSet {
    pub(crate) generate: Pipeline,
    pub(crate) extend: Pipeline,
    pub(crate) shade: Pipeline,
    pub(crate) shadow: Pipeline,
    pub(crate) next_rays: Pipeline,
    pub(crate) next_shadows: Pipeline,
    pub(crate) resolve: Pipeline,
    pub(crate) rank: Pipeline,
    shared: wgpu::BindGroupLayout,
    advance: wgpu::BindGroupLayout,
}

/// One entry point, ready to be dispatched.
pub(crate) struct Pipeline {
    inner: wgpu::ComputePipeline,
    /// Whether it also writes the dispatch sizes (bind group 1).
    writes_dispatches: bool,
}

/// What the kernels work on.
pub(crate) struct Bindings {
    shared: wgpu::BindGroup,
    dispatches: wgpu::BindGroup,
}

impl KernelSet {
    /// Compiles all kernels.
    pub(crate) fn build(gpu: &Gpu) -> Result<Self, GpuFault> {
        let shared = layout(gpu, &shaders::SHADE.bindings(gpu.arrays), 0);
        let advance = layout(gpu, &shaders::ADVANCE.bindings(gpu.arrays), 1);
        let groups = [Some(&shared), Some(&advance)];
        let descriptor = |groups| wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: groups,
            immediate_size: 0,
        };
        let plain = gpu.device.create_pipeline_layout(&descriptor(&groups[..1]));
        let advancing = gpu.device.create_pipeline_layout(&descriptor(&groups));
        let compile = |kernel: &Kernel| module(gpu, kernel);
        let main = |kernel: &Kernel| pipeline(gpu, &plain, &compile(kernel), kernel.name, "main", false);
        let advance_module = compile(&shaders::ADVANCE);
        let step = |entry| pipeline(gpu, &advancing, &advance_module, "advance", entry, true);
        let set = Self {
            generate: main(&shaders::GENERATE),
            extend: main(&shaders::EXTEND),
            shade: main(&shaders::SHADE),
            shadow: main(&shaders::SHADOW),
            next_rays: step("next_rays"),
            next_shadows: step("next_shadows"),
            resolve: main(&shaders::RESOLVE),
            rank: pipeline(gpu, &plain, &compile(&shaders::RESOLVE), "rank", "rank", false),
            shared,
            advance,
        };
        gpu.check()?;
        Ok(set)
    }

    /// Binds buffers and pictures by the names that the kernels give them.
    ///
    /// # Panics
    /// When a name is missing, which is a mistake in this crate.
    pub(crate) fn bind(
        &self,
        gpu: &Gpu,
        buffers: &[(&str, &Buffer)],
        pictures: &[(&str, &Picture)],
        dispatches: &Buffer,
    ) -> Bindings {
        let bindings = shaders::SHADE.bindings(gpu.arrays);
        let entries: Vec<_> = bindings
            .iter()
            .filter(|binding| binding.group == 0)
            .map(|binding| wgpu::BindGroupEntry {
                binding: binding.binding,
                resource: resource(binding, buffers, pictures),
            })
            .collect();
        let group = |layout, entries: &[_]| {
            gpu.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries })
        };
        let advance = [wgpu::BindGroupEntry { binding: 0, resource: dispatches.inner.as_entire_binding() }];
        Bindings { shared: group(&self.shared, &entries), dispatches: group(&self.advance, &advance) }
    }
}

impl Pipeline {
    pub(super) fn bind(&self, pass: &mut wgpu::ComputePass<'_>, bindings: &Bindings) {
        pass.set_pipeline(&self.inner);
        pass.set_bind_group(0, &bindings.shared, &[]);
        if self.writes_dispatches {
            pass.set_bind_group(1, &bindings.dispatches, &[]);
        }
    }
}

fn resource<'a>(
    binding: &Binding,
    buffers: &[(&str, &'a Buffer)],
    pictures: &[(&str, &'a Picture)],
) -> wgpu::BindingResource<'a> {
    let buffer = buffers.iter().find(|(name, _)| *name == binding.name);
    let picture = pictures.iter().find(|(name, _)| *name == binding.name);
    match (buffer, picture) {
        (Some((_, buffer)), _) => buffer.inner.as_entire_binding(),
        (_, Some((_, picture))) => wgpu::BindingResource::TextureView(&picture.view),
        _ => panic!("nothing is bound to {}", binding.name),
    }
}

fn layout(gpu: &Gpu, bindings: &[Binding], group: u32) -> wgpu::BindGroupLayout {
    layout_with(gpu, bindings, group, false)
}

/// The layout of a group; `sliced`: its uniform buffer is bound in slices.
pub(super) fn layout_with(
    gpu: &Gpu,
    bindings: &[Binding],
    group: u32,
    sliced: bool,
) -> wgpu::BindGroupLayout {
    let buffer = |ty| wgpu::BindingType::Buffer {
        ty,
        has_dynamic_offset: sliced && ty == wgpu::BufferBindingType::Uniform,
        min_binding_size: None,
    };
    let texture = |view_dimension| wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: false },
        view_dimension,
        multisampled: false,
    };
    let entries: Vec<_> = bindings
        .iter()
        .filter(|binding| binding.group == group)
        .map(|binding| wgpu::BindGroupLayoutEntry {
            binding: binding.binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: match binding.kind {
                BindingKind::Uniform => buffer(wgpu::BufferBindingType::Uniform),
                BindingKind::StorageRead => buffer(wgpu::BufferBindingType::Storage { read_only: true }),
                BindingKind::StorageWrite => buffer(wgpu::BufferBindingType::Storage { read_only: false }),
                BindingKind::TextureArray => texture(wgpu::TextureViewDimension::D2Array),
                BindingKind::Texture => texture(wgpu::TextureViewDimension::D2),
                BindingKind::WordTexture => wgpu::BindingType::StorageTexture {
                    access: wgpu::StorageTextureAccess::ReadOnly,
                    format: super::WORD_FORMAT,
                    view_dimension: wgpu::TextureViewDimension::D2,
                },
            },
            count: None,
        })
        .collect();
    gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries })
}

fn module(gpu: &Gpu, kernel: &Kernel) -> wgpu::ShaderModule {
    gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(kernel.name),
        source: wgpu::ShaderSource::Wgsl(kernel.source(gpu.arrays).into()),
    })
}

fn pipeline(
    gpu: &Gpu,
    layout: &wgpu::PipelineLayout,
    module: &wgpu::ShaderModule,
    label: &str,
    entry_point: &str,
    writes_dispatches: bool,
) -> Pipeline {
    let inner = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(label),
        layout: Some(layout),
        module,
        entry_point: Some(entry_point),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    Pipeline { inner, writes_dispatches }
}
