//! The renderer's own thread: takes a piece of work, renders it, and gives back a parcel.
//!
//! A renderer blocks for seconds and may hold a GPU context, so it never runs on the threads that serve the network. Stopping and shortening
//! reach it through [`Reins`], which it looks at after every block; a renderer that heeds the brake ends in the middle of one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use frame::{AdapterCard, BlockRange, Brake, Flow, Partial, RenderFault, TilePlanes, TileRenderer};
use tokio::sync::mpsc as asynchronous;

use super::finish::{Span, Work};
use super::outbox::Parcel;
use super::sums::DoneBlocks;
use crate::wire::FailureKind;

/// Memory for single blocks, kept until the result is taken so that it can still be cut shorter.
const BLOCKS_BYTES_MAX: usize = 256 << 20;
/// Pictures of unfinished work are sent at most so often.
const PREVIEW_EVERY: Duration = Duration::from_secs(1);

/// How the network side holds a running render.
pub(super) struct Reins {
    stop: AtomicBool,
    yields: AtomicBool,
    blocks_max: AtomicU32,
    brake: Brake,
}

/// What comes from the bench while it works and when it is done.
pub(super) enum FromBench {
    /// So many blocks are done.
    Block(u32),
    /// A sealed picture of the first blocks.
    Preview(BlockRange, Vec<u8>),
    /// Finished: the parcel, and what is needed to cut it shorter.
    Finished(Parcel, Retained),
    /// Stopped by [`Reins::stop`], or by [`Reins::give_way`] before a block was done.
    Abandoned,
    /// Not possible.
    Failed(FailureKind, String),
}

/// The blocks of a finished result.
pub(super) struct Retained {
    work: Arc<Work>,
    blocks: BlockRange,
    done: DoneBlocks,
    span: Span,
}

/// The thread with the renderer.
pub(super) struct Bench {
    orders: mpsc::Sender<ToBench>,
    adapter: AdapterCard,
    brake: Brake,
}

enum ToBench {
    Render(BenchOrder),
    Rest,
}

struct BenchOrder {
    work: Arc<Work>,
    blocks: BlockRange,
    reins: Arc<Reins>,
    report: asynchronous::Sender<FromBench>,
}

impl Reins {
    /// Render so many blocks at most.
    fn new(blocks: u32, brake: Brake) -> Self {
        let (stop, yields) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { stop, yields, blocks_max: AtomicU32::new(blocks), brake }
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.brake.pull();
    }

    /// Frees the GPU now; blocks that are done are kept.
    pub(super) fn give_way(&self) {
        self.yields.store(true, Ordering::Release);
        self.brake.pull();
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn gives_way(&self) -> bool {
        self.yields.load(Ordering::Acquire)
    }

    pub(super) fn stop_after(&self, blocks: u32) {
        self.blocks_max.store(blocks, Ordering::Relaxed);
    }
}

impl Bench {
    /// Starts the thread; it ends when the bench is dropped. `is_prompt`: an owner may want the GPU back at any time, so that the
    /// renderer is asked to cut its work short enough for that.
    pub(super) fn start(mut renderer: Box<dyn TileRenderer>, is_prompt: bool) -> std::io::Result<Self> {
        let adapter = renderer.adapter();
        let brake = Brake::default();
        if is_prompt {
            renderer.heed(&brake);
        }
        let (orders, incoming) = mpsc::channel::<ToBench>();
        std::thread::Builder::new().name("renderer".to_owned()).spawn(move || {
            for order in incoming {
                let ToBench::Render(order) = order else {
                    renderer.rest();
                    continue;
                };
                let outcome = catch_unwind(AssertUnwindSafe(|| render(&mut *renderer, &order)));
                let outcome = outcome.unwrap_or_else(|_| {
                    FromBench::Failed(FailureKind::Node, "the renderer failed unexpectedly".to_owned())
                });
                // Nobody listens any more when the node ends.
                let _ = order.report.blocking_send(outcome);
            }
        })?;
        Ok(Self { orders, adapter, brake })
    }

    pub(super) fn adapter(&self) -> &AdapterCard {
        &self.adapter
    }

    /// Reins for so many blocks.
    pub(super) fn reins(&self, blocks: u32) -> Arc<Reins> {
        Arc::new(Reins::new(blocks, self.brake.clone()))
    }

    /// Nothing will be rendered for a while.
    pub(super) fn rest(&self) {
        let _ = self.orders.send(ToBench::Rest);
    }

