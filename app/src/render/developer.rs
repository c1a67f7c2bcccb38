//! From film to picture: the means of the samples, denoised as the job asks.
//!
//! Of a `node` job it denoises the tiles that came without denoised colours, seeing as far around them as a node does, so that a picture has the
//! same bits whoever denoised; of a `local` job the whole frame. A finished picture is always denoised. A picture of an unfinished frame
//! is denoised when that fits in a small share of the time since the job began ([`SHARE`]), by what it took before: finished pictures wait
//! for nothing.

use std::time::{Duration, Instant};

use super::doubt;
use frame::{Denoise, DenoiseFault, Film, Picture, TileDenoiser, TileIndex, TileRect, TileState};

/// Pictures of unfinished frames are denoised for one part in so many of the time.
const SHARE: u32 = 20;
/// Edge of what is denoised to learn how long it takes.
const TRIAL_PX: u32 = 128;

/// Makes pictures of films.
pub(crate) struct Developer {
    denoiser: Option<Box<dyn TileDenoiser>>,
    name: String,
    began: Instant,
    /// What pictures of unfinished frames have taken.
    spent: Duration,
    /// How long the denoiser looks at a pixel; unknown before the first.
    pixel_takes: Option<Duration>,
    /// Whether what came denoised is looked at.
    doubts: bool,
}

/// A film's picture.
pub(crate) struct Developed {
    pub(crate) picture: Picture,
    /// Pixels that were denoised here.
    pub(crate) pixels: usize,
    /// How long that took.
    pub(crate) took: Duration,
    /// Why some or all of it is noisy that should not be.
    pub(crate) fault: Option<DenoiseFault>,
    /// Whether nodes had denoised otherwise than their samples give: then all of it was denoised here.
    pub(crate) redone: bool,
}

/// A rectangle to be denoised, and the margin around it.
struct Cut {
    rect: TileRect,
    margin_px: u32,
}

impl Developer {
    /// Denoises with the network of this name, if that can be run here.
    pub(crate) fn new(name: &str, denoiser: Option<Box<dyn TileDenoiser>>) -> Self {
        let (began, spent) = (Instant::now(), Duration::ZERO);
        Self { denoiser, name: name.to_owned(), began, spent, pixel_takes: None, doubts: false }
    }

    /// The same for tiles of strangers: some that came denoised are denoised again.
    pub(crate) fn doubting(self) -> Self {
        Self { doubts: true, ..self }
    }

    /// What the training called the network.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The picture of a finished film.
    pub(crate) fn finish(&mut self, film: &Film) -> Developed {
        if self.doubts && self.is_forged(film) {
            let all = (0..film.grid().len()).map(TileIndex);
            let cuts: Vec<Cut> = all.filter_map(|tile| tile_cut(film, tile)).collect();
            return Developed { redone: true, ..self.develop(film, &cuts) };
        }
        self.develop(film, &cuts(film))
    }

    /// Whether some tile that came denoised looks otherwise when it is denoised here; nothing is known where it cannot be.
    fn is_forged(&mut self, film: &Film) -> bool {
        let cuts: Vec<Cut> = doubt::drawn(film).into_iter().filter_map(|tile| tile_cut(film, tile)).collect();
        if cuts.is_empty() {
            return false;
        }
        let sent = film.picture();
        let own = self.develop(film, &cuts);
        let whole = sent.rect();
        own.fault.is_none()
            && cuts.iter().any(|Cut { rect, .. }| {
                let tile = |picture: &Picture| whole.crop(picture.denoised(), 3, *rect).unwrap_or_default();
                doubt::are_others(&tile(&sent), &tile(&own.picture), film.settings().exposure_scale)
            })
    }

