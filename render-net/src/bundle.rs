//! Bundles: a packed scene cut into sealed chunks, and the manifest that puts it together again.
//!
//! Each section of a [`SceneBlob`] is cut into chunks of at most 1 MiB. A chunk's key and salt follow from the artist's workspace secret and the
//! exact bytes that are sealed, so the same bytes in another frame or job are the same stored object; nobody outside the
//! workspace can tell what equals what. A section's last chunk is padded to a Padmé size, so that stored sizes say little. The
//! manifest (kinds, lengths, chunk names and keys, and the exposure that the artist settled for the frame) is signed by the artist and sealed under the job's admission key.
//!
//! Opening checks every length before it allocates, every chunk's content name, and finally that the sections have the scene's name.
//!
//! Source: Padmé, Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs" (PETS 2019), section 4.

pub(crate) mod fetch;

use frame::{FrameIndex, JobId, NodeId, RenderSettings, SceneBlob, SceneId, Section};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::identity::{Domain, Identity, Signature, verify};
use crate::seal::{
    ObjectId, ObjectKey, SealContext, SealFault, WorkspaceSecret, fill_random, open, seal, sealed_size_bytes,
};
use crate::wire::ObjectName;

/// Most plaintext bytes in one chunk.
pub const CHUNK_BYTES_MAX: usize = 1 << 20;
/// Most sections in one scene.
pub const SECTIONS_MAX: usize = 1024;
/// Largest manifest: 100 bytes for each chunk of the largest scene.
pub const MANIFEST_BYTES_MAX: u64 = 16 << 20;
/// Largest sealed chunk, for whoever fetches one.
pub const SEALED_CHUNK_BYTES_MAX: u64 = (CHUNK_BYTES_MAX as u64) + 4096;
/// Largest sealed manifest.
pub const SEALED_MANIFEST_BYTES_MAX: u64 = MANIFEST_BYTES_MAX + 65_536;

/// A sealed scene, made chunk by chunk so that it never lies in memory twice.
pub struct BundleMaker<'a> {
    workspace: &'a WorkspaceSecret,
    scene: &'a SceneBlob,
}

/// An opened manifest: what to fetch, and how to open it.
pub struct Manifest(ManifestBody);

/// What one bundle is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleFor {
    /// The job.
    pub job: JobId,
    /// The frame that shows this scene; `None` when all frames do.
    pub frame: Option<FrameIndex>,
    /// The exposure scale at which whatever shows this scene is denoised, within [`RenderSettings::EXPOSURE_SCALE`].
    pub exposure_scale: f32,
}