    /// Renders; reports go to `report`, the last of them ends the work.
    pub(super) fn render(
        &self,
        work: Arc<Work>,
        blocks: BlockRange,
        reins: Arc<Reins>,
        report: asynchronous::Sender<FromBench>,
    ) {
        // The thread outlives every order: it only ends when `self.orders` is dropped.
        let _ = self.orders.send(ToBench::Render(BenchOrder { work, blocks, reins, report }));
    }
}

impl Retained {
    /// The same work cut to fewer blocks; `None` when the single blocks were too large to keep and these are not all of them.
    pub(super) fn cut(&self, blocks: BlockRange) -> Option<Parcel> {
        let sums = self.done.first(blocks.count).filter(|_| blocks.first == self.blocks.first)?;
        self.work.parcel(blocks, &sums, self.span)
    }
}

fn render(renderer: &mut dyn TileRenderer, order: &BenchOrder) -> FromBench {
    let started_ms = unix_ms();
    let work = &order.work;
    let mut desk = Desk::new(order);
    let reins = &order.reins;
    // Released first and looked at then, so that no pull in between is lost.
    reins.brake.release();
    if reins.is_stopped() || reins.gives_way() {
        return FromBench::Abandoned;
    }
    let rendered = renderer.render(&work.scene, &work.order(order.blocks), &mut |block| desk.block(block));
    let span = Span { started_ms, finished_ms: unix_ms() };
    if reins.is_stopped() {
        return FromBench::Abandoned;
    }
    let stopped = matches!(rendered, Err(RenderFault::Stopped));
    let gave_way = stopped && reins.gives_way();
    let count = if gave_way { desk.kept() } else { desk.wanted() };
    if count == 0 {
        return FromBench::Abandoned;
    }
    let wanted = BlockRange { count, ..order.blocks };
    let retained = Retained { work: work.clone(), blocks: order.blocks, done: desk.done, span };
    let parcel = match rendered {
        Ok(partials) if wanted == order.blocks => work.parcel(wanted, &partials, span),
        Ok(_) | Err(RenderFault::Stopped) if retained.done.is_past(count) => {
            // The lease was shortened below blocks whose sum can no longer be taken apart.
            let reason = "the lease was shortened after its work was done".to_owned();
            return FromBench::Failed(FailureKind::Handback, reason);
        }
        Ok(_) | Err(RenderFault::Stopped) => retained.cut(wanted),
        Err(fault) => return failure(&fault),
    };
    match parcel {
        Some(parcel) => FromBench::Finished(parcel, retained),
        None => {
            let reason = "the renderer gave something else than was asked for".to_owned();
            FromBench::Failed(FailureKind::Node, reason)
        }
    }
}

/// What lies on the bench while a piece is rendered.
struct Desk<'a> {
    order: &'a BenchOrder,
    done: DoneBlocks,
    shown: TilePlanes,
    last_preview: Instant,
}

impl<'a> Desk<'a> {
    fn new(order: &'a BenchOrder) -> Self {
        let tree_blocks = frame::blocks::block_count(order.work.settings.spp);
        Self {
            order,
            done: DoneBlocks::new(tree_blocks, BLOCKS_BYTES_MAX),
            shown: TilePlanes::zeroed(order.work.lease.rect, order.work.settings.preview_planes()),
            last_preview: Instant::now(),
        }
    }

    fn wanted(&self) -> u32 {
        self.order.reins.blocks_max.load(Ordering::Relaxed).min(self.order.blocks.count)
    }

    /// Finished blocks that can be delivered.
    fn kept(&self) -> u32 {
        self.wanted().min(self.done.count())
    }

    fn block(&mut self, block: &Partial) -> Flow {
        self.done.add(block);
        let done = self.done.count();
        add_shown(&mut self.shown, &block.planes);
        let _ = self.order.report.try_send(FromBench::Block(done));
        if self.order.reins.is_stopped() || self.order.reins.gives_way() {
            return Flow::Break(());
        }
        if done < self.wanted() {
            self.preview();
            Flow::Continue(())
        } else if done < self.order.blocks.count {
            Flow::Break(())
        } else {
            // Where it is denoised next, that takes a while.
            if self.order.work.settings.may_come_denoised(self.order.blocks) {
                self.preview();
            }
            Flow::Continue(())
        }
    }

    /// Previews are the first thing to drop: a full channel or a slow link loses them.
    fn preview(&mut self) {
        if self.last_preview.elapsed() < PREVIEW_EVERY || self.order.report.capacity() < 8 {
            return;
        }
        self.last_preview = Instant::now();
        let blocks = BlockRange { count: self.done.count(), ..self.order.blocks };
        if let Some(sealed) = self.order.work.preview(blocks, &self.shown) {
            let _ = self.order.report.try_send(FromBench::Preview(blocks, sealed));
        }
    }
}

fn add_shown(shown: &mut TilePlanes, block: &TilePlanes) {
    for plane in shown.planes().iter() {
        if let (Some(sums), Some(values)) = (shown.plane_mut(plane), block.plane(plane)) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
}

fn failure(fault: &RenderFault) -> FromBench {
    let kind = match fault {
        RenderFault::Stopped => FailureKind::Handback,
        RenderFault::BadScene(_) | RenderFault::BadOrder(_) => FailureKind::Job,
        RenderFault::OutOfMemory { .. } | RenderFault::DeviceLost(_) => FailureKind::Node,
    };
    FromBench::Failed(kind, fault.to_string())
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
