//! A denoiser on a GPU, with a device of its own.
//!
//! Matrix units are used where they are wanted, there, and make what the ordinary ones make.

use std::sync::Arc;

use frame::{AdapterCard, Noisy};

use super::Weights;
use super::gpu::{GpuDenoiser, StepTime, agree};
use crate::gpu::{AdapterChoice, Gpu, GpuFault, Seat, Units};

/// Denoises on one GPU that it opened for nothing else.
pub struct LocalDenoiser {
    adapter: AdapterChoice,
    weights: Arc<Weights>,
    seat: Seat,
    units: Units,
    device: Option<(Gpu, GpuDenoiser)>,
}

impl LocalDenoiser {
    /// Opens an adapter and compiles the kernels of a network. Wanted matrix units that the adapter lacks, or that make something
    /// else than the ordinary ones, are told in the log and not used.
    ///
    /// # Errors
    /// [`GpuFault`] when there is no such adapter or it cannot run them.
    pub fn open(adapter: AdapterChoice, weights: Arc<Weights>, wanted: Units) -> Result<Self, GpuFault> {
        let ordinary = on(Gpu::open(&adapter, Units::Ordinary)?, &weights)?;
        let seat = ordinary.0.seat().clone();
        let mut denoiser = Self { adapter, weights, seat, units: Units::Ordinary, device: Some(ordinary) };
        if wanted == Units::Matrix {
            match denoiser.take_matrix_units() {
                Ok(()) => tracing::info!(adapter = denoiser.seat.card.name, "denoises with matrix units"),
                Err(why) => tracing::warn!(%why, "denoises without matrix units"),
            }
        }
        Ok(denoiser)
    }

    /// Goes on with matrix units, if they make what the ordinary ones make.
    fn take_matrix_units(&mut self) -> Result<(), GpuFault> {
        let (gpu, denoiser) = self.device()?;
        let expected = agree::shown(gpu, denoiser)?;
        let mut device = on(Gpu::reopen(&self.adapter, &self.seat, Units::Matrix)?, &self.weights)?;
        let apart_db = agree::apart_db(&expected, &agree::shown(&device.0, &mut device.1)?);
        if apart_db < agree::AGREE_DB {
            let adapter = self.seat.card.name.clone();
            let what =
                format!("its matrix units make another picture ({apart_db:.0} dB from the one expected)");
            return Err(GpuFault::TooWeak { adapter, what });
        }
        (self.device, self.units) = (Some(device), Units::Matrix);
        Ok(())
    }

    /// What it multiplies with.
    pub fn units(&self) -> Units {
        self.units
    }

    fn device(&mut self) -> Result<&mut (Gpu, GpuDenoiser), GpuFault> {
        match &mut self.device {
            Some(device) => Ok(device),
            none => Ok(none.insert(on(Gpu::reopen(&self.adapter, &self.seat, self.units)?, &self.weights)?)),
        }
    }

    /// What it runs on.
    pub fn adapter(&self) -> &AdapterCard {
        &self.seat.card
    }

    /// The denoised radiance of a picture, three values for each pixel; `exposure` is the frame's one scale.
    ///
    /// # Errors
    /// [`GpuFault`] when the device is lost twice in a row: the first time it is opened anew. It is never another one than at first.
    pub fn denoise(&mut self, picture: &Noisy, exposure: f32) -> Result<Vec<f32>, GpuFault> {
        self.twice(|gpu, denoiser| denoiser.denoise(gpu, picture, exposure))
    }

    /// How long each kernel takes by this clock for a picture that goes through in one piece; each is waited for.
    ///
    /// # Errors
    /// As [`LocalDenoiser::denoise`].
    pub fn step_times(
        &mut self,
        picture: &Noisy,
        clock: &dyn Fn() -> f64,
    ) -> Result<Vec<StepTime>, GpuFault> {
        self.twice(|gpu, denoiser| denoiser.step_times(gpu, picture, clock))
    }

    fn twice<T>(
        &mut self,
        mut work: impl FnMut(&Gpu, &mut GpuDenoiser) -> Result<T, GpuFault>,
    ) -> Result<T, GpuFault> {
        let mut lost = false;
        loop {
            let (gpu, denoiser) = self.device()?;
            match work(gpu, denoiser) {
                Err(fault) if !lost => {
                    tracing::warn!(%fault, "the GPU failed in the middle of denoising");
                    self.device = None;
                    lost = true;
                }
                done => {
                    if done.is_err() {
                        self.device = None;
                    }
                    return done;
                }
            }
        }
    }
}

