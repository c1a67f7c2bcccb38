use frame::{FrameSize, TileGrid};
use render_net::ledger::pay;

use super::*;
use crate::quote::Hand;

fn work(spp: u32, frames: u32) -> Work {
    let size = FrameSize::new(640, 360).expect("in range");
    let grid = TileGrid::new(size, 64, 0);
    Work { grid, frames, spp, whole_tiles: false, places: vec![1.0, 2.0, 3.0] }
}

fn hand(price: u64, speed: f64) -> Hand {
    Hand { price, speed, spread: 0.0, begins_s: (0.0, 0.0) }
}

fn crew(hands: Vec<Hand>) -> Crew {
    Crew { hands, spread: 0.0, rivals: 0, lease_s: 8.0, ends_s: (0.0, 0.0) }
}

#[test]
fn one_machine_of_known_speed_takes_what_division_says() {
    let work = Work { places: vec![1.0], ..work(64, 2) };
    let speed = 1e5;
    let all_s = work.samples() as f64 / speed;
    let told = estimate(&work, &crew(vec![hand(1000, speed)]), 1);
    for seconds in [told.time_s.p50, told.time_s.p90] {
        assert!((seconds / all_s - 1.0).abs() < 1e-6, "{seconds} of {all_s}");
    }
    let whole = pay(work.samples(), 1000).expect("small");
    for cost in [told.cost.p50, told.cost.p90] {
        assert!(cost.abs_diff(whole) <= 1, "{cost} of {whole}");
    }
}

#[test]
fn the_same_arguments_give_the_same_estimate_and_nine_of_ten_is_never_less_than_half() {
    let mut shaky = crew(vec![hand(500, 1e5), hand(2000, 4e5)]);
    shaky.spread = 0.5;
    shaky.rivals = 2;
    for spp in [1, 16, 17, 300] {
        let told = estimate(&work(spp, 1), &shaky, 7);
        assert_eq!(told, estimate(&work(spp, 1), &shaky, 7));
        assert!(told.time_s.p90 > told.time_s.p50 && told.cost.p90 >= told.cost.p50, "{told:?}");
        let (least, most) = (pay(work(spp, 1).samples(), 500), pay(work(spp, 1).samples(), 2000));
        assert!(Some(told.cost.p50) >= least && Some(told.cost.p90) <= most.map(|most| most + 1), "{told:?}");
    }
}

#[test]
fn two_equal_machines_take_half_the_time_and_a_slow_third_holds_them_up_by_a_block_at_most() {
    let of = |hands| estimate(&work(256, 1), &crew(hands), 3).time_s.p50;
    let one = of(vec![hand(1, 1e5)]);
    let two = of(vec![hand(1, 1e5), hand(1, 1e5)]);
    let with_a_slow_one = of(vec![hand(1, 1e5), hand(1, 1e5), hand(1, 2e3)]);
    assert!((two / one - 0.5).abs() < 0.02, "{two} of {one}");
    // What is begun is not divided: a block of the dearest place, half again as dear as the mean.
    let block_s = 1.5 * f64::from(64 * 64 * 16) / 2e3;
    assert!(with_a_slow_one < two + block_s, "{with_a_slow_one} of {two}");
}

#[test]
fn a_tile_for_two_goes_to_the_cheaper() {
    let size = FrameSize::new(32, 32).expect("in range");
    let work = Work { grid: TileGrid::new(size, 32, 0), spp: 16, ..work(16, 1) };
    let told = estimate(&work, &crew(vec![hand(2000, 9e5), hand(1000, 3e5)]), 3);
    assert_eq!(Some(told.cost.p90), pay(work.samples(), 1000));
}

#[test]
fn rivals_take_their_share_and_dearer_places_take_longer() {
    let with = |rivals| {
        let crew = Crew { rivals, ..crew(vec![hand(1, 1e5); 3]) };
        estimate(&work(256, 1), &crew, 3).time_s
    };
    let (alone, shared) = (with(0), with(1));
    assert!(shared.p50 > 1.4 * alone.p50 && shared.p90 < 2.1 * alone.p90, "{shared:?} and {alone:?}");
    assert!(with(3).p50 > 1.4 * shared.p50);
}

#[test]
fn the_largest_job_and_the_most_machines_end_in_time() {
    let began = std::time::Instant::now();
    let size = FrameSize::new(32_768, 32_768).expect("in range");
    let work = Work { grid: TileGrid::new(size, 64, 0), frames: 64, ..work(4096, 1) };
    let crew = Crew { rivals: 1000, ..crew(vec![hand(1000, 1e6); 256]) };
    let told = estimate(&work, &crew, 3);
    assert!(told.time_s.p50.is_finite() && told.time_s.p90 >= told.time_s.p50);
    // A debug build beside other work; a play that does not end is what it guards against.
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
