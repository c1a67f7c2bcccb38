//! Two coordinators, each with a folder and an identity of its own, on one database.

use super::*;
use crate::store::PostgresAddress;
use crate::store::throwaway_postgres::{PASSWORD, Server, fresh_schema, shared};

fn on(server: &Server, schema: &str, folder: &Path) -> CoordinatorConfig {
    let address = PostgresAddress::parse(&server.address(schema), None).expect("an address");
    CoordinatorConfig { keep: Keep::Postgres(Box::new(address)), ..config(folder) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_one_is_heard_and_paid_at_the_other() {
    let Some(server) = shared() else { return };
    let (folder, schema) = (tempfile::tempdir().expect("temporary folder"), fresh_schema());
    let [one, two] = ["one", "two"].map(|name| on(server, &schema, &folder.path().join(name)));
    assert!(!format!("{one:?}").contains(PASSWORD));
    let here = Coordinator::start(one).await.expect("starts");
    let there = Coordinator::start(two).await.expect("is not kept out");
    assert_ne!(here.address().key(), there.address().key());
    let (node, artist) = (Identity::generate(), Identity::generate());
    let to_artist = Link::connect(&artist, here.address()).await.expect("connects");
    let to_node = Link::connect(&node, there.address()).await.expect("connects");
    register(&to_node).await;
    assert_eq!(ask(&to_artist, post()).await, Response::Done);
    let waiting = tokio::spawn(async move { (pull(&to_node, 20_000).await, to_node) });
    let follow = |since| Request::Follow(Follow { job: JOB, since, wait_ms: 20_000 });
    let Response::Events(events) = ask(&to_artist, follow(0)).await else { panic!("events") };
    assert_eq!(*events.events, [Event::NodeAwaitsKey { node: node.id() }]);
    let (descriptor, wrapped) = (ObjectName::of(&[1; 4]), Some(Opaque::default()));
    let gift = KeyGift { job: JOB, node: node.id(), descriptor, wrapped };
    assert_eq!(ask(&to_artist, Request::GiveKey(Box::new(gift))).await, Response::Done);
    let (leases, to_node) = waiting.await.expect("no panic");
    let lease = leases.first().expect("woken by the key at the other coordinator").clone();
    let result = to_node.put(b"sealed", Priority::Result).await.expect("stored");
    let began = Instant::now();
    assert!(matches!(ask(&to_node, commit(&lease, result)).await, Response::Committed { .. }));
    let mut since = 1;
    loop {
        let Response::Events(events) = ask(&to_artist, follow(since)).await else { panic!("events") };
        since += events.events.len() as u64;
        if events.events.iter().any(|event| matches!(event, Event::Committed(_))) {
            break;
        }
    }
    eprintln!("heard at the other coordinator after {} ms", began.elapsed().as_millis());
    let verdict = Verdict { lease: lease.lease, good: true, countersigned: Opaque::default() };
    assert_eq!(ask(&to_artist, Request::Verdict(Box::new(verdict))).await, Response::Done);
    let Response::Earnings(earnings) = ask(&to_node, Request::Earnings).await else { panic!("earnings") };
    assert_eq!((earnings.held, earnings.posted), (0, 32 * 32 * 16 * 1000 / 1_000_000));
    here.stop().await;
    there.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_peers_are_told_to_ask_again_and_then_answered() {
    let Some(server) = Server::start("-c fsync=off") else { return };
    let folder = tempfile::tempdir().expect("temporary folder");
    let coordinator = Coordinator::start(on(&server, "farm", folder.path())).await.expect("starts");
    let link = Link::connect(&Identity::generate(), coordinator.address()).await.expect("connects");
    assert_eq!(ask(&link, post()).await, Response::Done);
    tokio::task::block_in_place(|| server.stop(true));
    for _ in 0..3 {
        let answered = ask(&link, Request::Jobs).await;
        assert!(matches!(answered, Response::Refused(Refusal::Busy { .. })), "{answered:?}");
    }
    let insight = coordinator.insight();
    let look = insight.look().await;
    assert!(
        look.census.is_none() && look.has_objects && insight.read().metered.turns_failed >= 3,
        "{look:?}"
    );
    tokio::task::block_in_place(|| server.start_again());
    let began = Instant::now();
    loop {
        match ask(&link, Request::Jobs).await {
            Response::Jobs(jobs) => break assert_eq!(jobs.len(), 1),
            Response::Refused(Refusal::Busy { again_ms }) => {
                assert!(began.elapsed() < Duration::from_secs(20), "it does not come back");
                tokio::time::sleep(Duration::from_millis(again_ms.into())).await;
            }
            other => panic!("{other:?}"),
        }
    }
    while insight.look().await.census.is_none_or(|census| census.jobs != 1) {
        assert!(began.elapsed() < Duration::from_secs(60), "it is not seen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_after_the_database_was_opened_fails_in_words() {
    let Some(server) = shared() else { return };
    let folder = tempfile::tempdir().expect("temporary folder");
    let first = Coordinator::start(config(&folder.path().join("first"))).await.expect("starts");
    let port = (Ipv4Addr::LOCALHOST, first.address().port()).into();
    let second = on(server, &fresh_schema(), &folder.path().join("second"));
    let taken = Coordinator::start(CoordinatorConfig { listen: port, ..second }).await;
    assert!(matches!(taken, Err(CoordinatorFault::Listen(_))));
    first.stop().await;
}
