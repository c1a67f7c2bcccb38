use frame::FrameSize;
use proptest::prelude::*;

use super::*;
use crate::wire::{Bounded, ObjectName, ShapeDraft};

fn shape() -> JobShape {
    let draft = ShapeDraft {
        size: FrameSize::new(16, 8).expect("in range"),
        edge_px: 8,
        spp: 64,
        frames: Bounded::new(vec![1, 3]).expect("few"),
        whole_tiles: false,
    };
    JobShape::new(draft).expect("valid")
}

fn piece(frame: u32, tile: u32, first: u32, count: u32) -> Piece {
    Piece { frame: FrameIndex(frame), tile: TileIndex(tile), blocks: BlockRange { first, count } }
}

fn committed(lease: u64, piece: Piece) -> Event {
    Event::Committed(Box::new(Committed {
        lease: LeaseId(lease),
        node: NodeId([1; 32]),
        piece,
        result: ObjectName([lease as u8; 32]),
        receipt: Bounded::default(),
        link: Bounded::default(),
        amount: 1,
    }))
}

/// Two frames of two tiles of four blocks; every tile in two halves, except for the last in one.
fn history() -> Vec<Event> {
    let pieces = [
        piece(1, 0, 0, 2),
        piece(1, 0, 2, 2),
        piece(1, 1, 0, 2),
        piece(1, 1, 2, 2),
        piece(3, 0, 0, 1),
        piece(3, 0, 1, 3),
        piece(3, 1, 0, 4),
    ];
    pieces.into_iter().enumerate().map(|(lease, piece)| committed(lease as u64, piece)).collect()
}

/// Plays events and lets every collection succeed; returns the collected leases.
fn play(campaign: &mut Campaign, events: &[Event]) -> Vec<u64> {
    let mut leases = Vec::new();
    for (index, event) in events.iter().enumerate() {
        campaign.event(index as u64, event.clone());
        for step in campaign.steps(8) {
            if let Step::Collect(committed) = step {
                match campaign.claim(committed.piece) {
                    Ok(()) => {
                        campaign.collected(committed.lease);
                        leases.push(committed.lease.0);
                    }
                    Err(_) => campaign.refused(committed.lease),
                }
            }
        }
    }
    leases
}

#[test]
fn a_job_is_complete_when_every_block_is_here() {
    let mut campaign = Campaign::new(shape());
    let events = history();
    play(&mut campaign, &events[..6]);
    assert_eq!(campaign.end(JobState::Done, false), None, "the coordinator's word does not make it complete");
    campaign.event(6, events[6].clone());
    assert!(campaign.claim(piece(3, 1, 0, 4)).is_ok());
    campaign.collected(LeaseId(6));
    assert_eq!(campaign.end(JobState::Active, true), Some(JobEnd::Complete));
}

#[test]
fn no_block_is_taken_twice() {
    let mut campaign = Campaign::new(shape());
    let mut events = history();
    events.insert(2, committed(50, piece(1, 0, 1, 2)));
    let leases = play(&mut campaign, &events);
    assert!(!leases.contains(&50));
    assert!(campaign.is_complete());
}

