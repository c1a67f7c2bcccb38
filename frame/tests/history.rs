//! Steadied frames against PyTorch: `python training/denoiser/history.py fixture frame/tests/history.bin` made the numbers.

use frame::{
    Film, FrameSize, Neighbours, Partial, Picture, Plane, RenderSettings, SettingsDraft, TileGrid, TileIndex,
    TilePlanes, TreeNode, history::PLANES,
};

const SPP: u32 = 4;

/// Numbers of the fixture, read one after the other.
struct Numbers(&'static [u8]);

impl Numbers {
    fn word(&mut self) -> [u8; 4] {
        let (word, rest) = self.0.split_first_chunk().expect("the fixture is whole");
        self.0 = rest;
        *word
    }

    fn plane(&mut self, values: usize) -> Vec<f32> {
        (0..values).map(|_| f32::from_le_bytes(self.word())).collect()
    }
}

/// The next frame of the fixture; tiles without samples stay empty.
fn picture(numbers: &mut Numbers, size: FrameSize) -> Picture {
    let pixels = size.pixels() as usize;
    let mut read = |channels: usize| numbers.plane(pixels * channels);
    let [denoised, radiance, albedo, normal] = [3, 3, 3, 3].map(&mut read);
    let [depth, motion, variance, samples] = [1, 2, 1, 1].map(&mut read);
    let settings = SettingsDraft {
        spp: SPP,
        planes: PLANES,
        denoise: frame::Denoise::Node,
        network: frame::NetworkId([1; 32]),
        ..SettingsDraft::defaults(size)
    };
    let grid = TileGrid::new(size, 8, 0);
    let mut film = Film::new(grid, RenderSettings::new(settings).expect("valid"));
    let whole = frame::TileRect { x: 0, y: 0, width: size.width(), height: size.height() };
    for tile in (0..grid.len()).map(TileIndex) {
        let rect = grid.rect(tile).expect("of the grid");
        let crop = |values: &[f32], channels| whole.crop(values, channels, rect).expect("it lies inside");
        if crop(&samples, 1).iter().all(|&samples| samples == 0.0) {
            continue;
        }
        let mut sums = TilePlanes::zeroed(rect, PLANES);
        let mut put = |plane: Plane, values: Vec<f32>| {
            let sums = sums.plane_mut(plane).expect("in the set");
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = SPP as f32 * value);
        };
        let light = crop(&radiance, 3);
        let bright = light.chunks_exact(3).map(|c| 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
        let squares = bright.zip(crop(&variance, 1)).map(|(mean, variance)| mean * mean + 3.0 * variance);
        put(Plane::LuminanceSquared, squares.collect());
        put(Plane::Radiance, light);
        put(Plane::Albedo, crop(&albedo, 3));
        put(Plane::Normal, crop(&normal, 3));
        put(Plane::Depth, crop(&depth, 1));
        put(Plane::Hits, vec![1.0; rect.pixels()]);
        put(Plane::Motion, crop(&motion, 2));
        let planes = sums.with_denoised(crop(&denoised, 3)).expect("as many");
        film.merge(tile, Partial { node: TreeNode { level: 0, index: 0 }, planes }).expect("it fits");
    }
    film.picture()
}

#[test]
fn steadied_frames_are_those_of_pytorch() {
    let mut numbers = Numbers(include_bytes!("history.bin"));
    let [width, height] = [0, 0].map(|_: u32| u32::from_le_bytes(numbers.word()));
    let exposure_scale = f32::from_le_bytes(numbers.word());
    let size = FrameSize::new(width, height).expect("in range");
    let [before, own, after] = [0, 0, 0].map(|_: u32| picture(&mut numbers, size));
    let pairs = [(Some(&before), Some(&after)), (Some(&before), None), (None, Some(&after))];
    for (before, after) in pairs {
        let theirs = numbers.plane(size.pixels() as usize * 3);
        let ours = own.steadied(Neighbours { before, after }, exposure_scale).expect("all planes, one size");
        let changed = ours.iter().zip(own.denoised()).filter(|(ours, own)| ours != own).count();
        let share = changed as f32 / ours.len() as f32;
        assert!((0.2..0.9).contains(&share), "some agree, some do not: {share}");
        for (at, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert!((ours - theirs).abs() <= 2e-5, "value {at}: {ours}, PyTorch has {theirs}");
        }
    }
    assert!(numbers.0.is_empty(), "nothing is left of the fixture");
}
