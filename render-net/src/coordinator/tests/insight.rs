//! What whoever runs a coordinator sees of it while peers work, and when it cannot work.

use super::*;
use crate::coordinator::PeerCounts;
use crate::market::Input;

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

/// Says what a look costs: `cargo test -p render-net --lib -- --ignored --nocapture census_of_a_thousand`.
#[test]
#[ignore = "it measures, and takes a while"]
fn census_of_a_thousand_jobs() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut store = SqliteStore::open(&folder.path().join("store.sqlite")).expect("opens");
    let mut market = Market::new(Terms { artist_jobs_max: 1000, ..Terms::default() });
    for number in 0u64..1000 {
        let Request::PostJob(mut posted) = post() else { panic!("a post") };
        posted.job.0[..8].copy_from_slice(&number.to_be_bytes());
        posted.order = Opaque::new(vec![7; 900]).expect("short");
        let input = Input::Asked(Identity::generate().id(), Request::PostJob(posted));
        market.act(&mut store, 1_000_000, &[input]).expect("the store works");
    }
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(Market::census(&mut store).expect("the store works").jobs, 1000);
    }
    eprintln!("{:?} for each look at 1000 jobs", began.elapsed() / 20);
}
