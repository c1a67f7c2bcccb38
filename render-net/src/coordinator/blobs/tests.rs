//! What holds for objects wherever they lie: each of these runs on a folder and on a bucket.

mod bucket;
mod measure;
mod site;

use super::*;
use site::{Site, sites};

const KIB: u64 = 1024;
const DAY: Duration = Duration::from_secs(24 * 3600);
const NODE: NodeId = NodeId([1; 32]);
const ARTIST: NodeId = NodeId([2; 32]);

fn limits(kib: u64) -> BlobLimits {
    BlobLimits { bytes_max: kib * KIB, peer_bytes_max: kib * KIB, keeps_spares: true }
}

fn object(byte: u8, kib: u64) -> (ObjectName, Vec<u8>) {
    let bytes = vec![byte; (kib * KIB) as usize];
    (ObjectName::of(&bytes), bytes)
}

/// A store dates objects by its own clock, so tests live now.
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    since.as_millis() as u64
}

async fn put(blobs: &Arc<Blobs>, peer: NodeId, byte: u8, kib: u64) -> Result<ObjectName, BlobFault> {
    let (name, bytes) = object(byte, kib);
    blobs.put(peer, name, bytes, now_ms()).await.map(|()| name)
}

async fn has(blobs: &Blobs, name: ObjectName) -> bool {
    blobs.has(name, now_ms()).await.expect("it can be told")
}

async fn sweep(blobs: &Blobs, needed: &[NodeId], later: Duration) -> u64 {
    let artists = needed.iter().copied().collect();
    let swept =
        blobs.sweep(14 * DAY, &artists, now_ms() + later.as_millis() as u64).await.expect("it is listed");
    blobs.settled().await;
    swept
}

#[tokio::test]
async fn objects_survive_reopening_and_unfinished_ones_do_not() {
    for site in sites().await {
        let name = ObjectName::of(b"sealed");
        let blobs = site.open(limits(100)).await;
        blobs.put(NODE, name, b"sealed".to_vec(), now_ms()).await.expect("fits");
        blobs.put(NODE, name, b"sealed".to_vec(), now_ms()).await.expect("again");
        let wrong = blobs.put(NODE, name, b"other".to_vec(), now_ms()).await;
        assert_eq!(wrong, Err(BlobFault::WrongName), "{site:?}");
        if let Site::Folder(folder) = &site {
            std::fs::write(folder.path().join("unfinished/7"), b"half").expect("writes");
        }
        let again = site.open(limits(100)).await;
        assert_eq!(&again.read(name, now_ms()).await.expect("stored")[..], b"sealed");
        assert_eq!(again.size_bytes(), 64 * KIB, "the least that an object is charged with");
        assert_eq!(site.files(), [Owner::peer(NODE).file_name(&name.to_string())], "{site:?}");
    }
}

#[tokio::test]
async fn what_is_full_refuses_and_keeps_what_it_has() {
    for site in sites().await {
        let blobs = site.open(limits(200)).await;
        let first = put(&blobs, NODE, 1, 100).await.expect("fits");
        assert_eq!(put(&blobs, ARTIST, 2, 101).await, Err(BlobFault::NoRoom), "{site:?}");
        put(&blobs, ARTIST, 3, 100).await.expect("fits exactly");
        assert!(has(&blobs, first).await);
        assert_eq!(blobs.read(object(2, 101).0, now_ms()).await, Err(BlobFault::Missing));
        assert_eq!(site.files().len(), 2, "{site:?}");
    }
}