fn on(gpu: Gpu, weights: &Weights) -> Result<(Gpu, GpuDenoiser), GpuFault> {
    let denoiser = GpuDenoiser::new(&gpu, weights)?;
    Ok((gpu, denoiser))
}

#[cfg(test)]
mod tests {
    use frame::NoisyPlanes;

    use super::*;
    use crate::denoise::Shape;
    use crate::denoise::aloud::say_aloud;

    #[test]
    fn wanted_matrix_units_make_the_same_picture_or_are_left_alone() {
        let shape = Shape::new([8, 16, 24, 32], 9).expect("widths go in eights");
        let weights = Arc::new(Weights::random(shape, 1));
        let open = |units| LocalDenoiser::open(AdapterChoice::default(), Arc::clone(&weights), units);
        let (Ok(mut ordinary), Ok(mut wanted)) = (open(Units::Ordinary), open(Units::Matrix)) else {
            return say_aloud("NOT CHECKED: no adapter could be opened");
        };
        let shown = |local: &mut LocalDenoiser| local.twice(agree::shown).expect("runs");
        let expected = shown(&mut ordinary);
        let apart_db = agree::apart_db(&expected, &shown(&mut wanted));
        match Gpu::open(&AdapterChoice::default(), Units::Matrix) {
            Ok(_) => {
                assert_eq!(wanted.units(), Units::Matrix);
                assert!((agree::AGREE_DB..f64::INFINITY).contains(&apart_db), "{apart_db} dB");
                // Another network is another picture, and refused.
                wanted.weights = Arc::new(Weights::random(shape, 2));
                (wanted.units, wanted.device) = (Units::Ordinary, ordinary.device);
                assert!(matches!(wanted.take_matrix_units(), Err(GpuFault::TooWeak { .. })));
                assert_eq!(wanted.units(), Units::Ordinary);
            }
            Err(_) => {
                assert_eq!((wanted.units(), apart_db), (Units::Ordinary, f64::INFINITY));
            }
        }
    }

    #[test]
    fn a_lost_gpu_is_opened_anew() {
        let shape = Shape::new([16; 4], 25).expect("widths go in eights");
        let weights = Arc::new(Weights::random(shape, 1));
        let mut local = match LocalDenoiser::open(AdapterChoice::default(), weights, Units::Ordinary) {
            Ok(local) => local,
            Err(fault) => return say_aloud(&format!("NOT CHECKED: no adapter could be opened ({fault})")),
        };
        let planes = |pixels: usize| NoisyPlanes {
            radiance: (0..pixels * 3).map(|at| (at % 60) as f32).collect(),
            albedo: vec![0.5; pixels * 3],
            normal: vec![0.5; pixels * 3],
            depth: vec![1.0; pixels],
            hits: vec![1.0; pixels],
            variance: vec![0.1; pixels],
            samples: vec![4; pixels],
        };
        let noisy = Noisy::new(5, 4, planes(20)).expect("sizes agree");
        let before = local.denoise(&noisy, 1.0).expect("runs");
        let (gpu, denoiser) = local.device.as_mut().expect("it ran");
        gpu.lose();
        assert!(matches!(denoiser.denoise(gpu, &noisy, 1.0), Err(GpuFault::Lost(_))));
        assert_eq!(local.denoise(&noisy, 1.0), Ok(before));
        // A driver that does not come back is no other loss, and its device is left behind without waiting for it.
        let side = 384;
        let large = Noisy::new(side, side, planes((side * side) as usize)).expect("sizes agree");
        let after = local.denoise(&large, 1.0).expect("runs");
        let (gpu, denoiser) = local.device.as_mut().expect("it ran");
        gpu.wait_at_most(std::time::Duration::from_micros(1));
        // Software Vulkan lets go of nothing before it has done what was submitted: an eighth of the picture here, not the half that the pace has found.
        denoiser.submit_at_most(2e8);
        let began = std::time::Instant::now();
        assert!(matches!(denoiser.denoise(gpu, &large, 1.0), Err(GpuFault::Lost(_))));
        assert!(matches!(gpu.check(), Err(GpuFault::Lost(_))), "and it stays lost");
        local.device = None;
        let took = began.elapsed();
        let began = std::time::Instant::now();
        assert_eq!(local.denoise(&large, 1.0), Ok(after));
        assert!(took < began.elapsed() / 2, "{took:?} to give up what takes {:?}", began.elapsed());
        // Whatever is there now is not the card that was lost.
        local.device = None;
        local.seat.pci_bus_id = "another place".into();
        assert!(matches!(local.denoise(&noisy, 1.0), Err(GpuFault::Gone { .. })));
    }
}
