//! What only a bucket has: round trips, others who store there too, and a server that fails.

use super::site::s3::{BUCKET, S3Server, SECRET, Weather};
use super::site::{Opened, access, bucket};
use super::*;

async fn open(server: &S3Server, limits: BlobLimits) -> Opened {
    Opened::new(Blobs::open(bucket(server).await, limits, Duration::ZERO).await.expect("listed"))
}

fn key(name: ObjectName, owner: Owner) -> String {
    let name = name.to_string();
    format!("farm/{}/{}", &name[..2], owner.file_name(&name))
}

#[tokio::test]
async fn a_crash_between_copy_and_removal_leaves_the_newer_state_and_the_other_goes() {
    let server = S3Server::start().await;
    let (name, bytes) = object(1, 1);
    let states = [Owner::peer(NODE), Owner::result(ARTIST), Owner::Spare];
    states[..2].iter().for_each(|state| server.plant(&key(name, *state), &bytes));
    server.plant("farm/notes.txt", b"somebody else's");
    let blobs = open(&server, limits(1000)).await;
    assert_eq!(blobs.known().index.entry(name).map(|entry| entry.owner), Some(states[1]));
    blobs.settled().await;
    assert_eq!(server.keys(), [key(name, states[1]), "farm/notes.txt".to_owned()]);
    // Crashed once more, and the listing of a running coordinator tells.
    server.plant(&key(name, states[2]), &bytes);
    blobs.refresh().await.expect("listed");
    blobs.settled().await;
    assert_eq!(server.keys(), [key(name, states[2]), "farm/notes.txt".to_owned()]);
    assert_eq!(blobs.size_bytes(), 64 * KIB);
}

#[tokio::test]
async fn what_one_coordinator_stores_the_other_finds_and_moves_on() {
    let server = S3Server::start().await;
    let (one, two) = (open(&server, limits(1000)).await, open(&server, limits(1000)).await);
    let (name, bytes) = object(1, 1);
    one.put(NODE, name, bytes.clone(), now_ms()).await.expect("fits");
    assert_eq!(two.read(name, now_ms()).await.expect("found in the bucket"), bytes);
    // The node has delivered at one, the artist says at the other that it has it.
    one.deliver(name, NODE, ARTIST);
    one.settled().await;
    two.spare(name);
    two.settled().await;
    assert_eq!(server.keys(), [key(name, Owner::Spare)]);
    assert_eq!(one.read(name, now_ms()).await.expect("where the other took it"), bytes);
    assert_eq!(sweep(&two, &[], 15 * DAY).await, 1);
    assert_eq!(one.read(name, now_ms()).await, Err(BlobFault::Missing));
    assert!(!has(&one, name).await && one.size_bytes() == 0);
}

#[tokio::test]
async fn shares_are_as_the_bucket_is_after_a_listing() {
    let server = S3Server::start().await;
    let (one, two) = (open(&server, limits(200)).await, open(&server, limits(200)).await);
    put(&one, NODE, 1, 150).await.expect("fits");
    assert_eq!(sweep(&two, &[NODE], Duration::ZERO).await, 0);
    assert!(matches!(put(&two, NODE, 2, 100).await, Err(BlobFault::Share { .. })));
    server.keys().iter().for_each(|key| server.uproot(key));
    assert_eq!(sweep(&two, &[NODE], Duration::ZERO).await, 0);
    put(&two, NODE, 2, 100).await.expect("there is room again");
}

#[tokio::test]
async fn a_missing_object_is_looked_for_once_in_a_while_and_many_by_one_listing() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(1000)).await;
    let (name, _) = object(1, 1);
    blobs.misses.forget(name);
    server.take_requests();
    for _ in 0..5 {
        assert!(!has(&blobs, name).await);
    }
    assert_eq!(server.take_requests().len(), 1, "one listing of its name");
    let (other, bytes) = object(3, 1);
    server.plant(&key(other, Owner::peer(NODE)), &bytes);
    let names: Vec<ObjectName> = (0..100).map(|byte| object(byte, 1).0).collect();
    blobs.misses.forget(name);
    let missing = blobs.missing(names.clone(), now_ms()).await.expect("listed");
    assert_eq!(missing, names.into_iter().filter(|name| *name != other).collect::<Vec<_>>());
    assert_eq!(server.take_requests().len(), 16, "everything, by first letters");
}

#[tokio::test]
async fn a_put_that_fails_leaves_nothing_and_one_whose_answer_is_lost_is_stored() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(1000)).await;
    for weather in [Weather::Closes, Weather::Status(503)] {
        server.weather("PUT", weather);
        let refused = put(&blobs, NODE, 1, 100).await;
        assert!(matches!(refused, Err(BlobFault::Away(_))), "{refused:?}");
        assert_eq!((blobs.size_bytes(), server.keys().len()), (0, 0));
    }
    server.weather("PUT", Weather::Fine);
    put(&blobs, NODE, 1, 100).await.expect("as if nothing had been");
    server.weather("PUT", Weather::ClosesAfter);
    let _ = put(&blobs, NODE, 2, 100).await;
    server.weather("", Weather::Fine);
    let name = put(&blobs, NODE, 2, 100).await.expect("it is there already");
    assert_eq!(blobs.read(name, now_ms()).await.expect("whole"), object(2, 100).1);
    assert_eq!(server.keys().len(), 2);
    blobs.answer().await.expect("it can be reached");
    server.weather("", Weather::Closes);
    assert!(matches!(blobs.answer().await, Err(BlobFault::Away(_))));
}

