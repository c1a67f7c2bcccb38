//! Every kernel is valid WGSL, and the host's structs are the kernels' structs.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{Module, TypeInner};
use shaders::Arrays;

const WAYS: [Arrays; 2] = [Arrays::Buffers, Arrays::Pictures];

fn parsed(kernel: shaders::Kernel, arrays: Arrays) -> Module {
    let source = kernel.source(arrays);
    naga::front::wgsl::parse_str(&source).unwrap_or_else(|fault| panic!("{}", fault.emit_to_string(&source)))
}

#[test]
fn every_kernel_is_valid_on_the_least_capable_device() {
    for (kernel, arrays) in
        shaders::KERNELS.into_iter().flat_map(|kernel| WAYS.map(|arrays| (kernel, arrays)))
    {
        let module = parsed(kernel, arrays);
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        if let Err(fault) = validator.validate(&module) {
            panic!("{}: {}", kernel.name, fault.emit_to_string(&kernel.source(arrays)));
        }
        let entries: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(entries, kernel.entry_points, "{}", kernel.name);
    }
}

#[test]
fn no_kernel_asks_for_more_than_sixteen_storage_buffers() {
    for (kernel, arrays) in
        shaders::KERNELS.into_iter().flat_map(|kernel| WAYS.map(|arrays| (kernel, arrays)))
    {
        let module = parsed(kernel, arrays);
        let storage = module
            .global_variables
            .iter()
            .filter(|(_, global)| matches!(global.space, naga::AddressSpace::Storage { .. }))
            .count();
        assert!(storage <= 16, "{} declares {storage}", kernel.name);
    }
}

/// Offsets and span of a struct as naga lays it out.
fn device_layout(module: &Module, name: &str) -> (Vec<(String, u32)>, u32) {
    let (_, ty) =
        module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("struct exists");
    let TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is a struct") };
    let fields = members.iter().map(|member| (member.name.clone().expect("named"), member.offset)).collect();
    (fields, *span)
}

macro_rules! host_layout {
    ($ty:ty { $($field:ident),* $(,)? }) => {
        (
            vec![$((stringify!($field).to_owned(), std::mem::offset_of!($ty, $field) as u32)),*],
            std::mem::size_of::<$ty>() as u32,
        )
    };
}

#[test]
fn host_structs_equal_device_structs() {
    use shaders::layout::{Instance, Params, Part};
    let module = parsed(shaders::SHADE, Arrays::Buffers);
    let params = host_layout!(Params {
        camera_right,
        camera_up,
        camera_back,
        camera_eye,
        camera_lens,
        camera_iris,
        camera_shift,
        before_x,
        before_y,
        before_z,
        camera_start,
        camera_turn,
        camera_from,
        camera_to,
        frame_width,
        frame_height,
        frame,
        seed,
        max_bounces,
        flags,
        clamp_indirect,
        capacity,
        tile_x,
        tile_y,
        tile_width,
        pixel_first,
        pixel_count,
        sample_first,
        sample_count,
        root,
        light_count,
        environment_slots,
        environment_columns,
        environment_rows,
        environment_width,
        environment_height,
        p_environment,
        environment_rotation,
        environment_strength,
        scene_radius,
        p_lights,
        texture_slots,
        spare_0,
    });
    assert_eq!(device_layout(&module, "Params"), params);
    let instance = host_layout!(Instance {
        object_from_world,
        world_from_object,
        before_from_object,
        root,
        object_id,
        sweep,
        spare_0,
    });
    assert_eq!(device_layout(&module, "Instance"), instance);
    let part = host_layout!(Part {
        material,
        object_id,
        light_density,
        indices,
        normals,
        tangents,
        colors,
        before,
        uv
    });
    assert_eq!(device_layout(&module, "Part"), part);
}

/// The value of a `const` in the kernels' text.
fn device_constant(source: &str, name: &str) -> u32 {
    let start = source.find(&format!("const {name}: u32 = ")).expect("constant exists");
    let text = source[start..]
        .split('=')
        .nth(1)
        .and_then(|rest| rest.split('u').next())
        .expect("a u32 literal")
        .trim();
    text.parse().expect("decimal")
}

#[test]
fn host_constants_equal_device_constants() {
    use shaders::layout::{self, flag, material_flag, slot_bit, table};
    let source = shaders::SHADE.source(Arrays::Buffers);
    let pairs = [
        ("FLAG_SINGLE", flag::SINGLE),
        ("FLAG_BOX_FILTER", flag::BOX_FILTER),
        ("FLAG_MULTI", flag::MULTI),
        ("FLAG_ORTHOGRAPHIC", flag::ORTHOGRAPHIC),
        ("FLAG_ENVIRONMENT", flag::ENVIRONMENT),
        ("MATERIAL_MASK", material_flag::MASK),
        ("MATERIAL_BLEND", material_flag::BLEND),
        ("MATERIAL_DOUBLE_SIDED", material_flag::DOUBLE_SIDED),
        ("MATERIAL_UNLIT", material_flag::UNLIT),
        ("MATERIAL_SOLID", material_flag::SOLID),
        ("MATERIAL_LAMP", material_flag::LAMP),
        ("MATERIAL_LAYERED", material_flag::LAYERED),
        ("SLOT_NEAREST", slot_bit::NEAREST),
        ("SLOT_SRGB", slot_bit::SRGB),
        ("MATERIAL_VEC4S", layout::MATERIAL_VEC4S as u32),
        ("MATERIAL_SLOTS_AT", layout::MATERIAL_SLOTS_AT as u32),
        ("MATERIAL_SLOTS", layout::MATERIAL_SLOTS as u32),
        ("LIGHT_VEC4S", layout::LIGHT_VEC4S as u32),
        ("PATH_FIELDS", layout::PATH_FIELDS),
        ("FILM_FIELDS", layout::FILM_FIELDS as u32),
        ("RANK_FIELDS", layout::RANK_FIELDS as u32),
        ("FLAG_RANKED", flag::RANKED),
        ("FLAG_SWEEPS", flag::SWEEPS),
        ("FLAG_CAMERA_SWEEPS", flag::CAMERA_SWEEPS),
        ("FLAG_BENDS", flag::BENDS),
        ("TRIANGLE_CLOSING_SHIFT", layout::TRIANGLE_CLOSING_SHIFT),
        ("TEXEL_PAGE_BITS", layout::TEXEL_PAGE_BITS),
        ("TRIANGLE_HOLES", layout::TRIANGLE_HOLES),
        ("TRIANGLE_MIRRORED", layout::TRIANGLE_MIRRORED),
        ("STACK_SIZE", layout::STACK_SIZE as u32),
        ("TABLE_QUANTILES", table::QUANTILES as u32),
        ("TABLE_SPLIT", table::SPLIT as u32),
        ("TABLE_SPLIT_MEAN", table::SPLIT_MEAN as u32),
        ("TABLE_GLASS_ENTER", table::GLASS_ENTER as u32),
        ("TABLE_GLASS_LEAVE", table::GLASS_LEAVE as u32),
        ("TABLE_SHEEN", table::SHEEN as u32),
        ("TABLE_ENVIRONMENT", table::ENVIRONMENT as u32),
    ];
    for (name, value) in pairs {
        assert_eq!(device_constant(&source, name), value, "{name}");
    }
    let source = shaders::SHADE.source(Arrays::Pictures);
    assert_eq!(device_constant(&source, "ROW_BITS"), layout::ARRAY_ROW_BITS);
    assert_eq!(device_constant(&source, "INSTANCE_VEC4S") as usize * 16, size_of::<layout::Instance>());
}
