//! A coordinator that lies. It stands between the parties and an honest coordinator, reads every message as a coordinator does, and changes
//! bits of what it stores, serves, passes on and answers; it answers with what it answered before; it renames what it changed, so that
//! names fit. To the honest coordinator it speaks with the parties' own identities, which only a test can.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use frame::NodeId;
use render_net::identity::{CoordinatorAddress, Identity};
use render_net::link::{Arriving, Link, LinkFault, Listener, Priority};
use render_net::wire::{HEADER_BYTES, Message, OBJECT_BYTES_MAX, ObjectName, Request, Response};

use crate::anywhere;

/// One object in so many is changed, and one message: a lie about a message can end a link, one about an object never does.
const OBJECTS: u64 = 3;
const MESSAGES: u64 = 16;

/// The liar, as long as it lives.
pub(crate) struct Liar {
    pub(crate) address: CoordinatorAddress,
    mind: Arc<Mind>,
}

struct Mind {
    honest: CoordinatorAddress,
    /// Where the parties' identities are.
    folders: Vec<PathBuf>,
    chance: Mutex<blake3::OutputReader>,
    lying: AtomicBool,
    lies_left: AtomicU32,
    lies_told: AtomicU32,
    renamed: Mutex<HashMap<ObjectName, ObjectName>>,
    /// The last answer to each kind of question of each party.
    answered: Mutex<HashMap<(NodeId, &'static str), Response>>,
}

impl Liar {
    /// Stands before the honest coordinator; tells at most `lies` lies, from [`Self::begin`] on.
    pub(crate) fn start(honest: &CoordinatorAddress, folders: Vec<PathBuf>, seed: u64, lies: u32) -> Self {
        let listener = Listener::bind(anywhere(), &Identity::generate()).expect("a free port");
        let address = listener.address("127.0.0.1").expect("it is bound");
        let mind = Arc::new(Mind {
            honest: honest.clone(),
            folders,
            chance: Mutex::new(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof()),
            lying: AtomicBool::new(false),
            lies_left: AtomicU32::new(lies),
            lies_told: AtomicU32::new(0),
            renamed: Mutex::default(),
            answered: Mutex::default(),
        });
        let shared = mind.clone();
        tokio::spawn(async move {
            while let Some(caller) = listener.accept().await {
                let mind = shared.clone();
                tokio::spawn(async move {
                    if let Ok(link) = caller.handshake().await {
                        link.trust();
                        mind.receive(link).await;
                    }
                });
            }
        });
        Self { address, mind }
    }

    /// From now on it lies.
    pub(crate) fn begin(&self) {
        self.mind.lying.store(true, Ordering::SeqCst);
    }

    /// Lies told so far.
    pub(crate) fn told(&self) -> u32 {
        self.mind.lies_told.load(Ordering::SeqCst)
    }
}

impl Mind {
    async fn receive(self: Arc<Self>, link: Link) {
        let own = |folder: &PathBuf| {
            Identity::open_or_create(folder).ok().filter(|identity| identity.id() == link.peer())
        };
        let identity = self.folders.iter().find_map(own).expect("one of the parties");
        let Ok(honest) = Link::connect(&identity, &self.honest).await else { return link.close() };
        loop {
            let arriving = tokio::select! {
                arriving = link.accept() => arriving,
                _ = honest.closed() => break,
            };
            let Ok(arriving) = arriving else { break };
            tokio::spawn(self.clone().exchange(arriving, link.peer(), honest.clone()));
        }
        link.close();
        honest.close();
    }

