//! A finished piece of work as bytes: the partial sums of a tile, and the checks that any result must pass.
//!
//! The piece says which tree nodes come in which order ([`BlockRange::maximal_nodes`]), so the bytes are nothing but the planes' values: there is
//! no length or count in them that could lie. Where denoised colours may come, the length alone tells whether they did.

use frame::{
    BlockRange, Partial, Plane, PlaneSet, RenderSettings, TilePlanes, TileRect, TreeNode, blocks::BLOCK_SPP,
    ranks,
};

/// What a result must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultShape {
    /// The tile's pixels.
    pub rect: TileRect,
    /// The planes.
    pub planes: PlaneSet,
    /// The sample blocks.
    pub blocks: BlockRange,
    /// Samples per pixel of the whole frame.
    pub spp: u32,
    /// Whether denoised colours may come with it ([`RenderSettings::may_come_denoised`]).
    pub denoised: bool,
}

/// Why a result cannot be a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResultFault {
    /// Another number of bytes than the piece has.
    #[error("the result has another size than its piece of the frame")]
    Size,
    /// Infinite or undefined values.
    #[error("the result holds values that are not finite")]
    NotFinite,
    /// More hits or coverage than samples or less than none, or light below zero where there can be none.
    #[error("the result holds values that no picture has")]
    Impossible,
}

impl ResultShape {
    /// A piece of a frame that is rendered with these settings.
    pub fn new(settings: &RenderSettings, rect: TileRect, blocks: BlockRange) -> Self {
        let denoised = settings.may_come_denoised(blocks);
        Self { rect, planes: settings.planes, blocks, spp: settings.spp, denoised }
    }

    /// The tree nodes in the result, in order.
    pub fn nodes(&self) -> Vec<TreeNode> {
        self.blocks.maximal_nodes(frame::blocks::block_count(self.spp))
    }

    /// Most bytes of the result: with denoised colours where they may come.
    pub fn size_bytes_max(&self) -> u64 {
        self.size_bytes(if self.denoised { self.planes.with(Plane::Denoised) } else { self.planes })
    }

    fn size_bytes(&self, planes: PlaneSet) -> u64 {
        let pixel_bytes = planes.channels() as u64 * 4;
        self.nodes().len() as u64 * self.rect.pixels() as u64 * pixel_bytes
    }

    /// The planes of a result of so many bytes: it has exactly one of at most two lengths.
    fn planes_of(&self, bytes: u64) -> Option<PlaneSet> {
        let denoised = self.denoised.then(|| self.planes.with(Plane::Denoised));
        [Some(self.planes), denoised].into_iter().flatten().find(|planes| self.size_bytes(*planes) == bytes)
    }

    /// Whether these partial sums are what was asked for.
    pub fn fits(&self, partials: &[Partial]) -> bool {
        let planes_fit = |planes: PlaneSet| {
            planes == self.planes || (self.denoised && planes == self.planes.with(Plane::Denoised))
        };
        let shape_fits =
            |partial: &Partial| partial.planes.rect() == self.rect && planes_fit(partial.planes.planes());
        self.nodes().iter().eq(partials.iter().map(|partial| &partial.node))
            && partials.iter().all(shape_fits)
    }

    /// Reads a result and refuses what cannot be one.
    pub fn decode(&self, bytes: &[u8]) -> Result<Vec<Partial>, ResultFault> {
        let planes = self.planes_of(bytes.len() as u64).ok_or(ResultFault::Size)?;
        let nodes = self.nodes();
        let each = bytes.len() / nodes.len().max(1);
        let blocks = frame::blocks::block_count(self.spp);
        let mut partials = Vec::with_capacity(nodes.len());
        for (node, bytes) in nodes.into_iter().zip(bytes.chunks_exact(each.max(1))) {
            let planes = TilePlanes::from_bytes(self.rect, planes, bytes).ok_or(ResultFault::Size)?;
            let samples = node.blocks(blocks).samples(self.spp).len();
            check(&planes, samples as f32)?;
            partials.push(Partial { node, planes });
        }
        Ok(partials)
    }
}

/// The bytes of a result.
pub fn encode(partials: &[Partial]) -> Vec<u8> {
    let each = |planes: &TilePlanes| planes.rect().pixels() * planes.planes().channels() * 4;
    let mut bytes = Vec::with_capacity(partials.iter().map(|partial| each(&partial.planes)).sum());
    for partial in partials {
        partial.planes.put_bytes(0..partial.planes.rect().pixels(), &mut bytes);
    }
    bytes
}

