//! What a computer sends: all its nodes together, because a day's limit and a rate are the line's and not one GPU's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use render_net::link::Uplink;

/// Shared by the stewards of one computer's nodes.
#[derive(Clone, Debug, Default)]
pub struct Uploads {
    parts: Arc<Mutex<BTreeMap<PathBuf, Sent>>>,
    line: Uplink,
}

/// A node's part: the local day in days since 1970, and bytes.
type Sent = (i64, u64);

impl Uploads {
    /// Over what it is sent.
    pub(crate) fn line(&self) -> &Uplink {
        &self.line
    }

    /// A node's part is this much now; gives back what all sent on that day.
    pub(crate) fn note(&self, folder: &Path, sent: Sent) -> u64 {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.insert(folder.to_owned(), sent);
        parts.values().filter(|part| part.0 == sent.0).map(|part| part.1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_within_a_day_and_a_node_that_starts_again_counts_once() {
        let uploads = Uploads::default();
        let (one, two) = (Path::new("one"), Path::new("two"));
        assert_eq!(uploads.note(one, (5, 100)), 100);
        assert_eq!(uploads.clone().note(two, (5, 30)), 130);
        assert_eq!(uploads.note(one, (5, 120)), 150, "its part has grown");
        assert_eq!(uploads.note(one, (6, 7)), 7, "the other has not sent on this day yet");
    }
}
