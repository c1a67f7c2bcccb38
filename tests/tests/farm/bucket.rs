//! Whole jobs whose sealed objects lie in a bucket.

use render_net::coordinator::{BucketAccess, CoordinatorConfig, Keep, Objects};
use render_net::store::PostgresAddress;
use tests::throwaway_postgres;

use super::*;

#[path = "../../../render-net/tests/made/s3.rs"]
mod s3;

use s3::{BUCKET, S3Server, Weather};

fn in_bucket(server: &S3Server) -> impl Fn(&mut CoordinatorConfig) + Clone {
    let environment = server.environment();
    let variable =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let access = BucketAccess::from_environment(variable).expect("loopback");
    let address = format!("s3://{BUCKET}/farm").parse().expect("an address");
    move |config| config.objects = Objects::Bucket(Clone::clone(&address), access.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_in_a_bucket_outlives_its_coordinator_and_a_server_that_is_gone_for_a_while() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start().await;
    let data = folder.path().join("coordinator");
    let bucket = in_bucket(&server);
    let first = coordinator_with(&data, anywhere(), bucket.clone()).await;
    let address = first.address().clone();
    let node = node(&folder.path().join("node"), &address, 30, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let scene_objects = server.keys().len();
    assert!(scene_objects > 0, "the scene is there");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let troubles = async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        server.weather("", Weather::Status(503));
        tokio::time::sleep(Duration::from_millis(600)).await;
        // It ends while nothing can be moved, so that what was delivered lies as after a crash.
        first.stop().await;
        server.weather("", Weather::Fine);
        let listen = SocketAddr::from(([127, 0, 0, 1], address.port()));
        coordinator_with(&data, listen, bucket).await
    };
    let (end, second) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), troubles);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    node.stop.send(true).expect("it still runs");
    assert_eq!(node.running.await.expect("no panic").expect("no fault"), Why::Stopped);
    second.stop().await;
    assert!(!data.join("objects").exists(), "nothing lies in a folder");
    let keys = server.keys();
    assert!(keys.len() > scene_objects && keys.iter().all(|key| key.starts_with("farm/")), "{keys:?}");
    assert!(!server.holds(CANARY), "the bucket holds ciphertext alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_does_not_answer_at_the_start_is_said_so_and_nothing_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start().await;
    server.weather("", Weather::Status(503));
    let mut config = config(&folder.path().join("coordinator"), anywhere());
    in_bucket(&server)(&mut config);
    let fault = render_net::coordinator::Coordinator::start(config).await.expect_err("it cannot be reached");
    let words = fault.to_string();
    assert!(words.contains("503") && words.contains("check AWS_ENDPOINT_URL"), "{words}");
    assert!(!words.contains(s3::KEY_ID) && !words.contains(s3::SECRET), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_at_one_coordinator_works_for_an_artist_at_another_and_goes_on_when_the_artists_is_replaced() {
    let Some(database) = throwaway_postgres::shared() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start().await;
    let (bucket, schema) = (in_bucket(&server), throwaway_postgres::fresh_schema());
    let database = PostgresAddress::parse(&database.address(&schema), None).expect("an address");
    let together = move |config: &mut CoordinatorConfig| {
        bucket(config);
        config.keep = Keep::Postgres(Box::new(database.clone()));
    };
    let of_artist = folder.path().join("coordinator of artists");
    let first = coordinator_with(&of_artist, anywhere(), together.clone()).await;
    let other = coordinator_with(&folder.path().join("of nodes"), anywhere(), together.clone()).await;
    let address = first.address().clone();
    assert_ne!(address.key(), other.address().key());
    let node = node(&folder.path().join("node"), other.address(), 30, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1, 2], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let replaced = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        first.stop().await;
        let before = node.delivered();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(node.delivered() > before, "it works on while the artist's coordinator is away");
        let listen = SocketAddr::from(([127, 0, 0, 1], address.port()));
        coordinator_with(&of_artist, listen, together).await
    };
    let (end, second) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), replaced);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1, 2]);
    node.stop.send(true).expect("it still runs");
    assert_eq!(node.running.await.expect("no panic").expect("no fault"), Why::Stopped);
    second.stop().await;
    other.stop().await;
}
