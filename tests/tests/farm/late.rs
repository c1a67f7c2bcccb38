//! What comes too late, or is not heard: refusals after the time for them, and answers that are lost.

use std::sync::Arc;

use render_net::artist::{CollectedTile, Collector, PreviewTile};
use render_net::identity::Identity;
use render_net::link::{Link, Listener, Priority};
use render_net::wire::{Bounded, Commit, Lease, Offer, Opaque, Pull, Refusal, Request, Response};

use super::*;

async fn ask(link: &Link, request: Request) -> Response {
    link.call(&request).await.expect("answered")
}

/// A node that has the key for a job of one tile, and its lease; nobody follows the job any more.
async fn leased(artist: &render_net::artist::Artist, job: frame::JobId, to: &Link, node: &Identity) -> Lease {
    let adapter = frame::AdapterCard {
        name: "flat".into(),
        backend: "none".into(),
        driver: String::new(),
        class: frame::AdapterClass::Other,
    };
    let descriptor = postcard::to_stdvec(&node.descriptor()).expect("encodes");
    let descriptor = Bounded::new(descriptor).expect("short");
    let offer = Offer { descriptor, adapter, memory_mib: 1024, price: 500, version: "1".into() };
    ask(to, Request::Register(Box::new(offer))).await;
    let (stop, stopped) = never();
    let mut easel = Easel::new(settings(16));
    let pulling = async {
        let lease = loop {
            let pulled = ask(to, Request::Pull(Pull { capacity: 1, wait_ms: 1000 })).await;
            let Response::Leases(leases) = pulled else { panic!("leases expected") };
            if let Some(lease) = leases.into_vec().pop() {
                break lease;
            }
        };
        stop.send(true).expect("it follows");
        lease
    };
    let (end, lease) = tokio::join!(artist.collect(job, &mut easel, stopped), pulling);
    assert!(matches!(end, Err(ArtistFault::Stopped)), "{end:?}");
    lease
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_that_was_accepted_before_anybody_looked_ends_the_job_and_names_the_tile() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut config = config(&folder.path().join("coordinator"), anywhere());
    config.terms.verdict_ms = 300;
    let coordinator = render_net::coordinator::Coordinator::start(config).await.expect("starts");
    let artist = artist(&folder.path().join("artist"), coordinator.address());
    let spec = render_net::artist::JobSpec { edge_px: 128, ..spec(&[7], 16) };
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let node = Identity::generate();
    let to = Link::connect(&node, coordinator.address()).await.expect("connects");
    let Lease { lease, blocks, .. } = leased(&artist, job, &to, &node).await;
    let result = to.put(b"garbage", Priority::Result).await.expect("stored");
    let (receipt, link) = (Opaque::default(), Opaque::default());
    let committed =
        ask(&to, Request::Commit(Box::new(Commit { lease, blocks, result, receipt, link }))).await;
    assert!(matches!(committed, Response::Committed { .. }));
    while artist.cards().await.expect("answered")[0].blocks_accepted == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (_keep, stop) = never();
    let mut easel = Easel::new(spec.settings);
    let end = timeout(Duration::from_secs(20), artist.collect(job, &mut easel, stop)).await;
    let end = end.expect("it does not wait for ever").expect("collected");
    assert_eq!(end, JobEnd::Incomplete { missing: vec![(FrameIndex(7), frame::TileIndex(0))] });
    let refused = |progress: &Progress| matches!(progress, Progress::Refused { .. });
    assert_eq!(easel.progress.iter().filter(|progress| refused(progress)).count(), 1);
    coordinator.stop().await;
}

/// What a coordinator that takes everything does with a job that is posted.
#[derive(Clone, Copy)]
enum Hears {
    /// It hangs up.
    Not,
    /// It says nothing.
    Silently,
    /// It says so after a while.
    Late,
}