    async fn exchange(
        self: Arc<Self>,
        arriving: Arriving,
        peer: NodeId,
        honest: Link,
    ) -> Result<(), LinkFault> {
        let (request, mut responder) = arriving.read().await?;
        let kind = request.name();
        match request {
            Request::Put { name, size_bytes } => {
                let mut object = responder.receive_object(name, size_bytes, &mut ()).await?;
                if self.is_time_to_lie(OBJECTS) {
                    self.flip(&mut object, 0);
                }
                let response = match honest.put(&object, Priority::Result).await {
                    Ok(stored) => {
                        lock(&self.renamed).insert(name, stored);
                        Response::Done
                    }
                    Err(LinkFault::Refused(refusal)) => Response::Refused(refusal),
                    Err(fault) => return Err(fault),
                };
                responder.reply(response).await
            }
            Request::Show { mut preview, size_bytes } => {
                let named = preview.object;
                let mut object = responder.receive_object(named, size_bytes, &mut ()).await?;
                if self.is_time_to_lie(OBJECTS) {
                    self.flip(&mut object, 0);
                }
                preview.object = ObjectName::of(&object);
                lock(&self.renamed).insert(named, preview.object);
                let response = match honest.show(preview, &object).await {
                    Ok(()) => Response::Done,
                    Err(LinkFault::Refused(refusal)) => Response::Refused(refusal),
                    Err(fault) => return Err(fault),
                };
                responder.reply(response).await
            }
            Request::Fetch(name) => {
                let stored = self.stored_name(name);
                match honest.fetch(stored, OBJECT_BYTES_MAX, Priority::Scene).await {
                    Ok(mut object) => {
                        if self.is_time_to_lie(OBJECTS) {
                            self.flip(&mut object, 0);
                        }
                        responder.reply_object(&object, Priority::Scene).await
                    }
                    Err(LinkFault::Refused(refusal)) => responder.reply(Response::Refused(refusal)).await,
                    Err(fault) => Err(fault),
                }
            }
            request => {
                let request = self.changed(self.with_stored_names(request));
                let response = match honest.call(&request).await {
                    Ok(response) => response,
                    Err(LinkFault::Refused(refusal)) => Response::Refused(refusal),
                    Err(fault) => return Err(fault),
                };
                let earlier = lock(&self.answered).insert((peer, kind), response.clone());
                let response = match earlier {
                    Some(earlier) if self.is_time_to_lie(MESSAGES) => earlier,
                    _ => self.changed(response),
                };
                responder.reply(response).await
            }
        }
    }

    /// The same message, or one with a flipped bit that still decodes: the decoder has refused the others already.
    fn changed<M: Message>(&self, message: M) -> M {
        if !self.is_time_to_lie(MESSAGES) {
            return message;
        }
        let mut bytes = message.encode().expect("it came from a link");
        self.flip(&mut bytes, HEADER_BYTES);
        M::decode(&bytes).unwrap_or(message)
    }

    /// Names that a party uses, replaced by those under which the changed bytes are stored.
    fn with_stored_names(&self, mut request: Request) -> Request {
        match &mut request {
            Request::Commit(commit) => commit.result = self.stored_name(commit.result),
            Request::Preview(preview) => preview.object = self.stored_name(preview.object),
            _ => {}
        }
        request
    }

    fn stored_name(&self, name: ObjectName) -> ObjectName {
        lock(&self.renamed).get(&name).copied().unwrap_or(name)
    }

    /// One time in so many, while there are lies left.
    fn is_time_to_lie(&self, in_so_many: u64) -> bool {
        if !self.lying.load(Ordering::SeqCst) || self.below(in_so_many) != 0 {
            return false;
        }
        let one_fewer = |left: u32| left.checked_sub(1);
        let told = self.lies_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_fewer).is_ok();
        self.lies_told.fetch_add(u32::from(told), Ordering::SeqCst);
        told
    }

    fn flip(&self, bytes: &mut [u8], from: usize) {
        let Some(bits) = bytes.len().checked_sub(from).map(|bytes| bytes * 8).filter(|bits| *bits > 0) else {
            return;
        };
        let bit = self.below(bits as u64) as usize;
        bytes[from + bit / 8] ^= 1 << (bit % 8);
    }

    fn below(&self, end: u64) -> u64 {
        let mut drawn = [0; 8];
        lock(&self.chance).fill(&mut drawn);
        u64::from_le_bytes(drawn) % end
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no test panics with it")
}
