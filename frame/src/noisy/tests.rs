use super::*;
use crate::{
    AdapterCard, AdapterClass, BlockRange, Denoise, Film, Flow, FrameIndex, Merged, Partial, Plane, PlaneSet,
    RenderFault, RenderSettings, SceneBlob, SettingsDraft, TileGrid, TileIndex, TileRenderer, TreeNode,
};

/// Averages each pixel with its neighbours up to a distance, which is its whole reach; looks at so many pixels together.
struct Blur(u32, usize);

/// One that looks at everything together.
const BLUR: Blur = Blur(2, usize::MAX);

impl TileDenoiser for Blur {
    fn network(&self) -> NetworkId {
        NetworkId([7; 32])
    }

    fn reach_px(&self) -> u32 {
        self.0
    }

    fn pixels_max(&self) -> usize {
        self.1
    }

    fn denoise(&mut self, noisy: &Noisy, exposure_scale: f32) -> Result<Vec<f32>, DenoiseFault> {
        assert!(noisy.samples.len() <= self.1, "it can look at no more");
        let (width, height, reach) = (i64::from(noisy.width()), i64::from(noisy.height()), i64::from(self.0));
        let mut colours = Vec::with_capacity(noisy.radiance.len());
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            for channel in 0..3 {
                let mut sum = 0.0;
                for (dy, dx) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))) {
                    let (y, x) = ((y + dy).clamp(0, height - 1), (x + dx).clamp(0, width - 1));
                    sum += noisy.radiance[(3 * (y * width + x) + channel) as usize];
                }
                colours.push(sum * exposure_scale);
            }
        }
        Ok(colours)
    }
}

/// Gives back what it is told to.
struct Says(Vec<f32>);

impl TileDenoiser for Says {
    fn network(&self) -> NetworkId {
        NetworkId([8; 32])
    }

    fn reach_px(&self) -> u32 {
        0
    }

    fn denoise(&mut self, _: &Noisy, _: f32) -> Result<Vec<f32>, DenoiseFault> {
        Ok(self.0.clone())
    }
}

const SPP: u32 = 20;

fn settings(width: u32, height: u32) -> RenderSettings {
    let draft = SettingsDraft {
        spp: SPP,
        denoise: Denoise::Node,
        network: NetworkId([7; 32]),
        exposure_scale: 0.5,
        ..SettingsDraft::defaults(FrameSize::new(width, height).expect("in range"))
    };
    RenderSettings::new(draft).expect("valid")
}

/// The sums of all samples of some pixels, each a function of its place alone.
fn sums(rect: TileRect) -> TilePlanes {
    let mut planes = TilePlanes::zeroed(rect, PlaneSet::DEFAULT);
    for plane in PlaneSet::DEFAULT.iter() {
        let channels = plane.channels();
        for (at, value) in planes.plane_mut(plane).expect("in the set").iter_mut().enumerate() {
            let (pixel, channel) = (at as u32 / channels as u32, at as u32 % channels as u32);
            let (x, y) = (rect.x + pixel % rect.width, rect.y + pixel / rect.width);
            let hash = ((x * 7919) ^ (y * 104_729) ^ (channel * 31)).wrapping_mul(2_654_435_761) >> 16;
            *value = match plane {
                Plane::Alpha | Plane::Hits => SPP as f32,
                _ => hash as f32 / 977.0,
            };
        }
    }
    planes
}

fn whole(sums: TilePlanes) -> Partial {
    Partial { node: TreeNode::root(crate::blocks::block_count(SPP)), planes: sums }
}

fn order(rect: TileRect, margin_px: u32, settings: RenderSettings) -> TileOrder {
    TileOrder { frame: FrameIndex(0), rect, margin_px, blocks: BlockRange::all(SPP), settings }
}

