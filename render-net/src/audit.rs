//! Whether a node rendered what it sent: a few of its pixels, rendered again on the artist's own computer.
//!
//! Any sample is a pure function of scene, settings, frame, pixel and index, so every pixel of a result has one right value, up to rounding. A node has
//! signed a commitment to all of its pixels before anybody draws the ones that are looked at, and nobody but the artist knows them. How much two
//! honest computers may differ, and when that is a lie, is decided in [`trial`] and `vote`; whose results are looked at in `care`.

mod care;
pub mod trial;
mod vote;

use std::sync::{Mutex, MutexGuard, PoisonError};

use frame::{
    BlockRange, Flow, FrameIndex, NodeId, Partial, Plane, RenderFault, RenderSettings, SceneBlob,
    SettingsDraft, TileOrder, TilePlanes, TileRect, TileRenderer, blocks::block_count,
};

use crate::seal::fill_random;
use care::Care;
use trial::{Ruling, Trial, Vote};

/// Edge of a patch that is rendered again, pixels: small, so that its pixels come from all over the tile.
const PATCH_PX: u32 = 4;
/// Patches after which a result passes for which nothing was decided: mostly background, or as good as.
const PATCHES_MAX: u32 = 24;

/// Opens the renderer when it is needed for the first time; a sentence when there is none.
pub type Opener = Box<dyn FnOnce() -> Result<Box<dyn TileRenderer>, String> + Send>;

/// Draws a number from 0 to 1 for every result that comes, by which it is seen whether it is to be looked at.
pub type Draw = Box<dyn FnMut() -> f64 + Send>;

/// Looks at results.
pub struct Auditor {
    bench: Mutex<Bench>,
    care: Mutex<Care>,
    draw: Mutex<Draw>,
}

/// Where pixels are rendered again.
pub(crate) struct Bench {
    /// Until it is needed for the first time.
    open: Option<Opener>,
    renderer: Result<Box<dyn TileRenderer>, String>,
}

/// Why nothing could be rendered again, in a sentence.
pub(crate) enum Unable {
    /// There is no renderer, or none any more.
    Broken(String),
    /// This scene or order cannot be rendered here; another may.
    NotThis(String),
}

/// A result to be looked at: sums of a tile's rectangle over some blocks.
pub struct Exhibit<'a> {
    /// Its frame.
    pub frame: FrameIndex,
    /// How the frame is rendered.
    pub settings: RenderSettings,
    /// Its pixels.
    pub rect: TileRect,
    /// Its samples.
    pub partials: &'a [Partial],
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// So many pixels are what they have to be.
    Right {
        /// Rendered again.
        pixels: u32,
    },
    /// It was not rendered, or not like this.
    Wrong {
        /// Those that differ.
        differ: u32,
        /// Rendered again.
        pixels: u32,
    },
    /// More pixels differ than between honest computers, and too few to accuse anybody: it is taken, and everything that comes from its node is looked
    /// at until ten results in a row are right.
    Unclear {
        /// Those that differ.
        differ: u32,
        /// Rendered again.
        pixels: u32,
    },
    /// Nothing can be said, for a reason on this computer.
    Unable(String),
}

impl Auditor {
    /// An auditor whose renderer is opened when it is first needed.
    pub fn new(open: Opener) -> Self {
        Self::drawing(open, Box::new(random_share))
    }

    /// The same with draws of one's own. Whoever can foresee them knows what is not looked at: only for tests.
    pub fn drawing(open: Opener, draw: Draw) -> Self {
        Self { bench: Mutex::new(Bench::new(open)), care: Mutex::default(), draw: Mutex::new(draw) }
    }

    /// Whether a result of this node is to be looked at.
    pub fn is_due(&self, node: NodeId) -> bool {
        if held(&self.bench).is_broken() {
            return false;
        }
        let drawn = held(&self.draw)();
        held(&self.care).is_due(node, drawn)
    }

    /// Looks at a result of a node; takes as long as rendering some pixels.
    pub fn examine(&self, node: NodeId, scene: &SceneBlob, exhibit: &Exhibit<'_>) -> Finding {
        let mut bench = held(&self.bench);
        let found = bench.examine(scene, exhibit).unwrap_or_else(|unable| {
            // The next result is of the same job: it would fare no better.
            let (Unable::Broken(why) | Unable::NotThis(why)) = unable;
            bench.renderer = Err(why.clone());
            Finding::Unable(why)
        });
        drop(bench);
        if !matches!(found, Finding::Unable(_)) {
            held(&self.care).found(node, matches!(found, Finding::Right { .. }));
        }
        found
    }
}

impl Bench {
    /// A bench whose renderer is opened when it is first needed.
    pub(crate) fn new(open: Opener) -> Self {
        Self { open: Some(open), renderer: Err(String::new()) }
    }

