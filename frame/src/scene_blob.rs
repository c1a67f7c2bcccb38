//! A packed scene as bytes: what travels, and all a node ever reads of a scene.

use std::sync::Arc;

use crate::SceneId;

/// One array of a packed scene, already in the layout that the GPU reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Which array this is; the numbers belong to `render-core::pack`.
    pub kind: u32,
    /// Its bytes, little-endian.
    pub bytes: Vec<u8>,
}

/// A packed scene. The network carries it without understanding it; the renderer checks every index in it.
#[derive(Clone, Debug)]
pub struct SceneBlob {
    id: SceneId,
    sections: Arc<[Section]>,
}

impl SceneBlob {
    /// Names the sections by their content.
    pub fn new(sections: Vec<Section>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tessera 1 scene blob");
        for section in &sections {
            hasher.update(&section.kind.to_le_bytes());
            hasher.update(&(section.bytes.len() as u64).to_le_bytes());
            hasher.update(&section.bytes);
        }
        Self { id: SceneId(*hasher.finalize().as_bytes()), sections: sections.into() }
    }

    /// Content name.
    pub fn id(&self) -> SceneId {
        self.id
    }

    /// All sections, in their order.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The bytes of the section of this kind.
    pub fn section(&self, kind: u32) -> Option<&[u8]> {
        self.sections.iter().find(|section| section.kind == kind).map(|section| section.bytes.as_slice())
    }

    /// Bytes in all sections.
    pub fn size_bytes(&self) -> u64 {
        self.sections.iter().map(|section| section.bytes.len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_follows_content_and_cut() {
        let blob = |parts: &[(u32, &[u8])]| {
            SceneBlob::new(
                parts.iter().map(|&(kind, bytes)| Section { kind, bytes: bytes.to_vec() }).collect(),
            )
            .id()
        };
        assert_eq!(blob(&[(1, b"ab")]), blob(&[(1, b"ab")]));
        assert_ne!(blob(&[(1, b"ab")]), blob(&[(1, b"a"), (1, b"b")]));
        assert_ne!(blob(&[(1, b"ab")]), blob(&[(2, b"ab")]));
    }
}
