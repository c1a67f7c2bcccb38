use super::*;

const KIB: u64 = 1024;
const DAY: Duration = Duration::from_secs(24 * 3600);
const NODE: NodeId = NodeId([1; 32]);
const ARTIST: NodeId = NodeId([2; 32]);
/// Some time in 2001.
const NOW_MS: u64 = 1_000_000_000_000;

fn limits(kib: u64) -> BlobLimits {
    BlobLimits { bytes_max: kib * KIB, peer_bytes_max: kib * KIB, keeps_spares: true }
}

fn open(folder: &Path, limits: BlobLimits) -> BlobFolder {
    BlobFolder::open(folder, limits, false, Duration::ZERO).expect("opens")
}

fn object(byte: u8, kib: u64) -> (ObjectName, Vec<u8>) {
    let bytes = vec![byte; (kib * KIB) as usize];
    (ObjectName::of(&bytes), bytes)
}

fn put(blobs: &BlobFolder, peer: NodeId, byte: u8, kib: u64) -> Result<ObjectName, BlobFault> {
    let (name, bytes) = object(byte, kib);
    blobs.put(peer, name, &bytes, NOW_MS).map(|()| name)
}

fn sweep(blobs: &BlobFolder, needed: &[NodeId], later: Duration) -> u64 {
    let artists = needed.iter().copied().collect();
    blobs.sweep(14 * DAY, &artists, NOW_MS + later.as_millis() as u64)
}

#[test]
fn objects_survive_reopening_and_unfinished_ones_do_not() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let name = ObjectName::of(b"sealed");
    let blobs = BlobFolder::open(folder.path(), limits(100), true, Duration::ZERO).expect("opens");
    blobs.put(NODE, name, b"sealed", NOW_MS).expect("fits");
    blobs.put(NODE, name, b"sealed", NOW_MS).expect("again");
    assert!(matches!(blobs.put(NODE, name, b"other", NOW_MS), Err(BlobFault::WrongName)));
    fs::write(folder.path().join("unfinished/7"), b"half").expect("writes");
    let again = open(folder.path(), limits(100));
    assert_eq!(again.read(name, NOW_MS).expect("stored"), b"sealed");
    assert_eq!(again.size_bytes(), 64 * KIB, "the least that an object is charged with");
    assert_eq!(fs::read_dir(folder.path().join("unfinished")).expect("lists").count(), 0);
}

#[test]
fn a_full_folder_refuses_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), limits(200));
    let first = put(&blobs, NODE, 1, 100).expect("fits");
    assert!(matches!(put(&blobs, ARTIST, 2, 101), Err(BlobFault::NoRoom)));
    put(&blobs, ARTIST, 3, 100).expect("fits exactly");
    assert!(blobs.has(first, NOW_MS));
    assert!(matches!(blobs.read(object(2, 101).0, NOW_MS), Err(BlobFault::Missing)));
}

#[test]
fn a_peer_is_charged_for_what_lies_there_now_and_after_a_restart() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let limits = BlobLimits { peer_bytes_max: 200 * KIB, ..limits(1000) };
    let blobs = open(folder.path(), limits);
    let result = put(&blobs, NODE, 1, 100).expect("fits");
    put(&blobs, NODE, 2, 100).expect("fits");
    for _ in 0..10 {
        assert!(matches!(put(&blobs, NODE, 3, 100), Err(BlobFault::Share { .. })), "refused is not stored");
        assert!(put(&blobs, NODE, 2, 100).is_ok(), "what is there is not charged again");
    }
    put(&blobs, ARTIST, 4, 100).expect("others have shares of their own");
    let blobs = open(folder.path(), limits);
    assert!(put(&blobs, NODE, 3, 100).is_err(), "as before");
    blobs.deliver(result, NODE, ARTIST);
    put(&blobs, NODE, 3, 100).expect("what is delivered is the artist's");
    assert!(
        put(&blobs, ARTIST, 5, 101).is_err() && put(&blobs, ARTIST, 5, 100).is_ok(),
        "and not on its account"
    );
}

#[test]
fn a_result_that_its_artist_has_makes_room_and_lies_there_until_then() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), limits(200));
    let results = [1, 2].map(|byte| put(&blobs, NODE, byte, 100).expect("fits"));
    for result in results {
        blobs.deliver(result, NODE, ARTIST);
    }
    assert!(put(&blobs, NODE, 3, 100).is_err(), "the artist has not said a word");
    blobs.spare(results[0]);
    blobs.spare(results[1]);
    // Somebody looks on: what was used last goes last.
    assert!(blobs.has(results[0], NOW_MS + 1));
    let blobs = open(folder.path(), limits(200));
    assert!(blobs.has(results[0], NOW_MS) && blobs.has(results[1], NOW_MS));
    put(&blobs, NODE, 3, 100).expect("room is made");
    assert_eq!(results.iter().filter(|name| blobs.has(**name, NOW_MS)).count(), 1);
    assert_eq!(blobs.size_bytes(), 200 * KIB);
}

#[test]
fn where_nobody_looks_on_a_result_is_gone_as_soon_as_its_artist_has_it() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), BlobLimits { keeps_spares: false, ..limits(1000) });
    for byte in 0..100 {
        let result = put(&blobs, NODE, byte, 100).expect("there is always room");
        blobs.deliver(result, NODE, ARTIST);
        blobs.spare(result);
    }
    assert_eq!(blobs.size_bytes(), 0);
    let files = fs::read_dir(folder.path()).expect("lists").flatten();
    assert_eq!(files.filter_map(|shelf| fs::read_dir(shelf.path()).ok()).flatten().count(), 0);
}

#[test]
fn nobody_passes_an_object_of_somebody_else_off_as_a_result() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), BlobLimits { keeps_spares: false, ..limits(1000) });
    let scene = put(&blobs, ARTIST, 1, 100).expect("fits");
    blobs.deliver(scene, NODE, NodeId([3; 32]));
    blobs.spare(scene);
    assert!(blobs.has(scene, NOW_MS));
}

#[test]
fn what_a_job_that_is_not_settled_needs_is_kept_however_old_it_is() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), limits(1000));
    let (scene, result) = (put(&blobs, ARTIST, 1, 1).expect("fits"), put(&blobs, NODE, 2, 1).expect("fits"));
    let other = put(&blobs, NODE, 3, 1).expect("fits");
    blobs.deliver(result, NODE, ARTIST);
    assert_eq!(sweep(&blobs, &[ARTIST], 13 * DAY), 0);
    assert_eq!(sweep(&blobs, &[ARTIST], 400 * DAY), 1);
    assert!(blobs.has(scene, NOW_MS) && blobs.has(result, NOW_MS) && !blobs.has(other, NOW_MS));
    assert_eq!(sweep(&blobs, &[], 400 * DAY), 2, "the job is settled");
    assert_eq!(blobs.size_bytes(), 0);
}

#[test]
fn time_in_which_nobody_ran_does_not_count_as_age() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let blobs = open(folder.path(), limits(1000));
    put(&blobs, NODE, 1, 1).expect("fits");
    let off = 15 * DAY;
    drop(BlobFolder::open(folder.path(), limits(1000), false, off).expect("opens"));
    // And so it is at the next start.
    let blobs = open(folder.path(), limits(1000));
    assert_eq!(sweep(&blobs, &[], off + 13 * DAY), 0);
    assert_eq!(sweep(&blobs, &[], off + 15 * DAY), 1);
}
