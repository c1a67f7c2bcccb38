//! A rig's nodes in one process without a window: a thread for each, one stop for all, and one audience that is told which GPU speaks.

use std::sync::{Mutex, PoisonError};

use frame::LiveEvent;

use super::Rig;
use crate::earn::{Owner, Rules, Uploads};
use crate::event::{Audience, Event};
use crate::fault::{Exit, Fault};
use crate::gpu::Gpu;
use crate::metrics::Panel;
use crate::places::{self, Part};
use crate::sharing::{Share, share_owned};
use crate::stop::Stop;

/// Runs a node on each of these GPUs until all have ended; the panel gets them in the same order. One that breaks is told at once and leaves the others at work; in the end it is the
/// fault of the whole.
///
/// # Errors
/// As [`share_owned`], and a list of GPUs that cannot be read or written.
pub fn share(
    share: &Share,
    gpus: &[Gpu],
    rules: &Rules,
    panel: &Panel,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Result<Exit, Fault> {
    let rig = Rig::new(&places::data_folder(Part::Node, share.data.as_deref())?);
    let mut shares = Vec::new();
    for gpu in gpus {
        let (data, adapter) = (Some(rig.folder_of(&gpu.key)?), Some(gpu.index.to_string()));
        shares.push(Share { data, adapter, nodes_here: gpus.len() as u32, ..share.clone() });
    }
    let (uploads, audience) = (Uploads::default(), Mutex::new(audience));
    let ends: Vec<Result<Exit, Fault>> = std::thread::scope(|scope| {
        let run = |(gpu, share): (&Gpu, Share)| {
            let (owner, controls) = Owner::new(rules.clone());
            let owner = owner.beside(uploads.clone(), None);
            panel.add(controls);
            let mut named = Named { gpu: gpu.key.clone(), audience: &audience };
            let stop = stop.clone();
            scope.spawn(move || {
                let ended = share_owned(&share, owner, &stop, &mut named);
                if let Err(fault) = &ended
                    && fault.exit != Exit::Interrupted
                {
                    named.hear(&LiveEvent::Warning { message: fault.what.clone() }.into());
                }
                ended
            })
        };
        let running: Vec<_> = gpus.iter().zip(shares).map(run).collect();
        running.into_iter().map(|node| node.join().unwrap_or_else(|_| Err(broken()))).collect()
    });
    whole(ends)
}

/// A real fault before a stop, a stop before a tidy end.
fn whole(ends: Vec<Result<Exit, Fault>>) -> Result<Exit, Fault> {
    let (stopped, faults): (Vec<Fault>, Vec<Fault>) =
        ends.into_iter().filter_map(Result::err).partition(|fault| fault.exit == Exit::Interrupted);
    faults.into_iter().chain(stopped).next().map_or(Ok(Exit::Done), Err)
}

fn broken() -> Fault {
    Fault::failure("a GPU's node broke off", "run `tessera doctor`, and start it again")
}

/// Says whose words they are.
struct Named<'a, 'b> {
    gpu: String,
    audience: &'a Mutex<&'b mut dyn Audience>,
}

impl Audience for Named<'_, '_> {
    fn hear(&mut self, event: &Event) {
        let mut event = event.clone();
        match &mut event {
            Event::NodeReady { gpu, .. } | Event::NodeStatus { gpu, .. } | Event::NodeState { gpu, .. } => {
                gpu.clone_from(&self.gpu);
            }
            Event::Live(LiveEvent::Warning { message }) => *message = format!("{}: {message}", self.gpu),
            _ => {}
        }
        self.audience.lock().unwrap_or_else(PoisonError::into_inner).hear(&event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_gpu_is_the_fault_of_the_whole_and_a_stop_is_none() {
        let stopped = || Err(Fault::new(Exit::Interrupted, "the node was stopped", "start it again"));
        let failed = || Err(Fault::failure("the renderer failed", "update the driver"));
        assert_eq!(whole(vec![Ok(Exit::Done), Ok(Exit::Done)]), Ok(Exit::Done));
        assert_eq!(whole(vec![Ok(Exit::Done), stopped()]), stopped());
        assert_eq!(whole(vec![stopped(), failed()]), failed());
    }
}
