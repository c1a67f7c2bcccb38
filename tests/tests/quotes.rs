//! Quotes against what simulated jobs then took and cost. The bounds were chosen before the first result was seen.

use std::sync::atomic::{AtomicU64, Ordering};

use app::quote::{Estimate, Speeds, Work, crew, estimate};
use tests::simulated_farm::{Quoted, play_quoted};

/// Others than the farms by which spreads were chosen (`app/src/quote/crew.rs`).
const SEEDS: std::ops::Range<u64> = 2_000..2_150;
/// Jobs that are done within p90, at least; and within p50, from and to.
const WITHIN_P90: f64 = 0.90;
const WITHIN_P50: std::ops::RangeInclusive<f64> = 0.30..=0.70;

fn told(quoted: &Quoted, seed: u64) -> Estimate {
    let shape = &quoted.shape;
    let places = quoted.places.clone();
    let here = Speeds::new(&places, &quoted.bench);
    let work = Work {
        grid: shape.grid(),
        frames: shape.frames.len() as u32,
        spp: shape.spp,
        whole_tiles: shape.whole_tiles,
        places,
    };
    let crew = crew(&quoted.offers, here).expect("somebody offers");
    estimate(&work, &crew, seed)
}

fn all() -> Vec<(Quoted, Estimate)> {
    let next = AtomicU64::new(SEEDS.start);
    let worker = || {
        let mut found = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS.end {
                return found;
            }
            let quoted = play_quoted(seed).unwrap_or_else(|broken| panic!("{broken:?}"));
            // A node that has just got its last result and has not asked again is not seen.
            if !quoted.offers.nodes.is_empty() {
                let told = told(&quoted, seed);
                found.push((seed, quoted, told));
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, |count| count.get());
    let mut found: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a worker does not panic")).collect()
    });
    found.sort_by_key(|(seed, ..)| *seed);
    found.into_iter().map(|(_, quoted, told)| (quoted, told)).collect()
}

#[test]
fn nine_of_ten_jobs_take_and_cost_what_was_told_and_half_of_them_less_than_the_half() {
    let began = std::time::Instant::now();
    let all = all();
    let share = |holds: &dyn Fn(&(Quoted, Estimate)) -> bool| {
        all.iter().filter(|one| holds(one)).count() as f64 / all.len() as f64
    };
    let time = [
        share(&|(quoted, told)| quoted.took_s <= told.time_s.p50),
        share(&|(quoted, told)| quoted.took_s <= told.time_s.p90),
    ];
    let cost = [
        share(&|(quoted, told)| quoted.cost <= told.cost.p50),
        share(&|(quoted, told)| quoted.cost <= told.cost.p90),
    ];
    let mut widths: Vec<f64> = all.iter().map(|(_, told)| told.time_s.p90 / told.time_s.p50).collect();
    widths.sort_by(f64::total_cmp);
    let mut ratios: Vec<f64> = all.iter().map(|(quoted, told)| quoted.took_s / told.time_s.p50).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], share: f64| sorted[(sorted.len() as f64 * share) as usize];
    eprintln!(
        "{} of {SEEDS:?} farms in {:.0} s: time within p50 {:.3}, within p90 {:.3}; cost within p50 {:.3}, within p90 {:.3}",
        all.len(),
        began.elapsed().as_secs_f32(),
        time[0],
        time[1],
        cost[0],
        cost[1]
    );
    let quantiles =
        |sorted: &[f64]| [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| format!("{:.2}", at(sorted, share)));
    eprintln!("taken over p50: {:?}; p90 over p50: {:?}", quantiles(&ratios), quantiles(&widths));
    assert!(all.len() as u64 * 10 > (SEEDS.end - SEEDS.start) * 9);
    for (what, [p50, p90]) in [("time", time), ("cost", cost)] {
        assert!(p90 >= WITHIN_P90, "{what}: {p90} within p90");
        assert!(WITHIN_P50.contains(&p50), "{what}: {p50} within p50");
    }
}