/// Why a bundle does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// A chunk or the manifest does not open.
    #[error("a part of the scene does not open: {0}")]
    Seal(#[from] SealFault),
    /// The manifest contradicts itself, or is not the artist's.
    #[error("the scene's list of parts is not valid: {0}")]
    Manifest(&'static str),
    /// More bytes than allowed.
    #[error("the scene has {claimed} bytes and {limit} are allowed")]
    TooLarge {
        /// What the manifest says.
        claimed: u64,
        /// What the reader allows.
        limit: u64,
    },
    /// The opened sections are another scene.
    #[error("the scene's parts do not make the scene that was promised")]
    WrongScene,
}

#[derive(Serialize, Deserialize)]
struct ManifestBody {
    to: BundleFor,
    scene: SceneId,
    sections: Vec<SectionPart>,
    chunks: Vec<ChunkPart>,
}

#[derive(Serialize, Deserialize)]
struct SectionPart {
    kind: u32,
    length_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct ChunkPart {
    name: ObjectName,
    object: ObjectId,
    key: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct SignedManifest {
    body: Vec<u8>,
    signature: Signature,
}

/// Collects what the manifest says while the chunks are made.
pub struct ManifestDraft(ManifestBody);

impl<'a> BundleMaker<'a> {
    /// Prepares to seal a scene under a workspace's keys.
    pub fn new(workspace: &'a WorkspaceSecret, scene: &'a SceneBlob) -> Result<Self, BundleFault> {
        if scene.sections().len() > SECTIONS_MAX {
            return Err(BundleFault::Manifest("too many sections"));
        }
        Ok(Self { workspace, scene })
    }

    /// Seals chunk after chunk and hands each to `store`; returns what the manifest needs to know.
    pub fn chunks<E>(
        &self,
        to: BundleFor,
        mut store: impl FnMut(ObjectName, Vec<u8>) -> Result<(), E>,
    ) -> Result<ManifestDraft, E> {
        let mut body = ManifestBody { to, scene: self.scene.id(), sections: Vec::new(), chunks: Vec::new() };
        for section in self.scene.sections() {
            let length_bytes = section.bytes.len() as u64;
            body.sections.push(SectionPart { kind: section.kind, length_bytes });
            for piece in section.bytes.chunks(CHUNK_BYTES_MAX) {
                let (part, sealed) = self.chunk(piece);
                store(part.name, sealed)?;
                body.chunks.push(part);
            }
        }
        Ok(ManifestDraft(body))
    }

    fn chunk(&self, piece: &[u8]) -> (ChunkPart, Vec<u8>) {
        let mut padded = Zeroizing::new(Vec::with_capacity(padme(piece.len())));
        padded.extend_from_slice(piece);
        padded.resize(padme(piece.len()), 0);
        let object = self.workspace.object_id(&padded);
        let key = self.workspace.object_key(object);
        let sealed = seal(&key, object.salt(), &SealContext::SceneChunk { object }, &padded);
        (ChunkPart { name: ObjectName::of(&sealed), object, key: *key.expose() }, sealed)
    }
}

impl ManifestDraft {
    /// Signs the manifest as the artist and seals it under the job's admission key.
    ///
    /// # Errors
    /// A scene with more parts than a manifest may list.
    pub fn seal(self, artist: &Identity, admission: &ObjectKey) -> Result<Vec<u8>, BundleFault> {
        let encode = |error: postcard::Error| {
            tracing::debug!(%error, "manifest");
            BundleFault::Manifest("it cannot be written")
        };
        let body = postcard::to_stdvec(&self.0).map_err(encode)?;
        let signature = artist.sign(Domain::Manifest, &body);
        let signed =
            Zeroizing::new(postcard::to_stdvec(&SignedManifest { body, signature }).map_err(encode)?);
        if signed.len() as u64 > MANIFEST_BYTES_MAX {
            return Err(BundleFault::Manifest("too many parts"));
        }
        let mut padded = Zeroizing::new(signed.to_vec());
        padded.resize(padme(signed.len()), 0);
        let mut salt = [0; 32];
        fill_random(&mut salt);
        Ok(seal(admission, salt, &SealContext::Manifest { job: self.0.to.job }, &padded))
    }
}

impl Manifest {
    /// Opens a manifest and checks that the artist signed it for this job and frame, that its lists agree, and that the scene stays within `limit` bytes.
    pub fn open(
        sealed: &[u8],
        artist: NodeId,
        admission: &ObjectKey,
        job: JobId,
        frame: FrameIndex,
        limit: u64,
    ) -> Result<Self, BundleFault> {
        let padded = open(admission, &SealContext::Manifest { job }, sealed, MANIFEST_BYTES_MAX * 2)?;
        let malformed = |_| BundleFault::Manifest("it cannot be read");
        let (signed, _padding) = postcard::take_from_bytes::<SignedManifest>(&padded).map_err(malformed)?;
        verify(artist, Domain::Manifest, &signed.body, &signed.signature)
            .map_err(|_| BundleFault::Manifest("it is not signed by the artist"))?;
        let body: ManifestBody = postcard::from_bytes(&signed.body).map_err(malformed)?;
        body.check(job, frame, limit)?;
        Ok(Self(body))
    }

    /// The scene that will come out.
    pub fn scene(&self) -> SceneId {
        self.0.scene
    }

    /// The exposure scale at which its frame is denoised.
    pub fn exposure_scale(&self) -> f32 {
        self.0.to.exposure_scale
    }

    /// Bytes of all sections.
    pub fn size_bytes(&self) -> u64 {
        self.0.sections.iter().map(|section| section.length_bytes).sum()
    }

    /// The chunks to fetch, in the order in which [`Self::assemble`] wants them.
    pub fn chunks(&self) -> impl ExactSizeIterator<Item = ObjectName> + '_ {
        self.0.chunks.iter().map(|chunk| chunk.name)
    }

    /// Opens the chunks, given in order by `fetch`, and puts the scene together.
    ///
    /// # Errors
    /// As `fetch`; chunks that do not open; another scene than promised.
    pub fn assemble<E: From<BundleFault>>(
        &self,
        mut fetch: impl FnMut(ObjectName) -> Result<Vec<u8>, E>,
    ) -> Result<SceneBlob, E> {
        let mut assembly = self.assembly();
        while let Some(name) = assembly.wanted() {
            assembly.add(&fetch(name)?)?;
        }
        Ok(assembly.finish()?)
    }

    /// Puts the scene together as chunks arrive.
    pub fn assembly(&self) -> Assembly<'_> {
        Assembly { manifest: &self.0, chunk_at: 0, section: Vec::new(), sections: Vec::new() }
    }
}

/// A scene that is being put together.
pub struct Assembly<'a> {
    manifest: &'a ManifestBody,
    chunk_at: usize,
    section: Vec<u8>,
    sections: Vec<Section>,
}

