//! From film to picture: the means of the samples, denoised as the job asks.
//!
//! Of a `node` job it denoises the tiles that came without denoised colours, seeing as far around them as a node does, so that a picture has the
//! same bits whoever denoised; of a `local` job the whole frame. A finished picture is always denoised. A picture of an unfinished frame
//! is denoised when that fits in a small share of the time since the job began ([`SHARE`]), by what it took before: finished pictures wait
//! for nothing.

use std::time::{Duration, Instant};

use frame::{Denoise, DenoiseFault, Film, Picture, TileDenoiser, TileIndex, TileRect, TileState};

/// Pictures of unfinished frames are denoised for one part in so many of the time.
const SHARE: u32 = 20;

/// Makes pictures of films.
pub(crate) struct Developer {
    denoiser: Option<Box<dyn TileDenoiser>>,
    name: String,
    began: Instant,
    /// What pictures of unfinished frames have taken.
    spent: Duration,
    /// How long the denoiser looks at a pixel; unknown before the first.
    pixel_takes: Option<Duration>,
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
        Self { denoiser, name: name.to_owned(), began, spent, pixel_takes: None }
    }

    /// What the training called the network.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The picture of a finished film.
    pub(crate) fn finish(&mut self, film: &Film) -> Developed {
        self.develop(film, &cuts(film))
    }

    /// The picture of an unfinished film, denoised if there is time for that.
    pub(crate) fn preview(&mut self, film: &Film) -> Picture {
        let cuts = cuts(film);
        let Some(first) = cuts.first() else { return film.picture() };
        if self.pixel_takes.is_none() && self.denoiser.is_some() {
            // The first tile tells what the others will take.
            let took = self.develop(film, std::slice::from_ref(first)).took;
            self.spent += took;
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
        let mut developed =
            Developed { picture: film.picture(), pixels: 0, took: Duration::ZERO, fault: None };
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
            tiles
                .filter_map(|tile| Some(Cut { rect: grid.rect(tile)?, margin_px: grid.margin_px() }))
                .collect()
        }
    }
}