/// A film of which a node has denoised some tiles, each from the pixels that an order lets it see.
fn film(edge_px: u32, margin_px: u32, denoised: impl Fn(u32) -> bool) -> Film {
    let settings = settings(75, 43);
    let mut film = Film::new(TileGrid::new(settings.size, edge_px, margin_px), settings);
    for tile in 0..film.grid().len() {
        let rect = film.grid().rect(TileIndex(tile)).expect("in the grid");
        let order = order(rect, margin_px, settings);
        let traced = sums(order.seen_rect());
        let mut planes = traced.cropped(rect).expect("it lies inside");
        if denoised(tile) {
            let colours = order.denoise(&traced, &mut { BLUR }).expect("it denoises");
            planes = planes.with_denoised(colours).expect("as many as pixels");
        }
        assert_eq!(film.merge(TileIndex(tile), whole(planes)), Ok(Merged::Added));
        assert_eq!(film.is_denoised(TileIndex(tile)), denoised(tile));
    }
    film
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn nodes_and_the_artist_denoise_alike_and_a_wide_margin_shows_no_cut() {
    let whole_frame = {
        let film = film(512, 0, |_| false);
        let mut picture = film.picture();
        assert_eq!(picture.beauty(), picture.plane(Plane::Radiance).expect("always there"));
        picture.denoise(picture.rect(), 0, &mut { BLUR }, 0.5).expect("it denoises");
        bits(picture.beauty())
    };
    for (edge_px, share) in [(16, 2), (27, 1), (40, 3)] {
        let film = film(edge_px, 2, |tile| tile % share == 0);
        let mut picture = film.picture();
        for tile in (0..film.grid().len()).map(TileIndex).filter(|&tile| !film.is_denoised(tile)) {
            let rect = film.grid().rect(tile).expect("in the grid");
            picture.denoise(rect, 2, &mut { BLUR }, 0.5).expect("it denoises");
        }
        assert_eq!(bits(picture.beauty()), whole_frame, "tiles of {edge_px} pixels");
        let noisy = picture.plane(Plane::Radiance).expect("always there");
        assert_ne!(bits(noisy), whole_frame, "the noisy radiance is kept");
    }
}

#[test]
fn a_film_keeps_denoised_colours_through_its_bytes() {
    let film = film(32, 16, |tile| tile != 1);
    let back = Film::from_bytes(&film.to_bytes()).expect("just saved");
    assert_eq!(bits(back.picture().beauty()), bits(film.picture().beauty()));
    assert!(back.is_denoised(TileIndex(0)) && !back.is_denoised(TileIndex(1)));
}

#[test]
fn denoised_colours_belong_to_whole_tiles_of_jobs_that_ask_for_them() {
    let rect = TileRect { x: 0, y: 0, width: 20, height: 10 };
    let black = || vec![0.0; rect.pixels() * 3];
    let denoised = || sums(rect).with_denoised(black()).expect("fits");
    let new_film = |settings: RenderSettings| Film::new(TileGrid::new(settings.size, 32, 0), settings);
    let mut film = new_film(settings(20, 10));
    let half = Partial { node: TreeNode { level: 0, index: 0 }, planes: denoised() };
    assert!(matches!(film.merge(TileIndex(0), half), Err(crate::FilmError::WrongPlanes { .. })));
    assert_eq!(film.merge(TileIndex(0), whole(denoised())), Ok(Merged::Added));
    let local = SettingsDraft { denoise: Denoise::Local, ..*settings(20, 10) };
    let mut film = new_film(RenderSettings::new(local).expect("valid"));
    assert!(film.merge(TileIndex(0), whole(denoised())).is_err(), "nobody asked the node");
    assert_eq!(film.merge(TileIndex(0), whole(sums(rect))), Ok(Merged::Added));
    assert!(denoised().with_denoised(black()).is_none() && sums(rect).with_denoised(Vec::new()).is_none());
}

#[test]
fn what_is_no_picture_is_refused_and_changes_nothing() {
    let film = film(512, 0, |_| false);
    let mut picture = film.picture();
    let before = picture.clone();
    let pixels = picture.rect().pixels() * 3;
    let with = |value: f32| {
        let mut colours = vec![0.25; pixels];
        colours[100] = value;
        colours
    };
    for colours in [with(f32::NAN), with(f32::INFINITY), with(-0.5), vec![0.25; pixels - 1]] {
        assert!(picture.denoise(before.rect(), 0, &mut Says(colours), 1.0).is_err());
        assert_eq!(picture, before);
    }
    picture.denoise(before.rect(), 0, &mut Says(with(0.5)), 1.0).expect("this is one");
    assert_eq!(picture.beauty()[100], 0.5);
}

#[test]
fn pixels_without_samples_stay_empty() {
    let settings = settings(40, 16);
    let mut film = Film::new(TileGrid::new(settings.size, 20, 0), settings);
    let rect = film.grid().rect(TileIndex(0)).expect("in the grid");
    film.merge(TileIndex(0), whole(sums(rect))).expect("fits");
    let mut picture = film.picture();
    picture.denoise(picture.rect(), 0, &mut { BLUR }, 1.0).expect("it denoises");
    let colours = picture.colours();
    assert!(colours.rgba[..4].iter().all(|&value| value > 0.0));
    assert_eq!(colours.rgba[25 * 4..26 * 4], [0.0; 4]);
}

#[test]
fn exposure_follows_the_light_and_knows_darkness() {
    let size = FrameSize::new(40, 33).expect("in range");
    let picture = |radiance: &dyn Fn(usize) -> f32| {
        let whole = TileRect { x: 0, y: 0, width: size.width(), height: size.height() };
        let mut planes = TilePlanes::zeroed(whole, PlaneSet::BEAUTY);
        let values = planes.plane_mut(Plane::Radiance).expect("always there");
        values.iter_mut().enumerate().for_each(|(at, value)| *value = radiance(at / 3));
        Picture::of_tile(&planes, 1).expect("it has pixels").exposure_scale()
    };
    let grey = |value: f32| picture(&|_| value);
    assert!((grey(0.18) - 1.0).abs() < 1e-5 && (grey(18.0) - 0.01).abs() < 1e-7);
    assert_eq!((grey(0.0), grey(-3.0), grey(f32::NAN), grey(1e-9)), (1.0, 1.0, 1.0, 1.0));
    assert_eq!((grey(1e30), grey(1e-7)), (1e-6, 1e6));
    // One black half: only the other one counts. Blocks are 16 wide, so columns 0..16 are a block of their own.
    let half = picture(&|pixel| if pixel % 40 < 16 { 0.0 } else { 0.36 });
    assert!((half - 0.5).abs() < 1e-6, "{half}");
    // A firefly moves one block of nine by the logarithm of its mean.
    let firefly = picture(&|pixel| if pixel == 0 { 0.18 * 256.0 } else { 0.18 });
    let expected = (511.0f64 / 256.0).powf(-1.0 / 9.0);
    assert!((f64::from(firefly) - expected).abs() < 1e-5, "{firefly} {expected}");
}

#[test]
fn a_picture_too_large_to_look_at_is_denoised_in_parts_with_the_same_bits() {
    let film = film(512, 0, |_| false);
    let denoised = |rect: Option<TileRect>, margin_px, pixels_max| {
        let mut picture = film.picture();
        let rect = rect.unwrap_or(picture.rect());
        picture.denoise(rect, margin_px, &mut Blur(2, pixels_max), 0.5).expect("it denoises");
        bits(picture.beauty())
    };
    let picture = film.picture();
    let noisy = picture.noisy(picture.rect()).expect("all planes");
    let of_noisy = noisy.denoise(&mut Blur(2, 52 * 52), 0.5).expect("it denoises");
    assert_eq!(bits(&of_noisy), denoised(None, 0, usize::MAX));
    let tile = TileRect { x: 20, y: 3, width: 50, height: 30 };
    for pixels_max in [52 * 52, 75 * 43 - 1, 84 * 84] {
        assert_eq!(denoised(None, 0, pixels_max), denoised(None, 0, usize::MAX), "{pixels_max}");
        for margin_px in [0, 1, 16] {
            let whole = denoised(Some(tile), margin_px, usize::MAX);
            assert_eq!(denoised(Some(tile), margin_px, pixels_max), whole, "{pixels_max} {margin_px}");
        }
    }
}

/// Traces [`sums`]; as many equal blocks as there are.
struct Tracer;

impl TileRenderer for Tracer {
    fn adapter(&self) -> AdapterCard {
        let (name, backend, driver) = ("tracer".into(), "none".into(), String::new());
        AdapterCard { name, backend, driver, class: AdapterClass::Cpu }
    }

    fn render(
        &mut self,
        _: &SceneBlob,
        order: &TileOrder,
        progress: &mut dyn FnMut(&Partial) -> Flow,
    ) -> Result<Vec<Partial>, RenderFault> {
        for index in order.blocks.first..order.blocks.end() {
            let block = Partial { node: TreeNode { level: 0, index }, planes: sums(order.rect) };
            if progress(&block).is_break() {
                return Err(RenderFault::Stopped);
            }
        }
        let nodes = order.blocks.maximal_nodes(crate::blocks::block_count(order.settings.spp));
        Ok(nodes.into_iter().map(|node| Partial { node, planes: sums(order.rect) }).collect())
    }
}

/// What a renderer with a denoiser returns for an order, the blocks that it showed, and how often it could not denoise.
fn rendered(order: &TileOrder, denoiser: impl TileDenoiser + 'static) -> (Vec<Partial>, u32, usize) {
    let faults = std::sync::Arc::new(std::sync::Mutex::new(0));
    let told = faults.clone();
    let hear = Box::new(move |_: &DenoiseFault| *told.lock().expect("no test panics with it") += 1);
    let mut renderer = DenoisingRenderer::new(Box::new(Tracer), vec![Box::new(denoiser)], hear);
    let mut blocks = 0;
    let partials = renderer.render(&SceneBlob::new(Vec::new()), order, &mut |block| {
        assert_eq!((block.planes.rect(), block.planes.planes()), (order.rect, PlaneSet::DEFAULT));
        blocks += 1;
        Flow::Continue(())
    });
    let faults = *faults.lock().expect("no test panics with it");
    (partials.expect("nobody stops it"), blocks, faults)
}

#[test]
fn a_renderer_denoises_whole_tiles_and_returns_the_rest_as_traced() {
    let rect = TileRect { x: 20, y: 10, width: 16, height: 16 };
    let whole_tile = order(rect, 16, settings(75, 43));
    let noisy = whole(sums(rect));
    let (partials, blocks, faults) = rendered(&whole_tile, BLUR);
    let colours = whole_tile.denoise(&sums(whole_tile.seen_rect()), &mut { BLUR }).expect("it denoises");
    let denoised = noisy.planes.clone().with_denoised(colours).expect("fits");
    assert_eq!((partials[0].planes.clone(), blocks, faults), (denoised, 2, 0));

    let range = TileOrder { blocks: BlockRange { first: 1, count: 1 }, ..whole_tile };
    assert_eq!(rendered(&range, BLUR).0[0].planes, noisy.planes, "some of the samples");
    assert_eq!(rendered(&whole_tile, Says(Vec::new())), (vec![noisy.clone()], 2, 0), "another network");
    for denoise in [Denoise::Off, Denoise::Local] {
        let settings = SettingsDraft { denoise, ..*whole_tile.settings };
        let settings = RenderSettings::new(settings).expect("valid");
        assert_eq!(
            rendered(&TileOrder { settings, ..whole_tile }, BLUR).0,
            vec![noisy.clone()],
            "{denoise:?}"
        );
    }
    let settings = SettingsDraft { network: NetworkId([8; 32]), ..*whole_tile.settings };
    let broken = TileOrder { settings: RenderSettings::new(settings).expect("valid"), ..whole_tile };
    assert_eq!(rendered(&broken, Says(Vec::new())), (vec![noisy], 2, 1), "the artist will denoise it");
}

#[test]
fn a_stopped_render_gives_no_tile() {
    let rect = TileRect { x: 0, y: 0, width: 16, height: 16 };
    let mut renderer = DenoisingRenderer::new(Box::new(Tracer), vec![Box::new(BLUR)], Box::new(|_| ()));
    let order = order(rect, 16, settings(75, 43));
    let stopped = renderer.render(&SceneBlob::new(Vec::new()), &order, &mut |_| Flow::Break(()));
    assert_eq!(stopped, Err(RenderFault::Stopped));
}
