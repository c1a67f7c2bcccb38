use super::*;
use crate::wire::{Refusal, VERSION};

async fn pair() -> (LoopbackPair, Identity, Identity) {
    let (dialler, listener) = (Identity::generate(), Identity::generate());
    let pair = Link::pair_on_loopback(&dialler, &listener).await.expect("loopback works");
    (pair, dialler, listener)
}

/// Answers everything: stores nothing, fetches one fixed object.
async fn serve(link: Link, object: Vec<u8>) {
    while let Ok(arriving) = link.accept().await {
        let Ok((request, mut responder)) = arriving.read().await else { continue };
        let done = match request {
            Request::Put { size_bytes, .. } if size_bytes > 1 << 20 => {
                responder.reply(Response::Refused(Refusal::NoRoom)).await
            }
            Request::Put { name, size_bytes } => {
                match responder.receive_object(name, size_bytes, &mut ()).await {
                    Ok(_) => responder.reply(Response::Done).await,
                    Err(_) => responder.reply(Response::Refused(Refusal::WrongName)).await,
                }
            }
            Request::Fetch(_) => responder.reply_object(&object, Priority::Scene).await,
            Request::Jobs => responder.reply(Response::Refused(Refusal::NoSuchJob)).await,
            _ => responder.reply(Response::Done).await,
        };
        done.expect("the dialler waits for the reply");
    }
}

#[tokio::test]
async fn both_ends_know_whom_they_talk_to() {
    let (pair, dialler, listener) = pair().await;
    assert_eq!(pair.dialler.peer(), listener.id());
    assert_eq!(pair.listener.peer(), dialler.id());
}

#[tokio::test]
async fn requests_objects_and_refusals_cross_the_link() {
    let (pair, ..) = pair().await;
    let object = vec![0x5a; 700_000];
    pair.listener.trust();
    tokio::spawn(serve(pair.listener.clone(), object.clone()));
    let link = &pair.dialler;
    assert_eq!(link.call(&Request::Ping).await, Ok(Response::Done));
    assert_eq!(link.call(&Request::Jobs).await, Err(LinkFault::Refused(Refusal::NoSuchJob)));
    assert_eq!(link.put(&object, Priority::Result).await, Ok(ObjectName::of(&object)));
    let fetched = link.fetch(ObjectName::of(&object), 1 << 20, Priority::Scene).await;
    assert_eq!(fetched.as_ref(), Ok(&object));
    // A refusal reaches a sender that is still sending.
    let large = vec![1; 40 << 20];
    assert_eq!(link.put(&large, Priority::Result).await, Err(LinkFault::Refused(Refusal::NoRoom)));
}

#[tokio::test]
async fn an_object_that_is_not_what_was_asked_for_is_refused() {
    let (pair, ..) = pair().await;
    tokio::spawn(serve(pair.listener.clone(), b"something else".to_vec()));
    let link = &pair.dialler;
    let name = ObjectName::of(b"wanted");
    assert_eq!(link.fetch(name, 100, Priority::Scene).await, Err(LinkFault::WrongContent));
    assert_eq!(
        link.fetch(name, 3, Priority::Scene).await,
        Err(LinkFault::TooLarge { claimed: 14, limit: 3 })
    );
}

#[tokio::test]
async fn a_coordinator_with_another_key_is_told_apart() {
    let (dialler, listener) = (Identity::generate(), Identity::generate());
    let accepting = Listener::bind(([127, 0, 0, 1], 0).into(), &listener).expect("a free port");
    let port = accepting.local_address().expect("bound").port();
    tokio::spawn(async move {
        while let Some(caller) = accepting.accept().await {
            let _ = caller.handshake().await;
        }
    });
    let expected = Identity::generate().id();
    let wrong = CoordinatorAddress::new("127.0.0.1", port, expected).expect("valid");
    assert_eq!(Link::connect(&dialler, &wrong).await.err(), Some(LinkFault::WrongKey { expected }));
    let right = CoordinatorAddress::new("127.0.0.1", port, listener.id()).expect("valid");
    assert_eq!(
        Link::connect_as(&dialler, &right, b"tessera/2").await.err(),
        Some(LinkFault::VersionMismatch)
    );
    assert!(Link::connect(&dialler, &right).await.is_ok());
}

