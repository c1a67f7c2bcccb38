//! Which of an adapter's arithmetic units the denoiser uses: docs/decisions/0026.

use frame::AdapterCard;
use shaders::denoise::{Matrices, Stored};

use super::GpuFault;

/// What multiplies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Units {
    /// What every adapter has.
    #[default]
    Ordinary,
    /// Units for matrices, which wgpu still calls an experiment.
    Matrix,
}

/// What the adapter's matrix units multiply, where the kernels can be written for them. Halves before floats, large before small.
pub(super) fn matrices(adapter: &wgpu::Adapter, limits: &wgpu::Limits) -> Option<Matrices> {
    let lanes = lanes(&adapter.get_info())?;
    let has = adapter.features();
    let mut found: Vec<Matrices> = adapter
        .cooperative_matrix_properties()
        .iter()
        .filter_map(|kind| kernels_for(kind, lanes))
        .filter(|&matrices| has.contains(features(matrices)))
        .filter(|matrices| matrices.workgroup_bytes() <= limits.max_compute_workgroup_storage_size)
        .filter(|matrices| matrices.threads() <= limits.max_compute_invocations_per_workgroup)
        .collect();
    found.sort_by_key(|matrices| (matrices.factors == Stored::Half, matrices.side));
    found.pop()
}

/// A subgroup has its own rows of places, so there must be no doubt how many subgroups a workgroup has.
fn lanes(info: &wgpu::AdapterInfo) -> Option<u32> {
    match info.backend {
        // wgpu tells what Metal allows. Every GPU of Apple's that has matrix units has 32.
        wgpu::Backend::Metal => Some(32),
        _ => Some(info.subgroup_min_size).filter(|&lanes| lanes > 0 && lanes == info.subgroup_max_size),
    }
}

fn kernels_for(kind: &wgpu::CooperativeMatrixProperties, lanes: u32) -> Option<Matrices> {
    let side = kind.m_size;
    let factors = match kind.ab_type {
        wgpu::CooperativeScalarType::F16 => Stored::Half,
        wgpu::CooperativeScalarType::F32 => Stored::Full,
        _ => return None,
    };
    let fits = matches!(side, 8 | 16)
        && [kind.n_size, kind.k_size] == [side, side]
        && kind.cr_type == wgpu::CooperativeScalarType::F32;
    fits.then_some(Matrices { side, factors, lanes })
}

/// What a device must be opened with.
pub(super) fn features(matrices: Matrices) -> wgpu::Features {
    let halves = match matrices.factors {
        Stored::Half => wgpu::Features::SHADER_F16,
        Stored::Full => wgpu::Features::empty(),
    };
    wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX | wgpu::Features::SUBGROUP | halves
}

/// The leave that wgpu wants for what it calls an experiment.
pub(super) fn experiments(units: Units) -> wgpu::ExperimentalFeatures {
    match units {
        Units::Ordinary => wgpu::ExperimentalFeatures::disabled(),
        // SAFETY: what could go wrong is a kernel that wgpu or naga fails to check. Only our own kernels use the experiment; they
        // read and write matrices at places that stay inside their buffers and their workgroup memory for every layer that the
        // network's shape allows (tests run them with layers of any size), and nobody gets here without asking for it.
        #[expect(unsafe_code, reason = "the only door to an experimental feature")]
        Units::Matrix => unsafe { wgpu::ExperimentalFeatures::enabled() },
    }
}

pub(super) fn lacking(card: &AdapterCard) -> GpuFault {
    let what = "it has no matrix units that the denoiser can use".to_owned();
    GpuFault::TooWeak { adapter: card.name.clone(), what }
}

#[cfg(test)]
mod tests {
    use wgpu::CooperativeScalarType::{F16, F32, I32};

    use super::*;

    #[test]
    fn only_square_matrices_summed_as_floats_are_used() {
        let kind = |m_size, n_size, k_size, ab_type, cr_type| wgpu::CooperativeMatrixProperties {
            m_size,
            n_size,
            k_size,
            ab_type,
            cr_type,
            saturating_accumulation: false,
        };
        let found = kernels_for(&kind(16, 16, 16, F16, F32), 32);
        assert_eq!(found, Some(Matrices { side: 16, factors: Stored::Half, lanes: 32 }));
        let found = kernels_for(&kind(8, 8, 8, F32, F32), 32);
        assert_eq!(found, Some(Matrices { side: 8, factors: Stored::Full, lanes: 32 }));
        for other in [kind(16, 8, 16, F16, F32), kind(16, 16, 16, F16, F16), kind(8, 8, 8, I32, I32)] {
            assert_eq!(kernels_for(&other, 32), None, "{other:?}");
        }
    }
}
