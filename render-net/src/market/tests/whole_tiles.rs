//! Jobs whose nodes denoise: a tile goes to one node, with all its samples.

use super::*;

#[test]
fn a_job_of_whole_tiles_gives_each_to_one_node_and_divides_only_a_slow_ones() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (one, two) = (bench.node(1, 1000), bench.node(2, 1000));
    let draft = ShapeDraft { whole_tiles: true, ..ShapeDraft::clone(&post(JOB, 96, 64).shape) };
    let post = JobPost { shape: JobShape::new(draft).expect("valid"), ..post(JOB, 96, 64) };
    assert_eq!(bench.ask(ARTIST, Request::PostJob(Box::new(post))), Response::Done);
    bench.admit(JOB, one);
    let all = BlockRange { first: 0, count: 4 };
    let mut tiles = Vec::new();
    while tiles.len() < 7 {
        for lease in bench.pull(one, 1) {
            assert_eq!(lease.blocks, all, "whatever is known of its speed");
            bench.now_ms += 4_000;
            bench.commit(one, &lease);
            tiles.push(lease.tile.0);
        }
    }
    assert_eq!(tiles[0], 4, "the centre first");
    let last = bench.pull(one, 2);
    assert_eq!(last.iter().map(|lease| lease.blocks).collect::<Vec<_>>(), [all, all]);
    tiles.extend(last.iter().map(|lease| lease.tile.0));
    tiles.sort_unstable();
    assert_eq!(tiles, (0..9).collect::<Vec<_>>());
    // Nothing fresh is left: what waits in the slow node's hands moves whole, what it has begun is divided late.
    bench.admit(JOB, two);
    bench.now_ms += 2_000;
    bench.ask(one, beat(last[0].lease, 1));
    bench.ask(one, beat(last[1].lease, 0));
    let moved = bench.pull(two, 1).remove(0);
    assert_eq!((moved.tile, moved.blocks), (last[1].tile, all));
    bench.commit(two, &moved);
    bench.now_ms += 2_000;
    bench.ask(one, beat(last[0].lease, 1));
    assert!(bench.pull(two, 1).is_empty(), "the rest is not worth a tile that nobody can denoise");
}