impl Assembly<'_> {
    /// The next chunk to hand in; `None` when all are there.
    pub fn wanted(&self) -> Option<ObjectName> {
        self.manifest.chunks.get(self.chunk_at).map(|chunk| chunk.name)
    }

    /// Opens the wanted chunk.
    pub fn add(&mut self, sealed: &[u8]) -> Result<(), BundleFault> {
        self.close_full_sections();
        let chunk =
            self.manifest.chunks.get(self.chunk_at).ok_or(BundleFault::Manifest("too many chunks"))?;
        let section = self.open_section().ok_or(BundleFault::Manifest("too many chunks"))?;
        let rest = section.length_bytes as usize - self.section.len();
        let piece_bytes = rest.min(CHUNK_BYTES_MAX);
        let context = SealContext::SceneChunk { object: chunk.object };
        let limit = CHUNK_BYTES_MAX as u64;
        let plaintext = open(&ObjectKey::from_bytes(chunk.key), &context, sealed, limit)?;
        if plaintext.len() != padme(piece_bytes) {
            return Err(BundleFault::Manifest("a chunk has another length than its section says"));
        }
        self.section.extend_from_slice(&plaintext[..piece_bytes]);
        self.chunk_at += 1;
        Ok(())
    }

    /// The scene, if it is the promised one.
    pub fn finish(mut self) -> Result<SceneBlob, BundleFault> {
        self.close_full_sections();
        if self.sections.len() != self.manifest.sections.len() {
            return Err(BundleFault::Manifest("chunks are missing"));
        }
        let scene = SceneBlob::new(self.sections);
        if scene.id() == self.manifest.scene { Ok(scene) } else { Err(BundleFault::WrongScene) }
    }

    fn open_section(&self) -> Option<&SectionPart> {
        self.manifest.sections.get(self.sections.len())
    }

    /// Moves on past sections that have all their bytes (an empty one has them at once).
    fn close_full_sections(&mut self) {
        while let Some(section) = self.open_section()
            && section.length_bytes == self.section.len() as u64
        {
            let kind = section.kind;
            self.sections.push(Section { kind, bytes: std::mem::take(&mut self.section) });
        }
    }
}

impl ManifestBody {
    fn check(&self, job: JobId, frame: FrameIndex, limit: u64) -> Result<(), BundleFault> {
        if self.to.job != job || self.to.frame.is_some_and(|only| only != frame) {
            return Err(BundleFault::Manifest("it belongs to another frame"));
        }
        if !RenderSettings::EXPOSURE_SCALE.contains(&self.to.exposure_scale) {
            return Err(BundleFault::Manifest("its exposure is out of range"));
        }
        if self.sections.len() > SECTIONS_MAX {
            return Err(BundleFault::Manifest("too many sections"));
        }
        let mut claimed = 0u64;
        let mut chunks = 0u64;
        for section in &self.sections {
            claimed = claimed.saturating_add(section.length_bytes);
            chunks = chunks.saturating_add(section.length_bytes.div_ceil(CHUNK_BYTES_MAX as u64));
        }
        if claimed > limit {
            return Err(BundleFault::TooLarge { claimed, limit });
        }
        if chunks != self.chunks.len() as u64 {
            return Err(BundleFault::Manifest("lengths and chunks disagree"));
        }
        Ok(())
    }
}

/// The padded length: at most 12 % more, and only few lengths occur.
fn padme(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    let exponent = length.ilog2();
    let kept_bits = exponent.ilog2() + 1;
    let mask = (1usize << exponent.saturating_sub(kept_bits)) - 1;
    (length + mask) & !mask
}

/// Bytes that a scene of this size takes when stored, at most.
pub fn stored_bytes_max(scene_bytes: u64) -> u64 {
    sealed_size_bytes(scene_bytes + scene_bytes / 8) + scene_bytes / 1024 + 65_536
}

#[cfg(test)]
mod tests;
