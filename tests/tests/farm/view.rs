//! Others look on with a link: they see the artist's bits and nothing else, for as long as the artist lets them.

use frame::{Film, FrameIndex, Partial, RenderSettings, TileIndex};
use render_net::artist::{Onlooker, PreviewTile, Viewing};
use render_net::identity::ViewLink;
use render_net::link::LinkFault;
use render_net::wire::Refusal;

use super::*;

impl Onlooker for Easel {
    fn tile(&mut self, frame: FrameIndex, tile: TileIndex, partials: Vec<Partial>) {
        self.tiles += 1;
        let (grid, settings) = (grid(&self.settings), settings_of(frame, self.settings));
        let film = self.films.entry(frame).or_insert_with(|| Film::new(grid, settings));
        for partial in partials {
            film.merge(tile, partial).expect("each block once");
        }
    }

    fn preview(&mut self, _: PreviewTile) {
        self.previews += 1;
    }

    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }
}

async fn look(link: &ViewLink, settings: RenderSettings) -> (Easel, Result<JobEnd, ArtistFault>) {
    let viewing = Viewing::open(link).await.expect("the link is good");
    assert_eq!(viewing.title(), "vase");
    let (_keep, stop) = never();
    let mut easel = Easel::new(settings);
    let end = timeout(PATIENCE, viewing.follow(&mut easel, stop)).await.expect("in time");
    (easel, end)
}

fn is_withdrawn(fault: &ArtistFault) -> bool {
    matches!(fault, ArtistFault::Link(LinkFault::Refused(Refusal::NoView)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_the_link_sees_the_artists_bits_while_they_come_and_afterwards() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1, 4], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let link = artist.share(job, "vase").await.expect("shared");
    assert_eq!(artist.share(job, "vase").await.expect("again").to_text(), link.to_text(), "one link a job");
    // One look begins before the first sample, one after the last.
    let node = node(&folder.path().join("node"), &address, 3, true);
    let mut mine = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let collected = timeout(PATIENCE, artist.collect(job, &mut mine, stop));
    let ((seen, end), collected) = tokio::join!(look(&link, spec.settings), collected);
    assert_eq!(end.expect("seen"), JobEnd::Complete);
    assert_eq!(collected.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&seen, &[1, 4]);
    node.running.await.expect("no panic").expect("no fault");
    let (again, end) = look(&link, spec.settings).await;
    assert_eq!(end.expect("seen"), JobEnd::Complete);
    assert_same_bits(&again, &[1, 4]);
    coordinator.stop().await;
    assert_no_canary(folder.path());
    assert_not_in(&folder.path().join("coordinator"), link.secret().expose());
    assert_not_in(&folder.path().join("coordinator"), &link.secret().token());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_link_ends_the_look_and_a_new_one_is_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let link = artist.share(job, "vase").await.expect("shared");
    let withdraw = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        artist.unshare(job).await.expect("withdrawn");
    };
    let ((_, end), ()) = tokio::join!(look(&link, spec.settings), withdraw);
    assert!(is_withdrawn(&end.expect_err("nothing more is shown")));
    assert!(is_withdrawn(&Viewing::open(&link).await.err().expect("nor ever again")));
    let other = artist.share(job, "vase").await.expect("shared anew");
    assert_ne!(other.to_text(), link.to_text());
    assert!(is_withdrawn(&Viewing::open(&link).await.err().expect("the old one stays withdrawn")));
    assert_eq!(Viewing::open(&other).await.expect("the new one is good").plan().job, job);
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guessed_link_and_a_link_of_another_job_show_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let artist = artist(&folder.path().join("artist"), &address);
    let mut links = Vec::new();
    for _ in 0..2 {
        let job = artist.submit(spec(&[1], 16), source(), |_| {}).await.expect("posted");
        links.push(artist.share(job, "vase").await.expect("shared"));
    }
    let job = |link: &ViewLink| link.job();
    let swapped = ViewLink::new(address.clone(), job(&links[0]), links[1].secret().clone());
    let nowhere = ViewLink::new(address, frame::JobId([9; 16]), links[0].secret().clone());
    for wrong in [swapped, nowhere] {
        assert!(is_withdrawn(&Viewing::open(&wrong).await.err().expect("refused")));
    }
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_looks_on_is_told_that_the_artist_is_away_and_back_and_an_artist_never_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = spec(&[1], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let link = artist.share(job, "vase").await.expect("shared");
    let node = node(&folder.path().join("node"), &address, 3, true);
    let mut mine = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let come_back = async {
        // Asking how a job stands admits nobody.
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            artist.cards().await.expect("answered");
        }
        timeout(PATIENCE, artist.collect(job, &mut mine, stop)).await
    };
    let ((seen, end), collected) = tokio::join!(look(&link, spec.settings), come_back);
    assert_eq!(end.expect("seen"), JobEnd::Complete);
    collected.expect("in time").expect("collected");
    let told = |easel: &Easel| -> Vec<bool> {
        let is_away = |progress: &Progress| match progress {
            Progress::Artist { is_away } => Some(*is_away),
            _ => None,
        };
        easel.progress.iter().filter_map(is_away).collect()
    };
    assert_eq!(told(&seen), [true, false]);
    assert_eq!(told(&mine), [false; 0]);
    node.running.await.expect("no panic").expect("no fault");
    coordinator.stop().await;
}

/// Whether none of a folder's files holds these bytes.
fn assert_not_in(folder: &std::path::Path, bytes: &[u8]) {
    for entry in std::fs::read_dir(folder).expect("is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            assert_not_in(&path, bytes);
            continue;
        }
        let all = std::fs::read(&path).expect("readable");
        assert!(!all.windows(bytes.len()).any(|window| window == bytes), "{}", path.display());
    }
}
