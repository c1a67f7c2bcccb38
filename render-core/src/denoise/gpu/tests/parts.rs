//! The network and the guard each alone, for pictures that go through in one piece.

use super::super::guard::GUARD;
use super::super::{GpuDenoiser, Noisy, Room, planes_of, traced_part};
use crate::denoise::Filtered;
use crate::denoise::features::exposure_used;
use crate::denoise::pieces::Piece;
use crate::gpu::Gpu;

impl GpuDenoiser {
    /// What the network makes of a picture, before the guard.
    pub(super) fn filtered(&mut self, gpu: &Gpu, noisy: &Noisy, exposure: f32) -> Filtered {
        let piece = self.whole(gpu, noisy);
        let room = self.room.as_ref().expect("it is there");
        let mut steps = self.plan(room, &piece, &traced_part(noisy, &piece.region), exposure_used(exposure));
        steps.truncate(steps.len() - GUARD.len());
        let mut pace = self.pace;
        pace.run(gpu, &self.steps, &steps).expect("runs");
        let values = picture_left(gpu, room, 4 * noisy.samples.len());
        let pixels = values.chunks_exact(4);
        Filtered {
            radiance: pixels.clone().flat_map(|pixel| &pixel[..3]).copied().collect(),
            own: pixels.map(|pixel| pixel[3]).collect(),
        }
    }

    /// What the guard makes of what any network has made.
    pub(super) fn guarded(
        &mut self,
        gpu: &Gpu,
        noisy: &Noisy,
        filtered: &Filtered,
        exposure: f32,
    ) -> Vec<f32> {
        let piece = self.whole(gpu, noisy);
        let room = self.room.as_ref().expect("it is there");
        let pixels = filtered.radiance.chunks_exact(3).zip(&filtered.own);
        let values: Vec<f32> = pixels.flat_map(|(rgb, &own)| [rgb[0], rgb[1], rgb[2], own]).collect();
        gpu.write(&room.picture, bytemuck::cast_slice(&values));
        let mut steps = self.plan(room, &piece, &traced_part(noisy, &piece.region), exposure_used(exposure));
        let guard = steps.split_off(steps.len() - GUARD.len());
        let mut pace = self.pace;
        pace.run(gpu, &self.steps, &guard).expect("runs");
        picture_left(gpu, room, filtered.radiance.len())
    }

    /// Makes room for a picture and uploads it.
    fn whole(&mut self, gpu: &Gpu, noisy: &Noisy) -> Piece {
        let pieces = self.pieces(noisy).expect("it fits");
        let [piece] = pieces.try_into().expect("in one piece");
        self.make_room(gpu, u64::from(piece.region.width) * u64::from(piece.region.height))
            .expect("there is memory");
        let room = self.room.as_ref().expect("it is there");
        let planes = planes_of(noisy, &traced_part(noisy, &piece.region));
        gpu.write(&room.noisy, bytemuck::cast_slice(&planes));
        piece
    }
}

fn picture_left(gpu: &Gpu, room: &Room, values: usize) -> Vec<f32> {
    let size = 4 * values as u64;
    let readback = gpu.readback("picture", size);
    let mut work = gpu.record();
    work.copy((&room.picture, 0), (&readback, 0), size);
    bytemuck::pod_collect_to_vec(&gpu.run(work, &readback, size).expect("runs"))
}
