//! What whoever runs a coordinator sees of it while peers work, and when it cannot work.

use super::*;
use crate::coordinator::PeerCounts;

#[tokio::test(flavor = "multi_thread")]
async fn what_peers_do_is_counted_and_what_is_stored_is_told() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let coordinator = Coordinator::start(config(folder.path())).await.expect("starts");
    let insight = coordinator.insight();
    let to_node = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    let to_artist = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    register(&to_node).await;
    assert_eq!(ask(&to_artist, post()).await, Response::Done);
    let name = to_node.put(b"sealed", Priority::Result).await.expect("stored");
    assert_eq!(to_artist.fetch(name, 100, Priority::Result).await.expect("stored"), b"sealed");
    let reading = insight.read();
    assert_eq!(reading.peers, PeerCounts { nodes: 1, artists: 1, ..PeerCounts::default() });
    let metered = reading.metered;
    assert_eq!((metered.counts.jobs_posted, metered.requests), (1, 4));
    assert_eq!((metered.received_bytes, metered.sent_bytes), (6, 6));
    assert_eq!((reading.objects, reading.objects_bytes), (1, 64 << 10));
    assert!(metered.turn_seconds.count() >= 2 && metered.turns_failed == 0);
    let look = insight.look().await;
    assert!(look.has_objects && look.census.is_some_and(|census| census.jobs == 1), "{look:?}");
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_and_a_folder_that_do_not_answer_are_told() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let coordinator = Coordinator::start(config(folder.path())).await.expect("starts");
    let insight = coordinator.insight();
    std::fs::remove_dir_all(folder.path().join("objects")).expect("it is there");
    coordinator.stop().await;
    let look = insight.look().await;
    assert_eq!((look.census, look.has_objects), (None, false));
}
