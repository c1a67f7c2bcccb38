//! Honest and dishonest results, made of a renderer whose samples are hashes.

use frame::{AdapterCard, AdapterClass, FrameSize, PlaneSet, TilePlanes, TreeNode};

use super::*;

const RECT: TileRect = TileRect { x: 16, y: 32, width: 24, height: 16 };

/// Every sample's light is a hash of pixel and index; `seed` makes other samples.
struct Hashes {
    seed: u32,
}

impl TileRenderer for Hashes {
    fn adapter(&self) -> AdapterCard {
        let [name, backend, driver] = ["hashes", "none", "test"].map(str::to_owned);
        AdapterCard { name, backend, driver, class: AdapterClass::Cpu }
    }

    fn render(
        &mut self,
        _: &SceneBlob,
        order: &TileOrder,
        _: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let whole = block_count(order.settings.spp);
        let nodes = order.blocks.maximal_nodes(whole).into_iter();
        Ok(nodes.map(|node| Partial { node, planes: self.sum(node, order) }).collect())
    }
}

impl Hashes {
    fn sum(&self, node: TreeNode, order: &TileOrder) -> TilePlanes {
        let mut planes = TilePlanes::zeroed(order.rect, order.settings.planes);
        let samples = node.blocks(block_count(order.settings.spp)).samples(order.settings.spp);
        for at in 0..order.rect.pixels() {
            let (x, y) = (at as u32 % order.rect.width, at as u32 / order.rect.width);
            let lights = samples.clone().map(|sample| {
                let key = [order.rect.x + x, order.rect.y + y, sample, self.seed];
                let bytes: Vec<u8> = key.iter().flat_map(|number| number.to_le_bytes()).collect();
                f32::from(blake3::hash(&bytes).as_bytes()[0]) / 255.0
            });
            let (light, squares) =
                lights.fold((0.0, 0.0), |(sum, squares), light| (sum + light, squares + light * light));
            planes.plane_mut(Plane::Radiance).expect("there")[3 * at..3 * at + 3].fill(light);
            planes.plane_mut(Plane::LuminanceSquared).into_iter().for_each(|plane| plane[at] = squares);
            planes.plane_mut(Plane::Alpha).expect("there")[at] = samples.len() as f32;
        }
        planes
    }
}

fn settings(spp: u32) -> RenderSettings {
    let size = FrameSize::new(64, 64).expect("in range");
    RenderSettings::new(SettingsDraft { spp, ..SettingsDraft::defaults(size) }).expect("valid")
}

fn rendered(renderer: &mut dyn TileRenderer, spp: u32, blocks: BlockRange) -> Vec<Partial> {
    let order = TileOrder { frame: FrameIndex(0), rect: RECT, margin_px: 0, blocks, settings: settings(spp) };
    renderer.render(&SceneBlob::new(Vec::new()), &order, &mut |_| Flow::Continue(())).expect("it always does")
}

/// Looks at it with numbers that follow from a seed.
fn looked_at(partials: &[Partial], spp: u32, seed: u64) -> Finding {
    let mut state = seed;
    let mut below = |limit: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(limit)) as u32
    };
    let exhibit = Exhibit { frame: FrameIndex(0), settings: settings(spp), rect: RECT, partials };
    let scene = SceneBlob::new(Vec::new());
    examine(&mut Hashes { seed: 0 }, &scene, &exhibit, &mut below).expect("it always renders")
}

fn is_right(partials: &[Partial], spp: u32) -> Vec<bool> {
    (0..40).map(|seed| matches!(looked_at(partials, spp, seed), Finding::Right { .. })).collect()
}

fn change(partials: &mut [Partial], mut new: impl FnMut(usize, &mut [f32])) {
    for partial in partials {
        let light = partial.planes.plane_mut(Plane::Radiance).expect("there");
        light.chunks_exact_mut(3).enumerate().for_each(|(at, light)| new(at, light));
    }
}

#[test]
fn what_was_rendered_passes_also_in_several_sums() {
    let mut honest = Hashes { seed: 0 };
    for (spp, first, count) in [(64, 0, 4), (112, 0, 7), (112, 1, 5), (7, 0, 1)] {
        let partials = rendered(&mut honest, spp, BlockRange { first, count });
        assert!(is_right(&partials, spp).iter().all(|right| *right), "{spp} samples, from block {first}");
    }
}

