use proptest::prelude::*;

use super::*;
use crate::{FrameSize, Plane, SettingsDraft, TreeNode};

/// A renderer whose every sample is a hash of pixel and sample index, so that order and splits can be checked.
fn sample(x: u32, y: u32, sample: u32, channel: u32) -> f32 {
    let mut bits = x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b);
    bits ^= sample.wrapping_mul(0xc2b2_ae35) ^ channel.wrapping_mul(0x27d4_eb2f);
    bits = (bits ^ bits >> 15).wrapping_mul(0x2c1b_3c6d);
    bits ^= bits >> 12;
    // Many magnitudes, so that another order of additions would show in the bits.
    (bits & 0xffff) as f32 * (0.001f32).powi((bits >> 29) as i32 - 3)
}

fn planes() -> PlaneSet {
    PlaneSet::DEFAULT.with(Plane::ObjectId)
}

fn block(rect: TileRect, spp: u32, index: u32) -> TilePlanes {
    let mut tile = TilePlanes::zeroed(rect, planes());
    for number in (BlockRange { first: index, count: 1 }).samples(spp) {
        for plane in planes().iter() {
            let channels = plane.channels();
            for (at, value) in tile.plane_mut(plane).expect("in the set").iter_mut().enumerate() {
                let (pixel, channel) = (at / channels, at % channels);
                let (x, y) = (rect.x + pixel as u32 % rect.width, rect.y + pixel as u32 / rect.width);
                if plane == Plane::ObjectId {
                    *value = if *value == 0.0 { f32::from_bits(number + 1) } else { *value };
                } else {
                    *value += sample(x, y, number, plane as u32 * 4 + channel as u32);
                }
            }
        }
    }
    tile
}

fn node_sum(rect: TileRect, spp: u32, node: TreeNode) -> TilePlanes {
    let blocks = blocks::block_count(spp);
    if node.level == 0 {
        return block(rect, spp, node.index);
    }
    let left = TreeNode { level: node.level - 1, index: node.index * 2 };
    let mut sum = node_sum(rect, spp, left);
    if left.sibling().blocks(blocks).count > 0 {
        sum.add_right(&node_sum(rect, spp, left.sibling()));
    }
    sum
}

/// The partials of a tile for blocks cut at `cuts`, as a renderer would send them.
fn partials(rect: TileRect, spp: u32, cuts: &[u32]) -> Vec<Partial> {
    let blocks = blocks::block_count(spp);
    let mut ends: Vec<u32> = cuts.iter().map(|cut| cut % blocks).filter(|&cut| cut > 0).collect();
    ends.push(blocks);
    ends.sort_unstable();
    ends.dedup();
    let mut first = 0;
    let mut partials = Vec::new();
    for end in ends {
        for node in (BlockRange { first, count: end - first }).maximal_nodes(blocks) {
            partials.push(Partial { node, planes: node_sum(rect, spp, node) });
        }
        first = end;
    }
    partials
}

fn film(width: u32, height: u32, edge_px: u32, spp: u32) -> Film {
    let size = FrameSize::new(width, height).expect("in range");
    let draft = SettingsDraft { spp, planes: planes(), ..SettingsDraft::defaults(size) };
    Film::new(TileGrid::new(size, edge_px, 0), RenderSettings::new(draft).expect("valid"))
}

fn rect_of(film: &Film, tile: u32) -> TileRect {
    film.grid().rect(TileIndex(tile)).expect("in the grid")
}