#[test]
fn pieces_outside_the_job_are_refused() {
    let mut campaign = Campaign::new(shape());
    for bad in
        [piece(2, 0, 0, 1), piece(1, 2, 0, 1), piece(1, 0, 4, 1), piece(1, 0, 0, 0), piece(1, 0, u32::MAX, 2)]
    {
        assert!(campaign.claim(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_killed_artist_resumes_without_taking_anything_twice() {
    let events = history();
    let mut first = Campaign::new(shape());
    let kept = play(&mut first, &events[..4]);
    let mut second = Campaign::new(shape());
    for lease in &kept {
        let Event::Committed(committed) = &events[*lease as usize] else { unreachable!("all are") };
        assert!(second.restore(LeaseId(*lease), committed.piece));
    }
    assert_eq!(second.unheard(), 4);
    let leases = play(&mut second, &events);
    assert_eq!(leases, [4, 5, 6]);
    assert!(second.is_complete());
}

#[test]
fn a_verdict_that_was_heard_is_not_given_again() {
    let mut campaign = Campaign::new(shape());
    play(&mut campaign, &history()[..2]);
    campaign.event(2, Event::Accepted { lease: LeaseId(0), automatic: false });
    campaign.link_lost();
    assert_eq!(verdicts(&mut campaign), [Step::Confirm(LeaseId(1))]);
    assert_eq!(verdicts(&mut campaign), [], "it is being said");
    campaign.not_confirmed(LeaseId(1));
    assert_eq!(verdicts(&mut campaign), [Step::Confirm(LeaseId(1))]);
    campaign.confirmed(LeaseId(1));
    assert_eq!(campaign.unheard(), 0);
}

fn verdicts(campaign: &mut Campaign) -> Vec<Step> {
    let is_verdict = |step: &Step| matches!(step, Step::Confirm(_) | Step::Refuse(_));
    campaign.steps(0).into_iter().filter(is_verdict).collect()
}

#[test]
fn a_refusal_is_said_until_it_is_heard() {
    let mut campaign = Campaign::new(shape());
    campaign.event(0, history()[0].clone());
    campaign.refuse(LeaseId(0));
    for _ in 0..3 {
        assert_eq!(verdicts(&mut campaign), [Step::Refuse(LeaseId(0))]);
        campaign.link_lost();
    }
    campaign.event(1, Event::Rejected { lease: LeaseId(0) });
    assert_eq!(verdicts(&mut campaign), []);
    assert_eq!(campaign.unheard(), 0);
}

#[test]
fn work_that_was_accepted_before_anybody_found_it_unfit_ends_the_job_incomplete() {
    let mut campaign = Campaign::new(shape());
    let mut events = history();
    events.extend((0..7).map(|lease| Event::Accepted { lease: LeaseId(lease), automatic: true }));
    events.push(Event::Done);
    for (index, event) in events.into_iter().enumerate() {
        campaign.event(index as u64, event);
    }
    for lease in 0..7 {
        assert_eq!(campaign.end(JobState::Done, true), None, "there is something to collect");
        let pieces = history();
        let Event::Committed(committed) = &pieces[lease] else { unreachable!("all are") };
        if lease == 1 || lease == 6 {
            campaign.refuse(committed.lease);
        } else {
            campaign.claim(committed.piece).expect("its own blocks");
            campaign.collected(committed.lease);
        }
    }
    assert_eq!(campaign.end(JobState::Done, false), None, "more may have happened");
    assert_eq!(campaign.end(JobState::Active, true), None, "others may do it");
    let missing = vec![(FrameIndex(1), TileIndex(0)), (FrameIndex(3), TileIndex(1))];
    assert_eq!(campaign.end(JobState::Done, true), Some(JobEnd::Incomplete { missing }));
}

#[test]
fn a_stopped_job_does_not_end_before_all_that_happened_is_read() {
    let mut campaign = Campaign::new(shape());
    campaign.event(0, Event::NodeAwaitsKey { node: NodeId([1; 32]) });
    assert_eq!(campaign.end(JobState::Cancelled, false), None);
}

#[test]
fn what_was_accepted_without_a_word_is_confirmed_once_it_is_here() {
    let mut campaign = Campaign::new(shape());
    play(&mut campaign, &history()[..1]);
    campaign.event(1, Event::Accepted { lease: LeaseId(0), automatic: true });
    assert_eq!(campaign.unheard(), 1, "the coordinator keeps it for the artist");
    campaign.event(2, Event::Accepted { lease: LeaseId(0), automatic: false });
    assert_eq!(campaign.unheard(), 0);
}

#[test]
fn keys_that_were_not_given_are_given_again() {
    let mut campaign = Campaign::new(shape());
    let asks = |campaign: &mut Campaign| campaign.steps(0).contains(&Step::GiveKeys);
    assert!(asks(&mut campaign) && !asks(&mut campaign));
    campaign.keys_not_given();
    assert!(asks(&mut campaign));
}

#[test]
fn collections_under_way_are_bounded_and_taken_up_again() {
    let mut campaign = Campaign::new(shape());
    for (index, event) in history().into_iter().enumerate() {
        campaign.event(index as u64, event);
    }
    let collects = |steps: Vec<Step>| steps.iter().filter(|step| matches!(step, Step::Collect(_))).count();
    assert_eq!(collects(campaign.steps(3)), 3);
    assert_eq!(collects(campaign.steps(3)), 0);
    campaign.not_collected(LeaseId(0));
    assert_eq!(collects(campaign.steps(3)), 1);
}

#[test]
fn a_cancelled_job_ends_after_what_is_there_is_collected() {
    let mut campaign = Campaign::new(shape());
    campaign.event(0, history()[0].clone());
    campaign.event(1, Event::Cancelled { reason: "enough".to_owned() });
    assert_eq!(campaign.end(JobState::Cancelled, true), None);
    assert!(campaign.claim(piece(1, 0, 0, 2)).is_ok());
    campaign.collected(LeaseId(0));
    assert_eq!(
        campaign.end(JobState::Cancelled, true),
        Some(JobEnd::Cancelled { reason: "enough".to_owned() })
    );
}

#[test]
fn previews_are_shown_only_for_leases_that_run() {
    let mut campaign = Campaign::new(shape());
    let what = piece(1, 0, 0, 1);
    let preview = Event::Preview { lease: LeaseId(1), piece: what, object: ObjectName([0; 32]) };
    assert_eq!(campaign.event(0, preview.clone()), []);
    campaign.event(1, Event::Leased { lease: LeaseId(1), node: NodeId([2; 32]), piece: what });
    assert!(matches!(campaign.event(2, preview)[..], [Step::Preview(..)]));
}

proptest! {
    #[test]
    fn any_order_of_overlapping_pieces_covers_each_block_once(
        pieces in prop::collection::vec((0u32..2, 0u32..4, 1u32..5), 0..60)
    ) {
        let mut campaign = Campaign::new(shape());
        let mut seen = BTreeSet::new();
        for (tile, first, count) in pieces {
            let count = count.min(4 - first);
            if campaign.claim(piece(1, tile, first, count)).is_ok() {
                for block in first..first + count {
                    prop_assert!(seen.insert((tile, block)));
                }
            }
        }
        prop_assert_eq!(campaign.blocks_kept, seen.len() as u64);
    }
}

#[test]
fn invented_leases_do_not_fill_the_memory() {
    let mut campaign = Campaign::new(shape());
    let what = piece(1, 0, 0, 1);
    let leases = LEASED_MAX as u64 + 10;
    for lease in 0..leases {
        let event = Event::Leased { lease: LeaseId(lease), node: NodeId([1; 32]), piece: what };
        campaign.event(lease, event);
    }
    assert_eq!(campaign.leased.len(), LEASED_MAX);
    let preview = |lease| Event::Preview { lease: LeaseId(lease), piece: what, object: ObjectName([0; 32]) };
    assert!(campaign.event(leases, preview(9)).is_empty());
    assert!(matches!(campaign.event(leases + 1, preview(10))[..], [Step::Preview(..)]));
}

#[test]
fn events_that_leave_something_out_are_not_taken_for_news() {
    let mut campaign = Campaign::new(shape());
    let past = |campaign: &mut Campaign, first| campaign.events(first, [Event::Done]).is_none();
    assert!(past(&mut campaign, 1) && past(&mut campaign, u64::MAX));
    for (index, event) in history().into_iter().enumerate() {
        let index = index as u64;
        assert!(campaign.events(0, []).is_some());
        assert!(campaign.events(index, [event]).is_some());
        assert_eq!(campaign.next_event(), index + 1);
        assert!(past(&mut campaign, index + 2));
    }
}

/// The next collection, and whether it is one that a referee upheld.
fn next_collection(campaign: &mut Campaign) -> Option<(LeaseId, bool)> {
    campaign.steps(8).into_iter().find_map(|step| match step {
        Step::Collect(committed) => Some((committed.lease, false)),
        Step::Take(committed) => Some((committed.lease, true)),
        _ => None,
    })
}

#[test]
fn refused_work_that_the_referee_upholds_is_collected_after_all() {
    let mut campaign = Campaign::new(shape());
    campaign.event(0, committed(5, piece(1, 0, 0, 4)));
    assert_eq!(next_collection(&mut campaign), Some((LeaseId(5), false)));
    campaign.refuse(LeaseId(5));
    campaign.confirmed(LeaseId(5));
    campaign.event(1, Event::Disputed { lease: LeaseId(5) });
    assert_eq!(next_collection(&mut campaign), None, "it waits for the referee");
    let ruled = Event::Ruled { lease: LeaseId(5), for_node: true, ruling: Bounded::default() };
    let steps = campaign.event(2, ruled);
    let [Step::Ruled(committed, true, _)] = &steps[..] else { panic!("{steps:?}") };
    campaign.event(3, Event::Accepted { lease: LeaseId(5), automatic: true });
    campaign.upheld(committed.clone());
    assert_eq!(campaign.end(JobState::Done, true), None, "it is not here yet");
    assert_eq!(next_collection(&mut campaign), Some((LeaseId(5), true)));
    campaign.claim(committed.piece).expect("nobody else delivered it");
    campaign.collected(LeaseId(5));
    assert!(campaign.steps(8).contains(&Step::Confirm(LeaseId(5))));
}

#[test]
fn refused_work_that_nobody_upholds_stays_refused() {
    let mut campaign = Campaign::new(shape());
    campaign.event(0, committed(5, piece(1, 0, 0, 4)));
    next_collection(&mut campaign);
    campaign.refuse(LeaseId(5));
    campaign.event(1, Event::Disputed { lease: LeaseId(5) });
    assert_eq!(campaign.event(2, Event::Rejected { lease: LeaseId(5) }), [Step::Rejected(LeaseId(5))]);
    let late = Event::Ruled { lease: LeaseId(5), for_node: true, ruling: Bounded::default() };
    assert_eq!(campaign.event(3, late), [], "nobody remembers it");
    assert_eq!(next_collection(&mut campaign), None);
    assert!(campaign.claim(piece(1, 0, 0, 4)).is_ok(), "others may deliver it");
}

#[test]
fn an_artist_that_comes_back_does_not_look_again_at_what_waits_for_the_referee() {
    let mut campaign = Campaign::new(shape());
    let history = [committed(5, piece(1, 0, 0, 4)), Event::Disputed { lease: LeaseId(5) }];
    assert!(campaign.events(0, history).is_some());
    assert_eq!(next_collection(&mut campaign), None);
    let ruled = Event::Ruled { lease: LeaseId(5), for_node: false, ruling: Bounded::default() };
    assert!(matches!(campaign.event(2, ruled)[..], [Step::Ruled(_, false, _)]), "it hears how that ends");
}