#[test]
fn a_picture_without_any_layers_is_known_by_few_pixels_too() {
    let size = FrameSize::new(64, 64).expect("in range");
    let draft = SettingsDraft { spp: 16, planes: PlaneSet::BEAUTY, ..SettingsDraft::defaults(size) };
    let settings = RenderSettings::new(draft).expect("valid");
    let blocks = BlockRange { first: 0, count: 1 };
    let order = TileOrder { frame: FrameIndex(0), rect: RECT, margin_px: 0, blocks, settings };
    let scene = SceneBlob::new(Vec::new());
    let partials = Hashes { seed: 0 }.render(&scene, &order, &mut |_| Flow::Continue(())).expect("it does");
    let exhibit = Exhibit { frame: FrameIndex(0), settings, rect: RECT, partials: &partials };
    let found = examine(&mut Hashes { seed: 0 }, &scene, &exhibit, &mut |_| 0).expect("it renders");
    assert!(matches!(found, Finding::Right { pixels } if pixels <= 64), "{found:?}");
}

#[test]
fn other_samples_of_the_same_picture_are_found() {
    let other = rendered(&mut Hashes { seed: 1 }, 64, BlockRange { first: 0, count: 4 });
    assert!(is_right(&other, 64).iter().all(|right| !right));
}

#[test]
fn a_quarter_of_the_samples_four_times_is_found() {
    let mut scaled = rendered(&mut Hashes { seed: 0 }, 64, BlockRange { first: 0, count: 4 });
    let quarter = rendered(&mut Hashes { seed: 0 }, 64, BlockRange { first: 0, count: 1 });
    let few = quarter[0].planes.plane(Plane::Radiance).expect("there");
    change(&mut scaled, |at, light| {
        light.iter_mut().zip(&few[3 * at..]).for_each(|(to, few)| *to = 4.0 * few);
    });
    assert!(is_right(&scaled, 64).iter().all(|right| !right));
}

#[test]
fn a_picture_without_noise_is_found() {
    let mut smooth = rendered(&mut Hashes { seed: 0 }, 64, BlockRange { first: 0, count: 4 });
    change(&mut smooth, |_, light| light.fill(32.0));
    assert!(is_right(&smooth, 64).iter().all(|right| !right));
}

#[test]
fn a_tile_of_which_a_third_is_invented_is_found_more_often_than_not() {
    let mut partly = rendered(&mut Hashes { seed: 0 }, 64, BlockRange { first: 0, count: 4 });
    change(&mut partly, |at, light| {
        if at % 3 == 0 {
            light.fill(32.0);
        }
    });
    let passed = is_right(&partly, 64).into_iter().filter(|right| *right).count();
    assert!(passed <= 4, "{passed} of 40 passed");
}

#[test]
fn a_little_that_is_invented_earns_no_trust_where_it_is_too_little_to_accuse_anybody() {
    let mut partly = rendered(&mut Hashes { seed: 0 }, 64, BlockRange { first: 0, count: 4 });
    change(&mut partly, |at, light| {
        if at % 12 == 5 {
            light.fill(32.0);
        }
    });
    let found: Vec<Finding> = (0..40).map(|seed| looked_at(&partly, 64, seed)).collect();
    let unclear = found.iter().filter(|found| matches!(found, Finding::Unclear { .. })).count();
    assert!(unclear >= 4, "{unclear} of 40: {found:?}");
}

#[test]
fn a_renderer_that_cannot_be_opened_accuses_nobody_and_is_not_asked_again() {
    let auditor = Auditor::new(Box::new(|| Err("no GPU".to_owned())));
    let node = NodeId([1; 32]);
    assert!(auditor.is_due(node));
    let partials = rendered(&mut Hashes { seed: 1 }, 16, BlockRange { first: 0, count: 1 });
    let exhibit = Exhibit { frame: FrameIndex(0), settings: settings(16), rect: RECT, partials: &partials };
    let found = auditor.examine(node, &SceneBlob::new(Vec::new()), &exhibit);
    assert_eq!(found, Finding::Unable("no GPU".into()));
    assert!(!auditor.is_due(node));
}
