//! Announcing and finding over real multicast on the loopback, where the system has that.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use frame::NodeId;

use super::*;
use crate::identity::Identity;
use crate::link::Listener;

const PATIENCE: Duration = Duration::from_secs(3);

/// Answers handshakes and nothing else.
fn answering(identity: &Identity) -> SocketAddr {
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), identity).expect("a free port");
    let at = listener.local_address().expect("it is bound");
    tokio::spawn(async move {
        while let Some(caller) = listener.accept().await {
            tokio::spawn(caller.handshake());
        }
    });
    at
}

fn announced(key: NodeId, at: SocketAddr) -> Announcement {
    let (addresses, tag) = (vec![at.ip()], Tag::fresh(key));
    Announcement { name: "Farm".into(), addresses, port: at.port(), version: VERSION, tag }
}

#[tokio::test]
async fn a_coordinator_is_met_with_its_own_key_and_code() {
    let identity = Identity::generate();
    let at = answering(&identity);
    let mut announcement = announced(identity.id(), at);
    // The first address is dead, the second answers.
    announcement.addresses.insert(0, "127.0.0.2".parse().expect("an address"));
    let silent = std::net::UdpSocket::bind(("127.0.0.2", at.port())).expect("a free port");
    let met = meet(&announcement).await.expect("it answers");
    drop(silent);
    assert_eq!(met.address.to_string(), format!("tessera://{at}#{}", identity.id()));
    assert_eq!(met.code, PairingCode::of(identity.id()));
}

#[tokio::test]
async fn an_impostor_with_the_same_name_has_another_code() {
    let (honest, impostor) = (Identity::generate(), Identity::generate());
    let met_honest = meet(&announced(honest.id(), answering(&honest))).await.expect("it answers");
    let met_impostor = meet(&announced(impostor.id(), answering(&impostor))).await.expect("it answers");
    assert_ne!(met_honest.code, met_impostor.code);
    assert_eq!(met_impostor.address.key(), impostor.id(), "nobody proves another's key");
}

#[tokio::test]
async fn a_repeated_tag_does_not_make_another_key_pass() {
    let (honest, impostor) = (Identity::generate(), Identity::generate());
    let fault = meet(&announced(honest.id(), answering(&impostor))).await.expect_err("another key");
    assert!(matches!(fault, LinkFault::Protocol(_)), "{fault}");
}

#[tokio::test]
async fn another_version_is_said_so_and_not_called() {
    let identity = Identity::generate();
    let mut announcement = announced(identity.id(), answering(&identity));
    announcement.version = VERSION + 1;
    assert_eq!(meet(&announcement).await, Err(LinkFault::VersionMismatch));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_is_found_until_it_ends() {
    let identity = Identity::generate();
    let at = answering(&identity);
    // A free port, so that neither the system's own multicast DNS nor another test is met.
    let free =
        std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let reach = Reach::Loopback { port: free.port() };
    let tag = Tag::fresh(identity.id());
    let announcer = Announcer::start("Farm. Süd", tag, at, reach).expect("it starts");
    let sent = announcer.sent(PATIENCE).await;
    let heard = look(reach, PATIENCE).await.expect("it listens");
    if sent.is_err() || heard.announcements.is_empty() {
        use std::io::Write;
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: the loopback carries no multicast here ({sent:?}), so no announcement was heard"
        );
        return;
    }
    assert_eq!(sent.as_deref(), Ok("Farm. Süd"));
    let [announcement] = heard.announcements.as_slice() else { panic!("one, not {heard:?}") };
    assert_eq!(
        (announcement.name.as_str(), announcement.port, announcement.tag),
        ("Farm. Süd", at.port(), tag)
    );
    assert_eq!(announcement.addresses, [at.ip()]);
    assert_eq!(meet(announcement).await.expect("it answers").address.key(), identity.id());
    drop(announcer);
    let after = look(reach, PATIENCE).await.expect("it listens");
    assert_eq!(after, Heard::default(), "whoever stops is gone");
}