#[tokio::test]
async fn another_message_version_ends_the_link_readably() {
    let (pair, ..) = pair().await;
    tokio::spawn(serve(pair.listener.clone(), Vec::new()));
    let (mut send, mut receive) = pair.dialler.open(Priority::Control).await.expect("open");
    let mut bytes = Request::Ping.encode().expect("encodes");
    bytes[0] = VERSION + 1;
    send.write_all(&bytes).await.expect("sent");
    send.finish();
    let reply = read_message::<Response>(&mut receive).await;
    assert_eq!(reply, Ok(Response::Refused(Refusal::Version { ours: VERSION })));
    drop((send, receive));
    assert_eq!(pair.dialler.closed().await, LinkFault::VersionMismatch);
}

#[tokio::test]
async fn malformed_requests_are_answered_and_harm_nobody() {
    let (pair, ..) = pair().await;
    tokio::spawn(serve(pair.listener.clone(), Vec::new()));
    let (unknown, kind) = ([VERSION, 1, 0, 1, 0, 0, 0, 0xff], [VERSION, 7, 7, 0, 0, 0, 0]);
    for bytes in [&unknown[..], &kind, &[VERSION, 1, 0, 255, 255, 255, 255]] {
        let (mut send, mut receive) = pair.dialler.open(Priority::Control).await.expect("open");
        send.write_all(bytes).await.expect("sent");
        send.finish();
        let reply = read_message::<Response>(&mut receive).await;
        assert_eq!(reply, Ok(Response::Refused(Refusal::Malformed)));
    }
    assert_eq!(pair.dialler.call(&Request::Ping).await, Ok(Response::Done));
}

#[tokio::test]
async fn nobody_at_the_address_is_said_so() {
    let dialler = Identity::generate();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("bound").port();
    let address = CoordinatorAddress::new("127.0.0.1", port, dialler.id()).expect("valid");
    assert_eq!(Link::connect(&dialler, &address).await.err(), Some(LinkFault::NoAnswer));
    let nowhere = CoordinatorAddress::new("host.invalid", port, dialler.id()).expect("valid");
    assert!(matches!(Link::connect(&dialler, &nowhere).await.err(), Some(LinkFault::UnknownHost { .. })));
}