#[tokio::test]
async fn a_peer_is_charged_for_what_lies_there_now_and_after_a_restart() {
    for site in sites().await {
        let limits = BlobLimits { peer_bytes_max: 200 * KIB, ..limits(1000) };
        let blobs = site.open(limits).await;
        let result = put(&blobs, NODE, 1, 100).await.expect("fits");
        put(&blobs, NODE, 2, 100).await.expect("fits");
        for _ in 0..10 {
            let refused = put(&blobs, NODE, 3, 100).await;
            assert!(matches!(refused, Err(BlobFault::Share { .. })), "refused is not stored");
            assert!(put(&blobs, NODE, 2, 100).await.is_ok(), "what is there is not charged again");
        }
        put(&blobs, ARTIST, 4, 100).await.expect("others have shares of their own");
        let blobs = site.open(limits).await;
        assert!(put(&blobs, NODE, 3, 100).await.is_err(), "as before");
        blobs.deliver(result, NODE, ARTIST);
        put(&blobs, NODE, 3, 100).await.expect("what is delivered is the artist's");
        let (more, enough) = (put(&blobs, ARTIST, 5, 101).await, put(&blobs, ARTIST, 5, 100).await);
        assert!(more.is_err() && enough.is_ok(), "and not on its account");
    }
}

#[tokio::test]
async fn a_result_that_its_artist_has_makes_room_and_lies_there_until_then() {
    for site in sites().await {
        let blobs = site.open(limits(200)).await;
        let mut results = Vec::new();
        for byte in [1, 2] {
            results.push(put(&blobs, NODE, byte, 100).await.expect("fits"));
        }
        results.iter().for_each(|result| blobs.deliver(*result, NODE, ARTIST));
        assert!(put(&blobs, NODE, 3, 100).await.is_err(), "the artist has not said a word");
        results.iter().for_each(|result| blobs.spare(*result));
        blobs.settled().await;
        // Somebody looks on: what was used last goes last.
        assert!(blobs.has(results[0], now_ms() + 1).await.expect("it can be told"));
        let blobs = site.open(limits(200)).await;
        assert!(has(&blobs, results[0]).await && has(&blobs, results[1]).await);
        put(&blobs, NODE, 3, 100).await.expect("room is made");
        let left = results.iter().filter(|name| blobs.entry(**name).is_some()).count();
        assert_eq!(left, 1, "{site:?}");
        assert_eq!(blobs.size_bytes(), 200 * KIB);
        assert_eq!(site.files().len(), 2, "what had to go was gone before the new one came");
    }
}

#[tokio::test]
async fn where_nobody_looks_on_a_result_is_gone_as_soon_as_its_artist_has_it() {
    for site in sites().await {
        let blobs = site.open(BlobLimits { keeps_spares: false, ..limits(1000) }).await;
        for byte in 0..100 {
            let result = put(&blobs, NODE, byte, 100).await.expect("there is always room");
            blobs.deliver(result, NODE, ARTIST);
            blobs.spare(result);
        }
        assert_eq!(blobs.size_bytes(), 0);
        blobs.settled().await;
        assert!(site.files().is_empty(), "{site:?} {:?}", site.files());
    }
}

#[tokio::test]
async fn nobody_passes_an_object_of_somebody_else_off_as_a_result() {
    for site in sites().await {
        let blobs = site.open(BlobLimits { keeps_spares: false, ..limits(1000) }).await;
        let scene = put(&blobs, ARTIST, 1, 100).await.expect("fits");
        blobs.deliver(scene, NODE, NodeId([3; 32]));
        blobs.spare(scene);
        blobs.settled().await;
        assert!(has(&blobs, scene).await && site.files().len() == 1);
    }
}

#[tokio::test]
async fn what_a_job_that_is_not_settled_needs_is_kept_however_old_it_is() {
    for site in sites().await {
        let blobs = site.open(limits(1000)).await;
        let scene = put(&blobs, ARTIST, 1, 1).await.expect("fits");
        let (result, other) =
            (put(&blobs, NODE, 2, 1).await.expect("fits"), put(&blobs, NODE, 3, 1).await.expect("fits"));
        blobs.deliver(result, NODE, ARTIST);
        blobs.settled().await;
        assert_eq!(sweep(&blobs, &[ARTIST], 13 * DAY).await, 0);
        assert_eq!(sweep(&blobs, &[ARTIST], 400 * DAY).await, 1);
        assert!(has(&blobs, scene).await && has(&blobs, result).await && !has(&blobs, other).await);
        assert_eq!(sweep(&blobs, &[], 400 * DAY).await, 2, "the job is settled");
        assert_eq!((blobs.size_bytes(), site.files().len()), (0, 0), "{site:?}");
    }
}

