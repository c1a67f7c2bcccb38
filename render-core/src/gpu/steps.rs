//! The denoiser's kernels on a device: pipelines with layouts of their own, told what to do by a slice of one uniform buffer.

use shaders::Binding;
use shaders::denoise::{DenoiseKernel, Layer, Stored};

use super::kernel::layout_with;
use super::{Buffer, Gpu, Recording};

/// One kernel, ready to be dispatched.
pub(crate) struct StepPipeline {
    inner: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    bindings: Vec<Binding>,
}

/// What a kernel works on.
pub(crate) struct StepBindings(wgpu::BindGroup);

/// Distance of two steps' slices in the uniform buffer: what every adapter allows.
pub(crate) const STEP_STRIDE: u64 = 256;

impl StepPipeline {
    /// Compiles a kernel.
    pub(crate) fn build(gpu: &Gpu, kernel: DenoiseKernel, stored: Stored) -> Self {
        let bindings = kernel.bindings(stored);
        let layout = layout_with(gpu, &bindings, 0, true);
        let pipeline_layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(kernel.name()),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(kernel.name()),
            source: wgpu::ShaderSource::Wgsl(kernel.source(stored).into()),
        });
        let inner = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(kernel.name()),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Every kernel fills what it reads.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Self { inner, layout, bindings }
    }

    /// Binds buffers by the names that the kernel gives them; `steps` holds what each step is told.
    ///
    /// # Panics
    /// When a name is missing, which is a mistake in this crate.
    pub(crate) fn bind(&self, gpu: &Gpu, steps: &Buffer, buffers: &[(&str, &Buffer)]) -> StepBindings {
        let entry = |binding: &Binding| {
            let resource = if binding.binding == 0 {
                wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer: &steps.inner,
                    offset: 0,
                    size: wgpu::BufferSize::new(size_of::<Layer>() as u64),
                })
            } else {
                let found = buffers.iter().find(|(name, _)| *name == binding.name);
                let (_, buffer) = found.unwrap_or_else(|| panic!("nothing is bound to {}", binding.name));
                buffer.inner.as_entire_binding()
            };
            wgpu::BindGroupEntry { binding: binding.binding, resource }
        };
        let entries: Vec<_> = self.bindings.iter().map(entry).collect();
        StepBindings(gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &self.layout,
            entries: &entries,
        }))
    }
}

impl Recording {
    /// One step, told what to do by the slice of this number.
    pub(crate) fn step(
        &mut self,
        pipeline: &StepPipeline,
        bindings: &StepBindings,
        slice: usize,
        [x, y, z]: [u32; 3],
    ) {
        let mut pass = self
            .encoder
            .begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes: None });
        pass.set_pipeline(&pipeline.inner);
        pass.set_bind_group(0, &bindings.0, &[(slice as u64 * STEP_STRIDE) as u32]);
        pass.dispatch_workgroups(x, y, z);
    }
}
