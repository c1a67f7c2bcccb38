//! Renders frames with one renderer in this process, pass by pass from the centre outwards.

use std::time::{Duration, Instant};

use frame::{Film, FrameIndex, LiveEvent, RenderFault, SceneBlob, TileOrder, TileRenderer};

use super::darkroom::{Darkroom, tell_tile};
use super::developer::Developer;
use super::plan::Plan;
use super::tally::Tally;
use render_net::artist::FrameScene;

use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::sight::Work;
use crate::stop::Stop;
use crate::tiling;

/// How a render ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Stopped {
        /// Whether the unfinished frame was worth a file.
        kept: bool,
    },
}

/// Renders every frame of the plan; `scene` packs a frame's scene.
///
/// A frame that fails is told and left out, and the others are rendered; a render of a single frame fails with it.
pub(crate) fn render_frames(
    plan: &Plan,
    developer: Developer,
    scene: &mut dyn FnMut(FrameIndex) -> Result<FrameScene, Fault>,
    renderer: &mut dyn TileRenderer,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let mut session = Session {
        plan,
        darkroom: Darkroom::new(&plan.output, &plan.print, developer, plan.steady()),
        tally: Tally::start(plan.total_samples()),
        stop,
        audience,
    };
    let (mut done, mut failed) = (0, 0);
    for &frame in &plan.frames {
        if stop.is_asked() {
            return Err(session.interrupted(frame, false, done));
        }
        stop.began(frame);
        let outcome = scene(frame).and_then(|shown| session.frame(frame, &shown, renderer));
        match outcome {
            Ok(Ended::Done) => done += 1,
            Ok(Ended::Stopped { kept }) => return Err(session.interrupted(frame, kept, done)),
            Err(fault) if plan.frames.len() == 1 || is_final(&fault) => return Err(fault),
            Err(fault) => {
                failed += 1;
                session.audience.hear(&Event::frame_failed(frame, &fault.what));
                session.darkroom.lose(frame, session.audience)?;
            }
        }
        stop.ended(frame);
    }
    session.tally.end(session.audience);
    let frames_done = plan.frames.len() as u32 - failed;
    session.audience.hear(&LiveEvent::Finished { frames_done, frames_failed: failed }.into());
    if failed == 0 {
        return Ok(Exit::Done);
    }
    let what = format!("{failed} of {} frames failed", plan.frames.len());
    Err(Fault::new(Exit::Frames, what, "see the notes above; the other frames are written"))
}

struct Session<'a> {
    plan: &'a Plan,
    darkroom: Darkroom<'a>,
    tally: Tally,
    stop: &'a Stop,
    audience: &'a mut dyn Audience,
}

impl Session<'_> {
    fn frame(
        &mut self,
        frame: FrameIndex,
        shown: &FrameScene,
        renderer: &mut dyn TileRenderer,
    ) -> Result<Ended, Fault> {
        self.audience.hear(&LiveEvent::FrameStarted { frame }.into());
        let settings = self.plan.settings.with_exposure_scale(shown.exposure_scale);
        let settings = settings.map_err(|error| Fault::scene(error.to_string(), "correct its lights"))?;
        let mut film = Film::new(self.plan.grid, settings);
        let mut spent = vec![Duration::ZERO; self.plan.grid.len() as usize];
        for blocks in tiling::passes(self.plan.settings.spp) {
            for tile in self.plan.grid.from_centre() {
                let rect = self.plan.grid.rect(tile).expect("the grid lists its own tiles");
                let order =
                    TileOrder { frame, rect, margin_px: self.plan.grid.margin_px(), blocks, settings };
                let began = Instant::now();
                let outcome = self.order(&shown.scene, &order, renderer);
                spent[tile.0 as usize] += began.elapsed();
                match outcome {
                    Ok(partials) => {
                        for partial in partials {
                            film.merge(tile, partial).map_err(|error| spoilt(&error))?;
                        }
                        self.tally.add(samples(&order));
                        let seconds = Some(spent[tile.0 as usize].as_secs_f32());
                        let work = Work { is_checked: false, seconds };
                        tell_tile((frame, tile), &film, work, self.audience);
                    }
                    Err(RenderFault::Stopped) => {
                        return Ok(Ended::Stopped { kept: self.keep(frame, &film)? });
                    }
                    Err(fault) => return Err(render_fault(&fault)),
                }
                self.darkroom.refresh(frame, &film, self.audience);
            }
        }
        self.darkroom.finish(frame, &film, None, self.audience)?;
        Ok(Ended::Done)
    }

    fn order(
        &mut self,
        blob: &SceneBlob,
        order: &TileOrder,
        renderer: &mut dyn TileRenderer,
    ) -> Result<Vec<frame::Partial>, RenderFault> {
        let (tally, audience, stop) = (&mut self.tally, &mut *self.audience, self.stop);
        if stop.is_asked() {
            return Err(RenderFault::Stopped);
        }
        tally.tell(0, audience);
        let mut in_flight = 0;
        renderer.render(blob, order, &mut |partial| {
            let blocks = partial.node.blocks(order.blocks.end());
            in_flight += order.rect.pixels() as u64 * blocks.samples(order.settings.spp).len() as u64;
            tally.tell(in_flight, audience);
            stop.flow()
        })
    }

    /// Keeps what there is of an unfinished frame.
    fn keep(&mut self, frame: FrameIndex, film: &Film) -> Result<bool, Fault> {
        if film.progress().done_samples == 0 {
            return Ok(false);
        }
        self.darkroom.write_partial(frame, film, self.audience).map(|()| true)
    }

    fn interrupted(&mut self, frame: FrameIndex, partial: bool, frames_done: usize) -> Fault {
        self.tally.end(self.audience);
        let kept = self.plan.output.kept_words(frames_done, partial.then_some(frame));
        Fault::new(
            Exit::Interrupted,
            format!("the render was stopped; {kept}"),
            "start it again to have all of it",
        )
    }
}

fn samples(order: &TileOrder) -> u64 {
    order.rect.pixels() as u64 * order.blocks.samples(order.settings.spp).len() as u64
}

/// Whether the next frame would meet the same fault.
fn is_final(fault: &Fault) -> bool {
    fault.exit == Exit::Failure
}

fn spoilt(error: &frame::FilmError) -> Fault {
    Fault::failure(
        format!("the renderer gave back a tile that does not fit: {error}"),
        "try another adapter with --gpu, and report this with the output of `tessera doctor`",
    )
}

/// A renderer's fault, for people.
pub(crate) fn render_fault(fault: &RenderFault) -> Fault {
    match fault {
        RenderFault::BadScene(why) => {
            Fault::scene(format!("the scene cannot be rendered: {why}"), "see `tessera scene check`")
        }
        RenderFault::OutOfMemory { .. } | RenderFault::DeviceLost(_) => not_here(&fault.to_string()),
        RenderFault::BadOrder(_) | RenderFault::Stopped => {
            Fault::failure(fault.to_string(), "report this with the output of `tessera doctor`")
        }
    }
}

/// This computer could not render a scene that another one may; the same alone as through a node of its own.
pub(crate) fn not_here(why: &str) -> Fault {
    Fault::failure(
        format!("this computer could not render it: {why}"),
        "see `tessera doctor`, and try another adapter or a smaller picture",
    )
}

#[cfg(test)]
mod tests;
