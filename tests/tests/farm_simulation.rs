//! A thousand farms: whatever fails, every job ends, every block counts once, nobody is paid twice.

use std::sync::atomic::{AtomicU64, Ordering};

use tests::simulated_farm::{Broken, Story, play, play_capricious, play_refereed};

const SEEDS: u64 = 1_000;

/// Plays seeds on all processors; the first broken one by number, and all stories in order.
fn play_all(
    seeds: std::ops::Range<u64>,
    play: impl Fn(u64) -> Result<Story, Broken> + Sync,
) -> Result<Vec<(u64, Story)>, Broken> {
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut stories = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return Ok(stories);
            }
            stories.push((seed, play(seed)?));
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get());
    let results: Vec<Result<Vec<(u64, Story)>, Broken>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a worker does not panic")).collect()
    });
    let mut stories = Vec::new();
    let mut broken: Vec<Broken> = Vec::new();
    for result in results {
        match result {
            Ok(part) => stories.extend(part),
            Err(fault) => broken.push(fault),
        }
    }
    stories.sort_by_key(|(seed, _)| *seed);
    broken.into_iter().min_by_key(|fault| fault.seed).map_or(Ok(stories), Err)
}

#[test]
fn every_seed_ends_with_every_block_once_and_the_ledger_at_zero() {
    let began = std::time::Instant::now();
    let stories = match play_all(0..SEEDS, play) {
        Ok(stories) => stories,
        Err(broken) => panic!("seed {} broke at {} ms: {}", broken.seed, broken.at_ms, broken.what),
    };
    let sum = |part: fn(&Story) -> u64| stories.iter().map(|(_, story)| part(story)).sum::<u64>();
    let (messages, refused) = (sum(|story| story.messages), sum(|story| story.refused));
    let (blocks, lines) = (sum(|story| story.health.blocks_accepted), sum(|story| story.health.ledger_lines));
    let virtual_s = sum(|story| story.ended_ms) / 1000;
    eprintln!(
        "{SEEDS} farms, {virtual_s} virtual s in {:.1} s: {messages} messages, {blocks} blocks accepted, \
         {refused} results refused, {lines} ledger lines",
        began.elapsed().as_secs_f32()
    );
    let (whole, divided) = (sum(|story| story.tiles_whole), sum(|story| story.tiles_divided));
    eprintln!("of jobs whose nodes denoise, {whole} tiles came whole and {divided} divided");
    assert!(whole > divided && divided > 0, "most come whole, and a slow node's is divided");
    assert_eq!(stories.len() as u64, SEEDS);
    assert!(refused > 0, "some liars were caught");
    let yields = sum(|story| story.yields);
    eprintln!("{yields} results were cut short because an owner wanted the GPU back");
    assert!(yields > 0, "owners came back in the middle of work");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [1, 7, 42, 1234] {
        let (first, second) = (play(seed), play(seed));
        assert_eq!(first, second, "seed {seed}");
    }
    let trace = |seed| play(seed).expect("these seeds end").trace;
    assert_ne!(trace(1), trace(7));
}

#[test]
fn whatever_unfair_artists_refuse_right_work_is_paid_where_there_is_a_referee() {
    const SEEDS: u64 = 300;
    let stories = match play_all(0..SEEDS, play_refereed) {
        Ok(stories) => stories,
        Err(broken) => panic!("seed {} broke at {} ms: {}", broken.seed, broken.at_ms, broken.what),
    };
    let sum = |part: fn(&Story) -> u64| stories.iter().map(|(_, story)| part(story)).sum::<u64>();
    let (refused, wronged) = (sum(|story| story.refused), sum(|story| story.wronged));
    eprintln!("{SEEDS} farms: {refused} results refused, {wronged} of them right, and paid all the same");
    assert!(wronged > 0 && refused > wronged, "some were right and some were not");
}

#[test]
fn whatever_fails_nothing_of_a_paused_job_is_begun_and_it_ends_all_the_same() {
    const SEEDS: u64 = 300;
    let stories = match play_all(0..SEEDS, play_capricious) {
        Ok(stories) => stories,
        Err(broken) => panic!("seed {} broke at {} ms: {}", broken.seed, broken.at_ms, broken.what),
    };
    let sum = |part: fn(&Story) -> u64| stories.iter().map(|(_, story)| part(story)).sum::<u64>();
    let (pauses, blocks) = (sum(|story| story.pauses), sum(|story| story.health.blocks_accepted));
    eprintln!("{SEEDS} farms: {pauses} pauses, {blocks} blocks accepted");
    assert!(pauses > SEEDS / 2, "{pauses} pauses");
}
