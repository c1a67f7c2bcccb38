//! The one thread that touches the store: it commits whatever requests have gathered as one transaction.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use frame::NodeId;
use tokio::sync::{mpsc, oneshot};

use super::blobs::Blobs;
use super::clock::Clock;
use super::meter::Meter;
use super::wakes::Wakes;
use crate::market::{Census, Effect, Input, Market};
use crate::store::{Store, StoreFault};
use crate::wire::{Refusal, Request, Response};

/// Requests that wait for the writer; more wait in their own tasks.
const QUEUE_MAX: usize = 1024;
/// Requests in one transaction.
const BATCH_MAX: usize = 64;
/// Attempts at one transaction that others keep getting ahead of; the store gives who was refused a turn of its own.
const ATTEMPTS_MAX: u32 = 8;
/// The pause before the second; each further one is twice as long.
const ATTEMPT_PAUSE: Duration = Duration::from_millis(1);
/// When to try again what found no database server, or one that was too busy.
const NO_DATABASE: Refusal = Refusal::Busy { again_ms: 1_000 };
/// How often time passes for the market.
const TICK: Duration = Duration::from_millis(500);

/// What is sent to the thread.
enum Order {
    /// Handle this; whoever wants the answer waits for it.
    Handle(Input, Option<oneshot::Sender<Response>>),
    /// Say of whose jobs something is not settled; nobody answers when that cannot be found out.
    Unsettled(oneshot::Sender<BTreeSet<NodeId>>),
    /// Count what is being worked on; nobody answers when the store does not.
    Census(oneshot::Sender<Census>),
    /// Answer what is queued and end.
    Finish,
}

/// The running thread.
#[derive(Debug)]
pub(super) struct Writer {
    requests: Requests,
    thread: JoinHandle<()>,
}

/// The way to the writer.
#[derive(Clone, Debug)]
pub(super) struct Requests(mpsc::Sender<Order>);

impl Writer {
    /// Starts the thread. For `grace` no lease lapses, so that nodes find their way back after a restart.
    pub(super) fn start(store: Box<dyn Store>, market: Market, around: Around, grace: Duration) -> Self {
        let (send, receive) = mpsc::channel(QUEUE_MAX);
        let ticking = send.clone();
        // The ticker ends with the thread: it sends nothing once the queue is closed.
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            loop {
                tokio::time::sleep(TICK).await;
                if ticking.send(Order::Handle(Input::Tick, None)).await.is_err() {
                    return;
                }
            }
        });
        let thread = std::thread::spawn(move || Work { store, market, around }.run(receive));
        Self { requests: Requests(send), thread }
    }

    pub(super) fn requests(&self) -> Requests {
        self.requests.clone()
    }

    /// Answers what is queued and ends the thread.
    pub(super) async fn finish(self) {
        // A closed queue means that the thread has ended already.
        let _ = self.requests.0.send(Order::Finish).await;
        let thread = self.thread;
        drop(self.requests);
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}

impl Requests {
    /// What the market answers once that is durable.
    pub(super) async fn ask(&self, peer: NodeId, request: Request) -> Response {
        let (answer, answered) = oneshot::channel();
        let order = Order::Handle(Input::Asked(peer, request), Some(answer));
        if self.0.send(order).await.is_err() {
            return Response::Refused(Refusal::Failed);
        }
        answered.await.unwrap_or(Response::Refused(Refusal::Failed))
    }

    /// Artists of whose jobs something is not settled; nothing when that cannot be found out.
    pub(super) async fn unsettled(&self) -> Option<BTreeSet<NodeId>> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Order::Unsettled(answer)).await.ok()?;
        answered.await.ok()
    }

    /// How the market stands; nothing when the store does not answer.
    pub(super) async fn census(&self) -> Option<Census> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Order::Census(answer)).await.ok()?;
        answered.await.ok()
    }

    /// Waits until nobody answers any more.
    pub(super) async fn closed(&self) {
        self.0.closed().await;
    }
}

/// What the writer acts on besides the store.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) wakes: Arc<Wakes>,
    pub(super) blobs: Arc<Blobs>,
    pub(super) clock: Arc<Clock>,
    pub(super) meter: Arc<Meter>,
}

struct Work {
    store: Box<dyn Store>,
    market: Market,
    around: Around,
}