    /// The picture of an unfinished film, denoised if there is time for that.
    pub(crate) fn preview(&mut self, film: &Film) -> Picture {
        let cuts = cuts(film);
        let Some(first) = cuts.first() else { return film.picture() };
        if self.pixel_takes.is_none() && self.denoiser.is_some() {
            // A few pixels tell what all will take; the second time, because the first opens a device.
            let trial = first.rect.cut(TRIAL_PX).into_iter().take(1).map(|rect| Cut { rect, margin_px: 0 });
            let trial: Vec<Cut> = trial.collect();
            for _ in 0..2 {
                let took = self.develop(film, &trial).took;
                self.spent += took;
            }
        }
        let seen = |cut: &Cut| cut.rect.grown(cut.margin_px, film.grid().frame()).pixels();
        let pixels = cuts.iter().map(seen).sum::<usize>();
        let takes =
            self.pixel_takes.map(|takes| takes.saturating_mul(u32::try_from(pixels).unwrap_or(u32::MAX)));
        let fits = takes.is_some_and(|takes| (self.spent + takes) * SHARE <= self.began.elapsed());
        if !fits {
            return film.picture();
        }
        let developed = self.develop(film, &cuts);
        self.spent += developed.took;
        developed.picture
    }

    fn develop(&mut self, film: &Film, cuts: &[Cut]) -> Developed {
        let mut developed = Developed {
            picture: film.picture(),
            pixels: 0,
            took: Duration::ZERO,
            fault: None,
            redone: false,
        };
        let settings = film.settings();
        let denoiser = self.denoiser.as_mut().filter(|denoiser| denoiser.network() == settings.network);
        let Some(denoiser) = denoiser else {
            if !cuts.is_empty() {
                let why = "the weights with which it was submitted are not here";
                developed.fault = Some(DenoiseFault(why.to_owned()));
            }
            return developed;
        };
        let started = Instant::now();
        for Cut { rect, margin_px } in cuts {
            let scale = settings.exposure_scale;
            match developed.picture.denoise(*rect, *margin_px, denoiser.as_mut(), scale) {
                Ok(()) => developed.pixels += rect.pixels(),
                Err(fault) => developed.fault = Some(fault),
            }
        }
        developed.took = started.elapsed();
        let seen = |cut: &Cut| cut.rect.grown(cut.margin_px, settings.size).pixels();
        let pixels = u32::try_from(cuts.iter().map(seen).sum::<usize>()).unwrap_or(u32::MAX);
        if pixels > 0 && developed.fault.is_none() {
            self.pixel_takes = Some(developed.took / pixels);
        }
        developed
    }
}

/// What is left to denoise of a film.
fn cuts(film: &Film) -> Vec<Cut> {
    let grid = film.grid();
    match film.settings().denoise {
        Denoise::Off => Vec::new(),
        Denoise::Local => {
            let (width, height) = (grid.frame().width(), grid.frame().height());
            vec![Cut { rect: TileRect { x: 0, y: 0, width, height }, margin_px: 0 }]
        }
        Denoise::Node => {
            let is_noisy =
                |tile: &TileIndex| film.tile_state(*tile) != TileState::Empty && !film.is_denoised(*tile);
            let tiles = (0..grid.len()).map(TileIndex).filter(is_noisy);
            tiles.filter_map(|tile| tile_cut(film, tile)).collect()
        }
    }
}

