//! A scene, fetched from the coordinator chunk by chunk.

use std::collections::VecDeque;

use frame::SceneBlob;
use tokio::task::JoinHandle;

use super::{BundleFault, Manifest, SEALED_CHUNK_BYTES_MAX};
use crate::link::{Link, LinkFault, Priority};

/// Chunks that are fetched at the same time: as many as fit the coordinator's send window. Each has to keep the pace that is asked of any
/// transfer, so more of them would fail together on a slow line.
const CHUNKS_AHEAD: usize = 4;

/// Why a scene cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchFault {
    #[error(transparent)]
    Link(#[from] LinkFault),
    #[error(transparent)]
    Bundle(#[from] BundleFault),
}

/// Fetches a few chunks ahead and opens them in order.
pub(crate) async fn fetch_scene(link: &Link, manifest: &Manifest) -> Result<SceneBlob, FetchFault> {
    let mut ahead = Ahead::default();
    let mut names = manifest.chunks();
    let mut assembly = manifest.assembly();
    loop {
        while ahead.0.len() < CHUNKS_AHEAD
            && let Some(name) = names.next()
        {
            let link = link.clone();
            let fetch = async move { link.fetch(name, SEALED_CHUNK_BYTES_MAX, Priority::Scene).await };
            ahead.0.push_back(tokio::spawn(fetch));
        }
        let Some(next) = ahead.0.pop_front() else { break };
        let sealed = next.await.map_err(|error| LinkFault::Lost { why: error.to_string() })??;
        assembly.add(&sealed)?;
    }
    Ok(assembly.finish()?)
}

/// Fetches under way. Those that nobody waits for any more end, instead of taking the line from the next attempt.
#[derive(Default)]
struct Ahead(VecDeque<JoinHandle<Result<Vec<u8>, LinkFault>>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