fn bits(picture: &Picture) -> Vec<Vec<u32>> {
    let all = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect();
    let planes = picture.planes().iter().filter_map(|plane| picture.plane(plane)).map(all);
    planes.chain(picture.variance().map(all)).chain([picture.samples().to_vec()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tiles_reassemble_to_the_frame(
        width in 1u32..24, height in 1u32..24, edge_px in 8u32..20, spp in 1u32..200,
        cuts in prop::collection::vec(any::<u32>(), 0..6),
        order in prop::collection::vec(any::<u32>(), 64), repeats in prop::collection::vec(any::<u32>(), 0..20),
    ) {
        let mut whole = film(width, height, 4096, spp);
        let root = TreeNode::root(blocks::block_count(spp));
        let planes = node_sum(rect_of(&whole, 0), spp, root);
        prop_assert_eq!(whole.merge(TileIndex(0), Partial { node: root, planes }), Ok(Merged::Added));

        let mut tiled = film(width, height, edge_px, spp);
        let mut arriving = Vec::new();
        for tile in 0..tiled.grid().len() {
            let cuts: Vec<u32> = cuts.iter().map(|cut| cut.rotate_left(tile)).collect();
            arriving.extend(partials(rect_of(&tiled, tile), spp, &cuts).into_iter().map(|part| (tile, part)));
            // Previews: single blocks that the final sums contain as well.
            let preview = TreeNode { level: 0, index: order[tile as usize % 64] % blocks::block_count(spp) };
            let planes = node_sum(rect_of(&tiled, tile), spp, preview);
            arriving.push((tile, Partial { node: preview, planes }));
        }
        for at in repeats {
            arriving.push(arriving[at as usize % arriving.len()].clone());
        }
        for at in 0..arriving.len() {
            let other = (order[at % 64] as usize).wrapping_mul(at + 7) % arriving.len();
            arriving.swap(at, other);
        }
        for (tile, partial) in arriving {
            prop_assert!(tiled.merge(TileIndex(tile), partial).is_ok());
        }
        prop_assert!(tiled.is_complete() && tiled.missing().is_empty());
        prop_assert_eq!(bits(&tiled.picture()), bits(&whole.picture()));
    }

    #[test]
    fn what_is_missing_completes_the_film(
        spp in 1u32..300, keep in prop::collection::vec(any::<bool>(), 40), cuts in prop::collection::vec(any::<u32>(), 0..6),
    ) {
        let mut film = film(20, 9, 8, spp);
        let mut kept = keep.iter().cycle();
        for tile in 0..film.grid().len() {
            for partial in partials(rect_of(&film, tile), spp, &cuts) {
                if *kept.next().expect("cycles") {
                    film.merge(TileIndex(tile), partial).expect("fits");
                }
            }
        }
        let mut film = Film::from_bytes(&film.to_bytes()).expect("just saved");
        let done = film.progress().done_samples;
        let mut added = 0;
        for (tile, ranges) in film.missing() {
            let rect = rect_of(&film, tile.0);
            for range in ranges {
                added += rect.pixels() as u64 * range.samples(spp).len() as u64;
                for node in range.maximal_nodes(blocks::block_count(spp)) {
                    let planes = node_sum(rect, spp, node);
                    prop_assert_eq!(film.merge(tile, Partial { node, planes }), Ok(Merged::Added));
                }
            }
        }
        prop_assert!(film.is_complete());
        prop_assert_eq!(done + added, film.progress().total_samples);
    }

    #[test]
    fn damaged_bytes_are_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut film = film(9, 9, 8, 20);
        let rect = rect_of(&film, 0);
        film.merge(TileIndex(0), partials(rect, 20, &[1])[0].clone()).expect("fits");
        let good = film.to_bytes();
        let mut bad = good.clone();
        bad[at.index(good.len())] ^= 1 << bit;
        prop_assert!(Film::from_bytes(&bad).is_err());
        prop_assert!(Film::from_bytes(&good[..at.index(good.len())]).is_err());
        // Somebody who can compute the checksum must not get further than an error either.
        let content = bad.len() - 32;
        let hash = blake3::hash(&bad[..content]);
        bad[content..].copy_from_slice(hash.as_bytes());
        if let Ok(film) = Film::from_bytes(&bad) {
            film.progress();
        }
    }
}

#[test]
fn a_film_survives_its_bytes() {
    let mut film = film(20, 9, 8, 100);
    for tile in [0, 3] {
        let rect = rect_of(&film, tile);
        for partial in partials(rect, 100, &[3, 5]).into_iter().skip(tile as usize) {
            film.merge(TileIndex(tile), partial).expect("fits");
        }
    }
    let back = Film::from_bytes(&film.to_bytes()).expect("just saved");
    assert_eq!(bits(&back.picture()), bits(&film.picture()));
    assert_eq!((back.missing(), back.to_bytes()), (film.missing(), film.to_bytes()));
}

#[test]
fn repeats_are_reported_and_change_nothing() {
    let mut film = film(8, 8, 8, 64);
    let rect = rect_of(&film, 0);
    let part = |level, index| {
        let node = TreeNode { level, index };
        Partial { node, planes: node_sum(rect, 64, node) }
    };
    let tile = TileIndex(0);
    assert_eq!(film.merge(tile, part(0, 1)), Ok(Merged::Added));
    assert_eq!(film.merge(tile, part(0, 1)), Ok(Merged::Duplicate));
    assert_eq!(film.tile_state(tile), TileState::Started { samples: 16 });
    assert_eq!(film.merge(tile, part(1, 0)), Ok(Merged::Replaced { blocks: 1 }));
    assert_eq!(film.merge(tile, part(0, 0)), Ok(Merged::Duplicate));
    assert_eq!(film.missing(), [(tile, vec![BlockRange { first: 2, count: 2 }])]);
    assert_eq!(film.merge(tile, part(1, 1)), Ok(Merged::Added));
    assert_eq!(film.merge(tile, part(2, 0)), Ok(Merged::Duplicate));
    assert_eq!(film.tile_state(tile), TileState::Done);
}

#[test]
fn what_does_not_belong_is_refused() {
    let mut film = film(16, 8, 8, 20);
    let (first, second) = (rect_of(&film, 0), rect_of(&film, 1));
    let part = |rect, node| Partial { node, planes: TilePlanes::zeroed(rect, planes()) };
    let leaf = TreeNode { level: 0, index: 0 };
    let merge =
        |film: &mut Film, tile, partial| film.merge(TileIndex(tile), partial).expect_err("does not fit");
    assert_eq!(merge(&mut film, 2, part(first, leaf)), FilmError::NoSuchTile(2, 2));
    assert!(matches!(merge(&mut film, 0, part(second, leaf)), FilmError::WrongRect { .. }));
    for (level, index) in [(0, 2), (1, 1), (2, 0), (255, 0), (0, u32::MAX)] {
        let partial = part(first, TreeNode { level, index });
        assert!(matches!(merge(&mut film, 0, partial), FilmError::NoSuchNode { .. }));
    }
    let bare = Partial { node: leaf, planes: TilePlanes::zeroed(first, PlaneSet::BEAUTY) };
    assert!(matches!(merge(&mut film, 0, bare), FilmError::WrongPlanes { .. }));
    let mut poisoned = part(first, leaf);
    poisoned.planes.plane_mut(Plane::Albedo).expect("present")[5] = f32::NAN;
    assert_eq!(merge(&mut film, 0, poisoned), FilmError::NotFinite);
    assert_eq!(film.progress().done_samples, 0);
}

#[test]
fn variance_is_that_of_the_mean() {
    let mut film = film(8, 8, 8, 4);
    let (rect, node) = (rect_of(&film, 0), TreeNode { level: 0, index: 0 });
    let mut planes = TilePlanes::zeroed(rect, planes());
    // Luminances 1, 2, 3, 6: mean 3, squared deviations 4 + 1 + 0 + 9 = 14, over 3, over 4.
    planes.plane_mut(Plane::Radiance).expect("present")[..3].fill(12.0);
    planes.plane_mut(Plane::LuminanceSquared).expect("present")[0] = 50.0;
    planes.plane_mut(Plane::Hits).expect("present")[0] = 2.0;
    planes.plane_mut(Plane::Depth).expect("present")[0] = 7.0;
    film.merge(TileIndex(0), Partial { node, planes }).expect("fits");
    let picture = film.picture();
    let variance = picture.variance().expect("asked for");
    assert!((variance[0] - 14.0 / 12.0).abs() < 1e-6, "{}", variance[0]);
    assert_eq!(picture.plane(Plane::Depth).expect("present")[..2], [3.5, DEPTH_OF_NOTHING_M]);
}

#[test]
fn tiles_without_samples_are_clear() {
    let mut film = film(16, 8, 8, 20);
    let rect = rect_of(&film, 1);
    let mut partial = partials(rect, 20, &[1])[0].clone();
    partial.planes.plane_mut(Plane::Alpha).expect("present").fill(16.0);
    film.merge(TileIndex(1), partial).expect("fits");
    let colours = film.picture().colours();
    assert_eq!(colours.rgba[..4], [0.0; 4]);
    assert_eq!(colours.rgba[8 * 4 + 3], 1.0);
    assert_eq!(film.picture().pixels_without_samples(), 64);
    assert_eq!(film.picture().plane(Plane::Depth).expect("present")[0], 0.0);
}
