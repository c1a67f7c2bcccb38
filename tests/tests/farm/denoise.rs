//! Jobs whose nodes denoise: some can, some cannot, one lies, one vanishes, and the picture is whole.

use std::time::Duration;

use frame::{
    AdapterCard, Denoise, DenoiseFault, DenoisingRenderer, Flow, FrameIndex, NetworkId, Noisy, Partial,
    Picture, Plane, RenderFault, RenderSettings, SceneBlob, SettingsDraft, TileDenoiser, TileIndex,
    TileOrder, TileRenderer,
};
use render_net::artist::{JobEnd, JobSpec, Progress};
use tokio::time::timeout;

use crate::painter::Painter;
use crate::parties::*;
use crate::{PATIENCE, anywhere, never, source};

const NETWORK: NetworkId = NetworkId([9; 32]);
const MARGIN_PX: u32 = 16;

/// The mean of a pixel and its eight neighbours, times the exposure: its reach is one pixel. `pause` makes it as slow as a test needs.
#[derive(Default)]
struct Blur {
    pause: Duration,
}

impl TileDenoiser for Blur {
    fn network(&self) -> NetworkId {
        NETWORK
    }

    fn reach_px(&self) -> u32 {
        1
    }

    fn denoise(&mut self, noisy: &Noisy, exposure_scale: f32) -> Result<Vec<f32>, DenoiseFault> {
        std::thread::sleep(self.pause);
        let (width, height) = (noisy.width() as usize, noisy.height() as usize);
        let mut colours = vec![0.0; noisy.radiance.len()];
        for (at, colour) in colours.iter_mut().enumerate() {
            let (x, y, channel) = (at / 3 % width, at / 3 / width, at % 3);
            for (dx, dy) in (0..9).map(|near| (near % 3, near / 3)) {
                let column = (x + dx).saturating_sub(1).min(width - 1);
                let row = (y + dy).saturating_sub(1).min(height - 1);
                *colour += noisy.radiance[3 * (row * width + column) + channel] * exposure_scale / 9.0;
            }
        }
        Ok(colours)
    }
}

/// A node's renderer that denoises; `lie` spoils what it denoised.
struct Denoising {
    renderer: DenoisingRenderer,
    lie: fn(&mut f32),
}

fn denoising(pause_ms: u64, lie: fn(&mut f32)) -> Box<Denoising> {
    let pause = Duration::from_millis(pause_ms);
    let (painter, blur) = (Box::new(Painter { pause }), Box::new(Blur { pause: pause / 3 }));
    let renderer = DenoisingRenderer::new(painter, vec![blur], Box::new(|fault| panic!("{fault}")));
    Box::new(Denoising { renderer, lie })
}

impl TileRenderer for Denoising {
    fn adapter(&self) -> AdapterCard {
        self.renderer.adapter()
    }

    fn render(
        &mut self,
        scene: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        let mut partials = self.renderer.render(scene, order, progress)?;
        partials
            .iter_mut()
            .filter_map(|partial| partial.planes.plane_mut(Plane::Denoised))
            .for_each(|colours| (self.lie)(&mut colours[4]));
        Ok(partials)
    }
}

fn denoised_spec(frames: &[u32], spp: u32) -> JobSpec {
    let plain = spec(frames, spp);
    let settings = SettingsDraft { denoise: Denoise::Node, network: NETWORK, ..*plain.settings };
    let settings = RenderSettings::new(settings).expect("valid");
    JobSpec { settings, margin_px: MARGIN_PX, ..plain }
}

/// The tiles that no node has denoised are denoised here, as the artist's program does.
fn finished(easel: &Easel, frame: FrameIndex) -> (Picture, u32) {
    let film = &easel.films[&frame];
    let mut picture = film.picture();
    let mut denoised = 0;
    for tile in (0..film.grid().len()).map(TileIndex) {
        if film.is_denoised(tile) {
            denoised += 1;
            continue;
        }
        let rect = film.grid().rect(tile).expect("in the grid");
        picture.denoise(rect, MARGIN_PX, &mut Blur::default(), exposure_scale(frame)).expect("it denoises");
    }
    (picture, denoised)
}