#[tokio::test]
async fn time_in_which_nobody_ran_does_not_count_as_age() {
    for site in sites().await {
        let blobs = site.open(limits(1000)).await;
        put(&blobs, NODE, 1, 1).await.expect("fits");
        let off = 15 * DAY;
        let mut blobs = site.open_after(limits(1000), off).await;
        if let Site::Folder(_) = site {
            // And so it is at the next start; a bucket's dates are its own.
            blobs = site.open(limits(1000)).await;
        }
        assert_eq!(sweep(&blobs, &[], off + 13 * DAY).await, 0, "{site:?}");
        assert_eq!(sweep(&blobs, &[], off + 15 * DAY).await, 1, "{site:?}");
    }
}

#[tokio::test]
async fn an_object_is_found_at_every_moment_of_its_way() {
    for site in sites().await {
        let blobs = site.open(limits(100_000)).await;
        let mut readers = tokio::task::JoinSet::new();
        for byte in 0..20 {
            let name = put(&blobs, NODE, byte, 1).await.expect("fits");
            let reading = blobs.clone();
            readers.spawn(async move {
                for _ in 0..30 {
                    let read = reading.read(name, now_ms()).await;
                    assert!(read.as_ref().is_ok_and(|object| object[0] == byte), "{read:?}");
                    tokio::task::yield_now().await;
                }
            });
            blobs.deliver(name, NODE, ARTIST);
            tokio::task::yield_now().await;
            blobs.spare(name);
        }
        while let Some(read) = readers.join_next().await {
            read.expect("found");
        }
        blobs.settled().await;
        assert!(site.files().iter().all(|file| file.ends_with(".spare")), "{site:?} {:?}", site.files());
        assert_eq!(site.files().len(), 20);
    }
}

#[tokio::test]
async fn what_somebody_removed_is_missing_and_may_be_stored_again() {
    for site in sites().await {
        let blobs = site.open(limits(1000)).await;
        let name = put(&blobs, NODE, 1, 1).await.expect("fits");
        site.remove_all();
        assert_eq!(blobs.read(name, now_ms()).await, Err(BlobFault::Missing), "{site:?}");
        assert!(!has(&blobs, name).await && blobs.size_bytes() == 0);
        put(&blobs, NODE, 1, 1).await.expect("stored again");
        assert!(blobs.read(name, now_ms()).await.is_ok());
    }
}

#[tokio::test]
async fn two_that_store_one_object_at_once_leave_it_there_once() {
    for site in sites().await {
        let blobs = site.open(limits(1000)).await;
        let (one, two) = tokio::join!(put(&blobs, NODE, 1, 100), put(&blobs, ARTIST, 1, 100));
        assert!(one.is_ok() && two.is_ok());
        blobs.settled().await;
        assert_eq!((site.files().len(), blobs.size_bytes()), (1, 100 * KIB), "{site:?}");
    }
}

#[tokio::test]
async fn what_is_stored_again_while_it_has_to_go_stays() {
    for site in sites().await {
        let blobs = site.open(limits(1000)).await;
        let name = put(&blobs, NODE, 1, 1).await.expect("fits");
        for _ in 0..20 {
            let swept = blobs.sweep(DAY, &BTreeSet::new(), now_ms() + 2 * DAY.as_millis() as u64).await;
            assert_eq!(swept, Ok(1));
            put(&blobs, NODE, 1, 1).await.expect("stored again");
        }
        blobs.settled().await;
        assert_eq!(site.files().len(), 1, "{site:?}");
        assert!(blobs.read(name, now_ms()).await.is_ok());
    }
}
