//! Built trees are sound; damaged ones are refused, and what is not refused ends.

use proptest::prelude::*;

use super::*;

fn strip(count: usize) -> Vec<[Vec3; 3]> {
    (0..count)
        .map(|i| {
            let x = i as f32;
            [Vec3::new(x, 0.0, 0.0), Vec3::new(x + 1.0, 0.0, 0.3), Vec3::new(x, 1.0, (x * 0.7).sin())]
        })
        .collect()
}

fn built(count: usize) -> Bvh {
    Bvh::of_triangles(&strip(count)).expect("it is near")
}

#[test]
fn a_built_tree_passes_its_check_and_orders_every_primitive_once() {
    for count in [0, 1, 2, 3, 7, 100, 5000] {
        let bvh = built(count);
        let mut seen = vec![false; bvh.nodes.len()];
        check_tree(&bvh.nodes, 0, count as u32, &mut seen).expect("built trees are sound");
        let mut order = bvh.order.clone();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..count as u32), "{count}");
    }
}

#[test]
fn the_same_input_builds_the_same_tree() {
    let (a, b) = (built(3000), built(3000));
    assert_eq!((a.nodes, a.order), (b.nodes, b.order));
}

#[test]
fn damaged_trees_are_refused() {
    let bvh = built(500);
    let check = |nodes: &[Node]| check_tree(nodes, 0, 500, &mut vec![false; nodes.len()]);
    for (word, value) in [(CHILD_BASE, 0), (CHILD_BASE, u32::MAX), (6, u32::MAX)] {
        let mut nodes = bvh.nodes.clone();
        nodes[0][word] = value;
        assert!(check(&nodes).is_err(), "word {word}");
    }
    // Only nodes with leaves read it; some node has them.
    let mut nodes = bvh.nodes.clone();
    nodes.iter_mut().for_each(|node| node[PRIMITIVE_BASE] = u32::MAX);
    assert!(check(&nodes).is_err());
    assert!(check(&bvh.nodes[..bvh.nodes.len() / 2]).is_err());
}

/// One node without inner children whose first slot holds this byte.
fn lone(byte: u8) -> Node {
    let mut node = [0; 20];
    node[6] = u32::from(byte);
    node
}

#[test]
fn a_leaf_whose_marks_reach_inner_bits_is_refused() {
    let check = |byte: u8| check_tree(&[lone(byte)], 0, 26, &mut [false]);
    // Place 23 with three marks: bits 24 and 25 would be children, and the node names itself as the first.
    assert!(check(0xf7).is_err());
    assert!(walked(&[lone(0xf7)], 0).is_none(), "such a walk does not end");
    // What the builder writes: nothing, or one to three marks from a place on with all of them below 24.
    let marks = |byte: u8| match byte >> 5 {
        0b001 => 1,
        0b011 => 2,
        0b111 => 3,
        _ => 99,
    };
    for byte in 0..=u8::MAX {
        assert_eq!(check(byte).is_ok(), byte == 0 || (byte & 0x1f) + marks(byte) <= 24, "{byte:08b}");
    }
}

#[test]
fn an_inner_child_is_written_in_one_way() {
    let mut nodes = [lone(24 | 1 << 5), lone(0)];
    nodes[0][CHILD_BASE] = 1;
    nodes[0][INNER_MASK] = 1 << 24;
    let check = |nodes: &[Node]| check_tree(nodes, 0, 0, &mut vec![false; nodes.len()]);
    assert_eq!(check(&nodes), Ok(2));
    // No mark, other marks, another slot's place.
    for byte in [24, 24 | 2 << 5, 24 | 3 << 5, 24 | 7 << 5, 25 | 1 << 5, 31 | 1 << 5] {
        let mut nodes = nodes;
        nodes[0][6] = byte;
        assert!(check(&nodes).is_err(), "{byte:08b}");
    }
    nodes[0][CHILD_BASE] = 0;
    assert!(check(&nodes).is_err(), "it is its own child");
    nodes[0][INNER_MASK] = 0;
    assert!(check(&nodes).is_err(), "a child that the mask does not know");
}