    /// Renders pixels of places drawn now again.
    pub(crate) fn examine(&mut self, scene: &SceneBlob, exhibit: &Exhibit<'_>) -> Result<Finding, Unable> {
        let renderer = self.renderer().map_err(Unable::Broken)?;
        examine(&mut **renderer, scene, exhibit, &mut random_below).map_err(|fault| match fault {
            RenderFault::DeviceLost(_) => Unable::Broken(fault.to_string()),
            fault => Unable::NotThis(fault.to_string()),
        })
    }

    fn renderer(&mut self) -> Result<&mut Box<dyn TileRenderer>, String> {
        if let Some(open) = self.open.take() {
            self.renderer = open();
        }
        self.renderer.as_mut().map_err(|why| why.clone())
    }

    fn is_broken(&self) -> bool {
        self.open.is_none() && self.renderer.is_err()
    }
}

/// Renders patch after patch until it is beyond doubt what the result is; `below` draws a number below another.
pub fn examine(
    renderer: &mut dyn TileRenderer,
    scene: &SceneBlob,
    exhibit: &Exhibit<'_>,
    below: &mut dyn FnMut(u32) -> u32,
) -> Result<Finding, RenderFault> {
    let (mut trial, mut pixels, mut differ) = (Trial::default(), 0, 0);
    for _ in 0..PATCHES_MAX {
        let patch = patch_of(exhibit.rect, below);
        let Some(partial) = drawn_by_samples(exhibit, below) else { break };
        let blocks = partial.node.blocks(block_count(exhibit.settings.spp));
        let own = render(renderer, scene, exhibit, patch, blocks)?;
        let Some(own) = own.into_iter().find(|own| own.node == partial.node) else { break };
        let samples = blocks.samples(exhibit.settings.spp).len() as u32;
        for at in 0..patch.pixels() {
            let their_at = index_in(exhibit.rect, patch, at);
            let vote = vote::vote((&own.planes, at), (&partial.planes, their_at), samples);
            trial.hear(vote);
            pixels += 1;
            differ += u32::from(vote == Vote::Differs);
        }
        match trial.ruling() {
            Ruling::Open => {}
            Ruling::Right => return Ok(Finding::Right { pixels }),
            Ruling::Wrong => return Ok(Finding::Wrong { differ, pixels }),
        }
    }
    Ok(if trial.speaks_against() { Finding::Unclear { differ, pixels } } else { Finding::Right { pixels } })
}

/// The votes of all pixels of two sums over the same rectangle and samples, the first of them rendered here.
pub fn votes<'a>(
    own: &'a TilePlanes,
    theirs: &'a TilePlanes,
    samples: u32,
) -> impl Iterator<Item = Vote> + 'a {
    (0..own.rect().pixels()).map(move |at| vote::vote((own, at), (theirs, at), samples))
}

fn render(
    renderer: &mut dyn TileRenderer,
    scene: &SceneBlob,
    exhibit: &Exhibit<'_>,
    rect: TileRect,
    blocks: BlockRange,
) -> Result<Vec<Partial>, RenderFault> {
    // How noisy a pixel is tells how far apart two honest ones may be; planes change no sample.
    let planes = exhibit.settings.planes.with(Plane::LuminanceSquared);
    let settings = RenderSettings::new(SettingsDraft { planes, ..*exhibit.settings })
        .map_err(|error| RenderFault::BadOrder(error.to_string()))?;
    let order = TileOrder { frame: exhibit.frame, rect, margin_px: 0, blocks, settings };
    renderer.render(scene, &order, &mut |_| Flow::Continue(()))
}

/// A patch anywhere in the rectangle.
fn patch_of(rect: TileRect, below: &mut dyn FnMut(u32) -> u32) -> TileRect {
    let mut side = |first: u32, all: u32| {
        let edge = PATCH_PX.min(all);
        (first + below(all - edge + 1), edge)
    };
    let (x, width) = side(rect.x, rect.width);
    let (y, height) = side(rect.y, rect.height);
    TileRect { x, y, width, height }
}

/// One of the sums, each as often as it has samples.
fn drawn_by_samples<'a>(exhibit: &Exhibit<'a>, below: &mut dyn FnMut(u32) -> u32) -> Option<&'a Partial> {
    let whole = block_count(exhibit.settings.spp);
    let blocks = |partial: &Partial| partial.node.blocks(whole).count;
    let mut at = below(exhibit.partials.iter().map(blocks).sum::<u32>().max(1));
    exhibit.partials.iter().find(|partial| {
        let count = blocks(partial);
        let is_it = at < count;
        at = at.saturating_sub(count);
        is_it
    })
}

/// Where a patch's pixel lies in the rectangle.
fn index_in(rect: TileRect, patch: TileRect, at: usize) -> usize {
    let (column, row) = (at as u32 % patch.width, at as u32 / patch.width);
    ((patch.y - rect.y + row) * rect.width + patch.x - rect.x + column) as usize
}

fn random_below(limit: u32) -> u32 {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    (u64::from_le_bytes(bytes) % u64::from(limit.max(1))) as u32
}

fn random_share() -> f64 {
    f64::from(random_below(u32::MAX)) / f64::from(u32::MAX)
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
