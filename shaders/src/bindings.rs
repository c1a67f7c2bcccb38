//! The bindings of a kernel, read off its own text, so that no layout is ever typed by hand.

use naga::{AddressSpace, ImageClass, ImageDimension, StorageAccess, TypeInner};

use crate::{Arrays, Kernel};

/// One resource that a kernel declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Bind group.
    pub group: u32,
    /// Number in the group.
    pub binding: u32,
    /// Name in the text.
    pub name: String,
    /// What is bound there.
    pub kind: BindingKind,
}

/// What is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// A small buffer of constants.
    Uniform,
    /// A buffer that is only read.
    StorageRead,
    /// A buffer that is read and written.
    StorageWrite,
    /// A picture with layers.
    TextureArray,
    /// A picture.
    Texture,
    /// A picture of four words a texel, read without a sampler.
    WordTexture,
}

impl Kernel {
    /// All resources that the kernel's text declares, by group and number.
    ///
    /// # Panics
    /// When the text is not valid WGSL or binds a resource of another kind, which a test rules out.
    pub fn bindings(&self, arrays: Arrays) -> Vec<Binding> {
        bindings_in(&self.source(arrays))
    }
}

/// All resources that this text declares, by group and number.
///
/// # Panics
/// As [`Kernel::bindings`].
pub(crate) fn bindings_in(source: &str) -> Vec<Binding> {
    let module = naga::front::wgsl::parse_str(source).expect("kernels are valid WGSL: tests/kernels.rs");
    let mut bindings: Vec<Binding> = module
        .global_variables
        .iter()
        .filter_map(|(_, global)| {
            let place = global.binding.as_ref()?;
            let kind = match global.space {
                AddressSpace::Uniform => BindingKind::Uniform,
                AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => {
                    BindingKind::StorageWrite
                }
                AddressSpace::Storage { .. } => BindingKind::StorageRead,
                _ => match module.types[global.ty].inner {
                    TypeInner::Image { dim: ImageDimension::D2, arrayed: true, .. } => {
                        BindingKind::TextureArray
                    }
                    TypeInner::Image { class: ImageClass::Storage { .. }, .. } => BindingKind::WordTexture,
                    TypeInner::Image { dim: ImageDimension::D2, .. } => BindingKind::Texture,
                    ref other => panic!("kernels bind buffers and 2D pictures only, not {other:?}"),
                },
            };
            let name = global.name.clone().unwrap_or_default();
            Some(Binding { group: place.group, binding: place.binding, name, kind })
        })
        .collect();
    bindings.sort_by_key(|binding| (binding.group, binding.binding));
    bindings
}