async fn takes_all(listener: Listener, hears: Hears, heard: Arc<tokio::sync::Notify>) {
    while let Some(caller) = listener.accept().await {
        let heard = heard.clone();
        tokio::spawn(async move {
            let Ok(link) = caller.handshake().await else { return };
            link.trust();
            let mut kept = Vec::new();
            while let Ok(arriving) = link.accept().await {
                let Ok((request, responder)) = arriving.read().await else { continue };
                let answer = match request {
                    Request::Missing(_) => Response::Missing(Bounded::default()),
                    Request::PostJob(_) => {
                        heard.notify_one();
                        match hears {
                            Hears::Not => {
                                link.close();
                                break;
                            }
                            Hears::Silently => {
                                kept.push(responder);
                                continue;
                            }
                            Hears::Late => tokio::time::sleep(Duration::from_millis(500)).await,
                        }
                        Response::Done
                    }
                    Request::Put { name, size_bytes } => {
                        let mut responder = responder;
                        let _ = responder.receive_object(name, size_bytes, &mut ()).await;
                        let _ = responder.reply(Response::Done).await;
                        continue;
                    }
                    _ => Response::Refused(Refusal::Malformed),
                };
                let _ = responder.reply(answer).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_answer_was_lost_keeps_its_folder_and_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = Listener::bind(anywhere(), &Identity::generate()).expect("a free port");
    let address = listener.address("127.0.0.1").expect("bound");
    let deaf = tokio::spawn(takes_all(listener, Hears::Not, Arc::default()));
    let artist = artist(&folder.path().join("artist"), &address);
    let fault = artist.submit(spec(&[1], 16), source(), |_| {}).await.expect_err("nothing was heard");
    let ArtistFault::Unheard { job, .. } = &fault else { panic!("{fault}") };
    assert_eq!(artist.jobs(), [*job]);
    assert!(artist.ticket(*job).is_ok() && fault.to_string().contains(&job.to_string()));
    deaf.abort();
}

/// What an artist says who is stopped when this has happened.
async fn stopped_when(
    hears: Hears,
    posted: bool,
) -> (Result<frame::JobId, ArtistFault>, Vec<frame::JobId>, Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let listener = Listener::bind(anywhere(), &Identity::generate()).expect("a free port");
    let address = listener.address("127.0.0.1").expect("bound");
    let heard = Arc::new(tokio::sync::Notify::new());
    let coordinator = tokio::spawn(takes_all(listener, hears, heard.clone()));
    let artist = artist(&folder.path().join("artist"), &address);
    let (stop, stopped) = never();
    let began = std::time::Instant::now();
    let submitting = artist.submit_until(spec(&[1], 16), source(), |_| {}, stopped);
    let stopping = async {
        if posted {
            heard.notified().await;
        }
        stop.send(true).expect("it listens");
    };
    let (ended, ()) = timeout(PATIENCE, async { tokio::join!(submitting, stopping) }).await.expect("in time");
    coordinator.abort();
    (ended, artist.jobs(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_while_the_job_is_posted_never_says_that_nothing_was_submitted() {
    let (ended, jobs, _) = stopped_when(Hears::Silently, true).await;
    let fault = ended.expect_err("nothing was heard");
    let ArtistFault::Unheard { job, .. } = &fault else { panic!("{fault}") };
    assert_eq!(jobs, [*job], "it can be collected and cancelled");
    let (ended, jobs, took) = stopped_when(Hears::Late, true).await;
    assert_eq!(jobs, [ended.expect("it is there, whatever was wanted")]);
    assert!(took < Duration::from_secs(3), "{took:?}");
    let (ended, jobs, _) = stopped_when(Hears::Late, false).await;
    assert!(matches!(ended, Err(ArtistFault::NotSubmitted)), "{ended:?}");
    assert_eq!(jobs, [], "nothing is left of what was not submitted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_without_a_scene_are_named_and_the_others_are_the_job() {
    use render_net::artist::{SceneSource, Uploading};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let artist = artist(&folder.path().join("artist"), coordinator.address());
    let lacking = |lacking: &'static [u32]| -> SceneSource {
        let mut source = source();
        Box::new(move |frame| match lacking.contains(&frame.0) {
            true => Err(format!("no {}", frame.0)),
            false => source(frame),
        })
    };
    let mut left_out = Vec::new();
    let spec = spec(&[1, 2, 3, 4], 16);
    let job = artist.submit(spec.clone(), lacking(&[1, 3]), |uploading| {
        if let Uploading::LeftOut { frame, why } = uploading {
            left_out.push((frame.0, why));
        }
    });
    let job = job.await.expect("posted");
    assert_eq!(left_out, [(1, "no 1".to_owned()), (3, "no 3".to_owned())]);
    assert_eq!(*artist.ticket(job).expect("kept").shape().frames, [2, 4]);
    let node = node(&folder.path().join("node"), coordinator.address(), 1, false);
    let (_keep, stop) = never();
    let mut easel = Easel::new(spec.settings);
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[2, 4]);
    for (frames, none) in [(&[1, 2][..], &[1, 2][..]), (&[2], &[2])] {
        let refused = artist.submit(crate::parties::spec(frames, 16), lacking(none), |_| {}).await;
        assert!(matches!(&refused, Err(ArtistFault::Scene(why)) if *why == format!("no {}", frames[0])));
    }
    node.running.abort();
    coordinator.stop().await;
}

/// Counts what comes.
#[derive(Default)]
struct Counts {
    tiles: usize,
    previews: usize,
}

impl Collector for Counts {
    fn tile(&mut self, _: CollectedTile) -> Result<(), String> {
        self.tiles += 1;
        Ok(())
    }

    fn preview(&mut self, _: PreviewTile) {
        self.previews += 1;
    }
}

/// Names of the objects that lie at a coordinator.
fn stored(data: &std::path::Path) -> Vec<String> {
    let shelves = std::fs::read_dir(data.join("objects")).expect("lists").flatten();
    let files = shelves.filter_map(|shelf| std::fs::read_dir(shelf.path()).ok()).flatten().flatten();
    files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_looks_on_previews_are_seen_and_only_scenes_lie_at_the_coordinator() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("coordinator");
    let mut config = config(&data, anywhere());
    config.limits.keeps_spares = false;
    config.terms.lease_ms = 5_000;
    let coordinator = render_net::coordinator::Coordinator::start(config).await.expect("starts");
    let address = coordinator.address().clone();
    let node = node(&folder.path().join("node"), &address, 600, false);
    let artist = artist(&folder.path().join("artist"), &address);
    // One tile, of which most blocks are one lease: long enough for a preview.
    let spec = render_net::artist::JobSpec { edge_px: 128, ..spec(&[1], 128) };
    let job = artist.submit(spec, source(), |_| {}).await.expect("posted");
    let (_keep, stop) = never();
    let mut counts = Counts::default();
    let end = timeout(PATIENCE, artist.collect(job, &mut counts, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert!(counts.previews > 0 && counts.tiles > 0, "{} previews", counts.previews);
    let owner: String = artist.identity().id().to_string().chars().take(16).collect();
    let are_scenes = |names: &[String]| names.iter().all(|name| name.ends_with(&format!(".{owner}")));
    let mut names = stored(&data);
    // What is not needed any more goes on a task of its own, a little after the index has said so.
    for _ in 0..100 {
        if are_scenes(&names) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        names = stored(&data);
    }
    assert!(!names.is_empty() && are_scenes(&names), "{names:?}");
    node.running.abort();
    coordinator.stop().await;
}
