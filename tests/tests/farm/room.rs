//! A coordinator whose disk is full: nodes wait, say so, and end when they are told to.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use render_net::artist::JobEnd;
use render_net::node::{NodeEvent, Why};
use tokio::time::timeout;

use crate::parties::*;
use crate::{PATIENCE, anywhere, never, source};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_room_at_the_coordinator_waits_stops_and_delivers_at_its_next_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("coordinator");
    let first = coordinator(&data, anywhere()).await;
    let address = first.address().clone();
    let listen = SocketAddr::from(([127, 0, 0, 1], address.port()));
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    first.stop().await;

    // Room for a few tiles beside the scene.
    let most = bytes_in(&data.join("objects")) + 100_000;
    let full = coordinator_with(&data, listen, |config| config.limits.bytes_max = most).await;
    let home = folder.path().join("node");
    let waiting = node(&home, &address, 1, false);
    let mut easel = Easel::new(spec.settings);
    let (stop_artist, stopped) = never();
    let meanwhile = async {
        let began = std::time::Instant::now();
        let count = |is: fn(&NodeEvent) -> bool| {
            waiting.events.lock().expect("no panic").iter().filter(|event| is(event)).count()
        };
        while count(|event| matches!(event, NodeEvent::NoRoom { .. })) == 0 {
            assert!(began.elapsed() < PATIENCE, "it never says that there is no room");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let rendered = count(|event| matches!(event, NodeEvent::Rendered { .. })) - waiting.delivered();
        assert!((1..=6).contains(&rendered), "{rendered} tiles were rendered in vain");
        // Once, and again where a smaller one still found room.
        let told = count(|event| matches!(event, NodeEvent::NoRoom { .. }));
        assert!((1..=3).contains(&told), "told {told} times");
        waiting.stop.send(true).expect("it still runs");
        let ended =
            timeout(Duration::from_secs(10), waiting.running).await.expect("it does not wait for room");
        assert_eq!(ended.expect("no panic").expect("no fault"), Why::Stopped);
        full.stop().await;
        let roomy = coordinator(&data, listen).await;
        (roomy, node(&home, &address, 1, false))
    };
    let (end, (roomy, node)) =
        tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stopped)), meanwhile);
    drop(stop_artist);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    node.running.abort();
    roomy.stop().await;
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("readable").flatten();
    entries
        .map(|entry| {
            let path = entry.path();
            if path.is_dir() { bytes_in(&path) } else { entry.metadata().expect("there").len() }
        })
        .sum()
}