/// How many nodes the kernels' walk (`find_leaves` in `shaders/lib/traverse.wgsl`) opens for a ray of this octant that meets every box; `None` when it
/// leaves the nodes, or opens more than there are and so does not end.
fn walked(nodes: &[Node], octant: u32) -> Option<usize> {
    let (mut opened, mut stack) = (0, vec![(0u32, 0x8000_0000u32)]);
    while let Some((base, bits)) = stack.pop() {
        let place = 31 - bits.leading_zeros();
        let rest = bits & !(1 << place);
        if rest >= 1 << 24 {
            stack.push((base, rest));
        }
        let child = (place - 24) ^ octant;
        let before = (rest & 0xff & !(u32::MAX << child)).count_ones();
        let node = nodes.get(base.checked_add(before)? as usize)?;
        opened += 1;
        if opened > nodes.len() {
            return None;
        }
        let meta: [u8; 8] = bytemuck::cast([node[6], node[7]]);
        let met = meta.iter().fold(0, |met, &byte| {
            let is_inner = byte & (byte << 1) & 0x10 != 0;
            let place = (u32::from(byte) ^ if is_inner { octant } else { 0 }) & 0x1f;
            met | u32::from(byte >> 5) << place
        });
        let inner = met & 0xff00_0000 | node[INNER_MASK] >> 24;
        if inner >= 1 << 24 {
            stack.push((node[CHILD_BASE], inner));
        }
    }
    Some(opened)
}

#[test]
fn the_walk_opens_every_node_of_a_built_tree_once() {
    let bvh = built(500);
    for octant in 0..8 {
        assert_eq!(walked(&bvh.nodes, octant), Some(bvh.nodes.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_of_a_tree_that_passes_its_check_ends(
        // Written so that many of them are what a tree may have, and many are next to it.
        bytes in prop::collection::vec((0..4usize, 0..8usize, 0..32u8, prop::sample::select(&[1u8, 1, 3, 7, 7, 0, 2][..])), 0..6),
        words in prop::collection::vec((0..4usize, prop::sample::select(&[CHILD_BASE, PRIMITIVE_BASE][..]), 0..5u32), 0..3),
        masks in prop::collection::vec((0..4usize, any::<u8>()), 0..2),
        octant in 0..8u32,
    ) {
        // Three nodes in a row and one of their own, then anything written over them.
        let mut nodes = [lone(24 | 1 << 5), lone(24 | 1 << 5), lone(1 << 5), lone(1 << 5)];
        for (node, child) in [(0, 1), (1, 2)] {
            nodes[node][CHILD_BASE] = child;
            nodes[node][INNER_MASK] = 1 << 24;
        }
        for (node, slot, place, marks) in bytes {
            bytemuck::bytes_of_mut(&mut nodes[node])[24 + slot] = place | marks << 5;
        }
        for (node, word, value) in words {
            nodes[node][word] = value;
        }
        for (node, mask) in masks {
            nodes[node][INNER_MASK] = u32::from(mask) << 24;
        }
        if check_tree(&nodes, 0, 30, &mut [false; 4]).is_ok() {
            prop_assert!(walked(&nodes, octant).is_some());
        }
    }
}

#[test]
fn geometry_too_far_away_for_areas_is_refused_and_what_is_just_near_enough_is_sorted() {
    let apart = |metres: f32| {
        let corners: Vec<_> =
            strip(25).into_iter().map(|triangle| triangle.map(|corner| corner * metres)).collect();
        Bvh::of_triangles(&corners).map(|bvh| bvh.order.len())
    };
    assert_eq!(apart(Bvh::REACH_MAX / 25.0), Ok(25));
    for metres in [1e13, 1e19, 1e37, f32::INFINITY] {
        assert!(apart(metres).is_err(), "{metres:e}");
    }
    assert_eq!(Bvh::of_boxes(&[(Vec3::NAN, Vec3::ONE)]).map(|_| ()), Err(TooFar { reach: f32::INFINITY }));
    assert_eq!(Bvh::of_boxes(&[(Vec3::splat(-2e13), Vec3::ONE)]).map(|_| ()), Err(TooFar { reach: 2e13 }));
}
