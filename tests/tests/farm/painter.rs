//! A renderer without light: every block of samples is a hash of what samples may depend on.

use std::time::Duration;

use frame::{
    AdapterCard, AdapterClass, BlockRange, Flow, Partial, Plane, RenderFault, SceneBlob, TileOrder,
    TilePlanes, TileRenderer, TreeNode, blocks::block_count,
};

/// Paints; `pause` makes it as slow as a test needs.
pub(crate) struct Painter {
    pub(crate) pause: Duration,
}

impl TileRenderer for Painter {
    fn adapter(&self) -> AdapterCard {
        AdapterCard {
            name: "painter".into(),
            backend: "none".into(),
            driver: "test".into(),
            class: AdapterClass::Cpu,
        }
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let blocks = block_count(order.settings.spp);
        let mut singles = Vec::new();
        for index in order.blocks.first..order.blocks.end() {
            std::thread::sleep(self.pause);
            let block = Partial { node: TreeNode { level: 0, index }, planes: paint(scene, order, index) };
            if progress(&block).is_break() {
                return Err(RenderFault::Stopped);
            }
            singles.push(block);
        }
        let sum = |node| Partial { node, planes: sum(node, blocks, order.blocks.first, &singles) };
        Ok(order.blocks.maximal_nodes(blocks).into_iter().map(sum).collect())
    }
}

/// Left half plus right half, down to the single blocks.
fn sum(node: TreeNode, blocks: u32, first: u32, singles: &[Partial]) -> TilePlanes {
    if node.level == 0 {
        return singles[(node.index - first) as usize].planes.clone();
    }
    let left = TreeNode { level: node.level - 1, index: node.index * 2 };
    let mut planes = sum(left, blocks, first, singles);
    if left.sibling().blocks(blocks).count > 0 {
        planes.add_right(&sum(left.sibling(), blocks, first, singles));
    }
    planes
}

fn paint(scene: &SceneBlob, order: &TileOrder, block: u32) -> TilePlanes {
    let mut planes = TilePlanes::zeroed(order.rect, order.settings.planes);
    let samples = BlockRange { first: block, count: 1 }.samples(order.settings.spp).len() as f32;
    for at in 0..order.rect.pixels() {
        let (x, y) = (at as u32 % order.rect.width, at as u32 / order.rect.width);
        let key = [order.rect.x + x, order.rect.y + y, block, order.frame.0, order.settings.seed];
        let bytes: Vec<u8> = key.iter().flat_map(|number| number.to_le_bytes()).collect();
        let hash = blake3::keyed_hash(&scene.id().0, &bytes);
        for plane in order.settings.planes.iter() {
            let values = planes.plane_mut(plane).expect("ordered");
            for channel in 0..plane.channels() {
                values[at * plane.channels() + channel] = match plane {
                    Plane::Hits | Plane::Alpha => samples,
                    _ => samples * f32::from(hash.as_bytes()[plane as usize + channel]) / 255.0,
                };
            }
        }
    }
    planes
}