#[tokio::test]
async fn what_was_delivered_while_the_server_was_gone_is_done_when_it_is_back() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(1000)).await;
    let name = put(&blobs, NODE, 1, 1).await.expect("fits");
    server.weather("", Weather::Closes);
    let began = Instant::now();
    blobs.deliver(name, NODE, ARTIST);
    blobs.spare(name);
    assert!(began.elapsed() < Duration::from_millis(50), "whoever decides waits for nobody");
    let asked = tokio::join!(blobs.read(name, now_ms()), blobs.has(object(2, 1).0, now_ms()));
    assert!(matches!(asked.0, Err(BlobFault::Away(_))), "not missing: {asked:?}");
    assert!(has(&blobs, name).await, "nothing is lost");
    server.weather("", Weather::Fine);
    blobs.settled().await;
    assert_eq!(server.keys(), [key(name, Owner::Spare)]);
}

#[tokio::test]
async fn a_bucket_from_which_nothing_can_be_removed_does_not_fill_without_end() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(200)).await;
    let name = put(&blobs, NODE, 1, 150).await.expect("fits");
    blobs.deliver(name, NODE, ARTIST);
    blobs.settled().await;
    blobs.spare(name);
    blobs.settled().await;
    server.weather("DELETE", Weather::Status(403));
    for _ in 0..2 {
        let refused = put(&blobs, NODE, 2, 150).await;
        assert!(matches!(refused, Err(BlobFault::Away(_))), "{refused:?}");
    }
    assert_eq!(server.keys().len(), 1);
    server.weather("", Weather::Fine);
    blobs.settled().await;
    put(&blobs, NODE, 2, 150).await.expect("there is room now");
    assert_eq!(server.keys().len(), 1);
}

#[tokio::test]
async fn use_is_noted_in_the_bucket_once_a_day_and_counts_for_others() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(1000)).await;
    let name = put(&blobs, NODE, 1, 1).await.expect("fits");
    let later_ms = now_ms() + 2 * DAY.as_millis() as u64;
    server.pass_time(2 * DAY);
    server.take_requests();
    for _ in 0..3 {
        assert!(blobs.has(name, later_ms).await.expect("it can be told"));
        blobs.settled().await;
    }
    let requests = server.take_requests();
    assert_eq!(requests.iter().filter(|request| request.starts_with("PUT")).count(), 1, "{requests:?}");
    let other = open(&server, limits(1000)).await;
    assert_eq!(sweep(&other, &[], 15 * DAY).await, 0);
    assert_eq!(sweep(&other, &[], 17 * DAY).await, 1);
}

#[tokio::test]
async fn many_at_once_wait_for_their_turn_and_for_no_thread() {
    let server = S3Server::start().await;
    let blobs = open(&server, limits(100_000)).await;
    let name = put(&blobs, NODE, 1, 1).await.expect("fits");
    server.weather("GET", Weather::Slow(Duration::from_millis(50)));
    let mut reads = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let blobs = blobs.clone();
        reads.spawn(async move { blobs.read(name, now_ms()).await });
    }
    while let Some(read) = reads.join_next().await {
        assert!(read.expect("no panic").is_ok());
    }
    assert!((2..=64).contains(&server.most_at_once()), "{}", server.most_at_once());
}

#[tokio::test]
async fn why_a_bucket_cannot_be_used_is_told_at_the_start_and_no_key_with_it() {
    let server = S3Server::start().await;
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let good = access(&server);
    let changed = |name: &str, value: &str| {
        let environment = server.environment();
        BucketAccess::from_environment(|asked| match asked == name {
            true => Some(value.to_owned()),
            false => environment.iter().find(|(known, _)| *known == asked).map(|(_, value)| value.clone()),
        })
    };
    let elsewhere = format!("http://{nobody}");
    for (bucket, access, is_right) in [
        (
            BUCKET,
            changed("AWS_SECRET_ACCESS_KEY", "hush"),
            (|fault| matches!(fault, BucketFault::BadKeys)) as fn(&_) -> _,
        ),
        (BUCKET, changed("AWS_ACCESS_KEY_ID", "AKIAOTHER"), |fault| matches!(fault, BucketFault::BadKeys)),
        ("elsewhere", Ok(good.clone()), |fault| matches!(fault, BucketFault::NoBucket { .. })),
        ("forbidden", Ok(good.clone()), |fault| matches!(fault, BucketFault::Denied { .. })),
        (BUCKET, changed("AWS_ENDPOINT_URL", &elsewhere), BucketFault::is_passing),
    ] {
        let address = format!("s3://{bucket}/farm").parse().expect("an address");
        let fault = Bucket::open(&address, &access.expect("loopback")).await.expect_err("it cannot be used");
        assert!(is_right(&fault), "{bucket}: {fault:?}");
        let told = format!("{fault} {fault:?}");
        assert!(!told.contains("AKIA") && !told.contains(SECRET) && !told.contains("hush"), "{told}");
    }
    let used = format!("{:?}", bucket(&server).await);
    assert_eq!(used, "Bucket(s3://sealed/farm)");
}

#[tokio::test]
async fn without_keys_it_is_told_soon() {
    let server = S3Server::start().await;
    let endpoint = format!("http://{}", server.address);
    let access =
        BucketAccess::from_environment(|name| (name == "AWS_ENDPOINT_URL").then(|| endpoint.clone()));
    let address = format!("s3://{BUCKET}").parse().expect("an address");
    let began = Instant::now();
    let fault = Bucket::open(&address, &access.expect("loopback")).await.expect_err("nobody gives a key");
    assert_eq!(fault, BucketFault::NoKeys);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}
