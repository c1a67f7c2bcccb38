use super::*;
use crate::wire::{NodeOffer, Offers, OffersWanted};

fn offers(bench: &mut Bench<'_>, wanted: OffersWanted) -> Offers {
    match bench.ask(ARTIST, Request::Offers(Box::new(wanted))) {
        Response::Offers(offers) => *offers,
        other => panic!("offers expected, not {other:?}"),
    }
}

fn wanted(price_max: u64, memory_mib: u32, nodes: &[NodeId]) -> OffersWanted {
    OffersWanted { price_max, memory_mib, nodes_allowed: Bounded::cut(nodes.to_vec()), referee: None }
}

fn prices(offers: &Offers) -> Vec<u64> {
    offers.nodes.iter().map(|offer| offer.price).collect()
}

#[test]
fn a_quote_names_who_waits_or_works_the_cheapest_first_and_how_many_jobs_they_share() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (dear, cheap, gone) = (bench.node(1, 1500), bench.node(2, 1000), bench.node(3, 10));
        assert_eq!(offers(&mut bench, wanted(2000, 0, &[])), Offers::default(), "nobody has asked for work");
        bench.pull(gone, 1);
        bench.wait(5_000);
        bench.pull(dear, 1);
        bench.pull(cheap, 1);
        let idle = NodeOffer { price: 1000, speed: 0, is_busy: false };
        let expected = Offers {
            nodes: Bounded::cut(vec![idle, NodeOffer { price: 1500, ..idle }]),
            here: 2,
            large_enough: 2,
            price_min: 1000,
            jobs: 0,
        };
        assert_eq!(offers(&mut bench, wanted(2000, 1024, &[])), expected);
        bench.post(JOB, 64, 48);
        bench.admit(JOB, cheap);
        let lease = bench.pull(cheap, 1).remove(0);
        bench.now_ms += 1_000;
        bench.commit(cheap, &lease);
        bench.pull(cheap, 1);
        let busy = offers(&mut bench, wanted(2000, 0, &[]));
        assert_eq!(busy.jobs, 1);
        let speed = 32 * 32 * 16;
        assert_eq!(busy.nodes.first(), Some(&NodeOffer { price: 1000, speed, is_busy: true }));
    });
}

#[test]
fn a_quote_says_what_keeps_nodes_away() {
    let mut store = MemoryStore::new();
    let mut bench = Bench::new(&mut store);
    let (dear, cheap) = (bench.node(1, 1500), bench.node(2, 1000));
    bench.pull(dear, 1);
    bench.pull(cheap, 1);
    let mut of = |wanted| {
        let offers = offers(&mut bench, wanted);
        (offers.here, offers.large_enough, offers.price_min, prices(&offers))
    };
    assert_eq!(of(wanted(1200, 0, &[])), (2, 2, 1000, vec![1000]));
    assert_eq!(of(wanted(900, 0, &[])), (2, 2, 1000, vec![]), "too dear");
    assert_eq!(of(wanted(2000, 1025, &[])), (2, 0, 0, vec![]), "too small");
    assert_eq!(of(wanted(2000, 0, &[dear])), (1, 1, 1500, vec![1500]));
    assert_eq!(of(wanted(2000, 0, &[NodeId([9; 32])])), (0, 0, 0, vec![]));
}

#[test]
fn a_quote_counts_nodes_that_ask_for_its_referee_and_those_that_ask_for_none() {
    on_every_store(|store| {
        let mut bench = Bench::new(store);
        let (any, careful, other) = (bench.node(1, 1000), bench.node(2, 1100), bench.node(3, 1200));
        let (judge, stranger) = (NodeId([77; 32]), NodeId([78; 32]));
        for (node, believed) in [(careful, judge), (other, stranger)] {
            assert_eq!(bench.ask(node, Request::Demand(Bounded::cut(vec![believed]))), Response::Done);
        }
        for node in [any, careful, other] {
            bench.pull(node, 1);
        }
        let judged = |referee| OffersWanted { referee, ..wanted(2000, 0, &[]) };
        assert_eq!(prices(&offers(&mut bench, judged(None))), [1000]);
        let unknown = bench.ask(ARTIST, Request::Offers(Box::new(judged(Some(judge)))));
        assert_eq!(unknown, Response::Refused(Refusal::NoReferee), "as when the job is sent");
        bench.disputes(judge);
        let seen = offers(&mut bench, judged(Some(judge)));
        assert_eq!((prices(&seen), seen.here), (vec![1000, 1100], 3));
    });
}