/// Counts may exceed the samples by rounding only.
fn check(planes: &TilePlanes, samples: f32) -> Result<(), ResultFault> {
    if !planes.is_finite() {
        return Err(ResultFault::NotFinite);
    }
    let most = samples * (1.0 + f32::EPSILON * BLOCK_SPP as f32);
    let counts_fit = |plane| {
        planes.plane(plane).is_none_or(|values| values.iter().all(|value| (0.0..=most).contains(value)))
    };
    // Only what was hit has an id, and coverage counts exactly that.
    let hits = planes.plane(Plane::Alpha).unwrap_or_default();
    let lists_fit = |plane| {
        let lists = planes.plane(plane).unwrap_or_default().chunks_exact(ranks::RANK_VALUES);
        lists.zip(hits).all(|(list, &hits)| ranks::is_possible(list, hits))
    };
    // A mean of light that was traced, weighted by nothing below zero.
    let denoised = planes.plane(Plane::Denoised).unwrap_or_default();
    let fits = denoised.iter().all(|value| *value >= 0.0)
        && counts_fit(Plane::Hits)
        && counts_fit(Plane::Alpha)
        && lists_fit(Plane::ObjectRanks)
        && lists_fit(Plane::MaterialRanks);
    if fits { Ok(()) } else { Err(ResultFault::Impossible) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ResultShape = ResultShape {
        rect: TileRect { x: 8, y: 0, width: 3, height: 2 },
        planes: PlaneSet::DEFAULT,
        blocks: BlockRange { first: 1, count: 3 },
        spp: 64,
        denoised: false,
    };

    fn partials() -> Vec<Partial> {
        SHAPE
            .nodes()
            .into_iter()
            .map(|node| {
                let mut planes = TilePlanes::zeroed(SHAPE.rect, SHAPE.planes);
                planes.plane_mut(Plane::Radiance).expect("always there")[4] = f32::from(node.level) + 0.5;
                planes.plane_mut(Plane::Hits).expect("in the default set")[1] = 16.0;
                Partial { node, planes }
            })
            .collect()
    }

    #[test]
    fn a_result_survives_its_bytes() {
        let partials = partials();
        assert_eq!(partials.len(), 2, "blocks 1 and 2..4");
        assert!(SHAPE.fits(&partials));
        assert!(!SHAPE.fits(&partials[1..]));
        let bytes = encode(&partials);
        assert_eq!(bytes.len() as u64, SHAPE.size_bytes_max());
        assert_eq!(SHAPE.decode(&bytes), Ok(partials));
        assert_eq!(SHAPE.decode(&bytes[4..]), Err(ResultFault::Size));
    }

    #[test]
    fn impossible_values_are_refused() {
        let with = |plane: Plane, value: f32| {
            let mut partials = partials();
            partials[0].planes.plane_mut(plane).expect("in the default set")[0] = value;
            SHAPE.decode(&encode(&partials)).err()
        };
        assert_eq!(with(Plane::Radiance, f32::NAN), Some(ResultFault::NotFinite));
        assert_eq!(with(Plane::Depth, f32::INFINITY), Some(ResultFault::NotFinite));
        assert_eq!(with(Plane::Hits, 17.0), Some(ResultFault::Impossible));
        assert_eq!(with(Plane::Alpha, -0.5), Some(ResultFault::Impossible));
        assert_eq!(with(Plane::Alpha, 16.0), None);
        assert_eq!(with(Plane::Radiance, 1e30), None);
    }

    #[test]
    fn denoised_colours_come_with_a_whole_tile_or_not_at_all() {
        let whole = ResultShape { blocks: BlockRange { first: 0, count: 4 }, denoised: true, ..SHAPE };
        let noisy = |shape: &ResultShape| -> Vec<Partial> {
            let planes = TilePlanes::zeroed(shape.rect, shape.planes);
            shape.nodes().into_iter().map(|node| Partial { node, planes: planes.clone() }).collect()
        };
        let with = |value: f32| {
            let mut partials = noisy(&whole);
            let mut colours = vec![0.5; whole.rect.pixels() * 3];
            colours[7] = value;
            partials[0].planes = partials[0].planes.clone().with_denoised(colours).expect("fits");
            partials
        };
        for partials in [noisy(&whole), with(1e30)] {
            assert!(whole.fits(&partials));
            let bytes = encode(&partials);
            assert!(bytes.len() as u64 <= whole.size_bytes_max());
            assert_eq!(whole.decode(&bytes), Ok(partials));
        }
        assert_eq!(whole.decode(&encode(&with(f32::NAN))), Err(ResultFault::NotFinite));
        assert_eq!(whole.decode(&encode(&with(f32::INFINITY))), Err(ResultFault::NotFinite));
        assert_eq!(whole.decode(&encode(&with(-1e-9))), Err(ResultFault::Impossible));
        let bytes = encode(&with(1.0));
        assert_eq!(whole.decode(&bytes[..bytes.len() - 4]), Err(ResultFault::Size));
        let never = ResultShape { denoised: false, ..whole };
        assert_eq!(never.decode(&bytes), Err(ResultFault::Size), "nobody asked the node");
        assert!(!never.fits(&with(1.0)));
    }

    #[test]
    fn mattes_of_more_than_was_hit_are_refused() {
        let shape = ResultShape { planes: SHAPE.planes.with(Plane::ObjectRanks), ..SHAPE };
        let with = |ids: &[u32], hits: f32| {
            let partial = |node| {
                let mut planes = TilePlanes::zeroed(shape.rect, shape.planes);
                planes.plane_mut(Plane::Alpha).expect("always there")[2] = hits;
                let list = ranks::rank(ids.iter().copied());
                planes.plane_mut(Plane::ObjectRanks).expect("asked for")[2 * ranks::RANK_VALUES..]
                    [..ranks::RANK_VALUES]
                    .copy_from_slice(&list);
                Partial { node, planes }
            };
            let partials: Vec<_> = shape.nodes().into_iter().map(partial).collect();
            shape.decode(&encode(&partials)).err()
        };
        assert_eq!(with(&[4, 9, 9], 3.0), None);
        assert_eq!(with(&[4, 9, 9], 2.0), Some(ResultFault::Impossible));
        assert_eq!(with(&[4], 0.0), Some(ResultFault::Impossible));
    }
}