fn tile_cut(film: &Film, tile: TileIndex) -> Option<Cut> {
    Some(Cut { rect: film.grid().rect(tile)?, margin_px: film.grid().margin_px() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use frame::{
        FrameSize, NetworkId, Noisy, Partial, Plane, RenderSettings, SettingsDraft, TileGrid, TilePlanes,
        TreeNode,
    };

    use super::*;

    const NETWORK: NetworkId = NetworkId([6; 32]);

    /// Paints everything 7, in its own time, and counts how often.
    struct Slow(Duration, Arc<AtomicUsize>);

    impl TileDenoiser for Slow {
        fn network(&self) -> NetworkId {
            NETWORK
        }

        fn reach_px(&self) -> u32 {
            0
        }

        fn denoise(&mut self, noisy: &Noisy, _: f32) -> Result<Vec<f32>, DenoiseFault> {
            std::thread::sleep(self.0);
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(vec![7.0; noisy.radiance.len()])
        }
    }

    /// A film of four tiles: the first came denoised, the second noisy, the others not yet.
    fn film(denoise: Denoise, network: NetworkId) -> Film {
        let size = FrameSize::new(32, 32).expect("in range");
        let draft = SettingsDraft { spp: 4, denoise, network, ..SettingsDraft::defaults(size) };
        let settings = RenderSettings::new(draft).expect("valid");
        let mut film = Film::new(TileGrid::new(size, 16, 16), settings);
        for tile in [TileIndex(0), TileIndex(1)] {
            let rect = film.grid().rect(tile).expect("one of four");
            let mut planes = TilePlanes::zeroed(rect, settings.planes);
            planes.plane_mut(Plane::Radiance).expect("always there").fill(4.0);
            if tile == TileIndex(0) && denoise == Denoise::Node {
                planes = planes.with_denoised(vec![5.0; rect.pixels() * 3]).expect("it fits");
            }
            film.merge(tile, Partial { node: TreeNode { level: 0, index: 0 }, planes }).expect("it fits");
        }
        film
    }

    fn developer(takes_ms: u64) -> (Developer, Arc<AtomicUsize>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let slow = Slow(Duration::from_millis(takes_ms), Arc::clone(&calls));
        (Developer::new("slow", Some(Box::new(slow))), calls)
    }

    /// The beauty in the middle of each tile.
    fn seen(picture: &Picture) -> [f32; 4] {
        [(8, 8), (24, 8), (8, 24), (24, 24)].map(|(x, y)| picture.beauty()[3 * (y * 32 + x)])
    }

    #[test]
    fn a_finished_picture_is_denoised_where_no_node_did_it() {
        let (mut developer, calls) = developer(0);
        let node = developer.finish(&film(Denoise::Node, NETWORK));
        assert_eq!((seen(&node.picture), node.pixels, node.fault), ([5.0, 7.0, 0.0, 0.0], 256, None));
        assert_eq!(calls.load(Ordering::Relaxed), 1, "one tile");
        let local = developer.finish(&film(Denoise::Local, NETWORK));
        assert_eq!((seen(&local.picture), local.pixels), ([7.0, 7.0, 0.0, 0.0], 1024));
        let off = developer.finish(&film(Denoise::Off, NetworkId::NONE));
        assert_eq!((seen(&off.picture), off.pixels, off.fault), ([1.0, 1.0, 0.0, 0.0], 0, None));
    }

    #[test]
    fn what_strangers_denoised_otherwise_than_their_samples_give_is_denoised_again() {
        let (developer, _) = developer(0);
        let mut doubting = developer.doubting();
        let film = film(Denoise::Node, NETWORK);
        let redone = doubting.finish(&film);
        assert_eq!((seen(&redone.picture), redone.redone), ([7.0, 7.0, 0.0, 0.0], true), "it came as 5");
        let other = self::film(Denoise::Node, NetworkId([9; 32]));
        let unknown = doubting.finish(&other);
        assert_eq!((seen(&unknown.picture)[0], unknown.redone), (5.0, false), "nobody can say");
    }

    #[test]
    fn a_picture_whose_network_is_not_here_stays_noisy_and_says_so() {
        let mut nobody = Developer::new("", None);
        let (mut other, _) = developer(0);
        for developer in [&mut nobody, &mut other] {
            let developed = developer.finish(&film(Denoise::Node, NetworkId([9; 32])));
            assert_eq!(seen(&developed.picture), [5.0, 1.0, 0.0, 0.0], "what came denoised stays");
            assert!(developed.fault.is_some_and(|fault| fault.0.contains("weights")));
            assert_eq!(seen(&developer.preview(&film(Denoise::Node, NetworkId([9; 32]))))[1], 1.0);
        }
    }

    #[test]
    fn an_unfinished_picture_is_denoised_for_a_small_share_of_the_time_only() {
        for denoise in [Denoise::Node, Denoise::Local] {
            let film = film(denoise, NETWORK);
            let (mut developer, calls) = developer(20);
            assert_eq!(seen(&developer.preview(&film))[1], 1.0, "the job has only begun");
            assert_eq!(calls.load(Ordering::Relaxed), 2, "it tried to learn how long it takes");
            assert_eq!(seen(&developer.preview(&film))[1], 1.0);
            assert_eq!(calls.load(Ordering::Relaxed), 2, "and now it knows");
            developer.began =
                Instant::now().checked_sub(Duration::from_secs(60)).expect("a machine that is up");
            assert_eq!(seen(&developer.preview(&film))[1], 7.0, "a twentieth of a minute is enough");
            let spent = developer.spent;
            assert!(spent >= Duration::from_millis(60) && calls.load(Ordering::Relaxed) == 3);
        }
    }
}
