//! Nodes that do not render what they are paid for, to see them caught.

use frame::{
    AdapterCard, BlockRange, Brake, Flow, Partial, Plane, RenderFault, RenderSettings, SceneBlob,
    SettingsDraft, TileOrder, TilePlanes, TileRenderer, TreeNode, blocks::block_count, plane::Merge,
};

/// How a node cheats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It renders a few samples and counts them as often as it needs.
    FewSamples,
    /// It paints over the noise, so that few samples look like many.
    PaintedOver,
    /// It sends what it has rendered for somebody else: the same picture with other samples.
    OtherSamples,
}

impl Way {
    /// Every liar has its own, as long as there are enough.
    pub(super) fn of(number: usize) -> Self {
        [Self::FewSamples, Self::PaintedOver, Self::OtherSamples][number % 3]
    }

    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::FewSamples => "renders four samples and counts them again and again",
            Self::PaintedOver => "renders four samples and paints over their noise",
            Self::OtherSamples => "sends samples that it rendered for somebody else",
        }
    }
}

/// Samples that a cheat renders of each pixel, whatever was ordered.
const FEW: u32 = 4;

/// A renderer that cheats.
pub(super) struct Liar {
    pub(super) honest: Box<dyn TileRenderer>,
    pub(super) way: Way,
}

impl TileRenderer for Liar {
    fn adapter(&self) -> AdapterCard {
        self.honest.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        if self.way == Way::OtherSamples {
            return self.honest.render(scene, &with_others(order)?, progress);
        }
        let few = self.few(scene, order)?;
        let whole = block_count(order.settings.spp);
        let sum = |node: TreeNode| {
            let samples = node.blocks(whole).samples(order.settings.spp).len();
            Partial { node, planes: times(&few, samples as f32 / FEW.min(order.settings.spp) as f32) }
        };
        for index in order.blocks.first..order.blocks.end() {
            if progress(&sum(TreeNode { level: 0, index })).is_break() {
                return Err(RenderFault::Stopped);
            }
        }
        Ok(order.blocks.maximal_nodes(whole).into_iter().map(sum).collect())
    }

    fn heed(&mut self, brake: &Brake) {
        self.honest.heed(brake);
    }

    fn rest(&mut self) {
        self.honest.rest();
    }
}

impl Liar {
    /// All that it renders.
    fn few(&mut self, scene: &SceneBlob, order: &TileOrder) -> Result<TilePlanes, RenderFault> {
        let spp = FEW.min(order.settings.spp);
        let settings = changed(order, |draft| draft.spp = spp)?;
        let order = TileOrder { blocks: BlockRange::all(spp), settings, margin_px: 0, ..*order };
        let rendered = self.honest.render(scene, &order, &mut |_| Flow::Continue(()))?;
        let mut planes = rendered.into_iter().next().ok_or(RenderFault::Stopped)?.planes;
        if self.way == Way::PaintedOver {
            paint_over(&mut planes);
        }
        Ok(planes)
    }
}

/// The order as somebody else might have given it.
fn with_others(order: &TileOrder) -> Result<TileOrder, RenderFault> {
    let settings = changed(order, |draft| draft.seed = draft.seed.wrapping_add(1))?;
    Ok(TileOrder { settings, ..*order })
}

fn changed(
    order: &TileOrder,
    change: impl FnOnce(&mut SettingsDraft),
) -> Result<RenderSettings, RenderFault> {
    let mut draft = *order.settings;
    change(&mut draft);
    RenderSettings::new(draft).map_err(|error| RenderFault::BadOrder(error.to_string()))
}

/// Sums as if there were so many times the samples.
fn times(planes: &TilePlanes, factor: f32) -> TilePlanes {
    let mut more = planes.clone();
    for plane in planes.planes().iter().filter(|plane| plane.merge() == Merge::Add) {
        let values = more.plane_mut(plane).into_iter().flatten();
        values.for_each(|value| *value *= factor);
    }
    more
}

/// Every pixel gets the mean of the ones around it.
fn paint_over(planes: &mut TilePlanes) {
    const REACH: i64 = 2;
    let (width, height) = (i64::from(planes.rect().width), i64::from(planes.rect().height));
    let Some(light) = planes.plane_mut(Plane::Radiance) else { return };
    let noisy = light.to_vec();
    for (at, pixel) in light.chunks_exact_mut(3).enumerate() {
        let (x, y) = (at as i64 % width, at as i64 / width);
        let near = |at: i64, all: i64| (at - REACH).max(0)..=(at + REACH).min(all - 1);
        let places = near(y, height).flat_map(|y| near(x, width).map(move |x| (y * width + x) as usize));
        let places: Vec<usize> = places.collect();
        for (channel, value) in pixel.iter_mut().enumerate() {
            let sum: f32 = places.iter().map(|place| noisy[3 * place + channel]).sum();
            *value = sum / places.len() as f32;
        }
    }
}