/// A listener in a runtime of its own, which can be ended as kill -9 ends a process: nobody hears a word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_listeners_callers_learn_it_from_the_next_one_at_their_next_word() {
    let (dialler, identity) = (Identity::generate(), Identity::generate());
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let process = process.expect("a runtime");
    let listener = {
        let _inside = process.enter();
        Listener::bind(([127, 0, 0, 1], 0).into(), &identity).expect("a free port")
    };
    let (at, address) =
        (listener.local_address().expect("bound"), listener.address("127.0.0.1").expect("valid"));
    let far = process.spawn(async move {
        let caller = listener.accept().await.expect("it listens");
        let link = caller.handshake().await;
        (listener, link)
    });
    let near = Link::connect(&dialler, &address).await.expect("loopback works");
    let far = far.await.expect("it answers");
    process.shutdown_background();
    drop(far);
    let bound = async {
        loop {
            match Listener::bind(at, &identity) {
                Ok(listener) => break listener,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let _next = timeout(Duration::from_secs(10), bound).await.expect("the port is free again");
    let said = timeout(Duration::from_secs(3), near.call(&Request::Ping)).await;
    let fault = said.expect("it is told long before the link is given up as silent");
    assert!(matches!(fault, Err(LinkFault::Lost { .. })), "{fault:?}");
}

#[tokio::test]
async fn an_exchange_that_breaks_off_is_a_passing_fault_and_nobodys_lie() {
    let (pair, ..) = pair().await;
    let (link, object) = (&pair.dialler, vec![7; 100_000]);
    let name = ObjectName::of(&object);
    let far = pair.listener.clone();
    let served = object.clone();
    let (told, was_read) = tokio::sync::oneshot::channel();
    let serving = tokio::spawn(async move {
        // A request that is dropped, as when the coordinator's own patience ends.
        drop(far.accept().await.expect("a stream").read().await.expect("a request"));
        // A put whose reader gives up.
        drop(far.accept().await.expect("a stream").read().await.expect("a request"));
        // An object of which a part comes, with a proper end and without.
        for finished in [true, false] {
            let (send, mut receive) = far.connection.accept_bi().await.expect("a stream");
            let mut send = exchange::Outgoing::new(send);
            read_message::<Request>(&mut receive).await.expect("a request");
            let response = Response::Object { size_bytes: served.len() as u64 };
            send.write_all(&response.encode().expect("encodes")).await.expect("sent");
            send.write_all(&served[..60_000]).await.expect("sent");
            if finished {
                send.finish();
            }
        }
        // A put that the sender gives up halfway.
        let (_, mut responder) = far.accept().await.expect("a stream").read().await.expect("a request");
        told.send(()).expect("awaited");
        responder.receive_object(name, served.len() as u64, &mut ()).await
    });
    let mut faults = vec![
        link.call(&Request::Ping).await.expect_err("no reply"),
        link.put(&object, Priority::Result).await.expect_err("no reply"),
    ];
    for _ in 0..2 {
        faults.push(link.fetch(name, 1 << 20, Priority::Scene).await.expect_err("a part"));
    }
    let (mut send, _receive) = link.open(Priority::Result).await.expect("open");
    let put = Request::Put { name, size_bytes: object.len() as u64 };
    send.write_all(&put.encode().expect("encodes")).await.expect("sent");
    send.write_all(&object[..60_000]).await.expect("sent");
    was_read.await.expect("the request came");
    drop(send);
    faults.push(serving.await.expect("no panic").expect_err("a part"));
    for fault in &faults {
        assert!(matches!(fault, LinkFault::Lost { .. }) && fault.is_passing(), "{faults:?}");
    }
}

#[tokio::test]
async fn links_over_one_line_share_its_rate_and_their_words_do_not_wait() {
    let (first, ..) = pair().await;
    let (second, ..) = pair().await;
    let line = Uplink::default();
    line.limit(Some(1_000_000));
    let object = vec![7; 500_000];
    let links = [first, second].map(|pair| {
        tokio::spawn(serve(pair.listener.clone(), Vec::new()));
        pair.dialler.over(line.clone())
    });
    let began = std::time::Instant::now();
    let puts = links.clone().map(|link| {
        let object = object.clone();
        tokio::spawn(async move { link.put(&object, Priority::Result).await.map(|_| began.elapsed()) })
    });
    assert_eq!(links[0].call(&Request::Ping).await, Ok(Response::Done));
    let word = began.elapsed();
    let mut last = Duration::ZERO;
    for put in puts {
        last = last.max(put.await.expect("no panic").expect("stored"));
    }
    // A piece may go at once; all the rest of the million bytes takes its time.
    assert!(last >= Duration::from_millis(900), "both were sent after {last:?}");
    assert!(word < last, "a word waited for {word:?}");
}

/// What one end says of a put of which `step` bytes come every 40 ms after the first 60,000, where half a second must bring 4,000 bytes.
async fn trickled(step: usize) -> Result<Vec<u8>, LinkFault> {
    const PACE: pace::PaceLimits =
        pace::PaceLimits { time: Duration::from_millis(500), bytes: 4_000, share: 256 };
    let (pair, ..) = pair().await;
    let object: Vec<u8> = (0..100_000u32).map(|at| at as u8).collect();
    let (name, size_bytes) = (ObjectName::of(&object), object.len() as u64);
    let link = pair.dialler.clone();
    let sending = tokio::spawn(async move {
        let (mut send, _receive) = link.open(Priority::Result).await.expect("open");
        let put = Request::Put { name, size_bytes };
        send.write_all(&put.encode().expect("encodes")).await.expect("sent");
        send.write_all(&object[..60_000]).await.expect("sent");
        for piece in object[60_000..].chunks(step) {
            tokio::time::sleep(Duration::from_millis(40)).await;
            if send.write_all(piece).await.is_err() {
                return;
            }
        }
        send.finish();
    });
    let arriving = pair.listener.accept().await.expect("a stream");
    let (_, mut responder) = arriving.read().await.expect("a request");
    responder.pace = PACE;
    let mut memory = ();
    let received = timeout(Duration::from_secs(10), responder.receive_object(name, size_bytes, &mut memory));
    let received = received.await.expect("a trickle is not waited for");
    drop(responder);
    // Whoever is given up hears of it.
    timeout(Duration::from_secs(10), sending).await.expect("it is told").expect("no panic");
    received
}

#[tokio::test]
async fn a_sender_that_trickles_is_given_up_and_a_slow_one_is_not() {
    // 25 bytes in a second, and 30,000.
    assert_eq!(trickled(1).await, Err(LinkFault::Timeout));
    assert_eq!(trickled(1_200).await.map(|object| object.len()), Ok(100_000));
}
