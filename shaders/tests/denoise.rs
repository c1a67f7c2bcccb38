//! Every kernel of the denoiser is valid WGSL on the least capable device, and its host struct is its device struct.

use naga::valid::{Capabilities, ShaderStages, SubgroupOperationSet, ValidationFlags, Validator};
use naga::{AddressSpace, Module, TypeInner};
use shaders::denoise::{DenoiseKernel, Layer, Matrices, Source, Stored, Work};

/// What matrix units multiply: NVIDIA's and AMD's, software Vulkan's, Apple's.
const MATRICES: [Matrices; 3] = [
    Matrices { side: 16, factors: Stored::Half, lanes: 32 },
    Matrices { side: 8, factors: Stored::Half, lanes: 8 },
    Matrices { side: 8, factors: Stored::Full, lanes: 32 },
];

fn kernels() -> Vec<(DenoiseKernel, Stored)> {
    let mut kernels = vec![
        DenoiseKernel::Prepare,
        DenoiseKernel::Pool,
        DenoiseKernel::GuardNoise,
        DenoiseKernel::GuardTrust,
        DenoiseKernel::GuardEnergy,
        DenoiseKernel::GuardGive,
    ];
    kernels.extend([true, false].map(|lanes| DenoiseKernel::Head { lanes }));
    for source in [Source::Plain, Source::Pooled, Source::Joined] {
        let matrices = MATRICES
            .into_iter()
            .flat_map(|units| (1..=4).map(move |groups| Work::Matrices { units, groups }));
        let works = (1..=4).map(|groups| Work::Tiles { groups }).chain([Work::Lanes]).chain(matrices);
        kernels.extend(works.map(|work| DenoiseKernel::Convolution { source, work }));
    }
    for taps in [9, 25] {
        kernels.extend([
            DenoiseKernel::Pyramid { taps },
            DenoiseKernel::Level { taps },
            DenoiseKernel::Finish { taps },
        ]);
    }
    kernels
        .into_iter()
        .flat_map(|kernel| [Stored::Half, Stored::Full].map(|stored| (kernel, stored)))
        .collect()
}

fn parsed(kernel: DenoiseKernel, stored: Stored) -> Module {
    let source = kernel.source(stored);
    naga::front::wgsl::parse_str(&source).unwrap_or_else(|fault| panic!("{}", fault.emit_to_string(&source)))
}

#[test]
fn every_kernel_is_valid_and_asks_for_no_more_than_every_device_has() {
    for (kernel, stored) in kernels() {
        let module = parsed(kernel, stored);
        // Packing halves into words is in WebGPU without extension; naga counts it because OpenGL ES may lack it.
        let mut able = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
        if matches!(
            kernel,
            DenoiseKernel::Head { lanes: true } | DenoiseKernel::Convolution { work: Work::Lanes, .. }
        ) {
            able |= Capabilities::SUBGROUP;
        }
        let mut memory = 16 << 10;
        if let DenoiseKernel::Convolution { work: Work::Matrices { units, .. }, .. } = kernel {
            able |= Capabilities::SUBGROUP | Capabilities::COOPERATIVE_MATRIX | Capabilities::SHADER_FLOAT16;
            memory = units.workgroup_bytes();
        }
        let mut validator = Validator::new(ValidationFlags::all(), able);
        validator.subgroup_stages(ShaderStages::COMPUTE).subgroup_operations(SubgroupOperationSet::all());
        if let Err(fault) = validator.validate(&module) {
            panic!("{kernel:?}: {}", fault.emit_to_string(&kernel.source(stored)));
        }
        let held: u32 = module
            .global_variables
            .iter()
            .filter(|(_, global)| global.space == AddressSpace::WorkGroup)
            .map(|(_, global)| module.types[global.ty].inner.size(module.to_ctx()))
            .sum();
        assert!(held <= memory, "{kernel:?} holds {held} bytes");
        let storage = module
            .global_variables
            .iter()
            .filter(|(_, global)| matches!(global.space, AddressSpace::Storage { .. }))
            .count();
        // What WebGPU has without asking.
        assert!(storage <= 8, "{kernel:?} declares {storage} storage buffers");
        let threads: u32 = module.entry_points[0].workgroup_size.iter().product();
        assert!(threads <= 256, "{kernel:?} has {threads} threads");
    }
}

#[test]
fn nothing_is_left_to_be_written_out() {
    for (kernel, stored) in kernels() {
        assert!(!kernel.source(stored).contains("/*"), "{kernel:?}");
    }
}

#[test]
fn host_layer_equals_device_layer() {
    let module = parsed(DenoiseKernel::Finish { taps: 25 }, Stored::Half);
    let (_, ty) =
        module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Layer")).expect("struct exists");
    let TypeInner::Struct { members, span } = &ty.inner else { panic!("Layer is a struct") };
    assert_eq!(*span as usize, size_of::<Layer>());
    // All fields are four bytes, so equal names in equal order are equal places.
    let names: Vec<_> = members.iter().filter_map(|member| member.name.as_deref()).collect();
    let host = format!("{:?}", Layer::default());
    let host: Vec<_> =
        host.split(['{', ',']).skip(1).filter_map(|field| field.split(':').next()).map(str::trim).collect();
    assert_eq!(names, host);
    assert!(members.iter().enumerate().all(|(index, member)| member.offset as usize == 4 * index));
}