/// Every frame has the denoised bits that one machine gives it; returns how many tiles nodes had denoised.
fn assert_same_beauty(easel: &Easel, frames: &[u32]) -> u32 {
    let mut by_nodes = 0;
    for frame in frames.iter().copied().map(FrameIndex) {
        let mut ours = painted(frame, easel.settings).picture();
        ours.denoise(ours.rect(), 0, &mut Blur::default(), exposure_scale(frame)).expect("it denoises");
        let (theirs, denoised) = finished(easel, frame);
        let bits =
            |picture: &Picture| picture.beauty().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&ours), bits(&theirs), "{frame:?}");
        by_nodes += denoised;
    }
    by_nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_denoise_give_the_bits_that_one_machine_gives() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let nodes =
        ["one", "two"].map(|name| node_with(&folder.path().join(name), &address, denoising(2, |_| ()), true));
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = denoised_spec(&[1, 4], 64);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1, 4]);
    // At the end of the job a tile or two may be divided.
    let by_nodes = assert_same_beauty(&easel, &[1, 4]);
    assert!(by_nodes > 15, "{by_nodes} of 30 tiles came denoised");
    assert!(nodes.iter().all(|node| node.delivered() > 0), "both worked");
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_traced_is_shown_before_it_is_denoised() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    // Long enough that a person would wait for the tile; one block of samples, so that nothing of it comes sooner.
    let nodes = ["one", "two", "three", "four", "five"]
        .map(|name| node_with(&folder.path().join(name), &address, denoising(1050, |_| ()), true));
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = denoised_spec(&[1], 16);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let end = timeout(PATIENCE, artist.collect(job, &mut easel, stop)).await.expect("in time");
    assert_eq!(end.expect("collected"), JobEnd::Complete);
    assert_eq!(assert_same_beauty(&easel, &[1]), 15);
    assert!(easel.previews > 0, "a noisy tile was seen");
    nodes.iter().for_each(|node| node.running.abort());
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_farm_of_vanishing_plain_and_slow_nodes_still_gives_a_whole_picture() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
    let address = coordinator.address().clone();
    let doomed = node_with(&folder.path().join("doomed"), &address, denoising(60, |_| ()), false);
    // It has no denoiser, and is so slow that its last tile will be divided.
    let plain = node(&folder.path().join("plain"), &address, 900, false);
    let artist = artist(&folder.path().join("artist"), &address);
    let spec = denoised_spec(&[1], 128);
    let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
    let mut easel = Easel::new(spec.settings);
    let (_keep, stop) = never();
    let helper = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        doomed.running.abort();
        node_with(&folder.path().join("helper"), &address, denoising(5, |_| ()), false)
    };
    let (end, helper) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), helper);
    assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
    assert_same_bits(&easel, &[1]);
    let by_nodes = assert_same_beauty(&easel, &[1]);
    eprintln!("{by_nodes} of 15 tiles came denoised");
    assert!((1..15).contains(&by_nodes), "{by_nodes}: some came denoised, and some did not");
    assert!(helper.delivered() > 0);
    plain.running.abort();
    helper.running.abort();
    coordinator.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_lies_about_denoised_colours_is_refused() {
    let lies: [fn(&mut f32); 3] =
        [|value| *value = f32::NAN, |value| *value = f32::INFINITY, |value| *value = -1.0];
    for lie in lies {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let coordinator = coordinator(&folder.path().join("coordinator"), anywhere()).await;
        let address = coordinator.address().clone();
        let liar = node_with(&folder.path().join("liar"), &address, denoising(0, lie), false);
        let artist = artist(&folder.path().join("artist"), &address);
        let spec = denoised_spec(&[1], 32);
        let job = artist.submit(spec.clone(), source(), |_| {}).await.expect("posted");
        let mut easel = Easel::new(spec.settings);
        let (_keep, stop) = never();
        let honest = async {
            tokio::time::sleep(Duration::from_millis(1000)).await;
            node_with(&folder.path().join("honest"), &address, denoising(0, |_| ()), false)
        };
        let (end, honest) = tokio::join!(timeout(PATIENCE, artist.collect(job, &mut easel, stop)), honest);
        assert_eq!(end.expect("in time").expect("collected"), JobEnd::Complete);
        let refused = |progress: &&Progress| matches!(progress, Progress::Refused { why, .. } if why.contains("values that no picture has"));
        assert!(easel.progress.iter().filter(refused).count() >= 3, "until nobody asks it any more");
        assert_eq!(assert_same_beauty(&easel, &[1]), 15, "the honest node did everything");
        liar.running.abort();
        honest.running.abort();
        coordinator.stop().await;
    }
}