impl Work {
    fn run(mut self, mut receive: mpsc::Receiver<Order>) {
        while let Some(first) = receive.blocking_recv() {
            let gathered = std::iter::from_fn(|| receive.try_recv().ok()).take(BATCH_MAX);
            let (mut inputs, mut answers) = (Vec::new(), Vec::new());
            let mut finish = false;
            for order in std::iter::once(first).chain(gathered) {
                match order {
                    Order::Handle(input, answer) => {
                        inputs.push(input);
                        answers.push(answer);
                    }
                    Order::Unsettled(answer) => self.unsettled(answer),
                    // Whoever asked may have gone while the store was slow.
                    Order::Census(answer) if answer.is_closed() => {}
                    Order::Census(answer) => self.census(answer),
                    Order::Finish => finish = true,
                }
            }
            for (effects, answer) in self.act(&inputs).into_iter().zip(answers) {
                self.around.wakes.wake(&effects);
                self.count(&effects);
                self.move_objects(&effects);
                let response = effects.into_iter().find_map(|effect| match effect {
                    Effect::Answer(response) => Some(response),
                    _ => None,
                });
                if let (Some(answer), Some(response)) = (answer, response) {
                    // Whoever asked may be gone; what it asked for has happened all the same.
                    let _ = answer.send(response);
                }
            }
            if finish {
                receive.close();
            }
        }
    }

    fn unsettled(&mut self, answer: oneshot::Sender<BTreeSet<NodeId>>) {
        match Market::unsettled(&mut *self.store) {
            // Whoever asked may be gone.
            Ok(artists) => drop(answer.send(artists)),
            Err(fault) => tracing::error!(%fault, "the store failed"),
        }
    }

    fn census(&mut self, answer: oneshot::Sender<Census>) {
        match Market::census(&mut *self.store) {
            // Whoever asked may be gone.
            Ok(census) => drop(answer.send(census)),
            Err(fault) => tracing::error!(%fault, "the store failed"),
        }
    }

    fn count(&self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Counted(count) = effect {
                self.around.meter.happened(*count);
            }
        }
    }

    /// What was delivered or is spare. A crash before this leaves an object with whom it was: it only stays longer.
    fn move_objects(&self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Delivered { result, node, artist } => {
                    self.around.blobs.deliver(*result, *node, *artist);
                }
                Effect::Spare(result) => self.around.blobs.spare(*result),
                _ => {}
            }
        }
    }

    /// All inputs at once, or one by one when that fails, so that one bad record does not refuse everybody.
    fn act(&mut self, inputs: &[Input]) -> Vec<Vec<Effect>> {
        if inputs.is_empty() {
            return Vec::new();
        }
        let began = Instant::now();
        let acted = self.act_at_last(inputs);
        self.around.meter.turn(began.elapsed(), acted.is_err());
        let fault = match acted {
            Ok(effects) => return effects,
            Err(fault) => fault,
        };
        let refusal = match fault {
            // It may have happened all the same, so nobody hears that it did not: whoever asks again is answered as if for the first time.
            StoreFault::Away(_) | StoreFault::Conflict => NO_DATABASE,
            _ if inputs.len() > 1 => {
                return inputs.iter().flat_map(|input| self.act(std::slice::from_ref(input))).collect();
            }
            StoreFault::NoRoom => Refusal::NoRoom,
            _ => Refusal::Failed,
        };
        tracing::error!(%fault, "the store failed");
        inputs.iter().map(|_| vec![Effect::Answer(Response::Refused(refusal.clone()))]).collect()
    }

    /// The whole transaction again, from its first look at the rows, when another coordinator was before it.
    fn act_at_last(&mut self, inputs: &[Input]) -> Result<Vec<Vec<Effect>>, StoreFault> {
        let mut pause = ATTEMPT_PAUSE;
        for _ in 1..ATTEMPTS_MAX {
            let now_ms = self.around.clock.now_ms();
            match self.market.act(&mut *self.store, now_ms, inputs) {
                Err(StoreFault::Conflict) => std::thread::sleep(pause),
                acted => return acted,
            }
            pause *= 2;
        }
        self.market.act(&mut *self.store, self.around.clock.now_ms(), inputs)
    }
}
